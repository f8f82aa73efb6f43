"""Approvals: asked for, given, refused, changed and returned, taken back, and passed on to the next who can."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext

from cases import errors
from cases.commands import moves
from cases.models import Action, Approval, Asked, Case
from cases.queries import authority
from cases.rules import money
from cases.rules import text as texts
from cases.vocabulary import (
    UNHANDLED,
    USED_UP,
    ActionStatus,
    Actor,
    ApprovalStatus,
    AuthorityHours,
    EventKind,
    Gap,
    Passed,
    Permission,
    Reply,
    Status,
)


@transaction.atomic(durable=True)
def request(*, action_id: int, reason: str, at: datetime, actor: Actor) -> Action:
    """Decide an action oneself where one's authority suffices, else ask the nearest person whose does.

    The action is then decided, or awaits approval. Raises NobodyMayDecide, NoRate.
    """
    case, action = _lock_action(action_id, actor)
    if action.status == ActionStatus.AWAITING_APPROVAL:
        return action
    if action.status == ActionStatus.REFUSED:
        moves.move_action(action, ActionStatus.PROPOSED)
        moves.record_case(case, EventKind.ACTION_PROPOSED_AGAIN, actor, at=at, action=action.pk)
    if action.status != ActionStatus.PROPOSED:
        raise errors.IllegalActionMove(status=ActionStatus(action.status).label)
    moves.settle_authority(case, action, texts.clean(reason).strip(), at=at, actor=actor)
    return action


@transaction.atomic(durable=True)
def approve(*, approval_id: int, words: str = "", secret: str = "", at: datetime, actor: Actor) -> Approval:
    """Say yes to exactly what was asked; where two have to, the first yes asks the second person.

    Raises SelfApproval, ApprovalVoid, AboveAuthority, BudgetExhausted.
    """
    case, action, approval = _lock(approval_id, actor)
    _require_open(case)
    power = _power(case, action, approval, at, actor)
    _reply(case, approval, Reply.APPROVED, power, secret, at)
    if len(moves.consenting(approval)) < approval.needed:
        moves.record_case(case, EventKind.APPROVAL_CONSENTED, actor, at=at, approval=approval.pk, action=action.pk)
        if moves.ask_next(case, action, approval, leave_out=[], at=at, actor=actor) is None:
            moves.tell_nobody_can(case, approval, at)
        return approval
    moves.end_request(approval, ApprovalStatus.GRANTED, words=_kept(words), by_id=power.person_id, at=at)
    gap = moves.authorise(case, action, power, approval=approval, at=at, actor=actor)
    if gap is not None:
        raise moves.refusal_of(gap, case, action)
    moves.move_action(action, ActionStatus.APPROVED)
    _record(EventKind.APPROVAL_GRANTED, case, approval, at, actor)
    return approval


@transaction.atomic(durable=True)
def refuse(*, approval_id: int, reason: str, secret: str = "", at: datetime, actor: Actor) -> Approval:
    """Say no, with the reason; the action may be proposed again another way."""
    case, action, approval = _lock(approval_id, actor)
    reason = _said(reason, gettext("Say why you refuse. Whoever asked has to explain it to the complainant."))
    power = _power(case, action, approval, at, actor, is_to_spend=False)
    _reply(case, approval, Reply.REFUSED, power, secret, at)
    moves.end_request(approval, ApprovalStatus.REFUSED, words=reason, by_id=power.person_id, at=at)
    moves.move_action(action, ActionStatus.REFUSED)
    _record(EventKind.APPROVAL_REFUSED, case, approval, at, actor)
    return approval


@transaction.atomic(durable=True)
def give_back(
    *,
    approval_id: int,
    reason: str,
    amount: Decimal | None = None,
    wording: str | None = None,
    secret: str = "",
    at: datetime,
    actor: Actor,
) -> Approval:
    """Change what was asked and return it: the action is proposed again with these values, for its owner to decide."""
    case, action, approval = _lock(approval_id, actor)
    reason = _said(reason, gettext("Say what should be different."))
    power = _power(case, action, approval, at, actor, is_to_spend=False)
    if amount is not None:
        if not action.kind.has_amount:
            raise errors.Invalid(gettext("An action of this kind has no amount."), "amount")
        try:
            amount = money.valid_amount(amount, action.currency)
        except money.AmountError as error:
            raise errors.Invalid(error.message, "amount") from error
    _reply(case, approval, Reply.RETURNED, power, secret, at)
    moves.end_request(approval, ApprovalStatus.RETURNED, words=reason, by_id=power.person_id, at=at)
    moves.move_action(
        action,
        ActionStatus.PROPOSED,
        amount=action.amount if amount is None else amount,
        wording=action.wording if wording is None else texts.clean(wording).strip()[:300],
    )
    _record(EventKind.APPROVAL_RETURNED, case, approval, at, actor, amount=str(amount) if amount is not None else None)
    return approval


@transaction.atomic(durable=True)
def withdraw(*, approval_id: int, at: datetime, actor: Actor) -> Approval:
    """Take the request back: whoever asked, or whoever owns the case."""
    case, action, approval = _lock(approval_id, actor)
    if actor.person_id not in {approval.requested_by_id, case.owner_id}:
        raise errors.NotAllowed
    moves.end_request(approval, ApprovalStatus.WITHDRAWN, at=at)
    moves.move_action(action, ActionStatus.PROPOSED)
    moves.record_case(case, EventKind.APPROVAL_WITHDRAWN, actor, at=at, approval=approval.pk, action=action.pk)
    return approval


@transaction.atomic(durable=True)
def pass_on(*, approval_id: int, why: Passed, at: datetime, actor: Actor) -> Approval:
    """Move a request to the next who can, and tell both; where there is no other, whoever can still is asked again.

    A person may pass on by hand what they were asked, to somebody else; the clock passes on what nobody answered. Where
    nobody can, whoever asked is told once, and asked is whoever can later.
    """
    case, action, approval = _lock(approval_id, actor)
    now = approval.asked.filter(reply="", passed="").select_related("person").first()
    if actor.person_id is not None and (now is None or now.person_id != actor.person_id):
        raise errors.NotAllowed
    moves.pass_request(case, action, approval, now, why=why, at=at, actor=actor)
    return approval


def _lock_action(action_id: int, actor: Actor) -> tuple[Case, Action]:
    case_id = Action.objects.filter(pk=action_id).values_list("case_id", flat=True).first()
    if case_id is None:
        raise errors.NotFound
    case = moves.lock(case_id)
    moves.require(actor, Permission.ACT, case)
    _require_open(case)
    return case, Action.objects.select_related("kind").get(pk=action_id)


def _lock(approval_id: int, actor: Actor) -> tuple[Case, Action, Approval]:
    case_id = Approval.objects.filter(pk=approval_id).values_list("case_id", flat=True).first()
    if case_id is None:
        raise errors.NotFound
    case = moves.lock(case_id)
    moves.require(actor, Permission.ACT, case)
    approval = (
        Approval.objects.select_for_update(no_key=True, of=("self",)).select_related("requested_by").get(pk=approval_id)
    )
    if approval.status != ApprovalStatus.WAITING:
        raise errors.ApprovalVoid
    return case, Action.objects.select_related("kind").get(pk=approval.action_id), approval


def _power(
    case: Case, action: Action, approval: Approval, at: datetime, actor: Actor, *, is_to_spend: bool = True
) -> authority.Power:
    """By which grant the actor answers; to say no it does not matter what is left of it."""
    person_id = moves.person_of(actor)
    if person_id == approval.requested_by_id:
        raise errors.SelfApproval
    if person_id in moves.consenting(approval):
        raise errors.SelfApproval
    found = authority.may_decide(
        person_id, case, kind_id=action.kind_id, amount=action.amount, currency=action.currency, at=at
    )
    if isinstance(found, Gap):
        asked = approval.asked.filter(person_id=person_id, reply="", passed="").first()
        if is_to_spend or found not in USED_UP or asked is None:
            raise moves.refusal_of(found, case, action)
        return authority.Power(person_id, asked.holder_id, asked.grant_id, Decimal(0), None, "", found)
    return found


def _reply(case: Case, approval: Approval, reply: Reply, power: authority.Power, secret: str, at: datetime) -> None:
    """Note who answered: whoever was asked, or somebody else with the authority who took it on."""
    now = approval.asked.filter(reply="", passed="").first()
    if secret:
        _require_link(now, power.person_id, secret, at)
    if now is not None and now.person_id == power.person_id:
        used = {"link_used_at": at} if secret else {}
        Asked.objects.filter(pk=now.pk).update(reply=reply, replied_at=at, **used)
        return
    if now is not None:
        Asked.objects.filter(pk=now.pk).update(passed=Passed.BY_HAND, passed_at=at)
        moves.notify([now.person_id], "approval_passed", by_id=power.person_id, case=case, at=at)
    Asked.objects.create(
        approval=approval,
        person_id=power.person_id,
        holder_id=power.holder_id,
        grant_id=power.grant_id,
        asked_at=at,
        answer_by=at + timedelta(hours=AuthorityHours.ANSWER),
        reply=reply,
        replied_at=at,
    )


def _require_link(now: Asked | None, person_id: int, secret: str, at: datetime) -> None:
    """A link answers for the one person it was sent to, once, while they are asked and for some days."""
    is_theirs = now is not None and now.person_id == person_id and now.digest is not None
    if not is_theirs or now is None or bytes(now.digest or b"") != moves.digest_of(secret):
        raise errors.ApprovalVoid
    if at >= now.asked_at + timedelta(hours=AuthorityHours.MAIL_LINK):
        raise errors.ApprovalVoid


def _require_open(case: Case) -> None:
    """What is over gives nothing any more; raises Frozen, IllegalMove."""
    if case.status == Status.HANDLED:
        raise errors.Frozen
    if case.status not in UNHANDLED:
        raise errors.IllegalMove(status=Status(case.status).label)


def _record(kind: EventKind, case: Case, approval: Approval, at: datetime, actor: Actor, **payload: object) -> None:
    moves.record_case(case, kind, actor, at=at, approval=approval.pk, action=approval.action_id, **payload)
    people = [approval.requested_by_id, *([case.owner_id] if case.owner_id else [])]
    moves.notify(people, kind.value, by_id=actor.person_id, case=case, at=at)


def _said(reason: str, demand: str) -> str:
    kept = texts.clean(reason).strip()
    if not kept:
        raise errors.Invalid(demand, "reason")
    return kept


def _kept(words: str) -> str | None:
    return texts.clean(words).strip() or None
