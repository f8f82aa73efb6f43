"""Having rows written into a file, for one person and with their rights, by whichever command asks for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection

from cases import errors, queue
from cases.commands.moves.recording import record
from cases.models import Export, Seer
from cases.queries.reports import conditions, exports
from cases.queries.reports.asked import Asked
from cases.vocabulary import Actor, EventKind, Format, Job, RunStatus, Stream

# More than these of one person are not waited for.
MOST_EXPORTS = 10


def lock_exports_of(person_id: int) -> None:
    """Let one transaction at a time start or claim exports of a person."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('casedesk:export'), %s)", [person_id])


def refuse_too_many_exports(person_id: int) -> None:
    """Refuse another export while so many of the person still go on; raises TooManyExports."""
    lock_exports_of(person_id)
    if Export.objects.filter(person_id=person_id, status__in=RunStatus.unfinished()).count() >= MOST_EXPORTS:
        raise errors.TooManyExports(most=MOST_EXPORTS)


def begin_export(
    seer: Seer, *, asked: Asked, of: str, part: str, written_as: Format, language: str, at: datetime, actor: Actor
) -> Export:
    """Write down that the person gets an export, and nudge a worker after the commit.

    Raises NotAllowed, SplitNotAllowed, NoSuchSplit, NotFound.
    """
    population = exports.checked(asked, of, part)
    reading = exports.narrowed(seer, asked, seer.brand_ids)
    brands = conditions.brands_of(asked.question(population, splits=()), reading)
    if not brands or seer.person_id is None:
        raise errors.NotAllowed
    kept: dict[str, Any] = {"of": of, "part": part, "brands": [str(brand) for brand in brands]}
    rights = exports.rights_of(exports.narrowed(seer, asked, brands))
    kept |= rights | {"began_with": rights}
    export = Export.objects.create(
        person_id=seer.person_id,
        report=asked.report,
        asked=asked.fixed.json | kept,
        format=written_as,
        language=language,
        created_at=at,
    )
    said = {"export": export.pk, "report": asked.report, "of": of, "part": part, "format": export.format}
    record(Stream.SETUP, 0, EventKind.EXPORT_STARTED, actor, at=at, **said)
    queue.after_commit(Job.RUN_EXPORT, export_id=export.pk)
    return export
