"""What the pages show of connected systems: a brand's, and what they told that a person has to look at."""

from __future__ import annotations

from django.db.models import Count, IntegerField, OuterRef, Prefetch, Subquery
from django.db.models.functions import Coalesce, Lower

from cases.models import Action, Brand, Callback, Delivery, Kind, Seer, Target
from cases.queries.delivery import SHOWN, odd_callbacks
from cases.queries.setup import Page, page
from cases.vocabulary import ActionStatus, DeliveryKind


def targets(brand: Brand, after: str = "") -> Page[Target]:
    """The brand's connected systems by name, with the kinds they carry out and how many actions they have now."""
    sent = Action.objects.filter(target=OuterRef("pk"), status=ActionStatus.IN_PROGRESS).order_by()
    counted = Subquery(sent.values("target").annotate(n=Count("pk")).values("n"), output_field=IntegerField())
    rows = brand.targets.annotate(key=Lower("name"), out=Coalesce(counted, 0)).prefetch_related(
        Prefetch("kinds", Kind.objects.filter(is_active=True).order_by("code"))
    )
    return page(rows, "key", after)


def callback_page(seer: Seer, before: int | None) -> list[Callback]:
    """One page of them; one more row than is shown says that there is another page."""
    rows = odd_callbacks(seer).select_related("target__brand", "action__case", "action__kind")
    return list((rows.filter(pk__lt=before) if before else rows)[: SHOWN + 1])


def calls_of(action: Action) -> list[Delivery]:
    """Every request about an action, oldest first."""
    return list(Delivery.objects.filter(action=action, kind=DeliveryKind.CALL).order_by("pk"))


def is_sent(action: Action) -> bool:
    """Whether a connected system has it, and has not said yet how it ended."""
    return action.status == ActionStatus.IN_PROGRESS and action.sent_at is not None and action.target_id is not None
