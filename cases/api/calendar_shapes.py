"""What the calls about calendars take and answer."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from cases.api.fields import BIGGEST, Code, Instant, Line
from cases.commands.calendar import MOST_DAYS
from cases.models import Calendar
from cases.vocabulary import Goal, Unit

MOST = 100_000
WEEK = {"mon": [["09:00", "12:30"], ["13:30", "18:00"]], "tue": [["09:00", "18:00"]]}
_LOST_PLUS = re.compile(r" (\d{2}:?\d{2})$")


class Hours(serializers.ListField):
    """The windows of a day: [["09:00", "12:30"], ["13:30", "18:00"]]; a day may end at 24:00."""

    def __init__(self, **options: Any) -> None:
        window = serializers.ListField(child=serializers.CharField(max_length=5), min_length=2, max_length=2)
        super().__init__(child=window, max_length=48, **options)


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {"type": "array", "items": {"type": "array", "items": {"type": "string"}}},
        "description": "the windows of each weekday, mon to sun; a day that is not named is closed",
        "example": WEEK,
    }
)
class Week(serializers.DictField):
    """The windows of each weekday."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=Hours(), **options)


class Revision(serializers.IntegerField):
    """The revision that was looked at."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", "the one you looked at; another one is refused (changed_meanwhile)")
        super().__init__(min_value=0, max_value=BIGGEST, **options)


class RevisionIn(serializers.Serializer[Any]):
    """Which state was looked at."""

    revision = Revision()


class CalendarChange(serializers.Serializer[Any]):
    """What may change of a calendar; what is left out stays."""

    revision = Revision()
    name = Line(max_length=80, required=False)
    zone = Code(max_length=64, required=False, help_text="like Europe/Paris")
    week = Week(required=False)
    country = Code(max_length=2, required=False, allow_blank=True, help_text="whose public holidays are closed: FR")
    region = Code(
        max_length=12, required=False, allow_blank=True, help_text="of that country, with holidays of its own"
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Usual hours in Paris",
            {"brand": "brindlewick", "name": "Paris", "zone": "Europe/Paris", "week": WEEK, "country": "FR"},
            request_only=True,
        )
    ]
)
class CalendarIn(serializers.Serializer[Any]):
    """A new calendar; the first one of a brand is its own."""

    brand = Code(help_text="a slug")
    name = Line(max_length=80)
    zone = Code(max_length=64, help_text="like Europe/Paris")
    week = Week()
    country = Code(max_length=2, required=False, allow_blank=True, help_text="whose public holidays are closed: FR")
    region = Code(
        max_length=12, required=False, allow_blank=True, help_text="of that country, with holidays of its own"
    )


class Preview(serializers.Serializer[Any]):
    """Whether to look only."""

    preview = serializers.BooleanField(default=False, help_text="change nothing, and say what would move")


class MovedDeadlineShape(serializers.Serializer[Any]):
    """An open deadline that a change moves."""

    case = serializers.CharField(source="reference")
    goal = serializers.ChoiceField(choices=Goal.choices)
    was = Instant(source="from_")
    becomes = Instant(source="to")
    is_late_at_once = serializers.BooleanField()


class MovesShape(serializers.Serializer[Any]):
    """What a change moves; deadlines that are past never move."""

    count = serializers.IntegerField(help_text="how many open deadlines")
    cases = serializers.IntegerField(help_text="in how many open cases was looked, those due first")
    is_all = serializers.BooleanField(help_text="false: there are more cases than were looked at")
    first = MovedDeadlineShape(many=True, help_text="of the first ones, those in cases you may open")


class CalendarShape(serializers.Serializer[Any]):
    """When a brand or some of its teams are at work."""

    id = serializers.UUIDField(source="public_id")
    brand = serializers.CharField(source="brand.slug")
    name = serializers.CharField()
    zone = serializers.CharField()
    week = Week()
    country = serializers.CharField(allow_blank=True)
    region = serializers.CharField(allow_blank=True)
    is_default = serializers.BooleanField(help_text="the brand's own")
    is_active = serializers.BooleanField()
    teams = serializers.SerializerMethodField()
    revision = serializers.IntegerField()

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField(), help_text="who work by it"))
    def get_teams(self, calendar: Calendar) -> list[int]:
        """The numbers of the teams that work by it."""
        return [team.pk for team in calendar.teams.all()]


class CalendarChangeShape(CalendarShape):
    """The calendar as it is then; with preview what would move, and nothing is changed."""

    moves = MovesShape(allow_null=True, default=None, help_text="with preview only")


class DayIn(serializers.Serializer[Any]):
    """A single day that is not like the others: closed, with hours of its own, or with breaks."""

    day = serializers.DateField()
    is_closed = serializers.BooleanField(default=False)
    hours = Hours(required=False, allow_null=True, help_text="in place of those of the weekday; null: the same")
    breaks = Hours(required=False, help_text="closed windows within the hours")
    label = Line(max_length=80, required=False, allow_blank=True)  # type: ignore[assignment]  # DRF takes fields out of the class


class DaysIn(serializers.Serializer[Any]):
    """How single days are; what was said of them before is replaced, other days stay as they are."""

    revision = Revision()
    days = DayIn(many=True, max_length=MOST_DAYS)  # type: ignore[call-arg]  # the list takes it


class DaysGone(serializers.Serializer[Any]):
    """Days that are again like the others of their weekday."""

    revision = Revision()
    days = serializers.ListField(child=serializers.DateField(), max_length=MOST_DAYS)


class DayShape(serializers.Serializer[Any]):
    """A single day that is not like the others."""

    day = serializers.DateField()
    is_closed = serializers.BooleanField()
    hours = Hours(allow_null=True)
    breaks = Hours()
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]  # DRF takes fields out of the class


class DaysShape(serializers.Serializer[Any]):
    """The single days of a calendar, by date."""

    calendar = serializers.UUIDField()
    revision = serializers.IntegerField()
    days = DayShape(many=True)
    moves = MovesShape(allow_null=True, default=None, help_text="with preview only")


class WorksByIn(serializers.Serializer[Any]):
    """A team of the brand, and whether it works by this calendar from now on or by the brand's own."""

    team = serializers.IntegerField(min_value=1, max_value=BIGGEST)
    works_by_it = serializers.BooleanField(default=True)


# ---------------------------------------------------------------- questions to a calendar


@extend_schema_field(OpenApiTypes.STR)
class Moment(serializers.Field):  # type: ignore[type-arg]
    """An instant with its zone, or what the calendar's clocks show."""

    def to_internal_value(self, given: Any) -> datetime:
        """The instant, or the local clock without a zone; raises ValidationError."""
        # A plus sign that was not escaped in the address comes as a space.
        words = _LOST_PLUS.sub(r"+\1", str(given))
        try:
            found = datetime.fromisoformat(words)
            # Far enough from both ends of the calendar of this language.
            if not 1900 <= found.year <= 2999:
                raise ValueError("year")
        except ValueError:
            said = _("Write an instant such as 2026-03-09T14:30:00Z, or 2026-03-09T14:30 by the calendar’s clocks.")
            raise serializers.ValidationError(said) from None
        return found


class AddAsked(serializers.Serializer[Any]):
    """So much time on from an instant, or back where the amount is negative."""

    start = Moment(help_text="2026-03-09T14:30:00Z, or without a zone by the calendar's clocks")
    amount = serializers.IntegerField(min_value=-MOST, max_value=MOST)
    unit = serializers.ChoiceField(choices=Unit.choices)
    end_of_day = serializers.BooleanField(
        default=False, help_text="to the end of the last day, as some deadlines count"
    )


class BetweenAsked(serializers.Serializer[Any]):
    """From one instant to a later one."""

    start = Moment(help_text="2026-03-09T14:30:00Z, or without a zone by the calendar's clocks")
    end = Moment(help_text="the same")


class OpenShape(serializers.Serializer[Any]):
    """An open period."""

    start = Instant()
    end = Instant()


class CountedDayShape(serializers.Serializer[Any]):
    """A day by the calendar's clocks, and what of it was counted."""

    day = serializers.DateField()
    open = OpenShape(many=True)
    counts = serializers.BooleanField()
    why_not = serializers.CharField(allow_blank=True, help_text="first_day, closed, or the name of the holiday")
    so_far = serializers.IntegerField(help_text="seconds of open time where that is counted, else days")


class AddedShape(serializers.Serializer[Any]):
    """The instant, and how it was counted."""

    calendar = serializers.UUIDField()
    zone = serializers.CharField()
    start = Instant()
    amount = serializers.IntegerField()
    unit = serializers.ChoiceField(choices=Unit.choices)
    end_of_day = serializers.BooleanField()
    end = Instant(help_text="the answer")
    local = serializers.CharField(help_text="the answer by the calendar's clocks")
    counted = CountedDayShape(
        many=True, allow_null=True, help_text="none by the clock; null where there are too many days to tell"
    )


class BetweenShape(serializers.Serializer[Any]):
    """The time between two instants, and how it was counted."""

    calendar = serializers.UUIDField()
    zone = serializers.CharField()
    start = Instant()
    end = Instant()
    open_seconds = serializers.IntegerField(help_text="the open time between")
    working_days = serializers.IntegerField(help_text="days with open time between, the first and the last included")
    elapsed_seconds = serializers.IntegerField(help_text="by the clock")
    counted = CountedDayShape(many=True)
