"""Calendars: made, changed, given single days, retired; and what a change would move."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from cases import errors
from cases.commands import calendar, setup
from cases.models import Brand, Calendar, CalendarDay, Event, Policy, Team
from cases.queries.calendar import Calendars, built, content_of
from cases.queries.deadline import preview
from cases.rules.policies import PACKS
from cases.vocabulary import Goal, Unit
from tests.people import AT, Stage, actor, set_stage
from tests.times import of, policy, working_hours

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
WEEK: dict[str, Any] = {"mon": [["09:00", "12:30"], ["13:30", "18:00"]], "sat": [["10:00", "24:00"]]}


@pytest.fixture
def stage() -> Stage:
    """The usual people."""
    return set_stage()


@pytest.fixture
def usual(stage: Stage) -> Calendar:
    """Nine to six, from Monday to Friday."""
    return working_hours(stage.brand)


def add(stage: Stage, **fields: Any) -> Calendar:
    """Somebody who sets up the brand adds a calendar."""
    given = {"name": "Shop", "zone": "Europe/Paris", "week": WEEK, **fields}
    return calendar.add_calendar(brand_id=stage.brand.pk, at=AT, actor=actor(stage.admin), **given)


def change(stage: Stage, row: Calendar, **fields: Any) -> Calendar:
    """Somebody who sets up the brand changes it."""
    given = {name: getattr(row, name) for name in ("name", "zone", "week", "country", "region", "revision")}
    return calendar.change_calendar(calendar_id=row.pk, at=AT, actor=actor(stage.admin), **{**given, **fields})


class TestAdds:
    def test_the_first_one_is_the_brands(self, stage: Stage) -> None:
        first = add(stage, country="FR", region="57")
        second = add(stage, name="Nights")
        assert (first.is_default, second.is_default, first.revision) == (True, False, 1)
        assert built(content_of(first)).holiday_name(date(2026, 12, 26))
        line = Event.objects.filter(stream="brand", stream_id=stage.brand.pk, kind="calendar_changed").earliest("seq")
        assert line.payload == {"calendar": first.pk, "fields": ["created"]}

    @pytest.mark.parametrize(
        ("fields", "where"),
        [
            ({"week": {}}, "week"),
            ({"week": {day: [] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}}, "week"),
            ({"week": {"mon": [["09:00", "12:00"], ["11:00", "18:00"]]}}, "mon"),
            ({"week": {"tue": [["18:00", "09:00"]]}}, "tue"),
            ({"week": {"wed": [["09:00", "09:00"]]}}, "wed"),
            ({"week": {"thu": [["24:00", "24:00"]]}}, "thu"),
            ({"week": {"fri": [["9 o'clock", "18:00"]]}}, "fri"),
            ({"week": {"fri": "09:00-18:00"}}, "fri"),
            ({"week": {"someday": [["09:00", "18:00"]]}}, "someday"),
            ({"zone": "Atlantis/Deep"}, "zone"),
            ({"zone": "../etc/passwd"}, "zone"),
            ({"country": "ZZ"}, "country"),
            ({"country": "FR", "region": "ZZ"}, "region"),
            ({"name": "  "}, "name"),
        ],
    )
    def test_refuses_what_cannot_be_and_says_where(self, stage: Stage, fields: dict[str, Any], where: str) -> None:
        with pytest.raises(errors.Invalid) as refused:
            add(stage, **fields)
        assert refused.value.field == where
        assert not Calendar.objects.exists()

    def test_refuses_a_name_that_is_taken(self, stage: Stage, usual: Calendar) -> None:
        with pytest.raises(errors.Invalid):
            add(stage, name=usual.name.upper())

    @pytest.mark.parametrize("who", ["agent", "manager", "auditor"])
    def test_only_by_who_sets_up_the_brand(self, stage: Stage, who: str) -> None:
        with pytest.raises(errors.NotAllowed):
            calendar.add_calendar(
                brand_id=stage.brand.pk, name="X", zone="UTC", week=WEEK, at=AT, actor=actor(getattr(stage, who))
            )
        with pytest.raises(errors.NotFound):
            calendar.add_calendar(
                brand_id=stage.brand.pk, name="X", zone="UTC", week=WEEK, at=AT, actor=actor(stage.outsider)
            )


class TestChanges:
    def test_counts_the_revision_up_and_moves_deadlines(
        self, stage: Stage, usual: Calendar, django_capture_on_commit_callbacks: Any, nudges: Any
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            change(stage, usual, week=WEEK, country="FR")
        usual.refresh_from_db()
        assert (usual.week, usual.country, usual.revision) == (WEEK, "FR", 2)
        assert nudges == [("cases.move_deadlines", {"brand_id": stage.brand.pk})]

    def test_another_name_moves_nothing(
        self, stage: Stage, usual: Calendar, django_capture_on_commit_callbacks: Any, nudges: Any
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            change(stage, usual, name="Office")
            change(stage, Calendar.objects.get(pk=usual.pk))
        assert Calendar.objects.get(pk=usual.pk).revision == 2
        assert nudges == []

    def test_two_who_change_it_at_once(self, stage: Stage, usual: Calendar) -> None:
        change(stage, usual, name="Office")
        with pytest.raises(errors.ChangedMeanwhile):
            change(stage, usual, name="Shop", revision=1)
        assert Calendar.objects.get(pk=usual.pk).name == "Office"


class TestDays:
    def put(self, stage: Stage, row: Calendar, *days: calendar.Day) -> Calendar:
        """Say how these days are."""
        row.refresh_from_db()
        return calendar.put_days(calendar_id=row.pk, days=days, revision=row.revision, at=AT, actor=actor(stage.admin))

    def test_are_put_replaced_and_removed(self, stage: Stage, usual: Calendar) -> None:
        christmas, eve = date(2026, 12, 25), date(2026, 12, 24)
        closed = calendar.Day(christmas, is_closed=True, label="Christmas")
        self.put(stage, usual, closed, calendar.Day(eve, hours=[["09:00", "12:00"]]))
        self.put(stage, usual, calendar.Day(eve, breaks=[["12:00", "13:00"]]))
        assert list(usual.days.order_by("day").values_list("day", "is_closed", "hours", "breaks")) == [
            (eve, False, None, [["12:00", "13:00"]]),
            (christmas, True, None, []),
        ]
        row = Calendar.objects.get(pk=usual.pk)
        assert row.revision == 3
        calendar.remove_days(
            calendar_id=row.pk, days=[christmas, date(2027, 1, 1)], revision=3, at=AT, actor=actor(stage.admin)
        )
        assert list(usual.days.values_list("day", flat=True)) == [eve]

    def test_a_holiday_on_every_day_is_refused(self, stage: Stage, usual: Calendar) -> None:
        days = [calendar.Day(AT.date() + number * DAY, is_closed=True) for number in range(-1, 1999)]
        with pytest.raises(errors.Invalid) as refused:
            self.put(stage, usual, *days)
        assert "no open hour" in str(refused.value.message)
        assert not CalendarDay.objects.exists()

    def test_more_days_than_anybody_needs_are_refused(self, stage: Stage, usual: Calendar) -> None:
        days = [calendar.Day(AT.date() + 7 * number * DAY, is_closed=True) for number in range(2001)]
        with pytest.raises(errors.Invalid):
            self.put(stage, usual, *days)

    @pytest.mark.parametrize(
        "hours", [[["18:00", "09:00"]], [["24:00", "24:00"]], [["09:00", "12:00"], ["10:00", "11:00"]]]
    )
    def test_refuses_hours_that_cannot_be(self, stage: Stage, usual: Calendar, hours: Any) -> None:
        with pytest.raises(errors.Invalid) as refused:
            self.put(stage, usual, calendar.Day(date(2026, 12, 24), hours=hours))
        assert refused.value.field == "2026-12-24"


class TestStands:
    def test_another_default(self, stage: Stage, usual: Calendar) -> None:
        other = add(stage)
        calendar.make_default(calendar_id=other.pk, revision=1, at=AT, actor=actor(stage.admin))
        assert list(Calendar.objects.order_by("pk").values_list("is_default", flat=True)) == [False, True]
        assert Calendars(stage.brand.pk).default == built(content_of(other))

    def test_is_not_retired_while_something_counts_on_it(self, stage: Stage, usual: Calendar) -> None:
        who: dict[str, Any] = {"at": AT, "actor": actor(stage.admin)}
        with pytest.raises(errors.Invalid):
            calendar.retire_calendar(calendar_id=usual.pk, revision=1, **who)
        other = add(stage)
        calendar.set_team_calendar(team_id=stage.team.pk, calendar_id=other.pk, **who)
        with pytest.raises(errors.Invalid):
            calendar.retire_calendar(calendar_id=other.pk, revision=1, **who)
        calendar.set_team_calendar(team_id=stage.team.pk, calendar_id=None, **who)
        calendar.retire_calendar(calendar_id=other.pk, revision=1, **who)
        with pytest.raises(errors.Invalid):
            calendar.make_default(calendar_id=other.pk, revision=2, **who)
        with pytest.raises(errors.Invalid):
            calendar.set_team_calendar(team_id=stage.team.pk, calendar_id=other.pk, **who)
        calendar.restore_calendar(calendar_id=other.pk, revision=2, **who)
        assert Calendar.objects.get(pk=other.pk).is_active

    def test_a_team_has_none_of_another_brand(self, stage: Stage) -> None:
        theirs = working_hours(stage.other_brand)
        with pytest.raises(errors.Invalid):
            calendar.set_team_calendar(team_id=stage.team.pk, calendar_id=theirs.pk, at=AT, actor=actor(stage.admin))
        assert Team.objects.get(pk=stage.team.pk).calendar_id is None


class TestPreview:
    def test_says_what_moves_and_changes_nothing(self, stage: Stage, usual: Calendar) -> None:
        policy(stage.brand, Goal.DECISION, amount=1, unit=Unit.WORKING_DAY, end_of_day=True)
        policy(stage.brand, Goal.HANDLED, amount=1, unit=Unit.DAY)
        found = stage.case()
        before = of(found, Goal.DECISION).due_at
        closed = {"day": (AT + DAY).date().isoformat(), "is_closed": True}
        content = {**content_of(usual), "days": [closed]}
        told = preview(stage.brand.pk, lambda known: known.instead(usual.pk, content), AT)
        assert (told.count, told.cases, told.is_all) == (1, 1, True)
        [moved] = told.first
        assert (moved.reference, moved.goal) == (found.reference, Goal.DECISION)
        assert (moved.from_, moved.to, moved.is_late_at_once) == (before, before + DAY, False)
        assert of(found, Goal.DECISION).due_at == before

    def test_nothing_where_nothing_moves(self, stage: Stage, usual: Calendar) -> None:
        policy(stage.brand, Goal.DECISION, amount=1, unit=Unit.WORKING_DAY)
        stage.case()
        told = preview(stage.brand.pk, lambda known: known.instead(usual.pk, content_of(usual)), AT)
        assert (told.count, list(told.first)) == (0, [])


def test_a_new_brand_starts_with_hours_and_deadlines(stage: Stage) -> None:
    brand = setup.create_brand(
        name="Calder", slug="calder", prefix="CA", language="en", zone="Europe/London", currency="GBP", at=AT,
        actor=actor(stage.admin),
    )  # fmt: skip
    row = Calendar.objects.get(brand=brand)
    assert (row.zone, row.is_default) == ("Europe/London", True)
    kept = Policy.objects.filter(brand=brand)
    assert [each.made_at for each in kept] == [AT] * len(PACKS["casedesk"].policies)
    assert {each.pack for each in kept} == {"casedesk"}


def test_a_brand_without_a_calendar_counts_from_monday_to_friday(stage: Stage) -> None:
    known = Calendars(stage.brand.pk)
    assert (known.working(None), known.default.is_working_day(date(2026, 9, 8))) == (None, True)
    assert Brand.objects.get(pk=stage.brand.pk).calendars.count() == 0
