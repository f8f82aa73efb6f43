"""The end of the path: the decision and the final answer."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.dialogue import MOST_FILES, MOST_TEXT, FileIn
from cases.api.endpoint import CaseEndpoint, found
from cases.api.fields import Line, Words
from cases.api.parsing import Json
from cases.api.schema import changes
from cases.api.shapes import AnswerShape, DecisionShape
from cases.commands import handling
from cases.queries import api as queries
from cases.vocabulary import AnswerRoute, Outcome

TEXT = "where no regime demands parts; with the route unreachable: why nobody can be told"
PARTS = "where the brand has a regime: decision, reasons, remedy, outstanding, recourse"


class PointIn(serializers.Serializer[Any]):
    """One point the complainant raised, and what is decided about it."""

    raised = Words(max_length=2000)
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    reason = Words(max_length=10_000, help_text="in words for the complainant")


class DecisionIn(serializers.Serializer[Any]):
    """Whether the complaint is right, as a whole and in each point raised, and why."""

    outcome = serializers.ChoiceField(choices=Outcome.choices, help_text="must fit the outcomes of the points")
    reason = Words(max_length=20_000)
    points = PointIn(many=True, required=False, max_length=handling.MOST_POINTS)  # type: ignore[call-arg]  # the list takes it


class Parts(serializers.DictField):
    """The parts of a final answer, by their name."""

    child = Words(max_length=MOST_TEXT)


class AnswerForm(serializers.Serializer[Any]):
    """How it ends, in the words for the complainant; as a form with files."""

    text = Words(max_length=MOST_TEXT, required=False, help_text=TEXT)
    parts = Parts(required=False, help_text=PARTS)
    route = serializers.ChoiceField(choices=AnswerRoute.choices, required=False, help_text="private unless said")
    url = Line(max_length=2000, required=False, allow_blank=True, help_text="with the route public: where it stands")
    files = serializers.ListField(child=serializers.FileField(), required=False, max_length=MOST_FILES)


class AnswerIn(serializers.Serializer[Any]):
    """How it ends, in the words for the complainant."""

    text = Words(max_length=MOST_TEXT, required=False, help_text=TEXT)
    parts = Parts(required=False, help_text=PARTS)
    route = serializers.ChoiceField(choices=AnswerRoute.choices, required=False, help_text="private unless said")
    url = Line(max_length=2000, required=False, allow_blank=True, help_text="with the route public: where it stands")
    files = FileIn(many=True, required=False, max_length=MOST_FILES)  # type: ignore[call-arg]  # the list takes it


class Decision(CaseEndpoint):
    """The decision."""

    @changes(DecisionShape, "Record whether the complaint is right, and why", takes=DecisionIn, status=201)
    def post(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """The decision."""
        case_id, _brand_id = self.case(reference)
        given = self.given(DecisionIn)
        return self.run(
            handling.decide,
            lambda decision: decision.pk,
            lambda key: DecisionShape(found(queries.decision(self.seer, key))).data,
            status=201,
            case_id=case_id,
            outcome=Outcome(given["outcome"]),
            reason=given["reason"],
            points=[(point["raised"], Outcome(point["outcome"]), point["reason"]) for point in given.get("points", [])],
            at=timezone.now(),
        )


class FinalAnswer(CaseEndpoint):
    """The final answer."""

    parser_classes = (Json, MultiPartParser)

    @changes(
        AnswerShape,
        "Tell the complainant how it ends, or record that nobody can be told",
        takes={"application/json": AnswerIn, "multipart/form-data": AnswerForm},
        status=201,
    )
    def post(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """The answer and how far it got."""
        case_id, _brand_id = self.case(reference)
        given = self.given(AnswerForm if self.is_form else AnswerIn)
        return self.run(
            handling.send_final_answer,
            lambda answer: answer.pk,
            lambda key: AnswerShape(found(queries.answer(self.seer, key))).data,
            status=201,
            case_id=case_id,
            text=given.get("text", ""),
            parts=given.get("parts", {}),
            route=AnswerRoute(given.get("route", AnswerRoute.PRIVATE)),
            url=given.get("url") or "",
            uploads=self.uploads(given),
            at=timezone.now(),
        )
