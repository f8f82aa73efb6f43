"""The physical lines of a file to import: its encoding, and each line with its place, in constant memory."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

import charset_normalizer

from cases.rules import text

# A quoted field may span lines, but never more than this: beyond it, its quote counts as never closed.
MAX_RECORD_BYTES = 4 * 1024 * 1024
TOO_LONG = f"the line is longer than {MAX_RECORD_BYTES:,} bytes"
# UTF-8 line by line, and Windows-1252 for a line that is not UTF-8.
MIXED = "utf-8, else cp1252"

_CHUNK = 256 * 1024
_KEPT_OF_TOO_LONG = 64 * 1024
_WIDE = {"utf-16-le": 2, "utf-16-be": 2, "utf-32-le": 4, "utf-32-be": 4}
_HIGH = re.compile(rb"[\x80-\xff]")
_LETTERS = re.compile(rb"[A-Za-z\x80-\xff]")


class Format(StrEnum):
    """How a file is laid out."""

    CSV = "csv"
    TSV = "tsv"
    JSONL = "jsonl"


class UnreadableFileError(ValueError):
    """The file as a whole cannot be imported."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How to read a file, and where its first row starts."""

    format: Format
    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    newline: str = "\n"
    start: int = 0
    first_number: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row: its fields or the reason it has none, and where to go on after it."""

    number: int
    offset: int
    end: int
    next_number: int
    raw: bytes
    fields: dict[str, str] | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Physical:
    """A line of the file; its text is None when it is too long to be kept."""

    number: int
    offset: int
    end: int
    raw: bytes
    text: str | None


def encoding_of(sample: bytes, named: str | None) -> tuple[str, int]:
    """The encoding of a file and how many bytes its byte order mark takes."""
    for bom, encoding in text.BYTE_ORDER_MARKS:
        if sample.startswith(bom):
            return encoding, len(bom)
    if named:
        known = codecs.lookup(named).name
        return (f"{known}-le" if known in {"utf-16", "utf-32"} else known), 0
    if sample.count(0) > len(sample) // 4:
        return ("utf-16-be" if sample[0::2].count(0) > sample[1::2].count(0) else "utf-16-le"), 0
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return _not_utf8(sample), 0
    return "utf-8", 0


def _not_utf8(sample: bytes) -> str:
    """Western text with some lines of UTF-8 is by far the likeliest; only mostly foreign bytes are worth a guess."""
    high = len(_HIGH.findall(sample))
    if high * 3 <= len(_LETTERS.findall(sample)) or any(_is_foreign_utf8(line) for line in sample.split(b"\n")[:-1]):
        return MIXED
    best = charset_normalizer.from_bytes(sample[: 64 * 1024]).best()
    return best.encoding.replace("_", "-") if best and text.is_charset(best.encoding) else MIXED


def _is_foreign_utf8(line: bytes) -> bool:
    try:
        return not line.isascii() and line.decode("utf-8") != ""
    except UnicodeDecodeError:
        return False


def decode(raw: bytes, encoding: str) -> str:
    """Bytes as text in one of the encodings of a `Shape`; never fails."""
    if encoding in {"utf-8", MIXED}:
        return text.decode_line(raw)
    return raw.decode(encoding, "replace")


def _newline_bytes(encoding: str, newline: str) -> bytes:
    return newline.encode("utf-8" if encoding == MIXED else encoding)


def newlines(sample: bytes, encoding: str, newline: str) -> int:
    """How often a newline comes in a sample."""
    return sample.count(_newline_bytes(encoding, newline))


def _find(buffer: bytearray, newline: bytes, start: int, unit: int) -> int:
    """Where the next newline stands; in UTF-16 its bytes may also appear across two characters."""
    at = buffer.find(newline, start)
    while at != -1 and at % unit:
        at = buffer.find(newline, at + 1)
    return at


def physical_lines(stream: BinaryIO, shape: Shape, offset: int, number: int) -> Iterator[Physical]:
    """The lines of the file from an offset, with memory for one chunk and one line."""
    newline, unit = _newline_bytes(shape.encoding, shape.newline), _WIDE.get(shape.encoding, 1)
    stream.seek(offset)
    buffer, searched, skipped = bytearray(), 0, 0
    kept = b""
    while True:
        chunk = stream.read(_CHUNK)
        buffer += chunk
        start = 0
        while (at := _find(buffer, newline, max(start, searched), unit)) != -1 or (not chunk and start < len(buffer)):
            stop = at + len(newline) if at != -1 else len(buffer)
            raw = bytes(buffer[start:stop])
            end = offset + skipped + len(raw)
            too_long = skipped + len(raw) > MAX_RECORD_BYTES
            words = None if too_long else text.clean(decode(raw, shape.encoding).rstrip("\r\n"))
            yield Physical(number, offset, end, (kept or raw[:_KEPT_OF_TOO_LONG]) if too_long else raw, words)
            number, offset, start, skipped, kept = number + 1, end, stop, 0, b""
        del buffer[:start]
        if not chunk:
            return
        if len(buffer) + skipped > MAX_RECORD_BYTES:
            kept = kept or bytes(buffer[:_KEPT_OF_TOO_LONG])
            # At least one byte stays, for the end of the file to find; what goes keeps the alignment.
            gone = max(0, (len(buffer) - unit) // unit * unit)
            skipped += gone
            del buffer[:gone]
        searched = max(0, (len(buffer) - unit) // unit * unit)


def joined(taken: Sequence[Physical], *, fields: dict[str, str] | None = None, error: str | None = None) -> Line:
    """One row out of the physical lines it takes."""
    return Line(
        number=taken[0].number,
        offset=taken[0].offset,
        end=taken[-1].end,
        next_number=taken[-1].number + 1,
        raw=b"".join(line.raw for line in taken),
        fields=fields,
        error=error,
    )
