"""Rules as they are set up, at work: drafted and put live by an admin, paused, made up for, retired."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cases.commands import case as cases
from cases.commands import rule, tag
from cases.models import Case, CaseTag, Escalation, Rule, RuleVersion
from cases.queries import clock
from tests.people import Stage, actor, set_stage
from tests.rules_at_work import work

pytestmark = pytest.mark.usefixtures("own_database")
TAGGED = {"when": "lasted", "standing": "open", "offset_amount": 1, "offset_unit": "minute"}


@pytest.fixture
def stage(own_database: str) -> Stage:
    return set_stage()


def live(stage: Stage, when: dict[str, Any], **choices: Any) -> Rule:
    word = tag.add_tag(brand_id=stage.brand.pk, name="Watched", actor=actor(stage.admin))
    drafted = rule.draft_rule(
        brand_id=stage.brand.pk,
        name="Watch",
        when=when,
        condition={"all": [{"fact": "severity", "op": "at_least", "value": 3}]},
        steps=[{"kind": "tag", "tag": word.pk}],
        at=clock.now(),
        actor=actor(stage.admin),
    )
    rule.publish(rule_id=drafted.pk, revision=1, at=clock.now(), actor=actor(stage.admin), **choices)
    drafted.refresh_from_db()
    return drafted


def take(stage: Stage, case: Case) -> None:
    cases.take(case_id=case.pk, at=clock.now(), actor=actor(stage.agent))


def standing_for(case: Case, minutes: float) -> None:
    Case.objects.filter(pk=case.pk).update(status_since=clock.now() - timedelta(minutes=minutes))


def move(stage: Stage, drafted: Rule, what: Any, **choices: Any) -> None:
    what(rule_id=drafted.pk, revision=drafted.revision, at=clock.now(), actor=actor(stage.admin), **choices)
    drafted.refresh_from_db()


class TestAPublishedRule:
    def test_acts_on_what_happens_from_then_on(self, stage: Stage) -> None:
        before, case = stage.case("p-0", author="ann"), stage.case()
        take(stage, before)
        live(stage, {"when": "assigned"})
        take(stage, case)
        work()
        assert [row.case for row in CaseTag.objects.all()] == [case]

    @pytest.mark.parametrize(("act_on_past", "times"), [(False, 0), (True, 1)])
    def test_acts_on_the_past_only_when_asked(self, stage: Stage, act_on_past: bool, times: int) -> None:
        case = stage.case()
        standing_for(case, 60)
        status = Case.objects.get(pk=case.pk).status
        live(stage, TAGGED | {"standing": status}, act_on_past=act_on_past)
        work()
        assert CaseTag.objects.count() == times

    def test_goes_on_as_its_next_version_without_acting_twice(self, stage: Stage) -> None:
        case = stage.case()
        standing_for(case, 60)
        status = Case.objects.get(pk=case.pk).status
        drafted = live(stage, TAGGED | {"standing": status}, act_on_past=True)
        work()
        version = RuleVersion.objects.get(rule=drafted)
        rule.change_draft(
            rule_id=drafted.pk,
            revision=drafted.revision,
            when=TAGGED | {"standing": status},
            condition={},
            steps=version.steps,
            at=clock.now(),
            actor=actor(stage.admin),
        )
        drafted.refresh_from_db()
        move(stage, drafted, rule.publish, act_on_past=True)
        work()
        assert Escalation.objects.count() == 1


class TestAPausedRule:
    @pytest.mark.parametrize(("skip", "times"), [(False, 1), (True, 0)])
    def test_hears_what_happened_meanwhile_unless_it_is_left_out(self, stage: Stage, skip: bool, times: int) -> None:
        case = stage.case()
        drafted = live(stage, {"when": "assigned"})
        move(stage, drafted, rule.pause)
        take(stage, case)
        work()
        assert not Escalation.objects.exists()
        move(stage, drafted, rule.resume, skip=skip)
        work()
        work()
        assert CaseTag.objects.count() == times

    @pytest.mark.parametrize(("skip", "times"), [(False, 1), (True, 0)])
    def test_looks_back_for_what_came_due_unless_it_is_left_out(self, stage: Stage, skip: bool, times: int) -> None:
        case = stage.case()
        status = Case.objects.get(pk=case.pk).status
        drafted = live(stage, TAGGED | {"standing": status})
        move(stage, drafted, rule.pause)
        Rule.objects.filter(pk=drafted.pk).update(paused_at=clock.now() - timedelta(hours=1))
        work()
        standing_for(case, 30)
        work()
        assert not Escalation.objects.exists()
        move(stage, drafted, rule.resume, skip=skip)
        work()
        assert CaseTag.objects.count() == times


class TestARetiredRule:
    def test_does_nothing_any_more(self, stage: Stage) -> None:
        case = stage.case()
        drafted = live(stage, {"when": "assigned"})
        move(stage, drafted, rule.retire)
        take(stage, case)
        work()
        assert not Escalation.objects.exists()
