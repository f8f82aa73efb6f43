"""Counts in order, and the rest as one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.rules.pareto import Row, pareto


@settings(deadline=None)
@given(counts=st.dictionaries(st.text(max_size=3), st.integers(0, 1000)), keep=st.integers(1, 10))
def test_holds_each_once_and_adds_up(counts: dict[str, int], keep: int) -> None:
    rows = pareto(counts, keep)
    assert sorted(key for row in rows for key in row.keys) == sorted(key for key, n in counts.items() if n)
    assert sum(row.count for row in rows) == sum(counts.values())
    assert all(row.count == sum(counts[key] for key in row.keys) for row in rows)
    assert len(rows) <= keep + 1
    assert [row.is_rest for row in rows[:-1]] == [False] * len(rows[:-1])
    single = [row.count for row in rows if not row.is_rest]
    assert single == sorted(single, reverse=True)
    if rows:
        assert rows[-1].so_far == 1
        assert sum(row.share for row in rows) == pytest.approx(1)


def test_the_share_so_far_grows_to_all() -> None:
    assert pareto({"late": 2, None: 1, "rude": 5, "lost": 2}, keep=2) == [
        Row(("rude",), 5, 0.5, 0.5),
        Row(("late",), 2, 0.2, 0.7),
        Row(("lost", None), 3, 0.3, 1.0),
    ]


def test_a_rest_of_one_stays_itself() -> None:
    assert [row.keys for row in pareto({"a": 3, "b": 2, "c": 1}, keep=2)] == [("a",), ("b",), ("c",)]


def test_nothing_is_no_row() -> None:
    assert pareto({}) == pareto({"a": 0}) == []
