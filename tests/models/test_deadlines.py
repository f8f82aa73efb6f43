"""What the database itself keeps of deadlines, policies and calendars, whoever writes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from cases.commands import deadline, dialogue, handling
from cases.models import Calendar, Deadline, DeadlineCheck, Event, Extension, Policy, Team
from cases.vocabulary import SYSTEM, Goal, Needs, Outcome, Unit
from tests.desk import taken
from tests.people import AT, Stage, actor, set_stage
from tests.times import extendable, of, policy, working_hours

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def stage() -> Stage:
    """The usual people, with working hours and two policies."""
    stage = set_stage()
    working_hours(stage.brand)
    policy(stage.brand, Goal.DECISION, amount=1)
    extendable(stage.brand, Needs.REASON)
    return stage


def run(sql: str, *values: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def refused(sql: str, *values: Any) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        run(sql, *values)


@pytest.fixture
def missed(stage: Stage) -> Deadline:
    """A decision that came too late."""
    one = of(taken(stage), Goal.DECISION)
    deadline.note_missed(deadline_ids=[one.pk], at=AT + 2 * HOUR, actor=SYSTEM)
    return Deadline.objects.get(pk=one.pk)


@pytest.fixture
def met(stage: Stage, missed: Deadline) -> Deadline:
    """The same, met late."""
    handling.decide(
        case_id=missed.case_id, outcome=Outcome.UPHELD, reason="Ours", at=AT + 3 * HOUR, actor=actor(stage.agent)
    )
    return Deadline.objects.get(pk=missed.pk)


class TestMissed:
    @pytest.mark.parametrize(
        "change",
        [
            "missed_at = NULL",
            "due_at = due_at + interval '1 day'",
            "missed_at = due_at + interval '1 day', due_at = due_at + interval '1 day'",
            "first_due_at = first_due_at + interval '1 day'",
            "started_at = started_at + interval '1 day'",
            "goal = 'handled'",
            "round = 7",
            "case_id = 0",
        ],
    )
    def test_stays_missed(self, missed: Deadline, change: str) -> None:
        refused(f"UPDATE cases_deadline SET {change} WHERE id = %s", missed.pk)

    def test_is_missed_when_it_was_due_and_at_no_other_time(self, stage: Stage) -> None:
        one = of(taken(stage), Goal.DECISION)
        refused("UPDATE cases_deadline SET missed_at = due_at + interval '1 hour' WHERE id = %s", one.pk)

    def test_is_neither_deleted_nor_emptied(self, missed: Deadline) -> None:
        refused("DELETE FROM cases_deadline WHERE id = %s", missed.pk)
        refused("TRUNCATE cases_deadline CASCADE")


class TestMet:
    @pytest.mark.parametrize(
        "change", ["met_at = NULL, met_by = NULL", "met_at = met_at - interval '1 day'", "due_at = now()"]
    )
    def test_stays_met(self, met: Deadline, change: str) -> None:
        refused(f"UPDATE cases_deadline SET {change} WHERE id = %s", met.pk)

    def test_only_by_what_is_named_for_it(self, stage: Stage) -> None:
        one = of(taken(stage), Goal.DECISION)
        dialogue.write_note(case_id=one.case_id, text="Called them.", at=AT, actor=actor(stage.agent))
        for kind in ("note_written", "case_assigned", "case_opened"):
            event = Event.objects.get(stream="case", stream_id=one.case_id, kind=kind)
            refused("UPDATE cases_deadline SET met_at = now(), met_by = %s WHERE id = %s", event.pk, one.pk)

    def test_not_by_what_was_said_in_another_case(self, stage: Stage, met: Deadline) -> None:
        one = of(taken(stage, "p-2", author="ann"), Goal.DECISION)
        refused("UPDATE cases_deadline SET met_at = now(), met_by = %s WHERE id = %s", met.met_by, one.pk)

    def test_not_by_nothing(self, stage: Stage) -> None:
        one = of(taken(stage), Goal.DECISION)
        refused("UPDATE cases_deadline SET met_at = now() WHERE id = %s", one.pk)
        refused("UPDATE cases_deadline SET met_at = now(), met_by = 0 WHERE id = %s", one.pk)


class TestPolicy:
    @pytest.mark.parametrize(
        "change", ["amount = 99", "goal = 'handled'", "name = '{}'", "pauses = true", "made_at = now()"]
    )
    def test_never_changes(self, stage: Stage, change: str) -> None:
        one = Policy.objects.earliest("pk")
        refused(f"UPDATE cases_policy SET {change} WHERE id = %s", one.pk)

    def test_ends_once(self, stage: Stage) -> None:
        one = Policy.objects.earliest("pk")
        run("UPDATE cases_policy SET ended_at = now() WHERE id = %s", one.pk)
        refused("UPDATE cases_policy SET ended_at = NULL WHERE id = %s", one.pk)
        refused("DELETE FROM cases_policy WHERE id = %s", one.pk)

    def test_is_of_a_known_goal_and_counts_something(self, stage: Stage) -> None:
        for wrong in ({"goal": "promise"}, {"goal": "peace"}, {"amount": 0}, {"extends": Needs.REASON}):
            with pytest.raises(DatabaseError), transaction.atomic():
                policy(stage.brand, **{"goal": Goal.HANDLED, **wrong})  # type: ignore[arg-type]


class TestCalendar:
    def test_of_another_brand_is_refused(self, stage: Stage) -> None:
        theirs = working_hours(stage.other_brand)
        with pytest.raises(DatabaseError), transaction.atomic():
            policy(stage.brand, Goal.HANDLED, calendar=theirs)
        refused("UPDATE cases_team SET calendar_id = %s WHERE id = %s", theirs.pk, stage.team.pk)
        assert Team.objects.get(pk=stage.team.pk).calendar_id is None

    def test_one_is_the_default_and_it_is_in_use(self, stage: Stage) -> None:
        with pytest.raises(DatabaseError), transaction.atomic():
            working_hours(stage.brand, name="Another")
        one = Calendar.objects.get(brand=stage.brand)
        refused("UPDATE cases_calendar SET is_active = false WHERE id = %s", one.pk)
        refused("DELETE FROM cases_calendar WHERE id = %s", one.pk)


def test_a_deadline_is_of_its_cases_brand_and_from_one_thing(stage: Stage) -> None:
    one = of(taken(stage), Goal.DECISION)
    columns = "case_id, brand_id, policy_id, goal, round, started_at, first_due_at, due_at, paused_seconds, ended"
    values = "case_id, {brand}, {policy}, goal, 9, started_at, first_due_at, due_at, 0, ''"
    for brand, which in ((str(stage.other_brand.pk), "policy_id"), ("brand_id", "NULL")):
        picked = values.format(brand=brand, policy=which)
        refused(f"INSERT INTO cases_deadline ({columns}) SELECT {picked} FROM cases_deadline WHERE id = %s", one.pk)


def test_an_extension_and_a_check_are_kept(stage: Stage) -> None:
    one = of(taken(stage), Goal.FINAL_ANSWER)
    made = deadline.extend(deadline_id=one.pk, reason="Parts.", at=AT, actor=actor(stage.agent))
    refused("UPDATE cases_extension SET due_after = now() WHERE id = %s", made.pk)
    refused("UPDATE cases_extension SET reason = 'Other.' WHERE id = %s", made.pk)
    refused("DELETE FROM cases_extension WHERE id = %s", made.pk)
    # The words can be erased.
    run("UPDATE cases_extension SET reason = NULL WHERE id = %s", made.pk)
    check = DeadlineCheck.objects.create()
    refused("DELETE FROM cases_deadlinecheck WHERE id = %s", check.pk)
    assert (Extension.objects.get().reason, Unit.DAY) == (None, "day")
