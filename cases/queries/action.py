"""The actions of a case, and what a form about one can choose from."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch

from cases import errors
from cases.models import Action, Case, Delivery, Kind, Promise, Seer, Team
from cases.vocabulary import DeliveryStatus


def of_case(case: Case) -> list[Action]:
    """The actions of a case in the order they were planned."""
    return list(
        Action.objects.filter(case=case)
        .select_related("kind__target", "target", "owner", "team", "done_by", "waived_by")
        .annotate(is_unsure=Exists(Delivery.objects.filter(action=OuterRef("pk"), status=DeliveryStatus.UNKNOWN)))
        .prefetch_related(Prefetch("promises", Promise.objects.order_by("pk")))
        .order_by("-is_required", "pk")
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
