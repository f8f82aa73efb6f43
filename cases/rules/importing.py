"""Reads CSV, TSV and JSON lines as a stream: one line spoils itself only, and any place can be started from again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from io import BytesIO
from typing import BinaryIO

from cases.rules import text
from cases.rules.import_lines import (
    TOO_LONG,
    Format,
    Line,
    Physical,
    Shape,
    UnreadableFileError,
    decode,
    encoding_of,
    joined,
    newlines,
    physical_lines,
)
from cases.rules.import_tables import rows, table_shape

__all__ = ["SAMPLE_BYTES", "Format", "Line", "Shape", "UnreadableFileError", "detect", "read"]

# What `detect` should be given, at least, when the file is that long.
SAMPLE_BYTES = 256 * 1024

_DELIMITERS = (",", "\t", ";", "|")
_JSON_SAMPLE = 200


def detect(sample: bytes, *, name: str = "", encoding: str | None = None, delimiter: str | None = None) -> Shape:
    """The shape of a file from its beginning (`SAMPLE_BYTES` of it); what is named is not guessed."""
    if not sample.strip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"):
        raise UnreadableFileError("The file is empty.")
    if sample.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"%PDF-")):
        raise UnreadableFileError("This is a spreadsheet, an archive or a PDF; export it as CSV (UTF-8) first.")
    if encoding and not text.is_charset(encoding):
        raise UnreadableFileError(f"There is no encoding called “{encoding}”.")
    found, bom = encoding_of(sample, encoding)
    newline = "\r" if newlines(sample, found, "\n") == 0 and newlines(sample, found, "\r") else "\n"
    shape = Shape(format=Format.CSV, encoding=found, delimiter=",", columns=(), newline=newline, start=bom)
    beginning = decode(sample[bom : bom + 4096], found).lstrip()
    if beginning.startswith("{"):
        return _json_shape(sample, shape)
    if beginning.startswith("[") and (name.endswith(("json", "jsonl")) or re.match(r"\[\s*[\[{\"\]]", beginning)):
        raise UnreadableFileError("This is one JSON array; write one JSON object per line instead.")
    return table_shape(sample, shape, (delimiter,) if delimiter else _DELIMITERS)


def read(stream: BinaryIO, *, shape: Shape, offset: int | None = None, number: int | None = None) -> Iterator[Line]:
    """Every row from the start, or from a `Line.end` with its `next_number`; broken ones carry an error."""
    lines = physical_lines(
        stream, shape, shape.start if offset is None else offset, shape.first_number if number is None else number
    )
    return _objects(lines) if shape.format is Format.JSONL else rows(lines, shape)


def _json_shape(sample: bytes, shape: Shape) -> Shape:
    shape = replace(shape, format=Format.JSONL, delimiter="")
    columns: dict[str, None] = {}
    for count, line in enumerate(read(BytesIO(sample), shape=shape)):
        if count == _JSON_SAMPLE:
            break
        columns.update(dict.fromkeys(line.fields or ()))
    return replace(shape, columns=tuple(columns))


def _objects(lines: Iterator[Physical]) -> Iterator[Line]:
    for line in lines:
        if line.text is None:
            yield joined([line], error=TOO_LONG)
            continue
        if not line.text.strip():
            continue
        try:
            value = json.loads(line.text, parse_int=str, parse_float=str, parse_constant=str)
        except json.JSONDecodeError as error:
            yield joined([line], error=f"this is not JSON: {error.msg} at character {error.pos + 1}")
        except RecursionError:
            yield joined([line], error="this JSON is nested too deeply")
        else:
            if isinstance(value, dict):
                yield joined([line], fields=dict(_flat(value, "")))
            else:
                yield joined([line], error="this is JSON, but not an object")


def _flat(value: Mapping[str, object], prefix: str) -> Iterator[tuple[str, str]]:
    """The members of an object as text, with those of an inner object as "outer.inner"."""
    for key, member in value.items():
        if isinstance(member, dict) and not prefix:
            yield from _flat(member, f"{key}.")
        elif isinstance(member, bool):
            yield text.clean(prefix + key), str(member).lower()
        elif isinstance(member, str) or member is None:
            yield text.clean(prefix + key), text.clean(member or "")
        else:
            yield text.clean(prefix + key), json.dumps(member, ensure_ascii=False)
