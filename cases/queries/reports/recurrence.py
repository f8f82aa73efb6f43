"""What came back after a fix was declared: complaints with a cause that somebody had said how to prevent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connections

from cases.models import Seer
from cases.queries.reports import labels
from cases.queries.reports.asked import Asked
from cases.queries.reports.conditions import Where, brands_of
from cases.queries.reports.database import alias
from cases.queries.reports.reading import reader
from cases.rules.periods import Period
from cases.vocabulary import Dimension, Population


@dataclass(frozen=True, slots=True)
class Back:
    """A cause, when the last case that says how to prevent it was handled, and how many came in after that."""

    cause: str
    label: str
    fixed_at: datetime
    count: int
    asked: Asked


# Which complaints came in later is counted over the same cases that the fixes are read from.
_BACK = """
WITH fixed AS (
  SELECT f.cause_id, max(f.handled_at) AS at
  FROM cases_casefigures f JOIN cases_case c ON c.id = f.case_id
  WHERE f.brand_id = ANY (%(brands)s::bigint[]) AND f.cause_id IS NOT NULL AND f.status = 'handled'
    AND f.handled_at < %(end)s AND c.prevention <> '' AND (NOT f.is_guarded OR ({visible}))
  GROUP BY f.cause_id
)
SELECT x.cause_id::text, x.at, count(f.case_id)
FROM fixed x LEFT JOIN cases_casefigures f ON f.cause_id = x.cause_id AND f.received_at >= x.at
  AND f.received_at < %(end)s AND f.brand_id = ANY (%(brands)s::bigint[]) AND (NOT f.is_guarded OR ({visible})){filters}
GROUP BY x.cause_id, x.at
ORDER BY count(f.case_id) DESC, x.at DESC
"""


def recurrence(asked: Asked, seer: Seer, *, now: datetime) -> Sequence[Back]:
    """Every cause of which a fix was declared before the end of the period, the one that came back most first."""
    seer = reader(seer, asked.dimensions)
    question = asked.question(Population.CASES, splits=())
    brands = brands_of(question, seer)
    if not brands:
        return []
    where = Where(question, seer, brands, now)
    with connections[alias()].cursor() as cursor:
        cursor.execute(_BACK.format(visible=where.visible, filters=where.filters), where.parameters)
        rows = cursor.fetchall()
    wanted = asked.filters.get(Dimension.CAUSE)
    rows = [row for row in rows if wanted is None or row[0] in wanted]
    words = labels.words(Dimension.CAUSE, [row[0] for row in rows])
    period = asked.period
    return [
        Back(
            cause,
            words[cause],
            at,
            count,
            replace(
                asked.with_filter(Dimension.CAUSE, cause),
                period=Period(at, period.end, period.zone),
                preset="",
                compare="",
                splits=(),
            ),
        )
        for cause, at, count in rows
    ]
