"""Time: calendars with their days, policies, and the deadlines of a case."""

from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from cases.models.visibility import Seer
from cases.vocabulary import Ended, Goal, Needs, Start, Unit


class Calendar(models.Model):
    """When a brand, or some of its teams, are at work; ``week`` is ``{"mon": [["09:00", "17:00"]], ...}``."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="calendars")
    name = models.CharField(max_length=80)
    zone = models.CharField(max_length=64)
    week = models.JSONField()
    country = models.CharField(max_length=2, blank=True)
    region = models.CharField(max_length=12, blank=True)
    is_default = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint("brand", models.functions.Lower("name"), name="calendar_name_once"),
            models.UniqueConstraint(fields=["brand"], condition=Q(is_default=True), name="calendar_one_default"),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(is_active=True), name="calendar_default_is_active"
            ),
        ]


class CalendarDay(models.Model):
    """A day that is not like the others of its weekday: closed, with hours of its own (a shift), or with breaks."""

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    is_closed = models.BooleanField(default=False)
    hours = models.JSONField(null=True, blank=True)
    breaks = models.JSONField(default=list, blank=True)
    label = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["calendar", "day"], name="calendar_day_once")]


class Policy(models.Model):
    """Which deadline cases of a sort have; never changed, only ended and replaced, so that what began under it stays.

    No categories, severities or sorts means any. ``extend_amount`` is added to the date the deadline first had.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="policies")
    name = models.JSONField()
    pack = models.CharField(max_length=20, blank=True)
    source = models.CharField(max_length=200, blank=True)
    goal = models.CharField(max_length=12, choices=Goal.choices)
    start = models.CharField(max_length=12, choices=Start.choices)
    amount = models.PositiveIntegerField()
    unit = models.CharField(max_length=12, choices=Unit.choices)
    calendar = models.ForeignKey(Calendar, null=True, blank=True, on_delete=models.PROTECT, related_name="policies")
    end_of_day = models.BooleanField(default=False)
    next_day_counts = models.BooleanField(default=False)
    pauses = models.BooleanField(default=False)
    again = models.BooleanField(default=False)
    superseded_by_answer = models.BooleanField(default=False)
    extends = models.CharField(max_length=6, choices=Needs.choices, blank=True)
    extend_amount = models.PositiveIntegerField(default=0)
    extend_unit = models.CharField(max_length=12, choices=Unit.choices, blank=True)
    category_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    severities = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    sorts = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    made_by = models.ForeignKey("cases.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    replaces = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "policies"
        constraints = [
            models.CheckConstraint(condition=Q(goal__in=Goal.values) & ~Q(goal=Goal.PROMISE), name="policy_goal_known"),
            models.CheckConstraint(condition=Q(start__in=Start.values), name="policy_start_known"),
            models.CheckConstraint(condition=Q(unit__in=Unit.values), name="policy_unit_known"),
            models.CheckConstraint(condition=Q(amount__range=(1, 100_000)), name="policy_amount_positive"),
            models.CheckConstraint(
                condition=Q(extends="", extend_amount=0, extend_unit="")
                | Q(extends__in=[Needs.REASON, Needs.NOTICE], extend_amount__gt=0, extend_unit__in=Unit.values),
                name="policy_extension_fits",
            ),
        ]
        indexes = [models.Index(fields=["brand"], condition=Q(ended_at__isnull=True), name="policy_of_brand")]


class Deadlines(models.QuerySet["Deadline"]):
    """Deadlines, filtered."""

    def visible_to(self, seer: Seer) -> Self:
        """Those of cases the person may open (I11)."""
        return self.filter(seer.cases("case__"), brand_id__in=seer.brand_ids)

    def unmet(self) -> Self:
        """Those that something still has to meet, late or not."""
        return self.filter(met_at__isnull=True, ended_at__isnull=True)


class Deadline(models.Model):
    """What must have happened in a case by when, from a policy or a promise; what met it, or how late, for ever."""

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="deadlines")
    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="+")
    policy = models.ForeignKey(Policy, null=True, blank=True, on_delete=models.PROTECT, related_name="deadlines")
    promise = models.ForeignKey(
        "cases.Promise", null=True, blank=True, on_delete=models.PROTECT, related_name="deadlines"
    )
    goal = models.CharField(max_length=12, choices=Goal.choices)
    round = models.PositiveSmallIntegerField(default=1)
    started_at = models.DateTimeField()
    first_due_at = models.DateTimeField()
    due_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_seconds = models.PositiveIntegerField(default=0)
    met_at = models.DateTimeField(null=True, blank=True)
    met_by = models.BigIntegerField(null=True, blank=True)
    missed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended = models.CharField(max_length=10, choices=Ended.choices, blank=True)

    objects: ClassVar[models.Manager[Deadline]] = Deadlines.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(goal__in=Goal.values), name="deadline_goal_known"),
            models.CheckConstraint(
                condition=Q(policy__isnull=False, promise__isnull=True)
                | Q(policy__isnull=True, promise__isnull=False, goal=Goal.PROMISE),
                name="deadline_from_policy_or_promise",
            ),
            models.CheckConstraint(
                condition=Q(met_at__isnull=True, met_by__isnull=True) | Q(met_at__isnull=False, met_by__isnull=False),
                name="deadline_met_by_an_event",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended="") | Q(ended_at__isnull=False, ended__in=Ended.values),
                name="deadline_ended_says_why",
            ),
            models.CheckConstraint(
                condition=Q(missed_at__isnull=True) | Q(missed_at=models.F("due_at")), name="deadline_missed_when_due"
            ),
            models.UniqueConstraint(
                fields=["case", "policy", "promise", "round"], nulls_distinct=False, name="deadline_once"
            ),
        ]
        indexes = [
            # The sweeps: what is due of one brand and goal, in order; and what nobody noted as missed yet.
            models.Index(
                fields=["brand", "goal", "due_at"],
                condition=Q(met_at__isnull=True, ended_at__isnull=True, paused_at__isnull=True),
                name="deadline_open",
            ),
            models.Index(
                fields=["due_at"],
                condition=Q(met_at__isnull=True, ended_at__isnull=True, paused_at__isnull=True, missed_at__isnull=True),
                name="deadline_to_miss",
            ),
            models.Index(fields=["brand", "due_at"], name="deadline_by_date"),
        ]


class Extension(models.Model):
    """A deadline was given a later date: why, by whom, and how the complainant was told."""

    deadline = models.ForeignKey(Deadline, on_delete=models.PROTECT, related_name="extensions")
    due_before = models.DateTimeField()
    due_after = models.DateTimeField()
    reason = models.TextField(null=True)
    message = models.ForeignKey("cases.Message", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)


class DeadlineCheck(models.Model):
    """One run of the nightly check: how many open deadlines were computed again, and which came out differently."""

    at = models.DateTimeField(default=timezone.now)
    checked = models.PositiveIntegerField(default=0)
    differed = models.PositiveIntegerField(default=0)
    differences = models.JSONField(default=list, blank=True)
    took_ms = models.PositiveIntegerField(default=0)
