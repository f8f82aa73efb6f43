"""Rules as they are read: where they stand, what they did, what they name, and how many cases they are for now."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from cases import errors
from cases.commands import rule, tag
from cases.models import Call, Case, Escalation, EscalationStep, Rule, RuleVersion
from cases.queries import people, rule_count, rule_names
from cases.queries import rule as queries
from cases.queries.rule import Shelf
from cases.rules import escalation
from cases.rules.conflicts import Placed
from cases.vocabulary import (
    By,
    CallStatus,
    EscalationStatus,
    Reason,
    StepKind,
    StepStatus,
    VersionStatus,
)
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db

TELL = {"kind": "tell", "whom": "owner_or_duty"}
NEW = {"when": "lasted", "standing": "new", "offset_amount": 2, "offset_unit": "hour"}


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def draft(stage: Stage, name: str, **parts: Any) -> Rule:
    given: dict[str, Any] = {"when": {"when": "wrote"}, "condition": {}, "steps": [TELL], **parts}
    return rule.draft_rule(brand_id=stage.brand.pk, name=name, at=AT, actor=actor(stage.admin), **given)


def live(stage: Stage, name: str, **parts: Any) -> Rule:
    drafted = draft(stage, name, **parts)
    rule.publish(rule_id=drafted.pk, revision=1, at=AT, actor=actor(stage.admin))
    drafted.refresh_from_db()
    return drafted


def acted(drafted: Rule, case: Case, at: datetime, status: str = StepStatus.DONE, reason: str = "") -> Escalation:
    version = RuleVersion.objects.get(rule=drafted, status=VersionStatus.LIVE)
    found = Escalation.objects.create(
        brand_id=case.brand_id,
        case=case,
        rule=drafted,
        version=version,
        occasion=f"event:{case.pk}:{at.timestamp()}",
        matched_at=at,
        noticed_at=at,
        status=EscalationStatus.DONE,
    )
    EscalationStep.objects.create(
        escalation=found,
        number=1,
        kind=StepKind.TELL,
        due_at=at,
        done_at=at if status == StepStatus.DONE else None,
        status=status,
        reason=reason,
    )
    return found


def rules_of(stage: Stage, who: Any = None, shelf: Shelf | None = None) -> list[queries.Standing]:
    seer = people.seer_of((who or stage.admin).pk)
    return queries.rules_of([stage.brand.pk], seer, timezone.now(), shelf)


class TestShelves:
    def test_say_where_each_rule_stands(self, stage: Stage) -> None:
        first, second = live(stage, "Live"), live(stage, "Paused")
        rule.pause(rule_id=second.pk, revision=second.revision, at=AT, actor=actor(stage.admin))
        third = live(stage, "Retired")
        rule.retire(rule_id=third.pk, revision=third.revision, at=AT, actor=actor(stage.admin))
        draft(stage, "Draft")
        again = {"when": {"when": "reopened"}, "condition": {}, "steps": [TELL]}
        rule.change_draft(rule_id=first.pk, revision=first.revision, at=AT, actor=actor(stage.admin), **again)  # type: ignore[arg-type]
        names = {shelf: [row.rule.name for row in rules_of(stage, shelf=shelf)] for shelf in Shelf}
        assert names == {
            Shelf.LIVE: ["Live"],
            Shelf.DRAFTS: ["Live", "Draft"],
            Shelf.PAUSED: ["Paused"],
            Shelf.RETIRED: ["Retired"],
        }
        assert queries.counts([stage.brand.pk]) == {shelf: len(names[shelf]) for shelf in Shelf}

    def test_show_what_is_live_before_its_draft(self, stage: Stage) -> None:
        first = live(stage, "Live")
        again = {"when": {"when": "reopened"}, "condition": {}, "steps": [TELL]}
        rule.change_draft(rule_id=first.pk, revision=first.revision, at=AT, actor=actor(stage.admin), **again)  # type: ignore[arg-type]
        [row] = rules_of(stage)
        assert row.ladder is not None
        assert row.ladder.trigger.when == "wrote"
        [change] = queries.difference_to_live(row)
        assert change.part == "trigger"
        newest, oldest = queries.versions_of(first)
        assert (newest.version.number, [each.part for each in newest.changes]) == (2, ["trigger"])
        assert (oldest.version.number, oldest.changes) == (1, [])


class TestStats:
    def test_say_what_a_rule_did_of_late(self, stage: Stage) -> None:
        now, case = timezone.now(), stage.case()
        busy, idle = live(stage, "Busy"), live(stage, "Idle")
        acted(busy, case, now - timedelta(days=31))
        found = acted(busy, case, now - timedelta(days=1))
        acted(busy, case, now - timedelta(days=2), StepStatus.FAILED, Reason.NOBODY)
        acted(busy, case, now - timedelta(days=3), StepStatus.SKIPPED, Reason.STOPPED)
        Call.objects.create(
            brand=stage.brand,
            case=case,
            step=found.steps.get(),
            person=stage.agent,
            by=By.MAIL,
            status=CallStatus.MADE,
            call_at=now,
            made_at=now,
        )
        rule.mark_useful(escalation_id=found.pk, was_useful=True, actor=actor(stage.agent))
        first, second = rules_of(stage)
        assert first.stats == queries.Stats(
            last_matched=now - timedelta(days=1),
            last_acted=now - timedelta(days=1),
            matched=3,
            acted=1,
            useful=1,
            called=[("Agent", 1)],
            in_vain={Reason.NOBODY: 1},
        )
        assert (second.rule, second.stats) == (idle, queries.Stats(never_matched=True))

    def test_count_only_cases_that_one_may_open(self, stage: Stage) -> None:
        case = stage.case()
        busy = live(stage, "Busy")
        acted(busy, case, timezone.now())
        Case.objects.filter(pk=case.pk).update(is_restricted=True)
        [row] = rules_of(stage, stage.auditor)
        assert (row.stats.matched, row.stats.never_matched) == (0, False)
        [row] = rules_of(stage, stage.manager)
        assert row.stats.matched == 1

    def test_cost_the_same_for_many_rules(
        self, stage: Stage, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        case = stage.case()
        for number in range(12):
            acted(live(stage, f"Rule {number}"), case, timezone.now())
        seer = people.seer_of(stage.admin.pk)
        with django_assert_max_num_queries(7):
            rows = queries.rules_of([stage.brand.pk], seer, timezone.now())
            rule_names.names_of([row.ladder for row in rows if row.ladder])
        assert len(rows) == 12


class TestUsefulness:
    def test_is_for_whoever_may_see_the_case(self, stage: Stage) -> None:
        found = acted(live(stage, "Busy"), stage.case(), timezone.now())
        rule.mark_useful(escalation_id=found.pk, was_useful=False, actor=actor(stage.agent))
        found.refresh_from_db()
        assert found.was_useful is False
        with pytest.raises(errors.NotFound):
            rule.mark_useful(escalation_id=found.pk, was_useful=True, actor=actor(stage.outsider))
        rule.mark_useful(escalation_id=found.pk, was_useful=None, actor=actor(stage.agent))
        found.refresh_from_db()
        assert found.was_useful is None


class TestReading:
    def test_a_rule_is_for_those_who_see_how_the_brand_is_set_up(self, stage: Stage) -> None:
        drafted = draft(stage, "Night watch")
        for who in (stage.admin, stage.manager, stage.auditor):
            assert queries.rule_to_read(people.seer_of(who.pk), drafted.public_id) == drafted
        with pytest.raises(errors.NotAllowed):
            queries.rule_to_read(people.seer_of(stage.agent.pk), drafted.public_id)
        with pytest.raises(errors.NotFound):
            queries.rule_to_read(people.seer_of(stage.outsider.pk), drafted.public_id)
        with pytest.raises(errors.NotAllowed):
            queries.rule_to_set_up(people.seer_of(stage.manager.pk), drafted.public_id)


class TestConflicts:
    def test_are_found_between_live_rules_and_with_a_draft(self, stage: Stage) -> None:
        give = {"kind": "assign", "whom": "lead"}
        first = live(stage, "First", steps=[give])
        second = draft(stage, "Second", steps=[give | {"whom": "duty"}])
        assert queries.conflicts_of(stage.brand.pk) == ([], [])
        ladder = queries.readable(second.versions.get())
        assert ladder is not None
        [conflict], _ = queries.conflicts_of(stage.brand.pk, [Placed(rule_id=second.pk, name="Second", ladder=ladder)])
        assert (conflict.above.rule_id, conflict.below.rule_id) == (first.pk, second.pk)


class TestNames:
    def test_come_in_one_query_with_what_is_gone(
        self, stage: Stage, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        word = tag.add_tag(brand_id=stage.brand.pk, name="VIP", actor=actor(stage.admin))
        tag.retire_tag(tag_id=word.pk, actor=actor(stage.admin))
        condition = {
            "all": [
                {"fact": "category", "op": "is", "value": stage.category.pk},
                {"fact": "channel", "op": "any_of", "value": [stage.channel.pk]},
                {"fact": "owner", "op": "is", "value": stage.outsider.pk},
            ]
        }
        steps = [
            {"kind": "tag", "tag": word.pk},
            {"kind": "tell", "whom": "lead", "team": stage.team.pk},
            {"kind": "tell", "whom": "person", "person": stage.agent.pk},
            {"kind": "action", "kind_id": stage.refund.pk},
            {"kind": "hook", "target": 999},
        ]
        ladder = escalation.parse({"when": "wrote"}, condition, steps)
        with django_assert_num_queries(1):
            names = rule_names.names_of([ladder, ladder])
        assert names.label("kind", stage.refund.pk) == {"en": "Refund", "fr": "Remboursement"}
        assert names.label("team", stage.team.pk) == "Delivery"
        gone = {(each.what, each.label) for each in names.gone(ladder, stage.brand.pk)}
        assert gone == {("person", "Outsider"), ("tag", "VIP"), ("target", None)}

    def test_of_nothing_cost_nothing(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with django_assert_num_queries(0):
            assert rule_names.names_of([escalation.parse({"when": "wrote"}, {}, [TELL])]) == rule_names.Names()


class TestCountingWhatMatchesNow:
    def test_takes_the_clock_and_the_condition(self, stage: Stage) -> None:
        for number in range(3):
            stage.case(f"p-{number}", author=f"a{number}")
        Case.objects.update(status_since=AT)
        later = AT + timedelta(hours=3)
        assert rule_count.count_now(stage.brand.pk, escalation.parse(NEW, {}, [TELL]), later) == 3
        assert rule_count.count_now(stage.brand.pk, escalation.parse(NEW, {}, [TELL]), AT + timedelta(hours=1)) == 0
        none = {"all": [{"fact": "severity", "op": "at_least", "value": 4}]}
        assert rule_count.count_now(stage.brand.pk, escalation.parse(NEW, none, [TELL]), later) == 0

    def test_is_nothing_for_what_has_yet_to_happen(self, stage: Stage) -> None:
        stage.case()
        assert rule_count.count_now(stage.brand.pk, escalation.parse({"when": "wrote"}, {}, [TELL]), AT) == 0
