"""The gate: what still stands between a case and ``handled`` (I2); the database asks the same in its trigger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cases.vocabulary import ActionStatus, AnswerStatus, Missing

SETTLED = frozenset({ActionStatus.DONE, ActionStatus.WAIVED})


@dataclass(frozen=True, slots=True)
class Step:
    """A required action, as the gate sees it."""

    id: int
    status: ActionStatus


@dataclass(frozen=True, slots=True)
class Facts:
    """What the gate looks at; ``answer`` is None while no final answer stands."""

    has_owner: bool
    has_decision: bool
    required: Sequence[Step]
    answer: AnswerStatus | None


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that is missing, and the action it is about, if it is about one."""

    code: Missing
    action_id: int | None = None


def missing(facts: Facts) -> list[Gap]:
    """Everything that is missing, in the order in which it is usually done; empty means open."""
    gaps: list[Gap] = []
    if not facts.has_owner:
        gaps.append(Gap(Missing.OWNER))
    if not facts.has_decision:
        gaps.append(Gap(Missing.DECISION))
    gaps += [Gap(Missing.ACTION_OPEN, step.id) for step in facts.required if step.status not in SETTLED]
    if not facts.required:
        gaps.append(Gap(Missing.NO_REQUIRED_ACTION))
    elif all(step.status == ActionStatus.WAIVED for step in facts.required):
        gaps.append(Gap(Missing.NOTHING_DONE))
    gaps += [Gap(code) for code in _answer_gap(facts.answer)]
    return gaps


def _answer_gap(answer: AnswerStatus | None) -> list[Missing]:
    return {
        None: [Missing.FINAL_ANSWER],
        AnswerStatus.SENDING: [Missing.ANSWER_ON_ITS_WAY],
        AnswerStatus.BOUNCED: [Missing.ANSWER_BOUNCED],
        AnswerStatus.REACHED: [],
        AnswerStatus.UNREACHABLE: [],
    }[answer]
