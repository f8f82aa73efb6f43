"""The clock of promises: each promise by itself, once, and one that is stuck holds up no other."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from cases.commands import action
from cases.commands import promise as commands
from cases.jobs import promise as jobs
from cases.models import Action, Event, Promise
from cases.vocabulary import EventKind
from tests.desk import taken
from tests.people import Stage, actor, set_stage

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def promised(stage: Stage, external_id: str, *, made: timedelta, due: timedelta) -> Promise:
    """A refund that was promised some time ago, for some time from now."""
    now = timezone.now()
    case = taken(stage, external_id, author=external_id)
    step = action.change_action(
        action_id=Action.objects.get(case=case).pk,
        wording="",
        is_required=True,
        amount=Decimal(60),
        owner_id=None,
        team_id=None,
        due_at=now + due,
        at=now - made,
        actor=actor(stage.agent),
    )
    return Promise.objects.get(action=step)


def test_warns_and_breaks_once(stage: Stage) -> None:
    near = promised(stage, "p-1", made=48 * HOUR, due=2 * HOUR)
    over = promised(stage, "p-2", made=48 * HOUR, due=-HOUR)
    far = promised(stage, "p-3", made=48 * HOUR, due=48 * HOUR)
    for _ in range(2):
        jobs.watch_promises()
    for row in (near, over, far):
        row.refresh_from_db()
    assert near.warned_at is not None
    assert over.broken_at == over.due_at
    assert (far.warned_at, far.broken_at) == (None, None)
    assert Event.objects.filter(kind__in=[EventKind.PROMISE_WARNED, EventKind.PROMISE_BROKEN]).count() == 2


def test_one_that_cannot_be_done_holds_up_no_other(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = promised(stage, "p-1", made=48 * HOUR, due=-2 * HOUR)
    later = promised(stage, "p-2", made=48 * HOUR, due=-HOUR)
    usual = commands.break_promise

    def one_fails(*, promise_id: int, **more: Any) -> bool:
        if promise_id == stuck.pk:
            raise RuntimeError
        return usual(promise_id=promise_id, **more)

    monkeypatch.setattr(commands, "break_promise", one_fails)
    jobs.watch_promises()
    for row in (stuck, later):
        row.refresh_from_db()
    assert (stuck.broken_at, later.broken_at) == (None, later.due_at)
