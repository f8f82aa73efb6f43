"""What a person may see, and who may own a case."""

from __future__ import annotations

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import JSONObject, Lower

from cases.models import NOBODY, Membership, Seer, Team, User
from cases.rules.permission import OWNERS
from cases.vocabulary import Role


def seer_of(person_id: int | None) -> Seer:
    """What this person may see, in one query; nobody when they are unknown or deactivated."""
    if person_id is None:
        return NOBODY
    roles = Membership.objects.filter(person=OuterRef("pk"), brand__is_active=True).order_by("brand_id")
    led = Team.objects.filter(lead=OuterRef("pk"), is_active=True).order_by("pk")
    row = (
        User.objects.filter(pk=person_id, is_active=True)
        .values_list(
            "is_organisation_admin",
            ArraySubquery(roles.values(row=JSONObject(brand="brand_id", role="role", team="team_id"))),
            ArraySubquery(led.values("pk")),
        )
        .first()
    )
    if row is None:
        return NOBODY
    is_organisation_admin, memberships, led_team_ids = row
    return Seer(
        person_id=person_id,
        roles={row["brand"]: Role(row["role"]) for row in memberships},
        team_ids=frozenset(row["team"] for row in memberships if row["team"]),
        led_team_ids=frozenset(led_team_ids),
        is_organisation_admin=is_organisation_admin,
    )


def colleagues(seer: Seer, brand_id: int) -> QuerySet[User]:
    """Who may own a case of the brand, by name; nobody for somebody who does not belong to it."""
    if brand_id not in seer.roles:
        return User.objects.none()
    return owners(brand_id)


def owners(brand_id: int) -> QuerySet[User]:
    """Everybody who may own a case of the brand: its active agents and managers, by name."""
    return User.objects.filter(is_active=True, memberships__brand_id=brand_id, memberships__role__in=OWNERS).order_by(
        Lower("name"), "pk"
    )
