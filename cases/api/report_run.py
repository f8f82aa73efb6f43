"""Reports that take longer than a call may: counted in the background, watched, called off."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from cases import errors
from cases.api import report_beside
from cases.api.endpoint import found
from cases.api.report_answer import Links, instant
from cases.api.report_asked import AskedIn, ReportEndpoint
from cases.api.report_shapes import RunShape
from cases.api.schema import changes, reads
from cases.commands import report_run as commands
from cases.models import ReportRun
from cases.queries import api_report as queries
from cases.queries.reports import kept, runs
from cases.queries.reports.asked import Asked
from cases.vocabulary import RunStatus


def told(run: ReportRun, request: Request, shown: dict[str, Any] | None = None) -> dict[str, Any]:
    """How far a run is."""
    return {
        "id": str(run.public_id),
        "report": run.report,
        "status": run.status,
        "done": run.done,
        "total": run.total,
        "percent": round(100 * run.done / run.total) if run.total else 0,
        "error": run.error,
        "started_at": instant(run.created_at),
        "ended_at": instant(run.ended_at) if run.ended_at else None,
        "url": Links(request, run.report).api(f"{run.report}/runs/{run.public_id}/"),
        "answer": shown,
    }


class _Runs(ReportEndpoint):
    def one(self, report: str, run: UUID) -> ReportRun:
        """One's own run of this report; raises NotFound."""
        row = runs.of_person(run, self.seer.person_id)
        if row.report != report:
            raise errors.NotFound
        return row

    def shown(self, key: int) -> Any:
        """A run as an answer, with what came out."""
        run = found(queries.run(self.seer, key))
        return told(run, self.request, self._answer(run))

    def _answer(self, run: ReportRun) -> dict[str, Any] | None:
        is_done = run.status == RunStatus.DONE and run.result is not None
        if not is_done or not kept.is_still_true(run.result or {}, self.reading):
            return None
        asked = Asked.of_json(run.asked, now=self.now)
        found_then = kept.of_result(asked, run.result or {})
        return report_beside.answer(found_then, self.reading, Links(self.request, run.report))


class Runs(_Runs):
    """The runs of a report."""

    @changes(
        RunShape,
        "Count a report in the background, with progress; one that goes on or was just counted is not started again",
        takes=AskedIn,
        status=202,
    )
    def post(self, request: Request, report: str) -> Response:  # noqa: ARG002
        """The run; read on at its own address until it is done."""
        self.named(report)
        asked = self.question(report, self.given(AskedIn))
        return self.run(commands.start_run, lambda run: run.pk, self.shown, status=202, asked=asked, at=self.now)


class OneRun(_Runs):
    """One run."""

    @reads(RunShape, "How far a run of yours is, and what came out", refuses=[403, 404])
    def get(self, request: Request, report: str, run: UUID) -> Response:  # noqa: ARG002
        """The run, for whoever started it."""
        return Response(self.shown(self.one(report, run).pk))


class CancelRun(_Runs):
    """A run called off."""

    @changes(RunShape, "Call a run of yours off; one that has ended stays as it is")
    def post(self, request: Request, report: str, run: UUID) -> Response:  # noqa: ARG002
        """The run."""
        row = self.one(report, run)
        return self.run(commands.cancel_run, lambda each: each.pk, self.shown, run_id=row.pk, at=self.now)
