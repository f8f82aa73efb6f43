"""What the ACPR asks to follow, figure by figure."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given

from cases.rules.returns import Complaint, Reopening
from cases.rules.returns_acpr import ACKNOWLEDGEMENTS, ANSWERS, COLUMNS, OUTCOMES, acpr
from cases.rules.returns_tables import Row
from cases.vocabulary import Outcome
from cases.vocabulary.returns import Counted, Table
from tests.complaints import BUSINESS, LATER, LONDON, at, complaint, histories, months

PERIOD = months(2026, 1, 6, LONDON)


def row(complaints: list[Complaint], as_of: datetime = LATER) -> Row:
    """The figures over all complaints."""
    return acpr(complaints, PERIOD, as_of, BUSINESS).section(Table.TOTAL).rows[0]


def the_one(one: Complaint, keys: tuple[Counted, ...], as_of: datetime = LATER) -> list[Counted]:
    """In which of these figures a complaint counts."""
    found = row([one], as_of)
    return [key for key in keys if found.figure(key).count]


@pytest.mark.parametrize(
    ("fields", "as_of", "expected"),
    [
        ({"acknowledged_at": "2026-03-16T23:59"}, "2026-05-01T10:00", Counted.ACKNOWLEDGED_IN_TIME),
        ({"acknowledged_at": "2026-03-17T00:00"}, "2026-05-01T10:00", Counted.ACKNOWLEDGED_LATE),
        ({"final_answer_at": "2026-03-16T10:00"}, "2026-05-01T10:00", Counted.ANSWERED_INSTEAD),
        ({"final_answer_at": "2026-03-17T10:00"}, "2026-03-17T10:00", Counted.NOT_ACKNOWLEDGED),
        ({}, "2026-03-16T23:59", Counted.ACKNOWLEDGEMENT_DUE),
        ({}, "2026-03-17T00:00", Counted.NOT_ACKNOWLEDGED),
        (
            {"posted_at": "2026-02-23T10:00", "acknowledged_at": "2026-03-10T10:00"},
            "2026-05-01T10:00",
            Counted.ACKNOWLEDGED_LATE,
        ),
    ],
)
def test_ten_working_days_from_the_sending_to_acknowledge(fields: dict, as_of: str, expected: Counted) -> None:
    assert the_one(complaint("2026-03-02T10:00", **fields), ACKNOWLEDGEMENTS, at(as_of)) == [expected]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"final_answer_at": "2026-05-02T23:59"}, Counted.ANSWERED_IN_TIME),
        ({"final_answer_at": "2026-05-03T00:00"}, Counted.ANSWERED_LATE_UNTOLD),
        ({"final_answer_at": "2026-05-03T10:00", "told_of_delay_at": "2026-05-02T10:00"}, Counted.ANSWERED_LATE_TOLD),
        ({"final_answer_at": "2026-05-09T10:00", "told_of_delay_at": "2026-05-03T10:00"}, Counted.ANSWERED_LATE_UNTOLD),
        ({"final_answer_at": "2026-04-29T10:00", "posted_at": "2026-02-27T10:00"}, Counted.ANSWERED_LATE_UNTOLD),
    ],
)
def test_two_months_from_the_sending_to_answer_and_notice_before_they_are_over(fields: dict, expected: Counted) -> None:
    assert the_one(complaint("2026-03-02T10:00", **fields), ANSWERS) == [expected]


def test_two_months_from_the_end_of_december_end_with_february() -> None:
    in_time = complaint("2025-12-31T10:00", final_answer_at="2026-02-28T10:00")
    late = complaint("2025-12-31T10:00", final_answer_at="2026-03-01T10:00")
    assert the_one(in_time, ANSWERS) == [Counted.ANSWERED_IN_TIME]
    assert the_one(late, ANSWERS) == [Counted.ANSWERED_LATE_UNTOLD]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, [Counted.OVERDUE_UNTOLD]),
        ({"told_of_delay_at": "2026-05-01T10:00"}, [Counted.OVERDUE_TOLD]),
        ({"told_of_delay_at": "2026-05-04T10:00"}, [Counted.OVERDUE_UNTOLD]),
        ({"final_answer_at": "2026-07-04T10:00"}, [Counted.OVERDUE_UNTOLD]),
        ({"final_answer_at": "2026-05-01T10:00", "reopened": (Reopening(at("2026-06-01T10:00")),)}, []),
    ],
)
def test_what_is_overdue_at_the_end_says_whether_they_were_told(fields: dict, expected: list[Counted]) -> None:
    assert the_one(complaint(**fields), (Counted.OVERDUE_TOLD, Counted.OVERDUE_UNTOLD)) == expected


def test_what_is_not_due_at_the_end_is_not_overdue() -> None:
    one = complaint("2026-05-02T10:00")
    assert the_one(one, (Counted.OVERDUE_TOLD, Counted.OVERDUE_UNTOLD)) == []


def test_a_reopening_keeps_the_first_answer_and_its_breach() -> None:
    again = (Reopening(at("2026-06-01T10:00"), at("2026-06-02T10:00")),)
    late = complaint(final_answer_at="2026-05-20T10:00", reopened=again)
    assert the_one(late, ANSWERS) == [Counted.ANSWERED_LATE_UNTOLD]


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome.UPHELD, Counted.ACCEPTED),
        (Outcome.PARTLY_UPHELD, Counted.PARTLY_ACCEPTED),
        (Outcome.REJECTED, Counted.REFUSED),
        (Outcome.SETTLED, Counted.SETTLED),
        (None, Counted.UNDECIDED),
    ],
)
def test_an_answer_has_one_outcome(outcome: Outcome | None, expected: Counted) -> None:
    assert the_one(complaint(outcome=outcome, final_answer_at="2026-03-20T10:00"), OUTCOMES) == [expected]


@pytest.mark.parametrize(
    ("outcome", "is_named", "expected"),
    [
        (Outcome.REJECTED, True, Counted.REFUSED_WITH_MEDIATOR),
        (Outcome.REJECTED, False, Counted.REFUSED_WITHOUT_MEDIATOR),
        (Outcome.PARTLY_UPHELD, False, Counted.REFUSED_WITHOUT_MEDIATOR),
        (Outcome.UPHELD, False, None),
    ],
)
def test_a_refusal_in_full_or_in_part_names_the_mediator(
    outcome: Outcome, is_named: bool, expected: Counted | None
) -> None:
    one = complaint(outcome=outcome, final_answer_at="2026-03-20T10:00", mediator_named=is_named)
    keys = (Counted.REFUSED_WITH_MEDIATOR, Counted.REFUSED_WITHOUT_MEDIATOR)
    assert the_one(one, keys) == ([expected] if expected else [])
    assert the_one(one, (Counted.MEDIATOR_NAMED,)) == ([Counted.MEDIATOR_NAMED] if is_named else [])


@given(histories())
def test_figures_part_what_they_are_about(complaints: list[Complaint]) -> None:
    found = row(complaints)
    for whole, parts in (
        (Counted.RECEIVED, ACKNOWLEDGEMENTS),
        (Counted.ANSWERED, ANSWERS),
        (Counted.ANSWERED, OUTCOMES),
    ):
        counted = sorted(one for key in parts for one in found.figure(key).references)
        assert counted == sorted(found.figure(whole).references)


@given(histories())
def test_categories_and_causes_add_up_to_the_total(complaints: list[Complaint]) -> None:
    made = acpr(complaints, PERIOD, LATER, BUSINESS)
    whole = made.section(Table.TOTAL).rows[0]
    for table in (Table.BY_CATEGORY, Table.BY_CAUSE, Table.BY_CATEGORY_AND_CAUSE):
        for key in COLUMNS:
            assert sum(one.figure(key).count for one in made.section(table).rows) == whole.figure(key).count
