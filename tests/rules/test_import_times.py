"""Times are read as they were written; what never was, or could be two days, is refused."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.rules.import_times import BadTimeError, DateOrder, date_order, parse_time, zone_of
from cases.vocabulary import Precision

PARIS = ZoneInfo("Europe/Paris")
NAIVE_1971 = datetime(1971, 1, 1, tzinfo=UTC).replace(tzinfo=None)
NAIVE_2190 = datetime(2190, 1, 1, tzinfo=UTC).replace(tzinfo=None)


class TestParseTime:
    @pytest.mark.parametrize(
        ("written", "expected"),
        [
            ("2015-02-24 11:35:52 -0800", "2015-02-24T19:35:52"),
            ("2020-12-28 08:26:23 +01:00", "2020-12-28T07:26:23"),
            ("2024-04-16T03:03:15Z", "2024-04-16T03:03:15"),
            ("2024-04-16T03:03:15.250", "2024-04-16T01:03:15.250000"),
            ("20240416T030315Z", "2024-04-16T03:03:15"),
            ("1424806552", "2015-02-24T19:35:52"),
            ("1424806552123", "2015-02-24T19:35:52.123000"),
            ("Tue Feb 24 11:35:52 -0800 2015", "2015-02-24T19:35:52"),
            ("Tue, 24 Feb 2015 11:35:52 -0800", "2015-02-24T19:35:52"),
            ("24 février 2015 à 11h35", "2015-02-24T10:35:00"),
            ("Feb 24, 2015 11:35 PM", "2015-02-24T22:35:00"),
            ("02/24/2015 12:05 AM", "2015-02-23T23:05:00"),
            ("24/02/2015 12:05", "2015-02-24T11:05:00"),
        ],
    )
    def test_reads_instants(self, written: str, expected: str) -> None:
        moment = parse_time(written, zone=PARIS)
        assert moment.at == datetime.fromisoformat(expected).replace(tzinfo=UTC)
        assert moment.precision == Precision.INSTANT

    @pytest.mark.parametrize(
        "written", ["2014-11-13", "11/13/2014", "13.11.2014", "20141113", "13 novembre 2014", "13/11/14"]
    )
    def test_reads_days(self, written: str) -> None:
        moment = parse_time(written, zone=PARIS)
        assert moment.at.astimezone(PARIS) == datetime(2014, 11, 13, tzinfo=PARIS)
        assert moment.precision == Precision.DAY

    @pytest.mark.parametrize(
        ("written", "reason"),
        [
            ("2021-02-30", "does not exist: 2021-02 has 28 days"),
            ("30/02/2021", "has 28 days"),
            ("2024-13-01", "no month 13"),
            ("2024-04-16 25:00", "no such time of day"),
            ("2024-04-16 13:00 PM", "no such time of day"),
            ("9999-12-31", "out of the question"),
            ("yesterday", "not a time"),
            ("2014", "not a time"),
            ("12 brumaire 2014", "not a month"),
            ("2024-01-01T00:00:00+25:00", "no zone"),
        ],
    )
    def test_says_why_it_refuses(self, written: str, reason: str) -> None:
        with pytest.raises(BadTimeError, match=reason):
            parse_time(written)

    def test_never_guesses_between_day_and_month(self) -> None:
        with pytest.raises(BadTimeError, match="day-first or month-first"):
            parse_time("03/04/2014")
        assert parse_time("03/04/2014", formats=["day-first"]).at == datetime(2014, 4, 3, tzinfo=UTC)
        assert parse_time("03/04/2014", order=DateOrder.MONTH_FIRST).at == datetime(2014, 3, 4, tzinfo=UTC)
        assert parse_time("04/04/2014").at == datetime(2014, 4, 4, tzinfo=UTC)

    def test_takes_named_formats_only(self) -> None:
        assert parse_time("24|02|15", formats=["%d|%m|%y"]).precision == Precision.DAY
        assert parse_time("24|02|15 8", formats=["%d|%m|%y", "%d|%m|%y %H"]).at == datetime(2015, 2, 24, 8, tzinfo=UTC)
        with pytest.raises(BadTimeError, match="does not have the form"):
            parse_time("2015-02-24", formats=["%d/%m/%Y"])

    def test_handles_hours_that_never_came_and_hours_that_came_twice(self) -> None:
        assert parse_time("2021-03-28 02:30", zone=PARIS).at.astimezone(PARIS).hour == 3
        assert parse_time("2021-10-31 02:30", zone=PARIS).at == datetime(2021, 10, 31, 0, 30, tzinfo=UTC)

    @given(st.text())
    def test_fails_only_by_saying_so(self, written: str) -> None:
        with contextlib.suppress(BadTimeError):
            assert parse_time(written).at.tzinfo is UTC

    @given(st.datetimes(NAIVE_1971, NAIVE_2190, timezones=st.timezones()))
    def test_reads_back_what_was_written(self, at: datetime) -> None:
        offset = at.utcoffset()
        if offset is not None and offset.seconds % 60 == 0:
            assert parse_time(at.isoformat(sep=" ")).at == at.astimezone(UTC)


class TestDateOrder:
    def test_is_told_by_one_date_that_can_only_be_read_one_way(self) -> None:
        assert date_order(["03/04/2014", "11/13/2014"]) is DateOrder.MONTH_FIRST
        assert date_order(["03/04/2014", "13/11/2014 10:00"]) is DateOrder.DAY_FIRST
        assert date_order(["03/04/2014"]) is None
        assert date_order(["13/11/2014", "11/13/2014"]) is None


def test_a_zone_that_does_not_exist_is_refused() -> None:
    assert zone_of("Europe/Paris") == PARIS
    for name in ("Europe/Atlantis", "", "../etc"):
        with pytest.raises(BadTimeError, match="no time zone"):
            zone_of(name)
