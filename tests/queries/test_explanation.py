"""Why rules acted on a case or did not: what each waits for, what it sees, and when it can next."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.models import Case, Rule
from cases.queries import explanation
from cases.queries.explanation import Explained, State
from cases.vocabulary import EscalationStatus, Fact, Goal, When
from tests.desk import taken
from tests.people import Stage, set_stage
from tests.rules_at_work import deadline, live, overdue, work

pytestmark = pytest.mark.django_db

HIGH = {"all": [{"fact": "severity", "op": "at_least", "value": 4}]}


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def one(case: Case) -> Explained:
    (found,) = explanation.of_case(case, timezone.now()).rules
    return found


class TestOfCase:
    def test_says_when_a_deadline_brings_the_next_moment(self, stage: Stage) -> None:
        case = taken(stage)
        due_at = timezone.now() + timedelta(hours=5)
        deadline(case, due_at)
        live(stage, When.DEADLINE, **overdue(offset_amount=2, offset_unit="hour", before=True))
        found = one(case)
        assert (found.state, found.goal) == (State.TO_COME, Goal.FINAL_ANSWER)
        assert found.next_at == due_at - timedelta(hours=2)

    def test_says_that_there_is_no_such_deadline(self, stage: Stage) -> None:
        live(stage, When.DEADLINE, **overdue())
        assert one(taken(stage)).state == State.NO_DEADLINE

    def test_says_which_condition_failed_with_what_it_saw(self, stage: Stage) -> None:
        case = taken(stage)
        deadline(case, timezone.now() - timedelta(hours=5))
        live(stage, When.DEADLINE, condition=HIGH, **overdue())
        work()
        found = one(case)
        assert found.state == State.NOT_MATCHED
        assert found.verdict is not None
        (leaf,) = found.verdict.why()
        assert (leaf.holds, leaf.saw) == (False, case.severity)

    def test_knows_what_acted_with_the_version_that_did(self, stage: Stage) -> None:
        case = taken(stage)
        deadline(case, timezone.now() - timedelta(hours=5))
        version = live(stage, When.DEADLINE, **overdue())
        work()
        found = one(case)
        assert found.state == State.ACTED
        assert [each.version_id for each in found.escalations] == [version.pk]
        assert found.escalations[0].status == EscalationStatus.DONE
        assert found.next_at is None

    def test_an_event_that_came_before_the_rule_is_the_past(self, stage: Stage) -> None:
        case = taken(stage)
        live(stage, When.OPENED, since=timezone.now() + timedelta(minutes=1))
        assert one(case).state == State.BEFORE_LIVE

    def test_waits_for_what_has_not_happened(self, stage: Stage) -> None:
        live(stage, When.REOPENED)
        assert one(taken(stage)).state == State.NOT_YET_HAPPENED

    def test_a_standing_counts_from_its_beginning(self, stage: Stage) -> None:
        case = taken(stage)
        Case.objects.filter(pk=case.pk).update(status_since=timezone.now())
        live(stage, When.LASTED, trigger={"standing": "open", "offset_amount": 3, "offset_unit": "hour"})
        live(stage, When.LASTED, name="W", trigger={"standing": "waiting", "offset_amount": 3, "offset_unit": "hour"})
        case.refresh_from_db()
        first, second = explanation.of_case(case, timezone.now()).rules
        assert (first.state, first.next_at) == (State.TO_COME, case.status_since + timedelta(hours=3))
        assert second.state == State.NOT_STANDING

    def test_a_paused_rule_is_not_considered(self, stage: Stage) -> None:
        live(stage, When.WROTE)
        Rule.objects.update(paused_at=timezone.now())
        assert one(taken(stage)).state == State.PAUSED

    def test_what_a_retired_rule_did_stays(self, stage: Stage) -> None:
        case = taken(stage)
        deadline(case, timezone.now() - timedelta(hours=5))
        version = live(stage, When.DEADLINE, **overdue())
        work()
        Rule.objects.update(retired_at=timezone.now())
        found = explanation.of_case(case, timezone.now())
        assert not found.rules
        assert [each.version_id for each in found.earlier] == [version.pk]

    def test_costs_as_much_for_one_rule_as_for_many(self, stage: Stage) -> None:
        case = taken(stage)
        deadline(case, timezone.now() - timedelta(hours=5))
        live(stage, When.DEADLINE, condition=HIGH, **overdue())
        live(stage, When.DEADLINE, name="B", **overdue())
        work()
        with CaptureQueriesContext(connection) as few:
            explanation.of_case(case, timezone.now())
        for number, when in enumerate([When.WROTE, When.REOPENED, When.DEADLINE, When.HIDDEN, When.TAGGED] * 3):
            more = overdue() if when == When.DEADLINE else {}
            asked = {"all": [{"fact": Fact.CATEGORY.value, "op": "is", "value": stage.category.pk}]}
            live(stage, when, name=f"R{number}", condition=asked, **more)
        with CaptureQueriesContext(connection) as many:
            assert len(explanation.of_case(case, timezone.now()).rules) == 17
        assert len(many) <= len(few) + 1 <= 10
