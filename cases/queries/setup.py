"""What the set-up pages show: brands and their channels, teams, categories, kinds and playbooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Count, IntegerField, Model, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Lower

from cases import errors
from cases.models import (
    Brand,
    Category,
    Channel,
    Kind,
    Membership,
    Playbook,
    PlaybookAction,
    PlaybookVersion,
    Seer,
    Team,
)
from cases.queries import people
from cases.rules.permission import may
from cases.vocabulary import Permission, VersionStatus

M = TypeVar("M", bound=Model)
PAGE = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """Some rows of a list, and the key to go on after, if there are more."""

    rows: Sequence[M]
    after: str | None


def page(rows: QuerySet[M], key: str, after: str) -> Page[M]:
    """The next rows in the order of a unique text key."""
    ordered = rows.order_by(key)
    found = list((ordered.filter(**{f"{key}__gt": after}) if after else ordered)[: PAGE + 1])
    last = str(getattr(found[PAGE - 1], key)) if len(found) > PAGE else None
    return Page(found[:PAGE], last)


def brand_to_set_up(seer: Seer, slug: str) -> Brand:
    """The brand, for somebody who may set it up; NotFound for strangers, NotAllowed for its other people."""
    brand = Brand.objects.filter(slug=slug).first()
    if brand is None or (brand.pk not in seer.roles and not seer.is_organisation_admin):
        raise errors.NotFound
    require_set_up(seer, brand.pk)
    return brand


def brand_to_read(seer: Seer, slug: str) -> Brand:
    """The brand, for somebody who may see how it is set up, its managers and auditors too; raises as above."""
    brand = Brand.objects.filter(slug=slug).first()
    if brand is None or (brand.pk not in seer.roles and not seer.is_organisation_admin):
        raise errors.NotFound
    if not seer.is_organisation_admin and not may(seer.roles.get(brand.pk), Permission.SEE_AUTHORITY):
        raise errors.NotAllowed
    return brand


def may_set_up(seer: Seer, brand_id: int) -> bool:
    """Whether this person sets up the brand."""
    return seer.is_organisation_admin or may(seer.roles.get(brand_id), Permission.SET_UP)


def read_only_brands(seer: Seer) -> QuerySet[Brand]:
    """The brands whose set-up this person may see and not change, by name."""
    seen = {brand for brand, role in seer.roles.items() if may(role, Permission.SEE_AUTHORITY)}
    return Brand.objects.filter(pk__in=seen - set(people.administered(seer)), is_active=True).order_by(
        Lower("name"), "pk"
    )


def require_set_up(seer: Seer, brand_id: int) -> None:
    """Refuse whoever does not set up the brand; raises NotAllowed."""
    if not may_set_up(seer, brand_id):
        raise errors.NotAllowed


def brands(seer: Seer) -> QuerySet[Brand]:
    """The brands this person sets up, by name, with how much of each thing is in use."""
    counts = {
        "channel_count": _count(Channel),
        "team_count": _count(Team),
        "category_count": _count(Category),
        "kind_count": _count(Kind),
        "playbook_count": _count(Playbook),
    }
    chosen = Brand.objects.filter(pk__in=people.administered(seer))
    return chosen.annotate(**counts, people_count=_people()).order_by("-is_active", Lower("name"), "pk")


def _count(model: type[Model]) -> Coalesce:
    rows: QuerySet[Any] = model._default_manager.filter(brand=OuterRef("pk"), is_active=True)  # noqa: SLF001
    counted = rows.order_by().values("brand").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _people() -> Coalesce:
    rows = Membership.objects.filter(brand=OuterRef("pk"), person__is_active=True)
    counted = rows.order_by().values("brand").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def channels(brand: Brand, after: str = "") -> Page[Channel]:
    """The brand's channels by their slug."""
    return page(brand.channels.select_related("default_category", "default_team"), "slug", after)


def teams(brand: Brand, after: str = "") -> Page[Team]:
    """The brand's teams by name, with how many people are in each."""
    rows = brand.teams.select_related("lead").annotate(
        key=Lower("name"), people_count=Count("memberships", filter=Q(memberships__person__is_active=True))
    )
    return page(rows, "key", after)


def categories(brand: Brand, after: str = "") -> Page[Category]:
    """The brand's categories by their code, each with the playbooks that are for it and what they bring."""
    lines = PlaybookAction.objects.select_related("kind").order_by("position")
    live = PlaybookVersion.objects.filter(status=VersionStatus.LIVE).prefetch_related(Prefetch("actions", lines))
    playbooks = Playbook.objects.order_by("pk").prefetch_related(Prefetch("versions", live, to_attr="live"))
    rows = brand.categories.select_related("team").prefetch_related(Prefetch("playbooks", playbooks))
    return page(rows, "code", after)


def kinds(brand: Brand, after: str = "") -> Page[Kind]:
    """The brand's kinds of action by their code."""
    return page(brand.kinds.all(), "code", after)
