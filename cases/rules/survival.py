"""How long something takes, the cases in which it has not happened yet counted in: Kaplan and Meier's curve."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, log, sqrt
from statistics import NormalDist
from typing import NamedTuple

from cases.rules import lanes

SURE = 0.95
Z = NormalDist().inv_cdf((1 + SURE) / 2)
# A product of shares is not exact to the last bit; a half that is missed by this much is a half.
_ROUNDING = 1e-12


class Point(NamedTuple):
    """At so many minutes: how many were still watched, for how many it happened, and the share still open after."""

    minutes: int
    at_risk: int
    happened: int
    open_share: float
    error: float  # the standard error of the share, Greenwood 1926


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a percentile lies with 95 % certainty; no end where the curve does not tell it."""

    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class Curve:
    """The share still open by the time passed; a point wherever something happened or the watching ended.

    ``happened`` is for how many it happened.
    """

    points: tuple[Point, ...]
    happened: int

    @property
    def population(self) -> int:
        """How many were watched."""
        return self.points[0].at_risk if self.points else 0

    @property
    def still_open(self) -> int:
        """How many were still open when last seen."""
        return self.population - self.happened

    def percentile(self, share: float) -> int | None:
        """By when it has happened in that share of all; None while the curve has not got there."""
        left = 1 - share + _ROUNDING
        return next((point.minutes for point in self.points if point.happened and point.open_share <= left), None)

    @property
    def median(self) -> int | None:
        """By when it has happened in half of all; None while the curve has not got there."""
        return self.percentile(0.5)

    def share_by(self, minutes: int) -> float:
        """The share in which it has happened within these minutes."""
        index = bisect_right(self.points, minutes, key=lambda point: point.minutes)
        return 1 - self.points[index - 1].open_share if index else 0.0

    def at_risk(self, minutes: int) -> int:
        """How many were still watched right before these minutes had passed."""
        index = bisect_left(self.points, minutes, key=lambda point: point.minutes)
        return self.points[index].at_risk if index < len(self.points) else 0

    def interval(self, share: float = 0.5) -> Interval:
        """Where a percentile lies with 95 % certainty: from where the lower band of the curve gets there to the upper.

        Brookmeyer and Crowley, Biometrics 38 (1982); the bands on the log-minus-log scale, which keeps them between
        none and all (Kalbfleisch and Prentice, 1980).
        """
        left = 1 - share + _ROUNDING
        bands = [(point.minutes, *_band(point)) for point in self.points if point.happened]
        return Interval(
            next((minutes for minutes, low, _ in bands if low <= left), None),
            next((minutes for minutes, _, high in bands if high <= left), None),
        )


def curve(happened: int, censored: int) -> Curve:
    """The product-limit curve (Kaplan and Meier, JASA 53, 1958) out of two histograms of minutes.

    ``happened`` holds how long it took, ``censored`` how long those have been open in which it has not happened. In one
    lane, who is still open was watched until the end of it, so that what happened there happened before.
    """
    done, still = dict(lanes.counts(happened)), dict(lanes.counts(censored))
    return _curve(
        (lanes.middle(number), done.get(number, 0), still.get(number, 0))
        for number in sorted(done.keys() | still.keys())
    )


def exact(durations: Iterable[int], censored: Iterable[int] = ()) -> Curve:
    """The same curve out of single minutes, without the error of lanes."""
    done, still = Counter(durations), Counter(censored)
    return _curve((minutes, done[minutes], still[minutes]) for minutes in sorted(done.keys() | still.keys()))


def _curve(steps: Iterable[tuple[int, int, int]]) -> Curve:
    """From minutes, how many it happened to, and how many were last seen open then; the shortest first."""
    steps = list(steps)
    at_risk = sum(done + still for _, done, still in steps)
    share, spread, points = 1.0, 0.0, list[Point]()
    for minutes, done, still in steps:
        left = at_risk - done
        share *= left / at_risk
        # Greenwood, The errors of sampling of the survivorship tables, 1926; where none is left, nothing spreads.
        spread += done / (at_risk * left) if left else 0.0
        points.append(Point(minutes, at_risk, done, share, share * sqrt(spread)))
        at_risk = left - still
    return Curve(tuple(points), sum(done for _, done, _ in steps))


def _band(point: Point) -> tuple[float, float]:
    """Between which shares the curve is with 95 % certainty at a point; at its very end nothing is known."""
    share = point.open_share
    if not 0 < share < 1:
        return share, 1.0
    width = Z * point.error / (share * abs(log(share)))
    return share ** exp(width), share ** exp(-width)
