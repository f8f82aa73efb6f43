"""What a filter of reports can be set to, and which of its values there are, in the brands of the reader."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any

from django.conf.locale import LANG_INFO
from django.db import connections
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
    Post,
    Rule,
    Seer,
    Team,
    User,
)
from cases.queries.reports import labels
from cases.queries.reports.conditions import is_key
from cases.queries.reports.database import alias
from cases.queries.reports.sources import AGES, BANDS, SOURCES, has, value_of
from cases.rules.periods import Period, of_zone
from cases.vocabulary import OF_TIME, Dimension, Goal, Outcome, Population, Severity, WaitsFor

D = Dimension
_INSTANT = timedelta(microseconds=1)
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
# A day or a month is chosen as a period.
FILTERED = tuple(each for each in Dimension if each not in OF_TIME or each in (D.HOUR, D.WEEKDAY, D.WEEK))
MOST_WEEKS = 106


def choices(dimension: Dimension, seer: Seer, period: Period) -> list[tuple[str, str]]:
    """The values of a dimension with their words: names and texts in the order of their words, weeks the last first."""
    if dimension == D.WEEK:
        weeks = [each.isoformat() for each in _weeks(period)]
        return [*labels.words(dimension, weeks).items()]
    if dimension == D.TIMELY and not has_imports(seer):
        return []
    if dimension in _FIXED:
        words = labels.words(dimension, _FIXED[dimension])
        return [(value, words[value]) for value in _FIXED[dimension]]
    found = sorted(_found(dimension, seer).items(), key=lambda one: one[1].casefold())
    return found + [("", label) for label in labels.words(dimension, [""]).values() if dimension in _OPTIONAL]


def _weeks(period: Period) -> list[date]:
    """The Mondays of the weeks that a period has a part of, the last first, as many as are looked through."""
    first, last = (at.astimezone(of_zone(period.zone)).date() for at in (period.start, period.end - _INSTANT))
    monday = last - timedelta(days=last.weekday())
    found = (monday - timedelta(weeks=place) for place in range(MOST_WEEKS))
    return [each for each in found if each > first - timedelta(weeks=1)]


def known(dimension: Dimension, values: Collection[str], seer: Seer) -> labels.Words:
    """Those of these values that there are, with their words; of names and texts, in the brands of the reader."""
    if dimension in labels.ROWS:
        said = _known_rows(dimension, [each for each in values if is_key(each)], seer)
    else:
        said = labels.words(dimension, [each for each in values if each and _is_value(dimension, each, seer)])
    # Rows without a value are asked for by nothing.
    return said | (labels.words(dimension, [""]) if "" in values and dimension not in OF_TIME else {})


def _known_rows(dimension: Dimension, values: Collection[str], seer: Seer) -> labels.Words:
    if not values:
        return {}
    said = labels.words_of(dimension, _all_rows(dimension, seer).filter(pk__in=[int(each) for each in values]))
    # What came from another brand with its case, or whose owner has left the brand, still stands in the figures.
    rest = [each for each in values if each not in said]
    return said | (labels.words(dimension, _in_use(dimension, rest, seer)) if rest else {})


def _in_use(dimension: Dimension, values: Sequence[str], seer: Seer) -> set[str]:
    """Those of these values that a row in the brands of the reader has."""
    found: set[str] = set()
    if dimension == D.BRAND or not labels.rows_of(dimension, values).exists():
        return found
    with connections[alias()].cursor() as cursor:
        for population in Population:
            source = SOURCES[population]
            if has(population, dimension) and (population == Population.CASES or dimension in source.own):
                sql = (
                    f"SELECT DISTINCT {value_of(source, dimension)} FROM {source.tables}"  # noqa: S608
                    f" WHERE {source.brand} = ANY (%(brands)s) AND {value_of(source, dimension)} = ANY (%(values)s)"
                )
                cursor.execute(sql, {"brands": list(seer.brand_ids), "values": list(values)})
                found |= {row[0] for row in cursor.fetchall()}
    return found


def _is_value(dimension: Dimension, value: str, seer: Seer) -> bool:
    if dimension in _FIXED:
        return value in _FIXED[dimension]
    if dimension in OF_TIME:
        return _begins(dimension, value)
    if dimension in _OF_SOURCE:
        return Original.objects.filter(case__brand__in=seer.brand_ids, **{_OF_SOURCE[dimension]: value}).exists()
    spoken = {"brand__in": seer.brand_ids, "language": value}
    return value in LANG_INFO or any(each.objects.filter(**spoken).exists() for each in (CaseFigures, Post))


def _begins(dimension: Dimension, value: str) -> bool:
    """Whether it is the first day of such a step of time, as it is asked for."""
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return False
    is_first = {
        D.WEEK: day.isoweekday() == 1,
        D.MONTH: day.day == 1,
        D.QUARTER: day.day == 1 and day.month % 3 == 1,
    }
    return day.isoformat() == value and is_first.get(dimension, True)


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


def _all_rows(dimension: Dimension, seer: Seer) -> QuerySet[Any]:
    """Also those that nobody would choose: categories that were merged into others."""
    return _rows(D.CATEGORY_THEN if dimension == D.CATEGORY else dimension, seer)


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
