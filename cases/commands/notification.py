"""What a person was told: looked at."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from cases.commands import moves
from cases.models import Notification
from cases.vocabulary import Actor


@transaction.atomic(durable=True)
def read_notifications(*, notification_id: int | None = None, at: datetime, actor: Actor) -> int:
    """One notification of the person, or all of them, have been looked at; how many were new.

    It leaves no event: who looked at what is nobody's business.
    """
    unread = Notification.objects.filter(person_id=moves.person_of(actor), read_at__isnull=True)
    return (unread if notification_id is None else unread.filter(pk=notification_id)).update(read_at=at)
