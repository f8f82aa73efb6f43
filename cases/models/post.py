"""Public statements as received, what was seen of them later, and what triage made of them."""

from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from cases.models.visibility import Seer
from cases.vocabulary import ObservationKind, PostKind, Precision, RawStatus, Severity


class Raw(models.Model):
    """What arrived, byte for byte, stored before anything else is done with it."""

    channel = models.ForeignKey("cases.Channel", on_delete=models.PROTECT, related_name="+")
    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="+")
    external_id = models.CharField(max_length=255)
    digest = models.BinaryField(max_length=32)
    body = models.BinaryField(null=True)
    received_at = models.DateTimeField(default=timezone.now)
    status = models.CharField(max_length=10, choices=RawStatus.choices, default=RawStatus.STORED)
    reason = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "external_id", "digest"], name="raw_once"),
            models.CheckConstraint(condition=Q(status__in=RawStatus.values), name="raw_status_known"),
        ]
        indexes = [
            models.Index(fields=["brand", "-id"], condition=~Q(status=RawStatus.PROCESSED), name="raw_unprocessed")
        ]


class CasePost(models.Model):
    """A post's place in a case; at most one at a time."""

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="links")
    post = models.ForeignKey("cases.Post", on_delete=models.PROTECT, related_name="links")
    joined_at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["post"], condition=Q(left_at__isnull=True), name="post_in_one_case")
        ]


def visible(seer: Seer, key: str = "pk") -> Q:
    """The condition on a post named by ``key``: of the person's brands, and not in a case that is closed to them."""
    hidden = CasePost.objects.filter(post_id=OuterRef(key), left_at__isnull=True).exclude(seer.cases("case__"))
    return Q(brand_id__in=seer.brand_ids) & ~Q(Exists(hidden))


class Posts(models.QuerySet["Post"]):
    """Posts, filtered."""

    def visible_to(self, seer: Seer) -> Self:
        """Those the person may open (I11): of their brands, and not in a case that is closed to them."""
        return self.filter(visible(seer))


class Post(models.Model):
    """A public statement, verbatim; never changed, never deleted (I1)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="posts")
    channel = models.ForeignKey("cases.Channel", on_delete=models.PROTECT, related_name="posts")
    handle = models.ForeignKey("cases.Handle", null=True, on_delete=models.PROTECT, related_name="posts")
    external_id = models.CharField(max_length=255)
    raw = models.OneToOneField(Raw, on_delete=models.PROTECT, related_name="post")
    text = models.TextField(null=True)
    text_rule = models.PositiveSmallIntegerField(default=1)
    salt = models.BinaryField(max_length=16, null=True)
    digest = models.BinaryField(max_length=32)
    wish = models.TextField(null=True, blank=True)
    language = models.CharField(max_length=8, blank=True)
    url = models.TextField(blank=True)
    posted_at = models.DateTimeField()
    precision = models.CharField(max_length=8, choices=Precision.choices, default=Precision.INSTANT)
    received_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[models.Manager[Post]] = Posts.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "external_id"], name="post_once"),
            models.CheckConstraint(condition=Q(precision__in=Precision.values), name="post_precision_known"),
        ]
        indexes = [
            models.Index(fields=["handle", "-id"], name="post_of_handle"),
            models.Index(fields=["brand", "received_at"], name="post_by_date"),
        ]


class Erasure(models.Model):
    """The record that the personal words of a post were erased, when, by whom and on what ground."""

    post = models.OneToOneField(Post, on_delete=models.PROTECT, related_name="erasure")
    by = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="+")
    ground = models.CharField(max_length=120)
    at = models.DateTimeField(default=timezone.now)


class Observation(models.Model):
    """What was seen of a post after it arrived; it stands beside the post and changes nothing in it."""

    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="observations")
    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=14, choices=ObservationKind.choices)
    at = models.DateTimeField()
    views = models.PositiveBigIntegerField(null=True, blank=True)
    shares = models.PositiveBigIntegerField(null=True, blank=True)
    text = models.TextField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey("cases.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ObservationKind.values), name="observation_kind_known"),
            models.CheckConstraint(
                condition=~Q(kind=ObservationKind.REACH) | Q(views__isnull=False) | Q(shares__isnull=False),
                name="observation_reach_counts",
            ),
        ]
        indexes = [models.Index(fields=["post", "at"], name="observation_of_post")]


class Triages(models.QuerySet["Triage"]):
    """Triage rows, filtered."""

    def visible_to(self, seer: Seer) -> Self:
        """Those of posts the person may open."""
        return self.filter(visible(seer, "post_id"), brand_id__in=seer.brand_ids)

    def untriaged(self) -> Self:
        """Those nobody has looked at."""
        return self.filter(kind__isnull=True)

    def unanswered(self) -> Self:
        """Praise and questions that nobody has answered."""
        return self.filter(kind__in=[PostKind.PRAISE, PostKind.QUESTION], answered_at__isnull=True)


class Triage(models.Model):
    """What a post was found to be: the part of our knowledge about it that may change."""

    post = models.OneToOneField(Post, primary_key=True, on_delete=models.PROTECT, related_name="triage")
    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=PostKind.choices, null=True, blank=True)
    category = models.ForeignKey("cases.Category", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    severity = models.PositiveSmallIntegerField(choices=Severity.choices, null=True, blank=True)
    suggested_case = models.ForeignKey(
        "cases.Case", null=True, blank=True, on_delete=models.PROTECT, related_name="suggestions"
    )
    triaged_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey("cases.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    passed_to = models.ForeignKey("cases.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[models.Manager[Triage]] = Triages.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__isnull=True) | Q(kind__in=PostKind.values), name="triage_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(severity__isnull=True) | Q(severity__range=(1, 4)), name="triage_severity_known"
            ),
        ]
        indexes = [
            models.Index(fields=["brand", "-post"], condition=Q(kind__isnull=True), name="triage_todo"),
            models.Index(
                fields=["brand", "-post"],
                condition=Q(kind__in=["praise", "question"], answered_at__isnull=True),
                name="triage_unanswered",
            ),
        ]
