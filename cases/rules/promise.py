"""When somebody is warned of a promise, and how a promise stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from cases.vocabulary import AuthorityHours

WARNING = timedelta(hours=AuthorityHours.WARNING)


class State(StrEnum):
    """How a promise stands for whoever it was made to."""

    OPEN = "open"
    LATE = "late"
    KEPT = "kept"
    KEPT_LATE = "kept_late"
    MOVED = "moved"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is kept of a promise."""

    due_at: datetime
    broken_at: datetime | None = None
    kept_at: datetime | None = None
    moved_at: datetime | None = None
    dropped_at: datetime | None = None


def warned_from(made_at: datetime, due_at: datetime) -> datetime:
    """From when on the owner is warned: a day before, and of what was promised at short notice half-way."""
    return max(due_at - WARNING, made_at + (due_at - made_at) / 2)


def state(facts: Facts, at: datetime) -> State:
    """How it stands at an instant; whether a clock has looked at it since makes no difference."""
    if facts.moved_at is not None:
        return State.MOVED
    if facts.dropped_at is not None:
        return State.DROPPED
    if facts.kept_at is not None:
        return State.KEPT_LATE if facts.broken_at is not None or facts.kept_at > facts.due_at else State.KEPT
    return State.LATE if facts.broken_at is not None or facts.due_at <= at else State.OPEN
