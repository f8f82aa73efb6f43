"""Histograms of durations in one big number: added by ``+``, taken back by ``-``, with a known error."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

# As in HdrHistogram (Gil Tene, 2012): every doubling of the time is cut into as many equal lanes.
_PER_DOUBLING = 16
_SHIFT = 4
LONGEST = 2**26 - 1  # minutes, 127 years; whatever is longer counts as that
LANES = (LONGEST.bit_length() - _SHIFT) * _PER_DOUBLING + _PER_DOUBLING
# A lane from ``low`` on is at most low / 16 wide, so its middle is at most low / 32 away from any minute in it;
# under 32 minutes every minute has a lane of its own and nothing is lost.
ERROR = 1 / (2 * _PER_DOUBLING)
MOST = 2**32 - 1  # in one lane
# Steps in which people say times, in minutes.
_DAY = 1440
_LONG = 10 * _DAY
_ROUND = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, _DAY)


def lane(minutes: int) -> int:
    """The lane of a duration: its own under 32 minutes, one of sixteen a doubling above; below none counts as none."""
    minutes = min(max(minutes, 0), LONGEST)
    if minutes < _PER_DOUBLING:
        return minutes
    doubling = minutes.bit_length() - 1
    return (doubling - _SHIFT + 1) * _PER_DOUBLING + (minutes >> (doubling - _SHIFT)) - _PER_DOUBLING


def edges(number: int) -> tuple[int, int]:
    """The first minute of a lane, and the first that no longer belongs to it."""
    if number < _PER_DOUBLING:
        return number, number + 1
    doublings, step = divmod(number, _PER_DOUBLING)
    low = (_PER_DOUBLING + step) << (doublings - 1)
    return low, low + (1 << (doublings - 1))


@lru_cache(maxsize=LANES)
def middle(number: int) -> int:
    """The minutes that stand for a lane, at most ``ERROR`` of the real duration away from any in it."""
    low, high = edges(number)
    return (low + high) // 2


def rounded(minutes: int) -> int:
    """A duration that a lane stands for as it is said: the nearest round one that may as well be the real one.

    Its lane holds that one too, or ends with it; from ten days on days are said.
    """
    low, high = edges(lane(minutes))
    if high - low == 1:
        return minutes
    step = _DAY if minutes >= _LONG else max(each for each in _ROUND if each <= high - low)
    return (2 * minutes + step) // (2 * step) * step


def pack(counts: Mapping[int, int]) -> bytes:
    """How many durations are in each lane, as a histogram is stored: 32 bits a lane, the lowest first."""
    held = {number: n for number, n in counts.items() if n}
    filled = [held.get(number, 0) for number in range(max(held, default=-1) + 1)]
    return struct.pack(f"<{len(filled)}I", *filled)


def of(stored: bytes) -> int:
    """A stored histogram as a number: two are added by ``+``, what one holds is taken out of another by ``-``.

    No lane may go below none or above ``MOST``; who adds and takes away sees to that.
    """
    return int.from_bytes(stored, "little")


def stored(histogram: int) -> bytes:
    """A histogram as it is stored."""
    size = -(-histogram.bit_length() // 32) * 4
    return histogram.to_bytes(size, "little")


def counts(histogram: int) -> list[tuple[int, int]]:
    """The lanes that hold something, the shortest first, and how much."""
    lanes = stored(histogram)
    return [(number, n) for number, n in enumerate(struct.unpack(f"<{len(lanes) // 4}I", lanes)) if n]


def tally(minutes: Iterable[int]) -> int:
    """The histogram of durations."""
    return of(pack(Counter(map(lane, minutes))))


def total(histogram: int) -> int:
    """How many durations a histogram holds."""
    return sum(n for _, n in counts(histogram))
