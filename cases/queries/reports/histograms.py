"""Histograms of durations, as cells keep several of them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence

from cases.queries.reports.figure import Duration
from cases.rules import lanes

# A lane of minutes is how many lanes begin at or before them, less the first.
_LOWS = ",".join(str(lanes.edges(each)[0]) for each in range(1, lanes.LANES))
# Of a code: the number of the duration, whether it happened, its lane.
PARTS = ("{code} / 1024", "mod({code} / 512, 2) = 1", "mod({code}, 512)")


def lane(until: str) -> str:
    """The SQL of the lane of the time from the public post to an instant."""
    return f"width_bucket(date_part('epoch', {until} - f.posted_at) / 60, '{{{_LOWS}}}'::float8[])"


# Of a row that runs: the lane of the time until now, looked up once for all that has not happened yet.
UNTIL_NOW = f"CROSS JOIN LATERAL (SELECT {lane('%(now)s')} AS lane OFFSET 0) z"


def codes(durations: Sequence[Duration], *, are_running: bool = False) -> str:
    """SQL that gives a row for every duration of a row, told in one number; beside ``UNTIL_NOW`` of those that run."""
    found = (
        f"{i * 1024} + CASE WHEN {each.happened} IS NULL THEN {'z.lane' if are_running else lane(each.until)}"
        f" ELSE 512 + {lane(each.happened)} END"
        for i, each in enumerate(durations)
    )
    return f"unnest(ARRAY[{', '.join(found)}])"


def number(counts: Mapping[int, int]) -> int:
    # Edges may take off what a kept cell holds: lanes are added as signed numbers, and are never negative in the end.
    return sum(n << (32 * lane) for lane, n in counts.items())


def packed(histograms: Sequence[int]) -> bytes:
    """Histograms one after the other, each with its length, as a cell keeps them: mostly none in a lane, so pressed."""
    parts = [lanes.stored(each) for each in histograms]
    return zlib.compress(b"".join(struct.pack("<I", len(part)) + part for part in parts), 1)


def unpacked(stored: bytes) -> list[int]:
    """The histograms of a cell."""
    held = zlib.decompress(stored)
    found, place = [], 0
    while place < len(held):
        (size,) = struct.unpack_from("<I", held, place)
        found.append(int.from_bytes(held[place + 4 : place + 4 + size], "little"))
        place += 4 + size
    return found
