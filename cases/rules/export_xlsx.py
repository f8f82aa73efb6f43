"""Rows as a workbook, in constant memory: as many sheets as they need, and a last one that says what they are."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, BinaryIO

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError

from cases.rules.export_csv import CsvRows, as_text
from cases.rules.exporting import Heading, Line, Value, plain

# A sheet ends at its 1,048,576th row, and the first one is the heading.
ROWS_IN_SHEET = 1_048_575
# A spreadsheet keeps so many digits of a number; an amount that has more stays text.
_MOST_DIGITS = 15
_WIDTH, _WIDE = 18, 40
# The days of a workbook are counted from here; from this one on as everywhere else.
_EPOCH, _FIRST, _DAY = datetime(1899, 12, 30), datetime(1900, 3, 1), timedelta(days=1)  # noqa: DTZ001 - no zones there
_LONGEST_TITLE = 31
_NOT_IN_TITLES = str.maketrans("[]:*?/\\", "       ")


class XlsxRows:
    """Numbers as numbers, words as words; a row that no longer fits goes on in the next sheet.

    The SHA-256 is that of the heading and the rows written as CSV, of several tables one after the other: a workbook
    has no bytes that stay the same.
    """

    def __init__(self, out: BinaryIO, *, folder: str, rows_title: str, about_title: str) -> None:
        self.book = Workbook(out, {"constant_memory": True, "tmpdir": folder, "use_zip64": True})
        self.bold = self.book.add_format({"bold": True})
        self.moment = self.book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self.rows_title, self.about_title = rows_title, about_title
        self.rows_as_csv = CsvRows(None)
        self.headings: Sequence[Heading] = ()
        self.words: list[int] = []
        self.instants: set[int] = set()
        self.sheet: Any = None
        self.sheets, self.place = 0, 0
        self.taken = {about_title.casefold()}

    def table(self, name: str, title: str) -> None:  # noqa: ARG002 - sheets are called by titles
        """The next table begins a sheet of its own."""
        self.rows_title, self.sheets = title, 0

    def end(self, about: Sequence[Line], rows: int) -> None:
        """What the tables are stands on the last sheet."""

    def header(self, headings: Sequence[Heading]) -> None:
        """The first sheet with its heading."""
        self.headings = headings
        self.words = [place for place, each in enumerate(headings) if each.is_words]
        self.instants = {place for place, each in enumerate(headings) if each.is_instant}
        self.rows_as_csv.header(headings)
        self._next_sheet()

    def row(self, values: Sequence[Value]) -> None:
        """One row, on the next sheet where this one is full."""
        self.rows_as_csv.row(values)
        if self.place > ROWS_IN_SHEET:
            self._next_sheet()
        for column, value in enumerate(values):
            if value is None or value == "":
                continue
            if column in self.instants:
                self._instant(column, str(value))
            else:
                self._cell(column, value)
        self.place += 1

    def footer(self, about: Sequence[Line], rows: int) -> bytes:  # noqa: ARG002 - it is one of the lines
        """The last sheet, and the workbook out of its sheets."""
        digest = self.rows_as_csv.digest()
        sheet = self.book.add_worksheet(self.about_title)
        sheet.set_column(0, 1, _WIDE)
        lines = [*about, Line("sha256", "SHA-256", digest.hex())]
        for place, line in enumerate(lines):
            sheet.write_string(place, 0, line.label, self.bold)
            sheet.write_string(place, 1, _unmarked(as_text(line.value)))
        try:
            self.book.close()
        except FileCreateError as failed:
            # What really went wrong, a full disk for one, is inside.
            raise failed.args[0] from failed
        return digest

    def drop(self) -> None:
        """Close the files that hold what is written so far; without this the workbook would still be made of it."""
        self.book.fileclosed = True
        for sheet in self.book.worksheets():
            with contextlib.suppress(OSError):
                sheet.row_data_fh.close()

    def _instant(self, column: int, value: str) -> None:
        """By the clocks of its zone, which the last sheet says: a workbook knows no zones, and nothing before 1900."""
        at = datetime.fromisoformat(value).replace(tzinfo=None)
        if at < _FIRST:
            self.sheet.write_string(self.place, column, value)
        else:
            self.sheet.write_number(self.place, column, (at - _EPOCH) / _DAY, self.moment)

    def _cell(self, column: int, value: Value) -> None:
        if isinstance(value, bool):
            self.sheet.write_boolean(self.place, column, value)
        elif isinstance(value, int | float) or (isinstance(value, Decimal) and _fits(value)):
            self.sheet.write_number(self.place, column, value)
        else:
            text = plain(value)
            shown = _unmarked(as_text(text)) if column in self.words else text
            self.sheet.write_string(self.place, column, shown)

    def _free(self, title: str, number: int) -> str:
        """A name that no other sheet has; a spreadsheet takes large and small letters for the same."""
        while (name := _of_sheet(title, number)).casefold() in self.taken:
            number += 1
        self.taken.add(name.casefold())
        return name

    def _next_sheet(self) -> None:
        self.sheets += 1
        self.sheet = self.book.add_worksheet(self._free(self.rows_title, self.sheets))
        self.sheet.set_column(0, max(len(self.headings) - 1, 0), _WIDTH)
        self.sheet.freeze_panes(1, 0)
        for column, each in enumerate(self.headings):
            self.sheet.write_string(0, column, as_text(each.label), self.bold)
        self.place = 1


def _of_sheet(title: str, number: int) -> str:
    """What a sheet may be called: not everything, and not longer than 31 letters."""
    end = f" {number}" if number > 1 else ""
    plain_title = " ".join(title.translate(_NOT_IN_TITLES).strip("' ").split()) or "Table"
    return plain_title[: _LONGEST_TITLE - len(end)].rstrip() + end


def _fits(value: Decimal) -> bool:
    return len(value.as_tuple().digits) <= _MOST_DIGITS


def _unmarked(text: str) -> str:
    """Words that XlsxWriter would take for mark-up of its own, and write into the sheet as it is."""
    return f"'{text}" if text.startswith("<r>") else text
