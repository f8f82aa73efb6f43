"""Which rules of a brand set each other off in a ring, and whether that would surely never end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from cases.rules import condition as conditions
from cases.rules.condition import ALWAYS, Condition
from cases.rules.conflicts import Placed
from cases.rules.overlap import may_overlap
from cases.vocabulary import HEARS, EventKind, Fact, StepKind, When, Whom


class Certainty(StrEnum):
    """Whether rules that set each other off surely never end."""

    PROVEN = "proven"
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Loop:
    """Rules that set each other off in a ring, in that order; a proven one, once begun, is ended by the guard alone."""

    certainty: Certainty
    rules: tuple[Placed, ...]


# What the journal says once a step was taken, for other rules to hear.
EMITS: dict[StepKind, frozenset[EventKind]] = {
    StepKind.ASSIGN: frozenset({EventKind.CASE_ASSIGNED}),
    StepKind.AUTHORITY: frozenset({EventKind.CASE_ASSIGNED}),
    StepKind.SEVERITY: frozenset({EventKind.CASE_CLASSIFIED}),
    StepKind.ACTION: frozenset({EventKind.ACTION_ADDED}),
    StepKind.TAG: frozenset({EventKind.CASE_TAGGED}),
    # Unanswered, the request goes on to the next, and the journal says so.
    StepKind.APPROVAL: frozenset({EventKind.APPROVAL_REQUESTED, EventKind.APPROVAL_PASSED_ON}),
}
# What may be otherwise in a case once a step was taken.
ALTERS: dict[StepKind, frozenset[Fact]] = {
    StepKind.ASSIGN: frozenset({Fact.OWNER, Fact.TEAM, Fact.STATUS}),
    StepKind.AUTHORITY: frozenset({Fact.OWNER, Fact.TEAM, Fact.STATUS}),
    StepKind.SEVERITY: frozenset({Fact.SEVERITY, Fact.LATE}),
    StepKind.ACTION: frozenset({Fact.ACTIONS_OPEN, Fact.AMOUNT}),
    StepKind.TAG: frozenset({Fact.TAG}),
    StepKind.APPROVAL: frozenset({Fact.APPROVAL_WAITS}),
}


def loops(rules: Sequence[Placed]) -> list[Loop]:
    """The rings among these rules: those that surely never end first, then the shortest ring of each other tangle."""
    proven = _proven(rules)
    rings = [set(_ids(loop.rules)) for loop in proven]
    found = list(proven)
    covered: set[int] = set()
    for rule in rules:
        ring = _ring(rule, rules) if rule.rule_id not in covered else ()
        covered.update(_ids(ring))
        if ring and not any(ids <= set(_ids(ring)) for ids in rings):
            found.append(Loop(Certainty.POSSIBLE, ring))
    return found


def _ids(rules: Sequence[Placed]) -> list[int]:
    return [rule.rule_id for rule in rules]


def _emits(rule: Placed) -> frozenset[EventKind]:
    return frozenset().union(*(EMITS.get(step.kind, frozenset()) for step in rule.ladder.steps))


def _alters(rules: Sequence[Placed]) -> frozenset[Fact]:
    return frozenset().union(*(ALTERS.get(step.kind, frozenset()) for rule in rules for step in rule.ladder.steps))


def _hears(rule: Placed, other: Placed) -> bool:
    """Whether the first waits for something that the steps of the other bring about."""
    return HEARS.get(rule.ladder.trigger.when) in _emits(other)


def _sets_off(one: Placed, other: Placed) -> bool:
    """Whether the first can set the other off: it does what the other waits for, and both can be for the same case."""
    if not _hears(other, one) or (one.rule_id == other.rule_id and _ends_alone(one)):
        return False
    first, second = one.ladder.condition, other.ladder.condition
    # What the first does can make the second's condition true.
    looked_at = conditions.facts_used(first) | conditions.facts_used(second)
    return bool(looked_at & _alters([one])) or may_overlap(first, second)


def _ends_alone(rule: Placed) -> bool:
    """Whether the rule, set off by itself, has nothing left to do: the tag or action is there, the person the owner."""
    waits_for = HEARS.get(rule.ladder.trigger.when)
    again = [step for step in rule.ladder.steps if waits_for in EMITS.get(step.kind, frozenset())]
    is_one_owner = all(step.whom == Whom.PERSON for step in again) and len(_owners(rule)) == 1
    return is_one_owner or all(step.kind in {StepKind.TAG, StepKind.ACTION} for step in again)


def _ring(start: Placed, rules: Sequence[Placed]) -> tuple[Placed, ...]:
    """The shortest way from a rule back to itself, or nothing."""
    reached: set[int] = set()
    ways: list[tuple[Placed, ...]] = [(start,)]
    for way in ways:
        for rule in rules:
            if rule.rule_id in reached or not _sets_off(way[-1], rule):
                continue
            if rule.rule_id == start.rule_id:
                return way
            reached.add(rule.rule_id)
            ways.append((*way, rule))
    return ()


# ---------------------------------------------------------------- proof


def _proven(rules: Sequence[Placed]) -> list[Loop]:
    """The rings in which every round changes something again, under conditions that nothing in them changes.

    There is one way to do that for ever: to give the case to one person and then to another, whenever it is given to
    somebody. A severity, a tag, an action that is there already or a request comes to an end by itself.
    """
    giving = [rule for rule in rules if rule.ladder.trigger.when == When.ASSIGNED and _owners(rule)]
    rings: list[tuple[Placed, ...]] = [(rule,) for rule in giving if len(_owners(rule)) > 1]
    rings += [(one, other) for one, other in combinations(giving, 2) if len(_owners(one) | _owners(other)) > 1]
    return [Loop(Certainty.PROVEN, ring) for ring in rings if _stays(ring, rules)]


def _owners(rule: Placed) -> frozenset[int]:
    """Those to whom the rule gives the case by name; who leads a team or is on duty is not known beforehand."""
    named = {step.person for step in rule.ladder.steps if step.kind == StepKind.ASSIGN and step.whom == Whom.PERSON}
    return frozenset(person for person in named if person is not None)


def _stays(ring: Sequence[Placed], rules: Sequence[Placed]) -> bool:
    """Whether the conditions of a ring can hold together and, once they do, always will as far as rules go."""
    asked = {rule.ladder.condition for rule in ring}
    looked_at = frozenset().union(*(conditions.facts_used(condition) for condition in asked))
    return not looked_at & _alters(_set_off_by(ring, rules)) and _surely_together(asked - {ALWAYS})


def _set_off_by(ring: Sequence[Placed], rules: Sequence[Placed]) -> list[Placed]:
    """The ring, and every rule that anything in it could set off."""
    found = list(ring)
    for rule in found:
        found += [other for other in rules if _hears(other, rule) and other not in found]
    return found


def _surely_together(asked: set[Condition]) -> bool:
    """Whether there can be a case that fits each of at most two conditions; for words that is not looked into."""
    if len(asked) < 2:
        return True
    one, other = asked
    return Fact.WORDS not in conditions.facts_used(one) | conditions.facts_used(other) and may_overlap(one, other)
