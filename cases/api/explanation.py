"""Why each rule acted on a case, or did not: what it waits for, what its condition sees, and when next."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.endpoint import CaseEndpoint, found
from cases.api.escalation_shapes import EscalationShape, QuestionShape, with_questions
from cases.api.fields import Instant
from cases.api.schema import reads
from cases.models import Case
from cases.queries import explanation as queries
from cases.queries import rule_sentences
from cases.queries.condition_words import About, clause, seen
from cases.queries.explanation import Explained, Explanation, State
from cases.queries.questions import Question
from cases.queries.sentences import said
from cases.rules.condition import Leaf, Verdict
from cases.vocabulary import Goal


class ExplainedShape(serializers.Serializer[Any]):
    """A live rule and the case."""

    rule = serializers.UUIDField()
    name = serializers.CharField()
    version = serializers.IntegerField()
    sentence = serializers.CharField(allow_blank=True, help_text="in your language; empty where it cannot be read")
    state = serializers.ChoiceField(choices=[(each.value, each.value) for each in State])
    is_considered = serializers.BooleanField(help_text="what it waits for has come while it was live")
    at = Instant(allow_null=True, help_text="when its time came, or what it waits for happened")
    next_at = Instant(allow_null=True, help_text="when its time can come next, as things stand")
    goal = serializers.ChoiceField(choices=Goal.choices, allow_null=True, help_text="the deadline it looks at")
    holds = serializers.BooleanField(allow_null=True, help_text="whether its condition fits now; null: cannot be read")
    asked = QuestionShape(many=True, help_text="the questions of its condition, and what the case says now")
    escalations = EscalationShape(many=True, help_text="what it did here, the latest first")


class ExplanationShape(serializers.Serializer[Any]):
    """Every live rule of the brand in its order, and what rules did here that are not live any more."""

    rules = ExplainedShape(many=True)
    earlier = EscalationShape(many=True)


class Explanations(CaseEndpoint):
    """Why rules acted on a case, or did not."""

    @reads(ExplanationShape, "Why each rule acted on a case, or did not, and when next", refuses=[404])
    def get(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """Every rule of the brand."""
        rows = Case.objects.visible_to(self.seer).select_related("brand", "complainant")
        case = found(rows.filter(reference=reference.upper()).first())
        return Response(ExplanationShape(_told(queries.of_case(case, timezone.now()), case)).data)


def _told(explanation: Explanation, case: Case) -> dict[str, Any]:
    brand = case.brand
    about = About(brand.pk, brand.currency, explanation.names)
    every = [*explanation.earlier, *(one for each in explanation.rules for one in each.escalations)]
    for one in every:
        one.case, one.brand = case, brand
    with_questions(every)
    return {"rules": [_rule(each, about) for each in explanation.rules], "earlier": explanation.earlier}


def _rule(each: Explained, about: About) -> dict[str, Any]:
    return {
        "rule": each.version.rule.public_id,
        "name": each.version.rule.name,
        "version": each.version.number,
        "sentence": rule_sentences.sentence(each.ladder, about).text if each.ladder else "",
        "state": each.state.value,
        "is_considered": each.state.is_considered,
        "at": each.at,
        "next_at": each.next_at,
        "goal": each.goal,
        "holds": each.verdict.holds if each.verdict else None,
        "asked": _asked(each.verdict, about) if each.verdict else [],
        "escalations": each.escalations,
    }


def _asked(verdict: Verdict, about: About) -> list[Question]:
    """Every question of a condition, in its order, whatever group it stands in."""
    leaf = verdict.condition
    if isinstance(leaf, Leaf):
        saw = seen(leaf.fact, verdict.saw, about)
        return [Question(said(clause(leaf, about)), saw, verdict.holds, leaf.fact)]
    return [one for part in verdict.parts for one in _asked(part, about)]
