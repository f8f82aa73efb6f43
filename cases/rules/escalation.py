"""A whole escalation rule: when it looks at a case, what it asks, the steps of its ladder, and when it stops."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from enum import Enum, StrEnum
from itertools import pairwise
from typing import Any, Protocol, TypeVar

from cases.rules import condition as conditions
from cases.rules.condition import BadCondition, Condition
from cases.rules.facts import Choice
from cases.vocabulary import (
    By,
    Fact,
    Goal,
    HoursFor,
    Missed,
    Reach,
    RuleLimits,
    Standing,
    StepKind,
    Stop,
    Unit,
    When,
    Whom,
)

E = TypeVar("E", bound=Enum)

# A step can wait for a year; an offset is at most about four hundred days, in whatever it counts.
LONGEST_MINUTES = 366 * 24 * 60
LARGEST_OFFSETS = {Unit.MINUTE: 576_000, Unit.HOUR: 9_600, Unit.OPEN_MINUTE: 576_000, Unit.OPEN_HOUR: 9_600,
                   Unit.WEEK: 57, Unit.MONTH: 13}  # fmt: skip
LARGEST_REACH = 10**12
MOST_LEVELS = 3


class BadRule(ValueError):  # noqa: N818 - it names what is bad
    """This is not a rule: what is wrong, and where, like ``then.0.whom``."""

    def __init__(self, code: Wrong | conditions.Bad, path: str) -> None:
        super().__init__(f"{code.value} at {path}")
        self.code = code
        self.path = path


class Wrong(StrEnum):
    """What is wrong with a rule, beside what can be wrong with its condition."""

    NOT_A_RULE = "not_a_rule"
    UNKNOWN_KEY = "unknown_key"
    MISSING = "missing"
    UNKNOWN_CODE = "unknown_code"
    WRONG_NUMBER = "wrong_number"
    NO_STEPS = "no_steps"
    TOO_MANY_STEPS = "too_many_steps"
    STEP_BEFORE = "step_before"
    WRONG_PERSON = "wrong_person"


@dataclass(frozen=True, slots=True)
class Trigger:
    """When a rule looks; what its ``when`` has no use for is blank.

    A deadline: of ``goal`` or of any, the offset ``before`` or after it is due. A standing: for as long as the offset.
    A reach: more than ``above``, or more than that gained ``within_minutes``. What happens needs no more than ``when``.
    """

    when: When
    goal: Goal | None = None
    offset_amount: int = 0
    offset_unit: Unit | None = None
    before: bool = False
    standing: Standing | None = None
    reach: Reach | None = None
    above: int = 0
    within_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One rung of a ladder: how long after the occasion, and what it does; what its kind has no use for is blank."""

    number: int
    after_minutes: int
    kind: StepKind
    whom: Whom | None = None
    person: int | None = None
    team: int | None = None
    by: By = By.PAGE_ONLY
    hours: HoursFor = HoursFor.WORKING
    levels: int = 0
    kind_id: int | None = None
    amount: Decimal | None = None
    tag: int | None = None
    target: int | None = None


@dataclass(frozen=True, slots=True)
class Ladder:
    """A whole rule: when, if, then, until; and what becomes of a step that was missed in an outage."""

    trigger: Trigger
    condition: Condition
    steps: tuple[Step, ...]
    stop: Stop | None = None
    missed: Missed = Missed.LATE


class Version(Protocol):
    """What keeps a rule as JSON: a row of ``RuleVersion``, or what is about to become one."""

    when: str
    trigger: Any
    condition: Any
    steps: Any
    stop: str
    missed: str


# ---------------------------------------------------------------- reading

# What each kind of step says, beside its delay; the first ones are demanded.
_CALLS = frozenset({"by", "hours"})
_DEMANDED: dict[StepKind, frozenset[str]] = {
    StepKind.TELL: frozenset({"whom"}),
    StepKind.ASSIGN: frozenset({"whom"}),
    StepKind.AUTHORITY: frozenset(),
    StepKind.SEVERITY: frozenset({"levels"}),
    StepKind.ACTION: frozenset({"kind_id"}),
    StepKind.APPROVAL: frozenset(),
    StepKind.TAG: frozenset({"tag"}),
    StepKind.HOOK: frozenset({"target"}),
}
_ALLOWED: dict[StepKind, frozenset[str]] = {
    StepKind.TELL: _CALLS | {"person", "team"},
    StepKind.ASSIGN: _CALLS | {"person", "team"},
    StepKind.AUTHORITY: _CALLS,
    StepKind.SEVERITY: frozenset(),
    StepKind.ACTION: frozenset({"amount"}),
    StepKind.APPROVAL: frozenset({"kind_id"}),
    StepKind.TAG: frozenset(),
    StepKind.HOOK: frozenset(),
}
# Only one person can own a case.
_ASSIGNABLE = frozenset({Whom.LEAD, Whom.DUTY, Whom.PERSON})
# A team can be named for these; otherwise it is the case's own.
_OF_A_TEAM = frozenset({Whom.OWNER_OR_DUTY, Whom.LEAD, Whom.DUTY, Whom.TEAM})
_TRIGGER_KEYS: dict[When, frozenset[str]] = {
    When.DEADLINE: frozenset({"goal", "offset_amount", "offset_unit", "before"}),
    When.LASTED: frozenset({"standing", "offset_amount", "offset_unit"}),
    When.REACH: frozenset({"reach", "above", "within_minutes"}),
}


def ladder_of(version: Version) -> Ladder:
    """The rule that a version keeps; raises BadRule."""
    if not isinstance(version.trigger, dict):
        raise BadRule(Wrong.NOT_A_RULE, "when")
    when_json = version.trigger | {"when": version.when}
    return parse(when_json, version.condition, version.steps, version.stop, version.missed)


def parse(when_json: object, if_json: object, then_json: object, stop: str = "", missed: str = Missed.LATE) -> Ladder:
    """The rule in three JSON trees; raises BadRule with the code and place of what is wrong first."""
    try:
        condition = conditions.parse(if_json)
    except BadCondition as bad:
        raise BadRule(bad.code, f"if.{bad.path}".rstrip(".")) from bad
    return Ladder(
        trigger=_trigger(when_json),
        condition=condition,
        steps=_steps(then_json),
        stop=_code(Stop, stop, "stop") if stop else None,
        missed=_code(Missed, missed, "missed"),
    )


def _trigger(tree: object) -> Trigger:
    if not isinstance(tree, dict):
        raise BadRule(Wrong.NOT_A_RULE, "when")
    if "when" not in tree:
        raise BadRule(Wrong.MISSING, "when.when")
    when = _code(When, tree["when"], "when.when")
    given = _given(tree, _TRIGGER_KEYS.get(when, frozenset()) | {"when"}, "when")
    if when == When.DEADLINE:
        _demand(given, {"offset_unit"}, "when")
        return Trigger(
            **_offset(given, 0),
            when=when,
            goal=_code(Goal, given["goal"], "when.goal") if given.get("goal") else None,
            before=_flag(given.get("before", False), "when.before"),
        )
    if when == When.LASTED:
        _demand(given, {"standing", "offset_amount", "offset_unit"}, "when")
        return Trigger(**_offset(given, 1), when=when, standing=_code(Standing, given["standing"], "when.standing"))
    if when == When.REACH:
        _demand(given, {"reach", "above"}, "when")
        within = given.get("within_minutes")
        return Trigger(
            when,
            reach=_code(Reach, given["reach"], "when.reach"),
            above=_whole(given["above"], 0, LARGEST_REACH, "when.above"),
            within_minutes=None if within is None else _whole(within, 1, LONGEST_MINUTES, "when.within_minutes"),
        )
    return Trigger(when)


def _offset(given: Mapping[str, Any], least: int) -> dict[str, Any]:
    unit = _code(Unit, given["offset_unit"], "when.offset_unit")
    amount = _whole(given.get("offset_amount", 0), least, LARGEST_OFFSETS.get(unit, 400), "when.offset_amount")
    return {"offset_amount": amount, "offset_unit": unit}


def _steps(tree: object) -> tuple[Step, ...]:
    if not isinstance(tree, list):
        raise BadRule(Wrong.NOT_A_RULE, "then")
    if not tree:
        raise BadRule(Wrong.NO_STEPS, "then")
    if len(tree) > RuleLimits.STEPS:
        raise BadRule(Wrong.TOO_MANY_STEPS, "then")
    steps = tuple(_step(each, number, f"then.{number - 1}") for number, each in enumerate(tree, 1))
    for earlier, later in pairwise(steps):
        if later.after_minutes < earlier.after_minutes:
            raise BadRule(Wrong.STEP_BEFORE, f"then.{later.number - 1}.after_minutes")
    return steps


def _step(tree: object, number: int, path: str) -> Step:
    if not isinstance(tree, dict):
        raise BadRule(Wrong.NOT_A_RULE, path)
    if "kind" not in tree:
        raise BadRule(Wrong.MISSING, f"{path}.kind")
    kind = _code(StepKind, tree["kind"], f"{path}.kind")
    given = _given(tree, _DEMANDED[kind] | _ALLOWED[kind] | {"kind", "after_minutes", "number"}, path)
    _demand(given, _DEMANDED[kind], path)
    read = {key: _READ[key](given[key], f"{path}.{key}") for key in given if key in _READ}
    step = Step(number=number, kind=kind, **({"after_minutes": 0} | read))
    return _checked_person(step, path) if step.whom is not None else step


def _checked_person(step: Step, path: str) -> Step:
    """Whoever is told or given the case fits the kind of step: a person is named where a name is asked for, only."""
    if step.kind == StepKind.ASSIGN and step.whom not in _ASSIGNABLE:
        raise BadRule(Wrong.WRONG_PERSON, f"{path}.whom")
    if step.whom == Whom.PERSON and step.person is None:
        raise BadRule(Wrong.MISSING, f"{path}.person")
    # What a picker left standing from another choice says nothing.
    return replace(
        step,
        person=step.person if step.whom == Whom.PERSON else None,
        team=step.team if step.whom in _OF_A_TEAM else None,
    )


def _given(tree: Mapping[Any, object], known: frozenset[str], path: str) -> dict[str, Any]:
    """What a form or a program really says: nothing is null or blank. Another key is refused, lest it be overlooked."""
    for key in tree:
        if key not in known:
            raise BadRule(Wrong.UNKNOWN_KEY, f"{path}.{str(key)[:40]}")
    return {key: value for key, value in tree.items() if value is not None and value != ""}


def _demand(given: Mapping[str, object], keys: set[str] | frozenset[str], path: str) -> None:
    for key in sorted(keys - given.keys()):
        raise BadRule(Wrong.MISSING, f"{path}.{key}")


def _code(kind: type[E], value: object, path: str) -> E:
    try:
        return kind(value)
    except ValueError:
        raise BadRule(Wrong.UNKNOWN_CODE, path) from None


def _flag(value: object, path: str) -> bool:
    if not isinstance(value, bool):
        raise BadRule(Wrong.UNKNOWN_CODE, path)
    return value


def _whole(value: object, lowest: int, highest: int, path: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise BadRule(Wrong.WRONG_NUMBER, path)
    return value


def _id(value: object, path: str) -> int:
    return _whole(value, 1, 2**63 - 1, path)


def _amount(value: object, path: str) -> Decimal:
    amount = conditions.amount_of(value)
    if not amount:
        raise BadRule(Wrong.WRONG_NUMBER, path)
    return amount


_READ: dict[str, Callable[[Any, str], Any]] = {
    "after_minutes": lambda value, path: _whole(value, 0, LONGEST_MINUTES, path),
    "whom": lambda value, path: _code(Whom, value, path),
    "person": _id,
    "team": _id,
    "by": lambda value, path: _code(By, value, path),
    "hours": lambda value, path: _code(HoursFor, value, path),
    "levels": lambda value, path: _whole(value, 1, MOST_LEVELS, path),
    "kind_id": _id,
    "amount": _amount,
    "tag": _id,
    "target": _id,
}


# ---------------------------------------------------------------- writing


@dataclass(frozen=True, slots=True)
class Kept:
    """A rule as JSON, by the names of the columns that keep it."""

    when: str
    trigger: dict[str, object]
    condition: dict[str, object]
    steps: list[dict[str, object]]
    stop: str
    missed: str


def dump(ladder: Ladder) -> Kept:
    """The rule as JSON: what is blank is left out, amounts are strings."""
    trigger = _dumped(ladder.trigger, keep=_TRIGGER_KEYS.get(ladder.trigger.when, frozenset()))
    steps = [
        {"after_minutes": step.after_minutes, "kind": step.kind.value}
        | _dumped(step, keep=_DEMANDED[step.kind] | _ALLOWED[step.kind])
        for step in ladder.steps
    ]
    condition = conditions.dump(ladder.condition)
    stop = ladder.stop.value if ladder.stop else ""
    return Kept(ladder.trigger.when.value, trigger, condition, steps, stop, ladder.missed.value)


def _dumped(part: Trigger | Step, keep: frozenset[str]) -> dict[str, object]:
    found = {each.name: getattr(part, each.name) for each in fields(part) if each.name in keep}
    return {key: _plain(value) for key, value in found.items() if value is not None}


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.value if isinstance(value, Enum) else value


# ---------------------------------------------------------------- what a rule names and looks at


@dataclass(frozen=True, slots=True)
class Named:
    """The ids of the rows a rule names: where one is gone, the rule says so."""

    teams: frozenset[int] = frozenset()
    people: frozenset[int] = frozenset()
    tags: frozenset[int] = frozenset()
    kinds: frozenset[int] = frozenset()
    targets: frozenset[int] = frozenset()
    categories: frozenset[int] = frozenset()
    channels: frozenset[int] = frozenset()


def reads(ladder: Ladder) -> Named:
    """Every row that the rule names, in its condition or in its steps."""
    named = conditions.ids_named(ladder.condition)

    def of(choice: Choice | None, attribute: str = "") -> frozenset[int]:
        told = {getattr(step, attribute) for step in ladder.steps} if attribute else set()
        return frozenset(told - {None}) | (named.get(choice, frozenset()) if choice else frozenset())

    return Named(
        teams=of(Choice.TEAM, "team"),
        people=of(Choice.OWNER, "person"),
        tags=of(Choice.TAG, "tag"),
        kinds=of(None, "kind_id"),
        targets=of(None, "target"),
        categories=of(Choice.CATEGORY),
        channels=of(Choice.CHANNEL),
    )


def facts_needed(ladder: Ladder) -> frozenset[Fact]:
    """The facts its condition looks at, and those that tell whether its cause is gone."""
    return conditions.facts_used(ladder.condition) | _CAUSE_FACTS.get(ladder.trigger.when, frozenset())


_CAUSE_FACTS: dict[When, frozenset[Fact]] = {
    When.ACTION_FAILED: frozenset({Fact.ACTIONS_FAILED}),
    When.UNANSWERED: frozenset({Fact.APPROVAL_WAITS}),
    When.HIDDEN: frozenset({Fact.HIDDEN}),
}
