"""What goes out: written with the decision to send it, claimed, sent, marked; what is unsure waits for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.html import urlize
from django.utils.translation import gettext

from cases import errors, queue
from cases.commands import moves
from cases.models import Answer, Delivery, Target
from cases.queries import people
from cases.queries.reports import exports
from cases.queries.reports.attached import PLACE, Attached, attached
from cases.queries.target import is_sent
from cases.vocabulary import (
    Actor,
    AnswerStatus,
    Ask,
    DeliveryKind,
    DeliveryStatus,
    EventKind,
    Job,
    Permission,
    RunStatus,
)

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
    html: str = ""
    attached: Attached | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One claimed request to a connected system; the same ``key`` at every sending lets the system do it once."""

    delivery_id: int
    claimed_at: datetime
    ask: Ask
    order: str
    key: str
    url: str
    content: str
    secret: str
    timeout: int


@dataclass(frozen=True, slots=True)
class Hook:
    """One claimed word to a connected system; the same ``key`` at every sending lets the system hear it once."""

    delivery_id: int
    claimed_at: datetime
    key: str
    url: str
    content: str
    secret: str
    timeout: int


@transaction.atomic(durable=True)
def queue_account_mail(*, recipient: str, subject: str, body: str, actor: Actor) -> Delivery:
    """Queue a mail about somebody's account."""
    delivery = moves.post_mail(purpose="account", recipient=recipient, subject=subject, body=body)
    moves.record_delivery(delivery, EventKind.DELIVERY_QUEUED, actor)
    return delivery


@transaction.atomic(durable=True)
def claim(*, delivery_id: int, at: datetime, actor: Actor) -> Mail | Call | Hook | None:
    """Take one due delivery for sending, or None when it is not due or somebody else has it.

    Of the requests about one action one goes out at a time; the others wait for the next sweep.
    """
    due = Delivery.objects.filter(pk=delivery_id, status=DeliveryStatus.QUEUED, due_at__lte=at)
    case_ids = due.values_list("case_id", flat=True)[:1]
    if not case_ids:
        return None
    # The case first, then its delivery: the order in which every command locks.
    case = moves.lock(case_ids[0]) if case_ids[0] else None
    rows = due.select_for_update(skip_locked=True, no_key=True, of=("self",))
    row = rows.select_related("brand", "action", "target", "export").first()
    if row is None or _is_in_between(row) or _waits_for_file(row):
        return None
    row.case = case
    if not _is_wanted(row):
        Delivery.objects.filter(pk=row.pk).update(status=DeliveryStatus.CANCELLED)
        moves.record_delivery(row, EventKind.DELIVERY_SETTLED, actor, at=at, choice="cancel", was=row.status)
        return None
    attempt = row.attempts + 1
    Delivery.objects.filter(pk=row.pk).update(status=DeliveryStatus.SENDING, claimed_at=at, attempts=attempt)
    moves.record_delivery(row, EventKind.DELIVERY_CLAIMED, actor, at=at, attempt=attempt)
    if row.target is None:
        return _mail(row, at)
    return _hook(row, row.target, at) if row.kind == DeliveryKind.HOOK else _call(row, row.target, at)


def _is_wanted(row: Delivery) -> bool:
    """Whether it still has to go: what a request asks about goes on, a system is not off, a reader may still read."""
    if row.kind == DeliveryKind.HOOK:
        return row.target is not None and row.target.is_active
    if row.export is not None:
        # What it says was counted with rights that its reader may have lost since.
        return exports.still_may_all_along(people.seer_of(row.export.person_id), row.export)
    return row.action is None or is_sent(row.action)


def _waits_for_file(row: Delivery) -> bool:
    return row.export is not None and row.export.status in RunStatus.unfinished()


def _is_in_between(row: Delivery) -> bool:
    """Whether another request about the same action is on its way just now."""
    if row.action is None:
        return False
    return Delivery.objects.filter(action=row.action, status=DeliveryStatus.SENDING).exists()


def _call(row: Delivery, target: Target, at: datetime) -> Call:
    ask, order = Ask(row.ask), row.subject or ""
    below = target.url.rstrip("/") + f"/{order}"
    return Call(
        delivery_id=row.pk,
        claimed_at=at,
        ask=ask,
        order=order,
        key={Ask.CANCEL: f"{order}-cancel"}.get(ask, order),
        url={Ask.DO: target.url, Ask.CANCEL: f"{below}/cancel", Ask.STATE: below}[ask],
        content=row.body or "",
        secret=target.secret,
        timeout=target.timeout,
    )


def _hook(row: Delivery, target: Target, at: datetime) -> Hook:
    return Hook(
        delivery_id=row.pk,
        claimed_at=at,
        key=row.subject or "",
        url=target.url,
        content=row.body or "",
        secret=target.secret,
        timeout=target.timeout,
    )


def _mail(row: Delivery, at: datetime) -> Mail:
    file = attached(row.export) if row.export is not None else None
    said = file.sentence if file else ""
    return Mail(
        delivery_id=row.pk,
        claimed_at=at,
        public_id=str(row.public_id),
        recipient=row.recipient,
        subject=row.subject or "",
        body=(row.body or "").replace(PLACE, said),
        html=(row.html or "").replace(PLACE, urlize(said, autoescape=True)),
        attached=file,
        sender=row.brand.name if row.brand else "",
        # What a colleague wrote is no machine's word, even though a machine carries it.
        is_automatic=row.message_id is None,
    )


@transaction.atomic(durable=True)
def mark_sent(*, delivery_id: int, claimed_at: datetime, at: datetime, actor: Actor) -> None:
    """The next hop has accepted it; true even when the sender was taken for dead meanwhile."""
    row = moves.lock_delivery(delivery_id)
    if row.status == DeliveryStatus.SENT:
        return
    if row.claimed_at == claimed_at and row.status in _OURS:
        if row.status == DeliveryStatus.QUEUED:
            # Somebody chose to send it again just before the first sender came back: now there is no need to.
            Delivery.objects.filter(pk=row.pk).update(status=DeliveryStatus.SENDING)
        Delivery.objects.filter(pk=row.pk).update(status=DeliveryStatus.SENT, sent_at=at, error="")
        _answer_reached(row, at, actor)
    # Also when somebody has cancelled it, or another sender has it: the journal tells what really went out.
    moves.record_delivery(row, EventKind.DELIVERY_SENT, actor, at=at, attempt=row.attempts)


@transaction.atomic(durable=True)
def mark_failed(
    *, delivery_id: int, claimed_at: datetime, error: str, is_final: bool, at: datetime, actor: Actor
) -> None:
    """It was not accepted: tried again later with growing waits, or left in the tray when that is pointless."""
    row = moves.lock_delivery(delivery_id)
    if row.claimed_at != claimed_at or row.status not in {DeliveryStatus.SENDING, DeliveryStatus.UNKNOWN}:
        return
    final = is_final or row.attempts >= MAX_ATTEMPTS
    if row.status == DeliveryStatus.UNKNOWN or not final:
        Delivery.objects.filter(pk=row.pk).update(
            status=DeliveryStatus.QUEUED, error=error, due_at=at + moves.backoff(row.attempts)
        )
    if not final:
        moves.record_delivery(row, EventKind.DELIVERY_QUEUED, actor, at=at, attempt=row.attempts)
        return
    Delivery.objects.filter(pk=row.pk).update(status=DeliveryStatus.FAILED, error=error)
    moves.record_delivery(row, EventKind.DELIVERY_FAILED, actor, at=at, attempt=row.attempts)
    _answer_bounced(row, at, actor)
    moves.tell_undelivered(row, at)


@transaction.atomic(durable=True)
def mark_unknown(*, delivery_id: int, claimed_at: datetime, error: str, at: datetime, actor: Actor) -> None:
    """Nobody knows whether it went out; a person looks."""
    row = moves.lock_delivery(delivery_id)
    if row.claimed_at == claimed_at and row.status == DeliveryStatus.SENDING:
        moves.leave_unsure(row, error, at, actor)


@transaction.atomic(durable=True)
def end_lease(*, delivery_id: int, at: datetime, actor: Actor) -> None:
    """Its sender has been silent for too long and is taken for dead; what became of it, nobody knows."""
    row = moves.lock_delivery(delivery_id)
    if row.status != DeliveryStatus.SENDING or row.claimed_at is None or row.claimed_at > at - LEASE:
        return
    if row.ask == Ask.STATE or row.kind == DeliveryKind.HOOK:
        # Asking how it stands changes nothing there, and a word with a key is heard once: it simply goes again.
        Delivery.objects.filter(pk=row.pk).update(status=DeliveryStatus.QUEUED, due_at=at)
        moves.record_delivery(row, EventKind.DELIVERY_QUEUED, actor, at=at, attempt=row.attempts)
    else:
        moves.leave_unsure(row, "The sender stopped in the middle of sending.", at, actor)


@transaction.atomic(durable=True)
def settle(*, delivery_id: int, choice: str, at: datetime, actor: Actor) -> Delivery:
    """A person decides about a mail in the tray: ``again``, ``arrived`` or ``cancel``."""
    row = moves.lock_delivery(delivery_id)
    _require_settling(actor, row)
    if row.kind == DeliveryKind.CALL:
        raise errors.Invalid(gettext("This went to a connected system: ask it how it stands."), "choice")
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
    moves.record_delivery(row, EventKind.DELIVERY_SETTLED, actor, at=at, choice=choice, was=was)
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
    row = moves.lock_delivery(delivery_id)
    if row.status != DeliveryStatus.SENT:
        return
    Delivery.objects.filter(pk=row.pk).update(status=DeliveryStatus.FAILED, error=error)
    moves.record_delivery(row, EventKind.DELIVERY_FAILED, actor, at=at, bounced=True)
    _answer_bounced(row, at, actor)
    moves.tell_undelivered(row, at)


# Where a delivery may stand when its own sender, however late, says that it was accepted.
_OURS = frozenset({DeliveryStatus.SENDING, DeliveryStatus.UNKNOWN, DeliveryStatus.QUEUED})


def _require_settling(actor: Actor, row: Delivery) -> None:
    if row.case is not None:
        moves.require(actor, Permission.SETTLE_DELIVERY, row.case)
    elif row.brand_id is not None:
        moves.require_in_brand(actor, Permission.SETTLE_DELIVERY, row.brand_id)
    else:
        moves.require_organisation(actor)


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
