"""What may stand in a grant, and what lies within what."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.rules import authority
from cases.rules.authority import Beyond, Terms, TermsError
from cases.vocabulary import Window

TODAY = date(2026, 9, 8)
D = Decimal
OWN = Terms(
    currency="EUR",
    kind_ids=frozenset({1, 2}),
    category_id=7,
    per_action=D(500),
    per_complainant=D(1000),
    complainant_days=90,
    budget_each=D(3100),
    window=Window.MONTH,
    starts_on=date(2026, 1, 1),
    ends_on=date(2026, 12, 31),
)
WITHIN = Terms(
    currency="EUR",
    kind_ids=frozenset({1}),
    category_id=7,
    per_action=D(80),
    per_complainant=D(160),
    complainant_days=90,
    budget_each=D(100),
    window=Window.DAY,
    starts_on=TODAY,
    ends_on=date(2026, 9, 11),
)


class TestWhatMayStand:
    def test_a_sensible_grant_does(self) -> None:
        assert authority.checked(WITHIN, today=TODAY) == WITHIN
        assert authority.checked(Terms("EUR"), today=TODAY)

    @pytest.mark.parametrize("field", authority.AMOUNTS)
    @pytest.mark.parametrize("amount", ["-1", "0", "0.001", "1e30", "NaN", "Infinity", "80.005"])
    def test_no_amount_that_cannot_be_paid(self, field: str, amount: str) -> None:
        terms = Terms("EUR", **{field: D(amount)})  # type: ignore[arg-type]
        with pytest.raises(TermsError) as refused:
            authority.checked(terms, today=TODAY)
        assert refused.value.field == field
        assert refused.value.message

    @pytest.mark.parametrize(
        ("field", "changes"),
        [
            ("currency", {"currency": "EUX"}),
            ("currency", {"currency": "euro"}),
            ("window", {"window": "year"}),
            ("complainant_days", {"complainant_days": 0}),
            ("complainant_days", {"complainant_days": 100_000}),
            ("ends_on", {"starts_on": date(2026, 10, 2), "ends_on": date(2026, 10, 1)}),
            ("ends_on", {"starts_on": None, "ends_on": date(2026, 9, 7)}),
            ("per_complainant", {"per_action": D(80), "per_complainant": D(79)}),
            ("budget_each", {"per_action": D(101)}),
            ("budget_shared", {"budget_shared": D(1)}),
        ],
    )
    def test_no_nonsense(self, field: str, changes: dict[str, object]) -> None:
        with pytest.raises(TermsError) as refused:
            authority.checked(replace(WITHIN, **changes), today=TODAY)  # type: ignore[arg-type]
        assert refused.value.field == field

    def test_a_day_that_is_today_is_not_over(self) -> None:
        assert authority.checked(replace(WITHIN, starts_on=TODAY, ends_on=TODAY), today=TODAY)


class TestRates:
    def test_a_number_above_zero_does(self) -> None:
        assert authority.checked_rate("USD", "EUR", D("0.92")) == D("0.92")
        assert authority.checked_rate("JPY", "EUR", D("0.00612345")) == D("0.00612345")

    @pytest.mark.parametrize("rate", ["0", "-1", "1e30", "NaN", "Infinity", "0.123456789"])
    def test_nothing_else(self, rate: str) -> None:
        with pytest.raises(TermsError):
            authority.checked_rate("USD", "EUR", D(rate))

    @pytest.mark.parametrize(("currency", "into"), [("EUR", "EUR"), ("XXX", "EUR"), ("EUR", "")])
    def test_between_two_known_currencies(self, currency: str, into: str) -> None:
        with pytest.raises(TermsError):
            authority.checked_rate(currency, into, D(1))


def _gaps(own: Terms = OWN, *, is_for_many: bool = False, **changes: object) -> list[Beyond]:
    wanted = replace(WITHIN, **changes)  # type: ignore[arg-type]
    return authority.beyond(wanted, own, is_for_many=is_for_many, today=TODAY)


class TestWithin:
    def test_what_is_smaller_in_everything_is(self) -> None:
        assert _gaps() == []

    @pytest.mark.parametrize(
        ("gap", "changes"),
        [
            (Beyond.KINDS, {"kind_ids": frozenset({1, 3})}),
            (Beyond.KINDS, {"kind_ids": frozenset()}),
            (Beyond.CATEGORY, {"category_id": None}),
            (Beyond.CATEGORY, {"category_id": 8}),
            (Beyond.CURRENCY, {"currency": "USD"}),
            (Beyond.PER_ACTION, {"per_action": None}),
            (Beyond.PER_ACTION, {"per_action": D("500.01")}),
            (Beyond.PER_COMPLAINANT, {"per_complainant": None}),
            (Beyond.PER_COMPLAINANT, {"complainant_days": 30}),
            (Beyond.BUDGET, {"budget_each": None}),
            (Beyond.BUDGET, {"budget_each": D("100.01")}),
            (Beyond.WAIVE, {"may_waive": True}),
            (Beyond.DATES, {"ends_on": None}),
            (Beyond.DATES, {"ends_on": date(2027, 1, 1)}),
        ],
    )
    def test_what_is_larger_in_something_is_not(self, gap: Beyond, changes: dict[str, object]) -> None:
        assert _gaps(**changes) == [gap]

    def test_it_does_not_begin_before_ones_own(self) -> None:
        later = replace(OWN, starts_on=date(2026, 10, 1))
        assert _gaps(later, starts_on=None) == [Beyond.DATES]
        assert _gaps(later, starts_on=date(2026, 10, 1), ends_on=date(2026, 10, 2)) == []

    def test_a_team_shares_one_budget(self) -> None:
        assert _gaps(is_for_many=True) == [Beyond.BUDGET]
        assert _gaps(is_for_many=True, budget_shared=D(100)) == []
        assert _gaps(replace(OWN, budget_each=None), is_for_many=True) == []

    def test_many_small_windows_fit_into_a_large_one(self) -> None:
        assert _gaps(window=Window.WEEK, budget_each=D("516.66")) == []
        assert _gaps(window=Window.WEEK, budget_each=D("516.67")) == [Beyond.BUDGET]
        daily = replace(OWN, window=Window.DAY, budget_each=D(400))
        assert _gaps(daily, window=Window.MONTH, budget_each=D(400)) == []

    def test_no_limit_of_ones_own_allows_any(self) -> None:
        assert authority.beyond(WITHIN, Terms("EUR"), is_for_many=True, today=TODAY) == []

    def test_the_nearest_of_several_counts(self) -> None:
        small = Terms("EUR", per_action=D(1), budget_each=D(1))
        assert authority.nearest(WITHIN, [small, OWN], is_for_many=False, today=TODAY) == []
        assert authority.nearest(WITHIN, [], is_for_many=False, today=TODAY) is None

    @given(
        st.decimals(min_value=1, max_value=10_000, places=2),
        st.decimals(min_value=1, max_value=10_000, places=2),
        st.sampled_from(list(Window)),
        st.sampled_from(list(Window)),
    )
    def test_what_is_within_can_never_use_up_more(
        self, given_out: Decimal, own: Decimal, window: Window, own_window: Window
    ) -> None:
        # The most windows of each sort that touch one of the other.
        touched = {"day": 1, "week": 7, "month": 31}
        times = max(1, {("week", "month"): 6}.get((window, own_window), touched[own_window] // touched[window]))
        wanted = Terms("EUR", budget_each=given_out, window=window)
        mine = Terms("EUR", budget_each=own, window=own_window)
        if not authority.beyond(wanted, mine, is_for_many=False, today=TODAY):
            assert given_out * times <= own
