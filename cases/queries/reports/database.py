"""Which database reports read: the replica where there is one, never inside a transaction that writes."""

from __future__ import annotations

from django.conf import settings
from django.db import connection

REPLICA = "replica"


def alias() -> str:
    """The database to read from; what a transaction has just written it reads where it wrote it."""
    return REPLICA if REPLICA in settings.DATABASES and not connection.in_atomic_block else "default"
