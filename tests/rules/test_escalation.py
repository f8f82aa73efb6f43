"""A whole rule: what can be written, on what occasion it acts, when its cause is gone, and how versions differ."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cases.rules import condition as conditions
from cases.rules import escalation, occasion, revising
from cases.rules.condition import Bad
from cases.rules.escalation import BadRule, Ladder, Named, Step, Trigger, Wrong
from cases.rules.facts import Facts
from cases.rules.occasion import Now
from cases.rules.revising import Change, Part
from cases.vocabulary import (
    By,
    Fact,
    Goal,
    HoursFor,
    Missed,
    Reach,
    RuleLimits,
    Standing,
    Status,
    StepKind,
    Stop,
    Unit,
    When,
    Whom,
)

AT = datetime(2026, 9, 8, 12, 0, tzinfo=UTC)
TELL = {"kind": "tell", "whom": "owner"}


def parsed(
    when: object = None, if_: object = None, then: object = None, stop: str = "", missed: str = "late"
) -> Ladder:
    """A rule of which only a part matters."""
    return escalation.parse(
        when or {"when": "opened"}, {} if if_ is None else if_, [TELL] if then is None else then, stop, missed
    )


def again(ladder: Ladder) -> Ladder:
    """The same rule, written and read."""
    kept = escalation.dump(ladder)
    json.dumps([kept.trigger, kept.condition, kept.steps])
    return escalation.ladder_of(kept)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (
            {
                "when": "deadline",
                "goal": "first_reply",
                "offset_amount": 30,
                "offset_unit": "open_minute",
                "before": True,
            },
            Trigger(When.DEADLINE, Goal.FIRST_REPLY, 30, Unit.OPEN_MINUTE, before=True),
        ),
        ({"when": "deadline", "goal": "", "offset_unit": "hour"}, Trigger(When.DEADLINE, None, 0, Unit.HOUR)),
        (
            {"when": "lasted", "standing": "new", "offset_amount": 4, "offset_unit": "open_hour"},
            Trigger(When.LASTED, None, 4, Unit.OPEN_HOUR, standing=Standing.NEW),
        ),
        (
            {"when": "reach", "reach": "views", "above": 5000, "within_minutes": 60},
            Trigger(When.REACH, reach=Reach.VIEWS, above=5000, within_minutes=60),
        ),
        ({"when": "wrote"}, Trigger(When.WROTE)),
    ],
)
def test_reads_and_writes_when(when: object, expected: Trigger) -> None:
    ladder = parsed(when)
    assert ladder.trigger == expected
    assert again(ladder) == ladder


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (TELL, Step(1, 0, StepKind.TELL, Whom.OWNER)),
        (
            TELL | {"whom": "duty", "team": 3, "person": 9, "by": "mail", "hours": "always", "after_minutes": 5},
            Step(1, 5, StepKind.TELL, Whom.DUTY, team=3, by=By.MAIL, hours=HoursFor.ALWAYS),
        ),
        (
            {"kind": "assign", "whom": "person", "person": 9, "team": 3},
            Step(1, 0, StepKind.ASSIGN, Whom.PERSON, person=9),
        ),
        ({"kind": "authority"}, Step(1, 0, StepKind.AUTHORITY)),
        ({"kind": "severity", "levels": 2}, Step(1, 0, StepKind.SEVERITY, levels=2)),
        (
            {"kind": "action", "kind_id": 4, "amount": "12.50"},
            Step(1, 0, StepKind.ACTION, kind_id=4, amount=Decimal("12.5")),
        ),
        ({"kind": "action", "kind_id": 4, "amount": ""}, Step(1, 0, StepKind.ACTION, kind_id=4)),
        ({"kind": "approval"}, Step(1, 0, StepKind.APPROVAL)),
        ({"kind": "tag", "tag": 2}, Step(1, 0, StepKind.TAG, tag=2)),
        ({"kind": "hook", "target": 2}, Step(1, 0, StepKind.HOOK, target=2)),
    ],
)
def test_reads_and_writes_a_step(step: object, expected: Step) -> None:
    ladder = parsed(then=[step])
    assert ladder.steps == (expected,)
    assert again(ladder) == ladder


def test_reads_and_writes_the_rest() -> None:
    ladder = parsed(if_={"any": [{"fact": "hidden", "op": "yes"}]}, stop="cause_gone", missed="skip")
    assert (ladder.stop, ladder.missed) == (Stop.CAUSE_GONE, Missed.SKIP)
    assert again(ladder) == ladder
    assert again(parsed()).stop is None


LEAF = {"fact": "severity", "op": "is", "value": 9}


@pytest.mark.parametrize(
    ("part", "code", "path"),
    [
        ({"when": []}, Wrong.NOT_A_RULE, "when"),
        ({"when": {"a": 1}}, Wrong.MISSING, "when.when"),
        ({"when": {"when": "never"}}, Wrong.UNKNOWN_CODE, "when.when"),
        ({"when": {"when": []}}, Wrong.UNKNOWN_CODE, "when.when"),
        ({"when": {"when": "wrote", "goal": "reply"}}, Wrong.UNKNOWN_KEY, "when.goal"),
        ({"when": {"when": "deadline"}}, Wrong.MISSING, "when.offset_unit"),
        ({"when": {"when": "deadline", "offset_unit": "year"}}, Wrong.UNKNOWN_CODE, "when.offset_unit"),
        ({"when": {"when": "deadline", "offset_unit": "hour", "before": 1}}, Wrong.UNKNOWN_CODE, "when.before"),
        (
            {"when": {"when": "deadline", "offset_unit": "hour", "offset_amount": -1}},
            Wrong.WRONG_NUMBER,
            "when.offset_amount",
        ),
        ({"when": {"when": "lasted", "standing": "new", "offset_unit": "hour"}}, Wrong.MISSING, "when.offset_amount"),
        (
            {"when": {"when": "lasted", "standing": "new", "offset_unit": "hour", "offset_amount": 0}},
            Wrong.WRONG_NUMBER,
            "when.offset_amount",
        ),
        ({"when": {"when": "reach", "reach": "views"}}, Wrong.MISSING, "when.above"),
        (
            {"when": {"when": "reach", "reach": "views", "above": 1, "within_minutes": 0}},
            Wrong.WRONG_NUMBER,
            "when.within_minutes",
        ),
        ({"if_": {"all": [LEAF]}}, Bad.WRONG_VALUE, "if.all.0.value"),
        ({"if_": []}, Bad.NOT_A_CONDITION, "if"),
        ({"then": {}}, Wrong.NOT_A_RULE, "then"),
        ({"then": []}, Wrong.NO_STEPS, "then"),
        ({"then": [TELL] * (RuleLimits.STEPS + 1)}, Wrong.TOO_MANY_STEPS, "then"),
        ({"then": ["tell"]}, Wrong.NOT_A_RULE, "then.0"),
        ({"then": [{}]}, Wrong.MISSING, "then.0.kind"),
        ({"then": [{"kind": "delete"}]}, Wrong.UNKNOWN_CODE, "then.0.kind"),
        ({"then": [{"kind": "tell"}]}, Wrong.MISSING, "then.0.whom"),
        ({"then": [{"kind": "tell", "whom": "person"}]}, Wrong.MISSING, "then.0.person"),
        ({"then": [{"kind": "assign", "whom": "team"}]}, Wrong.WRONG_PERSON, "then.0.whom"),
        ({"then": [TELL, {"kind": "severity", "levels": 4}]}, Wrong.WRONG_NUMBER, "then.1.levels"),
        ({"then": [{"kind": "action", "kind_id": 0}]}, Wrong.WRONG_NUMBER, "then.0.kind_id"),
        ({"then": [{"kind": "action", "kind_id": 1, "amount": "0"}]}, Wrong.WRONG_NUMBER, "then.0.amount"),
        ({"then": [{"kind": "tag", "tag": True}]}, Wrong.WRONG_NUMBER, "then.0.tag"),
        ({"then": [TELL | {"whom": "owner", "levels": 1}]}, Wrong.UNKNOWN_KEY, "then.0.levels"),
        (
            {"then": [TELL | {"after_minutes": 10}, TELL | {"after_minutes": 9}]},
            Wrong.STEP_BEFORE,
            "then.1.after_minutes",
        ),
        ({"stop": "tomorrow"}, Wrong.UNKNOWN_CODE, "stop"),
        ({"missed": "twice"}, Wrong.UNKNOWN_CODE, "missed"),
    ],
)
def test_refuses(part: dict[str, Any], code: Wrong | Bad, path: str) -> None:
    with pytest.raises(BadRule) as refusal:
        escalation.parse(
            part.get("when", {"when": "opened"}),
            part.get("if_", {}),
            part.get("then", [TELL]),
            part.get("stop", ""),
            part.get("missed", "late"),
        )
    assert (refusal.value.code, refusal.value.path) == (code, path)


def test_says_what_it_names_and_looks_at() -> None:
    ladder = parsed(
        {"when": "action_failed"},
        {
            "all": [
                {"fact": "category", "op": "any_of", "value": [1, 0]},
                {"fact": "owner", "op": "is_not", "value": 2},
                {"fact": "team", "op": "is", "value": 3},
                {"fact": "tag", "op": "is", "value": 4},
                {"fact": "channel", "op": "is", "value": 5},
            ]
        },
        [
            {"kind": "tell", "whom": "team", "team": 6},
            {"kind": "assign", "whom": "person", "person": 7},
            {"kind": "tag", "tag": 8},
            {"kind": "action", "kind_id": 9},
            {"kind": "hook", "target": 10},
        ],
    )
    assert escalation.reads(ladder) == Named(
        teams=frozenset({3, 6}),
        people=frozenset({2, 7}),
        tags=frozenset({4, 8}),
        kinds=frozenset({9}),
        targets=frozenset({10}),
        categories=frozenset({1}),
        channels=frozenset({5}),
    )
    assert escalation.facts_needed(ladder) == conditions.facts_used(ladder.condition) | {Fact.ACTIONS_FAILED}
    assert escalation.reads(parsed()) == Named()


def test_names_an_occasion_by_what_makes_it_another_one() -> None:
    due = AT + timedelta(microseconds=999_999)
    assert occasion.of_deadline(7, due) == f"deadline:7:{int(AT.timestamp())}"
    assert occasion.of_deadline(7, AT + timedelta(seconds=1)) != occasion.of_deadline(7, due)
    assert occasion.of_event(12) == "event:12"
    assert occasion.of_standing(Standing.UNANSWERED, AT) == f"lasted:unanswered:{int(AT.timestamp())}"


HERE = Now(status=Status.OPEN)


@pytest.mark.parametrize(
    ("when", "stop", "now", "expected"),
    [
        ({"when": "wrote"}, "", HERE, True),
        ({"when": "wrote"}, "", replace(HERE, status=Status.HANDLED, has_replied=True, owner_has_acted=True), True),
        ({"when": "wrote"}, "", replace(HERE, status=Status.WITHDRAWN), False),
        ({"when": "wrote"}, "replied", HERE, True),
        ({"when": "wrote"}, "replied", replace(HERE, has_replied=True), False),
        ({"when": "wrote"}, "owner_acted", replace(HERE, owner_has_acted=True), False),
        ({"when": "wrote"}, "owner_acted", replace(HERE, has_replied=True), True),
        ({"when": "wrote"}, "handled", replace(HERE, status=Status.HANDLED), False),
        ({"when": "wrote"}, "cause_gone", HERE, True),
        ({"when": "wrote"}, "cause_gone", replace(HERE, is_unanswered=False), False),
        ({"when": "opened"}, "cause_gone", replace(HERE, is_unanswered=False), True),
        ({"when": "deadline", "offset_unit": "hour"}, "cause_gone", HERE, True),
        ({"when": "deadline", "offset_unit": "hour"}, "cause_gone", replace(HERE, deadline_stands=False), False),
        (
            {"when": "lasted", "standing": "open", "offset_unit": "hour", "offset_amount": 1},
            "cause_gone",
            replace(HERE, still_stands=False),
            False,
        ),
        ({"when": "reach", "reach": "views", "above": 10}, "cause_gone", replace(HERE, reach=10), False),
        ({"when": "reach", "reach": "views", "above": 10}, "cause_gone", replace(HERE, reach=11), True),
        (
            {"when": "reach", "reach": "views", "above": 10, "within_minutes": 5},
            "cause_gone",
            replace(HERE, reach=3),
            True,
        ),
        ({"when": "action_failed"}, "cause_gone", HERE, True),
        ({"when": "unanswered"}, "cause_gone", HERE, False),
        ({"when": "hidden"}, "cause_gone", HERE, False),
    ],
)
def test_goes_on_until_its_cause_is_gone(when: object, stop: str, now: Now, *, expected: bool) -> None:
    facts = Facts(actions_failed=1, approval_waits=False, hidden=False)
    assert occasion.still_so(parsed(when, stop=stop), now, facts) is expected


def test_stops_when_its_condition_no_longer_holds() -> None:
    ladder = parsed(if_={"all": [{"fact": "severity", "op": "at_least", "value": 3}]}, stop="cause_gone")
    assert occasion.still_so(ladder, HERE, Facts(severity=3))
    assert not occasion.still_so(ladder, HERE, Facts(severity=2))
    assert occasion.still_so(replace(ladder, stop=None), HERE, Facts(severity=2))


def test_says_how_versions_differ() -> None:
    old = parsed(then=[TELL, {"kind": "severity", "levels": 1, "after_minutes": 30}])
    assert revising.difference(old, old) == []
    new = parsed(
        {"when": "wrote"},
        {"all": [{"fact": "hidden", "op": "yes"}]},
        [
            TELL,
            {"kind": "tag", "tag": 1, "after_minutes": 10},
            {"kind": "severity", "levels": 1, "after_minutes": 30},
            {"kind": "authority", "after_minutes": 60},
        ],
        "replied",
        "skip",
    )
    assert revising.difference(old, new) == [
        Change(Part.TRIGGER, old.trigger, new.trigger),
        Change(Part.CONDITION, old.condition, new.condition),
        Change(Part.STEP, None, new.steps[1]),
        Change(Part.STEP, None, new.steps[3]),
        Change(Part.STOP, None, Stop.REPLIED),
        Change(Part.MISSED, Missed.LATE, Missed.SKIP),
    ]
    assert revising.difference(new, old)[2:4] == [
        Change(Part.STEP, new.steps[1], None),
        Change(Part.STEP, new.steps[3], None),
    ]
    louder = replace(old, steps=(replace(old.steps[0], by=By.MAIL), old.steps[1]))
    assert revising.difference(old, louder) == [Change(Part.STEP, old.steps[0], louder.steps[0])]
