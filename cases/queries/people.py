"""What a person may see, and who may own a case."""

from __future__ import annotations

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject, Lower

from cases.models import NOBODY, Brand, Membership, Seer, Team, User
from cases.rules.permission import OWNERS, may
from cases.vocabulary import Permission, Role


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


def administered(seer: Seer) -> list[int]:
    """The brands this person sets up as their admin; an organisation admin sets up all, member or not."""
    if seer.is_organisation_admin:
        return list(Brand.objects.order_by("pk").values_list("pk", flat=True))
    return sorted(brand for brand, role in seer.roles.items() if may(role, Permission.SET_UP))


def known_to(seer: Seer) -> QuerySet[User]:
    """Whom this person knows: everybody for an organisation admin, else the people of their brands and themselves."""
    if seer.is_organisation_admin:
        return User.objects.all()
    mates = Membership.objects.filter(brand_id__in=seer.brand_ids).values("person_id")
    return User.objects.filter(Q(pk__in=mates) | Q(pk=seer.person_id))


def manages(seer: Seer, person: User) -> bool:
    """Whether this person may change another's name, address and access.

    A brand's admin may as long as all roles of the other are in brands of theirs: else an admin of one brand could get
    hold of an account that opens another.
    """
    if seer.is_organisation_admin:
        return True
    if person.is_organisation_admin:
        return False
    brands = set(person.memberships.values_list("brand_id", flat=True))
    return bool(brands) and brands <= {b for b, role in seer.roles.items() if may(role, Permission.MANAGE_PEOPLE)}
