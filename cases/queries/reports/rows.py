"""Every row of a population for whoever may see it, one after the other out of one snapshot, in constant memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from cases import errors
from cases.models import Seer
from cases.queries.reports import labels
from cases.queries.reports.asked import Asked
from cases.queries.reports.behind import condition, figure_of
from cases.queries.reports.columns import COLUMNS, Column, Sort, tables_of
from cases.queries.reports.conditions import Where, brands_of, merged_into
from cases.queries.reports.database import snapshot
from cases.queries.reports.reading import reader
from cases.rules.exporting import Heading, Value
from cases.rules.periods import of_zone
from cases.rules.permission import may
from cases.vocabulary import Dimension, Permission, Population

BATCH = 2000
_WORDS = frozenset({Sort.WORDS, Sort.NAMED, Sort.CHOICE})


@dataclass(frozen=True, slots=True)
class Rows:
    """What an export writes: its columns, how many rows there are, and the rows, a batch at a time."""

    headings: Sequence[Heading]
    total: int
    batches: Iterator[Sequence[Sequence[Value]]]


@contextmanager
def opened(
    asked: Asked, population: Population, seer: Seer, *, now: datetime, figure: str = "", is_machine: bool = False
) -> Iterator[Rows]:
    """The rows of a population that were asked for, the oldest first; with ``figure`` those that it counts.

    All of it is true of one instant, however long it takes. For machines choices stay codes. Raises what ``reader``
    and ``Asked.question`` do, NotFound for a figure that is none of this population.
    """
    seer = reader(seer, asked.dimensions)
    where = Where(
        asked.question(population, splits=()), seer, brands_of(asked.question(population, splits=()), seer), now
    )
    columns = _columns(population, seer, where)
    wanted = f"{where.everything} AND {_counted(population, figure)}"
    with snapshot() as beside:
        with beside.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {where.source.tables} WHERE {wanted}", where.parameters)  # noqa: S608
            total = int(cursor.fetchone()[0])
        say = _Saying(columns, of_zone(asked.period.zone), is_machine=is_machine)
        with beside.chunked_cursor() as cursor:
            cursor.execute(_sql(where, columns, wanted), where.parameters)
            yield Rows(
                [_heading(each) for each in columns],
                total,
                _batches(cursor, say),
            )


def _heading(each: Column) -> Heading:
    return Heading(each.name, str(each.label), each.sort in _WORDS, each.sort == Sort.INSTANT)


def _counted(population: Population, name: str) -> str:
    if not name:
        return "true"
    figure = figure_of(name)
    if figure.population != population:
        raise errors.NotFound
    return condition(figure)


def _columns(population: Population, seer: Seer, where: Where) -> list[Column]:
    """Whose work it was stays out for whoever may not read figures by person in any of these brands."""
    peopled = [brand for brand, role in seer.roles.items() if may(role, Permission.SEE_PEOPLE)]
    where.parameters["peopled"] = peopled
    return [each for each in COLUMNS[population] if peopled or not each.is_of_people]


def _sql(where: Where, columns: Sequence[Column], wanted: str) -> str:
    source = where.source
    listed = ", ".join(
        f"CASE WHEN {source.brand} = ANY (%(peopled)s::bigint[]) THEN {each.sql} END" if each.is_of_people else each.sql
        for each in columns
    )
    return (
        f"SELECT {listed} FROM {tables_of(where.question.population)} WHERE {wanted}"  # noqa: S608
        f" ORDER BY {source.at}, {source.row}"
    )


def _batches(cursor: Any, say: _Saying) -> Iterator[list[list[Value]]]:
    while batch := cursor.fetchmany(BATCH):
        yield say.batch(batch)


class _Saying:
    """Writes the values of rows; the name of each key is looked up once, with the others of its batch."""

    def __init__(self, columns: Sequence[Column], zone: ZoneInfo, *, is_machine: bool) -> None:
        self.named = [(place, each.dimension) for place, each in enumerate(columns) if each.dimension is not None]
        self.names: dict[Dimension, dict[str, str]] = {each: {"": ""} for _, each in self.named}
        self.into = merged_into() if Dimension.CATEGORY in self.names else {}
        said: dict[int, Callable[[Any], Value]] = {}
        for place, each in enumerate(columns):
            if each.sort == Sort.INSTANT:
                said[place] = lambda at: at.astimezone(zone).isoformat(timespec="seconds")
            elif each.sort == Sort.AMOUNT:
                said[place] = _amount
            elif each.sort == Sort.NUMBER:
                said[place] = int
            elif each.sort == Sort.CODE:
                said[place] = _code
            elif each.sort == Sort.CHOICE and not is_machine:
                said[place] = _chosen(each.said())
        self.said = list(said.items())

    def batch(self, rows: Sequence[Sequence[Any]]) -> list[list[Value]]:
        """These rows as they are written."""
        for place, dimension in self.named:
            self._look_up(dimension, {row[place] for row in rows if row[place]})
        return [self._row(list(row)) for row in rows]

    def _row(self, row: list[Any]) -> list[Value]:
        for place, say in self.said:
            if row[place] is not None:
                row[place] = say(row[place])
        for place, dimension in self.named:
            if row[place] is not None:
                row[place] = self.names[dimension][row[place]] or None
        return row

    def _look_up(self, dimension: Dimension, values: set[str]) -> None:
        unknown = values - self.names[dimension].keys()
        if not unknown:
            return
        into = self.into if dimension == Dimension.CATEGORY else {}
        found = labels.words(dimension, {into.get(each, each) for each in unknown})
        self.names[dimension] |= {each: found[into.get(each, each)] for each in unknown}


def _amount(value: Decimal) -> Decimal:
    cents = round(value, 2)
    return cents if cents == value else value.normalize()


def _code(value: object) -> Value:
    return str(value) or None


def _chosen(words: dict[str, str]) -> Callable[[Any], Value]:
    return lambda code: words.get(code, code) or None
