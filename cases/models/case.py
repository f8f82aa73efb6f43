"""The case: our work on one complainant's dispute."""

from __future__ import annotations

import uuid
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from cases.models.visibility import Seer
from cases.vocabulary import NEVER, OWNED, UNHANDLED, Goal, Severity, Status, Wish


class Cases(models.QuerySet["Case"]):
    """Cases, filtered."""

    def visible_to(self, seer: Seer) -> Self:
        """Those the person may open (I11)."""
        return self.filter(seer.cases())

    def unhandled(self) -> Self:
        """Those that still need work."""
        return self.filter(status__in=UNHANDLED)

    def owned_by(self, person_id: int) -> Self:
        """Those this person answers for."""
        return self.filter(owner_id=person_id)

    def of_teams(self, team_ids: frozenset[int]) -> Self:
        """Those of these teams."""
        return self.filter(team_id__in=sorted(team_ids))


class Case(models.Model):
    """Our work on one complainant's dispute; one owner answers for it."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="cases")
    reference = models.CharField(max_length=16, unique=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.NEW)
    owner = models.ForeignKey("cases.User", null=True, blank=True, on_delete=models.PROTECT, related_name="cases")
    team = models.ForeignKey("cases.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="cases")
    complainant = models.ForeignKey("cases.Complainant", on_delete=models.PROTECT, related_name="cases")
    channel = models.ForeignKey("cases.Channel", on_delete=models.PROTECT, related_name="cases")
    category = models.ForeignKey("cases.Category", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    severity = models.PositiveSmallIntegerField(choices=Severity.choices, default=Severity.MEDIUM)
    wish = models.CharField(max_length=12, choices=Wish.choices, blank=True)
    playbook_version = models.ForeignKey(
        "cases.PlaybookVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="cases"
    )
    cause = models.ForeignKey("cases.Cause", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    prevention = models.TextField(null=True, blank=True)
    language = models.CharField(max_length=8, blank=True)
    headline = models.CharField(max_length=200, blank=True)
    is_restricted = models.BooleanField(default=False)
    about = models.ForeignKey("cases.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    posted_at = models.DateTimeField()
    handled_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    unanswered_since = models.DateTimeField(null=True, blank=True)
    status_since = models.DateTimeField(default=timezone.now)
    # The nearest deadline that something still has to meet; NEVER while there is none or all of them are paused.
    due_at = models.DateTimeField(default=NEVER)
    due_goal = models.CharField(max_length=12, choices=Goal.choices, blank=True)
    is_paused = models.BooleanField(default=False)
    waiting_for = models.CharField(max_length=200, blank=True)
    private_declined_at = models.DateTimeField(null=True, blank=True)
    dismissal = models.CharField(max_length=500, blank=True)
    satisfaction = models.CharField(max_length=10, blank=True)
    ask_again_at = models.DateTimeField(null=True, blank=True)
    reopened = models.PositiveSmallIntegerField(default=0)
    revision = models.PositiveIntegerField(default=1)

    objects: ClassVar[models.Manager[Case]] = Cases.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="case_status_known"),
            models.CheckConstraint(condition=Q(severity__range=(1, 4)), name="case_severity_known"),
            models.CheckConstraint(condition=Q(wish__in=["", *Wish.values]), name="case_wish_known"),
            models.CheckConstraint(
                condition=~Q(status__in=OWNED) | Q(owner__isnull=False), name="case_has_an_owner_from_open_on"
            ),
            models.CheckConstraint(condition=~Q(status=Status.NEW) | Q(owner__isnull=True), name="case_new_is_unowned"),
            models.CheckConstraint(
                condition=~Q(status=Status.DISMISSED) | ~Q(dismissal=""), name="case_dismissal_says_why"
            ),
            models.CheckConstraint(
                condition=Q(about__isnull=True) | Q(owner__isnull=True) | ~Q(owner=models.F("about")),
                name="case_owner_is_not_its_subject",
            ),
            models.CheckConstraint(
                condition=Q(status=Status.HANDLED, handled_at__isnull=False)
                | (~Q(status=Status.HANDLED) & Q(handled_at__isnull=True)),
                name="case_handled_at_fits",
            ),
        ]
        indexes = [
            models.Index(
                fields=["brand", "-severity", "unanswered_since", "id"],
                condition=Q(status__in=UNHANDLED),
                name="case_urgent",
            ),
            # One brand's unhandled cases of one person, of one team: the same order, without reading the others'.
            models.Index(
                fields=["brand", "owner", "-severity", "unanswered_since", "id"],
                condition=Q(status__in=UNHANDLED),
                name="case_urgent_of_owner",
            ),
            models.Index(
                fields=["brand", "team", "-severity", "unanswered_since", "id"],
                condition=Q(status__in=UNHANDLED),
                name="case_urgent_of_team",
            ),
            models.Index(fields=["brand", "due_at", "id"], condition=Q(status__in=UNHANDLED), name="case_due"),
            models.Index(
                fields=["brand", "owner", "due_at", "id"], condition=Q(status__in=UNHANDLED), name="case_due_of_owner"
            ),
            models.Index(
                fields=["brand", "team", "due_at", "id"], condition=Q(status__in=UNHANDLED), name="case_due_of_team"
            ),
            # Rules about how long a case has stood somewhere.
            models.Index(
                fields=["brand", "status", "status_since"], condition=Q(status__in=UNHANDLED), name="case_standing"
            ),
            models.Index(
                fields=["brand", "unanswered_since"],
                condition=Q(status__in=UNHANDLED, unanswered_since__isnull=False),
                name="case_unanswered",
            ),
            models.Index(fields=["brand", "-id"], condition=Q(status__in=UNHANDLED), name="case_open"),
            models.Index(fields=["brand", "status", "-id"], name="case_of_brand"),
            models.Index(fields=["owner", "status", "-id"], name="case_of_owner"),
            models.Index(fields=["team", "status", "-id"], name="case_of_team"),
            models.Index(fields=["complainant", "-id"], name="case_of_complainant"),
            models.Index(fields=["category", "-id"], name="case_of_category"),
            models.Index(fields=["playbook_version"], condition=Q(status__in=UNHANDLED), name="case_of_playbook"),
            models.Index(fields=["ask_again_at"], condition=Q(ask_again_at__isnull=False), name="case_to_ask_again"),
        ]


class Confirmation(models.Model):
    """What the complainant said after the case was handled."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="confirmations")
    complainant = models.ForeignKey("cases.Complainant", on_delete=models.PROTECT, related_name="+")
    answer = models.CharField(max_length=10)
    words = models.TextField(null=True, blank=True)
    may_say_publicly = models.BooleanField(default=False)
    at = models.DateTimeField(default=timezone.now)
