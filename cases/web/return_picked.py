"""Which brand and which whole months a page of returns or frozen periods is about, and what else can be chosen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from cases import errors
from cases.models import Brand, Seer
from cases.queries.reports import reading
from cases.rules import permission, return_periods
from cases.rules.return_periods import HALF, MONTH, QUARTER, Span
from cases.vocabulary import Permission
from cases.web.desk import seer_of

# How many of each length are offered, the one that is going on among them.
OFFERED = {HALF: 6, QUARTER: 8, MONTH: 12}


class Option(NamedTuple):
    """One thing that can be chosen."""

    label: str | Promise
    href: str
    is_chosen: bool


@dataclass(frozen=True)
class Picked:
    """What an address chooses; a brand or a period that it does not name is the usual one."""

    address: str
    seer: Seer
    brands: list[Brand]
    brand: Brand
    span: Span
    now: datetime

    @classmethod
    def of(cls, request: HttpRequest, usual: int) -> Picked:
        """Out of an address, the last whole period of the usual length; raises NotFound, NotAllowed, UnknownPeriod."""
        seer, now = reading.reader(seer_of(request)), timezone.now()
        brands = sorted(Brand.objects.filter(pk__in=seer.brand_ids), key=lambda each: each.name.casefold())
        slug, name = request.GET.get("brand", ""), request.GET.get("period", "")
        brand = next((each for each in brands if each.slug == slug or not slug), None)
        if brand is None:
            raise errors.NotFound
        if name:
            span = return_periods.of_name(name, brand.zone)
        else:
            span = return_periods.current(usual, now, brand.zone).earlier(1)
        return cls(request.path, seer, brands, brand, span, now)

    @property
    def kept(self) -> dict[str, str]:
        """What an address keeps of it."""
        return {"brand": self.brand.slug, "period": self.span.name}

    @property
    def query(self) -> str:
        """The same as it stands in an address."""
        return urlencode(self.kept)

    @property
    def words(self) -> str:
        """The period."""
        return span_words(self.span)

    @property
    def is_over(self) -> bool:
        """Whether the period has ended."""
        return self.span.is_over(self.now)

    @property
    def last_words(self) -> str:
        """The last day of the period."""
        return date_format(self.span.last, _("j F Y"))

    def said(self, at: datetime) -> tuple[datetime, str]:
        """An instant, and the same by the clocks of the brand."""
        return at, date_format(at.astimezone(self.span.counted.zone), _("j M Y, H:i:s"))

    @property
    def may_sign(self) -> bool:
        """Whether the person freezes and signs periods of this brand."""
        return may_sign(self.seer, self.brand)

    @property
    def brand_options(self) -> list[Option]:
        """The other brands."""
        return [Option(each.name, self._href(brand=each.slug), each.pk == self.brand.pk) for each in self.brands]

    @cached_property
    def periods(self) -> list[tuple[str, list[Option]]]:
        """The other periods, by their length."""
        titles = {HALF: _("Half-years"), QUARTER: _("Quarters"), MONTH: _("Months")}
        return [
            (
                titles[length],
                [
                    Option(span_words(each), self._href(period=each.name), each == self.span)
                    for each in spans(length, self.now, self.brand.zone)
                ],
            )
            for length in OFFERED
        ]

    def _href(self, **more: str) -> str:
        return f"{self.address}?{urlencode(self.kept | more)}"


def spans(length: int, now: datetime, zone: str) -> list[Span]:
    """The periods of this length that are offered, the newest first."""
    current = return_periods.current(length, now, zone)
    return [current.earlier(number) for number in range(OFFERED[length])]


def span_words(span: Span) -> str:
    """What a period is called."""
    if span.length == HALF:
        said = _("First half of %(year)s") if span.number == 1 else _("Second half of %(year)s")
        return said % {"year": span.first.year}
    if span.length == QUARTER:
        return _("Q%(number)s %(year)s") % {"number": span.number, "year": span.first.year}
    return date_format(span.first, "F Y")


def may_sign(seer: Seer, brand: Brand) -> bool:
    """Whether the person freezes and signs periods of a brand."""
    return permission.may(seer.roles.get(brand.pk), Permission.SIGN_REPORTS)
