"""The power to decide: grants, absences with their deputies, rates, and what was decided, by whom, on what ground."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from cases.vocabulary import ApprovalStatus, Passed, Reply, Role, Window


class Grant(models.Model):
    """Authority given to a role, a team or a person of a brand; never changed, only ended and replaced.

    No ``kind_ids`` means every kind, no ``category`` any category, no ``per_action`` any amount. ``budget_each`` is
    every holder's own in each ``window``, ``budget_shared`` is what all of them have together. Dates are days in the
    brand's time zone, both included.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="grants")
    role = models.CharField(max_length=10, choices=Role.choices, blank=True)
    team = models.ForeignKey("cases.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="grants")
    person = models.ForeignKey("cases.User", null=True, blank=True, on_delete=models.PROTECT, related_name="grants")
    kind_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    category = models.ForeignKey("cases.Category", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    per_action = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    per_complainant = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    complainant_days = models.PositiveSmallIntegerField(default=30)
    budget_each = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    budget_shared = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    window = models.CharField(max_length=5, choices=Window.choices, default=Window.MONTH)
    may_waive = models.BooleanField(default=False)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    given_by = models.ForeignKey("cases.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField(default=timezone.now)
    replaces = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by")
    ended_by = models.ForeignKey("cases.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    # Counted up by the database with each use that has a limit to keep, so that two uses wait for each other.
    uses = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(role__in=[Role.AGENT, Role.MANAGER], team__isnull=True, person__isnull=True)
                    | Q(role="", team__isnull=False, person__isnull=True)
                    | Q(role="", team__isnull=True, person__isnull=False)
                ),
                name="grant_to_one",
            ),
            models.CheckConstraint(condition=Q(window__in=Window.values), name="grant_window_known"),
            models.CheckConstraint(condition=Q(currency__regex=r"^[A-Z]{3}$"), name="grant_has_currency"),
            models.CheckConstraint(
                condition=(Q(per_action__isnull=True) | Q(per_action__gt=0))
                & (Q(per_complainant__isnull=True) | Q(per_complainant__gt=0, complainant_days__gt=0))
                & (Q(budget_each__isnull=True) | Q(budget_each__gt=0))
                & (Q(budget_shared__isnull=True) | Q(budget_shared__gt=0)),
                name="grant_amounts_positive",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True)
                | Q(starts_on__isnull=True)
                | Q(ends_on__gte=F("starts_on"))
                | Q(ended_at__isnull=False),
                name="grant_ends_after_it_starts",
            ),
        ]
        indexes = [
            models.Index(fields=["brand", "role"], condition=Q(ended_at__isnull=True), name="grant_of_role"),
            models.Index(fields=["team"], condition=Q(ended_at__isnull=True), name="grant_of_team"),
            models.Index(fields=["person"], condition=Q(ended_at__isnull=True), name="grant_of_person"),
        ]


class Absence(models.Model):
    """Somebody is away from one day to another, both included; a deputy decides with their authority meanwhile."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="absences")
    person = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="absences")
    deputy = models.ForeignKey("cases.User", null=True, blank=True, on_delete=models.PROTECT, related_name="deputises")
    starts_on = models.DateField()
    ends_on = models.DateField()
    noted_by = models.ForeignKey("cases.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    noted_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="absence_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(deputy__isnull=True) | ~Q(deputy=F("person")), name="absence_deputy_is_somebody_else"
            ),
        ]
        indexes = [
            models.Index(fields=["brand", "person"], condition=Q(ended_at__isnull=True), name="absence_of_person"),
            models.Index(fields=["brand", "deputy"], condition=Q(ended_at__isnull=True), name="absence_of_deputy"),
        ]


class Rate(models.Model):
    """What one unit of ``currency`` is worth in ``into`` from a day on; a later row for the same day corrects it."""

    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="rates")
    currency = models.CharField(max_length=3)
    into = models.CharField(max_length=3)
    rate = models.DecimalField(max_digits=19, decimal_places=8)
    starts_on = models.DateField()
    set_by = models.ForeignKey("cases.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(rate__gt=0), name="rate_positive"),
            models.CheckConstraint(
                condition=Q(currency__regex=r"^[A-Z]{3}$", into__regex=r"^[A-Z]{3}$") & ~Q(currency=F("into")),
                name="rate_between_two_currencies",
            ),
        ]
        indexes = [models.Index(fields=["brand", "currency", "into", "-starts_on", "-id"], name="rate_newest")]


class Approval(models.Model):
    """A request to decide what is above somebody's authority, bound to this very kind, amount, currency and wording."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="approvals")
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="approvals")
    action = models.ForeignKey("cases.Action", on_delete=models.PROTECT, related_name="approvals")
    kind = models.ForeignKey("cases.Kind", on_delete=models.PROTECT, related_name="+")
    amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    wording = models.CharField(max_length=300, null=True, blank=True)
    reason = models.TextField(null=True, blank=True)
    status = models.CharField(max_length=9, choices=ApprovalStatus.choices, default=ApprovalStatus.WAITING)
    needed = models.PositiveSmallIntegerField(default=1)
    requested_by = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey("cases.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    words = models.TextField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=ApprovalStatus.values), name="approval_status_known"),
            models.CheckConstraint(condition=Q(needed__in=[1, 2]), name="approval_needs_one_or_two"),
            models.CheckConstraint(
                condition=~Q(status__in=[ApprovalStatus.GRANTED, ApprovalStatus.REFUSED, ApprovalStatus.RETURNED])
                | (Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(decided_by=F("requested_by"))),
                name="approval_not_by_who_asked",
            ),
            models.UniqueConstraint(
                fields=["action"], condition=Q(status=ApprovalStatus.WAITING), name="one_approval_waits"
            ),
        ]
        indexes = [
            models.Index(fields=["brand", "-id"], name="approval_of_brand"),
            models.Index(fields=["case", "id"], name="approval_of_case"),
        ]


class Asked(models.Model):
    """Somebody who was asked for an approval: until when, what they answered, or why it went on to the next."""

    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="asked")
    person = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="+")
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="+")
    holder = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    answer_by = models.DateTimeField()
    reply = models.CharField(max_length=8, choices=Reply.choices, blank=True)
    replied_at = models.DateTimeField(null=True, blank=True)
    passed = models.CharField(max_length=14, choices=Passed.choices, blank=True)
    passed_at = models.DateTimeField(null=True, blank=True)
    digest = models.BinaryField(max_length=32, null=True, unique=True)
    link_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(reply__in=["", *Reply.values]), name="asked_reply_known"),
            models.CheckConstraint(condition=Q(passed__in=["", *Passed.values]), name="asked_passed_known"),
            models.UniqueConstraint(fields=["approval"], condition=Q(reply="", passed=""), name="one_person_is_asked"),
        ]
        indexes = [
            models.Index(fields=["person", "-id"], condition=Q(reply="", passed=""), name="asked_of_person"),
            models.Index(fields=["answer_by"], condition=Q(reply="", passed=""), name="asked_due"),
        ]


class Authorisation(models.Model):
    """That an action may be carried out: who decided it, on which grant, held by whom, and what it used up (I5).

    While none stands for exactly its kind, amount, currency and wording, an action cannot begin. ``charged`` is the
    amount in the grant's currency.
    """

    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="+")
    complainant = models.ForeignKey("cases.Complainant", on_delete=models.PROTECT, related_name="+")
    action = models.ForeignKey("cases.Action", on_delete=models.PROTECT, related_name="authorisations")
    approval = models.ForeignKey(Approval, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="authorisations")
    person = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="+")
    holder = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="+")
    kind = models.ForeignKey("cases.Kind", on_delete=models.PROTECT, related_name="+")
    amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    wording = models.CharField(max_length=300, null=True, blank=True)
    charged = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    at = models.DateTimeField(default=timezone.now)
    released_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(charged__gte=0), name="authorisation_charge_not_negative"),
            models.UniqueConstraint(
                fields=["action"], condition=Q(released_at__isnull=True), name="one_authorisation_stands"
            ),
        ]
        indexes = [
            models.Index(
                fields=["grant", "at"],
                include=["holder", "charged"],
                condition=Q(released_at__isnull=True),
                name="authorisation_of_grant",
            ),
            models.Index(
                fields=["complainant", "at"], condition=Q(released_at__isnull=True), name="authorisation_of_complainant"
            ),
            models.Index(fields=["brand", "at"], name="authorisation_of_brand"),
        ]
