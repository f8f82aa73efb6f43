"""What rules asked of cases and what these said, as it is kept with what a rule did, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cases.models import Brand
from cases.queries.condition_words import About, clause, seen
from cases.queries.rule_names import names_of
from cases.queries.sentences import said
from cases.rules import condition as conditions
from cases.rules.condition import All, BadCondition, Condition, Leaf
from cases.vocabulary import Fact

Asked = Iterable[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Question:
    """A question to a case, what the case said, and whether that fits."""

    words: str
    saw: str
    holds: bool
    fact: Fact


def questions(asked: Asked, brand: Brand) -> list[Question]:
    """Stored questions in words: each a leaf as JSON, with what it ``saw`` and whether it ``holds``."""
    return many([(asked, brand)])[0]


def many(asked: Sequence[tuple[Asked, Brand]]) -> list[list[Question]]:
    """The same for many at once, in one query."""
    known = [
        ([(leaf, one) for one in questions if (leaf := _leaf(one)) is not None], brand) for questions, brand in asked
    ]
    every = [pair for found, _brand in known for pair in found]
    names = names_of([], asked=[leaf for leaf, _one in every], saw=[(leaf.fact, one.get("saw")) for leaf, one in every])
    return [
        [_question(leaf, one, About(brand.pk, brand.currency, names)) for leaf, one in found] for found, brand in known
    ]


def _question(leaf: Leaf, one: Mapping[str, Any], told: About) -> Question:
    saw = seen(leaf.fact, one.get("saw"), told)
    return Question(said(clause(leaf, told)), saw, bool(one.get("holds")), leaf.fact)


def _leaf(tree: Mapping[str, Any]) -> Leaf | None:
    try:
        read: Condition = conditions.parse({key: tree[key] for key in ("fact", "op", "value") if key in tree})
    except BadCondition:
        return None
    first = read.parts[0] if isinstance(read, All) and read.parts else None
    return first if isinstance(first, Leaf) else None
