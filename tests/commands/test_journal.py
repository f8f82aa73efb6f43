"""`manage.py verify_journal`: whole journals pass; every way of tampering past the triggers is found and named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.core.management import CommandError, call_command

from cases.commands import case as cases
from cases.commands import dialogue
from cases.models import Case, Event
from cases.queries import verification
from tests.people import AT, Stage, actor, set_stage

Connect = Callable[[], psycopg.Connection]


@pytest.fixture
def stage(own_database: str) -> Stage:
    """Two cases with a few events each, really committed."""
    stage = set_stage()
    for external_id in ("p-1", "p-2"):
        opened = stage.case(external_id, author=external_id)
        cases.take(case_id=opened.pk, at=AT, actor=actor(stage.agent))
        for text in ("Called the depot.", "They look for it."):
            dialogue.write_note(case_id=opened.pk, text=text, at=AT, actor=actor(stage.agent))
    return stage


@contextmanager
def past_the_triggers(connect: Connect, *tables: str) -> Iterator[psycopg.Connection]:
    """The owner of the tables, with the guards switched off."""
    owner = connect()
    for table in tables:
        owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    yield owner
    for table in tables:
        owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def verify(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    """The exit status and the lines."""
    status = 0
    try:
        call_command("verify_journal", *arguments)
    except SystemExit as end:
        status = int(end.code or 0)
    return status, capsys.readouterr().out.strip().splitlines()


def first_case() -> Case:
    return Case.objects.order_by("pk")[0]


def test_finds_nothing_in_a_whole_journal(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    status, lines = verify(capsys)
    assert (status, lines) == (0, [f"{Event.objects.count()} events checked, 0 findings."])


def test_reads_every_stream_whatever_the_size_of_a_page(
    stage: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "PAGE", 2)
    assert verify(capsys)[0] == 0


def test_names_a_changed_event(stage: Stage, raw_owner: Connect, capsys: pytest.CaptureFixture[str]) -> None:
    case = first_case()
    with past_the_triggers(raw_owner, "cases_event") as owner:
        owner.execute(
            "UPDATE cases_event SET actor_id = actor_id + 1 WHERE stream = 'case' AND stream_id = %s AND seq = 2",
            [case.pk],
        )
    status, lines = verify(capsys)
    assert status == 1
    assert lines[:-1] == [f"{case.reference} seq 2: changed: what it says does not match its hash"]


def test_names_a_changed_event_whose_hash_was_made_anew(
    stage: Stage, raw_owner: Connect, capsys: pytest.CaptureFixture[str]
) -> None:
    case = first_case()
    with past_the_triggers(raw_owner, "cases_event") as owner:
        owner.execute(
            "UPDATE cases_event SET actor_id = 99, hash = casedesk_event_hash(previous, stream, stream_id, seq, kind,"
            " version, actor_kind, 99, person_id, payload, occurred_at, recorded_at)"
            " WHERE stream = 'case' AND stream_id = %s AND seq = 2",
            [case.pk],
        )
    status, lines = verify(capsys)
    assert status == 1
    assert lines[:-1] == [
        f"{case.reference} seq 3: wrong link: it does not follow the event before it, one of the two was replaced"
    ]


def test_names_a_missing_event(stage: Stage, raw_owner: Connect, capsys: pytest.CaptureFixture[str]) -> None:
    case = first_case()
    with past_the_triggers(raw_owner, "cases_event") as owner:
        owner.execute("DELETE FROM cases_event WHERE stream = 'case' AND stream_id = %s AND seq = 2", [case.pk])
    status, lines = verify(capsys)
    assert status == 1
    assert lines[:-1] == [f"{case.reference} seq 3: gap: event 2 is missing before it"]


def test_names_a_missing_beginning(stage: Stage, raw_owner: Connect, capsys: pytest.CaptureFixture[str]) -> None:
    case = first_case()
    with past_the_triggers(raw_owner, "cases_event") as owner:
        owner.execute("DELETE FROM cases_event WHERE stream = 'case' AND stream_id = %s AND seq <= 2", [case.pk])
    lines = verify(capsys)[1]
    assert f"{case.reference} seq 3: gap: events 1 to 2 are missing before it" in lines
    assert f"{case.reference}: cut short or bypassed: no event names the case" in lines


def test_names_an_inserted_event(stage: Stage, raw_owner: Connect, capsys: pytest.CaptureFixture[str]) -> None:
    """Put in between, well linked and hashed, the later ones renumbered and hashed anew but not linked anew."""
    case = first_case()
    with past_the_triggers(raw_owner, "cases_event") as owner:
        owner.execute(
            "UPDATE cases_event SET seq = seq + 100 WHERE stream = 'case' AND stream_id = %s AND seq > 2", [case.pk]
        )
        owner.execute(
            "UPDATE cases_event SET seq = seq - 99 WHERE stream = 'case' AND stream_id = %s AND seq > 100", [case.pk]
        )
        owner.execute(
            "INSERT INTO cases_event (stream, stream_id, seq, kind, version, actor_kind, actor_id, person_id, payload,"
            " occurred_at, recorded_at, previous, hash) SELECT stream, stream_id, 3, 'case_waiting', version,"
            " actor_kind, actor_id, person_id, '{}', occurred_at, recorded_at, hash, casedesk_event_hash(hash, stream,"
            " stream_id, 3, 'case_waiting', version, actor_kind, actor_id, person_id, '{}', occurred_at, recorded_at)"
            " FROM cases_event WHERE stream = 'case' AND stream_id = %s AND seq = 2",
            [case.pk],
        )
    status, lines = verify(capsys)
    assert status == 1
    inserted = "insertion: event 3 was put in before it; it follows the one before that"
    assert f"{case.reference} seq 4: {inserted}" in lines
    # Renumbered events say something else than what was hashed.
    assert f"{case.reference} seq 4: changed: what it says does not match its hash" in lines


def test_names_what_a_cut_tail_leaves_behind(
    stage: Stage, raw_owner: Connect, capsys: pytest.CaptureFixture[str]
) -> None:
    case = first_case()
    last = case.notes.order_by("-pk")[0]
    with past_the_triggers(raw_owner, "cases_event") as owner:
        owner.execute(
            "DELETE FROM cases_event WHERE stream = 'case' AND stream_id = %s AND kind = 'note_written'"
            " AND payload ->> 'note' = %s",
            [case.pk, str(last.pk)],
        )
    status, lines = verify(capsys)
    assert status == 1
    assert lines[:-1] == [f"{case.reference}: cut short or bypassed: no event names note {last.pk}"]


def test_names_a_row_put_in_past_the_journal(stage: Stage, raw: Connect, capsys: pytest.CaptureFixture[str]) -> None:
    case = first_case()
    (pk,) = (
        raw()
        .execute(
            "INSERT INTO cases_decision (case_id, outcome, reason, by_id, at)"
            " VALUES (%s, 'upheld', 'Because.', %s, now()) RETURNING id",
            [case.pk, stage.agent.pk],
        )
        .fetchone()
    )
    assert verify(capsys)[1][0] == f"{case.reference}: cut short or bypassed: no event names decision {pk}"


def test_names_a_journal_of_what_does_not_exist(stage: Stage, raw: Connect, capsys: pytest.CaptureFixture[str]) -> None:
    raw().execute(
        "INSERT INTO cases_event (stream, stream_id, seq, kind, version, actor_kind, payload, occurred_at, recorded_at,"
        " previous, hash) VALUES ('case', 999999, 1, 'case_opened', 1, 'system', '{}', now(), now(), '', '')"
    )
    assert verify(capsys)[1][0] == "case 999999 seq 1: invented: there is no such case"


def test_checks_one_case_alone(stage: Stage, raw_owner: Connect, capsys: pytest.CaptureFixture[str]) -> None:
    sound, broken = Case.objects.order_by("pk")
    with past_the_triggers(raw_owner, "cases_event") as owner:
        owner.execute("UPDATE cases_event SET actor_id = 99 WHERE stream = 'case' AND stream_id = %s", [broken.pk])
    assert verify(capsys, "--case", sound.reference.lower())[0] == 0
    status, lines = verify(capsys, "--case", broken.reference)
    assert status == 1
    assert all(line.startswith(broken.reference) for line in lines[:-1])


def test_says_that_there_is_no_such_case(stage: Stage) -> None:
    with pytest.raises(CommandError, match="There is no case ZZ-9"):
        call_command("verify_journal", "--case", "ZZ-9")
