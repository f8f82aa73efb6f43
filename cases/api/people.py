"""People: who I am, whom I know; inviting them, saying what they may be, letting them go."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases import errors
from cases.api.endpoint import Endpoint, Paged, found
from cases.api.fields import BIGGEST, Code, Instant, Line
from cases.api.schema import changes, reads
from cases.api.setup_shapes import PersonShape
from cases.commands import people
from cases.queries import api_setup as queries
from cases.vocabulary import Role


class TokenShape(serializers.Serializer[Any]):
    """The token that this call came with."""

    label = serializers.CharField()  # type: ignore[assignment]  # DRF takes fields out of the class
    created_at = Instant()


class MeShape(PersonShape):
    """The person whose rights this token has."""

    token = TokenShape()


class MembershipIn(serializers.Serializer[Any]):
    """What somebody is for one brand."""

    brand = Code(help_text="a slug")
    role = serializers.ChoiceField(choices=Role.choices)
    team = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=BIGGEST)


class RoleIn(MembershipIn):
    """The same, or with the role null: no longer anything."""

    role = serializers.ChoiceField(choices=Role.choices, allow_null=True)
    heir = Code(required=False, allow_null=True, help_text="who gets the cases in hand, if they cannot be kept")


class PersonIn(serializers.Serializer[Any]):
    """Somebody to invite; a mail tells them how to choose a password."""

    username = Code(max_length=60)
    email = Code(max_length=254)
    name = Line(max_length=120)
    language = Code(max_length=8, default="en")
    memberships = MembershipIn(many=True, max_length=100, required=False)  # type: ignore[call-arg]  # the list takes it
    is_organisation_admin = serializers.BooleanField(default=False)


class PersonChange(serializers.Serializer[Any]):
    """What may change of somebody; what is left out stays."""

    email = Code(max_length=254, required=False)
    name = Line(max_length=120, required=False)
    language = Code(max_length=8, required=False)
    is_organisation_admin = serializers.BooleanField(required=False)


class HeirIn(serializers.Serializer[Any]):
    """Who gets what somebody has in hand."""

    heir = Code(required=False, allow_null=True, help_text="a user name; needed when cases are left")


class HandOverIn(serializers.Serializer[Any]):
    """Who gets everything an absent colleague has in hand."""

    to = Code(help_text="a user name")
    brand = Code(required=False, allow_null=True, help_text="in one brand; else in all you manage")


class HandedOverShape(serializers.Serializer[Any]):
    """How many cases changed hands."""

    cases = serializers.IntegerField()


class PersonPage(serializers.Serializer[Any]):
    """A page of people."""

    next = serializers.CharField(allow_null=True)
    results = PersonShape(many=True)


class _People(Endpoint):
    def lines(self, rows: Iterable[Any]) -> list[Any]:
        """These people, with their addresses where they may be read."""
        people = list(rows)
        managed = queries.managed(self.seer, people)
        for person in people:
            person.address = person.email if person.pk in managed else None
        return people

    def one(self, key: int) -> Any:
        """Somebody this person knows; raises NotFound."""
        return found(next(iter(self.lines(queries.people(self.seer).filter(pk=key))), None))

    def shown(self, key: int) -> Any:
        """Somebody, as an answer."""
        return PersonShape(self.one(key)).data

    def known(self, username: str) -> int:
        """The key of somebody this person knows; raises NotFound."""
        return found(queries.person_id(self.seer, username))

    def heir(self, given: dict[str, Any], field: str = "heir") -> int | None:
        """The key of whoever is named as the heir; raises Invalid."""
        if not given.get(field):
            return None
        person_id = queries.person_id(self.seer, given[field])
        if person_id is None:
            raise errors.Invalid(_("Nobody has this user name."), field)
        return person_id

    def brand(self, slug: str) -> int:
        """The key of one of the person's brands; raises NotFound."""
        return found(queries.brand_id(self.seer, slug))

    def save(self, person_id: int, command: Callable[..., Any], **arguments: Any) -> Response:
        """Run one command on somebody, and show them."""
        return self.run(command, lambda _value: person_id, self.shown, person_id=person_id, **arguments)


class Me(_People):
    """Who this token acts for."""

    @reads(MeShape, "Who you are and what you may be")
    def get(self, request: Request) -> Response:
        """The person and the token."""
        person = self.one(request.user.pk or 0)
        person.token = request.auth
        return Response(MeShape(person).data)


class People(_People):
    """The people the person knows."""

    @reads(PersonPage, "The people of your brands", operation_id="people_list", takes=[Paged], refuses=[422])
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """One page of people."""
        asked = self.asked(Paged)
        rows = queries.people(self.seer).filter(pk__gt=asked.get("cursor", 0)).order_by("pk")
        return self.page(self.lines(rows[: asked["limit"] + 1]), PersonShape, asked)

    @changes(PersonShape, "Invite somebody, by mail", takes=PersonIn, status=201)
    def post(self, request: Request) -> Response:  # noqa: ARG002
        """The person."""
        given = self.given(PersonIn)
        memberships = [
            (self.brand(each["brand"]), each["role"], each.get("team")) for each in given.pop("memberships", [])
        ]
        return self.run(
            people.invite_person,
            lambda person: person.pk,
            self.shown,
            status=201,
            memberships=memberships,
            **given,
        )


class OnePerson(_People):
    """One person."""

    @reads(PersonShape, "Somebody of your brands", refuses=[404])
    def get(self, request: Request, username: str) -> Response:  # noqa: ARG002
        """The person."""
        return Response(self.shown(self.known(username)))

    @changes(PersonShape, "Correct who somebody is", takes=PersonChange)
    def patch(self, request: Request, username: str) -> Response:  # noqa: ARG002
        """The person."""
        row = found(queries.people(self.seer).filter(username__iexact=username).first())
        now = {name: getattr(row, name) for name in ("email", "name", "language", "is_organisation_admin")}
        return self.save(row.pk, people.change_person, **(now | self.given(PersonChange)))


class Memberships(_People):
    """What somebody is for the brands."""

    @changes(PersonShape, "Say what somebody is for a brand", takes=RoleIn)
    def post(self, request: Request, username: str) -> Response:  # noqa: ARG002
        """The person."""
        person_id = self.known(username)
        given = self.given(RoleIn)
        named = {"brand_id": self.brand(given["brand"]), "heir_id": self.heir(given), "at": timezone.now()}
        if given["role"] is None:
            return self.save(person_id, people.remove_membership, **named)
        return self.save(person_id, people.set_membership, role=given["role"], team_id=given.get("team"), **named)


class Invitation(_People):
    """The mail that leads to a password."""

    @changes(PersonShape, "Mail somebody another invitation")
    def post(self, request: Request, username: str) -> Response:  # noqa: ARG002
        """The person."""
        return self.save(self.known(username), people.send_invitation)


class Deactivate(_People):
    """Somebody leaves."""

    @changes(PersonShape, "Somebody leaves; the heir gets what they had in hand", takes=HeirIn)
    def post(self, request: Request, username: str) -> Response:  # noqa: ARG002
        """The person."""
        person_id = self.known(username)
        heir_id = self.heir(self.given(HeirIn))
        return self.save(person_id, people.deactivate_person, heir_id=heir_id, at=timezone.now())


class Reactivate(_People):
    """Somebody comes back."""

    @changes(PersonShape, "Somebody comes back with the roles they had")
    def post(self, request: Request, username: str) -> Response:  # noqa: ARG002
        """The person."""
        return self.save(self.known(username), people.reactivate_person)


class HandOver(_People):
    """Somebody is away."""

    @changes(HandedOverShape, "Give everything an absent colleague has in hand to another", takes=HandOverIn)
    def post(self, request: Request, username: str) -> Response:  # noqa: ARG002
        """How many cases changed hands."""
        from_id = self.known(username)
        given = self.given(HandOverIn)
        return self.run(
            people.reassign_all,
            lambda count: count,
            lambda count: HandedOverShape({"cases": count}).data,
            from_id=from_id,
            to_id=self.heir(given, "to"),
            brand_id=self.brand(given["brand"]) if given.get("brand") else None,
            at=timezone.now(),
        )
