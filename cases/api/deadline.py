"""The deadlines of a case: what must have happened by when, what met it, and a later date where a policy lets it."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases import errors
from cases.api.endpoint import CaseEndpoint, found
from cases.api.fields import Instant, Texts, Words
from cases.api.schema import changes, reads
from cases.commands import deadline as commands
from cases.queries import api_time as queries
from cases.queries.deadline import Standing
from cases.vocabulary import NEVER, Due, Ended, Goal, Needs

LONGEST_MESSAGE = 20_000


class MetByShape(serializers.Serializer[Any]):
    """Which line of the case's journal met it."""

    seq = serializers.IntegerField()
    kind = serializers.CharField()
    occurred_at = Instant()


class ExtensionShape(serializers.Serializer[Any]):
    """A later date that it was given."""

    was = Instant(source="due_before")
    became = Instant(source="due_after")
    reason = serializers.CharField(allow_null=True, help_text="null: erased")
    message = serializers.UUIDField(
        source="message.public_id", default=None, allow_null=True, help_text="what told the complainant"
    )
    by = serializers.CharField(source="by.username")
    at = Instant()


class DeadlineShape(serializers.Serializer[Any]):
    """What must have happened in a case by when, and what became of it, for ever."""

    id = serializers.IntegerField()
    goal = serializers.ChoiceField(choices=Goal.choices)
    name = Texts(help_text="of its policy, by language; empty for a promise")
    source = serializers.CharField(allow_blank=True, help_text="who set it")  # type: ignore[assignment]  # DRF takes fields out
    policy = serializers.UUIDField(allow_null=True)
    promise = serializers.UUIDField(allow_null=True)
    round = serializers.IntegerField()
    stands = serializers.ChoiceField(choices=[(each.value, each.value) for each in Due])
    started_at = Instant()
    first_due_at = Instant(allow_null=True, help_text="before any extension; null: never")
    due_at = Instant(
        allow_null=True,
        help_text="null: never, its calendar does not come so far; while it is paused, the date it had before",
    )
    paused_at = Instant(allow_null=True, help_text="null: it runs")
    paused_seconds = serializers.IntegerField(help_text="of pauses that are over, as its policy counts them")
    met_at = Instant(allow_null=True)
    met_by = MetByShape(allow_null=True)
    missed_at = Instant(allow_null=True)
    late_seconds = serializers.IntegerField(allow_null=True, help_text="how late it was met")
    ended_at = Instant(allow_null=True)
    ended = serializers.ChoiceField(choices=Ended.choices, allow_blank=True)
    extends = serializers.ChoiceField(choices=Needs.choices, allow_blank=True, help_text="what a later date demands")
    extensions = ExtensionShape(many=True)


class DeadlinesShape(serializers.Serializer[Any]):
    """The deadlines of a case: what is open first, by date."""

    nearest = serializers.IntegerField(allow_null=True, help_text="the one to look at")
    results = DeadlineShape(many=True)


class ExtendIn(serializers.Serializer[Any]):
    """Why it needs a later date, and how the complainant was told where the policy wants that."""

    reason = Words(max_length=commands.LONGEST_REASON, help_text="read by colleagues only")
    message = serializers.UUIDField(required=False, allow_null=True, help_text="a private message that told them")
    text = Words(
        max_length=LONGEST_MESSAGE, required=False, help_text="or what they are told now, in private, with this call"
    )


def told(standing: Standing) -> dict[str, Any]:
    """One deadline, as an answer takes it."""
    row, kept = standing.row, standing.deadline
    plain = ("goal", "round", "started_at", "paused_at", "paused_seconds", "met_at", "missed_at", "ended_at", "ended")
    return {
        **{name: getattr(row, name) for name in plain},
        "id": kept.pk,
        "name": kept.policy.name if kept.policy else {},
        "source": kept.policy.source if kept.policy else "",
        "policy": kept.policy.public_id if kept.policy else None,
        "promise": kept.promise.public_id if kept.promise else None,
        "stands": standing.how.value,
        "first_due_at": _or_never(row.first_due_at),
        "due_at": _or_never(row.due_at),
        "met_by": standing.met_by,
        "late_seconds": None if standing.late_by is None else round(standing.late_by.total_seconds()),
        "extends": kept.policy.extends if kept.policy else "",
        "extensions": standing.extensions,
    }


def _or_never(at: Any) -> Any:
    return None if at == NEVER else at


class _Deadlines(CaseEndpoint):
    def shown(self, case_id: int) -> Any:
        """The deadlines of the case, as an answer."""
        of_case = found(queries.deadlines_of(self.seer, case_id, timezone.now()))
        nearest = of_case.nearest.deadline.pk if of_case.nearest else None
        return DeadlinesShape({"nearest": nearest, "results": [told(each) for each in of_case.standing]}).data


class Deadlines(_Deadlines):
    """What a case stands under."""

    @reads(DeadlinesShape, "The deadlines of a case, with what met them or how late", refuses=[404])
    def get(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """All of them."""
        case_id, _brand_id = self.case(reference)
        return Response(self.shown(case_id))


class Extend(_Deadlines):
    """A later date."""

    @changes(DeadlinesShape, "Give a deadline the later date that its policy allows", takes=ExtendIn)
    def post(self, request: Request, reference: str, deadline: int) -> Response:  # noqa: ARG002
        """The deadlines of the case then."""
        case_id, _brand_id = self.case(reference)
        row = found(queries.deadline(self.seer, case_id, deadline))
        given = self.given(ExtendIn)
        message = given.get("message")
        message_id = queries.message_id(case_id, message) if message else None
        if message and message_id is None:
            raise errors.Invalid(_("There is no such message in this case."), "message")
        facts = {"deadline_id": row.pk, "reason": given["reason"], "message_id": message_id, "at": timezone.now()}
        return self.run(commands.extend, lambda _made: case_id, self.shown, text=given.get("text", ""), **facts)
