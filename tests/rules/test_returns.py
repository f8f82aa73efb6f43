"""What returns are made from: the times a complaint was open, and the balance of a period."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from cases.rules import calendar
from cases.rules.returns import (
    Complaint,
    EndsBeforeItBeginsError,
    Open,
    Period,
    Reopening,
    left_out,
    months_later,
    outstanding,
    standing,
    weekdays,
    working,
)
from cases.rules.returns_acpr import acpr
from cases.rules.returns_cfpb import cfpb
from cases.rules.returns_disp import SILENCE, disp
from cases.rules.returns_tables import Return
from cases.vocabulary import Status
from cases.vocabulary.returns import FIGURES, RETURNS, TABLES, ClosedBy, Counted, ReturnName, Table
from tests.complaints import BUSINESS, FIRST_DAY, LATER, LONDON, at, complaint, histories, months

PERIOD = months(2026, 1, 6, LONDON)
INSTANTS = some.integers(0, 500).map(lambda days: FIRST_DAY + timedelta(days=days))
PERIODS = some.tuples(INSTANTS, INSTANTS).map(lambda two: Period(min(two), max(two), LONDON))


def every_return(complaints: list[Complaint], period: Period) -> list[Return]:
    """The three returns of the same complaints."""
    return [
        disp(complaints, period, LATER, BUSINESS),
        cfpb(complaints, period, LATER),
        acpr(complaints, period, LATER, BUSINESS),
    ]


def spells(found: tuple[Open, ...]) -> list[tuple[datetime, datetime | None]]:
    """When a complaint was opened and closed."""
    return [(spell.since, spell.closing and spell.closing.at) for spell in found]


@given(histories(), PERIODS)
def test_the_balance_always_holds(complaints: list[Complaint], period: Period) -> None:
    for made in every_return(complaints, period):
        assert made.balance.holds


@given(histories(), PERIODS)
def test_every_figure_is_as_many_cases_as_it_names(complaints: list[Complaint], period: Period) -> None:
    for made in every_return(complaints, period):
        for section in made.sections:
            for row in section.rows:
                for figure in row.figures:
                    assert figure.count == len(set(figure.references))


@given(histories(), PERIODS)
def test_the_balance_is_what_counting_by_hand_gives(complaints: list[Complaint], period: Period) -> None:
    counted = [one for one in complaints if left_out(one) is None]
    times = [spells(outstanding(one, LATER, SILENCE)) for one in counted]
    balance = disp(complaints, period, LATER, BUSINESS).balance
    for number, instant in ((balance.outstanding_at_start, period.since), (balance.outstanding_at_end, period.until)):
        assert number == sum(
            any(opened < instant and (closed is None or closed >= instant) for opened, closed in one) for one in times
        )
    assert balance.received == sum(period.holds(one.received_at) for one in counted)


@given(histories())
def test_open_times_follow_each_other(complaints: list[Complaint]) -> None:
    for one in complaints:
        found = spells(outstanding(one, LATER, SILENCE))
        assert found[0][0] == one.received_at
        for (opened, closed), following in zip(found, [*found[1:], None], strict=True):
            assert closed is None or closed >= opened
            assert following is None or (closed is not None and following[0] >= closed)


def replayed(one: Complaint) -> list[tuple[datetime, datetime | None]]:
    """When a complaint was open, found by walking through what happened to it in order."""
    ends = [one.final_answer_at, one.accepted_at, *(again.closed_at for again in one.reopened)]
    if one.ended_as in {Status.HANDLED, Status.WITHDRAWN}:
        ends.append(one.ended_at)
    closed = [(max(end, one.received_at), "closed") for end in ends if end]
    found: list[tuple[datetime, datetime | None]] = [(one.received_at, None)]
    for instant, what in sorted([*closed, *((again.opened_at, "opened") for again in one.reopened)]):
        is_open = found[-1][1] is None
        if is_open and what == "closed":
            found[-1] = (found[-1][0], instant)
        elif not is_open and what == "opened":
            found.append((instant, None))
    return found


@given(histories())
def test_open_times_are_those_of_a_walk_through_the_history(complaints: list[Complaint]) -> None:
    for one in complaints:
        opened = [again.opened_at for again in one.reopened]
        ends = [one.final_answer_at, one.accepted_at, one.ended_at, *(again.closed_at for again in one.reopened)]
        # What happens in the same instant has no order to walk in.
        if not {one.received_at, *opened} & set(ends) and one.received_at not in opened:
            assert spells(outstanding(one, LATER)) == replayed(one)


@given(PERIODS)
def test_nothing_is_a_nil_return(period: Period) -> None:
    for made in every_return([], period):
        assert made.is_nil
        assert made.balance.holds
        assert all(figure.count == 0 for row in made.section(Table.TOTAL).rows for figure in row.figures)
        assert made.section(Table.TOTAL).rows


def test_what_does_not_touch_the_period_leaves_it_nil() -> None:
    long_ago = complaint("2025-03-02T10:00", final_answer_at="2025-03-20T10:00")
    assert all(made.is_nil for made in every_return([long_ago], PERIOD))
    open_still = complaint("2025-03-02T10:00")
    assert not any(made.is_nil for made in every_return([open_still], PERIOD))


def test_what_is_reopened_three_times_counts_once() -> None:
    again = tuple(Reopening(at(f"2026-0{month}-01T10:00"), at(f"2026-0{month}-20T10:00")) for month in (3, 4, 5))
    one = complaint("2025-12-01T10:00", final_answer_at="2025-12-20T10:00", reopened=again)
    assert len(outstanding(one, LATER)) == 4
    balance = disp([one], PERIOD, LATER, BUSINESS).balance
    assert (balance.outstanding_at_start, balance.received, balance.reopened, balance.closed) == (0, 0, 1, 1)
    assert balance.outstanding_at_end == 0


def test_what_is_closed_and_reopened_in_the_period_is_outstanding_at_its_end() -> None:
    again = (Reopening(at("2026-05-01T10:00")),)
    one = complaint("2026-03-02T10:00", final_answer_at="2026-03-20T10:00", reopened=again)
    balance = disp([one], PERIOD, LATER, BUSINESS).balance
    assert (balance.received, balance.reopened, balance.closed, balance.outstanding_at_end) == (1, 0, 0, 1)


def test_a_reopening_of_what_is_open_is_none() -> None:
    again = (Reopening(at("2026-03-05T10:00"), at("2026-04-01T10:00")),)
    assert len(outstanding(complaint(reopened=again), LATER)) == 1


def test_what_is_closed_in_the_first_instant_of_a_period_was_outstanding_at_its_start() -> None:
    one = complaint("2025-12-02T10:00", final_answer_at="2026-01-01T00:00")
    for made in every_return([one], PERIOD):
        assert (made.balance.outstanding_at_start, made.balance.closed, made.balance.holds) == (1, 1, True)


def test_what_is_reopened_as_it_is_closed_stays_open() -> None:
    again = (Reopening(at("2026-03-09T10:00")),)
    one = complaint(final_answer_at="2026-03-09T10:00", reopened=again)
    assert spells(outstanding(one, LATER)) == [
        (one.received_at, at("2026-03-09T10:00")),
        (at("2026-03-09T10:00"), None),
    ]


def test_an_end_dated_before_the_receipt_is_the_receipt() -> None:
    one = complaint("2026-03-02T10:00", final_answer_at="2026-03-01T10:00")
    assert spells(outstanding(one, LATER)) == [(one.received_at, one.received_at)]


@pytest.mark.parametrize(
    ("fields", "closed_by"),
    [
        ({"final_answer_at": "2026-03-09T10:00"}, ClosedBy.FINAL_RESPONSE),
        ({"accepted_at": "2026-03-09T10:00"}, ClosedBy.ACCEPTED),
        ({"ended_at": "2026-03-09T10:00", "ended_as": Status.WITHDRAWN}, ClosedBy.WITHDRAWN),
        ({"ended_at": "2026-03-09T10:00", "ended_as": Status.HANDLED}, ClosedBy.HANDLED),
    ],
)
def test_each_way_of_closing_closes_on_its_own_day(fields: dict, closed_by: ClosedBy) -> None:
    stood = standing(outstanding(complaint(**fields), LATER), PERIOD)
    assert stood.closing is not None
    assert (stood.closing.at, stood.closing.by) == (at("2026-03-09T10:00"), closed_by)


def test_the_first_of_two_ways_closes() -> None:
    one = complaint(final_answer_at="2026-03-09T10:00", ended_at="2026-04-09T10:00", ended_as=Status.HANDLED)
    assert spells(outstanding(one, LATER)) == [(one.received_at, at("2026-03-09T10:00"))]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"forwarded_in_full": True}, Counted.FORWARDED),
        ({"ended_at": "2026-03-03T10:00", "ended_as": Status.MERGED}, Counted.MERGED),
        ({"ended_at": "2026-03-03T10:00", "ended_as": Status.DISMISSED}, Counted.DISMISSED),
    ],
)
def test_what_is_no_complaint_of_ours_is_said_apart_and_counts_nowhere(fields: dict, why: Counted) -> None:
    for made in every_return([complaint(**fields)], PERIOD):
        assert made.is_nil
        assert made.section(Table.LEFT_OUT).rows[0].figure(why).references == ("C-1",)


def test_a_period_begins_with_its_first_instant_and_ends_before_its_last() -> None:
    assert (PERIOD.since, PERIOD.until) == (at("2026-01-01T00:00"), at("2026-07-01T00:00"))
    assert PERIOD.holds(PERIOD.since)
    assert not PERIOD.holds(PERIOD.until)
    assert PERIOD.last_day == date(2026, 6, 30)


def test_refuses_a_period_that_ends_before_it_begins() -> None:
    with pytest.raises(EndsBeforeItBeginsError):
        Period(PERIOD.until, PERIOD.since, LONDON)


def test_a_period_goes_by_the_clocks_of_its_zone() -> None:
    paris = months(2026, 1, 6, ZoneInfo("Europe/Paris"))
    assert (paris.since, paris.until) == (
        datetime(2025, 12, 31, 23, tzinfo=UTC),
        datetime(2026, 6, 30, 22, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("day", "number", "later"),
    [
        ("2025-12-31", 2, "2026-02-28"),
        ("2027-12-31", 2, "2028-02-29"),
        ("2026-10-15", 2, "2026-12-15"),
        ("2026-11-30", 1, "2026-12-30"),
        ("2026-01-01", 12, "2027-01-01"),
    ],
)
def test_months_end_on_the_same_day_or_the_last_of_a_shorter_one(day: str, number: int, later: str) -> None:
    assert months_later(date.fromisoformat(day), number) == date.fromisoformat(later)


def test_business_days_are_those_of_the_calendar() -> None:
    hours = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    team = calendar.build(zone="Europe/London", week=hours, closed={"2026-08-31": "Summer bank holiday"})
    assert working(team)(at("2026-08-28T11:00"), 3) == at("2026-09-03T17:00")
    assert weekdays(LONDON)(at("2026-08-28T11:00"), 3).astimezone(LONDON).date() == date(2026, 9, 2)


def test_business_days_of_a_calendar_that_never_opens_are_weekdays() -> None:
    team = calendar.Calendar(LONDON, ((),) * 7)
    assert working(team)(at("2026-08-28T11:00"), 3) == weekdays(LONDON)(at("2026-08-28T11:00"), 3)


def test_everything_counted_has_its_words() -> None:
    assert set(FIGURES) == {*Counted, *ClosedBy}
    assert set(RETURNS) == set(ReturnName)
    assert set(TABLES) == set(Table)
    for made in every_return([], PERIOD):
        assert all(column in FIGURES for section in made.sections for column in section.columns)


def test_a_line_has_the_words_of_its_newest_complaint() -> None:
    old = complaint("2026-02-02T10:00", reference="C-1", category="loan", category_label="Loans")
    new = complaint("2026-03-02T10:00", reference="C-2", category="loan", category_label="Credit")
    (row,) = disp([new, old], PERIOD, LATER, BUSINESS).section(Table.BY_CATEGORY).rows
    assert (row.keys, row.labels) == (("loan",), ("Credit",))
    assert row.figure(Counted.RECEIVED).references == ("C-1", "C-2")
