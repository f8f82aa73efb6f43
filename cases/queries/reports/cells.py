"""What a month's cells hold, computed from the settled rows that all of the brand may open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from cases.queries.reports import definitions, histograms
from cases.queries.reports.figure import Duration
from cases.queries.reports.sources import SOURCES, Source, value_of
from cases.rules import lanes
from cases.vocabulary import Dimension, Population

# Long spans in so few groups that their histograms are worth keeping; by the hour only counts are kept.
_WITHOUT_SPANS = frozenset({Dimension.HOUR})
_HOUR = "floor(extract(epoch FROM {at}) / 3600)::bigint::text"


@dataclass(frozen=True, slots=True)
class Made:
    """One cell as it should be."""

    dimension: str
    value: str
    currency: str
    counts: list[int]
    amounts: list[Decimal]
    lanes: bytes | None


def stale() -> list[tuple[int, Population, int, date]]:
    """What changed since its cells were made: the key of each note, and the population, brand and month it names."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, population, brand_id, month FROM cases_stale ORDER BY id LIMIT 20000")
        return [(key, Population(name), brand, month) for key, name, brand, month in cursor.fetchall()]


def made(population: Population, brand_id: int, month: date) -> list[Made]:
    """The cells of one month, in order; settled rows do not depend on the present."""
    source = SOURCES[population]
    values = [_value(source, each) for each in source.kept]
    spans = _spans(population, brand_id, month, values)
    found = []
    for place, value, currency, counts, amounts in _counts(population, brand_id, month, values):
        dimension = "" if place is None else source.kept[place].value
        packed = spans.get((place, value)) if not currency else None
        found.append(Made(dimension, value, currency, counts, amounts, packed))
    return sorted(found, key=lambda each: (each.dimension, each.value, each.currency))


def _value(source: Source, dimension: Dimension) -> str:
    return _HOUR.format(at=source.at) if dimension == Dimension.HOUR else value_of(source, dimension)


def _where(source: Source) -> str:
    kept = f"NOT {source.guarded}" + ("" if source.running == "false" else f" AND NOT {source.running}")
    return f"{source.brand} = %(brand)s AND {source.at} >= %(low)s AND {source.at} < %(high)s AND {kept}"


def _parameters(brand_id: int, month: date) -> dict[str, Any]:
    after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    low, high = (datetime(each.year, each.month, 1, tzinfo=UTC) for each in (month, after))
    return {"brand": brand_id, "low": low, "high": high, "now": high}


def _counts(
    population: Population, brand_id: int, month: date, values: Sequence[str]
) -> Iterator[tuple[int | None, str, str, list[int], list[Decimal]]]:
    """Of everything and of each value of each dimension: its place, the value, the currency, counts and money."""
    source, figures, money = SOURCES[population], definitions.of(population), definitions.money_of(population)
    keys = [*values, source.currency or "''"]
    sums = [*(each.counted for each in figures), *(f"coalesce(sum({each.sql}), 0)" for each in money)]
    sql = _grouped(source, keys, sums, [f"g.k{len(values)}"])
    for place, *rest in _execute(sql, _parameters(brand_id, month)):
        groups, numbers = rest[: len(keys)], rest[len(keys) :]
        counts = [int(n) for n in numbers[: len(figures)]]
        amounts = [Decimal(n) for n in numbers[len(figures) :]]
        yield place, "" if place is None else groups[place], groups[-1], counts, amounts


def _spans(
    population: Population, brand_id: int, month: date, values: Sequence[str]
) -> dict[tuple[int | None, str], bytes]:
    """The histograms of everything, and of each value of each dimension but the hour."""
    source, durations = SOURCES[population], definitions.durations_of(population)
    if not durations:
        return {}
    kept = [sql for sql, each in zip(values, source.kept, strict=True) if each not in _WITHOUT_SPANS]
    rest = ["v.number", "v.happened", histograms.LANE]
    sql = _grouped(source, [*kept, *rest], ["count(*)"], [f"g.k{len(kept) + i}" for i in range(3)], durations)
    gathered: dict[tuple[int | None, str], list[dict[int, int]]] = {}
    for place, *row in _execute(sql, _parameters(brand_id, month)):
        number, happened, lane, n = row[len(kept) :]
        key = place, "" if place is None else row[place]
        into = gathered.setdefault(key, [{} for _ in range(2 * len(durations))])
        into[2 * number + (0 if happened else 1)][lane] = n
    return {key: histograms.packed([lanes.of(lanes.pack(one)) for one in each]) for key, each in gathered.items()}


def _grouped(
    source: Source, keys: Sequence[str], sums: Sequence[str], always: Sequence[str], spans: Sequence[Duration] = ()
) -> str:
    """One pass over the rows: grouped by each key alone and by none, and ``always`` by the last ones."""
    alone = [f"g.k{i}" for i in range(len(keys) - len(always))]
    sets = ", ".join(f"({', '.join([*each, *always])})" for each in ([], *([key] for key in alone)))
    whens = " ".join(f"WHEN GROUPING({key}) = 0 THEN {i}" for i, key in enumerate(alone))
    place = f"CASE {whens} END" if alone else "NULL::int"
    named = ", ".join(f"{sql} AS k{i}" for i, sql in enumerate(keys))
    beside = histograms.beside(spans) if spans else ""
    return (
        f"SELECT {place}, {', '.join([*alone, *always, *sums])} FROM {source.tables}{beside}"  # noqa: S608
        f" CROSS JOIN LATERAL (SELECT {named}) g WHERE {_where(source)} GROUP BY GROUPING SETS ({sets})"
    )


def _execute(sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
