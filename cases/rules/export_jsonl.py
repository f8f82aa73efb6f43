"""Rows as JSON lines for programs, with the SHA-256 of everything before it in the last line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from decimal import Decimal
from typing import BinaryIO

from cases.rules.exporting import Heading, Line, Value, plain

_LARGE = 500


class JsonRows:
    """One object a line, by the names of the columns; amounts are text, because most readers round numbers.

    What the rows are stands in the line before the last, under ``_about``; nothing is neutralised: no program
    calculates it.
    """

    def __init__(self, out: BinaryIO) -> None:
        self.out, self.sum = out, hashlib.sha256()
        self.names: list[str] = []
        self.named: dict[str, object] = {}
        self.lines: list[str] = []
        self.encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

    def table(self, name: str, title: str) -> None:  # noqa: ARG002 - for programs
        """From here on each row says of which table it is."""
        self.named = {"_table": name}

    def end(self, about: Sequence[Line], rows: int) -> None:
        """What the tables are is said once, after all of them."""

    def header(self, headings: Sequence[Heading]) -> None:
        """The names of the columns; each row repeats them."""
        self.names = [each.name for each in headings]

    def row(self, values: Sequence[Value]) -> None:
        """One row."""
        told = [plain(value) if isinstance(value, Decimal) else value for value in values]
        self._line(self.named | dict(zip(self.names, told, strict=True)))
        if len(self.lines) >= _LARGE:
            self._flush()

    def footer(self, about: Sequence[Line], rows: int) -> bytes:
        """What the rows are, how many, and the SHA-256 of all of it."""
        self._line({"_about": {line.name: line.value for line in about}, "_rows": rows})
        self._flush()
        digest = self.sum.digest()
        self._line({"_sha256": digest.hex()})
        self._flush()
        return digest

    def drop(self) -> None:
        """Nothing but memory is held."""
        self.lines.clear()

    def _line(self, told: dict[str, object]) -> None:
        self.lines.append(self.encode(told) + "\n")

    def _flush(self) -> None:
        written = "".join(self.lines).encode()
        self.lines.clear()
        self.sum.update(written)
        self.out.write(written)
