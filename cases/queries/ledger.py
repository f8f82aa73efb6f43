"""Who is away and who decides for them, what currencies are worth, and every action that was waived."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from cases import errors
from cases.models import Absence, Action, Brand, Rate, Seer
from cases.queries import grants, keyset
from cases.queries.grants import PAGE, Page
from cases.vocabulary import ActionStatus


def absences(chosen: Collection[Brand], *, at: datetime, is_over: bool = False, after: int | None = None) -> Page:
    """Who is away at these brands now or later, or was, newest first."""
    days = {brand.pk: grants.day_of(brand, at) for brand in chosen}
    wanted = Q(pk__in=[])
    for brand_id, today in days.items():
        over = Q(ended_at__isnull=False) | Q(ends_on__lt=today)
        wanted |= Q(brand_id=brand_id) & (over if is_over else ~over)
    rows = Absence.objects.filter(wanted).select_related("brand", "person", "deputy", "noted_by")
    return _newest(rows, after)


def absence(seer: Seer, absence_id: int) -> Absence:
    """An absence at one of this person's brands; raises NotFound."""
    found = Absence.objects.filter(pk=absence_id).first()
    if found is None or not (found.brand_id in seer.roles or seer.is_organisation_admin):
        raise errors.NotFound
    return found


def own_absences(seer: Seer, at: datetime) -> list[Absence]:
    """When this person is away, or stands in for somebody, today or later."""
    mine = Q(person_id=seer.person_id) | Q(deputy_id=seer.person_id)
    rows = Absence.objects.filter(
        mine, ended_at__isnull=True, brand__in=seer.brand_ids, ends_on__gte=at.date() - timedelta(days=1)
    )
    rows = rows.select_related("brand", "person", "deputy").order_by("starts_on", "pk")
    return [each for each in rows if each.ends_on >= grants.day_of(each.brand, at)]


def rates(chosen: Collection[Brand], after: str = "") -> Page:
    """The rates of these brands, the newest day first."""
    rows = Rate.objects.filter(brand__in=[brand.pk for brand in chosen]).select_related("brand", "set_by")
    if after:
        day, pk = keyset.opened(after, date.fromisoformat, int)
        rows = rows.filter(Q(starts_on__lt=day) | Q(starts_on=day, pk__lt=pk))
    found = list(rows.order_by("-starts_on", "-pk")[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    return Page(found[:PAGE], keyset.key(last.starts_on.isoformat(), last.pk) if last else None)


def waivers(seer: Seer, chosen: Collection[Brand], after: str = "") -> Page:
    """Every action that was waived, in the cases this person sees, the latest first."""
    rows = waived(seer, chosen)
    if after:
        at, pk = keyset.opened(after, keyset.instant, int)
        rows = rows.filter(Q(waived_at__lt=at) | Q(waived_at=at, pk__lt=pk))
    found = list(rows.order_by("-waived_at", "-pk")[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    return Page(found[:PAGE], keyset.key(last.waived_at, last.pk) if last else None)


def waived(seer: Seer, chosen: Collection[Brand]) -> QuerySet[Action]:
    """The same actions, in no order."""
    brand_ids = [brand.pk for brand in chosen]
    found = Action.objects.filter(seer.cases("case__"), case__brand__in=brand_ids, status=ActionStatus.WAIVED)
    return found.select_related("case__brand", "kind", "waived_by")


def _newest(rows: QuerySet[Any], after: int | None) -> Page:
    found = list((rows.filter(pk__lt=after) if after else rows).order_by("-pk")[: PAGE + 1])
    return Page(found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None)
