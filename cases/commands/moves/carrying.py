"""Sending an action to a connected system, and what its answers mean, whichever way they come."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

from django.conf import settings
from django.db.models import QuerySet
from django.utils import translation
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext, gettext_lazy

from cases import errors, queue
from cases.commands.moves.base import record_case
from cases.commands.moves.deciding import move_action
from cases.commands.moves.delivering import record_delivery
from cases.commands.moves.dialogue import notify
from cases.commands.moves.promising import keep_promise
from cases.models import Action, Case, Delivery, Target
from cases.queries.target import is_sent
from cases.rules import request
from cases.vocabulary import (
    ActionStatus,
    Actor,
    Ask,
    DeliveryKind,
    DeliveryStatus,
    EventKind,
    Job,
    Proof,
    SystemStatus,
)

DONE_THERE = gettext_lazy("%(target)s says it is done.")
FAILED_THERE = gettext_lazy("%(target)s could not do it: %(reason)s")
CANCELLED_THERE = gettext_lazy("%(target)s has cancelled it as asked.")
NEVER_SENT = gettext_lazy("Cancelled before it was sent to %(target)s.")
# Said by the system itself, for good: another attempt is another order.
ENDED_THERE = frozenset({SystemStatus.FAILED, SystemStatus.CANCELLED})


class Heard(StrEnum):
    """What became of something that a connected system said."""

    MOVED = "moved"
    NOTHING_NEW = "nothing_new"
    NOT_KNOWN_THERE = "not_known_there"
    UNCLEAR = "unclear"
    UNEXPECTED = "unexpected"


def send_out(case: Case, action: Action, *, at: datetime, actor: Actor) -> Delivery:
    """Send a decided action of a locked case to the system that its kind names; it is in progress from now on.

    Sent again after it may have happened, it is the same order, which the system books once; after the system ended
    the order itself, it is another one. Raises Invalid while the system is switched off.
    """
    target = action.kind.target
    if target is None or target.brand_id != case.brand_id or not target.is_active:
        raise errors.Invalid(gettext("The system that carries this out is switched off. Do it by hand."))
    order = _next_order(action)
    move_action(
        action,
        ActionStatus.IN_PROGRESS,
        target_id=target.pk,
        sent_at=at,
        system_status="",
        cancel_asked_at=None,
        owner_id=action.owner_id or actor.person_id,
    )
    delivery = ask_system(case, action, target, Ask.DO, order=order, at=at)
    record_case(
        case,
        EventKind.ACTION_SENT,
        actor,
        at=at,
        action=action.pk,
        target=target.pk,
        delivery=delivery.pk,
        amount=str(action.amount) if action.amount is not None else None,
        currency=action.currency,
    )
    return delivery


def ask_system(case: Case, action: Action, target: Target, ask: Ask, *, order: str, at: datetime) -> Delivery:
    """Write a request to a connected system down inside the caller's transaction, and nudge a worker after it."""
    delivery = Delivery.objects.create(
        kind=DeliveryKind.CALL,
        purpose=f"call_{ask.value}",
        brand_id=case.brand_id,
        case=case,
        action=action,
        target=target,
        ask=ask,
        recipient=target.url,
        subject=order,
        body=request.body(target.mapping, _facts(case, action, target, order)) if ask == Ask.DO else "",
        due_at=at,
        created_at=at,
    )
    queue.after_commit(Job.SEND_DELIVERY, delivery_id=delivery.pk)
    return delivery


def order_of(action: Action) -> str:
    """What the action was last sent as; its own id when it never was."""
    last = _orders(action).order_by("-pk").first()
    return (last.subject if last else "") or str(action.public_id)


def hear_system(case: Case, action: Action, answer: request.Answer, *, order: str, at: datetime, actor: Actor) -> Heard:
    """Let what a connected system says of an order move the action of a locked case; what does not fit moves nothing.

    The action has to come with its kind and its target.
    """
    if not is_sent(action) or order != order_of(action):
        return _late(action, answer, is_same=order == order_of(action))
    status = answer.status
    if status in {SystemStatus.ACCEPTED, SystemStatus.UNKNOWN} or _is_unclear(action, answer):
        Action.objects.filter(pk=action.pk).update(system_status=status)
        action.system_status = status
        if status == SystemStatus.ACCEPTED:
            close_calls(case, action, but_queued=True, at=at, actor=actor)
            return Heard.MOVED
        return Heard.NOT_KNOWN_THERE if status == SystemStatus.UNKNOWN else Heard.UNCLEAR
    if status == SystemStatus.DONE:
        _done(case, action, answer, at, actor)
    else:
        words = CANCELLED_THERE if status == SystemStatus.CANCELLED else FAILED_THERE
        fail_sent(case, action, words, reason=answer.reason, status=status, at=at, actor=actor)
    return Heard.MOVED


def fail_sent(
    case: Case, action: Action, words: LazyText, *, reason: str = "", status: str, at: datetime, actor: Actor
) -> None:
    """It was not done in the connected system, or not any more: failed, with the words that say why."""
    move_action(action, ActionStatus.FAILED, failure=_said(case, action, words, reason), system_status=status)
    close_calls(case, action, at=at, actor=actor)
    record_case(case, EventKind.ACTION_FAILED, actor, at=at, action=action.pk, target=action.target_id)
    if case.owner_id is not None:
        notify([case.owner_id], "carried_out", by_id=actor.person_id, case=case, at=at)


def _said(case: Case, action: Action, words: LazyText, reason: str = "") -> str:
    """A sentence about the system, in the brand's language: it is kept."""
    name = action.target.name if action.target else ""
    with translation.override(case.brand.language):
        return str(words) % {"target": name, "reason": reason or gettext("no reason given")}


def close_calls(case: Case, action: Action, *, but_queued: bool = False, at: datetime, actor: Actor) -> None:
    """Requests of this action that nobody has to wait for any more: answered by another way, or not needed."""
    calls = Delivery.objects.filter(action=action, kind=DeliveryKind.CALL)
    for row in calls.filter(status=DeliveryStatus.UNKNOWN).order_by("pk"):
        row.case = case
        Delivery.objects.filter(pk=row.pk).update(status=DeliveryStatus.SENT, sent_at=at, error="")
        record_delivery(row, EventKind.DELIVERY_SETTLED, actor, at=at, choice="answered", was=row.status)
    if not but_queued:
        calls.filter(status=DeliveryStatus.QUEUED).update(status=DeliveryStatus.CANCELLED)


def _orders(action: Action) -> QuerySet[Delivery]:
    return Delivery.objects.filter(action=action, ask=Ask.DO)


def _next_order(action: Action) -> str:
    if not _orders(action).exists():
        return str(action.public_id)
    if action.system_status not in ENDED_THERE:
        return order_of(action)
    known = _orders(action).values("subject").distinct().count()
    return f"{action.public_id}-{known + 1}"


def _facts(case: Case, action: Action, target: Target, order: str) -> dict[str, str | None]:
    person = case.complainant
    return {
        "order": order,
        "kind": action.kind.code,
        "amount": request.amount_text(action.amount, action.currency),
        "currency": action.currency or None,
        "reference": case.reference,
        "case": str(case.public_id),
        "brand": case.brand.slug,
        "wording": action.wording or None,
        "due": action.due_at.astimezone(UTC).isoformat() if action.due_at else None,
        "callback": f"{settings.SITE_URL}/api/v1/callbacks/{target.public_id}/",
        "name": person.name or None,
        "mail": person.email or None,
    }


def _is_unclear(action: Action, answer: request.Answer) -> bool:
    """Done, it says, but not so that it can be believed: more than was decided, or without the proof its kind needs."""
    if answer.status != SystemStatus.DONE:
        return False
    paid = answer.amount if answer.amount is not None else action.amount
    is_too_much = paid is not None and (action.amount is None or paid > action.amount)
    demand = Proof(action.kind.proof)
    return (
        is_too_much
        or (demand == Proof.AMOUNT and paid is None)
        or (demand == Proof.FILE and not action.attachments.exists())
        # The day its answer came is not the day it took place.
        or demand == Proof.DATE
    )


def _done(case: Case, action: Action, answer: request.Answer, at: datetime, actor: Actor) -> None:
    paid = answer.amount if answer.amount is not None else action.amount
    move_action(
        action,
        ActionStatus.DONE,
        proof_outcome=_said(case, action, DONE_THERE),
        proof_reference=answer.reference,
        proof_amount=paid,
        done_at=at,
        done_by_id=None,
        system_status=SystemStatus.DONE,
    )
    close_calls(case, action, at=at, actor=actor)
    record_case(
        case,
        EventKind.ACTION_COMPLETED,
        actor,
        at=at,
        action=action.pk,
        kind=action.kind_id,
        target=action.target_id,
        amount=str(paid) if paid is not None else None,
        currency=action.currency,
        files=0,
    )
    keep_promise(case, action, at=at, actor=actor)


def _late(action: Action, answer: request.Answer, *, is_same: bool) -> Heard:
    """Said of what has ended already, or of an earlier order: a repetition, or something a person has to look at."""
    if answer.status == SystemStatus.ACCEPTED:
        return Heard.NOTHING_NEW
    if answer.status == SystemStatus.DONE:
        is_repeated = is_same and action.status == ActionStatus.DONE and action.proof_reference == answer.reference
        return Heard.NOTHING_NEW if is_repeated else Heard.UNEXPECTED
    is_fine = not is_same or action.status != ActionStatus.DONE
    return Heard.NOTHING_NEW if is_fine else Heard.UNEXPECTED
