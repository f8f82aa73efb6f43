"""Rules at work: every kind of step, when ladders stop, whom is called when, and what is written of it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F

from cases.commands import case as cases
from cases.commands import dialogue, escalation, people
from cases.commands import triage as triaging
from cases.jobs import escalation as jobs
from cases.models import (
    Absence,
    Action,
    Approval,
    Call,
    Case,
    CaseTag,
    Cue,
    Delivery,
    Escalation,
    EscalationStep,
    Event,
    Grant,
    Kind,
    Membership,
    RuleVersion,
    Tag,
    Target,
    Team,
    User,
)
from cases.queries import clock
from cases.vocabulary import EventKind, ObservationKind, Role, When
from tests.people import Stage, actor, person, set_stage
from tests.rules_at_work import TELL_OWNER, acted, became, deadline, live, overdue, told, version_of, work

pytestmark = pytest.mark.usefixtures("own_database")
DONE = [(1, "done", "")]
AUTHORITY = {"kind": "authority", "hours": "always", "after_minutes": 0}


@pytest.fixture
def stage(own_database: str) -> Stage:
    return set_stage()


@pytest.fixture
def opened(stage: Stage) -> Case:
    return stage.case()


def take(stage: Stage, case: Case) -> None:
    cases.take(case_id=case.pk, at=clock.now(), actor=actor(stage.agent))


def step(kind: str, after: int = 0, **fields: Any) -> dict[str, Any]:
    return {"kind": kind, "after_minutes": after, **fields}


def late(case: Case, minutes: float = 1) -> datetime:
    at = clock.now() - timedelta(minutes=minutes)
    deadline(case, at)
    return at


def did(version: RuleVersion) -> dict[str, Any]:
    found: dict[str, Any] = EscalationStep.objects.get(escalation__version=version).did
    return found


class TestOccasions:
    def test_an_event_calls_the_managers_once(self, stage: Stage, opened: Case) -> None:
        version = live(stage, When.ASSIGNED)
        take(stage, opened)
        work()
        work()
        assert became(version) == DONE
        assert told(stage.manager) == ["rule_called"]
        kinds = Event.objects.filter(stream="case", stream_id=opened.pk, kind__startswith="rule_").order_by("seq")
        assert list(kinds.values_list("kind", "actor_kind", "actor_id")) == [
            (EventKind.RULE_MATCHED, "rule", version.rule_id),
            (EventKind.RULE_STEPPED, "rule", version.rule_id),
        ]

    def test_a_deadline_that_is_over_is_found_by_the_sweep_once(self, stage: Stage, opened: Case) -> None:
        late(opened)
        version = live(stage, When.DEADLINE, **overdue())
        work()
        work()
        assert (acted(version), became(version), Cue.objects.count()) == (1, DONE, 0)
        assert Call.objects.get().status == "made"
        assert Escalation.objects.get().status == "done"

    def test_any_deadline_two_hours_before_it_is_due(self, stage: Stage, opened: Case) -> None:
        deadline(opened, clock.now() + timedelta(minutes=119))
        deadline(opened, clock.now() + timedelta(minutes=121), number=2)
        version = live(stage, When.DEADLINE, **overdue(goal=None, before=True, offset_amount=2, offset_unit="hour"))
        work()
        assert acted(version) == 1

    def test_a_case_that_has_stood_unanswered(self, stage: Stage, opened: Case) -> None:
        trigger = {"standing": "unanswered", "offset_amount": 30, "offset_unit": "minute"}
        version = live(stage, When.LASTED, trigger=trigger)
        other = live(
            stage,
            When.LASTED,
            name="New",
            trigger=trigger | {"standing": "new", "offset_amount": 365, "offset_unit": "day"},
        )
        work()
        assert (acted(version), acted(other)) == (1, 0)

    def test_the_condition_decides_and_what_it_saw_is_kept(self, stage: Stage, opened: Case) -> None:
        leaf = {"fact": "severity", "op": "at_least", "value": 4}
        no = live(stage, When.ASSIGNED, condition={"all": [leaf]})
        yes = live(stage, When.ASSIGNED, name="Yes", condition={"none": [leaf]})
        take(stage, opened)
        work()
        assert (acted(no), acted(yes)) == (0, 1)
        assert Escalation.objects.get().saw == {"condition": [{**leaf, "saw": 3, "holds": False}]}

    def test_reach_counts_when_it_crosses_the_mark(self, stage: Stage, opened: Case) -> None:
        version = live(stage, When.REACH, trigger={"reach": "views", "above": 1000})
        fast = live(stage, When.REACH, name="Fast", trigger={"reach": "views", "above": 1500, "within_minutes": 60})
        post = opened.links.get().post
        now = clock.now()
        for views, minutes in ((900, 50), (1100, 40), (1200, 30), (2500, 20)):
            triaging.observe(
                post_id=post.pk,
                kind=ObservationKind.REACH,
                views=views,
                seen_at=now - timedelta(minutes=minutes),
                at=now,
                actor=actor(stage.agent),
            )
            work()
        assert (acted(version), acted(fast)) == (1, 1)

    def test_hidden_means_by_us(self, stage: Stage, opened: Case) -> None:
        version = live(stage, When.HIDDEN)
        post = opened.links.get().post
        for kind in (ObservationKind.GONE, ObservationKind.HIDDEN_BY_US):
            now = clock.now()
            triaging.observe(
                post_id=post.pk, kind=kind, reason="Insults", seen_at=now, at=now, actor=actor(stage.manager)
            )
            work()
        assert acted(version) == 1

    def test_a_deadline_written_behind_the_sweep_becomes_a_cue(self, stage: Stage, opened: Case) -> None:
        version = live(stage, When.DEADLINE, **overdue())
        work()
        late(opened, minutes=30)
        assert Cue.objects.count() == 1
        work()
        step_ = EscalationStep.objects.get()
        assert (acted(version), step_.is_late) == (1, False)

    def test_a_deadline_moved_later_is_another_occasion_and_earlier_one_too(self, stage: Stage, opened: Case) -> None:
        version = live(stage, When.DEADLINE, **overdue())
        row = deadline(opened, clock.now() - timedelta(minutes=1))
        work()
        type(row).objects.filter(pk=row.pk).update(due_at=clock.now() + timedelta(hours=1))
        work()
        assert acted(version) == 1
        type(row).objects.filter(pk=row.pk).update(due_at=clock.now() - timedelta(seconds=5))
        work()
        work()
        assert acted(version) == 2

    def test_a_paused_or_retired_rule_does_nothing(self, stage: Stage, opened: Case) -> None:
        late(opened)
        for name, field in (("Paused", "paused_at"), ("Retired", "retired_at")):
            for when in (When.ASSIGNED, When.DEADLINE):
                fields = overdue() if when == When.DEADLINE else {}
                rule = live(stage, when, name=f"{name} {when}", **fields).rule
                setattr(rule, field, clock.now())
                rule.save()
        take(stage, opened)
        work()
        assert (Escalation.objects.count(), Cue.objects.count()) == (0, 0)

    def test_the_version_that_was_live_acts_and_its_ladder_goes_on(self, stage: Stage, opened: Case) -> None:
        first = live(stage, When.ASSIGNED, step("tell", whom="managers", hours="always"), step("severity", 5, levels=1))
        take(stage, opened)
        second = version_of(first.rule, When.ASSIGNED, number=2, at=clock.now())
        work()
        assert (acted(first), acted(second)) == (1, 0)
        EscalationStep.objects.filter(status="pending").update(due_at=clock.now())
        work()
        assert became(first) == [(1, "done", ""), (2, "done", "")]
        cases.assign(case_id=opened.pk, owner_id=stage.colleague.pk, at=clock.now(), actor=actor(stage.manager))
        work()
        assert (acted(first), acted(second)) == (1, 1)


class TestSteps:
    def test_assigns_to_the_lead(self, stage: Stage, opened: Case) -> None:
        late(opened)
        version = live(
            stage, When.DEADLINE, step("assign", whom="lead", team=stage.team.pk, hours="always"), **overdue()
        )
        work()
        opened.refresh_from_db()
        assert (opened.owner_id, became(version), told(stage.manager)) == (stage.manager.pk, DONE, ["rule_called"])
        event = Event.objects.get(kind=EventKind.CASE_ASSIGNED)
        assert (event.actor_kind, event.actor_id) == ("rule", version.rule_id)

    def test_hands_to_whose_authority_suffices_for_the_largest_action(self, stage: Stage, opened: Case) -> None:
        Grant.objects.filter(brand=stage.brand).update(ended_at=clock.now())
        Grant.objects.create(brand=stage.brand, role=Role.AGENT, currency="EUR", per_action=50)
        Grant.objects.create(brand=stage.brand, role=Role.MANAGER, currency="EUR", per_action=500)
        take(stage, opened)
        Action.objects.filter(case=opened).update(amount=Decimal(200), currency="EUR")
        late(opened)
        version = live(stage, When.DEADLINE, AUTHORITY, **overdue())
        work()
        opened.refresh_from_db()
        assert (opened.owner_id, became(version)) == (stage.manager.pk, DONE)
        late_again = live(stage, When.DEADLINE, AUTHORITY, name="Again", **overdue())
        work()
        assert became(late_again) == [(1, "skipped", "nothing")]
        Action.objects.filter(case=opened).update(amount=Decimal(900))
        nobody = live(stage, When.DEADLINE, AUTHORITY, name="Nobody", **overdue())
        work()
        assert became(nobody) == [(1, "failed", "nobody")]

    def test_raises_the_severity_up_to_the_highest(self, stage: Stage, opened: Case) -> None:
        late(opened)
        version = live(stage, When.DEADLINE, step("severity", levels=3), step("severity", levels=1), **overdue())
        work()
        opened.refresh_from_db()
        assert (opened.severity, became(version)) == (4, [(1, "done", ""), (2, "skipped", "nothing")])

    def test_adds_a_required_action_once_proposed(self, stage: Stage, opened: Case) -> None:
        late(opened)
        adds = step("action", kind_id=stage.apology.pk)
        version = live(stage, When.DEADLINE, adds, adds, **overdue())
        work()
        added = Action.objects.get(case=opened, kind=stage.apology)
        assert (added.status, added.is_required, added.created_by_id) == ("proposed", True, None)
        assert became(version) == [(1, "done", ""), (2, "skipped", "nothing")]

    def test_asks_for_an_approval_on_behalf_of_the_owner(self, stage: Stage, opened: Case) -> None:
        take(stage, opened)
        Action.objects.filter(case=opened).update(amount=Decimal(200), currency="EUR")
        late(opened)
        version = live(stage, When.DEADLINE, step("approval"), step("approval"), **overdue())
        work()
        asked = Approval.objects.get()
        assert (asked.requested_by_id, asked.asked.get().person_id) == (stage.agent.pk, stage.manager.pk)
        assert became(version) == [(1, "done", ""), (2, "skipped", "nothing")]

    def test_puts_a_tag_on(self, stage: Stage, opened: Case) -> None:
        late(opened)
        urgent = Tag.objects.create(brand=stage.brand, name="urgent")
        version = live(stage, When.DEADLINE, step("tag", tag=urgent.pk), step("tag", tag=urgent.pk), **overdue())
        work()
        assert CaseTag.objects.filter(case=opened, tag=urgent).count() == 1
        assert became(version) == [(1, "done", ""), (2, "skipped", "nothing")]

    def test_tells_a_connected_system_without_words_or_names(self, stage: Stage, opened: Case) -> None:
        late(opened)
        target = Target.objects.create(brand=stage.brand, name="Ops", url="https://ops.example/hook", secret="cds_x")
        version = live(stage, When.DEADLINE, step("hook", target=target.pk), **overdue())
        work()
        row = Delivery.objects.get(kind="hook")
        assert (row.status, row.target_id, did(version)) == ("queued", target.pk, {"delivery": row.pk})
        assert set(json.loads(row.body or "")) == {
            "event", "case", "brand", "rule", "step", "severity", "url",
        }  # fmt: skip

    def test_what_a_step_names_is_gone_and_admins_are_told_once(self, stage: Stage) -> None:
        gone = Kind.objects.create(brand=stage.brand, code="g", label={"en": "G"}, proof="outcome", is_active=False)
        team = Team.objects.create(brand=stage.brand, name="Old", is_active=False)
        off = Tag.objects.create(brand=stage.brand, name="off", is_active=False)
        target = Target.objects.create(brand=stage.brand, name="O", url="https://x.example", is_active=False)
        version = live(
            stage,
            When.DEADLINE,
            step("action", kind_id=gone.pk),
            step("tell", whom="team", team=team.pk),
            step("tag", tag=off.pk),
            step("hook", target=target.pk),
            step("tell", whom="person", person=stage.outsider.pk),
            **overdue(),
        )
        for number in range(2):
            late(stage.case(f"p-{number}", author=f"a-{number}"))
        work()
        assert became(version) == [(number, "failed", "gone") for number in (1, 2, 3, 4, 5)] * 2
        assert told(stage.admin) == ["rule_gone"]

    def test_a_case_that_does_not_allow_it_leaves_nothing_half_done(self, stage: Stage, opened: Case) -> None:
        version = live(stage, When.CLASSIFIED, step("approval"))
        take(stage, opened)
        Action.objects.filter(case=opened).update(amount=Decimal(200), currency="EUR")
        Grant.objects.filter(brand=stage.brand).update(ended_at=clock.now())
        cases.classify(
            case_id=opened.pk, category_id=stage.category.pk, severity=2, at=clock.now(), actor=actor(stage.agent)
        )
        work()
        assert became(version) == [(1, "failed", "nobody")]
        assert (Approval.objects.count(), opened.actions.get().status) == (0, "proposed")


class TestLadders:
    def test_stops_when_the_cause_is_gone(self, stage: Stage, opened: Case) -> None:
        row = deadline(opened, clock.now() - timedelta(minutes=1))
        second = step("severity", 10, levels=1)
        version = live(stage, When.DEADLINE, {**TELL_OWNER, "whom": "managers"}, second, stop="cause_gone", **overdue())
        work()
        type(row).objects.filter(pk=row.pk).update(ended_at=clock.now(), ended="superseded")
        EscalationStep.objects.filter(status="pending").update(due_at=clock.now())
        work()
        assert became(version) == [(1, "done", ""), (2, "skipped", "stopped")]
        assert Escalation.objects.get().status == "stopped"
        assert Event.objects.filter(kind=EventKind.RULE_STOPPED).get().payload["reason"] == "stopped"

    @pytest.mark.parametrize(("stop", "ends"), [("replied", True), ("owner_acted", True), ("handled", False)])
    def test_stops_when_somebody_has_done_something(self, stage: Stage, opened: Case, stop: str, ends: bool) -> None:
        take(stage, opened)
        version = live(stage, When.CLASSIFIED, step("severity", 10, levels=1), stop=stop)
        cases.classify(
            case_id=opened.pk, category_id=stage.category.pk, severity=2, at=clock.now(), actor=actor(stage.manager)
        )
        work()
        dialogue.write_note(case_id=opened.pk, text="Looking", at=clock.now(), actor=actor(stage.agent))
        if stop == "replied":
            type(opened.complainant).objects.filter(pk=opened.complainant_id).update(email="tom@example.org")
            dialogue.send_message(case_id=opened.pk, text="Hello", at=clock.now(), actor=actor(stage.agent))
        EscalationStep.objects.filter(status="pending").update(due_at=clock.now())
        work()
        assert became(version) == [(1, "skipped", "stopped") if ends else (1, "done", "")]

    def test_a_case_that_has_ended_ends_every_ladder_and_its_calls(self, stage: Stage, opened: Case) -> None:
        version = live(stage, When.CLASSIFIED, step("severity", 10, levels=1))
        cases.classify(
            case_id=opened.pk, category_id=stage.category.pk, severity=2, at=clock.now(), actor=actor(stage.manager)
        )
        work()
        cases.dismiss(case_id=opened.pk, reason="A joke", at=clock.now(), actor=actor(stage.agent))
        EscalationStep.objects.filter(status="pending").update(due_at=clock.now())
        work()
        assert became(version) == [(1, "skipped", "stopped")]

    def test_is_late_and_says_so_or_skips(self, stage: Stage, opened: Case) -> None:
        late(opened, minutes=120)
        says, skips = (
            live(stage, When.DEADLINE, name=missed, missed=missed, since=clock.now() - timedelta(days=1), **overdue())
            for missed in ("late", "skip")
        )
        work()
        assert (became(says), became(skips)) == (DONE, [(1, "skipped", "missed")])
        assert list(EscalationStep.objects.values_list("is_late", flat=True)) == [True, True]

    def test_rules_that_set_each_other_off_are_stopped_and_admins_told_once(self, stage: Stage, opened: Case) -> None:
        Team.objects.filter(pk=stage.team.pk).update(lead=stage.manager, on_duty=stage.agent)
        for name, whom in (("One", "lead"), ("Two", "duty")):
            live(
                stage,
                When.ASSIGNED,
                step("assign", whom=whom, team=stage.team.pk, hours="always"),
                name=name,
                condition={"all": [{"fact": "severity", "op": "at_least", "value": 1}]},
            )
        take(stage, opened)
        for _ in range(12):
            work()
        assert Escalation.objects.filter(status="suppressed", reason="loop").exists()
        assert not EscalationStep.objects.filter(status="pending").exists()
        assert Escalation.objects.order_by("-depth").first().depth == 5  # type: ignore[union-attr]
        assert 1 <= told(stage.admin).count("rule_loop") <= 2


class TestCalls:
    def test_no_more_than_the_brand_allows_the_rest_in_one(self, stage: Stage) -> None:
        type(stage.brand).objects.filter(pk=stage.brand.pk).update(calls_an_hour=3)
        live(stage, When.DEADLINE, step("tell", whom="managers", hours="always", by="mail"), **overdue())
        for number in range(5):
            late(stage.case(f"p-{number}", author=f"a-{number}"))
            work()
        assert told(stage.manager) == ["rule_called"] * 3
        assert list(Call.objects.order_by("pk").values_list("status", flat=True)) == ["made"] * 3 + ["held"] * 2
        Call.objects.filter(status="made").update(made_at=F("made_at") - timedelta(hours=1))
        Call.objects.filter(status="held").update(call_at=F("call_at") - timedelta(hours=1))
        work()
        assert told(stage.manager) == ["rule_called"] * 3 + ["rule_bundle"]
        mail = Delivery.objects.filter(purpose="rule_call").order_by("pk").last()
        assert mail is not None
        assert (mail.recipient, mail.body.count("calls you")) == ("manager@example.org", 2)  # type: ignore[union-attr]

    def test_waits_for_working_hours_unless_always(self, stage: Stage, opened: Case) -> None:
        from cases.models import Calendar

        never_today = {day: [["00:00", "00:01"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
        Calendar.objects.create(brand=stage.brand, name="Short", zone="UTC", week=never_today, is_default=True)
        late(opened)
        live(stage, When.DEADLINE, step("tell", whom="managers", hours="working"), **overdue())
        work()
        call = Call.objects.get()
        assert (call.status, call.call_at > clock.now(), told(stage.manager)) == ("waiting", True, [])
        jobs.make_calls(person_id=stage.manager.pk)
        Call.objects.update(call_at=clock.now())
        work()
        assert told(stage.manager) == ["rule_called"]

    def test_a_restricted_case_calls_only_who_may_see_it(self, stage: Stage, opened: Case) -> None:
        take(stage, opened)
        cases.restrict(case_id=opened.pk, is_restricted=True, at=clock.now(), actor=actor(stage.manager))
        version = live(stage, When.DEADLINE, step("tell", whom="team", hours="always"), **overdue())
        Case.objects.filter(pk=opened.pk).update(team=stage.team)
        late(opened)
        work()
        assert did(version) == {"people": [stage.agent.pk]}
        assert told(stage.colleague) == []

    @pytest.mark.parametrize("why", ["deactivated", "away", "removed", "about"])
    def test_never_calls_who_is_not_there(self, stage: Stage, opened: Case, why: str) -> None:
        late(opened)
        assigns = step("assign", whom="person", person=stage.colleague.pk, hours="always")
        tells = step("tell", whom="person", person=stage.colleague.pk, hours="always")
        version = live(stage, When.DEADLINE, tells, assigns, **overdue())
        today = clock.now().date()
        if why == "deactivated":
            people.deactivate_person(person_id=stage.colleague.pk, at=clock.now(), actor=actor(stage.admin))
        elif why == "away":
            Absence.objects.create(
                brand=stage.brand, person=stage.colleague, starts_on=today - timedelta(1), ends_on=today + timedelta(1)
            )
        elif why == "removed":
            Membership.objects.filter(person=stage.colleague).delete()
        else:
            Case.objects.filter(pk=opened.pk).update(about=stage.colleague)
        work()
        reason = "gone" if why in {"deactivated", "removed"} else "nobody"
        assert became(version) == [(1, "failed", reason), (2, "failed", reason)]
        assert (Call.objects.count(), stage.colleague.notifications.count()) == (0, 0)

    def test_duty_falls_to_the_lead_then_to_a_manager(self, stage: Stage, opened: Case) -> None:
        second = person("second")
        Membership.objects.create(person=second, brand=stage.brand, role=Role.MANAGER)
        Team.objects.filter(pk=stage.team.pk).update(on_duty=stage.agent)
        today = clock.now().date()
        Case.objects.filter(pk=opened.pk).update(team=stage.team)
        version = live(stage, When.DEADLINE, step("tell", whom="duty", hours="always"), **overdue())
        for number, called in enumerate((stage.agent, stage.manager, second), start=1):
            deadline(opened, clock.now() - timedelta(minutes=1), number=number)
            work()
            last = EscalationStep.objects.filter(escalation__version=version).latest("pk")
            assert last.did == {"people": [called.pk]}
            Absence.objects.create(brand=stage.brand, person=called, starts_on=today, ends_on=today + timedelta(1))

    def test_whoever_leaves_before_a_call_is_not_called(self, stage: Stage, opened: Case) -> None:
        late(opened)
        live(stage, When.DEADLINE, step("tell", whom="person", person=stage.colleague.pk, hours="always"), **overdue())
        jobs.sweep_rules()
        jobs.hear_cues()
        jobs.take_steps()
        User.objects.filter(pk=stage.colleague.pk).update(is_active=False)
        jobs.make_calls()
        assert (Call.objects.get().status, told(stage.colleague)) == ("dropped", [])


class TestFailures:
    def test_a_cue_that_cannot_be_heard_holds_up_no_other(self, stage: Stage, opened: Case) -> None:
        broken = live(stage, When.ASSIGNED, name="Broken", condition={"all": [{"fact": "gone", "op": "is"}]})
        fine = live(stage, When.ASSIGNED, name="Fine")
        take(stage, opened)
        work()
        cue = Cue.objects.get()
        assert (acted(fine), cue.version_id, cue.attempts, cue.error) == (1, broken.pk, 1, "BadRule")
        assert cue.try_at > clock.now()

    def test_a_step_that_fails_of_itself_is_tried_again_and_given_up(
        self, stage: Stage, opened: Case, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def explode(*_: object, **__: object) -> None:
            raise RuntimeError

        version = live(stage, When.ASSIGNED)
        take(stage, opened)
        monkeypatch.setattr("cases.commands.moves.climbing.act", explode)
        for _ in range(escalation.MOST_ATTEMPTS):
            work()
            EscalationStep.objects.filter(status="pending").update(due_at=clock.now())
        assert became(version) == [(1, "failed", "refused")]
        assert did(version) == {"refused": "RuntimeError"}

    def test_the_journal_stays_whole_and_names_every_row(self, stage: Stage, opened: Case) -> None:
        from cases.queries import verification

        live(stage, When.ASSIGNED, step("severity", levels=1), step("tell", whom="managers", hours="always"))
        take(stage, opened)
        work()
        found = [finding for step_ in verification.walk(opened) for finding in step_.findings]
        assert (found, list(verification.unnamed(opened))) == ([], [])
