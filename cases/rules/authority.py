"""What may stand in a grant, and whether one grant lies within another: nobody gives more than they have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from cases import errors
from cases.rules import currencies, money
from cases.vocabulary import Window

LONGEST_DAYS = 3660
# A month touches at most six weeks, and has at most 31 days.
_TIMES = {(Window.DAY, Window.WEEK): 7, (Window.DAY, Window.MONTH): 31, (Window.WEEK, Window.MONTH): 6}
AMOUNTS = ("per_action", "per_complainant", "budget_each", "budget_shared")
RATE_DECIMALS = 8
LARGEST_RATE = Decimal("99999999999")


class Beyond(StrEnum):
    """In what a grant goes beyond another."""

    KINDS = "kinds"
    CATEGORY = "category"
    CURRENCY = "currency"
    PER_ACTION = "per_action"
    PER_COMPLAINANT = "per_complainant"
    BUDGET = "budget"
    WAIVE = "waive"
    DATES = "dates"


class TermsError(errors.Refused):
    """The grant cannot be given so."""

    code = "invalid"
    status = 422

    def __init__(self, field: str, **facts: object) -> None:
        super().__init__(**facts)
        self.field = field


class UnknownWindowError(TermsError):
    """A budget lasts a day, a week or a month."""


class UnknownCurrencyError(TermsError):
    """“%(currency)s” is not a currency that money can be in; write three capital letters, like EUR."""


class DaysError(TermsError):
    """Give a number of days from 1 to %(longest)s; %(days)s is not."""


class EndsBeforeError(TermsError):
    """The last day is before the first."""


class OverAlreadyError(TermsError):
    """The last day has passed already."""


class SmallerError(TermsError):
    """This is less than one action may be (%(least)s), so nobody could ever use the limit."""


class NotARateError(TermsError):
    """A rate is a number above zero with at most %(decimals)s decimals; %(rate)s is not."""


class SameCurrencyError(TermsError):
    """A rate leads from one currency to another."""


class BadAmountError(TermsError):
    """%(reason)s"""

    def __init__(self, field: str, error: money.AmountError) -> None:
        super().__init__(field, reason=str(error))
        self.error = error

    @property
    def message(self) -> str:
        """The sentence about the amount."""
        return self.error.message


@dataclass(frozen=True, slots=True)
class Terms:
    """What a grant allows; no kinds means all, no category any, no amount no limit."""

    currency: str
    kind_ids: frozenset[int] = frozenset()
    category_id: int | None = None
    per_action: Decimal | None = None
    per_complainant: Decimal | None = None
    complainant_days: int = 30
    budget_each: Decimal | None = None
    budget_shared: Decimal | None = None
    window: str = Window.MONTH
    may_waive: bool = False
    starts_on: date | None = None
    ends_on: date | None = None

    @property
    def cap(self) -> Decimal | None:
        """The most one holder can use in a window."""
        return min((each for each in (self.budget_each, self.budget_shared) if each is not None), default=None)


def checked(terms: Terms, *, today: date) -> Terms:
    """The terms themselves when they make sense from that day on; raises TermsError."""
    if terms.currency not in currencies.CODES:
        raise UnknownCurrencyError("currency", currency=terms.currency[:20])
    if terms.window not in Window.values:
        raise UnknownWindowError("window")
    for field in AMOUNTS:
        amount = getattr(terms, field)
        if amount is not None:
            _amount(field, amount, terms.currency)
    if not 1 <= terms.complainant_days <= LONGEST_DAYS:
        raise DaysError("complainant_days", longest=LONGEST_DAYS, days=terms.complainant_days)
    for field in AMOUNTS[1:]:
        amount = getattr(terms, field)
        if amount is not None and terms.per_action is not None and amount < terms.per_action:
            raise SmallerError(field, least=f"{terms.per_action.normalize():f}")
    days(terms.starts_on, terms.ends_on, today=today)
    return terms


def _amount(field: str, amount: Decimal, currency: str) -> None:
    try:
        money.valid_amount(amount, currency)
    except money.AmountError as error:
        raise BadAmountError(field, error) from error


def days(first: date | None, last: date | None, *, today: date) -> None:
    """Refuse a span that ends before it begins, or is over; raises TermsError."""
    if last is None:
        return
    if first is not None and last < first:
        raise EndsBeforeError("ends_on")
    if last < today:
        raise OverAlreadyError("ends_on")


def checked_rate(currency: str, into: str, rate: Decimal) -> Decimal:
    """The rate itself when it leads from one known currency to another; raises TermsError."""
    for field, code in (("currency", currency), ("into", into)):
        if code not in currencies.CODES:
            raise UnknownCurrencyError(field, currency=code[:20])
    if currency == into:
        raise SameCurrencyError("into")
    scale = rate.normalize().as_tuple().exponent if rate.is_finite() else 0
    if not rate.is_finite() or not 0 < rate <= LARGEST_RATE or (isinstance(scale, int) and -scale > RATE_DECIMALS):
        raise NotARateError("rate", decimals=RATE_DECIMALS, rate=str(rate)[:40])
    return rate


def beyond(wanted: Terms, own: Terms, *, is_for_many: bool, today: date) -> list[Beyond]:
    """In what this goes beyond somebody's own grant; nothing when they may give it.

    What goes to a team or a role has many holders: where the own grant has a budget, all of them share one within it.
    """
    tests = {
        Beyond.KINDS: not own.kind_ids or (bool(wanted.kind_ids) and wanted.kind_ids <= own.kind_ids),
        Beyond.CATEGORY: own.category_id is None or wanted.category_id == own.category_id,
        Beyond.CURRENCY: own.currency == wanted.currency,
        Beyond.PER_ACTION: _at_most(wanted.per_action, own.per_action),
        Beyond.PER_COMPLAINANT: _at_most(wanted.per_complainant, own.per_complainant)
        and (own.per_complainant is None or wanted.complainant_days >= own.complainant_days),
        Beyond.BUDGET: _budget_within(wanted, own, is_for_many=is_for_many),
        Beyond.WAIVE: own.may_waive or not wanted.may_waive,
        Beyond.DATES: _dates_within(wanted, own, today),
    }
    return [what for what, is_within in tests.items() if not is_within]


def nearest(wanted: Terms, owns: Iterable[Terms], *, is_for_many: bool, today: date) -> list[Beyond] | None:
    """The least that it goes beyond any of somebody's own grants; None when they have none."""
    found = [beyond(wanted, own, is_for_many=is_for_many, today=today) for own in owns]
    return min(found, key=len, default=None)


def _at_most(wanted: Decimal | None, own: Decimal | None) -> bool:
    return own is None or (wanted is not None and wanted <= own)


def _budget_within(wanted: Terms, own: Terms, *, is_for_many: bool) -> bool:
    if own.cap is None:
        return True
    cap = wanted.budget_shared if is_for_many else wanted.cap
    if cap is None:
        return False
    return cap * _TIMES.get((Window(wanted.window), Window(own.window)), 1) <= own.cap


def _dates_within(wanted: Terms, own: Terms, today: date) -> bool:
    begins = wanted.starts_on or today
    if own.starts_on is not None and begins < own.starts_on:
        return False
    return own.ends_on is None or (wanted.ends_on is not None and wanted.ends_on <= own.ends_on)
