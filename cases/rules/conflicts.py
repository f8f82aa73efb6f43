"""Where two rules of a brand act on the same thing in the same case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations, product

from cases.rules.escalation import Ladder, Step, Trigger
from cases.rules.overlap import may_overlap
from cases.vocabulary import Standing, StepKind, When, Whom


@dataclass(frozen=True, slots=True)
class Placed:
    """A rule at its place: the earlier in the list, the sooner it acts."""

    rule_id: int
    name: str
    ladder: Ladder


class Clash(StrEnum):
    """How one rule meets another."""

    BOTH_ASSIGN = "both_assign"
    UNDOES = "undoes"
    BOTH_RAISE = "both_raise"
    BOTH_ADD = "both_add"
    BOTH_TELL = "both_tell"


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two rules that can act on the same case at the same time: which stands above, and their steps by number."""

    clash: Clash
    above: Placed
    below: Placed
    step_above: int
    step_below: int


# ---------------------------------------------------------------- two rules on the same thing

_GIVES = frozenset({StepKind.ASSIGN, StepKind.AUTHORITY})


def conflicts(rules: Sequence[Placed]) -> list[Conflict]:
    """Every pair that acts on the same thing, each clash once, in the order of the rules."""
    found: list[Conflict] = []
    for above, below in combinations(rules, 2):
        if not coincide(above.ladder.trigger, below.ladder.trigger):
            continue
        if not may_overlap(above.ladder.condition, below.ladder.condition):
            continue
        seen: set[Clash] = set()
        for first, second in product(above.ladder.steps, below.ladder.steps):
            clash = _clash(first, second)
            if clash is None or clash in seen:
                continue
            if clash == Clash.BOTH_TELL and not _is_same_time(above.ladder.trigger, below.ladder.trigger):
                continue
            seen.add(clash)
            found.append(Conflict(clash, above, below, first.number, second.number))
    return found


def _clash(first: Step, second: Step) -> Clash | None:
    if first.kind in _GIVES and second.kind in _GIVES:
        to_whom = [(step.kind, step.whom, step.person, step.team) for step in (first, second)]
        return Clash.BOTH_ASSIGN if to_whom[0] == to_whom[1] else Clash.UNDOES
    if first.kind != second.kind:
        return None
    if first.kind == StepKind.SEVERITY:
        return Clash.BOTH_RAISE
    if first.kind == StepKind.ACTION and first.kind_id == second.kind_id:
        return Clash.BOTH_ADD
    return Clash.BOTH_TELL if first.kind == StepKind.TELL and _is_same_person(first, second) else None


# Both tell the owner, where a case has one.
_OWNER = frozenset({Whom.OWNER, Whom.OWNER_OR_DUTY})


def _is_same_person(first: Step, second: Step) -> bool:
    if {first.whom, second.whom} <= _OWNER:
        return True
    return (first.whom, first.person, first.team) == (second.whom, second.person, second.team)


def _is_same_time(one: Trigger, other: Trigger) -> bool:
    """Whether both are set off by the same thing at the same time; a rule for any deadline waits for each of them."""
    has_any = one.when == other.when == When.DEADLINE and None in {one.goal, other.goal}
    return one == (replace(other, goal=one.goal) if has_any else other)


# Different things to look for that come about together: what opens a case also begins its standing.
_TOGETHER = frozenset({When.OPENED, When.REACH, When.LASTED})


def coincide(one: Trigger, other: Trigger) -> bool:
    """Whether both can be set off in a case at about the same time."""
    if one.when == other.when:
        same_goal = one.goal is None or other.goal is None or one.goal == other.goal
        same_standing = one.standing == other.standing or Standing.UNANSWERED in {one.standing, other.standing}
        return same_goal and (one.when != When.LASTED or same_standing) and one.reach == other.reach
    if {one.when, other.when} <= _TOGETHER:
        return all(each.standing in {None, Standing.NEW, Standing.UNANSWERED} for each in (one, other))
    return {one.when, other.when} == {When.WROTE, When.LASTED} and Standing.UNANSWERED in {one.standing, other.standing}
