"""Calendars: when a brand and its teams are at work, what a change would move, and exact answers to check them by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases import errors
from cases.api.calendar_shapes import (
    AddAsked,
    AddedShape,
    BetweenAsked,
    BetweenShape,
    CalendarChange,
    CalendarChangeShape,
    CalendarIn,
    CalendarShape,
    DaysGone,
    DaysIn,
    DaysShape,
    Preview,
    RevisionIn,
    WorksByIn,
)
from cases.api.errors import BadQuestion
from cases.api.schema import changes, reads
from cases.api.setup import OfBrand, SetUp, page_of
from cases.commands import calendar as commands
from cases.models import Calendar
from cases.queries import api_setup as set_up
from cases.queries import api_time as queries
from cases.queries import calendar as clocks
from cases.queries import deadline as deadlines
from cases.queries.calendar import Calendars as Clocks
from cases.rules import counting
from cases.rules import deadlines as rules
from cases.rules.calendar import Calendar as Clock
from cases.rules.calendar import NeverOpen, NoSuchTime, Period
from cases.vocabulary import Unit

NAMES = ("name", "zone", "week", "country", "region")
ADDED = OpenApiExample(
    "Four working hours on a Friday afternoon",
    {
        "calendar": "7c4c3f0e-0d2b-4f0c-9a5e-0d7c0c4f5b11",
        "zone": "Europe/Paris",
        "start": "2026-03-06T15:00:00Z",
        "amount": 4,
        "unit": "open_hour",
        "end_of_day": False,
        "end": "2026-03-09T10:00:00Z",
        "local": "2026-03-09T11:00:00+01:00",
        "counted": [
            {
                "day": "2026-03-06",
                "open": [{"start": "2026-03-06T15:00:00Z", "end": "2026-03-06T17:00:00Z"}],
                "counts": True,
                "why_not": "",
                "so_far": 7200,
            },
            {
                "day": "2026-03-09",
                "open": [{"start": "2026-03-09T08:00:00Z", "end": "2026-03-09T10:00:00Z"}],
                "counts": True,
                "why_not": "",
                "so_far": 14400,
            },
        ],
    },
    response_only=True,
    status_codes=["200"],
)


class _Calendars(SetUp):
    read, shape = staticmethod(queries.calendars), CalendarShape

    def changed(self, key: int) -> Any:
        """A calendar after a change, as an answer."""
        return CalendarChangeShape(self.row(pk=key)).data

    def do(self, command: Callable[..., Calendar], **arguments: Any) -> Response:
        """Run one command and show its calendar."""
        return self.run(command, lambda row: row.pk, self.changed, at=timezone.now(), **arguments)

    def moves(self, brand_id: int, change: Callable[[Clocks], None]) -> dict[str, Any]:
        """What a change would move, as an answer; of single deadlines only those this person may see."""
        found = deadlines.preview(brand_id, change, timezone.now())
        return {
            "count": found.count,
            "cases": found.cases,
            "is_all": found.is_all,
            "first": queries.visible(self.seer, found.first),
        }

    def to_set_up(self, calendar: UUID) -> Calendar:
        """A calendar to be changed; raises NotFound, NotAllowed."""
        return clocks.calendar_to_set_up(self.seer, calendar)

    def instead(self, row: Calendar, content: dict[str, Any], revision: int) -> dict[str, Any]:
        """What moves with this content, which could be kept; raises Invalid, ChangedMeanwhile."""
        if row.revision != revision:
            raise errors.ChangedMeanwhile
        clocks.checked(content, timezone.now())
        return self.moves(row.brand_id, lambda known: known.instead(row.pk, content))


class Calendars(_Calendars):
    """The calendars of the person's brands."""

    @reads(
        page_of(CalendarShape, "Calendar"), "Calendars", operation_id="calendars_list", takes=[OfBrand], refuses=[422]
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """One page of calendars."""
        return self.listed()

    @changes(CalendarShape, "A new calendar", takes=CalendarIn, status=201)
    def post(self, request: Request) -> Response:  # noqa: ARG002
        """The calendar."""
        given = self.given(CalendarIn)
        brand_id = self.brand(given.pop("brand"))
        return self.save(commands.add_calendar, status=201, brand_id=brand_id, at=timezone.now(), **given)


class OneCalendar(_Calendars):
    """One calendar."""

    @reads(CalendarShape, "A calendar", refuses=[404])
    def get(self, request: Request, calendar: UUID) -> Response:  # noqa: ARG002
        """The calendar."""
        return Response(CalendarShape(self.row(public_id=calendar)).data)

    @changes(
        CalendarChangeShape,
        "Change a calendar: open deadlines move with it, past ones never; with preview only say which",
        takes=CalendarChange,
        asks=[Preview],
    )
    def patch(self, request: Request, calendar: UUID) -> Response:  # noqa: ARG002
        """The calendar, or what would move."""
        row = self.to_set_up(calendar)
        given = {**{name: getattr(row, name) for name in NAMES}, **self.given(CalendarChange)}
        if not self.asked(Preview)["preview"]:
            return self.do(commands.change_calendar, calendar_id=row.pk, **given)
        wanted: Any = self.row(pk=row.pk)
        wanted.moves = self.instead(row, _with(row, given), given["revision"])
        for name in NAMES:
            setattr(wanted, name, given[name])
        return Response(CalendarChangeShape(wanted).data)


def _with(row: Calendar, given: dict[str, Any]) -> dict[str, Any]:
    """What is kept of the calendar, as if this were kept instead."""
    return {**clocks.content_of(row), **{name: given[name] for name in NAMES[1:]}}


class _Days(_Calendars):
    def shown_days(self, key: int) -> Any:
        """The single days of a calendar, as an answer."""
        return self.days(self.row(pk=key))

    def days(self, row: Calendar, moves: dict[str, Any] | None = None) -> Any:
        """The single days of a calendar, and what a change of them would move."""
        days = list(row.days.order_by("day"))
        told = {"calendar": row.public_id, "revision": row.revision, "days": days, "moves": moves}
        return DaysShape(told).data

    def keep(self, row: Calendar, command: Callable[..., Calendar], given: dict[str, Any]) -> Response:
        """Run one command on the days, and show them."""
        facts = {"calendar_id": row.pk, "at": timezone.now(), **given}
        return self.run(command, lambda each: each.pk, self.shown_days, **facts)


class Days(_Days):
    """The days of a calendar that are not like the others."""

    @reads(DaysShape, "The single days of a calendar", refuses=[404])
    def get(self, request: Request, calendar: UUID) -> Response:  # noqa: ARG002
        """All of them, by date."""
        return Response(self.days(self.row(public_id=calendar)))

    @changes(
        DaysShape,
        "Say how single days are: closed, with other hours, or with breaks; with preview only say what moves",
        takes=DaysIn,
        asks=[Preview],
    )
    def post(self, request: Request, calendar: UUID) -> Response:  # noqa: ARG002
        """The days, or what would move."""
        row = self.to_set_up(calendar)
        given = self.given(DaysIn)
        given["days"] = [commands.Day(**each) for each in given["days"]]
        if not self.asked(Preview)["preview"]:
            return self.keep(row, commands.put_days, given)
        said = {each.day.isoformat(): _content(each) for each in given["days"]}
        content = clocks.content_of(row)
        content["days"] = [*(day for day in content["days"] if day["day"] not in said), *said.values()]
        return Response(self.days(row, self.instead(row, content, given["revision"])))


def _content(day: commands.Day) -> dict[str, Any]:
    return {
        "day": day.day.isoformat(),
        "is_closed": day.is_closed,
        "hours": day.hours,
        "breaks": day.breaks,
        "label": day.label,
    }


class RemoveDays(_Days):
    """Days that are like the others again."""

    @changes(DaysShape, "Let single days be like the others of their weekday again", takes=DaysGone)
    def post(self, request: Request, calendar: UUID) -> Response:  # noqa: ARG002
        """The days that are left."""
        return self.keep(self.to_set_up(calendar), commands.remove_days, self.given(DaysGone))


class _Switch(_Calendars):
    def switch(self, command: Callable[..., Calendar], calendar: UUID) -> Response:
        """Run one command on the calendar as it was looked at."""
        row = self.to_set_up(calendar)
        return self.do(command, calendar_id=row.pk, **self.given(RevisionIn))


class MakeDefault(_Switch):
    """The brand's own calendar."""

    @changes(CalendarChangeShape, "Make it the brand's own: for every team and policy without one", takes=RevisionIn)
    def post(self, request: Request, calendar: UUID) -> Response:  # noqa: ARG002
        """The calendar."""
        return self.switch(commands.make_default, calendar)


class Retire(_Switch):
    """A calendar out of use."""

    @changes(CalendarChangeShape, "Switch a calendar off that nothing counts on any more", takes=RevisionIn)
    def post(self, request: Request, calendar: UUID) -> Response:  # noqa: ARG002
        """The calendar."""
        return self.switch(commands.retire_calendar, calendar)


class Restore(_Switch):
    """A calendar in use again."""

    @changes(CalendarChangeShape, "Switch a calendar on again", takes=RevisionIn)
    def post(self, request: Request, calendar: UUID) -> Response:  # noqa: ARG002
        """The calendar."""
        return self.switch(commands.restore_calendar, calendar)


class Teams(_Calendars):
    """Who works by a calendar."""

    @changes(
        CalendarChangeShape,
        "Let a team work by this calendar, or by the brand's own again",
        takes=WorksByIn,
        asks=[Preview],
    )
    def post(self, request: Request, calendar: UUID) -> Response:  # noqa: ARG002
        """The calendar, or what would move."""
        row, given = self.to_set_up(calendar), self.given(WorksByIn)
        team_id, calendar_id = given["team"], row.pk if given["works_by_it"] else None
        if not set_up.teams(self.seer).filter(brand=row.brand_id, pk=team_id).exists():
            raise errors.Invalid(_("This is not one of the brand’s teams."), "team")
        if self.asked(Preview)["preview"]:
            wanted: Any = self.row(pk=row.pk)
            wanted.moves = self.moves(row.brand_id, lambda known: known.given_to(team_id, calendar_id))
            return Response(CalendarChangeShape(wanted).data)
        facts = {"team_id": team_id, "calendar_id": calendar_id, "at": timezone.now()}
        return self.run(commands.set_team_calendar, lambda _team: row.pk, self.changed, **facts)


class _Question(_Calendars):
    def question(self, shape: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """What is asked of the calendar; raises BadQuestion."""
        reader = shape(data=self.request.query_params)
        if not reader.is_valid():
            field = next(iter(reader.errors))
            raise BadQuestion(str(reader.errors[field][0]), field)
        return dict(reader.validated_data)

    def clock(self, calendar: UUID) -> tuple[Calendar, Clock]:
        """A calendar of the person's brands, and the same to count on."""
        row = self.row(public_id=calendar)
        return row, clocks.calendar_of(row)

    def counted(self, count: Callable[[], Any], field: str) -> Any:
        """The answer; raises BadQuestion where the calendar knows none."""
        try:
            return count()
        except NeverOpen as refused:
            raise BadQuestion(_("This calendar is not open for years from then on."), field) from refused
        except NoSuchTime as refused:
            raise BadQuestion(_("That is farther away than anybody counts."), field) from refused


class Add(_Question):
    """So much time on."""

    @reads(
        AddedShape,
        "So much time on from an instant, exactly, and how it was counted",
        takes=[AddAsked],
        refuses=[400, 404],
        examples=[ADDED],
    )
    def get(self, request: Request, calendar: UUID) -> Response:  # noqa: ARG002
        """The instant."""
        row, clock = self.clock(calendar)
        asked = self.question(AddAsked)
        unit, amount = Unit(asked["unit"]), asked["amount"]

        def count() -> dict[str, Any]:
            start = _at(clock, asked["start"])
            end = rules.add(start, amount, unit, clock, end_of_day=asked["end_of_day"])
            days = counting.counted(clock, start, end, unit)
            told = {"start": start, "end": end, "local": end.astimezone(clock.zone).isoformat()}
            return {**told, "counted": None if days is None else [_day(each) for each in days]}

        told = {"calendar": row.public_id, "zone": row.zone, **asked, **self.counted(count, "amount")}
        return Response(AddedShape(told).data)


class Between(_Question):
    """The time between two instants."""

    @reads(
        BetweenShape,
        "The time between two instants: open, in working days and by the clock, exactly, and how it was counted",
        takes=[BetweenAsked],
        refuses=[400, 404],
    )
    def get(self, request: Request, calendar: UUID) -> Response:  # noqa: ARG002
        """The time."""
        row, clock = self.clock(calendar)
        asked = self.question(BetweenAsked)

        def count() -> dict[str, Any]:
            start, end = _at(clock, asked["start"]), _at(clock, asked["end"])
            if end < start:
                raise BadQuestion(_("This comes before the beginning."), "end")
            found = counting.between(clock, start, end)
            return {
                "start": start,
                "end": end,
                "open_seconds": found.open_seconds,
                "working_days": found.working_days,
                "elapsed_seconds": found.elapsed_seconds,
                "counted": [_day(each) for each in found.days],
            }

        return Response(BetweenShape({"calendar": row.public_id, "zone": row.zone, **self.counted(count, "end")}).data)


def _at(clock: Clock, moment: datetime) -> datetime:
    """The instant; a time without a zone is what the calendar's clocks show."""
    return clock.instant(moment) if moment.tzinfo is None else moment


def _day(day: counting.CountedDay) -> dict[str, Any]:
    return {
        "day": day.day,
        "open": [_open(each) for each in day.periods],
        "counts": day.counts,
        "why_not": day.why_not,
        "so_far": day.so_far,
    }


def _open(period: Period) -> dict[str, Any]:
    return {"start": period[0], "end": period[1]}
