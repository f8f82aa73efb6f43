"""Keeps rules at work: hears what happened, sweeps what is due, takes steps, calls people; by the database's clock."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Collection, Mapping
from typing import Any

from celery import shared_task

from cases.commands import escalation
from cases.queries import clock, sweeping
from cases.queries import escalation as queries
from cases.vocabulary import SYSTEM, Job

log = logging.getLogger(__name__)

# So many cues are held against their rules in one transaction, so many ladders go up a step in one, and so many rows
# are taken on by one task.
TOGETHER = 100
STEPS = 25
BATCH = 1000
# A sweep waits for so long for whoever writes just now, and catches up in so many rounds.
PATIENCE = 5.0
ROUNDS = 400


@shared_task(name=Job.SWEEP_RULES.value)
def sweep_rules(**_more: Any) -> None:
    """Find everything that has become due since the last sweep, also after an outage."""
    escalation.claim(at=clock.now(), actor=SYSTEM)
    is_settled = _wait_for(sweeping.writers())
    for _ in range(ROUNDS):
        if not escalation.sweep(is_settled=is_settled, at=clock.now(), actor=SYSTEM):
            return


def _wait_for(before: Collection[str]) -> bool:
    """Whether everybody who wrote when the claim was made has finished."""
    until = time.monotonic() + PATIENCE
    while still := set(before) & sweeping.writers() if before else set():
        if time.monotonic() > until:
            log.warning("%s transactions write for long; what they wrote is looked for again", len(still))
            return False
        time.sleep(0.02)
    return True


@shared_task(name=Job.HEAR_CUES.value)
def hear_cues(*, case_id: int | None = None, **_more: Any) -> None:
    """Hold what has happened and what has become due against the rules, of one case or of all."""
    while True:
        at = clock.now()
        keys = queries.due_cues(at, BATCH, case_id)
        for part in _parted({key: [key] for key in keys}, TOGETHER):
            _hear(part)
        if len(keys) < BATCH:
            return


def _hear(cue_ids: Collection[int]) -> None:
    try:
        escalation.hear_cues(cue_ids=cue_ids, at=clock.now(), actor=SYSTEM)
    except Exception as error:
        log.exception("cues %s failed", list(cue_ids)[:3])
        if len(cue_ids) > 1:
            # One that cannot be heard must not keep the others from being heard.
            for cue_id in cue_ids:
                _hear([cue_id])
            return
        for cue_id in cue_ids:
            escalation.put_off_cue(cue_id=cue_id, error=type(error).__name__, at=clock.now(), actor=SYSTEM)


@shared_task(name=Job.TAKE_STEPS.value)
def take_steps(*, case_id: int | None = None, **_more: Any) -> None:
    """Take every step whose time has come, those of a ladder in their order; of one case or of all."""
    while True:
        ladders = queries.due_steps(clock.now(), BATCH, case_id)
        taken = sum(_take(part) for part in _parted(ladders, STEPS))
        if sum(map(len, ladders.values())) < BATCH or not taken:
            return


def _take(step_ids: Collection[int]) -> int:
    try:
        return escalation.take_steps(step_ids=step_ids, at=clock.now(), actor=SYSTEM)
    except Exception as error:
        log.exception("steps %s failed", list(step_ids)[:3])
        if len(step_ids) > 1:
            return sum(_take([step_id]) for step_id in step_ids)
        for step_id in step_ids:
            escalation.put_off_step(step_id=step_id, error=type(error).__name__, at=clock.now(), actor=SYSTEM)
        return 0


def _parted(rows: Mapping[int, Collection[int]], size: int) -> list[list[int]]:
    """The same parts for every worker, begun at different places: so they seldom wait for each other."""
    parts: dict[int, list[int]] = {}
    for key, ids in rows.items():
        parts.setdefault(key // size, []).extend(ids)
    found = list(parts.values())
    random.shuffle(found)
    return found


@shared_task(name=Job.MAKE_CALLS.value)
def make_calls(*, person_id: int | None = None, **_more: Any) -> None:
    """Make the calls that are due, of one person or of all."""
    for key in [person_id] if person_id is not None else queries.due_calls(clock.now(), BATCH):
        escalation.make_calls(person_id=key, at=clock.now(), actor=SYSTEM)
