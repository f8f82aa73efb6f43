"""Keys of pages: where the last row of a page stands, as one word in an address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from cases import errors


def key(*values: Any) -> str:
    """The key of a row: its values in the order of the list."""
    return "~".join("" if v is None else v.isoformat() if isinstance(v, datetime) else str(v) for v in values)


def opened(key: str, *readers: Callable[[str], Any]) -> list[Any]:
    """The values of a key, None where there was none; raises NotFound for what is no key of this list."""
    words = key.split("~")
    if len(words) != len(readers):
        raise errors.NotFound
    try:
        return [read(word) if word else None for read, word in zip(readers, words, strict=True)]
    except ValueError as error:
        raise errors.NotFound from error


def instant(word: str) -> datetime:
    """The moment in a key, in UTC: it must say its zone, and that may be one that no database knows."""
    value = datetime.fromisoformat(word)
    if value.tzinfo is None:
        raise ValueError("no zone")
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("no time") from error
