"""The few that make most of it: counts in order, with the share so far, and the rest as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Row(Generic[Key]):
    """One of the counted, or all that are left: what it is made of, how many, its share, and the share up to here."""

    keys: tuple[Key, ...]
    count: int
    share: float
    so_far: float

    @property
    def is_rest(self) -> bool:
        """Whether it is several in one."""
        return len(self.keys) > 1


def pareto(counts: Mapping[Key, int], keep: int = 8) -> list[Row[Key]]:
    """The largest first, those of one size as they were given, none without a count; past ``keep`` the rest is one row.

    A rest of one stays itself (after Juran, Quality Control Handbook, 1951).
    """
    ordered = sorted(((key, n) for key, n in counts.items() if n > 0), key=lambda one: one[1], reverse=True)
    cut = keep if len(ordered) > keep + 1 else len(ordered)
    groups: list[tuple[tuple[Key, ...], int]] = [((key,), n) for key, n in ordered[:cut]]
    if cut < len(ordered):
        groups.append((tuple(key for key, _ in ordered[cut:]), sum(n for _, n in ordered[cut:])))
    whole, passed, rows = sum(n for _, n in ordered), 0, []
    for keys, n in groups:
        passed += n
        rows.append(Row(keys, n, n / whole, passed / whole))
    return rows
