"""The words of a text as conditions compare them: folded, and cut as PostgreSQL's ``simple`` configuration cuts."""

from __future__ import annotations

import re
import string
import unicodedata

from cases.rules import text as texts

# Between words, wherever it stands: otherwise PostgreSQL would see addresses, paths, signs and fractions, and keep
# "covid-19" as "covid" and "-19". The query puts a space for each of these before it cuts, too.
SEPARATORS = string.punctuation
_SPACES = str.maketrans(SEPARATORS, " " * len(SEPARATORS))
# What a word begins with, and what may also stand in it: accents, vowel signs, joiners.
_BEGINS = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl"})
_CONTINUES = _BEGINS | {"Mn", "Mc", "Me", "Cf"}
# PostgreSQL reads "1e5" as a number and what follows it as another word.
_NUMBER = re.compile(r"[0-9]+e[0-9]+(?=[^0-9])")


def lexemes(text: str) -> frozenset[str]:
    """The words of a text without case and accents; ``queries/condition.py`` has the same of a post from SQL."""
    found: set[str] = set()
    word = ""
    for character in texts.fold(text).translate(_SPACES) + " ":
        category = unicodedata.category(character)
        if category in (_CONTINUES if word else _BEGINS):
            word += character
        elif word:
            found.update(_cut(word))
            word = ""
    return frozenset(found)


def _cut(word: str) -> list[str]:
    number = _NUMBER.match(word)
    return [word] if number is None else [number.group(), *_cut(word[number.end() :])]
