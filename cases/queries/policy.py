"""Policies as their pages show them: those that stand, how many open cases have each, and those that ended."""

from __future__ import annotations

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet

from cases.models import Brand, Case, Deadline, Policy, Seer
from cases.queries import deadline
from cases.vocabulary import Goal

# More open cases than this are not counted one by one.
MOST = 999
LISTED = 50
_ORDER = {goal: place for place, goal in enumerate(Goal.values)}


def standing(brand: Brand) -> QuerySet[Policy]:
    """The policies under which deadlines of the brand begin, with their calendars."""
    return brand.policies.filter(ended_at__isnull=True).select_related("calendar").order_by("pk")


def ended(brand: Brand) -> list[Policy]:
    """The policies that ended last, with what stands in their place."""
    rows = brand.policies.filter(ended_at__isnull=False).select_related("calendar")
    return list(rows.prefetch_related("replaced_by").order_by("-ended_at", "-pk")[:LISTED])


def with_counts(seer: Seer, rows: QuerySet[Policy]) -> list[tuple[Policy, int]]:
    """Each policy with how many open cases that the person may see have it, up to one more than ``MOST``."""
    found = Deadline.objects.visible_to(seer).unmet().filter(policy=OuterRef("pk")).order_by()
    counted = rows.annotate(of_cases=ArraySubquery(found.values("case_id")[: MOST + 1]))
    policies = [(policy, len(set(policy.of_cases))) for policy in counted]
    return sorted(policies, key=lambda pair: (_ORDER[pair[0].goal], pair[0].pk))


def checked_differences(seer: Seer, brand: Brand) -> list[Case]:
    """The cases of the brand whose deadlines the last nightly check found different, as far as the person sees them."""
    last = deadline.last_check()
    ids = [one["case"] for one in last.differences if "case" in one] if last else []
    found = Case.objects.visible_to(seer).filter(brand=brand, pk__in=ids).order_by("pk")[:LISTED]
    return list(found) if ids else []
