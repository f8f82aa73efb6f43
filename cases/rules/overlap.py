"""Whether two conditions can hold of one case at once; unsure is yes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice, pairwise
from typing import Any

from cases.rules.condition import All, AnyOf, Condition, Leaf, fits
from cases.rules.facts import FACTS, Seen
from cases.vocabulary import Fact, Op, Sense

# Beyond this many ways of holding we stop looking, and say that they may.
_MOST_WAYS = 512
_Sign = tuple[Leaf, bool]


def may_overlap(one: Condition, other: Condition) -> bool:
    """Whether one case can fit both; unsure is yes."""
    ways = list(islice(_ways(All((one, other)), is_so=True), _MOST_WAYS + 1))
    return len(ways) > _MOST_WAYS or any(_can_hold(way) for way in ways)


def _ways(condition: Condition, *, is_so: bool) -> Iterator[tuple[_Sign, ...]]:
    """Each way in which the condition comes out so: the leaves that then hold, and those that do not."""
    if isinstance(condition, Leaf):
        yield ((condition, is_so),)
        return
    # "none" comes out so when every part comes out not so; an "any" needs one of its parts, unless it is to fail.
    inside = is_so if isinstance(condition, All | AnyOf) else not is_so
    needs_every_part = (not is_so) if isinstance(condition, AnyOf) else is_so
    if not needs_every_part:
        for part in condition.parts:
            yield from _ways(part, is_so=inside)
        return
    yield from _joined(condition.parts, inside)


def _joined(parts: tuple[Condition, ...], is_so: bool) -> Iterator[tuple[_Sign, ...]]:
    if not parts:
        yield ()
        return
    for first in _ways(parts[0], is_so=is_so):
        for rest in _joined(parts[1:], is_so):
            yield (*first, *rest)


def _can_hold(way: Sequence[_Sign]) -> bool:
    by_fact: dict[Fact, list[_Sign]] = {}
    for sign in way:
        by_fact.setdefault(sign[0].fact, []).append(sign)
    return all(_has_answer(fact, signs) for fact, signs in by_fact.items())


def _has_answer(fact: Fact, signs: Sequence[_Sign]) -> bool:
    """Whether the fact can say something that fits; for words we do not look."""
    if FACTS[fact].sense == Sense.WORDS:
        return True
    return any(all(fits(leaf, seen) == is_so for leaf, is_so in signs) for seen in _answers(fact, signs))


def _answers(fact: Fact, signs: Sequence[_Sign]) -> Iterator[Seen]:
    """Answers of every sort that these leaves can tell apart, and none at all: what is not known fits no leaf."""
    yield None
    typed, leaves = FACTS[fact], [leaf for leaf, _ in signs]
    if typed.sense == Sense.YES_NO:
        yield from (True, False)
    elif typed.sense == Sense.NUMBER:
        near = {leaf.value + step for leaf in leaves if isinstance(leaf.value, int) for step in (-1, 0, 1)}
        yield from (number for number in near if typed.lowest <= number <= typed.highest)
    elif typed.sense == Sense.AMOUNT:
        marks = sorted({leaf.value for leaf in leaves if isinstance(leaf.value, Decimal)})
        yield from (Decimal(0), *marks, *((low + high) / 2 for low, high in pairwise(marks)))
        yield marks[-1] + 1
    else:
        named: set[Any] = {one for leaf in leaves for one in _values(leaf)}
        if typed.is_many:
            yield _largest(signs, named)
        elif typed.codes:
            yield from (*typed.codes, *([""] if typed.may_be_none else []))
        else:
            another: Any = -1 if typed.has_ids else "another"
            yield from (*named, another)


def _largest(signs: Sequence[_Sign], named: set[Any]) -> frozenset[int]:
    """The largest set without what must not be there: if any fits, it does."""
    for leaf, is_so in signs:
        if (leaf.op in {Op.IS, Op.ANY_OF}) != is_so:
            named = named - set(_values(leaf))
    return frozenset(named)


def _values(leaf: Leaf) -> tuple[object, ...]:
    return leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
