"""Deciding an action by one's own authority, or asking the nearest person whose authority suffices."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.utils.translation import gettext

from cases import errors
from cases.commands.moves.base import person_of, record_case
from cases.commands.moves.dialogue import notify
from cases.commands.moves.promising import promise
from cases.commands.moves.telling import tell_approver
from cases.models import Action, Approval, Asked, Authorisation, Case
from cases.queries import authority
from cases.rules import transitions
from cases.vocabulary import (
    USED_UP,
    ActionStatus,
    Actor,
    ApprovalStatus,
    AuthorityHours,
    EventKind,
    Gap,
    Passed,
    Reply,
)


def move_action(action: Action, status: ActionStatus, **fields: object) -> None:
    """Move an action of a locked case; raises IllegalActionMove where the table does not allow it."""
    old = ActionStatus(action.status)
    if not transitions.action_may(old, status):
        raise errors.IllegalActionMove(status=old.label)
    for name, value in {"status": status, **fields}.items():
        setattr(action, name, value)
    Action.objects.filter(pk=action.pk).update(status=status, **fields)


def try_authorise(case: Case, action: Action, *, at: datetime, actor: Actor) -> Gap | None:
    """Decide the action by the actor's own authority; None when it is decided now, else why they may not."""
    if authority.is_authorised(action):
        return None
    if actor.person_id is None:
        return Gap.NO_GRANT
    if authority.needs_two(action, case, at):
        return Gap.SECOND_PERSON
    power = authority.may_decide(
        actor.person_id, case, kind_id=action.kind_id, amount=action.amount, currency=action.currency, at=at
    )
    if isinstance(power, Gap):
        return power
    return authorise(case, action, power, approval=None, at=at, actor=actor)


def authorise(
    case: Case, action: Action, power: authority.Power, *, approval: Approval | None, at: datetime, actor: Actor
) -> Gap | None:
    """Write down that this person decided the action by this grant; a limit that was used up just now is the answer."""
    row = Authorisation(
        brand_id=case.brand_id,
        case=case,
        complainant_id=case.complainant_id,
        action=action,
        approval=approval,
        grant_id=power.grant_id,
        person_id=power.person_id,
        holder_id=power.holder_id,
        kind_id=action.kind_id,
        amount=action.amount,
        currency=action.currency,
        wording=action.wording,
        at=at,
    )
    try:
        with transaction.atomic():
            row.save()
    except DatabaseError as error:
        # Two decisions raced for what was left, and the other one won.
        if getattr(getattr(error.__cause__, "diag", None), "message_hint", "") != errors.BudgetExhausted.code:
            raise
        return Gap.BUDGET
    record_case(
        case,
        EventKind.ACTION_AUTHORISED,
        actor,
        at=at,
        action=action.pk,
        grant=power.grant_id,
        holder=power.holder_id,
        approval=approval.pk if approval else None,
        amount=str(action.amount) if action.amount is not None else None,
        currency=action.currency,
    )
    promise(case, action, at=at, actor=actor)
    return None


def settle_authority(case: Case, action: Action, reason: str, *, at: datetime, actor: Actor) -> Approval | None:
    """Decide the action by the actor's own authority, else ask for it at once; None when it is decided."""
    gap = try_authorise(case, action, at=at, actor=actor)
    return None if gap is None else request_approval(case, action, reason, gap, at=at, actor=actor)


def require_authority(case: Case, action: Action, *, at: datetime, actor: Actor) -> None:
    """Decide the action by the actor's own authority, or refuse: NoRate, BudgetExhausted, AboveAuthority."""
    gap = try_authorise(case, action, at=at, actor=actor)
    if gap is not None:
        raise refusal_of(gap, case, action)


def refusal_of(gap: Gap, case: Case, action: Action) -> errors.Refused:
    """What to tell somebody whose authority does not suffice."""
    if gap == Gap.NO_RATE:
        return errors.NoRate(currency=action.currency, into=case.brand.currency)
    if gap == Gap.NO_AMOUNT:
        return errors.Invalid(gettext("Say the amount first; nobody can decide it without."), "amount")
    if gap in USED_UP:
        return errors.BudgetExhausted(why=why(gap))
    return errors.AboveAuthority(why=why(gap))


def why(gap: Gap) -> str:
    """The reason as half a sentence, in the reader's language."""
    return {
        Gap.NOT_IN_FORCE: gettext("the authority for it has ended or not begun"),
        Gap.NOT_HELD: gettext("the authority for it is not yours"),
        Gap.KIND: gettext("you have no authority for this kind of action"),
        Gap.CATEGORY: gettext("your authority is for another category"),
        Gap.NO_AMOUNT: gettext("the amount is missing"),
        Gap.NO_RATE: gettext("there is no rate for this currency"),
        Gap.PER_ACTION: gettext("the amount is above your limit"),
        Gap.PER_COMPLAINANT: gettext("this complainant has had what you may give in that time"),
        Gap.BUDGET: gettext("the budget is used up"),
        Gap.SECOND_PERSON: gettext("two people have to approve an amount like this"),
        Gap.ABOUT_THEM: gettext("the complaint is about you"),
        Gap.NO_GRANT: gettext("you have no authority for this kind of action"),
    }[gap]


def request_approval(
    case: Case,
    action: Action,
    reason: str,
    gap: Gap,
    *,
    on_behalf_of: int | None = None,
    at: datetime,
    actor: Actor,
) -> Approval:
    """Ask the nearest person whose authority suffices for this very action; raises NobodyMayDecide, NoRate, Invalid.

    A rule asks on behalf of whoever owns the case, who then cannot be the one to approve it.
    """
    if gap in {Gap.NO_RATE, Gap.NO_AMOUNT}:
        raise refusal_of(gap, case, action)
    requester_id = on_behalf_of or person_of(actor)
    needed = 2 if authority.needs_two(action, case, at) else 1
    move_action(action, ActionStatus.AWAITING_APPROVAL)
    approval = Approval.objects.create(
        brand_id=case.brand_id,
        case=case,
        action=action,
        kind_id=action.kind_id,
        amount=action.amount,
        currency=action.currency,
        wording=action.wording,
        reason=reason,
        needed=needed,
        requested_by_id=requester_id,
        requested_at=at,
    )
    record_case(
        case,
        EventKind.APPROVAL_REQUESTED,
        actor,
        at=at,
        approval=approval.pk,
        action=action.pk,
        gap=gap,
        needed=needed,
        amount=str(action.amount) if action.amount is not None else None,
        currency=action.currency,
    )
    first = ask_next(case, action, approval, leave_out=[], at=at, actor=actor)
    if first is None or (needed == 2 and _next(case, action, approval, leave_out=[first.person_id], at=at) is None):
        if action.amount is not None and authority.worth(action, case, at) is None:
            raise refusal_of(Gap.NO_RATE, case, action)
        raise errors.NobodyMayDecide(kinds=_name(case, action))
    return approval


def ask_next(
    case: Case, action: Action, approval: Approval, *, leave_out: Collection[int], at: datetime, actor: Actor
) -> Asked | None:
    """Ask the nearest person who can and is not left out, by page and by mail; None when there is nobody."""
    found = _next(case, action, approval, leave_out=leave_out, at=at)
    if found is None:
        return None
    person_id, holder_id, grant_id = found
    asked = Asked.objects.create(
        approval=approval,
        person_id=person_id,
        holder_id=holder_id,
        grant_id=grant_id,
        asked_at=at,
        answer_by=at + timedelta(hours=AuthorityHours.ANSWER),
    )
    notify([person_id], "approval", by_id=actor.person_id, case=case, at=at)
    tell_approver(case, approval, asked, at=at)
    return asked


def _next(
    case: Case, action: Action, approval: Approval, *, leave_out: Collection[int], at: datetime
) -> tuple[int, int, int] | None:
    return authority.route(
        case,
        kind_id=action.kind_id,
        amount=action.amount,
        currency=action.currency,
        # Nobody approves what they asked for, and nobody consents twice.
        leave_out={approval.requested_by_id, *leave_out, *consenting(approval)},
        at=at,
    )


def pass_request(
    case: Case, action: Action, approval: Approval, now: Asked | None, *, why: Passed, at: datetime, actor: Actor
) -> None:
    """Ask the next who can in place of whoever is asked now; where there is no other, whoever can still is asked again.

    Passed on by hand it needs somebody else (Invalid); where nobody can, whoever asked is told once.
    """
    earlier = set(approval.asked.exclude(reply=Reply.APPROVED).values_list("person_id", flat=True))
    is_able = why == Passed.TOO_LATE and now is not None and _is_able(case, action, now.person_id, at)
    if now is not None:
        Asked.objects.filter(pk=now.pk).update(passed=why, passed_at=at)
    following = ask_next(case, action, approval, leave_out=earlier, at=at, actor=actor)
    if following is None:
        # Round again: whoever was too slow the first time may have the time now.
        again = [] if is_able or now is None else [now.person_id]
        following = ask_next(case, action, approval, leave_out=again, at=at, actor=actor)
    if following is None and why == Passed.BY_HAND:
        raise errors.Invalid(gettext("Nobody else can decide this now. Approve it, refuse it, or change it."))
    if following is None and now is None:
        return
    if following is None:
        tell_nobody_can(case, approval, at)
    record_case(
        case,
        EventKind.APPROVAL_PASSED_ON,
        actor,
        at=at,
        approval=approval.pk,
        action=action.pk,
        why=why,
        before=now.person_id if now else None,
        after=following.person_id if following else None,
    )
    if now is not None and following is not None and now.person_id != following.person_id:
        notify([now.person_id], "approval_passed", by_id=actor.person_id, case=case, at=at)


def _is_able(case: Case, action: Action, person_id: int, at: datetime) -> bool:
    power = authority.may_decide(
        person_id, case, kind_id=action.kind_id, amount=action.amount, currency=action.currency, at=at
    )
    return not isinstance(power, Gap)


def tell_nobody_can(case: Case, approval: Approval, at: datetime) -> None:
    """Whoever asked, and whoever owns the case, learn that nobody can answer now."""
    people = [approval.requested_by_id, *([case.owner_id] if case.owner_id else [])]
    notify(people, "approval_stuck", by_id=None, case=case, at=at)


def consenting(approval: Approval) -> list[int]:
    """Who has approved it already, where two have to."""
    return list(approval.asked.filter(reply=Reply.APPROVED).values_list("person_id", flat=True))


def end_request(
    approval: Approval, status: ApprovalStatus, *, words: str | None = None, by_id: int | None = None, at: datetime
) -> None:
    """Close a request that waits."""
    Approval.objects.filter(pk=approval.pk).update(
        status=status, decided_by_id=by_id, decided_at=at if by_id else None, words=words
    )
    approval.status = status


def void_requests(case: Case, *, at: datetime, actor: Actor) -> None:
    """What was asked for a case that ends no longer stands."""
    for approval in Approval.objects.filter(case=case, status=ApprovalStatus.WAITING).select_related("action"):
        end_request(approval, ApprovalStatus.VOID, at=at)
        move_action(approval.action, ActionStatus.PROPOSED)
        record_case(case, EventKind.APPROVAL_VOIDED, actor, at=at, approval=approval.pk, action=approval.action_id)


def _name(case: Case, action: Action) -> str:
    name = authority.text_of(action.kind.label, default=case.brand.language)
    return f"{name} {authority.said_amount(action.amount, action.currency)}".strip()
