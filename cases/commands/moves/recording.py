"""Adding lines to journals, one or many."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from cases.commands.moves.inserting import insert_many
from cases.models import Event
from cases.vocabulary import Actor, EventKind, Stream


def record(
    stream: Stream, stream_id: int, kind: EventKind, actor: Actor, /, *, at: datetime | None = None, **payload: Any
) -> None:
    """Add one line to a journal: ids, codes, amounts and salted hashes, never words."""
    if stream in {Stream.SETUP, Stream.BRAND}:
        # A case or a post is locked by its command; these streams have no row of their own to lock.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s), %s)", [f"casedesk:{stream}", stream_id])
    Event.objects.bulk_create([_event(stream, stream_id, kind, actor, at, payload)])


def record_many(
    kind: EventKind, actor: Actor, lines: Sequence[tuple[Stream, int, datetime | None, dict[str, Any]]]
) -> None:
    """Add one line to each of many journals, in one statement."""
    record_lines(actor, [(kind, *line) for line in lines])


def record_lines(actor: Actor, lines: Sequence[tuple[EventKind, Stream, int, datetime | None, dict[str, Any]]]) -> None:
    """Add lines of any kind to many journals, several to one of them too, in this order and in one statement."""
    insert_many([_event(stream, key, kind, actor, at, payload) for kind, stream, key, at, payload in lines])


def _event(
    stream: Stream, stream_id: int, kind: EventKind, actor: Actor, at: datetime | None, payload: dict[str, Any]
) -> Event:
    # seq, previous, hash and recorded_at are the database's to give; these stand-ins never get stored.
    now = timezone.now()
    return Event(
        stream=stream,
        stream_id=stream_id,
        seq=0,
        kind=kind.value,
        actor_kind=actor.kind,
        actor_id=actor.id,
        person_id=actor.person_id,
        payload=payload,
        occurred_at=at or now,
        recorded_at=now,
        previous=b"",
        hash=b"",
    )
