"""What the pages about authority show: grants in force, and what is used and left of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count, JSONField, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Lower

from cases import errors
from cases.models import Absence, Asked, Brand, Grant, Kind, Membership, Seer, User
from cases.queries import authority
from cases.rules import permission as permissions
from cases.rules.authority import Terms
from cases.vocabulary import Permission, Role

PAGE = 50
COLUMNS = (
    "currency",
    "category_id",
    "per_action",
    "per_complainant",
    "complainant_days",
    "budget_each",
    "budget_shared",
    "window",
    "may_waive",
    "starts_on",
    "ends_on",
)


def may_look(seer: Seer) -> bool:
    """Whether there are pages about authority for this person at all."""
    return seer.is_organisation_admin or bool(_looking(seer))


def brands(seer: Seer) -> list[Brand]:
    """The brands whose authority this person reads, by name."""
    theirs = Brand.objects.filter(is_active=True)
    if not seer.is_organisation_admin:
        theirs = theirs.filter(pk__in=_looking(seer))
    return list(theirs.order_by(Lower("name"), "pk"))


def _looking(seer: Seer) -> list[int]:
    return sorted(b for b, role in seer.roles.items() if permissions.may(role, Permission.SEE_AUTHORITY))


# ---- what stands in a grant ----


def terms_of(grant: Grant) -> Terms:
    """What a grant allows, as a value to compare and to change."""
    return Terms(kind_ids=frozenset(grant.kind_ids), **{name: getattr(grant, name) for name in COLUMNS})


def columns_of(terms: Terms) -> dict[str, Any]:
    """The columns of a grant with these terms."""
    return {"kind_ids": sorted(terms.kind_ids), **{name: getattr(terms, name) for name in COLUMNS}}


def payload_of(terms: Terms) -> dict[str, Any]:
    """The terms as a journal keeps them."""
    return {
        name: value if value is None or isinstance(value, bool | int | list) else str(value)
        for name, value in columns_of(terms).items()
    }


def own_terms(person_id: int, brand_id: int, at: datetime) -> list[Terms]:
    """What somebody holds by themselves, not as a deputy: nothing is handed on that is only lent."""
    limits = authority.limits_of(person_id, [brand_id], at)
    return [terms_of(limit.grant) for limit in limits if limit.holder.pk == person_id]


def away(brand_id: int, person_id: int, starts_on: date, ends_on: date) -> QuerySet[Absence]:
    """The absences of somebody that touch these days."""
    return Absence.objects.filter(
        brand_id=brand_id, person_id=person_id, ended_at__isnull=True, starts_on__lte=ends_on, ends_on__gte=starts_on
    )


# ---- grants, and what is used of them ----


@dataclass(slots=True)
class Line:
    """One grant as the pages show it; ``used`` is what each holder has used in the window around now."""

    grant: Grant
    kinds: list[dict[str, str]]
    used: dict[int, Decimal] = field(default_factory=dict)
    people_count: int = 0
    waiting: int = 0
    absence: Absence | None = None
    is_upcoming: bool = False
    is_over: bool = False

    @property
    def used_by_all(self) -> Decimal:
        """What all holders together have used."""
        return sum(self.used.values(), Decimal(0))

    @property
    def percent(self) -> int | None:
        """How much of the tightest budget is used; None without a budget."""
        shares = []
        if self.grant.budget_shared:
            shares.append(self.used_by_all / self.grant.budget_shared)
        if self.grant.budget_each:
            shares.append(max(self.used.values(), default=Decimal(0)) / self.grant.budget_each)
        return min(int(max(shares) * 100), 100) if shares else None


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines of a list, and the key to go on after, if there are more."""

    rows: Sequence[Any]
    after: int | str | None = None


def listed(chosen: Sequence[Brand], *, at: datetime, is_over: bool = False, after: int | None = None) -> Page:
    """Grants of these brands, in force or to come, or those that are over, with what is used; in five queries."""
    days = {brand.pk: day_of(brand, at) for brand in chosen}
    return _lines(rows(chosen, at=at, is_over=is_over), days, at, after=after, is_newest_first=is_over)


def rows(chosen: Iterable[Brand], *, at: datetime, is_over: bool = False) -> QuerySet[Grant]:
    """The grants of these brands, in force or to come, or those that are over, with those they are given to."""
    days = {brand.pk: day_of(brand, at) for brand in chosen}
    wanted = _over(days) if is_over else _standing(days)
    return Grant.objects.filter(wanted).select_related("brand", "team", "person", "category", "given_by")


def budgets(chosen: Sequence[Brand], *, at: datetime, after: int | None = None) -> Page:
    """The grants in force of these brands that have a budget, with what each holder has used."""
    days = {brand.pk: day_of(brand, at) for brand in chosen}
    budgeted = rows(chosen, at=at).filter(Q(budget_each__isnull=False) | Q(budget_shared__isnull=False))
    page = _lines(budgeted, days, at, after=after)
    holders = User.objects.in_bulk({holder for line in page.rows for holder in line.used})
    return Page([_Budget(line, _shares(line, holders)) for line in page.rows], page.after)


@dataclass(frozen=True, slots=True)
class Share:
    """What one holder has used of a budget."""

    holder: User
    used: Decimal
    percent: int


@dataclass(frozen=True, slots=True)
class _Budget:
    line: Line
    shares: list[Share]


def _shares(line: Line, holders: dict[int, User]) -> list[Share]:
    budget = line.grant.budget_each or line.grant.budget_shared or Decimal(1)
    ordered = sorted(line.used.items(), key=lambda each: (-each[1], holders[each[0]].name))
    return [Share(holders[pk], used, min(int(used / budget * 100), 100)) for pk, used in ordered]


def one(seer: Seer, grant_id: int) -> Grant:
    """A grant of a brand whose authority this person reads; NotFound for strangers, NotAllowed for its other people."""
    known = Grant.objects.select_related("brand", "team", "person", "category", "given_by")
    found = known.filter(pk=grant_id).first()
    if found is None or not (found.brand_id in seer.roles or seer.is_organisation_admin):
        raise errors.NotFound
    if not seer.is_organisation_admin and found.brand_id not in _looking(seer):
        raise errors.NotAllowed
    return found


def line_of(grant: Grant, *, at: datetime) -> Line:
    """One grant as the list shows it."""
    found: Line = _lines(
        Grant.objects.filter(pk=grant.pk), {grant.brand_id: day_of(grant.brand, at)}, at, after=None
    ).rows[0]
    return found


def day_of(brand: Brand, at: datetime) -> date:
    return at.astimezone(ZoneInfo(brand.zone)).date()


def _standing(days: dict[int, date]) -> Q:
    found = Q(pk__in=[])
    for brand_id, today in days.items():
        found |= Q(brand_id=brand_id, ended_at__isnull=True) & (Q(ends_on__isnull=True) | Q(ends_on__gte=today))
    return found


def _over(days: dict[int, date]) -> Q:
    found = Q(pk__in=[])
    for brand_id, today in days.items():
        found |= Q(brand_id=brand_id) & (Q(ended_at__isnull=False) | Q(ends_on__lt=today))
    return found


def _lines(
    wanted: QuerySet[Grant],
    days: dict[int, date],
    at: datetime,
    *,
    after: int | None,
    is_newest_first: bool = False,
) -> Page:
    if after:
        wanted = wanted.filter(Q(pk__lt=after) if is_newest_first else Q(pk__gt=after))
    found = list(wanted.order_by("-pk" if is_newest_first else "pk")[: PAGE + 1])
    grants = found[:PAGE]
    used, waiting, people = used_of(grants, at), _waiting(grants), _people_counts(grants)
    kinds = kinds_of(grants)
    absences = _absences(grants, days)
    lines = []
    for grant in grants:
        today = days[grant.brand_id]
        lines.append(
            Line(
                grant,
                [kinds[pk] for pk in grant.kind_ids if pk in kinds],
                used.get(grant.pk, {}),
                people.get((grant.brand_id, grant.role, grant.team_id), 0),
                waiting.get(grant.pk, 0),
                absences.get((grant.brand_id, grant.person_id)),
                is_upcoming=grant.starts_on is not None and grant.starts_on > today,
                is_over=grant.ended_at is not None or (grant.ends_on is not None and grant.ends_on < today),
            )
        )
    return Page(lines, grants[-1].pk if len(found) > PAGE else None)


def kinds_of(grants: Iterable[Grant]) -> dict[int, dict[str, str]]:
    """What the kinds of these grants are called."""
    wanted = {kind_id for grant in grants for kind_id in grant.kind_ids}
    return dict(Kind.objects.filter(pk__in=wanted).values_list("pk", "label"))


# The same rows as casedesk_used adds up, for many grants at once.
_USED = """
SELECT g.id, x.holder_id, sum(x.charged) FROM cases_grant g
  JOIN cases_brand b ON b.id = g.brand_id
  JOIN cases_authorisation x ON x.grant_id = ANY (casedesk_line(g.id)) AND x.released_at IS NULL
   AND x.at >= casedesk_window_start(g.window, %(at)s::timestamptz, b.zone)
   AND x.at < casedesk_window_end(g.window, %(at)s::timestamptz, b.zone)
 WHERE g.id = ANY (%(grants)s::bigint[]) GROUP BY 1, 2
"""


def used_of(grants: Iterable[Grant], at: datetime) -> dict[int, dict[int, Decimal]]:
    """What each holder has used of these grants in the window around an instant."""
    found: dict[int, dict[int, Decimal]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_USED, {"at": at, "grants": [grant.pk for grant in grants]})
        for grant_id, holder_id, amount in cursor.fetchall():
            found[grant_id][holder_id] = amount
    return found


def _waiting(grants: Iterable[Grant]) -> dict[int, int]:
    asked = Asked.objects.filter(grant__in=[grant.pk for grant in grants], reply="", passed="")
    return dict(asked.values_list("grant_id").annotate(n=Count("pk")).order_by())


def _people_counts(grants: Iterable[Grant]) -> dict[tuple[int, str, int | None], int]:
    brand_ids = {grant.brand_id for grant in grants}
    members = Membership.objects.filter(
        brand_id__in=brand_ids, role__in=[Role.AGENT, Role.MANAGER], person__is_active=True
    )
    counts: dict[tuple[int, str, int | None], int] = defaultdict(int)
    for brand_id, role, team_id, n in (
        members.values_list("brand_id", "role", "team_id").annotate(n=Count("pk")).order_by()
    ):
        counts[brand_id, role, None] += n
        if team_id:
            counts[brand_id, "", team_id] += n
    return counts


def _absences(grants: Iterable[Grant], days: dict[int, date]) -> dict[tuple[int, int | None], Absence]:
    people = [grant.person_id for grant in grants if grant.person_id]
    rows = Absence.objects.filter(person__in=people, brand__in=days, ended_at__isnull=True).select_related("deputy")
    return {
        (each.brand_id, each.person_id): each
        for each in rows.order_by("-starts_on")
        if each.starts_on <= days[each.brand_id] <= each.ends_on
    }


@dataclass(frozen=True, slots=True)
class Left:
    """What somebody can still decide in this window, of which budget."""

    amount: Decimal
    budget: Decimal
    currency: str
    window: str

    @property
    def percent(self) -> int:
        """How much of the budget is left."""
        return int(self.amount / self.budget * 100)


# Their own grants with a budget only, found by index: this runs on every page.
_LEFT = """(
SELECT jsonb_build_array(
         greatest(least(g.budget_each - u.by_holder, g.budget_shared - u.by_all), 0)::text,
         least(g.budget_each, g.budget_shared)::text, g.currency, g.window)
  FROM cases_grant g JOIN cases_brand b ON b.id = g.brand_id
  JOIN LATERAL casedesk_used(g, %s, %s::timestamptz) u ON true
 WHERE g.ended_at IS NULL AND g.brand_id = ANY (%s::bigint[])
   AND (g.budget_each IS NOT NULL OR g.budget_shared IS NOT NULL)
   AND (g.person_id = %s OR g.team_id = ANY (%s::bigint[])
        OR (g.brand_id, g.role) IN (SELECT * FROM unnest(%s::bigint[], %s::text[])))
   AND casedesk_in_force(g, (%s::timestamptz AT TIME ZONE b.zone)::date)
 ORDER BY greatest(least(g.budget_each - u.by_holder, g.budget_shared - u.by_all), 0) DESC, g.id LIMIT 1)"""


def left_now(seer: Seer, at: datetime) -> RawSQL:
    """The largest rest of any budget somebody holds themselves, to be read beside something else with ``left_of``."""
    roles = {brand: role for brand, role in seer.roles.items() if permissions.may_own(role)}
    who, brand_ids = seer.person_id, list(roles)
    teams = sorted(seer.team_ids | seer.led_team_ids)
    names = [role.value for role in roles.values()]
    return RawSQL(_LEFT, (who, at, brand_ids, who, teams, brand_ids, names, at), output_field=JSONField())  # noqa: S611 - no word of it comes from outside


def left_of(read: list[str] | None) -> Left | None:
    """What ``left_now`` has read; None when there is no budget."""
    if not read:
        return None
    amount, budget, currency, window = read
    return Left(Decimal(amount), Decimal(budget), currency, window)
