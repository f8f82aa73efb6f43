"""The pages of calendars: read by managers, changed by admins, what a change moves shown before, and counted on."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from cases.commands import policy
from cases.models import Calendar, CalendarDay, Case, Deadline, User
from tests.desk import signed_in, taken
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db
LIST = "/settings/brands/brindlewick/calendars/"
WEEK = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "09:00-12:30, 13:30-18:00")
FORM = {
    "name": "Service",
    "zone": "Europe/Berlin",
    "country": "DE",
    "region": "BY",
    **WEEK,
    "sat": "9h-12h30",
    "sun": "",
}


@pytest.fixture
def stage() -> Stage:
    return set_stage()


@pytest.fixture
def calendar(stage: Stage) -> Calendar:
    Calendar.objects.filter(brand=stage.brand).update(is_default=False)
    return Calendar.objects.create(
        brand=stage.brand,
        name="Paris",
        zone="Europe/Paris",
        week={day: [["09:00", "18:00"]] for day in WEEK},
        country="FR",
        is_default=True,
    )


@pytest.fixture
def admin(stage: Stage) -> Client:
    return signed_in(stage.admin)


def page(calendar: Calendar, rest: str = "") -> str:
    return f"{LIST}{calendar.pk}/{rest}"


class TestCalendars:
    def test_are_listed_in_a_sentence_each(self, calendar: Calendar, admin: Client) -> None:
        shown = admin.get(LIST).content.decode()
        assert "Mon–Fri 09:00–18:00" in shown
        assert "public holidays of France" in shown
        assert "the brand’s own" in shown

    @pytest.mark.parametrize(
        ("who", "reads", "changes"),
        [
            ("admin", 200, 200),
            ("manager", 200, 403),
            ("auditor", 200, 403),
            ("agent", 403, 403),
            ("outsider", 404, 404),
        ],
    )
    def test_are_read_by_managers_and_changed_by_admins(
        self, stage: Stage, calendar: Calendar, who: str, reads: int, changes: int
    ) -> None:
        client = signed_in(getattr(stage, who))
        for path in (LIST, page(calendar), page(calendar, "count/")):
            assert client.get(path).status_code == reads
        for path in (f"{LIST}+/", page(calendar, "change/"), f"{LIST}regions/?country=DE"):
            assert client.get(path).status_code == changes
        if changes != 200:
            for path in ("days/", "days/remove/", "teams/", "off/"):
                assert client.post(page(calendar, path)).status_code == changes

    def test_a_manager_sees_no_button_to_change_one_and_finds_it(self, stage: Stage, calendar: Calendar) -> None:
        client = signed_in(stage.manager)
        assert "Change the hours" not in client.get(page(calendar)).content.decode()
        assert LIST in client.get("/settings/").content.decode()

    def test_of_another_brand_is_not_there(self, stage: Stage, admin: Client) -> None:
        other = Calendar.objects.create(
            brand=stage.other_brand, name="X", zone="UTC", week={"mon": [["09:00", "10:00"]]}
        )
        assert admin.get(page(other)).status_code == 404


class TestAWeek:
    def test_is_typed_with_as_many_windows_as_there_are(self, stage: Stage, admin: Client) -> None:
        assert admin.post(f"{LIST}+/", FORM).status_code == 302
        made = Calendar.objects.get(name="Service")
        assert made.week["mon"] == [["09:00", "12:30"], ["13:30", "18:00"]]
        assert made.week["sat"] == [["09:00", "12:30"]]
        assert (made.country, made.region, made.zone) == ("DE", "BY", "Europe/Berlin")

    @pytest.mark.parametrize(
        ("wrong", "says"),
        [
            ({"mon": "24:00-25:00"}, "a day can end at 24:00"),
            ({"mon": "24:00-24:00"}, "a day can end at 24:00"),
            ({"mon": "18:00-09:00"}, "end before they begin"),
            ({"mon": "09:00-09:00"}, "end before they begin"),
            ({"mon": "09:00-12:00, 11:00-14:00"}, "overlap"),
            ({"mon": "nine to five"}, "Hours are written as"),
            (dict.fromkeys([*WEEK, "sat"], ""), "no open hour"),
            ({"zone": "Mars/Olympus"}, "There is no such time zone."),
            ({"country": "XX"}, "The holidays of this country are not known."),
            ({"region": "57"}, "This country has no such region."),
            ({"name": " "}, "This field is required."),
            ({"name": "Service " * 25}, "at most 80 characters"),
        ],
    )
    def test_says_what_is_wrong(self, stage: Stage, admin: Client, wrong: dict[str, str], says: str) -> None:
        answer = admin.post(f"{LIST}+/", {**FORM, **wrong})
        assert answer.status_code == 422
        assert says in answer.content.decode()
        assert not Calendar.objects.filter(name="Service").exists()

    def test_lets_a_long_name_be_typed_so_that_it_is_refused_and_not_cut(self, admin: Client) -> None:
        field = admin.get(f"{LIST}+/").content.decode().split('name="name"')[1].split(">")[0]
        assert "maxlength" not in field

    def test_a_whole_night_is_open_until_midnight(self, stage: Stage, admin: Client) -> None:
        admin.post(f"{LIST}+/", {**FORM, "sat": "00:00-24:00"})
        assert Calendar.objects.get(name="Service").week["sat"] == [["00:00", "24:00"]]

    def test_offers_the_regions_of_the_country(self, admin: Client, stage: Stage) -> None:
        assert "Bayern (BY)" in admin.get(f"{LIST}regions/", {"country": "DE"}).content.decode()
        assert admin.get(f"{LIST}regions/", {"country": "<x>"}).status_code == 200
        again = admin.post(f"{LIST}+/", {**FORM, "region": "", "regions": "1"})
        assert again.status_code == 200
        assert "Bayern (BY)" in again.content.decode()
        assert "9h-12h30" in again.content.decode()

    def test_of_two_admins_the_second_is_told(self, calendar: Calendar, admin: Client) -> None:
        first = {**FORM, "revision": calendar.revision}
        assert admin.post(page(calendar, "change/"), first).status_code == 302
        answer = admin.post(page(calendar, "change/"), {**first, "name": "Other"})
        assert answer.status_code == 422
        calendar.refresh_from_db()
        assert calendar.name == "Service"


class TestDays:
    def add(self, client: Client, calendar: Calendar, **day: str) -> int:
        calendar.refresh_from_db()
        given = {"what": "closed", "revision": str(calendar.revision), **day}
        return client.post(page(calendar, "days/"), given).status_code

    def test_are_closed_shifted_or_broken(self, calendar: Calendar, admin: Client) -> None:
        coming = date(timezone.localdate().year + 1, 6, 1)
        assert self.add(admin, calendar, day=coming.isoformat(), label="Stocktaking") == 302
        later = coming + timedelta(days=1)
        assert self.add(admin, calendar, day=later.isoformat(), what="hours", hours="10-14") == 302
        third = coming + timedelta(days=2)
        assert self.add(admin, calendar, day=third.isoformat(), what="breaks", hours="12:00-13:00") == 302
        shown = admin.get(page(calendar), {"year": coming.year}).content.decode()
        for said in ("Stocktaking", "10:00–14:00", "with a break", "09:00–12:00, 13:00–18:00"):
            assert said in shown
        answer = admin.post(
            page(calendar, "days/remove/"), {"day": coming.isoformat(), "revision": calendar.revision + 1}
        )
        assert answer.status_code == 302
        assert self._count(calendar) in {2, 3}

    @staticmethod
    def _count(calendar: Calendar) -> int:
        return CalendarDay.objects.filter(calendar=calendar).count()

    def test_several_in_a_row_at_once(self, calendar: Calendar, admin: Client) -> None:
        assert self.add(admin, calendar, day="2027-08-02", until="2027-08-06", label="Summer") == 302
        assert self._count(calendar) == 5

    @pytest.mark.parametrize(
        "wrong",
        [
            {"day": "2027-02-29"},
            {"day": "2027-08-06", "until": "2027-08-02"},
            {"day": "2027-01-01", "until": "2027-12-31"},
            {"day": "2027-08-02", "what": "hours"},
            {"day": "2027-08-02", "what": "hours", "hours": "24:00-25:00"},
            {"day": "2027-08-02", "what": "nothing"},
        ],
    )
    def test_say_what_is_wrong(self, calendar: Calendar, admin: Client, wrong: dict[str, str]) -> None:
        assert self.add(admin, calendar, **wrong) == 422
        assert self._count(calendar) == 0


class TestAYear:
    def test_shows_every_day_and_sums_the_months(self, calendar: Calendar, admin: Client) -> None:
        answer = admin.get(page(calendar), {"year": "2026"})
        year = answer.context["year"]
        assert sum(len(month.days) for month in year.months) == 365
        kinds = {day.date: day.kind for month in year.months for day in month.days}
        assert kinds[date(2026, 5, 1)] == "holiday"
        assert kinds[date(2026, 5, 2)] == "closed"
        assert (year.months[0].working_days, year.months[0].open_hours) == (21, "189 h")
        shown = answer.content.decode()
        assert "a day of 23 hours" in shown
        assert "a day of 25 hours" in shown

    @pytest.mark.parametrize("year", ["x", "0000", "9999", "²", "-1", "20261"])
    def test_has_no_strange_years(self, calendar: Calendar, admin: Client, year: str) -> None:
        assert admin.get(page(calendar), {"year": year}).status_code == 200

    def test_names_holidays_in_the_readers_language(self, calendar: Calendar, admin: Client) -> None:
        admin.cookies["django_language"] = "fr"
        assert "Fête du Travail" in admin.get(page(calendar), {"year": "2026"}).content.decode()

    def test_a_leap_year_has_its_day(self, calendar: Calendar, admin: Client) -> None:
        months = admin.get(page(calendar), {"year": "2028"}).context["year"].months
        assert len(months[1].days) == 29


class TestCounting:
    def count(self, client: Client, calendar: Calendar, **given: str) -> str:
        return client.get(page(calendar, "count/"), given).content.decode()

    def test_shows_the_answer_and_how_it_came_about(self, calendar: Calendar, admin: Client) -> None:
        given = {"start": "2026-09-04T16:00", "amount": "4", "unit": "open_hour"}
        shown = self.count(admin, calendar, **given)
        assert "Mon 7 Sep, 11:00 CEST" in shown
        assert "16:00–18:00" in shown
        shown = self.count(admin, calendar, start="2026-04-30T10:00", amount="1", unit="working_day")
        assert "Mon 4 May, 10:00 CEST" in shown
        assert "does not count: Labor Day" in shown or "does not count: Labour Day" in shown

    def test_counts_what_lies_between(self, calendar: Calendar, admin: Client) -> None:
        shown = self.count(admin, calendar, begins="2026-09-04T16:00", ends="2026-09-07T11:00")
        assert "4 h open" in shown

    @pytest.mark.parametrize(
        "given",
        [
            {"start": "2026-02-30T10:00", "amount": "1", "unit": "hour"},
            {"start": "2026-02-20T10:00", "amount": "1", "unit": "parsec"},
            {"start": "2026-02-20T10:00", "amount": "99999999", "unit": "hour"},
            {"start": "9999-12-31T10:00", "amount": "5", "unit": "month"},
            {"start": "2026-02-20T10:00+02:00", "amount": "5", "unit": "month"},
            {"begins": "2026-02-20T10:00", "ends": "2026-02-19T10:00"},
            {"begins": "0001-01-01T00:00", "ends": "9999-12-31T23:59"},
        ],
    )
    def test_says_what_cannot_be_counted(self, calendar: Calendar, admin: Client, given: dict[str, str]) -> None:
        assert admin.get(page(calendar, "count/"), given).status_code == 422


class TestWhatChanges:
    @pytest.fixture
    def deadline(self, stage: Stage, calendar: Calendar) -> Deadline:
        terms = policy.Terms(name={"en": "Reply"}, goal="first_reply", start="received", amount=90, unit="working_day")
        policy.add_policy(brand_id=stage.brand.pk, terms=terms, at=AT, actor=actor(stage.admin))
        case = taken(stage)
        return Deadline.objects.get(case=case)

    def test_is_shown_before_anything_is_kept(self, calendar: Calendar, deadline: Deadline, admin: Client) -> None:
        given = {**FORM, "country": "", "region": "", "mon": "", "revision": calendar.revision}
        shown = admin.post(page(calendar, "change/"), given).content.decode()
        assert "1 open deadline moves" in shown
        assert deadline.case.reference in shown
        assert "First private reply" in shown
        calendar.refresh_from_db()
        assert calendar.name == "Paris"
        back = admin.post(page(calendar, "change/"), {**given, "back": "1"})
        assert back.status_code == 200
        assert 'value="Service"' in back.content.decode()
        assert admin.post(page(calendar, "change/"), {**given, "confirmed": "1"}).status_code == 302
        calendar.refresh_from_db()
        assert calendar.name == "Service"

    def test_tells_nothing_of_a_case_that_is_not_theirs(
        self, calendar: Calendar, deadline: Deadline, admin: Client, stage: Stage
    ) -> None:
        Case.objects.update(is_restricted=True)
        User.objects.filter(pk=stage.admin.pk).update(is_organisation_admin=False)
        given = {**FORM, "country": "", "region": "", "mon": "", "revision": calendar.revision}
        answer = admin.post(page(calendar, "change/"), given)
        assert answer.status_code == 302
        assert deadline.case.reference not in admin.get(page(calendar)).content.decode()

    def test_also_for_a_single_day_a_team_and_another_default(
        self, stage: Stage, calendar: Calendar, deadline: Deadline, admin: Client
    ) -> None:
        day = (deadline.due_at - timedelta(days=7)).date().isoformat()
        given = {"day": day, "what": "closed", "revision": calendar.revision}
        assert "1 open deadline moves" in admin.post(page(calendar, "days/"), given).content.decode()
        assert admin.post(page(calendar, "days/"), {**given, "confirmed": "1"}).status_code == 302
        other = Calendar.objects.create(brand=stage.brand, name="Long", zone="UTC", week={"mon": [["09:00", "10:00"]]})
        shown = admin.post(page(other, "default/"), {"revision": other.revision}).content.decode()
        assert "1 open deadline moves" in shown
        joins = {"team": stage.team.pk}
        shown = admin.post(page(other, "teams/"), joins).content.decode()
        assert "1 open deadline moves" in shown
        assert admin.post(page(other, "teams/"), {**joins, "confirmed": "1"}).status_code == 302
        stage.team.refresh_from_db()
        assert stage.team.calendar_id == other.pk
        assert admin.post(page(other, "teams/"), {**joins, "leaves": "1", "confirmed": "1"}).status_code == 302
        stage.team.refresh_from_db()
        assert stage.team.calendar_id is None


class TestItsUse:
    def test_it_is_made_the_brands_own_and_switched_off(self, stage: Stage, calendar: Calendar, admin: Client) -> None:
        other = Calendar.objects.create(brand=stage.brand, name="Night", zone="UTC", week={"mon": [["09:00", "10:00"]]})
        assert admin.post(page(other, "off/"), {"revision": "1"}).status_code == 302
        other.refresh_from_db()
        assert not other.is_active
        assert "This calendar is off" in admin.get(page(other)).content.decode()
        admin.post(page(other, "on/"), {"revision": str(other.revision)})
        other.refresh_from_db()
        admin.post(page(other, "default/"), {"revision": str(other.revision)})
        other.refresh_from_db()
        assert other.is_default
        refused = admin.post(page(other, "off/"), {"revision": str(other.revision)}, follow=True).content.decode()
        assert "The brand counts on this calendar." in refused
        assert admin.post(page(other, "explode/")).status_code == 404
