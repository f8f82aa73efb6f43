"""What rules did to cases, as answers show it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from cases.api.fields import Instant
from cases.models import Escalation
from cases.queries import questions
from cases.vocabulary import By, CallStatus, EscalationStatus, Reason, StepKind, StepStatus

Choice = serializers.ChoiceField


class QuestionShape(serializers.Serializer[Any]):
    """A question of a rule to a case, what the case said, and whether that fits."""

    fact = serializers.CharField()
    words = serializers.CharField(help_text="in your language")
    saw = serializers.CharField(allow_blank=True, help_text="in your language")
    holds = serializers.BooleanField()


class CallShape(serializers.Serializer[Any]):
    """Somebody was called, or will be."""

    person = serializers.CharField(source="person.username")
    by = Choice(choices=By.choices)
    status = Choice(choices=CallStatus.choices)
    call_at = Instant()
    made_at = Instant(allow_null=True)


class StepShape(serializers.Serializer[Any]):
    """One step of a rule on one occasion, and what became of it."""

    number = serializers.IntegerField()
    kind = Choice(choices=StepKind.choices)
    due_at = Instant()
    status = Choice(choices=StepStatus.choices)
    reason = Choice(choices=Reason.choices, allow_blank=True, help_text="why it did not act; empty where it did")
    done_at = Instant(allow_null=True)
    is_late = serializers.BooleanField()
    calls = CallShape(many=True)


class EscalationShape(serializers.Serializer[Any]):
    """A rule matched a case on an occasion: once for each, for ever."""

    id = serializers.UUIDField(source="public_id")
    brand = serializers.CharField(source="brand.slug")
    case = serializers.CharField(source="case.reference")
    rule = serializers.UUIDField(source="rule.public_id")
    name = serializers.CharField(source="rule.name", help_text="of the rule")
    version = serializers.IntegerField(source="version.number", help_text="the version of the rule that acted")
    matched_at = Instant(help_text="the instant it was for")
    noticed_at = Instant()
    status = Choice(choices=EscalationStatus.choices)
    reason = Choice(choices=Reason.choices, allow_blank=True, help_text="why it was held back or stopped")
    depth = serializers.IntegerField(help_text="how many rules had set each other off before it")
    saw = QuestionShape(many=True, source="questions")
    ended_at = Instant(allow_null=True)
    was_useful = serializers.BooleanField(allow_null=True)
    steps = StepShape(many=True)


class EscalationPage(serializers.Serializer[Any]):
    """A page of what rules did, the latest first."""

    next = serializers.CharField(allow_null=True)
    results = EscalationShape(many=True)


def with_questions(rows: Sequence[Escalation]) -> list[Any]:
    """What rules did, each with what it asked in words; in one query more."""
    found: list[Any] = list(rows)
    asked = questions.many([(row.saw.get("condition", ()), row.brand) for row in found])
    for row, one in zip(found, asked, strict=True):
        row.questions = one
    return found
