"""One condition, two readings: whatever is asked of whatever cases, SQL and Python find the same."""

from __future__ import annotations

import random

import pytest
from django.db.models import TextField, Value
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.models import Brand
from cases.queries import condition as queries
from cases.rules import condition as conditions
from cases.rules.condition import Condition
from cases.rules.lexemes import lexemes
from cases.rules.text import fold
from cases.vocabulary import Fact
from tests.conditions import conditions as any_condition
from tests.people import AT, set_stage
from tests.population import Population

CASES, EXAMPLES = 60, 250
# Scripts whose words both sides cut; what stands between words is drawn beside them.
LETTERS = st.characters(categories=["L", "Nd", "Nl"], max_codepoint=0xFFFF)
INSIDE = st.characters(categories=["L", "Mn", "Nd", "Nl", "Cf"], max_codepoint=0xFFFF)
# Folded, some letters hold signs ("Ŀ" a dot); an accent alone after one is no word that anybody looks for.
WORD = st.builds(str.__add__, LETTERS, st.text(INSIDE, max_size=5)).filter(lambda word: lexemes(word) == {fold(word)})
BETWEEN = st.sampled_from([*" \n\t'’-–.,;:!?/@#_&%€«»“”…·+*()[]{}<>|~^`$=\"\\", "\u00a0", "🙂", "½", "²"])


@pytest.mark.django_db
def test_sql_and_python_find_the_same_cases() -> None:
    stage = set_stage()
    population = Population(stage, random.Random(random.random()))
    population.fill(CASES)
    known = queries.facts_of(population.facts, Fact, AT)
    assert known == population.facts
    ids = {
        Fact.CATEGORY: (stage.category.pk, stage.category.pk + 1),
        Fact.CHANNEL: (stage.channel.pk, stage.form.pk),
        Fact.TEAM: (stage.team.pk, stage.team.pk + 1),
        Fact.OWNER: (stage.agent.pk, stage.colleague.pk, stage.manager.pk),
        Fact.TAG: tuple(tag.pk for tag in population.tags),
    }

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(any_condition(ids=ids))
    def agree(condition: Condition) -> None:
        found = set(queries.matching(condition, stage.brand.pk, AT).values_list("pk", flat=True))
        assert found == {pk for pk, facts in known.items() if conditions.holds(condition, facts)}

    agree()


@pytest.mark.django_db
def test_sql_and_python_cut_the_same_words() -> None:
    Brand.objects.create(name="Brindlewick", slug="brindlewick", prefix="BW")

    @settings(max_examples=400, deadline=None, database=None)
    @given(st.lists(st.one_of(WORD, BETWEEN), max_size=12).map("".join))
    def agree(text: str) -> None:
        found = Brand.objects.annotate(words=queries.words_of(Value(text, output_field=TextField())))
        assert frozenset(found.get().words) == lexemes(text)

    agree()
