"""Amounts are read as they were meant, or not at all."""

from __future__ import annotations

import contextlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.rules import money


class TestParseAmount:
    @pytest.mark.parametrize(
        ("written", "amount"),
        [
            ("12", "12"),
            ("12.5", "12.5"),
            ("12,50", "12.50"),
            ("1 249,90", "1249.90"),
            ("1\u202f249,90", "1249.90"),
            ("1,249.90", "1249.90"),
            ("1.249,90", "1249.90"),
            ("1'249.90", "1249.90"),
            ("1,234,567", "1234567"),
            ("1.234.567", "1234567"),
            ("1.249", "1.249"),
            ("0,125", "0.125"),
            ("-5", "-5"),
            ("\uff11\uff12", "12"),
        ],
    )
    def test_reads(self, written: str, amount: str) -> None:
        assert money.parse_amount(written) == Decimal(amount)

    def test_does_not_guess_whether_a_comma_splits_thousands(self) -> None:
        with pytest.raises(money.AmbiguousAmountError, match=r"1249 or 1\.249"):
            money.parse_amount("1,249")

    @pytest.mark.parametrize(
        "written", ["", "  ", "abc", "1e5", "NaN", "Infinity", "1 2", "12,34,56", "1.2.3", "--1", "€5"]
    )
    def test_refuses(self, written: str) -> None:
        with pytest.raises(money.NotANumberError):
            money.parse_amount(written)

    @given(st.text())
    def test_fails_only_by_saying_so(self, written: str) -> None:
        with contextlib.suppress(money.AmountError):
            assert money.parse_amount(written).is_finite()


class TestValidAmount:
    @pytest.mark.parametrize(
        ("amount", "currency"),
        [
            ("0.01", "EUR"),
            ("12.500", "EUR"),
            ("500", "JPY"),
            ("1.234", "KWD"),
            ("999999999999999.99", "USD"),
            ("1", "XYZ"),
        ],
    )
    def test_lets_pass(self, amount: str, currency: str) -> None:
        assert money.valid_amount(Decimal(amount), currency) == Decimal(amount)

    @pytest.mark.parametrize(
        ("amount", "currency", "error"),
        [
            ("0", "EUR", money.NotPositiveError),
            ("-1", "EUR", money.NotPositiveError),
            ("0.001", "EUR", money.TooPreciseError),
            ("0.5", "JPY", money.TooPreciseError),
            ("1.2345", "KWD", money.TooPreciseError),
            ("1000000000000000", "EUR", money.TooLargeError),
            ("NaN", "EUR", money.NotANumberError),
            ("Infinity", "EUR", money.NotANumberError),
            ("5", "euro", money.UnknownCurrencyError),
            ("5", "", money.UnknownCurrencyError),
        ],
    )
    def test_refuses(self, amount: str, currency: str, error: type[ValueError]) -> None:
        with pytest.raises(error):
            money.valid_amount(Decimal(amount), currency)
