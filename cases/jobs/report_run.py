"""Counts long reports in the background, month by month, and takes up those whose worker is gone."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from celery import shared_task
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from cases import errors
from cases.commands import report_run
from cases.jobs import return_run
from cases.jobs.export import NO_ROOM
from cases.models import ReportRun
from cases.queries import people
from cases.queries.reports import answer, kept, return_runs, runs
from cases.queries.reports.asked import Asked
from cases.queries.reports.reading import reader
from cases.vocabulary import SYSTEM, Job

log = logging.getLogger(__name__)


class CalledOffError(Exception):
    """Nobody waits for it any more."""


@shared_task(name=Job.RUN_REPORT.value)
def run_report(run_id: int | None = None, **_more: Any) -> None:
    """Count one report; without its id, every one that nobody is at, and drop those of yesterday."""
    now = timezone.now()
    for key in [run_id] if run_id is not None else runs.waiting(now):
        run = report_run.claim_run(run_id=key, at=timezone.now(), actor=SYSTEM)
        if run is not None:
            _count(run)
    if run_id is None:
        report_run.drop_runs(at=now, actor=SYSTEM)


def _count(run: ReportRun) -> None:
    def progress(done: int, total: int) -> None:
        now = timezone.now()
        if not report_run.note_progress(run_id=run.pk, done=done, total=total, at=now, actor=SYSTEM):
            raise CalledOffError

    try:
        result = return_run.made(run, progress) if run.report in return_runs.NAMES else _answered(run, progress)
        report_run.finish_run(run_id=run.pk, result=result, at=timezone.now(), actor=SYSTEM)
    except CalledOffError:
        return
    except (OperationalError, InterfaceError):
        # The database was away: the sweep takes it up again.
        log.warning("report run %s was interrupted", run.pk, exc_info=True)
    except errors.Refused as refused:
        # What was allowed when it was asked for is not any more.
        report_run.fail_run(run_id=run.pk, error=refused.code, at=timezone.now(), actor=SYSTEM)
    except OSError as error:
        log.exception("report run %s failed", run.pk)
        code = "disk_full" if error.errno in NO_ROOM else type(error).__name__
        report_run.fail_run(run_id=run.pk, error=code, at=timezone.now(), actor=SYSTEM)
    except Exception as error:
        log.exception("report run %s failed", run.pk)
        report_run.fail_run(run_id=run.pk, error=type(error).__name__, at=timezone.now(), actor=SYSTEM)


def _answered(run: ReportRun, progress: Callable[[int, int], None]) -> dict[str, Any]:
    now = timezone.now()
    seer = people.seer_of(run.person_id)
    found = answer.answer_slowly(Asked.of_json(run.asked, now=now), seer, now=now, progress=progress)
    return kept.as_result(found, reader(seer))
