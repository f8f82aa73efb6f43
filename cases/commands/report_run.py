"""A report that takes longer than a page may: asked for, counted by a worker, called off, kept for a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from cases import errors, queue
from cases.commands import moves
from cases.models import ReportRun, Seer
from cases.queries.reports import kept, return_runs, runs, whole
from cases.queries.reports.asked import Asked
from cases.queries.reports.reading import reader
from cases.vocabulary import Actor, EventKind, Job, RunStatus, Stream

# One that worker after worker dies of is given up.
GIVE_UP = timedelta(hours=1)
# Of the worker's four threads.
AT_ONCE = 2


@transaction.atomic(durable=True)
def start_run(*, asked: Asked, at: datetime, actor: Actor) -> ReportRun:
    """Have a question counted in the background; one that goes on, or has just been answered, is not started again.

    Raises NotAllowed, SplitNotAllowed, NoSuchSplit, NotFound.
    """
    person_id = moves.person_of(actor)
    seer = moves.seer(actor)
    reader(seer, asked.dimensions)
    whole.refuse_other_splits(asked)
    standing = runs.latest(asked, person_id, now=at)
    if standing is not None and _is_of_use(standing, reader(seer)):
        return standing
    run = ReportRun.objects.create(
        person_id=person_id, report=asked.report, asked=runs.question_of(asked), created_at=at
    )
    _record(run, actor, at)
    queue.after_commit(Job.RUN_REPORT, run_id=run.pk)
    return run


@transaction.atomic(durable=True)
def cancel_run(*, run_id: int, at: datetime, actor: Actor) -> ReportRun:
    """Call it off; a worker that is at it stops at its next step. One that has ended stays as it is."""
    run = _lock(run_id)
    if run.person_id != moves.person_of(actor):
        raise errors.NotFound
    if run.status == RunStatus.WAITING:
        _end(run, RunStatus.CANCELLED, at, actor)
    elif run.status == RunStatus.RUNNING:
        run.cancel_asked_at = at
        run.save(update_fields=["cancel_asked_at"])
    return run


@transaction.atomic(durable=True)
def claim_run(*, run_id: int, at: datetime, actor: Actor) -> ReportRun | None:
    """Take a run that nobody is at, or whose worker is gone; None where somebody else has it, or nothing is to do.

    As many are counted at once as leave the workers room for what is urgent.
    """
    is_silent = Q(beat_at__lt=at - runs.SILENT) | Q(beat_at=None)
    run = (
        ReportRun.objects.select_for_update(no_key=True, skip_locked=True)
        .filter(Q(status=RunStatus.WAITING) | Q(status=RunStatus.RUNNING) & is_silent, pk=run_id)
        .first()
    )
    if run is None:
        return None
    if run.cancel_asked_at is not None:
        _end(run, RunStatus.CANCELLED, at, actor)
        return None
    if run.created_at < at - GIVE_UP:
        run.error = "gave_up"
        _end(run, RunStatus.FAILED, at, actor)
        return None
    # Two that look at the same moment may both begin, which does no harm.
    others = ReportRun.objects.filter(status=RunStatus.RUNNING, beat_at__gte=at - runs.SILENT).exclude(pk=run.pk)
    if others.count() >= AT_ONCE:
        return None
    run.status, run.beat_at, run.done = RunStatus.RUNNING, at, 0
    run.save(update_fields=["status", "beat_at", "done"])
    return run


@transaction.atomic(durable=True)
def note_progress(*, run_id: int, done: int, total: int, at: datetime, actor: Actor) -> bool:
    """Say how far it is; whether to go on. Once it was called off, it ends here."""
    run = _lock(run_id)
    if run.status != RunStatus.RUNNING:
        return False
    if run.cancel_asked_at is not None:
        _end(run, RunStatus.CANCELLED, at, actor)
        return False
    run.done, run.total, run.beat_at = done, total, at
    run.save(update_fields=["done", "total", "beat_at"])
    return True


@transaction.atomic(durable=True)
def finish_run(*, run_id: int, result: dict[str, Any], at: datetime, actor: Actor) -> None:
    """Keep what came out, unless it was called off meanwhile."""
    run = _lock(run_id)
    if run.status == RunStatus.RUNNING:
        is_called_off = run.cancel_asked_at is not None
        run.result = None if is_called_off else result
        _end(run, RunStatus.CANCELLED if is_called_off else RunStatus.DONE, at, actor)


@transaction.atomic(durable=True)
def fail_run(*, run_id: int, error: str, at: datetime, actor: Actor) -> None:
    """It came upon something it cannot go on from; what that was stays with it."""
    run = _lock(run_id)
    if run.status == RunStatus.RUNNING:
        run.error = error[:300]
        _end(run, RunStatus.FAILED, at, actor)


@transaction.atomic(durable=True)
def drop_runs(*, at: datetime, actor: Actor) -> int:  # noqa: ARG001 - every command says who acts
    """Drop what ended a day ago, and returns that did two weeks ago; how many there were."""
    is_return = Q(report__in=return_runs.NAMES)
    is_old = ~is_return & Q(ended_at__lt=at - runs.KEPT) | is_return & Q(ended_at__lt=at - return_runs.KEPT)
    return ReportRun.objects.filter(is_old).delete()[0]


def _is_of_use(run: ReportRun, seer: Seer) -> bool:
    """Whether it goes on, or came to what would come out again."""
    if run.status == RunStatus.DONE:
        return run.result is not None and kept.is_still_true(run.result, seer)
    return run.status in RunStatus.unfinished()


def _lock(run_id: int) -> ReportRun:
    run = ReportRun.objects.defer("result").select_for_update(no_key=True).filter(pk=run_id).first()
    if run is None:
        raise errors.NotFound
    return run


def _end(run: ReportRun, status: RunStatus, at: datetime, actor: Actor) -> None:
    run.status, run.ended_at = status, at
    written = ["status", "ended_at", "error"] + (["result"] if status == RunStatus.DONE else [])
    run.save(update_fields=written)
    _record(run, actor, at)
    following = ReportRun.objects.filter(status=RunStatus.WAITING).order_by("pk").values_list("pk", flat=True).first()
    if following is not None:
        queue.after_commit(Job.RUN_REPORT, run_id=following)


def _record(run: ReportRun, actor: Actor, at: datetime) -> None:
    moves.record(
        Stream.SETUP,
        0,
        EventKind.REPORT_COMPUTED,
        actor,
        at=at,
        run=run.pk,
        report=run.report,
        status=str(run.status),
    )
