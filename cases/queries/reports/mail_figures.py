"""The figures of a report as a mail shows them: each in words with its link, the largest rows, and one sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from urllib.parse import urlencode

from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from cases.queries.authority import said_amount
from cases.queries.reports import answer, labels, shares
from cases.queries.reports.answer import Row, Table
from cases.queries.reports.figure import Duration, Figure
from cases.queries.reports.question import Counted
from cases.vocabulary import Population

# A mail is read on a telephone, and long ones are cut off on their way.
MOST_ROWS, MOST_COLUMNS = 15, 3
NONE = "–"


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of all rows together: what it is called, what it is, what it was before, and its rows."""

    label: str
    value: str
    before: str
    href: str
    definition: str


@dataclass(frozen=True, slots=True)
class Group:
    """One row of a split: its words and its first figures with their links."""

    label: str
    cells: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Part:
    """One table of the report."""

    title: str
    population: str
    lines: Sequence[Line]
    split: str
    columns: Sequence[str]
    groups: Sequence[Group]
    left_out: int
    has_before: bool


def part(table: Table) -> Part:
    """A table as the mail shows it."""
    columns = _columns(table)
    shown = _rows(table, columns)[:MOST_ROWS] if table.splits else []
    groups = [
        Group(
            " · ".join(row.labels),
            [(_counted(each, row.counted), _behind_row(table, each, row)) for each in columns],
        )
        for row in shown
    ]
    return Part(
        str(table.section.title),
        str(table.section.population.label),
        [*_lines(table)],
        " · ".join(str(each.label) for each in table.splits),
        [str(each.label) for each in columns],
        groups,
        len(table.rows) - len(shown) if table.splits else 0,
        table.before is not None,
    )


def sentence(table: Table) -> str:
    """What the first table says, in one sentence."""
    said = _sentence(table.section.population, table.total)
    if said:
        return said
    first, second, *_rest = [*table.figures, *table.figures]
    return _("%(first)s: %(n)s. %(second)s: %(m)s.") % {
        "first": first.label,
        "n": _counted(first, table.total),
        "second": second.label,
        "m": _counted(second, table.total),
    }


def _sentence(population: Population, total: Counted) -> str:
    def n(name: str) -> int:
        return total.counts.get(name, 0)

    if population == Population.CASES and "handled" in total.counts:
        words = ngettext(
            "Of %(all)s complaint received, %(n)s is really handled so far.",
            "Of %(all)s complaints received, %(n)s are really handled so far.",
            n("received"),
        )
        return words % {"all": _number(n("received")), "n": _number(n("handled"))}
    if population == Population.MOVEMENTS:
        return _("%(came)s came in and %(went)s went out.") % {
            "came": _number(n("flow_in")),
            "went": _number(n("flow_out")),
        }
    if population == Population.ACTIONS:
        return _("Of %(all)s actions, %(n)s are done.") % {"all": _number(n("actions")), "n": _number(n("done"))}
    if population == Population.DEADLINES:
        return _("Of %(all)s deadlines, %(n)s were met in time and %(missed)s were missed.") % {
            "all": _number(n("deadlines")),
            "n": _number(n("met")),
            "missed": _number(n("missed")),
        }
    return ""


def _columns(table: Table) -> list[Figure]:
    """The figure that was chosen for it, else those that a picture would show, else the first ones."""
    if table.chosen and table.chosen.name in table.asked.shows:
        return [table.chosen]
    wanted = table.section.charted or table.section.figures
    return [each for each in table.figures if each.name in wanted][:MOST_COLUMNS]


def _rows(table: Table, columns: Sequence[Figure]) -> Sequence[Row]:
    """The rows in their order; those of a chosen figure by that, the greatest first."""
    if len(columns) != 1 or not table.chosen:
        return table.rows
    return sorted(table.rows, key=lambda row: -row.counted.counts.get(columns[0].name, 0))


def _lines(table: Table) -> Iterator[Line]:
    before = table.before
    for figure in table.figures:
        was = _counted(figure, before) if before is not None else ""
        yield Line(
            str(figure.label),
            _counted(figure, table.total),
            was,
            _behind(table, figure.name) if table.total.counts.get(figure.name) else "",
            str(figure.definition),
        )
    for currency in table.currencies:
        for money in table.money:
            yield Line(
                str(money.label),
                _amount(table.total, money.name, currency),
                _amount(before, money.name, currency) if before is not None else "",
                _behind(table, money.name),
                str(money.definition),
            )
    for span in table.durations:
        for share, label in ((0.5, _("%(what)s: half within")), (0.9, _("%(what)s: 9 of 10 within"))):
            now, was = _within(span, share, table.total), _within(span, share, before) if before is not None else ""
            href = _behind(table, span.name) if now != NONE else ""
            yield Line(label % {"what": span.label}, now, was, href, str(span.definition))


def _amount(counted: Counted, name: str, currency: str) -> str:
    return said_amount(counted.money.get(currency, {}).get(name, Decimal(0)), currency)


def _within(span: Duration, share: float, counted: Counted) -> str:
    """After how long it had happened for such a share of all, those who still wait counted in."""
    if not any(counted.durations.get(span.name, ())):
        return NONE
    found = answer.curve(counted, span.name).percentile(share)
    return pgettext("half of the complaints", "not yet") if found is None else labels.known(found)


def _counted(figure: Figure, counted: Counted) -> str:
    if not figure.is_sum:
        return _number(counted.counts.get(figure.name, 0))
    each = shares.each(figure, counted.counts)
    return NONE if each is None else labels.span(round(each / 60))


def _number(n: int) -> str:
    return number_format(n, decimal_pos=0, use_l10n=True, force_grouping=True)


def _behind_row(table: Table, figure: Figure, row: Row) -> str:
    return _behind(table, figure.name, row) if row.counted.counts.get(figure.name) else ""


def _behind(table: Table, figure: str, row: Row | None = None) -> str:
    """Where exactly the rows behind a figure are listed, whenever it is opened."""
    fixed = replace(table, asked=table.asked.fixed)
    pairs = [*fixed.behind(figure, row), ("report", table.asked.report)]
    return f"{settings.SITE_URL}/reports/behind/?{urlencode(pairs)}"
