"""Exports of reports: asked for, watched from anywhere, called off, and downloaded by whoever asked alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST, require_safe

from cases import errors
from cases.commands import export as commands
from cases.models import Export, Seer
from cases.queries.reports import exports as queries
from cases.queries.reports.asked import Asked
from cases.queries.reports.reading import reader
from cases.vocabulary import Dimension, Format, RunStatus
from cases.web.desk import actor_of, seer_of
from cases.web.tags import lasting

_CHUNK = 1 << 18
# After so long the pace can be told; what takes less than the other is not counted in minutes.
_TELLING, _SOON = timedelta(seconds=5), timedelta(seconds=45)
_NO_RIGHTS = lazy("You may no longer see what was asked for, so nothing was written.")
_WHY = {
    "disk_full": lazy(
        "The disk is full. Nothing half written was kept; when there is room again, start the export again."
    ),
    "not_allowed": _NO_RIGHTS,
    "split_not_allowed": _NO_RIGHTS,
    "too_many_steps": lazy("The table would have too many steps of time. Choose a longer step or a shorter period."),
}
_ELSE = lazy("Something went wrong on our side. Nothing half written was kept; start the export again.")


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One export as its person sees it."""

    export: Export
    subject: str
    asked: Asked
    is_going: bool
    percent: int
    left: str
    why: str
    digest: str
    is_there: bool
    split: str
    filters: list[tuple[str, str]]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """What asks for the same again."""
        told = self.export.asked
        return [("report", self.export.report), ("of", told["of"]), ("part", told.get("part", "")), *self.asked.pairs]

    @property
    def may_go_again(self) -> bool:
        """Whether it came to nothing, or its file is gone: it can be started once more."""
        return not self.is_going and not self.is_there

    @property
    def first(self) -> str:
        """From when, as people write it."""
        return _written(self.asked.period.written[0])

    @property
    def last(self) -> str:
        """Until when, as people write it; a last day is part of it."""
        return _written(self.asked.period.written[1])


def _written(given: str) -> str:
    day = parse_date(given) if len(given) == len("2026-01-01") else None
    return date_format(day, _("j M Y")) if day else given


@require_POST
@login_required
def start(request: HttpRequest) -> HttpResponse:
    """Start an export of what the hidden fields ask for."""
    given = {key: request.POST.getlist(key) for key in request.POST}
    written_as = request.POST.get("format", "")
    if written_as not in Format.values:
        raise errors.NotFound
    asked = Asked.of(request.POST.get("report", ""), given, now=timezone.now(), zone=settings.TIME_ZONE)
    made = commands.start_export(
        asked=asked,
        of=request.POST.get("of", ""),
        part=request.POST.get("part", ""),
        written_as=Format(written_as),
        at=timezone.now(),
        actor=actor_of(request),
    )
    return redirect(f"{reverse('report-exports')}#export-{made.public_id}")


@require_safe
@login_required
def exports(request: HttpRequest) -> HttpResponse:
    """The person's exports, those that go on with their progress."""
    seer = seer_of(request)
    found = queries.of_person(request.user.pk or 0)
    if not found:
        # Whoever may read no reports has no such page.
        reader(seer)
    return render(request, "report/exports.html", {"rows": _rows(found, seer)})


@require_safe
@login_required
def export(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One export, for a page that waits for it; anybody else is sent to the list."""
    found = queries.export(seer_of(request), public_id)
    if not getattr(request, "htmx", False):
        return redirect(f"{reverse('report-exports')}#export-{public_id}")
    return render(request, "report/export_row.html", {"row": _rows([found], seer_of(request))[0]})


@require_POST
@login_required
def cancel(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Call one's own export off."""
    found = queries.export(seer_of(request), public_id)
    ended = commands.cancel_export(export_id=found.pk, at=timezone.now(), actor=actor_of(request))
    if ended.status != RunStatus.CANCELLED:
        messages.info(request, _("The export had ended already."))
    return redirect(f"{reverse('report-exports')}#export-{public_id}")


@require_safe
@login_required
def file(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    """The file of one's own export, while one may still see everything in it."""
    return sent(request, queries.readable(seer_of(request), public_id))


def sent(request: HttpRequest, found: Export) -> HttpResponseBase:
    """The file as a download, a piece at a time however large it is; raises NotFound."""
    if not default_storage.exists(found.key):
        raise errors.NotFound
    stored = default_storage.open(found.key)
    media_type = queries.media_type(found)
    response = streamed(request, stored, media_type)
    response["Content-Length"] = str(found.size)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=queries.file_name(found))
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response


def streamed(request: HttpRequest, stored: Any, media_type: str) -> HttpResponseBase:
    """A file as an answer, a piece at a time."""
    if isinstance(request, ASGIRequest):
        # A plain file would be read whole before its first byte goes out.
        return StreamingHttpResponse(_pieces(stored), content_type=media_type)
    return FileResponse(stored, content_type=media_type)


async def _pieces(stored: Any) -> AsyncIterator[bytes]:
    try:
        while piece := await sync_to_async(stored.read, thread_sensitive=False)(_CHUNK):
            yield piece
    finally:
        stored.close()


def _rows(found: Sequence[Export], seer: Seer) -> list[ExportRow]:
    known = queries.known(found, seer, timezone.now())
    return [_row(each, seer, known) for each in found]


def _row(found: Export, seer: Seer, known: Mapping[Dimension, Mapping[str, str]]) -> ExportRow:
    now = timezone.now()
    asked = queries.asked_of(found, now)
    is_failed = found.status == RunStatus.FAILED
    return ExportRow(
        found,
        queries.subject(found),
        asked,
        found.status in RunStatus.unfinished(),
        100 * found.rows // found.total if found.total else 0,
        _left(found),
        str(_WHY.get(found.error, _ELSE)) if is_failed else "",
        bytes(found.digest).hex() if found.digest else "",
        found.status == RunStatus.DONE and bool(found.key) and queries.still_may(seer, found),
        queries.split_words(found, asked),
        [
            (str(each.label), ", ".join(known[each][value] for value in values if value in known[each]) or "–")
            for each, values in asked.filters.items()
        ],
    )


def _left(found: Export) -> str:
    """How long it is likely to go on, once that can be told."""
    if not (found.rows and found.total and found.started_at and found.beat_at and found.rows < found.total):
        return ""
    took = found.beat_at - found.started_at
    left = took * (found.total - found.rows) / found.rows
    if took < _TELLING:
        return ""
    return lasting(left) if left >= _SOON else _("less than a minute")
