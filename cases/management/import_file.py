"""A file to be imported, on disk: opened, read in parts from any place, its rejected rows kept beside it."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from cases.commands.importing import Part
from cases.rules import import_registers, importing, text
from cases.rules.arrival import Arrival, Registered
from cases.rules.import_arrivals import arrival_of
from cases.rules.import_fields import Plan, Rejected, map_fields, prepare
from cases.rules.import_lines import Line, Shape, UnreadableFileError, decode
from cases.rules.import_registers import Register

# A part is never larger than this, however long its rows are.
PART_BYTES = 8 * 1024 * 1024
SAMPLE_ROWS = 2_000


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How the file is to be read, as far as somebody said so."""

    maps: tuple[str, ...] = ()
    encoding: str | None = None
    delimiter: str | None = None
    time_formats: tuple[str, ...] = ()
    zone: str | None = None
    posts_only: bool = False

    def digest(self, content: bytes) -> bytes:
        """The content's SHA-256, or with options another one: read in another way it is another file."""
        said = {name: value for name, value in vars(self).items() if value}
        if not said:
            return content
        return hashlib.sha256(content + json.dumps(said, sort_keys=True).encode()).digest()


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file that can be imported."""

    path: Path
    size: int
    digest: bytes
    shape: Shape
    plan: Plan
    register: Register | None = None


def open_source(path: Path, reading: Reading, *, zone: str) -> Source:
    """The file, looked into; ``zone`` is for times that name none. Raises UnreadableFileError, WrongHeaderError."""
    if path.is_dir():
        raise UnreadableFileError(f"{path} is a folder; name one file.")
    if not path.exists():
        raise UnreadableFileError(f"There is no file {path}.")
    if not path.is_file():
        raise UnreadableFileError(f"{path} is not a file; an import reads its file more than once.")
    try:
        with path.open("rb") as stream:
            content = hashlib.file_digest(stream, "sha256").digest()
            stream.seek(0)
            sample = stream.read(importing.SAMPLE_BYTES)
            shape = importing.detect(sample, name=path.name, encoding=reading.encoding, delimiter=reading.delimiter)
            if _is_binary(decode(sample[:4096], shape.encoding), shape.columns):
                raise UnreadableFileError("This is not a text file; export it as CSV (UTF-8) first.")
            register = None if reading.posts_only else import_registers.recognise(shape.columns)
            rows = (line.fields for line in importing.read(stream, shape=shape) if line.fields)
            plan = prepare(
                shape,
                (*(register.maps() if register else ()), *reading.maps),
                samples=islice(rows, SAMPLE_ROWS),
                time_formats=reading.time_formats,
                zone=reading.zone or zone,
            )
    except OSError as error:
        raise UnreadableFileError(f"{path} cannot be read: {error.strerror}.") from error
    size, digest = path.stat().st_size, reading.digest(content)
    return Source(path=path, size=size, digest=digest, shape=shape, plan=plan, register=register)


def _is_binary(beginning: str, columns: Sequence[str]) -> bool:
    """A column's name has no control character in it, and a text hardly any (one export or other keeps NULs)."""
    return _controls(beginning) * 20 > len(beginning) or _controls("".join(columns)) > 0


def _controls(words: str) -> int:
    return sum(unicodedata.category(letter) == "Cc" and letter not in "\t\r\n\f" for letter in words)


@dataclass(kw_only=True)
class Rows:
    """Some rows of the file: those that can be posts, and those that cannot, with the reason."""

    offset: int
    end: int = 0
    next_line: int = 0
    is_last: bool = False
    undated: int = 0
    arrivals: list[tuple[Line, Arrival]] = field(default_factory=list)
    rejected: list[tuple[Line, str]] = field(default_factory=list)

    @property
    def read(self) -> int:
        """How many there are."""
        return len(self.arrivals) + len(self.rejected)

    @property
    def labels(self) -> list[str]:
        """What the rows of a register name as category."""
        named = (import_registers.label_of(arrival.category) for _, arrival in self.arrivals if arrival.registered)
        return list(dict.fromkeys(label for label in named if label))

    def add(self, line: Line, source: Source, at: datetime) -> None:
        """Take in one more."""
        self.end, self.next_line = line.end, line.next_number
        found = _arrival(line, source, at)
        if isinstance(found, Rejected):
            self.rejected.append((line, found.reason))
            return
        arrival, is_dated = found
        self.undated += not is_dated
        self.arrivals.append((line, arrival))

    def part(self) -> Part:
        """The same, as the command takes it."""
        return Part(
            offset=self.offset,
            end=self.end,
            next_line=self.next_line,
            arrivals=[arrival for _, arrival in self.arrivals],
            rejected=len(self.rejected),
            is_last=self.is_last,
        )


def _arrival(line: Line, source: Source, at: datetime) -> tuple[Arrival, bool] | Rejected:
    """What a row is as an arrival, and whether it gives a time of its own; or why it is none."""
    if line.fields is None:
        return Rejected(str(line.error))
    said: Registered | Rejected | None = None
    if source.register:
        said = import_registers.registered(line.fields, source.register, source.plan)
    if isinstance(said, Rejected):
        return said
    found = map_fields(line.fields, source.plan)
    return found if isinstance(found, Rejected) else (arrival_of(found, at, said), found.posted_at is not None)


def parts(
    source: Source, *, offset: int, line: int, size: int, at: datetime, until: int | None = None
) -> Iterator[Rows]:
    """The rows from a place on (``until`` another one), so many at a time; at least one part, however empty."""
    with source.path.open("rb") as stream:
        rows = Rows(offset=offset, end=offset, next_line=line)
        for each in importing.read(stream, shape=source.shape, offset=offset, number=line):
            if until is not None and each.offset >= until:
                break
            if rows.read == size or (rows.read and rows.end - rows.offset > PART_BYTES):
                yield rows
                rows = Rows(offset=rows.end, end=rows.end, next_line=rows.next_line)
            rows.add(each, source, at)
        rows.is_last = until is None
        yield rows


class Rejects:
    """The rejected rows of a run: line number, reason, and the row as it stands in the file."""

    def __init__(self, path: Path, encoding: str) -> None:
        self.path = path
        self.count = 0
        self._encoding = encoding
        # Nowhere to be seen before it is complete.
        self._kept = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace", newline="")  # noqa: SIM115
        self._rows = csv.writer(self._kept)
        self._rows.writerow(["line", "reason", "row"])

    def add(self, rejected: Sequence[tuple[Line, str]]) -> None:
        """Keep these, in the order of the file."""
        for line, reason in sorted(rejected, key=lambda each: each[0].number):
            row = text.clean(decode(line.raw, self._encoding)).rstrip("\n")
            self._rows.writerow([line.number, reason, row])
            self.count += 1

    def save(self) -> None:
        """Put them where they belong; a run without any replaces what an earlier one left, and makes no new file."""
        if self.count or self.path.exists():
            self._kept.seek(0)
            with self.path.open("w", encoding="utf-8", errors="replace", newline="") as target:
                shutil.copyfileobj(self._kept, target)

    def close(self) -> None:
        """Let go of what is kept."""
        self._kept.close()


def is_writable(path: Path) -> bool:
    """Whether rejected rows can be written there."""
    if path.is_dir():
        return False
    return os.access(path if path.exists() else path.parent, os.W_OK)
