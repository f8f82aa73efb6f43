"""Sends saved reports when they are due: each recipient what they may see, and every due date once."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from celery import shared_task
from django.utils import timezone

from cases import errors
from cases.commands import saved_report as commands
from cases.models import SavedReport
from cases.queries.reports import mailed, saved
from cases.queries.reports.mailed import Letter
from cases.vocabulary import SYSTEM, Job

log = logging.getLogger(__name__)

# How many one sweep takes on; the next one comes in a minute.
BATCH = 100


@shared_task(name=Job.MAIL_REPORTS.value)
def mail_reports(**_more: Any) -> None:
    """Write down the mails of every saved report that is due; one that cannot be counted holds up no other."""
    for saved_id in saved.due(timezone.now(), BATCH):
        try:
            _mail(saved_id, timezone.now())
        except errors.Refused as refused:
            # Somebody changed it, or a right, this very moment: the next sweep looks again.
            log.info("saved report %s waits: %s", saved_id, refused.code)
        except Exception:
            log.exception("saved report %s could not be sent", saved_id)


def _mail(saved_id: int, at: datetime) -> None:
    found = SavedReport.objects.select_related("owner").filter(pk=saved_id, is_active=True).first()
    if found is None or found.next_at is None or found.next_at > at:
        return
    if not saved.senders([found.owner_id]):
        commands.stop_sending(saved_id=saved_id, due_at=found.next_at, at=at, actor=SYSTEM)
        return
    # Counted before the transaction, which only finds out whether another worker was faster.
    letters = _letters(found, at)
    commands.mail_report(saved_id=saved_id, due_at=found.next_at, letters=letters, at=at, actor=SYSTEM)


def _letters(found: SavedReport, at: datetime) -> list[Letter]:
    letters = []
    for person in found.recipients.filter(is_active=True).order_by("pk"):
        try:
            letters.append(mailed.letter(found, person, now=at))
        except errors.Refused as refused:
            log.info("saved report %s: nothing for person %s: %s", found.pk, person.pk, refused.code)
    return letters
