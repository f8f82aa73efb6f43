"""A rule as a form: what was picked in its sentence, read from a browser or from a rule, and changed by a button."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from cases.rules.facts import FACTS
from cases.vocabulary import Fact, Missed, Op, RuleLimits, Sense, StepKind, Unit, When

OTHER = "other"
NONE = "-"
MODES = ("all", "any", "none")
TRIGGER = ("when", "goal", "offset_amount", "offset_unit", "before", "standing", "reach", "above", "within_minutes")
STEP = ("kind", "whom", "person", "team", "by", "hours", "levels", "kind_id", "amount", "tag", "target")
MANY = frozenset({Op.ANY_OF, Op.NONE_OF})
# A form shows what was written even where it is too much; what is beyond this was written by no form.
_MOST_NODES, _MOST_STEPS = 2 * RuleLimits.CONDITIONS, 2 * RuleLimits.STEPS


@dataclass(slots=True)
class Leaf:
    """One question of the sentence: what was picked, and what there is to pick from."""

    path: str
    fact: str
    op: str
    values: list[str] = field(default_factory=list)
    error: str = ""
    is_new: bool = False
    pickers: dict[str, Any] = field(default_factory=dict)

    @property
    def value(self) -> str:
        """The one value, or the first."""
        return self.values[0] if self.values else ""

    @property
    def is_many(self) -> bool:
        """Whether several are picked."""
        return self.op in MANY

    @property
    def sense(self) -> str:
        """What sort of fact it asks."""
        return FACTS[Fact(self.fact)].sense.value


@dataclass(slots=True)
class Group:
    """Questions that belong together: all, one, or none of them."""

    path: str
    mode: str = "all"
    parts: list[Leaf | Group] = field(default_factory=list)
    is_new: bool = False

    is_group = True

    @property
    def deeper(self) -> bool:
        """Whether another group may stand in it."""
        return len(self.path.split("_")) < RuleLimits.DEPTH - 1


@dataclass(slots=True)
class Rung:
    """One step of the ladder as it was picked."""

    index: int
    picked: dict[str, str]
    error: str = ""
    wrong: str = ""
    is_new: bool = False
    pickers: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Written:
    """The whole sentence as it was picked."""

    name: str = ""
    trigger: dict[str, str] = field(default_factory=dict)
    condition: Group = field(default_factory=lambda: Group(""))
    steps: list[Rung] = field(default_factory=list)
    stop: str = ""
    missed: str = Missed.LATE
    revision: int = 0
    error: str = ""
    wrong: str = ""
    pickers: dict[str, Any] = field(default_factory=dict)

    def leaves(self) -> list[Leaf]:
        """Every question, in order."""
        return _leaves(self.condition)


def _leaves(group: Group) -> list[Leaf]:
    return [leaf for part in group.parts for leaf in (_leaves(part) if isinstance(part, Group) else [part])]


# ---- from a rule, and from a browser ----


def fresh() -> Written:
    """A sentence that nobody has written yet."""
    return written_of("", _usual_trigger(When.DEADLINE), {}, [{"kind": "tell", "whom": "owner_or_duty"}], "", "late", 0)


def _usual_trigger(when: str) -> dict[str, Any]:
    usual = {
        When.DEADLINE: {"offset_amount": 2, "offset_unit": Unit.OPEN_HOUR.value, "before": True},
        When.LASTED: {"standing": "new", "offset_amount": 4, "offset_unit": Unit.OPEN_HOUR.value},
        When.REACH: {"reach": "views", "above": 5000, "within_minutes": 60},
    }
    return {"when": when} | usual.get(When(when), {})


def written_of(
    name: str,
    when: Mapping[str, Any],
    condition: Mapping[str, Any],
    steps: Sequence[Mapping[str, Any]],
    stop: str,
    missed: str,
    revision: int,
) -> Written:
    """The sentence that a rule's JSON picks."""
    trigger = {key: "" if when.get(key) is None else str(when[key]) for key in TRIGGER}
    trigger["before"] = "before" if when.get("before") else "after"
    return Written(
        name, trigger, _group("", condition or {"all": []}), [_rung(n, step) for n, step in enumerate(steps)], stop,
        missed, revision,
    )  # fmt: skip


def _group(path: str, tree: Mapping[str, Any]) -> Group:
    mode = next((key for key in MODES if key in tree), "")
    if not mode:
        return Group(path, "all", [_leaf(_below(path, 0), tree)])
    parts: list[Leaf | Group] = []
    for number, part in enumerate(tree[mode]):
        here = _below(path, number)
        parts.append(_leaf(here, part) if "fact" in part else _group(here, part))
    return Group(path, mode, parts)


def _below(path: str, number: int) -> str:
    return f"{path}_{number}".lstrip("_")


def _leaf(path: str, tree: Mapping[str, Any]) -> Leaf:
    value, typed = tree.get("value"), FACTS[Fact(tree["fact"])]
    values = list(value) if isinstance(value, list | tuple) else [] if value is None else [value]
    if typed.sense == Sense.WORDS:
        shown = [", ".join(map(str, values))]
    else:
        shown = [NONE if each in ("", 0) and typed.may_be_none else str(each) for each in values]
    return Leaf(path, tree["fact"], tree["op"], shown)


def _rung(index: int, step: Mapping[str, Any]) -> Rung:
    picked = {key: "" if step.get(key) is None else str(step[key]) for key in STEP}
    return Rung(index, picked | {"after": str(step.get("after_minutes", 0)), "other": ""})


def read(posted: QueryDict) -> Written:
    """The sentence as a browser sent it; what is no choice at all becomes the first one."""
    top = Group("", _one(posted.get("c-mode", ""), MODES))
    groups: dict[str, Group] = {"": top}
    for path in posted.getlist("node")[:_MOST_NODES]:
        above, _dash, _number = path.rpartition("_")
        if above not in groups or not re.fullmatch(r"\d+(_\d+)*", path):
            continue
        if posted.get(f"c-{path}-mode", ""):
            groups[path] = Group(path, _one(posted.get(f"c-{path}-mode", ""), MODES))
        groups[above].parts.append(groups.get(path) or _read_leaf(path, posted))
    trigger = {key: str(posted.get(key, ""))[:40].strip() for key in TRIGGER}
    trigger["when"] = _one(trigger["when"], When.values)
    revision = str(posted.get("revision", ""))
    return Written(
        str(posted.get("name", "")).strip(), trigger, top, _read_steps(posted), str(posted.get("stop", ""))[:20],
        str(posted.get("missed", ""))[:10] or Missed.LATE,
        int(revision) if revision.isdecimal() and len(revision) < 10 else 0,
    )  # fmt: skip


def _read_leaf(path: str, posted: QueryDict) -> Leaf:
    fact = _one(posted.get(f"c-{path}-fact", ""), Fact.values)
    typed = FACTS[Fact(fact)]
    op = _one(posted.get(f"c-{path}-op", ""), [each.value for each in typed.ops])
    # What was picked for another fact says nothing of this one.
    kept = posted.getlist(f"c-{path}-value") if posted.get(f"c-{path}-was", fact) == fact else []
    return Leaf(path, fact, op, [str(each)[:900] for each in kept[:60]])


def _read_steps(posted: QueryDict) -> list[Rung]:
    rungs = []
    for index in posted.getlist("step")[:_MOST_STEPS]:
        if str(index).isdecimal() and len(str(index)) < 4:
            picked = {key: str(posted.get(f"s-{index}-{key}", ""))[:40].strip() for key in ("after", "other", *STEP)}
            picked["kind"] = _one(picked["kind"], StepKind.values)
            rungs.append(Rung(int(index), picked))
    return rungs


def _one(word: Any, choices: Sequence[str]) -> str:
    return str(word) if word in choices else choices[0]


# ---- what a button of the sentence does ----


def changed(written: Written, press: str) -> Written:
    """The sentence with a condition, a group or a step more or less, numbered anew."""
    what, _colon, where = press.partition(":")
    if what == "add-step" and len(written.steps) < RuleLimits.STEPS:
        last = written.steps[-1].picked["after"] if written.steps else "0"
        added = _rung(0, {"kind": "tell", "whom": "lead", "after_minutes": last if last.isdecimal() else 0})
        added.is_new = True
        written.steps.append(added)
    elif what == "remove-step":
        written.steps = [rung for rung in written.steps if str(rung.index) != where]
    elif what in {"add", "group", "remove"}:
        _change(written.condition, what, where, has_room=len(written.leaves()) < RuleLimits.CONDITIONS)
    for number, rung in enumerate(written.steps):
        rung.index = number
    _number(written.condition, "")
    _begin(written.trigger)
    return written


def _begin(trigger: dict[str, str]) -> None:
    """What a rule has just been made to wait for begins with the usual amounts."""
    usual = _usual_trigger(trigger["when"])
    if not any(trigger[key] for key in ("offset_amount", "above") if key in usual):
        trigger.update({key: str(value) for key, value in usual.items() if key != "before"})


def _change(group: Group, what: str, where: str, *, has_room: bool) -> None:
    # What is added has no place yet, so it is not looked through.
    inside = [part for part in group.parts if isinstance(part, Group)]
    if what == "remove":
        group.parts = [part for part in group.parts if part.path != where]
    elif group.path == where and has_room:
        new = Leaf("", Fact.SEVERITY, Op.AT_LEAST, ["3"], is_new=True)
        if what == "add":
            group.parts.append(new)
        elif group.deeper:
            other = "any" if group.mode == "all" else "all"
            group.parts.append(Group("", other, [new]))
    for part in inside:
        _change(part, what, where, has_room=has_room)


def _number(group: Group, path: str) -> None:
    group.path = path
    # A group without a question in it would ask nothing.
    group.parts = [part for part in group.parts if not isinstance(part, Group) or part.parts]
    for number, part in enumerate(group.parts):
        part.path = _below(path, number)
        if isinstance(part, Group):
            _number(part, part.path)
