"""The people who complain, and the names they go by in public."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone


class Complainant(models.Model):
    """A person who complained to one brand; what they told one brand, another does not see."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="complainants")
    name = models.CharField(max_length=200, blank=True)
    folded_name = models.CharField(max_length=200, blank=True, db_index=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    language = models.CharField(max_length=8, blank=True)
    is_anonymous = models.BooleanField(default=False)
    on_behalf_of = models.CharField(max_length=200, blank=True)
    mandate = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)


class Handle(models.Model):
    """One account of a complainant on one platform."""

    complainant = models.ForeignKey(Complainant, on_delete=models.PROTECT, related_name="handles")
    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="+")
    platform = models.CharField(max_length=40)
    platform_user = models.CharField(max_length=200)
    name = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["brand", "platform", "platform_user"], name="handle_once"),
        ]
