"""Returns to regulators: which there are, each with its tables, the cases behind every figure, and as files."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from cases import errors
from cases.queries.reports import return_files, return_runs, returned
from cases.queries.reports.complaints import FORWARDED, ReturnTooLong, Wanted
from cases.queries.reports.return_runs import Known
from cases.rules.return_periods import HALF, QUARTER
from cases.rules.returns_disp import Publication
from cases.rules.returns_tables import Figure, Return, Row, Section
from cases.vocabulary import RunStatus, Status
from cases.vocabulary.returns import RETURNS, TABLES, ReturnName, Table
from cases.web import return_run
from cases.web.export import streamed
from cases.web.report_frame import for_readers
from cases.web.return_picked import Picked

USUAL = {ReturnName.DISP: HALF, ReturnName.CFPB: QUARTER, ReturnName.ACPR: HALF}
PAGE = 50


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure, and where its cases are listed; nothing to list behind none."""

    label: str
    definition: str
    count: int
    money: tuple[tuple[str, Decimal], ...]
    href: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One table of a return; a single line is shown figure under figure with what each means.

    Of many lines only the columns in which some case counts are shown; ``is_cut`` says that there are others.
    """

    key: Table
    title: str | Promise
    heads: list[str]
    columns: list[tuple[str, str]]
    rows: list[tuple[list[str], list[Cell]]]
    is_cut: bool

    @property
    def is_single(self) -> bool:
        """Whether it has one line for everything."""
        return not self.heads


@require_safe
@for_readers
def returns(request: HttpRequest) -> HttpResponse:
    """Which returns there are."""
    picked = Picked.of(request, HALF)
    rows = [(RETURNS[name], reverse("return", args=[name.value]), name) for name in ReturnName]
    return render(request, "report/returns.html", {"picked": picked, "rows": rows})


@require_safe
@for_readers
def return_page(request: HttpRequest, regulator: str) -> HttpResponse:
    """A return for a brand's period: whether it balances, its tables, what was left out and why.

    One that is too long for a page is made in the background, and shown as it was made the last time.
    """
    asked = _name(regulator)
    picked = Picked.of(request, USUAL[asked])
    wanted = _wanted(asked, picked)
    context: dict[str, Any] = {"picked": picked, "name": asked, "words": RETURNS[asked], "forwarded": FORWARDED}
    try:
        known = return_runs.known(wanted)
    except ReturnTooLong:
        known = None
    if known is None or known.is_kept:
        run = return_runs.latest(wanted)
        is_shown = known is None or (run is not None and run.status in {*RunStatus.unfinished(), RunStatus.FAILED})
        context |= {"is_long": True, "is_run_shown": is_shown} | return_run.card(run, asked, picked.query)
    return render(request, "report/return.html", context | (_made(known, asked, picked) if known else {}))


def _made(known: Known, asked: ReturnName, picked: Picked) -> dict[str, Any]:
    made = known.made
    return {
        "made": made,
        "computed": picked.said(made.as_of),
        "balance": _balance(made, picked),
        "sections": [_shown(each, picked, made) for each in made.sections if each.key != Table.BALANCE],
        "publication": _publication(returned.published(made), picked),
        "files": _files(asked, picked),
        "freeze": _freeze(asked, picked),
    }


@require_safe
@for_readers
def behind(request: HttpRequest, regulator: str) -> HttpResponse:
    """The cases behind one figure of a return."""
    asked = _name(regulator)
    picked = Picked.of(request, USUAL[asked])
    wanted = _wanted(asked, picked)
    known = return_runs.known(wanted)
    table, key = request.GET.get("table", ""), request.GET.get("figure", "")
    found = returned.figure_of(known.made, table, _number(request, "line"), key)
    if found is None:
        raise errors.NotFound
    section, row, figure = found
    start = _number(request, "after")
    rows = returned.listed(wanted, known.references(section, row, figure, start=start, most=PAGE))
    here = _behind(asked, picked, section, _number(request, "line"), figure)
    context = {
        "picked": picked,
        "words": RETURNS[asked],
        "title": " · ".join([returned.label(key), *(returned.words(row) if row.keys else [])]),
        "definition": returned.definition(key),
        "figure": figure,
        "computed": picked.said(known.made.as_of),
        "rows": [(each, str(Status(each.status).label)) for each in rows],
        "back": f"{reverse('return', args=[asked.value])}?{picked.query}",
        "first": here if start else "",
        "next": f"{here}&after={start + PAGE}" if start + PAGE < figure.count else "",
    }
    return render(request, "report/return_behind.html", context)


@require_safe
@for_readers
def file(request: HttpRequest, regulator: str, written_as: str) -> HttpResponse:
    """A return as a file: every figure as CSV, as a workbook or as JSON, or the public fields of each complaint."""
    asked = _name(regulator)
    picked = Picked.of(request, USUAL[asked])
    wanted = _wanted(asked, picked)
    if written_as not in return_files.offered(asked):
        raise errors.NotFound
    written = return_files.opened(written_as, return_runs.known(wanted), wanted)
    called, media_type = return_files.file_name(wanted, written_as), return_files.MEDIA_TYPES[written_as]
    response = streamed(request, written, media_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=called)
    return cast("HttpResponse", response)


# ---- what a page shows ----


def _name(name: str) -> ReturnName:
    if name not in set(ReturnName):
        raise errors.NotFound
    return ReturnName(name)


def _wanted(name: ReturnName, picked: Picked) -> Wanted:
    return Wanted(name, picked.brand, picked.span, picked.seer, picked.now)


def _number(request: HttpRequest, name: str) -> int:
    word = request.GET.get(name, "0")
    return int(word) if word.isascii() and word.isdecimal() and len(word) < 9 else 0


def _behind(name: ReturnName, picked: Picked, section: Section, line: int, figure: Figure) -> str:
    asked = picked.kept | {"table": section.key.value, "line": str(line), "figure": str(figure.key)}
    return f"{reverse('return-behind', args=[name.value])}?{urlencode(asked)}"


def _cells(section: Section, line: int, row: Row, picked: Picked, name: ReturnName) -> list[Cell]:
    return [
        Cell(
            returned.label(figure.key),
            returned.definition(figure.key),
            figure.count,
            figure.money,
            _behind(name, picked, section, line, figure) if figure.count else "",
        )
        for figure in row.figures
    ]


def _balance(made: Return, picked: Picked) -> list[Cell]:
    section = made.section(Table.BALANCE)
    return _cells(section, 0, section.rows[0], picked, made.name)


def _shown(section: Section, picked: Picked, made: Return) -> Shown:
    heads = returned.titles(section)
    used = (any(row.figures[place].count for row in section.rows) for place in range(len(section.columns)))
    places = [place for place, is_used in enumerate(used) if is_used or not heads]
    rows = []
    for line, row in enumerate(section.rows):
        cells = _cells(section, line, row, picked, made.name)
        rows.append((returned.words(row), [cells[place] for place in places]))
    columns = [
        (returned.label(section.columns[place]), returned.definition(section.columns[place])) for place in places
    ]
    return Shown(section.key, TABLES[section.key], heads, columns, rows, len(columns) < len(section.columns))


def _publication(found: Publication | None, picked: Picked) -> Publication | None:
    """Only a half-year is published from so many complaints on."""
    return found if picked.span.length == HALF else None


def _files(name: ReturnName, picked: Picked) -> list[tuple[str, str]]:
    return [
        (str(return_files.WORDS[code]), f"{reverse('return-file', args=[name.value, code])}?{picked.query}")
        for code in return_files.offered(name)
    ]


def _freeze(name: ReturnName, picked: Picked) -> str:
    """Where these figures are frozen, for whoever may once the period is over."""
    if not picked.may_sign or not picked.is_over:
        return ""
    return f"{reverse('frozen-periods')}?{urlencode(picked.kept | {'regulator': name.value})}#freeze"
