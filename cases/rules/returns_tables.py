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
    """How many complaints it counts, and which where they are kept; of money, the sum in each currency."""

    key: str
    count: int
    money: tuple[tuple[str, Decimal], ...] = ()
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: the codes it stands for, their words, and a figure for each column.

    ``number`` is the place that it had while it was counted, by which complaints remember their line.
    """

    keys: tuple[str, ...]
    labels: tuple[str, ...]
    figures: tuple[Figure, ...]
    number: int = 0

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
    """A regulator's return for a period, as known at an instant: its tables, and how many complaints it is about."""

    name: ReturnName
    period: Period
    as_of: datetime
    sections: tuple[Section, ...]
    complaints: int

    @property
    def is_nil(self) -> bool:
        """Whether there is nothing to report."""
        return not self.complaints

    @property
    def balance(self) -> Balance:
        """What came and went."""
        return Balance(*(figure.count for figure in self.section(Table.BALANCE).rows[0].figures))

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


@dataclass(frozen=True, slots=True)
class Counting:
    """How a return counts: in which figures a complaint counts, and its tables between the balance and the left out."""

    name: ReturnName
    mark: Callable[[Complaint], Marked]
    layouts: Sequence[Layout]

    @property
    def tables(self) -> tuple[Layout, ...]:
        """Every table in its order."""
        return (Layout(Table.BALANCE, BALANCE), *self.layouts, Layout(Table.LEFT_OUT, LEFT_OUT))


BALANCE = (
    Counted.OUTSTANDING_AT_START,
    Counted.RECEIVED,
    Counted.REOPENED,
    Counted.CLOSED,
    Counted.OUTSTANDING_AT_END,
)
LEFT_OUT = (Counted.FORWARDED, Counted.MERGED, Counted.DISMISSED)


def by_causes(columns: tuple[str, ...]) -> tuple[Layout, ...]:
    """Why people complain: in all, by category, by cause, and by both."""
    return (
        Layout(Table.TOTAL, columns),
        Layout(Table.BY_CATEGORY, columns, _by_category),
        Layout(Table.BY_CAUSE, columns, _by_cause),
        Layout(Table.BY_CATEGORY_AND_CAUSE, columns, _by_category_and_cause),
    )


def _by_category(complaint: Complaint) -> tuple[Label, ...]:
    """The one category of a complaint."""
    return ((complaint.category, complaint.category_label),)


def _by_cause(complaint: Complaint) -> tuple[Label, ...]:
    """The one cause of a complaint."""
    return ((complaint.cause, complaint.cause_label),)


def _by_category_and_cause(complaint: Complaint) -> tuple[Label, ...]:
    """The category and the cause of a complaint."""
    return _by_category(complaint) + _by_cause(complaint)


def made(counting: Counting, period: Period, as_of: datetime, complaints: Iterable[Complaint]) -> Return:
    """The return out of complaints in any order, with those behind each figure."""
    tally = Tally(counting, keeps=True)
    for one in sorted(complaints, key=lambda one: (one.received_at, one.reference)):
        tally.add(one)
    return tally.made(period, as_of)


class Tally:
    """A return that grows by one complaint after the other, in their order; the words of a line are the newest one's.

    What it holds grows with the lines of its tables, unless it ``keeps`` which complaints stand behind each figure.
    """

    def __init__(self, counting: Counting, *, keeps: bool = False) -> None:
        self.counting = counting
        self.tables = [_Lines(layout, keeps=keeps) for layout in counting.tables]
        self.complaints = 0

    def add(self, complaint: Complaint) -> tuple[Marked, tuple[int, ...]]:
        """Count one in: the figures in which it counts, and the number of its line in each table."""
        one = self.counting.mark(complaint)
        is_left_out = not one.marks.isdisjoint(LEFT_OUT)
        self.complaints += bool(one.marks) and not is_left_out
        numbers = [NOWHERE if is_left_out else table.add(one) for table in self.tables[:-1]]
        return one, (*numbers, self.tables[-1].add(one))

    def made(self, period: Period, as_of: datetime) -> Return:
        """The return out of what was counted so far."""
        sections = tuple(table.section() for table in self.tables)
        return Return(self.counting.name, period, as_of, sections, self.complaints)


NOWHERE = -1


@dataclass(slots=True)
class _Line:
    """One line of a table while it is counted."""

    number: int
    labels: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    sums: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    references: dict[str, list[str]] = field(default_factory=dict)

    def figure(self, key: str) -> Figure:
        sums = tuple(sorted(self.sums.get(key, {}).items()))
        return Figure(key, self.counts.get(key, 0), sums, tuple(self.references.get(key, ())))


class _Lines:
    """One table while it is counted."""

    def __init__(self, layout: Layout, *, keeps: bool) -> None:
        self.layout, self.keeps = layout, keeps
        self.wanted = frozenset(layout.columns)
        # What has one line keeps it where there is nothing to count.
        self.lines: dict[tuple[str, ...], _Line] = {} if layout.split else {(): _Line(0)}

    def add(self, one: Marked) -> int:
        """Count one in; the number of its line, or NOWHERE."""
        counted_in = one.marks & self.wanted
        if not counted_in:
            return NOWHERE
        split = self.layout.split(one.complaint) if self.layout.split else ()
        keys = tuple(code for code, _ in split)
        line = self.lines.get(keys)
        if line is None:
            line = self.lines[keys] = _Line(len(self.lines))
        line.labels = tuple(words for _, words in split)
        for key in counted_in:
            line.counts[key] = line.counts.get(key, 0) + 1
            for paid in one.money.get(key, ()):
                sums = line.sums.setdefault(key, {})
                sums[paid.currency] = sums.get(paid.currency, Decimal(0)) + paid.amount
            if self.keeps:
                line.references.setdefault(key, []).append(one.complaint.reference)
        return line.number

    def section(self) -> Section:
        """The table as it stands."""
        rows = tuple(
            Row(keys, line.labels, tuple(line.figure(key) for key in self.layout.columns), line.number)
            for keys, line in sorted(self.lines.items(), key=lambda each: each[0])
        )
        return Section(self.layout.key, self.layout.columns, rows)
