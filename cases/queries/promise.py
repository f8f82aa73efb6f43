"""Which promises a clock has to look at, and whom to ask again."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from cases.models import Case, Promise
from cases.rules import promise as rules
from cases.vocabulary import Status


def _open() -> dict[str, bool]:
    return {f"{name}_at__isnull": True for name in ("kept", "moved", "dropped", "broken")}


def overdue(at: datetime, limit: int) -> list[int]:
    """Promises whose day is over and that nobody has kept, moved, dropped or counted as broken; the oldest first."""
    rows = Promise.objects.filter(**_open(), due_at__lte=at).order_by("due_at")
    return list(rows.values_list("pk", flat=True)[:limit])


def to_warn(at: datetime, limit: int) -> list[int]:
    """Promises whose day comes near and of which nobody has been warned."""
    near = Promise.objects.filter(**_open(), due_at__gt=at, due_at__lte=at + rules.WARNING, warned_at__isnull=True)
    rows = near.order_by("due_at").values_list("pk", "made_at", "due_at")
    return list(islice((key for key, made, due in rows.iterator() if rules.warned_from(made, due) <= at), limit))


def to_ask_again(at: datetime, limit: int) -> list[int]:
    """Cases whose complainants are to be asked once more whether it lasted."""
    rows = Case.objects.filter(ask_again_at__lte=at, status=Status.HANDLED).order_by("ask_again_at")
    return list(rows.values_list("pk", flat=True)[:limit])
