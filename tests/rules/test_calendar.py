"""Exact time on a calendar: every public fact, both edges of summer time, and what must hold on any calendar."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.rules import calendar
from cases.rules.calendar import Calendar, CalendarProblem, NeverOpen, NoSuchTime, Problem, TooFar

FACTS = Path(__file__).parents[2].parent / "shared" / "data" / "business-hours" / "facts.json"
NINE_TO_FIVE = {day: [["09:00", "17:00"]] for day in calendar.DAYS[:5]}
ALL_DAY = {day: [["00:00", "24:00"]] for day in calendar.DAYS}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def a_calendar(week: Any = None, zone: str = "UTC", **others: Any) -> Calendar:
    return calendar.build(zone=zone, week=NINE_TO_FIVE if week is None else week, **others)


class TestPublicFacts:
    """Facts that other libraries' own tests state."""

    def test_all_of_them_hold(self) -> None:
        if not FACTS.exists():
            pytest.skip("the public facts about business hours lie beside the repository, and are not here")
        known = json.loads(FACTS.read_text())
        made = {
            name: calendar.build(
                zone=one["timezone"],
                week=one["hours"],
                shifts=one["shifts"],
                breaks=one["breaks"],
                closed=dict.fromkeys(one["holidays"], ""),
            )
            for name, one in known["schedules"].items()
        }
        wrong = {
            fact["id"]: found
            for fact in known["facts"]
            if (found := self.answer(made[fact["schedule"]], fact)) != fact["expected"]
        }
        assert not wrong
        assert len(known["facts"]) > 60

    def answer(self, on: Calendar, fact: dict[str, Any]) -> Any:
        given_ = {key: self.read(value) for key, value in fact["input"].items()}
        match fact["op"]:
            case "add_business_time":
                return self.show(self.moved(on, given_, to_opening="business_time" in fact["source"]))
            case "business_seconds_between":
                return on.open_seconds(given_["start"], given_["end"])
            case "is_open":
                return on.is_open(given_["at"])
            case "on_break":
                return on.is_on_break(given_["at"])
            case "on_holiday":
                return on.is_holiday(given_["at"])
            case "next_open_periods":
                periods = islice(on.open_periods(given_["from"]), given_["count"])
                return [[self.show(begins), self.show(ends)] for begins, ends in periods]
        raise AssertionError(fact["op"])

    @staticmethod
    def moved(on: Calendar, given_: dict[str, Any], *, to_opening: bool) -> datetime:
        amount = given_["amount"] * (1 if given_["direction"] == "after" else -1)
        if given_["unit"] == "days":
            return on.add_working_days(given_["start"], amount, to_opening=to_opening)
        return on.add_open(given_["start"], amount * {"hours": 3600, "minutes": 60, "seconds": 1}[given_["unit"]])

    @staticmethod
    def read(value: Any) -> Any:
        return datetime.fromisoformat(value) if isinstance(value, str) and "T" in value else value

    @staticmethod
    def show(at: datetime) -> str:
        return at.isoformat().replace("+00:00", "Z")


class TestWhatMayStand:
    @pytest.mark.parametrize(
        ("spans", "problem"),
        [
            ([["9:00", "17:00"]], Problem.NOT_A_TIME),
            ([["09:00", "24:01"]], Problem.NOT_A_TIME),
            ([["09:00", "25:00"]], Problem.NOT_A_TIME),
            ([["24:00", "24:00"]], Problem.NOT_A_TIME),
            ([["09:00"]], Problem.NOT_A_TIME),
            (["09:00", "17:00"], Problem.NOT_A_TIME),
            ([[9, 17]], Problem.NOT_A_TIME),
            ("09:00", Problem.NOT_A_TIME),
            ([["٠٩:٠٠", "17:00"]], Problem.NOT_A_TIME),
            ([["17:00", "09:00"]], Problem.ENDS_BEFORE_IT_BEGINS),
            ([["09:00", "09:00"]], Problem.ENDS_BEFORE_IT_BEGINS),
            ([["09:00", "13:00"], ["12:59", "17:00"]], Problem.OVERLAP),
        ],
    )
    def test_no_windows_that_nobody_could_work(self, spans: Any, problem: Problem) -> None:
        with pytest.raises(CalendarProblem) as refused:
            a_calendar({"tue": spans})
        assert (refused.value.code, refused.value.where) == (problem, "tue")

    def test_midnight_may_end_a_day_and_windows_that_touch_are_one(self) -> None:
        assert calendar.parse_spans([["13:00", "24:00"], ["09:00", "13:00"]]) == ((540, 1440),)
        assert calendar.written(((540, 1440),)) == [["09:00", "24:00"]]

    @pytest.mark.parametrize(
        ("fields", "problem"),
        [
            ({"week": {}}, Problem.NEVER_OPEN),
            ({"week": {"mon": []}}, Problem.NEVER_OPEN),
            ({"week": {"someday": [["09:00", "17:00"]]}}, Problem.NOT_A_TIME),
            ({"week": [1]}, Problem.NOT_A_TIME),
            ({"zone": "Mars/Olympus"}, Problem.UNKNOWN_ZONE),
            ({"zone": "../etc/passwd"}, Problem.UNKNOWN_ZONE),
            ({"country": "XX"}, Problem.UNKNOWN_COUNTRY),
            ({"country": "FR", "region": "SCT"}, Problem.UNKNOWN_REGION),
            ({"region": "SCT"}, Problem.UNKNOWN_REGION),
            ({"closed": {"2026-02-30": ""}}, Problem.NOT_A_TIME),
            ({"shifts": {"2026-02-20": [["17:00", "09:00"]]}}, Problem.ENDS_BEFORE_IT_BEGINS),
        ],
    )
    def test_no_calendar_that_is_none(self, fields: dict[str, Any], problem: Problem) -> None:
        with pytest.raises(CalendarProblem) as refused:
            a_calendar(**fields)
        assert refused.value.code == problem

    def test_a_holiday_on_every_day_is_said_not_searched_for_ever(self) -> None:
        first = date(2026, 1, 1)
        closed = {(first + timedelta(days=n)).isoformat(): "closed" for n in range(3000)}
        on = a_calendar(closed=closed)
        for ask in (
            lambda: on.next_open(utc("2026-01-05T10:00")),
            lambda: on.add_open(utc("2026-01-05T10:00"), 60),
            lambda: on.add_working_days(utc("2026-01-05T10:00"), 1),
            lambda: on.working_day(date(2026, 1, 5), 1),
        ):
            with pytest.raises(NeverOpen):
                ask()
        assert on.open_seconds(utc("2026-01-05T10:00"), utc("2027-01-05T10:00")) == 0

    def test_370_closed_days_are_waited_for(self) -> None:
        closed = {(date(2026, 1, 1) + timedelta(days=n)).isoformat(): "" for n in range(370)}
        assert a_calendar(closed=closed).next_open(utc("2026-01-05T10:00")) == utc("2027-01-06T09:00")

    @pytest.mark.parametrize("at", ["0001-01-01T00:00", "9999-12-31T23:59"])
    def test_the_ends_of_time_are_refused_and_do_not_break(self, at: str) -> None:
        with pytest.raises(NoSuchTime):
            a_calendar(zone="Asia/Tokyo").add_open(utc(at), -3600 if at < "1" else 36000)
        with pytest.raises(TooFar):
            a_calendar().working_day(date(2026, 1, 1), 10**9)


class TestHolidays:
    def test_a_region_has_its_own(self) -> None:
        boxing_day = date(2025, 12, 26)
        assert a_calendar(country="FR", region="57").is_holiday(boxing_day)
        assert not a_calendar(country="FR").is_holiday(boxing_day)
        st_andrew = date(2026, 11, 30)
        assert a_calendar(country="GB", region="SCT").holiday_name(st_andrew)
        assert not a_calendar(country="GB", region="ENG").holiday_name(st_andrew)

    def test_each_has_a_name_in_both_languages(self) -> None:
        on = a_calendar(country="FR", closed={"2026-12-24": "Company day"})
        assert on.holiday_name(date(2026, 7, 14), "fr") == "Fête nationale"
        assert on.holiday_name(date(2026, 7, 14), "en") == "National Day"
        assert on.holiday_name(date(2026, 12, 24), "fr") == "Company day"
        assert on.holiday_name(date(2026, 12, 23)) == ""

    def test_our_own_closed_day_wins_over_a_shift_and_a_shift_over_the_week(self) -> None:
        on = a_calendar(
            shifts={"2026-03-07": [["10:00", "12:00"]], "2026-03-08": [["10:00", "12:00"]]},
            closed={"2026-03-08": ""},
        )
        assert on.spans_of(date(2026, 3, 7)) == ((600, 720),)
        assert on.spans_of(date(2026, 3, 8)) == ()

    def test_saturday_is_ouvrable_whatever_the_hours_sunday_never(self) -> None:
        on = a_calendar(country="FR")
        assert on.is_ouvrable(date(2026, 3, 7))
        assert not on.is_ouvrable(date(2026, 3, 8))
        assert not on.is_ouvrable(date(2026, 7, 14))

    def test_every_country_has_a_calendar(self) -> None:
        assert {"FR", "GB", "US", "DE"} <= set(calendar.countries())
        assert "SCT" in calendar.regions("GB")
        assert calendar.regions("XX") == []


class TestWhenTheClocksChange:
    """Paris goes on at 2 on 29 March 2026 and back at 3 on 25 October."""

    def test_a_day_of_23_hours_and_one_of_25(self) -> None:
        on = a_calendar(ALL_DAY, "Europe/Paris")
        for day, hours in ((date(2026, 3, 29), 23), (date(2026, 3, 30), 24), (date(2026, 10, 25), 25)):
            begins, ends = on.day_begins(day), on.day_begins(day + timedelta(days=1))
            assert on.open_seconds(begins, ends) == hours * 3600
            assert ends - begins == timedelta(hours=hours)

    def test_a_gap_swallows_and_a_repeated_hour_counts_twice(self) -> None:
        on = a_calendar({"sun": [["01:00", "02:30"]]}, "Europe/Paris")
        assert on.periods_of(date(2026, 3, 29)) == ((utc("2026-03-29T00:00"), utc("2026-03-29T01:00")),)
        assert on.open_seconds(utc("2026-10-24T12:00"), utc("2026-10-25T12:00")) == 2 * 3600
        assert on.is_open(utc("2026-10-25T00:15"))  # 02:15, the first time
        assert not on.is_open(utc("2026-10-25T00:45"))  # 02:45
        assert on.is_open(utc("2026-10-25T01:15"))  # 02:15 again

    def test_a_clock_time_that_is_left_out_is_the_first_after_it(self) -> None:
        on = a_calendar(zone="Europe/Paris")
        assert on.instant(datetime(2026, 3, 29, 2, 30)) == utc("2026-03-29T01:00")  # noqa: DTZ001
        assert on.instant(datetime(2026, 10, 25, 2, 30)) == utc("2026-10-25T00:30")  # noqa: DTZ001

    def test_midnight_itself_may_be_left_out(self) -> None:
        on = a_calendar(ALL_DAY, "America/Sao_Paulo")
        day = date(2018, 11, 4)
        assert on.day_begins(day) == utc("2018-11-04T03:00")
        assert on.open_seconds(on.day_begins(day), on.day_begins(date(2018, 11, 5))) == 23 * 3600

    def test_zones_that_changed_their_rules(self) -> None:
        moscow = a_calendar({day: [["09:00", "10:00"]] for day in calendar.DAYS}, "Europe/Moscow")
        openings = {
            day: moscow.periods_of(date.fromisoformat(day))[0][0].hour
            for day in ("2011-01-10", "2011-06-10", "2012-01-10", "2014-10-25", "2014-10-26", "2026-07-01")
        }
        assert list(openings.values()) == [6, 5, 5, 5, 6, 6]
        pyongyang = a_calendar(ALL_DAY, "Asia/Pyongyang")
        changed = date(2015, 8, 15)
        assert pyongyang.open_seconds(
            pyongyang.day_begins(date(2015, 8, 14)), pyongyang.day_begins(changed)
        ) + pyongyang.open_seconds(
            pyongyang.day_begins(changed), pyongyang.day_begins(date(2015, 8, 16))
        ) == pytest.approx(48.5 * 3600)

    def test_a_day_that_never_was_is_not_worked(self) -> None:
        on = a_calendar(ALL_DAY, "Pacific/Apia")
        assert not on.is_working_day(date(2011, 12, 30))
        assert on.working_day(date(2011, 12, 29), 1) == date(2011, 12, 31)

    def test_29_february_is_a_day(self) -> None:
        on = a_calendar()
        assert on.working_day(date(2028, 2, 28), 1) == date(2028, 2, 29)
        assert on.add_working_days(utc("2028-02-28T10:00"), 1) == utc("2028-02-29T10:00")


ZONES = st.sampled_from(["UTC", "Europe/Paris", "America/Los_Angeles", "Asia/Kathmandu", "America/Sao_Paulo"])
SPANS = st.lists(st.integers(0, 96), min_size=2, max_size=6, unique=True).map(
    lambda cuts: tuple((a * 15, b * 15) for a, b in zip(sorted(cuts)[::2], sorted(cuts)[1::2], strict=False))
)
STARTS = st.datetimes(datetime(2018, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
SECONDS = st.integers(0, 100 * 3600)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Any calendar that is open at all."""
    week = [draw(st.one_of(st.just(()), SPANS)) for _ in range(7)]
    week[draw(st.integers(0, 6))] = draw(SPANS)
    days = st.dates(date(2018, 1, 1), date(2028, 1, 1))
    return Calendar(
        ZoneInfo(draw(ZONES)),
        tuple(week),
        draw(st.dictionaries(days, SPANS, max_size=3)),
        draw(st.dictionaries(days, SPANS, max_size=3)),
        draw(st.dictionaries(days, st.just("closed"), max_size=3)),
    )


class TestOnAnyCalendar:
    @settings(max_examples=100, deadline=None)
    @given(calendars(), STARTS, SECONDS)
    def test_open_time_added_is_the_open_time_between(self, on: Calendar, start: datetime, seconds: int) -> None:
        end = on.add_open(start, seconds)
        assert end >= start + timedelta(seconds=seconds)
        assert on.open_seconds(start, end) == seconds
        assert on.open_seconds(end, start) == 0

    @settings(max_examples=100, deadline=None)
    @given(calendars(), STARTS, st.integers(1, 100 * 3600))
    def test_adding_then_subtracting_returns(self, on: Calendar, start: datetime, seconds: int) -> None:
        assert on.subtract_open(on.add_open(start, seconds), seconds) == on.next_open(start)
        back = on.add_open(on.subtract_open(start, seconds), seconds)
        assert back <= start
        assert on.open_seconds(back, start) == 0

    @settings(max_examples=100, deadline=None)
    @given(calendars(), STARTS, SECONDS, SECONDS, st.integers(0, 20 * 86400))
    def test_later_and_more_is_never_earlier(
        self, on: Calendar, start: datetime, seconds: int, more: int, later: int
    ) -> None:
        then = start + timedelta(seconds=later)
        assert on.add_open(start, seconds) <= on.add_open(start, seconds + more)
        assert on.add_open(start, seconds) <= on.add_open(then, seconds)
        assert on.add_working_days(start, more // 36000) <= on.add_working_days(then, more // 36000 + 1)

    @settings(max_examples=100, deadline=None)
    @given(calendars(), STARTS, SECONDS, st.integers(0, 30), SPANS)
    def test_closed_time_only_lengthens(
        self, on: Calendar, start: datetime, seconds: int, after: int, away: tuple[Any, ...]
    ) -> None:
        day = on.local_day(start) + timedelta(days=after)
        for less in (
            Calendar(on.zone, on.week, on.shifts, on.breaks, {**on.closed, day: ""}),
            Calendar(on.zone, on.week, on.shifts, {**on.breaks, day: on.breaks.get(day, ()) + away}, on.closed),
        ):
            assert less.add_open(start, seconds) >= on.add_open(start, seconds)
            assert less.add_working_days(start, 5) >= on.add_working_days(start, 5)

    @settings(max_examples=100, deadline=None)
    @given(calendars(), STARTS)
    def test_it_is_open_in_its_periods_and_at_no_other_time(self, on: Calendar, at: datetime) -> None:
        local = at.astimezone(on.zone)
        minute = local.hour * 60 + local.minute
        day = local.date()
        is_plain = on.day_begins(day + timedelta(days=1)) - on.day_begins(day) == timedelta(days=1)
        if is_plain:
            assert on.is_open(at) == any(begins <= minute < ends for begins, ends in on.spans_of(day))
        assert on.is_open(on.next_open(at))
