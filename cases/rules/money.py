"""Amounts people write and the amounts casedesk may keep: numeric(19,4), above zero, in the currency's own units."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

# ISO 4217: how many decimals a currency has, where it is not two.
_CODES_BY_MINOR_UNITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_MINOR_UNITS = {code: units for units, codes in _CODES_BY_MINOR_UNITS.items() for code in codes.split()}
DEFAULT_MINOR_UNITS = 2
# The largest numeric(19,4).
LARGEST = Decimal("999999999999999.9999")

_SPACES = "\u0020\u00a0\u2009\u202f"
_PLAIN = re.compile(r"[+-]?\d+(?:\.\d+)?", re.ASCII)
_SIGN = re.compile(r"[+\-\u2212]?")


class AmountError(ValueError):
    """The amount cannot be used."""


class NotANumberError(AmountError):
    """The amount is not a number."""


class AmbiguousAmountError(AmountError):
    """The amount can be read in two ways."""


class NotPositiveError(AmountError):
    """The amount is not above zero."""


class TooPreciseError(AmountError):
    """The amount has more decimals than its currency."""


class TooLargeError(AmountError):
    """The amount is larger than casedesk can keep."""


class UnknownCurrencyError(AmountError):
    """The currency is not a three-letter ISO 4217 code."""


def parse_amount(text: str) -> Decimal:
    """The number in "1249.90", "1 249,90", "1,249.90", "1.249,90" or "12,5"; a lone "1,249" is refused as ambiguous."""
    written = unicodedata.normalize("NFKC", text).strip().replace("\u2212", "-")
    digits = _without_grouping(written)
    if not _PLAIN.fullmatch(digits) or len(digits) > 40:
        raise NotANumberError(f"“{text.strip()[:40]}” is not an amount; write it like 1249.90.")
    return Decimal(digits)


def _without_grouping(written: str) -> str:
    if "," in written and "." in written:
        point = max(written.rfind(","), written.rfind("."))
        group = "." if written[point] == "," else ","
        return _joined(written[:point], group + _SPACES + "'’") + "." + written[point + 1 :]
    if written.count(",") == 1:
        whole, fraction = written.split(",")
        if len(fraction) == 3 and re.fullmatch(r"[+-]?[1-9]\d{0,2}", whole, re.ASCII):
            raise AmbiguousAmountError(f"“{written}” can mean {whole}{fraction} or {whole}.{fraction}; write one.")
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
        raise UnknownCurrencyError(f"“{currency[:20]}” is not a currency; write three capital letters, like EUR.")
    return _MINOR_UNITS.get(currency, DEFAULT_MINOR_UNITS)


def valid_amount(amount: Decimal, currency: str) -> Decimal:
    """The amount itself when casedesk may keep it in that currency."""
    allowed = minor_units(currency)
    if not amount.is_finite():
        raise NotANumberError("The amount is not a number.")
    if amount <= 0:
        raise NotPositiveError(f"The amount must be above zero; {amount} is not.")
    if amount > LARGEST:
        raise TooLargeError(f"The amount is too large; at most {LARGEST} can be kept.")
    if _scale(amount) > allowed:
        raise TooPreciseError(f"{currency} has {allowed or 'no'} decimals; {amount} has {_scale(amount)}.")
    return amount


def _scale(amount: Decimal) -> int:
    """The decimals that matter: 12.50 has two written, one that counts."""
    exponent = amount.normalize().as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0
