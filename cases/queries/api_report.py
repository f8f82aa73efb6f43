"""What the REST API's answers about reports need beside the reports themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from cases.models import Brand, Export, ReportRun, Seer


@dataclass(frozen=True, slots=True)
class BrandRow:
    """A brand as programs name it, and the clocks it works by."""

    pk: int
    slug: str
    name: str
    zone: str


def brands(seer: Seer) -> list[BrandRow]:
    """The brands this person belongs to."""
    rows = Brand.objects.filter(pk__in=seer.brand_ids).order_by("pk").values_list("pk", "slug", "name", "zone")
    return [BrandRow(*row) for row in rows]


def brand(seer: Seer, slug: str) -> Brand | None:
    """The one of that slug."""
    return Brand.objects.filter(pk__in=seer.brand_ids, slug=slug).first()


def usual_zone(seer: Seer, found: Sequence[BrandRow]) -> str:
    """The zone of the person's first brand."""
    return next((brand.zone for brand in found if brand.pk == seer.brand_ids[0]), "UTC")


def run(seer: Seer, key: int) -> ReportRun | None:
    """One's own run of a report, with its result."""
    return ReportRun.objects.filter(pk=key, person_id=seer.person_id).first()


def exports(seer: Seer) -> QuerySet[Export]:
    """One's own exports, the latest first."""
    return Export.objects.filter(person_id=seer.person_id).order_by("-pk")
