"""Words of strangers in a table that a spreadsheet opens: text stays text."""

from __future__ import annotations

import re
import unicodedata

# What begins a formula (OWASP, CSV Injection); programs fold wide and small variants into the plain ones.
_STARTS = frozenset("=+-@|%\u2212")
_DDE = re.compile(r"DDE\s*\(", re.IGNORECASE)
_CONTROLS = ("\t", "\r", "\n", "\0")
_QUOTES = frozenset("'\"`´‘’‚‛“”„‟«»‹›")
_MARK = "'"


def neutral(text: str) -> str:
    """The text as it may stand in a cell: behind an apostrophe where a spreadsheet would take it for a formula.

    For words only, once; numbers and dates are written as such. Each cell of a CSV file is to be quoted too, because
    a formula behind a semicolon begins a cell of its own where the program takes that for the separator.
    """
    return _MARK + text if is_formula(text) else text


def is_formula(text: str) -> bool:
    """Whether a spreadsheet may calculate it, whatever blanks, quotes and invisible marks it hides behind."""
    if text.startswith(_CONTROLS):
        return True
    for index, letter in enumerate(text):
        if letter.isspace() or letter in _QUOTES or unicodedata.category(letter) in {"Cc", "Cf"}:
            continue
        # By itself, because a sign that crosses out would make another letter of it.
        if unicodedata.normalize("NFKC", letter)[:1] in _STARTS:
            return True
        return bool(_DDE.match(unicodedata.normalize("NFKC", text[index : index + 20])))
    return False
