"""Whether what is kept of figures still is what the journals and the rows give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection

from cases.models import Cell
from cases.queries.reports import cells
from cases.vocabulary import Population

_CASES = """
SELECT coalesce(k.case_id, f.case_id), array_remove(ARRAY(
    SELECT a.key FROM jsonb_each(to_jsonb(f)) a
      LEFT JOIN jsonb_each(to_jsonb(k)) b ON b.key = a.key WHERE a.value IS DISTINCT FROM b.value), NULL)
  FROM casedesk_figures_of(%(which)s::bigint[]) f
  LEFT JOIN cases_casefigures k ON k.case_id = f.case_id
 WHERE k.case_id IS NULL OR to_jsonb(k) IS DISTINCT FROM to_jsonb(f)
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """One case, or one month's cells, that came out differently, and in what."""

    what: str
    key: str
    fields: tuple[str, ...]

    @property
    def told(self) -> dict[str, object]:
        """As it is kept: keys and names of fields, never words."""
        return {"what": self.what, "key": self.key, "fields": list(self.fields)}


def differing_cases(case_ids: Sequence[int]) -> list[Difference]:
    """Of these cases, those whose kept figures are not what their journals give, with the fields that differ."""
    with connection.cursor() as cursor:
        cursor.execute(_CASES, {"which": list(case_ids)})
        return [Difference("case", str(key), tuple(fields)) for key, fields in cursor.fetchall()]


def differing_cells() -> tuple[int, list[Difference]]:
    """How many months were looked at, and those whose cells are not what their rows give; what is stale is left out."""
    noted = {(population, brand, month) for _, population, brand, month in cells.stale()}
    kept = Cell.objects.order_by("population", "brand_id", "month").values_list("population", "brand_id", "month")
    months = [key for key in kept.distinct() if (Population(key[0]), key[1], key[2]) not in noted]
    found = []
    for population, brand, month in months:
        rows = Cell.objects.filter(population=population, brand_id=brand, month=month)
        before = {_key(each): (each.counts, each.amounts, _bytes(each.lanes)) for each in rows}
        now = {_key(each): (each.counts, each.amounts, _bytes(each.lanes)) for each in _made(population, brand, month)}
        differing = sorted({*before, *now} - {key for key in before if before[key] == now.get(key)})
        if differing:
            names = tuple(" ".join(key).strip() or "all" for key in differing)
            found.append(Difference("cells", f"{population} {brand} {month:%Y-%m}", names))
    return len(months), found


def _made(population: str, brand: int, month: date) -> list[cells.Made]:
    return cells.made(Population(population), brand, month)


def _key(each: Cell | cells.Made) -> tuple[str, str, str]:
    return each.dimension, each.value, each.currency


def _bytes(value: bytes | memoryview | None) -> bytes | None:
    return None if value is None else bytes(value)
