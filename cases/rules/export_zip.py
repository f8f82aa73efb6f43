"""Several tables as CSV files of one archive, each with its own footer, in constant memory."""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Sequence
from typing import IO, BinaryIO, cast

from cases.rules.export_csv import CsvRows
from cases.rules.exporting import Heading, Line, Value

# The same tables are the same archive, whenever it is written.
_DATED = (1980, 1, 1, 0, 0, 0)


class CsvFiles:
    """A file for each table, named and numbered in their order; in its last line the SHA-256 of all bytes before it."""

    def __init__(self, out: BinaryIO) -> None:
        self.archive = zipfile.ZipFile(out, "w")
        self.files = 0
        self.file: IO[bytes] | None = None
        self.rows = CsvRows(None)

    def table(self, name: str, title: str) -> None:  # noqa: ARG002 - files are called by names
        """Begin the next file."""
        self.files += 1
        info = zipfile.ZipInfo(f"{self.files:02}-{name}.csv", _DATED)
        info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
        self.file = self.archive.open(info, "w", force_zip64=True)
        self.rows = CsvRows(cast("BinaryIO", self.file))

    def header(self, headings: Sequence[Heading]) -> None:
        """The words of the columns."""
        self.rows.header(headings)

    def row(self, values: Sequence[Value]) -> None:
        """One row."""
        self.rows.row(values)

    def end(self, about: Sequence[Line], rows: int) -> None:
        """End the file: what its rows are, how many, and its SHA-256."""
        self.rows.footer(about, rows)
        if self.file is not None:
            self.file.close()

    def footer(self, about: Sequence[Line], rows: int) -> bytes:  # noqa: ARG002 - each file says it
        """End the archive; no sum of its own stands in it."""
        self.archive.close()
        return b""

    def drop(self) -> None:
        """Let go of it; what broke off while it was written breaks off again while it is closed."""
        with contextlib.suppress(Exception):
            if self.file is not None:
                self.file.close()
        with contextlib.suppress(Exception):
            self.archive.close()
        self.rows.drop()
