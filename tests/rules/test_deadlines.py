"""By when: every unit, what holds for all of them, extending, and how a row stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.rules import calendar, deadlines
from cases.rules.calendar import Calendar, NeverOpen, TooFar
from cases.rules.deadlines import CannotExtend, Policy, Row
from cases.vocabulary import NEVER, Due, Ended, Goal, Needs, Start, Unit

NINE_TO_FIVE = {day: [["09:00", "17:00"]] for day in calendar.DAYS[:5]}
LONDON = calendar.build(zone="Europe/London", week=NINE_TO_FIVE, country="GB", region="ENG")
PARIS = calendar.build(zone="Europe/Paris", week=NINE_TO_FIVE, country="FR")
POLICY = Policy(1, Goal.FINAL_ANSWER, Start.RECEIVED, 3, Unit.WORKING_DAY, end_of_day=True)


def london(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON.zone).astimezone(UTC)


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS.zone).astimezone(UTC)


def add(start: datetime, amount: int, unit: Unit, on: Calendar = PARIS, **others: Any) -> datetime:
    return deadlines.add(start, amount, unit, on, **others)


class TestEachUnit:
    @pytest.mark.parametrize(
        ("start", "amount", "unit", "end"),
        [
            ("2026-03-28T20:00", 12, Unit.HOUR, "2026-03-29T09:00"),
            ("2026-10-24T20:00", 12, Unit.HOUR, "2026-10-25T07:00"),
            ("2026-03-27T16:30", 60, Unit.OPEN_MINUTE, "2026-03-30T09:30"),
            ("2026-03-27T16:30", 8, Unit.OPEN_HOUR, "2026-03-30T16:30"),
            ("2026-03-27T16:30", 1, Unit.WORKING_DAY, "2026-03-30T16:30"),
            ("2026-03-28T16:30", 1, Unit.WORKING_DAY, "2026-03-31T09:00"),
            ("2026-03-27T16:30", 1, Unit.OUVRABLE, "2026-03-28T16:30"),
            ("2026-03-29T16:30", 1, Unit.OUVRABLE, "2026-03-31T00:00"),
            ("2026-03-28T10:00", 1, Unit.DAY, "2026-03-29T10:00"),
            ("2026-03-28T02:30", 1, Unit.DAY, "2026-03-29T03:00"),
            ("2026-10-24T02:30", 1, Unit.DAY, "2026-10-25T02:30"),
            ("2026-03-23T10:00", 8, Unit.WEEK, "2026-05-18T10:00"),
            ("2026-12-31T10:00", 2, Unit.MONTH, "2027-02-28T10:00"),
            ("2027-12-31T10:00", 2, Unit.MONTH, "2028-02-29T10:00"),
            ("2028-02-29T10:00", 12, Unit.MONTH, "2029-02-28T10:00"),
        ],
    )
    def test_counts_as_people_count_it(self, start: str, amount: int, unit: Unit, end: str) -> None:
        assert add(paris(start), amount, unit) == paris(end)

    @pytest.mark.parametrize(
        ("start", "amount", "unit", "end"),
        [
            ("2026-03-23T11:00", 3, Unit.WORKING_DAY, "2026-03-26T17:00"),
            ("2026-03-28T11:00", 1, Unit.WORKING_DAY, "2026-03-30T17:00"),
            ("2026-03-27T11:00", 1, Unit.OUVRABLE, "2026-03-29T00:00"),
            ("2026-03-28T11:00", 1, Unit.OUVRABLE, "2026-03-31T00:00"),
            ("2026-03-27T11:00", 15, Unit.DAY, "2026-04-12T00:00"),
            ("2026-12-31T11:00", 2, Unit.MONTH, "2027-03-01T00:00"),
            ("2026-03-27T18:00", 0, Unit.WORKING_DAY, "2026-03-30T17:00"),
        ],
    )
    def test_to_the_end_of_its_last_day(self, start: str, amount: int, unit: Unit, end: str) -> None:
        assert add(paris(start), amount, unit, end_of_day=True) == paris(end)

    def test_what_lies_too_far_is_refused(self) -> None:
        for unit in Unit:
            with pytest.raises((TooFar, NeverOpen)):
                add(paris("2026-03-27T11:00"), 10**12, unit)

    def test_a_policy_whose_date_never_comes_is_due_never(self) -> None:
        assert deadlines.due(replace(POLICY, amount=99_999_999), paris("2026-03-27T11:00"), PARIS) == NEVER


class TestTheWorkingDayAfterReceipt:
    def test_friday_plus_three_with_a_bank_holiday_is_thursday_close_of_business(self) -> None:
        """Check 1: 4 May 2026 is the early May bank holiday in England."""
        received = london("2026-05-01T11:00")
        for start in (Start.RECEIVED, Start.NEXT_DAY):
            policy = replace(POLICY, start=start, next_day_counts=True)
            started = deadlines.begins(policy, received, LONDON)
            assert deadlines.due(policy, started, LONDON) == london("2026-05-07T17:00")

    @pytest.mark.parametrize(
        ("received", "plain", "switched"),
        [
            ("2026-05-01T16:59", "2026-05-07T17:00", "2026-05-07T17:00"),
            ("2026-05-01T17:00", "2026-05-07T17:00", "2026-05-08T17:00"),
            ("2026-05-02T11:00", "2026-05-07T17:00", "2026-05-08T17:00"),
            ("2026-05-04T11:00", "2026-05-07T17:00", "2026-05-08T17:00"),
            ("2026-05-05T07:00", "2026-05-08T17:00", "2026-05-08T17:00"),
        ],
    )
    def test_receipt_after_closing_counts_as_the_next_where_the_switch_says_so(
        self, received: str, plain: str, switched: str
    ) -> None:
        for counts, end in ((False, plain), (True, switched)):
            policy = replace(POLICY, next_day_counts=counts)
            started = deadlines.begins(policy, london(received), LONDON)
            assert deadlines.due(policy, started, LONDON) == london(end)


STARTS = st.datetimes(datetime(2018, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
UNITS = st.sampled_from(list(Unit))
ON = st.sampled_from(
    [
        PARIS,
        LONDON,
        calendar.build(
            zone="America/Los_Angeles",
            week={"sat": [["00:00", "24:00"]], "mon": [["09:00", "12:00"], ["13:00", "20:00"]]},
            country="US",
        ),
        calendar.build(zone="America/Sao_Paulo", week={d: [["00:00", "24:00"]] for d in calendar.DAYS}, country="BR"),
    ]
)


class TestWhateverTheUnit:
    @settings(max_examples=200, deadline=None)
    @given(STARTS, st.integers(0, 60), UNITS, ON, st.booleans())
    def test_never_early(self, start: datetime, amount: int, unit: Unit, on: Calendar, to_end: bool) -> None:
        end = add(start, amount, unit, on, end_of_day=to_end)
        assert end >= start
        if unit in (Unit.OPEN_MINUTE, Unit.OPEN_HOUR):
            assert on.open_seconds(start, end) == amount * (60 if unit == Unit.OPEN_MINUTE else 3600)

    @settings(max_examples=200, deadline=None)
    @given(STARTS, st.integers(0, 60), st.integers(0, 40 * 86400), st.integers(0, 5), UNITS, ON, st.booleans())
    def test_later_and_more_is_never_earlier(
        self, start: datetime, amount: int, later: int, more: int, unit: Unit, on: Calendar, to_end: bool
    ) -> None:
        end = add(start, amount, unit, on, end_of_day=to_end)
        assert end <= add(start + timedelta(seconds=later), amount, unit, on, end_of_day=to_end)
        assert end <= add(start, amount + more, unit, on, end_of_day=to_end)
        assert (
            deadlines.subtract(start, amount + more, unit, on) <= deadlines.subtract(start, amount, unit, on) <= start
        )

    @settings(max_examples=200, deadline=None)
    @given(STARTS, st.integers(0, 60), UNITS, st.integers(-3, 40), ON, st.booleans())
    def test_closed_time_only_lengthens(
        self, start: datetime, amount: int, unit: Unit, after: int, on: Calendar, to_end: bool
    ) -> None:
        day = on.local_day(start) + timedelta(days=after)
        less = replace(on, closed={day: ""})
        assert add(start, amount, unit, less, end_of_day=to_end) >= add(start, amount, unit, on, end_of_day=to_end)

    @settings(max_examples=200, deadline=None)
    @given(STARTS, st.integers(1, 60), UNITS, ON)
    def test_adding_then_subtracting_returns(self, start: datetime, amount: int, unit: Unit, on: Calendar) -> None:
        """It does wherever the clock shows the same at both ends, and no shorter month came between."""
        first = add(start, 0, unit, on)
        end = add(start, amount, unit, on)
        back = deadlines.subtract(end, amount, unit, on)
        local, far = first.astimezone(on.zone), end.astimezone(on.zone)
        is_by_day = unit in (Unit.WORKING_DAY, Unit.OUVRABLE, Unit.DAY, Unit.WEEK, Unit.MONTH)
        is_moved = is_by_day and (local.time() != far.time() or local.fold == 1)
        if not is_moved and not (unit == Unit.MONTH and local.day != far.day):
            assert back == first


class TestExtending:
    ROW = Row(1, None, Goal.FINAL_ANSWER, 1, paris("2026-03-02T10:00"), paris("2026-03-24T00:00"),
              paris("2026-03-24T00:00"))  # fmt: skip
    CAN = Policy(1, Goal.FINAL_ANSWER, Start.POSTED, 15, Unit.DAY, end_of_day=True, extends=Needs.NOTICE,
                 extend_amount=45, extend_unit=Unit.DAY)  # fmt: skip
    NOW = paris("2026-03-20T10:00")

    def why_not(self, **changes: Any) -> CannotExtend | None:
        given_ = {"policy": self.CAN, "row": self.ROW, "now": self.NOW, "has_reason": True, "told_at": self.NOW}
        return deadlines.may_extend(**{**given_, **changes})

    def test_with_a_reason_and_notice_before_the_date(self) -> None:
        assert self.why_not() is None
        assert self.why_not(has_reason=False) == CannotExtend.REASON

    def test_a_notice_after_the_date_is_none(self) -> None:
        """Check 13."""
        assert self.why_not(told_at=None) == CannotExtend.NOTICE
        assert self.why_not(told_at=paris("2026-03-24T00:00")) == CannotExtend.NOTICE
        assert self.why_not(now=paris("2026-03-24T00:00")) == CannotExtend.TOO_LATE
        assert self.why_not(policy=replace(self.CAN, extends=Needs.REASON), told_at=None) is None

    def test_not_where_there_is_nothing_to_extend(self) -> None:
        assert self.why_not(policy=replace(self.CAN, extends=Needs.NEVER)) == CannotExtend.NEVER
        assert self.why_not(row=replace(self.ROW, met_at=self.NOW, met_by=3)) == CannotExtend.SETTLED
        assert self.why_not(until=self.ROW.due_at) == CannotExtend.ALREADY

    def test_the_whole_is_counted_from_the_first_date(self) -> None:
        start = paris("2026-03-02T10:00")
        first = deadlines.due(self.CAN, start, PARIS)
        row = replace(self.ROW, first_due_at=first, due_at=first)
        assert deadlines.extended_until(self.CAN, row, PARIS) == add(start, 60, Unit.DAY, end_of_day=True)
        worked = replace(self.CAN, unit=Unit.WORKING_DAY, extend_unit=Unit.WORKING_DAY, extend_amount=20)
        row = replace(row, first_due_at=deadlines.due(worked, start, PARIS))
        assert deadlines.extended_until(worked, row, PARIS) == add(start, 35, Unit.WORKING_DAY, end_of_day=True)


class TestHowItStands:
    NOW = datetime(2026, 3, 20, 10, tzinfo=UTC)
    ROW = Row(1, None, Goal.REPLY, 1, NOW - timedelta(days=2), NOW + timedelta(hours=1), NOW + timedelta(hours=1))

    @pytest.mark.parametrize(
        ("changes", "how"),
        [
            ({}, Due.OPEN),
            ({"due_at": NOW}, Due.LATE),
            ({"due_at": NOW, "paused_at": NOW - timedelta(hours=1)}, Due.PAUSED),
            ({"missed_at": NOW}, Due.LATE),
            ({"met_at": NOW, "met_by": 1}, Due.MET),
            ({"met_at": NOW, "met_by": 1, "missed_at": NOW}, Due.MET_LATE),
            ({"ended_at": NOW, "ended": Ended.SUPERSEDED}, Due.ENDED),
        ],
    )
    def test_is_said_without_anybody_having_looked(self, changes: dict[str, Any], how: Due) -> None:
        assert deadlines.how(replace(self.ROW, **changes), self.NOW) == how

    def test_the_nearest_is_the_earliest_that_is_not_paused(self) -> None:
        met = replace(self.ROW, met_at=self.NOW, due_at=self.NOW)
        paused = replace(self.ROW, paused_at=self.NOW, due_at=self.NOW + timedelta(minutes=1))
        later = replace(self.ROW, due_at=self.NOW + timedelta(days=1))
        assert deadlines.nearest([later, met, paused, self.ROW], self.NOW) == self.ROW
        assert deadlines.nearest([met, paused], self.NOW) == paused
        assert deadlines.nearest([met], self.NOW) is None


def test_a_zone_of_another_is_the_same_instant() -> None:
    start = datetime(2026, 3, 27, 16, 30, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert add(start, 1, Unit.OPEN_HOUR) == add(start.astimezone(UTC), 1, Unit.OPEN_HOUR)
