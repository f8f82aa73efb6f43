"""Reads the times people and programs write: as an aware instant in UTC, and how exactly it is known."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cases.rules.text import fold
from cases.vocabulary import Precision

EARLIEST, LATEST = 1900, 2199

_CLOCK = (
    r"(?:[t ,]*\s*(?:at |a )?(?P<hour>\d{1,2})[:h](?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?"
)
_CLOCK += r"\s*(?P<half>[ap]\.?m\.?)?\s*(?P<zone>z|utc|gmt|(?:utc|gmt)?[+-]\d{2}:?(?:\d{2})?)?)?"
_ISO = re.compile(r"(?P<year>\d{4})(?P<gap>[-/.])(?P<month>\d{1,2})(?P=gap)(?P<day>\d{1,2})" + _CLOCK)
_COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?:t?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?"
    r"(?P<part>)(?P<half>)(?P<zone>z|[+-]\d{2}:?(?:\d{2})?)?)?"
)
_NUMERIC = re.compile(r"(?P<one>\d{1,2})(?P<gap>[-/.])(?P<two>\d{1,2})(?P=gap)(?P<year>\d{4}|\d{2})" + _CLOCK)
_WORDS = re.compile(
    r"(?:[a-z]{2,9}\.?,?\s+)?(?:(?P<day>\d{1,2})(?:er|st|nd|rd|th)?[\s-]+(?P<name>[a-z]{3,9})\.?"
    r"|(?P<name2>[a-z]{3,9})\.?\s+(?P<day2>\d{1,2})(?:st|nd|rd|th)?),?[\s-]+(?P<year>\d{4})" + _CLOCK
)
# The order of C's ctime, as in "Tue Feb 24 11:35:52 -0800 2015".
_CTIME = re.compile(
    r"[a-z]{3} (?P<name>[a-z]{3}) +(?P<day>\d{1,2}) (?P<hour>\d{2}):(?P<minute>\d{2}):(?P<second>\d{2})"
    r"(?P<part>)(?P<half>)(?: (?P<zone>[+-]\d{4}|utc|gmt))? (?P<year>\d{4})"
)
_EPOCH = re.compile(r"(?P<whole>\d{9,10}|\d{12,13}|\d{15,16})(?:\.(?P<part>\d{1,9}))?")
_MONTH_NAMES = (
    "jan janv january janvier",
    "feb fev fevr february fevrier",
    "mar mars march",
    "apr avr avril april",
    "may mai",
    "jun juin june",
    "jul juil july juillet",
    "aug aou aout august",
    "sep sept september septembre",
    "oct october octobre",
    "nov november novembre",
    "dec december decembre",
)
_MONTHS = {name: month for month, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}


class DateOrder(StrEnum):
    """Whether 03/04 is 3 April or 4 March; also the words `--time-format` takes for it."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


class BadTimeError(ValueError):
    """The time cannot be read, or never was."""


@dataclass(frozen=True)
class Moment:
    """An aware instant, in UTC, and how exactly it is known; a day is its first moment in the zone it was read for."""

    at: datetime
    precision: Precision


def zone_of(name: str) -> ZoneInfo:
    """The time zone by that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadTimeError(f"there is no time zone called “{name}”; write one like Europe/Paris") from error


def date_order(written: Iterable[str]) -> DateOrder | None:
    """Whether the dates of a column have the day or the month first, when one of them can only be read in one way."""
    found = set()
    for each in written:
        match = _NUMERIC.fullmatch(fold(each.strip()))
        if match and int(match["one"]) > 12 >= int(match["two"]):
            found.add(DateOrder.DAY_FIRST)
        if match and int(match["two"]) > 12 >= int(match["one"]):
            found.add(DateOrder.MONTH_FIRST)
    return found.pop() if len(found) == 1 else None


def parse_time(text: str, *, formats: Sequence[str] = (), zone: tzinfo = UTC, order: DateOrder | None = None) -> Moment:
    """The moment in a text, by the given strptime formats if any, else by everything known.

    A time without an offset is a local time of `zone`. One that comes twice (clocks go back) is the first of the two;
    one that never came (clocks go forward) is as many minutes after the jump as it was meant to be.
    """
    written = " ".join(text[:200].split())
    explicit = [each for each in formats if each not in set(DateOrder)]
    if explicit:
        return _by_format(written, explicit, zone)
    for named in formats:
        order = DateOrder(named)
    folded = fold(written)
    if match := _EPOCH.fullmatch(folded):
        return _epoch(match["whole"], match["part"] or "")
    if (match := _ISO.fullmatch(folded)) or (match := _COMPACT.fullmatch(folded)):
        return _moment(written, match, int(match["month"]), int(match["day"]), zone)
    if match := _CTIME.fullmatch(folded):
        return _moment(written, match, _month(written, match["name"]), int(match["day"]), zone)
    if match := _WORDS.fullmatch(folded):
        month = _month(written, match["name"] or match["name2"])
        return _moment(written, match, month, int(match["day"] or match["day2"]), zone)
    if match := _NUMERIC.fullmatch(folded):
        day, month = _ordered(written, int(match["one"]), int(match["two"]), order)
        return _moment(written, match, month, day, zone)
    raise BadTimeError(f"“{written[:40]}” is not a time that can be read; name its form with --time-format")


def _by_format(written: str, formats: Sequence[str], zone: tzinfo) -> Moment:
    for each in formats:
        try:
            naive = datetime.strptime(written, each)  # noqa: DTZ007  _aware adds the zone
        except ValueError:
            continue
        exact = any(part in each for part in ("%H", "%I", "%c", "%X", "%s"))
        return _aware(naive, zone, exact=exact)
    raise BadTimeError(f"“{written[:40]}” does not have the form {' or '.join(formats)}")


def _epoch(whole: str, part: str) -> Moment:
    scale = {9: 1, 10: 1, 12: 1_000, 13: 1_000, 15: 1_000_000, 16: 1_000_000}[len(whole)]
    microseconds = int(whole) * (1_000_000 // scale) + (int((part + "000000")[:6]) // scale)
    return Moment(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds), Precision.INSTANT)


def _month(written: str, name: str) -> int:
    if name not in _MONTHS:
        raise BadTimeError(f"“{written[:40]}”: “{name}” is not a month")
    return _MONTHS[name]


def _ordered(written: str, one: int, two: int, order: DateOrder | None) -> tuple[int, int]:
    """Day and month of two numbers; never guessed where both readings are possible and differ."""
    if order is None and one <= 12 and two <= 12 and one != two:
        raise BadTimeError(
            f"“{written[:40]}” may have the day or the month first; say --time-format day-first or month-first"
        )
    if order is None:
        return (one, two) if two <= 12 else (two, one)
    return (one, two) if order is DateOrder.DAY_FIRST else (two, one)


def _moment(written: str, match: re.Match[str], month: int, day: int, zone: tzinfo) -> Moment:
    year = int(match["year"])
    if len(match["year"]) == 2:
        year += 2000 if year < 70 else 1900
    _check_date(written, year, month, day)
    if match["hour"] is None:
        return _aware(datetime(year, month, day), zone, exact=False)  # noqa: DTZ001  _aware adds the zone
    hour, minute, second = _hour(written, match), int(match["minute"]), int(match["second"] or 0)
    if hour > 23 or minute > 59 or second > 59:
        raise BadTimeError(f"“{written[:40]}”: there is no such time of day")
    microsecond = int(((match["part"] or "") + "000000")[:6])
    naive = datetime(year, month, day, hour, minute, second, microsecond)  # noqa: DTZ001  _aware adds the zone
    return _aware(naive.replace(tzinfo=_offset(written, match["zone"])), zone, exact=True)


def _check_date(written: str, year: int, month: int, day: int) -> None:
    if not EARLIEST <= year <= LATEST:
        raise BadTimeError(f"“{written[:40]}”: the year {year} is out of the question")
    if not 1 <= month <= 12:
        raise BadTimeError(f"“{written[:40]}”: there is no month {month}")
    days = calendar.monthrange(year, month)[1]
    if not 1 <= day <= days:
        raise BadTimeError(f"“{written[:40]}” does not exist: {year}-{month:02} has {days} days")


def _hour(written: str, match: re.Match[str]) -> int:
    hour = int(match["hour"])
    if not match["half"]:
        return hour
    if not 1 <= hour <= 12:
        raise BadTimeError(f"“{written[:40]}”: there is no such time of day")
    return hour % 12 + (12 if match["half"].startswith("p") else 0)


def _offset(written: str, zone: str | None) -> tzinfo | None:
    if not zone:
        return None
    digits = re.sub(r"[^\d+-]", "", zone)
    if not digits:
        return UTC
    hours, minutes = int(digits[1:3]), int(digits[3:5] or 0)
    if hours > 15 or minutes > 59:
        raise BadTimeError(f"“{written[:40]}”: there is no zone {digits}")
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(-ahead if digits[0] == "-" else ahead)


def _aware(at: datetime, zone: tzinfo, *, exact: bool) -> Moment:
    aware = at if at.tzinfo is not None else at.replace(tzinfo=zone)
    try:
        return Moment(aware.astimezone(UTC), Precision.INSTANT if exact else Precision.DAY)
    except OverflowError as error:
        raise BadTimeError(f"the year {at.year} is out of the question") from error
