"""Whether what was just seen of a post takes it over the mark that a rule has set, in height or in speed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from cases.rules.escalation import Trigger

# What was counted of one post, and when, in the order of time.
Counts = Sequence[tuple[datetime, int]]


def reached(trigger: Trigger, counts: Counts) -> int:
    """How far the post has come by the last count, or by how much within the time the rule looks at; -1 unknown."""
    if not counts:
        return -1
    at, last = counts[-1]
    if trigger.within_minutes is None:
        return last
    since = at - timedelta(minutes=trigger.within_minutes)
    before = [count for seen_at, count in counts if seen_at <= since]
    return last - (before[-1] if before else counts[0][1])


def has_crossed(trigger: Trigger, counts: Counts) -> bool:
    """Whether the last count is above the mark and the one before was not: each crossing is an occasion, once."""
    return reached(trigger, counts) > trigger.above >= reached(trigger, counts[:-1])
