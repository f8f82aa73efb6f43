"""Sentences in pieces: a translated template, filled, that still knows which of its words can be picked anew."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise

_PLACE = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Part:
    """Some words of a sentence; with a ``slot`` they stand where a page can put a picker.

    A slot is the place in the rule's JSON, like ``then.0.whom``. ``is_gone``: what it names is no longer there.
    """

    text: str
    slot: str = ""
    is_gone: bool = False


Words = tuple[Part, ...]


def fill(template: str | Promise, /, **pieces: Words | str) -> Words:
    """The template with its places filled, in whatever order its language puts them."""
    parts: list[Part] = []
    for number, text in enumerate(_PLACE.split(str(template))):
        if number % 2:
            piece = pieces[text]
            parts += (Part(piece),) if isinstance(piece, str) else piece
        elif text:
            parts.append(Part(text.replace("%%", "%")))
    return tuple(parts)


def pick(slot: str, text: str | Promise, *, is_gone: bool = False) -> Words:
    """Words that can be picked anew."""
    return (Part(str(text), slot, is_gone),)


def listed(several: Sequence[Words], last: str) -> Words:
    """Several of them, with commas between and a word before the last."""
    found: list[Part] = []
    for number, each in enumerate(several):
        if number:
            found.append(Part(f" {last} " if number == len(several) - 1 else ", "))
        found += each
    return tuple(found)


def between(several: Sequence[Words], mark: str) -> Words:
    """Several of them, with the same mark between."""
    found: list[Part] = []
    for number, each in enumerate(several):
        found += [Part(mark), *each] if number else each
    return tuple(found)


def said(words: Words) -> str:
    """The sentence as plain text."""
    return "".join(part.text for part in words)
