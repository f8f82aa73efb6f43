"""The one clock that rules go by: the database's, whatever the workers' say."""

from __future__ import annotations

from datetime import datetime

from django.db import connection


def now() -> datetime:
    """The instant, by the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        at: datetime = cursor.fetchone()[0]
    return at
