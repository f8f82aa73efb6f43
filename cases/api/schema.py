"""The description of the API: what each call takes, answers and refuses, next to the call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from cases.api.errors import MEDIA_TYPE
from cases.vocabulary import Missing

F = TypeVar("F", bound=Callable[..., Any])


class GapShape(serializers.Serializer[Any]):
    """One thing that stands between a case and handled."""

    code = serializers.ChoiceField(choices=[(gap.value, gap.value) for gap in Missing])
    text = serializers.CharField()
    action = serializers.UUIDField(required=False, help_text="the action it is about")


class LeakShape(serializers.Serializer[Any]):
    """A place in a public text that tells something private."""

    kind = serializers.CharField()
    excerpt = serializers.CharField(help_text="repeat it in may_be_public to say that it may be public")
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment]  # DRF takes fields out of the class


class ProblemShape(serializers.Serializer[Any]):
    """A refusal (RFC 9457); `code` stays the same, texts may change."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(allow_blank=True)
    code = serializers.CharField()
    errors = serializers.DictField(required=False, help_text="what is wrong, by field")  # type: ignore[assignment]  # DRF takes fields out of the class
    missing = GapShape(many=True, required=False, help_text="with gate_closed")
    leaks = LeakShape(many=True, required=False, help_text="with leaks")
    count = serializers.IntegerField(required=False, help_text="with matches_many: repeat it as `expected`")


REFUSALS = {
    400: "The request cannot be read.",
    401: "No token, or one that is not valid.",
    403: "The person's role does not allow this; nothing was changed.",
    404: "There is nothing here, or it is not yours to see.",
    409: "Not possible as things stand, for example with a closed gate.",
    413: "The body is too large.",
    415: "The body is in a form that is not read here.",
    422: "What was sent cannot be used.",
    429: "Too many calls in this minute.",
    503: "Away for a moment; try again.",
}
ALWAYS = (401, 429, 503)
CHANGING = (400, 403, 404, 409, 413, 415, 422)

KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="At most 255 visible ASCII characters. The same call with the same key again changes nothing and gives "
    "the first answer; with another body it is refused (key_reused).",
)


def reads(
    shape: Any,
    text: str,
    *,
    refuses: Sequence[int] = (),
    takes: Sequence[Any] = (),
    also: Mapping[Any, Any] | None = None,
    **more: Any,
) -> Callable[[F], F]:
    """Describe a call that only reads; ``also`` are its other answers."""
    ours = shape if isinstance(shape, Mapping) else {200: shape}
    return extend_schema(
        summary=text,
        parameters=list(takes),
        responses={**ours, **(also or {})} | _problems((*ALWAYS, *refuses)),
        **more,
    )


def changes(
    shape: Any,
    text: str,
    *,
    takes: Any = None,
    asks: Sequence[Any] = (),
    status: int | Sequence[int] = 200,
    **more: Any,
) -> Callable[[F], F]:
    """Describe a call that changes something: under an Idempotency-Key if one is sent; ``asks`` is in its address."""
    statuses = (status,) if isinstance(status, int) else status
    described = {code: OpenApiResponse(shape) if shape else OpenApiResponse(description="Done.") for code in statuses}
    return extend_schema(
        summary=text,
        request=takes,
        parameters=[KEY, *asks],
        responses=described | _problems((*ALWAYS, *CHANGING)),
        **more,
    )


def _problems(statuses: Sequence[int]) -> dict[Any, OpenApiResponse]:
    return {
        (status, MEDIA_TYPE): OpenApiResponse(ProblemShape, description=REFUSALS[status])
        for status in sorted(set(statuses))
    }
