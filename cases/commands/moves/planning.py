"""An action is planned in a case, by a person or by a rule; deciding it is another matter."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from cases import errors
from cases.commands.moves.base import record_case
from cases.commands.moves.dialogue import notify
from cases.commands.moves.playbook import after
from cases.models import Action, Case, Kind
from cases.queries.calendar import Calendars
from cases.vocabulary import Actor, EventKind, Status


def refuse_frozen(case: Case) -> None:
    """Raise Frozen, IllegalMove where nothing more is planned or done in a case."""
    if case.status == Status.HANDLED:
        raise errors.Frozen
    if case.status in {Status.MERGED, Status.DISMISSED, Status.WITHDRAWN}:
        raise errors.IllegalMove(status=Status(case.status).label)


def plan(
    case: Case,
    kind: Kind,
    *,
    is_required: bool,
    amount: Decimal | None = None,
    currency: str = "",
    due_at: datetime | None = None,
    at: datetime,
    actor: Actor,
    **fields: Any,
) -> Action:
    """Add an action to a locked case, proposed; without a date it is due after the days its kind names."""
    action = Action.objects.create(
        case=case,
        kind=kind,
        is_required=is_required,
        amount=amount,
        currency=currency,
        due_at=due_at or after(at, kind.days, kind.day_unit, case, Calendars(case.brand_id)),
        created_at=at,
        created_by_id=actor.person_id,
        **fields,
    )
    record_case(
        case,
        EventKind.ACTION_ADDED,
        actor,
        at=at,
        action=action.pk,
        kind=action.kind_id,
        required=action.is_required,
        amount=str(action.amount) if action.amount is not None else None,
        currency=action.currency,
    )
    if action.owner_id:
        notify([action.owner_id], "action", by_id=actor.person_id, case=case, at=at)
    return action
