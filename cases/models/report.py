"""What reports are made of: the figures of each case, what moved, kept cells; and what people keep of reports."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from cases.vocabulary import Format, Holder, Movement, Outcome, Population, Rhythm, RunStatus, Status


class CaseFigures(models.Model):
    """What reports count of one case, computed from its journal by ``casedesk_figures_of`` alone.

    Its dimensions are copies of the case's own keys, without constraints of their own. Spans are seconds until
    ``counted_to``; while ``is_running``, what passed since then belongs to ``holder``.
    """

    case = models.OneToOneField("cases.Case", primary_key=True, on_delete=models.PROTECT, related_name="figures")
    brand = models.ForeignKey(
        "cases.Brand", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    channel = models.ForeignKey(
        "cases.Channel", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    team = models.ForeignKey(
        "cases.Team", null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    owner = models.ForeignKey(
        "cases.User", null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    about = models.ForeignKey(
        "cases.User", null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    category = models.ForeignKey(
        "cases.Category", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    first_category = models.ForeignKey(
        "cases.Category", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    cause = models.ForeignKey(
        "cases.Cause", null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    severity = models.PositiveSmallIntegerField()
    language = models.CharField(max_length=8, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices)
    outcome = models.CharField(max_length=14, choices=Outcome.choices, blank=True)
    satisfaction = models.CharField(max_length=10, blank=True)
    is_restricted = models.BooleanField(default=False)
    is_guarded = models.BooleanField(default=False)
    is_running = models.BooleanField(default=True)
    is_public = models.BooleanField(default=True)
    is_repeat = models.BooleanField(default=False)
    posted_at = models.DateTimeField()
    received_at = models.DateTimeField()
    replied_at = models.DateTimeField(null=True)
    public_at = models.DateTimeField(null=True)
    private_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    handled_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    back_at = models.DateTimeField(null=True)
    moved_on_at = models.DateTimeField()
    reopened = models.PositiveSmallIntegerField(default=0)
    said_no = models.PositiveSmallIntegerField(default=0)
    in_queue = models.PositiveIntegerField(default=0)
    with_owner = models.PositiveIntegerField(default=0)
    in_approval = models.PositiveIntegerField(default=0)
    with_complainant = models.PositiveIntegerField(default=0)
    with_system = models.PositiveIntegerField(default=0)
    holder = models.CharField(max_length=12, choices=Holder.choices, blank=True)
    counted_to = models.DateTimeField()

    class Meta:
        verbose_name_plural = "case figures"
        constraints = [
            models.CheckConstraint(condition=Q(holder__in=["", *Holder.values]), name="figures_holder_known"),
        ]
        indexes = [
            models.Index(fields=["brand", "received_at"], name="figures_by_date"),
            models.Index(
                fields=["brand", "received_at"], condition=Q(is_running=True, is_guarded=False), name="figures_running"
            ),
            models.Index(
                fields=["brand", "received_at"], include=["case"], condition=Q(is_guarded=True), name="figures_guarded"
            ),
        ]


class CaseMovement(models.Model):
    """A case began, ended or began again: one line for each, from its journal."""

    case = models.ForeignKey(
        "cases.Case", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    brand = models.ForeignKey(
        "cases.Brand", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    seq = models.IntegerField()
    kind = models.CharField(max_length=10, choices=Movement.choices)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "seq"], name="movement_once"),
            models.CheckConstraint(condition=Q(kind__in=Movement.values), name="movement_kind_known"),
        ]
        indexes = [models.Index(fields=["brand", "at"], name="movement_of_brand")]


class Cell(models.Model):
    """What was settled of one brand's population on one day or in one month of UTC, for one value of one dimension.

    True while nothing in ``Stale`` names its population and brand and a day of it; what is closed to some of the brand
    is never in it. By the hour a day has cells of its hours, a month of the hours of a week: ``109`` is Monday at nine.
    """

    population = models.CharField(max_length=12, choices=Population.choices)
    brand = models.ForeignKey(
        "cases.Brand", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    is_month = models.BooleanField()
    starts_on = models.DateField()
    dimension = models.CharField(max_length=14, blank=True)
    value = models.CharField(max_length=200, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    counts = ArrayField(models.BigIntegerField())
    amounts = ArrayField(models.DecimalField(max_digits=24, decimal_places=4), default=list)
    lanes = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["population", "dimension", "brand", "is_month", "starts_on", "value", "currency"],
                name="cell_once",
            ),
        ]


class Stale(models.Model):
    """A day, in UTC, of a brand's population of which something settled changed since its cells were made."""

    population = models.CharField(max_length=12, choices=Population.choices)
    brand = models.ForeignKey(
        "cases.Brand", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    day = models.DateField()


class FiguresCheck(models.Model):
    """One run of the self-check: how many cases and cells were computed again, and which came out differently."""

    at = models.DateTimeField(default=timezone.now)
    cases = models.PositiveIntegerField(default=0)
    cells = models.PositiveIntegerField(default=0)
    differed = models.PositiveIntegerField(default=0)
    differences = models.JSONField(default=list, blank=True)
    took_ms = models.PositiveIntegerField(default=0)


class Original(models.Model):
    """What the source of an imported complaint said of it, in its own labels."""

    case = models.OneToOneField("cases.Case", primary_key=True, on_delete=models.PROTECT, related_name="original")
    source = models.CharField(max_length=20)
    product = models.CharField(max_length=200, blank=True)
    sub_product = models.CharField(max_length=200, blank=True)
    issue = models.CharField(max_length=200, blank=True)
    sub_issue = models.CharField(max_length=200, blank=True)
    response = models.CharField(max_length=60, blank=True)
    public_response = models.CharField(max_length=200, blank=True)
    is_timely = models.BooleanField(null=True)
    disputed = models.BooleanField(null=True)
    state = models.CharField(max_length=8, blank=True)
    zip = models.CharField(max_length=12, blank=True)
    tags = models.CharField(max_length=80, blank=True)
    consent = models.CharField(max_length=40, blank=True)
    via = models.CharField(max_length=20, blank=True)
    sent_on = models.DateField(null=True)


class SavedReport(models.Model):
    """A report with its period, filters and splits under a name: one's own, or shared; perhaps sent by mail."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=80)
    owner = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="saved_reports")
    report = models.CharField(max_length=20)
    asked = models.JSONField(default=dict)
    is_shared = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    rhythm = models.CharField(max_length=8, choices=Rhythm.choices, blank=True)
    weekday = models.PositiveSmallIntegerField(default=0)
    day = models.PositiveSmallIntegerField(default=1)
    hour = models.PositiveSmallIntegerField(default=8)
    zone = models.CharField(max_length=64, default="Europe/Paris")
    format = models.CharField(max_length=8, choices=Format.choices, default=Format.XLSX)
    recipients = models.ManyToManyField("cases.User", related_name="+", blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(rhythm__in=["", *Rhythm.values]), name="saved_report_rhythm_known"),
            models.CheckConstraint(condition=Q(format__in=Format.values), name="saved_report_format_known"),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="saved_report_next"),
            models.Index(fields=["owner", "name"], name="saved_report_of_owner"),
        ]


class Export(models.Model):
    """Rows on their way into a file: how far it is, what came of it, and the SHA-256 of what was written."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="exports")
    report = models.CharField(max_length=20)
    asked = models.JSONField(default=dict)
    format = models.CharField(max_length=8, choices=Format.choices)
    language = models.CharField(max_length=8, default="en")
    status = models.CharField(max_length=10, choices=RunStatus.choices, default=RunStatus.WAITING)
    total = models.PositiveBigIntegerField(null=True)
    rows = models.PositiveBigIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)
    digest = models.BinaryField(max_length=32, null=True)
    key = models.CharField(max_length=80, blank=True)
    error = models.CharField(max_length=300, blank=True)
    cancel_asked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    beat_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=RunStatus.values), name="export_status_known"),
            models.CheckConstraint(condition=Q(format__in=Format.values), name="export_format_known"),
        ]
        indexes = [
            models.Index(fields=["person", "-id"], name="export_of_person"),
            models.Index(fields=["id"], condition=Q(status__in=RunStatus.unfinished()), name="export_unfinished"),
        ]


class ReportRun(models.Model):
    """A split that takes longer than a page may: computed month by month in the background, and kept for a while."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="+")
    report = models.CharField(max_length=20)
    asked = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=RunStatus.choices, default=RunStatus.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    result = models.JSONField(null=True)
    error = models.CharField(max_length=300, blank=True)
    cancel_asked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    beat_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=RunStatus.values), name="report_run_status_known"),
        ]
        indexes = [
            models.Index(fields=["person", "-id"], name="report_run_of_person"),
            models.Index(fields=["id"], condition=Q(status__in=RunStatus.unfinished()), name="report_run_unfinished"),
        ]


class FrozenPeriod(models.Model):
    """The figures of a brand's period as they stood when they were frozen, signed by a manager; never changed."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="frozen_periods")
    regulator = models.CharField(max_length=8, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField()
    zone = models.CharField(max_length=64)
    definitions = models.PositiveSmallIntegerField()
    figures = models.JSONField()
    digest = models.BinaryField(max_length=32)
    frozen_at = models.DateTimeField(default=timezone.now)
    frozen_by = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(null=True, blank=True)
    signed_by = models.ForeignKey("cases.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    remark = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=models.F("starts_on")), name="frozen_period_in_order"),
            models.CheckConstraint(
                condition=Q(signed_at__isnull=True, signed_by__isnull=True)
                | Q(signed_at__isnull=False, signed_by__isnull=False),
                name="frozen_period_signed_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["brand", "-starts_on"], name="frozen_period_of_brand")]
