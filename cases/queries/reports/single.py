"""One figure counted from the rows themselves, by as many keys as a picture needs."""

from __future__ import annotations

from datetime import datetime

from django.db import connections

from cases.models import Seer
from cases.queries.reports.conditions import Where, brands_of, merged_into
from cases.queries.reports.database import alias
from cases.queries.reports.figure import Figure
from cases.queries.reports.question import Keys, Question
from cases.queries.reports.sources import value_of
from cases.vocabulary import Dimension


def tally(question: Question, figure: Figure, seer: Seer, *, now: datetime) -> dict[Keys, int]:
    """One count for each group of a question, for what this person may see; groups without any are left out."""
    brands = brands_of(question, seer)
    if not brands:
        return {}
    where = Where(question, seer, brands, now)
    keys = ", ".join(value_of(where.source, each) for each in question.splits)
    places = ", ".join(str(i + 1) for i in range(len(question.splits)))
    sql = f"SELECT {keys}, {figure.counted} FROM {where.source.tables} WHERE {where.everything} GROUP BY {places}"  # noqa: S608
    with connections[alias()].cursor() as cursor:
        cursor.execute(sql, where.parameters)
        rows = cursor.fetchall()
    return _merged(question, {tuple(row[:-1]): int(row[-1]) for row in rows if row[-1]})


def _merged(question: Question, counts: dict[Keys, int]) -> dict[Keys, int]:
    """What was merged into another category counts with it."""
    if Dimension.CATEGORY not in question.splits:
        return counts
    into, place = merged_into(), question.splits.index(Dimension.CATEGORY)
    found: dict[Keys, int] = {}
    for keys, n in counts.items():
        now = (*keys[:place], into.get(keys[place], keys[place]), *keys[place + 1 :])
        found[now] = found.get(now, 0) + n
    return found
