"""The front page of reports, what can be filtered by, and what every figure means."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from cases import errors
from cases.queries.reports import choices, definitions, reading
from cases.queries.reports import front as fronts
from cases.queries.reports.asked import WORDS
from cases.queries.reports.catalogue import REPORTS
from cases.queries.reports.figure import Duration, Figure, Money
from cases.queries.reports.sources import has
from cases.rules import lanes
from cases.vocabulary import Dimension, Population
from cases.web.desk import seer_of
from cases.web.report_frame import Choice, Frame, for_readers, show
from cases.web.report_front import Words

FRONT = "front"
# What the front page counts; a filter of it must fit all of them.
POPULATIONS = (Population.CASES, Population.MOVEMENTS, Population.PROMISES)


@dataclass(frozen=True, slots=True)
class Filter:
    """One dimension with the values it can be filtered by."""

    name: str
    label: str | Promise
    choices: list[Choice]

    @property
    def n(self) -> int:
        """How many values are chosen."""
        return sum(each.is_chosen for each in self.choices)

    @property
    def is_on(self) -> bool:
        """Whether any value is chosen."""
        return self.n > 0


@dataclass(frozen=True, slots=True)
class Chapter:
    """The definitions of one population."""

    population: Population
    figures: list[Figure | Money | Duration]


def dimensions_of(report: str) -> list[Dimension]:
    """By what a report can be filtered: by all that each part of the front page has, or any table of a named one."""
    found = REPORTS.get(report)
    if found is None:
        return [each for each in choices.FILTERED if all(has(population, each) for population in POPULATIONS)]
    tables = {section.population for section in found.sections}
    return [each for each in choices.FILTERED if any(has(population, each) for population in tables)]


def address_of(report: str) -> str:
    """Where a report is."""
    return reverse("report", args=[report]) if report in REPORTS else reverse("report-front")


@require_safe
@for_readers
def front(request: HttpRequest) -> HttpResponse:
    """How many complaints are really handled, how fast, what is stuck and on whom, and why people complain."""
    frame = Frame(request, FRONT, _("Resolution report"), dimensions=dimensions_of(FRONT), export_of="cases")
    context = {}
    if frame.asked:
        try:
            context = Words(fronts.front(frame.asked, frame.seer, now=frame.now), frame).context
        except errors.Refused as refused:
            frame.refuse(refused)
    return show(request, "report/front.html", frame, context)


@require_safe
@for_readers
def filters(request: HttpRequest) -> HttpResponse:
    """Everything a report can be filtered by; opened in its bar, or as a page of its own."""
    report = request.GET.get("report", FRONT)
    seer = reading.reader(seer_of(request))
    kept = [
        (name, value)
        for name, values in request.GET.lists()
        if name in WORDS and name not in Dimension.values
        for value in values
    ]
    may_see_people = reading.may_see_people(seer)
    period = Frame(request, report, _("Filters")).period
    found = []
    for each in dimensions_of(report):
        if may_see_people or each not in reading.OF_PEOPLE:
            chosen = request.GET.getlist(each.value)
            values = choices.choices(each, seer, period)
            if chosen or len(values) > 1:
                found.append(Filter(each.value, each.label, [Choice(label, v, v in chosen) for v, label in values]))
    context = {"filters": found, "kept": kept, "without": urlencode(kept), "address": address_of(report)}
    template = "report/filters.html#choose" if request.headers.get("HX-Request") else "report/filters.html"
    return render(request, template, context)


@require_safe
@for_readers
def all_definitions(request: HttpRequest) -> HttpResponse:
    """What every figure means, over what it is counted, and how exact it is."""
    chapters = [
        Chapter(
            each,
            [
                *definitions.of(each),
                *(balance for balance in definitions.BALANCES.values() if balance.population == each),
                *definitions.money_of(each),
                *definitions.durations_of(each),
            ],
        )
        for each in Population
    ]
    context = {"chapters": chapters, "version": definitions.VERSION, "error": lanes.ERROR * 100}
    return render(request, "report/definitions.html", context)
