"""What comes after handled: what the complainant was asked, what they say, and what of it came to us by another way."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.endpoint import CaseEndpoint, found
from cases.api.fields import Words
from cases.api.schema import changes, reads
from cases.api.shapes import AfterShape
from cases.commands import confirmation
from cases.queries import api_confirmation as queries
from cases.vocabulary import Satisfaction, Told

WAYS = [(way.value, way.label) for way in Told if way != Told.PAGE]


class ToldIn(serializers.Serializer[Any]):
    """What the complainant told us by another way than their private page."""

    answer = serializers.ChoiceField(choices=Satisfaction.choices)
    words = Words(max_length=20_000, help_text="what they said, in their words")
    told = serializers.ChoiceField(choices=WAYS, help_text="by which way they said it")
    may_say_publicly = serializers.BooleanField(
        required=False, help_text="with settled: they agree that we say in public that it is settled"
    )


class AfterHandled(CaseEndpoint):
    """Asked, and said."""

    @reads(AfterShape, "What the complainant was asked and said; without an answer there is no yes", refuses=[404])
    def get(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """What was asked and said."""
        return Response(self._shown(self.case(reference)[0]))

    @changes(
        AfterShape,
        "Write down what the complainant told us; a no or in part opens the case again",
        takes=ToldIn,
        status=201,
    )
    def post(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """What was asked and said since."""
        case_id, _brand_id = self.case(reference)
        given = self.given(ToldIn)
        return self.run(
            confirmation.record_confirmation,
            lambda _said: case_id,
            self._shown,
            status=201,
            case_id=case_id,
            answer=Satisfaction(given["answer"]),
            words=given["words"],
            told=Told(given["told"]),
            may_say_publicly=given.get("may_say_publicly", False),
            at=timezone.now(),
        )

    def _shown(self, case_id: int) -> Any:
        return AfterShape(found(queries.after(self.seer, case_id))).data
