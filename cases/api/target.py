"""Connected systems: what carries out actions; their secret stands only in the answer that makes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.fields import Code, Line
from cases.api.schema import changes, reads
from cases.api.setup import OfBrand, SetUp, page_of
from cases.commands import target as commands
from cases.queries import api_setup as queries
from cases.rules import request as requests

FIELDS = ("name", "url", "mapping", "timeout", "poll_minutes", "is_active")


def Mapping(**options: Any) -> serializers.DictField:  # noqa: N802 - used like a field's class
    """Name there -> our fact."""
    facts = serializers.ChoiceField(choices=sorted(requests.FACTS))
    return serializers.DictField(child=facts, help_text="name there: our fact", **options)


class TargetShape(serializers.Serializer[Any]):
    """A system that carries out actions of a brand."""

    id = serializers.IntegerField()
    brand = serializers.CharField(source="brand.slug")
    name = serializers.CharField()
    url = serializers.CharField()
    mapping = Mapping()
    timeout = serializers.IntegerField(help_text="seconds")
    poll_minutes = serializers.IntegerField(help_text="how often an accepted action is asked about; 0: never")
    callback = serializers.UUIDField(source="public_id", help_text="ends the address for its callbacks")
    is_active = serializers.BooleanField()


class NewTargetShape(TargetShape):
    """The same with its secret."""

    secret = serializers.CharField(allow_null=True, help_text="shown this once; null when the call is repeated")


class TargetChange(serializers.Serializer[Any]):
    """What may change of a connected system; what is left out stays."""

    name = Line(max_length=80, required=False)
    url = Line(max_length=500, required=False)
    mapping = Mapping(required=False)
    timeout = serializers.IntegerField(min_value=1, max_value=commands.LONGEST_WAIT, required=False)
    poll_minutes = serializers.IntegerField(min_value=0, max_value=commands.LONGEST_POLL, required=False)
    is_active = serializers.BooleanField(required=False)


class TargetIn(serializers.Serializer[Any]):
    """A new connected system."""

    brand = Code()
    name = Line(max_length=80)
    url = Line(max_length=500)
    mapping = Mapping(required=False)
    timeout = serializers.IntegerField(min_value=1, max_value=commands.LONGEST_WAIT, default=10)
    poll_minutes = serializers.IntegerField(min_value=0, max_value=commands.LONGEST_POLL, default=15)


class _Targets(SetUp):
    read, shape = staticmethod(queries.targets), TargetShape

    def made(self, command: Callable[..., commands.NewSecret], status: int, **arguments: Any) -> Response:
        """Run a command that makes a secret, and show it, this once."""
        fresh: list[str] = []

        def named(new: commands.NewSecret) -> int:
            fresh.append(new.secret)
            return new.target.pk

        def shown(key: int) -> Any:
            row = self.row(pk=key)
            row.secret = fresh[0] if fresh else None
            return NewTargetShape(row).data

        return self.run(command, named, shown, status=status, **arguments)


class Targets(_Targets):
    """The connected systems of the person's brands."""

    @reads(
        page_of(TargetShape, "Target"), "Connected systems", operation_id="targets_list", takes=[OfBrand], refuses=[422]
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """One page of connected systems."""
        return self.listed()

    @changes(NewTargetShape, "A new connected system, with its secret", takes=TargetIn, status=201)
    def post(self, request: Request) -> Response:  # noqa: ARG002
        """The system and its secret."""
        given = self.given(TargetIn)
        brand_id = self.brand(given.pop("brand"))
        return self.made(commands.create_target, 201, brand_id=brand_id, **{"mapping": {}, **given})


class OneTarget(_Targets):
    """One connected system."""

    @reads(TargetShape, "A connected system", refuses=[404])
    def get(self, request: Request, number: int) -> Response:  # noqa: ARG002
        """The system."""
        return Response(self.shown(number))

    @changes(TargetShape, "Change a connected system", takes=TargetChange)
    def patch(self, request: Request, number: int) -> Response:  # noqa: ARG002
        """The system."""
        row = self.row(pk=number)
        now = {name: getattr(row, name) for name in FIELDS}
        return self.save(commands.change_target, target_id=row.pk, **(now | self.given(TargetChange)))


class Secret(_Targets):
    """Another secret."""

    @changes(NewTargetShape, "Another secret; the old one ends at once")
    def post(self, request: Request, number: int) -> Response:  # noqa: ARG002
        """The system and its secret."""
        return self.made(commands.renew_secret, 200, target_id=self.row(pk=number).pk)
