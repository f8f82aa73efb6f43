"""Which status may follow which, for cases and actions; the database's triggers say the same (tests compare them)."""

from __future__ import annotations

from cases.vocabulary import ActionStatus, Status

CASE: dict[Status, frozenset[Status]] = {
    Status.NEW: frozenset({Status.OPEN, Status.MERGED, Status.DISMISSED, Status.WITHDRAWN}),
    Status.OPEN: frozenset({Status.WAITING, Status.HANDLED, Status.MERGED, Status.DISMISSED, Status.WITHDRAWN}),
    Status.WAITING: frozenset({Status.OPEN, Status.HANDLED, Status.MERGED, Status.DISMISSED, Status.WITHDRAWN}),
    Status.HANDLED: frozenset({Status.OPEN}),
    Status.DISMISSED: frozenset({Status.OPEN}),
    Status.MERGED: frozenset(),
    Status.WITHDRAWN: frozenset(),
}

ACTION: dict[ActionStatus, frozenset[ActionStatus]] = {
    ActionStatus.PROPOSED: frozenset({ActionStatus.AWAITING_APPROVAL, ActionStatus.IN_PROGRESS, ActionStatus.WAIVED}),
    ActionStatus.AWAITING_APPROVAL: frozenset(
        {ActionStatus.APPROVED, ActionStatus.REFUSED, ActionStatus.PROPOSED, ActionStatus.WAIVED}
    ),
    ActionStatus.APPROVED: frozenset({ActionStatus.IN_PROGRESS, ActionStatus.PROPOSED, ActionStatus.WAIVED}),
    ActionStatus.REFUSED: frozenset({ActionStatus.PROPOSED, ActionStatus.WAIVED}),
    ActionStatus.IN_PROGRESS: frozenset(
        {ActionStatus.DONE, ActionStatus.FAILED, ActionStatus.PROPOSED, ActionStatus.WAIVED}
    ),
    ActionStatus.FAILED: frozenset({ActionStatus.PROPOSED, ActionStatus.WAIVED}),
    ActionStatus.DONE: frozenset(),
    ActionStatus.WAIVED: frozenset(),
}


def case_may(old: Status, new: Status) -> bool:
    """Whether a case may go from one status to the other."""
    return new in CASE[old]


def action_may(old: ActionStatus, new: ActionStatus) -> bool:
    """Whether an action may go from one status to the other."""
    return new in ACTION[old]
