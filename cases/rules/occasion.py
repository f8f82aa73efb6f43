"""On what occasion a rule acts, once (I10), and whether what set it off is still so before its next step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cases.rules import condition as conditions
from cases.rules.escalation import Ladder
from cases.rules.facts import Facts
from cases.vocabulary import ENDED, Standing, Status, Stop, When


def of_deadline(deadline_id: int, due_at: datetime) -> str:
    """The occasion that a deadline is near or past; moved, it is another one."""
    return f"deadline:{deadline_id}:{_seconds(due_at)}"


def of_event(event_id: int) -> str:
    """The occasion that something happened."""
    return f"event:{event_id}"


def of_standing(standing: Standing, since: datetime) -> str:
    """The occasion that a case has stood somewhere for long; where it comes back to there, it is another one."""
    return f"lasted:{standing.value}:{_seconds(since)}"


def _seconds(instant: datetime) -> int:
    """Whole seconds since 1970, rounded down."""
    return int(instant.timestamp() // 1)


@dataclass(frozen=True, slots=True)
class Now:
    """How a case stands before the next step of a ladder.

    ``deadline_stands``: the deadline of the occasion is neither met nor ended, and due when it was. ``still_stands``:
    the case has not left the standing of the occasion since. ``reach`` is what was seen last of the spread that the
    rule measures. Replied and acted are by a person, since the occasion.
    """

    status: Status
    deadline_stands: bool = True
    still_stands: bool = True
    reach: int | None = None
    is_unanswered: bool = True
    has_replied: bool = False
    owner_has_acted: bool = False


def still_so(ladder: Ladder, now: Now, facts: Facts) -> bool:
    """Whether the ladder goes on: what ends it has not happened. A case that has ended ends every ladder."""
    if now.status in ENDED:
        return False
    if ladder.stop == Stop.REPLIED:
        return not now.has_replied
    if ladder.stop == Stop.OWNER_ACTED:
        return not now.owner_has_acted
    if ladder.stop == Stop.HANDLED:
        return now.status != Status.HANDLED
    if ladder.stop == Stop.CAUSE_GONE:
        return conditions.holds(ladder.condition, facts) and _cause_stands(ladder, now, facts)
    return True


def _cause_stands(ladder: Ladder, now: Now, facts: Facts) -> bool:
    """Whether what set the rule off is still so; what happened and cannot unhappen is, as long as its condition is."""
    trigger = ladder.trigger
    if trigger.when == When.DEADLINE:
        return now.deadline_stands
    if trigger.when == When.LASTED:
        return now.still_stands
    if trigger.when == When.REACH:
        # A speed was measured once; a height can fall below its mark again.
        return trigger.within_minutes is not None or now.reach is None or now.reach > trigger.above
    if trigger.when == When.WROTE:
        return now.is_unanswered
    if trigger.when == When.ACTION_FAILED:
        return bool(facts.actions_failed)
    if trigger.when == When.UNANSWERED:
        return bool(facts.approval_waits)
    if trigger.when == When.HIDDEN:
        return bool(facts.hidden)
    return True
