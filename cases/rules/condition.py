"""What a rule asks of a case: one typed tree of conditions, read from JSON, and what it comes to for a case's facts.

``{"all": [...]}``, ``{"any": [...]}`` and ``{"none": [...]}`` hold others of their like and leaves, which are
``{"fact": ..., "op": ..., "value": ...}``; nothing at all asks nothing. ``queries/condition.py`` reads the same tree
into SQL. A fact that is not known (``None``) fits no leaf, whatever it asks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeAlias

from cases.rules import money
from cases.rules import text as texts
from cases.rules.facts import FACTS, Choice, Facts, FactType, Seen
from cases.rules.lexemes import lexemes
from cases.vocabulary import Fact, Op, RuleLimits, Sense

# What a leaf compares with: a yes or no asks for nothing more.
Value: TypeAlias = "int | str | Decimal | tuple[int, ...] | tuple[str, ...] | None"

MOST_CHOICES = 50
MOST_PHRASES = 10
LONGEST_PHRASE = 80
_LARGEST_ID = 2**63 - 1
_LANGUAGE = re.compile(r"[a-z]{2,3}")


class Bad(StrEnum):
    """What is wrong with a condition."""

    NOT_A_CONDITION = "not_a_condition"
    UNKNOWN_FACT = "unknown_fact"
    WRONG_OP = "wrong_op"
    WRONG_VALUE = "wrong_value"
    EMPTY_VALUE = "empty_value"
    EMPTY_GROUP = "empty_group"
    TOO_DEEP = "too_deep"
    TOO_MANY = "too_many"


class BadCondition(ValueError):  # noqa: N818 - it names what is bad
    """The tree is not a condition: what is wrong, and where, like ``all.0.value``."""

    def __init__(self, code: Bad, path: str) -> None:
        super().__init__(f"{code.value} at {path or 'the top'}")
        self.code = code
        self.path = path


@dataclass(frozen=True, slots=True)
class Leaf:
    """One question to one fact."""

    fact: Fact
    op: Op
    value: Value = None


@dataclass(frozen=True, slots=True)
class All:
    """Every one of these holds; of none, it always does."""

    parts: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of these holds, or more."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class NoneOf:
    """Not one of these holds."""

    parts: tuple[Condition, ...]


Group: TypeAlias = All | AnyOf | NoneOf
Condition: TypeAlias = All | AnyOf | NoneOf | Leaf

ALWAYS = All()
_GROUPS: dict[str, type[Group]] = {"all": All, "any": AnyOf, "none": NoneOf}
_KEYS: dict[type[Group], str] = {group: key for key, group in _GROUPS.items()}


# ---------------------------------------------------------------- reading and writing


def parse(tree: object) -> Condition:
    """The condition in a JSON tree, its values in their canonical form; raises BadCondition."""
    if tree in ({}, {"all": []}):
        return ALWAYS
    condition = _parsed(tree, "", depth=1)
    if len(leaves(condition)) > RuleLimits.CONDITIONS:
        raise BadCondition(Bad.TOO_MANY, "")
    return condition if not isinstance(condition, Leaf) else All((condition,))


def _parsed(tree: object, path: str, depth: int) -> Condition:
    if not isinstance(tree, dict):
        raise BadCondition(Bad.NOT_A_CONDITION, path)
    if "fact" in tree:
        return _leaf(tree, path)
    if len(tree) != 1 or next(iter(tree)) not in _GROUPS:
        raise BadCondition(Bad.NOT_A_CONDITION, path)
    [(key, inside)] = tree.items()
    here = f"{path}.{key}".lstrip(".")
    if not isinstance(inside, list):
        raise BadCondition(Bad.NOT_A_CONDITION, here)
    if depth > RuleLimits.DEPTH:
        raise BadCondition(Bad.TOO_DEEP, path)
    if not inside:
        raise BadCondition(Bad.EMPTY_GROUP, here)
    if len(inside) > RuleLimits.CONDITIONS:
        raise BadCondition(Bad.TOO_MANY, here)
    parts = tuple(_parsed(each, f"{here}.{number}", depth + 1) for number, each in enumerate(inside))
    return _GROUPS[key](parts)


def _leaf(tree: dict[str, object], path: str) -> Leaf:
    if not tree.keys() <= {"fact", "op", "value"}:
        raise BadCondition(Bad.NOT_A_CONDITION, path)
    if tree["fact"] not in Fact.values:
        raise BadCondition(Bad.UNKNOWN_FACT, f"{path}.fact".lstrip("."))
    fact = Fact(str(tree["fact"]))
    typed = FACTS[fact]
    if tree.get("op") not in typed.ops:
        raise BadCondition(Bad.WRONG_OP, f"{path}.op".lstrip("."))
    op = Op(str(tree["op"]))
    return Leaf(fact, op, _READ[typed.sense](tree.get("value"), op, typed, f"{path}.value".lstrip(".")))


def _nothing(value: object, op: Op, typed: FactType, path: str) -> None:  # noqa: ARG001 - one of several readers
    if value is not None:
        raise BadCondition(Bad.WRONG_VALUE, path)


def _number(value: object, op: Op, typed: FactType, path: str) -> int:  # noqa: ARG001 - one of several readers
    if value is None or value == "":
        raise BadCondition(Bad.EMPTY_VALUE, path)
    if not isinstance(value, int) or isinstance(value, bool) or not typed.lowest <= value <= typed.highest:
        raise BadCondition(Bad.WRONG_VALUE, path)
    return value


def _amount(value: object, op: Op, typed: FactType, path: str) -> Decimal:  # noqa: ARG001 - one of several readers
    if value is None or value == "":
        raise BadCondition(Bad.EMPTY_VALUE, path)
    amount = amount_of(value)
    if amount is None:
        raise BadCondition(Bad.WRONG_VALUE, path)
    return amount


def amount_of(value: object) -> Decimal | None:
    """An amount written in JSON, as a string or a whole number, without needless zeros; None when it cannot be one."""
    if not isinstance(value, int | str) or isinstance(value, bool):
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return None
    if not amount.is_finite() or not 0 <= amount <= money.LARGEST or amount != round(amount, 4):
        return None
    return round(amount, 4).normalize() + 0


def _chosen(value: object, op: Op, typed: FactType, path: str) -> Value:
    one = _id if typed.has_ids else _code
    if op in {Op.IS, Op.IS_NOT}:
        return one(value, typed, path)
    if not isinstance(value, list):
        raise BadCondition(Bad.WRONG_VALUE, path)
    if not value:
        raise BadCondition(Bad.EMPTY_VALUE, path)
    if len(value) > MOST_CHOICES:
        raise BadCondition(Bad.TOO_MANY, path)
    found = dict.fromkeys(one(each, typed, f"{path}.{number}") for number, each in enumerate(value))
    return tuple(found)  # type: ignore[return-value]


def _id(value: object, typed: FactType, path: str) -> int:
    if value is None and typed.may_be_none:
        return 0
    if value is None or value == "":
        raise BadCondition(Bad.EMPTY_VALUE, path)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST_ID:
        raise BadCondition(Bad.WRONG_VALUE, path)
    if value == 0 and not typed.may_be_none:
        raise BadCondition(Bad.EMPTY_VALUE, path)
    return value


def _code(value: object, typed: FactType, path: str) -> str:
    if value is None or value == "":
        if typed.may_be_none:
            return ""
        raise BadCondition(Bad.EMPTY_VALUE, path)
    is_known = value in typed.codes if typed.codes else isinstance(value, str) and _LANGUAGE.fullmatch(value)
    if not is_known:
        raise BadCondition(Bad.WRONG_VALUE, path)
    return str(value)


def _phrases(value: object, op: Op, typed: FactType, path: str) -> tuple[str, ...]:  # noqa: ARG001 - one of several
    if not isinstance(value, list):
        raise BadCondition(Bad.WRONG_VALUE, path)
    if not value:
        raise BadCondition(Bad.EMPTY_VALUE, path)
    if len(value) > MOST_PHRASES:
        raise BadCondition(Bad.TOO_MANY, path)
    for number, each in enumerate(value):
        if not isinstance(each, str) or len(each) > LONGEST_PHRASE:
            raise BadCondition(Bad.WRONG_VALUE, f"{path}.{number}")
        if not lexemes(texts.clean(each)):
            raise BadCondition(Bad.EMPTY_VALUE, f"{path}.{number}")
    return tuple(dict.fromkeys(" ".join(texts.clean(each).split()) for each in value))


_READ: dict[Sense, Callable[[object, Op, FactType, str], Value]] = {
    Sense.YES_NO: _nothing,
    Sense.NUMBER: _number,
    Sense.AMOUNT: _amount,
    Sense.CHOICE: _chosen,
    Sense.WORDS: _phrases,
}


def dump(condition: Condition) -> dict[str, object]:
    """The JSON tree of a condition; amounts are strings, and nothing at all is ``{}``."""
    if condition == ALWAYS:
        return {}
    if isinstance(condition, Leaf):
        return {"fact": condition.fact.value, "op": condition.op.value} | _dumped(condition.value)
    return {_KEYS[type(condition)]: [dump(part) for part in condition.parts]}


def _dumped(value: Value) -> dict[str, object]:
    if value is None:
        return {}
    if isinstance(value, Decimal):
        return {"value": f"{value:f}"}
    return {"value": list(value) if isinstance(value, tuple) else value}


# ---------------------------------------------------------------- asking a case


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a condition came to, part by part; a leaf says what it saw, ``None`` where that is not known."""

    condition: Condition
    holds: bool
    parts: tuple[Verdict, ...] = ()
    saw: Seen = None

    def why(self) -> Iterator[Verdict]:
        """The leaves that made it come out like this."""
        if isinstance(self.condition, Leaf):
            yield self
            return
        # An "all" fails by the parts that fail and an "any" holds by those that hold; "none" fails by those that hold.
        telling = {All: False, AnyOf: True, NoneOf: True}[type(self.condition)]
        decisive = [part for part in self.parts if part.holds == telling]
        for part in decisive or self.parts:
            yield from part.why()


def holds(condition: Condition, facts: Facts) -> bool:
    """Whether it is so in a case with these facts."""
    if isinstance(condition, Leaf):
        return fits(condition, facts.of(condition.fact))
    if isinstance(condition, All):
        return all(holds(part, facts) for part in condition.parts)
    found = any(holds(part, facts) for part in condition.parts)
    return found if isinstance(condition, AnyOf) else not found


def explain(condition: Condition, facts: Facts) -> Verdict:
    """Whether it is so, and for every part whether it is and what it saw: of words, only the phrases that are there."""
    if isinstance(condition, Leaf):
        seen = facts.of(condition.fact)
        return Verdict(condition, fits(condition, seen), saw=_shown(condition, seen))
    parts = tuple(explain(part, facts) for part in condition.parts)
    if isinstance(condition, All):
        return Verdict(condition, all(part.holds for part in parts), parts)
    found = any(part.holds for part in parts)
    return Verdict(condition, found if isinstance(condition, AnyOf) else not found, parts)


def _shown(leaf: Leaf, seen: Seen) -> Seen:
    if leaf.fact != Fact.WORDS or not isinstance(seen, frozenset) or not isinstance(leaf.value, tuple):
        return seen
    return frozenset(str(phrase) for phrase in leaf.value if _words(str(phrase)) <= seen)


def fits(leaf: Leaf, seen: Seen) -> bool:
    """Whether what a case says is what the leaf asks for; what is not known never is."""
    return seen is not None and _FITS[leaf.op](seen, leaf.value)


def _is(seen: Any, value: Any) -> bool:
    return bool(value in seen if isinstance(seen, frozenset) else seen == value)


def _any_of(seen: Any, value: Any) -> bool:
    return not seen.isdisjoint(value) if isinstance(seen, frozenset) else seen in value


# The same few phrases are compared with very many cases.
_words = lru_cache(maxsize=4096)(lexemes)
_FITS: dict[Op, Callable[[Any, Any], bool]] = {
    Op.IS: _is,
    Op.IS_NOT: lambda seen, value: not _is(seen, value),
    Op.ANY_OF: _any_of,
    Op.NONE_OF: lambda seen, value: not _any_of(seen, value),
    Op.AT_LEAST: lambda seen, value: bool(seen >= value),
    Op.AT_MOST: lambda seen, value: bool(seen <= value),
    Op.HAS_ALL: lambda seen, value: all(_words(phrase) <= seen for phrase in value),
    Op.HAS_ANY: lambda seen, value: any(_words(phrase) <= seen for phrase in value),
    Op.YES: lambda seen, _: bool(seen),
    Op.NO: lambda seen, _: not seen,
}


# ---------------------------------------------------------------- what a condition looks at


def leaves(condition: Condition) -> list[Leaf]:
    """Every question of it, in order."""
    if isinstance(condition, Leaf):
        return [condition]
    return [leaf for part in condition.parts for leaf in leaves(part)]


def facts_used(condition: Condition) -> frozenset[Fact]:
    """The facts it looks at: no other has to be loaded."""
    return frozenset(leaf.fact for leaf in leaves(condition))


def ids_named(condition: Condition) -> dict[Choice, frozenset[int]]:
    """The ids of rows it names, by what they are of, so that one that is gone is found."""
    named: dict[Choice, set[int]] = {}
    for leaf in leaves(condition):
        typed = FACTS[leaf.fact]
        if typed.choice is not None and typed.has_ids:
            ids = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
            named.setdefault(typed.choice, set()).update(one for one in ids if isinstance(one, int) and one)
    return {choice: frozenset(ids) for choice, ids in named.items() if ids}
