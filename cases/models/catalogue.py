"""The catalogue of a brand: categories, kinds of action, playbooks with their versions, causes, and the regime."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from cases.vocabulary import Condition, DayUnit, Doer, Proof, Severity, VersionStatus, Wish


class Category(models.Model):
    """What complaints of a brand are about."""

    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="categories")
    code = models.SlugField(max_length=40)
    label = models.JSONField()
    team = models.ForeignKey("cases.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    is_active = models.BooleanField(default=True)
    # What it was called before, with the instant until which: [{"label": {...}, "until": "..."}].
    former = models.JSONField(default=list, blank=True)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name_plural = "categories"
        constraints = [
            models.UniqueConstraint(fields=["brand", "code"], name="category_code_once"),
            models.CheckConstraint(condition=~Q(merged_into=models.F("id")), name="category_not_merged_into_itself"),
        ]


class Kind(models.Model):
    """A sort of resolution action, from the catalogue: what it is called, what proves it and who carries it out.

    Above ``two_people_above``, in the brand's currency, two people must approve; without a ``target`` it is done by
    hand.
    """

    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="kinds")
    code = models.SlugField(max_length=40)
    label = models.JSONField()
    promise = models.JSONField(default=dict, blank=True)
    proof = models.CharField(max_length=10, choices=Proof.choices, default=Proof.OUTCOME)
    has_amount = models.BooleanField(default=False)
    has_goods = models.BooleanField(default=False)
    days = models.PositiveSmallIntegerField(default=5)
    day_unit = models.CharField(max_length=8, choices=DayUnit.choices, default=DayUnit.CALENDAR)
    ask_again_days = models.PositiveSmallIntegerField(null=True, blank=True)
    two_people_above = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    target = models.ForeignKey("cases.Target", null=True, blank=True, on_delete=models.PROTECT, related_name="kinds")
    is_shown = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["brand", "code"], name="kind_code_once"),
            models.CheckConstraint(condition=models.Q(proof__in=Proof.values), name="kind_proof_known"),
            models.CheckConstraint(condition=models.Q(day_unit__in=DayUnit.values), name="kind_day_unit_known"),
        ]


class Playbook(models.Model):
    """Which cases of a brand bring which actions; without a category, a severity or a wish it is for any."""

    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="playbooks")
    category = models.ForeignKey(Category, null=True, blank=True, on_delete=models.PROTECT, related_name="playbooks")
    severities = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    wish = models.CharField(max_length=12, choices=Wish.choices, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["brand", "category", "severities", "wish"], nulls_distinct=False, name="playbook_once"
            ),
            models.CheckConstraint(condition=Q(wish__in=["", *Wish.values]), name="playbook_wish_known"),
        ]


class PlaybookVersion(models.Model):
    """What a playbook brings, as it stood at some time; a case keeps the version it started with."""

    playbook = models.ForeignKey(Playbook, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=8, choices=VersionStatus.choices, default=VersionStatus.DRAFT)
    severity = models.PositiveSmallIntegerField(choices=Severity.choices, default=Severity.MEDIUM)
    made_by = models.ForeignKey("cases.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    live_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["playbook", "number"], name="playbook_version_once"),
            models.UniqueConstraint(
                fields=["playbook"], condition=Q(status=VersionStatus.LIVE), name="playbook_one_version_live"
            ),
            models.CheckConstraint(condition=Q(status__in=VersionStatus.values), name="playbook_version_status_known"),
        ]


class PlaybookAction(models.Model):
    """One action of a version of a playbook: when it applies, who does it, until when, in what words."""

    version = models.ForeignKey(PlaybookVersion, on_delete=models.CASCADE, related_name="actions")
    kind = models.ForeignKey(Kind, on_delete=models.PROTECT, related_name="+")
    is_required = models.BooleanField(default=True)
    condition = models.CharField(max_length=12, choices=Condition.choices, default=Condition.ALWAYS, blank=True)
    doer = models.CharField(max_length=10, choices=Doer.choices, default=Doer.CASE_OWNER)
    team = models.ForeignKey("cases.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    days = models.PositiveSmallIntegerField(null=True, blank=True)
    day_unit = models.CharField(max_length=8, choices=DayUnit.choices, default=DayUnit.CALENDAR)
    amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    wording = models.JSONField(default=dict, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "kind"], name="playbook_kind_once"),
            models.CheckConstraint(condition=Q(condition__in=Condition.values), name="playbook_condition_known"),
            models.CheckConstraint(condition=Q(doer__in=Doer.values), name="playbook_doer_known"),
            models.CheckConstraint(condition=Q(day_unit__in=DayUnit.values), name="playbook_day_unit_known"),
            models.CheckConstraint(condition=Q(amount__isnull=True) | Q(amount__gt=0), name="playbook_amount_positive"),
            models.CheckConstraint(
                condition=Q(doer=Doer.CASE_OWNER) | Q(team__isnull=False), name="playbook_doer_has_its_team"
            ),
        ]


class Cause(models.Model):
    """Why complaints come about, in a short tree for each brand."""

    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="causes")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    code = models.SlugField(max_length=40)
    label = models.JSONField()
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["brand", "code"], name="cause_code_once")]


class Regime(models.Model):
    """What a brand's regulator demands of a final answer, and where the complainant can turn next."""

    brand = models.OneToOneField("cases.Brand", primary_key=True, on_delete=models.PROTECT)
    name = models.CharField(max_length=80)
    source = models.CharField(max_length=200, blank=True)
    demands = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    recourse = models.JSONField(default=dict, blank=True)
    recourse_always = models.BooleanField(default=True)
    answers_first = models.BooleanField(default=True)
    template = models.JSONField(default=dict, blank=True)
