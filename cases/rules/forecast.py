"""Where the backlog goes if the next weeks are like the last ones, and how far off that may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi, sqrt
from statistics import NormalDist, median

FEWEST_WEEKS = 6
LEARNT_WEEKS = 13  # a quarter: what was before is another time of the year
AHEAD = 4
SURE = 0.8  # four times out of five
_Z = NormalDist().inv_cdf((1 + SURE) / 2)
# What makes a median deviation a standard one where chance is normal.
_TO_STANDARD = 1 / NormalDist().inv_cdf(0.75)


@dataclass(frozen=True, slots=True)
class Week:
    """How many cases are open so many weeks from now, and between which figures four times out of five."""

    ahead: int
    backlog: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """The weeks to come, by how much the backlog changes in each, and how many weeks that was learnt from."""

    weeks: tuple[Week, ...]
    per_week: float
    learnt_from: int


def forecast(received: Sequence[int], handled: Sequence[int], backlog: int, ahead: int = AHEAD) -> Forecast | None:
    """The backlog of the next weeks out of whole past ones, the oldest first; None with under six of them.

    A random walk with drift (Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., 5.2 and 5.5):
    the drift is the median weekly difference of what came in and what was handled, so that one bad week does not count
    for all; its uncertainty is that of a median (pi/2 of a mean's). The spread of a week is its median deviation, and
    at least that of two Poisson counts (Skellam, 1946).
    """
    weeks = min(len(received), len(handled), LEARNT_WEEKS)
    if weeks < FEWEST_WEEKS:
        return None
    last_in, last_out = received[-weeks:], handled[-weeks:]
    changes = [came - went for came, went in zip(last_in, last_out, strict=True)]
    drift = median(changes)
    usual = _TO_STANDARD * median(abs(change - drift) for change in changes)
    spread = max(usual, sqrt((sum(last_in) + sum(last_out)) / weeks))
    return Forecast(tuple(_week(n, backlog, drift, spread, weeks) for n in range(1, ahead + 1)), drift, weeks)


def _week(ahead: int, backlog: int, drift: float, spread: float, weeks: int) -> Week:
    middle = backlog + ahead * drift
    width = _Z * spread * sqrt(ahead + ahead**2 * pi / 2 / weeks)
    low, likely, high = (max(0, round(figure)) for figure in (middle - width, middle, middle + width))
    return Week(ahead, likely, low, high)
