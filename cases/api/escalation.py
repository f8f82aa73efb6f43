"""What rules did to the cases that somebody may open, and whether it helped."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.endpoint import Endpoint, Paged, found
from cases.api.escalation_shapes import EscalationPage, EscalationShape, with_questions
from cases.api.fields import Code
from cases.api.schema import changes, reads
from cases.commands import rule as commands
from cases.models import Escalation
from cases.queries import api_time as queries
from cases.vocabulary import EscalationStatus


class EscalationsAsked(Paged):
    """Which of them."""

    brand = Code(required=False, help_text="a slug")
    rule = serializers.UUIDField(required=False)
    case = Code(required=False, help_text="a reference")
    status = serializers.ChoiceField(choices=EscalationStatus.choices, required=False)


class UsefulIn(serializers.Serializer[Any]):
    """Whether it helped."""

    useful = serializers.BooleanField(allow_null=True, help_text="null takes back what was said")


class _Escalations(Endpoint):
    def row(self, **key: Any) -> Escalation:
        """What a rule did to a case this person may open; raises NotFound."""
        return found(queries.escalations(self.seer).filter(**key).first())

    def shown(self, key: int) -> Any:
        """What a rule did, as an answer."""
        return EscalationShape(with_questions([self.row(pk=key)])[0]).data


class Escalations(_Escalations):
    """What rules did."""

    @reads(
        EscalationPage,
        "What rules did, the latest first",
        operation_id="escalations_list",
        takes=[EscalationsAsked],
        refuses=[422],
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """One page of them."""
        asked = self.asked(EscalationsAsked)
        wanted = queries.Asked(
            asked.get("brand", ""),
            asked.get("rule"),
            asked.get("case", "").upper(),
            asked.get("status", ""),
            asked.get("cursor"),
        )
        rows = list(queries.escalations(self.seer, wanted)[: asked["limit"] + 1])
        return self.page(with_questions(rows), EscalationShape, asked)


class OneEscalation(_Escalations):
    """One time a rule matched."""

    @reads(EscalationShape, "What a rule did to a case on one occasion", refuses=[404])
    def get(self, request: Request, escalation: UUID) -> Response:  # noqa: ARG002
        """With its steps and whom they called."""
        return Response(EscalationShape(with_questions([self.row(public_id=escalation)])[0]).data)


class Useful(_Escalations):
    """Whether it helped."""

    @changes(EscalationShape, "Say whether it helped that a rule acted", takes=UsefulIn)
    def post(self, request: Request, escalation: UUID) -> Response:  # noqa: ARG002
        """What the rule did."""
        row = self.row(public_id=escalation)
        facts = {"escalation_id": row.pk, "was_useful": self.given(UsefulIn)["useful"]}
        return self.run(commands.mark_useful, lambda each: each.pk, self.shown, **facts)
