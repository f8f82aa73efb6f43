"""How one question is answered: from kept cells where they can, and by which rows beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connections

from cases.models import Seer
from cases.queries.reports import definitions, histograms
from cases.queries.reports.conditions import Where
from cases.queries.reports.database import alias
from cases.queries.reports.question import Counted, Groups, Keys, Question
from cases.queries.reports.sources import SOURCES, local, time_of, value_of
from cases.rules import periods
from cases.rules.periods import Period, Pieces
from cases.vocabulary import OF_RUNNING, OF_TIME, Dimension

# The instants of a cell: where its hour of UTC begins, and noon of its day.
_HOUR = "((c.starts_on + c.value::int * interval '1 hour') AT TIME ZONE 'UTC')"
_NOON = "((c.starts_on + interval '12 hours') AT TIME ZONE 'UTC')"
# What the clocks show in the hour of a cell: that of a month is an hour of any week, so many hours after that of UTC.
_SHOWN = (
    "CASE WHEN c.is_month THEN timestamp '2024-01-01' + ((left(c.value, 1)::int - 1) * 24 + right(c.value, 2)::int"
    f" + p.hours) * interval '1 hour' ELSE {local(_HOUR)} END"
)
_OF_WEEK = frozenset({Dimension.HOUR, Dimension.WEEKDAY})
# Steps of whole days: most hours of a day of UTC belong to the step that its noon belongs to.
_BY_DAYS = OF_TIME - _OF_WEEK


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
    return not any(offset % timedelta(hours=1) for offset in _offsets(period))


def _offsets(period: Period) -> set[timedelta]:
    """How far the clocks of a zone stand from UTC: those that change do not change back within a week."""
    zone, at, found = ZoneInfo(period.zone), period.start, set[timedelta]()
    while at < period.end:
        found.add(at.astimezone(zone).utcoffset() or timedelta())
        at += timedelta(days=7)
    return found | {period.end.astimezone(zone).utcoffset() or timedelta()}


def _hours_of_other_days(period: Period) -> list[str]:
    """The hours of UTC that may belong to another day than noon of theirs, by the clocks of a zone."""
    found = set[int]()
    for offset in _offsets(period):
        hours = offset // timedelta(hours=1)
        found |= {hour for hour in range(24) if (hour + hours) // 24 != (12 + hours) // 24}
    return [f"{hour:02}" for hour in sorted(found)]


class Plan(Where):
    """How one question is answered: from cells where they can, and by which rows beside them."""

    def __init__(
        self, question: Question, seer: Seer, brands: Sequence[int], now: datetime, *, spans: bool = False
    ) -> None:
        super().__init__(question, seer, brands, now)
        self.kept = kept_dimension(question, spans=spans)
        pieces = periods.pieces(question.period)
        spans_of = list(_spans(pieces, *self._months_of(pieces)))
        first, after = pieces.days or (None, None)
        self.parameters |= {
            "population": question.population.value,
            "dimension": "" if self._is_by_days else self.kept or "",
            "first": first,
            "after": after,
            "are_months": [each[0] for each in spans_of],
            "firsts": [each[1] for each in spans_of],
            "afters": [each[2] for each in spans_of],
            "hours_after": [each[3] for each in spans_of],
            "lows": [each.start for each in pieces.edges],
            "highs": [each.end for each in pieces.edges],
            "signs": [each.sign for each in pieces.edges],
        }
        named, all_figures = question.figures, definitions.of(question.population)
        self.figures = [each for each in all_figures if not named or each.name in named]
        self.money = [each for each in definitions.money_of(question.population) if not named or each.name in named]
        self.durations = definitions.durations_of(question.population)
        # Where a cell keeps each of them.
        self.places = [all_figures.index(each) + 1 for each in self.figures]

    def counted(self) -> Groups:
        """Counts and money of each group."""
        keys = [f"k{i}" for i in range(len(self.question.splits))] + (["currency"] if self.money else [])
        groups: Groups = {}
        for row in self._rows(keys):
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
        live: dict[Keys, dict[int, int]] = {}
        found: dict[Keys, int] = {}
        width = len(self.question.splits)
        for row in self._execute(self._lane_rows()):
            keys, (code, n, packed) = tuple(row[:width]), row[width:]
            if packed is not None:
                found[keys] = found.get(keys, 0) + histograms.unpacked(bytes(packed))
                continue
            mine = live.setdefault(keys, {})
            mine[code] = mine.get(code, 0) + int(n)
        for keys, each in live.items():
            found[keys] = found.get(keys, 0) + histograms.number(each)
        return {keys: histograms.parts(whole, self.durations) for keys, whole in found.items() if whole}

    def _keys(self) -> list[str]:
        return [value_of(self.source, each) for each in self.question.splits]

    def _cell_keys(self, shown: str = "") -> list[str]:
        return [
            "c.brand_id::text" if each == Dimension.BRAND else time_of(each, shown) if each in OF_TIME else "c.value"
            for each in self.question.splits
        ]

    @property
    def _is_by_days(self) -> bool:
        """Whether it asks for steps of whole days, of which cells keep the hours."""
        return self._is_only_of(_BY_DAYS)

    def _is_only_of(self, steps: frozenset[Dimension]) -> bool:
        of_time = OF_TIME & {*self.question.splits}
        return self.kept == Dimension.HOUR and of_time <= steps and not OF_TIME & {*self.question.filters}

    def _months_of(self, pieces: Pieces) -> tuple[bool, str]:
        """Whether cells of months answer it, and by the clocks of which zone, where it asks for the hours of a week."""
        if self.kept != Dimension.HOUR:
            return True, ""
        return (True, self.question.period.zone) if self._is_only_of(_OF_WEEK) and pieces.months else (False, "")

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
            " spans AS (SELECT p.is_month, p.low, p.high, %(brands)s::bigint[] AS brands, p.hours FROM"
            " unnest(%(are_months)s::bool[], %(firsts)s::date[], %(afters)s::date[], %(hours_after)s::int[])"
            " AS p(is_month, low, high, hours)"
            " UNION ALL SELECT false, g.day, (g.day + interval '1 month')::date, array_agg(g.brand), 0 FROM gone g"
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

    @staticmethod
    def _cells(more: str = "", dimension: str = "dimension") -> str:
        return (
            "FROM spans p CROSS JOIN LATERAL (SELECT c.* FROM cases_cell c WHERE c.population = %(population)s"  # noqa: S608
            f" AND c.dimension = %({dimension})s AND c.brand_id = ANY (p.brands) AND c.is_month = p.is_month"
            f" AND c.starts_on >= p.low AND c.starts_on < p.high{more} AND (c.is_month, c.starts_on, c.brand_id)"
            " NOT IN (SELECT g.is_month, g.day, g.brand FROM gone g) OFFSET 0) c"
        )

    def _rows(self, keys: Sequence[str]) -> list[tuple[Any, ...]]:
        """Group by these keys what cells, settled rows and live rows say of the figures and the money."""
        columns = [*(f"n{i}" for i in range(len(self.figures))), *(f"m{i}" for i in range(len(self.money)))]
        group = f" GROUP BY {', '.join(str(i + 1) for i in range(len(keys)))}" if keys else " HAVING count(*) > 0"
        named = [*self._keys(), *([self.source.currency] if self.money else [])]
        sums = [f"coalesce(sum({each.sql}), 0)" for each in self.money]
        everything = _listed(named, [*(each.counted for each in self.figures), *sums])
        # The names are definitions': nothing from outside comes in here but as a parameter.
        if self.kept is None:
            return self._execute(f"SELECT {everything} FROM {self.source.tables} WHERE {self.everything}{group}")  # noqa: S608
        kept = _as([*named, *(each.counted_kept for each in self.figures), *sums], [*keys, *columns])
        signed = ", ".join([*(f"x.{key}" for key in keys), *(f"r.sign * x.{column}" for column in columns)])
        parts = [
            f"SELECT {signed} FROM ranges r CROSS JOIN LATERAL (SELECT {kept} {self._settled()}{group}) x",  # noqa: S608
            f"SELECT {everything} FROM {self.source.tables} WHERE {self.guarded}{group}",  # noqa: S608
            *(f"{each}{group}" for each in [*self._live(named), *self._of_cells()]),
        ]
        outer = ", ".join([*keys, *(f"coalesce(sum({column}), 0)" for column in columns)])
        names = ", ".join([*keys, *columns])
        whole = f" GROUP BY {', '.join(keys)}" if keys else ""
        return self._execute(
            f"{self._ranges} SELECT {outer} FROM ({' UNION ALL '.join(parts)}) AS parts({names}){whole}"  # noqa: S608
        )

    def _live(self, named: Sequence[str]) -> Iterator[str]:
        """What the present adds to what is kept, or takes off."""
        for condition in dict.fromkeys(each.among for each in self.figures if each.live):
            sums = [f"sum({each.live})" if each.among == condition else "0" for each in self.figures]
            listed = _listed(named, [*sums, *("0" for _ in self.money)])
            yield f"SELECT {listed} FROM {self.source.one_by_one} WHERE {self.among(condition)}"  # noqa: S608

    def _of_cells(self) -> Iterator[str]:
        """What cells say; of days by the clocks of a zone, those of UTC, and the hours that belong to another day."""
        currency = ["c.currency"] if self.money else []
        counts = [f"c.counts[{place}]" for place in self.places]
        all_money = definitions.money_of(self.question.population)
        counts += [f"c.amounts[{all_money.index(each) + 1}]" for each in self.money]
        sums = [f"sum({each})" for each in counts]
        if not self._is_by_days:
            keys = self._cell_keys(_SHOWN)
            yield f"SELECT {_listed([*keys, *currency], sums)} {self._cells()} WHERE true{self._cell_filter()}"
            return
        keys, moved = self._cell_keys(local(_NOON)), self._cell_keys(local(_HOUR))
        yield f"SELECT {_listed([*keys, *currency], sums)} {self._cells()}"
        self.parameters |= {"of_hours": Dimension.HOUR.value, "hours": _hours_of_other_days(self.question.period)}
        names = ", ".join(f"k{i}" for i in range(len(keys)))
        turned = _listed([*(f"v.k{i}" for i in range(len(keys))), *currency], [f"sum(v.sign * {n})" for n in counts])
        yield (
            f"SELECT {turned} {self._cells(' AND c.value = ANY (%(hours)s)', 'of_hours')} CROSS JOIN LATERAL"  # noqa: S608
            f" (VALUES ({', '.join(moved)}, 1), ({', '.join(keys)}, -1)) AS v({names}, sign)"
            f" WHERE ({', '.join(moved)}) IS DISTINCT FROM ({', '.join(keys)})"
        )

    def _lane_rows(self) -> str:
        """Of each group the lanes of single rows, and the kept histograms."""
        keys = [f"k{i}" for i in range(len(self.question.splits))]
        if self.kept is None:
            return self._lanes(keys, f"FROM {self.source.tables} WHERE {self.everything}")
        listed = "".join(f"x.{key}, " for key in keys)
        signed = f"SELECT {listed}x.code, r.sign * x.n, x.lanes"
        cells = "".join(f"{sql}, " for sql in self._cell_keys())
        going = f"FROM {self.source.tables} {histograms.UNTIL_NOW} WHERE {self.among(self.source.running)}"
        kept = f"{self._cells()} WHERE c.lanes IS NOT NULL{self._cell_filter()}"
        parts = [
            f"{signed} FROM ranges r CROSS JOIN LATERAL ({self._lanes(keys, self._settled() + self.source.over)}) x",
            self._lanes(keys, f"FROM {self.source.tables} WHERE {self.guarded}"),
            self._lanes(keys, going, are_running=True),
            f"SELECT {cells}NULL, NULL, c.lanes {kept}",
        ]
        return self._ranges + " UNION ALL ".join(parts)

    def _lanes(self, keys: Sequence[str], rows: str, *, are_running: bool = False) -> str:
        named = "".join(f"{sql} AS {key}, " for sql, key in zip(self._keys(), keys, strict=True))
        listed = "".join(f"y.{key}, " for key in keys)
        codes = histograms.codes(self.durations, are_running=are_running)
        return (
            f"SELECT {listed}y.code, count(*) AS n, NULL::bytea AS lanes"  # noqa: S608
            f" FROM (SELECT {named}{codes} AS code {rows}) y GROUP BY {listed}y.code"
        )

    def _execute(self, sql: str) -> list[tuple[Any, ...]]:
        with connections[alias()].cursor() as cursor:
            cursor.execute(sql, self.parameters)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _listed(keys: Sequence[str], values: Sequence[str]) -> str:
    return ", ".join([*keys, *values])


def _as(values: Sequence[str], columns: Sequence[str]) -> str:
    return ", ".join(f"{sql} AS {column}" for sql, column in zip(values, columns, strict=True))


def _spans(pieces: Pieces, by_month: bool, zone: str) -> Iterator[tuple[bool, date, date, int]]:
    """Days and months whose cells make up a period: whether months, the first, the first after them, and ``hours``.

    With a zone each month is apart, so many hours after UTC; one in which the clocks change is read by its days.
    """
    if pieces.days is None:
        return
    first, after = pieces.days
    if pieces.months is None or not by_month:
        yield False, first, after, 0
        return
    begin, end = pieces.months
    if first < begin:
        yield False, first, begin, 0
    if zone:
        yield from _by_clocks(begin, end, ZoneInfo(zone))
    elif begin < end:
        yield True, begin, end, 0
    if end < after:
        yield False, end, after, 0


def _by_clocks(month: date, end: date, zone: ZoneInfo) -> Iterator[tuple[bool, date, date, int]]:
    while month < end:
        after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
        at, last = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (month, after))
        looks = [*(at + timedelta(days=days) for days in range(0, 28, 7)), last]
        offsets = {each.astimezone(zone).utcoffset() or timedelta() for each in looks}
        is_even = len(offsets) == 1
        yield is_even, month, after, offsets.pop() // timedelta(hours=1) if is_even else 0
        month = after
