"""Why complaints come about: the brand's tree of causes, and the cause of one case."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases import errors
from cases.api.endpoint import CaseEndpoint, found
from cases.api.fields import Code, Texts, Words
from cases.api.schema import changes, reads
from cases.api.setup import Key, OfBrand, SetUp, page_of
from cases.api.setup_shapes import CauseShape
from cases.commands import cause as commands
from cases.commands.moves.finding_cause import LONGEST
from cases.queries import api_setup as queries


class CauseChange(serializers.Serializer[Any]):
    """What may change of a cause; what is left out stays."""

    label = Texts(required=False)  # type: ignore[assignment]  # DRF takes fields out of the class
    parent = Key(required=False, allow_null=True)  # type: ignore[assignment]  # as label
    is_active = serializers.BooleanField(required=False)


class CauseIn(serializers.Serializer[Any]):
    """A new cause."""

    brand = Code()
    code = Code(max_length=40)
    label = Texts()  # type: ignore[assignment]  # DRF takes fields out of the class
    parent = Key(required=False, allow_null=True, help_text="the cause it stands below; three levels at most")  # type: ignore[assignment]  # as label


class Causes(SetUp):
    """The causes of the person's brands."""

    read, shape = staticmethod(queries.causes), CauseShape

    @reads(page_of(CauseShape, "Cause"), "Causes", operation_id="causes_list", takes=[OfBrand], refuses=[422])
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """One page of causes."""
        return self.listed()

    @changes(CauseShape, "A new cause", takes=CauseIn, status=201)
    def post(self, request: Request) -> Response:  # noqa: ARG002
        """The cause."""
        given = self.given(CauseIn)
        brand_id, parent_id = self.brand(given.pop("brand")), given.pop("parent", None)
        return self.save(commands.create_cause, status=201, brand_id=brand_id, parent_id=parent_id, **given)


class OneCause(SetUp):
    """One cause."""

    read, shape = staticmethod(queries.causes), CauseShape

    @reads(CauseShape, "A cause", refuses=[404])
    def get(self, request: Request, number: int) -> Response:  # noqa: ARG002
        """The cause."""
        return Response(self.shown(number))

    @changes(CauseShape, "Change a cause", takes=CauseChange)
    def patch(self, request: Request, number: int) -> Response:  # noqa: ARG002
        """The cause."""
        row = self.row(pk=number)
        given = self.given(CauseChange)
        return self.save(
            commands.change_cause,
            cause_id=row.pk,
            label=given.get("label", row.label),
            parent_id=given.get("parent", row.parent_id),
            is_active=given.get("is_active", row.is_active),
        )


class CauseOfCaseShape(serializers.Serializer[Any]):
    """Why a complaint came about, and what would have prevented it."""

    cause = serializers.CharField(source="cause.code", default=None, allow_null=True, help_text="null: still asked")
    label = Texts(source="cause.label", default=None, allow_null=True)  # type: ignore[assignment]  # DRF takes fields out
    prevention = serializers.CharField(allow_null=True)


class CauseOfCaseIn(serializers.Serializer[Any]):
    """Why a complaint came about; what is left out is taken back."""

    cause = Code(required=False, allow_null=True, help_text="a code")
    prevention = Words(max_length=LONGEST, required=False, help_text="what would have prevented it")


class CauseOfCase(CaseEndpoint):
    """Why one complaint came about."""

    def shown(self, case_id: int) -> Any:
        """The cause of the case, as an answer."""
        return CauseOfCaseShape(found(queries.case_with_cause(self.seer, case_id))).data

    @reads(CauseOfCaseShape, "Why it came about", refuses=[404])
    def get(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """The cause."""
        return Response(self.shown(self.case(reference)[0]))

    @changes(CauseOfCaseShape, "Name the cause, change it, or take it back", takes=CauseOfCaseIn)
    def post(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """The cause."""
        case_id, brand_id = self.case(reference)
        given = self.given(CauseOfCaseIn)
        return self.run(
            commands.name_cause,
            lambda case: case.pk,
            self.shown,
            case_id=case_id,
            cause_id=cause_of(brand_id, given.get("cause")),
            prevention=given.get("prevention", ""),
            at=timezone.now(),
        )


def cause_of(brand_id: int, code: str | None) -> int | None:
    """The key of the brand's cause of that code; raises Invalid."""
    if not code:
        return None
    cause_id = queries.cause_id(brand_id, code)
    if cause_id is None:
        raise errors.Invalid(_("The brand has no cause of this code."), "cause")
    return cause_id
