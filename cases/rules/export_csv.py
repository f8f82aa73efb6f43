"""Rows as CSV that a spreadsheet opens as it is, with its own SHA-256 in the last line."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from typing import BinaryIO

from cases.rules.exporting import Heading, Line, Value, plain
from cases.rules.spreadsheet import neutral

# Without it Excel takes UTF-8 for the code page of the machine, and every accent is lost; other programs skip it.
_BOM = "\ufeff"
_LARGE = 1 << 16


class CsvRows:
    """Every cell quoted; words that a spreadsheet would calculate stay words.

    The last line holds the SHA-256 of every byte before it: ``head -n -1 FILE | sha256sum`` gives the same.
    """

    def __init__(self, out: BinaryIO | None) -> None:
        self.out, self.sum = out, hashlib.sha256()
        self.text = io.StringIO(newline="")
        self.write = csv.writer(self.text, quoting=csv.QUOTE_ALL).writerow
        self.words: list[int] = []

    def header(self, headings: Sequence[Heading]) -> None:
        """The words of the columns."""
        self.words = [place for place, each in enumerate(headings) if each.is_words]
        self.text.write(_BOM)
        self.write([neutral(each.label) for each in headings])

    def row(self, values: Sequence[Value]) -> None:
        """One row."""
        cells = [plain(value) for value in values]
        for place in self.words:
            cells[place] = as_text(cells[place])
        self.write(cells)
        if self.text.tell() > _LARGE:
            self.flush()

    def flush(self) -> None:
        """Hand on what is written so far."""
        written = self.text.getvalue().encode()
        self.text.seek(0)
        self.text.truncate()
        self.sum.update(written)
        if self.out is not None:
            self.out.write(written)

    def digest(self) -> bytes:
        """The SHA-256 of everything so far."""
        self.flush()
        return self.sum.digest()

    def footer(self, about: Sequence[Line], rows: int) -> bytes:  # noqa: ARG002 - it is one of the lines
        """What the rows are, how many, and the SHA-256 of all of it."""
        for line in about:
            self.write([f"# {line.label}", as_text(line.value)])
        digest = self.digest()
        self.write(["# SHA-256", digest.hex()])
        self.flush()
        return digest

    def drop(self) -> None:
        """Nothing but memory is held."""
        self.text.close()


def as_text(text: str) -> str:
    """The text as it may stand in a cell; most words begin with a plain letter, and no formula does but one of DDE."""
    first = text[:1]
    return text if first.isascii() and first.isalnum() and first not in "Dd" else neutral(text)
