"""How many cases are open as time goes by, and where that goes if the next weeks are like the last ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from cases.models import Seer
from cases.queries.reports import answer, engine
from cases.queries.reports.asked import Asked
from cases.queries.reports.question import Counted, Groups, Question, total
from cases.queries.reports.reading import reader
from cases.rules import forecast, periods
from cases.rules.forecast import Forecast
from cases.rules.periods import Bucket, Period, Unit
from cases.vocabulary import Dimension, Population

_DAY = timedelta(days=1)
# A line is read by its weeks; a shorter time by days, a longer one by months or quarters.
_STEPS = (
    (13, Dimension.DAY, Unit.DAY),
    (760, Dimension.WEEK, Unit.WEEK),
    (3700, Dimension.MONTH, Unit.MONTH),
    (40_000, Dimension.QUARTER, Unit.QUARTER),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of time: what came in, what went out, and how many were open at its end."""

    bucket: Bucket
    came: int
    went: int
    open: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """Open cases by steps of a period; and from today on what is expected, None where too few weeks are known."""

    dimension: Dimension
    steps: Sequence[Step]
    open_now: int
    monday: date
    forecast: Forecast | None


def backlog(asked: Asked, seer: Seer, *, now: datetime) -> Backlog | None:
    """The backlog of a period and its forecast, for what this person may see; None where counting it takes long."""
    seer = reader(seer, asked.dimensions)
    question = replace(asked.question(Population.MOVEMENTS, splits=()), figures=("flow_in", "flow_out"))
    dimension, unit = next((by, unit) for most, by, unit in _STEPS if asked.period.length / _DAY <= most)
    if not engine.is_quick(replace(question, splits=(dimension,))) and answer.is_long(_until(question, now), seer, now):
        return None
    at_start = _open_after(_until(question, asked.period.start), seer, now)
    groups = engine.count(replace(question, splits=(dimension,)), seer, now=now)
    monday, weeks = _last_weeks(asked.period.zone, now)
    open_now = _open_after(_until(question, now), seer, now)
    by_week = engine.count(replace(question, period=weeks, splits=(Dimension.WEEK,)), seer, now=now)
    changes = _weeks(weeks, by_week)
    return Backlog(
        dimension,
        _steps(periods.buckets(asked.period, unit), groups, at_start, now),
        open_now,
        monday,
        forecast.forecast([came for came, _ in changes], [went for _, went in changes], open_now),
    )


def _until(question: Question, end: datetime) -> Question:
    began = periods.of_days(periods.SINCE_EVER, periods.SINCE_EVER + _DAY, "UTC").start
    return replace(question, period=Period(began, max(end, began + _DAY), question.period.zone))


def _open_after(question: Question, seer: Seer, now: datetime) -> int:
    came, went = _moved(total(engine.count(question, seer, now=now)))
    return came - went


def _moved(counted: Counted | None) -> tuple[int, int]:
    counts = counted.counts if counted else {}
    return counts.get("flow_in", 0), counts.get("flow_out", 0)


def _steps(buckets: Sequence[Bucket], groups: Groups, at_start: int, now: datetime) -> list[Step]:
    """The steps that have begun, without those before anything ever happened."""
    found: list[Step] = []
    standing = at_start
    for bucket in buckets:
        if bucket.start > now:
            break
        came, went = _moved(groups.get((bucket.day.isoformat(),)))
        standing += came - went
        if found or came or went or standing:
            found.append(Step(bucket, came, went, standing))
    return found


def _last_weeks(zone: str, now: datetime) -> tuple[date, Period]:
    """The Monday of this week, and the whole weeks before it that a forecast is learnt from."""
    today = now.astimezone(periods.of_zone(zone)).date()
    monday = today - timedelta(days=today.weekday())
    return monday, periods.of_days(monday - timedelta(weeks=forecast.LEARNT_WEEKS), monday, zone)


def _weeks(period: Period, groups: Groups) -> list[tuple[int, int]]:
    """What came and went in each whole week; weeks before the first movement are no weeks to learn from."""
    weeks = [_moved(groups.get((each.day.isoformat(),))) for each in periods.buckets(period, Unit.WEEK)]
    first = next((n for n, week in enumerate(weeks) if any(week)), len(weeks))
    return weeks[first:]
