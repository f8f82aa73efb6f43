"""The counting rules of DISP 1.10, one by one."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from cases.rules.returns import Complaint, Paid, Period, Reopening, outstanding
from cases.rules.returns_disp import (
    BANDS,
    COLUMNS,
    PUBLISHED_FROM,
    SILENCE,
    UPHOLDS,
    band,
    disp,
    publication,
    upheld,
)
from cases.rules.returns_tables import Figure, Section
from cases.vocabulary import Outcome, Status
from cases.vocabulary.returns import ClosedBy, Counted, Table
from tests.complaints import BUSINESS, LATER, LONDON, at, complaint, histories, months, pounds

FIRST_HALF, SECOND_HALF = months(2026, 1, 6, LONDON), months(2026, 7, 6, LONDON)
PERIOD = FIRST_HALF
HALVES = some.sampled_from([FIRST_HALF, SECOND_HALF, months(2026, 1, 12, LONDON)])


def total(complaints: list[Complaint], key: str, period: Period = PERIOD, as_of: datetime = LATER) -> Figure:
    """A figure over all complaints."""
    return disp(complaints, period, as_of, BUSINESS).section(Table.TOTAL).rows[0].figure(key)


def summed(section: Section, key: str) -> tuple[int, dict[str, Decimal]]:
    """A column of a table added up."""
    money: Counter[str] = Counter()
    for row in section.rows:
        money.update(dict(row.figure(key).money))
    return sum(row.figure(key).count for row in section.rows), dict(money)


@pytest.mark.parametrize(
    ("closed", "expected"),
    [
        ("2026-03-02T10:00", Counted.CLOSED_IN_3_DAYS),
        ("2026-03-05T23:59", Counted.CLOSED_IN_3_DAYS),  # Monday to Thursday
        ("2026-03-06T00:00", Counted.CLOSED_IN_8_WEEKS),
        ("2026-04-27T23:59", Counted.CLOSED_IN_8_WEEKS),  # 56 days, and a change of the clocks
        ("2026-04-28T00:00", Counted.CLOSED_LATER),
    ],
)
def test_the_age_at_closing_is_counted_from_the_receipt(closed: str, expected: Counted) -> None:
    assert band(complaint("2026-03-02T10:00"), at(closed), LONDON, BUSINESS) == expected
    assert total([complaint(final_answer_at=closed)], expected).count == 1


def test_a_weekend_is_no_business_day() -> None:
    assert band(complaint("2026-03-06T11:00"), at("2026-03-11T17:00"), LONDON, BUSINESS) == Counted.CLOSED_IN_3_DAYS
    assert band(complaint("2026-03-06T11:00"), at("2026-03-12T09:00"), LONDON, BUSINESS) == Counted.CLOSED_IN_8_WEEKS


def test_what_was_reopened_is_as_old_as_its_receipt() -> None:
    again = (Reopening(at("2026-05-04T10:00"), at("2026-05-05T10:00")),)
    one = complaint(final_answer_at="2026-03-03T10:00", reopened=again)
    assert total([one], Counted.CLOSED_LATER).count == 1
    assert total([one], Counted.CLOSED_IN_3_DAYS).count == 0


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.UPHELD, Counted.UPHELD),
        (Outcome.PARTLY_UPHELD, Counted.UPHELD),
        (Outcome.SETTLED, Counted.UPHELD),
        (Outcome.REJECTED, Counted.NOT_UPHELD),
        (None, Counted.NO_DECISION),
    ],
)
def test_upheld_in_part_is_upheld(outcome: Outcome | None, expected: Counted) -> None:
    assert upheld(complaint(outcome=outcome)) == expected


def test_goodwill_without_enough_information_to_decide_is_upheld() -> None:
    assert upheld(complaint(goodwill_without_enough_information=True)) == Counted.UPHELD


def test_rejected_with_a_goodwill_payment_is_rejected() -> None:
    one = complaint(
        outcome=Outcome.REJECTED,
        final_answer_at="2026-03-09T10:00",
        goodwill_without_enough_information=True,
        paid=(pounds("25", "2026-03-09T10:00"),),
    )
    assert total([one], Counted.NOT_UPHELD).count == 1
    assert total([one], Counted.UPHELD).count == 0
    assert total([one], Counted.REDRESS).money == (("GBP", Decimal(25)),)


def test_only_what_is_closed_is_upheld() -> None:
    assert total([complaint(outcome=Outcome.UPHELD)], Counted.UPHELD).count == 0


def test_redress_is_all_that_was_paid_in_the_period() -> None:
    paid = (
        pounds("100", "2025-12-31T23:59"),
        pounds("50.25", "2026-01-01T00:00"),
        pounds("9.75", "2026-06-30T23:59"),
        pounds("1", "2026-07-01T00:00"),
    )
    closed_before = complaint("2025-03-02T10:00", final_answer_at="2025-04-01T10:00", paid=paid)
    assert total([closed_before], Counted.REDRESS).money == (("GBP", Decimal("60.00")),)
    assert total([closed_before], Counted.REDRESS).references == ("C-1",)


def test_currencies_are_never_added_together() -> None:
    euros = complaint(reference="C-2", paid=(Paid(Decimal(3), "EUR", at("2026-03-03T10:00")),))
    both = [complaint(paid=(pounds("2", "2026-03-03T10:00"),)), euros]
    assert total(both, Counted.REDRESS).money == (("EUR", Decimal(3)), ("GBP", Decimal(2)))


def test_forwarded_in_full_is_not_counted() -> None:
    one = complaint(forwarded_in_full=True, paid=(pounds("3", "2026-03-03T10:00"),))
    assert all(total([one], key).count == 0 for key in COLUMNS)


def test_one_complaint_has_one_category_and_one_cause() -> None:
    made = disp([complaint(category="loan", cause="late")], PERIOD, LATER, BUSINESS)
    rows = made.section(Table.BY_CATEGORY_AND_CAUSE).rows
    assert [(row.keys, row.figure(Counted.RECEIVED).count) for row in rows] == [(("loan", "late"), 1)]


def test_no_reply_for_eight_weeks_closes_on_the_day_of_the_answer() -> None:
    one = complaint(first_answer_at="2026-03-20T10:00")
    (spell,) = outstanding(one, LATER, SILENCE)
    assert spell.closing is not None
    assert (spell.closing.at, spell.closing.by) == (at("2026-03-20T10:00"), ClosedBy.SILENCE)
    assert total([one], Counted.CLOSED_IN_8_WEEKS).count == 1


def test_eight_weeks_have_to_pass_first() -> None:
    one = complaint(first_answer_at="2026-06-20T10:00")
    before, after = datetime(2026, 8, 15, 8, 59, tzinfo=UTC), datetime(2026, 8, 15, 9, 0, tzinfo=UTC)
    assert total([one], Counted.CLOSED, as_of=before).count == 0
    assert total([one], Counted.CLOSED, as_of=after).count == 1


def test_a_reply_within_eight_weeks_keeps_it_open() -> None:
    one = complaint(first_answer_at="2026-03-20T10:00", replied_at="2026-05-15T09:59")
    assert total([one], Counted.CLOSED).count == 0


def test_a_reply_after_eight_weeks_opens_it_again() -> None:
    one = complaint(first_answer_at="2026-03-20T10:00", replied_at="2026-05-20T10:00")
    assert [spell.since for spell in outstanding(one, LATER, SILENCE)] == [one.received_at, one.replied_at]
    assert total([one], Counted.OUTSTANDING_AT_END).count == 1


def test_a_final_answer_within_the_eight_weeks_is_what_closes() -> None:
    one = complaint(first_answer_at="2026-03-20T10:00", final_answer_at="2026-04-20T10:00")
    (spell,) = outstanding(one, LATER, SILENCE)
    assert spell.closing is not None
    assert (spell.closing.at, spell.closing.by) == (one.final_answer_at, ClosedBy.FINAL_RESPONSE)


def test_what_closed_them_adds_up_to_the_closed() -> None:
    ways = [
        complaint(reference="C-1", final_answer_at="2026-03-09T10:00"),
        complaint(reference="C-2", accepted_at="2026-03-09T10:00"),
        complaint(reference="C-3", first_answer_at="2026-03-09T10:00"),
        complaint(reference="C-4", ended_at="2026-03-09T10:00", ended_as=Status.WITHDRAWN),
        complaint(reference="C-5", ended_at="2026-03-09T10:00", ended_as=Status.HANDLED),
    ]
    made = disp(ways, PERIOD, LATER, BUSINESS)
    assert [figure.references for figure in made.section(Table.BY_CLOSING).rows[0].figures] == [
        (f"C-{number}",) for number in range(1, 6)
    ]
    assert made.balance.closed == 5


@given(histories(), HALVES)
def test_age_bands_and_outcomes_each_part_the_closed(complaints: list[Complaint], period: Period) -> None:
    made = disp(complaints, period, LATER, BUSINESS)
    row = made.section(Table.TOTAL).rows[0]
    closed = sorted(row.figure(Counted.CLOSED).references)
    for parts in (BANDS, UPHOLDS):
        assert sorted(one for key in parts for one in row.figure(key).references) == closed
    ways = made.section(Table.BY_CLOSING).rows[0].figures
    assert sorted(one for figure in ways for one in figure.references) == closed


@given(histories(), HALVES)
def test_categories_and_causes_add_up_to_the_total(complaints: list[Complaint], period: Period) -> None:
    made = disp(complaints, period, LATER, BUSINESS)
    for key in COLUMNS:
        whole = summed(made.section(Table.TOTAL), key)
        for table in (Table.BY_CATEGORY, Table.BY_CAUSE, Table.BY_CATEGORY_AND_CAUSE):
            assert summed(made.section(table), key) == whole


@given(histories())
def test_one_half_ends_as_the_next_begins(complaints: list[Complaint]) -> None:
    first, second = (disp(complaints, half, LATER, BUSINESS) for half in (FIRST_HALF, SECOND_HALF))
    assert first.balance.outstanding_at_end == second.balance.outstanding_at_start


@given(histories(), some.randoms())
def test_the_order_of_the_complaints_changes_nothing(complaints: list[Complaint], random) -> None:
    shuffled = list(complaints)
    random.shuffle(shuffled)
    assert disp(shuffled, PERIOD, LATER, BUSINESS) == disp(complaints, PERIOD, LATER, BUSINESS)


@pytest.mark.parametrize(
    ("period", "by"),
    [
        (FIRST_HALF, date(2026, 8, 31)),
        (SECOND_HALF, date(2027, 2, 28)),
        (months(2026, 4, 6, LONDON), date(2027, 2, 28)),
        (months(2025, 10, 6, LONDON), date(2026, 8, 31)),
    ],
)
def test_a_summary_is_published_by_31_august_or_28_february(period: Period, by: date) -> None:
    assert publication(disp([], period, LATER, BUSINESS)).by == by


@pytest.mark.parametrize(("number", "is_due"), [(499, False), (500, True)])
def test_a_summary_is_published_from_500_complaints_on(number: int, is_due: bool) -> None:
    made = disp([complaint(reference=f"C-{one}") for one in range(number)], PERIOD, LATER, BUSINESS)
    assert publication(made).is_due is is_due


def test_what_was_received_before_does_not_count_towards_publication() -> None:
    before = [complaint("2025-12-02T10:00", reference=f"C-{one}") for one in range(PUBLISHED_FROM)]
    assert not publication(disp(before, PERIOD, LATER, BUSINESS)).is_due
