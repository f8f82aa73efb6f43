"""A return that is made in the background: asked for, watched, called off."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from cases import errors
from cases.commands import report_run as runs
from cases.commands import return_run as commands
from cases.models import ReportRun
from cases.queries.reports import return_runs
from cases.rules.return_periods import HALF
from cases.vocabulary import RunStatus
from cases.vocabulary.returns import ReturnName
from cases.web.desk import actor_of, seer_of
from cases.web.report_frame import for_readers
from cases.web.report_run import percent_of
from cases.web.return_picked import Picked


@require_POST
@for_readers
def start(request: HttpRequest, regulator: str) -> HttpResponse:
    """Have the return of the address made; the page itself then says how far it is."""
    if regulator not in set(ReturnName):
        raise errors.NotFound
    picked = Picked.of(request, HALF)
    run = commands.start_return(
        regulator=regulator,
        brand_id=picked.brand.pk,
        period=picked.span.name,
        at=timezone.now(),
        actor=actor_of(request),
    )
    return _answered(request, regulator, run, picked.query)


@require_safe
@for_readers
def progress(request: HttpRequest, regulator: str, return_run: UUID) -> HttpResponse:
    """How far it is, asked for again every second; once it has ended, the page is loaded again."""
    run = return_runs.of_person(return_run, seer_of(request).person_id, regulator)
    if run.status not in RunStatus.unfinished() and request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Refresh": "true"})
    return _shown(request, regulator, run)


@require_POST
@for_readers
def cancel(request: HttpRequest, regulator: str, return_run: UUID) -> HttpResponse:
    """Call it off."""
    run = return_runs.of_person(return_run, seer_of(request).person_id, regulator)
    run = runs.cancel_run(run_id=run.pk, at=timezone.now(), actor=actor_of(request))
    return _answered(request, regulator, run, return_runs.query_of(run))


def card(run: ReportRun | None, regulator: str, query: str) -> dict[str, object]:
    """What says how far it is, or has it begun."""
    again = f"{reverse('return-run-start', args=[regulator])}?{query}"
    return {"run": run, "percent": percent_of(run) if run else 0, "again": again, "regulator": regulator}


def _answered(request: HttpRequest, regulator: str, run: ReportRun, query: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return _shown(request, regulator, run)
    return redirect(f"{reverse('return', args=[regulator])}?{query}")


def _shown(request: HttpRequest, regulator: str, run: ReportRun) -> HttpResponse:
    return render(request, "report/return_run.html", card(run, regulator, return_runs.query_of(run)))
