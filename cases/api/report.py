"""Reports for programs: which there are, what each answers, and the rows behind every figure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases import errors
from cases.api import report_beside, report_run
from cases.api.errors import TakesTooLong
from cases.api.fields import Code, Line
from cases.api.report_answer import Links, amount, defined, dimensions, figure_named, instant, named, period
from cases.api.report_asked import AskedIn, ReportEndpoint
from cases.api.report_shapes import BehindPage, ReportAnswerShape, ReportsShape, RunShape
from cases.api.schema import reads
from cases.queries import keyset
from cases.queries.authority import text_of
from cases.queries.reports import answer as answers
from cases.queries.reports import behind, definitions, kept, per_complaint, period_words, reading, runs
from cases.queries.reports.asked import COMPARISONS
from cases.queries.reports.behind import Behind, Page
from cases.queries.reports.catalogue import REPORTS, Report, Section
from cases.queries.reports.shares import part_of
from cases.queries.reports.sources import has
from cases.rules import lanes
from cases.vocabulary import Dimension, Population, RunStatus


class Reports(ReportEndpoint):
    """Which reports there are."""

    @reads(
        ReportsShape,
        "Every report with its figures, their definitions, and what can be asked",
        operation_id="reports_list",
        refuses=[403],
    )
    def get(self, request: Request) -> Response:
        """All of them."""
        is_open = reading.may_see_people(self.reading)
        links = Links(request, "front")
        return Response(
            {
                "version": definitions.VERSION,
                "duration_error": lanes.ERROR,
                "periods": [named(each.value, label) for each, label in period_words.PRESETS.items()],
                "comparisons": list(COMPARISONS),
                "front": links.api("front/"),
                "results": [_report(each, links, is_open=is_open) for each in REPORTS.values()],
            }
        )


def _report(report: Report, links: Links, *, is_open: bool) -> dict[str, Any]:
    return {
        "name": report.name,
        "title": str(report.title),
        "question": str(report.question),
        "url": links.api(f"{report.name}/"),
        "page": links.page("report", report.name),
        "sections": [_section(each, is_open=is_open) for each in report.sections],
        "beside": report_beside.defined() if report.name == per_complaint.REPORT else [],
    }


def _section(section: Section, *, is_open: bool) -> dict[str, Any]:
    def open_to_them(of: Sequence[Dimension]) -> list[dict[str, str]]:
        return dimensions(each for each in of if is_open or each not in reading.OF_PEOPLE)

    figures = [definitions.FIGURES[name] for name in section.figures]
    spans = [definitions.DURATIONS[name] for name in section.durations]
    return {
        "name": section.name,
        "title": str(section.title),
        "population": named(section.population.value, section.population.label),
        "figures": [
            *(defined(each, part_of(section, each)) for each in figures),
            *(defined(definitions.MONEY[name]) for name in section.money),
            *(defined(each) for each in spans),
        ],
        "splits": open_to_them(section.splits),
        "filters": open_to_them([each for each in Dimension if has(section.population, each)]),
    }


class OneReport(ReportEndpoint):
    """One report."""

    @reads(
        ReportAnswerShape,
        "The figures of a report, each with the rows behind it",
        takes=[AskedIn],
        refuses=[400, 403, 404, 409, 422],
        also={202: OpenApiResponse(RunShape, description="It is being counted in the background: look there.")},
    )
    def get(self, request: Request, report: str) -> Response:
        """The answer; one that takes long is counted by a run, which this call never starts."""
        self.named(report)
        asked = self.question(report, self.asked(AskedIn))
        found = answers.answer(asked, self.reading, now=self.now)
        if found.is_pending:
            run = runs.latest(asked, self.reading.person_id, now=self.now)
            if run is not None and run.status in RunStatus.unfinished():
                return Response(report_run.told(run, request), status=202)
            if run is None or run.result is None or not kept.is_still_true(run.result, self.reading):
                raise TakesTooLong
            found = kept.of_result(asked, run.result)
        return Response(report_beside.answer(found, self.reading, Links(request, report)))


class BehindAsked(AskedIn):
    """Which figure of which question."""

    figure = Code(help_text="as the list of reports names them")
    cursor = Line(required=False, help_text="from the `next` of the page before")

    def validate_cursor(self, cursor: str) -> str:
        """As it came, where it is one of ours."""
        try:
            keyset.opened(cursor, keyset.instant, int)
        except errors.NotFound:
            raise serializers.ValidationError(_("This is not a cursor. Take it from the page before.")) from None
        return cursor


class BehindFigure(ReportEndpoint):
    """The rows behind a figure."""

    @reads(
        BehindPage,
        "Exactly the rows that a figure counts, the latest first",
        operation_id="report_behind",
        takes=[BehindAsked],
        refuses=[400, 403, 404, 422],
    )
    def get(self, request: Request, report: str) -> Response:
        """One page of them, and how many there are."""
        self.named_or_front(report)
        given = self.asked(BehindAsked)
        name, asked = given["figure"], self.question(report, given)
        figure_named(name)
        page = behind.behind(asked, name, self.reading, now=self.now, after=given.get("cursor", ""))
        links = Links(request, report)
        return Response(
            {
                "figure": defined(page.figure),
                "population": named(page.population.value, page.population.label),
                "period": period(asked.period, asked.preset),
                "computed_at": instant(self.now),
                "page": links.behind(name, asked.fixed.query)["page"],
                "count": page.count,
                "next": self._next(page.after),
                "results": [_row(page, each, links) for each in page.rows],
            }
        )

    def _next(self, after: str) -> str | None:
        if not after:
            return None
        place = self.request.query_params.copy()
        place["cursor"] = after
        return self.request.build_absolute_uri(f"{self.request.path}?{place.urlencode()}")


def _row(page: Page, each: Behind, links: Links) -> dict[str, Any]:
    address = links.page("case", each.reference) if each.reference else ""
    if not address and each.post:
        address = links.page("post", each.post)
    return {
        "at": instant(each.at),
        "case": each.reference,
        "post": str(each.post) if each.post else None,
        "page": address,
        "headline": each.headline,
        "status": each.status,
        "owner": each.owner,
        "brand": each.brand,
        "what": _what(page.population, each.what),
        "minutes": each.took,
        "amount": None if each.amount is None else amount(each.amount),
        "currency": each.currency or "",
    }


def _what(population: Population, what: str | None) -> str:
    """Codes stay codes; the kind of an action is a text of the catalogue."""
    if population == Population.ACTIONS:
        return text_of(json.loads(what), default="en") if what else ""
    return what or ""
