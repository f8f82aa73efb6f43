"""Where everything begins: the day of the first complaint or post that a reader may see."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from django.db import connections

from cases.models import Seer
from cases.queries.reports.asked import Asked
from cases.queries.reports.conditions import Where, brands_of
from cases.queries.reports.database import alias
from cases.queries.reports.reading import may_read, reader
from cases.rules import periods
from cases.rules.periods import SINCE_EVER, Preset
from cases.vocabulary import Population

# Brand by brand, because each has its first row at the beginning of an index.
_FIRST = (
    "SELECT min(x.at) FROM unnest(%(brands)s::bigint[]) AS b(id) CROSS JOIN LATERAL ("
    "(SELECT f.received_at AS at FROM cases_casefigures f WHERE f.brand_id = b.id AND (NOT f.is_guarded OR ({visible}))"
    " ORDER BY f.received_at LIMIT 1) UNION ALL"
    " (SELECT p.received_at FROM cases_post p WHERE p.brand_id = b.id AND NOT EXISTS (SELECT 1 FROM cases_casepost l"
    " JOIN cases_casefigures f ON f.case_id = l.case_id WHERE l.post_id = p.id AND l.left_at IS NULL AND f.is_guarded"
    " AND NOT ({visible})) ORDER BY p.received_at LIMIT 1)) AS x"
)


def since_first(asked: Asked, seer: Seer, *, now: datetime) -> Asked:
    """The same; of everything without the years before the first complaint or post that this person may see."""
    days = asked.period.days
    if asked.preset != Preset.EVERYTHING or days is None or days[0] != SINCE_EVER or not may_read(seer):
        return asked
    zone = asked.period.zone
    first = _first(asked, reader(seer), now)
    today = now.astimezone(periods.of_zone(zone)).date()
    day: date = min(first.astimezone(periods.of_zone(zone)).date(), today) if first else today
    return replace(asked, period=periods.of_days(max(day, SINCE_EVER), days[1], zone))


def _first(asked: Asked, seer: Seer, now: datetime) -> datetime | None:
    question = replace(asked, filters={}, splits=()).question(Population.CASES)
    where = Where(question, seer, brands_of(question, seer), now)
    with connections[alias()].cursor() as cursor:
        cursor.execute(_FIRST.format(visible=where.visible), where.parameters)
        found: datetime | None = cursor.fetchone()[0]
    return found
