"""Keeps the figures of reports: cells are made anew every few seconds, and every night everything is computed again."""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task
from django.db import IntegrityError, OperationalError

from cases.commands import figures, upkeep
from cases.queries import clock
from cases.vocabulary import SYSTEM, Job

log = logging.getLogger(__name__)


@shared_task(name=Job.REFRESH_CELLS.value)
def refresh_cells(**_more: Any) -> None:
    """Make the cells anew of which something changed, until nothing is left to do."""
    try:
        while figures.refresh(at=clock.now(), actor=SYSTEM):
            pass
    except (OperationalError, IntegrityError):
        # Another worker has just made the same cells; what is left, the next sweep finds.
        log.info("cells were made by somebody else meanwhile")
    upkeep.beat(part="figures", at=clock.now(), actor=SYSTEM)


@shared_task(name=Job.CHECK_FIGURES.value)
def check_figures(**_more: Any) -> None:
    """Compute all figures again and report what comes out differently."""
    check = figures.check(at=clock.now(), actor=SYSTEM)
    if check.differed:
        log.error("%s figures differ from what the journals give: %s", check.differed, check.differences)
