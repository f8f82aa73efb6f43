"""What the steps of a rule do to a locked case: each only what a person could do as well, by the same moves."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings

from cases import errors, queue
from cases.commands.moves.calling import call
from cases.commands.moves.deciding import request_approval
from cases.commands.moves.owning import give, put_class
from cases.commands.moves.planning import plan, refuse_frozen
from cases.commands.moves.tagging import put_tag
from cases.models import Action, Case, Delivery, Escalation, EscalationStep, Kind, Tag, Target
from cases.queries import authority, whom
from cases.rules import money
from cases.rules.escalation import Step
from cases.rules.money import AmountError
from cases.vocabulary import (
    ActionStatus,
    Actor,
    DeliveryKind,
    Gap,
    Job,
    Reason,
    Severity,
    StepKind,
    StepStatus,
)


@dataclass(frozen=True, slots=True)
class Rung:
    """A step that is about to be taken: of which escalation, in which locked case, by which rule, when."""

    case: Case
    escalation: Escalation
    row: EscalationStep
    step: Step
    at: datetime

    @property
    def actor(self) -> Actor:
        """The rule, acting."""
        return Actor.rule(self.escalation.rule_id)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a step; ``did`` holds the ids of what it did."""

    status: StepStatus
    reason: Reason | None = None
    did: dict[str, Any] = field(default_factory=dict)


NOTHING = Outcome(StepStatus.SKIPPED, Reason.NOTHING)
NOBODY = Outcome(StepStatus.FAILED, Reason.NOBODY)
GONE = Outcome(StepStatus.FAILED, Reason.GONE)


def _done(**did: object) -> Outcome:
    return Outcome(StepStatus.DONE, None, did)


def act(rung: Rung) -> Outcome:
    """Do what the step says; raises Refused where the case does not allow it."""
    return _ACTS[rung.step.kind](rung)


def _tell(rung: Rung) -> Outcome:
    found = whom.meant(rung.step, rung.case, rung.at)
    if found.is_gone:
        return GONE
    if not found.people:
        return NOBODY
    call(rung.case, rung.row, rung.step, found.people, at=rung.at)
    return _done(people=[one.person_id for one in found.people])


def _assign(rung: Rung) -> Outcome:
    found = whom.meant(rung.step, rung.case, rung.at)
    if found.is_gone:
        return GONE
    if not found.people:
        return NOBODY
    return _hand(rung, found.people[0].person_id)


def _hand(rung: Rung, person_id: int, **did: object) -> Outcome:
    """Give the case to somebody and call them about it."""
    if rung.case.owner_id == person_id:
        return NOTHING
    before = rung.case.owner_id
    give(rung.case, person_id, at=rung.at, actor=rung.actor)
    one = whom.candidates(rung.case, [person_id], rung.at)[person_id]
    call(rung.case, rung.row, rung.step, [one], at=rung.at)
    return _done(owner=person_id, before=before, **did)


def _authority(rung: Rung) -> Outcome:
    """Hand the case to whoever can decide what its owner cannot: the largest of the actions nobody has decided."""
    case, at = rung.case, rung.at
    for action in _undecided(case, at):
        wanted: dict[str, Any] = {
            "kind_id": action.kind_id,
            "amount": action.amount,
            "currency": action.currency,
            "at": at,
        }
        if case.owner_id is not None and not isinstance(authority.may_decide(case.owner_id, case, **wanted), Gap):
            continue
        found = authority.route(case, **wanted, leave_out=[])
        return _hand(rung, found[0], action=action.pk, grant=found[2]) if found else NOBODY
    return NOTHING


def _undecided(case: Case, at: datetime, kind_id: int | None = None) -> list[Action]:
    """The actions of a case that wait for somebody with the authority, the largest first."""
    rows = Action.objects.filter(case=case, status__in=[ActionStatus.PROPOSED, ActionStatus.AWAITING_APPROVAL])
    rows = rows if kind_id is None else rows.filter(kind_id=kind_id)
    waiting = [
        action
        for action in rows.select_related("kind").order_by("pk")
        if not authority.is_authorised(action) and (action.amount is not None or not action.kind.has_amount)
    ]
    return sorted(waiting, key=lambda action: _worth(action, case, at), reverse=True)


def _worth(action: Action, case: Case, at: datetime) -> Decimal:
    if action.amount is None:
        return Decimal(0)
    worth = authority.worth(action, case, at)
    # What nobody knows the worth of may be the largest.
    return Decimal("Infinity") if worth is None else worth


def _severity(rung: Rung) -> Outcome:
    raised = min(rung.case.severity + rung.step.levels, max(Severity.values))
    if raised == rung.case.severity:
        return NOTHING
    refuse_frozen(rung.case)
    put_class(rung.case, category_id=rung.case.category_id, severity=raised, at=rung.at, actor=rung.actor)
    return _done(severity=raised)


# An action of these kinds of standing is as good as none: another one may be added.
_OVER = (ActionStatus.FAILED, ActionStatus.REFUSED, ActionStatus.WAIVED)


def _action(rung: Rung) -> Outcome:
    case, step = rung.case, rung.step
    kind = Kind.objects.filter(pk=step.kind_id or 0, brand_id=case.brand_id, is_active=True).first()
    if kind is None:
        return GONE
    if Action.objects.filter(case=case, kind=kind, is_required=True).exclude(status__in=_OVER).exists():
        return NOTHING
    refuse_frozen(case)
    amount, currency = _amount(kind, step.amount, case.brand.currency)
    added = plan(case, kind, is_required=True, amount=amount, currency=currency, at=rung.at, actor=rung.actor)
    return _done(action=added.pk)


def _amount(kind: Kind, amount: Decimal | None, currency: str) -> tuple[Decimal | None, str]:
    if amount is None or not kind.has_amount:
        return None, ""
    try:
        return money.valid_amount(amount, currency), currency
    except AmountError as error:
        raise errors.Invalid(error.message, "amount") from error


def _approval(rung: Rung) -> Outcome:
    case = rung.case
    if rung.step.kind_id and not Kind.objects.filter(pk=rung.step.kind_id, brand_id=case.brand_id).exists():
        return GONE
    waiting = [one for one in _undecided(case, rung.at, rung.step.kind_id) if one.status == ActionStatus.PROPOSED]
    if not waiting:
        return NOTHING
    if case.owner_id is None:
        return NOBODY
    refuse_frozen(case)
    action = waiting[0]
    asked = request_approval(case, action, "", Gap.NO_GRANT, on_behalf_of=case.owner_id, at=rung.at, actor=rung.actor)
    return _done(action=action.pk, approval=asked.pk)


def _tag(rung: Rung) -> Outcome:
    tag = Tag.objects.filter(pk=rung.step.tag or 0, brand_id=rung.case.brand_id, is_active=True).first()
    if tag is None:
        return GONE
    return _done(tag=tag.pk) if put_tag(rung.case, tag, at=rung.at, actor=rung.actor) else NOTHING


def _hook(rung: Rung) -> Outcome:
    case, at = rung.case, rung.at
    target = Target.objects.filter(pk=rung.step.target or 0, brand_id=case.brand_id, is_active=True).first()
    if target is None:
        return GONE
    told = {
        "event": "rule",
        "case": case.reference,
        "brand": case.brand.slug,
        "rule": str(rung.escalation.rule.public_id),
        "step": rung.step.number,
        "severity": case.severity,
        "url": f"{settings.SITE_URL}/cases/{case.reference}/",
    }
    delivery = Delivery.objects.create(
        kind=DeliveryKind.HOOK,
        purpose="hook",
        brand_id=case.brand_id,
        case=case,
        target=target,
        recipient=target.url,
        # The same key at every sending lets the system hear it once.
        subject=f"{rung.escalation.public_id}-{rung.step.number}",
        body=json.dumps(told),
        due_at=at,
        created_at=at,
    )
    queue.after_commit(Job.SEND_DELIVERY, delivery_id=delivery.pk)
    return _done(delivery=delivery.pk)


_ACTS: dict[StepKind, Callable[[Rung], Outcome]] = {
    StepKind.TELL: _tell,
    StepKind.ASSIGN: _assign,
    StepKind.AUTHORITY: _authority,
    StepKind.SEVERITY: _severity,
    StepKind.ACTION: _action,
    StepKind.APPROVAL: _approval,
    StepKind.TAG: _tag,
    StepKind.HOOK: _hook,
}
