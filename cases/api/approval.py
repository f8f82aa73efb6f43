"""Requests for approval: whom they wait for, and what is answered."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.case import ReasonIn
from cases.api.endpoint import Endpoint, Paged, found
from cases.api.fields import Amount, Instant, Texts, Words
from cases.api.schema import changes, reads
from cases.api.shapes import Choice
from cases.commands import approval as commands
from cases.models import Approval
from cases.queries import approval as queries
from cases.queries import authority
from cases.vocabulary import ApprovalStatus, Passed, Reply

VIEWS = [(name, name) for name in queries.VIEWS]


class AskedShape(serializers.Serializer[Any]):
    """Somebody who was asked."""

    person = serializers.CharField(source="person.username")
    on_authority_of = serializers.CharField(
        source="holder.username", help_text="whose grant it is: theirs, or whose deputy they are"
    )
    asked_at = Instant()
    answer_by = Instant()
    reply = Choice(choices=Reply.choices, allow_blank=True)
    replied_at = Instant(allow_null=True)
    passed = Choice(choices=Passed.choices, allow_blank=True, help_text="why it went on to somebody else")
    passed_at = Instant(allow_null=True)


class ApprovalShape(serializers.Serializer[Any]):
    """A request to decide exactly this; it is void once any of kind, amount, currency and wording changes."""

    id = serializers.UUIDField(source="public_id")
    case = serializers.CharField(source="case.reference")
    action = serializers.UUIDField(source="action.public_id")
    kind = serializers.CharField(source="kind.code")
    label = Texts(source="kind.label")  # type: ignore[assignment]  # DRF takes fields out of the class
    amount = Amount(allow_null=True)
    currency = serializers.CharField(allow_blank=True)
    wording = serializers.CharField(allow_blank=True, allow_null=True)
    reason = serializers.CharField(allow_blank=True, allow_null=True)
    status = Choice(choices=ApprovalStatus.choices)
    needed = serializers.IntegerField(help_text="how many have to approve it")
    requested_by = serializers.CharField(source="requested_by.username")
    requested_at = Instant()
    summary = serializers.SerializerMethodField()
    asked = AskedShape(source="history", many=True)
    decided_by = serializers.CharField(source="decided_by.username", default=None, allow_null=True)
    decided_at = Instant(allow_null=True)
    words = serializers.CharField(allow_blank=True, allow_null=True)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_summary(self, approval: Any) -> list[str]:
        """The case and what is asked, in five lines."""
        return authority.five_lines(approval.case, approval, approval.given)


class ApprovalPage(serializers.Serializer[Any]):
    """A page of requests, newest first."""

    next = serializers.CharField(allow_null=True)
    results = ApprovalShape(many=True)


class ApprovalsAsked(Paged):
    """Which requests."""

    view = serializers.ChoiceField(
        choices=VIEWS,
        required=False,
        help_text="me: waits for you; asked: you asked; others: waits for somebody else and you could decide; answered",
    )


class ApproveIn(serializers.Serializer[Any]):
    """What to say with a yes."""

    words = Words(max_length=2000, required=False)


class ReturnIn(ReasonIn):
    """What should be different, and why."""

    amount = Amount(required=False, allow_null=True)
    wording = Words(max_length=300, required=False)


class Approvals(Endpoint):
    """The requests."""

    @reads(ApprovalPage, "Requests for approval", operation_id="approvals_list", takes=[ApprovalsAsked], refuses=[422])
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """One page of requests."""
        asked = self.asked(ApprovalsAsked)
        rows = queries.listed(self.seer, asked.get("view"), timezone.now()).order_by("-pk")
        if "cursor" in asked:
            rows = rows.filter(pk__lt=asked["cursor"])
        return self.page(list(rows[: asked["limit"] + 1]), ApprovalShape, asked)


class OneApproval(Endpoint):
    """One request."""

    @reads(ApprovalShape, "A request, who was asked and what they said", refuses=[404])
    def get(self, request: Request, approval: UUID) -> Response:  # noqa: ARG002
        """The request."""
        return Response(ApprovalShape(queries.one(self.seer, approval)).data)


class _Answer(Endpoint):
    def row(self, public_id: UUID) -> Approval:
        """The request; raises NotFound."""
        row: Approval = queries.one(self.seer, public_id)
        return row

    def answer(self, row: Approval, command: Any, **arguments: Any) -> Response:
        """Run one command on the request, and show it."""

        def shown(key: int) -> Any:
            return ApprovalShape(found(queries.visible(self.seer).filter(pk=key).first())).data

        return self.run(command, lambda done: done.pk, shown, approval_id=row.pk, at=timezone.now(), **arguments)


class Approve(_Answer):
    """Yes."""

    @changes(ApprovalShape, "Approve exactly this; where two have to, the second person is asked now", takes=ApproveIn)
    def post(self, request: Request, approval: UUID) -> Response:  # noqa: ARG002
        """The request."""
        row = self.row(approval)
        return self.answer(row, commands.approve, words=self.given(ApproveIn).get("words", ""))


class Refuse(_Answer):
    """No."""

    @changes(ApprovalShape, "Refuse it, with the reason", takes=ReasonIn)
    def post(self, request: Request, approval: UUID) -> Response:  # noqa: ARG002
        """The request."""
        row = self.row(approval)
        return self.answer(row, commands.refuse, reason=self.given(ReasonIn)["reason"])


class Return(_Answer):
    """Not like this."""

    @changes(ApprovalShape, "Change what was asked and return it to whoever plans it", takes=ReturnIn)
    def post(self, request: Request, approval: UUID) -> Response:  # noqa: ARG002
        """The request."""
        row = self.row(approval)
        given = self.given(ReturnIn)
        changed = {"amount": given.get("amount"), "wording": given.get("wording")}
        return self.answer(row, commands.give_back, reason=given["reason"], **changed)


class Withdraw(_Answer):
    """Not asked any more."""

    @changes(ApprovalShape, "Take the request back")
    def post(self, request: Request, approval: UUID) -> Response:  # noqa: ARG002
        """The request."""
        return self.answer(self.row(approval), commands.withdraw)


class PassOn(_Answer):
    """Somebody else."""

    @changes(ApprovalShape, "Pass on what you are asked to the next who can")
    def post(self, request: Request, approval: UUID) -> Response:  # noqa: ARG002
        """The request."""
        return self.answer(self.row(approval), commands.pass_on, why=Passed.BY_HAND)
