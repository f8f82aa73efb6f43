"""The frame of every page of reports: what was asked in its address, what else can be asked, and a refusal of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext

from cases import errors
from cases.models import Brand, Seer
from cases.queries.reports import choices, ever, labels, period_words, reading, understood
from cases.queries.reports.asked import (
    COMPARISONS,
    DEFAULT_PERIOD,
    LONGEST_VALUE,
    MOST_VALUES,
    NO_COMPARISON,
    WHEN,
    WORDS,
    Asked,
)
from cases.queries.reports.understood import Misread
from cases.rules import periods
from cases.rules.periods import Period
from cases.vocabulary import Dimension
from cases.web.desk import seer_of

P = ParamSpec("P")
Pairs = list[tuple[str, str]]
# What else pages of reports ask for in their addresses.
BESIDE = frozenset({"more", "figure", "report", "after"})
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can be chosen in the bar."""

    label: str | Promise
    href: str
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter that is on: its words, short and in full, and the address without it."""

    dimension: str | Promise
    values: str
    full: str
    href: str


class Frame:
    """What one page of reports was asked, and its bar; where it cannot be answered a ``refusal``, else ``asked``.

    The page gives it to its template as ``frame``, and its ``status`` with the answer.
    """

    def __init__(
        self,
        request: HttpRequest,
        report: str,
        title: str | Promise,
        *,
        dimensions: Iterable[Dimension] = (),
        splits: Sequence[Dimension] = (),
        most_splits: int = 2,
        export_of: str = "",
    ) -> None:
        self.request, self.report, self.title = request, report, title
        self.address = request.path
        self.now: datetime = timezone.now()
        self.seer: Seer = reading.reader(seer_of(request))
        self.most_splits, self.export_of = most_splits, export_of
        self._dimensions, self._splits = tuple(dimensions), tuple(splits)
        self.given = _given(request)
        self.misread: list[Misread] = []
        self.refusal: errors.Refused | None = None
        self.asked: Asked | None = None
        try:
            asked = Asked.of(report, self.given, now=self.now, zone=self._usual_zone)
            reading.reader(self.seer, asked.dimensions)
            self.asked = asked = ever.since_first(asked, self.seer, now=self.now)
        except errors.Refused as refused:
            self.refuse(refused)
        else:
            self._understand(asked)

    def _understand(self, asked: Asked) -> None:
        """Say what was not understood; words that ask nothing go no further, values stay until they are taken away."""
        given = dict(self.request.GET.lists())
        self.misread = understood.misread(given, asked, known=self._known, beside=BESIDE)
        if any(each.word == "compare" for each in self.misread):
            self.given["compare"] = [NO_COMPARISON]
        if "show" in self.given:
            self.given["show"] = list(asked.shows)

    @cached_property
    def _known(self) -> dict[Dimension, labels.Words]:
        """The values of the filters that there are, with their words, of what this person may filter by."""
        is_open = reading.may_see_people(self.seer)
        given = {each: self.given.get(each.value, ()) for each in Dimension if is_open or each not in reading.OF_PEOPLE}
        return {each: choices.known(each, values, self.seer) for each, values in given.items() if values}

    def refuse(self, refused: errors.Refused) -> None:
        """Say so in the bar; what was asked stays in its fields."""
        self.asked, self.refusal = None, refused

    @property
    def status(self) -> int:
        """What to answer with."""
        return self.refusal.status if self.refusal else 200

    @property
    def population(self) -> str:
        """Whose figures these are, where a page does not say it better."""
        return gettext("complaints, by when they were received")

    @property
    def leaves_out(self) -> bool:
        """Whether there may be cases in these brands that this person may not open."""
        return {*self.seer.managed_brand_ids} != {*self.seer.brand_ids}

    @property
    def now_words(self) -> str:
        """When it was computed, by the clocks of the zone."""
        return date_format(self.now.astimezone(periods.of_zone(self.zone)), gettext("j M Y, H:i:s"))

    # ---- the address ----

    @cached_property
    def pairs(self) -> Pairs:
        """What was asked, as it was written."""
        return [(name, value) for name, values in self.given.items() for value in values]

    def href(self, *without: str, **more: str) -> str:
        """The same page with something else asked."""
        kept = [(name, value) for name, value in self.pairs if name not in without and name not in more]
        return f"{self.address}?{urlencode([*more.items(), *kept])}"

    def behind(self, figure: str, asked: Asked | None = None) -> str:
        """Where the rows behind a figure are listed."""
        asked = asked or self.asked
        pairs = [("figure", figure), ("report", self.report), *(asked.pairs if asked else ())]
        return f"{reverse('report-behind')}?{urlencode(pairs)}"

    def _without(self, *names: str) -> Pairs:
        return [(name, value) for name, value in self.pairs if name not in names]

    @property
    def beside_period(self) -> Pairs:
        """What a form for another period keeps."""
        return self._without(*WHEN, "compare", "split")

    @property
    def beside_filters(self) -> Pairs:
        """What a form for other filters keeps."""
        return self._without(*Dimension.values)

    # ---- period, comparison, zone ----

    @property
    def period_words(self) -> str:
        """The period that is shown."""
        return period_words.said(self.asked.period) if self.asked else gettext("Choose a period")

    @property
    def period(self) -> Period:
        """The period that is shown; where it cannot be, the usual one."""
        return self.asked.period if self.asked else periods.preset(DEFAULT_PERIOD, self.now, self._usual_zone)

    @property
    def zone(self) -> str:
        """The zone whose days are counted."""
        return self.asked.period.zone if self.asked else self.value("zone") or self._usual_zone

    @cached_property
    def from_(self) -> str:
        """The first day, as it is written in its field."""
        return self.asked.period.written[0] if self.asked else self.value("from")

    @cached_property
    def to(self) -> str:
        """The last day, as it is written in its field."""
        return self.asked.period.written[1] if self.asked else self.value("to")

    @property
    def is_whole_days(self) -> bool:
        """Whether the fields of the period are days, and not instants."""
        return all(not value or _DAY.fullmatch(value) for value in (self.from_, self.to))

    @property
    def presets(self) -> list[Choice]:
        """The periods that need no dates."""
        chosen = self.asked.preset if self.asked else ""
        return [
            Choice(label, self.href(*WHEN[1:3], period=preset.value), preset.value == chosen)
            for preset, label in period_words.PRESETS.items()
        ]

    @property
    def compare(self) -> str:
        """With what it is compared: before, year, or nothing."""
        return self.asked.compare if self.asked else self.value("compare")

    @property
    def comparisons(self) -> list[Choice]:
        """With what it can be compared."""
        said = (gettext("The period before"), gettext("The same a year before"), gettext("Nothing"))
        return [
            Choice(
                label,
                self.href(compare=name or NO_COMPARISON),
                name == (self.compare if self.compare in COMPARISONS else ""),
            )
            for name, label in zip((*COMPARISONS, ""), said, strict=True)
        ]

    @property
    def compare_words(self) -> str:
        """With what it is compared, in words; nothing where it is not."""
        before = self.asked.compared if self.asked else None
        return period_words.compared(self.asked.period, before) if self.asked and before else ""

    @property
    def compared_words(self) -> str:
        """The period that it is compared with, wholly said."""
        before = self.asked.compared if self.asked else None
        return period_words.said(before) if before else ""

    @cached_property
    def brands(self) -> list[Brand]:
        """The brands whose reports the person reads, by name."""
        return sorted(Brand.objects.filter(pk__in=self.seer.brand_ids), key=lambda brand: brand.name.casefold())

    @property
    def zones(self) -> list[str]:
        """The zones of the brands, and UTC."""
        return list(dict.fromkeys([*(brand.zone for brand in self.brands), "UTC"]))

    @cached_property
    def _usual_zone(self) -> str:
        return next((brand.zone for brand in self.brands if brand.pk == self.seer.brand_ids[0]), "UTC")

    # ---- filters and splits ----

    @cached_property
    def dimensions(self) -> list[Dimension]:
        """By what it can be filtered by this person."""
        is_open = reading.may_see_people(self.seer)
        return [each for each in self._dimensions if is_open or each not in reading.OF_PEOPLE]

    @property
    def filters_href(self) -> str:
        """Where filters are chosen."""
        return f"{reverse('report-filters')}?{urlencode([('report', self.report), *self.pairs])}"

    @cached_property
    def chips(self) -> list[Chip]:
        """The filters that are on."""
        found = []
        for each in Dimension:
            if values := self.given.get(each.value):
                words = self._known.get(each, {})
                said = [*dict.fromkeys(words.get(value, value) for value in values)]
                found.append(Chip(each.label, _some(said), ", ".join(said), self.href(each.value)))
        return found

    @property
    def filter_words(self) -> str:
        """What the filters let through, in a few words."""
        if not self.chips:
            return self.brands[0].name if len(self.brands) == 1 else gettext("All brands")
        if len(self.chips) == 1:
            return self.chips[0].values
        return ngettext("%(n)d filter", "%(n)d filters", len(self.chips)) % {"n": len(self.chips)}

    @property
    def splits(self) -> list[list[Choice]]:
        """By what each of the splits can be chosen."""
        is_open = reading.may_see_people(self.seer)
        names = [each for each in self._splits if is_open or each not in reading.OF_PEOPLE]
        chosen = self.given.get("split", [])
        return [
            [
                Choice(each.label, each.value, each.value == (chosen[place] if place < len(chosen) else ""))
                for each in names
            ]
            for place in range(self.most_splits if names else 0)
        ]

    @property
    def split_words(self) -> str:
        """By what it is split, in words."""
        names = [Dimension(each).label for each in self.given.get("split", []) if each in Dimension.values]
        return gettext(" and ").join(str(name) for name in names)

    @property
    def note(self) -> str:
        """What a picture says of itself where it goes alone: brands, filters, period and zone, and when it was made."""
        words = [f"{each.dimension}: {each.full}" for each in self.chips]
        brands = [] if self.given.get(Dimension.BRAND.value) else [", ".join(brand.name for brand in self.brands)]
        return " · ".join([*brands, *words, f"{self.period_words}, {self.zone}", self.now_words])

    # ---- what is done with it ----

    @property
    def shared(self) -> str:
        """The link that shows exactly this again, whenever it is opened."""
        pairs = self.asked.fixed.pairs if self.asked else self.pairs
        return self.request.build_absolute_uri(f"{self.address}?{urlencode(pairs)}")

    @property
    def saved_href(self) -> str:
        """Where this is saved under a name; nothing while that cannot be done."""
        try:
            address = reverse("saved-report-new")
        except NoReverseMatch:
            return ""
        return f"{address}?{urlencode([('report', self.report), *(self.asked.pairs if self.asked else ())])}"

    def value(self, name: str) -> str:
        """What was written in a field."""
        return (self.given.get(name) or [""])[0]


def for_readers(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """A view for whoever may read reports; anybody else is told whom they are for."""

    @wraps(view)
    def found(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not reading.may_read(seer_of(request)):
            return render(request, "report/closed.html", status=403)
        return view(request, *args, **kwargs)

    return login_required(found)  # type: ignore[return-value]


def show(request: HttpRequest, template: str, frame: Frame, context: dict[str, Any] | None = None) -> HttpResponse:
    """A page of reports in its frame."""
    return render(request, template, {"frame": frame, **(context or {})}, status=frame.status)


def _given(request: HttpRequest) -> dict[str, list[str]]:
    """The words of the address that say what was asked; without any, the usual period against the one before."""
    given = {
        name: [value for value in values if len(value) <= LONGEST_VALUE and "\x00" not in value][:MOST_VALUES]
        for name, values in request.GET.lists()
        if name in WORDS and (name in Dimension.values or any(values))
    }
    if not given.keys() - {"show"}:
        given |= {"period": [DEFAULT_PERIOD.value], "compare": [COMPARISONS[0]]}
    return given


def _some(said: Sequence[str]) -> str:
    if len(said) <= 2:
        return ", ".join(said)
    return gettext("%(first)s and %(n)d more") % {"first": said[0], "n": len(said) - 1}
