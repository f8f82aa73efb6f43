"""Conditions in SQL: how many cases a rule would act on, what a fact is worth, and at what cost."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F

from cases.models import Action, Brand, Case, Deadline, Policy, Rate
from cases.queries import condition as queries
from cases.rules import condition as conditions
from cases.rules import escalation
from cases.rules.facts import Facts
from cases.vocabulary import Fact, Goal, Start, Unit
from tests.people import AT, Stage, set_stage
from tests.population import Population

pytestmark = pytest.mark.django_db
SEVERE = conditions.parse({"fact": "severity", "op": "at_least", "value": 3})
LONG = AT + timedelta(days=1)


@pytest.fixture
def stage() -> Stage:
    """A brand."""
    return set_stage()


def count(stage: Stage, when: dict[str, Any], condition: conditions.Condition = conditions.ALWAYS, **given: Any) -> int:
    """How many cases a rule would act on at once."""
    trigger = escalation.parse({"offset_amount": 1, "offset_unit": "hour"} | when, {}, [{"kind": "authority"}]).trigger
    asked = {"threshold": AT, "cap": 100} | given
    return queries.count_matching(condition, trigger, stage.brand.pk, AT, **asked)


def test_asks_nothing_of_nothing(stage: Stage) -> None:
    case = stage.case()
    assert list(queries.matching(conditions.ALWAYS, stage.brand.pk, AT)) == [case]
    assert not queries.matching(conditions.ALWAYS, stage.other_brand.pk, AT)
    assert queries.facts_of([case.pk], [], AT) == {case.pk: Facts()}
    assert queries.facts_of([], Fact, AT) == {}


def test_reads_all_facts_of_many_cases_in_one_query(stage: Stage, django_assert_num_queries: Any) -> None:
    population = Population(stage, random.Random(7))
    population.fill(12)
    with django_assert_num_queries(1):
        found = queries.facts_of(population.facts, Fact, AT)
    assert found == population.facts


def test_knows_no_sum_without_a_rate_and_then_fits_nothing(stage: Stage) -> None:
    case = stage.case()
    Action.objects.create(case=case, kind=stage.refund, amount=Decimal(100), currency="GBP")
    assert queries.facts_of([case.pk], [Fact.AMOUNT], AT)[case.pk].amount is None
    little = conditions.parse({"fact": "amount", "op": "at_most", "value": "500"})
    anything_else = conditions.NoneOf((little,))
    assert not queries.matching(little, stage.brand.pk, AT)
    assert list(queries.matching(anything_else, stage.brand.pk, AT)) == [case]
    Rate.objects.create(brand=stage.brand, currency="GBP", into="EUR", rate=Decimal("1.5"), starts_on=AT.date())
    assert queries.facts_of([case.pk], [Fact.AMOUNT], AT)[case.pk].amount == Decimal(150)
    assert queries.facts_of([case.pk], [Fact.AMOUNT], AT - timedelta(days=2))[case.pk].amount is None
    assert list(queries.matching(little, stage.brand.pk, AT)) == [case]


def test_takes_what_a_person_wrote_for_words_alone(stage: Stage) -> None:
    case = stage.case(text="It's 100% lost; DROP TABLE sofas")
    for phrase, expected in (("drop table", [case]), ("100%", [case]), ("%", []), ("' OR 1=1", [])):
        try:
            condition = conditions.parse({"fact": "words", "op": "has_any", "value": [phrase]})
        except conditions.BadCondition:
            assert phrase == "%"
            continue
        assert list(queries.matching(condition, stage.brand.pk, AT)) == expected


def test_reads_words_of_very_long_posts(stage: Stage) -> None:
    case = stage.case(text="\n".join(f"word{number}" for number in range(12_000)))
    condition = conditions.parse({"fact": "words", "op": "has_all", "value": ["word7 word99"]})
    assert list(queries.matching(condition, stage.brand.pk, AT)) == [case]


def test_counts_what_has_stood_for_so_long(stage: Stage) -> None:
    cases = [stage.case(f"p-{number}", author=f"a-{number}") for number in range(3)]
    Case.objects.filter(pk=cases[0].pk).update(severity=1)
    Case.objects.update(status_since=AT, unanswered_since=F("opened_at"))
    lasted = {"when": "lasted", "standing": cases[0].status}
    assert count(stage, lasted) == 3
    assert count(stage, lasted, SEVERE) == 2
    assert count(stage, lasted, cap=2) == 2
    assert count(stage, lasted, threshold=AT - timedelta(hours=1)) == 0
    assert count(stage, {"when": "lasted", "standing": "waiting"}) == 0
    assert count(stage, {"when": "lasted", "standing": "unanswered"}) == 3
    assert count(stage, {"when": "lasted", "standing": "unanswered"}, threshold=AT - timedelta(hours=1)) == 0


def test_counts_what_is_due_and_open(stage: Stage) -> None:
    case = stage.case()
    policy = Policy.objects.create(
        brand=stage.brand, name={"en": "Reply"}, goal=Goal.REPLY, start=Start.WROTE, amount=1, unit=Unit.HOUR
    )
    due = {"case": case, "brand": stage.brand, "policy": policy, "goal": Goal.REPLY, "started_at": AT}
    Deadline.objects.create(first_due_at=AT, due_at=AT, **due)
    Deadline.objects.create(first_due_at=LONG, due_at=LONG, round=2, **due)
    assert count(stage, {"when": "deadline"}) == 1
    assert count(stage, {"when": "deadline", "goal": "reply"}) == 1
    assert count(stage, {"when": "deadline", "goal": "decision"}) == 0
    assert count(stage, {"when": "deadline"}, threshold=AT - timedelta(seconds=1)) == 0
    Deadline.objects.filter(round=1).update(paused_at=AT)
    assert count(stage, {"when": "deadline"}) == 0


def test_counts_for_what_happens_all_that_need_work(stage: Stage) -> None:
    trigger = escalation.parse({"when": "wrote"}, {}, [{"kind": "authority"}]).trigger
    stage.case()
    assert queries.count_matching(SEVERE, trigger, stage.brand.pk, AT, None, 100) == 1
    Case.objects.update(status="dismissed", dismissal="No.")
    assert queries.count_matching(SEVERE, trigger, stage.brand.pk, AT, None, 100) == 0


def test_words_are_an_array_even_of_nothing(stage: Stage) -> None:
    assert Brand.objects.annotate(words=queries.words_of("name")).get(pk=stage.brand.pk).words == ["brindlewick"]
