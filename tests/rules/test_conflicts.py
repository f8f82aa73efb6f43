"""Rules beside each other: which act on the same thing, and which set each other off, for ever or perhaps."""

from __future__ import annotations

from collections import deque
from itertools import count, islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.rules import condition as conditions
from cases.rules import escalation
from cases.rules.condition import Condition
from cases.rules.conflicts import Clash, Placed, conflicts
from cases.rules.facts import Facts
from cases.rules.loops import Certainty, Loop, loops
from cases.rules.overlap import may_overlap
from cases.vocabulary import HEARS, EventKind, StepKind, Whom
from tests.conditions import any_facts
from tests.conditions import conditions as any_condition

TO = {
    "owner": {"kind": "tell", "whom": "owner"},
    "owner or duty": {"kind": "tell", "whom": "owner_or_duty"},
    "managers": {"kind": "tell", "whom": "managers"},
    "nine": {"kind": "assign", "whom": "person", "person": 9},
    "eight": {"kind": "assign", "whom": "person", "person": 8},
    "duty": {"kind": "assign", "whom": "duty"},
    "authority": {"kind": "authority"},
    "raise": {"kind": "severity", "levels": 1},
    "add": {"kind": "action", "kind_id": 4},
    "add another": {"kind": "action", "kind_id": 5},
    "tag": {"kind": "tag", "tag": 2},
    "approval": {"kind": "approval"},
}
SEVERE = {"all": [{"fact": "severity", "op": "at_least", "value": 3}]}
MILD = {"all": [{"fact": "severity", "op": "at_most", "value": 2}]}
numbers = count(1)


def rule(when: Any, *steps: str, if_: Any = None, stop: str = "") -> Placed:
    """A rule by the names of its steps."""
    trigger = {"when": when} if isinstance(when, str) else when
    number = next(numbers)
    return Placed(number, f"Rule {number}", escalation.parse(trigger, if_ or {}, [TO[step] for step in steps], stop))


def lasted(standing: str) -> dict[str, Any]:
    """A standing for an hour."""
    return {"when": "lasted", "standing": standing, "offset_amount": 1, "offset_unit": "hour"}


def due(goal: str = "", amount: int = 0) -> dict[str, Any]:
    """A deadline that has passed."""
    return {"when": "deadline", "goal": goal, "offset_amount": amount, "offset_unit": "hour"}


@pytest.mark.parametrize(
    ("above", "below", "clashes"),
    [
        (rule("wrote", "nine"), rule("wrote", "nine"), [Clash.BOTH_ASSIGN]),
        (rule("wrote", "nine"), rule("wrote", "eight"), [Clash.UNDOES]),
        (rule("wrote", "owner", "duty"), rule("wrote", "authority"), [Clash.UNDOES]),
        (rule("wrote", "raise", "raise"), rule("wrote", "raise"), [Clash.BOTH_RAISE]),
        (rule("wrote", "add"), rule("wrote", "add"), [Clash.BOTH_ADD]),
        (rule("wrote", "add"), rule("wrote", "add another"), []),
        (rule("wrote", "owner"), rule("wrote", "owner"), [Clash.BOTH_TELL]),
        (rule("wrote", "owner"), rule("wrote", "tag"), []),
        (rule("wrote", "nine"), rule("reopened", "eight"), []),
        (rule("wrote", "nine", if_=SEVERE), rule("wrote", "eight", if_=MILD), []),
        (rule("opened", "nine"), rule(lasted("new"), "eight"), [Clash.UNDOES]),
        (rule("opened", "nine"), rule(lasted("waiting"), "eight"), []),
        (rule(lasted("new"), "nine"), rule(lasted("waiting"), "eight"), []),
        (rule("wrote", "nine"), rule(lasted("unanswered"), "eight"), [Clash.UNDOES]),
        (rule(due("reply"), "nine"), rule(due(), "eight"), [Clash.UNDOES]),
        (rule(due("reply"), "nine"), rule(due("decision"), "eight"), []),
        (rule(due("reply"), "owner"), rule(due("reply", 3), "owner"), []),
        (rule(due("reply"), "owner"), rule(due("reply"), "owner or duty"), [Clash.BOTH_TELL]),
        (rule(due("reply"), "owner"), rule(due(), "owner"), [Clash.BOTH_TELL]),
        (rule(due("reply"), "owner"), rule(due("", 3), "owner"), []),
        (rule(due("reply"), "owner or duty"), rule(due("reply"), "managers"), []),
    ],
)
def test_finds_two_rules_on_the_same_thing(above: Placed, below: Placed, clashes: list[Clash]) -> None:
    found = conflicts([above, below])
    assert [each.clash for each in found] == clashes
    assert all((each.above, each.below) == (above, below) for each in found)


def test_names_the_steps_that_clash() -> None:
    [found] = conflicts([rule("wrote", "owner", "nine"), rule("wrote", "eight")])
    assert (found.step_above, found.step_below) == (2, 1)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({}, {}, True),
        (SEVERE, MILD, False),
        (SEVERE, {"none": [MILD["all"][0]]}, True),
        ({"none": [SEVERE["all"][0]]}, {"all": [{"fact": "severity", "op": "is", "value": 4}]}, False),
        (
            {"all": [{"fact": "category", "op": "any_of", "value": [1, 2]}]},
            {"all": [{"fact": "category", "op": "any_of", "value": [3]}]},
            False,
        ),
        (
            {"all": [{"fact": "category", "op": "none_of", "value": [1, 2]}]},
            {"all": [{"fact": "category", "op": "is_not", "value": 3}]},
            True,
        ),
        (
            {"all": [{"fact": "wish", "op": "is", "value": ""}]},
            {"all": [{"fact": "wish", "op": "none_of", "value": ["money", "repair"]}]},
            True,
        ),
        (
            {"all": [{"fact": "tag", "op": "is", "value": 1}]},
            {"all": [{"fact": "tag", "op": "is", "value": 2}]},
            True,
        ),
        (
            {"all": [{"fact": "tag", "op": "any_of", "value": [1, 2]}]},
            {"all": [{"fact": "tag", "op": "none_of", "value": [1, 2, 3]}]},
            False,
        ),
        (
            {"all": [{"fact": "amount", "op": "at_least", "value": "50.01"}]},
            {"all": [{"fact": "amount", "op": "at_most", "value": "50"}]},
            False,
        ),
        ({"all": [{"fact": "hidden", "op": "yes"}]}, {"none": [{"fact": "hidden", "op": "yes"}]}, False),
        (
            {"all": [{"fact": "words", "op": "has_any", "value": ["sofa"]}]},
            {"none": [{"fact": "words", "op": "has_any", "value": ["sofa"]}]},
            True,
        ),
    ],
)
def test_sees_that_two_conditions_exclude_each_other(one: object, other: object, *, expected: bool) -> None:
    assert may_overlap(conditions.parse(one), conditions.parse(other)) is expected


@settings(max_examples=400)
@given(any_condition(), any_condition(), any_facts())
def test_says_that_two_may_overlap_where_a_case_fits_both(one: Condition, other: Condition, facts: Facts) -> None:
    if conditions.holds(one, facts) and conditions.holds(other, facts):
        assert may_overlap(one, other)
        assert may_overlap(other, one)


def found(*rules: Placed) -> list[tuple[Certainty, list[int]]]:
    """The loops among these, by the places of their rules."""
    places = {each.rule_id: place for place, each in enumerate(rules)}
    return [(loop.certainty, [places[each.rule_id] for each in loop.rules]) for loop in loops(rules)]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([rule("action_added", "add", "add another")], []),
        ([rule("action_added", "add", "duty"), rule("assigned", "add")], [(Certainty.POSSIBLE, [0, 1])]),
        ([rule("assigned", "nine"), rule("assigned", "eight")], [(Certainty.PROVEN, [0, 1])]),
        ([rule("assigned", "nine", "eight")], [(Certainty.PROVEN, [0])]),
        ([rule("assigned", "nine", "eight", if_=SEVERE)], [(Certainty.PROVEN, [0])]),
        ([rule("assigned", "nine", "eight", "raise", if_=MILD)], [(Certainty.POSSIBLE, [0])]),
        (
            [rule("assigned", "nine", "eight", if_=MILD), rule("assigned", "raise")],
            [(Certainty.POSSIBLE, [0])],
        ),
        ([rule("assigned", "nine", if_=SEVERE), rule("assigned", "eight", if_=MILD)], []),
        ([rule("assigned", "nine", "nine")], []),
        ([rule("assigned", "duty")], [(Certainty.POSSIBLE, [0])]),
        ([rule("assigned", "nine"), rule("assigned", "duty")], [(Certainty.POSSIBLE, [0, 1])]),
        ([rule("classified", "raise")], [(Certainty.POSSIBLE, [0])]),
        ([rule("tagged", "tag")], []),
        ([rule("unanswered", "approval")], [(Certainty.POSSIBLE, [0])]),
        (
            [rule("assigned", "raise"), rule("classified", "add"), rule("action_added", "authority")],
            [(Certainty.POSSIBLE, [0, 1, 2])],
        ),
        ([rule("assigned", "raise"), rule("classified", "add"), rule("wrote", "authority")], []),
        ([rule("assigned", "add", if_=SEVERE), rule("action_added", "duty", if_=MILD)], []),
        ([rule("opened", "add", "raise", "tag", "duty", "approval")], []),
        ([rule("assigned", "owner"), rule(lasted("open"), "nine")], []),
    ],
)
def test_finds_rules_that_set_each_other_off(rules: list[Placed], expected: list[Any]) -> None:
    assert found(*rules) == expected


# ---------------------------------------------------------------- a tiny interpreter, to see whether it ends

STEPS = ("owner", "nine", "eight", "nine", "eight", "raise", "add", "add another", "tag")
WHENS = ("assigned", "assigned", "classified", "action_added", "tagged", "wrote", "opened")
CONDITIONS = (
    {},
    SEVERE,
    MILD,
    {"all": [{"fact": "owner", "op": "is", "value": 9}]},
    {"all": [{"fact": "actions_open", "op": "at_most", "value": 1}]},
    {"none": [{"fact": "tag", "op": "is", "value": 2}]},
    {"all": [{"fact": "hidden", "op": "no"}]},
)


class Small:
    """One case on which rules act, as long as something happens."""

    def __init__(self, severity: int) -> None:
        self.severity, self.owner = severity, 1
        self.actions, self.tags = frozenset[int](), frozenset[int]()

    def facts(self) -> Facts:
        """What conditions see."""
        return Facts(
            severity=self.severity, owner=self.owner, actions_open=len(self.actions), tag=self.tags, hidden=False
        )

    def take(self, step: escalation.Step) -> EventKind | None:
        """What the step makes happen, when it changes anything."""
        before = (self.severity, self.owner, self.actions, self.tags)
        if step.kind == StepKind.ASSIGN and step.whom == Whom.PERSON:
            self.owner = step.person or 0
        elif step.kind == StepKind.SEVERITY:
            self.severity = min(4, self.severity + step.levels)
        elif step.kind == StepKind.ACTION:
            self.actions |= {step.kind_id or 0}
        elif step.kind == StepKind.TAG:
            self.tags |= {step.tag or 0}
        if before == (self.severity, self.owner, self.actions, self.tags):
            return None
        return {
            StepKind.ASSIGN: EventKind.CASE_ASSIGNED,
            StepKind.SEVERITY: EventKind.CASE_CLASSIFIED,
            StepKind.ACTION: EventKind.ACTION_ADDED,
            StepKind.TAG: EventKind.CASE_TAGGED,
        }[step.kind]


def rounds(rules: list[Placed], first: EventKind, severity: int, most: int = 400) -> int:
    """How many events follow from one, up to a limit."""
    case, queue = Small(severity), deque([first])
    for done in range(most):
        if not queue:
            return done
        event = queue.popleft()
        for each in rules:
            heard = HEARS.get(each.ladder.trigger.when) == event
            if heard and conditions.holds(each.ladder.condition, case.facts()):
                queue.extend(kind for kind in map(case.take, each.ladder.steps) if kind is not None)
    return most


@st.composite
def some_rules(draw: st.DrawFn) -> list[Placed]:
    """A few rules that hear each other."""
    return [
        rule(
            draw(st.sampled_from(WHENS)),
            *draw(st.lists(st.sampled_from(STEPS), min_size=1, max_size=2)),
            if_=draw(st.sampled_from(CONDITIONS)),
        )
        for _ in range(draw(st.integers(1, 4)))
    ]


def begins(loop: Loop, rules: list[Placed]) -> bool:
    """Whether the proven loop, begun in a case where its conditions hold, was still going on at the end."""
    waits_for = HEARS[loop.rules[0].ladder.trigger.when]
    going = [
        rounds(rules, waits_for, severity) == 400
        for severity in (1, 2, 3, 4)
        if all(conditions.holds(each.ladder.condition, Small(severity).facts()) for each in loop.rules)
    ]
    return all(going)


@settings(max_examples=300, deadline=None)
@given(some_rules())
def test_proves_only_what_never_ends(rules: list[Placed]) -> None:
    proven = [loop for loop in loops(rules) if loop.certainty == Certainty.PROVEN]
    assert all(begins(loop, rules) for loop in proven)


@settings(max_examples=300, deadline=None)
@given(some_rules())
def test_misses_nothing_that_never_ends(rules: list[Placed]) -> None:
    endless = any(rounds(rules, kind, severity) == 400 for kind in HEARS.values() for severity in (1, 2, 3, 4))
    assert not endless or loops(rules)


@given(st.lists(st.sampled_from(sorted(TO)), min_size=1, max_size=3), st.integers(1, 6))
def test_reports_nothing_where_no_rule_hears_another(steps: list[str], length: int) -> None:
    chain = ["opened", "wrote", "reopened", "hidden", "promise_broken", "action_failed"]
    assert loops([rule(when, *steps) for when in islice(chain, length)]) == []
