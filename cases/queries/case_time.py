"""What watches over a case, for its page: deadlines with what met them, hours, the rules that acted; in one query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case as If
from django.db.models import Exists, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import JSONObject

from cases.models import Calendar, Call, Case, Deadline, Escalation, EscalationStep, Event, Extension, RuleVersion
from cases.rules import deadline_journal, deadline_line, deadlines
from cases.rules.deadline_line import Line
from cases.rules.deadlines import Moment, Row
from cases.vocabulary import CallStatus, Due, EventKind, Goal, Stream, VersionStatus

NEWEST = 3
# What begins and ends a pause.
_PAUSES = sorted(
    kind.value
    for kind in deadline_journal.RESUMES | deadline_journal.ENDS | {EventKind.CASE_WAITING, EventKind.CASE_HANDLED}
)
_COLUMNS = ("id", "policy_id", "promise_id", "goal", "round", "started_at", "first_due_at", "due_at", "paused_at",
            "paused_seconds", "met_at", "met_by", "missed_at", "ended_at", "ended")  # fmt: skip
_STEP = ("number", "kind", "status", "reason", "due_at", "done_at", "is_late")


@dataclass(frozen=True, slots=True)
class Later:
    """A deadline was given a later date: from and to when, by whom and why, and whether the complainant was told."""

    due_before: datetime
    due_after: datetime
    reason: str
    by: str
    is_told: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """One deadline: what it is, how it stands, and which line of the journal met it."""

    key: int
    row: Row
    how: Due
    name: Mapping[str, str]
    source: str
    promised: str
    extends: str
    met_kind: str
    met_seq: int | None
    later: Sequence[Later]


@dataclass(frozen=True, slots=True)
class StepDone:
    """One rung of a ladder, and what became of it."""

    number: int
    kind: str
    status: str
    reason: str
    due_at: datetime
    done_at: datetime | None
    is_late: bool
    called: Sequence[str] = ()
    waits: bool = False


@dataclass(frozen=True, slots=True)
class Acted:
    """A rule that matched the case: which version, when, and its steps."""

    name: str
    version: int
    matched_at: datetime
    status: str
    reason: str
    steps: Sequence[StepDone]


@dataclass(frozen=True, slots=True)
class Watched:
    """The deadlines of a case with the nearest of them and their picture, its calendar, and the newest escalations."""

    standing: Sequence[Standing]
    nearest: Standing | None
    line: Line
    calendar: Mapping[str, Any] | None
    acted: Sequence[Acted]
    has_rules: bool


def of_case(case: Case, now: datetime) -> Watched:
    """What watches over a case that the person may open, in one query."""
    found = (
        Case.objects.filter(pk=case.pk)
        .annotate(
            lines=ArraySubquery(_deadlines()),
            pauses=ArraySubquery(_pauses()),
            hours=ArraySubquery(_calendar()),
            escalated=ArraySubquery(_escalations()),
            has_rules=Exists(_live_rules()),
        )
        .values("lines", "pauses", "hours", "escalated", "has_rules")
        .get()
    )
    standing = [_standing(line, now) for line in found["lines"]]
    rows = [each.row for each in standing]
    moments = [Moment(EventKind(each["kind"]), _at(each["at"]), 0, by_person=False) for each in found["pauses"]]
    nearest = deadlines.nearest(rows, now)
    return Watched(
        sorted(standing, key=lambda each: (each.row.is_settled, each.row.due_at)),
        next((each for each in standing if each.row is nearest), None),
        deadline_line.timeline(rows, moments, now),
        found["hours"][0] if found["hours"] else None,
        [_acted(each) for each in found["escalated"]],
        found["has_rules"],
    )


def _deadlines() -> Any:
    events = Event.objects.filter(pk=OuterRef("met_by"))
    extensions = Extension.objects.filter(deadline=OuterRef("pk")).order_by("pk")
    later = JSONObject(
        due_before="due_before",
        due_after="due_after",
        reason="reason",
        by="by__name",
        is_told=If(When(message__isnull=False, then=Value(True)), default=Value(False)),
    )
    said = JSONObject(
        **{name: name for name in _COLUMNS},
        name="policy__name",
        source="policy__source",
        extends="policy__extends",
        promised="promise__text",
        met_kind=Subquery(events.values("kind")[:1]),
        met_seq=Subquery(events.values("seq")[:1]),
        later=ArraySubquery(extensions.values(line=later)),
    )
    return Deadline.objects.filter(case=OuterRef("pk")).order_by("due_at", "pk").values(line=said)


def _pauses() -> Any:
    events = Event.objects.filter(stream=Stream.CASE, stream_id=OuterRef("pk"), kind__in=_PAUSES)
    return events.order_by("occurred_at", "seq").values(line=JSONObject(kind="kind", at="occurred_at"))


def _calendar() -> Any:
    """The team's, else the brand's own."""
    theirs = Q(pk=OuterRef("team__calendar_id")) | Q(brand=OuterRef("brand_id"), is_default=True)
    rows = Calendar.objects.filter(theirs).order_by("is_default")
    return rows.values(line=JSONObject(name="name", zone="zone", week="week"))[:1]


def _escalations() -> Any:
    steps = EscalationStep.objects.filter(escalation=OuterRef("pk")).order_by("number")
    calls = Call.objects.filter(step=OuterRef("pk"), status=CallStatus.MADE).order_by("pk").values("person__name")
    to_make = Call.objects.filter(step=OuterRef("pk"), status__in=[CallStatus.WAITING, CallStatus.HELD])
    step = JSONObject(**{name: name for name in _STEP}, called=ArraySubquery(calls), waits=Exists(to_make))
    said = JSONObject(
        name="rule__name",
        version="version__number",
        matched_at="matched_at",
        status="status",
        reason="reason",
        steps=ArraySubquery(steps.values(line=step)),
    )
    return Escalation.objects.filter(case=OuterRef("pk")).order_by("-pk").values(line=said)[:NEWEST]


def _live_rules() -> Any:
    return RuleVersion.objects.filter(brand=OuterRef("brand_id"), status=VersionStatus.LIVE)


def _standing(line: Mapping[str, Any], now: datetime) -> Standing:
    said = {name: line[name] for name in _COLUMNS}
    for name in _COLUMNS:
        if name.endswith("_at"):
            said[name] = _maybe(said[name])
    key = said.pop("id")
    row = Row(policy=said.pop("policy_id"), promise=said.pop("promise_id"), goal=Goal(said.pop("goal")), **said)
    later = [
        Later(_at(one["due_before"]), _at(one["due_after"]), one["reason"] or "", one["by"], one["is_told"])
        for one in line["later"] or ()
    ]
    return Standing(
        key,
        row,
        deadlines.how(row, now),
        line["name"] or {},
        line["source"] or "",
        line["promised"] or "",
        line["extends"] or "",
        line["met_kind"] or "",
        line["met_seq"],
        later,
    )


def _acted(line: Mapping[str, Any]) -> Acted:
    steps = [
        StepDone(**{**one, "due_at": _at(one["due_at"]), "done_at": _maybe(one["done_at"])}) for one in line["steps"]
    ]
    return Acted(line["name"], line["version"], _at(line["matched_at"]), line["status"], line["reason"], steps)


def _at(said: str) -> datetime:
    return datetime.fromisoformat(said)


def _maybe(said: str | None) -> datetime | None:
    return None if said is None else datetime.fromisoformat(said)
