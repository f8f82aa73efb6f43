"""What goes out: written with the decision to send it, claimed, sent, marked; what is unsure waits for a person."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext

from cases import errors, queue
from cases.commands import moves
from cases.models import Answer, Delivery
from cases.vocabulary import Actor, AnswerStatus, DeliveryStatus, EventKind, Job, Permission, Stream

MAX_ATTEMPTS = 10
# A worker that has held a delivery for longer than this is taken for dead: nobody knows whether it was sent.
LEASE = timedelta(minutes=5)
CHOICES = {"again": DeliveryStatus.QUEUED, "arrived": DeliveryStatus.SENT, "cancel": DeliveryStatus.CANCELLED}


@dataclass(frozen=True, slots=True)
class Mail:
    """One claimed mail; ``claimed_at`` is what its sender shows to mark it."""

    delivery_id: int
    claimed_at: datetime
    public_id: str
    recipient: str
    subject: str
    body: str
    sender: str
    is_automatic: bool


@transaction.atomic(durable=True)
def queue_account_mail(*, recipient: str, subject: str, body: str, actor: Actor) -> Delivery:
    """Queue a mail about somebody's account."""
    delivery = moves.post_mail(purpose="account", recipient=recipient, subject=subject, body=body)
    _record(delivery, EventKind.DELIVERY_QUEUED, actor)
    return delivery


@transaction.atomic(durable=True)
def claim(*, delivery_id: int, at: datetime, actor: Actor) -> Mail | None:
    """Take one due delivery for sending, or None when it is not due or somebody else has it."""
    due = Delivery.objects.filter(pk=delivery_id, status=DeliveryStatus.QUEUED, due_at__lte=at)
    case_ids = due.values_list("case_id", flat=True)[:1]
    if not case_ids:
        return None
    # The case first, then its delivery: the order in which every command locks.
    case = moves.lock(case_ids[0]) if case_ids[0] else None
    row = due.select_for_update(skip_locked=True, no_key=True, of=("self",)).select_related("brand").first()
    if row is None:
        return None
    row.case = case
    attempt = row.attempts + 1
    Delivery.objects.filter(pk=row.pk).update(status=DeliveryStatus.SENDING, claimed_at=at, attempts=attempt)
    _record(row, EventKind.DELIVERY_CLAIMED, actor, at=at, attempt=attempt)
    return Mail(
        delivery_id=row.pk,
        claimed_at=at,
        public_id=str(row.public_id),
        recipient=row.recipient,
        subject=row.subject or "",
        body=row.body or "",
        sender=row.brand.name if row.brand else "",
        # What a colleague wrote is no machine's word, even though a machine carries it.
        is_automatic=row.message_id is None,
    )


@transaction.atomic(durable=True)
def mark_sent(*, delivery_id: int, claimed_at: datetime, at: datetime, actor: Actor) -> None:
    """The next hop has accepted it; true even when the sender was taken for dead meanwhile."""
    row = _lock(delivery_id)
    if row.status == DeliveryStatus.SENT:
        return
    if row.claimed_at == claimed_at and row.status in _OURS:
        if row.status == DeliveryStatus.QUEUED:
            # Somebody chose to send it again just before the first sender came back: now there is no need to.
            Delivery.objects.filter(pk=row.pk).update(status=DeliveryStatus.SENDING)
        Delivery.objects.filter(pk=row.pk).update(status=DeliveryStatus.SENT, sent_at=at, error="")
        _answer_reached(row, at, actor)
    # Also when somebody has cancelled it, or another sender has it: the journal tells what really went out.
    _record(row, EventKind.DELIVERY_SENT, actor, at=at, attempt=row.attempts)


@transaction.atomic(durable=True)
def mark_failed(
    *, delivery_id: int, claimed_at: datetime, error: str, is_final: bool, at: datetime, actor: Actor
) -> None:
    """It was not accepted: tried again later with growing waits, or left in the tray when that is pointless."""
    row = _lock(delivery_id)
    if row.claimed_at != claimed_at or row.status not in {DeliveryStatus.SENDING, DeliveryStatus.UNKNOWN}:
        return
    final = is_final or row.attempts >= MAX_ATTEMPTS
    if row.status == DeliveryStatus.UNKNOWN or not final:
        Delivery.objects.filter(pk=row.pk).update(
            status=DeliveryStatus.QUEUED, error=error, due_at=at + _backoff(row.attempts)
        )
    if not final:
        _record(row, EventKind.DELIVERY_QUEUED, actor, at=at, attempt=row.attempts)
        return
    Delivery.objects.filter(pk=row.pk).update(status=DeliveryStatus.FAILED, error=error)
    _record(row, EventKind.DELIVERY_FAILED, actor, at=at, attempt=row.attempts)
    _answer_bounced(row, at, actor)
    _tell_owner(row, at)


@transaction.atomic(durable=True)
def mark_unknown(*, delivery_id: int, claimed_at: datetime, error: str, at: datetime, actor: Actor) -> None:
    """Nobody knows whether it went out; a person looks."""
    row = _lock(delivery_id)
    if row.claimed_at == claimed_at and row.status == DeliveryStatus.SENDING:
        _wonder(row, error, at, actor)


@transaction.atomic(durable=True)
def end_lease(*, delivery_id: int, at: datetime, actor: Actor) -> None:
    """Its sender has been silent for too long and is taken for dead; what became of the mail, nobody knows."""
    row = _lock(delivery_id)
    if row.status == DeliveryStatus.SENDING and row.claimed_at is not None and row.claimed_at <= at - LEASE:
        _wonder(row, "The sender stopped in the middle of sending.", at, actor)


@transaction.atomic(durable=True)
def settle(*, delivery_id: int, choice: str, at: datetime, actor: Actor) -> Delivery:
    """A person decides about a delivery in the tray: ``again``, ``arrived`` or ``cancel``."""
    row = _lock(delivery_id)
    _require_settling(actor, row)
    moved = CHOICES.get(choice)
    if moved is None:
        raise errors.Invalid(gettext("Choose to send it again, to note that it arrived, or to cancel it."), "choice")
    if row.status not in {DeliveryStatus.UNKNOWN, DeliveryStatus.FAILED}:
        raise errors.ChangedMeanwhile
    if moved == DeliveryStatus.SENT and row.status == DeliveryStatus.FAILED:
        raise errors.Invalid(gettext("The mail server refused it, so it cannot have arrived."), "choice")
    was = row.status
    row.status, row.due_at, row.attempts = moved, at, 0
    row.sent_at = at if moved == DeliveryStatus.SENT else None
    row.save(update_fields=["status", "due_at", "attempts", "sent_at"])
    _record(row, EventKind.DELIVERY_SETTLED, actor, at=at, choice=choice, was=was)
    if moved == DeliveryStatus.QUEUED:
        queue.after_commit(Job.SEND_DELIVERY, delivery_id=row.pk)
    elif moved == DeliveryStatus.SENT:
        _answer_reached(row, at, actor)
    else:
        _answer_bounced(row, at, actor)
    return row


@transaction.atomic(durable=True)
def record_bounce(*, delivery_id: int, error: str, at: datetime, actor: Actor) -> None:
    """What had been accepted came back later; the case is flagged, never silently taken back."""
    row = _lock(delivery_id)
    if row.status != DeliveryStatus.SENT:
        return
    Delivery.objects.filter(pk=row.pk).update(status=DeliveryStatus.FAILED, error=error)
    _record(row, EventKind.DELIVERY_FAILED, actor, at=at, bounced=True)
    _answer_bounced(row, at, actor)
    _tell_owner(row, at)


def _backoff(attempts: int) -> timedelta:
    """How long to wait after this many attempts: doubling from 30 s to 6 h, with up to half as much jitter."""
    seconds = min(30.0 * 2 ** max(attempts - 1, 0), 6 * 3600.0)
    return timedelta(seconds=seconds * (1 + random.random() / 2))  # noqa: S311 - jitter, not a secret


# Where a delivery may stand when its own sender, however late, says that it was accepted.
_OURS = frozenset({DeliveryStatus.SENDING, DeliveryStatus.UNKNOWN, DeliveryStatus.QUEUED})


def _lock(delivery_id: int) -> Delivery:
    # The case first, then its delivery: the order in which every command locks.
    case_ids = Delivery.objects.filter(pk=delivery_id).values_list("case_id", flat=True)[:1]
    if not case_ids:
        raise errors.NotFound
    case = moves.lock(case_ids[0]) if case_ids[0] else None
    row = Delivery.objects.select_for_update(no_key=True).get(pk=delivery_id)
    row.case = case
    return row


def _require_settling(actor: Actor, row: Delivery) -> None:
    if row.case is not None:
        moves.require(actor, Permission.SETTLE_DELIVERY, row.case)
    elif row.brand_id is not None:
        moves.require_in_brand(actor, Permission.SETTLE_DELIVERY, row.brand_id)
    else:
        moves.require_organisation(actor)


def _record(row: Delivery, kind: EventKind, actor: Actor, *, at: datetime | None = None, **payload: object) -> None:
    if row.case is not None:
        moves.record_case(row.case, kind, actor, at=at, delivery=row.pk, purpose=row.purpose, **payload)
    else:
        moves.record(Stream.SETUP, 0, kind, actor, at=at, delivery=row.pk, purpose=row.purpose, **payload)


def _wonder(row: Delivery, error: str, at: datetime, actor: Actor) -> None:
    Delivery.objects.filter(pk=row.pk).update(status=DeliveryStatus.UNKNOWN, error=error)
    _record(row, EventKind.DELIVERY_UNKNOWN, actor, at=at, attempt=row.attempts)
    _tell_owner(row, at)


def _tell_owner(row: Delivery, at: datetime) -> None:
    if row.case is not None and row.case.owner_id is not None:
        moves.notify([row.case.owner_id], "undelivered", by_id=None, case=row.case, at=at)


def _answer_reached(row: Delivery, at: datetime, actor: Actor) -> None:
    if row.message_id is None or row.case is None:
        return
    reached = Answer.objects.filter(
        message_id=row.message_id, status__in=[AnswerStatus.SENDING, AnswerStatus.BOUNCED], superseded_at__isnull=True
    ).update(status=AnswerStatus.REACHED, reached_at=at)
    if reached:
        moves.record_case(row.case, EventKind.ANSWER_REACHED, actor, at=at, message=row.message_id)


def _answer_bounced(row: Delivery, at: datetime, actor: Actor) -> None:
    if row.message_id is None or row.case is None:
        return
    # A reading on the private page is better proof than any mail server's word.
    bounced = (
        Answer.objects.filter(message_id=row.message_id, message__read_at__isnull=True, superseded_at__isnull=True)
        .exclude(status=AnswerStatus.BOUNCED)
        .update(status=AnswerStatus.BOUNCED)
    )
    if bounced:
        moves.record_case(row.case, EventKind.ANSWER_BOUNCED, actor, at=at, message=row.message_id)
