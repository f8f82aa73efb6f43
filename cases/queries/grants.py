"""What the pages about authority show: grants in force and what is used of them, absences, rates, waivers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import Lower

from cases import errors
from cases.models import Absence, Action, Asked, Brand, Grant, Kind, Membership, Rate, Seer, User
from cases.queries import authority
from cases.rules import permission as permissions
from cases.rules.authority import Terms
from cases.vocabulary import ActionStatus, Permission, Role

PAGE = 50
COLUMNS = (
    "currency",
    "category_id",
    "per_action",
    "per_complainant",
    "complainant_days",
    "budget_each",
    "budget_shared",
    "window",
    "may_waive",
    "starts_on",
    "ends_on",
)


def may_look(seer: Seer) -> bool:
    """Whether there are pages about authority for this person at all."""
    return seer.is_organisation_admin or bool(_looking(seer))


def brands(seer: Seer) -> list[Brand]:
    """The brands whose authority this person reads, by name."""
    rows = Brand.objects.filter(is_active=True)
    if not seer.is_organisation_admin:
        rows = rows.filter(pk__in=_looking(seer))
    return list(rows.order_by(Lower("name"), "pk"))


def _looking(seer: Seer) -> list[int]:
    return sorted(b for b, role in seer.roles.items() if permissions.may(role, Permission.SEE_AUTHORITY))


# ---- what stands in a grant ----


def terms_of(grant: Grant) -> Terms:
    """What a grant allows, as a value to compare and to change."""
    return Terms(kind_ids=frozenset(grant.kind_ids), **{name: getattr(grant, name) for name in COLUMNS})


def columns_of(terms: Terms) -> dict[str, Any]:
    """The columns of a grant with these terms."""
    return {"kind_ids": sorted(terms.kind_ids), **{name: getattr(terms, name) for name in COLUMNS}}


def payload_of(terms: Terms) -> dict[str, Any]:
    """The terms as a journal keeps them."""
    return {
        name: value if value is None or isinstance(value, bool | int | list) else str(value)
        for name, value in columns_of(terms).items()
    }


def own_terms(person_id: int, brand_id: int, at: datetime) -> list[Terms]:
    """What somebody holds by themselves, not as a deputy: nothing is handed on that is only lent."""
    limits = authority.limits_of(person_id, [brand_id], at)
    return [terms_of(limit.grant) for limit in limits if limit.holder.pk == person_id]


def away(brand_id: int, person_id: int, starts_on: date, ends_on: date) -> QuerySet[Absence]:
    """The absences of somebody that touch these days."""
    return Absence.objects.filter(
        brand_id=brand_id, person_id=person_id, ended_at__isnull=True, starts_on__lte=ends_on, ends_on__gte=starts_on
    )
