"""What the REST API's answers need of promises, and of what complainants were asked and said afterwards."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet, Subquery, TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, JSONObject

from cases.models import Case, Confirmation, Event, Promise, Seer, User
from cases.vocabulary import EventKind, Stream


def promise_lines(rows: QuerySet[Promise]) -> QuerySet[Any, dict[str, Any]]:
    """What was promised, in the order it was, moved ones included."""
    return rows.order_by("pk").values_list(
        JSONObject(
            id="public_id",
            action="action__public_id",
            text="text",
            due_at="due_at",
            made_at="made_at",
            broken_at="broken_at",
            kept_at="kept_at",
            moved_at="moved_at",
            dropped_at="dropped_at",
            told_at="told_at",
            said="said",
            said_at="said_at",
        ),
        flat=True,
    )


def confirmation_lines(rows: QuerySet[Confirmation]) -> QuerySet[Any, dict[str, Any]]:
    """What was said afterwards, by which way, and who wrote it down where it was not the complainant."""
    of_case = Event.objects.filter(stream=Stream.CASE, stream_id=OuterRef("case_id"), kind=EventKind.CONFIRMATION_GIVEN)
    named = Cast(OuterRef("pk"), TextField())
    given = of_case.annotate(named=KT("payload__confirmation")).filter(named=named).order_by("seq")
    writer = User.objects.filter(pk=OuterRef("writer_id")).values("username")[:1]
    return (
        rows.annotate(told=Subquery(given.values(way=KT("payload__told"))[:1]))
        .annotate(writer_id=Subquery(given.values("person_id")[:1]))
        .annotate(recorded_by=Subquery(writer))
        .order_by("pk")
        .values_list(
            JSONObject(
                answer="answer",
                words="words",
                at="at",
                told="told",
                recorded_by="recorded_by",
                may_say_publicly="may_say_publicly",
            ),
            flat=True,
        )
    )


def after(seer: Seer, case_id: int) -> Case | None:
    """A case this person may open, with what its complainant was asked and said since it was handled."""
    of_case = {"case": OuterRef("pk")}
    asked = Event.objects.filter(
        stream=Stream.CASE, stream_id=OuterRef("pk"), kind=EventKind.CONFIRMATION_ASKED
    ).order_by("seq")
    return (
        Case.objects.visible_to(seer)
        .annotate(
            asked_line=ArraySubquery(
                asked.values_list(
                    JSONObject(at="occurred_at", again=F("payload__again"), by_mail=F("payload__by_mail")), flat=True
                )
            ),
            confirmations_line=ArraySubquery(confirmation_lines(Confirmation.objects.filter(**of_case))),
            promises_line=ArraySubquery(promise_lines(Promise.objects.filter(**of_case))),
        )
        .filter(pk=case_id)
        .first()
    )
