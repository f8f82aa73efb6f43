"""What the tests of time share: a brand's working hours, and policies made before anything came in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from cases.models import Brand, Calendar, Case, Deadline, Policy
from cases.queries import timing
from cases.queries.calendar import WEEK
from cases.rules.deadlines import Row
from cases.vocabulary import Goal, Needs, Start, Unit
from tests.people import AT

BEFORE = AT - timedelta(days=60)


def working_hours(brand: Brand, **fields: Any) -> Calendar:
    """Nine to six from Monday to Friday, where the brand is."""
    return Calendar.objects.create(
        **{"brand": brand, "name": "Usual", "zone": brand.zone, "week": WEEK, "is_default": True, **fields}
    )


def policy(
    brand: Brand, goal: Goal, start: Start = Start.RECEIVED, amount: int = 1, unit: Unit = Unit.HOUR, **fields: Any
) -> Policy:
    """A policy that stands since long ago."""
    named = {"name": {"en": "A deadline"}, "made_at": BEFORE}
    return Policy.objects.create(brand=brand, goal=goal, start=start, amount=amount, unit=unit, **named, **fields)


def extendable(brand: Brand, needs: Needs, **fields: Any) -> Policy:
    """A final answer in ten days, which can have ten more."""
    terms: dict[str, Any] = {"extends": needs, "extend_amount": 10, "extend_unit": Unit.DAY}
    return policy(brand, Goal.FINAL_ANSWER, amount=10, unit=Unit.DAY, **terms, **fields)


def of(case: Case, goal: Goal) -> Deadline:
    """The last deadline of the case that asks for this."""
    return Deadline.objects.filter(case=case, goal=goal).latest("pk")


def kept(case_id: int) -> list[Row]:
    """What is kept of the deadlines of a case."""
    [facts] = timing.facts_of([case_id])
    return sorted(facts.kept.values(), key=lambda row: (row.due_at, row.policy or 0, row.promise or 0, row.round))


def computed(case: Case, now: datetime) -> list[Row]:
    """The same, out of the journal alone: as if nothing were kept yet."""
    [facts] = timing.facts_of([case.pk])
    bare = timing.Facts(facts.case_id, facts.brand_id, facts.team_id, facts.subject, facts.moments)
    return timing.Times(case.brand_id).compute(bare, now)
