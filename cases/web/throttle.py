"""How often one address may send something without an account; kept in PostgreSQL, so a restart forgets nothing."""

from __future__ import annotations

import time

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

HOUR = 3600


def is_over(request: HttpRequest, what: str, limit: int, within: int = HOUR) -> bool:
    """Count this request; whether it is one too many from its address in this span of time."""
    address = salted_hmac("casedesk.throttle", str(request.META.get("REMOTE_ADDR", ""))).hexdigest()[:32]
    key = f"throttle:{what}:{address}:{int(time.time()) // within}"
    count = int(cache.get(key, 0)) + 1
    cache.set(key, count, within)
    return count > limit
