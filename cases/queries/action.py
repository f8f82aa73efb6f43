"""The actions of a case, and what a form about one can choose from."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef
from django.db.models.functions import JSONObject

from cases import errors
from cases.models import Action, Case, Delivery, Kind, Promise, Seer, Team
from cases.vocabulary import DeliveryStatus

# What of a promise says how it stands.
_STATE = ("due_at", "broken_at", "kept_at", "moved_at", "dropped_at", "told_at", "said")


def of_case(case: Case) -> list[Any]:
    """The actions of a case in the order they were planned, with what was promised of each, in one query."""
    promised = Promise.objects.filter(action=OuterRef("pk"))
    fields = {name: name for name in _STATE}
    found: list[Any] = list(
        Action.objects.filter(case=case)
        .select_related("kind__target", "target", "owner", "team", "done_by", "waived_by")
        .annotate(is_unsure=Exists(Delivery.objects.filter(action=OuterRef("pk"), status=DeliveryStatus.UNKNOWN)))
        .annotate(promised=ArraySubquery(promised.order_by("pk").values(line=JSONObject(**fields))))
        .order_by("-is_required", "pk")
    )
    for action in found:
        action.told_lines = [_promise(line) for line in action.promised]
    return found


def _promise(line: dict[str, Any]) -> Promise:
    return Promise(
        **{name: datetime.fromisoformat(at) if name.endswith("_at") and at else at for name, at in line.items()}
    )


def by_id(seer: Seer, public_id: UUID) -> Action:
    """One action of a case the person may open; raises NotFound."""
    action = (
        Action.objects.filter(seer.cases("case__"), public_id=public_id)
        .select_related("kind__target", "target", "case", "owner", "team")
        .first()
    )
    if action is None:
        raise errors.NotFound
    return action


def kinds(case: Case) -> list[Kind]:
    """The sorts of action the brand's catalogue offers."""
    return list(Kind.objects.filter(brand_id=case.brand_id, is_active=True).order_by("code"))


def teams(case: Case) -> list[Team]:
    """The brand's teams."""
    return list(Team.objects.filter(brand_id=case.brand_id, is_active=True).order_by("name"))
