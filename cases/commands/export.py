"""Exports: asked for, made by one worker at a time, called off, and their files dropped after two weeks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import get_language

from cases import errors, queue
from cases.commands import moves
from cases.models import Export
from cases.queries.reports import exports
from cases.queries.reports.asked import Asked
from cases.vocabulary import Actor, EventKind, Format, Job, RunStatus, Stream

KEPT = timedelta(days=14)
# An export that one worker after the other dies of is given up.
GIVE_UP = timedelta(hours=12)
# Of the worker's four threads.
AT_ONCE = 2
BATCH = 500


@transaction.atomic(durable=True)
def start_export(
    *, asked: Asked, of: str, part: str = "", written_as: Format, language: str = "", at: datetime, actor: Actor
) -> Export:
    """Let the rows of a population, or with ``exports.TABLE`` the table of a report, be written into a file.

    ``part`` is the figure whose rows they are, or the section of the report. The period is that of now for good.
    Raises NotAllowed, SplitNotAllowed, NoSuchSplit, NotFound, TooManyExports.
    """
    moves.refuse_too_many_exports(moves.person_of(actor))
    return moves.begin_export(
        moves.seer(actor),
        asked=asked,
        of=of,
        part=part,
        written_as=written_as,
        language=language or get_language() or "en",
        at=at,
        actor=actor,
    )


@transaction.atomic(durable=True)
def claim(*, export_id: int, at: datetime, actor: Actor) -> Export | None:
    """Take an export that nobody is at, from its beginning; None where there is nothing to do now.

    One export of a person is made at a time, and of all people as many as leave the workers room for what is urgent.
    What is made belongs to this claim by its ``started_at``: a worker that was thought dead finds that it has lost it.
    """
    export = Export.objects.select_for_update(skip_locked=True).filter(pk=export_id).first()
    if export is None or export.status not in RunStatus.unfinished() or _is_alive(export, at):
        return None
    if export.created_at < at - GIVE_UP:
        _end(export, RunStatus.FAILED, at, actor, error="gave_up")
        return None
    # Whoever claims one looks at everybody's.
    moves.lock_exports_of(0)
    others = Export.objects.filter(status=RunStatus.RUNNING).exclude(pk=export.pk)
    alive = [other.person_id for other in others if _is_alive(other, at)]
    if export.person_id in alive or len(alive) >= AT_ONCE:
        return None
    export.status, export.started_at, export.beat_at = RunStatus.RUNNING, at, at
    export.rows, export.total = 0, None
    export.save(update_fields=["status", "started_at", "beat_at", "rows", "total"])
    return export


@transaction.atomic(durable=True)
def keep_progress(
    *,
    export_id: int,
    claimed_at: datetime,
    rows: int,
    total: int,
    at: datetime,
    actor: Actor,  # noqa: ARG001
) -> bool:
    """Note how far a claimed export is; False when it was called off or lost, and there is nothing to go on with."""
    mine = Export.objects.filter(pk=export_id, status=RunStatus.RUNNING, started_at=claimed_at)
    return bool(mine.update(rows=rows, total=total, beat_at=at))


@transaction.atomic(durable=True)
def finish(
    *,
    export_id: int,
    claimed_at: datetime,
    key: str,
    rows: int,
    size: int,
    digest: bytes,
    rights: dict[str, Any],
    at: datetime,
    actor: Actor,
) -> bool:
    """The file is there; False when the export was called off or lost meanwhile, and the file belongs to nobody."""
    export = _mine(export_id, claimed_at)
    if export is None:
        return False
    export.key, export.rows, export.total, export.size, export.digest = key, rows, rows, size, digest
    export.asked = export.asked | rights
    export.status, export.ended_at, export.beat_at = RunStatus.DONE, at, at
    export.save(update_fields=["key", "rows", "total", "size", "digest", "asked", "status", "ended_at", "beat_at"])
    _record(export, EventKind.EXPORT_MADE, actor, at, rows=rows, sha256=digest.hex())
    _take_next()
    return True


@transaction.atomic(durable=True)
def fail(*, export_id: int, claimed_at: datetime, error: str, at: datetime, actor: Actor) -> bool:
    """A claimed export came upon something it cannot go on from, by its code."""
    export = _mine(export_id, claimed_at)
    if export is not None:
        _end(export, RunStatus.FAILED, at, actor, error=error)
    return export is not None


@transaction.atomic(durable=True)
def cancel_export(*, export_id: int, at: datetime, actor: Actor) -> Export:
    """Call one's own export off; whoever writes it stops at the next look. One that has ended stays as it is."""
    export = Export.objects.select_for_update(no_key=True).filter(pk=export_id, person_id=actor.person_id).first()
    if export is None:
        raise errors.NotFound
    if export.status in RunStatus.unfinished():
        export.cancel_asked_at = at
        _end(export, RunStatus.CANCELLED, at, actor)
    return export


@transaction.atomic(durable=True)
def drop_old(*, at: datetime, actor: Actor) -> int:
    """Delete the files of exports that ended two weeks ago; how many there were. What was exported stays noted."""
    old = Export.objects.select_for_update(skip_locked=True).filter(ended_at__lt=at - KEPT).exclude(key="")
    keys = {each.pk: each.key for each in old.order_by("pk")[:BATCH]}
    if keys:
        Export.objects.filter(pk__in=keys).update(key="")
        moves.record(Stream.SETUP, 0, EventKind.FILE_DROPPED, actor, at=at, files=len(keys))
        transaction.on_commit(lambda: _delete(list(keys.values())))
    return len(keys)


def _is_alive(export: Export, at: datetime) -> bool:
    is_heard = export.beat_at is not None and export.beat_at >= at - exports.SILENT
    return export.status == RunStatus.RUNNING and is_heard


def _mine(export_id: int, claimed_at: datetime) -> Export | None:
    rows = Export.objects.select_for_update(no_key=True)
    return rows.filter(pk=export_id, status=RunStatus.RUNNING, started_at=claimed_at).first()


def _end(export: Export, status: RunStatus, at: datetime, actor: Actor, *, error: str = "") -> None:
    export.status, export.ended_at, export.error = status, at, error[:300]
    export.save(update_fields=["status", "ended_at", "error", "cancel_asked_at"])
    _record(export, EventKind.EXPORT_ENDED, actor, at, status=status.value, error=export.error)
    _take_next()


def _record(export: Export, kind: EventKind, actor: Actor, at: datetime, **said: Any) -> None:
    moves.record(Stream.SETUP, 0, kind, actor, at=at, export=export.pk, **said)


def _take_next() -> None:
    """The oldest export has its turn of whoever has none under way."""
    busy = Export.objects.filter(status=RunStatus.RUNNING).values("person_id")
    waiting = Export.objects.filter(status=RunStatus.WAITING).exclude(person_id__in=busy).order_by("pk")
    following = waiting.values_list("pk", flat=True).first()
    if following is not None:
        queue.after_commit(Job.RUN_EXPORT, export_id=following)


def _delete(keys: list[str]) -> None:
    for key in keys:
        default_storage.delete(key)
