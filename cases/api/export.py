"""Exports of reports for programs: started, watched, called off, and downloaded by whoever asked alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases import errors
from cases.api.endpoint import Paged, found
from cases.api.fields import Code, Instant
from cases.api.report_answer import Links, figure_named, instant
from cases.api.report_asked import FRONT, AskedIn, ReportEndpoint, words_of
from cases.api.schema import changes, reads
from cases.api.streaming import streamed
from cases.commands import export as commands
from cases.models import Export
from cases.queries import api_report as queries
from cases.queries.reports import exports
from cases.queries.reports.catalogue import REPORTS, Section
from cases.vocabulary import Format, Population, RunStatus


class ExportIn(AskedIn):
    """What to write into a file: the table of a section, the rows of a figure, or all rows of a population."""

    format = serializers.ChoiceField(choices=Format.choices)
    section = Code(
        required=False, help_text="a table of the report; its first one unless anything is said, the whole of the front"
    )
    figure = Code(required=False, help_text="the rows that it counts")
    population = serializers.ChoiceField(choices=Population.choices, required=False, help_text="all its rows")
    whole = serializers.BooleanField(
        default=False, help_text="all tables of the report: a sheet, or as CSV a file of a ZIP, for each of them"
    )


class ExportShape(serializers.Serializer[Any]):
    """An export: how far it is, and what came of it."""

    id = serializers.UUIDField()
    report = serializers.CharField()
    subject = serializers.CharField(help_text="what is written, in words")
    asked = serializers.DictField(child=serializers.ListField(child=serializers.CharField(allow_blank=True)))
    format = serializers.ChoiceField(choices=Format.choices)
    status = serializers.ChoiceField(choices=RunStatus.choices)
    rows = serializers.IntegerField(help_text="written so far")
    total = serializers.IntegerField(allow_null=True, help_text="null: not counted yet")
    percent = serializers.IntegerField()
    size = serializers.IntegerField(help_text="bytes")
    sha256 = serializers.CharField(allow_null=True)
    error = serializers.CharField(allow_blank=True, help_text="why it failed: a code")
    created_at = Instant()
    started_at = Instant(allow_null=True)
    ended_at = Instant(allow_null=True)
    url = serializers.CharField(help_text="where to look again")
    file = serializers.CharField(
        allow_null=True, help_text="where it lies once it is done, for two weeks, while you may still see all of it"
    )


class ExportPage(serializers.Serializer[Any]):
    """A page of exports, the latest first."""

    next = serializers.CharField(allow_null=True)
    results = ExportShape(many=True)


class _Exports(ReportEndpoint):
    def shown(self, key: int) -> Any:
        """An export as an answer."""
        return self.told(found(queries.exports(self.seer).filter(pk=key).first()))

    def told(self, export: Export) -> dict[str, Any]:
        """How far an export is, and where its file lies."""
        asked = exports.asked_of(export, self.now)
        address = Links(self.request, export.report).api(f"exports/{export.public_id}/")
        is_there = export.status == RunStatus.DONE and bool(export.key) and exports.still_may(self.seer, export)
        plain = ("report", "format", "status", "rows", "total", "size", "error")
        return {
            **{name: getattr(export, name) for name in plain},
            "id": str(export.public_id),
            "subject": exports.subject(export),
            "asked": words_of(asked),
            "percent": min(100, 100 * export.rows // export.total) if export.total else 0,
            "sha256": bytes(export.digest).hex() if export.digest else None,
            **{
                name: instant(at) if (at := getattr(export, name)) else None
                for name in ("created_at", "started_at", "ended_at")
            },
            "url": address,
            "file": f"{address}file/" if is_there else None,
        }


class Exports(_Exports):
    """The exports of a report."""

    @reads(
        ExportPage,
        "Your exports of a report, the latest first",
        operation_id="exports_list",
        takes=[Paged],
        refuses=[403, 404, 422],
    )
    def get(self, request: Request, report: str) -> Response:  # noqa: ARG002
        """One page of them."""
        self.named_or_front(report)
        asked = self.asked(Paged)
        rows = queries.exports(self.seer).filter(report=report)
        rows = rows.filter(pk__lt=asked["cursor"]) if "cursor" in asked else rows
        several = list(rows[: asked["limit"] + 1])
        page = several[: asked["limit"]]
        following = self.following(page[-1].pk) if len(several) > len(page) else None
        return Response({"next": following, "results": [self.told(each) for each in page]})

    @changes(
        ExportShape,
        "Write what was asked into a file, uncut, in the background",
        takes=ExportIn,
        status=202,
    )
    def post(self, request: Request, report: str) -> Response:  # noqa: ARG002
        """The export; read on at its own address until it is done."""
        self.named_or_front(report)
        given = self.given(ExportIn)
        of, part = _subject(report, given)
        return self.run(
            commands.start_export,
            lambda export: export.pk,
            self.shown,
            status=202,
            asked=self.question(report, given),
            of=of,
            part=part,
            written_as=Format(given["format"]),
            at=self.now,
        )


def _subject(report: str, given: dict[str, Any]) -> tuple[str, str]:
    """What the rows are, and which: those of a figure, of a population, or the table of a section; raises Invalid.

    Unless said it is the first table, and of the front page, which has none, the whole.
    """
    named = [name for name in ("section", "figure", "population", "whole") if given.get(name)]
    if len(named) > 1:
        raise errors.Invalid(_("Say a section, a figure, a population or the whole; not two of them."), named[1])
    if given["whole"] or (report == FRONT and not named):
        return exports.WHOLE, ""
    if "section" in named and given["section"] not in {each.name for each in _tables(report)}:
        raise errors.Invalid(_("This report has no table of this name."), "section")
    if "population" in given:
        return given["population"], ""
    if "figure" not in given:
        return exports.TABLE, given.get("section", "")
    figure = figure_named(given["figure"])
    return figure.population.value, figure.name


def _tables(report: str) -> Sequence[Section]:
    return REPORTS[report].sections if report in REPORTS else ()


class OneExport(_Exports):
    """One export."""

    @reads(ExportShape, "How far an export of yours is", refuses=[404])
    def get(self, request: Request, export: UUID) -> Response:  # noqa: ARG002
        """The export, for whoever started it."""
        return Response(self.told(exports.export(self.seer, export)))


class CancelExport(_Exports):
    """An export called off."""

    @changes(ExportShape, "Call an export of yours off; one that has ended stays as it is")
    def post(self, request: Request, export: UUID) -> Response:  # noqa: ARG002
        """The export."""
        row = exports.export(self.seer, export)
        return self.run(commands.cancel_export, lambda each: each.pk, self.shown, export_id=row.pk, at=self.now)


class ExportFile(ReportEndpoint):
    """The file of an export."""

    @reads(
        {(200, media_type.partition(";")[0]): OpenApiTypes.BINARY for media_type in exports.EVERY_MEDIA_TYPE},
        "The file of an export of yours, while you may still see everything in it",
        refuses=[404],
    )
    def get(self, request: Request, export: UUID) -> StreamingHttpResponse:
        """A piece at a time, however large it is."""
        row = exports.readable(self.seer, export)
        if not default_storage.exists(row.key):
            raise errors.NotFound
        media_type, name = exports.media_type(row), exports.file_name(row)
        return streamed(request, lambda: default_storage.open(row.key), name=name, media_type=media_type, size=row.size)
