"""What the steps of a delivery share: lock it with its case, record what became of it, wait longer, leave it unsure."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from cases import errors
from cases.commands.moves.base import lock, record_case
from cases.commands.moves.dialogue import notify
from cases.commands.moves.recording import record
from cases.models import Delivery
from cases.vocabulary import Actor, DeliveryKind, DeliveryStatus, EventKind, Stream


def lock_delivery(delivery_id: int) -> Delivery:
    """The delivery, locked, and before it its case: the order in which every command locks; raises NotFound."""
    case_ids = Delivery.objects.filter(pk=delivery_id).values_list("case_id", flat=True)[:1]
    if not case_ids:
        raise errors.NotFound
    case = lock(case_ids[0]) if case_ids[0] else None
    row = Delivery.objects.select_for_update(no_key=True).get(pk=delivery_id)
    row.case = case
    return row


def record_delivery(
    row: Delivery, kind: EventKind, actor: Actor, *, at: datetime | None = None, **payload: object
) -> None:
    """One line in the journal of the delivery's case, or of the set-up."""
    if row.action_id is not None:
        payload |= {"action": row.action_id, "target": row.target_id}
    if row.case is not None:
        record_case(row.case, kind, actor, at=at, delivery=row.pk, purpose=row.purpose, **payload)
    else:
        record(Stream.SETUP, 0, kind, actor, at=at, delivery=row.pk, purpose=row.purpose, **payload)


def leave_unsure(row: Delivery, error: str, at: datetime, actor: Actor) -> None:
    """Nobody knows whether it went out; it waits in the tray, and the owner of its case is told."""
    # What may have left counts as sent: a later refusal says nothing about it.
    left = {"sent_at": at} if row.kind == DeliveryKind.CALL else {}
    Delivery.objects.filter(pk=row.pk).update(status=DeliveryStatus.UNKNOWN, error=error, **left)
    record_delivery(row, EventKind.DELIVERY_UNKNOWN, actor, at=at, attempt=row.attempts)
    tell_undelivered(row, at)


def tell_undelivered(row: Delivery, at: datetime) -> None:
    """A notification for the owner of the case."""
    if row.case is not None and row.case.owner_id is not None:
        kind = "call_unsure" if row.kind == DeliveryKind.CALL else "undelivered"
        notify([row.case.owner_id], kind, by_id=None, case=row.case, at=at)


def backoff(attempts: int) -> timedelta:
    """How long to wait after this many attempts: doubling from 30 s to 6 h, with up to half as much jitter."""
    seconds = min(30.0 * 2 ** max(attempts - 1, 0), 6 * 3600.0)
    return timedelta(seconds=seconds * (1 + random.random() / 2))  # noqa: S311 - jitter, not a secret
