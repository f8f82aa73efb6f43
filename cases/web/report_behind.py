"""The rows behind a figure: exactly those it counts, each leading to its case."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_safe

from cases import errors
from cases.queries.authority import text_of
from cases.queries.reports import behind as rows
from cases.queries.reports import definitions, labels
from cases.queries.reports.asked import Asked
from cases.queries.reports.behind import Behind, Page
from cases.queries.reports.catalogue import REPORTS
from cases.queries.reports.figure import Duration, Figure, Money
from cases.vocabulary import Goal, Movement, Population, Status
from cases.web import report_page
from cases.web.report_frame import Frame, Pairs, for_readers, show

FRONT = "report-front"
# What says which list it is, whatever else is asked of it.
LIST = ("figure", "report")
# What the instant of a row is, by which it belongs to a period.
WHEN = {
    Population.CASES: pgettext_lazy("a day", "Received"),
    Population.MOVEMENTS: pgettext_lazy("a day", "Happened"),
    Population.ACTIONS: pgettext_lazy("a day", "Added"),
    Population.PROMISES: pgettext_lazy("a day", "Promised for"),
    Population.DEADLINES: pgettext_lazy("a day", "Due"),
    Population.POSTS: pgettext_lazy("a day", "Received"),
    Population.ESCALATIONS: pgettext_lazy("a day", "Happened"),
}
# What a list is not.
BESIDE = ("split", "show")


@dataclass(frozen=True, slots=True)
class Row:
    """One row in words: what it is beside its case, where it leads, how its case stands, and how long it took."""

    behind: Behind
    what: str
    href: str
    status: str
    took: str


@dataclass(frozen=True, slots=True)
class Tab:
    """One of two lists that make a population together, and how many are in it."""

    label: str
    count: int
    href: str
    is_chosen: bool


class ListFrame(Frame):
    """The frame of a list: whatever else is asked, it stays the list behind the same figure."""

    @cached_property
    def pairs(self) -> Pairs:
        """What was asked, and of which figure."""
        kept = [(name, value) for name in LIST if (value := self.request.GET.get(name, ""))]
        return [
            *kept,
            *((name, value) for name, values in self.given.items() for value in values if name not in BESIDE),
        ]


@require_safe
@for_readers
def behind(request: HttpRequest) -> HttpResponse:
    """The list behind one figure, with what it means and what it was asked of; of no figure, all there are."""
    name, report = request.GET.get("figure", ""), request.GET.get("report", "")
    if not name:
        return redirect("report-definitions")
    figure = rows.figure_of(name)
    found = REPORTS.get(report)
    frame = ListFrame(request, report, _called(figure), dimensions=report_page.dimensions_of(found) if found else ())
    context: dict[str, object] = {
        "figure": figure,
        "called": frame.title,
        "report": found,
        "population": figure.population.label,
        "when": WHEN[figure.population],
        "took": _took(figure),
        "back": _back(frame, report),
        "is_money": isinstance(figure, Money),
    }
    if frame.asked:
        try:
            context |= _page(frame, frame.asked, name, request.GET.get("after", ""))
        except errors.Refused as refused:
            frame.refuse(refused)
    return show(request, "report/behind.html", frame, context)


def _page(frame: Frame, asked: Asked, name: str, after: str) -> dict[str, object]:
    page = rows.behind(asked, name, frame.seer, now=frame.now, after=after)
    return {
        "page": page,
        "rows": [_row(page, each) for each in page.rows],
        "sums": list(page.sums.items()),
        "tabs": _tabs(frame, asked, page),
        "next": f"{frame.href()}&{urlencode({'after': page.after})}" if page.after else "",
        "first": frame.href() if after else "",
    }


def _back(frame: Frame, report: str) -> str:
    """The report that the figure stands in; of a figure that stands nowhere else, the front page."""
    pairs = [(key, value) for key, value in frame.pairs if key not in LIST]
    address = reverse("report", args=[report]) if report in REPORTS else reverse(FRONT)
    return f"{address}?{urlencode(pairs)}"


def _row(page: Page, each: Behind) -> Row:
    href = reverse("case", args=[each.reference]) if each.reference else ""
    if not href and each.post:
        href = reverse("post", args=[each.post])
    status = str(Status(each.status).label) if each.status else ""
    return Row(each, _what(page.population, each.what), href, status, labels.span(each.took))


def _called(figure: Figure | Money | Duration) -> str:
    return labels.after(figure) if isinstance(figure, Duration) else str(figure.label)


def _took(figure: Figure | Money | Duration) -> str:
    """What the time of each row is called; '' where it has none."""
    if rows.waiting_for(figure):
        return _("Waited")
    if isinstance(figure, Duration):
        return _("After")
    return str(figure.label) if isinstance(figure, Figure) and figure.is_sum else ""


def _tabs(frame: Frame, asked: Asked, page: Page) -> list[Tab]:
    """Of a span those in which it happened, and those who still wait; of any other figure none."""
    span = page.figure if isinstance(page.figure, Duration) else rows.waiting_for(page.figure)
    if span is None:
        return []
    waiting = definitions.WAITING[f"{span.name}_open"]
    found = []
    for figure, label in ((span, _("It has happened")), (waiting, _("Still waiting"))):
        is_chosen = figure.name == page.figure.name
        n = page.count if is_chosen else rows.count(asked, figure, frame.seer, now=frame.now)
        pairs = [("figure", figure.name), *((name, value) for name, value in frame.pairs if name != "figure")]
        found.append(Tab(label, n, f"{reverse('report-behind')}?{urlencode(pairs)}", is_chosen))
    return found


def _what(population: Population, what: str) -> str:
    """What a row is, beside its case."""
    if population == Population.POSTS:
        return what or _("without words")
    if population == Population.ACTIONS:
        return text_of(json.loads(what), default="en") if what else ""
    if population == Population.MOVEMENTS:
        return str(Movement(what).label)
    if population == Population.DEADLINES:
        return str(Goal(what).label)
    return what
