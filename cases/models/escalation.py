"""Escalation: rules with versions, what they did to which case on which occasion, whom they called, and replays."""

from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from cases.models.visibility import Seer
from cases.vocabulary import (
    By,
    CallStatus,
    EscalationStatus,
    Missed,
    Reason,
    ReplayStatus,
    StepKind,
    StepStatus,
    Stop,
    VersionStatus,
    When,
)


class Tag(models.Model):
    """A word of a brand's own that is put on cases."""

    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="tags")
    name = models.CharField(max_length=40)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint("brand", Lower("name"), name="tag_name_once")]


class CaseTag(models.Model):
    """A tag on a case; taken off, the row goes and the journal remembers."""

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="tags")
    tag = models.ForeignKey(Tag, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "tag"], name="case_tag_once")]


class Rule(models.Model):
    """An escalation rule of a brand; what it does stands in its versions, of which at most one is live."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="rules")
    name = models.CharField(max_length=80)
    position = models.PositiveIntegerField(default=0)
    paused_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    revision = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint("brand", Lower("name"), condition=Q(retired_at__isnull=True), name="rule_name_once")
        ]
        indexes = [models.Index(fields=["brand", "position", "id"], name="rule_order")]


class RuleVersion(models.Model):
    """What a rule looks for and does, as it stood at some time; live and retired ones never change.

    A rule that waits for the clock looks at deadlines or standings up to an instant: ``swept_from`` is the instant at
    which it began to look, ``swept_to`` how far it has come; both in terms of the due date or the beginning it
    watches. ``watched`` is the goal or the standing.
    """

    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, related_name="versions")
    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=8, choices=VersionStatus.choices, default=VersionStatus.DRAFT)
    when = models.CharField(max_length=16, choices=When.choices)
    trigger = models.JSONField(default=dict, blank=True)
    condition = models.JSONField(default=dict, blank=True)
    steps = models.JSONField(default=list)
    stop = models.CharField(max_length=12, choices=Stop.choices, blank=True)
    missed = models.CharField(max_length=4, choices=Missed.choices, default=Missed.LATE)
    made_by = models.ForeignKey("cases.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    live_by = models.ForeignKey("cases.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    live_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    watched = models.CharField(max_length=12, blank=True)
    swept_from = models.DateTimeField(null=True, blank=True)
    swept_to = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule", "number"], name="rule_version_once"),
            models.UniqueConstraint(
                fields=["rule"], condition=Q(status=VersionStatus.LIVE), name="rule_one_version_live"
            ),
            models.UniqueConstraint(fields=["rule"], condition=Q(status=VersionStatus.DRAFT), name="rule_one_draft"),
            models.CheckConstraint(condition=Q(status__in=VersionStatus.values), name="rule_version_status_known"),
            models.CheckConstraint(condition=Q(when__in=When.values), name="rule_version_when_known"),
            models.CheckConstraint(condition=Q(missed__in=Missed.values), name="rule_version_missed_known"),
            models.CheckConstraint(condition=Q(stop__in=["", *Stop.values]), name="rule_version_stop_known"),
        ]
        indexes = [
            models.Index(fields=["brand", "when"], condition=Q(status=VersionStatus.LIVE), name="rule_version_live")
        ]


class Cue(models.Model):
    """An event that a live rule waits for, written by the database with the event; the row is the queue."""

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(RuleVersion, on_delete=models.PROTECT, related_name="+")
    event = models.ForeignKey("cases.Event", null=True, on_delete=models.PROTECT, related_name="+")
    deadline = models.ForeignKey("cases.Deadline", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    try_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["try_at"], name="cue_due")]


class Escalations(models.QuerySet["Escalation"]):
    """Escalations, filtered."""

    def visible_to(self, seer: Seer) -> Self:
        """Those of cases the person may open (I11)."""
        return self.filter(seer.cases("case__"), brand_id__in=seer.brand_ids)


class Escalation(models.Model):
    """A rule matched a case on an occasion: which version, when, and where its ladder stands (I10).

    ``matched_at`` is the instant it was for, ``noticed_at`` when it was seen; ``depth`` counts the rules that set each
    other off before it.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="escalations")
    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, related_name="escalations")
    version = models.ForeignKey(RuleVersion, on_delete=models.PROTECT, related_name="escalations")
    occasion = models.CharField(max_length=60)
    event = models.ForeignKey("cases.Event", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    deadline = models.ForeignKey(
        "cases.Deadline", null=True, blank=True, on_delete=models.PROTECT, related_name="escalations"
    )
    matched_at = models.DateTimeField()
    noticed_at = models.DateTimeField(default=timezone.now)
    status = models.CharField(max_length=10, choices=EscalationStatus.choices, default=EscalationStatus.RUNNING)
    reason = models.CharField(max_length=8, choices=Reason.choices, blank=True)
    depth = models.PositiveSmallIntegerField(default=0)
    saw = models.JSONField(default=dict, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    was_useful = models.BooleanField(null=True, blank=True)

    objects: ClassVar[models.Manager[Escalation]] = Escalations.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule", "case", "occasion"], name="escalation_once_per_occasion"),
            models.CheckConstraint(condition=Q(status__in=EscalationStatus.values), name="escalation_status_known"),
            models.CheckConstraint(condition=Q(reason__in=["", *Reason.values]), name="escalation_reason_known"),
        ]
        indexes = [
            models.Index(fields=["case", "-id"], name="escalation_of_case"),
            models.Index(fields=["rule", "-id"], name="escalation_of_rule"),
            models.Index(fields=["brand", "-id"], name="escalation_of_brand"),
            models.Index(fields=["brand", "matched_at"], name="escalation_by_date"),
        ]


class EscalationStep(models.Model):
    """One rung of a ladder on one occasion: when it is due, what became of it, and why not."""

    escalation = models.ForeignKey(Escalation, on_delete=models.PROTECT, related_name="steps")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=StepKind.choices)
    due_at = models.DateTimeField()
    status = models.CharField(max_length=7, choices=StepStatus.choices, default=StepStatus.PENDING)
    reason = models.CharField(max_length=8, choices=Reason.choices, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    is_late = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    did = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["escalation", "number"], name="escalation_step_once"),
            models.CheckConstraint(condition=Q(status__in=StepStatus.values), name="escalation_step_status_known"),
            models.CheckConstraint(condition=Q(kind__in=StepKind.values), name="escalation_step_kind_known"),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(status=StepStatus.PENDING), name="escalation_step_due")]


class Call(models.Model):
    """A rule calls a person about a case; held back when the person has been called too often this hour."""

    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="+")
    step = models.ForeignKey(EscalationStep, on_delete=models.PROTECT, related_name="calls")
    person = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="calls")
    by = models.CharField(max_length=9, choices=By.choices)
    status = models.CharField(max_length=7, choices=CallStatus.choices)
    call_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["step", "person"], name="call_once"),
            models.CheckConstraint(condition=Q(status__in=CallStatus.values), name="call_status_known"),
            models.CheckConstraint(
                condition=~Q(status=CallStatus.MADE) | Q(made_at__isnull=False), name="call_made_says_when"
            ),
        ]
        indexes = [
            models.Index(
                fields=["call_at"], condition=Q(status__in=[CallStatus.WAITING, CallStatus.HELD]), name="call_due"
            ),
            models.Index(fields=["person", "-made_at"], condition=Q(status=CallStatus.MADE), name="call_of_person"),
        ]


class Replay(models.Model):
    """A draft, beside the live rules, run through the recorded past: how far it is, and what came out."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(RuleVersion, on_delete=models.PROTECT, related_name="replays")
    starts_on = models.DateField()
    ends_on = models.DateField()
    status = models.CharField(max_length=9, choices=ReplayStatus.choices, default=ReplayStatus.QUEUED)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=dict, blank=True)
    error = models.TextField(blank=True)
    asked_by = models.ForeignKey("cases.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    beat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=ReplayStatus.values), name="replay_status_known"),
            models.CheckConstraint(condition=Q(ends_on__gte=models.F("starts_on")), name="replay_ends_after_start"),
        ]
        indexes = [models.Index(fields=["version", "-id"], name="replay_of_version")]


class ReplayAct(models.Model):
    """One step that a replay found: on which case, when, whom it would have called, and how people really reacted."""

    replay = models.ForeignKey(Replay, on_delete=models.CASCADE, related_name="acts")
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(RuleVersion, on_delete=models.PROTECT, related_name="+")
    is_draft = models.BooleanField()
    step = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    person = models.ForeignKey("cases.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reacted_at = models.DateTimeField(null=True, blank=True)
    saw = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = [models.Index(fields=["replay", "is_draft", "at"], name="replay_act_order")]
