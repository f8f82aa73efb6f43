"""What a filter of reports can be set to: every value of a dimension that there is in the brands of the reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from cases.models import (
    Brand,
    CaseFigures,
    Category,
    Cause,
    Channel,
    Kind,
    Original,
    Policy,
    Rule,
    Seer,
    Team,
    User,
)
from cases.queries.reports import labels
from cases.queries.reports.sources import AGES, BANDS
from cases.vocabulary import OF_TIME, Dimension, Goal, Outcome, Severity, WaitsFor

D = Dimension
MOST = 200
_FIXED: dict[Dimension, Sequence[str]] = {
    D.SEVERITY: [str(each) for each in reversed(Severity.values)],
    D.OUTCOME: [*Outcome.values, ""],
    D.GOAL: Goal.values,
    D.TIMELY: ["true", "false", ""],
    D.BAND: [*(str(place) for place in range(len(BANDS) + 1)), ""],
    D.AGE: [str(place) for place in range(len(AGES) + 1)],
    D.HELD_BY: WaitsFor.values,
    D.HOUR: [f"{hour:02}" for hour in range(24)],
    D.WEEKDAY: [str(day) for day in range(1, 8)],
}
_OF_SOURCE = {D.PRODUCT: "product", D.ISSUE: "issue", D.RESPONSE: "response"}
# Rows without a value are chosen as ''.
_OPTIONAL = {D.TEAM, D.OWNER, D.CATEGORY, D.CATEGORY_THEN, D.CAUSE, D.POLICY}
# A day, a week or a month is chosen as a period.
FILTERED = tuple(each for each in Dimension if each not in OF_TIME or each in (D.HOUR, D.WEEKDAY))


def choices(dimension: Dimension, seer: Seer) -> list[tuple[str, str]]:
    """The values of a dimension with their words, those of names and texts in the order of their words."""
    if dimension == D.TIMELY and not has_imports(seer):
        return []
    if dimension in _FIXED:
        words = labels.words(dimension, _FIXED[dimension])
        return [(value, words[value]) for value in _FIXED[dimension]]
    found = sorted(_found(dimension, seer).items(), key=lambda one: one[1].casefold())
    return found + [("", label) for label in labels.words(dimension, [""]).values() if dimension in _OPTIONAL]


def has_imports(seer: Seer) -> bool:
    """Whether any complaint came out of a register that said something of it."""
    return Original.objects.filter(case__brand__in=seer.brand_ids).exists()


def _found(dimension: Dimension, seer: Seer) -> labels.Words:
    if dimension in _OF_SOURCE:
        field = _OF_SOURCE[dimension]
        rows = Original.objects.filter(case__brand__in=seer.brand_ids).exclude(**{field: ""})
        return labels.words(dimension, rows.order_by(field).values_list(field, flat=True).distinct()[:MOST])
    if dimension == D.LANGUAGE:
        spoken = CaseFigures.objects.filter(brand__in=seer.brand_ids).exclude(language="")
        codes = spoken.order_by("language").values_list("language", flat=True).distinct()
        return labels.words(dimension, codes[:MOST])
    return labels.words_of(dimension, _rows(dimension, seer)[:MOST])


def _rows(dimension: Dimension, seer: Seer) -> QuerySet[Any]:
    brands = seer.brand_ids
    found: dict[Dimension, QuerySet[Any]] = {
        D.BRAND: Brand.objects.filter(pk__in=brands),
        D.CHANNEL: Channel.objects.filter(brand__in=brands),
        D.TEAM: Team.objects.filter(brand__in=brands),
        D.OTHER_TEAM: Team.objects.filter(brand__in=brands),
        D.CATEGORY: Category.objects.filter(brand__in=brands, merged_into=None),
        D.CATEGORY_THEN: Category.objects.filter(brand__in=brands),
        D.CAUSE: Cause.objects.filter(brand__in=brands),
        D.KIND: Kind.objects.filter(brand__in=brands),
        D.POLICY: Policy.objects.filter(brand__in=brands),
        D.RULE: Rule.objects.filter(brand__in=brands),
    }
    return found.get(dimension, User.objects.filter(memberships__brand__in=brands).distinct())
