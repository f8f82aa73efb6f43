"""Resolution actions: planned, started, done with proof, failed, waived."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from cases import errors
from cases.api.case import ReasonIn
from cases.api.dialogue import MOST_FILES, FileIn
from cases.api.endpoint import CaseEndpoint, Paged, found
from cases.api.fields import BIGGEST, Amount, Code, Instant, Line, Words
from cases.api.parsing import Json
from cases.api.schema import changes, reads
from cases.api.shapes import ActionShape
from cases.commands import action as commands
from cases.commands import approval as approvals
from cases.models import Action
from cases.queries import api as queries
from cases.vocabulary import ActionStatus


class PlanIn(serializers.Serializer[Any]):
    """What may be said of a planned action; in a change, what is left out stays."""

    wording = Words(max_length=300, required=False)
    required = serializers.BooleanField(required=False, help_text="true unless said")  # type: ignore[assignment]  # DRF takes fields out of the class
    amount = Amount(required=False, allow_null=True)
    owner = Code(required=False, allow_null=True, help_text="a user name, or me")
    team = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=BIGGEST)
    due_at = Instant(required=False, allow_null=True, help_text="else after the days its kind names")
    reason = Words(max_length=500, required=False, help_text="read by whoever has to approve it")


class ActionIn(PlanIn):
    """A new action."""

    kind = Code(help_text="a code of the brand's catalogue")
    currency = Line(max_length=3, required=False, allow_blank=True, help_text="the brand's unless said")


class RequestIn(serializers.Serializer[Any]):
    """Why somebody should approve it."""

    reason = Words(max_length=500, required=False)


class ProofIn(serializers.Serializer[Any]):
    """What shows that it is done; how much of it is needed, the kind says."""

    outcome = Words(max_length=20_000, help_text="what came of it, in words")
    reference = Words(max_length=120, required=False)
    amount = Amount(required=False, allow_null=True)
    done_on = serializers.DateField(required=False, allow_null=True, help_text="the day it took place")
    files = FileIn(many=True, required=False, max_length=MOST_FILES)  # type: ignore[call-arg]  # the list takes it


class ProofForm(serializers.Serializer[Any]):
    """The same as a form with files."""

    outcome = Words(max_length=20_000)
    reference = Words(max_length=120, required=False)
    amount = Amount(required=False, allow_null=True)
    done_on = serializers.DateField(required=False, allow_null=True)
    files = serializers.ListField(child=serializers.FileField(), required=False, max_length=MOST_FILES)


class ActionPage(serializers.Serializer[Any]):
    """A page of actions, oldest first."""

    next = serializers.CharField(allow_null=True)
    results = ActionShape(many=True)


class ActionsOf(CaseEndpoint):
    """What every call about an action needs."""

    def show(self, key: int) -> Any:
        """One action, by its key."""
        return ActionShape(found(queries.actions(self.seer).filter(pk=key).first())).data

    def act(self, public_id: UUID, command: Any, **arguments: Any) -> Response:
        """Run one command on the action, and show it; 202 when somebody else has to approve it."""
        action = found(queries.action_row(self.seer, public_id))
        return self.run(
            command,
            lambda done: done.pk,
            self.show,
            status=lambda done: _status(done, 200),
            action_id=action.pk,
            at=timezone.now(),
            **arguments,
        )


def _status(action: Action, usual: int) -> int:
    return 202 if action.status == ActionStatus.AWAITING_APPROVAL else usual


class Actions(ActionsOf):
    """The actions of a case."""

    @reads(ActionPage, "The actions of a case", operation_id="actions_list", takes=[Paged], refuses=[404, 422])
    def get(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """One page of actions."""
        case_id, _brand_id = self.case(reference)
        asked = self.asked(Paged)
        rows = queries.actions(self.seer).filter(case_id=case_id, pk__gt=asked.get("cursor", 0)).order_by("pk")
        return self.page(list(rows[: asked["limit"] + 1]), ActionShape, asked)

    @changes(
        ActionShape,
        "Add what is to be done for the complainant; 202 when it is above your authority and somebody is asked",
        takes=ActionIn,
        status=(201, 202),
    )
    def post(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """The action."""
        case_id, brand_id = self.case(reference)
        given = self.given(ActionIn)
        kind_id = queries.kind_ids(brand_id, [given["kind"]]).get(given["kind"])
        if kind_id is None:
            raise errors.Invalid(_("The brand's catalogue has no kind of this code."), "kind")
        owner = given.get("owner")
        return self.run(
            commands.add_action,
            lambda action: action.pk,
            self.show,
            status=lambda action: _status(action, 201),
            case_id=case_id,
            kind_id=kind_id,
            wording=given.get("wording", ""),
            is_required=given.get("required", True),
            amount=given.get("amount"),
            currency=given.get("currency", ""),
            owner_id=self.colleague(brand_id, owner, "owner") if owner else None,
            team_id=given.get("team"),
            due_at=given.get("due_at"),
            reason=given.get("reason", ""),
            at=timezone.now(),
        )


class OneAction(ActionsOf):
    """One action."""

    @reads(ActionShape, "An action and its proof", refuses=[404])
    def get(self, request: Request, action: UUID) -> Response:  # noqa: ARG002
        """The action."""
        return Response(ActionShape(found(queries.actions(self.seer).filter(public_id=action).first())).data)

    @changes(ActionShape, "Change what is planned, while nothing is done yet", takes=PlanIn, status=(200, 202))
    def patch(self, request: Request, action: UUID) -> Response:  # noqa: ARG002
        """The action."""
        row: Action = found(queries.actions(self.seer).filter(public_id=action).first())
        given = self.given(PlanIn)
        owner_id = row.owner_id
        if "owner" in given:
            owner_id = self.colleague(row.case.brand_id, given["owner"], "owner") if given["owner"] else None
        return self.act(
            action,
            commands.change_action,
            wording=given.get("wording", row.wording),
            is_required=given.get("required", row.is_required),
            amount=given.get("amount", row.amount),
            owner_id=owner_id,
            team_id=given.get("team", row.team_id),
            due_at=given.get("due_at", row.due_at),
            reason=given.get("reason", ""),
        )


class RequestApproval(ActionsOf):
    """Decided, or asked for."""

    @changes(
        ActionShape,
        "Decide it by your own authority, else ask the nearest person whose authority suffices (202)",
        takes=RequestIn,
        status=(200, 202),
    )
    def post(self, request: Request, action: UUID) -> Response:  # noqa: ARG002
        """The action."""
        found(queries.action_row(self.seer, action))
        return self.act(action, approvals.request, reason=self.given(RequestIn).get("reason", ""))


class Start(ActionsOf):
    """Somebody is at it."""

    @changes(ActionShape, "Somebody is at it")
    def post(self, request: Request, action: UUID) -> Response:  # noqa: ARG002
        """The action."""
        return self.act(action, commands.start_action)


class Complete(ActionsOf):
    """Done."""

    parser_classes = (Json, MultiPartParser)

    @changes(
        ActionShape,
        "It is done, and here is the proof that its kind demands",
        takes={"application/json": ProofIn, "multipart/form-data": ProofForm},
    )
    def post(self, request: Request, action: UUID) -> Response:  # noqa: ARG002
        """The action."""
        found(queries.action_row(self.seer, action))
        given = self.given(ProofForm if self.is_form else ProofIn)
        return self.act(
            action,
            commands.complete_action,
            outcome=given["outcome"],
            reference=given.get("reference", ""),
            amount=given.get("amount"),
            done_on=given.get("done_on"),
            uploads=self.uploads(given),
        )


class Fail(ActionsOf):
    """Tried in vain."""

    @changes(ActionShape, "It was tried and did not work", takes=ReasonIn)
    def post(self, request: Request, action: UUID) -> Response:  # noqa: ARG002
        """The action."""
        found(queries.action_row(self.seer, action))
        return self.act(action, commands.fail_action, reason=self.given(ReasonIn)["reason"])


class ProposeAgain(ActionsOf):
    """Tried again."""

    @changes(ActionShape, "What failed is tried again")
    def post(self, request: Request, action: UUID) -> Response:  # noqa: ARG002
        """The action."""
        return self.act(action, commands.propose_again)


class Waive(ActionsOf):
    """Not done, by somebody's authority."""

    @changes(ActionShape, "A manager takes it upon them that this is not done", takes=ReasonIn)
    def post(self, request: Request, action: UUID) -> Response:  # noqa: ARG002
        """The action."""
        found(queries.action_row(self.seer, action))
        return self.act(action, commands.waive_action, reason=self.given(ReasonIn)["reason"])
