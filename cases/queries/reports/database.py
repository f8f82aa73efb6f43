"""Which database reports read: the replica where there is one, never inside a transaction that writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection, connections

REPLICA = "replica"


def alias() -> str:
    """The database to read from; what a transaction has just written it reads where it wrote it."""
    return REPLICA if REPLICA in settings.DATABASES and not connection.in_atomic_block else "default"


@contextmanager
def snapshot() -> Iterator[Any]:
    """A connection beside the thread's own, in one transaction that only reads: the other one may write meanwhile."""
    beside = connections[alias()].copy()
    try:
        beside.set_autocommit(False)
        with beside.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield beside
    finally:
        beside.rollback()
        beside.close()
