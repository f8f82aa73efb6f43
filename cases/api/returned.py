"""Returns to regulators for programs: from the same cases, each figure with the cases that it counts."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases import errors
from cases.api.endpoint import MOST, PAGE, found
from cases.api.fields import Code, Instant
from cases.api.report_answer import Links, instant
from cases.api.report_asked import ReportEndpoint
from cases.api.report_shapes import LinkShape
from cases.api.schema import reads
from cases.models import Brand
from cases.queries import api_report as queries
from cases.queries.reports import definitions, returned
from cases.queries.reports.complaints import Wanted
from cases.rules import return_periods
from cases.rules.periods import FIRST_YEAR, LAST_YEAR
from cases.rules.return_periods import HALF, QUARTER, Span
from cases.rules.returns_tables import Return, Row, Section
from cases.vocabulary.returns import FIGURES, RETURNS, TABLES, ReturnName

USUAL = {ReturnName.DISP: HALF, ReturnName.CFPB: QUARTER, ReturnName.ACPR: HALF}


class ReturnAsked(serializers.Serializer[Any]):
    """Which brand, and which half-year, quarter or month."""

    brand = Code(help_text="a slug")
    period = Code(
        required=False, max_length=20, help_text="2026-H1, 2026-Q3 or 2026-09; the last whole one unless said"
    )

    def get_fields(self) -> dict[str, Any]:
        """With its days: `from` is a word of Python's."""
        told = "in the place of `period`: its first day"
        return {
            **super().get_fields(),
            "from": serializers.DateField(required=False, help_text=told),
            "to": serializers.DateField(required=False, help_text="its last day"),
        }


class ReturnBehindAsked(ReturnAsked):
    """Which figure of it."""

    table = Code(help_text="as the return names its sections")
    line = serializers.IntegerField(default=0, min_value=0, max_value=1_000_000, help_text="the number of its row")
    figure = Code()
    limit = serializers.IntegerField(min_value=1, max_value=MOST, default=PAGE, help_text="how many")
    start = serializers.IntegerField(default=0, min_value=0, max_value=1_000_000, help_text="how many to pass over")


class ReturnCaseShape(serializers.Serializer[Any]):
    """One case behind a figure of a return."""

    case = serializers.CharField(source="reference", help_text="a reference")
    headline = serializers.CharField(allow_blank=True)
    status = serializers.CharField()
    received_at = Instant()
    owner = serializers.CharField(allow_blank=True)


class ReturnBehindShape(serializers.Serializer[Any]):
    """The cases behind a figure of a return, by when they were received."""

    figure = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF takes fields out of the class
    definition = serializers.CharField()
    count = serializers.IntegerField(help_text="how many there are in all")
    next = serializers.CharField(allow_null=True)
    results = ReturnCaseShape(many=True)


class ReturnFigureShape(serializers.Serializer[Any]):
    """One figure of a return, and the cases that it counts."""

    name = serializers.CharField()
    count = serializers.IntegerField()
    money = serializers.DictField(child=serializers.CharField(), help_text="by currency, where it is a sum")
    behind = LinkShape()


class ReturnRowShape(serializers.Serializer[Any]):
    """One line of a table."""

    keys = serializers.ListField(child=serializers.CharField(allow_blank=True))
    labels = serializers.ListField(child=serializers.CharField(allow_blank=True))
    figures = ReturnFigureShape(many=True)


class ReturnSectionShape(serializers.Serializer[Any]):
    """One table of a return."""

    name = serializers.CharField()
    title = serializers.CharField()
    rows = ReturnRowShape(many=True)


class ReturnWordsShape(serializers.Serializer[Any]):
    """What a figure is called and counts."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF takes fields out of the class
    definition = serializers.CharField()


class ReturnBalanceShape(serializers.Serializer[Any]):
    """Outstanding at the start and received (or reopened) is closed and outstanding at the end."""

    outstanding_at_start = serializers.IntegerField()
    received = serializers.IntegerField()
    reopened = serializers.IntegerField()
    closed = serializers.IntegerField()
    outstanding_at_end = serializers.IntegerField()
    holds = serializers.BooleanField()


class ReturnShape(serializers.Serializer[Any]):
    """A return as known now."""

    name = serializers.CharField()
    title = serializers.CharField()
    brand = serializers.CharField()
    period = serializers.CharField()
    first = serializers.DateField()
    last = serializers.DateField()
    zone = serializers.CharField()
    computed_at = Instant()
    version = serializers.IntegerField(help_text="of the definitions")
    is_over = serializers.BooleanField(help_text="only what is over can be frozen")
    is_nil = serializers.BooleanField(help_text="there is nothing to report")
    page = serializers.CharField()
    balance = ReturnBalanceShape()
    definitions = ReturnWordsShape(many=True)
    sections = ReturnSectionShape(many=True)


class _Returns(ReportEndpoint):
    def wanted(self, regulator: str, asked: dict[str, Any]) -> Wanted:
        """Which return; raises NotAllowed, NotFound, and what a period is refused for."""
        seer = self.reading
        if regulator not in set(ReturnName):
            raise errors.NotFound
        brand, name = found(queries.brand(seer, asked["brand"])), ReturnName(regulator)
        return Wanted(name, brand, self._span(asked, brand, name), seer, self.now)

    def _span(self, asked: dict[str, Any], brand: Brand, name: ReturnName) -> Span:
        first: date | None = asked.get("from")
        last: date | None = asked.get("to")
        for day in (first, last):
            if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
                raise errors.NotADate(given=day.isoformat())
        if first and last:
            if last < first:
                raise errors.PeriodEndsBeforeItBegins
            return return_periods.of_days(first, last, brand.zone)
        if first or last:
            raise errors.Invalid(_("Say both the first and the last day."), "from" if last else "to")
        if "period" in asked:
            return return_periods.of_name(asked["period"], brand.zone)
        return return_periods.current(USUAL[name], self.now, brand.zone).earlier(1)


class OneReturn(_Returns):
    """One return."""

    @reads(
        ReturnShape,
        "A return to a regulator (disp, cfpb, acpr), with the cases behind each figure",
        takes=[ReturnAsked],
        refuses=[403, 404, 422],
    )
    def get(self, request: Request, regulator: str) -> Response:
        """The return of a brand for a period."""
        wanted = self.wanted(regulator, self.asked(ReturnAsked))
        return Response(self._told(returned.make(wanted), wanted.brand, wanted.span, Links(request, regulator)))

    def _told(self, made: Return, brand: Brand, span: Span, links: Links) -> dict[str, Any]:
        query = f"brand={brand.slug}&period={span.name}"
        balance = made.balance
        return {
            "name": made.name.value,
            "title": str(RETURNS[made.name].label),
            "brand": brand.slug,
            "period": span.name,
            "first": span.first.isoformat(),
            "last": span.last.isoformat(),
            "zone": span.zone,
            "computed_at": instant(made.as_of),
            "version": definitions.VERSION,
            "is_over": span.is_over(self.now),
            "is_nil": made.is_nil,
            "page": links.page("return", made.name.value, query=query),
            "balance": {**{key: getattr(balance, key) for key in balance.__slots__}, "holds": balance.holds},
            "definitions": [
                {"name": key.value, "label": str(words.label), "definition": str(words.definition)}
                for key, words in FIGURES.items()
            ],
            "sections": [_section(each, links, f"{query}&") for each in made.sections],
        }


def _section(section: Section, links: Links, query: str) -> dict[str, Any]:
    return {
        "name": section.key.value,
        "title": str(TABLES[section.key]),
        "rows": [
            _row(row, links, f"{query}table={section.key.value}&line={line}&") for line, row in enumerate(section.rows)
        ],
    }


def _row(row: Row, links: Links, query: str) -> dict[str, Any]:
    return {
        "keys": list(row.keys),
        "labels": [str(label) for label in row.labels],
        "figures": [
            {
                "name": str(figure.key),
                "count": figure.count,
                "money": {currency: str(amount) for currency, amount in figure.money},
                "behind": {
                    "page": links.page("return-behind", links.report, query=f"{query}figure={figure.key}"),
                    "rows": links.root(f"returns/{links.report}/behind/", f"{query}figure={figure.key}"),
                },
            }
            for figure in row.figures
        ],
    }


class ReturnBehind(_Returns):
    """The cases behind a figure of a return."""

    @reads(
        ReturnBehindShape,
        "The cases that a figure of a return counts",
        operation_id="return_behind",
        takes=[ReturnBehindAsked],
        refuses=[403, 404, 422],
    )
    def get(self, request: Request, regulator: str) -> Response:  # noqa: ARG002
        """Some of them, and how many there are."""
        asked = self.asked(ReturnBehindAsked)
        wanted = self.wanted(regulator, asked)
        made = returned.make(wanted)
        _section, _row, figure = found(returned.figure_of(made, asked["table"], asked["line"], asked["figure"]))
        after = asked["start"] + asked["limit"]
        rows = returned.listed(wanted, figure.references[asked["start"] : after])
        shown = {
            "figure": str(figure.key),
            "label": returned.label(figure.key),
            "definition": returned.definition(figure.key),
            "count": figure.count,
            "next": self._next(after) if after < figure.count else None,
            "results": rows,
        }
        return Response(ReturnBehindShape(shown).data)

    def _next(self, start: int) -> str:
        place = self.request.query_params.copy()
        place["start"] = str(start)
        return self.request.build_absolute_uri(f"{self.request.path}?{place.urlencode()}")
