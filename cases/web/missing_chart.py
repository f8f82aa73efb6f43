"""The picture of who had to ask, by amount: places and sizes of its bars, in percent across and in pixels up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from cases.queries.missing import Band, Reason
from cases.web.tags import lasting, short_money

FLOOR, FULL, LEAST = 216, 160, 3


@dataclass(frozen=True, slots=True)
class Bar:
    """One band: where it stands, how much of it was decided alone, and what is said below."""

    band: Band
    x: str
    width: str
    middle: str
    alone_y: str
    alone_height: str
    asked_y: str
    asked_height: str
    label: str
    remark: str
    href: str


@dataclass(frozen=True, slots=True)
class Chart:
    """All bars, the line of the limit as it is, and the ground of what another would add; places are percent."""

    bars: list[Bar]
    limit: str = ""
    limit_label: str = ""
    is_label_after: bool = False
    shade: str = ""
    shade_width: str = ""
    shade_end: str = ""
    is_end_near: bool = False
    shade_label: str = ""


def chart(
    bands: list[Band],
    currency: str,
    *,
    limit: Decimal | None,
    raised: Decimal | None,
    href: Callable[[Band], str],
) -> Chart:
    """The picture of these bands, with a limit and what it would be raised to, both in the same currency."""
    slot = 100 / len(bands)
    bars = [_bar(n, slot, band, currency, href(band)) for n, band in enumerate(bands)]
    place, raised_place = _place(bands, limit, slot), _place(bands, raised, slot)
    if place is None or limit is None:
        return Chart(bars)
    facts = {
        "limit": f"{place:.2f}%",
        "limit_label": _("limit today: %(limit)s") % {"limit": short_money(limit, currency)},
        "is_label_after": place < 25,
    }
    if raised_place is None or raised is None or raised_place <= place:
        return Chart(bars, **facts)  # type: ignore[arg-type]
    return Chart(
        bars,
        **facts,  # type: ignore[arg-type]
        shade=f"{place:.2f}%",
        shade_width=f"{raised_place - place:.2f}%",
        shade_end=f"{raised_place:.2f}%",
        is_end_near=place > 65,
        shade_label=_("at once, if the limit were %(limit)s") % {"limit": short_money(raised, currency)},
    )


def _bar(number: int, slot: float, band: Band, currency: str, href: str) -> Bar:
    figures = band.figures
    asked = FULL * figures.asked / figures.total if figures.total else 0
    asked = max(asked, LEAST) if figures.asked else 0
    alone = FULL - asked if figures.alone else 0
    asked = asked if alone else (FULL if figures.asked else 0)
    return Bar(
        band,
        x=f"{(number + 0.168) * slot:.2f}%",
        width=f"{0.665 * slot:.2f}%",
        middle=f"{(number + 0.5) * slot:.2f}%",
        alone_y=f"{FLOOR - alone:.1f}",
        alone_height=f"{alone:.1f}" if alone else "",
        asked_y=f"{FLOOR - alone - asked:.1f}",
        asked_height=f"{asked - 1.5:.1f}" if asked else "",
        label=label_of(band, currency),
        remark=remark_of(band),
        href=href,
    )


def _place(bands: list[Band], bound: Decimal | None, slot: float) -> float | None:
    return next(((n + 1) * slot for n, band in enumerate(bands) if bound is not None and band.upto == bound), None)


def label_of(band: Band, currency: str) -> str:
    """Which amounts a band holds: to 40 €, 40–80 €, over 500 €."""
    if band.is_none:
        return _("no amount")
    if band.over is None:
        return _("to %(amount)s") % {"amount": short_money(band.upto, currency)} if band.upto else _("any amount")
    if band.upto is None:
        return _("over %(amount)s") % {"amount": short_money(band.over, currency)}
    return f"{short_money(band.over, '').rstrip()}–{short_money(band.upto, currency)}"


def remark_of(band: Band) -> str:
    """What making people ask costs in a band, or why they had to where it was not the limit."""
    reason = band.figures.reason
    if reason in {Reason.USED_UP, Reason.NO_GRANT, Reason.TWO_PEOPLE}:
        return said(reason)
    if band.figures.half is not None:
        return _("waits %(span)s") % {"span": lasting(band.figures.half)}
    return ""


def said(reason: Reason) -> str:
    """Why somebody had to ask, in two words."""
    return {
        Reason.LIMIT: _("above the limit"),
        Reason.USED_UP: _("budget used up"),
        Reason.TWO_PEOPLE: _("two people decide"),
        Reason.NO_GRANT: _("no grant"),
    }[reason]
