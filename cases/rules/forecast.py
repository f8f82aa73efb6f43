"""Where the backlog goes if the next weeks are like the last ones, and how far off that may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import mean, stdev
from typing import Final

FEWEST_WEEKS = 6
LEARNT_WEEKS = 13  # a quarter: what was before is another time of the year
AHEAD = 4
SURE = 0.8  # four times out of five
# Student's t that a tenth exceeds, by the number of weeks less one: out of few weeks their spread is not known well.
_T: Final = {5: 1.476, 6: 1.440, 7: 1.415, 8: 1.397, 9: 1.383, 10: 1.372, 11: 1.363, 12: 1.356}


@dataclass(frozen=True, slots=True)
class Week:
    """How many cases are open so many weeks from now, and between which figures four times out of five."""

    ahead: int
    backlog: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """The weeks to come, by how much the backlog changes in each, and the weeks learnt from: what came and went."""

    weeks: tuple[Week, ...]
    per_week: float
    learnt_from: int
    came: int
    went: int


def forecast(received: Sequence[int], handled: Sequence[int], backlog: int, ahead: int = AHEAD) -> Forecast | None:
    """The backlog of the next weeks out of whole past ones, the oldest first; None with under six of them.

    A random walk with drift (Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., 5.2): each week
    changes the backlog by the mean of what came in less what was handled. So far off as the weeks' own spread says,
    s * sqrt(h * (1 + h / n)) after h weeks learnt from n (the same, 5.5, Table 5.2), by Student's t with n - 1 degrees
    of freedom. The spread is at least that of two Poisson counts (Skellam, 1946): some equal weeks make none sure.
    """
    weeks = min(len(received), len(handled), LEARNT_WEEKS)
    if weeks < FEWEST_WEEKS:
        return None
    last_in, last_out = received[-weeks:], handled[-weeks:]
    changes = [came - went for came, went in zip(last_in, last_out, strict=True)]
    came, went = sum(last_in), sum(last_out)
    drift = mean(changes)
    spread = max(stdev(changes), sqrt((came + went) / weeks))
    found = tuple(_week(n, backlog, drift, spread, weeks) for n in range(1, ahead + 1))
    return Forecast(found, drift, weeks, came, went)


def _week(ahead: int, backlog: int, drift: float, spread: float, weeks: int) -> Week:
    middle = backlog + ahead * drift
    width = _T[weeks - 1] * spread * sqrt(ahead * (1 + ahead / weeks))
    low, likely, high = (max(0, round(figure)) for figure in (middle - width, middle, middle + width))
    return Week(ahead, likely, low, high)
