"""Amounts people write and the amounts casedesk may keep: numeric(19,4), above zero, in the currency's own units."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from cases import errors

# ISO 4217: how many decimals a currency has, where it is not two.
_CODES_BY_MINOR_UNITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_MINOR_UNITS = {code: units for units, codes in _CODES_BY_MINOR_UNITS.items() for code in codes.split()}
DEFAULT_MINOR_UNITS = 2
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "PLN": "zł", "JPY": "¥"}
# The largest numeric(19,4).
LARGEST = Decimal("999999999999999.9999")

_SPACES = "\u0020\u00a0\u2009\u202f"
_PLAIN = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)
_SIGN = re.compile(r"[+\-\u2212]?")


class AmountError(errors.Refused, ValueError):
    """The amount cannot be used."""

    code = "invalid_amount"
    status = 422

    def __str__(self) -> str:
        """The sentence in English."""
        return errors.sentence(type(self)) % self.facts


class NotANumberError(AmountError):
    """“%(written)s” is not an amount; write it like 1249.90."""


class AmbiguousAmountError(AmountError):
    """“%(written)s” can mean %(large)s or %(small)s; write one."""


class NotPositiveError(AmountError):
    """The amount must be above zero; %(amount)s is not."""


class TooPreciseError(AmountError):
    """%(currency)s has at most %(allowed)s decimals; %(amount)s has %(given)s."""


class TooLargeError(AmountError):
    """The amount is too large; at most %(largest)s can be kept."""


class UnknownCurrencyError(AmountError):
    """“%(currency)s” is not a currency; write three capital letters, like EUR."""


def parse_amount(text: str) -> Decimal:
    """The number in "1249.90", "1 249,90", "1,249.90", "1.249,90" or "12,5"; a lone "1,249" is refused as ambiguous."""
    written = unicodedata.normalize("NFKC", text).strip().replace("\u2212", "-")
    digits = _without_grouping(written)
    if not _PLAIN.fullmatch(digits) or len(digits) > 40:
        raise NotANumberError(written=text.strip()[:40])
    return Decimal(digits)


def _without_grouping(written: str) -> str:
    if "," in written and "." in written:
        point = max(written.rfind(","), written.rfind("."))
        group = "." if written[point] == "," else ","
        return _joined(written[:point], group + _SPACES + "'’") + "." + written[point + 1 :]
    if written.count(",") == 1:
        whole, fraction = written.split(",")
        if len(fraction) == 3 and re.fullmatch(r"[+-]?[1-9]\d{0,2}", whole, re.ASCII):
            raise AmbiguousAmountError(written=written, large=f"{whole}{fraction}", small=f"{whole}.{fraction}")
        return _joined(whole, _SPACES + "'’") + "." + fraction
    if written.count(",") > 1:
        return _joined(written, ",")
    if written.count(".") > 1:
        return _joined(written, ".")
    whole, dot, fraction = written.partition(".")
    return _joined(whole, _SPACES + "'’") + dot + fraction


def _joined(whole: str, separators: str) -> str:
    """A whole number without its thousands separators, when they stand where thousands are; else unchanged."""
    parts = re.split(f"[{re.escape(separators)}]", whole)
    if len(parts) > 1 and (len(parts[0].lstrip("+-")) not in {1, 2, 3} or any(len(part) != 3 for part in parts[1:])):
        return whole
    return "".join(parts)


def minor_units(currency: str) -> int:
    """How many decimals a currency has: 2 for EUR, 0 for JPY, 3 for KWD."""
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise UnknownCurrencyError(currency=currency[:20])
    return _MINOR_UNITS.get(currency, DEFAULT_MINOR_UNITS)


def valid_amount(amount: Decimal, currency: str) -> Decimal:
    """The amount itself when casedesk may keep it in that currency."""
    allowed = minor_units(currency)
    if not amount.is_finite():
        raise NotANumberError(written=amount)
    if amount <= 0:
        raise NotPositiveError(amount=_plain(amount))
    if amount > LARGEST:
        raise TooLargeError(largest=LARGEST)
    if _scale(amount) > allowed:
        raise TooPreciseError(currency=currency, allowed=allowed, amount=_plain(amount), given=_scale(amount))
    return amount


def _plain(amount: Decimal) -> str:
    """The amount as people write it: without the zeros of the column and without an exponent."""
    return f"{amount.normalize():f}"


def _scale(amount: Decimal) -> int:
    """The decimals that matter: 12.50 has two written, one that counts."""
    exponent = amount.normalize().as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0
