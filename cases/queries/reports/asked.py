"""What was asked of a report, in an address, as JSON, and back: the same words ask the same question again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from cases import errors
from cases.queries.reports.definitions import FIGURES
from cases.queries.reports.figure import Figure
from cases.queries.reports.question import Question
from cases.queries.reports.sources import has
from cases.rules import periods
from cases.rules.periods import Period
from cases.vocabulary import Dimension, Population

COMPARISONS = ("before", "year")
# Says that it is compared with nothing.
NO_COMPARISON = "none"
MOST_SPLITS, MOST_VALUES, LONGEST_VALUE, MOST_SHOWN = 2, 200, 200, 5
DEFAULT_PERIOD = periods.Preset.DAYS_30
WHEN = ("period", "from", "to", "zone")
_DAY = timedelta(days=1)
# Every word of an address that says what is asked.
WORDS = frozenset({*WHEN, "compare", "split", "show", *Dimension.values})


@dataclass(frozen=True, slots=True)
class Asked:
    """A report's name, its period, what it is compared with, its filters and splits, and what a matrix shows.

    A preset moves with the days; ``fixed`` says the same by its dates.
    """

    report: str
    period: Period
    preset: str = ""
    compare: str = ""
    filters: Mapping[Dimension, tuple[str, ...]] = field(default_factory=dict)
    splits: tuple[Dimension, ...] = ()
    shows: tuple[str, ...] = ()

    @classmethod
    def of(cls, report: str, given: Mapping[str, Sequence[str]], *, now: datetime, zone: str) -> Asked:
        """Out of the words of an address; raises what ``periods.parse`` does, NoSuchSplit, TooManySplits."""
        zone = _one(given, "zone") or zone
        preset, from_, to = _one(given, "period"), _one(given, "from"), _one(given, "to")
        if from_ or to:
            preset, period = "", periods.parse(from_ or to, to or from_, zone)
        else:
            preset = preset or DEFAULT_PERIOD.value
            period = periods.preset(preset, now, zone)
        compare = _one(given, "compare")
        return cls(
            report,
            period,
            preset,
            compare if compare in COMPARISONS else "",
            {each: _values(given[each.value]) for each in Dimension if _values(given.get(each.value, ()))},
            _splits(given.get("split", ())),
            tuple(dict.fromkeys(each for each in given.get("show", ()) if each in FIGURES))[:MOST_SHOWN],
        )

    @classmethod
    def of_json(cls, kept: Mapping[str, Any], *, now: datetime) -> Asked:
        """Out of what ``json`` kept."""
        given = {key: [value] if isinstance(value, str) else list(value) for key, value in kept.items()}
        return cls.of(_one(given, "report"), given, now=now, zone="UTC")

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """As the words of an address."""
        from_, to = self.period.written
        when = [("period", self.preset)] if self.preset else [("from", from_), ("to", to)]
        found = [*when, ("zone", self.period.zone)]
        if self.compare:
            found.append(("compare", self.compare))
        found += [(each.value, value) for each, values in self.filters.items() for value in values]
        found += [("split", each.value) for each in self.splits]
        return found + [("show", each) for each in self.shows]

    @property
    def query(self) -> str:
        """As the query string of an address."""
        return urlencode(self.pairs)

    @property
    def json(self) -> dict[str, Any]:
        """As it is kept with a saved report, an export or a long run."""
        kept: dict[str, Any] = {"report": self.report}
        for key, value in self.pairs:
            kept.setdefault(key, []).append(value)
        return kept

    @property
    def fixed(self) -> Asked:
        """The same, by its dates: a link to it shows the same period tomorrow."""
        return replace(self, preset="")

    @property
    def counted(self) -> Asked:
        """What has to be counted for it: whichever figure a matrix shows, it is the same."""
        return replace(self, shows=())

    @property
    def shown(self) -> list[Figure]:
        """The figures that were chosen for what is split by two things."""
        return [FIGURES[each] for each in self.shows] if len(self.splits) == MOST_SPLITS else []

    @property
    def compared(self) -> Period | None:
        """The period it is compared with."""
        if self.compare == "year":
            return periods.same_last_year(self.period)
        return periods.before(self.period) if self.compare else None

    @property
    def dimensions(self) -> set[Dimension]:
        """All by which it is filtered or split."""
        return {*self.splits, *self.filters}

    def question(self, population: Population, *, splits: Sequence[Dimension] | None = None) -> Question:
        """What to count in one population; raises NoSuchSplit where it has no such thing."""
        splits = self.splits if splits is None else tuple(splits)
        for each in (*splits, *self.filters):
            if not has(population, each):
                raise errors.NoSuchSplit(given=each.label)
        return Question(population, self.period, self.filters, tuple(splits))

    def until(self, end: datetime) -> Asked:
        """The same from the beginning of all time to an instant: what is open then is asked so."""
        first, zone = periods.SINCE_EVER, self.period.zone
        start = min(periods.of_days(first, first + _DAY, zone).start, end - _DAY)
        return replace(self, period=Period(start, end, zone), preset="", compare="", splits=(), shows=())

    def with_filter(self, dimension: Dimension, value: str) -> Asked:
        """The same for one value of a dimension only."""
        return replace(self, filters={**self.filters, dimension: (value,)})


def _one(given: Mapping[str, Sequence[str]], name: str) -> str:
    values = given.get(name) or [""]
    return values[0].strip()


def _values(given: Sequence[str]) -> tuple[str, ...]:
    """Each value once, in order; one that cannot be stored finds nothing and is dropped."""
    found = dict.fromkeys(each for each in given if len(each) <= LONGEST_VALUE and "\x00" not in each)
    return tuple(found)[:MOST_VALUES]


def _splits(given: Sequence[str]) -> tuple[Dimension, ...]:
    names = list(dict.fromkeys(each for each in given if each))
    unknown = [each for each in names if each not in Dimension.values]
    if unknown:
        raise errors.NoSuchSplit(given=unknown[0])
    if len(names) > MOST_SPLITS:
        raise errors.TooManySplits
    return tuple(Dimension(each) for each in names)
