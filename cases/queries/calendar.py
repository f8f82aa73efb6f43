"""The calendars of a brand: as rows for its pages, and built to count on."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Prefetch, QuerySet
from django.db.models.functions import Lower
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cases import errors
from cases.models import Calendar, CalendarDay, Seer
from cases.queries import setup
from cases.rules import calendar as rules
from cases.rules.calendar import Calendar as Clock
from cases.rules.calendar import CalendarProblem, NeverOpen, Problem

log = logging.getLogger(__name__)

# What a brand without a calendar is taken to work.
WEEK = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}

PROBLEMS: dict[Problem, str | Promise] = {
    Problem.NOT_A_TIME: _("Hours are written as 09:00 to 17:30; a day can end at 24:00, but not begin there."),
    Problem.ENDS_BEFORE_IT_BEGINS: _("These hours end before they begin. A night is two windows, one on each day."),
    Problem.OVERLAP: _("Two windows of the day overlap. Make one of them, or part them."),
    Problem.NEVER_OPEN: _("There is no open hour in this calendar, so nothing could ever be due. Open one."),
    Problem.UNKNOWN_ZONE: _("This is not a time zone; they look like Europe/Paris."),
    Problem.UNKNOWN_COUNTRY: _("The public holidays of this country are not known. Add them as days of your own."),
    Problem.UNKNOWN_REGION: _("This is not a region of that country."),
}

_CALENDARS = """
SELECT b.zone, c.id, c.zone, c.week::json, c.country, c.region, c.is_default,
  (SELECT json_agg(t.id) FROM cases_team t WHERE t.calendar_id = c.id),
  (SELECT json_agg(json_build_object('day', d.day, 'is_closed', d.is_closed, 'hours', d.hours, 'breaks', d.breaks,
     'label', d.label)) FROM cases_calendarday d WHERE d.calendar_id = c.id)
FROM cases_brand b LEFT JOIN cases_calendar c ON c.brand_id = b.id WHERE b.id = %s
"""


class Calendars:
    """The calendars of a brand, read in one query when the first of them is asked for."""

    def __init__(self, brand_id: int) -> None:
        self._brand_id = brand_id
        self._is_read = False
        self._content: dict[int, dict[str, Any]] = {}
        self._built: dict[int, Clock] = {}
        self._of_team: dict[int, int] = {}
        self._default: int | None = None
        self._zone = "UTC"
        self._usual: Clock | None = None

    @property
    def default(self) -> Clock:
        """The brand's own; nine to six from Monday to Friday where it has none."""
        self._read()
        return self._of(self._default)

    def for_case(self, team_id: int | None) -> Clock:
        """The calendar of a case that is with this team: the team's, else the brand's."""
        self._read()
        return self._of(self._of_team.get(team_id or 0, self._default))

    def by_id(self, calendar_id: int) -> Clock:
        """One of the brand's calendars."""
        self._read()
        return self._of(calendar_id)

    def working(self, team_id: int | None) -> Clock | None:
        """The calendar that working days count on, or nothing where the brand has none."""
        self._read()
        known = self._of_team.get(team_id or 0, self._default)
        return None if known is None else self._of(known)

    def instead(self, calendar_id: int, content: Mapping[str, Any]) -> None:
        """From now on take this calendar for what it would be, to see what that changes."""
        self._read()
        self._built[calendar_id] = built(content)

    def given_to(self, team_id: int, calendar_id: int | None) -> None:
        """From now on take the team as working by this calendar, or by the brand's, to see what that changes."""
        self._read()
        self._of_team.pop(team_id, None)
        if calendar_id is not None:
            self._of_team[team_id] = calendar_id

    def by_default(self, calendar_id: int) -> None:
        """From now on take this calendar for the brand's own, to see what that changes."""
        self._read()
        self._default = calendar_id

    def _of(self, calendar_id: int | None) -> Clock:
        if calendar_id is None:
            self._usual = self._usual or rules.build(zone=self._zone, week=WEEK)
            return self._usual
        if calendar_id not in self._built:
            self._built[calendar_id] = _as_kept(calendar_id, self._content[calendar_id])
        return self._built[calendar_id]

    def _read(self) -> None:
        if self._is_read:
            return
        self._is_read = True
        with connection.cursor() as cursor:
            cursor.execute(_CALENDARS, [self._brand_id])
            rows = cursor.fetchall()
        for own_zone, key, zone, week, country, region, is_default, teams, days in rows:
            self._zone = own_zone
            if key is None:
                continue
            self._content[key] = {
                "zone": zone,
                "week": read_json(week),
                "country": country,
                "region": region,
                "days": read_json(days) or [],
            }
            self._default = key if is_default else self._default
            self._of_team.update(dict.fromkeys(read_json(teams) or [], key))


def _as_kept(calendar_id: int, content: Mapping[str, Any]) -> Clock:
    """A kept calendar to count on; one that cannot be (a zone that is gone, a hand on the row) is never open.

    Nothing is due on it then, and the nightly check says so; the work of its people goes on.
    """
    try:
        return built(content)
    except CalendarProblem as problem:
        log.error("calendar %s cannot be counted on: %s %s", calendar_id, problem.code, problem.where)
        return Clock(rules.parse_zone("UTC"), ((),) * len(rules.DAYS))


def read_json(value: Any) -> Any:
    """What PostgreSQL gives as JSON, whether the driver has read it already or not."""
    return json.loads(value) if isinstance(value, str) else value


def built(content: Mapping[str, Any]) -> Clock:
    """A calendar to count on, out of what is kept of it; raises CalendarProblem."""
    shifts, breaks, closed = {}, {}, {}
    for day in content.get("days", ()):
        on = str(day["day"])
        if day.get("is_closed"):
            closed[on] = day.get("label") or ""
        elif day.get("hours") is not None:
            shifts[on] = day["hours"]
        if day.get("breaks"):
            breaks[on] = day["breaks"]
    return rules.build(
        zone=content["zone"],
        week=content["week"],
        shifts=shifts,
        breaks=breaks,
        closed=closed,
        country=content.get("country", ""),
        region=content.get("region", ""),
    )


def content_of(row: Calendar, days: Iterable[CalendarDay] | None = None) -> dict[str, Any]:
    """What is kept of a calendar, as ``built`` takes it."""
    return {
        "zone": row.zone,
        "week": row.week,
        "country": row.country,
        "region": row.region,
        "days": [day_content(day) for day in (row.days.all() if days is None else days)],
    }


def day_content(day: CalendarDay) -> dict[str, Any]:
    """What is kept of a single day, as ``built`` takes it."""
    return {
        "day": day.day.isoformat(),
        "is_closed": day.is_closed,
        "hours": day.hours,
        "breaks": day.breaks,
        "label": day.label,
    }


def calendar_of(row: Calendar, days: Iterable[CalendarDay] | None = None) -> Clock:
    """The calendar of a row, to count on."""
    return _as_kept(row.pk, content_of(row, days))


def calendars_of(brand_id: int) -> QuerySet[Calendar]:
    """The calendars of a brand with their days and teams at hand: the default first, then by name, retired last."""
    rows = Calendar.objects.filter(brand_id=brand_id).prefetch_related(
        Prefetch("days", CalendarDay.objects.order_by("day")), "teams"
    )
    return rows.order_by("-is_active", "-is_default", Lower("name"))


def calendar_to_see(seer: Seer, public_id: UUID | str) -> Calendar:
    """A calendar with its brand and days, for anybody of the brand; raises NotFound."""
    rows = Calendar.objects.select_related("brand").prefetch_related(
        Prefetch("days", CalendarDay.objects.order_by("day"))
    )
    row = rows.filter(public_id=public_id).first()
    if row is None or (row.brand_id not in seer.roles and not seer.is_organisation_admin):
        raise errors.NotFound
    return row


def calendar_to_set_up(seer: Seer, public_id: UUID | str) -> Calendar:
    """A calendar with its brand and days, for somebody who may set up the brand; raises NotFound, NotAllowed."""
    row = calendar_to_see(seer, public_id)
    setup.require_set_up(seer, row.brand_id)
    return row


def checked(content: Mapping[str, Any], at: datetime) -> Clock:
    """The calendar that this content makes, open now and then; raises Invalid with the day or field that is wrong."""
    try:
        clock = built(content)
        clock.next_open(at)
    except CalendarProblem as problem:
        raise errors.Invalid(str(PROBLEMS[problem.code]), problem.where or None) from problem
    except NeverOpen as never:
        raise errors.Invalid(str(PROBLEMS[Problem.NEVER_OPEN]), "week") from never
    return clock
