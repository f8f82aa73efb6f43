"""Moves requests on that nobody answered, or that were asked of somebody who can no longer decide them."""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task
from django.utils import timezone

from cases import errors
from cases.commands import approval
from cases.queries import approval as approvals
from cases.vocabulary import SYSTEM, Job

log = logging.getLogger(__name__)
# What one sweep takes on; the next one comes in a minute.
BATCH = 500


@shared_task(name=Job.SWEEP_APPROVALS.value)
def sweep_approvals(**_more: Any) -> None:
    """Pass on what waits for the wrong person; one that cannot be holds up no other."""
    at = timezone.now()
    for approval_id, why in approvals.to_pass_on(at, BATCH):
        try:
            approval.pass_on(approval_id=approval_id, why=why, at=at, actor=SYSTEM)
        except errors.Refused as refusal:
            # Somebody answered it meanwhile, or the case ended.
            log.info("approval %s stays where it is: %s", approval_id, refusal.code)
