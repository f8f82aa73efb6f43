"""Periods: as asked, compared, cut into months and steps, across every change of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases import errors
from cases.rules import periods
from cases.rules.periods import Edge, Period, Preset, Unit

PARIS = "Europe/Paris"
# Clocks that change at midnight, by half an hour, over the date line, not on the hour, never, and south of the line.
ZONES = [PARIS, "UTC", "America/Sao_Paulo", "Africa/Cairo", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata",
         "Asia/Kathmandu", "America/St_Johns", "America/New_York", "Africa/Casablanca", "Asia/Beirut"]  # fmt: skip
NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
TICK = timedelta(microseconds=1)

INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
LENGTHS = (
    st.just(timedelta(seconds=1))
    | st.timedeltas(timedelta(seconds=1), timedelta(days=3))
    | st.timedeltas(timedelta(days=20), timedelta(days=80))
    | st.timedeltas(timedelta(days=80), timedelta(days=36500))
)
PERIODS = st.builds(lambda start, length, zone: Period(start, start + length, zone), INSTANTS, LENGTHS,
                    st.sampled_from(ZONES))  # fmt: skip
DAYS = st.builds(lambda first, n, zone: periods.of_days(first, first + timedelta(days=n), zone),
                 st.dates(date(1995, 1, 1), date(2040, 1, 1)), st.integers(2, 800), st.sampled_from(ZONES))  # fmt: skip


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_days_are_those_of_the_zone_and_both_included() -> None:
    found = periods.parse("2026-10-25", "2026-10-25", PARIS)
    assert (found.start, found.end) == (at("2026-10-24T22:00"), at("2026-10-25T23:00"))
    assert found.length == timedelta(hours=25)
    assert periods.parse("2026-03-29", "2026-03-29", PARIS).length == timedelta(hours=23)


def test_instants_are_taken_as_they_are() -> None:
    found = periods.parse("2026-10-25T02:30:00+01:00", "2026-10-25T02:30:01+01:00", PARIS)
    assert (found.start, found.length) == (at("2026-10-25T01:30"), timedelta(seconds=1))
    # Without an offset, by the clocks of the zone: the first time that they show it.
    assert periods.parse("2026-10-25T02:30", "2026-10-25T02:30:00Z", PARIS).start == at("2026-10-25T00:30")


@pytest.mark.parametrize(
    ("from_", "to", "zone", "refusal"),
    [
        ("2026-02-01", "2026-01-31", PARIS, errors.PeriodEndsBeforeItBegins),
        ("2026-01-01T10:00Z", "2026-01-01T10:00Z", PARIS, errors.PeriodEndsBeforeItBegins),
        ("2026-01-01", "2026-01-31", "Europe/Atlantis", errors.UnknownZone),
        ("2026-01-01", "2026-01-31", "Europe", errors.UnknownZone),
        ("2026-01-01", "2026-01-31", "../etc/passwd", errors.UnknownZone),
        ("2026-01-01", "2026-01-31", "", errors.UnknownZone),
        ("2026-01-01", "2026-01-31", "localtime", errors.UnknownZone),
        ("2026-01-01", "2026-01-31", "right/Europe/Paris", errors.UnknownZone),
        ("2026-02-30", "2026-03-31", PARIS, errors.NotADate),
        ("20260101", "2026-03-31", PARIS, errors.NotADate),
        ("", "2026-03-31", PARIS, errors.NotADate),
        ("2026-01-01", "soon", PARIS, errors.NotADate),
        ("2026-01-01", "2026-01-01T25:00", PARIS, errors.NotADate),
        ("0001-01-01", "0001-01-02", PARIS, errors.NotADate),
        ("9999-12-31T23:59:59-12:00", "9999-12-31", PARIS, errors.NotADate),
        ("1925-12-31", "2026-01-01", PARIS, errors.PeriodTooLong),
    ],
)
def test_refuses_what_is_no_period(from_: str, to: str, zone: str, refusal: type[errors.Refused]) -> None:
    with pytest.raises(refusal) as refused:
        periods.parse(from_, to, zone)
    assert "%(" not in refused.value.message


def test_a_hundred_years_are_not_too_long() -> None:
    assert periods.parse("1926-01-01", "2026-01-01", PARIS).length > timedelta(days=36524)
    assert periods.parse("1926-03-01T00:00:00Z", "2026-03-01T00:00:00Z", "Asia/Kolkata").days is None


@settings(deadline=None)
@given(period=PERIODS | DAYS)
def test_what_is_written_gives_the_period_again(period: Period) -> None:
    assert periods.parse(*period.written, period.zone) == period


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        (Preset.TODAY, "2026-11-23", "2026-11-23"),
        (Preset.YESTERDAY, "2026-11-22", "2026-11-22"),
        (Preset.THIS_WEEK, "2026-11-23", "2026-11-23"),
        (Preset.LAST_WEEK, "2026-11-16", "2026-11-22"),
        (Preset.THIS_MONTH, "2026-11-01", "2026-11-23"),
        (Preset.LAST_MONTH, "2026-10-01", "2026-10-31"),
        (Preset.THIS_QUARTER, "2026-10-01", "2026-11-23"),
        (Preset.LAST_QUARTER, "2026-07-01", "2026-09-30"),
        (Preset.THIS_HALF, "2026-07-01", "2026-11-23"),
        (Preset.LAST_HALF, "2026-01-01", "2026-06-30"),
        (Preset.THIS_YEAR, "2026-01-01", "2026-11-23"),
        (Preset.LAST_YEAR, "2025-01-01", "2025-12-31"),
        (Preset.DAYS_7, "2026-11-17", "2026-11-23"),
        (Preset.DAYS_30, "2026-10-25", "2026-11-23"),
        (Preset.DAYS_90, "2026-08-26", "2026-11-23"),
        (Preset.EVERYTHING, "1970-01-01", "2026-11-23"),
    ],
)
def test_a_preset_is_its_days(name: Preset, first: str, last: str) -> None:
    assert periods.preset(name, NOW, PARIS).written == (first, last)


def test_today_is_that_of_the_zone() -> None:
    assert periods.preset("today", NOW, "America/New_York").written == ("2026-11-22", "2026-11-22")
    with pytest.raises(errors.UnknownPeriod):
        periods.preset("soon", NOW, PARIS)


@settings(deadline=None)
@given(now=INSTANTS, zone=st.sampled_from(ZONES), name=st.sampled_from(list(Preset)))
def test_every_preset_is_a_period_that_goes_no_farther_than_today(now: datetime, zone: str, name: Preset) -> None:
    found = periods.preset(name, now, zone)
    assert found.start <= now
    assert found.end <= periods.preset(Preset.TODAY, now, zone).end
    assert found.start < found.end


@pytest.mark.parametrize(
    ("first", "last", "before", "last_year"),
    [
        ("2026-03-01", "2026-03-31", ("2026-02-01", "2026-02-28"), ("2025-03-01", "2025-03-31")),
        ("2026-01-01", "2026-06-30", ("2025-07-01", "2025-12-31"), ("2025-01-01", "2025-06-30")),
        ("2024-01-01", "2024-12-31", ("2023-01-01", "2023-12-31"), ("2023-01-01", "2023-12-31")),
        ("2024-02-01", "2024-02-29", ("2024-01-01", "2024-01-31"), ("2023-02-01", "2023-02-28")),
        ("2024-02-29", "2024-02-29", ("2024-02-28", "2024-02-28"), ("2023-02-28", "2023-02-28")),
        ("2024-02-28", "2024-02-28", ("2024-02-27", "2024-02-27"), ("2023-02-28", "2023-02-28")),
        ("2026-11-16", "2026-11-22", ("2026-11-09", "2026-11-15"), ("2025-11-16", "2025-11-22")),
        ("2026-10-20", "2026-10-29", ("2026-10-10", "2026-10-19"), ("2025-10-20", "2025-10-29")),
    ],
)
def test_is_compared_with_its_like(first: str, last: str, before: tuple[str, str], last_year: tuple[str, str]) -> None:
    period = periods.parse(first, last, PARIS)
    assert periods.before(period).written == before
    assert periods.same_last_year(period).written == last_year


@settings(deadline=None)
@given(period=PERIODS)
def test_the_time_before_ends_where_the_period_begins(period: Period) -> None:
    found = periods.before(period)
    assert found.start < found.end == period.start
    assert found.length == period.length or period.days


@settings(deadline=None)
@given(period=PERIODS | DAYS)
def test_a_year_before_is_some_time_about_a_year_before(period: Period) -> None:
    found = periods.same_last_year(period)
    assert found.start < found.end
    assert timedelta(days=364) < period.start - found.start < timedelta(days=368)
    assert abs(found.length - period.length) <= timedelta(days=2)


@settings(deadline=None)
@given(period=PERIODS | DAYS)
def test_days_and_edges_are_exactly_the_period(period: Period) -> None:
    found = periods.pieces(period)
    spans = [(edge.start, edge.end, edge.sign) for edge in found.edges]
    if found.days:
        spans.append((periods._utc(found.days[0]), periods._utc(found.days[1]), 1))
    assert sum(((end - start) * sign for start, end, sign in spans), timedelta(0)) == period.length
    for bound in {bound for start, end, _ in spans for bound in (start, end)}:
        for moment in (bound - TICK, bound):
            held = sum(sign for start, end, sign in spans if start <= moment < end)
            assert held == (period.start <= moment < period.end)


@settings(deadline=None)
@given(period=PERIODS | DAYS)
def test_the_months_are_all_that_are_whole_in_the_days(period: Period) -> None:
    found = periods.pieces(period)
    if not found.days:
        assert found.months is None
        return
    first, after = found.days
    inside = {day for day in (first + timedelta(days=n) for n in range((after - first).days + 1)) if day.day == 1}
    assert found.months == ((min(inside), max(inside)) if len(inside) > 1 else None)


@settings(deadline=None)
@given(period=PERIODS)
def test_the_edges_are_never_as_long_as_what_they_save(period: Period) -> None:
    found = periods.pieces(period)
    assert len(found.edges) <= 2
    if found.days:
        assert 2 * sum((edge.end - edge.start for edge in found.edges), timedelta(0)) < period.length
    else:
        assert found.edges == (Edge(period.start, period.end, 1),)


def test_a_local_month_is_a_month_and_the_hours_it_is_off() -> None:
    found = periods.pieces(periods.parse("2026-10-01", "2026-10-31", PARIS))
    assert found.days == found.months == (date(2026, 10, 1), date(2026, 11, 1))
    assert found.edges == (
        Edge(at("2026-09-30T22:00"), at("2026-10-01T00:00"), 1),
        Edge(at("2026-10-31T23:00"), at("2026-11-01T00:00"), -1),
    )


def test_few_days_are_no_months() -> None:
    found = periods.pieces(periods.parse("2026-10-10", "2026-11-12", PARIS))
    assert (found.days, found.months) == ((date(2026, 10, 10), date(2026, 11, 13)), None)
    assert periods.pieces(periods.parse("2026-10-12T08:00Z", "2026-10-12T17:00Z", PARIS)).days is None


@settings(deadline=None)
@given(period=PERIODS | DAYS, unit=st.sampled_from(list(Unit)))
def test_steps_lie_end_to_end_over_the_whole_period(period: Period, unit: Unit) -> None:
    try:
        found = periods.buckets(period, unit)
    except errors.TooManySteps:
        assert period.length > timedelta(hours=periods.MOST_STEPS) * 0.9
        return
    assert [found[0].start, *(one.end for one in found)] == [*(one.start for one in found), period.end]
    assert all(one.start < one.end for one in found)
    assert found[0].start == period.start
    named = [(one.day, one.number, one.offset, one.start if not one.is_whole else None) for one in found]
    assert len(set(named)) == len(named)


@settings(deadline=None)
@given(period=DAYS, unit=st.sampled_from([Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.QUARTER]))
def test_steps_are_those_of_the_local_calendar(period: Period, unit: Unit) -> None:
    for one in periods.buckets(period, unit):
        local = one.start.astimezone(periods.of_zone(period.zone)).date()
        if one.is_whole:
            assert periods.of_days(one.day, one.day + timedelta(days=1), period.zone).start == one.start
        if unit is Unit.DAY:
            assert local == one.day
            assert one.is_whole
        if unit is Unit.WEEK:
            assert one.day.weekday() == 0
            assert (local.isocalendar()[0], local.isocalendar()[1]) == (one.year, one.number)
        if unit is Unit.MONTH:
            assert (local.year, local.month) == (one.year, one.number)
        if unit is Unit.QUARTER:
            assert (one.day.day, one.day.month % 3) == (1, 1)
            assert one.number == (local.month + 2) // 3


def test_the_hour_that_comes_twice_is_two() -> None:
    found = periods.buckets(periods.parse("2026-10-25", "2026-10-25", PARIS), Unit.HOUR)
    assert [one.number for one in found] == [0, 1, 2, 2, *range(3, 24)]
    assert [one.offset for one in found[2:4]] == [120, 60]
    spring = periods.buckets(periods.parse("2026-03-29", "2026-03-29", PARIS), Unit.HOUR)
    assert [one.number for one in spring] == [0, 1, *range(3, 24)]


def test_a_day_that_the_clocks_leave_out_is_no_step() -> None:
    found = periods.buckets(periods.parse("2011-12-29", "2011-12-31", "Pacific/Apia"), Unit.DAY)
    assert [one.number for one in found] == [29, 31]


def test_a_day_that_begins_at_one_is_a_day() -> None:
    found = periods.buckets(periods.parse("2018-11-03", "2018-11-05", "America/Sao_Paulo"), Unit.DAY)
    assert [one.end - one.start for one in found] == [timedelta(hours=n) for n in (24, 23, 24)]


def test_a_step_that_the_period_cuts_says_so() -> None:
    found = periods.buckets(periods.parse("2026-10-10", "2026-12-31", PARIS), Unit.MONTH)
    assert [(one.number, one.is_whole) for one in found] == [(10, False), (11, True), (12, True)]
    assert found[0].day == date(2026, 10, 1)


def test_weeks_are_named_with_their_own_year() -> None:
    found = periods.buckets(periods.parse("2026-12-28", "2027-01-10", PARIS), Unit.WEEK)
    assert [(one.year, one.number) for one in found] == [(2026, 53), (2027, 1)]


@settings(deadline=None)
@given(period=PERIODS)
def test_the_step_of_a_chart_never_is_too_short(period: Period) -> None:
    assert len(periods.buckets(period, periods.unit_for(period))) <= 420
