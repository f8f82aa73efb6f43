"""Rows of CSV and TSV that survive each other: a quote never closed spoils its own row, not the good ones below."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO

from cases.rules.import_lines import MAX_RECORD_BYTES, TOO_LONG, Format, Line, Physical, Shape, joined, physical_lines

_SNIFFED_ROWS = 200
_NEVER_CLOSED = "a quote is opened and never closed"


class _Row:
    """A row being put together from one physical line, or from several while a quote is open."""

    __slots__ = ("_delimiter", "_parts", "broken", "fields", "is_open")

    def __init__(self, delimiter: str) -> None:
        self.fields: list[str] = []
        self.is_open = False
        self.broken = False
        self._parts: list[str] = []
        self._delimiter = delimiter

    def feed(self, words: str) -> None:
        at: int | None = self._quoted(words, 0) if self.is_open else 0
        while at is not None:
            if words.startswith('"', at):
                self.is_open = True
                at = self._quoted(words, at + 1)
                continue
            end = words.find(self._delimiter, at)
            self.fields.append(words[at:] if end == -1 else words[at:end])
            at = None if end == -1 else end + 1

    def _quoted(self, words: str, at: int) -> int | None:
        """Reads on inside quotes; where the next field starts, or None at the end of the line."""
        while (quote := words.find('"', at)) != -1:
            self._parts.append(words[at:quote])
            if words.startswith('"', quote + 1):
                self._parts.append('"')
                at = quote + 2
                continue
            self.fields.append("".join(self._parts))
            self._parts.clear()
            self.is_open = False
            after = quote + 1
            while words.startswith(" ", after) and self._delimiter != " ":
                after += 1
            if words.startswith(self._delimiter, after):
                return after + 1
            self.broken = after < len(words)
            return None
        self._parts.append(words[at:] + "\n")
        return None


class _Window:
    """Physical lines that can be looked at before they are taken."""

    def __init__(self, lines: Iterator[Physical]) -> None:
        self._lines = lines
        self._seen: deque[Physical] = deque()

    def at(self, index: int) -> Physical | None:
        while len(self._seen) <= index:
            line = next(self._lines, None)
            if line is None:
                return None
            self._seen.append(line)
        return self._seen[index]

    def take(self, count: int) -> list[Physical]:
        return [self._seen.popleft() for _ in range(count)]


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What came of reading a row: how many physical lines it took, its fields as far as read, and what is wrong."""

    used: int
    fields: list[str]
    error: str | None = None
    unclosed: bool = False


def _attempt(window: _Window, start: int, shape: Shape, width: int | None) -> _Attempt:
    row, words = _Row(shape.delimiter), ""
    used = size = 0
    while used == 0 or row.is_open:
        line = window.at(start + used)
        if line is None or size + len(line.raw) > MAX_RECORD_BYTES:
            return _Attempt(used, row.fields, _NEVER_CLOSED, unclosed=True)
        used += 1
        if line.text is None:
            return _Attempt(used, [], TOO_LONG)
        size, words = size + len(line.raw), line.text
        row.feed(words)
        if row.broken:
            return _Attempt(used, row.fields, "a quote is closed in the middle of a field", unclosed=used > 1)
        if row.is_open and width is not None and len(row.fields) >= width:
            return _Attempt(used, row.fields, _wrong_width(len(row.fields) + 1, width), unclosed=True)
    if width is not None and len(row.fields) != width and (len(row.fields) < width or any(row.fields[width:])):
        return _Attempt(used, row.fields, _wrong_width(len(row.fields), width))
    if used > 1 and width is not None and _swallows(row.fields, words, shape.delimiter, width):
        return _Attempt(used, row.fields, _NEVER_CLOSED, unclosed=True)
    return _Attempt(used, row.fields[:width])


def _swallows(fields: Sequence[str], last_words: str, delimiter: str, width: int) -> bool:
    """Whether what closes the last field really opens that of another row: all its other columns stand before it."""
    words = last_words.rstrip(" ")
    before = words[:-2].split(delimiter)
    is_opening = words.endswith(f'{delimiter}"') and len(before) == width - 1 and '"' not in words[:-1]
    return is_opening and _alike(fields, before) and (width > 2 or not re.search(r"[^\W\d]", before[0]))


def _wrong_width(found: int, width: int) -> str:
    return f"{found} columns where the header has {width}"


def rows(lines: Iterator[Physical], shape: Shape) -> Iterator[Line]:
    """Every row of a table; a broken one carries an error and ends where the next good one starts."""
    window, width = _Window(lines), len(shape.columns)
    while (first := window.at(0)) is not None:
        if first.text is not None and not first.text.strip():
            window.take(1)
            continue
        got = _attempt(window, 0, shape, width)
        if got.error is None:
            yield joined(window.take(got.used), fields=dict(zip(shape.columns, got.fields, strict=True)))
        else:
            yield joined(window.take(_spoilt(window, got, shape, width)), error=got.error)


def _spoilt(window: _Window, failed: _Attempt, shape: Shape, width: int) -> int:
    """How many physical lines the broken row at the front spoils: up to the first that starts a good row."""
    for count in range(1, failed.used):
        following = _attempt(window, count, shape, width)
        if following.error is None and _alike(failed.fields, following.fields):
            return count
    if failed.used > 1 and _attempt(window, failed.used - 1, shape, width).unclosed:
        return failed.used - 1  # the last line opens a quote of its own: its breakage is its own
    return max(1, failed.used)


def _alike(broken: Sequence[str], good: Sequence[str]) -> bool:
    """Whether a row that starts with a number or a date is followed by one that starts so too."""
    if not broken or not broken[0] or any(character.isalpha() for character in broken[0]):
        return True
    return re.sub(r"\d+", "9", broken[0]) == re.sub(r"\d+", "9", good[0])


def table_shape(sample: bytes, shape: Shape, delimiters: Sequence[str]) -> Shape:
    """The shape with the delimiter under which most rows agree with the header, and that header."""
    shapes = [_with_header(sample, shape, delimiter) for delimiter in delimiters]
    return max(zip(shapes, (_fit(sample, each) for each in shapes), strict=True), key=lambda pair: pair[1])[0]


def _with_header(sample: bytes, shape: Shape, delimiter: str) -> Shape:
    tab = Format.TSV if delimiter == "\t" else Format.CSV
    guess = replace(shape, delimiter=delimiter, format=tab)
    window = _Window(physical_lines(BytesIO(sample), guess, shape.start, 1))
    while (first := window.at(0)) is not None and first.text is not None and not first.text.strip():
        window.take(1)
    got = _attempt(window, 0, guess, None)
    if got.error is not None:
        # A header that cannot be read is a wrong header; its words, split as they stand, say so best.
        got = _Attempt(1, (first.text or "").split(delimiter) if first else [])
    last = window.take(got.used)[-1]
    columns = _columns(got.fields)
    return replace(guess, columns=columns, start=last.end, first_number=last.number + 1)


def _columns(header: Sequence[str]) -> tuple[str, ...]:
    """The names in a header, told apart where one is empty or comes twice."""
    columns: list[str] = []
    for place, name in enumerate(header, 1):
        plain = " ".join(name.split()) or f"column {place}"
        columns.append(f"{plain} ({place})" if plain in columns else plain)
    return tuple(columns)


def _fit(sample: bytes, shape: Shape) -> tuple[bool, float, int]:
    """How well rows agree with the header; the sample's last line may be cut, so it does not count."""
    good = total = 0
    for line in rows(physical_lines(BytesIO(sample), shape, shape.start, shape.first_number), shape):
        if line.end >= len(sample) and total:
            break
        total += 1
        good += line.error is None
        if total == _SNIFFED_ROWS:
            break
    width = len(shape.columns)
    return width > 1, good / total if total else 1.0, width
