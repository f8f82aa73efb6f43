"""Watches for dates that complainants know of and that come near, so that a delay is told before it happens."""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task

from cases.commands import delay
from cases.queries import clock
from cases.queries import delay as delays
from cases.vocabulary import SYSTEM, Job

log = logging.getLogger(__name__)

BATCH = 500


@shared_task(name=Job.WATCH_DELAYS.value)
def watch_delays(**_more: Any) -> None:
    """Tell the owners of what comes near, with a message prepared; each on its own."""
    at = clock.now()
    for key in delays.to_prepare(at, BATCH):
        try:
            delay.prepare(deadline_id=key, at=at, actor=SYSTEM)
        except Exception:
            # One that cannot be prepared must not keep all later ones from being.
            log.exception("a message about deadline %s could not be prepared", key)
