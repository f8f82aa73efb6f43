"""What an admin sets up of a brand: itself, its channels and its teams."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from cases.vocabulary import NOT_PUBLIC, ChannelKind, RuleLimits


class Brand(models.Model):
    """Whose name is at stake."""

    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=40, unique=True)
    prefix = models.CharField(max_length=4, unique=True, validators=[RegexValidator(r"^[A-Z]{2,4}$")])
    language = models.CharField(max_length=8, default="en")
    zone = models.CharField(max_length=64, default="Europe/Paris")
    currency = models.CharField(max_length=3, default="EUR")
    calls_an_hour = models.PositiveSmallIntegerField(default=RuleLimits.CALLS_AN_HOUR.value)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(prefix__regex=r"^[A-Z]{2,4}$"), name="brand_prefix"),
            models.CheckConstraint(condition=models.Q(calls_an_hour__gte=1), name="brand_calls_an_hour_positive"),
        ]


class Counter(models.Model):
    """The next reference number of a brand; taken last in a transaction."""

    brand = models.OneToOneField(Brand, primary_key=True, on_delete=models.PROTECT)
    next_number = models.PositiveIntegerField(default=1)


class Team(models.Model):
    """People of a brand who share work, and the one who leads them."""

    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="teams")
    name = models.CharField(max_length=80)
    lead = models.ForeignKey("cases.User", null=True, blank=True, on_delete=models.PROTECT, related_name="leads")
    on_duty = models.ForeignKey("cases.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    calendar = models.ForeignKey(
        "cases.Calendar", null=True, blank=True, on_delete=models.PROTECT, related_name="teams"
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint("brand", Lower("name"), name="team_name_once")]


class Channel(models.Model):
    """Where the public speaks to one brand, and where we answer."""

    brand = models.ForeignKey(Brand, on_delete=models.PROTECT, related_name="channels")
    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=40)
    kind = models.CharField(max_length=12, choices=ChannelKind.choices)
    platform = models.CharField(max_length=40)
    is_complaints_only = models.BooleanField(default=False)
    default_category = models.ForeignKey(
        "cases.Category", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    default_team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["brand", "slug"], name="channel_slug_once"),
            models.CheckConstraint(condition=models.Q(kind__in=ChannelKind.values), name="channel_kind_known"),
        ]

    @property
    def is_public(self) -> bool:
        """Whether an audience reads what is said here."""
        return self.kind not in NOT_PUBLIC
