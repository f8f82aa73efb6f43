"""The rows behind a figure: exactly those it counts, for whoever may see them, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connections

from cases import errors
from cases.models import Seer
from cases.queries import keyset
from cases.queries.reports import definitions, engine
from cases.queries.reports.asked import Asked
from cases.queries.reports.conditions import Where, brands_of
from cases.queries.reports.database import alias
from cases.queries.reports.figure import Duration, Figure, Money, Words
from cases.queries.reports.question import Question, total
from cases.queries.reports.reading import reader
from cases.queries.reports.sources import SOURCES
from cases.vocabulary import Population

PAGE = 50


@dataclass(frozen=True, slots=True)
class Behind:
    """One row behind a figure: its case where it has one, the instant that counts, and what there is to say of it.

    ``took`` is what a span, or time that is added up, took of it in minutes.
    """

    at: datetime
    case: UUID | None
    reference: str
    headline: str
    status: str
    owner: str
    brand: str
    what: str
    amount: Any
    currency: str
    post: UUID | None
    took: int | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the rows behind a figure, how many there are in all, and the key of the next page."""

    figure: Figure | Money | Duration
    label: Words
    definition: Words
    population: Population
    count: int
    rows: Sequence[Behind]
    after: str
    sums: Mapping[str, Decimal] = field(default_factory=dict)


# What a row of each population is, in its own words; the case says the rest.
_WHAT = {
    Population.CASES: "''",
    Population.MOVEMENTS: "m.kind",
    Population.ACTIONS: "(SELECT k.label::text FROM cases_kind k WHERE k.id = a.kind_id)",
    Population.PROMISES: "coalesce(p.text, '')",
    Population.DEADLINES: "d.goal",
    Population.POSTS: "left(coalesce(p.text, ''), 160)",
    Population.ESCALATIONS: "(SELECT r.name FROM cases_rule r WHERE r.id = x.rule_id)",
}


def figure_of(name: str) -> Figure | Money | Duration:
    """The figure of that name; raises NotFound."""
    found = definitions.FIGURES.get(name) or definitions.MONEY.get(name) or definitions.DURATIONS.get(name)
    found = found or definitions.BALANCES.get(name) or definitions.WAITING.get(name)
    if found is None:
        raise errors.NotFound
    return found


def behind(asked: Asked, name: str, seer: Seer, *, now: datetime, after: str = "") -> Page:
    """A page of the rows behind a figure, the newest first, and their number; raises NotFound, what ``reader`` does."""
    figure = figure_of(name)
    seer = reader(seer, asked.dimensions)
    question = asked.question(figure.population, splits=())
    brands = brands_of(question, seer)
    rows = _rows(Where(question, seer, brands, now), figure, after) if brands else []
    more = rows[PAGE - 1] if len(rows) > PAGE else None
    return Page(
        figure,
        figure.label,
        figure.definition,
        figure.population,
        count(asked, figure, seer, now=now),
        [Behind(*row[1:]) for row in rows[:PAGE]],
        keyset.key(more[1], more[0]) if more else "",
        _sums(question, figure, seer, now) if isinstance(figure, Money) else {},
    )


def condition(figure: Figure | Money | Duration) -> str:
    """The SQL of the rows that a figure counts, sums up or measures."""
    if isinstance(figure, Duration):
        return f"{figure.happened} IS NOT NULL"
    if isinstance(figure, Money):
        return f"({figure.sql}) IS NOT NULL"
    return "true" if figure.is_sum else f"({figure.sql})"


def waiting_for(figure: Figure | Money | Duration) -> Duration | None:
    """The span that still waits for the rows of a figure."""
    return definitions.DURATIONS.get(figure.name.removesuffix("_open")) if figure.name in definitions.WAITING else None


def count(asked: Asked, figure: Figure | Money | Duration, seer: Seer, *, now: datetime) -> int:
    """How many rows there are behind a figure."""
    asked, seer = replace(asked, splits=()), reader(seer, asked.dimensions)
    question = asked.question(figure.population, splits=())
    if figure.name in definitions.FIGURES and not (isinstance(figure, Figure) and figure.is_sum):
        return total(engine.count(question, seer, now=now)).counts.get(figure.name, 0)
    where = Where(question, seer, brands_of(question, seer), now)
    sql = f"SELECT count(*) FROM {where.source.tables} WHERE {where.everything} AND {condition(figure)}"  # noqa: S608
    with connections[alias()].cursor() as cursor:
        cursor.execute(sql, where.parameters)
        return int(cursor.fetchone()[0])


def _sums(question: Question, figure: Money, seer: Seer, now: datetime) -> dict[str, Decimal]:
    """What the rows come to, for each currency apart."""
    money = total(engine.count(question, seer, now=now)).money
    return {currency: sums[figure.name] for currency, sums in sorted(money.items()) if sums.get(figure.name)}


def _took(figure: Figure | Money | Duration) -> str:
    """The SQL of the minutes that a row took."""
    span = waiting_for(figure)
    if span or isinstance(figure, Duration):
        until = span.until if span else figure.happened if isinstance(figure, Duration) else ""
        return f"floor(greatest(extract(epoch FROM {until} - f.posted_at), 0) / 60)::bigint"
    return f"({figure.sql}) / 60" if isinstance(figure, Figure) and figure.is_sum else "NULL::bigint"


def _rows(where: Where, figure: Figure | Money | Duration, after: str) -> list[tuple[Any, ...]]:
    source = SOURCES[figure.population]
    parameters = dict(where.parameters)
    key = ""
    if after:
        parameters["key_at"], parameters["key_row"] = keyset.opened(after, keyset.instant, int)
        key = f" AND ({source.at}, {source.row}) < (%(key_at)s, %(key_row)s)"
    amount, currency = ("a.amount", "a.currency") if source.currency else ("NULL", "''")
    if isinstance(figure, Money):
        # What the figure adds up, which is not always what was planned.
        amount = f"({figure.sql})"
    post = "p.public_id" if figure.population == Population.POSTS else "NULL::uuid"
    sql = (
        f"SELECT {source.row}, {source.at}, c.public_id, coalesce(c.reference, ''), coalesce(c.headline, ''),"  # noqa: S608
        f" coalesce(c.status, ''), coalesce(u.name, ''), b.name, {_WHAT[figure.population]},"
        f" {amount}, {currency}, {post}, {_took(figure)}"
        f" FROM {source.tables} LEFT JOIN cases_case c ON c.id = {source.case}"
        " LEFT JOIN cases_user u ON u.id = c.owner_id"
        f" JOIN cases_brand b ON b.id = {source.brand}"
        f" WHERE {where.everything} AND {condition(figure)}{key}"
        f" ORDER BY {source.at} DESC, {source.row} DESC LIMIT {PAGE + 1}"
    )
    with connections[alias()].cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
