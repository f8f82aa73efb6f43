"""All that a report shows as tables of one file: every figure of all rows together, and each table with its groups."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from cases import errors
from cases.models import Seer
from cases.queries.reports import answer, rows, tabled
from cases.queries.reports.answer import Table
from cases.queries.reports.asked import Asked
from cases.queries.reports.catalogue import REPORTS, Section
from cases.queries.reports.rows import Rows
from cases.queries.reports.sources import has
from cases.rules.exporting import Heading, Value
from cases.vocabulary import Population

# The front page has no tables of its own.
FRONT = "front"
# What a mail, and its file, say of the front page.
FRONT_SECTIONS = (
    Section(
        "complaints",
        lazy("Complaints"),
        Population.CASES,
        ("received", "answered", "private", "handled", "confirmed", "reopened", "open"),
        (),
        durations=("to_reply", "to_decision", "to_handled"),
    ),
    Section(
        "promises",
        lazy("Promises"),
        Population.PROMISES,
        ("promises", "kept", "kept_late", "broken", "to_keep"),
        (),
    ),
    Section("now", lazy("Open now, whenever received"), Population.CASES, ("open", "stuck"), ()),
)


@dataclass(frozen=True, slots=True)
class Part:
    """One table of the file: what it is called by programs and by people, the sections it is of, and its rows."""

    name: str
    title: str
    sections: Sequence[Section]
    rows: Rows


def sections_of(asked: Asked) -> list[Section]:
    """What the report shows, as far as it can be filtered so; raises NotFound, and NoSuchSplit where nothing can."""
    report = REPORTS.get(asked.report)
    if report is None and asked.report != FRONT:
        raise errors.NotFound
    sections = report.sections if report else FRONT_SECTIONS
    fitting = [each for each in sections if all(has(each.population, by) for by in asked.filters)]
    if not fitting:
        asked.question(sections[0].population, splits=())
    return fitting


def asked_for(section: Section, asked: Asked, now: datetime) -> Asked:
    """What is asked of one of its sections: what is open now is so whatever the period."""
    return replace(asked.until(now), compare="") if section is FRONT_SECTIONS[-1] else asked


def refuse_other_splits(asked: Asked) -> None:
    """Refuse a split that none of its tables has, as its page does; raises what ``sections_of`` does, NoSuchSplit."""
    sections = sections_of(asked)
    for by in asked.splits:
        if not any(has(each.population, by) for each in sections):
            raise errors.NoSuchSplit(given=by.label)


def parts(asked: Asked, seer: Seer, *, now: datetime, step: Callable[[], None]) -> Generator[Part]:
    """Every table, one after the other; ``step`` is called after each part of the counting.

    The front page has complaints instead of groups: one row for each. Raises what ``answer`` does.
    """
    sections = sections_of(asked)
    tables = [answer.table(asked_for(each, asked, now), each, seer, now=now, step=step) for each in sections]
    yield Part("figures", _("All figures"), sections, _figures(tables))
    for table in tables:
        if table.splits:
            yield Part(table.section.name, str(table.section.title), [table.section], tabled.of_table(table))
    if asked.report == FRONT:
        with rows.opened(asked, sections[0].population, seer, now=now) as found:
            yield Part("rows", _("Rows"), sections[:1], found)


def _figures(tables: Sequence[Table]) -> Rows:
    """Each figure of all rows of a table together on a line of its own, and what it was in the period before."""
    is_compared = any(table.before is not None for table in tables)
    headings = [
        Heading("table", _("Table"), is_words=True),
        Heading("figure", _("Figure"), is_words=True),
        Heading("value", _("This period")),
        *([Heading("before", _("The period before"))] if is_compared else []),
    ]
    found = [line for table in tables for line in _lines(table, is_compared=is_compared)]
    return Rows(headings, len(found), iter([found] if found else []))


def _lines(table: Table, *, is_compared: bool) -> Iterator[list[Value]]:
    for heading, value, was in tabled.totals(table):
        line: list[Value] = [str(table.section.title), heading.label, value]
        yield [*line, was] if is_compared else line
