"""Returns as tables: balance, sections and rows, and the cases behind each figure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from cases.rules.returns import Complaint, Paid, Period
from cases.vocabulary.returns import Counted, ReturnName, Table


@dataclass(frozen=True, slots=True)
class Balance:
    """What came and went: the outstanding at the start, received and reopened are the closed and the outstanding."""

    outstanding_at_start: int
    received: int
    reopened: int
    closed: int
    outstanding_at_end: int

    @property
    def holds(self) -> bool:
        """Whether nothing was lost or counted twice."""
        came = self.outstanding_at_start + self.received + self.reopened
        return came == self.closed + self.outstanding_at_end


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and the cases behind it; of money, the sum in each currency."""

    key: str
    references: tuple[str, ...]
    money: tuple[tuple[str, Decimal], ...] = ()

    @property
    def count(self) -> int:
        """How many complaints it counts."""
        return len(self.references)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: the codes it stands for, their words, and a figure for each column."""

    keys: tuple[str, ...]
    labels: tuple[str, ...]
    figures: tuple[Figure, ...]

    def figure(self, key: str) -> Figure:
        """The figure in the column of that key."""
        return next(figure for figure in self.figures if figure.key == key)


@dataclass(frozen=True, slots=True)
class Section:
    """A table of a return; one without splits has a single line."""

    key: Table
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Return:
    """A regulator's return for a period, as known at an instant; what it is about stands in ``population``."""

    name: ReturnName
    period: Period
    as_of: datetime
    balance: Balance
    sections: tuple[Section, ...]
    population: tuple[str, ...]

    @property
    def is_nil(self) -> bool:
        """Whether there is nothing to report."""
        return not self.population

    def section(self, key: Table) -> Section:
        """The table of that key."""
        return next(section for section in self.sections if section.key == key)


@dataclass(frozen=True, slots=True)
class Marked:
    """A complaint, the figures in which it counts, and the money of each figure of money."""

    complaint: Complaint
    marks: frozenset[str]
    money: Mapping[str, Sequence[Paid]] = field(default_factory=dict)


Label = tuple[str, str]  # a code and its words


@dataclass(frozen=True, slots=True)
class Layout:
    """How a table is laid out: its columns, and on which line a complaint stands; without a split there is one."""

    key: Table
    columns: tuple[str, ...]
    split: Callable[[Complaint], tuple[Label, ...]] | None = None


BALANCE = (
    Counted.OUTSTANDING_AT_START,
    Counted.RECEIVED,
    Counted.REOPENED,
    Counted.CLOSED,
    Counted.OUTSTANDING_AT_END,
)
LEFT_OUT = (Counted.FORWARDED, Counted.MERGED, Counted.DISMISSED)


def by_category(complaint: Complaint) -> tuple[Label, ...]:
    """The one category of a complaint."""
    return ((complaint.category, complaint.category_label),)


def by_cause(complaint: Complaint) -> tuple[Label, ...]:
    """The one cause of a complaint."""
    return ((complaint.cause, complaint.cause_label),)


def by_category_and_cause(complaint: Complaint) -> tuple[Label, ...]:
    """The category and the cause of a complaint."""
    return by_category(complaint) + by_cause(complaint)


def made(
    name: ReturnName, period: Period, as_of: datetime, marked: Iterable[Marked], layouts: Sequence[Layout]
) -> Return:
    """The return out of complaints that say themselves in which figures they count."""
    everything = sorted(marked, key=lambda one: (one.complaint.received_at, one.complaint.reference))
    inside = [one for one in everything if one.marks and not one.marks & set(LEFT_OUT)]
    first = section(inside, Layout(Table.BALANCE, BALANCE))
    balance = Balance(*(figure.count for figure in first.rows[0].figures))
    last = section(everything, Layout(Table.LEFT_OUT, LEFT_OUT))
    sections = (first, *(section(inside, layout) for layout in layouts), last)
    return Return(name, period, as_of, balance, sections, tuple(one.complaint.reference for one in inside))


def section(marked: Iterable[Marked], layout: Layout) -> Section:
    """A table out of complaints in order; the words of a line are the newest complaint's."""
    wanted = frozenset(layout.columns)
    # What has one line keeps it where there is nothing to count.
    lines: dict[tuple[str, ...], dict[str, list[Marked]]] = {} if layout.split else {(): {}}
    labels: dict[tuple[str, ...], tuple[str, ...]] = {(): ()}
    for one in marked:
        counted_in = one.marks & wanted
        if not counted_in:
            continue
        split = layout.split(one.complaint) if layout.split else ()
        keys = tuple(code for code, _ in split)
        labels[keys] = tuple(words for _, words in split)
        line = lines.setdefault(keys, {})
        for key in counted_in:
            line.setdefault(key, []).append(one)
    rows = tuple(
        Row(keys, labels[keys], tuple(_figure(key, lines[keys].get(key, ())) for key in layout.columns))
        for keys in sorted(lines)
    )
    return Section(layout.key, layout.columns, rows)


def _figure(key: str, counted: Sequence[Marked]) -> Figure:
    sums: dict[str, Decimal] = {}
    for one in counted:
        for paid in one.money.get(key, ()):
            sums[paid.currency] = sums.get(paid.currency, Decimal(0)) + paid.amount
    return Figure(key, tuple(one.complaint.reference for one in counted), tuple(sorted(sums.items())))
