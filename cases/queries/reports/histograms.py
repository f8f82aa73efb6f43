"""Histograms of durations, several of them in one number, as cells keep them."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

from cases.queries.reports.figure import Duration
from cases.rules import lanes

# A lane of minutes is how many lanes begin at or before them, less the first.
_LOWS = ",".join(str(lanes.edges(each)[0]) for each in range(1, lanes.LANES))
# Of each duration there are two histograms, what happened and what is censored: they stand one after the other in one
# number, each in so many bits.
_BITS = 32 * lanes.LANES
# A code is a lane, and by its bits the histograms in which a row belongs there.
_LANE = 512


def lane(until: str) -> str:
    """The SQL of the lane of the time from the public post to an instant."""
    return f"width_bucket(date_part('epoch', {until} - f.posted_at) / 60, '{{{_LOWS}}}'::float8[])"


# Of a row that runs: the lane of the time until now, looked up once for all that has not happened yet.
UNTIL_NOW = f"CROSS JOIN LATERAL (SELECT {lane('%(now)s')} AS lane OFFSET 0) z"


def codes(durations: Sequence[Duration], *, are_running: bool = False) -> str:
    """SQL that gives the codes of a row, one for all that is censored; beside ``UNTIL_NOW`` of rows that run."""
    found = [
        f"CASE WHEN {each.happened} IS NOT NULL THEN {_LANE << (2 * i)} + {lane(each.happened)} END"
        for i, each in enumerate(durations)
    ]
    for until in dict.fromkeys(each.until for each in durations):
        open_ = [(i, each.happened) for i, each in enumerate(durations) if each.until == until]
        bits = " + ".join(
            f"CASE WHEN {happened} IS NULL THEN {_LANE << (2 * i + 1)} ELSE 0 END" for i, happened in open_
        )
        some = " OR ".join(f"{happened} IS NULL" for _, happened in open_)
        found.append(f"CASE WHEN {some} THEN {bits} + {'z.lane' if are_running else lane(until)} END")
    return f"unnest(array_remove(ARRAY[{', '.join(found)}], NULL))"


def number(counts: Mapping[int, int]) -> int:
    """The histograms of codes, each so many times.

    Edges may take off what a kept cell holds: lanes are added as signed numbers, and are never negative in the end.
    """
    placed = _placed(counts)
    more, less = (lanes.pack({place: n * sign for place, n in placed.items() if n * sign > 0}) for sign in (1, -1))
    return lanes.of(more) - lanes.of(less)


def _placed(counts: Mapping[int, int]) -> dict[int, int]:
    """How much belongs where, counted in lanes from the first of all histograms."""
    found: dict[int, int] = {}
    for code, n in counts.items():
        histograms, lane_ = divmod(code, _LANE)
        while histograms:
            lowest = histograms & -histograms
            place = (lowest.bit_length() - 1) * lanes.LANES + lane_
            found[place] = found.get(place, 0) + n
            histograms -= lowest
    return found


def parts(whole: int, durations: Sequence[Duration]) -> dict[str, tuple[int, int]]:
    """What happened and what is censored of each duration."""
    mask = (1 << _BITS) - 1
    each = [whole >> (place * _BITS) & mask for place in range(2 * len(durations))]
    return {one.name: (each[2 * i], each[2 * i + 1]) for i, one in enumerate(durations)}


def packed(whole: int) -> bytes:
    """Histograms as a cell keeps them: mostly none in a lane, so pressed."""
    return _pressed(lanes.stored(whole))


def packed_codes(counts: Mapping[int, int]) -> bytes:
    """The same of codes, each so many times."""
    return _pressed(lanes.pack(_placed(counts)))


def _pressed(held: bytes) -> bytes:
    return zlib.compress(held, 1)


def unpacked(stored: bytes) -> int:
    """The histograms of a cell."""
    return lanes.of(zlib.decompress(stored))
