"""Writing down what goes out."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format

from cases import queue
from cases.models import Case, Delivery, Export, Message
from cases.vocabulary import Job


def post_mail(
    *,
    purpose: str,
    recipient: str,
    subject: str,
    body: str,
    html: str | None = None,
    export: Export | None = None,
    case: Case | None = None,
    message: Message | None = None,
    at: datetime | None = None,
) -> Delivery:
    """Write a mail down inside the caller's transaction and nudge a worker after its commit.

    One with an export waits until that has ended, and takes its file along.
    """
    at = at or timezone.now()
    delivery = Delivery.objects.create(
        purpose=purpose,
        recipient=recipient,
        # A line break in a subject would begin another header.
        subject=" ".join(subject.split()),
        body=body,
        html=html,
        export=export,
        case=case,
        brand_id=case.brand_id if case else None,
        message=message,
        due_at=at,
        created_at=at,
    )
    queue.after_commit(Job.SEND_DELIVERY, delivery_id=delivery.pk)
    return delivery


def said_date(at: datetime, zone: str) -> str:
    """An instant as a person writes it, in the active language, with the zone it is meant in."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{date_format(local, 'DATETIME_FORMAT')} ({zone})"
