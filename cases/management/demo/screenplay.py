"""How a story of the demo is written down: who complains where, and what happens when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Paris")
EVENING = 19


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens: when, the verb (a method of Scene), and its details."""

    when: str
    verb: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Story:
    """One complainant on one channel of a brand, and what happens; ``by`` acts unless a step names another."""

    brand: str
    channel: str
    author: str
    name: str
    by: str
    steps: tuple[Step, ...]
    language: str = "en"


def step(when: str, verb: str, **fields: Any) -> Step:
    """A step of a story."""
    return Step(when, verb, fields)


@dataclass(frozen=True, slots=True)
class Clock:
    """Turns what a story says about time into instants of the past, in working hours as seen from now.

    ``12 9:40`` is 9:40 on the twelfth working day before the last one; ``95m`` is 95 minutes before the end of work
    so far; ``n25`` is 25 minutes ago, whatever the hour.
    """

    now: datetime

    @property
    def start(self) -> datetime:
        """When the brands of the demo began to work with casedesk: a morning a hundred days ago."""
        return (self.now.astimezone(ZONE) - timedelta(days=100)).replace(hour=9, minute=0, second=0, microsecond=0)

    @property
    def friday(self) -> date:
        """This week's Friday, or next week's when it is over."""
        today = self.day(0)
        return today + timedelta(days=(4 - today.weekday()) % 7)

    def day(self, days: int) -> date:
        """The day so many days from today."""
        return self.now.astimezone(ZONE).date() + timedelta(days=days)

    def ago(self, days: int) -> datetime:
        """The morning so many days ago, for what is set up between the stories; today, half an hour ago."""
        if not days:
            return self.now - timedelta(minutes=30)
        return (self.now.astimezone(ZONE) - timedelta(days=days)).replace(hour=9, minute=20, second=0, microsecond=0)

    @property
    def anchor(self) -> datetime:
        """The last moment so far in which people were at work, with enough of that day behind it."""
        local = self.now.astimezone(ZONE)
        if local.weekday() < 5 and local.hour >= 11:
            return min(local, local.replace(hour=EVENING, minute=0, second=0, microsecond=0))
        return self._earlier(local, 1).replace(hour=18, minute=40, second=0, microsecond=0)

    def at(self, when: str) -> datetime:
        """The instant that these words mean."""
        if when.startswith("n"):
            return self.now - timedelta(minutes=int(when[1:]))
        if when.endswith("m"):
            return self.anchor - timedelta(minutes=int(when[:-1]))
        days, time = when.split()
        hour, minute = map(int, time.split(":"))
        return self._earlier(self.anchor, int(days)).replace(hour=hour, minute=minute, second=0, microsecond=0)

    def due(self, days: int) -> datetime:
        """The end of the afternoon so many days from today; before today when negative."""
        return (self.now.astimezone(ZONE) + timedelta(days=days)).replace(hour=17, minute=0, second=0, microsecond=0)

    def _earlier(self, local: datetime, days: int) -> datetime:
        while days:
            local -= timedelta(days=1)
            days -= local.weekday() < 5
        return local
