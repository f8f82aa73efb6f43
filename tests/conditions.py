"""Any condition and any facts, drawn at random from few values, so that they often meet."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from cases.rules.condition import All, AnyOf, Condition, Leaf, NoneOf
from cases.rules.facts import FACTS, Facts, FactType
from cases.rules.lexemes import lexemes
from cases.vocabulary import Fact, Op, Sense

WORDS = ("sofa", "Café", "never again", "10.50", "covid-19", "Straße", "l’été", "ΟΔΟΣ")
AMOUNTS = ("0", "49.99", "50", "120.5", "1000")
IDS = (1, 2, 3)


def answers(typed: FactType, ids: tuple[int, ...] = IDS) -> tuple[Any, ...]:
    """What a leaf can compare a choice with."""
    none: tuple[Any, ...] = ((0,) if typed.has_ids else ("",)) if typed.may_be_none else ()
    if typed.has_ids:
        return (*ids, *none)
    return (*(typed.codes or ("en", "fr")), *none)


@st.composite
def leaves(
    draw: st.DrawFn, facts: tuple[Fact, ...] = tuple(Fact), ids: dict[Fact, tuple[int, ...]] | None = None
) -> Leaf:
    """One question."""
    fact = draw(st.sampled_from(facts))
    typed = FACTS[fact]
    op = draw(st.sampled_from(typed.ops))
    value: Any = None
    if typed.sense == Sense.NUMBER:
        value = draw(st.integers(typed.lowest, min(typed.highest, 6)))
    elif typed.sense == Sense.AMOUNT:
        value = Decimal(draw(st.sampled_from(AMOUNTS)))
    elif typed.sense == Sense.WORDS:
        value = tuple(draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=3, unique=True)))
    elif typed.sense == Sense.CHOICE:
        one = st.sampled_from(answers(typed, (ids or {}).get(fact, IDS)))
        is_one = op in {Op.IS, Op.IS_NOT}
        value = draw(one) if is_one else tuple(draw(st.lists(one, min_size=1, max_size=3, unique=True)))
    return Leaf(fact, op, value)


def conditions(
    facts: tuple[Fact, ...] = tuple(Fact), ids: dict[Fact, tuple[int, ...]] | None = None
) -> st.SearchStrategy[Condition]:
    """A tree of questions, now and then none at all."""
    groups = st.recursive(
        leaves(facts, ids),
        lambda inside: st.one_of(
            [st.lists(inside, min_size=1, max_size=3).map(tuple).map(group) for group in (All, AnyOf, NoneOf)]
        ),
        max_leaves=5,
    )
    return st.one_of(st.just(All()), groups.map(lambda each: each if not isinstance(each, Leaf) else All((each,))))


@st.composite
def any_facts(draw: st.DrawFn, facts: tuple[Fact, ...] = tuple(Fact)) -> Facts:
    """A case that says something to each of these facts, or is not known to."""
    return Facts(**{fact.value: draw(st.one_of(st.none(), _said(fact))) for fact in facts})


def _said(fact: Fact) -> st.SearchStrategy[Any]:
    typed = FACTS[fact]
    if typed.sense == Sense.YES_NO:
        return st.booleans()
    if typed.sense == Sense.NUMBER:
        return st.integers(typed.lowest, min(typed.highest, 7))
    if typed.sense == Sense.AMOUNT:
        return st.decimals("0", "1500", places=4)
    if typed.sense == Sense.WORDS:
        return st.sets(st.sampled_from(sorted(lexemes(" ".join(WORDS))))).map(frozenset)
    one = st.sampled_from((*answers(typed), 9 if typed.has_ids else answers(typed)[0]))
    return st.sets(one).map(frozenset) if typed.is_many else one
