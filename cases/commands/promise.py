"""The clock of promises: the owner is warned before a promised day, and what is not kept is broken for ever."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from cases import errors
from cases.commands import moves
from cases.models import Case, Promise
from cases.rules import promise as rules
from cases.vocabulary import Actor, EventKind, Permission


@transaction.atomic(durable=True)
def warn(*, promise_id: int, at: datetime, actor: Actor) -> bool:
    """Tell whoever does it, once, that a promised day comes near; whether they were told now."""
    case, promise = _lock(promise_id, actor)
    is_due = rules.warned_from(promise.made_at, promise.due_at) <= at < promise.due_at
    if promise.warned_at is not None or not _stands(promise) or not is_due:
        return False
    Promise.objects.filter(pk=promise.pk).update(warned_at=at)
    moves.record_case(case, EventKind.PROMISE_WARNED, actor, at=at, promise=promise.pk, action=promise.action_id)
    moves.notify(_responsible(case, promise)[:1], "promise_due", by_id=actor.person_id, case=case, at=at)
    return True


@transaction.atomic(durable=True)
def break_promise(*, promise_id: int, at: datetime, actor: Actor) -> bool:
    """The promised day is over and it is not done: broken for ever; the owner is told and finds a message prepared.

    Whether it was broken now. Nothing goes out by itself: a person tells the complainant.
    """
    case, promise = _lock(promise_id, actor)
    if promise.broken_at is not None or not _stands(promise) or promise.due_at > at:
        return False
    Promise.objects.filter(pk=promise.pk).update(broken_at=promise.due_at)
    moves.record_case(case, EventKind.PROMISE_BROKEN, actor, at=at, promise=promise.pk, action=promise.action_id)
    moves.notify(_responsible(case, promise), "promise_broken", by_id=actor.person_id, case=case, at=at)
    moves.prepare_late(case, promise, moves.language_of(case), at=at)
    return True


def _lock(promise_id: int, actor: Actor) -> tuple[Case, Promise]:
    found = Promise.objects.filter(pk=promise_id).values_list("case_id", flat=True).first()
    if found is None:
        raise errors.NotFound
    case = moves.lock(found)
    moves.require(actor, Permission.ACT, case)
    return case, Promise.objects.select_related("action").get(pk=promise_id)


def _stands(promise: Promise) -> bool:
    return promise.kept_at is None and promise.moved_at is None and promise.dropped_at is None


def _responsible(case: Case, promise: Promise) -> list[int]:
    """Whoever does it, then whoever answers for the case."""
    return [key for key in (promise.action.owner_id, case.owner_id) if key is not None]
