"""The only way to ask for background work, and to tell open browsers that something changed."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

import redis
from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError as BrokerError

from cases.vocabulary import Job

log = logging.getLogger(__name__)

LIVE = "casedesk:live"
_OPEN_SECONDS = 5.0


class Breaker:
    """Stops asking Redis for a while after it failed, so that a frozen one costs 0.3 s once and not per commit."""

    def __init__(self) -> None:
        self.closed_until = 0.0

    def allows(self) -> bool:
        """Whether Redis may be asked now."""
        return time.monotonic() >= self.closed_until

    def trip(self, error: Exception) -> None:
        """Note a failure."""
        self.closed_until = time.monotonic() + _OPEN_SECONDS
        log.warning("redis is away, work waits for the sweep: %s", error)


_breaker = Breaker()
_client: redis.Redis | None = None


def client() -> redis.Redis:
    """The connection to Redis that this process shares; every call ends within 0.3 s."""
    global _client
    if _client is None:
        _client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.3, socket_connect_timeout=0.3)
    return _client


def after_commit(job: Job, **ids: int | str) -> None:
    """Nudge a job once the transaction is committed; a lost nudge is found by the sweep."""
    transaction.on_commit(lambda: _nudge(job, ids), robust=True)


def _nudge(job: Job, ids: dict[str, int | str]) -> None:
    if not _breaker.allows():
        return
    try:
        current_app.signature(job.value, kwargs=ids).apply_async(retry=False, ignore_result=True)
    except (redis.RedisError, BrokerError, OSError) as error:
        _breaker.trip(error)


def announce(*, brand_id: int, case: str | None, revision: int, restricted: bool = True) -> None:
    """Tell open browsers after the commit that something of this brand changed: ids and a revision, never words.

    Unless the caller knows that everybody of the brand may see the case, each stream asks the visibility rule.
    """
    message: dict[str, Any] = {"brand": brand_id, "case": case, "revision": revision, "restricted": restricted}
    transaction.on_commit(lambda: _publish(message), robust=True)


def announce_rights(*, person_id: int) -> None:
    """Let this person's open streams look again at what they may see, and end when they are signed out."""
    message: dict[str, Any] = {"person": person_id}
    transaction.on_commit(lambda: _publish(message), robust=True)


def _publish(message: dict[str, Any]) -> None:
    if not _breaker.allows():
        return
    try:
        client().publish(LIVE, json.dumps(message))
    except (redis.RedisError, OSError) as error:
        _breaker.trip(error)
