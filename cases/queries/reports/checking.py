"""Whether what is kept of figures still is what the journals and the rows give."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db import connection

from cases.models import Case, Cell, Stale
from cases.queries.reports import cells, histograms
from cases.queries.reports.sources import SOURCES
from cases.vocabulary import Population

_CASES = """
SELECT coalesce(k.case_id, f.case_id), array_remove(ARRAY(
    SELECT a.key FROM jsonb_each(to_jsonb(f)) a
      LEFT JOIN jsonb_each(to_jsonb(k)) b ON b.key = a.key WHERE a.value IS DISTINCT FROM b.value), NULL)
  FROM casedesk_figures_of(%(which)s::bigint[]) f
  LEFT JOIN cases_casefigures k ON k.case_id = f.case_id
 WHERE k.case_id IS NULL OR to_jsonb(k) IS DISTINCT FROM to_jsonb(f)
"""

_MOVEMENTS = """
SELECT coalesce(k.case_id, f.case_id), array_agg(coalesce(k.seq, f.seq) || ' ' || coalesce(k.kind, f.kind))
  FROM casedesk_movements_of(%(which)s::bigint[]) f
  FULL JOIN (SELECT * FROM cases_casemovement m WHERE m.case_id = ANY (%(which)s::bigint[])) k
    ON k.case_id = f.case_id AND k.seq = f.seq
 WHERE (k.brand_id, k.kind, k.at) IS DISTINCT FROM (f.brand_id, f.kind, f.at) GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """One case, its movements, or one month's cells, that came out differently, and in what."""

    what: str
    key: str
    fields: tuple[str, ...]

    @property
    def told(self) -> dict[str, object]:
        """As it is kept: keys and names of fields, never words."""
        return {"what": self.what, "key": self.key, "fields": list(self.fields)}


def all_cases(size: int) -> Iterator[list[int]]:
    """The keys of all cases, so many at a time."""
    low = 0
    while chunk := list(Case.objects.filter(pk__gt=low).order_by("pk").values_list("pk", flat=True)[:size]):
        yield chunk
        low = chunk[-1]


def differing_cases(case_ids: Sequence[int]) -> list[Difference]:
    """Of these cases, those whose kept figures are not what their journals give, with the fields that differ."""
    with connection.cursor() as cursor:
        cursor.execute(_CASES, {"which": list(case_ids)})
        return [Difference("case", str(key), tuple(fields)) for key, fields in cursor.fetchall()]


def differing_movements(case_ids: Sequence[int]) -> list[Difference]:
    """Of these cases, those whose kept movements are not what their journals give, with the lines that differ."""
    with connection.cursor() as cursor:
        cursor.execute(_MOVEMENTS, {"which": list(case_ids)})
        return [Difference("movements", str(key), tuple(lines)) for key, lines in cursor.fetchall()]


def differing_cells() -> tuple[int, list[Difference]]:
    """How many months were looked at, and those whose cells are not what their rows give; what is stale is left out.

    Whoever calls it keeps refreshing away meanwhile; what changes meanwhile is stale in the end.
    """
    noted = _noted()
    months = sorted(_months())
    found = []
    for population, brand, month in months:
        days = [month + timedelta(days=n) for n in range(monthrange(month.year, month.month)[1])]
        fresh = [day for day in days if (population, brand, day) not in noted]
        rows = Cell.objects.filter(population=population, brand_id=brand)
        names = _differing(
            rows.filter(is_month=False, starts_on__in=fresh), cells.made(Population(population), brand, fresh)
        )
        if fresh == days:
            names += _differing(
                rows.filter(is_month=True, starts_on=month), cells.month(Population(population), brand, month)
            )
        if names:
            found.append((population, brand, month, names))
    noted = _noted()
    # A name begins with its day.
    differing = [
        (population, brand, month, [name for name in names if (population, brand, _day(name)) not in noted])
        for population, brand, month, names in found
    ]
    return len(months), [
        Difference("cells", f"{population} {brand} {month:%Y-%m}", tuple(names))
        for population, brand, month, names in differing
        if names
    ]


def _noted() -> set[tuple[str, int, date]]:
    return set(Stale.objects.values_list("population", "brand_id", "day"))


def _day(name: str) -> date:
    return date.fromisoformat(name.split(" ")[0])


def _months() -> set[tuple[str, int, date]]:
    """Every month that has cells, or rows of which there should be some."""
    days = Cell.objects.values_list("population", "brand_id", "starts_on").distinct()
    found = {(population, brand, day.replace(day=1)) for population, brand, day in days}
    for population, source in SOURCES.items():
        sql = (
            f"SELECT DISTINCT {source.brand}, date_trunc('month', {source.at} AT TIME ZONE 'UTC')::date"  # noqa: S608
            f" FROM {source.tables} WHERE {source.is_kept}"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql)
            found |= {(population.value, brand, month) for brand, month in cursor.fetchall()}
    return found


def _differing(rows: Iterable[Cell], made: Iterable[cells.Made]) -> list[str]:
    before, now = ({_key(each): _held(each) for each in some} for some in (rows, made))
    return [" ".join(key).strip() for key in sorted({*before, *now}) if before.get(key) != now.get(key)]


def _key(each: Cell | cells.Made) -> tuple[str, str, str, str]:
    return f"{each.starts_on:%Y-%m-%d}", each.dimension, each.value, each.currency


def _held(each: Cell | cells.Made) -> tuple[list[int], list[Decimal], int | None]:
    return each.counts, each.amounts, None if each.lanes is None else histograms.unpacked(bytes(each.lanes))
