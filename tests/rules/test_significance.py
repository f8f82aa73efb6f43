"""Differences against chance: known examples, both sides alike, chance held to what it may do."""

from __future__ import annotations

from math import comb
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.rules import lanes, significance, survival
from cases.rules.significance import UNKNOWN, Difference

TREATED = ([6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35])
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]

PARTS = st.integers(1, 400).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))
MINUTES = st.lists(st.integers(0, 5000), max_size=30)


def same_turned_round(one: Difference, other: Difference) -> None:
    assert one.p == pytest.approx(other.p, rel=1e-6, abs=1e-12)
    for mine, theirs in ((one.difference, other.difference), (one.low, other.high), (one.high, other.low)):
        assert (mine is None) == (theirs is None)
        if mine is not None and theirs is not None:
            assert mine == pytest.approx(-theirs, abs=1e-9)


def test_the_tea_lady_may_have_guessed() -> None:
    found = significance.shares(3, 4, 1, 4)  # Fisher, The Design of Experiments, 1935
    assert found.p == pytest.approx(34 / 70)
    assert found.is_noise
    assert significance.shares(4, 4, 0, 4).p == pytest.approx(2 / 70)


def test_the_interval_of_newcombes_first_example() -> None:
    found = significance.shares(56, 70, 48, 80)
    assert (found.difference, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)
    assert found.p == pytest.approx(0.00805, abs=1e-5)  # 2.650 standard deviations
    assert not found.is_noise


@settings(deadline=None)
@given(one=PARTS, other=PARTS)
def test_shares_are_compared_alike_from_either_side(one: tuple[int, int], other: tuple[int, int]) -> None:
    found = significance.shares(*one, *other)
    same_turned_round(found, significance.shares(*other, *one))
    assert 0 <= found.p <= 1
    assert found.low is not None
    assert found.high is not None
    assert -1 - 1e-9 <= found.low <= one[0] / one[1] - other[0] / other[1] <= found.high <= 1 + 1e-9


@settings(deadline=None)
@given(one=st.tuples(st.integers(0, 9), st.just(9)), other=st.tuples(st.integers(0, 7), st.just(7)))
def test_small_shares_add_up_every_table(one: tuple[int, int], other: tuple[int, int]) -> None:
    hits = one[0] + other[0]
    ways = {n: comb(9, n) * comb(7, hits - n) for n in range(max(0, hits - 7), min(9, hits) + 1)}
    expected = sum(way for way in ways.values() if way <= ways[one[0]]) / comb(16, hits)
    if min(hits, 16 - hits) * 7 < 5 * 16:
        assert significance.shares(*one, *other).p == pytest.approx(expected)


def test_nothing_is_compared_with_nothing() -> None:
    assert significance.shares(0, 0, 3, 9) == significance.rates(3, 0, 3, 9) == UNKNOWN
    assert UNKNOWN.is_noise


@pytest.mark.parametrize(
    ("a", "span_a", "b", "span_b", "is_noise"),
    [(0, 30, 0, 30, True), (12, 30, 9, 30, True), (30, 30, 9, 30, False), (6, 1, 60, 30, False), (1, 30, 6, 30, True)],
)
def test_counts_are_compared_over_their_spans(a: int, span_a: float, b: int, span_b: float, is_noise: bool) -> None:
    found = significance.rates(a, span_a, b, span_b)
    assert found.is_noise == is_noise
    assert found.difference == pytest.approx(a / span_a - b / span_b)
    same_turned_round(found, significance.rates(b, span_b, a, span_a))


def test_few_counts_are_exact_and_many_agree_with_them() -> None:
    # Six against none over equal spans: both ends of a coin thrown six times.
    assert significance.rates(6, 7, 0, 7).p == pytest.approx(2 / 2**6)
    few = significance.rates(530, 1, 470, 1).p
    assert few == pytest.approx(significance.rates(531, 1, 470, 1).p, abs=0.01)
    assert not significance.rates(1_010_000, 365, 1_000_000, 365).is_noise


@settings(deadline=None)
@given(a=st.integers(0, 2000), b=st.integers(0, 2000), span=st.floats(0.1, 1000))
def test_counts_lie_inside_their_interval(a: int, b: int, span: float) -> None:
    found = significance.rates(a, span, b, 7.0)
    assert found.difference is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.difference <= found.high
    assert 0 <= found.p <= 1


def test_the_log_rank_test_of_the_textbook() -> None:
    found = significance.medians(survival.exact(*TREATED), survival.exact(PLACEBO))
    assert found.difference == 15
    assert found.low == pytest.approx(15 - (10**2 + 3**2) ** 0.5)
    assert found.high is None
    assert found.p == pytest.approx(4.17e-5, rel=0.01)  # 16.79 on one degree of freedom


@settings(deadline=None)
@given(one=MINUTES, open_one=MINUTES, other=MINUTES, open_other=MINUTES)
def test_curves_are_compared_alike_from_either_side(
    one: list[int], open_one: list[int], other: list[int], open_other: list[int]
) -> None:
    a = survival.curve(lanes.tally(one), lanes.tally(open_one))
    b = survival.curve(lanes.tally(other), lanes.tally(open_other))
    same_turned_round(significance.medians(a, b), significance.medians(b, a))
    assert significance.medians(a, a).p == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("t", "freedom", "p"), [(12.706, 1, 0.05), (4.303, 2, 0.05), (2.228, 10, 0.05), (2.0, 60, 0.05), (3.25, 9, 0.01)]
)
def test_students_t_of_the_tables(t: float, freedom: int, p: float) -> None:
    assert significance.students(t, freedom) == pytest.approx(p, rel=0.01)
    assert significance.students(-t, freedom) == significance.students(t, freedom)


def test_chance_is_taken_for_more_than_chance_seldom() -> None:
    chance = Random(1)
    wrong = 0
    for _ in range(1000):
        a, b = (sum(chance.random() < 0.3 for _ in range(80)) for _ in range(2))
        wrong += not significance.shares(a, 80, b, 80).is_noise
    assert wrong < 70
