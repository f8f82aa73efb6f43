"""The power to decide: grants, what somebody may decide and what is left of it, absences, rates, waivers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases import errors
from cases.api.authority_shapes import (
    AbsenceIn,
    AbsencePage,
    AbsenceShape,
    AuthorityShape,
    GrantIn,
    GrantPage,
    GrantShape,
    GrantTerms,
    RateIn,
    RatePage,
    RateShape,
    WaiverPage,
    WaiverShape,
)
from cases.api.endpoint import Endpoint, Paged, found
from cases.api.fields import Code
from cases.api.schema import changes, reads
from cases.commands import authority as commands
from cases.commands.authority import To
from cases.models import Brand
from cases.queries import api as cases_queries
from cases.queries import api_authority as queries
from cases.queries import api_setup as set_up
from cases.queries import authority, grants
from cases.rules.authority import Terms


class OfBrand(Paged):
    """Which part of a list about authority."""

    brand = Code(required=False, help_text="a slug")


class GrantsAsked(OfBrand):
    """Which grants."""

    ended = serializers.BooleanField(default=False, help_text="those that are over, instead of those in force")


class Whose(serializers.Serializer[Any]):
    """Whose authority."""

    user = Code(required=False, help_text="a user name; you, unless said")


class Overseen(Endpoint):
    """What only those read who may see how a brand is set up."""

    def looked_at(self, asked: dict[str, Any]) -> list[Brand]:
        """The brands whose authority the person reads, or the one they ask for; raises NotAllowed, NotFound."""
        brands = grants.brands(self.seer)
        if "brand" in asked:
            brand_id = found(set_up.brand_id(self.seer, asked["brand"]))
            brands = [brand for brand in brands if brand.pk == brand_id]
        if not brands:
            raise errors.NotAllowed
        return brands

    def brand(self, slug: str) -> Brand:
        """One of the person's brands; raises NotFound."""
        return found(set_up.brands(self.seer).filter(slug=slug).first())

    def known(self, brand: Brand, username: str | None, field: str) -> int | None:
        """The key of somebody of the brand; raises Invalid."""
        return self.colleague(brand.pk, username, field) if username else None

    def terms(self, brand: Brand, given: dict[str, Any], standing: Terms) -> Terms:
        """What the grant allows, from what was sent and what stands already; raises Invalid."""
        wanted = {name: given[name] for name in GrantTerms.PLAIN if name in given}
        if "kinds" in given:
            wanted["kind_ids"] = frozenset(_kind(brand, code) for code in given["kinds"])
        if "category" in given:
            wanted["category_id"] = _category(brand, given["category"])
        return replace(standing, **wanted)


def _kind(brand: Brand, code: str) -> int:
    kind_id = brand.kinds.filter(code=code).values_list("pk", flat=True).first()
    if kind_id is None:
        raise errors.Invalid(_("The brand has no kind of action of this code."), "kinds")
    return kind_id


def _category(brand: Brand, code: str | None) -> int | None:
    if not code:
        return None
    category_id = cases_queries.category_id(brand.pk, code)
    if category_id is None:
        raise errors.Invalid(_("The brand has no category of this code."), "category")
    return category_id


class _OfGrant(Overseen):
    def save(self, command: Any, *, status: int = 200, **facts: Any) -> Response:
        """Run one command and show its grant."""
        return self.run(command, lambda grant: grant.pk, self.shown, status=status, at=timezone.now(), **facts)

    def shown(self, key: int) -> Any:
        """A grant, as an answer; raises NotFound."""
        return GrantShape(queries.told([grants.one(self.seer, key)], timezone.now())[0]).data


class Grants(_OfGrant):
    """Who may decide what."""

    @reads(GrantPage, "Grants", operation_id="grants_list", takes=[GrantsAsked], refuses=[403, 404, 422])
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """One page of grants, oldest first."""
        asked = self.asked(GrantsAsked)
        rows = queries.grants(self.looked_at(asked), timezone.now(), is_over=asked["ended"])
        rows = rows.filter(pk__gt=asked.get("cursor", 0)).order_by("pk")
        return self.page(queries.told(rows[: asked["limit"] + 1], timezone.now()), GrantShape, asked)

    @changes(GrantShape, "Give authority", takes=GrantIn, status=201)
    def post(self, request: Request) -> Response:  # noqa: ARG002
        """The grant."""
        given = self.given(GrantIn)
        brand = self.brand(given["brand"])
        person_id = self.known(brand, given.get("person"), "person")
        to = To(given.get("role") or "", given.get("team"), person_id)
        terms = self.terms(brand, given, Terms(currency=brand.currency))
        facts = {"brand_id": brand.pk, "to": to, "terms": terms, "reason": given.get("reason", "")}
        return self.save(commands.give_grant, status=201, **facts)


class OneGrant(_OfGrant):
    """One grant."""

    @reads(GrantShape, "A grant", refuses=[404])
    def get(self, request: Request, number: int) -> Response:  # noqa: ARG002
        """The grant."""
        return Response(self.shown(number))


class ReplaceGrant(_OfGrant):
    """Another grant in the place of one."""

    @changes(GrantShape, "Put another grant in its place", takes=GrantTerms, status=201)
    def post(self, request: Request, number: int) -> Response:  # noqa: ARG002
        """The new grant."""
        row = grants.one(self.seer, number)
        given = self.given(GrantTerms)
        standing = replace(grants.terms_of(row), starts_on=None)
        terms = self.terms(row.brand, given, standing)
        facts = {"grant_id": row.pk, "terms": terms, "reason": given.get("reason", "")}
        return self.save(commands.replace_grant, status=201, **facts)


class EndGrant(_OfGrant):
    """The end of a grant."""

    @changes(GrantShape, "End a grant at once")
    def post(self, request: Request, number: int) -> Response:  # noqa: ARG002
        """The grant."""
        return self.save(commands.end_grant, grant_id=grants.one(self.seer, number).pk)


class Authority(Overseen):
    """What somebody may decide, and what is left of it."""

    @reads(AuthorityShape, "What may this person decide, and what is left", takes=[Whose], refuses=[403, 404, 422])
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """The person's limits."""
        username = self.asked(Whose).get("user", "me")
        person_id = self.seer.person_id if username == "me" else found(set_up.person_id(self.seer, username))
        brands = list(self.seer.roles)
        if person_id != self.seer.person_id:
            brands = [brand.pk for brand in self.looked_at({})]
        at = timezone.now()
        limits = authority.limits_of(person_id or 0, brands, at)
        return Response(AuthorityShape(queries.authority_of(person_id or 0, limits, at)).data)


class Absences(Overseen):
    """Who is away, and who decides for them."""

    @reads(AbsencePage, "Absences", operation_id="absences_list", takes=[OfBrand], refuses=[403, 404, 422])
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """One page of absences, oldest first."""
        asked = self.asked(OfBrand)
        rows = queries.absences(self.looked_at(asked)).filter(pk__gt=asked.get("cursor", 0)).order_by("pk")
        return self.page(list(rows[: asked["limit"] + 1]), AbsenceShape, asked)

    @changes(AbsenceShape, "Note that somebody is away", takes=AbsenceIn, status=201)
    def post(self, request: Request) -> Response:  # noqa: ARG002
        """The absence."""
        given = self.given(AbsenceIn)
        brand = self.brand(given["brand"])
        facts = {
            "person_id": self.known(brand, given.get("person", "me"), "person"),
            "deputy_id": self.known(brand, given.get("deputy"), "deputy"),
            "starts_on": given["starts_on"],
            "ends_on": given["ends_on"],
        }
        return self.run(
            commands.note_absence,
            lambda row: row.pk,
            shown_absence,
            status=201,
            brand_id=brand.pk,
            at=timezone.now(),
            **facts,
        )


class EndAbsence(Overseen):
    """Somebody is back."""

    @changes(AbsenceShape, "End an absence")
    def post(self, request: Request, number: int) -> Response:  # noqa: ARG002
        """The absence."""
        row = queries.absence(self.seer, number)
        at = timezone.now()
        return self.run(commands.end_absence, lambda each: each.pk, shown_absence, absence_id=row.pk, at=at)


def shown_absence(key: int) -> Any:
    """An absence, as an answer."""
    return AbsenceShape(queries.all_absences().get(pk=key)).data


class Rates(Overseen):
    """What currencies are worth."""

    @reads(RatePage, "Rates", operation_id="rates_list", takes=[OfBrand], refuses=[403, 404, 422])
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """One page of rates, oldest first."""
        asked = self.asked(OfBrand)
        rows = queries.rates(self.looked_at(asked)).filter(pk__gt=asked.get("cursor", 0)).order_by("pk")
        return self.page(list(rows[: asked["limit"] + 1]), RateShape, asked)

    @changes(RateShape, "Set a rate", takes=RateIn, status=201)
    def post(self, request: Request) -> Response:  # noqa: ARG002
        """The rate."""
        given = self.given(RateIn)
        brand = self.brand(given.pop("brand"))

        def shown(key: int) -> Any:
            return RateShape(queries.rates([brand]).get(pk=key)).data

        facts = {"brand_id": brand.pk, "at": timezone.now(), **given}
        return self.run(commands.set_rate, lambda row: row.pk, shown, status=201, **facts)


class Waivers(Overseen):
    """The ledger of waivers."""

    @reads(WaiverPage, "Every action that was waived", takes=[OfBrand], refuses=[403, 404, 422])
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """One page of waivers, oldest action first."""
        asked = self.asked(OfBrand)
        rows = queries.waivers(self.seer, self.looked_at(asked)).filter(pk__gt=asked.get("cursor", 0)).order_by("pk")
        return self.page(list(rows[: asked["limit"] + 1]), WaiverShape, asked)
