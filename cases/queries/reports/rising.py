"""What people complain about more and more, or less and less, over the last quarter of a year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cases.models import Seer
from cases.queries.reports import definitions, labels
from cases.queries.reports.asked import Asked
from cases.queries.reports.reading import reader
from cases.queries.reports.single import tally
from cases.rules import periods, trends
from cases.rules.periods import Period, Unit
from cases.rules.trends import Direction, Trend
from cases.vocabulary import Dimension, Population

WEEKS = 13


@dataclass(frozen=True, slots=True)
class Line:
    """One value of a dimension with its counts week by week, and where they are going."""

    value: str
    label: str
    weeks: Sequence[int]
    trend: Trend


@dataclass(frozen=True, slots=True)
class Rising:
    """The weeks looked at, what rises and falls in them beyond chance, and how many hold steady."""

    period: Period
    lines: Sequence[Line]
    steady: int


def rising(asked: Asked, dimension: Dimension, seer: Seer, *, now: datetime) -> Rising:
    """The trends of complaints by one dimension, over the whole weeks before the end of the period."""
    seer = reader(seer, {*asked.dimensions, dimension})
    period = weeks_of(asked.period, now)
    question = replace(asked.question(Population.CASES, splits=(dimension, Dimension.WEEK)), period=period)
    counts = tally(question, definitions.FIGURES["received"], seer, now=now)
    days = [each.day.isoformat() for each in periods.buckets(period, Unit.WEEK)]
    values = {value for value, _ in counts if value}
    weeks = {value: [counts.get((value, day), 0) for day in days] for value in values}
    found = trends.trends(weeks)
    moving = {value: each for value, each in found.items() if each.direction != Direction.STEADY}
    words = labels.words(dimension, moving)
    lines = [Line(value, words[value], weeks[value], trend) for value, trend in moving.items()]
    return Rising(period, sorted(lines, key=lambda line: (-line.trend.per_week, line.label)), len(found) - len(moving))


def weeks_of(period: Period, now: datetime) -> Period:
    """The whole weeks that tell where a count is going, up to the end of a period."""
    last = min(period.end - timedelta(microseconds=1), now).astimezone(periods.of_zone(period.zone)).date()
    # A week that is over counts; the one that goes on does not.
    after = last + timedelta(days=1) if period.end <= now else last
    monday = after - timedelta(days=after.weekday())
    return periods.of_days(monday - timedelta(weeks=WEEKS), monday, period.zone)
