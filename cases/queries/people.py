"""What a person may see, who may own a case, and what the pages about people show."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Count, OuterRef, Prefetch, Q, QuerySet, Value
from django.db.models.functions import JSONObject, Lower
from django.utils import timezone

from cases import errors
from cases.models import NOBODY, Absence, Action, Asked, Brand, Case, Grant, Membership, Seer, Team, User
from cases.rules.permission import OWNERS, may
from cases.vocabulary import ENDED, IN_HAND, SETTLED, ApprovalStatus, Permission, Role

PAGE = 50
# Somebody invited has no password yet: Django marks that with this first character.
_INVITED = Q(password__startswith="!")  # noqa: S106
STATES = {
    "active": Q(is_active=True) & ~_INVITED,
    "invited": Q(is_active=True) & _INVITED,
    "deactivated": Q(is_active=False),
}


def seer_of(person_id: int | None) -> Seer:
    """What this person may see, in one query; nobody when they are unknown or deactivated."""
    if person_id is None:
        return NOBODY
    return seers_of([person_id]).get(person_id, NOBODY)


def seers_of(person_ids: Collection[int]) -> dict[int, Seer]:
    """What each of these people may see, in one query; those who are unknown or deactivated are left out."""
    roles = Membership.objects.filter(person=OuterRef("pk"), brand__is_active=True).order_by("brand_id")
    led = Team.objects.filter(lead=OuterRef("pk"), is_active=True).order_by("pk")
    rows = User.objects.filter(pk__in=person_ids, is_active=True).values_list(
        "pk",
        "is_organisation_admin",
        ArraySubquery(roles.values(row=JSONObject(brand="brand_id", role="role", team="team_id"))),
        ArraySubquery(led.values("pk")),
    )
    return {
        person_id: Seer(
            person_id=person_id,
            roles={row["brand"]: Role(row["role"]) for row in memberships},
            team_ids=frozenset(row["team"] for row in memberships if row["team"]),
            led_team_ids=frozenset(led_team_ids),
            is_organisation_admin=is_organisation_admin,
        )
        for person_id, is_organisation_admin, memberships, led_team_ids in rows
    }


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


@dataclass(frozen=True, slots=True)
class InHand:
    """How much somebody would leave behind at one brand: cases and actions for an heir, and what of authority."""

    brand: Brand
    cases: int = 0
    actions: int = 0
    requests: int = 0
    grants: int = 0
    stands_in: int = 0

    @property
    def is_inherited(self) -> bool:
        """Whether there is anything that an heir gets."""
        return bool(self.cases or self.actions)


def in_hand(person: User, brand_id: int | None = None) -> list[InHand]:
    """What this person would leave behind, brand by brand, without what is settled."""
    actions = Action.objects.filter(owner=person).exclude(status__in=SETTLED).exclude(case__status__in=ENDED)
    asked = Asked.objects.filter(person=person, reply="", passed="", approval__status=ApprovalStatus.WAITING)
    today = timezone.now().date()
    deputised = Absence.objects.filter(deputy=person, ended_at__isnull=True, ends_on__gte=today)
    first, *others = (
        _by_brand("cases", Case.objects.filter(owner=person, status__in=IN_HAND)),
        _by_brand("actions", actions, "case__brand_id"),
        _by_brand("requests", asked, "approval__brand_id"),
        _by_brand("grants", Grant.objects.filter(person=person, ended_at__isnull=True)),
        _by_brand("stands_in", deputised),
    )
    counts: dict[int, dict[str, int]] = {}
    for key, name, n in first.union(*others, all=True):
        counts.setdefault(key, {})[name] = n
    concerned = Brand.objects.filter(pk__in=counts)
    if brand_id is not None:
        concerned = concerned.filter(pk=brand_id)
    return [InHand(brand, **counts[brand.pk]) for brand in concerned.order_by(Lower("name"), "pk")]


def _by_brand(name: str, rows: QuerySet[Any], column: str = "brand_id") -> QuerySet[Any]:
    what = Value(name, output_field=CharField())
    counted: QuerySet[Any] = rows.order_by().values(column).annotate(what=what, n=Count("pk"))
    return counted.values_list(column, "what", "n")


def heirs(person: User, brand_ids: Iterable[int]) -> QuerySet[User]:
    """Who may own cases of all these brands, without this person, by name."""
    able = User.objects.filter(is_active=True).exclude(pk=person.pk)
    for brand_id in brand_ids:
        owning = Membership.objects.filter(brand_id=brand_id, role__in=OWNERS).values("person_id")
        able = able.filter(pk__in=owning)
    return able.order_by(Lower("name"), "pk")


@dataclass(frozen=True, slots=True)
class People:
    """A page of people, and the key to go on after, if there are more."""

    rows: Sequence[User]
    after: int | None


def listed(seer: Seer, *, q: str = "", state: str = "", after: int | None = None) -> People:
    """People this person may manage or at least place, by name, fifty at a time; searched by name, address or login."""
    found = known_to(seer).annotate(key=Lower("name")).order_by("key", "pk")
    if not seer.is_organisation_admin:
        found = found.filter(memberships__brand_id__in=administered(seer)).distinct()
    if q:
        found = found.filter(Q(name__icontains=q) | Q(email__icontains=q) | Q(username__icontains=q))
    if state in STATES:
        found = found.filter(STATES[state])
    last = User.objects.filter(pk=after).annotate(key=Lower("name")).first() if after else None
    if last is not None:
        found = found.filter(Q(key__gt=last.key) | Q(key=last.key, pk__gt=last.pk))
    roles = Membership.objects.select_related("brand", "team").order_by(Lower("brand__name"))
    rows = list(found.prefetch_related(Prefetch("memberships", roles))[: PAGE + 1])
    return People(rows[:PAGE], rows[PAGE - 1].pk if len(rows) > PAGE else None)


def managed_brand_ids(seer: Seer) -> list[int]:
    """The brands where this person may hand over everything an absent colleague has."""
    return sorted(brand for brand, role in seer.roles.items() if may(role, Permission.REASSIGN_ALL))


def managed_brands(seer: Seer) -> QuerySet[Brand]:
    """The same brands as rows, by name."""
    return Brand.objects.filter(pk__in=managed_brand_ids(seer)).order_by(Lower("name"), "pk")


def require_organisation_admin(seer: Seer) -> None:
    """Refuse a page that only organisation admins open."""
    if not seer.is_organisation_admin:
        raise errors.NotAllowed


def members(team: Team) -> QuerySet[Membership]:
    """Who is in the team now, by name."""
    return (
        Membership.objects.filter(team=team, person__is_active=True)
        .select_related("person")
        .order_by(Lower("person__name"), "pk")
    )


def person_to_manage(seer: Seer, person_id: int) -> User:
    """Somebody this person may place or manage; NotFound for whom they do not know, NotAllowed without a right."""
    if not administered(seer):
        if known_to(seer).filter(pk=person_id).exists():
            raise errors.NotAllowed
        raise errors.NotFound
    found = known_to(seer).filter(pk=person_id).first()
    if found is None:
        raise errors.NotFound
    return found


def busy(seer: Seer) -> list[tuple[User, int]]:
    """The owners of the brands this person manages, with how many open cases they have there that this person sees."""
    brand_ids = managed_brand_ids(seer)
    owning = Membership.objects.filter(brand_id__in=brand_ids, role__in=OWNERS).values("person_id")
    counts = dict(
        Case.objects.filter(brand_id__in=brand_ids, status__in=IN_HAND)
        .filter(seer.cases())
        .values_list("owner_id")
        .annotate(n=Count("pk"))
        .order_by()
    )
    found = User.objects.filter(pk__in=owning, is_active=True).order_by(Lower("name"), "pk")
    return [(person, counts.get(person.pk, 0)) for person in found]


def roles_of(person: User, seer: Seer) -> list[Membership]:
    """What somebody is, at the brands that this seer sets up."""
    rows = person.memberships.filter(brand_id__in=administered(seer)).select_related("brand", "team")
    return list(rows.order_by(Lower("brand__name"), "pk"))
