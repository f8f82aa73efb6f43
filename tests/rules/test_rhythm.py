"""When a report goes out next: on the right local day and hour, once each, whatever the clocks do."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import errors
from cases.rules.rhythm import LAST_DAY, Beat, following
from cases.vocabulary import Rhythm

PARIS = "Europe/Paris"
ZONES = [PARIS, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo", "Pacific/Apia", "UTC"]
INSTANTS = st.datetimes(datetime(2009, 1, 1), datetime(2040, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
BEATS = st.builds(
    Beat,
    st.sampled_from(Rhythm),
    st.integers(0, 23),
    st.sampled_from(ZONES),
    st.integers(0, 6),
    st.sampled_from([*range(1, 29), LAST_DAY]),
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("beat", "after", "next_at"),
    [
        (Beat(Rhythm.DAILY, 8, PARIS), "2026-09-08T05:59", "2026-09-08T06:00"),
        (Beat(Rhythm.DAILY, 8, PARIS), "2026-09-08T06:00", "2026-09-09T06:00"),
        # Monday 8:00 in Paris before and after the clocks change on 25 October 2026.
        (Beat(Rhythm.WEEKLY, 8, PARIS, weekday=0), "2026-10-19T06:00", "2026-10-26T07:00"),
        (Beat(Rhythm.WEEKLY, 8, PARIS, weekday=6), "2026-10-19T06:00", "2026-10-25T07:00"),
        (Beat(Rhythm.MONTHLY, 0, PARIS, day=1), "2026-09-08T00:00", "2026-09-30T22:00"),
        (Beat(Rhythm.MONTHLY, 8, "UTC", day=LAST_DAY), "2028-02-01T00:00", "2028-02-29T08:00"),
        (Beat(Rhythm.MONTHLY, 8, "UTC", day=LAST_DAY), "2028-02-29T08:00", "2028-03-31T08:00"),
        (Beat(Rhythm.MONTHLY, 8, "UTC", day=28), "2026-01-28T08:00", "2026-02-28T08:00"),
        # 2:00 does not exist on 29 March 2026: it is 3:00 summer time.
        (Beat(Rhythm.DAILY, 2, PARIS), "2026-03-29T00:30", "2026-03-29T01:00"),
        (Beat(Rhythm.DAILY, 2, PARIS), "2026-03-29T01:00", "2026-03-30T00:00"),
        # 2:00 exists twice on 25 October 2026: the first one, and only that.
        (Beat(Rhythm.DAILY, 2, PARIS), "2026-10-24T23:59", "2026-10-25T00:00"),
        (Beat(Rhythm.DAILY, 2, PARIS), "2026-10-25T00:00", "2026-10-26T01:00"),
        # Apia had no 30 December 2011.
        (Beat(Rhythm.DAILY, 8, "Pacific/Apia"), "2011-12-29T18:00", "2011-12-30T10:00"),
        (Beat(Rhythm.DAILY, 8, "Pacific/Apia"), "2011-12-30T10:00", "2011-12-30T18:00"),
    ],
)
def test_goes_out_next(beat: Beat, after: str, next_at: str) -> None:
    assert following(beat, at(after)) == at(next_at)


@given(BEATS, INSTANTS)
def test_is_later_and_on_the_right_day(beat: Beat, after: datetime) -> None:
    found = following(beat, after)
    assert after < found <= after + timedelta(days=63)
    local = found.astimezone(ZoneInfo(beat.zone))
    if local.hour == beat.hour and local.minute == 0:
        assert beat.rhythm != Rhythm.WEEKLY or local.weekday() == beat.weekday
        wanted = min(beat.day, monthrange(local.year, local.month)[1])
        assert beat.rhythm != Rhythm.MONTHLY or local.day == wanted
    else:
        # Only where the clocks leave the hour out: a moment before they stood before it.
        before = (found - timedelta(seconds=1)).astimezone(ZoneInfo(beat.zone))
        assert before.utcoffset() != local.utcoffset()


@given(BEATS, INSTANTS)
def test_leaves_none_out_and_sends_none_twice(beat: Beat, after: datetime) -> None:
    first = following(beat, after)
    assert following(beat, first - timedelta(microseconds=1)) == first
    second = following(beat, first)
    between = {Rhythm.DAILY: (1, 2), Rhythm.WEEKLY: (7, 8), Rhythm.MONTHLY: (28, 31)}[beat.rhythm]
    assert timedelta(days=between[0], hours=-24) <= second - first <= timedelta(days=between[1], hours=2)


@given(st.sampled_from(ZONES), st.integers(0, 23), st.integers(2010, 2030).filter(lambda year: year != 2011))
def test_a_year_of_days_has_each_day_once(zone: str, hour: int, year: int) -> None:
    beat, now = Beat(Rhythm.DAILY, hour, zone), datetime(year, 1, 1, tzinfo=UTC)
    days = []
    while now.year == year:
        now = following(beat, now)
        days.append(now.astimezone(ZoneInfo(zone)).date())
    assert days == [days[0] + timedelta(days=n) for n in range(len(days))]


@pytest.mark.parametrize("wrong", [{"hour": 24}, {"hour": -1}, {"weekday": 7}, {"day": 0}, {"day": 29}, {"day": 32}])
def test_refuses_what_is_no_hour_or_day(wrong: dict[str, int]) -> None:
    with pytest.raises(errors.NoSuchBeat):
        Beat(**{"rhythm": Rhythm.MONTHLY, "hour": 8, "zone": PARIS} | wrong)  # type: ignore[arg-type]


def test_refuses_a_zone_that_is_none() -> None:
    with pytest.raises(errors.UnknownZone):
        Beat(Rhythm.DAILY, 8, "Mars/Olympus")
