"""Whether each action of a case is decided, by whom it could be, and who is asked: one query for the whole case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from cases.models import Action, Case, Grant, Kind, User
from cases.queries import authority
from cases.vocabulary import Gap


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a budget now, in its window."""

    amount: Decimal
    currency: str
    window: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How an action stands with authority, for one person who looks at it.

    ``gap`` is why this person may not decide it; ``nearest`` then who could, with their limit. Nobody who could is "".
    """

    decided_by: str = ""
    decided_for: str = ""
    decider_id: int | None = None
    approval: UUID | None = None
    approval_status: str = ""
    requested_by_id: int | None = None
    requested_by: str = ""
    answered_by: str = ""
    words: str = ""
    needed: int = 1
    asked_id: int | None = None
    asked: str = ""
    asked_for: str = ""
    asked_at: datetime | None = None
    answer_by: datetime | None = None
    before: str = ""
    gap: Gap | None = None
    is_able: bool = False
    left: Left | None = None
    nearest: str = ""
    limit: Decimal | None = None
    limit_currency: str = ""
    needs_two: bool = False
    may_waive: bool = False

    @property
    def nearest_first(self) -> str:
        """How a button calls the person who is asked."""
        return self.nearest.split()[0] if self.nearest.split() else ""


# What is decided, or asked, of each action; then, of what nobody has decided, the looker's own power and the nearest.
_STANDING = """
SELECT a.id,
    dp.name AS decided_by, CASE WHEN x.holder_id <> x.person_id THEN dh.name ELSE '' END AS decided_for,
    x.person_id AS decider_id,
    p.public_id AS approval, p.status AS approval_status, p.requested_by_id, rq.name AS requested_by,
    an.name AS answered_by, p.words, p.needed,
    q.person_id AS asked_id, ap.name AS asked,
    CASE WHEN q.holder_id <> q.person_id THEN ah.name ELSE '' END AS asked_for,
    q.asked_at, q.answer_by, b.name AS before,
    own.gap, own.grant_id, own.rest, own.currency AS own_currency, own.span,
    np.name AS nearest, ng.per_action AS limit, ng.currency AS limit_currency, t.needs_two,
    a.status NOT IN ('done', 'waived')
      AND casedesk_may_waive(%(person)s, c.brand_id, a.kind_id, c.category_id, %(at)s::timestamptz) AS may_waive
  FROM cases_action a
  JOIN cases_case c ON c.id = a.case_id
  JOIN cases_brand br ON br.id = c.brand_id
  JOIN cases_kind k ON k.id = a.kind_id
  CROSS JOIN LATERAL (SELECT (%(at)s::timestamptz AT TIME ZONE br.zone)::date AS on_day) d
  LEFT JOIN cases_authorisation x ON x.action_id = a.id AND x.released_at IS NULL
  LEFT JOIN cases_user dp ON dp.id = x.person_id LEFT JOIN cases_user dh ON dh.id = x.holder_id
  LEFT JOIN LATERAL (SELECT * FROM cases_approval y WHERE y.action_id = a.id ORDER BY y.id DESC LIMIT 1) p ON true
  LEFT JOIN cases_user rq ON rq.id = p.requested_by_id LEFT JOIN cases_user an ON an.id = p.decided_by_id
  LEFT JOIN cases_asked q ON q.approval_id = p.id AND q.reply = '' AND q.passed = ''
  LEFT JOIN cases_user ap ON ap.id = q.person_id LEFT JOIN cases_user ah ON ah.id = q.holder_id
  LEFT JOIN LATERAL (SELECT u.name FROM cases_asked z JOIN cases_user u ON u.id = z.person_id
     WHERE z.approval_id = p.id AND z.id < q.id AND z.passed <> '' ORDER BY z.id DESC LIMIT 1) b ON true
  CROSS JOIN LATERAL (SELECT a.status IN ('proposed', 'refused') AND x.id IS NULL
     AND c.status IN ('new', 'open', 'waiting') AND %(is_able)s AS yes) undecided
  CROSS JOIN LATERAL (SELECT undecided.yes AND k.two_people_above IS NOT NULL AND a.amount IS NOT NULL AND coalesce(
     casedesk_convert(a.amount, a.currency, br.currency, br.id, d.on_day) > k.two_people_above, true) AS needs_two) t
  LEFT JOIN LATERAL (
    SELECT g.id AS grant_id, j.gap, g.currency, g.window AS span,
        CASE WHEN j.gap IS NULL AND (g.budget_each IS NOT NULL OR g.budget_shared IS NOT NULL)
          THEN (SELECT greatest(least(g.budget_each - u.by_holder, g.budget_shared - u.by_all), 0)
                  FROM casedesk_used(g, o.holder_id, %(at)s::timestamptz) u) END AS rest
      FROM casedesk_candidates(c.brand_id, a.kind_id, c.category_id, d.on_day) o
      JOIN cases_grant g ON g.id = o.grant_id
      CROSS JOIN LATERAL casedesk_judge(o.person_id, o.holder_id, o.grant_id, a.kind_id, c.category_id,
        c.complainant_id, a.amount, a.currency, %(at)s::timestamptz) j
     WHERE undecided.yes AND o.person_id = %(person)s AND o.holder_id IS DISTINCT FROM c.about_id
     ORDER BY j.gap IS NOT NULL, array_position(%(nearest)s::text[], j.gap), NOT o.is_direct,
       o.per_action NULLS LAST, g.id
     LIMIT 1
  ) own ON true
  LEFT JOIN LATERAL (
    SELECT r.person_id, r.grant_id
      FROM casedesk_route(c.id, a.kind_id, a.amount, a.currency, %(at)s::timestamptz, ARRAY[%(person)s]::bigint[]) r
     WHERE undecided.yes AND (own.grant_id IS NULL OR own.gap IS NOT NULL OR t.needs_two)
       AND (a.amount IS NOT NULL OR NOT k.has_amount)
  ) n ON true
  LEFT JOIN cases_user np ON np.id = n.person_id LEFT JOIN cases_grant ng ON ng.id = n.grant_id
 WHERE a.case_id = %(case)s
"""


def of_case(case: Case, person_id: int, at: datetime, *, is_able: bool) -> dict[int, Standing]:
    """How each action of the case stands, by its key, in one query; whoever cannot act is told no limits."""
    wanted: dict[str, Any] = {
        "case": case.pk,
        "person": person_id,
        "at": at,
        "is_able": is_able,
        "nearest": [gap.value for gap in authority.NEAREST],
    }
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, wanted)
        names = [column[0] for column in cursor.description]
        return {row[0]: _standing(dict(zip(names, row, strict=True))) for row in cursor.fetchall()}


def _standing(row: dict[str, Any]) -> Standing:
    able = row["grant_id"] is not None and row["gap"] is None and not row["needs_two"]
    gap = Gap.SECOND_PERSON if row["needs_two"] else Gap(row["gap"] or Gap.NO_GRANT)
    kept = {
        name: row[name] if row[name] is not None else ""
        for name in ("decided_by", "decided_for", "approval_status", "requested_by", "answered_by", "words")
    }
    kept |= {name: row[name] or "" for name in ("asked", "asked_for", "before", "nearest", "limit_currency")}
    return Standing(
        **kept,
        decider_id=row["decider_id"],
        approval=row["approval"],
        requested_by_id=row["requested_by_id"],
        needed=row["needed"] or 1,
        asked_id=row["asked_id"],
        asked_at=row["asked_at"],
        answer_by=row["answer_by"],
        is_able=able,
        gap=None if able else gap,
        left=Left(row["rest"], row["own_currency"], row["span"]) if able and row["rest"] is not None else None,
        limit=row["limit"],
        needs_two=row["needs_two"],
        may_waive=bool(row["may_waive"]),
    )


@dataclass(frozen=True, slots=True)
class Outlook:
    """What becomes of a kind and an amount if somebody plans it now: ``may``, ``needs`` a person, ``nobody``."""

    state: str = ""
    limit: Decimal | None = None
    currency: str = ""
    holder: str = ""
    name: str = ""
    is_two: bool = False
    gap: Gap | None = None


def outlook(person_id: int, case: Case, kind: Kind, amount: Decimal | None, at: datetime) -> Outlook:
    """Whether this person may decide that for the case, or who would be asked."""
    if kind.has_amount and amount is None:
        return Outlook()
    currency = case.brand.currency if amount is not None else ""
    wanted: dict[str, Any] = {"kind_id": kind.pk, "amount": amount, "currency": currency, "at": at}
    is_two = authority.needs_two(Action(kind=kind, amount=amount, currency=currency), case, at)
    found = authority.may_decide(person_id, case, **wanted)
    if isinstance(found, authority.Power) and not is_two:
        holder = User.objects.get(pk=found.holder_id).name if found.holder_id != person_id else ""
        return Outlook("may", found.per_action, found.currency, holder)
    if found == Gap.NO_RATE:
        return Outlook("no_rate", gap=found)
    nearest = authority.route(case, **wanted, leave_out=[person_id])
    gap = Gap.SECOND_PERSON if is_two else found if isinstance(found, Gap) else None
    # Where two have to approve it, one who can is nobody: the request would be refused.
    first = [person_id, nearest[0]] if nearest else []
    if nearest is None or (is_two and authority.route(case, **wanted, leave_out=first) is None):
        return Outlook("nobody", gap=gap, is_two=nearest is not None)
    grant = Grant.objects.get(pk=nearest[2])
    name = User.objects.get(pk=nearest[0]).name
    return Outlook("needs", grant.per_action, grant.currency, name=name, is_two=is_two, gap=gap)
