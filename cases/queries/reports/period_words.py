"""A period in words, as people say it in their language."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from cases.rules.periods import Period, Preset

PRESETS: dict[Preset, str | Promise] = {
    Preset.TODAY: pgettext_lazy("a period", "Today"),
    Preset.YESTERDAY: pgettext_lazy("a period", "Yesterday"),
    Preset.DAYS_7: _("Last 7 days"),
    Preset.DAYS_30: _("Last 30 days"),
    Preset.DAYS_90: _("Last 90 days"),
    Preset.THIS_WEEK: _("This week"),
    Preset.LAST_WEEK: _("Last week"),
    Preset.THIS_MONTH: _("This month"),
    Preset.LAST_MONTH: _("Last month"),
    Preset.THIS_QUARTER: _("This quarter"),
    Preset.LAST_QUARTER: _("Last quarter"),
    Preset.THIS_HALF: _("This half-year"),
    Preset.LAST_HALF: _("Last half-year"),
    Preset.THIS_YEAR: _("This year"),
    Preset.LAST_YEAR: _("Last year"),
    Preset.EVERYTHING: pgettext_lazy("a period", "Everything"),
}
_DAY = timedelta(days=1)
DAYS_A_YEAR = 365.2425


def said(period: Period) -> str:
    """The days of a period, or its instants where it does not begin and end with days."""
    if period.days is None:
        return gettext("%(start)s – %(end)s") % {"start": _instant(period, 0), "end": _end(period)}
    first, last = period.days[0], period.days[1] - _DAY
    if first == last:
        return _full(first)
    whole = _whole(first, period.days[1])
    if whole:
        return whole
    if (first.year, first.month) == (last.year, last.month):
        return gettext("%(first)s–%(last)s") % {"first": date_format(first, "j"), "last": _full(last)}
    start = date_format(first, gettext("j M") if first.year == last.year else gettext("j M Y"))
    return gettext("%(start)s – %(end)s") % {"start": start, "end": date_format(last, gettext("j M Y"))}


def compared(period: Period, before: Period) -> str:
    """What a period is compared with, in as few words as tell it."""
    if before.days and _whole(*before.days):
        return said(before)
    if before.end == period.start:
        years, days = _years(before), round(before.length / _DAY)
        if years > 1:
            return gettext("the %(n)s years before") % {"n": years}
        if not days:
            return gettext("just as long before")
        return ngettext("the day before", "the %(n)s days before", days) % {"n": days}
    return gettext("a year before")


def ends(period: Period, now: datetime) -> str:
    """When a period ended, or that it has not."""
    if period.end > now:
        return gettext("now")
    if period.days is None:
        return _instant(period, 1)
    return gettext("on %(day)s, 24:00") % {"day": _full(period.days[1] - _DAY)}


def begins(period: Period) -> str:
    """When a period began."""
    return _full(period.days[0]) if period.days else _instant(period, 0)


def _whole(first: date, after: date) -> str:
    """A whole month or year."""
    if first.day != 1 or after.day != 1:
        return ""
    if (after.year * 12 + after.month) - (first.year * 12 + first.month) == 1:
        return date_format(first, "F Y")
    if first.month == after.month == 1 and after.year - first.year == 1:
        return str(first.year)
    return ""


def _years(period: Period) -> int:
    """How many years it is, to a day; otherwise none."""
    days = period.length / _DAY
    years = round(days / DAYS_A_YEAR)
    return years if abs(days - years * DAYS_A_YEAR) <= 1 else 0


def _full(day: date) -> str:
    return date_format(day, gettext("j F Y"))


def _instant(period: Period, place: int) -> str:
    return date_format(_at(period, place), gettext("j M Y, H:i:s") if _is_fine(period) else gettext("j M Y, H:i"))


def _end(period: Period) -> str:
    """Its end; where it is the same day, only the time."""
    if _at(period, 0).date() != _at(period, 1).date():
        return _instant(period, 1)
    return date_format(_at(period, 1), gettext("H:i:s") if _is_fine(period) else gettext("H:i"))


def _at(period: Period, place: int) -> datetime:
    return (period.start, period.end)[place].astimezone(ZoneInfo(period.zone))


def _is_fine(period: Period) -> bool:
    """Whether its instants are told apart by seconds."""
    return any(_at(period, place).second for place in (0, 1))
