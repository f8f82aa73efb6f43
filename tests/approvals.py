"""What the tests of approvals share: limits as a brand has them, and an action above somebody's."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from cases.commands import action, approval, case
from cases.models import Absence, Action, Approval, Asked, Case, Grant, User
from cases.vocabulary import Role
from tests.people import AT, Stage, actor

LATER = AT + timedelta(hours=1)


def limit(stage: Stage, **fields: Any) -> None:
    """Agents decide up to 100 alone, managers up to 1,000; nobody more."""
    Grant.objects.filter(brand=stage.brand, ended_at__isnull=True).update(ended_at=AT - timedelta(days=1))
    give(stage, role=Role.AGENT, per_action=Decimal(100), **fields)
    give(stage, role=Role.MANAGER, per_action=Decimal(1000), may_waive=True)


def give(stage: Stage, **fields: Any) -> Grant:
    """A grant of the stage's brand."""
    return Grant.objects.create(brand=stage.brand, currency="EUR", **fields)


def end_managers(stage: Stage) -> None:
    """What the managers of the brand may decide ends."""
    Grant.objects.filter(brand=stage.brand, role=Role.MANAGER, ended_at__isnull=True).update(ended_at=AT)


def planned(stage: Stage, amount: str = "180", by: User | None = None, at: datetime = AT, **fields: Any) -> Action:
    """A refund of this amount in a case that the agent owns, planned by the agent or somebody else."""
    owned = Case.objects.filter(brand=stage.brand).first() or taken(stage)
    return action.add_action(
        case_id=owned.pk,
        kind_id=stage.refund.pk,
        amount=Decimal(amount),
        wording="Goodwill refund",
        reason="The sofa is nine days late.",
        at=at,
        actor=actor(by or stage.agent),
        **fields,
    )


def taken(stage: Stage) -> Case:
    """A case of the agent's."""
    return case.take(case_id=stage.case().pk, at=AT, actor=actor(stage.agent))


def waiting(made: Action) -> Approval:
    """The request that waits for this action."""
    return Approval.objects.get(action=made, status="waiting")


def asked(request: Approval) -> Asked | None:
    """Who is asked now."""
    return request.asked.filter(reply="", passed="").select_related("person").first()


def away(stage: Stage, person: User, deputy: User | None = None) -> Absence:
    """Somebody is away on the day of the tests."""
    return Absence.objects.create(
        brand=stage.brand, person=person, deputy=deputy, starts_on=AT.date(), ends_on=AT.date() + timedelta(days=3)
    )


def approve(request: Approval, by: User, at: datetime = LATER, **more: Any) -> Approval:
    """Somebody says yes."""
    return approval.approve(approval_id=request.pk, at=at, actor=actor(by), **more)
