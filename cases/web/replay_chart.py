"""The pictures of a replay: a calendar of days, the hours of calls, and the draft beside what is live, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.queries.replay import Result
from cases.rules.replay_tally import NIGHT_FROM, NIGHT_TO
from cases.web.tags import lasting, shown_span

STEP_X, STEP_Y, LEFT, TOP = 21, 18, 34, 17
FLOOR, FULL, LEAST = 80, 72, 2
MOST_SHADES = 4


@dataclass(frozen=True, slots=True)
class Cell:
    """A day: where it stands, how dark it is, and how often the rule would have acted."""

    x: int
    y: int
    day: date
    count: int

    @property
    def shade(self) -> int:
        """From 0, none, to 4, four times or more."""
        return min(self.count, MOST_SHADES)

    @property
    def middle(self) -> int:
        """Where its number stands, across."""
        return self.x + 9

    @property
    def base(self) -> int:
        """Where its number stands, down."""
        return self.y + 11


@dataclass(frozen=True, slots=True)
class Heat:
    """The calendar: its cells, the names along its edges, and how wide it is."""

    cells: list[Cell]
    months: list[tuple[int, str]]
    weekdays: list[tuple[int, str]]
    width: int
    total: int
    peak: Cell | None

    @property
    def busy(self) -> list[Cell]:
        """The days on which something would have been done."""
        return [cell for cell in self.cells if cell.count]


def heat(days: Sequence[str], counts: Mapping[str, int]) -> Heat:
    """The calendar of these days, a column for each week."""
    dates = [date.fromisoformat(day) for day in days]
    monday = dates[0] - timedelta(days=dates[0].weekday())
    cells: list[Cell] = []
    months: list[tuple[int, str]] = []
    last = -2
    for day in dates:
        week = (day - monday).days // 7
        cells.append(Cell(LEFT + week * STEP_X, TOP + day.weekday() * STEP_Y, day, counts.get(day.isoformat(), 0)))
        if day.day == 1 and months and week - last < 2:
            # Of two names that would run into each other, the month that has only begun to end gives way.
            months.pop()
        if day == dates[0] or day.day == 1:
            months.append((LEFT + week * STEP_X, date_format(day, "M")))
            last = week
    weekdays = [(TOP + 12 + n * STEP_Y, date_format(monday + timedelta(days=n), "D")) for n in (0, 2, 4, 6)]
    peak = max(cells, key=lambda cell: cell.count)
    width = cells[-1].x + STEP_X
    total = sum(cell.count for cell in cells)
    return Heat(cells, months, weekdays, max(width, 120), total, peak if peak.count else None)


@dataclass(frozen=True, slots=True)
class Bar:
    """Calls in one hour of the day, as a bar."""

    x: str
    width: str
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class HourRow:
    """The same as figures."""

    hour: int
    draft: int
    live: int | None


@dataclass(frozen=True, slots=True)
class Clockface:
    """The hours of the day with the calls of the draft and of what is live, on the ground of the night."""

    draft: list[Bar]
    live: list[Bar]
    rows: list[HourRow]
    morning: str
    evening: str
    evening_width: str


def hours(draft: Sequence[int], live: Sequence[int] | None) -> Clockface:
    """The bars of these twenty-four figures, both to the same scale."""
    most = max([*draft, *(live or ()), 1])
    places = (2.2, 1.5) if live else (0.5, 3.2)
    return Clockface(
        _bars(draft, most, *places),
        _bars(live or (), most, 0.5, 1.5),
        [HourRow(n, count, live[n] if live else None) for n, count in enumerate(draft)],
        _percent(NIGHT_TO / 24 * 100),
        _percent(NIGHT_FROM / 24 * 100),
        _percent(100 - NIGHT_FROM / 24 * 100),
    )


def _bars(counts: Sequence[int], most: int, shift: float, width: float) -> list[Bar]:
    found = []
    for hour, count in enumerate(counts):
        height = max(round(count / most * FULL), LEAST)
        if count:
            found.append(Bar(_percent(hour / 24 * 100 + shift), _percent(width), FLOOR - height, height))
    return found


def _percent(value: float) -> str:
    return f"{value:.2f}%"


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the comparison; ``is_better`` marks a difference that spares people."""

    name: str
    draft: str
    live: str
    difference: str
    is_better: bool


def figures(result: Result, live: Mapping[str, Any] | None) -> list[Figure]:
    """The draft beside what is live, figure by figure."""
    draft = result.draft

    def counted(name: str, key: str, *, spares: bool = False) -> Figure:
        return _counted(name, draft[key], live[key] if live else None, spares=spares)

    return [
        counted(_("Acted"), "acted"),
        counted(_("On cases"), "cases"),
        *([counted(_("Nobody to tell"), "nobody")] if draft["nobody"] or (live and live["nobody"]) else []),
        counted(_("Calls to people"), "calls", spares=True),
        counted(_("Calls at night"), "night", spares=True),
        _most(result, live),
        earlier(draft["earlier"], live["earlier"] if live else None, has_live=live is not None),
        counted(_("Held back by the rate guard"), "held", spares=True),
    ]


def _counted(name: str, draft: int, live: int | None, *, spares: bool) -> Figure:
    if live is None:
        return Figure(name, str(draft), "–", "", is_better=False)
    return Figure(name, str(draft), str(live), _apart(draft - live), is_better=spares and draft < live)


def _apart(gap: int) -> str:
    if not gap:
        return _("the same")
    if gap < 0:
        return ngettext("%(n)d fewer", "%(n)d fewer", -gap) % {"n": -gap}
    return ngettext("%(n)d more", "%(n)d more", gap) % {"n": gap}


def _most(result: Result, live: Mapping[str, Any] | None) -> Figure:
    mine, name = _top(result, result.draft), _("Most calls on one person")
    if live is None:
        return Figure(name, mine[1], "–", "", is_better=False)
    theirs = _top(result, live)
    return Figure(name, mine[1], theirs[1], _apart(mine[0] - theirs[0]), is_better=mine[0] < theirs[0])


def _top(result: Result, side: Mapping[str, Any]) -> tuple[int, str]:
    if not side["people"]:
        return 0, "0"
    first = side["people"][0]
    return first["calls"], f"{first['calls']}, {person_name(result, first['person'])}"


def person_name(result: Result, person_id: int) -> str:
    """Somebody of the result, by name."""
    found = result.people.get(person_id)
    return found.name if found else _("somebody")


def earlier(draft: int | None, live: int | None, *, has_live: bool) -> Figure:
    """By how many seconds each side came before people reacted."""
    name, mine = _("Earlier than people reacted, half of the time"), _ahead(draft)
    if not has_live or draft is None or live is None:
        return Figure(name, mine, _ahead(live) if has_live else "–", "", is_better=False)
    # As each is shown, so that the difference is the one that anybody reckons from the two.
    gap = abs(_shown(draft) - _shown(live))
    if gap < timedelta(minutes=1):
        return Figure(name, mine, _ahead(live), _("the same"), is_better=False)
    words = _("%(gap)s more") if draft > live else _("%(gap)s less")
    return Figure(name, mine, _ahead(live), words % {"gap": lasting(gap)}, is_better=draft > live)


def _shown(seconds: int) -> timedelta:
    gap = shown_span(timedelta(seconds=abs(seconds)))
    return gap if seconds >= 0 else -gap


def _ahead(seconds: int | None) -> str:
    if seconds is None:
        return "–"
    gap = lasting(timedelta(seconds=abs(seconds)))
    return gap if seconds >= 0 else _("%(gap)s later") % {"gap": gap}
