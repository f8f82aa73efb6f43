"""What connected systems tell by themselves: signed, without a token."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cases import errors
from cases.api.errors import MEDIA_TYPE, TooLarge
from cases.api.parsing import AlwaysJson
from cases.api.schema import REFUSALS, ProblemShape
from cases.commands import callback as commands
from cases.rules import request as requests
from cases.rules import signature
from cases.vocabulary import SYSTEM, SystemStatus


class CallbackIn(serializers.Serializer[Any]):
    """How an order stands."""

    order = serializers.CharField(max_length=60, help_text="the order's id, as the request gave it")
    status = serializers.ChoiceField(choices=SystemStatus.choices)
    reference = serializers.CharField(max_length=120, required=False, help_text="what proves it; needed with done")
    amount = serializers.CharField(max_length=20, required=False, help_text="what was paid, like 1249.90")
    reason = serializers.CharField(max_length=500, required=False)


class CallbackShape(serializers.Serializer[Any]):
    """What became of it."""

    outcome = serializers.CharField(help_text="moved, nothing_new, unexpected, unclear, not_known_there or seen")


SIGNED = OpenApiParameter(
    signature.HEADER,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description="t=<Unix seconds>,v1=<HMAC-SHA256 of “t.body” with the system's secret, in hex>; at most 5 minutes old",
)
PROBLEMS = {
    (code, MEDIA_TYPE): OpenApiResponse(ProblemShape, description=REFUSALS[code]) for code in (401, 404, 413, 422, 503)
}


class Callbacks(APIView):
    """One connected system's way to tell how orders stand."""

    authentication_classes = ()
    permission_classes = ()
    content_negotiation_class = AlwaysJson

    @extend_schema(
        summary="Tell how an order stands; the same again changes nothing",
        request=CallbackIn,
        parameters=[SIGNED],
        responses={200: CallbackShape, **PROBLEMS},
        auth=[],
    )
    def post(self, request: Request, target: UUID) -> Response:
        """What became of it; the bytes are kept before anything is done with them."""
        body = request.body
        if len(body) > requests.LARGEST_ANSWER:
            raise TooLarge(most=requests.LARGEST_ANSWER)
        at = timezone.now()
        signed = request.headers.get(signature.HEADER, "")
        kept = commands.keep_callback(target_id=target, body=body, signed=signed, at=at, actor=SYSTEM)
        if kept.outcome in {"", commands.UNREADABLE, commands.UNKNOWN_ORDER}:
            kept = commands.hear_callback(callback_id=kept.callback_id, at=at, actor=SYSTEM)
        if kept.outcome == commands.UNREADABLE:
            raise commands.Unreadable(reason=kept.reason)
        if kept.outcome == commands.UNKNOWN_ORDER:
            raise errors.NotFound
        return Response({"outcome": kept.outcome})
