"""What only grows: the journal; and what goes out: deliveries; and keys that make a repeat harmless."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from cases.vocabulary import ActorKind, Ask, DeliveryKind, DeliveryStatus, Stream


class Event(models.Model):
    """One line of a journal; the database numbers it and chains it to the one before (I7)."""

    stream = models.CharField(max_length=6, choices=Stream.choices)
    stream_id = models.BigIntegerField()
    seq = models.IntegerField()
    kind = models.CharField(max_length=40)
    version = models.PositiveSmallIntegerField(default=1)
    actor_kind = models.CharField(max_length=12, choices=ActorKind.choices)
    actor_id = models.BigIntegerField(null=True)
    person_id = models.BigIntegerField(null=True)
    payload = models.JSONField(default=dict)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    previous = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stream", "stream_id", "seq"], name="event_once"),
            models.CheckConstraint(condition=Q(stream__in=Stream.values), name="event_stream_known"),
            models.CheckConstraint(condition=Q(actor_kind__in=ActorKind.values), name="event_actor_known"),
        ]


class Delivery(models.Model):
    """One thing to send, written in the transaction that decided it (I9); the row is the queue."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=DeliveryKind.choices, default=DeliveryKind.MAIL)
    purpose = models.CharField(max_length=30)
    brand = models.ForeignKey("cases.Brand", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey("cases.Case", null=True, blank=True, on_delete=models.PROTECT, related_name="deliveries")
    message = models.ForeignKey(
        "cases.Message", null=True, blank=True, on_delete=models.PROTECT, related_name="deliveries"
    )
    action = models.ForeignKey(
        "cases.Action", null=True, blank=True, on_delete=models.PROTECT, related_name="deliveries"
    )
    target = models.ForeignKey(
        "cases.Target", null=True, blank=True, on_delete=models.PROTECT, related_name="deliveries"
    )
    ask = models.CharField(max_length=6, choices=Ask.choices, blank=True)
    recipient = models.CharField(max_length=500)
    subject = models.TextField(null=True)
    body = models.TextField(null=True)
    html = models.TextField(null=True, blank=True)
    export = models.ForeignKey("cases.Export", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=DeliveryStatus.choices, default=DeliveryStatus.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.CheckConstraint(condition=Q(status__in=DeliveryStatus.values), name="delivery_status_known"),
            models.CheckConstraint(
                condition=Q(kind=DeliveryKind.MAIL, action__isnull=True, target__isnull=True, ask="")
                | Q(kind=DeliveryKind.CALL, action__isnull=False, target__isnull=False, ask__in=Ask.values)
                | Q(kind=DeliveryKind.HOOK, action__isnull=True, target__isnull=False, ask=""),
                name="delivery_is_mail_or_call",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(status=DeliveryStatus.QUEUED), name="delivery_due"),
            models.Index(fields=["claimed_at"], condition=Q(status=DeliveryStatus.SENDING), name="delivery_claimed"),
            models.Index(
                fields=["brand", "-id"],
                condition=Q(status__in=[DeliveryStatus.UNKNOWN, DeliveryStatus.FAILED]),
                name="delivery_tray",
            ),
        ]


class IdempotencyKey(models.Model):
    """A program's key, the body it came with and what it led to, written in the command's own transaction."""

    token = models.ForeignKey("cases.ApiToken", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=500)
    body_digest = models.BinaryField(max_length=32)
    status_code = models.PositiveSmallIntegerField(null=True)
    result = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="idempotency_key_once")]


class ImportRun(models.Model):
    """How far an import of one file got, so that it goes on after a kill."""

    channel = models.ForeignKey("cases.Channel", on_delete=models.PROTECT, related_name="+")
    file_digest = models.BinaryField(max_length=32)
    file_name = models.CharField(max_length=255)
    line = models.PositiveBigIntegerField(default=0)
    offset = models.PositiveBigIntegerField(default=0)
    read = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    known = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)


class Heartbeat(models.Model):
    """When a part of the system last said that it lives."""

    part = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()
