"""One figure counted from the rows themselves, by as many keys as a picture needs."""

from __future__ import annotations

from datetime import datetime

from django.db import connections

from cases.models import Seer
from cases.queries.reports.conditions import Where, as_now, brands_of
from cases.queries.reports.database import alias
from cases.queries.reports.figure import Figure
from cases.queries.reports.question import Keys, Question
from cases.queries.reports.sources import value_of


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
    counts: dict[Keys, int] = {}
    now_with = as_now(question)
    for row in rows:
        if row[-1]:
            group = now_with(tuple(row[:-1]))
            counts[group] = counts.get(group, 0) + int(row[-1])
    return counts
