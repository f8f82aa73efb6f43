"""A return that is too long for a page: asked for, and then a run like that of any long report."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from cases import errors, queue
from cases.commands import moves
from cases.models import Brand, ReportRun
from cases.queries.reports import return_runs
from cases.queries.reports.complaints import Wanted
from cases.queries.reports.reading import reader
from cases.rules import return_periods
from cases.vocabulary import Actor, EventKind, Job, RunStatus, Stream
from cases.vocabulary.returns import ReturnName

# More returns of one person are not made at once.
MOST = 5


class TooManyReturns(errors.Refused):
    """%(most)s of your returns are still being made. Wait until one is there, or call one off."""

    code = "too_many_returns"
    status = 429


@transaction.atomic(durable=True)
def start_return(*, regulator: str, brand_id: int, period: str, at: datetime, actor: Actor) -> ReportRun:
    """Have a return made in the background; one that goes on, or was made a moment ago, is not started again.

    Raises NotAllowed, NotFound, UnknownPeriod, TooManyReturns.
    """
    person_id = moves.person_of(actor)
    seer = reader(moves.seer(actor))
    brand = Brand.objects.filter(pk=brand_id, pk__in=seer.brand_ids).first()
    if brand is None or regulator not in set(ReturnName):
        raise errors.NotFound
    wanted = Wanted(ReturnName(regulator), brand, return_periods.of_name(period, brand.zone), seer, at)
    moves.lock_exports_of(person_id)
    standing = return_runs.latest(wanted)
    if standing is not None and _is_of_use(standing, wanted):
        return standing
    if return_runs.unfinished(person_id) >= MOST:
        raise TooManyReturns(most=MOST)
    run = ReportRun.objects.create(
        person_id=person_id,
        report=f"{return_runs.PREFIX}{regulator}",
        asked=return_runs.question_of(wanted),
        created_at=at,
    )
    named = {"run": run.pk, "report": run.report, "status": str(run.status)}
    moves.record(Stream.SETUP, 0, EventKind.REPORT_COMPUTED, actor, at=at, **named)
    queue.after_commit(Job.RUN_REPORT, run_id=run.pk)
    return run


def _is_of_use(run: ReportRun, wanted: Wanted) -> bool:
    """Whether it goes on, or came a moment ago to what would come out again."""
    if run.status in RunStatus.unfinished():
        return True
    is_fresh = run.ended_at is not None and run.ended_at > wanted.now - return_runs.FRESH
    kept = return_runs.done(wanted) if is_fresh and run.status == RunStatus.DONE else None
    return kept is not None and kept.pk == run.pk
