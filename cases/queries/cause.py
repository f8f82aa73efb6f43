"""The causes of a brand as a tree, in the order in which people read it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cases.models import Brand, Cause


@dataclass(frozen=True, slots=True)
class Branch:
    """A cause and where it stands: its level, 1 at the top, and its own and its parents' names from the top."""

    cause: Cause
    level: int
    labels: list[dict[str, str]]


def tree(brand: Brand) -> list[Branch]:
    """Every cause of the brand, each below its parent, in one query."""
    return _branches(Cause.objects.filter(brand=brand).order_by("code"))


def offered(brand_id: int, standing_id: int | None = None) -> list[Branch]:
    """The causes a case can be given, and the one it has, in one query."""
    found = _branches(Cause.objects.filter(brand_id=brand_id).order_by("code"))
    return [branch for branch in found if branch.cause.is_active or branch.cause.pk == standing_id]


def path(cause: Cause | None) -> list[Cause]:
    """A cause with those above it, from the top; reads nothing when they came with it."""
    above = path(cause.parent) if cause and cause.parent_id else []
    return [*above, cause] if cause else []


def _branches(rows: Iterable[Cause]) -> list[Branch]:
    below: dict[int | None, list[Cause]] = {}
    for cause in rows:
        below.setdefault(cause.parent_id, []).append(cause)
    return list(_walk(below, None, []))


def _walk(below: dict[int | None, list[Cause]], parent_id: int | None, above: list[dict[str, str]]) -> list[Branch]:
    found: list[Branch] = []
    for cause in below.get(parent_id, []):
        labels = [*above, cause.label]
        found.append(Branch(cause, len(labels), labels))
        found += _walk(below, cause.pk, labels)
    return found
