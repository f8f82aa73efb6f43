"""What becomes of a request to a connected system: answered, refused, put off, lost; cancelled, asked, settled."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext

from cases import errors, queue
from cases.commands import moves
from cases.models import Action, Case, Delivery
from cases.queries.delivery import UNSURE
from cases.queries.target import is_sent
from cases.rules import request
from cases.rules import text as texts
from cases.vocabulary import (
    ActionStatus,
    Actor,
    Ask,
    DeliveryStatus,
    EventKind,
    Job,
    Permission,
    Proof,
    SystemStatus,
)

# After so many attempts, in about an hour, a request waits for a person.
MAX_ATTEMPTS = 8
_WAITING = (DeliveryStatus.QUEUED, DeliveryStatus.SENDING)
_OURS = frozenset({*_WAITING, DeliveryStatus.UNKNOWN})
_WORDS = {
    moves.Heard.NOT_KNOWN_THERE: "The system says that it does not know this order.",
    moves.Heard.UNCLEAR: "The system says it is done, but with more than was decided, or without the proof it needs.",
    moves.Heard.UNEXPECTED: "The system says “%(status)s” (%(reference)s), which does not fit how the action stands.",
}


# ---------------------------------------------------------------- what a sender comes back with


@transaction.atomic(durable=True)
def mark_answered(
    *, delivery_id: int, claimed_at: datetime, answer: request.Answer, at: datetime, actor: Actor
) -> moves.Heard:
    """The system has answered: its word moves the action; what does not fit waits for a person."""
    row = moves.lock_delivery(delivery_id)
    case, action = _of(row)
    heard = moves.hear_system(case, action, answer, order=row.subject or "", at=at, actor=actor)
    # Hearing it may have closed this very request, when its sender had been taken for dead.
    row.status = Delivery.objects.values_list("status", flat=True).get(pk=row.pk)
    moves.record_delivery(
        row, EventKind.DELIVERY_SENT, actor, at=at, attempt=row.attempts, said=answer.status.value, heard=heard.value
    )
    if row.claimed_at == claimed_at and row.status in _OURS:
        if heard in _WORDS:
            words = _WORDS[heard] % {"status": answer.status.value, "reference": answer.reference or answer.reason}
            _leave(row, words, at, actor)
        else:
            _close(row, at)
    return heard


@transaction.atomic(durable=True)
def mark_refused(*, delivery_id: int, claimed_at: datetime, reason: str, at: datetime, actor: Actor) -> None:
    """The system refused for good; that an order was not carried out follows only when none of it ever left before."""
    row = moves.lock_delivery(delivery_id)
    case, action = _of(row)
    if row.claimed_at != claimed_at or row.status not in _OURS:
        return
    if row.ask == Ask.STATE or (row.ask == Ask.DO and _may_have_left(row, action)):
        _leave(row, reason, at, actor)
        return
    _close(row, at)
    moves.record_delivery(row, EventKind.DELIVERY_SENT, actor, at=at, attempt=row.attempts, said="refused")
    if row.ask == Ask.CANCEL:
        Action.objects.filter(pk=action.pk).update(cancel_asked_at=None)
        if case.owner_id is not None:
            moves.notify([case.owner_id], "cancel_refused", by_id=None, case=case, at=at)
    elif is_sent(action) and moves.order_of(action) == row.subject:
        words, status = moves.FAILED_THERE, SystemStatus.FAILED
        moves.fail_sent(case, action, words, reason=reason, status=status, at=at, actor=actor)


@transaction.atomic(durable=True)
def put_off(*, delivery_id: int, claimed_at: datetime, error: str, has_left: bool, at: datetime, actor: Actor) -> None:
    """It was not taken now: sent again with the same key after growing waits, and after the last one left unsure.

    ``has_left`` says that something of it reached the other side.
    """
    row = moves.lock_delivery(delivery_id)
    if row.claimed_at == claimed_at and row.status == DeliveryStatus.SENDING:
        _put_off(row, error, has_left=has_left, at=at, actor=actor)


@transaction.atomic(durable=True)
def mark_lost(*, delivery_id: int, claimed_at: datetime, error: str, at: datetime, actor: Actor) -> None:
    """It went out, and no answer came that can be relied on; a person looks, unless it only asked how things stand."""
    row = moves.lock_delivery(delivery_id)
    if row.claimed_at != claimed_at or row.status != DeliveryStatus.SENDING:
        return
    if row.ask == Ask.STATE:
        _put_off(row, error, has_left=True, at=at, actor=actor)
    else:
        moves.leave_unsure(row, error, at, actor)


def _put_off(row: Delivery, error: str, *, has_left: bool, at: datetime, actor: Actor) -> None:
    if row.attempts >= MAX_ATTEMPTS:
        _leave(row, error, at, actor)
        return
    left = {"sent_at": at} if has_left else {}
    Delivery.objects.filter(pk=row.pk).update(
        status=DeliveryStatus.QUEUED, error=error, due_at=at + moves.backoff(row.attempts), **left
    )
    moves.record_delivery(row, EventKind.DELIVERY_QUEUED, actor, at=at, attempt=row.attempts)


def _may_have_left(row: Delivery, action: Action) -> bool:
    """Whether an earlier sending of the same order may have reached the system."""
    earlier = Delivery.objects.filter(action=action, ask=Ask.DO, subject=row.subject, pk__lt=row.pk)
    return row.sent_at is not None or earlier.exists()


def _leave(row: Delivery, error: str, at: datetime, actor: Actor) -> None:
    """Leave it in the tray; a question goes, when what it asked about waits there already, and leaves its answer."""
    _case, action = _of(row)
    elder = Delivery.objects.filter(action=action, status=DeliveryStatus.UNKNOWN).exclude(pk=row.pk).order_by("pk")
    found = elder.first() if row.ask == Ask.STATE else None
    if found is not None:
        Delivery.objects.filter(pk=found.pk).update(error=error)
        _close(row, at)
        moves.record_delivery(row, EventKind.DELIVERY_SETTLED, actor, at=at, choice="left_to", other=found.pk)
        return
    if row.status == DeliveryStatus.QUEUED:
        Delivery.objects.filter(pk=row.pk).update(status=DeliveryStatus.SENDING)
    moves.leave_unsure(row, error, at, actor)


def _close(row: Delivery, at: datetime) -> None:
    if row.status == DeliveryStatus.QUEUED:
        # Somebody chose to send it again just before the first sender came back: now there is no need to.
        Delivery.objects.filter(pk=row.pk).update(status=DeliveryStatus.SENDING)
    Delivery.objects.filter(pk=row.pk).update(status=DeliveryStatus.SENT, sent_at=at, error="")


def _of(row: Delivery) -> tuple[Case, Action]:
    if row.case is None or row.action_id is None:
        raise errors.NotFound
    return row.case, Action.objects.select_related("kind", "target").get(pk=row.action_id)


# ---------------------------------------------------------------- what people ask for


@transaction.atomic(durable=True)
def cancel_sent(*, action_id: int, at: datetime, actor: Actor) -> Action:
    """Ask the system not to do it; what never went out is taken back at once. Only the system's answer ends it."""
    case, action = _lock(action_id, actor, Permission.ACT)
    if action.cancel_asked_at is not None:
        return action
    moves.record_case(case, EventKind.ACTION_CANCEL_ASKED, actor, at=at, action=action.pk, target=action.target_id)
    calls = Delivery.objects.filter(action=action, ask=Ask.DO)
    waiting = calls.filter(status=DeliveryStatus.QUEUED).order_by("-pk").first()
    if waiting is not None and waiting.attempts == 0 and not _may_have_left(waiting, action):
        # What the system never heard of can be ordered again under the same id.
        moves.fail_sent(case, action, moves.NEVER_SENT, status="", at=at, actor=actor)
        return action
    calls.filter(status=DeliveryStatus.QUEUED).update(status=DeliveryStatus.CANCELLED)
    Action.objects.filter(pk=action.pk).update(cancel_asked_at=at)
    action.cancel_asked_at = at
    if action.target is not None:
        moves.ask_system(case, action, action.target, Ask.CANCEL, order=moves.order_of(action), at=at)
    return action


@transaction.atomic(durable=True)
def ask_again(*, action_id: int, at: datetime, actor: Actor) -> Action:
    """Ask the system how the action stands; one question at a time."""
    case, action = _lock(action_id, actor, Permission.ACT, Permission.SETTLE_DELIVERY)
    _ask_state(case, action, at, actor)
    return action


@transaction.atomic(durable=True)
def poll(*, action_id: int, at: datetime, actor: Actor) -> None:
    """Ask how an accepted action stands, unless a question is open or it has ended meanwhile."""
    found = Action.objects.filter(pk=action_id).values_list("case_id", flat=True).first()
    if found is None:
        return
    case = moves.lock(found)
    action = Action.objects.select_related("kind", "target").get(pk=action_id)
    open_calls = Delivery.objects.filter(action=action, status__in=[*_WAITING, *UNSURE])
    if is_sent(action) and action.system_status == SystemStatus.ACCEPTED and not open_calls.exists():
        _ask_state(case, action, at, actor)


@transaction.atomic(durable=True)
def send_again(*, action_id: int, at: datetime, actor: Actor) -> Action:
    """Send an order again with the same key, once the system has said that it does not know it."""
    case, action = _lock(action_id, actor, Permission.SETTLE_DELIVERY)
    if action.system_status != SystemStatus.UNKNOWN or action.target is None:
        raise errors.Invalid(gettext("Ask the system first: only what it does not know is sent again."))
    _refuse_under_way(action)
    Action.objects.filter(pk=action.pk).update(system_status="", cancel_asked_at=None)
    unsure = Delivery.objects.filter(action=action, ask=Ask.DO, status=DeliveryStatus.UNKNOWN).order_by("-pk").first()
    if unsure is not None:
        _queue_again(unsure, case, at, actor)
    else:
        row = moves.ask_system(case, action, action.target, Ask.DO, order=moves.order_of(action), at=at)
        row.case = case
        moves.record_delivery(row, EventKind.DELIVERY_QUEUED, actor, at=at)
    moves.close_calls(case, action, but_queued=True, at=at, actor=actor)
    return action


@transaction.atomic(durable=True)
def settle_done(
    *,
    action_id: int,
    words: str,
    reference: str,
    amount: Decimal | None = None,
    done_on: date | None = None,
    at: datetime,
    actor: Actor,
) -> Action:
    """A person knows that the system did it, and how that is proven; their name stands for it."""
    case, action = _lock(action_id, actor, Permission.SETTLE_DELIVERY)
    _refuse_under_way(action)
    words, reference = texts.clean(words).strip(), " ".join(texts.clean(reference).split())[:120]
    paid = amount if amount is not None else action.amount
    demand = Proof(action.kind.proof)
    if not words or not reference or (demand == Proof.FILE and not action.attachments.exists()):
        raise errors.ProofMissing(demand=demand.label if demand == Proof.FILE else Proof.REFERENCE.label)
    if demand == Proof.DATE and done_on is None:
        raise errors.ProofMissing(demand=demand.label)
    moves.check_done_on(case, done_on, at=at)
    if paid is not None and (action.amount is None or not 0 < paid <= action.amount):
        raise errors.Invalid(
            gettext("That is not what was decided; at most the decided amount can be proven."), "amount"
        )
    person_id = moves.person_of(actor)
    done = {"proof_outcome": words, "proof_reference": reference, "proof_amount": paid, "proof_on": done_on}
    moves.move_action(action, ActionStatus.DONE, done_at=at, done_by_id=person_id, **done)
    moves.close_calls(case, action, at=at, actor=actor)
    moves.record_case(
        case,
        EventKind.ACTION_COMPLETED,
        actor,
        at=at,
        action=action.pk,
        kind=action.kind_id,
        target=action.target_id,
        amount=str(paid) if paid is not None else None,
        currency=action.currency,
        on=done_on.isoformat() if done_on else None,
        files=0,
    )
    moves.keep_promise(case, action, at=at, actor=actor)
    return action


@transaction.atomic(durable=True)
def settle_not_done(*, action_id: int, words: str, at: datetime, actor: Actor) -> Action:
    """A person knows that the system did not do it; ordered again, it keeps its key, in case they are wrong."""
    case, action = _lock(action_id, actor, Permission.SETTLE_DELIVERY)
    _refuse_under_way(action)
    if not words.strip():
        raise errors.Invalid(gettext("Say how you know that it did not happen."), "words")
    moves.move_action(action, ActionStatus.FAILED, failure=texts.clean(words).strip(), system_status="")
    moves.close_calls(case, action, at=at, actor=actor)
    moves.record_case(case, EventKind.ACTION_FAILED, actor, at=at, action=action.pk, target=action.target_id)
    return action


def _ask_state(case: Case, action: Action, at: datetime, actor: Actor) -> None:
    asked = Delivery.objects.filter(action=action, ask=Ask.STATE)
    if asked.filter(status__in=_WAITING).exists():
        return
    unanswered = asked.filter(status=DeliveryStatus.UNKNOWN).first()
    if unanswered is not None:
        _queue_again(unanswered, case, at, actor)
    elif action.target is not None:
        row = moves.ask_system(case, action, action.target, Ask.STATE, order=moves.order_of(action), at=at)
        row.case = case
        moves.record_delivery(row, EventKind.DELIVERY_QUEUED, actor, at=at)


def _queue_again(row: Delivery, case: Case, at: datetime, actor: Actor) -> None:
    row.case = case
    Delivery.objects.filter(pk=row.pk).update(status=DeliveryStatus.QUEUED, due_at=at, attempts=0)
    moves.record_delivery(row, EventKind.DELIVERY_SETTLED, actor, at=at, choice="again", was=row.status)
    queue.after_commit(Job.SEND_DELIVERY, delivery_id=row.pk)


def _lock(action_id: int, actor: Actor, *permissions: Permission) -> tuple[Case, Action]:
    found = Action.objects.filter(pk=action_id).values_list("case_id", flat=True).first()
    if found is None:
        raise errors.NotFound
    case = moves.lock(found)
    _require_any(actor, case, permissions)
    action = Action.objects.select_related("kind", "target").get(pk=action_id)
    if not is_sent(action):
        raise errors.IllegalActionMove(status=ActionStatus(action.status).label)
    return case, action


def _require_any(actor: Actor, case: Case, permissions: tuple[Permission, ...]) -> None:
    """Refuse unless the actor has one of these permissions."""
    for permission in permissions[:-1]:
        try:
            moves.require(actor, permission, case)
        except errors.NotAllowed:
            continue
        return
    moves.require(actor, permissions[-1], case)


def _refuse_under_way(action: Action) -> None:
    if Delivery.objects.filter(action=action, status=DeliveryStatus.SENDING).exists():
        raise errors.ChangedMeanwhile
