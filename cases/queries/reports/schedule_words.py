"""When a saved report is sent, as people say it in their language."""

from __future__ import annotations

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext

from cases.models import SavedReport
from cases.rules.periods import of_zone
from cases.rules.rhythm import LAST_SURE_DAY
from cases.vocabulary import Rhythm


def said(saved: SavedReport) -> str:
    """The rhythm of a saved report with its hour and zone, as in: every Monday at 8:00, Europe/Paris."""
    hour = f"{saved.hour}:00"
    given = {"hour": hour, "zone": saved.zone, "day": _day(saved)}
    if saved.rhythm == Rhythm.DAILY:
        return gettext("every day at %(hour)s, %(zone)s") % given
    if saved.rhythm == Rhythm.WEEKLY:
        return gettext("every %(day)s at %(hour)s, %(zone)s") % given
    if saved.day > LAST_SURE_DAY:
        return gettext("on the last day of each month at %(hour)s, %(zone)s") % given
    if saved.day == 1:
        return gettext("on the 1st of each month at %(hour)s, %(zone)s") % given
    return gettext("on day %(day)s of each month at %(hour)s, %(zone)s") % given


def short(saved: SavedReport) -> str:
    """The same in a few words, for a narrow place."""
    given = {"name": saved.name, "day": _day(saved), "hour": f"{saved.hour}:00"}
    if saved.rhythm == Rhythm.DAILY:
        return gettext("%(name)s, daily %(hour)s") % given
    if saved.rhythm == Rhythm.WEEKLY:
        return gettext("%(name)s, %(day)s %(hour)s") % given
    if saved.day > LAST_SURE_DAY:
        return gettext("%(name)s, last of the month") % given
    if saved.day == 1:
        return gettext("%(name)s, 1st of the month") % given
    return gettext("%(name)s, day %(day)s of the month") % given


def next_day(saved: SavedReport) -> str:
    """When it goes out next, by the clocks of its zone; nothing where it does not."""
    if saved.next_at is None:
        return ""
    local = saved.next_at.astimezone(of_zone(saved.zone))
    return date_format(local, pgettext("when a report is sent", "l j F Y, H:i"))


def weekdays() -> list[tuple[int, str]]:
    """The days of a week by their numbers, Monday first."""
    # 1 January 2024 was a Monday.
    return [(day, date_format(date(2024, 1, 1 + day), "l")) for day in range(7)]


def _day(saved: SavedReport) -> str:
    return dict(weekdays())[saved.weekday] if saved.rhythm == Rhythm.WEEKLY else str(saved.day)
