"""What the timetable does around the clock: the sign of life, invitations that ran out, files that nothing names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from celery import shared_task
from django.core.files.storage import default_storage
from django.utils import timezone

from cases.commands import invitation, upkeep
from cases.models import Invitation
from cases.vocabulary import SYSTEM, InvitationStatus, Job

# A file is stored before its row is written; whoever still has none after this long never gets one.
ORPHANED_AFTER = timedelta(days=1)
BATCH = 500
FOLDER, NAME = re.compile(r"[0-9a-f]{4}"), re.compile(r"[A-Za-z0-9_-]{43}")


@shared_task(name=Job.HEARTBEAT.value)
def heartbeat(**_more: Any) -> None:
    """Say that a worker lives."""
    upkeep.beat(part="worker", at=timezone.now(), actor=SYSTEM)


@shared_task(name=Job.EXPIRE_INVITATIONS.value)
def expire_invitations(**_more: Any) -> None:
    """End every invitation whose time is over, each on its own."""
    at = timezone.now()
    overdue = Invitation.objects.filter(status=InvitationStatus.SENT, expires_at__lte=at).order_by("expires_at")
    for invitation_id in overdue.values_list("pk", flat=True)[:BATCH]:
        invitation.expire(invitation_id=invitation_id, at=at, actor=SYSTEM)


@shared_task(name=Job.SWEEP_FILES.value)
def sweep_files(**_more: Any) -> None:
    """Drop stored files that never got a row."""
    at = timezone.now()
    keys: list[str] = []
    for key in _old_files(at - ORPHANED_AFTER):
        keys.append(key)
        if len(keys) == BATCH:
            upkeep.drop_files(keys=keys, at=at, actor=SYSTEM)
            keys = []
    if keys:
        upkeep.drop_files(keys=keys, at=at, actor=SYSTEM)


def _old_files(before: datetime) -> Iterator[str]:
    """The keys of our files that were stored before an instant; what is not named like ours is not ours to drop."""
    try:
        folders = default_storage.listdir("")[0]
    except FileNotFoundError:
        return
    for folder in filter(FOLDER.fullmatch, folders):
        for name in filter(NAME.fullmatch, default_storage.listdir(folder)[1]):
            key = f"{folder}/{name}"
            if default_storage.get_modified_time(key) < before:
                yield key
