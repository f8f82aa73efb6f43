"""The sentence of a rule as JSON, as the commands take it, and what is wrong set beside the words that say it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from cases.rules import money
from cases.rules.condition import Bad
from cases.rules.escalation import Wrong
from cases.rules.facts import FACTS
from cases.vocabulary import Fact, RuleLimits, Sense, StepKind, When
from cases.web.rule_forms import MODES, NONE, OTHER, Group, Leaf, Rung, Written

_GROUPED = re.compile(r"\d{1,3}([ ,.\u00a0\u202f’']\d{3})+")


class Trees(NamedTuple):
    """A rule as the commands take it: the parts of a ladder's JSON."""

    when: dict[str, Any]
    condition: dict[str, Any]
    steps: list[dict[str, Any]]
    stop: str
    missed: str


def trees(written: Written) -> Trees:
    """The JSON of what was picked; what is no number stays a word, so that it is refused at its place."""
    # The ladder climbs, in whatever order its steps were written.
    written.steps.sort(key=_minutes_order)
    for number, rung in enumerate(written.steps):
        rung.index = number
    return Trees(_when(written.trigger), _tree(written.condition), [_step(rung.picked) for rung in written.steps],
                 written.stop, written.missed)  # fmt: skip


def _minutes_order(rung: Rung) -> int:
    minutes = _minutes(rung.picked)
    return minutes if isinstance(minutes, int) else 0


def _minutes(picked: Mapping[str, str]) -> int | str:
    # What is left blank would be at once, which nobody picked.
    return number((picked["other"] or NONE) if picked["after"] == OTHER else picked["after"])


def number(word: str) -> int | str:
    """A whole number as people write it: 5,000 or 5 000; anything else as it stands."""
    plain = re.sub(r"\D", "", word) if _GROUPED.fullmatch(word) else word
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 16 else word


_NEEDS = {
    When.DEADLINE: ("goal", "offset_amount", "offset_unit"),
    When.LASTED: ("standing", "offset_amount", "offset_unit"),
    When.REACH: ("reach", "above", "within_minutes"),
}
_NUMBERS = frozenset({"offset_amount", "above", "within_minutes"})


def _when(trigger: Mapping[str, str]) -> dict[str, Any]:
    when = When(trigger["when"])
    found: dict[str, Any] = {"when": when.value}
    for key in _NEEDS.get(when, ()):
        found[key] = number(trigger[key]) if key in _NUMBERS and trigger[key] else trigger[key] or None
    if when == When.DEADLINE:
        found["before"] = trigger["before"] == "before"
    return {key: value for key, value in found.items() if value is not None}


def _tree(group: Group) -> dict[str, Any]:
    parts = [_tree(part) if isinstance(part, Group) else _asked(part) for part in group.parts]
    return {group.mode: parts} if parts else {}


def _asked(leaf: Leaf) -> dict[str, Any]:
    typed, asked = FACTS[Fact(leaf.fact)], {"fact": leaf.fact, "op": leaf.op}
    if typed.sense == Sense.YES_NO:
        return asked
    if typed.sense == Sense.WORDS:
        return asked | {"value": [part.strip() for part in leaf.value.split(",") if part.strip()]}
    if typed.sense == Sense.CHOICE:
        nothing: Any = 0 if typed.has_ids else ""
        given = [nothing if each == NONE else number(each) if typed.has_ids else each for each in leaf.values]
        return asked | {"value": given if leaf.is_many else given[0] if given else "" if typed.has_ids else NONE}
    if typed.sense == Sense.AMOUNT:
        return asked | {"value": _amount(leaf.value)}
    return asked | {"value": number(leaf.value)}


def _amount(word: str) -> str:
    try:
        return f"{money.parse_amount(word):f}"
    except money.AmountError:
        return word


_SAYS: dict[str, tuple[str, ...]] = {
    StepKind.TELL: ("whom", "person", "team", "by", "hours"),
    StepKind.ASSIGN: ("whom", "person", "team", "by", "hours"),
    StepKind.AUTHORITY: ("by", "hours"),
    StepKind.SEVERITY: ("levels",),
    StepKind.ACTION: ("kind_id", "amount"),
    StepKind.APPROVAL: ("kind_id",),
    StepKind.TAG: ("tag",),
    StepKind.HOOK: ("target",),
}
_WORDS = frozenset({"whom", "by", "hours"})


def _step(picked: Mapping[str, str]) -> dict[str, Any]:
    given = {key: picked[key] for key in _SAYS[picked["kind"]] if picked[key]}
    said = {key: value if key in _WORDS else _amount(value) if key == "amount" else number(value)
            for key, value in given.items()}  # fmt: skip
    return {"kind": picked["kind"], "after_minutes": _minutes(picked), **said}


# ---- what is wrong, at its place ----

_CHOOSE = _("Choose something here.")
_TOO_MUCH = _("There are too many conditions.")
_NUMBER = _("Write a whole number here that makes sense.")
SENTENCES: dict[str, Any] = {
    Bad.WRONG_OP: _CHOOSE,
    Bad.WRONG_VALUE: _("This does not fit here."),
    Bad.EMPTY_VALUE: _("Say what to compare with."),
    Bad.EMPTY_GROUP: _("A group needs a condition, or goes."),
    Bad.TOO_DEEP: _("Groups are nested too deeply."),
    Bad.TOO_MANY: _TOO_MUCH,
    Wrong.MISSING: _CHOOSE,
    Wrong.UNKNOWN_CODE: _CHOOSE,
    Wrong.WRONG_NUMBER: _NUMBER,
    Wrong.NO_STEPS: _("A rule does at least one thing: add a step."),
    Wrong.TOO_MANY_STEPS: format_lazy(_("A rule has at most {n} steps."), n=int(RuleLimits.STEPS)),
    Wrong.WRONG_PERSON: _("A case is given to one person: a lead, whoever is on duty, or somebody by name."),
}


def blame(written: Written, code: str, path: str) -> None:
    """Set what is wrong beside the part of the sentence that says it."""
    said = str(SENTENCES.get(code, _("This part of the rule does not make sense.")))
    first, *rest = path.split(".")
    written.error = said
    if first == "when" and rest:
        written.wrong = rest[0]
    elif first == "then" and rest:
        _blame_step(written, said, rest)
    elif first == "if":
        numbers = []
        for word in rest:
            if word not in MODES and not word.isdecimal():
                break
            numbers += [word] if word.isdecimal() else []
        for leaf in written.leaves():
            if leaf.path == "_".join(numbers):
                leaf.error = said


def _blame_step(written: Written, said: str, rest: list[str]) -> None:
    for rung in written.steps:
        if str(rung.index) == rest[0]:
            rung.error, rung.wrong = said, rest[1] if len(rest) > 1 else "kind"
