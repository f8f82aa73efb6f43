"""The periods that are returned and frozen, by their short names."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from cases import errors
from cases.rules import return_periods
from cases.rules.return_periods import HALF, MONTH, QUARTER, Span


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("2026-H1", date(2026, 1, 1), date(2026, 6, 30)),
        ("2026-H2", date(2026, 7, 1), date(2026, 12, 31)),
        ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
    ],
)
def test_a_name_is_whole_months(name: str, first: date, last: date) -> None:
    span = return_periods.of_name(name, "Europe/Paris")
    assert (span.first, span.last, span.name) == (first, last, name)
    assert return_periods.of_days(first, last, "Europe/Paris") == span


@pytest.mark.parametrize("name", ["", "2026", "2026-H3", "2026-13", "2026-1", "2026-Q0", "1066-H1", "٢٠٢٦-01"])
def test_what_is_no_period_is_refused(name: str) -> None:
    with pytest.raises(errors.UnknownPeriod):
        return_periods.of_name(name, "Europe/Paris")


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2026, 1, 1), date(2026, 1, 30)),
        (date(2026, 2, 1), date(2026, 7, 31)),
        (date(2026, 1, 2), date(2026, 1, 31)),
    ],
)
def test_days_that_are_no_such_period_are_refused(first: date, last: date) -> None:
    with pytest.raises(errors.UnknownPeriod):
        return_periods.of_days(first, last, "UTC")


def test_a_month_is_as_long_as_its_clocks_say() -> None:
    spring = return_periods.of_name("2026-03", "Europe/Paris")
    assert spring.counted.since == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert spring.counted.until == datetime(2026, 3, 31, 22, tzinfo=UTC)
    assert not spring.is_over(datetime(2026, 3, 31, 21, 59, 59, tzinfo=UTC))
    assert spring.is_over(datetime(2026, 3, 31, 22, tzinfo=UTC))
    autumn = return_periods.of_name("2026-10", "Europe/Paris")
    assert (autumn.asked.end - autumn.asked.start).total_seconds() == (31 * 24 + 1) * 3600


def test_the_one_that_is_going_on_and_those_before_it() -> None:
    # Midnight has passed in Auckland, and not in London.
    now = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    assert return_periods.current(HALF, now, "Pacific/Auckland").name == "2026-H2"
    assert return_periods.current(HALF, now, "UTC").name == "2026-H1"
    assert return_periods.current(QUARTER, now, "UTC").earlier(2).name == "2025-Q4"
    assert return_periods.current(MONTH, now, "UTC").earlier(6) == Span(date(2025, 12, 1), 1, "UTC")
