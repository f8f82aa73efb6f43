"""Of what a figure is a share, and whether it differs from the period before by more than chance."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from cases.queries.reports import definitions
from cases.queries.reports.answer import Table
from cases.queries.reports.catalogue import Section
from cases.queries.reports.figure import Figure
from cases.queries.reports.question import Counted
from cases.rules import significance
from cases.rules.significance import Difference
from cases.vocabulary import Population

# Most figures are a part of the first of their table; these are a part of another one, or of none.
_OF: Final = {
    "proven": "done",
    "done_late": "done",
    "confirmed_kept": "promised",
    "denied": "promised",
    "replied_public": "public_posts",
    "praise_answered": "praise",
    "moved": "",
    "dropped": "",
    "ended": "",
}
_DAY = timedelta(days=1)


def whole_of(table: Table, figure: Figure) -> str:
    """The name of the figure that this one is a part of; '' where it is a figure of its own."""
    return part_of(table.section, figure)


def part_of(section: Section, figure: Figure) -> str:
    """The same for any table of a section."""
    first = section.figures[0]
    if section.population == Population.MOVEMENTS or figure.is_sum or figure.name == first:
        return ""
    whole = _OF.get(figure.name, first)
    return whole if whole in section.figures else ""


def each(figure: Figure, counts: Mapping[str, int]) -> float | None:
    """Of what is added up, how much of it there is for each row of the population; None of no rows."""
    of = counts.get(definitions.of(figure.population)[0].name, 0)
    return counts.get(figure.name, 0) / of if of else None


def difference(table: Table, figure: Figure, now: Counted, before: Counted | None) -> Difference | None:
    """How a figure differs from the period before: as a share where it is a part, else by how many there are a day."""
    compared = table.asked.compared
    if before is None or compared is None or figure.is_sum:
        return None
    count, was = now.counts.get(figure.name, 0), before.counts.get(figure.name, 0)
    whole = whole_of(table, figure)
    if whole:
        return significance.shares(count, now.counts.get(whole, 0), was, before.counts.get(whole, 0))
    return significance.rates(count, table.asked.period.length / _DAY, was, compared.length / _DAY)
