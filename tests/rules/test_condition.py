"""Conditions: what can be written, what it comes to for a case, and why."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.rules import condition as conditions
from cases.rules.condition import ALWAYS, All, AnyOf, Bad, BadCondition, Leaf, NoneOf
from cases.rules.facts import FACTS, PAST, Choice, Facts, Past, replayable
from cases.rules.lexemes import lexemes
from cases.vocabulary import Fact, Op, RuleLimits
from tests.conditions import any_facts
from tests.conditions import conditions as any_condition


def leaf(fact: str, op: str, value: object = None) -> dict[str, object]:
    """A leaf in JSON."""
    return {"fact": fact, "op": op, "value": value}


def test_has_a_type_and_an_attribute_for_every_fact() -> None:
    assert list(FACTS) == list(Fact)
    assert [each.value for each in Fact] == list(Facts.__dataclass_fields__)


@pytest.mark.parametrize("nothing", [{}, {"all": []}])
def test_asks_nothing_of_an_empty_tree(nothing: dict[str, Any]) -> None:
    condition = conditions.parse(nothing)
    assert condition == ALWAYS
    assert conditions.dump(condition) == {}
    assert conditions.holds(condition, Facts())


def test_reads_a_nested_tree() -> None:
    tree = {
        "all": [
            leaf("severity", "at_least", 2),
            {"any": [leaf("wish", "is", None), leaf("amount", "at_least", "50.00")]},
            {"none": [leaf("public_reply", "yes"), leaf("team", "any_of", [7, 7, None])]},
        ]
    }
    assert conditions.parse(tree) == All(
        (
            Leaf(Fact.SEVERITY, Op.AT_LEAST, 2),
            AnyOf((Leaf(Fact.WISH, Op.IS, ""), Leaf(Fact.AMOUNT, Op.AT_LEAST, Decimal(50)))),
            NoneOf((Leaf(Fact.PUBLIC_REPLY, Op.YES), Leaf(Fact.TEAM, Op.ANY_OF, (7, 0)))),
        )
    )


def test_reads_a_lone_leaf_as_all_of_it() -> None:
    assert conditions.parse(leaf("hidden", "yes")) == All((Leaf(Fact.HIDDEN, Op.YES),))


@given(any_condition())
def test_reads_what_it_wrote(condition: conditions.Condition) -> None:
    assert conditions.parse(json.loads(json.dumps(conditions.dump(condition)))) == condition


def deep(levels: int) -> dict[str, Any]:
    """A tree of so many levels."""
    tree = leaf("hidden", "yes")
    for _ in range(levels):
        tree = {"all": [tree]}
    return tree


@pytest.mark.parametrize(
    ("tree", "code", "path"),
    [
        (None, Bad.NOT_A_CONDITION, ""),
        ([], Bad.NOT_A_CONDITION, ""),
        ({"every": []}, Bad.NOT_A_CONDITION, ""),
        ({"all": {}}, Bad.NOT_A_CONDITION, "all"),
        ({"all": [1]}, Bad.NOT_A_CONDITION, "all.0"),
        ({"all": [], "any": []}, Bad.NOT_A_CONDITION, ""),
        ({"any": []}, Bad.EMPTY_GROUP, "any"),
        ({"all": [{"none": []}]}, Bad.EMPTY_GROUP, "all.0.none"),
        ({"all": [leaf("password", "is", "x")]}, Bad.UNKNOWN_FACT, "all.0.fact"),
        ({"all": [leaf("owner__password", "is", "x")]}, Bad.UNKNOWN_FACT, "all.0.fact"),
        ({"all": [{"fact": ["status"], "op": "is"}]}, Bad.UNKNOWN_FACT, "all.0.fact"),
        ({"all": [leaf("severity", "is", 2) | {"also": 1}]}, Bad.NOT_A_CONDITION, "all.0"),
        ({"all": [leaf("severity", "has_any", ["x"])]}, Bad.WRONG_OP, "all.0.op"),
        ({"all": [leaf("severity", "is")]}, Bad.EMPTY_VALUE, "all.0.value"),
        ({"all": [leaf("severity", "is", 0)]}, Bad.WRONG_VALUE, "all.0.value"),
        ({"all": [leaf("severity", "is", 5)]}, Bad.WRONG_VALUE, "all.0.value"),
        ({"all": [leaf("severity", "is", True)]}, Bad.WRONG_VALUE, "all.0.value"),
        ({"all": [leaf("severity", "is", "2")]}, Bad.WRONG_VALUE, "all.0.value"),
        ({"all": [leaf("posts", "at_least", 10**13)]}, Bad.WRONG_VALUE, "all.0.value"),
        ({"all": [leaf("hidden", "yes", 1)]}, Bad.WRONG_VALUE, "all.0.value"),
        ({"all": [leaf("amount", "at_least", 1.5)]}, Bad.WRONG_VALUE, "all.0.value"),
        ({"all": [leaf("amount", "at_least", "much")]}, Bad.WRONG_VALUE, "all.0.value"),
        ({"all": [leaf("amount", "at_least", "NaN")]}, Bad.WRONG_VALUE, "all.0.value"),
        ({"all": [leaf("amount", "at_least", "-1")]}, Bad.WRONG_VALUE, "all.0.value"),
        ({"all": [leaf("amount", "at_least", "1e999999")]}, Bad.WRONG_VALUE, "all.0.value"),
        ({"all": [leaf("amount", "at_least", "0.00001")]}, Bad.WRONG_VALUE, "all.0.value"),
        ({"all": [leaf("amount", "at_least", "")]}, Bad.EMPTY_VALUE, "all.0.value"),
        ({"all": [leaf("status", "is", "gone")]}, Bad.WRONG_VALUE, "all.0.value"),
        ({"all": [leaf("status", "is", None)]}, Bad.EMPTY_VALUE, "all.0.value"),
        ({"all": [leaf("status", "any_of", "new")]}, Bad.WRONG_VALUE, "all.0.value"),
        ({"all": [leaf("status", "any_of", [])]}, Bad.EMPTY_VALUE, "all.0.value"),
        ({"all": [leaf("status", "any_of", ["new", "x"])]}, Bad.WRONG_VALUE, "all.0.value.1"),
        ({"all": [leaf("category", "any_of", list(range(60)))]}, Bad.TOO_MANY, "all.0.value"),
        ({"all": [leaf("category", "is", -1)]}, Bad.WRONG_VALUE, "all.0.value"),
        ({"all": [leaf("category", "is", 2**63)]}, Bad.WRONG_VALUE, "all.0.value"),
        ({"all": [leaf("channel", "is", None)]}, Bad.EMPTY_VALUE, "all.0.value"),
        ({"all": [leaf("channel", "is", 0)]}, Bad.EMPTY_VALUE, "all.0.value"),
        ({"all": [leaf("language", "is", "fr'; --")]}, Bad.WRONG_VALUE, "all.0.value"),
        ({"all": [leaf("words", "has_any", "sofa")]}, Bad.WRONG_VALUE, "all.0.value"),
        ({"all": [leaf("words", "has_any", [])]}, Bad.EMPTY_VALUE, "all.0.value"),
        ({"all": [leaf("words", "has_any", ["ok", " .*+ "])]}, Bad.EMPTY_VALUE, "all.0.value.1"),
        ({"all": [leaf("words", "has_any", ["x" * 81])]}, Bad.WRONG_VALUE, "all.0.value.0"),
        ({"all": [leaf("words", "has_any", ["x"] * 11)]}, Bad.TOO_MANY, "all.0.value"),
        ({"all": [leaf("hidden", "yes")] * 31}, Bad.TOO_MANY, "all"),
        ({"all": [{"any": [leaf("hidden", "yes")] * 16}] * 2}, Bad.TOO_MANY, ""),
        (deep(RuleLimits.DEPTH + 1), Bad.TOO_DEEP, "all.0." * (RuleLimits.DEPTH - 1) + "all.0"),
        (deep(900), Bad.TOO_DEEP, "all.0." * (RuleLimits.DEPTH - 1) + "all.0"),
    ],
)
def test_refuses(tree: object, code: Bad, path: str) -> None:
    with pytest.raises(BadCondition) as refusal:
        conditions.parse(tree)
    assert (refusal.value.code, refusal.value.path) == (code, path)


def test_reads_as_deep_as_is_allowed() -> None:
    assert conditions.leaves(conditions.parse(deep(RuleLimits.DEPTH))) == [Leaf(Fact.HIDDEN, Op.YES)]


FACTS_SEEN = Facts(
    severity=3,
    category=0,
    tag=frozenset({4, 5}),
    public_reply=False,
    amount=Decimal("50.0000"),
    words=lexemes("Never AGAIN, my Café!"),
)


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (leaf("severity", "at_least", 3), True),
        (leaf("severity", "at_most", 2), False),
        (leaf("category", "is", None), True),
        (leaf("category", "none_of", [0, 2]), False),
        (leaf("tag", "is", 4), True),
        (leaf("tag", "is_not", 6), True),
        (leaf("tag", "any_of", [6, 5]), True),
        (leaf("tag", "none_of", [6, 5]), False),
        (leaf("public_reply", "no"), True),
        (leaf("amount", "at_least", 50), True),
        (leaf("words", "has_all", ["again never", "cafe"]), True),
        (leaf("words", "has_all", ["never", "sofa"]), False),
        (leaf("words", "has_any", ["never ever", "CAFÉ"]), True),
        (leaf("words", "has_any", ["never ever"]), False),
        # What is not known fits no question, and so "none of these" holds.
        (leaf("views", "at_most", 9), False),
        (leaf("owner", "is_not", 3), False),
        ({"none": [leaf("views", "at_most", 9)]}, True),
        ({"none": [leaf("views", "at_most", 9), leaf("severity", "is", 3)]}, False),
        ({"any": [leaf("views", "at_most", 9), leaf("severity", "is", 3)]}, True),
    ],
)
def test_holds_or_not(tree: object, *, expected: bool) -> None:
    assert conditions.holds(conditions.parse(tree), FACTS_SEEN) is expected


@given(any_condition(), any_facts())
def test_explains_what_it_came_to(condition: conditions.Condition, facts: Facts) -> None:
    verdict = conditions.explain(condition, facts)
    assert verdict.holds == conditions.holds(condition, facts)
    reasons = list(verdict.why())
    assert {reason.condition for reason in reasons} <= set(conditions.leaves(condition))
    assert bool(reasons) == (condition != ALWAYS)


def test_names_the_leaf_that_failed_with_what_it_saw() -> None:
    tree = {"all": [leaf("severity", "at_least", 2), {"none": [leaf("amount", "at_least", 10), leaf("hidden", "yes")]}]}
    verdict = conditions.explain(conditions.parse(tree), FACTS_SEEN)
    [reason] = verdict.why()
    assert reason.condition == Leaf(Fact.AMOUNT, Op.AT_LEAST, Decimal(10))
    assert (reason.holds, reason.saw) == (True, Decimal(50))
    assert not verdict.holds


def test_shows_of_words_only_those_that_were_asked_for() -> None:
    verdict = conditions.explain(conditions.parse(leaf("words", "has_any", ["Café", "sofa"])), FACTS_SEEN)
    assert verdict.parts[0].saw == frozenset({"Café"})


def test_says_what_it_looks_at_and_names() -> None:
    tree = {"all": [leaf("team", "any_of", [0, 7]), {"none": [leaf("tag", "is", 4), leaf("views", "at_least", 9)]}]}
    condition = conditions.parse(tree)
    assert conditions.facts_used(condition) == {Fact.TEAM, Fact.TAG, Fact.VIEWS}
    assert conditions.ids_named(condition) == {Choice.TEAM: {7}, Choice.TAG: {4}}
    assert replayable(conditions.facts_used(condition)) == {Fact.TEAM: Past.AS_TODAY, Fact.VIEWS: Past.OBSERVED}
    assert Fact.STATUS not in PAST


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Never-again!", {"never", "again"}),
        ("covid-19 / 10.50€", {"covid", "19", "10", "50"}),
        ("https://x.example/a_b?c=1", {"https", "x", "example", "a", "b", "c", "1"}),
        ("l’été d'ÉTÉ", {"l", "d", "ete"}),
        ("Straße ΟΔΟΣ", {"straße", "οδοσ"}),
        ("½ x²", {"1", "2", "x2"}),
        ("1e5abc 2e50", {"1e5", "abc", "2e50"}),
        ("日本語 テスト 🙂 .*", {"日本語", "テスト"}),
        (" \x00\u200b ", set()),
    ],
)
def test_cuts_words(text: str, words: set[str]) -> None:
    assert lexemes(text) == words


@given(st.text())
def test_cuts_words_again_into_themselves(text: str) -> None:
    assert lexemes(" ".join(lexemes(text))) == lexemes(text)
