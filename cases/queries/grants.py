"""What the pages about authority show: grants in force and what is used of them, absences, rates, waivers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Lower

from cases import errors
from cases.models import Absence, Action, Asked, Brand, Grant, Kind, Membership, Rate, Seer, User
from cases.queries import keyset
from cases.rules import permission as permissions
from cases.vocabulary import ActionStatus, Permission, Role, Window


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
