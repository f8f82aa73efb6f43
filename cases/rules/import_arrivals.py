"""Makes an arrival out of a row: the same row is the same bytes, whenever it is read."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from cases.rules.arrival import Arrival, Registered, canonical
from cases.rules.import_fields import Candidate
from cases.vocabulary import Precision


def arrival_of(candidate: Candidate, at: datetime, registered: Registered | None = None) -> Arrival:
    """The arrival, kept with its whole row; without a time of its own it carries ``at``, to the day.

    Of a register's row only the day is known, whatever hour an export pads it with.
    """
    if registered:
        candidate = replace(candidate, posted_at=registered.received_at, precision=Precision.DAY)
    arrival = Arrival(
        external_id=candidate.external_id,
        text=candidate.text,
        posted_at=candidate.posted_at or at,
        precision=(candidate.precision if candidate.posted_at else Precision.DAY).value,
        author=candidate.author,
        name=candidate.name,
        url=candidate.url,
        language=candidate.lang,
        category=candidate.category,
        registered=registered,
    )
    # The time of the import is no part of what the row says: reading it again later must find it known.
    written: dict[str, object] = {"posted_at": candidate.posted_at.isoformat() if candidate.posted_at else None}
    kept = {"row": dict(candidate.fields)} | ({"registered": registered.fields()} if registered else {})
    return replace(arrival, raw=canonical(arrival.fields() | written | kept))
