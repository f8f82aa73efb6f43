"""Watches the deadlines: notes what was missed, moves what a changed calendar moves, and checks them every night."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from celery import shared_task

from cases.commands import deadline
from cases.queries import clock
from cases.queries import deadline as deadlines
from cases.queries.timing import Times
from cases.vocabulary import SYSTEM, Job

log = logging.getLogger(__name__)

# So many deadlines are noted in one transaction, and so many of those make a run; the next one comes in 30 seconds.
TOGETHER, BATCHES = 100, 100
CASES = 200


@shared_task(name=Job.WATCH_DEADLINES.value)
def watch_deadlines(**_more: Any) -> None:
    """Note what has come due without being met, by the clock of the database."""
    at = clock.now()
    for _batch in range(BATCHES):
        keys = deadlines.to_miss(at, TOGETHER)
        if not keys or not _note(keys, at):
            return


def _note(keys: list[int], at: datetime) -> int:
    """How many of these were noted as missed; one that cannot be holds up no other."""
    try:
        return deadline.note_missed(deadline_ids=keys, at=at, actor=SYSTEM)
    except Exception:
        log.exception("deadlines %s to %s failed together", keys[0], keys[-1])
    noted = 0
    for key in keys:
        try:
            noted += deadline.note_missed(deadline_ids=[key], at=at, actor=SYSTEM)
        except Exception:
            log.exception("deadline %s failed", key)
    return noted


@shared_task(name=Job.MOVE_DEADLINES.value)
def move_deadlines(brand_id: int, **_more: Any) -> None:
    """Compute the open deadlines of a brand again, after one of its calendars changed."""
    at = clock.now()
    for keys in _batches(deadlines.cases_with_deadlines, brand_id):
        try:
            deadline.move(case_ids=keys, at=at, actor=SYSTEM)
        except Exception:
            log.exception("deadlines of cases %s to %s were not moved", keys[0], keys[-1])


@shared_task(name=Job.CHECK_DEADLINES.value)
def check_deadlines(**_more: Any) -> None:
    """Compute all open deadlines again and report what comes out differently.

    First what a lost nudge left is done: the brands whose calendars changed since the last check move.
    """
    began, at = time.monotonic(), clock.now()
    for brand_id in deadlines.changed_since_last_check():
        move_deadlines(brand_id=brand_id)
    checked, found = 0, []
    for brand_id in deadlines.brands():
        times = Times(brand_id)
        for keys in _batches(deadlines.cases_to_check, brand_id):
            checked += len(keys)
            found += deadlines.differences(times, keys, at)
    deadline.note_check(
        checked=checked,
        differed=len(found),
        differences=found,
        took_ms=int((time.monotonic() - began) * 1000),
        at=at,
        actor=SYSTEM,
    )


def _batches(cases: Callable[[int, int, int], list[int]], brand_id: int) -> Iterator[list[int]]:
    after = 0
    while keys := cases(brand_id, after, CASES):
        yield keys
        after = keys[-1]
