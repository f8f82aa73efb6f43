"""A return as a file: every figure as CSV, as a workbook or as JSON, or the public fields of each complaint."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterable
from itertools import islice
from typing import IO, Any, cast

from django.core.files.storage import default_storage
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from cases import errors
from cases.queries.reports import definitions, returned
from cases.queries.reports.complaints import BATCH, Wanted, complaints
from cases.queries.reports.return_runs import Known
from cases.rules import returns_cfpb
from cases.rules.export_csv import CsvRows
from cases.rules.export_xlsx import XlsxRows
from cases.rules.exporting import Line, Writer, plain
from cases.rules.returns import Complaint
from cases.rules.spreadsheet import neutral
from cases.vocabulary.returns import FIGURES, RETURNS, PublicField, ReturnName

WORDS: dict[str, str | Promise] = {
    "csv": lazy("CSV"),
    "xlsx": lazy("Excel workbook"),
    "json": lazy("JSON"),
    "public": lazy("The 18 public fields of each complaint (CSV)"),
}
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "public": "text/csv; charset=utf-8",
}


def offered(name: ReturnName) -> list[str]:
    """As what a return can be had."""
    return [each for each in WORDS if each != "public" or name == ReturnName.CFPB]


def file_name(wanted: Wanted, written_as: str) -> str:
    """What the file is called when it is downloaded."""
    is_public = written_as == "public"
    called = f"{wanted.name}-{wanted.brand.slug}-{wanted.span.name}{'-public' if is_public else ''}"
    return f"{called}.{'csv' if is_public else written_as}"


def opened(written_as: str, known: Known, wanted: Wanted) -> IO[bytes]:
    """The file, to be read from its beginning and closed; raises NotFound for what is not offered."""
    if written_as not in offered(wanted.name):
        raise errors.NotFound
    if written_as == "public" and known.public:
        return cast("IO[bytes]", default_storage.open(known.public))
    out = cast("IO[bytes]", tempfile.TemporaryFile())  # noqa: SIM115 - whoever reads it closes it
    _WRITERS[written_as](out, known, wanted)
    out.seek(0)
    return out


def public_heading() -> bytes:
    """The first line of the file that the CFPB publishes: its columns as it names them."""
    return _as_lines([[each.value for each in PublicField]])


def public_lines(wanted: Wanted, batch: Iterable[Complaint]) -> bytes:
    """A line for each of these complaints that is one of the period's and public by now."""
    found = returns_cfpb.public(batch, wanted.span.counted, wanted.now)
    return _as_lines([neutral(plain(value)) for value in fields.values()] for _reference, fields in found)


def _as_lines(rows: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue().encode()


def _about(known: Known, wanted: Wanted, rows: int) -> list[Line]:
    span = wanted.span
    return [
        Line("return", _("Return"), str(RETURNS[wanted.name].label)),
        Line("brand", _("Brand"), wanted.brand.name),
        Line("period", _("Period"), f"{span.first} – {span.last} ({span.zone})"),
        Line("computed", _("Computed at"), known.made.as_of.isoformat(timespec="seconds")),
        Line("definitions", _("Definitions, version"), str(definitions.VERSION)),
        Line("rows", _("Rows"), str(rows)),
    ]


def _as_rows(writer: Writer, known: Known, wanted: Wanted) -> None:
    writer.header(returned.headings())
    rows = 0
    for values in returned.rows(known.made):
        writer.row(values)
        rows += 1
    writer.footer(_about(known, wanted, rows), rows)


def _as_csv(out: IO[bytes], known: Known, wanted: Wanted) -> None:
    _as_rows(CsvRows(cast("Any", out)), known, wanted)


def _as_xlsx(out: IO[bytes], known: Known, wanted: Wanted) -> None:
    with tempfile.TemporaryDirectory() as folder:
        titles = {"rows_title": _("Figures"), "about_title": _("About")}
        _as_rows(XlsxRows(cast("Any", out), folder=folder, **titles), known, wanted)


def _as_json(out: IO[bytes], known: Known, wanted: Wanted) -> None:
    about = {
        "brand": wanted.brand.slug,
        "period": wanted.span.name,
        "definitions": definitions.VERSION,
        "words": {str(key): [str(each.label), str(each.definition)] for key, each in FIGURES.items()},
    }
    out.write(json.dumps(about | returned.as_json(known.made), ensure_ascii=False, indent=1).encode())


def _as_public(out: IO[bytes], known: Known, wanted: Wanted) -> None:  # noqa: ARG001 - one of the writers
    """As the CFPB publishes them: its header, and nothing but rows under it."""
    out.write(public_heading())
    found = iter(complaints(wanted))
    while batch := list(islice(found, BATCH)):
        out.write(public_lines(wanted, batch))


_WRITERS: dict[str, Callable[[IO[bytes], Known, Wanted], None]] = {
    "csv": _as_csv,
    "xlsx": _as_xlsx,
    "json": _as_json,
    "public": _as_public,
}
