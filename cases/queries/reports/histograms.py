"""Histograms of durations, as cells keep several of them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence

from cases.queries.reports.figure import Duration
from cases.rules import lanes

# The lane of what ``beside`` brings to a row of a case's figures: how many lanes begin at or before it, less the first.
_LOWS = ",".join(str(lanes.edges(each)[0]) for each in range(1, lanes.LANES))
LANE = f"width_bucket(date_part('epoch', v.until - f.posted_at) / 60, '{{{_LOWS}}}'::float8[])"


def beside(durations: Sequence[Duration]) -> str:
    """SQL that puts every duration beside a row: its number, whether it happened, and until when it lasted."""
    spans = ", ".join(
        f"({i}, {each.happened} IS NOT NULL, coalesce({each.happened}, {each.until}))"
        for i, each in enumerate(durations)
    )
    return f" CROSS JOIN LATERAL (VALUES {spans}) AS v(number, happened, until)"


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
