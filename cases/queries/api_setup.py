"""What the REST API's answers need of the set-up and of people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import JSONObject

from cases.models import (
    Brand,
    Case,
    Category,
    Cause,
    Channel,
    Kind,
    Membership,
    Playbook,
    PlaybookAction,
    PlaybookVersion,
    Seer,
    Target,
    Team,
    User,
)
from cases.queries.people import known_to
from cases.rules.permission import may
from cases.vocabulary import Permission


def mine(seer: Seer, column: str = "brand_id") -> Q:
    """The condition to be of the person's brands; an organisation admin's are all."""
    return Q() if seer.is_organisation_admin else Q(**{f"{column}__in": seer.brand_ids})


def brands(seer: Seer) -> QuerySet[Brand]:
    """The person's brands."""
    return Brand.objects.filter(mine(seer, "pk"))


def brand_id(seer: Seer, slug: str) -> int | None:
    """The key of one of the person's brands."""
    return brands(seer).filter(slug=slug).values_list("pk", flat=True).first()


def channels(seer: Seer) -> QuerySet[Channel]:
    """The channels of the person's brands."""
    return Channel.objects.filter(mine(seer)).select_related("brand", "default_category")


def teams(seer: Seer) -> QuerySet[Team]:
    """The teams of the person's brands."""
    return Team.objects.filter(mine(seer)).select_related("brand", "lead", "on_duty")


def categories(seer: Seer) -> QuerySet[Category]:
    """The categories of the person's brands."""
    return Category.objects.filter(mine(seer)).select_related("brand", "merged_into")


def kinds(seer: Seer) -> QuerySet[Kind]:
    """The kinds of action of the person's brands."""
    return Kind.objects.filter(mine(seer)).select_related("brand", "target")


def target_id(brand_id: int, name: str) -> int | None:
    """The key of the brand's connected system of that name."""
    return Target.objects.filter(brand=brand_id, name__iexact=name).values_list("pk", flat=True).first()


def targets(seer: Seer) -> QuerySet[Target]:
    """The connected systems of the person's brands."""
    return Target.objects.filter(mine(seer)).select_related("brand")


def playbooks(seer: Seer) -> QuerySet[Playbook]:
    """The playbooks of the person's brands with the versions that are drafted, live or the last ones, newest first."""
    lines = PlaybookAction.objects.select_related("kind").order_by("position")
    versions = PlaybookVersion.objects.select_related("made_by").order_by("-number")
    return (
        Playbook.objects.filter(mine(seer))
        .select_related("brand", "category")
        .prefetch_related(
            Prefetch("versions", versions.prefetch_related(Prefetch("actions", lines, to_attr="lines")), to_attr="all")
        )
    )


def causes(seer: Seer) -> QuerySet[Cause]:
    """The causes of the person's brands."""
    return Cause.objects.filter(mine(seer)).select_related("brand")


def cause_id(brand_id: int, code: str) -> int | None:
    """The key of the brand's cause of that code."""
    return Cause.objects.filter(brand_id=brand_id, code=code).values_list("pk", flat=True).first()


def case_with_cause(seer: Seer, case_id: int) -> Case | None:
    """A case this person may open, with its cause."""
    return Case.objects.visible_to(seer).select_related("cause").filter(pk=case_id).first()


def people(seer: Seer) -> QuerySet[User]:
    """The people this person knows, each with what they are in the brands that both know."""
    roles = Membership.objects.filter(mine(seer), person=OuterRef("pk")).order_by("brand__slug")
    line = JSONObject(brand="brand__slug", role="role", team="team_id")
    return known_to(seer).annotate(roles=ArraySubquery(roles.values_list(line, flat=True)))


def person_id(seer: Seer, username: str) -> int | None:
    """The key of a person this person knows."""
    return known_to(seer).filter(username__iexact=username).values_list("pk", flat=True).first()


def managed(seer: Seer, rows: Iterable[Any]) -> set[int]:
    """Those among these people whose address the person reads: their own, and of those of a brand whose people they
    manage.
    """
    theirs = {brand for brand, role in seer.roles.items() if may(role, Permission.MANAGE_PEOPLE)}
    keys = {person.pk for person in rows}
    if seer.is_organisation_admin:
        return keys
    known = Membership.objects.filter(person_id__in=keys, brand_id__in=theirs).values_list("person_id", flat=True)
    return set(known) | {seer.person_id or 0}
