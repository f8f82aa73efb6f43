"""When a brand and its teams work: calendars and their single days, changed by whoever sets up the brand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cases import errors, queue
from cases.commands import moves
from cases.models import Brand, Calendar, CalendarDay, Policy, Team
from cases.queries import calendar as queries
from cases.vocabulary import Actor, EventKind, Job

MOST_DAYS = 2000


@dataclass(frozen=True, slots=True)
class Day:
    """A single day that is not like the others: closed, with hours of its own, or with breaks."""

    day: date
    is_closed: bool = False
    hours: Sequence[Sequence[str]] | None = None
    breaks: Sequence[Sequence[str]] = field(default_factory=tuple)
    label: str = ""


@transaction.atomic(durable=True)
def add_calendar(
    *,
    brand_id: int,
    name: str,
    zone: str,
    week: Mapping[str, Any],
    country: str = "",
    region: str = "",
    at: datetime,
    actor: Actor,
) -> Calendar:
    """Another calendar of the brand, for a team or for a policy; raises Invalid with the day that cannot be so."""
    brand = moves.lock_brand(brand_id, actor)
    calendar = Calendar(
        brand=brand,
        name=moves.free(moves.checked_name(name), "name", brand.calendars.all()),
        zone=zone,
        week=dict(week),
        country=country,
        region=region,
        is_default=not brand.calendars.filter(is_default=True).exists(),
    )
    queries.checked(queries.content_of(calendar, []), at)
    calendar.save()
    moves.record_row(calendar, EventKind.CALENDAR_CHANGED, actor, brand_id=brand.pk, fields=["created"], at=at)
    return calendar


@transaction.atomic(durable=True)
def change_calendar(
    *,
    calendar_id: int,
    name: str,
    zone: str,
    week: Mapping[str, Any],
    country: str,
    region: str,
    revision: int,
    at: datetime,
    actor: Actor,
) -> Calendar:
    """Change the hours; open deadlines that count on them move, what is past never does. Raises ChangedMeanwhile."""
    calendar, brand = _lock(calendar_id, revision, actor)
    wanted = {"zone": zone, "week": dict(week), "country": country, "region": region}
    queries.checked({**queries.content_of(calendar), **wanted}, at)
    name = moves.free(moves.checked_name(name), "name", brand.calendars.exclude(pk=calendar.pk))
    _change(calendar, {**wanted, "name": name}, at, actor)
    return calendar


@transaction.atomic(durable=True)
def put_days(*, calendar_id: int, days: Sequence[Day], revision: int, at: datetime, actor: Actor) -> Calendar:
    """Say how single days are: closed, with other hours, or with breaks; what was said of them before is replaced."""
    calendar, _brand = _lock(calendar_id, revision, actor)
    given = {each.day: each for each in days}
    kept = [each for each in calendar.days.all() if each.day not in given]
    rows = [_day(calendar, each) for each in given.values()]
    if len(kept) + len(rows) > MOST_DAYS:
        raise errors.Invalid(_("A calendar has at most %(limit)d days of its own.") % {"limit": MOST_DAYS}, "days")
    queries.checked(queries.content_of(calendar, [*kept, *rows]), at)
    calendar.days.filter(day__in=given).delete()
    CalendarDay.objects.bulk_create(rows)
    _note(calendar, ["days"], at, actor)
    return calendar


@transaction.atomic(durable=True)
def remove_days(*, calendar_id: int, days: Sequence[date], revision: int, at: datetime, actor: Actor) -> Calendar:
    """These days are again like the others of their weekday; what has no entry stays as it is."""
    calendar, _brand = _lock(calendar_id, revision, actor)
    if calendar.days.filter(day__in=list(days)).delete()[0]:
        _note(calendar, ["days"], at, actor)
    return calendar


@transaction.atomic(durable=True)
def make_default(*, calendar_id: int, revision: int, at: datetime, actor: Actor) -> Calendar:
    """From now on the brand counts on this calendar wherever a team or a policy has none of its own."""
    calendar, brand = _lock(calendar_id, revision, actor)
    if calendar.is_default:
        return calendar
    if not calendar.is_active:
        raise errors.Invalid(_("This calendar is switched off. Switch it on first."), "is_default")
    brand.calendars.filter(is_default=True).update(is_default=False)
    _change(calendar, {"is_default": True}, at, actor)
    return calendar


@transaction.atomic(durable=True)
def retire_calendar(*, calendar_id: int, revision: int, at: datetime, actor: Actor) -> Calendar:
    """Switch a calendar off that nothing counts on any more; raises Invalid with what still does."""
    calendar, _brand = _lock(calendar_id, revision, actor)
    if calendar.is_default:
        raise errors.Invalid(_("The brand counts on this calendar. Make another one its default first."), "is_active")
    moves.refuse_needed(_counting_on(calendar))
    _change(calendar, {"is_active": False}, at, actor)
    return calendar


@transaction.atomic(durable=True)
def restore_calendar(*, calendar_id: int, revision: int, at: datetime, actor: Actor) -> Calendar:
    """Switch a calendar on again."""
    calendar, _brand = _lock(calendar_id, revision, actor)
    _change(calendar, {"is_active": True}, at, actor)
    return calendar


@transaction.atomic(durable=True)
def set_team_calendar(*, team_id: int, calendar_id: int | None, at: datetime, actor: Actor) -> Team:
    """Give a team a calendar of its own, or none; open deadlines of its cases move."""
    team, brand = moves.lock_row(Team.objects.all(), team_id, actor)
    calendar_id = moves.of_brand(brand.calendars.all(), calendar_id, "calendar", now=team.calendar_id)
    if team.calendar_id != calendar_id:
        Team.objects.filter(pk=team.pk).update(calendar_id=calendar_id)
        team.calendar_id = calendar_id
        moves.record_row(team, EventKind.TEAM_CHANGED, actor, brand_id=brand.pk, fields=["calendar"], at=at)
        queue.after_commit(Job.MOVE_DEADLINES, brand_id=brand.pk)
    return team


def _lock(calendar_id: int, revision: int, actor: Actor) -> tuple[Calendar, Brand]:
    calendar, brand = moves.lock_row(Calendar.objects.all(), calendar_id, actor)
    if calendar.revision != revision:
        raise errors.ChangedMeanwhile
    return calendar, brand


def _change(calendar: Calendar, wanted: Mapping[str, Any], at: datetime, actor: Actor) -> None:
    fields = sorted(name for name, value in wanted.items() if getattr(calendar, name) != value)
    for name in fields:
        setattr(calendar, name, wanted[name])
    if fields:
        calendar.save(update_fields=fields)
        _note(calendar, fields, at, actor)


def _note(calendar: Calendar, fields: list[str], at: datetime, actor: Actor) -> None:
    """Count the revision up, write down what changed, and let the open deadlines move after the commit."""
    calendar.revision += 1
    calendar.save(update_fields=["revision"])
    moves.record_row(calendar, EventKind.CALENDAR_CHANGED, actor, brand_id=calendar.brand_id, fields=fields, at=at)
    if fields != ["name"]:
        queue.after_commit(Job.MOVE_DEADLINES, brand_id=calendar.brand_id)


def _day(calendar: Calendar, given: Day) -> CalendarDay:
    label = moves.checked_name(given.label, field="label") if given.label.strip() else ""
    hours = None if given.is_closed or given.hours is None else [list(span) for span in given.hours]
    breaks = [] if given.is_closed else [list(span) for span in given.breaks]
    return CalendarDay(
        calendar=calendar, day=given.day, is_closed=given.is_closed, hours=hours, breaks=breaks, label=label
    )


def _counting_on(calendar: Calendar) -> list[str]:
    """The names of the teams and policies that count on this calendar."""
    teams = Team.objects.filter(calendar=calendar, is_active=True).values_list("name", flat=True)
    policies = Policy.objects.filter(calendar=calendar, ended_at__isnull=True).values_list("name", flat=True)
    return sorted({*teams, *(next(iter(name.values()), "") for name in policies)})
