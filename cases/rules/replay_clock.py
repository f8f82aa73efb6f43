"""The arithmetic of ``rules/deadlines.py`` on one calendar, many times over: its open periods are laid out once."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from cases.rules import deadlines
from cases.rules.calendar import Calendar, NoSuchTime
from cases.vocabulary import NEVER, Unit

_SECONDS = {Unit.MINUTE: 60, Unit.HOUR: 3600, Unit.OPEN_MINUTE: 60, Unit.OPEN_HOUR: 3600}
_OPEN = frozenset({Unit.OPEN_MINUTE, Unit.OPEN_HOUR})
_MARGIN = timedelta(days=60)
# What was asked before is asked again: many deadlines end with the same day.
_MOST_KNOWN = 200_000


class Clock:
    """A calendar between two instants; what lies beyond is asked of the calendar itself."""

    def __init__(self, calendar: Calendar, since: datetime, until: datetime) -> None:
        self.calendar = calendar
        periods = calendar.periods(since - _MARGIN, until + _MARGIN)
        # The first is cut where we begin to look.
        self._begins = [begins for begins, _ in periods]
        self._ends = [ends for _, ends in periods]
        self._gone = [timedelta(0), *accumulate(ends - begins for begins, ends in periods)]
        self._known: dict[tuple[datetime, int, Unit, bool], datetime] = {}

    def is_open(self, at: datetime) -> bool:
        """Whether somebody works at that instant."""
        place = bisect_right(self._ends, at)
        if place == len(self._ends) or (place == 0 and at < self._begins[0]):
            return self.calendar.is_open(at)
        return self._begins[place] <= at

    def next_open(self, at: datetime) -> datetime:
        """The first open instant from then on; the instant itself where the calendar never opens."""
        place = bisect_right(self._ends, at)
        if place == len(self._ends) or (place == 0 and at < self._begins[0]):
            try:
                return self.calendar.next_open(at)
            except NoSuchTime:
                return at
        return max(self._begins[place], at)

    def add(self, at: datetime, amount: int, unit: Unit) -> datetime:
        """The instant so much later; never, where the calendar knows no such time."""
        if unit not in _OPEN and unit in _SECONDS:
            return at + timedelta(seconds=amount * _SECONDS[unit])
        if unit in _OPEN:
            place = bisect_right(self._ends, at)
            if place < len(self._ends) and (place > 0 or at >= self._begins[0]):
                opened = max(self._begins[place], at) - self._begins[place]
                target = self._gone[place] + opened + timedelta(seconds=amount * _SECONDS[unit])
                last = bisect_left(self._gone, target, place + 1) - 1
                if last < len(self._ends):
                    return self._begins[last] + (target - self._gone[last])
        return self._asked(at, amount, unit, deadlines.add)

    def subtract(self, at: datetime, amount: int, unit: Unit) -> datetime:
        """The instant so much earlier; never, where the calendar knows no such time."""
        if unit not in _OPEN and unit in _SECONDS:
            return at - timedelta(seconds=amount * _SECONDS[unit])
        if unit in _OPEN and amount:
            place = bisect_left(self._begins, at) - 1
            if place >= 0 and at <= self._ends[-1]:
                target = self._gone[place] + (min(self._ends[place], at) - self._begins[place])
                target -= timedelta(seconds=amount * _SECONDS[unit])
                first = bisect_right(self._gone, target, 0, place + 1) - 1
                if first >= 0 and (first > 0 or target > timedelta(0)):
                    return self._begins[first] + (target - self._gone[first])
        return self._asked(at, amount, unit, deadlines.subtract)

    def _asked(self, at: datetime, amount: int, unit: Unit, count: Callable[..., datetime]) -> datetime:
        key = at, amount, unit, count is deadlines.add
        found = self._known.get(key)
        if found is None:
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
            try:
                found = count(at, amount, unit, self.calendar).astimezone(UTC)
            except NoSuchTime:
                found = NEVER
            self._known[key] = found
        return found
