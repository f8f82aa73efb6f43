"""What is asked of a report, and what comes out of counting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from cases.rules.periods import Period
from cases.vocabulary import Dimension, Population

Keys = tuple[str, ...]
Filters = Mapping[Dimension, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Question:
    """What to count: which population, of which period, filtered and split by which dimensions; all its figures where
    none is named."""

    population: Population
    period: Period
    filters: Filters = field(default_factory=dict)
    splits: tuple[Dimension, ...] = ()
    figures: tuple[str, ...] = ()


@dataclass(slots=True)
class Counted:
    """The figures of one group; money for each currency, and of each duration what happened and what is censored."""

    counts: dict[str, int] = field(default_factory=dict)
    money: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    durations: dict[str, tuple[int, int]] = field(default_factory=dict)

    def add(self, other: Counted) -> None:
        """Count another group in."""
        for name, n in other.counts.items():
            self.counts[name] = self.counts.get(name, 0) + n
        for currency, sums in other.money.items():
            mine = self.money.setdefault(currency, {})
            for name, amount in sums.items():
                mine[name] = mine.get(name, Decimal(0)) + amount
        for name, (happened, censored) in other.durations.items():
            before = self.durations.get(name, (0, 0))
            self.durations[name] = (before[0] + happened, before[1] + censored)


Groups = dict[Keys, Counted]


def total(groups: Groups) -> Counted:
    """All groups together."""
    whole = Counted()
    for each in groups.values():
        whole.add(each)
    return whole
