"""Calendars in words: hours of a week and a day, places, when it opens, and hours as somebody types them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

import holidays
import phonenumbers
from django.utils import timezone
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.formats import date_format, number_format
from django.utils.translation import get_language, gettext, ngettext, pgettext

from cases.queries.calendar import PROBLEMS
from cases.rules.calendar import Calendar, CalendarProblem, NoSuchTime, Problem, written
from cases.rules.hours import Span, Week

_WINDOW = re.compile(r"(\d{1,2})(?:[:.hH](\d{2})?)?\s*(?:-|–|—|to|à)\s*(\d{1,2})(?:[:.hH](\d{2})?)?", re.ASCII)


def problem(code: Problem) -> str:
    """What is wrong with a calendar, and what to do."""
    return str(PROBLEMS[code])


def parse_typed(text: str) -> list[list[str]]:
    """The windows somebody typed, ``9-12:30, 13h30-18h``; a calendar's rule judges whether they are times."""
    pieces = [piece.strip() for piece in re.split(r"[,;\n]", text) if piece.strip()]
    found = []
    for piece in pieces:
        matched = _WINDOW.fullmatch(piece)
        if matched is None:
            raise CalendarProblem(Problem.NOT_A_TIME)
        hour, minute, to_hour, to_minute = matched.groups()
        found.append([f"{int(hour):02}:{minute or '00'}", f"{int(to_hour):02}:{to_minute or '00'}"])
    return found


def typed(windows: Iterable[Sequence[str]]) -> str:
    """Windows as they stand in a field: ``09:00-12:30, 13:30-18:00``."""
    return ", ".join(f"{begins}-{ends}" for begins, ends in windows)


def hours(spans: Iterable[Span]) -> str:
    """The windows of a day: 09:00–12:30, 13:30–18:00; closed."""
    windows = [f"{begins}–{ends}" for begins, ends in written(spans)]
    return ", ".join(windows) or gettext("closed")


def week(value: Week) -> list[str]:
    """A week, days with the same hours together: "Mon–Fri 09:00–18:00", "Sat 10:00–12:30"; closed days are left out."""
    found = []
    for spans, days in groupby(range(7), key=lambda day: value[day]):
        numbers = list(days)
        if spans:
            names = [str(WEEKDAYS_ABBR[numbers[0]]), str(WEEKDAYS_ABBR[numbers[-1]])]
            found.append(f"{'–'.join(names if len(numbers) > 1 else names[:1])} {hours(spans)}")
    return found


def weekday(number: int) -> str:
    """Monday is 0."""
    return str(WEEKDAYS[number])


def zone(name: str) -> str:
    """Europe/Paris; America/New York."""
    return name.replace("_", " ")


def country(code: str) -> str:
    """What a country is called in the reader's language, as far as that is known."""
    known = _country_names().get(code, {})
    name = known.get((get_language() or "en").split("-")[0], known.get("en", ""))
    # A name that is the same in several languages stands under the first of them.
    return known.get(name[1:], "") if name.startswith("*") else name or code


@cache
def _country_names() -> dict[str, dict[str, str]]:
    # Imported as usual it brings the places of all telephone numbers along: 100 MB and half a second in each process.
    path = Path(phonenumbers.__file__).parent / "geodata" / "locale.py"
    loader = SourceFileLoader("phonenumbers.geodata.locale", str(path))
    module = module_from_spec(ModuleSpec(loader.name, loader))
    loader.exec_module(module)
    names: dict[str, dict[str, str]] = module.LOCALE_DATA
    return names


@cache
def region(country_code: str, code: str) -> str:
    """What a region is called, with the code that the holidays know it by."""
    names = holidays.country_holidays(country_code).get_subdivision_aliases().get(code, [])
    name = max((one for one in names if not one.isupper()), key=len, default="")
    return f"{name} ({code})" if name else code


def place(country_code: str, region_code: str) -> str:
    """Whose public holidays: Germany, Bayern (BY)."""
    if not country_code:
        return gettext("no public holidays")
    where = country(country_code)
    if region_code:
        where = f"{where}, {region(country_code, region_code)}"
    return gettext("public holidays of %(place)s") % {"place": where}


def state(calendar: Calendar, at: datetime) -> tuple[bool, str]:
    """Whether it is open, and until when or from when: "open now, until 18:00", "opens Mon 7 Sep, 09:00"."""
    try:
        if calendar.is_open(at):
            ends = next(calendar.open_periods(at))[1]
            return True, gettext("open now, until %(time)s") % {"time": clock(ends, calendar.zone)}
        begins = calendar.next_open(at)
    except NoSuchTime:
        return False, gettext("never open")
    if calendar.local_day(begins) == calendar.local_day(at):
        return False, gettext("opens at %(time)s") % {"time": clock(begins, calendar.zone)}
    return False, gettext("opens %(moment)s") % {"moment": moment(begins, calendar.zone)}


def clock(at: datetime, where: ZoneInfo) -> str:
    """The time that the clocks of a place show."""
    return date_format(timezone.localtime(at, where), pgettext("time of day", "H:i"))


def day(value: date) -> str:
    """A day with its weekday, and its year when it is another: Tue 8 Sep, Fri 1 Jan 2027."""
    pattern = pgettext("day of this year", "D j M")
    return date_format(value, pattern if value.year == timezone.localdate().year else f"{pattern} Y")


def moment(at: datetime, where: ZoneInfo) -> str:
    """An instant by the clocks of a place: Tue 8 Sep, 09:00."""
    local = timezone.localtime(at, where)
    return gettext("%(day)s, %(time)s") % {"day": day(local.date()), "time": clock(at, where)}


def exact(at: datetime, where: ZoneInfo) -> str:
    """An instant to the second, with the name of its time: Tue 8 Sep, 09:00:30 CEST."""
    local = timezone.localtime(at, where)
    seconds = f":{local:%S}" if local.second else ""
    return f"{moment(at, where)}{seconds} {local.tzname()}"


def long(gap: timedelta | float) -> str:
    """How much time, exactly: 8 h, 7 h 30 min, 45 min, 2 min 5 s."""
    seconds = round(gap.total_seconds() if isinstance(gap, timedelta) else gap)
    (minutes, rest), parts = divmod(seconds, 60), []
    whole, minutes = divmod(minutes, 60)
    if whole:
        parts.append(gettext("%(n)s h") % {"n": number_format(whole, force_grouping=True)})
    if minutes:
        parts.append(gettext("%(n)d min") % {"n": minutes})
    if rest or not parts:
        parts.append(gettext("%(n)d s") % {"n": rest})
    return " ".join(parts)


def days(count: int) -> str:
    """So many working days."""
    return ngettext("%(n)d working day", "%(n)d working days", count) % {"n": count}
