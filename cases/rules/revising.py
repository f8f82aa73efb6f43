"""How one version of an escalation rule differs from another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum

from cases.rules.condition import Condition
from cases.rules.escalation import Ladder, Step, Trigger
from cases.vocabulary import Missed, Stop


class Part(StrEnum):
    """A part of a rule that can differ."""

    TRIGGER = "trigger"
    CONDITION = "condition"
    STEP = "step"
    STOP = "stop"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class Change:
    """A part of a rule as it was and as it is; a step that is new was nothing, one that is gone is nothing now."""

    part: Part
    before: Trigger | Condition | Step | Stop | Missed | None
    after: Trigger | Condition | Step | Stop | Missed | None


def difference(old: Ladder, new: Ladder) -> list[Change]:
    """What the new version does otherwise, in the order of the sentence; nothing where both say the same."""
    return [
        *([Change(Part.TRIGGER, old.trigger, new.trigger)] if old.trigger != new.trigger else []),
        *([Change(Part.CONDITION, old.condition, new.condition)] if old.condition != new.condition else []),
        *_steps(old.steps, new.steps),
        *([Change(Part.STOP, old.stop, new.stop)] if old.stop != new.stop else []),
        *([Change(Part.MISSED, old.missed, new.missed)] if old.missed != new.missed else []),
    ]


def _steps(old: tuple[Step, ...], new: tuple[Step, ...]) -> list[Change]:
    # A step put in between moves the numbers of those after it, and changes nothing in them.
    before, after = ([replace(step, number=0) for step in steps] for steps in (old, new))
    found: list[Change] = []
    for tag, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        for offset in range(max(j - i, m - k)):
            was = old[i + offset] if i + offset < j else None
            becomes = new[k + offset] if k + offset < m else None
            found.append(Change(Part.STEP, was, becomes))
    return found
