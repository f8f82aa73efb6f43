"""Returns to regulators: which there are, each with its tables, the cases behind every figure, and as files."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any, cast
from urllib.parse import urlencode

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cases import errors
from cases.queries.reports import definitions, returned
from cases.queries.reports.complaints import FORWARDED, ReturnTooLong, Wanted
from cases.rules.export_csv import CsvRows
from cases.rules.export_xlsx import XlsxRows
from cases.rules.exporting import Line, Writer, plain
from cases.rules.return_periods import HALF, QUARTER
from cases.rules.returns_disp import Publication
from cases.rules.returns_tables import Figure, Return, Row, Section
from cases.rules.spreadsheet import neutral
from cases.vocabulary import Status
from cases.vocabulary.returns import FIGURES, RETURNS, TABLES, ReturnName, Table
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
    """A return for a brand's period: whether it balances, its tables, what was left out and why."""
    asked = _name(regulator)
    picked = Picked.of(request, USUAL[asked])
    context: dict[str, Any] = {"picked": picked, "name": asked, "words": RETURNS[asked], "forwarded": FORWARDED}
    try:
        made = returned.make(_wanted(asked, picked))
    except ReturnTooLong as refused:
        return render(request, "report/return.html", context | {"refusal": refused}, status=refused.status)
    context |= {
        "made": made,
        "balance": _balance(made, picked),
        "sections": [_shown(each, picked, made) for each in made.sections if each.key != Table.BALANCE],
        "publication": _publication(returned.published(made), picked),
        "files": _files(asked, picked),
        "freeze": _freeze(asked, picked),
    }
    return render(request, "report/return.html", context)


@require_safe
@for_readers
def behind(request: HttpRequest, regulator: str) -> HttpResponse:
    """The cases behind one figure of a return."""
    asked = _name(regulator)
    picked = Picked.of(request, USUAL[asked])
    wanted = _wanted(asked, picked)
    table, key = request.GET.get("table", ""), request.GET.get("figure", "")
    found = returned.figure_of(returned.make(wanted), table, _number(request, "line"), key)
    if found is None:
        raise errors.NotFound
    section, row, figure = found
    start = _number(request, "after")
    rows = returned.listed(wanted, figure.references[start : start + PAGE])
    here = _behind(asked, picked, section, _number(request, "line"), figure)
    context = {
        "picked": picked,
        "words": RETURNS[asked],
        "title": " · ".join([returned.label(key), *(returned.words(row) if row.keys else [])]),
        "definition": returned.definition(key),
        "figure": figure,
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
    write = WRITERS.get(written_as)
    if write is None or (written_as == "public" and asked != ReturnName.CFPB):
        raise errors.NotFound
    picked = Picked.of(request, USUAL[asked])
    out = cast("IO[bytes]", tempfile.TemporaryFile())  # noqa: SIM115 - the answer closes it
    write(out, _wanted(asked, picked), picked)
    out.seek(0)
    ending = {"public": "csv"}.get(written_as, written_as)
    called = f"{asked.value}-{picked.brand.slug}-{picked.span.name}{'-public' if written_as == 'public' else ''}"
    sent = FileResponse(out, as_attachment=True, filename=f"{called}.{ending}", content_type=MEDIA_TYPES[ending])
    return cast("HttpResponse", sent)


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
    said = {"csv": _("CSV"), "xlsx": _("Excel workbook"), "json": _("JSON")}
    if name == ReturnName.CFPB:
        said["public"] = _("The 18 public fields of each complaint (CSV)")
    return [
        (label, f"{reverse('return-file', args=[name.value, code])}?{picked.query}") for code, label in said.items()
    ]


def _freeze(name: ReturnName, picked: Picked) -> str:
    """Where these figures are frozen, for whoever may once the period is over."""
    if not picked.may_sign or not picked.is_over:
        return ""
    return f"{reverse('frozen-periods')}?{urlencode(picked.kept | {'regulator': name.value})}#freeze"


# ---- as files ----


def _about(wanted: Wanted, picked: Picked) -> list[Line]:
    return [
        Line("return", _("Return"), str(RETURNS[wanted.name].label)),
        Line("brand", _("Brand"), wanted.brand.name),
        Line("period", _("Period"), f"{picked.span.first} – {picked.span.last} ({picked.span.zone})"),
        Line("computed", _("Computed at"), wanted.now.isoformat(timespec="seconds")),
        Line("definitions", _("Definitions, version"), str(definitions.VERSION)),
    ]


def _as_rows(writer: Writer, wanted: Wanted, picked: Picked) -> None:
    writer.header(returned.headings())
    rows = 0
    for values in returned.rows(returned.make(wanted)):
        writer.row(values)
        rows += 1
    writer.footer(_about(wanted, picked), rows)


def _as_csv(out: IO[bytes], wanted: Wanted, picked: Picked) -> None:
    _as_rows(CsvRows(cast("Any", out)), wanted, picked)


def _as_xlsx(out: IO[bytes], wanted: Wanted, picked: Picked) -> None:
    with tempfile.TemporaryDirectory() as folder:
        titles = {"rows_title": _("Figures"), "about_title": _("About")}
        _as_rows(XlsxRows(cast("Any", out), folder=folder, **titles), wanted, picked)


def _as_json(out: IO[bytes], wanted: Wanted, picked: Picked) -> None:
    about = {
        "brand": wanted.brand.slug,
        "period": picked.span.name,
        "definitions": definitions.VERSION,
        "words": {str(key): [str(each.label), str(each.definition)] for key, each in FIGURES.items()},
    }
    out.write(json.dumps(about | returned.as_json(returned.make(wanted)), ensure_ascii=False, indent=1).encode())


def _as_public(out: IO[bytes], wanted: Wanted, picked: Picked) -> None:  # noqa: ARG001 - one of the writers
    """As the CFPB publishes them: its header, and nothing but rows under it."""
    with tempfile.SpooledTemporaryFile(1 << 20, "w+", encoding="utf-8", newline="") as text:
        write = csv.writer(text, quoting=csv.QUOTE_ALL).writerow
        write([each.name for each in returned.public_headings()])
        for values in returned.public_rows(wanted):
            write([neutral(plain(value)) for value in values])
        text.seek(0)
        while piece := text.read(1 << 16):
            out.write(piece.encode())


WRITERS: dict[str, Callable[[IO[bytes], Wanted, Picked], None]] = {
    "csv": _as_csv,
    "xlsx": _as_xlsx,
    "json": _as_json,
    "public": _as_public,
}
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
