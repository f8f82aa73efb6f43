"""Rules at work: every kind of step, when ladders stop, whom is called when, and what is written of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.commands import case as cases
from cases.models import Call, Escalation, Event
from cases.queries import clock
from cases.vocabulary import EventKind, When
from tests.people import Stage, actor, set_stage
from tests.rules_at_work import acted, became, deadline, live, overdue, told, work

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.fixture
def stage(own_database: str) -> Stage:
    return set_stage()


def test_an_event_calls_the_managers_once(stage: Stage) -> None:
    version = live(stage, When.ASSIGNED)
    opened = stage.case()
    cases.take(case_id=opened.pk, at=clock.now(), actor=actor(stage.agent))
    work()
    work()
    assert became(version) == [(1, "done", "")]
    assert told(stage.manager) == ["rule_called"]
    kinds = Event.objects.filter(stream="case", stream_id=opened.pk, kind__startswith="rule_").order_by("seq")
    assert list(kinds.values_list("kind", "actor_kind", "actor_id")) == [
        (EventKind.RULE_MATCHED, "rule", version.rule_id),
        (EventKind.RULE_STEPPED, "rule", version.rule_id),
    ]


def test_a_deadline_that_is_over_is_found_by_the_sweep_once(stage: Stage) -> None:
    opened = stage.case()
    deadline(opened, clock.now() - timedelta(minutes=1))
    version = live(stage, When.DEADLINE, **overdue())
    work()
    work()
    assert (acted(version), became(version)) == (1, [(1, "done", "")])
    assert Call.objects.get().status == "made"
    assert Escalation.objects.get().status == "done"
