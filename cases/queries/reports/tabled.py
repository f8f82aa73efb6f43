"""The table of a report as rows of an export: every group with its figures, and those of the period before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from cases import errors
from cases.models import Seer
from cases.queries.reports import answer
from cases.queries.reports.answer import Row, Table
from cases.queries.reports.asked import Asked
from cases.queries.reports.catalogue import REPORTS, Section
from cases.queries.reports.figure import Figure, Words
from cases.queries.reports.question import Counted
from cases.queries.reports.reading import reader
from cases.queries.reports.rows import Rows
from cases.rules.exporting import Heading, Value


def section_of(asked: Asked, name: str = "") -> Section:
    """The section of the report that was asked for, the first one unless named; raises NotFound."""
    report = REPORTS.get(asked.report)
    found = [each for each in report.sections if name in {"", each.name}] if report else []
    if not found:
        raise errors.NotFound
    return found[0]


def opened(asked: Asked, name: str, seer: Seer, *, now: datetime, step: Callable[[], None]) -> Rows:
    """The table counted, however long that takes; ``step`` is called after each part. Raises what ``answer`` does."""
    section = section_of(asked, name)
    return of_table(answer.table(asked, section, reader(seer, asked.dimensions), now=now, step=step))


def of_table(table: Table) -> Rows:
    """The same of a table that is counted."""
    headings = [Heading(each.value, str(each.label), is_words=True) for each in table.splits]
    headings += _headings(table, "", "")
    if table.before is not None:
        headings += _headings(table, "before_", _("before:"))
    rows = [_row(table, each) for each in table.rows]
    return Rows(headings, len(rows), iter([rows] if rows else []))


def totals(table: Table) -> Iterator[tuple[Heading, Value, Value]]:
    """Each figure of all rows of a table together, and what it was in the period before, where one was counted."""
    before = None if table.before is None else [*_figures(table, table.before)]
    for place, (heading, value) in enumerate(zip(_headings(table, "", ""), _figures(table, table.total), strict=True)):
        yield heading, value, None if before is None else before[place]


def _headings(table: Table, prefix: str, before: str) -> Iterator[Heading]:
    def heading(name: str, label: Words, unit: str = "") -> Heading:
        words = " ".join(filter(None, [before, str(label), f"({unit})" if unit else ""]))
        return Heading(f"{prefix}{name}", words)

    for figure in _columns(table):
        yield heading(figure.name, figure.label, _("seconds, of all complaints together") if figure.is_sum else "")
    for currency in _currencies(table):
        for money in table.money:
            yield heading(f"{money.name}_{currency}", money.label, currency)
    for span in table.durations:
        yield heading(f"{span.name}_median", span.label, _("median, minutes"))
        yield heading(f"{span.name}_p90", span.label, _("90th percentile, minutes"))
        yield heading(f"{span.name}_open", span.label, _("still waiting"))


def _row(table: Table, row: Row) -> list[Value]:
    values: list[Value] = [*row.labels, *_figures(table, row.counted)]
    if table.before is not None:
        values += _figures(table, row.before or Counted())
    return values


def _figures(table: Table, counted: Counted) -> Iterator[Value]:
    for figure in _columns(table):
        yield counted.counts.get(figure.name, 0)
    for currency in _currencies(table):
        for money in table.money:
            yield counted.money.get(currency, {}).get(money.name, Decimal(0))
    for span in table.durations:
        curve = answer.curve(counted, span.name)
        yield from (curve.percentile(0.5), curve.percentile(0.9), curve.still_open)


def _columns(table: Table) -> list[Figure]:
    """The counted figures, that which was chosen for two splits before the others."""
    return sorted(table.figures, key=lambda each: each is not table.chosen)


def _currencies(table: Table) -> Sequence[str]:
    before = table.before.money if table.before is not None else {}
    return sorted({*table.total.money, *before}) if table.money else []
