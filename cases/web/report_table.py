"""A table of a report as its page shows it: lines with figures, each a link, or two splits as a matrix."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from cases.models import Category
from cases.queries.authority import text_of
from cases.queries.reports import answer, labels, shares
from cases.queries.reports.answer import Row, Table
from cases.queries.reports.conditions import is_key
from cases.queries.reports.figure import Figure
from cases.queries.reports.question import Counted
from cases.queries.reports.reading import OF_PEOPLE
from cases.rules.money import SYMBOLS
from cases.vocabulary import OF_TIME, Dimension
from cases.web import report_figures as figures
from cases.web import report_pictures
from cases.web.report_figures import Cell

MOST_ROWS, MOST_COLUMNS = 400, 60
# Steps of time are looked at rather than read: their picture has more.
MOST_STEPS = 120
HEATS = 9
LONG = 16
MOST_BESIDE_MONEY = 8
# Below a matrix of one figure stand all of its rows with all figures, as far as a page has room.
MOST_BESIDE = 100
# What rows and columns come to by the places and keys they are of, now and before.
Sums = dict[tuple[tuple[int, str], ...], tuple[Counted, Counted | None]]


@dataclass(frozen=True, slots=True)
class Head:
    """What a column is called, what it means, and whether it holds numbers."""

    label: str | Promise
    definition: str | Promise = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """A value of a split in words, and what it was called before or went into."""

    text: str
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table."""

    labels: Sequence[Label]
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Shown:
    """A table in words; ``left`` rows did not fit on the page, and nothing is before the step it ``begins`` with."""

    table: Table
    keys: Sequence[Head]
    heads: Sequence[Head]
    lines: Sequence[Line]
    total: Line | None = None
    left: int = 0
    begins: str = ""
    money: Shown | None = None
    is_matrix: bool = False
    is_heat: bool = False
    everything: Shown | None = None
    figure: str = ""
    choices: Sequence[tuple[str, str | Promise]] = field(default_factory=list)

    @property
    def is_folded(self) -> bool:
        """Whether it is a long row of steps of time, which a picture says better."""
        return not self.is_matrix and self.table.splits[0] in OF_TIME and len(self.lines) > LONG

    @property
    def caption(self) -> str:
        """What its heat map shows."""
        return report_pictures.caption(self.table, [self.figure])

    @property
    def lacks(self) -> str:
        """By what it was to be split and is not, because what it counts has no such thing."""
        return ", ".join(str(each.label) for each in self.table.asked.splits if each not in self.table.splits)

    @property
    def definitions(self) -> list[Head]:
        """The columns that mean something."""
        heads = [*self.heads, *(self.money.heads if self.money else ())]
        return [each for each in heads if each.definition]


def shown(table: Table, former: Mapping[str, str]) -> Shown:
    """A table as lines, or as a matrix of one figure where it is split by two things."""
    return _matrix(table, table.chosen, former) if table.chosen else _lines(table, former)


def former_names(tables: Sequence[Table]) -> dict[str, str]:
    """What to say of categories that were renamed, or took others in, by their keys, in at most one query."""
    keys = {
        int(row.keys[place])
        for table in tables
        for place, split in enumerate(table.splits)
        if split == Dimension.CATEGORY
        for row in table.rows
        if is_key(row.keys[place])
    }
    if not keys:
        return {}
    is_renamed = Q(pk__in=keys) & ~Q(former=[])
    rows = Category.objects.filter(is_renamed | Q(merged_into__in=keys)).order_by("pk")
    said: dict[str, list[str]] = {}
    for each in rows:
        if each.former and each.pk in keys:
            said.setdefault(str(each.pk), []).append(_called(each.former[-1]))
        if each.merged_into_id in keys:
            name = text_of(each.label, default="en")
            said.setdefault(str(each.merged_into_id), []).append(_("with “%(name)s”, merged into it") % {"name": name})
    return {key: "; ".join(words) for key, words in said.items()}


def _called(former: Mapping[str, Any]) -> str:
    day = date_format(datetime.fromisoformat(former["until"]), _("j M Y"))
    return _("called “%(name)s” until %(day)s") % {"name": text_of(former["label"], default="en"), "day": day}


def _labels(table: Table, row: Row, former: Mapping[str, str], cut: Collection[str]) -> list[Label]:
    return [
        Label(text, _remark(split, key, former, cut))
        for split, key, text in zip(table.splits, row.keys, row.labels, strict=True)
    ]


def _remark(split: Dimension, key: str, former: Mapping[str, str], cut: Collection[str]) -> str:
    if split == Dimension.CATEGORY:
        return former.get(key, "")
    return _("in part") if split in answer.UNITS and key in cut else ""


# ---- lines ----


def _lines(table: Table, former: Mapping[str, str], most: int = MOST_ROWS) -> Shown:
    cut = figures.cut_steps(table)
    rows = figures.begun(table, MOST_STEPS)
    listed = _listed(table, rows)[:most]
    lines = [Line(_labels(table, row, former, cut), _cells(table, row)) for row in listed]
    total = Line(_all(table), _row_cells(table, table.total, None, table.before)) if len(lines) > 1 else None
    keys = [Head(each.label) for each in table.splits]
    left = len(rows) - len(listed)
    begins = rows[0].labels[0] if len(rows) < len(table.rows) else ""
    return Shown(table, keys, _heads(table), lines, total, left, begins, money=_money(table, former, cut))


def _all(table: Table) -> list[Label]:
    """What the sum of all rows is called, below the first of their names."""
    return [Label(_("All")), *(Label("") for _split in table.splits[1:])]


def _listed(table: Table, rows: Sequence[Row]) -> Sequence[Row]:
    """As many as a page has room for: of steps of time the last."""
    return rows[-MOST_STEPS:] if table.splits and table.splits[0] in OF_TIME else rows[:MOST_ROWS]


def _heads(table: Table) -> list[Head]:
    heads = [Head(each.label, each.definition) for each in table.figures]
    if not _is_apart(table):
        heads += _money_heads(table)
    return heads + [Head(labels.after(each), each.definition) for each in table.durations]


def _money_heads(table: Table) -> list[Head]:
    return [
        Head(f"{each.label}, {SYMBOLS.get(currency, currency)}", each.definition)
        for currency in table.currencies
        for each in table.money
    ]


def _cells(table: Table, row: Row) -> list[Cell]:
    return _row_cells(table, row.counted, row, row.before)


def _row_cells(table: Table, counted: Counted, row: Row | None, before: Counted | None) -> list[Cell]:
    cells = [figures.count_cell(table, each, counted, row, before) for each in table.figures]
    if not _is_apart(table):
        cells += _amounts(table, counted, row)
    return cells + [figures.span_cell(table, each, counted, row, before) for each in table.durations]


def _amounts(table: Table, counted: Counted, row: Row | None) -> list[Cell]:
    return [
        figures.money_cell(table, each.name, currency, counted, row)
        for currency in table.currencies
        for each in table.money
    ]


def _is_apart(table: Table) -> bool:
    """Whether money stands in a table of its own, because there are many counts already."""
    return bool(table.currencies) and len(table.figures) > MOST_BESIDE_MONEY


def _money(table: Table, former: Mapping[str, str], cut: Collection[str]) -> Shown | None:
    """The sums of money apart, of the rows that have any."""
    if not _is_apart(table):
        return None
    rows = _listed(table, [row for row in table.rows if row.counted.money])
    lines = [Line(_labels(table, row, former, cut), _amounts(table, row.counted, row)) for row in rows]
    total = Line(_all(table), _amounts(table, table.total, None)) if len(lines) > 1 else None
    return Shown(table, [Head(each.label) for each in table.splits], _money_heads(table), lines, total)


# ---- two splits ----


def _matrix(table: Table, chosen: Figure, former: Mapping[str, str]) -> Shown:
    """Rows by columns for one figure; the longer of two lists goes down, hours go across."""
    across = _across(table)
    down = 1 - across
    rows, columns = _room(table, down, MOST_ROWS), _room(table, across, MOST_COLUMNS)
    cut = figures.cut_steps(table)
    is_hours = table.splits[across] == Dimension.HOUR
    by_keys = {row.keys: row for row in table.rows}
    sums = _sums(table)
    most = max((_size(chosen, row.counted) for row in table.rows), default=0)
    lines = []
    for key, label in rows:
        cells = []
        for other, _label in columns:
            row = by_keys.get((key, other) if across == 1 else (other, key))
            cells.append(_heated(table, chosen, row, most))
        if not is_hours:
            cells.append(_sum(table, chosen, sums, (down, key)))
        lines.append(Line([Label(label, _remark(table.splits[down], key, former, cut))], cells))
    by = table.splits[across]
    heads = [Head(_step(by, key, label, cut)) for key, label in columns]
    total = None
    if not is_hours:
        heads.append(Head(_("All")))
        last = [_sum(table, chosen, sums, (across, key)) for key, _label in columns]
        total = Line([Label(_("All"))], [*last, _sum(table, chosen, sums)])
    return Shown(
        table,
        [Head(table.splits[down].label)],
        heads,
        lines,
        total,
        left=max(len(_order(table, down)) - MOST_ROWS, 0) + max(len(_order(table, across)) - MOST_COLUMNS, 0),
        is_matrix=True,
        is_heat=is_hours,
        everything=None if is_hours else _lines(table, former, MOST_BESIDE),
        figure=chosen.name,
        choices=[(each.name, each.label) for each in table.figures],
    )


def _sum(table: Table, figure: Figure, sums: Sums, *of: tuple[int, str]) -> Cell:
    """What a row or a column of a matrix comes to, or all of it, and how that changed."""
    counted, before = sums[of]
    asked = table.narrowed()
    for place, key in of:
        asked = asked.with_filter(table.splits[place], key)
    pairs = [("figure", figure.name), *asked.pairs, ("report", asked.report)]
    cell = _cell(table, figure, counted, None)
    found = figures.delta(table, figure, counted, before)
    # Of a part only what chance does not explain is said, of the whole also that chance explains it.
    changed = found if not of or (found and found.is_real) else None
    return replace(cell, href=figures.behind_of(pairs) if cell.value else "", delta=changed)


def _sums(table: Table) -> Sums:
    """All of it, each row and each column, with the same of the period before where that has the same ones."""
    found: Sums = {(): (Counted(), table.before and Counted(table.before.counts))}
    for row in table.rows:
        for of in ((), *((each,) for each in enumerate(row.keys))):
            counted, before = found.setdefault(of, (Counted(), Counted() if row.before else None))
            counted.add(Counted(row.counted.counts))
            if of and before and row.before:
                before.add(Counted(row.before.counts))
    return found


def _across(table: Table) -> int:
    """Which of the two splits goes across."""
    if Dimension.HOUR in table.splits:
        return table.splits.index(Dimension.HOUR)
    counts = [len({row.keys[place] for row in table.rows}) for place in (0, 1)]
    return 0 if counts[1] > max(counts[0], 12) else 1


def _step(by: Dimension, key: str, label: str, cut: Collection[str]) -> str:
    """What a column is called; of a step of time that the period holds only in part, also that."""
    if by == Dimension.HOUR:
        return key
    name = figures.short(by, key, label)
    return _("%(step)s, in part") % {"step": name} if by in answer.UNITS and key in cut else name


def _room(table: Table, place: int, most: int) -> list[tuple[str, str]]:
    """As many values of one split as there is room for: of steps of time the last."""
    found = _order(table, place)
    return found[-most:] if table.splits[place] in answer.UNITS else found[:most]


def _order(table: Table, place: int) -> list[tuple[str, str]]:
    """The values of one split with their words: by time, else the greatest first."""
    sums: dict[str, int] = {}
    words = {}
    first = table.section.figures[0]
    for row in table.rows:
        sums[row.keys[place]] = sums.get(row.keys[place], 0) + row.counted.counts.get(first, 0)
        words[row.keys[place]] = row.labels[place]
    if table.splits[place] in OF_TIME:
        return sorted(words.items())
    if table.splits[place] == Dimension.SEVERITY:
        return sorted(words.items(), reverse=True)
    if table.splits[place] in (Dimension.BAND, Dimension.AGE):
        return sorted(words.items(), key=lambda each: (not each[0], int(each[0] or 0)))
    if table.splits[place] in OF_PEOPLE:
        return sorted(words.items(), key=lambda each: (not each[0], each[1].casefold()))
    return sorted(words.items(), key=lambda each: (-sums[each[0]], each[1]))


def _heated(table: Table, figure: Figure, row: Row | None, most: float) -> Cell:
    size = _size(figure, row.counted) if row else 0
    if not row or not size:
        return Cell("0", 0, heat=0)
    heat = min(HEATS, 1 + int(size / most * (HEATS - 0.001)))
    return replace(_cell(table, figure, row.counted, row), heat=heat)


def _size(figure: Figure, counted: Counted) -> float:
    """How much there is of a figure; of time that went by, for each complaint."""
    return (shares.each(figure, counted.counts) or 0) if figure.is_sum else counted.counts.get(figure.name, 0)


def _cell(table: Table, figure: Figure, counted: Counted, row: Row | None) -> Cell:
    """The figure alone: what part it is of another stands below the matrix."""
    return replace(figures.count_cell(table, figure, counted, row, None), share=None)
