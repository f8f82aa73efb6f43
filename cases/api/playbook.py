"""Playbooks: the actions that a category brings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases import errors
from cases.api.endpoint import found
from cases.api.fields import Code
from cases.api.schema import changes, reads
from cases.api.setup import Key, OfBrand, SetUp, page_of
from cases.api.setup_shapes import PlaybookShape
from cases.commands import catalogue
from cases.queries import api as cases_queries
from cases.queries import api_setup as queries
from cases.vocabulary import Severity


class LineIn(serializers.Serializer[Any]):
    """One action that a playbook brings."""

    kind = Code(help_text="a code")
    required = serializers.BooleanField(default=True)  # type: ignore[assignment]  # DRF takes fields out of the class
    team = Key(required=False, allow_null=True)
    days = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=catalogue.LONGEST)


class PlaybookIn(serializers.Serializer[Any]):
    """What a category brings from now on."""

    brand = Code()
    category = Code(help_text="a code")
    severity = serializers.ChoiceField(choices=Severity.choices, default=Severity.MEDIUM)
    actions = LineIn(many=True, max_length=50, help_text="in their order")  # type: ignore[call-arg]  # the list takes it
    is_active = serializers.BooleanField(default=True)


class PlaybookChange(serializers.Serializer[Any]):
    """What may change of a playbook; what is left out stays."""

    severity = serializers.ChoiceField(choices=Severity.choices, required=False)
    actions = LineIn(many=True, max_length=50, required=False, help_text="all of them, in their order")  # type: ignore[call-arg]  # the list takes it
    is_active = serializers.BooleanField(required=False)


class _Playbooks(SetUp):
    read, shape = staticmethod(queries.playbooks), PlaybookShape

    def lines(self, brand_id: int, given: Sequence[dict[str, Any]]) -> list[catalogue.Line]:
        """The lines as the command takes them; raises Invalid for a kind that the brand does not have."""
        kinds = cases_queries.kind_ids(brand_id, [each["kind"] for each in given])
        unknown = [each["kind"] for each in given if each["kind"] not in kinds]
        if unknown:
            raise errors.Invalid(_("The brand's catalogue has no kind “%(kind)s”.") % {"kind": unknown[0]}, "actions")
        return [
            catalogue.Line(kinds[each["kind"]], each["required"], each.get("team"), each.get("days")) for each in given
        ]


class Playbooks(_Playbooks):
    """The playbooks of the person's brands."""

    @reads(
        page_of(PlaybookShape, "Playbook"), "Playbooks", operation_id="playbooks_list", takes=[OfBrand], refuses=[422]
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """One page of playbooks."""
        return self.listed()

    @changes(PlaybookShape, "What a category brings, in place of what it brought", takes=PlaybookIn, status=201)
    def post(self, request: Request) -> Response:  # noqa: ARG002
        """The playbook."""
        given = self.given(PlaybookIn)
        brand_id = self.brand(given["brand"])
        return self.save(
            catalogue.save_playbook,
            status=201,
            category_id=found(self.category(brand_id, given["category"], "category")),
            severity=given["severity"],
            lines=self.lines(brand_id, given["actions"]),
            is_active=given["is_active"],
        )


class OnePlaybook(_Playbooks):
    """One playbook."""

    @reads(PlaybookShape, "A playbook", refuses=[404])
    def get(self, request: Request, number: int) -> Response:  # noqa: ARG002
        """The playbook."""
        return Response(self.shown(number))

    @changes(PlaybookShape, "Change a playbook", takes=PlaybookChange)
    def patch(self, request: Request, number: int) -> Response:  # noqa: ARG002
        """The playbook."""
        row = self.row(pk=number)
        given = self.given(PlaybookChange)
        standing = [catalogue.Line(line.kind_id, line.is_required, line.team_id, line.days) for line in row.lines]
        return self.save(
            catalogue.save_playbook,
            category_id=row.category_id,
            severity=given.get("severity", row.severity),
            lines=self.lines(row.brand_id, given["actions"]) if "actions" in given else standing,
            is_active=given.get("is_active", row.is_active),
        )
