"""Runs replays in the background, a chunk at a time, and takes up those that nobody is at."""

from __future__ import annotations

import logging
import time
from typing import Any

from celery import shared_task
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from cases import errors, queue
from cases.commands import replay
from cases.queries import replay as replays
from cases.vocabulary import SYSTEM, Job

log = logging.getLogger(__name__)

# Then the others have their turn: the rest comes back to the end of the queue.
TURN_SECONDS = 10.0


@shared_task(name=Job.RUN_REPLAY.value)
def run_replay(replay_id: int | None = None, **_more: Any) -> None:
    """Go on with one replay; without its id, with every one that has fallen silent."""
    for key in [replay_id] if replay_id is not None else replays.waiting(timezone.now()):
        _go_on(key)


def _go_on(key: int) -> None:
    began = time.monotonic()
    try:
        while replay.run_chunk(replay_id=key, at=timezone.now(), actor=SYSTEM):
            if time.monotonic() - began > TURN_SECONDS:
                queue.after_commit(Job.RUN_REPLAY, replay_id=key)
                return
    except (OperationalError, InterfaceError):
        # The database was away: the sweep takes it up again.
        log.warning("replay %s was interrupted", key, exc_info=True)
    except errors.NotFound:
        # Its draft was thrown away meanwhile.
        return
    except Exception as error:
        log.exception("replay %s failed", key)
        replay.fail_replay(replay_id=key, error=type(error).__name__, at=timezone.now(), actor=SYSTEM)
