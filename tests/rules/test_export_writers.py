"""Exports as they are written: what goes in comes out again, nothing in a cell calculates, the sums are true."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import tracemalloc
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from cases.rules import export_xlsx
from cases.rules.export_csv import CsvRows
from cases.rules.export_jsonl import JsonRows
from cases.rules.export_xlsx import XlsxRows
from cases.rules.exporting import Heading, Line, Value, Writer
from cases.rules.spreadsheet import is_formula

PAYLOADS = Path(__file__).parents[2].parent / "shared" / "data" / "injection" / "csv-payload.txt"
KNOWN = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    'DDE ("cmd";"/C calc";"!A0")A0',
    "＝1+1",
    "%0A=1",
    '";=1+1;"',
]
HEADINGS = [
    Heading("reference", "Case"),
    Heading("name", "Complainant", True),
    Heading("n", "N"),
    Heading("sum", "Sum"),
]
ABOUT = [Line("zone", "Time zone", "Europe/Paris"), Line("filters", "Filters", "=1+1"), Line("rows", "Rows", "2")]
NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def sheets(content: bytes) -> dict[str, list[list[tuple[str, str]]]]:
    """Each sheet by its name: rows of cells, each a type and a text."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        names = re.findall(r'<sheet name="([^"]+)"', book.read("xl/workbook.xml").decode())
        found = {}
        for number, name in enumerate(names, start=1):
            root = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
            found[name] = [[_cell(cell) for cell in row.findall("m:c", NS)] for row in root.iter(f"{{{NS['m']}}}row")]
        return found


def _cell(cell: ElementTree.Element) -> tuple[str, str]:
    assert cell.find("m:f", NS) is None, "a formula"
    sort = cell.get("t", "n")
    # How workbooks write what XML has no letter for.
    return sort, re.sub(r"_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), "".join(cell.itertext()))


def written(writer: Writer, rows: Sequence[Sequence[Value]]) -> bytes:
    writer.header(HEADINGS)
    for row in rows:
        writer.row(row)
    return writer.footer(ABOUT, len(rows))


def xlsx(out: io.BytesIO, tmp_path: Path) -> XlsxRows:
    return XlsxRows(out, folder=str(tmp_path), rows_title="Rows", about_title="About")


ROWS: list[list[Value]] = [["BW-1", 'Zoë, the "first"', 3, Decimal("49.90")], ["BW-2", None, None, Decimal("-1.5")]]


class TestCsv:
    def test_reads_back_with_every_cell_quoted(self) -> None:
        out = io.BytesIO()
        written(CsvRows(out), ROWS)
        lines = out.getvalue().decode("utf-8-sig").splitlines()
        assert list(csv.reader(lines[:3])) == [
            ["Case", "Complainant", "N", "Sum"],
            ["BW-1", 'Zoë, the "first"', "3", "49.90"],
            ["BW-2", "", "", "-1.5"],
        ]
        assert all(line.startswith('"') and line.endswith('"') for line in lines)

    def test_begins_with_what_makes_excel_read_utf_8(self) -> None:
        out = io.BytesIO()
        written(CsvRows(out), ROWS)
        assert out.getvalue().startswith(b"\xef\xbb\xbf")

    def test_its_last_line_is_the_sum_of_all_before(self) -> None:
        out = io.BytesIO()
        digest = written(CsvRows(out), ROWS)
        *_, last, _ = out.getvalue().split(b"\r\n")
        before = out.getvalue().removesuffix(last + b"\r\n")
        assert next(csv.reader([last.decode()])) == ["# SHA-256", hashlib.sha256(before).hexdigest()]
        assert digest == hashlib.sha256(before).digest()

    def test_says_what_the_rows_are(self) -> None:
        out = io.BytesIO()
        written(CsvRows(out), ROWS)
        assert '"# Time zone","Europe/Paris"' in out.getvalue().decode()
        assert '"# Filters","\'=1+1"' in out.getvalue().decode()


class TestJsonLines:
    def test_reads_back_with_types(self) -> None:
        out = io.BytesIO()
        written(JsonRows(out), ROWS)
        found = [json.loads(line) for line in out.getvalue().decode().splitlines()]
        assert found[:2] == [
            {"reference": "BW-1", "name": 'Zoë, the "first"', "n": 3, "sum": "49.90"},
            {"reference": "BW-2", "name": None, "n": None, "sum": "-1.5"},
        ]
        assert found[2] == {"_about": {"zone": "Europe/Paris", "filters": "=1+1", "rows": "2"}, "_rows": 2}

    def test_its_last_line_is_the_sum_of_all_before(self) -> None:
        out = io.BytesIO()
        digest = written(JsonRows(out), ROWS)
        *before, last = out.getvalue().splitlines(keepends=True)
        assert json.loads(last) == {"_sha256": hashlib.sha256(b"".join(before)).hexdigest()}
        assert digest == hashlib.sha256(b"".join(before)).digest()

    def test_line_separators_of_unicode_stay_in_their_line(self) -> None:
        out = io.BytesIO()
        written(JsonRows(out), [["BW-1", "one\u2028two\nthree", 1, None]])
        assert json.loads(out.getvalue().split(b"\n")[0])["name"] == "one\u2028two\nthree"


class TestWorkbook:
    def test_reads_back_with_types(self, tmp_path: Path) -> None:
        out = io.BytesIO()
        written(xlsx(out, tmp_path), [*ROWS, ["BW-3", "x", True, Decimal("123456789012345.6789")]])
        found = sheets(out.getvalue())
        assert found["Rows"] == [
            [("inlineStr", "Case"), ("inlineStr", "Complainant"), ("inlineStr", "N"), ("inlineStr", "Sum")],
            [("inlineStr", "BW-1"), ("inlineStr", 'Zoë, the "first"'), ("n", "3"), ("n", "49.90")],
            [("inlineStr", "BW-2"), ("n", "-1.5")],
            [("inlineStr", "BW-3"), ("inlineStr", "x"), ("b", "1"), ("inlineStr", "123456789012345.6789")],
        ]

    def test_its_sum_is_that_of_the_rows_as_csv(self, tmp_path: Path) -> None:
        out, plain = io.BytesIO(), io.BytesIO()
        digest = written(xlsx(out, tmp_path), ROWS)
        written(CsvRows(plain), ROWS)
        rows = plain.getvalue().split(b'"# Time zone"')[0]
        assert digest == hashlib.sha256(rows).digest()
        assert [("inlineStr", "SHA-256"), ("inlineStr", digest.hex())] in sheets(out.getvalue())["About"]

    def test_goes_on_in_the_next_sheet(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(export_xlsx, "ROWS_IN_SHEET", 3)
        out = io.BytesIO()
        written(xlsx(out, tmp_path), [[f"BW-{n}", "x", n, None] for n in range(7)])
        found = sheets(out.getvalue())
        assert {name: len(rows) - 1 for name, rows in found.items()} == {
            "Rows": 3,
            "Rows 2": 3,
            "Rows 3": 1,
            "About": 3,
        }
        assert [row[0][1] for name in ("Rows", "Rows 2", "Rows 3") for row in found[name][1:]] == [
            f"BW-{n}" for n in range(7)
        ]
        assert found["Rows 3"][0] == found["Rows"][0]

    def test_a_full_sheet_begins_no_empty_one(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(export_xlsx, "ROWS_IN_SHEET", 3)
        out = io.BytesIO()
        written(xlsx(out, tmp_path), [[f"BW-{n}", "x", n, None] for n in range(3)])
        assert list(sheets(out.getvalue())) == ["Rows", "About"]

    @pytest.mark.parametrize(
        ("name", "shown"),
        [
            ("<r><t>bold</t></r>", "'<r><t>bold</t></r>"),
            ("a\x01b", ""),
            ("</t></is></c>", ""),
            ("_x0041_", ""),
            ("x" * 200, ""),
        ],
    )
    def test_no_name_is_mark_up(self, name: str, shown: str, tmp_path: Path) -> None:
        out = io.BytesIO()
        written(xlsx(out, tmp_path), [["BW-1", name, 1, None]])
        assert sheets(out.getvalue())["Rows"][1][1:] == [("inlineStr", shown or name), ("n", "1")]

    def test_what_is_dropped_leaves_no_file_open(self, tmp_path: Path) -> None:
        writer = xlsx(io.BytesIO(), tmp_path)
        writer.header(HEADINGS)
        writer.row(ROWS[0])
        writer.drop()
        assert all(sheet.row_data_fh.closed for sheet in writer.book.worksheets())


def payloads() -> list[str]:
    found = list(KNOWN)
    if PAYLOADS.exists():
        found += [line for line in PAYLOADS.read_text().splitlines() if line]
    return found


def harmless(payload: str) -> str:
    """How a spreadsheet shows it as text: behind an apostrophe, where it could be calculated."""
    return f"'{payload}" if is_formula(payload) else payload


@pytest.mark.parametrize("payload", payloads())
class TestFormulas:
    def test_is_text_in_csv(self, payload: str) -> None:
        out = io.BytesIO()
        written(CsvRows(out), [["BW-1", payload, 1, None]])
        read = list(csv.reader(io.StringIO(out.getvalue().decode("utf-8-sig"), newline="")))
        assert read[1][1] == harmless(payload)

    def test_is_text_in_a_workbook(self, payload: str, tmp_path: Path) -> None:
        out = io.BytesIO()
        written(xlsx(out, tmp_path), [["BW-1", payload, 1, None]])
        sort, cell = sheets(out.getvalue())["Rows"][1][1]
        assert (sort, cell) == ("inlineStr", harmless(payload))


def test_numbers_below_zero_are_no_formulas(tmp_path: Path) -> None:
    out = io.BytesIO()
    written(CsvRows(out), [["BW-1", "x", -3, Decimal(-5)]])
    assert '"-3","-5"' in out.getvalue().decode()


class _Nowhere(io.RawIOBase):
    def write(self, content: Any) -> int:
        return len(content)


def _peak(writer: Writer, count: int) -> int:
    tracemalloc.start()
    writer.header(HEADINGS)
    for number in range(count):
        writer.row([f"BW-{number}", "Somebody", number, Decimal("1.50")])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    writer.drop()
    return peak


@pytest.mark.parametrize("kind", ["csv", "jsonl", "xlsx"])
def test_needs_no_more_memory_for_ten_times_the_rows(kind: str, tmp_path: Path) -> None:
    def writer() -> Writer:
        out: Any = _Nowhere()
        return {"csv": CsvRows, "jsonl": JsonRows}[kind](out) if kind != "xlsx" else xlsx(out, tmp_path)

    _peak(writer(), 100)
    few, many = _peak(writer(), 2_000), _peak(writer(), 20_000)
    assert many < few + 100_000


def test_a_moment_is_one_that_a_workbook_calculates_with(tmp_path: Path) -> None:
    out = io.BytesIO()
    writer = xlsx(out, tmp_path)
    writer.header([Heading("at", "At", is_instant=True)])
    for at in ("2026-09-08T18:00:00+02:00", "1899-12-31T00:00:00+00:09", None):
        writer.row([at])
    writer.footer(ABOUT, 3)
    rows = sheets(out.getvalue())["Rows"]
    # 46,273 days after the 30th of December 1899, at three quarters of it.
    assert rows[1] == [("n", "46273.75")]
    assert rows[2][0][1] == "1899-12-31T00:00:00+00:09"
