"""A report that is counted in the background: asked for, watched, called off."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from cases import errors
from cases.commands import report_run as commands
from cases.models import ReportRun
from cases.queries.reports import runs
from cases.queries.reports.catalogue import REPORTS
from cases.vocabulary import RunStatus
from cases.web.desk import actor_of, seer_of
from cases.web.report_frame import Frame, for_readers

UNFINISHED = frozenset(RunStatus.unfinished())


@require_POST
@for_readers
def start(request: HttpRequest, report: str) -> HttpResponse:
    """Have what the address asks counted in the background; the page itself then says how far it is."""
    found = REPORTS.get(report)
    if found is None:
        raise errors.NotFound
    frame = Frame(request, found.name, found.title)
    if frame.refusal:
        raise frame.refusal
    if frame.asked:
        run = commands.start_run(asked=frame.asked, at=timezone.now(), actor=actor_of(request))
        if request.headers.get("HX-Request"):
            return _progress(request, run)
    return redirect(f"{reverse('report', args=[report])}?{request.GET.urlencode()}")


@require_safe
@for_readers
def progress(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """How far it is, asked for again every second; once it has ended, the page is loaded again."""
    run = runs.of_person(public_id, seer_of(request).person_id)
    if run.status not in UNFINISHED and request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Refresh": "true"})
    return _progress(request, run)


@require_POST
@for_readers
def cancel(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Call it off."""
    run = runs.of_person(public_id, seer_of(request).person_id)
    run = commands.cancel_run(run_id=run.pk, at=timezone.now(), actor=actor_of(request))
    if request.headers.get("HX-Request"):
        return _progress(request, run)
    return redirect("report", run.report)


def _progress(request: HttpRequest, run: ReportRun) -> HttpResponse:
    pairs = [(name, value) for name, values in run.asked.items() if name != "report" for value in values]
    again = again_url(run.report, pairs)
    return render(request, "report/run.html", {"run": run, "percent": percent_of(run), "again": again})


def again_url(report: str, pairs: list[tuple[str, str]]) -> str:
    """Where a question is asked of the background."""
    return f"{reverse('report-run-start', args=[report])}?{urlencode(pairs)}"


def percent_of(run: ReportRun) -> int:
    """How far it is, of a hundred."""
    return round(100 * run.done / run.total) if run.total else 0
