"""Sends what is queued: claim, talk to the mail server or the connected system outside any transaction, mark."""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task
from django.core.files.storage import default_storage
from django.utils import timezone

from cases.channels import mailer
from cases.commands import delivery
from cases.jobs import carrying
from cases.queries import delivery as deliveries
from cases.queries.reports.attached import Attached
from cases.vocabulary import SYSTEM, Job

log = logging.getLogger(__name__)

# How many one sweep takes on; the next one comes in seconds.
BATCH = 500
# A nudge that no worker took by then falls away: a later sweep nudges again, so messages never pile up.
NUDGE_SECONDS = 30


@shared_task(name=Job.SEND_DELIVERY.value)
def send_delivery(*, delivery_id: int, **_more: Any) -> None:
    """Send one delivery, if it is due and nobody else has it."""
    claimed = delivery.claim(delivery_id=delivery_id, at=timezone.now(), actor=SYSTEM)
    if isinstance(claimed, delivery.Call):
        carrying.make(claimed)
    elif isinstance(claimed, delivery.Hook):
        carrying.tell(claimed)
    elif claimed is not None:
        _mark(claimed, _send(claimed))


def _send(mail: delivery.Mail) -> mailer.Outcome:
    try:
        file = _file(mail.attached) if mail.attached and mail.attached.key else None
    except OSError as error:
        # The storage is away: the mail waits for its file.
        return mailer.TemporaryFailure(f"The file of the mail cannot be read: {error.strerror or error}")
    return mailer.send(_letter(mail, file))


def _file(attached: Attached) -> mailer.File:
    with default_storage.open(attached.key) as stored:
        return mailer.File(attached.name, attached.media_type, bytes(stored.read()))


def _letter(mail: delivery.Mail, file: mailer.File | None) -> mailer.Letter:
    return mailer.Letter(
        public_id=mail.public_id,
        recipient=mail.recipient,
        subject=mail.subject,
        text=mail.body,
        sender=mail.sender,
        is_automatic=mail.is_automatic,
        html=mail.html,
        files=(file,) if file else (),
    )


def _mark(mail: delivery.Mail, outcome: mailer.Outcome) -> None:
    at = timezone.now()
    if isinstance(outcome, mailer.Sent):
        delivery.mark_sent(delivery_id=mail.delivery_id, claimed_at=mail.claimed_at, at=at, actor=SYSTEM)
        return
    log.warning("delivery %s: %s: %s", mail.delivery_id, type(outcome).__name__, outcome.reason)
    if isinstance(outcome, mailer.Unknown):
        delivery.mark_unknown(
            delivery_id=mail.delivery_id, claimed_at=mail.claimed_at, error=outcome.reason, at=at, actor=SYSTEM
        )
    else:
        delivery.mark_failed(
            delivery_id=mail.delivery_id,
            claimed_at=mail.claimed_at,
            error=outcome.reason,
            is_final=isinstance(outcome, mailer.PermanentFailure),
            at=at,
            actor=SYSTEM,
        )


@shared_task(name=Job.SWEEP_DELIVERIES.value)
def sweep_deliveries(**_more: Any) -> None:
    """Find what a lost nudge or a dead worker left: nudge what is due again, hand what is unsure to a person."""
    at = timezone.now()
    for delivery_id in deliveries.held_too_long(at - delivery.LEASE):
        delivery.end_lease(delivery_id=delivery_id, at=at, actor=SYSTEM)
    # Each is sent by a task of its own, so that a slow or poisonous one holds up no other.
    for delivery_id in deliveries.due(at, BATCH):
        send_delivery.apply_async(kwargs={"delivery_id": delivery_id}, expires=NUDGE_SECONDS, retry=False)
