"""What the REST API's answers about reports need beside the reports themselves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from cases.models import Brand, Delivery, Export, ReportRun, SavedReport, Seer, User


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


def brand_of_key(seer: Seer, key: int) -> Brand | None:
    """The one of that key."""
    return Brand.objects.filter(pk__in=seer.brand_ids, pk=key).first()


def usual_zone(seer: Seer, found: Sequence[BrandRow]) -> str:
    """The zone of the person's first brand."""
    return next((brand.zone for brand in found if brand.pk == seer.brand_ids[0]), "UTC")


def run(seer: Seer, key: int) -> ReportRun | None:
    """One's own run of a report, with its result."""
    return ReportRun.objects.filter(pk=key, person_id=seer.person_id).first()


def exports(seer: Seer) -> QuerySet[Export]:
    """One's own exports, the latest first."""
    return Export.objects.filter(person_id=seer.person_id).order_by("-pk")


def own_saved(seer: Seer, public_id: UUID) -> int | None:
    """The key of one's own saved report, even where it was put away."""
    rows = SavedReport.objects.filter(public_id=public_id, owner_id=seer.person_id)
    return rows.values_list("pk", flat=True).first()


def any_saved(public_id: UUID) -> int | None:
    """The key of a saved report, whoever it is of: whoever left one may have seen it by that alone."""
    return SavedReport.objects.filter(public_id=public_id).values_list("pk", flat=True).first()


def report_mail(seer: Seer, key: int) -> Delivery | None:
    """A mail with a report that the person had sent to themselves."""
    rows = Delivery.objects.filter(pk=key, export__person_id=seer.person_id)
    return rows.select_related("export").first()


def person_ids(seer: Seer, usernames: Collection[str]) -> dict[str, int]:
    """The keys of colleagues by these user names."""
    rows = User.objects.filter(username__in=usernames, memberships__brand_id__in=seer.brand_ids)
    return dict(rows.values_list("username", "pk").distinct())
