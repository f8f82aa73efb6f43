"""Counting: kept cells for whole months, the rows themselves for the rest, and always for what runs or is guarded.

One statement reads both and what is stale, so that a figure is true of one instant. A guarded case is one that not all
of its brand may open; whoever may has it counted in, nobody else has (I11).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from cases.models import Seer
from cases.queries.reports import definitions
from cases.queries.reports.batch import Batch, Spans
from cases.queries.reports.conditions import as_now, brands_of, merged_into
from cases.queries.reports.plan import Plan, kept_dimension
from cases.queries.reports.question import Counted, Groups, Question
from cases.rules import periods
from cases.rules.periods import Bucket, Period, Unit
from cases.vocabulary import Dimension

# Steps of time of which each is answered by kept months and days, up to so many.
LONG_STEPS = {Dimension.MONTH: Unit.MONTH, Dimension.QUARTER: Unit.QUARTER}
MOST_STEPS = 40


def count(question: Question, seer: Seer, *, now: datetime, durations: bool = False) -> Groups:
    """The figures of each group of a question, for what this person may see; a group without rows is left out."""
    brands = brands_of(question, seer)
    if not brands:
        return {}
    plan = Plan(question, seer, brands, now)
    groups = plan.counted()
    if durations and definitions.durations_of(question.population):
        for keys, spans in _spans(question, seer, brands, now).items():
            groups.setdefault(keys, Counted()).durations = spans
    return _merged(question, groups)


def count_slowly(
    question: Question, seer: Seer, *, now: datetime, durations: bool = False, step: Callable[[], None]
) -> Groups:
    """The same counted month by month, with a word after each: what adds up may be counted in parts."""
    whole: Groups = {}
    for part in months_of(question.period):
        for keys, each in count(replace(question, period=part), seer, now=now, durations=durations).items():
            whole.setdefault(keys, Counted()).add(each)
        step()
    return whole


def months_of(period: Period) -> list[Period]:
    """The months of a period by its clocks, the first and the last as far as they belong to it."""
    return [Period(each.start, each.end, period.zone) for each in periods.buckets(period, periods.Unit.MONTH)]


def is_quick(question: Question) -> bool:
    """Whether kept cells answer it, so that its cost does not grow with the period."""
    return kept_dimension(question) is not None


def _spans(question: Question, seer: Seer, brands: Sequence[int], now: datetime) -> Spans:
    """By the hour no histograms are kept: those of months are counted month by month, in one statement."""
    steps = _long_steps(question)
    if not steps:
        return Plan(question, seer, brands, now, spans=True).spans()
    batch = Batch(seer, now, merged_into() if Dimension.CATEGORY in question.filters else {})
    zone = question.period.zone
    parts = {
        each.day.isoformat(): batch.spans(replace(question, period=Period(each.start, each.end, zone), splits=()))
        for each in steps
    }
    batch.run()
    return {(key,): spans for key, part in parts.items() for spans in part().values()}


def _long_steps(question: Question) -> list[Bucket]:
    """The months of a question by months, where kept cells answer each of them; else none."""
    if len(question.splits) != 1 or question.splits[0] not in LONG_STEPS:
        return []
    if kept_dimension(replace(question, splits=()), spans=True) is None:
        return []
    steps = list(periods.buckets(question.period, LONG_STEPS[question.splits[0]]))
    return steps if len(steps) <= MOST_STEPS else []


def _merged(question: Question, groups: Groups) -> Groups:
    now_with = as_now(question)
    found: Groups = {}
    for keys, each in groups.items():
        found.setdefault(now_with(keys), Counted()).add(each)
    return found
