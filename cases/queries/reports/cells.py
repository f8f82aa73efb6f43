"""What the cells of days and months hold, computed from the settled rows that all of the brand may open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from cases.queries.reports import definitions, histograms
from cases.queries.reports.sources import SOURCES, Source, value_of
from cases.vocabulary import Dimension, Population

# By the hour only counts are kept.
_WITHOUT_SPANS = frozenset({Dimension.HOUR})
# Of UTC, of the day of the cell.
_HOUR = "to_char({at} AT TIME ZONE 'UTC', 'HH24')"
_OF_MONTH = (
    "CASE WHEN c.dimension = %(hour)s THEN extract(isodow FROM c.starts_on)::int::text || c.value ELSE c.value END"
)
# So many notes are dealt with at once.
BATCH = 2000


@dataclass(frozen=True, slots=True)
class Made:
    """One cell as it should be."""

    is_month: bool
    starts_on: date
    dimension: str
    value: str
    currency: str
    counts: list[int]
    amounts: list[Decimal]
    lanes: bytes | None


def stale() -> list[tuple[int, Population, int, date]]:
    """What changed since its cells were made: the key of each note, and the population, brand and day it names."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, population, brand_id, day FROM cases_stale ORDER BY population, brand_id, day LIMIT %s", [BATCH]
        )
        return [(key, Population(name), brand, day) for key, name, brand, day in cursor.fetchall()]


def made(population: Population, brand_id: int, days: Sequence[date]) -> list[Made]:
    """The cells of some days, in order; settled rows do not depend on the present."""
    return sorted((each for day in days for each in _made(population, brand_id, day)), key=_place)


def month(population: Population, brand_id: int, first: date) -> list[Made]:
    """The cells of a month, in order: those of its days, added up; by the hour, those of the hours of the week."""
    figures, money = definitions.of(population), definitions.money_of(population)
    counts = ", ".join(f"sum(c.counts[{i + 1}])::bigint" for i in range(len(figures)))
    amounts = ", ".join(f"sum(c.amounts[{i + 1}])" for i in range(len(money)))
    days = (
        "FROM cases_cell c WHERE c.population = %(population)s AND c.brand_id = %(brand)s AND NOT c.is_month"
        " AND c.starts_on >= %(low)s AND c.starts_on < %(high)s"
    )
    after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    parameters = {
        "population": population.value, "brand": brand_id, "low": first, "high": after, "hour": Dimension.HOUR.value,
    }  # fmt: skip
    sums: dict[tuple[str, str], int] = {}
    for dimension, value, packed in _execute(
        f"SELECT c.dimension, c.value, c.lanes {days} AND c.lanes IS NOT NULL", parameters
    ):
        sums[dimension, value] = sums.get((dimension, value), 0) + histograms.unpacked(bytes(packed))
    sql = (
        f"SELECT c.dimension, {_OF_MONTH}, c.currency, ARRAY[{counts}], ARRAY[{amounts}]::numeric[] {days}"
        " GROUP BY 1, 2, 3"
    )
    packed = {key: histograms.packed(each) for key, each in sums.items()}
    found = []
    for dimension, value, currency, counted, sums_of_money in _execute(sql, parameters):
        pressed = packed.get((dimension, value)) if not currency else None
        found.append(Made(True, first, dimension, value, currency, counted, sums_of_money, pressed))
    return sorted(found, key=_place)


def _place(each: Made) -> tuple[date, str, str, str]:
    return each.starts_on, each.dimension, each.value, each.currency


def _made(population: Population, brand_id: int, day: date) -> Iterator[Made]:
    # Day by day: what is grouped so often stays small enough to be held in memory.
    source = SOURCES[population]
    low = datetime(day.year, day.month, day.day, tzinfo=UTC)
    high = low + timedelta(days=1)
    parameters = {"brand": brand_id, "low": low, "high": high, "now": high}
    values = [_value(source, each) for each in source.kept]
    spans = _spans(population, values, parameters)
    for place, value, currency, counts, amounts in _counts(population, values, parameters):
        dimension = "" if place is None else source.kept[place].value
        packed = spans.get((place, value)) if not currency else None
        yield Made(False, day, dimension, value, currency, counts, amounts, packed)


def _value(source: Source, dimension: Dimension) -> str:
    return _HOUR.format(at=source.at) if dimension == Dimension.HOUR else value_of(source, dimension)


def _where(source: Source) -> str:
    return f"{source.brand} = %(brand)s AND {source.at} >= %(low)s AND {source.at} < %(high)s AND {source.is_kept}"


def _counts(
    population: Population, values: Sequence[str], parameters: dict[str, Any]
) -> Iterator[tuple[int | None, str, str, list[int], list[Decimal]]]:
    """Of everything and of each value of each dimension: its place, the value, the currency, counts and money."""
    source, figures, money = SOURCES[population], definitions.of(population), definitions.money_of(population)
    keys = [*values, source.currency or "''"]
    sums = [
        *(each.counted_kept for each in figures),
        *(f"coalesce(sum({each.sql}), 0)" for each in money),
    ]
    width = len(values)
    for place, *rest in _execute(_grouped(source, keys, sums, width), parameters):
        numbers = rest[len(keys) :]
        counts = [int(n) for n in numbers[: len(figures)]]
        amounts = [Decimal(n) for n in numbers[len(figures) :]]
        yield place, "" if place is None else rest[place], rest[width], counts, amounts


def _spans(
    population: Population, values: Sequence[str], parameters: dict[str, Any]
) -> dict[tuple[int | None, str], bytes]:
    """The histograms of everything, and of each value of each dimension but the hour."""
    source, durations = SOURCES[population], definitions.durations_of(population)
    if not durations:
        return {}
    kept = [sql for sql, each in zip(values, source.kept, strict=True) if each not in _WITHOUT_SPANS]
    keys = [*kept, histograms.codes(durations)]
    gathered: dict[tuple[int | None, str], dict[int, int]] = {}
    for place, *row in _execute(_grouped(source, keys, ["count(*)"], len(kept), source.over), parameters):
        code, n = row[len(kept) :]
        gathered.setdefault((place, "" if place is None else row[place]), {})[code] = n
    return {key: histograms.packed_codes(each) for key, each in gathered.items()}


def _grouped(source: Source, keys: Sequence[str], sums: Sequence[str], width: int, more: str = "") -> str:
    """One pass over the rows: grouped by each of the first keys alone and by none of them, and always by the others."""
    names = [f"g.k{i}" for i in range(len(keys))]
    alone, always = names[:width], names[width:]
    sets = ", ".join(f"({', '.join([*each, *always])})" for each in ([], *([key] for key in alone)))
    whens = " ".join(f"WHEN GROUPING({key}) = 0 THEN {i}" for i, key in enumerate(alone))
    place = f"CASE {whens} END" if alone else "NULL::int"
    named = ", ".join(f"{sql} AS k{i}" for i, sql in enumerate(keys))
    return (
        f"SELECT {place}, {', '.join([*names, *sums])} FROM {source.tables}"  # noqa: S608
        f" CROSS JOIN LATERAL (SELECT {named}) g WHERE {_where(source)}{more} GROUP BY GROUPING SETS ({sets})"
    )


def _execute(sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
