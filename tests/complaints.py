"""Complaints as returns see them, made by hand and at random, for the tests of the returns."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as some

from cases.rules.returns import Complaint, Paid, Period, Reopening, months_later, weekdays
from cases.vocabulary import Outcome, Status

LONDON = ZoneInfo("Europe/London")
BUSINESS = weekdays(LONDON)
LATER = datetime(2027, 6, 1, tzinfo=UTC)
FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def months(year: int, month: int, length: int, zone: tzinfo) -> Period:
    """So many whole months from the first of a month on, by the clocks of the zone."""
    first = date(year, month, 1)
    begins, ends = (datetime.combine(day, time.min, zone) for day in (first, months_later(first, length)))
    return Period(begins.astimezone(UTC), ends.astimezone(UTC), zone)


def at(written: str) -> datetime:
    """An instant written as it is read in London."""
    return datetime.fromisoformat(written).replace(tzinfo=LONDON)


def complaint(received: str = "2026-03-02T10:00", **fields: Any) -> Complaint:
    """A complaint received then; every other time may be written as text too."""
    times = {name: at(value) if name.endswith("_at") and isinstance(value, str) else value
             for name, value in fields.items()}  # fmt: skip
    return Complaint(**{"reference": "C-1", "received_at": at(received), **times})


def pounds(amount: str, on: str) -> Paid:
    """So many pounds that were paid then."""
    return Paid(Decimal(amount), "GBP", at(on))


_INSTANTS = some.integers(0, 500 * 24).map(lambda hours: FIRST_DAY + timedelta(hours=hours))
_MAYBE = some.none() | _INSTANTS


@some.composite
def histories(draw: some.DrawFn) -> list[Complaint]:
    """Complaints with any history, even one that no clock in order would give, reopened up to three times."""
    number = draw(some.integers(0, 8))
    return [draw(_complaint(f"C-{index}")) for index in range(number)]


def _complaint(reference: str) -> some.SearchStrategy[Complaint]:
    return some.builds(
        Complaint,
        reference=some.just(reference),
        received_at=_INSTANTS,
        posted_at=_MAYBE,
        category=some.sampled_from(["", "loan", "card"]),
        cause=some.sampled_from(["", "late", "price", "silence"]),
        acknowledged_at=_MAYBE,
        first_answer_at=_MAYBE,
        replied_at=_MAYBE,
        told_of_delay_at=_MAYBE,
        outcome=some.none() | some.sampled_from(Outcome),
        final_answer_at=_MAYBE,
        accepted_at=_MAYBE,
        ended_at=_MAYBE,
        ended_as=some.none() | some.sampled_from([Status.HANDLED, Status.WITHDRAWN, Status.MERGED, Status.DISMISSED]),
        reopened=some.lists(some.builds(Reopening, _INSTANTS, _MAYBE), max_size=3).map(tuple),
        forwarded_in_full=some.sampled_from([False, False, False, True]),
        goodwill_without_enough_information=some.booleans(),
        mediator_named=some.booleans(),
        paid=some.lists(
            some.builds(Paid, some.decimals("0.01", "999", places=2), some.sampled_from(["GBP", "EUR"]), _INSTANTS),
            max_size=2,
        ).map(tuple),
        other_relief=some.booleans(),
        is_timely=some.none() | some.booleans(),
    )
