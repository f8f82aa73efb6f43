"""Connected systems that carry out actions, and what they said."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Target(models.Model):
    """A business system that carries out actions of some kinds when a signed request asks it to.

    ``mapping`` says under which name each fact goes into the request: name there -> our fact (``rules/request.py``).
    ``timeout`` is in seconds; ``poll_minutes`` 0 never asks how an accepted action stands.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="targets")
    name = models.CharField(max_length=80)
    url = models.URLField(max_length=500)
    secret = models.CharField(max_length=100)
    mapping = models.JSONField(default=dict, blank=True)
    timeout = models.PositiveSmallIntegerField(default=10)
    poll_minutes = models.PositiveSmallIntegerField(default=15)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["brand", "name"], name="target_name_once"),
            models.CheckConstraint(condition=Q(timeout__range=(1, 60)), name="target_timeout_sane"),
        ]


class Callback(models.Model):
    """What a connected system told us by itself, byte for byte; the same thing told again is the same row."""

    target = models.ForeignKey(Target, on_delete=models.PROTECT, related_name="callbacks")
    action = models.ForeignKey(
        "cases.Action", null=True, blank=True, on_delete=models.PROTECT, related_name="callbacks"
    )
    digest = models.BinaryField(max_length=32)
    body = models.BinaryField(null=True)
    times = models.PositiveIntegerField(default=1)
    received_at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["target", "digest"], name="callback_once")]
