"""What resolves a case: the decision, the actions with their proof, what was promised, and the final answer."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from cases.vocabulary import SETTLED, ActionStatus, AnswerRoute, AnswerStatus, Outcome, Satisfaction, SystemStatus


class Decision(models.Model):
    """Whether the complaint is upheld, and why; a later one supersedes it."""

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="decisions")
    outcome = models.CharField(max_length=14, choices=Outcome.choices)
    reason = models.TextField(null=True)
    by = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    superseded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="decision_outcome_known"),
            models.UniqueConstraint(
                fields=["case"], condition=Q(superseded_at__isnull=True), name="one_decision_stands"
            ),
        ]


class Action(models.Model):
    """A resolution action: what we do for the complainant, by whom, until when, and its proof."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="actions")
    kind = models.ForeignKey("cases.Kind", on_delete=models.PROTECT, related_name="+")
    wording = models.CharField(max_length=300, blank=True)
    status = models.CharField(max_length=18, choices=ActionStatus.choices, default=ActionStatus.PROPOSED)
    is_required = models.BooleanField(default=True)
    owner = models.ForeignKey("cases.User", null=True, blank=True, on_delete=models.PROTECT, related_name="actions")
    team = models.ForeignKey("cases.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    due_at = models.DateTimeField(null=True, blank=True)
    amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey("cases.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    proof_outcome = models.TextField(blank=True)
    proof_reference = models.CharField(max_length=120, blank=True)
    proof_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    proof_on = models.DateField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey("cases.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    waived_at = models.DateTimeField(null=True, blank=True)
    waived_by = models.ForeignKey("cases.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    waiver = models.TextField(blank=True)
    failure = models.TextField(blank=True)
    target = models.ForeignKey("cases.Target", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(null=True, blank=True)
    cancel_asked_at = models.DateTimeField(null=True, blank=True)
    system_status = models.CharField(max_length=10, choices=SystemStatus.choices, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=ActionStatus.values), name="action_status_known"),
            models.CheckConstraint(condition=Q(amount__isnull=True) | Q(amount__gt=0), name="action_amount_positive"),
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(currency__regex=r"^[A-Z]{3}$"), name="action_amount_has_currency"
            ),
            models.CheckConstraint(
                condition=~Q(status=ActionStatus.DONE)
                | (~Q(proof_outcome="") & Q(done_at__isnull=False))
                & (Q(done_by__isnull=False) | Q(target__isnull=False)),
                name="action_done_has_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(status=ActionStatus.WAIVED)
                | (~Q(waiver="") & Q(waived_at__isnull=False, waived_by__isnull=False)),
                name="action_waived_says_who_and_why",
            ),
        ]
        indexes = [
            models.Index(fields=["case", "id"], name="action_of_case"),
            # Reports: by when it was added, all of them, and those that are not settled.
            models.Index(fields=["created_at"], name="action_added"),
            models.Index(fields=["created_at"], condition=~Q(status__in=SETTLED), name="action_unsettled"),
            models.Index(fields=["-waived_at", "-id"], condition=Q(status=ActionStatus.WAIVED), name="action_waived"),
            models.Index(
                fields=["sent_at"],
                condition=Q(status=ActionStatus.IN_PROGRESS, target__isnull=False),
                name="action_sent_out",
            ),
        ]


class Promise(models.Model):
    """What the complainant was told that we do, and by when, in the words they were told; broken is for ever."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="promises")
    action = models.ForeignKey(Action, on_delete=models.PROTECT, related_name="promises")
    text = models.TextField(null=True)
    due_at = models.DateTimeField()
    made_at = models.DateTimeField(default=timezone.now)
    warned_at = models.DateTimeField(null=True, blank=True)
    broken_at = models.DateTimeField(null=True, blank=True)
    kept_at = models.DateTimeField(null=True, blank=True)
    moved_at = models.DateTimeField(null=True, blank=True)
    dropped_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)
    said = models.CharField(max_length=10, choices=Satisfaction.choices, blank=True)
    said_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["action"],
                condition=Q(moved_at__isnull=True, dropped_at__isnull=True),
                name="one_promise_stands",
            ),
            models.CheckConstraint(condition=Q(said__in=["", *Satisfaction.values]), name="promise_said_known"),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(
                    kept_at__isnull=True, moved_at__isnull=True, dropped_at__isnull=True, broken_at__isnull=True
                ),
                name="promise_due",
            ),
            models.Index(fields=["case", "id"], name="promise_of_case"),
            models.Index(fields=["due_at"], name="promise_by_date"),
        ]


class Point(models.Model):
    """One point the complainant raised, and what is decided about it."""

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="points")
    position = models.PositiveSmallIntegerField(default=0)
    raised = models.TextField(null=True)
    outcome = models.CharField(max_length=14, choices=Outcome.choices)
    reason = models.TextField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="point_outcome_known"),
            models.UniqueConstraint(fields=["decision", "position"], name="point_place_once"),
        ]


class Answer(models.Model):
    """The final answer of a case and how far it got."""

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="answers")
    route = models.CharField(max_length=12, choices=AnswerRoute.choices)
    status = models.CharField(max_length=12, choices=AnswerStatus.choices)
    text = models.TextField(null=True)
    parts = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    regime = models.CharField(max_length=80, blank=True)
    message = models.OneToOneField(
        "cases.Message", null=True, blank=True, on_delete=models.PROTECT, related_name="answer"
    )
    reply = models.OneToOneField(
        "cases.PublicReply", null=True, blank=True, on_delete=models.PROTECT, related_name="answer"
    )
    by = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    reached_at = models.DateTimeField(null=True, blank=True)
    superseded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(route__in=AnswerRoute.values), name="answer_route_known"),
            models.CheckConstraint(condition=Q(status__in=AnswerStatus.values), name="answer_status_known"),
            models.CheckConstraint(
                condition=(
                    Q(route=AnswerRoute.PRIVATE, message__isnull=False, reply__isnull=True)
                    | Q(route=AnswerRoute.PUBLIC, reply__isnull=False, message__isnull=True)
                    | Q(route=AnswerRoute.UNREACHABLE, message__isnull=True, reply__isnull=True)
                ),
                name="answer_takes_one_route",
            ),
            models.UniqueConstraint(fields=["case"], condition=Q(superseded_at__isnull=True), name="one_answer_stands"),
        ]
