"""What every way of writing an export takes: headings, values, and the lines that say what the rows are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

Value = str | int | float | Decimal | bool | None


@dataclass(frozen=True, slots=True)
class Heading:
    """One column: its name for programs, its words for people; ``is_words`` where people wrote what stands in it.

    ``is_instant`` is one of moments, written in ISO 8601.
    """

    name: str
    label: str
    is_words: bool = False
    is_instant: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to know about an export, after its rows."""

    name: str
    label: str
    value: str


class Writer(Protocol):
    """Rows on their way into a file, one after the other, in constant memory."""

    def header(self, headings: Sequence[Heading]) -> None:
        """Begin."""

    def row(self, values: Sequence[Value]) -> None:
        """One row, a value for each heading."""

    def footer(self, about: Sequence[Line], rows: int) -> bytes:
        """End; the SHA-256 that stands in the file."""

    def drop(self) -> None:
        """Let go of everything, half written as it is."""


class Tables(Writer, Protocol):
    """Several tables on their way into a file, each begun, given its heading and rows, and ended."""

    def table(self, name: str, title: str) -> None:
        """Begin the next one."""

    def end(self, about: Sequence[Line], rows: int) -> None:
        """End it."""


def plain(value: Value) -> str:
    """A value as text that is the same in every language: no value is nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return format(value, "f") if isinstance(value, Decimal) else str(value)
