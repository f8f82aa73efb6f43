"""The deadlines of a case as a picture in one line: where everything stands between its beginning and its end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.rules import deadlines
from cases.rules.deadline_journal import ENDS, RESUMES, order
from cases.rules.deadlines import Moment, Row
from cases.vocabulary import NEVER, Due, EventKind

# So much of the line is left free behind the last thing on it.
_MARGIN = 0.04
_SHORTEST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Mark:
    """One deadline on the line; where it has no place there, ``due`` is nothing."""

    row: Row
    how: Due
    started: float
    due: float | None
    first_due: float | None
    met: float | None


@dataclass(frozen=True, slots=True)
class Line:
    """Percentages from the left, from 0 to 100."""

    begins_at: datetime
    ends_at: datetime
    now: float
    marks: tuple[Mark, ...]
    pauses: tuple[tuple[float, float], ...]


def timeline(rows: Sequence[Row], moments: Iterable[Moment], now: datetime) -> Line:
    """Where each deadline, each pause and the present stand on one line."""
    begins_at = min([row.started_at for row in rows], default=now)
    begins_at = min(begins_at, now)
    far = [at for row in rows for at in (row.due_at, row.met_at) if at is not None and at != NEVER]
    last = max([now, begins_at + _SHORTEST, *far])
    ends_at = last + (last - begins_at) * _MARGIN
    width = (ends_at - begins_at).total_seconds()

    def place(at: datetime | None) -> float | None:
        if at is None or at == NEVER:
            return None
        return round(min(100.0, max(0.0, (at - begins_at).total_seconds() / width * 100)), 2)

    def mark(row: Row) -> Mark:
        started = place(row.started_at) or 0.0
        return Mark(
            row, deadlines.how(row, now), started, place(row.due_at), place(row.first_due_at), place(row.met_at)
        )

    marks = tuple(mark(row) for row in sorted(rows, key=order))
    pauses = tuple((place(since) or 0.0, place(until) or 0.0) for since, until in pauses_of(moments, now))
    return Line(begins_at, ends_at, place(now) or 0.0, marks, pauses)


def pauses_of(moments: Iterable[Moment], now: datetime) -> list[tuple[datetime, datetime]]:
    """When the case waited for the complainant, up to now."""
    ends = RESUMES | ENDS | {EventKind.CASE_HANDLED}
    found: list[tuple[datetime, datetime]] = []
    since: datetime | None = None
    for one in moments:
        if one.at > now:
            break
        if one.kind == EventKind.CASE_WAITING:
            since = since or one.at
        elif since is not None and one.kind in ends:
            found.append((since, one.at))
            since = None
    if since is not None:
        found.append((since, now))
    return found
