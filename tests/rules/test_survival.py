"""Kaplan and Meier's curve: the textbook example, no censoring, lanes against single minutes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.rules import lanes, survival
from cases.rules.survival import Interval

# Weeks in remission with 6-MP and with placebo: Freireich and others, Blood 21 (1963), the example of every textbook.
TREATED = ([6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35])
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]

MINUTES = st.lists(st.integers(0, 200_000), max_size=40)


def test_the_curve_of_the_textbook() -> None:
    found = survival.exact(*TREATED)
    steps = [point for point in found.points if point.happened]
    assert [point.minutes for point in steps] == [6, 7, 10, 13, 16, 22, 23]
    assert [point.at_risk for point in steps] == [21, 17, 15, 12, 11, 7, 6]
    assert [point.open_share for point in steps] == pytest.approx(
        [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482], abs=1e-4
    )
    assert [point.error for point in steps] == pytest.approx(
        [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346], abs=1e-4
    )
    assert (found.population, found.happened, found.still_open) == (21, 9, 12)


def test_the_medians_of_the_textbook() -> None:
    treated, placebo = survival.exact(*TREATED), survival.exact(PLACEBO)
    assert (treated.median, treated.interval()) == (23, Interval(13, None))
    assert (placebo.median, placebo.interval()) == (8, Interval(4, 11))
    assert treated.percentile(0.9) is None


@settings(deadline=None)
@given(durations=st.lists(st.integers(0, 200_000), min_size=1, max_size=40), share=st.sampled_from([0.25, 0.5, 0.9]))
def test_is_the_plain_percentile_when_nothing_is_open(durations: list[int], share: float) -> None:
    found = survival.exact(durations).percentile(share)
    assert found is not None
    within = sum(one <= found for one in durations)
    before = sum(one < found for one in durations)
    assert within >= share * len(durations) - 1e-9
    assert before < share * len(durations)


@settings(deadline=None)
@given(durations=MINUTES, share=st.sampled_from([0.1, 0.5, 0.9]))
def test_lanes_are_no_farther_off_than_said(durations: list[int], share: float) -> None:
    found = survival.curve(lanes.tally(durations), 0).percentile(share)
    single = survival.exact(durations).percentile(share)
    if single is None:
        assert found is None
    else:
        assert found is not None
        assert abs(found - single) <= lanes.ERROR * single


@settings(deadline=None)
@given(durations=MINUTES, censored=MINUTES, share=st.sampled_from([0.1, 0.5, 0.9]))
def test_lanes_watch_who_is_open_to_the_end_of_the_lane(
    durations: list[int], censored: list[int], share: float
) -> None:
    found = survival.curve(lanes.tally(durations), lanes.tally(censored))
    ends = [lanes.edges(lanes.lane(one))[1] - 1 for one in censored]
    single = survival.exact(durations, ends).percentile(share)
    of_lanes = found.percentile(share)
    assert (of_lanes is None) == (single is None)
    if of_lanes is not None and single is not None:
        assert abs(of_lanes - single) <= lanes.ERROR * single
    middles = [[lanes.middle(lanes.lane(one)) for one in some] for some in (durations, censored)]
    assert found == survival.exact(*middles)


@settings(deadline=None)
@given(durations=MINUTES, censored=MINUTES)
def test_the_share_open_only_falls_and_its_band_holds_it(durations: list[int], censored: list[int]) -> None:
    found = survival.exact(durations, censored)
    shares = [point.open_share for point in found.points]
    assert shares == sorted(shares, reverse=True)
    assert all(0 <= share <= 1 for share in shares)
    assert found.population == len(durations) + len(censored)
    middle, where = found.median, found.interval()
    if middle is not None and where.low is not None:
        assert where.low <= middle
    if where.high is not None:
        assert middle is not None
        assert where.high >= middle


@settings(deadline=None)
@given(durations=MINUTES, censored=MINUTES, minutes=st.integers(0, 200_000))
def test_counts_who_is_watched_and_the_share_so_far(durations: list[int], censored: list[int], minutes: int) -> None:
    found = survival.exact(durations, censored)
    assert found.at_risk(minutes) == sum(one >= minutes for one in durations + censored)
    if not censored and durations:
        assert found.share_by(minutes) == pytest.approx(sum(one <= minutes for one in durations) / len(durations))


def test_the_open_ones_make_it_longer() -> None:
    assert survival.exact([1, 2, 3]).median == 2
    assert survival.exact([1, 2, 3], [9, 9, 9]).median == 3
    assert survival.exact([1, 2, 3], [9] * 4).median is None


def test_nothing_gives_nothing() -> None:
    found = survival.curve(0, 0)
    assert (found.population, found.median, found.share_by(10), found.interval()) == (
        0,
        None,
        0.0,
        Interval(None, None),
    )
