"""What an admin sets up: brands, channels, teams, categories, kinds and playbooks; read by everybody of the brand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases import errors
from cases.api.endpoint import Endpoint, Paged, found
from cases.api.fields import BIGGEST, Code, Line
from cases.api.schema import changes, reads
from cases.api.setup_shapes import BrandShape, ChannelShape, TeamShape
from cases.commands import setup
from cases.models import Seer
from cases.queries import api as cases_queries
from cases.queries import api_setup as queries
from cases.vocabulary import ChannelKind

Read = Callable[[Seer], QuerySet[Any]]


def Key(**options: Any) -> serializers.IntegerField:  # noqa: N802 - used like a field's class
    """The number of a row of the set-up."""
    return serializers.IntegerField(min_value=1, max_value=BIGGEST, **options)


class OfBrand(Paged):
    """Which part of a list of the set-up."""

    brand = Code(required=False, help_text="a slug")


class SetUp(Endpoint):
    """One sort of row of the set-up."""

    read: Read
    shape: type[serializers.Serializer[Any]]

    def rows(self) -> QuerySet[Any]:
        """What the person may read of them."""
        return type(self).read(self.seer)

    def listed(self, brand_column: str = "brand__slug") -> Response:
        """One page of them, oldest first."""
        asked = self.asked(OfBrand)
        rows = self.rows().filter(pk__gt=asked.get("cursor", 0)).order_by("pk")
        if "brand" in asked:
            rows = rows.filter(**{brand_column: asked["brand"]})
        return self.page(list(rows[: asked["limit"] + 1]), self.shape, asked)

    def row(self, **key: Any) -> Any:
        """One of them; raises NotFound."""
        return found(self.rows().filter(**key).first())

    def shown(self, key: int) -> Any:
        """One of them, as an answer."""
        return self.shape(self.row(pk=key)).data

    def save(self, command: Callable[..., Model], *, status: int = 200, **arguments: Any) -> Response:
        """Run one command and show its row."""
        return self.run(command, lambda row: row.pk, self.shown, status=status, **arguments)

    def brand(self, slug: str) -> int:
        """The key of one of the person's brands; raises NotFound."""
        return found(queries.brand_id(self.seer, slug))

    def named(self, brand_id: int, username: str | None, field: str) -> int | None:
        """The colleague of that user name, or nobody; raises Invalid."""
        return self.colleague(brand_id, username, field) if username else None

    def category(self, brand_id: int, code: str | None, field: str) -> int | None:
        """The key of the brand's category of that code; raises Invalid."""
        if not code:
            return None
        category_id = cases_queries.category_id(brand_id, code)
        if category_id is None:
            raise errors.Invalid(_("The brand has no category of this code."), field)
        return category_id


def page_of(shape: type[serializers.Serializer[Any]], name: str) -> type[serializers.Serializer[Any]]:
    """A page of such rows."""
    fields = {"next": serializers.CharField(allow_null=True), "results": shape(many=True), "__doc__": "A page."}
    return type(f"{name}Page", (serializers.Serializer,), fields)


class BrandChange(serializers.Serializer[Any]):
    """What may change of a brand; what is left out stays."""

    name = Line(max_length=80, required=False)
    language = Code(max_length=8, required=False)
    zone = Code(max_length=64, required=False, help_text="like Europe/Paris")
    currency = Code(max_length=3, required=False, help_text="like EUR")
    is_active = serializers.BooleanField(required=False)


class BrandIn(serializers.Serializer[Any]):
    """A new brand."""

    name = Line(max_length=80)
    slug = Code(max_length=40)
    prefix = Code(max_length=4, help_text="two to four capital letters that begin its references")
    language = Code(max_length=8, default="en")
    zone = Code(max_length=64, default="Europe/Paris")
    currency = Code(max_length=3, default="EUR")


class Brands(SetUp):
    """The person's brands."""

    read, shape = staticmethod(queries.brands), BrandShape

    @reads(page_of(BrandShape, "Brand"), "Brands", operation_id="brands_list", takes=[Paged], refuses=[422])
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """One page of brands."""
        return self.listed("slug")

    @changes(BrandShape, "A new brand, with a catalogue to start from", takes=BrandIn, status=201)
    def post(self, request: Request) -> Response:  # noqa: ARG002
        """The brand."""
        return self.save(setup.create_brand, status=201, **self.given(BrandIn))


class OneBrand(SetUp):
    """One brand."""

    read, shape = staticmethod(queries.brands), BrandShape

    @reads(BrandShape, "A brand", refuses=[404])
    def get(self, request: Request, slug: str) -> Response:  # noqa: ARG002
        """The brand."""
        return Response(BrandShape(self.row(slug=slug)).data)

    @changes(BrandShape, "Change a brand", takes=BrandChange)
    def patch(self, request: Request, slug: str) -> Response:  # noqa: ARG002
        """The brand."""
        row = self.row(slug=slug)
        now = {name: getattr(row, name) for name in ("name", "language", "zone", "currency", "is_active")}
        return self.save(setup.change_brand, brand_id=row.pk, **(now | self.given(BrandChange)))


class ChannelChange(serializers.Serializer[Any]):
    """What may change of a channel; what is left out stays."""

    name = Line(max_length=80, required=False)
    kind = serializers.ChoiceField(choices=ChannelKind.choices, required=False)
    platform = Code(max_length=40, required=False)
    is_complaints_only = serializers.BooleanField(required=False)
    default_category = Code(required=False, allow_null=True, help_text="a code")
    default_team = Key(required=False, allow_null=True)
    is_active = serializers.BooleanField(required=False)


class ChannelIn(serializers.Serializer[Any]):
    """A new channel."""

    brand = Code()
    name = Line(max_length=80)
    slug = Code(max_length=40)
    kind = serializers.ChoiceField(choices=ChannelKind.choices)
    platform = Code(max_length=40)
    is_complaints_only = serializers.BooleanField(default=False)
    default_category = Code(required=False, allow_null=True, help_text="a code")
    default_team = Key(required=False, allow_null=True)


class Channels(SetUp):
    """The channels of the person's brands."""

    read, shape = staticmethod(queries.channels), ChannelShape

    @reads(page_of(ChannelShape, "Channel"), "Channels", operation_id="channels_list", takes=[OfBrand], refuses=[422])
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """One page of channels."""
        return self.listed()

    @changes(ChannelShape, "A new channel", takes=ChannelIn, status=201)
    def post(self, request: Request) -> Response:  # noqa: ARG002
        """The channel."""
        given = self.given(ChannelIn)
        brand_id = self.brand(given.pop("brand"))
        given["default_category_id"] = self.category(brand_id, given.pop("default_category", None), "default_category")
        given["default_team_id"] = given.pop("default_team", None)
        return self.save(setup.create_channel, status=201, brand_id=brand_id, **given)


class OneChannel(SetUp):
    """One channel."""

    read, shape = staticmethod(queries.channels), ChannelShape

    @reads(ChannelShape, "A channel", refuses=[404])
    def get(self, request: Request, number: int) -> Response:  # noqa: ARG002
        """The channel."""
        return Response(self.shown(number))

    @changes(ChannelShape, "Change a channel", takes=ChannelChange)
    def patch(self, request: Request, number: int) -> Response:  # noqa: ARG002
        """The channel."""
        row = self.row(pk=number)
        given = self.given(ChannelChange)
        names = ("name", "kind", "platform", "is_complaints_only", "default_category_id", "default_team_id")
        now = {name: getattr(row, name) for name in (*names, "is_active")}
        if "default_category" in given:
            code = given.pop("default_category")
            given["default_category_id"] = self.category(row.brand_id, code, "default_category")
        if "default_team" in given:
            given["default_team_id"] = given.pop("default_team")
        return self.save(setup.change_channel, channel_id=row.pk, **(now | given))


class TeamChange(serializers.Serializer[Any]):
    """What may change of a team; what is left out stays."""

    name = Line(max_length=80, required=False)
    lead = Code(required=False, allow_null=True, help_text="a user name")
    on_duty = Code(required=False, allow_null=True, help_text="a user name")
    is_active = serializers.BooleanField(required=False)


class TeamIn(serializers.Serializer[Any]):
    """A new team."""

    brand = Code()
    name = Line(max_length=80)
    lead = Code(required=False, allow_null=True, help_text="a user name")
    on_duty = Code(required=False, allow_null=True, help_text="a user name")


class Teams(SetUp):
    """The teams of the person's brands."""

    read, shape = staticmethod(queries.teams), TeamShape

    @reads(page_of(TeamShape, "Team"), "Teams", operation_id="teams_list", takes=[OfBrand], refuses=[422])
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """One page of teams."""
        return self.listed()

    @changes(TeamShape, "A new team", takes=TeamIn, status=201)
    def post(self, request: Request) -> Response:  # noqa: ARG002
        """The team."""
        given = self.given(TeamIn)
        brand_id = self.brand(given["brand"])
        named = {f"{each}_id": self.named(brand_id, given.get(each), each) for each in ("lead", "on_duty")}
        return self.save(setup.create_team, status=201, brand_id=brand_id, name=given["name"], **named)


class OneTeam(SetUp):
    """One team."""

    read, shape = staticmethod(queries.teams), TeamShape

    @reads(TeamShape, "A team", refuses=[404])
    def get(self, request: Request, number: int) -> Response:  # noqa: ARG002
        """The team."""
        return Response(self.shown(number))

    @changes(TeamShape, "Change a team", takes=TeamChange)
    def patch(self, request: Request, number: int) -> Response:  # noqa: ARG002
        """The team."""
        row = self.row(pk=number)
        given = self.given(TeamChange)
        named = {"lead_id": row.lead_id, "on_duty_id": row.on_duty_id}
        named |= {
            f"{each}_id": self.named(row.brand_id, given[each], each) for each in ("lead", "on_duty") if each in given
        }
        return self.save(
            setup.change_team,
            team_id=row.pk,
            name=given.get("name", row.name),
            **named,
            is_active=given.get("is_active", row.is_active),
        )
