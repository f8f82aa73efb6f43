"""What changes in the middle of a period: categories that are renamed or merged, and people who leave."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cases.commands import case as commands
from cases.commands import catalogue, handling, people
from cases.models import Case, Category, Deadline, Escalation
from cases.queries import people as known
from cases.queries.reports import engine, labels
from cases.queries.reports.question import Groups, Question
from cases.rules.periods import Period
from cases.vocabulary import Dimension, Goal, Population, When
from tests import rules_at_work, times
from tests.desk import ready, taken
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db
D, P = Dimension, Population
YEAR = Period(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), "Europe/Paris")
LATER = AT + timedelta(days=40)


@pytest.fixture
def stage() -> Stage:
    """The usual people."""
    return set_stage()


def ask(stage: Stage, population: Population, *splits: Dimension, **filters: tuple[str, ...]) -> Groups:
    """What the manager is told of the year."""
    wanted = {Dimension(name): values for name, values in filters.items()}
    seer = known.seer_of(stage.manager.pk)
    return engine.count(Question(population, YEAR, wanted, splits), seer, now=LATER, durations=True)


def told(groups: Groups, figure: str) -> dict[str, int]:
    """One figure of each group."""
    return {keys[0]: each.counts[figure] for keys, each in groups.items()}


class TestCategories:
    @pytest.fixture
    def wide(self, stage: Stage) -> Category:
        """Another category: one case began with it, and one came to it."""
        wide = Category.objects.create(brand=stage.brand, code="wide", label={"en": "Wide"})
        first, second = stage.case(), stage.case("p-2", author="ann")
        stage.case("p-3", author="eve")
        by = actor(stage.agent)
        for case in (first, second):
            commands.classify(case_id=case.pk, category_id=wide.pk, severity=2, at=AT, actor=by)
        commands.classify(case_id=second.pk, category_id=stage.category.pk, severity=2, at=AT, actor=by)
        return wide

    def test_counts_as_it_is_now_and_as_it_was_at_first(self, stage: Stage, wide: Category) -> None:
        delivery = str(stage.category.pk)
        assert told(ask(stage, P.CASES, D.CATEGORY), "received") == {delivery: 2, str(wide.pk): 1}
        assert told(ask(stage, P.CASES, D.CATEGORY_THEN), "received") == {delivery: 3}

    def test_a_merged_one_counts_with_the_other_and_apart_at_first(self, stage: Stage, wide: Category) -> None:
        by = actor(stage.admin)
        stage.form.default_category = None
        stage.form.save()
        catalogue.merge_category(category_id=stage.category.pk, into_id=wide.pk, at=LATER, actor=by)
        delivery, all_of_it = str(stage.category.pk), str(wide.pk)
        for splits in ((D.CATEGORY,), (D.CATEGORY, D.BRAND)):
            assert told(ask(stage, P.CASES, *splits), "received") == {all_of_it: 3}
        assert told(ask(stage, P.CASES, D.BRAND, category=(all_of_it,)), "received") == {str(stage.brand.pk): 3}
        assert told(ask(stage, P.CASES, D.CATEGORY_THEN), "received") == {delivery: 3}
        spans = ask(stage, P.CASES, D.CATEGORY)[(all_of_it,)].durations
        assert spans == ask(stage, P.CASES)[()].durations
        assert labels.words(D.CATEGORY_THEN, [delivery]) == {delivery: "Delivery, now with Wide"}
        assert labels.words(D.CATEGORY, [all_of_it]) == {all_of_it: "Wide"}

    def test_a_renamed_one_is_called_as_it_is_and_was(self, stage: Stage, wide: Category) -> None:
        key = str(wide.pk)
        for name in ("Broad", "Wide", "Vast"):
            catalogue.change_category(
                category_id=wide.pk,
                label={"en": name},
                team_id=None,
                is_active=True,
                at=LATER,
                actor=actor(stage.admin),
            )
        assert labels.words(D.CATEGORY, [key]) == {key: "Vast"}
        assert labels.words(D.CATEGORY_THEN, [key]) == {key: "Vast (before: Wide, Broad)"}


class TestSomebodyLeaves:
    def test_what_they_did_stays_theirs(self, stage: Stage) -> None:
        times.working_hours(stage.brand)
        times.policy(stage.brand, Goal.DECISION, amount=4)
        rule = rules_at_work.live(stage, When.OPENED)
        done, open_one = taken(stage), taken(stage, "p-2", author="ann")
        ready(stage, done)
        handling.handle(case_id=done.pk, at=AT + timedelta(hours=2), actor=actor(stage.agent))
        Escalation.objects.create(
            brand=stage.brand, case=done, rule=rule.rule, version=rule, occasion="opened", matched_at=AT
        )
        agent, heir = str(stage.agent.pk), str(stage.colleague.pk)
        owned = told(ask(stage, P.CASES, D.OWNER), "received")
        assert owned == {agent: 2}
        before = [ask(stage, each)[()].counts for each in (P.DEADLINES, P.ESCALATIONS, P.MOVEMENTS)]
        people.deactivate_person(
            person_id=stage.agent.pk, heir_id=stage.colleague.pk, at=AT + timedelta(hours=3), actor=actor(stage.admin)
        )
        assert Case.objects.get(pk=open_one.pk).owner == stage.colleague
        assert told(ask(stage, P.CASES, D.OWNER), "received") == {agent: 1, heir: 1}
        assert told(ask(stage, P.CASES, D.OWNER), "handled") == {agent: 1, heir: 0}
        assert labels.words(D.OWNER, [agent]) == {agent: "Agent (left)"}
        assert told(ask(stage, P.CASES, D.BRAND, owner=(agent,)), "received") == {str(stage.brand.pk): 1}
        assert [ask(stage, each)[()].counts for each in (P.DEADLINES, P.ESCALATIONS, P.MOVEMENTS)] == before
        assert Deadline.objects.count() >= 2
