"""Several questions answered by one statement, so that all their figures are true of one and the same instant."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import connections

from cases.models import Seer
from cases.queries.reports.conditions import Where, brands_of
from cases.queries.reports.database import alias
from cases.queries.reports.plan import Plan
from cases.queries.reports.question import Groups, Keys, Question
from cases.queries.reports.sources import value_of
from cases.vocabulary import Dimension

Rows = list[tuple[Any, ...]]
Spans = dict[Keys, dict[str, tuple[int, int]]]
Merged = Mapping[str, str]


class Narrowed(Where):
    """The conditions of a question where it is known already what was merged into which category."""

    def __init__(
        self, question: Question, seer: Seer, brands: Sequence[int], now: datetime, merged: Merged, **more: bool
    ) -> None:
        self.merged = merged
        super().__init__(question, seer, brands, now, **more)

    def _filter(self, dimension: Dimension, values: Sequence[str]) -> str:
        if dimension != Dimension.CATEGORY:
            return super()._filter(dimension, values)
        self.parameters["of_category"] = [*values, *(key for key, into in self.merged.items() if into in values)]
        return f" AND {value_of(self.source, dimension)} = ANY (%(of_category)s)"


class Planned(Narrowed, Plan):
    """A plan where it is known already what was merged into which category."""


class _Noted(Planned):
    """A plan that first only notes its statement, and answers from the rows it is given."""

    noted = ""
    rows: Rows = []

    def _execute(self, sql: str) -> Rows:
        self.noted = sql
        return self.rows


P = TypeVar("P", bound=Planned)


@dataclass(slots=True)
class _Part:
    sql: str
    parameters: Mapping[str, Any]
    width: int
    rows: Rows


class Batch:
    """Ask for parts, run, then call what each of them gave."""

    def __init__(self, seer: Seer, now: datetime, merged: Merged) -> None:
        self.seer, self.now, self.merged = seer, now, merged
        self._parts: list[_Part] = []

    def count(self, question: Question) -> Callable[[], Groups]:
        """The counts and the money of each group; those of merged categories apart."""
        plan = self._plan(question, spans=False)
        plan.counted()
        money = 1 + len(plan.money) if plan.money else 0
        found = self.rows(plan.noted, plan.parameters, len(question.splits) + money + len(plan.figures))

        def answered() -> Groups:
            plan.rows = found()
            return plan.counted()

        return answered

    def spans(self, question: Question) -> Callable[[], Spans]:
        """The histograms of each group."""
        plan = self._plan(question, spans=True)
        plan.spans()
        found = self.rows(plan.noted, plan.parameters, len(question.splits) + 3)

        def answered() -> Spans:
            plan.rows = [_with_bytes(row) for row in found()]
            return plan.spans()

        return answered

    def where(self, question: Question) -> Narrowed:
        """The conditions of a question, for a statement of one's own."""
        return Narrowed(question, self.seer, brands_of(question, self.seer), self.now, self.merged)

    def planned(self, kind: type[P], question: Question) -> P:
        """A plan of one's own kind."""
        return kind(question, self.seer, brands_of(question, self.seer), self.now, self.merged)

    def rows(self, sql: str, parameters: Mapping[str, Any], width: int) -> Callable[[], Rows]:
        """The rows of a statement of one's own, with so many columns."""
        part = _Part(sql, parameters, width, [])
        self._parts.append(part)
        return lambda: part.rows

    def run(self) -> None:
        """Answer all of it."""
        statements: list[str] = []
        parameters: dict[str, Any] = {}
        for place, part in enumerate(self._parts):
            columns = ", ".join(f"c{i}" for i in range(part.width))
            own = part.sql.replace("%(", f"%(p{place}_")
            statements.append(f"SELECT {place}, jsonb_build_array({columns}) FROM ({own}) AS q({columns})")  # noqa: S608
            parameters |= {f"p{place}_{name}": value for name, value in part.parameters.items()}
        with connections[alias()].cursor() as cursor:
            cursor.execute(" UNION ALL ".join(statements), parameters)
            for place, row in cursor.fetchall():
                self._parts[place].rows.append(tuple(json.loads(row)))

    def _plan(self, question: Question, *, spans: bool) -> _Noted:
        return _Noted(question, self.seer, brands_of(question, self.seer), self.now, self.merged, spans=spans)


def _with_bytes(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """JSON has no bytes: it says them as PostgreSQL writes them."""
    return (*row[:-1], bytes.fromhex(row[-1][2:]) if row[-1] is not None else None)
