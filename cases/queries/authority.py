"""Who may decide what, and what is left of it: every answer comes from the functions the database itself obeys."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Sum
from django.utils.formats import number_format
from django.utils.translation import get_language, gettext

from cases.models import Action, Approval, Authorisation, Case, Grant, User
from cases.rules.money import SYMBOLS, minor_units
from cases.vocabulary import Gap, Severity


@dataclass(frozen=True, slots=True)
class Power:
    """By which grant somebody may decide something, on whose authority; or, with a ``gap``, why this one does not do.

    ``charged`` and ``per_action`` are in the grant's ``currency``; no ``per_action`` is any amount.
    """

    person_id: int
    holder_id: int
    grant_id: int
    charged: Decimal
    per_action: Decimal | None
    currency: str
    gap: Gap | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """A grant somebody may use today, on whose authority, and what is left of its budgets in this window."""

    grant: Grant
    holder: User
    used_by_holder: Decimal
    used_by_all: Decimal

    @property
    def left(self) -> Decimal | None:
        """What is left now in the grant's currency; None when there is no budget."""
        rests = [
            budget - used
            for budget, used in (
                (self.grant.budget_each, self.used_by_holder),
                (self.grant.budget_shared, self.used_by_all),
            )
            if budget is not None
        ]
        return max(min(rests), Decimal(0)) if rests else None


# The least discouraging reason first: what is used up may be free tomorrow, what is too much may be lowered.
NEAREST = (
    Gap.NO_AMOUNT,
    Gap.NO_RATE,
    Gap.BUDGET,
    Gap.PER_COMPLAINANT,
    Gap.PER_ACTION,
    Gap.CATEGORY,
    Gap.KIND,
    Gap.NOT_IN_FORCE,
    Gap.NOT_HELD,
)


def may_decide(
    person_id: int, case: Case, *, kind_id: int, amount: Decimal | None, currency: str, at: datetime
) -> Power | Gap:
    """By which grant this person may decide this for the case's complainant, or the nearest reason why by none.

    Their own grants are used before those they hold as a deputy; a second person's consent is not looked at.
    """
    if case.about_id == person_id:
        return Gap.ABOUT_THEM
    found = [p for p in _judged(person_id, case, kind_id, amount, currency, at) if p.holder_id != (case.about_id or 0)]
    able = next((power for power in found if power.gap is None), None)
    gaps = {power.gap for power in found}
    return able or next((gap for gap in NEAREST if gap in gaps), Gap.NO_GRANT)


_JUDGED = """
SELECT k.person_id, k.holder_id, k.grant_id, j.charged, k.per_action, k.currency, j.gap
  FROM casedesk_candidates(%(brand)s, %(kind)s, %(category)s,
         (%(at)s::timestamptz AT TIME ZONE casedesk_zone(%(brand)s))::date) k,
       LATERAL casedesk_judge(k.person_id, k.holder_id, k.grant_id, %(kind)s, %(category)s, %(complainant)s,
         %(amount)s::numeric, %(currency)s, %(at)s::timestamptz) j
 WHERE k.person_id = %(person)s
 ORDER BY NOT k.is_direct, k.per_action NULLS LAST, k.grant_id
"""


def _judged(
    person_id: int, case: Case, kind_id: int, amount: Decimal | None, currency: str, at: datetime
) -> list[Power]:
    wanted: dict[str, Any] = {
        "person": person_id,
        "brand": case.brand_id,
        "category": case.category_id,
        "complainant": case.complainant_id,
        "kind": kind_id,
        "amount": amount,
        "currency": currency,
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_JUDGED, wanted)
        return [
            Power(person, holder, grant, charged, limit, unit, Gap(gap) if gap else None)
            for person, holder, grant, charged, limit, unit, gap in cursor.fetchall()
        ]


def route(
    case: Case,
    *,
    kind_id: int,
    amount: Decimal | None,
    currency: str,
    leave_out: Collection[int],
    at: datetime,
) -> tuple[int, int, int] | None:
    """The nearest person who may decide exactly this, with the holder and the grant; None when nobody may."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT person_id, holder_id, grant_id"
            " FROM casedesk_route(%s, %s, %s::numeric, %s, %s::timestamptz, %s::bigint[])",
            [case.pk, kind_id, amount, currency, at, sorted(leave_out)],
        )
        row = cursor.fetchone()
    return row if row and row[0] is not None else None


def needs_two(action: Action, case: Case, at: datetime) -> bool:
    """Whether two people must approve an action of this kind and amount; unsure, for lack of a rate, is yes."""
    if action.kind.two_people_above is None or action.amount is None:
        return False
    amount = worth(action, case, at)
    return amount is None or amount > action.kind.two_people_above


def worth(action: Action, case: Case, at: datetime) -> Decimal | None:
    """What the action's amount is in the brand's currency, by the rate of the day; None without one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT casedesk_convert(%s::numeric, %s, %s, %s, (%s::timestamptz AT TIME ZONE %s)::date)",
            [action.amount, action.currency, case.brand.currency, case.brand_id, at, case.brand.zone],
        )
        found: Decimal | None = cursor.fetchone()[0]
    return found


def is_authorised(action: Action) -> bool:
    """Whether somebody with the authority has decided the action exactly as it stands."""
    return action.authorisations.filter(
        released_at__isnull=True,
        kind_id=action.kind_id,
        amount=action.amount,
        currency=action.currency,
        wording=action.wording,
    ).exists()


def may_waive(person_id: int, case: Case, kind_id: int, at: datetime) -> bool:
    """Whether this person may take it upon them that an action of this kind is not done."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT casedesk_may_waive(%s, %s, %s, %s, %s::timestamptz)",
            [person_id, case.brand_id, kind_id, case.category_id, at],
        )
        return bool(cursor.fetchone()[0])


_LIMITS = """
SELECT g.id, m.holder, u.by_holder, u.by_all
  FROM cases_grant g
  JOIN LATERAL (
    SELECT %(person)s::bigint AS holder
    UNION ALL
    SELECT a.person_id FROM cases_absence a
     WHERE a.brand_id = g.brand_id AND a.deputy_id = %(person)s AND a.ended_at IS NULL
       AND (%(at)s::timestamptz AT TIME ZONE casedesk_zone(g.brand_id))::date BETWEEN a.starts_on AND a.ends_on
  ) m ON casedesk_holds(m.holder, g)
  JOIN LATERAL casedesk_used(g, m.holder, %(at)s::timestamptz) u ON true
 WHERE g.ended_at IS NULL AND g.brand_id = ANY (%(brands)s::bigint[])
   AND casedesk_in_force(g, (%(at)s::timestamptz AT TIME ZONE casedesk_zone(g.brand_id))::date)
   AND casedesk_may_own(%(person)s, g.brand_id)
 ORDER BY g.brand_id, m.holder <> %(person)s, g.id
"""


def limits_of(person_id: int, brand_ids: Collection[int], at: datetime) -> list[Limit]:
    """Every grant this person may use now in these brands, their own first, and what is used of it, in two queries."""
    with connection.cursor() as cursor:
        cursor.execute(_LIMITS, {"person": person_id, "brands": sorted(brand_ids), "at": at})
        rows = cursor.fetchall()
    grants = Grant.objects.select_related("brand", "team", "person", "category").in_bulk([row[0] for row in rows])
    holders = User.objects.in_bulk({row[1] for row in rows})
    return [Limit(grants[grant], holders[holder], by_holder, by_all) for grant, holder, by_holder, by_all in rows]


def given_to(complainant_id: int) -> Decimal | None:
    """What was decided in a complainant's favour so far, in all their cases; None when nothing was."""
    standing = Authorisation.objects.filter(complainant_id=complainant_id, released_at__isnull=True, charged__gt=0)
    total: Decimal | None = standing.aggregate(total=Sum("charged"))["total"]
    return total


def five_lines(case: Case, approval: Approval, given: Decimal | None) -> list[str]:
    """The case and exactly what is asked, in five lines and in the active language."""
    names = {
        "reference": case.reference,
        "headline": case.headline or "–",
        "brand": case.brand.name,
        "severity": Severity(case.severity).label,
        # The sentence has its own full stop, also after "Nadja K."
        "who": case.complainant.name.rstrip(".") or gettext("somebody who gave no name"),
        "kind": text_of(approval.kind.label, default=case.brand.language),
        "amount": said_amount(approval.amount, approval.currency),
        "reason": approval.reason or gettext("no reason given"),
        "person": approval.requested_by.name,
        "given": said_amount(given, case.brand.currency) if given else gettext("nothing yet"),
    }
    return [
        gettext("%(reference)s, %(brand)s: %(headline)s") % names,
        gettext("Complainant: %(who)s. Severity: %(severity)s.") % names,
        " · ".join(filter(None, [(gettext("Asked for: %(kind)s %(amount)s") % names).strip(), approval.wording])),
        gettext("Why, says %(person)s: %(reason)s") % names,
        gettext("Given to this complainant so far: %(given)s.") % names,
    ]


def text_of(label: Mapping[str, str], *, default: str) -> str:
    """A text of the catalogue in the active language, else in the brand's."""
    language = (get_language() or "en").split("-")[0]
    return str(label.get(language) or label.get(default) or label.get("en") or next(iter(label.values()), ""))


def said_amount(amount: Decimal | None, currency: str) -> str:
    """An amount as people write it, with its currency; nothing when there is none."""
    if amount is None:
        return ""
    value = number_format(amount, minor_units(currency), use_l10n=True, force_grouping=True)
    return f"{value}\N{NO-BREAK SPACE}{SYMBOLS.get(currency, currency)}"
