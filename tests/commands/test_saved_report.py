"""Saved reports: by whom they are kept, changed, shared and scheduled, and what stands in the journal of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cases import errors
from cases.commands import people as people_commands
from cases.commands import saved_report as commands
from cases.models import Event, Membership, SavedReport, User
from cases.queries import people
from cases.queries.reports import saved
from cases.queries.reports.asked import Asked
from cases.rules.rhythm import Beat
from cases.vocabulary import EventKind, Format, Rhythm, Role
from tests.people import Stage, actor, set_stage

pytestmark = pytest.mark.django_db
# A Tuesday.
NOW = datetime(2026, 9, 8, 12, 0, tzinfo=UTC)
MONDAYS = Beat(Rhythm.WEEKLY, 8, "Europe/Paris", weekday=0)


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def asked(report: str = "flow", **given: list[str]) -> Asked:
    filled = {"period": ["last-month"], "zone": ["Europe/Paris"]} | given
    return Asked.of(report, filled, now=NOW, zone="UTC")


def kept(stage: Stage, by: User | None = None, **more: Any) -> SavedReport:
    arguments = {"asked": asked(), "name": "Board"} | more
    return commands.save_report(at=NOW, actor=actor(by or stage.manager), **arguments)


def scheduled(stage: Stage, found: SavedReport, *to: User, **more: Any) -> SavedReport:
    arguments: dict[str, Any] = {
        "beat": MONDAYS,
        "written_as": Format.CSV,
        "at": NOW,
        "actor": actor(stage.manager),
    } | more
    ids = [each.pk for each in to or (stage.manager,)]
    return commands.schedule(saved_id=found.pk, recipient_ids=ids, **arguments)


def changes() -> list[str]:
    rows = Event.objects.filter(kind=EventKind.REPORT_SAVED).order_by("seq")
    return [row.payload["change"] for row in rows]


class TestSaving:
    def test_keeps_what_was_asked_and_asks_it_again(self, stage: Stage) -> None:
        question = asked("speed", brand=[str(stage.brand.pk)], split=["team"], compare=["year"])
        found = kept(stage, asked=question, name="  Speed\n by team ")
        assert (found.name, found.report, found.zone, found.is_shared) == (
            "Speed by team",
            "speed",
            "Europe/Paris",
            False,
        )
        found.refresh_from_db()
        assert saved.asked_of(found, NOW) == question
        [event] = Event.objects.filter(kind=EventKind.REPORT_SAVED)
        assert event.payload == {"saved": found.pk, "change": "saved", "report": "speed", "shared": False}

    def test_a_preset_moves_with_the_days_and_dates_stay(self, stage: Stage) -> None:
        moving, fixed = kept(stage), kept(stage, asked=asked().fixed)
        october = NOW + timedelta(days=30)
        assert saved.asked_of(moving, october).period.written == ("2026-09-01", "2026-09-30")
        assert saved.asked_of(fixed, october).period.written == ("2026-08-01", "2026-08-31")

    def test_the_front_page_can_be_kept_and_nothing_that_is_none(self, stage: Stage) -> None:
        assert kept(stage, asked=asked("front")).report == "front"
        with pytest.raises(errors.NotFound):
            kept(stage, asked=asked("secrets"))

    @pytest.mark.parametrize(("who", "allowed"), [("agent", False), ("auditor", True), ("admin", True)])
    def test_whoever_reads_reports_keeps_them(self, stage: Stage, who: str, allowed: bool) -> None:
        if allowed:
            assert kept(stage, by=getattr(stage, who)).owner == getattr(stage, who)
            return
        with pytest.raises(errors.NotAllowed):
            kept(stage, by=getattr(stage, who))
        assert not SavedReport.objects.exists()

    def test_an_auditor_keeps_nothing_by_person(self, stage: Stage) -> None:
        with pytest.raises(errors.SplitNotAllowed):
            kept(stage, by=stage.auditor, asked=asked("people", split=["owner"]))

    @pytest.mark.parametrize("name", ["", "  ", "x" * 81])
    def test_it_has_a_name_that_fits(self, stage: Stage, name: str) -> None:
        with pytest.raises(errors.Invalid):
            kept(stage, name=name)

    def test_nobody_keeps_them_without_end(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(commands, "MOST_SAVED", 1)
        kept(stage)
        with pytest.raises(errors.TooManySaved):
            kept(stage)


class TestChanging:
    def test_only_its_owner_changes_it(self, stage: Stage) -> None:
        found = kept(stage, is_shared=True)
        other: dict[str, Any] = {"saved_id": found.pk, "at": NOW, "actor": actor(stage.auditor)}
        for change in (
            lambda: commands.change_report(name="Mine", is_shared=True, **other),
            lambda: commands.unschedule(**other),
            lambda: commands.drop_report(**other),
            lambda: scheduled(stage, found, actor=actor(stage.auditor)),
        ):
            with pytest.raises(errors.NotAllowed):
                change()
        found.refresh_from_db()
        assert (found.name, found.is_active, found.rhythm) == ("Board", True, "")
        assert changes() == ["saved"]

    def test_what_one_does_not_see_is_not_there(self, stage: Stage) -> None:
        found = kept(stage)
        with pytest.raises(errors.NotFound):
            commands.drop_report(saved_id=found.pk, at=NOW, actor=actor(stage.auditor))

    def test_another_question_takes_its_place(self, stage: Stage) -> None:
        found = scheduled(stage, kept(stage))
        changed = commands.change_report(
            saved_id=found.pk,
            name="Board",
            is_shared=False,
            asked=asked("quality", zone=["America/New_York"]),
            at=NOW,
            actor=actor(stage.manager),
        )
        assert (changed.report, changed.zone) == ("quality", "America/New_York")
        assert changed.next_at == datetime(2026, 9, 14, 12, 0, tzinfo=UTC)

    def test_put_away_it_is_found_no_more_and_sent_no_more(self, stage: Stage) -> None:
        found = scheduled(stage, kept(stage, is_shared=True))
        commands.drop_report(saved_id=found.pk, at=NOW, actor=actor(stage.manager))
        assert saved.listed(people.seer_of(stage.manager.pk)) == []
        assert saved.due(NOW + timedelta(days=30), 10) == []
        with pytest.raises(errors.NotFound):
            commands.unschedule(saved_id=found.pk, at=NOW, actor=actor(stage.manager))


class TestSharing:
    def seen(self, person: User) -> list[str]:
        return [each.name for each in saved.listed(people.seer_of(person.pk))]

    def test_one_s_own_are_one_s_own(self, stage: Stage) -> None:
        kept(stage)
        assert self.seen(stage.manager) == ["Board"]
        assert self.seen(stage.auditor) == []

    def test_shared_ones_are_for_readers_of_the_same_brands(self, stage: Stage) -> None:
        found = kept(stage, is_shared=True)
        assert self.seen(stage.auditor) == ["Board"]
        assert self.seen(stage.outsider) == []
        with pytest.raises(errors.NotAllowed):
            self.seen(stage.agent)
        commands.change_report(saved_id=found.pk, name="B", is_shared=False, at=NOW, actor=actor(stage.manager))
        assert self.seen(stage.auditor) == []

    def test_it_stays_readable_when_its_owner_has_left(self, stage: Stage) -> None:
        kept(stage, is_shared=True)
        people_commands.deactivate_person(person_id=stage.manager.pk, at=NOW, actor=actor(stage.admin))
        assert self.seen(stage.auditor) == ["Board"]


class TestScheduling:
    def test_it_is_due_at_the_next_beat(self, stage: Stage) -> None:
        found = scheduled(stage, kept(stage), stage.manager, stage.auditor)
        assert found.next_at == datetime(2026, 9, 14, 6, 0, tzinfo=UTC)
        assert {each.pk for each in found.recipients.all()} == {stage.manager.pk, stage.auditor.pk}
        [event] = Event.objects.filter(payload__change="scheduled")
        assert event.payload["recipients"] == sorted([stage.manager.pk, stage.auditor.pk])
        assert saved.due(found.next_at - timedelta(seconds=1), 10) == []
        assert saved.due(found.next_at, 10) == [found.pk]

    def test_its_days_are_those_of_its_clocks(self, stage: Stage) -> None:
        beat = Beat(Rhythm.MONTHLY, 0, "Pacific/Auckland", day=1)
        found = scheduled(stage, kept(stage), beat=beat)
        assert found.next_at == datetime(2026, 9, 30, 11, 0, tzinfo=UTC)
        period = saved.asked_of(found, found.next_at).period
        assert (period.zone, period.written) == ("Pacific/Auckland", ("2026-09-01", "2026-09-30"))

    @pytest.mark.parametrize("who", ["agent", "outsider"])
    def test_only_readers_of_one_s_brands_get_it(self, stage: Stage, who: str) -> None:
        found = kept(stage)
        with pytest.raises(errors.Invalid) as refused:
            scheduled(stage, found, stage.manager, getattr(stage, who))
        assert refused.value.message.startswith(f"{who.capitalize()} may not read this report.")
        assert not found.recipients.exists()

    def test_nobody_who_has_left_gets_it(self, stage: Stage) -> None:
        people_commands.deactivate_person(person_id=stage.auditor.pk, at=NOW, actor=actor(stage.admin))
        with pytest.raises(errors.Invalid):
            scheduled(stage, kept(stage), stage.auditor)

    def test_figures_by_person_go_to_managers(self, stage: Stage) -> None:
        found = kept(stage, asked=asked("people", split=["owner"]))
        with pytest.raises(errors.Invalid):
            scheduled(stage, found, stage.manager, stage.auditor)
        assert scheduled(stage, found, stage.manager).next_at

    def test_a_report_of_a_brand_goes_to_readers_of_that_brand(self, stage: Stage) -> None:
        Membership.objects.create(person=stage.manager, brand=stage.other_brand, role=Role.MANAGER)
        found = kept(stage, asked=asked(brand=[str(stage.other_brand.pk)]))
        with pytest.raises(errors.Invalid):
            scheduled(stage, found, stage.auditor)
        assert scheduled(stage, found, stage.outsider).next_at

    def test_somebody_must_get_it(self, stage: Stage) -> None:
        with pytest.raises(errors.Invalid):
            commands.schedule(
                saved_id=kept(stage).pk,
                beat=MONDAYS,
                written_as=Format.CSV,
                recipient_ids=[],
                at=NOW,
                actor=actor(stage.manager),
            )

    def test_it_is_sent_no_more(self, stage: Stage) -> None:
        found = scheduled(stage, kept(stage))
        for _ in range(2):
            found = commands.unschedule(saved_id=found.pk, at=NOW, actor=actor(stage.manager))
        assert (found.rhythm, found.next_at, found.recipients.count()) == ("", None, 0)
        assert changes() == ["saved", "scheduled", "unscheduled"]

    def test_a_recipient_takes_leave_of_it(self, stage: Stage) -> None:
        found = scheduled(stage, kept(stage), stage.manager, stage.auditor)
        commands.leave_report(saved_id=found.pk, at=NOW, actor=actor(stage.auditor))
        assert [each.pk for each in found.recipients.all()] == [stage.manager.pk]
        with pytest.raises(errors.NotFound):
            commands.leave_report(saved_id=found.pk, at=NOW, actor=actor(stage.auditor))

    def test_whoever_gets_it_sees_it_though_it_is_not_shared(self, stage: Stage) -> None:
        found = scheduled(stage, kept(stage), stage.auditor)
        assert saved.one(people.seer_of(stage.auditor.pk), found.public_id) == found
        assert saved.sent(people.seer_of(stage.auditor.pk)) == [found]
        [standing] = saved.recipients(found, asked())
        assert standing.gets_it

    def test_says_what_keeps_it_from_a_recipient(self, stage: Stage) -> None:
        Membership.objects.filter(person=stage.admin).update(role=Role.MANAGER)
        found = scheduled(stage, kept(stage, asked=asked("people", split=["owner"])), stage.manager, stage.admin)

        def why() -> dict[int, str]:
            return {each.person.pk: each.why for each in saved.recipients(found, saved.asked_of(found, NOW))}

        assert why() == {stage.manager.pk: "", stage.admin.pk: ""}
        Membership.objects.filter(person=stage.admin).update(role=Role.AUDITOR)
        assert why()[stage.admin.pk] == "no_people"
        Membership.objects.filter(person=stage.admin).update(role=Role.AGENT)
        assert why()[stage.admin.pk] == "no_reports"
        User.objects.filter(pk=stage.admin.pk).update(is_active=False)
        assert why()[stage.admin.pk] == "left"
