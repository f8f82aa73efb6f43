"""What is proven by the day it took place: the day is needed, has come, and lies after the complaint."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from cases import errors
from cases.commands import action
from cases.models import Action, Event
from cases.vocabulary import EventKind, Proof
from tests.api.calls import Program
from tests.desk import taken
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def stage() -> Stage:
    return set_stage()


@pytest.fixture
def visit(stage: Stage) -> Action:
    """Somebody comes to look at it."""
    stage.apology.proof = Proof.DATE
    stage.apology.save()
    by = actor(stage.agent)
    return action.add_action(case_id=taken(stage).pk, kind_id=stage.apology.pk, wording="A visit", at=AT, actor=by)


def complete(stage: Stage, row: Action, done_on: date | None) -> Action:
    return action.complete_action(
        action_id=row.pk, outcome="They came.", done_on=done_on, at=AT, actor=actor(stage.agent)
    )


def test_needs_the_day(stage: Stage, visit: Action) -> None:
    with pytest.raises(errors.ProofMissing):
        complete(stage, visit, None)


@pytest.mark.parametrize("days", [1, -2])
def test_refuses_a_day_that_cannot_be(stage: Stage, visit: Action, days: int) -> None:
    with pytest.raises(errors.Invalid) as caught:
        complete(stage, visit, AT.date() + days * DAY)
    assert caught.value.field == "done_on"


@pytest.mark.parametrize("days", [0, -1])
def test_keeps_the_day(stage: Stage, visit: Action, days: int) -> None:
    day = AT.date() + days * DAY
    assert complete(stage, visit, day).proof_on == day
    visit.refresh_from_db()
    assert (visit.proof_on, visit.done_at) == (day, AT)
    assert Event.objects.get(kind=EventKind.ACTION_COMPLETED).payload["on"] == day.isoformat()


def test_today_is_the_day_of_the_brand(stage: Stage, visit: Action) -> None:
    stage.brand.zone = "Pacific/Kiritimati"
    stage.brand.save()
    assert complete(stage, visit, AT.date() + DAY).proof_on == AT.date() + DAY


def test_a_program_says_the_day(stage: Stage, visit: Action) -> None:
    program = Program(stage.agent)
    url = f"actions/{visit.public_id}/complete/"
    lacking = program.post(url, {"outcome": "They came."})
    assert (lacking.status_code, lacking.json()["code"]) == (422, "proof_missing")
    assert program.post(url, {"outcome": "They came.", "done_on": "yesterday"}).status_code == 422
    done = program.post(url, {"outcome": "They came.", "done_on": "2026-09-08"})
    assert (done.status_code, done.json()["proof_demanded"]) == (200, "date")
    assert done.json()["proof"]["done_on"] == "2026-09-08"
