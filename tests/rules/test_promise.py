"""When somebody is warned of a promise, and how it stands at an instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cases.rules.promise import Facts, State, state, warned_from

MADE = datetime(2026, 9, 8, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(("span", "before"), [(240, 24), (48, 24), (40, 20), (4, 2), (1, 0.5)])
def test_warns_a_day_before_or_half_way(span: float, before: float) -> None:
    due = MADE + span * HOUR
    assert warned_from(MADE, due) == due - before * HOUR


@pytest.mark.parametrize(
    ("facts", "at", "expected"),
    [
        ({}, 0, State.OPEN),
        ({}, 10, State.LATE),
        ({"broken_at": 10}, 11, State.LATE),
        ({"kept_at": 9}, 11, State.KEPT),
        ({"kept_at": 10}, 11, State.KEPT),
        ({"kept_at": 11}, 12, State.KEPT_LATE),
        ({"kept_at": 9, "broken_at": 5}, 12, State.KEPT_LATE),
        ({"moved_at": 9}, 12, State.MOVED),
        ({"dropped_at": 9}, 12, State.DROPPED),
    ],
)
def test_stands_as_it_is_whether_or_not_a_clock_looked(facts: dict[str, int], at: int, expected: State) -> None:
    kept = {name: MADE + hours * HOUR for name, hours in facts.items()}
    assert state(Facts(due_at=MADE + 10 * HOUR, **kept), MADE + at * HOUR) == expected
