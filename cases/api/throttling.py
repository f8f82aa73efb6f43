"""How often a program may call: generous, counted in PostgreSQL with one statement a call."""

from __future__ import annotations

import time

from django.conf import settings
from django.db import connection
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

PER_MINUTE = 3_000
WINDOW = 60

# The table of Django's cache, which drops what has expired; its own keys begin otherwise.
_COUNT = """
    INSERT INTO {table} AS kept (cache_key, value, expires)
    VALUES (%s, '1', now() + interval '2 minutes')
    ON CONFLICT (cache_key) DO UPDATE SET value = (kept.value::bigint + 1)::text
    RETURNING value::bigint
"""


class TokenThrottle(BaseThrottle):
    """So many calls a minute for each token; whoever has none is refused before this is asked."""

    def allow_request(self, request: Request, view: APIView) -> bool:  # noqa: ARG002 - DRF's signature
        """Whether this call is within the minute's measure; it counts either way."""
        if request.auth is None:
            return True
        table = settings.CACHES["default"]["LOCATION"]
        key = f"api-calls:{request.auth.pk}:{int(time.time()) // WINDOW}"
        with connection.cursor() as cursor:
            cursor.execute(_COUNT.format(table=connection.ops.quote_name(table)), [key])
            return int(cursor.fetchone()[0]) <= PER_MINUTE

    def wait(self) -> float:
        """How many seconds until the next minute begins."""
        return WINDOW - time.time() % WINDOW
