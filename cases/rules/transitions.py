"""Which status may follow which, for cases and actions; the database's triggers say the same (tests compare them)."""

from __future__ import annotations

from cases.vocabulary import ActionStatus as A
from cases.vocabulary import Status as S

CASE: dict[S, frozenset[S]] = {
    S.NEW: frozenset({S.OPEN, S.MERGED, S.DISMISSED, S.WITHDRAWN}),
    S.OPEN: frozenset({S.WAITING, S.HANDLED, S.MERGED, S.DISMISSED, S.WITHDRAWN}),
    S.WAITING: frozenset({S.OPEN, S.HANDLED, S.MERGED, S.DISMISSED, S.WITHDRAWN}),
    S.HANDLED: frozenset({S.OPEN}),
    S.DISMISSED: frozenset({S.OPEN}),
    S.MERGED: frozenset(),
    S.WITHDRAWN: frozenset(),
}

ACTION: dict[A, frozenset[A]] = {
    A.PROPOSED: frozenset({A.AWAITING_APPROVAL, A.IN_PROGRESS, A.WAIVED}),
    A.AWAITING_APPROVAL: frozenset({A.APPROVED, A.REFUSED, A.WAIVED}),
    A.APPROVED: frozenset({A.IN_PROGRESS, A.WAIVED}),
    A.REFUSED: frozenset({A.PROPOSED, A.WAIVED}),
    A.IN_PROGRESS: frozenset({A.DONE, A.FAILED, A.WAIVED}),
    A.FAILED: frozenset({A.PROPOSED, A.WAIVED}),
    A.DONE: frozenset(),
    A.WAIVED: frozenset(),
}


def case_may(old: S, new: S) -> bool:
    """Whether a case may go from one status to the other."""
    return new in CASE[old]


def action_may(old: A, new: A) -> bool:
    """Whether an action may go from one status to the other."""
    return new in ACTION[old]
