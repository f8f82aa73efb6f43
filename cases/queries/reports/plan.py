"""How one question is answered: from kept cells where they can, and by which rows beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connections

from cases.models import Seer
from cases.queries.reports import definitions, histograms
from cases.queries.reports.conditions import Where
from cases.queries.reports.database import alias
from cases.queries.reports.question import Counted, Groups, Keys, Question
from cases.queries.reports.sources import SOURCES, value_of
from cases.rules import periods
from cases.rules.periods import Period, Pieces
from cases.vocabulary import OF_RUNNING, OF_TIME, Dimension

# An hour of UTC, as its cell names it.
_HOUR = "to_timestamp(c.value::bigint * 3600)"


def kept_dimension(question: Question, *, spans: bool = False) -> str | None:
    """The dimension whose cells answer the question, '' for the cells of everything, None where none do.

    By the hour no spans are kept.
    """
    source = SOURCES[question.population]
    asked = ({*question.splits} | {*question.filters}) - {Dimension.BRAND}
    if not asked:
        return ""
    if asked <= OF_TIME and spans:
        return None
    if asked <= OF_TIME:
        return Dimension.HOUR.value if Dimension.HOUR in source.kept and _whole_hours(question.period) else None
    only = next(iter(asked))
    return only.value if len(asked) == 1 and only in source.kept else None


def _whole_hours(period: Period) -> bool:
    zone, at = ZoneInfo(period.zone), period.start
    while at <= period.end:
        if (at.astimezone(zone).utcoffset() or timedelta()) % timedelta(hours=1):
            return False
        at += timedelta(days=28)
    return True


class Plan(Where):
    """How one question is answered: from cells where they can, and by which rows beside them."""

    def __init__(
        self, question: Question, seer: Seer, brands: Sequence[int], now: datetime, *, spans: bool = False
    ) -> None:
        super().__init__(question, seer, brands, now)
        self.kept = kept_dimension(question, spans=spans)
        pieces = periods.pieces(question.period)
        spans_of = list(_spans(pieces, by_month=self.kept != Dimension.HOUR))
        first, after = pieces.days or (None, None)
        self.parameters |= {
            "population": question.population.value,
            "dimension": self.kept or "",
            "first": first,
            "after": after,
            "are_months": [each[0] for each in spans_of],
            "firsts": [each[1] for each in spans_of],
            "afters": [each[2] for each in spans_of],
            "lows": [each.start for each in pieces.edges],
            "highs": [each.end for each in pieces.edges],
            "signs": [each.sign for each in pieces.edges],
        }
        self.figures = definitions.of(question.population)
        self.money = definitions.money_of(question.population)
        self.durations = definitions.durations_of(question.population)

    def counted(self) -> Groups:
        """Counts and money of each group."""
        columns = [*(f"n{i}" for i in range(len(self.figures))), *(f"m{i}" for i in range(len(self.money)))]
        keys = [f"k{i}" for i in range(len(self.question.splits))] + (["currency"] if self.money else [])
        values = [
            *(each.counted for each in self.figures),
            *(f"coalesce(sum({each.sql}), 0)" for each in self.money),
        ]
        kept = [
            *(f"sum(c.counts[{i + 1}])" for i in range(len(self.figures))),
            *(f"sum(c.amounts[{i + 1}])" for i in range(len(self.money))),
        ]
        groups: Groups = {}
        for row in self._rows(keys, columns, values, kept):
            found = tuple(row[: len(self.question.splits)])
            rest = row[len(keys) :]
            group = groups.setdefault(found, Counted())
            for each, n in zip(self.figures, rest, strict=False):
                group.counts[each.name] = group.counts.get(each.name, 0) + int(n)
            # An edge taken off may leave nothing of a currency.
            if self.money and row[len(keys) - 1] and any(rest):
                amounts = rest[len(self.figures) :]
                group.money[row[len(keys) - 1]] = {e.name: Decimal(a) for e, a in zip(self.money, amounts, strict=True)}
        # An edge taken off may leave nothing of what a cell holds.
        return {keys: each for keys, each in groups.items() if any(each.counts.values())}

    def spans(self) -> dict[Keys, dict[str, tuple[int, int]]]:
        """The histograms of each group."""
        live: dict[Keys, list[dict[int, int]]] = {}
        found: dict[Keys, list[int]] = {}
        width, places = len(self.question.splits), 2 * len(self.durations)
        for row in self._execute(self._lane_rows()):
            keys, (number, happened, lane, n, packed) = tuple(row[:width]), row[width:]
            held = found.setdefault(keys, [0] * places)
            if packed is not None:
                for place, more in enumerate(histograms.unpacked(bytes(packed))):
                    held[place] += more
                continue
            mine = live.setdefault(keys, [{} for _ in range(places)])
            into = mine[2 * number + (0 if happened else 1)]
            into[lane] = into.get(lane, 0) + int(n)
        for keys, each in live.items():
            for place, one in enumerate(each):
                found[keys][place] += histograms.number(one)
        return {
            keys: {each.name: (held[2 * i], held[2 * i + 1]) for i, each in enumerate(self.durations)}
            for keys, held in found.items()
            if any(held)
        }

    def _keys(self) -> list[str]:
        return [value_of(self.source, each) for each in self.question.splits]

    def _cell_keys(self) -> list[str]:
        return [
            "c.brand_id::text"
            if each == Dimension.BRAND
            else value_of(self.source, each, _HOUR)
            if each in OF_TIME
            else "c.value"
            for each in self.question.splits
        ]

    def _cell_filter(self) -> str:
        return "".join(
            f" AND {value_of(self.source, each, _HOUR) if each in OF_TIME else 'c.value'} = ANY (%(of_{each.value})s)"
            for each in self.question.filters
            if each != Dimension.BRAND
        )

    @property
    def _ranges(self) -> str:
        """What is stale; the ranges of settled rows to count, edges and every stale day; the spans of cells to read.

        A month of which a day is stale is read by its days.
        """
        if self.kept is None:
            return ""
        return (
            "WITH stale AS MATERIALIZED (SELECT s.day, array_agg(DISTINCT s.brand_id) AS brands FROM cases_stale s"
            " WHERE s.population = %(population)s AND s.day >= %(first)s::date AND s.day < %(after)s::date"
            " AND s.brand_id = ANY (%(brands)s::bigint[]) GROUP BY s.day),"
            " ranges AS (SELECT e.low, e.high, %(brands)s::bigint[] AS brands, e.sign FROM"
            " unnest(%(lows)s::timestamptz[], %(highs)s::timestamptz[], %(signs)s::int[]) AS e(low, high, sign)"
            " UNION ALL SELECT s.day::timestamp AT TIME ZONE 'UTC', (s.day + 1)::timestamp AT TIME ZONE 'UTC',"
            " s.brands, 1 FROM stale s),"
            " gone AS MATERIALIZED (SELECT false AS is_month, s.day, b.brand FROM stale s, unnest(s.brands) b(brand)"
            " UNION SELECT true, date_trunc('month', s.day::timestamp)::date, b.brand"
            " FROM stale s, unnest(s.brands) b(brand)),"
            " spans AS (SELECT p.is_month, p.low, p.high, %(brands)s::bigint[] AS brands FROM"
            " unnest(%(are_months)s::bool[], %(firsts)s::date[], %(afters)s::date[]) AS p(is_month, low, high)"
            " UNION ALL SELECT false, g.day, (g.day + interval '1 month')::date, array_agg(g.brand) FROM gone g"
            " JOIN unnest(%(are_months)s::bool[], %(firsts)s::date[], %(afters)s::date[]) AS p(is_month, low, high)"
            " ON p.is_month AND g.is_month AND g.day >= p.low AND g.day < p.high GROUP BY g.day) "
        )

    @property
    def _is_of_running(self) -> bool:
        """Whether a filter finds nothing but what is still open."""
        return any(each in OF_RUNNING and "" not in values for each, values in self.question.filters.items())

    @property
    def everything(self) -> str:
        """Every row of the question that this person may see."""
        return super().everything + (" AND f.is_running" if self._is_of_running else "")

    def _settled(self) -> str:
        source = self.source
        return (
            f"FROM {source.one_by_one} WHERE {source.brand} = ANY (r.brands) AND {source.at} >= r.low"
            f" AND {source.at} < r.high AND {source.is_kept}{self.filters}"
        )

    @property
    def _live(self) -> Iterator[tuple[str, str]]:
        """The tables and the condition of what is guarded, found by its cases, and of what runs, found by itself."""
        return zip((self.source.tables, self.source.one_by_one), self.live, strict=False)

    _CELLS = (
        "FROM spans p CROSS JOIN LATERAL (SELECT c.* FROM cases_cell c WHERE c.population = %(population)s"
        " AND c.dimension = %(dimension)s AND c.brand_id = ANY (p.brands) AND c.is_month = p.is_month"
        " AND c.starts_on >= p.low AND c.starts_on < p.high AND (c.is_month, c.starts_on, c.brand_id)"
        " NOT IN (SELECT g.is_month, g.day, g.brand FROM gone g) OFFSET 0) c WHERE true"
    )

    def _rows(
        self, keys: Sequence[str], columns: Sequence[str], values: Sequence[str], kept: Sequence[str]
    ) -> Iterator[tuple[Any, ...]]:
        """Group by these keys what cells, settled rows and live rows say of these columns."""
        named = [*self._keys(), *([self.source.currency] if self.money else [])]
        group = f" GROUP BY {', '.join(str(i + 1) for i in range(len(keys)))}" if keys else " HAVING count(*) > 0"
        grouped = [f"{sql} AS {k}" for sql, k in zip(named, keys, strict=True)]
        inner, of_kept, of_running = (
            ", ".join([*grouped, *_as(some, columns)]) for some in (values, *self._divided(values))
        )
        # The names are definitions': nothing from outside comes in here but as a parameter.
        if self.kept is None:
            yield from self._execute(f"SELECT {inner} FROM {self.source.tables} WHERE {self.everything}{group}")  # noqa: S608
            return
        signed = ", ".join([*(f"x.{key}" for key in keys), *(f"r.sign * x.{column}" for column in columns)])
        settled = f"SELECT {of_kept} {self._settled()}{group}"
        parts = [f"SELECT {signed} FROM ranges r CROSS JOIN LATERAL ({settled}) x"]  # noqa: S608
        parts += [
            f"SELECT {listed} FROM {tables} WHERE {each}{group}"  # noqa: S608
            for listed, (tables, each) in zip((inner, of_running), self._live, strict=False)
        ]
        cells = [*self._cell_keys(), *(["c.currency"] if self.money else [])]
        listed = ", ".join([*(f"{sql} AS {k}" for sql, k in zip(cells, keys, strict=True)), *_as(kept, columns)])
        parts.append(f"SELECT {listed} {self._CELLS}{self._cell_filter()}{group}")
        outer = ", ".join([*keys, *(f"coalesce(sum({column}), 0)" for column in columns)])
        names = ", ".join([*keys, *columns])
        whole = f" GROUP BY {', '.join(keys)}" if keys else ""
        yield from self._execute(
            f"{self._ranges} SELECT {outer} FROM ({' UNION ALL '.join(parts)}) AS parts({names}){whole}"  # noqa: S608
        )

    def _divided(self, values: Sequence[str]) -> tuple[list[str], list[str]]:
        """Of what is counted: the part of rows that are in cells, and the part of those that run."""
        if not self.source.all_kept:
            return [*values], [*values]
        are_live = [each.is_live for each in self.figures] + [False] * len(self.money)
        return (
            ["0" if is_live else sql for sql, is_live in zip(values, are_live, strict=True)],
            [sql if is_live else "0" for sql, is_live in zip(values, are_live, strict=True)],
        )

    def _lane_rows(self) -> str:
        """Of each group the lanes of single rows, and the kept histograms."""
        keys = [f"k{i}" for i in range(len(self.question.splits))]
        if self.kept is None:
            return self._lanes(keys, f"FROM {self.source.tables} WHERE {self.everything}")
        listed = "".join(f"x.{key}, " for key in keys)
        signed = f"SELECT {listed}x.number, x.happened, x.lane, r.sign * x.n, x.lanes"
        cells = "".join(f"{sql}, " for sql in self._cell_keys())
        parts = [
            f"{signed} FROM ranges r CROSS JOIN LATERAL ({self._lanes(keys, self._settled())}) x",
            *(self._lanes(keys, f"FROM {tables} WHERE {each}") for tables, each in self._live),
            f"SELECT {cells}NULL, NULL, NULL, NULL, c.lanes {self._CELLS}{self._cell_filter()} AND c.lanes IS NOT NULL",
        ]
        return self._ranges + " UNION ALL ".join(parts)

    def _lanes(self, keys: Sequence[str], rows: str) -> str:
        named = "".join(f"{sql} AS {key}, " for sql, key in zip(self._keys(), keys, strict=True))
        listed = "".join(f"y.{key}, " for key in keys)
        number, happened, lane = (each.format(code="y.code") for each in histograms.PARTS)
        return (
            f"SELECT {listed}{number} AS number, {happened} AS happened, {lane} AS lane, count(*) AS n,"  # noqa: S608
            f" NULL::bytea AS lanes FROM (SELECT {named}{histograms.codes(self.durations)} AS code {rows}) y"
            f" GROUP BY {listed}y.code"
        )

    def _execute(self, sql: str) -> list[tuple[Any, ...]]:
        with connections[alias()].cursor() as cursor:
            cursor.execute(sql, self.parameters)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _as(values: Sequence[str], columns: Sequence[str]) -> list[str]:
    return [f"{sql} AS {column}" for sql, column in zip(values, columns, strict=True)]


def _spans(pieces: Pieces, *, by_month: bool) -> Iterator[tuple[bool, date, date]]:
    """Days and months whose cells make up a period: whether months, the first, and the first after them."""
    if pieces.days is None:
        return
    first, after = pieces.days
    if pieces.months is None or not by_month:
        yield False, first, after
        return
    for is_month, low, high in (
        (False, first, pieces.months[0]),
        (True, *pieces.months),
        (False, pieces.months[1], after),
    ):
        if low < high:
            yield is_month, low, high
