"""Tags: a brand's own words, and the cases they are on."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases import errors
from cases.api.endpoint import CaseEndpoint
from cases.api.fields import Code, Line
from cases.api.schema import changes, reads
from cases.api.setup import OfBrand, SetUp, page_of
from cases.commands import tag as commands
from cases.queries import api_time as queries


class TagShape(serializers.Serializer[Any]):
    """A word of a brand's own."""

    id = serializers.IntegerField()
    brand = serializers.CharField(source="brand.slug")
    name = serializers.CharField()
    is_active = serializers.BooleanField(help_text="false: retired, but on the cases that have it")


class TagIn(serializers.Serializer[Any]):
    """A new tag."""

    brand = Code(help_text="a slug")
    name = Line(max_length=commands.LONGEST)


class TagChange(serializers.Serializer[Any]):
    """What shall change of a tag: one of the two."""

    name = Line(max_length=commands.LONGEST, required=False)
    is_active = serializers.BooleanField(required=False)


class TagCaseIn(serializers.Serializer[Any]):
    """Which tag: one of the brand's, or a new word."""

    tag = Line(max_length=commands.LONGEST, help_text="a name")


class _Tags(SetUp):
    read, shape = staticmethod(queries.tags), TagShape


class Tags(_Tags):
    """The tags of the person's brands."""

    @reads(page_of(TagShape, "Tag"), "Tags", operation_id="tags_list", takes=[OfBrand], refuses=[422])
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """One page of tags."""
        return self.listed()

    @changes(TagShape, "A new tag", takes=TagIn, status=201)
    def post(self, request: Request) -> Response:  # noqa: ARG002
        """The tag."""
        given = self.given(TagIn)
        return self.save(commands.add_tag, status=201, brand_id=self.brand(given["brand"]), name=given["name"])


class OneTag(_Tags):
    """One tag."""

    @reads(TagShape, "A tag", refuses=[404])
    def get(self, request: Request, number: int) -> Response:  # noqa: ARG002
        """The tag."""
        return Response(self.shown(number))

    @changes(TagShape, "Call a tag otherwise, retire it, or bring it back", takes=TagChange)
    def patch(self, request: Request, number: int) -> Response:  # noqa: ARG002
        """The tag."""
        row, given = self.row(pk=number), self.given(TagChange)
        if len(given) != 1:
            raise errors.Invalid(_("Change either the name or whether it is in use."), "name")
        if "name" in given:
            return self.save(commands.rename_tag, tag_id=row.pk, name=given["name"])
        command = commands.bring_back_tag if given["is_active"] else commands.retire_tag
        return self.save(command, tag_id=row.pk)


class _OnCase(CaseEndpoint):
    def shown(self, case_id: int) -> Any:
        """The tags of the case, as an answer."""
        return TagShape(queries.tags_of(case_id), many=True).data


class TagsOfCase(_OnCase):
    """The tags on a case."""

    @reads(TagShape(many=True), "The tags on a case", operation_id="case_tags_list", refuses=[404])
    def get(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """All of them, by name."""
        case_id, _brand_id = self.case(reference)
        return Response(self.shown(case_id))

    @changes(TagShape(many=True), "Put a tag on a case", takes=TagCaseIn, operation_id="case_tags_add")
    def post(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """The tags on the case then."""
        case_id, _brand_id = self.case(reference)
        name = self.given(TagCaseIn)["tag"]
        facts = {"case_id": case_id, "name": name, "at": timezone.now()}
        return self.run(commands.tag_case, lambda _tag: case_id, self.shown, **facts)


class TagOfCase(_OnCase):
    """One tag on a case."""

    @changes(TagShape(many=True), "Take a tag off a case", operation_id="case_tags_remove")
    def delete(self, request: Request, reference: str, tag: int) -> Response:  # noqa: ARG002
        """The tags that are left on the case."""
        case_id, _brand_id = self.case(reference)
        facts: dict[str, Any] = {"case_id": case_id, "tag_id": tag, "at": timezone.now()}
        return self.run(commands.untag_case, lambda _none: case_id, self.shown, **facts)
