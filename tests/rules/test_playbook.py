"""Which playbook a case begins with, which of its lines apply, and what differs between two versions."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from cases.rules import playbook as rules
from cases.vocabulary import Condition, Severity, Wish


@dataclass(frozen=True)
class Book:
    """A playbook as the rule needs it."""

    pk: int
    category_id: int | None = None
    severities: tuple[int, ...] = ()
    wish: str = ""


@dataclass(frozen=True)
class Step:
    """A line as the rule needs it."""

    kind_id: int
    is_required: bool = True
    condition: str = ""
    doer: str = "case_owner"
    team_id: int | None = None
    days: int | None = None
    day_unit: str = "calendar"
    amount: Decimal | None = None
    wording: dict[str, str] = field(default_factory=dict)


FACTS = rules.Facts(has_phone=False, has_mail=False, severity=1, is_repeated=False, is_public=False)
BOOKS = some.lists(
    some.builds(
        Book,
        pk=some.integers(1, 1000),
        category_id=some.none() | some.integers(1, 3),
        severities=some.sets(some.sampled_from(Severity.values), max_size=3).map(lambda few: tuple(sorted(few))),
        wish=some.sampled_from(["", *Wish.values]),
    ),
    unique_by=lambda book: book.pk,
    max_size=12,
)
CASES = some.tuples(
    some.none() | some.integers(1, 3),
    some.none() | some.sampled_from(Severity.values),
    some.sampled_from(["", *Wish.values]),
)


class TestChosen:
    def test_the_category_goes_before_the_wish_and_the_wish_before_the_severity(self) -> None:
        any_case, severe = Book(1), Book(2, severities=(4,))
        wished, named = Book(3, wish="money"), Book(4, category_id=7)
        exact = Book(5, category_id=7, severities=(4,), wish="money")
        books = [any_case, severe, wished, named, exact]
        assert rules.chosen(books, 7, 4, "money") == exact
        assert rules.chosen(books, 7, 4, "") == named
        assert rules.chosen(books, 8, 4, "money") == wished
        assert rules.chosen(books, None, 4, "") == severe
        assert rules.chosen(books, None, None, "") == any_case

    def test_of_two_that_say_equally_much_the_older_one_wins(self) -> None:
        older, newer = Book(1, severities=(3, 4)), Book(2, severities=(2, 3))
        assert rules.chosen([newer, older], 1, 3, "") == older
        assert rules.chosen([newer, older, Book(3, severities=(3,))], 1, 3, "") == Book(3, severities=(3,))

    @given(books=BOOKS, case=CASES, seed=some.randoms())
    def test_the_order_they_come_in_makes_no_difference(self, books: list[Book], case: tuple, seed: object) -> None:  # type: ignore[type-arg]
        one = rules.chosen(books, *case)
        seed.shuffle(books)  # type: ignore[attr-defined]
        assert rules.chosen(books, *case) == one
        assert one is None or rules.matches(one, *case)
        assert (one is None) == (not any(rules.matches(book, *case) for book in books))


class TestApplies:
    @pytest.mark.parametrize(
        ("condition", "known"),
        [
            (Condition.PHONE_KNOWN, {"has_phone": True}),
            (Condition.MAIL_KNOWN, {"has_mail": True}),
            (Condition.SEVERE, {"severity": 3}),
            (Condition.REPEATED, {"is_repeated": True}),
            (Condition.PUBLIC, {"is_public": True}),
        ],
    )
    def test_only_once_it_holds(self, condition: Condition, known: dict[str, object]) -> None:
        assert not rules.applies(condition, FACTS)
        assert rules.applies(condition, replace(FACTS, **known))  # type: ignore[arg-type]

    def test_every_condition_is_judged(self) -> None:
        assert [rules.applies(each, FACTS) for each in Condition.values] == [True, False, False, False, False, False]


class TestSaidIn:
    def test_the_language_then_the_default_then_any(self) -> None:
        texts = {"en": "We call you.", "fr": "Nous vous appelons."}
        assert rules.said_in(texts, "fr-CA", "en") == "Nous vous appelons."
        assert rules.said_in(texts, "de", "en") == "We call you."
        assert rules.said_in({"fr": "Oui"}, "de", "en") == "Oui"
        assert rules.said_in({}, "en", "en") == ""


class TestDifference:
    def test_says_what_is_added_dropped_changed_and_moved(self) -> None:
        found = rules.difference([Step(1), Step(2), Step(3)], [Step(3), Step(2, is_required=False), Step(4)])
        assert [step.kind_id for step in found.added] == [4]
        assert [step.kind_id for step in found.dropped] == [1]
        assert [(change.after.kind_id, change.fields) for change in found.changed] == [(2, ("is_required",))]
        assert found.is_reordered

    def test_a_unit_without_days_says_nothing(self) -> None:
        assert not rules.difference([Step(1)], [Step(1, day_unit="working")])
        assert rules.difference([Step(1, days=2)], [Step(1, days=2, day_unit="working")]).changed[0].fields == ("days",)

    @given(kinds=some.lists(some.integers(1, 9), unique=True))
    def test_the_same_lines_do_not_differ(self, kinds: list[int]) -> None:
        assert not rules.difference([Step(kind) for kind in kinds], [Step(kind) for kind in kinds])
