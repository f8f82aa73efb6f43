"""Actions and grants as the tests of authority need them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from cases.commands import action, case
from cases.models import Action, Case, Grant
from cases.vocabulary import Role
from tests.people import AT, Stage, actor


def limited(stage: Stage, **agent: Any) -> Grant:
    """The agents' grant of the stage, replaced by one with limits; 100 an action unless said otherwise."""
    Grant.objects.filter(brand=stage.brand, role=Role.AGENT).update(ended_at=AT, ended_by=stage.admin)
    fields = {"role": Role.AGENT, "currency": "EUR", "per_action": Decimal(100), **agent}
    return Grant.objects.create(brand=stage.brand, given_by=stage.admin, **fields)


def taken(stage: Stage, external_id: str = "p-1") -> Case:
    """A case of its own, owned by the agent."""
    return case.take(case_id=stage.case(external_id, author=external_id).pk, at=AT, actor=actor(stage.agent))


def refund(stage: Stage, of: Case, amount: object, **more: Any) -> Action:
    """A refund that the agent plans: decided at once within their authority, else asked for."""
    return action.add_action(
        case_id=of.pk,
        kind_id=stage.refund.pk,
        amount=Decimal(str(amount)),
        is_required=False,
        **{"at": AT, "actor": actor(stage.agent), **more},
    )
