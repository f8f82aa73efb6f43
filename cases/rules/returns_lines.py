"""The times of a complaint that returns count, out of the journal of its case and the answers it was given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cases.rules.returns import Reopening
from cases.vocabulary import EventKind, Status
from cases.vocabulary.returns import ClosedBy

# What we say to a complainant, and what comes back from them.
TELLS = frozenset({EventKind.REPLY_POSTED, EventKind.MESSAGE_SENT})
HEARS = frozenset({EventKind.MESSAGE_RECEIVED, EventKind.POST_JOINED, EventKind.CONFIRMATION_GIVEN})
ENDS = {
    EventKind.CASE_HANDLED: (Status.HANDLED, ClosedBy.HANDLED),
    EventKind.CASE_WITHDRAWN: (Status.WITHDRAWN, ClosedBy.WITHDRAWN),
}
READ = TELLS | HEARS | set(ENDS) | {EventKind.CASE_REOPENED, EventKind.DECISION_RECORDED}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a journal; ``is_final`` tells of words that are themselves a final answer, ``is_yes`` of a
    complainant who wrote that it is settled.
    """

    kind: EventKind
    at: datetime
    is_final: bool = False
    is_yes: bool = False


@dataclass(frozen=True, slots=True)
class Final:
    """A final answer: when it was sent, and whether it said where they can turn."""

    at: datetime
    names_recourse: bool = False


@dataclass(frozen=True, slots=True)
class Times:
    """What a journal says of the times that a return counts."""

    acknowledged_at: datetime | None = None
    first_answer_at: datetime | None = None
    replied_at: datetime | None = None
    accepted_at: datetime | None = None
    ended_at: datetime | None = None
    ended_as: Status | None = None
    reopened: Sequence[Reopening] = field(default_factory=tuple)


def times(lines: Sequence[Line], finals: Sequence[Final], *, any_words: bool) -> Times:
    """The times out of the lines in their order and the final answers by date.

    An answer before the final one is the first thing they were told after a decision was recorded; with ``any_words``
    it is the first thing they were told at all.
    """
    final_at = finals[0].at if finals else None
    told = [place for place, line in enumerate(lines) if _tells(line, final_at)]
    decided = next((n for n, line in enumerate(lines) if line.kind == EventKind.DECISION_RECORDED), len(lines))
    answered = next((place for place in told if any_words or place > decided), None)
    reopenings = [line.at for line in lines if line.kind == EventKind.CASE_REOPENED]
    ended_as, ended_at = _ended(lines)
    return Times(
        acknowledged_at=min((lines[place].at for place in told), default=None),
        first_answer_at=lines[answered].at if answered is not None else None,
        replied_at=_replied(lines[answered:]) if answered is not None else None,
        accepted_at=next((line.at for line in lines if line.is_yes), None),
        ended_at=ended_at,
        ended_as=ended_as,
        reopened=tuple(_reopening(n, reopenings, lines, finals) for n in range(len(reopenings))),
    )


def _tells(line: Line, final_at: datetime | None) -> bool:
    return line.kind in TELLS and not line.is_final and (final_at is None or line.at <= final_at)


def _replied(lines: Sequence[Line]) -> datetime | None:
    return next((line.at for line in lines if line.kind in HEARS and line.at >= lines[0].at), None)


def _ended(lines: Sequence[Line]) -> tuple[Status | None, datetime | None]:
    """How it ended for the first time, before anything was opened again."""
    for line in lines:
        if line.kind == EventKind.CASE_REOPENED:
            break
        if line.kind in ENDS:
            return ENDS[line.kind][0], line.at
    return None, None


def _reopening(number: int, openings: Sequence[datetime], lines: Sequence[Line], finals: Sequence[Final]) -> Reopening:
    """One time for which it was open again: until what closed it first, before it was opened the next time."""
    opened_at = openings[number]
    until = openings[number + 1] if number + 1 < len(openings) else None
    closings = [(final.at, ClosedBy.FINAL_RESPONSE) for final in finals]
    closings += [(line.at, ENDS[line.kind][1]) for line in lines if line.kind in ENDS]
    inside = [each for each in closings if each[0] > opened_at and (until is None or each[0] <= until)]
    # Of two at the same instant the answer is what closed it: handling comes after it.
    closed_at, closed_by = min(inside, key=lambda each: each[0], default=(None, ClosedBy.FINAL_RESPONSE))
    return Reopening(opened_at, closed_at, closed_by)
