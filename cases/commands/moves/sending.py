"""Writing down what goes out."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format, number_format

from cases import queue
from cases.models import Case, Delivery, Message
from cases.rules import money
from cases.vocabulary import Job


def post_mail(
    *,
    purpose: str,
    recipient: str,
    subject: str,
    body: str,
    case: Case | None = None,
    message: Message | None = None,
    at: datetime | None = None,
) -> Delivery:
    """Write a mail down inside the caller's transaction and nudge a worker after its commit."""
    at = at or timezone.now()
    delivery = Delivery.objects.create(
        purpose=purpose,
        recipient=recipient,
        # A line break in a subject would begin another header.
        subject=" ".join(subject.split()),
        body=body,
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


def said_amount(amount: Decimal | None, currency: str) -> str:
    """An amount as a person writes it, in the active language: 180.00 €; nothing where there is none."""
    if amount is None:
        return ""
    value = number_format(amount, decimal_pos=money.minor_units(currency), use_l10n=True, force_grouping=True)
    return f"{value}\N{NO-BREAK SPACE}{money.SYMBOLS.get(currency, currency)}"
