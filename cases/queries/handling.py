"""What the gate sees of a case, and everything that is missing before it can be handled."""

from __future__ import annotations

from cases.models import Action, Answer, Case, Decision
from cases.rules import gate
from cases.vocabulary import ActionStatus, AnswerStatus


def gate_facts(case: Case) -> gate.Facts:
    """The facts of the gate, in three queries."""
    answer = Answer.objects.filter(case=case, superseded_at__isnull=True).first()
    return gate.Facts(
        has_owner=case.owner_id is not None,
        has_decision=Decision.objects.filter(case=case, superseded_at__isnull=True).exists(),
        required=[
            gate.Step(pk, ActionStatus(status))
            for pk, status in Action.objects.filter(case=case, is_required=True)
            .order_by("id")
            .values_list("id", "status")
        ],
        answer=AnswerStatus(answer.status) if answer else None,
    )


def missing(case: Case) -> list[gate.Gap]:
    """What still stands between the case and ``handled``; empty means that the gate is open."""
    return gate.missing(gate_facts(case))
