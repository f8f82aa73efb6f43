"""Returns to regulators for programs: from the same cases, each figure with the cases that it counts."""

from __future__ import annotations

from datetime import date
from io import SEEK_END
from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases import errors
from cases.api.endpoint import MOST, PAGE, found
from cases.api.errors import BadQuestion, TakesTooLong
from cases.api.fields import Code
from cases.api.report_answer import Links, instant
from cases.api.report_asked import ReportEndpoint
from cases.api.returned_shapes import ReturnBehindShape, ReturnRunShape, ReturnShape
from cases.api.schema import changes, reads
from cases.api.streaming import streamed
from cases.commands import report_run as runs
from cases.commands import return_run as commands
from cases.models import Brand, ReportRun
from cases.queries import api_report as queries
from cases.queries.reports import definitions, return_files, return_runs, returned, understood
from cases.queries.reports.asked import LONGEST_VALUE
from cases.queries.reports.complaints import ReturnTooLong, Wanted
from cases.queries.reports.return_runs import Known
from cases.rules import return_periods
from cases.rules.periods import FIRST_YEAR, LAST_YEAR
from cases.rules.return_periods import HALF, QUARTER, Span
from cases.rules.returns_tables import Return, Row, Section
from cases.vocabulary import RunStatus
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

    def to_internal_value(self, data: Any) -> Any:
        """What was sent; raises BadQuestion for a word that asks nothing, or one with a typo changes nothing."""
        unknown = next((str(name) for name in data if name not in self.fields), None)
        if unknown is not None:
            raise BadQuestion(understood.no_word(unknown).reason, unknown[:LONGEST_VALUE])
        return super().to_internal_value(data)


class ReturnFileAsked(ReturnAsked):
    """As what."""

    format = serializers.ChoiceField(
        choices=list(return_files.WORDS.items()),
        help_text="public: the fields that the CFPB publishes, of its own only",
    )


class ReturnRunIn(serializers.Serializer[Any]):
    """Which return to make."""

    brand = Code(help_text="a slug")
    period = Code(max_length=20, help_text="2026-H1, 2026-Q3 or 2026-09")


class ReturnBehindAsked(ReturnAsked):
    """Which figure of it."""

    table = Code(help_text="as the return names its sections")
    line = serializers.IntegerField(default=0, min_value=0, max_value=1_000_000, help_text="the number of its row")
    figure = Code()
    limit = serializers.IntegerField(min_value=1, max_value=MOST, default=PAGE, help_text="how many")
    start = serializers.IntegerField(default=0, min_value=0, max_value=1_000_000, help_text="how many to pass over")


class _Returns(ReportEndpoint):
    def wanted(self, regulator: str, asked: dict[str, Any]) -> Wanted:
        """Which return; raises NotAllowed, NotFound, and what a period is refused for."""
        seer = self.reading
        if regulator not in set(ReturnName):
            raise errors.NotFound
        brand, name = found(queries.brand(seer, asked["brand"])), ReturnName(regulator)
        return Wanted(name, brand, self._span(asked, brand, name), seer, self.now)

    def known(self, wanted: Wanted) -> Known:
        """The return, made now or in the background; raises TakesTooLong where it has to be made there first."""
        try:
            return return_runs.known(wanted)
        except ReturnTooLong as refused:
            raise TakesTooLong from refused

    def told(self, run: ReportRun, brand: Brand) -> dict[str, Any]:
        """How far a run is."""
        name, links = run.report.removeprefix(return_runs.PREFIX), Links(self.request, "")
        return {
            "id": str(run.public_id),
            "name": name,
            "brand": brand.slug,
            "period": run.asked["period"],
            **{each: getattr(run, each) for each in ("status", "done", "total", "error")},
            "percent": round(100 * run.done / run.total) if run.total else 0,
            "started_at": instant(run.created_at),
            "ended_at": instant(run.ended_at) if run.ended_at else None,
            "url": links.root(f"returns/{name}/runs/{run.public_id}/"),
            "answer": links.root(f"returns/{name}/", f"brand={brand.slug}&period={run.asked['period']}"),
        }

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
        refuses=[400, 403, 404, 409, 422],
        also={202: OpenApiResponse(ReturnRunShape, description="It is being made in the background: look there.")},
    )
    def get(self, request: Request, regulator: str) -> Response:
        """The return of a brand for a period; a long one is made by a run, which this call never starts."""
        wanted = self.wanted(regulator, self.asked(ReturnAsked))
        try:
            made = self.known(wanted).made
        except TakesTooLong:
            run = return_runs.latest(wanted)
            if run is None or run.status not in RunStatus.unfinished():
                raise
            return Response(self.told(run, wanted.brand), status=202)
        return Response(self._shown(made, wanted.brand, wanted.span, Links(request, regulator)))

    def _shown(self, made: Return, brand: Brand, span: Span, links: Links) -> dict[str, Any]:
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
        refuses=[400, 403, 404, 409, 422],
    )
    def get(self, request: Request, regulator: str) -> Response:  # noqa: ARG002
        """Some of them, and how many there are."""
        asked = self.asked(ReturnBehindAsked)
        wanted = self.wanted(regulator, asked)
        known = self.known(wanted)
        section, row, figure = found(returned.figure_of(known.made, asked["table"], asked["line"], asked["figure"]))
        start, most = asked["start"], asked["limit"]
        after = start + most
        rows = returned.listed(wanted, known.references(section, row, figure, start=start, most=most))
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


_FILES = {
    (200, media_type.partition(";")[0]): OpenApiTypes.OBJECT if written_as == "json" else OpenApiTypes.BINARY
    for written_as, media_type in return_files.MEDIA_TYPES.items()
}


class ReturnFile(_Returns):
    """A return as a file."""

    @reads(
        _FILES,
        "A return as a file: every figure, or the public fields of each complaint",
        takes=[ReturnFileAsked],
        refuses=[400, 403, 404, 409, 422],
    )
    def get(self, request: Request, regulator: str) -> StreamingHttpResponse:
        """The same file as the page of the return offers."""
        asked = self.asked(ReturnFileAsked)
        wanted, written_as = self.wanted(regulator, asked), asked["format"]
        if written_as not in return_files.offered(wanted.name):
            raise errors.Invalid(_("This return is not written so."), "format")
        file = return_files.opened(written_as, self.known(wanted), wanted)
        size = file.seek(0, SEEK_END)
        file.seek(0)
        name, media_type = return_files.file_name(wanted, written_as), return_files.MEDIA_TYPES[written_as]
        return streamed(request, lambda: file, name=name, media_type=media_type, size=size)


class _Runs(_Returns):
    def one(self, regulator: str, run: UUID) -> ReportRun:
        """One's own run of this return; raises NotFound."""
        return return_runs.of_person(run, self.seer.person_id, regulator)

    def shown(self, key: int) -> Any:
        """A run as an answer."""
        run = found(queries.run(self.seer, key))
        return self.told(run, found(queries.brand_of_key(self.reading, int(run.asked["brand"]))))


class ReturnRuns(_Runs):
    """The runs of a return."""

    @changes(
        ReturnRunShape,
        "Make a return in the background, with progress; one that goes on or was just made is not started again",
        takes=ReturnRunIn,
        status=202,
    )
    def post(self, request: Request, regulator: str) -> Response:  # noqa: ARG002
        """The run; read on at its own address until it is done."""
        given = self.given(ReturnRunIn)
        wanted = self.wanted(regulator, given)
        facts = {"regulator": regulator, "brand_id": wanted.brand.pk, "period": wanted.span.name, "at": self.now}
        return self.run(commands.start_return, lambda run: run.pk, self.shown, status=202, **facts)


class OneReturnRun(_Runs):
    """One run."""

    @reads(ReturnRunShape, "How far a run of yours is, and where the return will be", refuses=[403, 404])
    def get(self, request: Request, regulator: str, return_run: UUID) -> Response:  # noqa: ARG002
        """The run, for whoever started it."""
        return Response(self.shown(self.one(regulator, return_run).pk))


class CancelReturnRun(_Runs):
    """A run called off."""

    @changes(ReturnRunShape, "Call a run of yours off; one that has ended stays as it is")
    def post(self, request: Request, regulator: str, return_run: UUID) -> Response:  # noqa: ARG002
        """The run."""
        row = self.one(regulator, return_run)
        return self.run(runs.cancel_run, lambda each: each.pk, self.shown, run_id=row.pk, at=self.now)
