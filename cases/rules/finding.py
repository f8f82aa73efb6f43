"""Where searched words stand in a text: the piece of it that is worth showing, the words marked."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cases.rules.text import fold

_WORD = re.compile(r"\w+")
_QUERY_WORD = re.compile(r"(?<![\w-])-?\w+")
AROUND = 90
SHOWN = 260


def words_of(query: str) -> list[str]:
    """The folded beginnings of the words that are looked for, without those that are excluded."""
    found = [word for word in _QUERY_WORD.findall(query) if not word.startswith("-") and word.lower() != "or"]
    return list(dict.fromkeys(_beginning(fold(word)) for word in found if len(word) > 1 or word.isdigit()))


def _beginning(word: str) -> str:
    # What stemming takes off an English or French word is at most its last letters.
    return word if len(word) < 5 or any(c.isdigit() for c in word) else word[: max(4, len(word) - 3)]


def excerpt(text: str, beginnings: Sequence[str]) -> list[tuple[bool, str]]:
    """A piece of the text around the first word found, as (whether it is one of the words, letters)."""
    line = " ".join(text.split())
    spans = [(m.start(), m.end()) for m in _WORD.finditer(line) if fold(m[0]).startswith(tuple(beginnings))]
    begin = max(spans[0][0] - AROUND, 0) if spans else 0
    if begin:
        begin = line.find(" ", begin, spans[0][0]) + 1 or begin
    end = min(begin + SHOWN, len(line))
    if end < len(line):
        end = max(line.rfind(" ", begin, end), begin + 1)
    pieces: list[tuple[bool, str]] = [(False, "… ")] if begin else []
    place = begin
    for start, stop in spans:
        if start >= place and stop <= end:
            pieces += [(False, line[place:start]), (True, line[start:stop])]
            place = stop
    pieces.append((False, line[place:end] + (" …" if end < len(line) else "")))
    return [piece for piece in pieces if piece[1]]
