"""Replays: asked for, run chunk by chunk by several at once, cancelled, taken up again, and shown to who may see."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.test import override_settings

from cases import errors
from cases.commands import case as cases
from cases.commands import dialogue, replay, rule
from cases.jobs import replay as jobs
from cases.models import Case, Event, Replay, ReplayAct, Rule, RuleVersion
from cases.queries import people, replay_past
from cases.queries import replay as replays
from cases.rules import replay as rules
from cases.vocabulary import SYSTEM, EventKind, Job, ReplayStatus
from tests.conftest import Connect
from tests.people import AT, Stage, actor, set_stage

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = AT + 30 * DAY
SEVERE = {"all": [{"fact": "severity", "op": "at_least", "value": 3}]}
UNANSWERED = {"when": "lasted", "standing": "unanswered", "offset_amount": 2, "offset_unit": "hour"}
TELL = {"kind": "tell", "whom": "owner_or_duty", "hours": "always"}
MANAGERS = {"kind": "tell", "whom": "managers", "hours": "always", "after_minutes": 60}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chunk is one case."""
    monkeypatch.setattr(replay_past, "BATCH", 1)


def drafted(stage: Stage, name: str = "Nobody answers", **parts: Any) -> RuleVersion:
    """The draft of a rule about what stays unanswered."""
    given: dict[str, Any] = {
        "when": UNANSWERED,
        "condition": SEVERE,
        "steps": [TELL, MANAGERS],
        "stop": "cause_gone",
    } | parts
    made = rule.draft_rule(brand_id=stage.brand.pk, name=name, at=AT, actor=actor(stage.admin), **given)
    return made.versions.get()


def published(stage: Stage, name: str = "Nobody answers", **parts: Any) -> RuleVersion:
    """A rule that is live."""
    draft = drafted(stage, name, **parts)
    return rule.publish(rule_id=draft.rule_id, revision=draft.rule.revision, at=AT - 30 * DAY, actor=actor(stage.admin))


def asked(stage: Stage, version: RuleVersion, **fields: Any) -> Replay:
    """A replay of September."""
    given: dict[str, Any] = {
        "starts_on": date(2026, 9, 1),
        "ends_on": date(2026, 9, 30),
        "at": NOW,
        "actor": actor(stage.manager),
    }
    return replay.ask_replay(version_id=version.pk, **given | fields)


def run(found: Replay) -> Replay:
    """Every chunk of it, one after the other."""
    while replay.run_chunk(replay_id=found.pk, at=NOW, actor=SYSTEM):
        pass
    found.refresh_from_db()
    return found


def three_cases(stage: Stage) -> list[Case]:
    """Three cases of which the second is answered after an hour and a half, the third after two and a half."""
    found = [stage.case(f"p-{n}", author=f"tom{n}") for n in range(3)]
    for case, hours in ((found[1], 0.5), (found[2], 1.5)):
        cases.take(case_id=case.pk, at=AT, actor=actor(stage.agent))
        dialogue.reply_in_public(
            post_id=case.links.get().post_id, text="We are on it.", url="https://social.example/1",
            at=AT + hours * HOUR, actor=actor(stage.agent),
        )  # fmt: skip
    return found


# ---- asking


@pytest.mark.django_db
def test_managers_and_admins_may_ask_and_nobody_else(nudges: Any, django_capture_on_commit_callbacks: Any) -> None:
    stage = set_stage()
    draft = drafted(stage)
    with pytest.raises(errors.NotAllowed):
        asked(stage, draft, actor=actor(stage.agent))
    with pytest.raises(errors.NotAllowed):
        asked(stage, draft, actor=actor(stage.auditor))
    with pytest.raises(errors.NotFound):
        asked(stage, draft, actor=actor(stage.outsider))
    with django_capture_on_commit_callbacks(execute=True):
        found = asked(stage, draft)
    assert found.status == ReplayStatus.QUEUED
    assert [job for job, ids in nudges if ids == {"replay_id": found.pk}] == [Job.RUN_REPLAY.value] * 2
    told = Event.objects.get(kind=EventKind.RULE_REPLAYED)
    assert (told.payload["version"], told.payload["replay"]) == (draft.pk, found.pk)
    with pytest.raises(errors.ReplayRunning):
        asked(stage, draft, actor=actor(stage.admin))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("starts_on", "ends_on"),
    [
        (date(2026, 9, 2), date(2026, 9, 1)),
        (date(2026, 9, 1), date(2026, 10, 9)),
        (date(2024, 9, 1), date(2026, 9, 1)),
    ],
)
def test_refuses_what_is_no_period(starts_on: date, ends_on: date) -> None:
    stage = set_stage()
    with pytest.raises(errors.Invalid):
        asked(stage, drafted(stage), starts_on=starts_on, ends_on=ends_on)
    assert not Replay.objects.exists()


# ---- running


@pytest.mark.django_db
def test_finds_what_would_have_happened_and_how_far_it_is(small: None) -> None:
    stage = set_stage()
    found_cases = three_cases(stage)
    found = asked(stage, drafted(stage))
    assert replay.run_chunk(replay_id=found.pk, at=NOW, actor=SYSTEM)
    assert replay.run_chunk(replay_id=found.pk, at=NOW, actor=SYSTEM)
    found.refresh_from_db()
    state = replays.replay_state(found, at=NOW + HOUR)
    assert (state.done, state.total, state.percent, state.left) == (1, 3, 33, 2 * HOUR)
    assert run(found).status == ReplayStatus.DONE
    acts = [
        (act.case_id, act.step, act.at, act.person_id, act.reacted_at)
        for act in replays.acts(found, "draft", people.seer_of(stage.manager.pk)).rows
    ]
    # Posted an hour before they came to us; nobody is on duty, so the manager is told, and after an hour again.
    lead, agent = stage.manager.pk, stage.agent.pk
    assert acts == [
        (found_cases[0].pk, 1, AT + HOUR, lead, None),
        (found_cases[2].pk, 1, AT + HOUR, agent, AT + 1.5 * HOUR),
        (found_cases[0].pk, 2, AT + 2 * HOUR, lead, None),
    ]
    result = replays.replay_result(found, people.seer_of(stage.manager.pk))
    assert (result.draft["acted"], result.draft["cases"], result.draft["earlier"]) == (3, 2, 1800)
    assert result.draft["stopped"] == 1
    assert result.draft["days"] == {"2026-09-08": 3}
    assert result.draft["people"][0] == {"person": lead, "calls": 2, "peak": 2, "peak_on": "2026-09-08"}
    assert result.live is None
    assert (len(result.days), result.kept, result.hidden) == (30, {"draft": 3, "live": 0}, {"draft": 0, "live": 0})
    assert {one["code"] for one in result.cannot} >= {"answered", "today"}


@pytest.mark.django_db
def test_a_draft_that_is_as_the_live_rule_gives_equal_columns() -> None:
    stage = set_stage()
    three_cases(stage)
    live = published(stage)
    rule.change_draft(
        rule_id=live.rule_id, revision=Rule.objects.get().revision, when=UNANSWERED, condition=SEVERE,
        steps=[TELL, MANAGERS], stop="cause_gone", at=AT, actor=actor(stage.admin),
    )  # fmt: skip
    published(stage, "Severe ones", when={"when": "opened"}, steps=[TELL], stop="")
    found = run(asked(stage, RuleVersion.objects.get(status="draft")))
    result = replays.replay_result(found, people.seer_of(stage.manager.pk))
    assert result.draft == result.live
    assert result.draft["acted"] == 3
    assert result.every["acted"] == 6
    assert result.rules == {"draft": found.version_id, "live": live.pk, "count": 2}


@pytest.mark.django_db
def test_a_draft_that_changes_meanwhile_is_replayed_as_it_was(small: None) -> None:
    stage = set_stage()
    three_cases(stage)
    draft = drafted(stage)
    found = asked(stage, draft)
    replay.run_chunk(replay_id=found.pk, at=NOW, actor=SYSTEM)
    rule.change_draft(
        rule_id=draft.rule_id, revision=draft.rule.revision, when={"when": "tagged"}, condition={}, steps=[TELL],
        at=AT, actor=actor(stage.admin),
    )  # fmt: skip
    assert run(found).result["draft"]["acted"] == 3


@pytest.mark.django_db
def test_a_brand_without_cases_has_nothing_to_replay() -> None:
    stage = set_stage()
    found = run(asked(stage, drafted(stage)))
    assert (found.status, found.result["draft"]["acted"], found.result["draft"]["earlier"]) == ("done", 0, None)


@pytest.mark.django_db
def test_keeps_no_more_acts_than_it_says(small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "KEPT", 2)
    stage = set_stage()
    three_cases(stage)
    found = run(asked(stage, drafted(stage)))
    assert (found.result["draft"]["acted"], found.result["kept"]["draft"], ReplayAct.objects.count()) == (3, 2, 2)


@pytest.mark.django_db
def test_lists_only_the_cases_that_the_viewer_may_open() -> None:
    stage = set_stage()
    found_cases = three_cases(stage)
    found = run(asked(stage, drafted(stage)))
    cases.restrict(case_id=found_cases[0].pk, is_restricted=True, at=NOW, actor=actor(stage.manager))
    auditor = people.seer_of(stage.auditor.pk)
    assert [act.case_id for act in replays.acts(found, "draft", auditor).rows] == [found_cases[2].pk]
    result = replays.replay_result(found, auditor)
    assert (result.draft["acted"], result.hidden["draft"]) == (3, 2)
    for stranger in (stage.agent, stage.outsider):
        with pytest.raises(errors.NotFound):
            replays.replay(people.seer_of(stranger.pk), str(found.public_id))


@pytest.mark.django_db
def test_turns_the_pages_of_its_acts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replays, "PAGE", 2)
    stage = set_stage()
    three_cases(stage)
    found, sees = run(asked(stage, drafted(stage))), people.seer_of(stage.manager.pk)
    first = replays.acts(found, "draft", sees)
    assert first.next is not None
    second = replays.acts(found, "draft", sees, first.next)
    assert (len(first.rows), len(second.rows), second.next) == (2, 1, None)
    assert len(replays.acts(found, "draft", sees, on="2026-09-08", person_id=stage.manager.pk).rows) == 2
    assert replays.acts(found, "draft", sees, on="2026-09-09").rows == []


# ---- ending otherwise


@pytest.mark.django_db
def test_a_cancelled_one_drops_what_it_found(small: None) -> None:
    stage = set_stage()
    three_cases(stage)
    found = asked(stage, drafted(stage))
    for _chunk in range(2):
        replay.run_chunk(replay_id=found.pk, at=NOW, actor=SYSTEM)
    assert ReplayAct.objects.exists()
    with pytest.raises(errors.NotAllowed):
        replay.cancel_replay(replay_id=found.pk, at=NOW, actor=actor(stage.agent))
    replay.cancel_replay(replay_id=found.pk, at=NOW, actor=actor(stage.manager))
    assert not replay.run_chunk(replay_id=found.pk, at=NOW, actor=SYSTEM)
    found.refresh_from_db()
    assert (found.status, found.result, ReplayAct.objects.count()) == (ReplayStatus.CANCELLED, {}, 0)
    asked(stage, found.version)


@pytest.mark.django_db
def test_a_replayed_draft_can_be_thrown_away() -> None:
    stage = set_stage()
    live = published(stage)
    rule.change_draft(
        rule_id=live.rule_id, revision=Rule.objects.get().revision, when={"when": "opened"}, condition={}, steps=[TELL],
        at=AT, actor=actor(stage.admin),
    )  # fmt: skip
    found = asked(stage, RuleVersion.objects.get(status="draft"))
    rule.discard_draft(rule_id=live.rule_id, revision=Rule.objects.get().revision, actor=actor(stage.admin))
    jobs.run_replay(replay_id=found.pk)
    assert not Replay.objects.exists()


@pytest.mark.django_db
def test_what_it_cannot_go_on_from_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = set_stage()
    three_cases(stage)
    found = asked(stage, drafted(stage))
    monkeypatch.setattr(rules.Walk, "through", _breaks)
    jobs.run_replay(replay_id=found.pk)
    found.refresh_from_db()
    assert (found.status, found.error) == (ReplayStatus.FAILED, "RuntimeError")


def _breaks(*_: object) -> None:
    message = "a bug"
    raise RuntimeError(message)


# ---- several at once


@pytest.fixture
def stage(own_database: str) -> Iterator[Stage]:
    yield set_stage()
    connections.close_all()


def test_a_chunk_whose_worker_died_is_taken_by_the_next(stage: Stage, small: None, raw: Connect) -> None:
    three_cases(stage)
    found = asked(stage, drafted(stage))
    replay.run_chunk(replay_id=found.pk, at=NOW, actor=SYSTEM)
    worker = raw()
    worker.autocommit = False
    worker.execute("SELECT pg_advisory_xact_lock(hashtext(%s), 1)", [f"casedesk:replay:{found.pk}"])
    assert run(found).status == ReplayStatus.RUNNING
    assert (found.done, replays.waiting(NOW), replays.waiting(NOW + HOUR)) == (2, [], [found.pk])
    worker.close()
    jobs.run_replay()
    found.refresh_from_db()
    assert (found.status, found.done, found.result["draft"]["acted"]) == (ReplayStatus.DONE, 3, 3)


def test_one_that_was_silent_for_too_long_is_given_up(stage: Stage, small: None, raw: Connect) -> None:
    three_cases(stage)
    found = asked(stage, drafted(stage))
    replay.run_chunk(replay_id=found.pk, at=NOW, actor=SYSTEM)
    worker = raw()
    worker.autocommit = False
    for number in range(3):
        worker.execute("SELECT pg_advisory_xact_lock(hashtext(%s), %s)", [f"casedesk:replay:{found.pk}", number])
    assert not replay.run_chunk(replay_id=found.pk, at=NOW + HOUR, actor=SYSTEM)
    assert not replay.run_chunk(replay_id=found.pk, at=NOW + 2 * HOUR, actor=SYSTEM)
    found.refresh_from_db()
    assert (found.status, found.error) == (ReplayStatus.FAILED, "silent")


@override_settings(CONN_MAX_AGE=0)
def test_two_workers_share_the_chunks_and_each_is_done_once(
    stage: Stage, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    three_cases(stage)
    found = asked(stage, drafted(stage))
    replay.run_chunk(replay_id=found.pk, at=NOW, actor=SYSTEM)
    both, done = threading.Barrier(2), []
    through = rules.Walk.through

    def together(walk: rules.Walk, history: Any) -> list[rules.Act]:
        done.append((threading.get_ident(), history.case))
        if len(done) <= 2:
            # Neither goes on before the other has a chunk as well.
            both.wait(timeout=20)
        return through(walk, history)

    monkeypatch.setattr(rules.Walk, "through", together)

    def work() -> None:
        try:
            while replay.run_chunk(replay_id=found.pk, at=NOW, actor=SYSTEM):
                pass
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    found.refresh_from_db()
    assert (found.status, found.done, found.result["draft"]["acted"]) == (ReplayStatus.DONE, 3, 3)
    assert (len({ident for ident, _ in done}), sorted(case for _, case in done)) == (
        2,
        sorted(Case.objects.values_list("pk", flat=True)),
    )
