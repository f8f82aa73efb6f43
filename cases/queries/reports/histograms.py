"""Histograms of durations, as cells keep several of them."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from cases.queries.reports.figure import Duration
from cases.rules import lanes

# The lane of what ``beside`` brings to a row of a case's figures.
_SECONDS = "greatest(extract(epoch FROM v.until - f.posted_at), 0)"
LANE = f"casedesk_lane(floor(least({_SECONDS} / 60, {lanes.LONGEST}))::int)"


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
    """Histograms one after the other, each with its length, as a cell keeps them."""
    parts = [lanes.stored(each) for each in histograms]
    return b"".join(struct.pack("<I", len(part)) + part for part in parts)


def unpacked(stored: bytes) -> list[int]:
    """The histograms of a cell."""
    found, place = [], 0
    while place < len(stored):
        (size,) = struct.unpack_from("<I", stored, place)
        found.append(int.from_bytes(stored[place + 4 : place + 4 + size], "little"))
        place += 4 + size
    return found
