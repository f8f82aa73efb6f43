"""Where the small pictures of the front page put their lines and bars: percent across, pixels up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log

from cases.queries.reports import labels
from cases.rules.survival import Curve

# The funnel: how high all and none stand in a box of 64.
TOP, DEEP = 3.0, 61.0
# Ticks of the axis of times, in minutes: as round as people say them.
TICKS = (1, 10, 60, 240, 1440, 5760, 20_160, 80_640, 525_600, 5_256_000, 52_560_000)
SHORTEST, ROOM, APART, SEEN = 10, 1.3, 13.0, 1.5
# The bars of ages: their full height and the least that is seen.
FULL, LEAST, GAP = 112.0, 2.0, 2.0


@dataclass(frozen=True, slots=True)
class Tick:
    """One time on the axis."""

    x: str
    label: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Reach:
    """From the half to nine of ten on the axis; without an end it goes on beyond, without a start it is not there."""

    start: str
    end: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Axis:
    """A logarithmic axis of times."""

    low: float
    high: float

    @classmethod
    def of(cls, curves: Iterable[Curve]) -> Axis:
        """The axis on which all of these have their place."""
        times = [at for each in curves for at in (each.median, each.percentile(0.9)) if at is not None]
        least, most = max(min(times, default=60), 1), max(times, default=1440)
        low = max((each for each in TICKS if each <= least), default=TICKS[0])
        return cls(min(low, SHORTEST), max(most * ROOM, low * 100))

    def place(self, minutes: float) -> float:
        """How far along, in percent."""
        return min(max(log(max(minutes, 1) / self.low) / log(self.high / self.low) * 100, 0.0), 100.0)

    @property
    def ticks(self) -> list[Tick]:
        """What is written below, as much as there is room for."""
        found: list[Tick] = []
        last = -APART
        for each in TICKS:
            place = self.place(each)
            if self.low <= each <= self.high and place - last >= APART and place <= 100 - APART / 2:
                found.append(Tick(percent(place), labels.span(each), "middle" if found else "start"))
                last = place
        return found

    def reach(self, curve: Curve) -> Reach | None:
        """Where a curve lies on it; nothing while not even half of it has happened."""
        half, most = curve.median, curve.percentile(0.9)
        if half is None:
            return None
        start = self.place(half)
        end = 100.0 if most is None else max(self.place(most), start + SEEN)
        return Reach(percent(start), percent(min(end, 100.0)), is_open=most is None)


def percent(place: float) -> str:
    """A place, as a drawing writes it."""
    return f"{place:.2f}%"


def funnel(shares: Sequence[float]) -> list[str]:
    """The shape of each step, gliding into the next; the last one stays level."""
    heights = [TOP + (1 - share) * DEEP for share in shares]
    return [
        f"M-2 68V{here:.1f}H62C80 {here:.1f} 84 {after:.1f} 102 {after:.1f}V68z"
        for here, after in zip(heights, [*heights[1:], *heights[-1:]], strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Column:
    """One bar of two parts, the second upon the first."""

    height: str
    lower_y: str
    lower: str
    upper: str


def column(lower: int, upper: int, most: int) -> Column:
    """A bar beside others of which the highest holds so many."""
    low, high = (max(n / most * (FULL - GAP), LEAST) if n else 0.0 for n in (lower, upper))
    above = high + GAP if lower and upper else high
    return Column(f"{above + low:.1f}", f"{above:.1f}", f"{low:.1f}", f"{high:.1f}")
