"""What another limit would have decided at once, whom it would have spared the wait, and what it would have cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.expressions import RawSQL

from cases import errors
from cases.models import Approval, Brand, Grant
from cases.queries import missing
from cases.queries.missing import Question
from cases.rules.missing import LADDER

# A limit is proposed where it would have decided this share of what was approved anyway, of so many at least.
MOST, LEAST = 0.66, 5
SHOWN = 30


@dataclass(frozen=True, slots=True)
class Change:
    """One grant's limit for an action raised to another, for one of its kinds or all of them."""

    grant: Grant
    limit: Decimal
    kind_id: int | None = None

    @property
    def is_for_part(self) -> bool:
        """Whether it leaves other kinds of the grant as they are."""
        return self.kind_id is not None and self.grant.kind_ids != [self.kind_id]


@dataclass(frozen=True, slots=True)
class Saved:
    """The requests that would have been decided at once; amounts in the grant's currency."""

    count: int = 0
    granted: int = 0
    refused: int = 0
    waiting: int = 0
    half: timedelta | None = None
    total: timedelta | None = None
    worst: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a grant's holders had to ask for because of its limit, and the limit that would have decided most of it."""

    grant: Grant
    asked: int
    granted: int
    limit: Decimal | None
    saved: int = 0
    saved_granted: int = 0
    half: timedelta | None = None


# Whoever holds a grant asked for more than its limit; deputies asked with a grant that is not theirs. The holders are
# read from the same columns as in casedesk_candidates.
_ABOVE = """
WITH asked (id, person_id, kind_id, category_id, complainant_id, amount, currency, status, requested_at, on_day, waited,
  gap) AS MATERIALIZED ({asked}),
held AS MATERIALIZED (
  SELECT g.id AS grant_id, m.person_id FROM cases_grant g
    JOIN cases_membership m ON m.brand_id = g.brand_id AND m.role IN ('agent','manager')
    JOIN cases_user u ON u.id = m.person_id AND u.is_active
    LEFT JOIN cases_team t ON t.id = g.team_id
   WHERE g.brand_id = %s AND g.per_action IS NOT NULL AND casedesk_in_force(g, %s) AND (%s::bigint IS NULL OR g.id = %s)
     AND (g.person_id = m.person_id OR g.role = m.role OR g.team_id = m.team_id OR t.lead_id = m.person_id)
),
worth AS (
  SELECT a.*, h.grant_id, CASE WHEN a.currency = g.currency THEN a.amount
      ELSE casedesk_convert(a.amount, a.currency, g.currency, g.brand_id, a.on_day) END AS charged
    FROM asked a JOIN held h ON h.person_id = a.person_id JOIN cases_grant g ON g.id = h.grant_id
   WHERE a.gap = 'per_action' AND a.status IN ('granted','refused','returned','waiting')
     AND casedesk_covers(g, a.kind_id, a.category_id)
),
above AS (
  SELECT w.* FROM worth w JOIN cases_grant g ON g.id = w.grant_id
   WHERE w.charged > g.per_action AND (g.per_complainant IS NULL OR w.charged <= g.per_complainant)
     AND (g.budget_each IS NULL OR w.charged <= g.budget_each)
     AND (g.budget_shared IS NULL OR w.charged <= g.budget_shared)
)
"""
# In the order they were asked for, as long as what the grant was used for in that window leaves room for all of them.
_SAVED = f"""
{_ABOVE},
raised AS (
  SELECT above.*, span.starts_at AS window_at,
      sum(charged) OVER (PARTITION BY span.starts_at ORDER BY requested_at, above.id) AS by_all,
      sum(charged) OVER (PARTITION BY span.starts_at, above.person_id ORDER BY requested_at, above.id) AS by_one
    FROM above JOIN cases_grant g ON g.id = above.grant_id
    CROSS JOIN LATERAL (SELECT casedesk_window_start(g.window, requested_at, %s) AS starts_at) span
   WHERE charged <= %s AND (%s::bigint IS NULL OR kind_id = %s)
),
used AS MATERIALIZED (
  SELECT w.person_id, w.window_at, u.by_holder, u.by_all
    FROM (SELECT DISTINCT grant_id, person_id, window_at FROM raised) w
    JOIN cases_grant g ON g.id = w.grant_id AND (g.budget_each IS NOT NULL OR g.budget_shared IS NOT NULL)
    CROSS JOIN LATERAL casedesk_used(g, w.person_id, w.window_at) u
),
saved AS (
  SELECT r.* FROM raised r JOIN cases_grant g ON g.id = r.grant_id
    LEFT JOIN used u ON u.person_id = r.person_id AND u.window_at = r.window_at
   WHERE (g.budget_each IS NULL OR u.by_holder + r.by_one <= g.budget_each)
     AND (g.budget_shared IS NULL OR u.by_all + r.by_all <= g.budget_shared)
)
"""  # noqa: S608 - only constants
_SUMS = f"""
{_SAVED}
SELECT count(*), count(*) FILTER (WHERE status = 'granted'), count(*) FILTER (WHERE status IN ('refused','returned')),
  count(*) FILTER (WHERE status = 'waiting'), percentile_cont(0.5) WITHIN GROUP (ORDER BY waited), sum(waited),
  coalesce(sum(charged) FILTER (WHERE status <> 'granted'), 0) FROM saved
"""  # noqa: S608 - only constants
_PROPOSALS = f"""
{_ABOVE},
wanted AS (
  SELECT grant_id, count(*) AS asked, count(*) FILTER (WHERE status = 'granted') AS granted,
      percentile_disc(%s) WITHIN GROUP (ORDER BY charged) FILTER (WHERE status = 'granted') AS enough
    FROM above GROUP BY grant_id
),
chosen AS MATERIALIZED (
  SELECT w.*, CASE WHEN granted >= %s THEN least((SELECT min(x) FROM unnest(%s::numeric[]) x WHERE x >= enough),
      g.per_complainant, g.budget_each, g.budget_shared) END AS raised
    FROM wanted w JOIN cases_grant g ON g.id = w.grant_id
)
SELECT c.grant_id, c.asked, c.granted, c.raised, count(*) FILTER (WHERE a.charged <= c.raised) AS saved,
  count(*) FILTER (WHERE a.charged <= c.raised AND a.status = 'granted'),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY a.waited) FILTER (WHERE a.charged <= c.raised)
  FROM chosen c JOIN above a USING (grant_id)
 GROUP BY c.grant_id, c.asked, c.granted, c.raised
 ORDER BY saved DESC, c.asked DESC, c.grant_id LIMIT %s
"""  # noqa: S608 - only constants


def _above(question: Question, grant_id: int | None) -> tuple[str, list[Any]]:
    rows = missing.asked(question)
    statement, values = missing.sql_of(
        rows,
        "id",
        "requested_by_id",
        "kind_id",
        "case__category_id",
        "case__complainant_id",
        "amount",
        "currency",
        "status",
        "requested_at",
        "on_day",
        "waited",
        "gap",
    )
    today = missing.today(question.brand, question.at)
    return statement, [*values, question.brand.pk, today, grant_id, grant_id]


def _saved(question: Question, change: Change) -> tuple[str, list[Any]]:
    statement, values = _above(question, change.grant.pk)
    return statement, [*values, question.brand.zone, change.limit, change.kind_id, change.kind_id]


def saved(question: Question, change: Change) -> Saved:
    """What the change would have decided at once in the period, in one query."""
    if not question.is_member:
        return Saved()
    statement, values = _saved(question, change)
    with connection.cursor() as cursor:
        cursor.execute(_SUMS.format(asked=statement), values)
        return Saved(*cursor.fetchone())


def saved_rows(question: Question, change: Change) -> QuerySet[Approval]:
    """The very requests that ``saved`` counts."""
    statement, values = _saved(question, change)
    ids = RawSQL(f"{_SAVED.format(asked=statement)} SELECT id FROM saved", values)  # noqa: S608, S611 - only constants and values
    return missing.asked(question).filter(pk__in=ids)


def proposals(question: Question) -> list[Proposal]:
    """The grants whose limit made people ask, those first where another would help most, in two queries.

    The proposed limit is the smallest round one that would have decided at once two in three of the requests that were
    approved anyway; there is none for fewer than five such requests, nor for a grant that is replaced already.
    """
    if not question.is_member:
        return []
    statement, values = _above(question, None)
    with connection.cursor() as cursor:
        cursor.execute(_PROPOSALS.format(asked=statement), [*values, MOST, LEAST, LADDER, SHOWN])
        rows = cursor.fetchall()
    grants = {each.pk: each for each in _grants().filter(pk__in=[row[0] for row in rows])}
    return [Proposal(grants[row[0]], *row[1:]) for row in rows]


def grant(brand: Brand, grant_id: int, today: date) -> Grant:
    """A grant of the brand that is in force on that day and has a limit; raises NotFound."""
    found = _grants().filter(pk=grant_id, brand=brand, per_action__isnull=False, ended_at__isnull=True).first()
    if found is None or (found.ends_on and found.ends_on < today) or (found.starts_on and found.starts_on > today):
        raise errors.NotFound
    return found


def limits(brand: Brand, today: date) -> list[Decimal]:
    """The limits in force in the brand's own currency, smallest first, in one query."""
    rows = Grant.objects.filter(brand=brand, currency=brand.currency, per_action__isnull=False, ended_at__isnull=True)
    rows = rows.exclude(starts_on__gt=today).exclude(ends_on__lt=today)
    found = rows.order_by("per_action").values_list("per_action", flat=True).distinct()[:SHOWN]
    return [limit for limit in found if limit is not None]


def _grants() -> QuerySet[Grant]:
    later = Grant.objects.filter(replaces=OuterRef("pk"), ended_at__isnull=True)
    return Grant.objects.select_related("brand", "team", "person", "category").annotate(is_replaced=Exists(later))
