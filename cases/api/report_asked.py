"""What is asked of a report: the same words in an address and in a body, and what becomes of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from cases import errors
from cases.api.endpoint import Endpoint
from cases.api.errors import BadQuestion
from cases.api.fields import Code, Line
from cases.models import Seer
from cases.queries import api_report as queries
from cases.queries.reports import understood
from cases.queries.reports.asked import COMPARISONS, LONGEST_VALUE, MOST_SHOWN, MOST_VALUES, NO_COMPARISON, Asked
from cases.queries.reports.catalogue import REPORTS, Report
from cases.queries.reports.reading import reader
from cases.rules.periods import Preset
from cases.vocabulary import Dimension

# The front page has no tables of its own; its rows can be listed and exported under this name.
FRONT = "front"
_MOST_SPLITS_READ = 20


def _fields() -> dict[str, serializers.Field[Any, Any, Any, Any]]:
    """Every word of a question; `from` is none of Python's."""
    presets = ", ".join(Preset)
    found: dict[str, serializers.Field[Any, Any, Any, Any]] = {
        "period": Code(
            required=False, allow_blank=True, max_length=30, help_text=f"{Preset.DAYS_30} unless said; one of {presets}"
        ),
        "from": Line(
            required=False,
            allow_blank=True,
            max_length=60,
            help_text="in the place of `period`: the first day, like 2026-03-01, or an instant",
        ),
        "to": Line(
            required=False, allow_blank=True, max_length=60, help_text="the last day, included, or the instant after it"
        ),
        "zone": Line(
            required=False,
            allow_blank=True,
            max_length=64,
            help_text="whose clocks begin the days, like Europe/Paris; that of your first brand unless said",
        ),
        "compare": serializers.ChoiceField(
            choices=[(each, each) for each in (*COMPARISONS, NO_COMPARISON)],
            required=False,
            allow_blank=True,
            help_text="with the period before, the same a year before, or none, as unless said",
        ),
    }
    split = f"two at most of {', '.join(Dimension.values)}, as the report has them; else its first named split"
    found["split"] = _several(split, most=_MOST_SPLITS_READ)
    shown = "of two splits, the figure that the page shows, one for each section; an answer has all"
    found["show"] = _several(shown, most=MOST_SHOWN)
    for each in Dimension:
        said = "the values to count, as `keys` of an answer give them; empty: those without one"
        found[each.value] = _several(f"a slug, or {said}" if each == Dimension.BRAND else said, most=MOST_VALUES)
    return found


def _several(help_text: str, *, most: int) -> serializers.ListField:
    child = Line(allow_blank=True, max_length=LONGEST_VALUE, trim_whitespace=False)
    return serializers.ListField(child=child, required=False, max_length=most, help_text=help_text)


WORDS = frozenset(_fields())


class AskedIn(serializers.Serializer[Any]):
    """A period, what it is compared with, splits, and filters: a value or several of any dimension."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Those of the question, and what else a call takes."""
        return {**_fields(), **super().get_fields()}

    def to_internal_value(self, data: Any) -> Any:
        """What was sent; raises BadQuestion for a word that asks nothing, or a filter with a typo counts everything."""
        if isinstance(data, Mapping):
            unknown = next((str(name) for name in data if name not in self.fields), None)
            if unknown is not None:
                raise BadQuestion(understood.no_word(unknown).reason, unknown[:LONGEST_VALUE])
            compare = data.get("compare")
            if isinstance(compare, str) and (misread := understood.no_comparison(compare)):
                raise BadQuestion(misread.reason, "compare")
        return super().to_internal_value(data)


class ReportEndpoint(Endpoint):
    """One address below the reports: for whoever may read those of any brand."""

    @cached_property
    def now(self) -> datetime:
        """The instant of which everything in one answer is true."""
        return timezone.now()

    @cached_property
    def reading(self) -> Seer:
        """The person with the brands whose reports they read; raises NotAllowed."""
        return reader(self.seer)

    @cached_property
    def brands(self) -> list[queries.BrandRow]:
        """Those brands."""
        return queries.brands(self.reading)

    def named(self, name: str) -> Report:
        """The report of that name; raises NotAllowed, NotFound."""
        reader(self.seer)
        if name not in REPORTS:
            raise errors.NotFound
        return REPORTS[name]

    def named_or_front(self, name: str) -> None:
        """Go on where there is such a report, or it is the front page; raises NotAllowed, NotFound."""
        reader(self.seer)
        if name != FRONT:
            self.named(name)

    def question(self, report: str, given: Mapping[str, Any], *, besides: Collection[str] = ()) -> Asked:
        """What was asked, out of the words of a call; raises what ``Asked.of`` and ``reader`` do, BadQuestion."""
        words = {name: value for name, value in given.items() if name in WORDS and name not in besides}
        pairs = {name: [value] if isinstance(value, str) else list(value) for name, value in words.items()}
        slugs = {brand.slug: str(brand.pk) for brand in self.brands}
        if Dimension.BRAND in pairs:
            pairs[Dimension.BRAND] = [slugs.get(each, each) for each in pairs[Dimension.BRAND]]
        asked = Asked.of(report, pairs, now=self.now, zone=queries.usual_zone(self.reading, self.brands))
        reader(self.reading, asked.dimensions)
        unknown = understood.misread(pairs, asked, known=understood.known_of(asked, self.reading))
        if unknown:
            raise BadQuestion(unknown[0].reason, unknown[0].word)
        return asked


def words_of(asked: Asked) -> dict[str, list[str]]:
    """The same words again."""
    words: dict[str, list[str]] = {}
    for name, value in asked.pairs:
        words.setdefault(name, []).append(value)
    return words
