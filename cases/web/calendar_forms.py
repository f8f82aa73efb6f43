"""The forms of calendars: a week as it is typed, single days, and the amounts of time somebody wants checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cases.commands.calendar import Day
from cases.models import Brand, Calendar
from cases.rules import calendar as rules
from cases.rules.calendar import CalendarProblem, Problem
from cases.rules.text import fold
from cases.vocabulary import Unit
from cases.web import calendar_words as words
from cases.web.settings_forms import REGIONS

USUAL = dict.fromkeys(rules.DAYS[:5], "09:00-18:00")
WHEN_EMPTY = _("closed")
CLOSED, HOURS, BREAKS = "closed", "hours", "breaks"
PLAIN = ("name", "zone", "country", "region")
LONGEST_RANGE = 62
MOST = 100_000
WRONG_TIME = _("Write a day and a time, such as 2026-03-09T14:30.")


class TypedHours(forms.CharField):
    """The windows of a day as somebody types them; nothing is no window."""

    def __init__(self, *, placeholder: Any = WHEN_EMPTY, **kwargs: Any) -> None:
        attrs = {"placeholder": placeholder, "autocomplete": "off", "spellcheck": "false"}
        super().__init__(required=False, max_length=200, widget=forms.TextInput(attrs=attrs), **kwargs)

    def clean(self, value: Any) -> list[list[str]]:
        """The windows, judged by the rule of calendars."""
        try:
            return rules.written(rules.parse_spans(words.parse_typed(super().clean(value))))
        except CalendarProblem as refused:
            raise forms.ValidationError(words.problem(refused.code)) from refused


class CalendarForm(forms.Form):
    """When a brand or some of its teams are at work."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("Such as “Customer service” or “Stores”."))
    zone = forms.ChoiceField(
        label=_("Time zone"),
        help_text=_("Hours are by the clocks of this place, also when they change."),
        error_messages={"invalid_choice": _("There is no such time zone.")},
    )
    country = forms.ChoiceField(
        label=_("Public holidays of"),
        required=False,
        error_messages={"invalid_choice": _("The holidays of this country are not known.")},
    )
    region = forms.ChoiceField(
        label=_("Region"),
        required=False,
        help_text=_("Some holidays are only kept in some regions."),
        error_messages={"invalid_choice": _("This country has no such region. Choose again.")},
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, brand: Brand, calendar: Calendar | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Too long a name is refused with its limit; the browser would cut it without a word.
        self.fields["name"].widget.attrs.pop("maxlength", None)
        for number, day in enumerate(rules.DAYS):
            self.fields[day] = TypedHours(label=partial(words.weekday, number)())
        zones = sorted(zone for zone in available_timezones() if zone.split("/")[0] in REGIONS)
        if calendar and calendar.zone not in zones:
            zones.append(calendar.zone)
        self.fields["zone"].choices = [("UTC", "UTC"), *((zone, words.zone(zone)) for zone in zones)]  # type: ignore[attr-defined]
        self._offer_places(brand)

    def _offer_places(self, brand: Brand) -> None:
        """Every country, and the regions of the one that is chosen; choosing another asks for its regions."""
        places = ((code, words.country(code)) for code in rules.countries())
        named = sorted(places, key=lambda pair: fold(pair[1]))
        chosen = self["country"].value() or ""
        self.fields["country"].choices = [("", _("None")), *named]  # type: ignore[attr-defined]
        self.fields["country"].widget.attrs = {
            "hx-get": reverse("settings-calendar-regions", args=[brand.slug]),
            "hx-target": "#regions",
            "hx-trigger": "change",
        }
        offered = [(code, words.region(chosen, code)) for code in rules.regions(chosen)]
        self.fields["region"].choices = [("", _("The whole country")), *offered]  # type: ignore[attr-defined]

    @property
    def week_fields(self) -> list[forms.BoundField]:
        """One field a weekday."""
        return [self[day] for day in rules.DAYS]

    def clean(self) -> dict[str, Any]:
        """What was typed, with at least one open hour in the week."""
        given = super().clean() or {}
        if all(day in given for day in rules.DAYS) and not any(given[day] for day in rules.DAYS):
            self.add_error("mon", words.problem(Problem.NEVER_OPEN))
        return given

    def given(self) -> dict[str, Any]:
        """What the commands take."""
        week = {day: self.cleaned_data[day] for day in rules.DAYS if self.cleaned_data[day]}
        return {**{name: self.cleaned_data[name] for name in PLAIN}, "week": week}


def initial_of(calendar: Calendar) -> dict[str, Any]:
    """What the form begins with."""
    return {name: getattr(calendar, name) for name in (*PLAIN, "revision")} | typed_week(calendar.week)


def typed_week(week: Mapping[str, Any]) -> dict[str, str]:
    """A week as it stands in the fields."""
    return {day: words.typed(week.get(day, ())) for day in rules.DAYS}


class TeamForm(forms.Form):
    """A team that shall work by a calendar, or no longer."""

    def __init__(self, *args: Any, brand: Brand, calendar: Calendar, is_leaving: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = brand.teams.filter(is_active=True).exclude(calendar=calendar)
        teams = brand.teams.filter(calendar=calendar) if is_leaving else others
        self.fields["team"] = forms.TypedChoiceField(
            label=_("Another team"), choices=[(team.pk, team.name) for team in teams.order_by("name")], coerce=int
        )


class RemoveForm(forms.Form):
    """A day that shall be like the others again."""

    day = forms.DateField()
    revision = forms.IntegerField()


class DayForm(forms.Form):
    """A day, or some days in a row, that are not like the others of their weekday."""

    day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    until = forms.DateField(
        label=_("Until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("For several days in a row; both count."),
    )
    what = forms.ChoiceField(
        label=_("What is different"),
        choices=[
            (CLOSED, _("Closed all day")),
            (HOURS, _("Hours of its own")),
            (BREAKS, _("Usual hours, with a break")),
        ],
        widget=forms.RadioSelect,
        initial=CLOSED,
    )
    hours = TypedHours(
        label=_("Hours or break"),
        placeholder="10:00-14:00",
        help_text=_("Such as 10:00-14:00, or the break itself: 12:00-13:30. Not for a day that is closed."),
    )
    label = forms.CharField(
        label=_("Why"), max_length=80, required=False, help_text=_("Such as “Stocktaking”. It stands in the year.")
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def clean(self) -> dict[str, Any]:
        """What was typed; hours where they are needed, and days in order."""
        given = super().clean() or {}
        day, until = given.get("day"), given.get("until")
        if given.get("what") in {HOURS, BREAKS} and "hours" in given and not given["hours"]:
            self.add_error("hours", _("Say from when to when, such as 10:00-14:00."))
        if day and until and until < day:
            self.add_error("until", _("This is before the first day."))
        elif day and until and (until - day).days >= LONGEST_RANGE:
            self.add_error("until", _("At most two months at once."))
        return given

    def days(self) -> list[Day]:
        """Each of the days, as the commands take it."""
        given = self.cleaned_data
        count = ((given["until"] or given["day"]) - given["day"]).days + 1
        how: dict[str, Any] = {"is_closed": given["what"] == CLOSED, "label": given["label"]}
        if given["what"] != CLOSED:
            how[given["what"]] = given["hours"]
        return [Day(given["day"] + timedelta(days=n), **how) for n in range(count)]


class ClockField(forms.Field):
    """What a clock on the wall shows; of which place is for the calendar to say, not for the reader's zone."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> datetime | None:
        """The time without a zone."""
        try:
            found = datetime.fromisoformat(value) if value else None
        except ValueError as refused:
            raise forms.ValidationError(WRONG_TIME) from refused
        if found and found.tzinfo:
            raise forms.ValidationError(WRONG_TIME)
        return found


class AddForm(forms.Form):
    """So much time on from an instant."""

    start = ClockField(label=_("From"))
    amount = forms.IntegerField(label=_("Amount"), min_value=-MOST, max_value=MOST)
    unit = forms.ChoiceField(label=_("Of"), choices=Unit.choices)
    end_of_day = forms.BooleanField(
        label=_("To the end of the last day"),
        required=False,
        help_text=_("The close of business of the last working day; midnight for days, weeks and months."),
    )


class BetweenForm(forms.Form):
    """The time between two instants."""

    begins = ClockField(label=_("From"))
    ends = ClockField(label=_("To"))
