"""Everything the front page of reports says, counted in one statement, for what one person may see.

What belongs to the period is counted over it; what is open, stuck or due today is so now, whatever the period.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from cases.models import Category, Seer
from cases.queries.authority import text_of
from cases.queries.reports import now_open, rising
from cases.queries.reports.asked import Asked
from cases.queries.reports.batch import Batch, Rows, Spans
from cases.queries.reports.now_open import Open
from cases.queries.reports.question import Counted, Groups, Question, total
from cases.queries.reports.reading import reader
from cases.queries.reports.weekly import Weekly
from cases.rules import pareto, periods, survival, trends
from cases.rules.pareto import Row
from cases.rules.periods import Period, Preset, Unit
from cases.rules.survival import Curve
from cases.rules.trends import Direction
from cases.vocabulary import OF_TIME, Dimension, Population

CAUSES = 7
# What the page shows.
STEPS = ("received", "answered", "private", "handled", "confirmed", "reopened")
PROMISES = ("promises", "kept", "kept_late", "broken", "to_keep")
DUE = ("to_keep", "not_begun")
FLOW = ("flow_in", "flow_out", "flow_received", "flow_reopened")
_SideParts = tuple[Callable[[], Groups], Callable[[], Spans], Callable[[], Groups]]
SPANS = ("to_reply", "to_decision", "to_handled")


@dataclass(frozen=True, slots=True)
class Balance:
    """What was open at the start, came and went, and is open at the end; the last counted from the cases themselves."""

    at_start: int
    moved: Counted
    at_end: int

    @property
    def expected(self) -> int:
        """What must be open at the end by what came and went."""
        return self.at_start + self.moved.counts.get("flow_in", 0) - self.moved.counts.get("flow_out", 0)

    @property
    def holds(self) -> bool:
        """Whether both come to the same."""
        return self.expected == self.at_end


@dataclass(frozen=True, slots=True)
class Cause:
    """One category, or all the rest, with its complaints, its share up to here, and where it is going."""

    row: Row[str]
    label: str
    direction: Direction


@dataclass(frozen=True, slots=True)
class Side:
    """The figures of one period."""

    period: Period
    counted: Counted
    curves: Mapping[str, Curve]
    promises: Counted


@dataclass(frozen=True, slots=True)
class Front:
    """The front page: this period, the one it is compared with, what is open now, and why people complain."""

    asked: Asked
    now: datetime
    this: Side
    before: Side | None
    open: Open
    balance: Balance | None
    due_today: Counted
    causes: Sequence[Cause]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to say of the period, nor of today."""
        return not (self.this.counted.counts.get("received") or self.open.n or self.this.promises.counts)


@dataclass(frozen=True, slots=True)
class _Category:
    label: str
    into: str


class _Parts:
    """What is asked of the batch, before it is run."""

    def __init__(self, asked: Asked, batch: Batch, seer: Seer, now: datetime, *, every: bool) -> None:
        self.asked, self.batch, self.now, self.every = asked, batch, now, every
        self.ever = periods.preset(Preset.EVERYTHING, now, asked.period.zone)
        self.this = self._side(asked.period, Dimension.CATEGORY)
        self.before = self._side(asked.compared) if asked.compared else None
        today = periods.preset(Preset.TODAY, now, asked.period.zone)
        self.due_today = batch.count(self._of(Population.PROMISES, today, DUE))
        self.open = now_open.ask(batch, self._of(Population.CASES, self.ever), seer)
        # Weeks of UTC, of which days are kept.
        self.weeks = rising.weeks_of(replace(asked.period, zone="UTC"), now)
        self.by_week = self._by_week()
        self.flow = self._flow()

    def _of(
        self, population: Population, period: Period, figures: tuple[str, ...] = (), split: Dimension | None = None
    ) -> Question:
        question = self.asked.question(population, splits=(split,) if split else ())
        return replace(question, period=period, figures=() if self.every else figures)

    def _side(self, period: Period, split: Dimension | None = None) -> _SideParts:
        return (
            self.batch.count(self._of(Population.CASES, period, STEPS, split)),
            self.batch.spans(self._of(Population.CASES, period)),
            self.batch.count(self._of(Population.PROMISES, period, PROMISES)),
        )

    def _flow(self) -> list[Callable[[], Groups]]:
        """What came and went before the period, in it, and since; nothing where a filter depends on the clock."""
        if OF_TIME & self.asked.dimensions:
            return []
        period = self.asked.period
        ends = max(period.end, self.ever.end)
        cut = (min(self.ever.start, period.start), period.start, period.end, ends)
        return [
            self.batch.count(self._of(Population.MOVEMENTS, Period(start, end, period.zone), FLOW))
            for start, end in pairwise(cut)
        ]

    def _by_week(self) -> Callable[[], Rows]:
        weekly = self.batch.planned(Weekly, self._of(Population.CASES, self.weeks))
        mondays = [each.start for each in periods.buckets(self.weeks, Unit.WEEK)]
        return self.batch.rows(weekly.statement, weekly.parameters | {"mondays": mondays}, width=3)


def front(asked: Asked, seer: Seer, *, now: datetime, every: bool = False) -> Front:
    """The front page for what this person may see, with ``every`` figure or those it shows.

    Raises NotAllowed, SplitNotAllowed, NoSuchSplit.
    """
    seer = reader(seer, asked.dimensions)
    asked = replace(asked, splits=())
    categories = _categories(seer)
    batch = Batch(seer, now, {key: each.into for key, each in categories.items() if each.into})
    parts = _Parts(asked, batch, seer, now, every=every)
    batch.run()
    counted = parts.this[0]()
    opened = parts.open()
    return Front(
        asked,
        now,
        _answered(asked.period, parts.this),
        _answered(asked.compared, parts.before) if asked.compared and parts.before else None,
        opened,
        _balance([total(each()) for each in parts.flow], opened.n),
        total(parts.due_today()),
        _causes(counted, _trends(parts, categories), categories),
    )


def _answered(period: Period, parts: _SideParts) -> Side:
    counted, spans, promises = parts
    held = spans().get((), {})
    curves = {name: survival.curve(*held.get(name, (0, 0))) for name in SPANS}
    return Side(period, total(counted()), curves, total(promises()))


def _balance(flow: Sequence[Counted], open_now: int) -> Balance | None:
    if not flow:
        return None
    earlier, moved, since = flow
    return Balance(_rest(earlier), moved, open_now - _rest(since))


def _rest(moved: Counted) -> int:
    return moved.counts.get("flow_in", 0) - moved.counts.get("flow_out", 0)


def _categories(seer: Seer) -> dict[str, _Category]:
    rows = Category.objects.filter(brand__in=seer.brand_ids).values_list("pk", "label", "merged_into_id")
    return {str(key): _Category(text_of(label, default="en"), str(into or "")) for key, label, into in rows}


def _now_with(key: str, categories: Mapping[str, _Category]) -> str:
    """The category that one counts with today."""
    return categories[key].into or key if key in categories else key


def _trends(parts: _Parts, categories: Mapping[str, _Category]) -> dict[str, Direction]:
    weeks: dict[str, list[int]] = {}
    for key, week, n in parts.by_week():
        weeks.setdefault(_now_with(key, categories), [0] * rising.WEEKS)[week] += n
    return {key: each.direction for key, each in trends.trends(weeks).items()}


def _causes(groups: Groups, going: Mapping[str, Direction], categories: Mapping[str, _Category]) -> list[Cause]:
    counts: dict[str, int] = {}
    for (key,), each in groups.items():
        now = _now_with(key, categories)
        counts[now] = counts.get(now, 0) + each.counts.get("received", 0)
    rows = pareto.pareto(dict(sorted(counts.items())), keep=CAUSES)
    return [_cause(row, going, categories) for row in rows]


def _cause(row: Row[str], going: Mapping[str, Direction], categories: Mapping[str, _Category]) -> Cause:
    if row.is_rest:
        return Cause(row, "", Direction.STEADY)
    [key] = row.keys
    label = categories[key].label if key in categories else ""
    return Cause(row, label, going.get(key, Direction.STEADY))
