"""Words as they came, turned into words that can be stored, searched, compared and shown."""

from __future__ import annotations

import codecs
import difflib
import re
import unicodedata
from typing import Literal

# Stored beside every text: a text can be projected again from its raw bytes when the rule changes.
RULE_VERSION = 1

Op = Literal["same", "gone", "added"]

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_SURROGATES = re.compile("[\ud800-\udfff]")
_NEWLINES = re.compile("\r\n?")
_MARKS = re.compile("[\u0300-\u036f]")
_TOKENS = re.compile(r"\s+|\w+|[^\w\s]")
# Codecs that interpret their input instead of decoding it.
_NOT_CHARSETS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Windows-1252 leaves five bytes without a meaning; there they are what Latin-1 says.
_WINDOWS_1252 = "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(256))
# Beyond this many words on both sides a word-wise comparison costs seconds, and nobody reads it.
_COMPARABLE_WORDS = 4_000

_OPENS_ISOLATE = frozenset("\u2066\u2067\u2068")
_OPENS_EMBEDDING = frozenset("\u202a\u202b\u202d\u202e")
_POP_ISOLATE = "\u2069"
_POP_EMBEDDING = "\u202c"
_FIRST_STRONG_ISOLATE = "\u2068"
_BIDI_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_BIDI_OVERRIDES = re.compile("[\u202a\u202b\u202d\u202e\u2066-\u2068]")
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
# Letters and symbols that leave no ink: Hangul fillers, the empty Braille cell, and what stands for lost bytes.
_INKLESS = frozenset("\u115f\u1160\u3164\uffa0\u2800" + REPLACEMENT)


def project(raw: bytes, charset: str | None = None) -> str:
    """The storable text of raw bytes: by the byte order mark, else `charset`, else UTF-8, else Windows-1252."""
    return clean(_decode(raw, charset))


def clean(text: str) -> str:
    """The same text with newlines as "\\n" and with NUL and lone surrogates, which PostgreSQL refuses, as U+FFFD."""
    if _SURROGATES.search(text):
        # A round trip joins surrogate pairs into the character they mean; only lone ones are replaced.
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _NEWLINES.sub("\n", text).replace("\x00", REPLACEMENT)


def _decode(raw: bytes, charset: str | None) -> str:
    for bom, encoding in BYTE_ORDER_MARKS:
        if raw.startswith(bom):
            words = raw[len(bom) :]
            return decode_line(words) if encoding == "utf-8" else words.decode(encoding, "replace")
    if charset and is_charset(charset):
        try:
            return raw.decode(charset)
        except UnicodeError:
            pass  # what was declared is not what came: go on as if nothing had been declared
    return decode_line(raw)


def decode_line(raw: bytes) -> str:
    """Bytes as UTF-8 when they are it, else as Windows-1252, whose five holes are read as Latin-1; never fails."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        pass
    return codecs.charmap_decode(raw, "strict", _WINDOWS_1252)[0]


def is_charset(name: str) -> bool:
    """Whether Python can decode bytes by that name without interpreting them."""
    try:
        known = codecs.lookup(name)
        b"".decode(name)
    except (LookupError, ValueError):
        return False
    return known.name.replace("_", "-") not in _NOT_CHARSETS


def fold(text: str) -> str:
    """Text without case and accents, for comparing and finding.

    It agrees with the SQL function `casedesk_fold`, which is lower(normalize(text, NFKD)) without U+0300 to U+036F:
    one lower-case letter for each letter, so "ß" stays "ß" and every "Σ" becomes "σ".
    """
    # str.lower() alone would end a Greek word in "ς", which PostgreSQL's does not.
    return _MARKS.sub("", unicodedata.normalize("NFKD", text)).replace("Σ", "σ").lower()


def difference(old: str, new: str) -> list[tuple[Op, str]]:
    """How `old` became `new`, word by word: "same" with "gone" is `old`, "same" with "added" is `new`."""
    before, after = _TOKENS.findall(old), _TOKENS.findall(new)
    pieces: list[tuple[Op, str]] = []
    for tag, i, j, k, m in _opcodes(before, after):
        if tag == "equal":
            pieces.append(("same", "".join(before[i:j])))
            continue
        if i < j:
            pieces.append(("gone", "".join(before[i:j])))
        if k < m:
            pieces.append(("added", "".join(after[k:m])))
    return pieces


def _opcodes(before: list[str], after: list[str]) -> list[tuple[str, int, int, int, int]]:
    if min(len(before), len(after)) <= _COMPARABLE_WORDS and max(len(before), len(after)) <= 4 * _COMPARABLE_WORDS:
        return list(difflib.SequenceMatcher(None, before, after, autojunk=len(before) > 400).get_opcodes())
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    i, k = len(before) - tail, len(after) - tail
    spans = (("equal", 0, head, 0, head), ("replace", head, i, head, k), ("equal", i, len(before), k, len(after)))
    return [span for span in spans if span[1] < span[2] or span[3] < span[4]]


def excerpt(text: str, length: int = 140) -> str:
    """The beginning of a text on one line, at most `length` characters, cut between words where that is possible."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    if length < 1:
        return ""
    cut = line[: length - 1]
    if line[length - 1] != " " and " " in cut[length // 2 :]:
        cut = cut[: cut.rindex(" ")]
    while cut and _continues(line[len(cut)]) | (cut[-1] == "\u200d"):
        cut = cut[:-1]
    return cut.rstrip() + "…"


def _continues(character: str) -> bool:
    """Whether a character belongs to the one before it: an accent, a variation selector, a joiner, a skin tone."""
    joined = character == "\u200d" or "\U0001f3fb" <= character <= "\U0001f3ff"
    return joined or unicodedata.category(character) in {"Mn", "Me", "Mc"}


def is_blank(text: str) -> bool:
    """Whether there is nothing to read: white space, zero-width and control characters only."""
    return all(
        character.isspace() or character in _INKLESS or unicodedata.category(character) in {"Cc", "Cf", "Mn", "Zs"}
        for character in text
    )


def has_bidi_override(text: str) -> bool:
    """Whether a text holds characters that change the direction of what follows: show it in `<bdi dir="auto">`."""
    return _BIDI_OVERRIDES.search(text) is not None


def display_safe(text: str) -> str:
    """A text that cannot turn its surroundings round, for plain places (mail, title) where no `<bdi>` can stand.

    Each line is closed off between FSI and PDI, with every direction it opens closed and every stray closing left out.
    """
    if not _BIDI_CONTROLS.search(text) and not any(unicodedata.bidirectional(c) in _RIGHT_TO_LEFT for c in text):
        return text
    return "\n".join(_isolated(line) if line else line for line in text.split("\n"))


def _isolated(line: str) -> str:
    kept: list[str] = []
    closers: list[str] = []
    for character in line:
        if character in _OPENS_ISOLATE:
            closers.append(_POP_ISOLATE)
        elif character in _OPENS_EMBEDDING:
            closers.append(_POP_EMBEDDING)
        elif character in {_POP_ISOLATE, _POP_EMBEDDING}:
            if not closers or closers[-1] != character:
                continue
            closers.pop()
        kept.append(character)
    return _FIRST_STRONG_ISOLATE + "".join(kept) + "".join(reversed(closers)) + _POP_ISOLATE
