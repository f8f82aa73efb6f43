"""What rises and what falls, week by week, without finding a trend in everything that is looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from cases.rules.significance import NOISE_FROM, poisson_trend

FEWEST_WEEKS = 4

Key = TypeVar("Key")


class Direction(StrEnum):
    """Where a count is going."""

    RISING = "rising"
    FALLING = "falling"
    STEADY = "steady"


@dataclass(frozen=True, slots=True)
class Trend:
    """By how much a count changes each week, and how likely chance alone makes that."""

    per_week: float
    p: float

    @property
    def direction(self) -> Direction:
        """Rising or falling where chance is no explanation, else steady."""
        if self.p >= NOISE_FROM or not self.per_week:
            return Direction.STEADY
        return Direction.RISING if self.per_week > 0 else Direction.FALLING


def rising(counts_per_week: Sequence[int]) -> Trend:
    """Where one count is going, by its weeks, the oldest first; with under four weeks nowhere."""
    if len(counts_per_week) < FEWEST_WEEKS:
        return Trend(0.0, 1.0)
    return Trend(*poisson_trend(counts_per_week))


def trends(counts: Mapping[Key, Sequence[int]]) -> dict[Key, Trend]:
    """Where each of many counts is going; of those said to rise or fall, at most one in twenty does so by chance.

    Each p is raised to what Benjamini and Hochberg ask for (JRSS B 57, 1995), as many looked at find something.
    """
    found = {key: rising(weeks) for key, weeks in counts.items()}
    lowest, raised = 1.0, {}
    unlikely_last = sorted(found, key=lambda key: found[key].p, reverse=True)
    for rank, key in zip(range(len(found), 0, -1), unlikely_last, strict=True):
        lowest = min(lowest, found[key].p * (len(found) / rank))
        raised[key] = lowest
    return {key: replace(trend, p=raised[key]) for key, trend in found.items()}
