"""Complaints of each category in each of some weeks of UTC: from kept days where they can, else from the rows."""

from __future__ import annotations

from cases.queries.reports import definitions
from cases.queries.reports.batch import Planned
from cases.queries.reports.sources import OF_CASE
from cases.vocabulary import Dimension, Population

_CATEGORY = OF_CASE[Dimension.CATEGORY]
_WEEK = "width_bucket({at}, %(mondays)s::timestamptz[]) - 1"
_COUNT = f"SELECT {_CATEGORY}, {_WEEK.format(at='f.received_at')}, count(*)"
_BY = " GROUP BY 1, 2"
# Where a cell keeps how many were received.
_PLACE = [each.name for each in definitions.of(Population.CASES)].index("received") + 1


class Weekly(Planned):
    """How complaints are counted by category and week."""

    @property
    def statement(self) -> str:
        """The SQL of category, week and count; the weeks by their place."""
        if {*self.question.filters} - {Dimension.BRAND}:
            return self._of_rows
        low, high = self.question.period.start, self.question.period.end
        self.kept = Dimension.CATEGORY.value
        self.parameters |= {
            "dimension": self.kept,
            "first": low.date(),
            "after": high.date(),
            "are_months": [False],
            "firsts": [low.date()],
            "afters": [high.date()],
            "hours_after": [0],
        }
        settled = f"{_COUNT} {self._settled()}{_BY}"
        cell_week = _WEEK.format(at="c.starts_on::timestamp AT TIME ZONE 'UTC'")
        parts = [
            f"SELECT x.key, x.week, r.sign * x.n FROM ranges r CROSS JOIN LATERAL ({settled}) AS x(key, week, n)",  # noqa: S608
            f"{_COUNT} FROM {self.source.tables} WHERE {self.guarded}{_BY}",
            f"SELECT c.value, {cell_week}, sum(c.counts[{_PLACE}]) {self._cells()}{_BY}",
        ]
        return f"{self._ranges} SELECT key, week, sum(n) FROM ({' UNION ALL '.join(parts)}) AS p(key, week, n){_BY}"  # noqa: S608

    @property
    def _of_rows(self) -> str:
        """Each of two indexes is asked for its rows."""
        rows_of = (f"{self.period} AND {self.source.is_kept}", self.guarded)
        parts = [f"{_COUNT} FROM {self.source.tables} WHERE {each}{_BY}" for each in rows_of]
        return f"SELECT key, week, sum(n) FROM ({' UNION ALL '.join(parts)}) AS p(key, week, n){_BY}"  # noqa: S608
