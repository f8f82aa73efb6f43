"""Deadline policies: which deadlines the cases of a brand have; made, replaced, ended, or adopted from a pack."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases import errors
from cases.api.endpoint import found
from cases.api.policy_shapes import AdoptIn, PolicyIn, PolicyPackShape, PolicyShape, PolicyTerms
from cases.api.schema import changes, reads
from cases.api.setup import OfBrand, SetUp, page_of
from cases.commands import policy as commands
from cases.commands.policy import Terms
from cases.models import Policy
from cases.queries import api_time as queries
from cases.rules.policies import PACKS

_SAME = {each.name for each in fields(Terms)} - {"calendar_id", "category_ids"}


class PoliciesAsked(OfBrand):
    """Which policies."""

    ended = serializers.BooleanField(default=False, help_text="those that are over, instead of those that stand")


class _Policies(SetUp):
    read, shape = staticmethod(queries.policies), PolicyShape

    def shown(self, key: int) -> Any:
        """A policy, as an answer."""
        return PolicyShape(queries.with_codes([self.row(pk=key)])[0]).data

    def do(self, command: Callable[..., Policy], *, status: int = 200, **arguments: Any) -> Response:
        """Run one command and show its policy."""
        return self.save(command, status=status, at=timezone.now(), **arguments)

    def terms(self, brand_id: int, given: dict[str, Any], standing: Policy | None = None) -> Terms:
        """What the policy shall say, from what was sent and what stands; raises Invalid for what is not the brand's."""
        names = {*_SAME, "calendar_id", "category_ids"}
        said = {name: getattr(standing, name) for name in names} if standing is not None else {}
        said |= {name: given[name] for name in _SAME if name in given}
        if "calendar" in given:
            said["calendar_id"] = self._calendar(brand_id, given["calendar"])
        if "categories" in given:
            said["category_ids"] = self._categories(brand_id, given["categories"])
        return Terms(**said)

    @staticmethod
    def _calendar(brand_id: int, calendar: UUID | None) -> int | None:
        key = queries.calendar_id(brand_id, calendar) if calendar is not None else None
        if key is None and calendar is not None:
            raise errors.Invalid(_("The brand has no calendar of this id."), "calendar")
        return key

    @staticmethod
    def _categories(brand_id: int, codes: list[str]) -> list[int]:
        known = queries.category_ids(brand_id, codes)
        if set(codes) - known.keys():
            raise errors.Invalid(_("The brand has no category of this code."), "categories")
        return sorted(known.values())


class Policies(_Policies):
    """The policies of the person's brands."""

    @reads(
        page_of(PolicyShape, "Policy"),
        "Deadline policies",
        operation_id="deadline_policies_list",
        takes=[PoliciesAsked],
        refuses=[422],
    )
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """One page of policies, oldest first."""
        asked = self.asked(PoliciesAsked)
        rows = self.rows().filter(ended_at__isnull=not asked["ended"], pk__gt=asked.get("cursor", 0)).order_by("pk")
        if "brand" in asked:
            rows = rows.filter(brand__slug=asked["brand"])
        return self.page(queries.with_codes(rows[: asked["limit"] + 1]), PolicyShape, asked)

    @changes(PolicyShape, "A deadline for every case that comes in from now on", takes=PolicyIn, status=201)
    def post(self, request: Request) -> Response:  # noqa: ARG002
        """The policy."""
        given = self.given(PolicyIn)
        brand_id = self.brand(given["brand"])
        return self.do(commands.add_policy, status=201, brand_id=brand_id, terms=self.terms(brand_id, given))


class OnePolicy(_Policies):
    """One policy."""

    @reads(PolicyShape, "A deadline policy", refuses=[404])
    def get(self, request: Request, policy: UUID) -> Response:  # noqa: ARG002
        """The policy."""
        return Response(self.shown(self.row(public_id=policy).pk))


class ReplacePolicy(_Policies):
    """Another policy in the place of one."""

    @changes(PolicyShape, "Put another in its place; what has begun goes on as it began", takes=PolicyTerms, status=201)
    def post(self, request: Request, policy: UUID) -> Response:  # noqa: ARG002
        """The new policy."""
        row = self.row(public_id=policy)
        terms = self.terms(row.brand_id, self.given(PolicyTerms), row)
        return self.do(commands.replace_policy, status=201, policy_id=row.pk, terms=terms)


class EndPolicy(_Policies):
    """The end of a policy."""

    @changes(PolicyShape, "End a policy: no deadline begins under it, what has begun goes on")
    def post(self, request: Request, policy: UUID) -> Response:  # noqa: ARG002
        """The policy."""
        return self.do(commands.end_policy, policy_id=self.row(public_id=policy).pk)


class Packs(_Policies):
    """Ready-made deadlines."""

    @reads(PolicyPackShape(many=True), "Ready-made deadlines, with their source", operation_id="deadline_packs_list")
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """All of them."""
        return Response(PolicyPackShape(PACKS.values(), many=True).data)


class AdoptPack(_Policies):
    """A pack for a brand."""

    @changes(
        PolicyShape(many=True), "Take on every deadline of a pack, beside those there are", takes=AdoptIn, status=201
    )
    def post(self, request: Request, pack: str) -> Response:  # noqa: ARG002
        """The new policies."""
        brand_id = self.brand(self.given(AdoptIn)["brand"])
        found(PACKS.get(pack))

        def shown(keys: list[int]) -> Any:
            rows = self.rows().filter(pk__in=keys).order_by("pk")
            return PolicyShape(queries.with_codes(rows), many=True).data

        return self.run(
            commands.adopt_pack,
            lambda rows: [row.pk for row in rows],
            shown,
            status=201,
            brand_id=brand_id,
            pack=pack,
            at=timezone.now(),
        )
