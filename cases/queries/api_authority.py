"""What the REST API's answers about authority need."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from cases.models import Absence, Action, Brand, Grant, Kind, Rate, Seer, User
from cases.queries import grants as pages
from cases.queries import ledger
from cases.queries.authority import Limit


def grants(chosen: Collection[Brand], at: datetime, *, is_over: bool) -> QuerySet[Grant]:
    """The grants of these brands, in force or to come, or those that are over."""
    return pages.rows(chosen, at=at, is_over=is_over)


def told(rows: Iterable[Grant], at: datetime) -> list[Any]:
    """Grants with the codes of their kinds and what is used of them, in two queries more."""
    found: list[Any] = list(rows)
    wanted = {kind_id for grant in found for kind_id in grant.kind_ids}
    codes = dict(Kind.objects.filter(pk__in=wanted).values_list("pk", "code"))
    used = pages.used_of(found, at)
    for grant in found:
        grant.kind_codes = [codes[pk] for pk in grant.kind_ids if pk in codes]
        grant.used_now = sum(used.get(grant.pk, {}).values(), Decimal(0))
    return found


def authority_of(person_id: int, limits: list[Limit], at: datetime) -> dict[str, Any]:
    """What somebody may decide, as an answer shows it."""
    told([limit.grant for limit in limits], at)
    return {"user": User.objects.get(pk=person_id).username, "limits": limits}


def all_absences() -> QuerySet[Absence]:
    """Absences with the people in them."""
    return Absence.objects.select_related("brand", "person", "deputy", "noted_by")


def absences(chosen: Collection[Brand]) -> QuerySet[Absence]:
    """Every absence at these brands."""
    return all_absences().filter(brand__in=[brand.pk for brand in chosen])


def absence(seer: Seer, absence_id: int) -> Absence:
    """An absence that this person may know of; raises NotFound."""
    return ledger.absence(seer, absence_id)


def rates(chosen: Collection[Brand]) -> QuerySet[Rate]:
    """Every rate of these brands."""
    return Rate.objects.filter(brand__in=[brand.pk for brand in chosen]).select_related("brand", "set_by")


def waivers(seer: Seer, chosen: Collection[Brand]) -> QuerySet[Action]:
    """Every waived action in the cases this person sees at these brands."""
    return ledger.waived(seer, chosen)
