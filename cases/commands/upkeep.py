"""What the system does for itself: say that it lives, and drop files that nothing names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.core.files.storage import default_storage
from django.db import transaction

from cases.commands import moves
from cases.models import Attachment, Export, Heartbeat
from cases.queries.reports import return_runs
from cases.vocabulary import Actor, EventKind, Stream


@transaction.atomic(durable=True)
def beat(*, part: str, at: datetime, actor: Actor) -> None:  # noqa: ARG001 - every command says who acts
    """Note that a part of the system lives; the one change without an event, which would drown all others."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(part=part, at=at)], update_conflicts=True, unique_fields=["part"], update_fields=["at"]
    )


@transaction.atomic(durable=True)
def drop_files(*, keys: Sequence[str], at: datetime, actor: Actor) -> int:
    """Delete the stored files among these that nothing names; how many there were."""
    attached = Attachment.objects.filter(key__in=keys).values_list("key", flat=True)
    exported = Export.objects.filter(key__in=keys).values_list("key", flat=True)
    orphans = sorted(set(keys) - {*attached, *exported, *return_runs.stored(keys)})
    if orphans:
        moves.record(Stream.SETUP, 0, EventKind.FILE_DROPPED, actor, at=at, files=len(orphans))
        transaction.on_commit(lambda: _delete(orphans))
    return len(orphans)


def _delete(keys: Sequence[str]) -> None:
    for key in keys:
        default_storage.delete(key)
