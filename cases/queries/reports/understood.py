"""What of an address asks nothing of a report, in one sentence each: words, values and figures that there are not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from cases.models import Seer
from cases.queries.reports import choices, labels
from cases.queries.reports.asked import (
    COMPARISONS,
    MOST_VALUES,
    NO_COMPARISON,
    WORDS,
    Asked,
)
from cases.queries.reports.catalogue import REPORTS
from cases.queries.reports.sources import has
from cases.vocabulary import Dimension

# As much of a word as a sentence has room for, and as many sentences as are read.
LONGEST, MOST = 40, 8


@dataclass(frozen=True, slots=True)
class Misread:
    """A word that was not understood: why, and the same with what was done instead."""

    word: str
    reason: str
    sentence: str


def misread(
    given: Mapping[str, Sequence[str]],
    asked: Asked,
    *,
    known: Mapping[Dimension, labels.Words],
    beside: Collection[str] = (),
) -> list[Misread]:
    """All that was not understood; ``known`` has the values there are, ``beside`` what a page asks for itself."""
    found = [
        *_words(given, beside),
        *([found] if (found := no_comparison(next(iter(given.get("compare", ())), ""))) else []),
        *_values(given, asked, known),
        *_figures(given, asked),
    ]
    return found[:MOST]


def known_of(asked: Asked, seer: Seer) -> dict[Dimension, labels.Words]:
    """The values of its filters that there are, with their words, as far as this person may know of them."""
    return {each: choices.known(each, values, seer) for each, values in asked.filters.items()}


def _words(given: Mapping[str, Sequence[str]], beside: Collection[str]) -> Iterator[Misread]:
    for word in given:
        if word not in WORDS and word not in beside:
            yield no_word(word)


def no_word(word: str) -> Misread:
    """A word that asks nothing."""
    said = {"given": _cut(word)}
    return Misread(
        word,
        _("“%(given)s” is nothing that a report can be asked.") % said,
        _("“%(given)s” is nothing that a report can be asked, so it was left out; all else is as asked.") % said,
    )


def no_comparison(value: str) -> Misread | None:
    """Something that no period can be compared with; None for what it can."""
    if value.strip() in {*COMPARISONS, NO_COMPARISON, ""}:
        return None
    said = {"given": _cut(value.strip())}
    return Misread(
        "compare",
        _("“%(given)s” is nothing that a period can be compared with. Choose before, year or none.") % said,
        _("“%(given)s” is nothing that a period can be compared with, so it is compared with nothing.") % said,
    )


def _values(
    given: Mapping[str, Sequence[str]], asked: Asked, known: Mapping[Dimension, labels.Words]
) -> Iterator[Misread]:
    for each in _dimensions(asked.report):
        values = list(dict.fromkeys(given.get(each.value, ())))
        there = known.get(each, {})
        if len(values) > MOST_VALUES:
            said = {"dimension": each.label, "most": MOST_VALUES}
            yield Misread(
                each.value,
                _("%(dimension)s: more than %(most)s values are too many.") % said,
                _("%(dimension)s: more than %(most)s values are too many, so only the first ones are counted.") % said,
            )
        for value in values[:MOST_VALUES]:
            if value not in there:
                yield _no_value(each, value, is_kept=value in asked.filters.get(each, ()))


def _dimensions(report: str) -> list[Dimension]:
    """By what a report can be filtered at all: it is refused for the others."""
    found = REPORTS.get(report)
    return [
        each for each in Dimension if found is None or any(has(section.population, each) for section in found.sections)
    ]


def _no_value(dimension: Dimension, value: str, *, is_kept: bool) -> Misread:
    said = {"dimension": dimension.label, "given": _cut(value)}
    done = (
        _("%(dimension)s: there is no “%(given)s”, so this part of the filter finds nothing; take it away below.")
        if is_kept
        else _("%(dimension)s: there is no “%(given)s”, so it was left out; all else is as asked.")
    )
    return Misread(dimension.value, _("%(dimension)s: there is no “%(given)s”.") % said, done % said)


def _figures(given: Mapping[str, Sequence[str]], asked: Asked) -> Iterator[Misread]:
    report = REPORTS.get(asked.report)
    there = {name for section in (report.sections if report else ()) for name in section.figures}
    for value in dict.fromkeys(given.get("show", ())):
        if value and (value not in there or value not in asked.shows):
            said = {"given": _cut(value)}
            yield Misread(
                "show",
                _("This report shows no figure “%(given)s”.") % said,
                _("This report shows no figure “%(given)s”, so its usual one is shown.") % said,
            )


def _cut(value: str) -> str:
    """As much of what was written as a sentence has room for."""
    value = value.replace("\x00", "�")
    return value if len(value) <= LONGEST else f"{value[: LONGEST - 1]}…"
