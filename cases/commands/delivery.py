"""What goes out: written with the decision to send it, claimed, sent, marked; what is unsure waits for a person."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from cases import errors, queue
from cases.commands import moves
from cases.models import Answer, Delivery
from cases.vocabulary import (
    Actor,
    AnswerStatus,
    DeliveryStatus,
    EventKind,
    Job,
    Permission,
    Stream,
)

MAX_ATTEMPTS = 10
# A worker that has held a delivery for longer than this is taken for dead: nobody knows whether it was sent.
LEASE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to send."""

    delivery_id: int
    public_id: str
    recipient: str
    subject: str
    body: str


@transaction.atomic(durable=True)
def queue_account_mail(*, recipient: str, subject: str, body: str, actor: Actor) -> Delivery:
    """Queue a mail about somebody's account."""
    delivery = moves.post_mail(purpose="account", recipient=recipient, subject=subject, body=body)
    moves.record(Stream.SETUP, 0, EventKind.DELIVERY_QUEUED, actor, delivery=delivery.pk)
    return delivery


@transaction.atomic(durable=True)
def claim(*, delivery_id: int, at: datetime, actor: Actor) -> Mail | None:
    """Take one due delivery for sending, or None when it is not due or somebody else has it."""
    case_id = Delivery.objects.filter(pk=delivery_id).values_list("case_id", flat=True).first()
    if case_id is not None:
        moves.lock(case_id)
    row = (
        Delivery.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .select_related("case")
        .filter(pk=delivery_id, status=DeliveryStatus.QUEUED, due_at__lte=at)
        .first()
    )
    if row is None:
        return None
    Delivery.objects.filter(pk=row.pk).update(
        status=DeliveryStatus.SENDING, claimed_at=at, attempts=row.attempts + 1
    )
    _record(row, EventKind.DELIVERY_CLAIMED, actor, attempt=row.attempts + 1)
    return Mail(row.pk, str(row.public_id), row.recipient, row.subject or "", row.body or "")


@transaction.atomic(durable=True)
def mark_sent(*, delivery_id: int, at: datetime, actor: Actor) -> None:
    """The next hop has accepted it."""
    row = _lock(delivery_id)
    if row.status == DeliveryStatus.SENT:
        return
    Delivery.objects.filter(pk=row.pk).update(status=DeliveryStatus.SENT, sent_at=at, error="")
    _record(row, EventKind.DELIVERY_SENT, actor)
    _answer_reached(row, at, actor)


@transaction.atomic(durable=True)
def mark_failed(*, delivery_id: int, error: str, is_final: bool, at: datetime, actor: Actor) -> None:
    """It was not accepted: tried again later with growing waits, or left in the tray when that is pointless."""
    row = _lock(delivery_id)
    if is_final or row.attempts >= MAX_ATTEMPTS:
        Delivery.objects.filter(pk=row.pk).update(status=DeliveryStatus.FAILED, error=error)
        _record(row, EventKind.DELIVERY_FAILED, actor, attempts=row.attempts)
        _answer_bounced(row, actor)
        return
    Delivery.objects.filter(pk=row.pk).update(
        status=DeliveryStatus.QUEUED, error=error, due_at=at + backoff(row.attempts)
    )
    _record(row, EventKind.DELIVERY_QUEUED, actor, attempts=row.attempts)


@transaction.atomic(durable=True)
def mark_unknown(*, delivery_id: int, error: str, actor: Actor) -> None:
    """Nobody knows whether it went out; a person looks."""
    row = _lock(delivery_id)
    if row.status != DeliveryStatus.SENDING:
        return
    Delivery.objects.filter(pk=row.pk).update(status=DeliveryStatus.UNKNOWN, error=error)
    _record(row, EventKind.DELIVERY_UNKNOWN, actor)


@transaction.atomic(durable=True)
def settle(*, delivery_id: int, choice: str, at: datetime, actor: Actor) -> Delivery:
    """A person decides about a delivery in the tray: ``again``, ``arrived`` or ``cancel``."""
    row = _lock(delivery_id)
    if row.case is not None:
        moves.require(actor, Permission.WRITE_PRIVATELY, row.case)
    else:
        moves.require_organisation(actor)
    moved = {
        "again": DeliveryStatus.QUEUED,
        "arrived": DeliveryStatus.SENT,
        "cancel": DeliveryStatus.CANCELLED,
    }.get(choice)
    if moved is None or row.status not in {DeliveryStatus.UNKNOWN, DeliveryStatus.FAILED}:
        raise errors.ChangedMeanwhile
    if moved == DeliveryStatus.SENT and row.status == DeliveryStatus.FAILED:
        raise errors.ChangedMeanwhile
    Delivery.objects.filter(pk=row.pk).update(
        status=moved, due_at=at, sent_at=at if moved == DeliveryStatus.SENT else None, attempts=0
    )
    _record(row, EventKind.DELIVERY_SETTLED, actor, choice=choice)
    if moved == DeliveryStatus.QUEUED:
        queue.after_commit(Job.SEND_DELIVERY, delivery_id=row.pk)
    elif moved == DeliveryStatus.SENT:
        _answer_reached(row, at, actor)
    row.refresh_from_db()
    return row


@transaction.atomic(durable=True)
def record_bounce(*, delivery_id: int, error: str, actor: Actor) -> None:
    """What had been accepted came back later; the case is flagged, never silently taken back."""
    row = _lock(delivery_id)
    if row.status != DeliveryStatus.SENT:
        return
    Delivery.objects.filter(pk=row.pk).update(status=DeliveryStatus.FAILED, error=error)
    _record(row, EventKind.DELIVERY_FAILED, actor, bounced=True)
    _answer_bounced(row, actor)


def backoff(attempts: int) -> timedelta:
    """How long to wait after this many attempts: doubling from 30 s to 6 h, with up to half as much jitter."""
    seconds = min(30.0 * 2 ** max(attempts - 1, 0), 6 * 3600.0)
    return timedelta(seconds=seconds * (1 + random.random() / 2))  # noqa: S311 - jitter, not a secret


def _lock(delivery_id: int) -> Delivery:
    # The case first, then its delivery: the order in which every command locks.
    case_id = Delivery.objects.filter(pk=delivery_id).values_list("case_id", flat=True).first()
    if case_id is not None:
        moves.lock(case_id)
    row = Delivery.objects.select_for_update(no_key=True, of=("self",)).filter(pk=delivery_id).first()
    if row is None:
        raise errors.NotFound
    return row


def _record(row: Delivery, kind: EventKind, actor: Actor, **payload: object) -> None:
    if row.case is not None:
        moves.record_case(row.case, kind, actor, delivery=row.pk, purpose=row.purpose, **payload)
    else:
        moves.record(Stream.SETUP, 0, kind, actor, delivery=row.pk, purpose=row.purpose, **payload)


def _answer_reached(row: Delivery, at: datetime, actor: Actor) -> None:
    if row.message_id is None or row.case is None:
        return
    reached = Answer.objects.filter(
        message_id=row.message_id, status__in=[AnswerStatus.SENDING, AnswerStatus.BOUNCED], superseded_at__isnull=True
    ).update(status=AnswerStatus.REACHED, reached_at=at)
    if reached:
        moves.record_case(row.case, EventKind.ANSWER_REACHED, actor, message=row.message_id)


def _answer_bounced(row: Delivery, actor: Actor) -> None:
    if row.message_id is None or row.case is None:
        return
    # A reading on the private page is better proof than any mail server's word.
    bounced = Answer.objects.filter(
        message_id=row.message_id, message__read_at__isnull=True, superseded_at__isnull=True
    ).update(status=AnswerStatus.BOUNCED)
    if bounced:
        moves.record_case(row.case, EventKind.ANSWER_BOUNCED, actor, message=row.message_id)

