"""Histograms of durations: every minute in its lane, sums as sums, the stated error kept."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.rules import lanes

COUNTS = st.dictionaries(st.integers(0, lanes.LANES - 1), st.integers(0, 2**31 - 1), max_size=30)


def test_every_minute_is_in_exactly_its_lane() -> None:
    at = 0
    for number in range(lanes.lane(2**20) + 1):
        low, high = lanes.edges(number)
        assert low == at < high
        assert {lanes.lane(minutes) for minutes in range(low, high)} == {number}
        at = high
    assert at > 2**20


def test_the_longest_has_the_last_lane() -> None:
    assert lanes.lane(lanes.LONGEST) == lanes.lane(lanes.LONGEST + 1) == lanes.LANES - 1
    assert lanes.edges(lanes.LANES - 1)[1] == lanes.LONGEST + 1
    assert lanes.lane(-5) == 0


@settings(deadline=None)
@given(minutes=st.integers(0, lanes.LONGEST))
def test_a_middle_is_no_farther_off_than_said(minutes: int) -> None:
    low, high = lanes.edges(lanes.lane(minutes))
    middle = lanes.middle(lanes.lane(minutes))
    assert low <= minutes < high
    assert abs(middle - minutes) <= lanes.ERROR * minutes
    assert minutes >= 32 or middle == minutes


def test_the_error_is_reached() -> None:
    assert (lanes.middle(lanes.lane(1024)) - 1024) / 1024 == lanes.ERROR == 0.03125


@settings(deadline=None)
@given(one=COUNTS, other=COUNTS)
def test_the_sum_of_two_is_the_histogram_of_both(one: dict[int, int], other: dict[int, int]) -> None:
    both = Counter(one) + Counter(other)
    added = lanes.of(lanes.pack(one)) + lanes.of(lanes.pack(other))
    assert added == lanes.of(lanes.pack(both))
    assert lanes.stored(added) == lanes.pack(both)
    assert added - lanes.of(lanes.pack(other)) == lanes.of(lanes.pack(one))
    assert lanes.counts(added) == sorted(both.items())
    assert lanes.total(added) == both.total()


@settings(deadline=None)
@given(minutes=st.lists(st.integers(0, lanes.LONGEST), max_size=50))
def test_durations_are_counted_in_their_lanes(minutes: list[int]) -> None:
    found = lanes.tally(minutes)
    assert lanes.total(found) == len(minutes)
    assert lanes.counts(found) == sorted(Counter(map(lanes.lane, minutes)).items())


def test_nothing_is_nothing() -> None:
    assert lanes.pack({3: 0}) == lanes.stored(0) == b""
    assert lanes.counts(0) == []


def test_a_lane_holds_no_more_than_it_can() -> None:
    assert lanes.counts(lanes.of(lanes.pack({7: lanes.MOST}))) == [(7, lanes.MOST)]
    with pytest.raises(Exception, match="format requires"):
        lanes.pack({7: lanes.MOST + 1})


def test_what_is_said_is_rounded_to_what_is_known() -> None:
    assert [lanes.rounded(minutes) for minutes in (0, 1, 31)] == [0, 1, 31]
    # By hand 13 h 52 min; its lane stands for 14 h 8 min.
    assert lanes.rounded(lanes.middle(lanes.lane(832))) == 14 * 60
    for number in range(lanes.lane(32), lanes.lane(10 * 1440)):
        low, high = lanes.edges(number)
        assert low <= lanes.rounded(lanes.middle(number)) <= high
    assert lanes.rounded(11 * 1440 + 700) == 11 * 1440
