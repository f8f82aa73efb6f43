"""What a connected system tells us by itself: checked, kept byte for byte, then heard exactly once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import F

from cases import errors
from cases.commands import moves
from cases.models import Action, Callback, Target
from cases.rules import request, signature
from cases.vocabulary import Actor, EventKind, Permission, Stream

# A person has to look at these; once they have, it says so.
UNREADABLE, UNKNOWN_ORDER, SEEN = "unreadable", "unknown_order", "seen"


class Forged(errors.Refused):
    """The signature is missing, wrong or more than five minutes old. Nothing was kept."""

    code = "bad_signature"
    status = 401


class Unreadable(errors.Refused):
    """This is signed, but it says nothing that can be used: %(reason)s It is kept."""

    code = "unreadable"
    status = 422


@dataclass(frozen=True, slots=True)
class Kept:
    """A callback that is kept, and what became of it if it was heard before."""

    callback_id: int
    outcome: str
    reason: str = ""


@transaction.atomic(durable=True)
def keep_callback(*, target_id: UUID, body: bytes, signed: str, at: datetime, actor: Actor) -> Kept:
    """Keep what a system signed; the same again only counts. Raises NotFound, Forged."""
    del actor  # the system of the signature; what comes of it is recorded when it is heard
    target = Target.objects.filter(public_id=target_id).first()
    if target is None:
        raise errors.NotFound
    if not signature.is_valid(target.secret, body, signed, at=int(at.timestamp())):
        raise Forged
    digest = hashlib.sha256(body).digest()
    fresh = Callback(target=target, digest=digest, body=body, times=0, received_at=at)
    Callback.objects.bulk_create([fresh], ignore_conflicts=True)
    kept = Callback.objects.select_for_update(no_key=True).get(target=target, digest=digest)
    Callback.objects.filter(pk=kept.pk).update(times=F("times") + 1)
    return Kept(kept.pk, kept.outcome)


@transaction.atomic(durable=True)
def hear_callback(*, callback_id: int, at: datetime, actor: Actor) -> Kept:
    """Let a kept callback move its action, once; what came of it."""
    row = Callback.objects.select_related("target").filter(pk=callback_id).first()
    if row is None:
        raise errors.NotFound
    try:
        told = request.read_callback(bytes(row.body or b""))
    except request.AnswerError as error:
        _note(row, UNREADABLE)
        return Kept(row.pk, UNREADABLE, str(error))
    found = _action_of(told.order, row.target)
    if found is None:
        _note(row, UNKNOWN_ORDER)
        return Kept(row.pk, UNKNOWN_ORDER)
    case = moves.lock(found.case_id)
    # Whoever heard it first had the case until now.
    row.refresh_from_db(fields=["outcome"])
    if row.outcome:
        return Kept(row.pk, row.outcome)
    action = Action.objects.select_related("kind", "target").get(pk=found.pk)
    try:
        with transaction.atomic():
            heard = moves.hear_system(case, action, told.answer, order=told.order, at=at, actor=actor)
    except DatabaseError:
        # The database does not let it be so; a person looks, and it holds up no other.
        heard = moves.Heard.UNCLEAR
    _note(row, heard.value, action=action)
    moves.record_case(
        case,
        EventKind.CALLBACK_RECEIVED,
        actor,
        at=at,
        action=action.pk,
        target=row.target_id,
        callback=row.pk,
        said=told.answer.status.value,
        heard=heard.value,
    )
    if heard in {moves.Heard.UNEXPECTED, moves.Heard.UNCLEAR} and case.owner_id is not None:
        moves.notify([case.owner_id], "call_unexpected", by_id=None, case=case, at=at)
    return Kept(row.pk, heard.value)


@transaction.atomic(durable=True)
def note_callback(*, callback_id: int, at: datetime, actor: Actor) -> Callback:
    """A person has looked at what a system told us and did what was to be done; it leaves the tray."""
    row = Callback.objects.select_related("target", "action").filter(pk=callback_id).first()
    if row is None:
        raise errors.NotFound
    case = moves.lock(row.action.case_id) if row.action else None
    if case is not None:
        moves.require(actor, Permission.SETTLE_DELIVERY, case)
    else:
        moves.require_in_brand(actor, Permission.SETTLE_DELIVERY, row.target.brand_id)
    row = Callback.objects.select_for_update(no_key=True).get(pk=callback_id)
    was = row.outcome
    if was == SEEN:
        return row
    _note(row, SEEN)
    noted = {"callback": row.pk, "target": row.target_id, "choice": SEEN, "was": was}
    if case is not None:
        moves.record_case(case, EventKind.DELIVERY_SETTLED, actor, at=at, action=row.action_id, **noted)
    else:
        brand_id = Target.objects.values_list("brand_id", flat=True).get(pk=row.target_id)
        moves.record(Stream.BRAND, brand_id, EventKind.DELIVERY_SETTLED, actor, at=at, **noted)
    return row


def _note(row: Callback, outcome: str, *, action: Action | None = None) -> None:
    row.outcome = outcome
    fields = {"outcome": outcome} | ({"action_id": action.pk} if action else {})
    Callback.objects.filter(pk=row.pk).update(**fields)


def _action_of(order: str, target: Target) -> Action | None:
    """The action that was sent to this system as that order."""
    try:
        public_id = UUID(order[:36])
    except ValueError:
        return None
    found = Action.objects.filter(public_id=public_id, deliveries__target=target, deliveries__subject=order)
    return found.distinct().first()
