"""The catalogue of a brand: its categories and its kinds of action."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases import errors
from cases.api.fields import Amount, Code, Line, Texts
from cases.api.schema import changes, reads
from cases.api.setup import Key, OfBrand, SetUp, page_of
from cases.api.setup_shapes import CategoryShape, KindShape
from cases.commands import catalogue
from cases.queries import api_setup as queries
from cases.vocabulary import DayUnit, Proof


class CategoryChange(serializers.Serializer[Any]):
    """What may change of a category; what is left out stays."""

    label = Texts(required=False)  # type: ignore[assignment]  # DRF takes fields out of the class
    team = Key(required=False, allow_null=True)
    is_active = serializers.BooleanField(required=False)


class CategoryIn(serializers.Serializer[Any]):
    """A new category."""

    brand = Code()
    code = Code(max_length=40)
    label = Texts()  # type: ignore[assignment]  # DRF takes fields out of the class
    team = Key(required=False, allow_null=True)


class Categories(SetUp):
    """The categories of the person's brands."""

    read, shape = staticmethod(queries.categories), CategoryShape

    @reads(
        page_of(CategoryShape, "Category"), "Categories", operation_id="categories_list", takes=[OfBrand], refuses=[422]
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """One page of categories."""
        return self.listed()

    @changes(CategoryShape, "A new category", takes=CategoryIn, status=201)
    def post(self, request: Request) -> Response:  # noqa: ARG002
        """The category."""
        given = self.given(CategoryIn)
        brand_id, team_id = self.brand(given.pop("brand")), given.pop("team", None)
        return self.save(catalogue.create_category, status=201, brand_id=brand_id, team_id=team_id, **given)


class OneCategory(SetUp):
    """One category."""

    read, shape = staticmethod(queries.categories), CategoryShape

    @reads(CategoryShape, "A category", refuses=[404])
    def get(self, request: Request, number: int) -> Response:  # noqa: ARG002
        """The category."""
        return Response(self.shown(number))

    @changes(CategoryShape, "Change a category", takes=CategoryChange)
    def patch(self, request: Request, number: int) -> Response:  # noqa: ARG002
        """The category."""
        row = self.row(pk=number)
        given = self.given(CategoryChange)
        return self.save(
            catalogue.change_category,
            category_id=row.pk,
            label=given.get("label", row.label),
            team_id=given.get("team", row.team_id),
            is_active=given.get("is_active", row.is_active),
            at=timezone.now(),
        )


class MergeIn(serializers.Serializer[Any]):
    """Into which category."""

    into = Code(help_text="the code of another category of the brand, in use")


class MergeCategory(SetUp):
    """One category, counted with another one from now on."""

    read, shape = staticmethod(queries.categories), CategoryShape

    @changes(CategoryShape, "Merge a category into another one", takes=MergeIn)
    def post(self, request: Request, number: int) -> Response:  # noqa: ARG002
        """The category."""
        row = self.row(pk=number)
        into_id = self.category(row.brand_id, self.given(MergeIn)["into"], "into")
        return self.save(catalogue.merge_category, category_id=row.pk, into_id=into_id, at=timezone.now())


_ABOVE = "two people must approve more than this, in the brand's currency"
_TARGET = "the name of the connected system that carries it out; null: by hand"


def _again() -> serializers.IntegerField:
    return serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=catalogue.LONGEST,
        help_text="how many days after the case is handled the complainant is asked again; null: not again",
    )


class KindChange(serializers.Serializer[Any]):
    """What may change of a kind; what is left out stays."""

    label = Texts(required=False)  # type: ignore[assignment]  # DRF takes fields out of the class
    promise = Texts(required=False)
    proof = serializers.ChoiceField(choices=Proof.choices, required=False)
    has_amount = serializers.BooleanField(required=False)
    has_goods = serializers.BooleanField(required=False)
    days = serializers.IntegerField(required=False, min_value=0, max_value=catalogue.LONGEST)
    day_unit = serializers.ChoiceField(choices=DayUnit.choices, required=False)
    ask_again_days = _again()
    two_people_above = Amount(required=False, allow_null=True, help_text=_ABOVE)
    target = Line(required=False, allow_null=True, help_text=_TARGET)
    is_shown = serializers.BooleanField(required=False)
    is_active = serializers.BooleanField(required=False)


class KindIn(serializers.Serializer[Any]):
    """A new kind of action."""

    brand = Code()
    code = Code(max_length=40)
    label = Texts()  # type: ignore[assignment]  # DRF takes fields out of the class
    promise = Texts(required=False, help_text="what the complainant is told while it is open")
    proof = serializers.ChoiceField(choices=Proof.choices, default=Proof.OUTCOME)
    has_amount = serializers.BooleanField(default=False)
    has_goods = serializers.BooleanField(default=False)
    days = serializers.IntegerField(default=5, min_value=0, max_value=catalogue.LONGEST)
    day_unit = serializers.ChoiceField(choices=DayUnit.choices, default=DayUnit.CALENDAR)
    ask_again_days = _again()
    two_people_above = Amount(required=False, allow_null=True, help_text=_ABOVE)
    target = Line(required=False, allow_null=True, help_text=_TARGET)
    is_shown = serializers.BooleanField(default=True, help_text="whether the complainant sees such actions")


class _Kinds(SetUp):
    read, shape = staticmethod(queries.kinds), KindShape

    def target(self, brand_id: int, name: str | None) -> int | None:
        """The key of the brand's connected system of that name, or none; raises Invalid."""
        if not name:
            return None
        target_id = queries.target_id(brand_id, name)
        if target_id is None:
            raise errors.Invalid(_("The brand has no connected system of this name."), "target")
        return target_id


class Kinds(_Kinds):
    """The kinds of action of the person's brands."""

    @reads(page_of(KindShape, "Kind"), "Kinds of action", operation_id="kinds_list", takes=[OfBrand], refuses=[422])
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """One page of kinds."""
        return self.listed()

    @changes(KindShape, "A new kind of action", takes=KindIn, status=201)
    def post(self, request: Request) -> Response:  # noqa: ARG002
        """The kind."""
        given = self.given(KindIn)
        brand_id = self.brand(given.pop("brand"))
        given["target_id"] = self.target(brand_id, given.pop("target", None))
        return self.save(catalogue.create_kind, status=201, brand_id=brand_id, **given)


class OneKind(_Kinds):
    """One kind of action."""

    @reads(KindShape, "A kind of action", refuses=[404])
    def get(self, request: Request, number: int) -> Response:  # noqa: ARG002
        """The kind."""
        return Response(self.shown(number))

    @changes(KindShape, "Change a kind of action", takes=KindChange)
    def patch(self, request: Request, number: int) -> Response:  # noqa: ARG002
        """The kind."""
        row = self.row(pk=number)
        given = self.given(KindChange)
        if "target" in given:
            given["target_id"] = self.target(row.brand_id, given.pop("target"))
        now = {"label": row.label, "is_active": row.is_active}
        return self.save(catalogue.change_kind, kind_id=row.pk, **(now | given))
