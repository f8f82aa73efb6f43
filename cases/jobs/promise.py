"""Watches what was promised to complainants, and asks them again whether it lasted."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from celery import shared_task
from django.utils import timezone

from cases.commands import confirmation, promise
from cases.queries import promise as promises
from cases.vocabulary import SYSTEM, Job

log = logging.getLogger(__name__)

BATCH = 500


@shared_task(name=Job.WATCH_PROMISES.value)
def watch_promises(**_more: Any) -> None:
    """Break what is over, warn of what comes near; each on its own."""
    at = timezone.now()
    _each(promises.overdue(at, BATCH), lambda key: promise.break_promise(promise_id=key, at=at, actor=SYSTEM))
    _each(promises.to_warn(at, BATCH), lambda key: promise.warn(promise_id=key, at=at, actor=SYSTEM))


@shared_task(name=Job.ASK_AGAIN.value)
def ask_again(**_more: Any) -> None:
    """Ask every complainant whose time has come whether it lasted."""
    at = timezone.now()
    _each(promises.to_ask_again(at, BATCH), lambda key: confirmation.ask_again(case_id=key, at=at, actor=SYSTEM))


def _each(keys: Iterable[int], act: Callable[[int], object]) -> None:
    for key in keys:
        try:
            act(key)
        except Exception:
            # One that cannot be done must not keep all later ones from being done.
            log.exception("promise or question %s failed", key)
