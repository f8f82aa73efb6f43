"""The clocks of deadlines: what was missed is noted, what a calendar moves is moved, and every night all is checked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from cases.commands import calendar, deadline
from cases.jobs import deadline as jobs
from cases.models import Case, Deadline, DeadlineCheck, Event, Notification
from cases.queries import clock
from cases.vocabulary import NEVER, Goal, Unit
from tests.people import AT, Stage, actor, set_stage
from tests.times import of, policy, working_hours

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def stage() -> Stage:
    """The usual people, with working hours and a decision due in four hours."""
    stage = set_stage()
    working_hours(stage.brand)
    policy(stage.brand, Goal.DECISION, amount=4)
    return stage


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Call it to set the clock of the database."""

    def turn(to: datetime) -> None:
        monkeypatch.setattr(clock, "now", lambda: to)

    turn(AT)
    return turn


class TestWatch:
    def test_notes_what_is_over_and_nothing_else(self, stage: Stage, at: Any) -> None:
        over, not_yet = stage.case(), stage.case("p-2", author="ann")
        Deadline.objects.filter(case=not_yet).update(due_at=AT + 9 * HOUR)
        at(AT + 5 * HOUR)
        jobs.watch_deadlines()
        jobs.watch_deadlines()
        assert (of(over, Goal.DECISION).missed_at, of(not_yet, Goal.DECISION).missed_at) == (AT + 4 * HOUR, None)
        assert Event.objects.filter(kind="deadline_missed").count() == 1

    def test_goes_by_the_clock_of_the_database(self, stage: Stage, at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        found = stage.case()
        monkeypatch.setattr(timezone, "now", lambda: AT + DAY)
        jobs.watch_deadlines()
        assert of(found, Goal.DECISION).missed_at is None

    def test_finds_nothing_in_two_queries(self, stage: Stage, django_assert_num_queries: Any) -> None:
        stage.case()
        Deadline.objects.update(due_at=NEVER)
        with django_assert_num_queries(2):
            jobs.watch_deadlines()

    def test_one_that_fails_holds_up_no_other(self, stage: Stage, at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        bad, good = of(stage.case(), Goal.DECISION), of(stage.case("p-2", author="ann"), Goal.DECISION)
        real = deadline.note_missed

        def fails(*, deadline_ids: list[int], **more: Any) -> int:
            if bad.pk in deadline_ids:
                raise RuntimeError("stuck")
            return real(deadline_ids=deadline_ids, **more)

        monkeypatch.setattr(deadline, "note_missed", fails)
        at(AT + 5 * HOUR)
        jobs.watch_deadlines()
        good.refresh_from_db()
        bad.refresh_from_db()
        assert (good.missed_at, bad.missed_at) == (AT + 4 * HOUR, None)


class TestMove:
    def test_moves_every_open_case_of_the_brand(self, stage: Stage, at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(jobs, "CASES", 2)
        policy(stage.brand, Goal.HANDLED, amount=1, unit=Unit.WORKING_DAY, end_of_day=True)
        found = [stage.case(name, author=name) for name in "abcde"]
        before = of(found[0], Goal.HANDLED).due_at
        calendar.put_days(
            calendar_id=stage.brand.calendars.get().pk, days=[calendar.Day((AT + DAY).date(), is_closed=True)],
            revision=1, at=AT, actor=actor(stage.admin),
        )  # fmt: skip
        jobs.move_deadlines(brand_id=stage.brand.pk)
        assert {of(each, Goal.HANDLED).due_at for each in found} == {before + DAY}
        assert {of(each, Goal.DECISION).due_at for each in found} == {AT + 4 * HOUR}


class TestCheck:
    def test_all_is_as_the_journal_says(self, stage: Stage, at: Any) -> None:
        stage.case()
        jobs.check_deadlines()
        check = DeadlineCheck.objects.get()
        assert (check.checked, check.differed, check.differences, check.at) == (1, 0, [], AT)
        assert not Notification.objects.filter(kind="deadlines_differed").exists()

    def test_reports_what_somebody_changed_and_changes_nothing(self, stage: Stage, at: Any) -> None:
        found = stage.case()
        Deadline.objects.filter(case=found).update(due_at=AT + 9 * HOUR)
        jobs.check_deadlines()
        check = DeadlineCheck.objects.get()
        assert {"case": found.pk, "round": 1, "fields": ["due_at"]}.items() <= check.differences[0].items()
        assert of(found, Goal.DECISION).due_at == AT + 9 * HOUR
        line = Event.objects.get(stream="setup", kind="deadlines_differed")
        assert line.payload == {"check": check.pk, "checked": 1, "differed": check.differed}
        told = Notification.objects.filter(kind="deadlines_differed")
        assert [each.person for each in told] == [stage.admin]

    def test_reports_a_missing_row_and_a_case_that_says_something_else(self, stage: Stage, at: Any) -> None:
        found = stage.case()
        policy(stage.brand, Goal.HANDLED)
        Case.objects.filter(pk=found.pk).update(due_at=AT + 9 * HOUR)
        jobs.check_deadlines()
        fields = [each["fields"] for each in DeadlineCheck.objects.get().differences]
        assert sorted(fields) == [["case.due_at"], ["missing"]]

    def test_finds_a_case_that_says_nothing_is_due(self, stage: Stage, at: Any) -> None:
        found = stage.case()
        Case.objects.filter(pk=found.pk).update(due_at=NEVER, due_goal="")
        jobs.check_deadlines()
        assert DeadlineCheck.objects.get().differences == [{"case": found.pk, "fields": ["case.due_at"]}]

    def test_what_came_due_a_moment_ago_waits_for_its_clock(self, stage: Stage, at: Any) -> None:
        stage.case()
        at(AT + 4 * HOUR + timedelta(minutes=1))
        jobs.check_deadlines()
        at(AT + 5 * HOUR)
        jobs.check_deadlines()
        assert list(DeadlineCheck.objects.order_by("pk").values_list("differed", flat=True)) == [0, 1]

    def test_does_what_a_lost_nudge_left(self, stage: Stage, at: Any) -> None:
        policy(stage.brand, Goal.HANDLED, amount=1, unit=Unit.WORKING_DAY, end_of_day=True)
        found = stage.case()
        before = of(found, Goal.HANDLED).due_at
        calendar.put_days(
            calendar_id=stage.brand.calendars.get().pk, days=[calendar.Day((AT + DAY).date(), is_closed=True)],
            revision=1, at=AT, actor=actor(stage.admin),
        )  # fmt: skip
        jobs.check_deadlines()
        assert of(found, Goal.HANDLED).due_at == before + DAY
        assert DeadlineCheck.objects.get().differed == 0
