"""Rules: drafted, put live, paused, retired, put in order; and two admins who edit one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cases import errors
from cases.commands import rule, tag
from cases.models import Brand, Cue, Event, Heartbeat, Replay, ReplayAct, Rule, RuleVersion
from cases.queries import rule as queries
from cases.queries import rule_count
from cases.rules import watching
from cases.rules.starting_rules import STARTING_RULES
from cases.vocabulary import EventKind, VersionStatus, When
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db

TELL = {"kind": "tell", "after_minutes": 0, "whom": "owner_or_duty"}


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def draft(stage: Stage, name: str = "Night watch", **parts: Any) -> Rule:
    given: dict[str, Any] = {"when": {"when": "wrote"}, "condition": {}, "steps": [TELL], **parts}
    return rule.draft_rule(brand_id=stage.brand.pk, name=name, at=AT, actor=actor(stage.admin), **given)


def live(stage: Stage, name: str = "Night watch", **parts: Any) -> Rule:
    drafted = draft(stage, name, **parts)
    put_live(stage, drafted)
    return drafted


def put_live(stage: Stage, drafted: Rule, **choices: Any) -> RuleVersion:
    drafted.refresh_from_db()
    given: dict[str, Any] = {"at": AT, **choices}
    version = rule.publish(rule_id=drafted.pk, revision=drafted.revision, actor=actor(stage.admin), **given)
    drafted.refresh_from_db()
    return version


def change(stage: Stage, drafted: Rule, revision: int | None = None, **parts: Any) -> RuleVersion:
    drafted.refresh_from_db()
    given: dict[str, Any] = {"when": {"when": "wrote"}, "condition": {}, "steps": [TELL], **parts}
    return rule.change_draft(
        rule_id=drafted.pk, revision=revision or drafted.revision, at=AT, actor=actor(stage.admin), **given
    )


def pause(stage: Stage, drafted: Rule) -> None:
    rule.pause(rule_id=drafted.pk, revision=drafted.revision, at=AT, actor=actor(stage.admin))
    drafted.refresh_from_db()


def resume(stage: Stage, drafted: Rule, **choices: Any) -> None:
    later = AT + timedelta(days=1)
    rule.resume(rule_id=drafted.pk, revision=drafted.revision, at=later, actor=actor(stage.admin), **choices)
    drafted.refresh_from_db()


def events(stage: Stage) -> list[dict[str, Any]]:
    rows = Event.objects.filter(kind=EventKind.RULE_CHANGED, stream="brand", stream_id=stage.brand.pk)
    return [row.payload for row in rows.order_by("seq")]


class TestDrafting:
    def test_makes_a_draft_below_all_others(self, stage: Stage) -> None:
        first, second = draft(stage), draft(stage, "Fast post")
        assert (first.position, second.position) == (0, 1)
        version = second.versions.get()
        assert (version.status, version.number, version.when) == (VersionStatus.DRAFT, 1, When.WROTE)
        assert version.steps[0]["kind"] == "tell"
        assert events(stage)[-1]["fields"] == ["created"]

    def test_says_what_is_wrong_and_where(self, stage: Stage) -> None:
        with pytest.raises(errors.NotARule) as refused:
            draft(stage, steps=[])
        assert (refused.value.fault, refused.value.field) == ("no_steps", "then")
        with pytest.raises(errors.NotARule) as refused:
            draft(stage, steps=[{"kind": "tell", "after_minutes": 0}])
        assert (refused.value.fault, refused.value.field) == ("missing", "then.0.whom")
        assert not Rule.objects.exists()

    def test_takes_a_name_once(self, stage: Stage) -> None:
        draft(stage)
        with pytest.raises(errors.Invalid):
            draft(stage, "night WATCH")

    @pytest.mark.parametrize("who", ["agent", "manager", "auditor"])
    def test_is_for_admins(self, stage: Stage, who: str) -> None:
        with pytest.raises(errors.NotAllowed):
            rule.draft_rule(
                brand_id=stage.brand.pk,
                name="No",
                when={"when": "wrote"},
                condition={},
                steps=[TELL],
                at=AT,
                actor=actor(getattr(stage, who)),
            )
        assert not Rule.objects.exists()

    def test_changes_the_draft_that_stands(self, stage: Stage) -> None:
        drafted = draft(stage)
        change(stage, drafted, when={"when": "reopened"})
        assert drafted.versions.get().when == When.REOPENED

    def test_makes_another_version_beside_the_live_one(self, stage: Stage) -> None:
        drafted = live(stage)
        version = change(stage, drafted, when={"when": "reopened"})
        assert (version.number, version.status) == (2, VersionStatus.DRAFT)
        assert drafted.versions.get(status=VersionStatus.LIVE).when == When.WROTE
        assert events(stage)[-1]["changed"] == ["trigger"]

    def test_of_two_admins_the_second_looks_again(self, stage: Stage) -> None:
        drafted = draft(stage)
        change(stage, drafted, revision=1)
        with pytest.raises(errors.ChangedMeanwhile):
            change(stage, drafted, revision=1, when={"when": "reopened"})
        assert drafted.versions.get().when == When.WROTE

    def test_a_draft_is_thrown_away(self, stage: Stage) -> None:
        drafted = live(stage)
        version = change(stage, drafted, when={"when": "reopened"})
        replay = Replay.objects.create(brand=stage.brand, version=version, starts_on=AT.date(), ends_on=AT.date())
        ReplayAct.objects.create(replay=replay, case=stage.case(), version=version, is_draft=True, step=1, at=AT)
        drafted.refresh_from_db()
        rule.discard_draft(rule_id=drafted.pk, revision=drafted.revision, actor=actor(stage.admin))
        assert [version.number for version in drafted.versions.all()] == [1]

    def test_a_rule_that_never_was_live_goes_with_its_draft(self, stage: Stage) -> None:
        drafted = draft(stage)
        rule.discard_draft(rule_id=drafted.pk, revision=1, actor=actor(stage.admin))
        drafted.refresh_from_db()
        assert drafted.retired_at is not None
        draft(stage)

    @pytest.mark.parametrize("starting", STARTING_RULES, ids=lambda each: each.code)
    def test_a_ready_made_rule_becomes_a_draft(self, stage: Stage, starting: Any) -> None:
        adopted = rule.adopt_rule(brand_id=stage.brand.pk, code=starting.code, at=AT, actor=actor(stage.admin))
        assert adopted.name == starting.name["en"]
        assert adopted.versions.get().status == VersionStatus.DRAFT
        put_live(stage, adopted)

    def test_there_is_no_other_ready_made_rule(self, stage: Stage) -> None:
        with pytest.raises(errors.NotFound):
            rule.adopt_rule(brand_id=stage.brand.pk, code="nothing", at=AT, actor=actor(stage.admin))


class TestPuttingLive:
    def test_takes_the_place_of_what_was_live(self, stage: Stage) -> None:
        drafted = live(stage)
        change(stage, drafted, when={"when": "reopened"})
        version = put_live(stage, drafted, at=AT + timedelta(hours=1))
        first = drafted.versions.get(number=1)
        assert (first.status, first.retired_at) == (VersionStatus.RETIRED, AT + timedelta(hours=1))
        assert (version.status, version.live_by) == (VersionStatus.LIVE, stage.admin)
        assert events(stage)[-1]["fields"] == ["live"]

    def test_needs_a_draft(self, stage: Stage) -> None:
        drafted = live(stage)
        with pytest.raises(errors.Invalid):
            put_live(stage, drafted)

    def test_begins_to_look_now(self, stage: Stage) -> None:
        when = {"when": "lasted", "standing": "new", "offset_amount": 2, "offset_unit": "hour"}
        drafted = live(stage, when=when)
        version = drafted.versions.get()
        since = AT - timedelta(hours=2)
        assert (version.watched, version.swept_from, version.swept_to) == ("new", since, since)

    def test_keeps_in_sight_what_the_one_before_did(self, stage: Stage) -> None:
        when = {"when": "lasted", "standing": "new", "offset_amount": 2, "offset_unit": "hour"}
        drafted = live(stage, when=when)
        change(stage, drafted, when=when, condition={"all": [{"fact": "severity", "op": "at_least", "value": 3}]})
        version = put_live(stage, drafted, at=AT + timedelta(days=1))
        since = AT - timedelta(hours=2)
        assert (version.swept_from, version.swept_to) == (since, since + timedelta(days=1))

    def test_on_the_past_only_when_asked_and_with_the_number(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(rule_count, "count_now", lambda *_: 101)
        drafted = draft(stage, when={"when": "lasted", "standing": "new", "offset_amount": 2, "offset_unit": "hour"})
        with pytest.raises(errors.MatchesMany) as refused:
            put_live(stage, drafted, act_on_past=True)
        assert refused.value.count == 101
        with pytest.raises(errors.MatchesMany):
            put_live(stage, drafted, act_on_past=True, expected=100)
        assert put_live(stage, drafted, act_on_past=True, expected=101).swept_to == watching.LONG_AGO

    def test_names_what_is_gone(self, stage: Stage) -> None:
        word = tag.add_tag(brand_id=stage.brand.pk, name="VIP", actor=actor(stage.admin))
        drafted = draft(stage, steps=[{"kind": "tag", "after_minutes": 0, "tag": word.pk}])
        tag.retire_tag(tag_id=word.pk, actor=actor(stage.admin))
        with pytest.raises(errors.RuleNamesGone) as refused:
            put_live(stage, drafted)
        assert "VIP" in refused.value.message
        tag.bring_back_tag(tag_id=word.pk, actor=actor(stage.admin))
        put_live(stage, drafted)

    def test_names_of_another_brand_are_gone_too(self, stage: Stage) -> None:
        step = {"kind": "tell", "after_minutes": 0, "whom": "person", "person": stage.outsider.pk}
        with pytest.raises(errors.RuleNamesGone) as refused:
            put_live(stage, draft(stage, steps=[step]))
        assert "Outsider" in refused.value.message

    def test_refuses_rules_that_set_each_other_off_for_ever(self, stage: Stage) -> None:
        def give(person: Any) -> dict[str, Any]:
            step = {"kind": "assign", "after_minutes": 0, "whom": "person", "person": person.pk}
            return {"when": {"when": "assigned"}, "steps": [step]}

        live(stage, "To the agent", **give(stage.agent))
        second = draft(stage, "To the colleague", **give(stage.colleague))
        with pytest.raises(errors.RulesLoop) as refused:
            put_live(stage, second)
        assert "“To the agent”" in refused.value.message
        assert "“To the colleague”" in refused.value.message
        assert not second.versions.filter(status=VersionStatus.LIVE).exists()


class TestPausing:
    def test_pauses_and_resumes(self, stage: Stage) -> None:
        drafted = live(stage)
        pause(stage, drafted)
        assert drafted.paused_at == AT
        resume(stage, drafted)
        assert drafted.paused_at is None

    @pytest.mark.parametrize(("skip", "looked"), [(False, timedelta(0)), (True, timedelta(days=1))])
    def test_what_came_due_meanwhile_is_made_up_for_or_left_out(
        self, stage: Stage, skip: bool, looked: timedelta
    ) -> None:
        when = {"when": "lasted", "standing": "new", "offset_amount": 2, "offset_unit": "hour"}
        drafted = live(stage, when=when)
        pause(stage, drafted)
        # The sweep has passed over it.
        part = f"rule:{drafted.versions.get().pk}"
        Heartbeat.objects.create(part=part, at=AT + timedelta(days=1))
        resume(stage, drafted, skip=skip)
        assert Heartbeat.objects.get(part=part).at == AT - timedelta(hours=2) + looked

    @pytest.mark.parametrize("skip", [False, True])
    def test_what_happened_meanwhile_is_heard_or_left_out(self, stage: Stage, skip: bool) -> None:
        drafted = live(stage, when={"when": "opened"})
        pause(stage, drafted)
        case = stage.case()
        # Heard while the rule was paused, nothing came of it.
        Cue.objects.all().delete()
        resume(stage, drafted, skip=skip)
        assert [cue.case for cue in Cue.objects.all()] == ([] if skip else [case])


class TestRetiring:
    def test_is_for_good(self, stage: Stage) -> None:
        drafted = live(stage)
        rule.retire(rule_id=drafted.pk, revision=drafted.revision, at=AT + timedelta(1), actor=actor(stage.admin))
        drafted.refresh_from_db()
        assert drafted.versions.get().status == VersionStatus.RETIRED
        with pytest.raises(errors.Invalid):
            change(stage, drafted)
        live(stage)


class TestOrder:
    def test_is_what_was_asked(self, stage: Stage) -> None:
        first, second = live(stage), live(stage, "Fast post")
        rule.reorder(brand_id=stage.brand.pk, rule_ids=[second.pk, first.pk], actor=actor(stage.admin))
        assert [each.rule_id for each in queries.placed(stage.brand.pk)] == [second.pk, first.pk]
        assert events(stage)[-1]["fields"] == ["order"]

    def test_of_other_rules_than_there_are_is_refused(self, stage: Stage) -> None:
        first = draft(stage)
        draft(stage, "Fast post")
        with pytest.raises(errors.ChangedMeanwhile):
            rule.reorder(brand_id=stage.brand.pk, rule_ids=[first.pk], actor=actor(stage.admin))


class TestRenaming:
    def test_changes_the_name(self, stage: Stage) -> None:
        drafted = draft(stage)
        rule.rename_rule(rule_id=drafted.pk, revision=1, name="Day watch", actor=actor(stage.admin))
        drafted.refresh_from_db()
        assert (drafted.name, drafted.revision) == ("Day watch", 2)


class TestCallsAnHour:
    def test_is_a_setting_of_the_brand(self, stage: Stage) -> None:
        rule.change_calls(brand_id=stage.brand.pk, calls_an_hour=3, actor=actor(stage.admin))
        assert Brand.objects.get(pk=stage.brand.pk).calls_an_hour == 3
        with pytest.raises(errors.Invalid):
            rule.change_calls(brand_id=stage.brand.pk, calls_an_hour=0, actor=actor(stage.admin))
