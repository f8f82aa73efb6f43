"""Makes an arrival out of a row: the same row is the same bytes, whenever it is read."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from cases.rules.arrival import Arrival, canonical
from cases.rules.import_fields import Candidate
from cases.vocabulary import Precision


def arrival_of(candidate: Candidate, at: datetime) -> Arrival:
    """The arrival, kept with its whole row; without a time of its own it carries ``at``, to the day."""
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
    )
    # The time of the import is no part of what the row says: reading it again later must find it known.
    written = {"posted_at": candidate.posted_at.isoformat() if candidate.posted_at else None}
    return replace(arrival, raw=canonical(arrival.fields() | written | {"row": dict(candidate.fields)}))
