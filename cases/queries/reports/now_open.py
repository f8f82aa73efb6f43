"""What is open now, for how long, whose move it is; and what stands still, on whom or what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cases.models import Seer
from cases.queries.reports import definitions, labels
from cases.queries.reports.batch import Batch, Rows
from cases.queries.reports.question import Question
from cases.queries.reports.sources import AGES, OF_CASE
from cases.rules import permission
from cases.vocabulary import Dimension, Permission, WaitsFor

D = Dimension
# Whose name stands beside what waits for it.
_NAMED = {WaitsFor.APPROVAL: D.APPROVER, WaitsFor.TEAM: D.OTHER_TEAM}


@dataclass(frozen=True, slots=True)
class Band:
    """Open cases of one band of ages: those that are our move, and those that wait for the complainant."""

    value: str
    label: str
    ours: int
    theirs: int


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody or a team that cases wait for."""

    dimension: Dimension
    value: str
    label: str
    n: int


@dataclass(frozen=True, slots=True)
class Held:
    """What stands still on one of those a case can wait for, and who they are where that may be said."""

    waits_for: WaitsFor
    n: int
    named: Sequence[Named] = ()


@dataclass(frozen=True, slots=True)
class Open:
    """Everything that is open now."""

    n: int
    bands: Sequence[Band]
    held: Sequence[Held]

    @property
    def stuck(self) -> int:
        """How many stand still."""
        return sum(each.n for each in self.held)


@dataclass(slots=True)
class _Tally:
    ages: dict[tuple[str, bool], int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    named: dict[Dimension, dict[str, int]] = field(default_factory=dict)


def ask(batch: Batch, question: Question, seer: Seer) -> Callable[[], Open]:
    """Ask a batch for what is open; call what comes back once it has run."""
    where = batch.where(question)
    stuck = definitions.FIGURES["stuck"].sql
    whom = " ".join(f"WHEN h.held = '{each.value}'{_may_name(each)} THEN {OF_CASE[by]}" for each, by in _NAMED.items())
    held = f"CASE WHEN {stuck} THEN {OF_CASE[D.HELD_BY]} ELSE '' END"
    columns = f"{OF_CASE[D.AGE]} AS age, f.holder = 'complainant' AS is_theirs, h.held, CASE {whom} ELSE '' END AS whom"
    tables = f"{where.source.tables} CROSS JOIN LATERAL (SELECT {held} AS held OFFSET 0) h"
    parts = " UNION ALL ".join(f"SELECT {columns} FROM {tables} WHERE {each} AND f.is_running" for each in where.live)  # noqa: S608
    sql = f"SELECT age, is_theirs, held, whom, count(*) FROM ({parts}) AS x GROUP BY 1, 2, 3, 4"  # noqa: S608
    people = [brand for brand, role in seer.roles.items() if permission.may(role, Permission.SEE_PEOPLE)]
    rows = batch.rows(sql, where.parameters | {"peopled": people}, width=5)
    return lambda: _open(rows())


def _may_name(waits_for: WaitsFor) -> str:
    """Who is asked for approvals is for whoever may read figures of people."""
    return " AND f.brand_id = ANY (%(peopled)s::bigint[])" if waits_for == WaitsFor.APPROVAL else ""


def _open(rows: Rows) -> Open:
    tally = _Tally()
    for age, is_theirs, held, whom, n in rows:
        tally.ages[age, is_theirs] = tally.ages.get((age, is_theirs), 0) + n
        if held:
            tally.held[held] = tally.held.get(held, 0) + n
        if whom:
            names = tally.named.setdefault(_NAMED[WaitsFor(held)], {})
            names[whom] = names.get(whom, 0) + n
    words = labels.words(D.AGE, [str(place) for place in range(len(AGES) + 1)])
    bands = [
        Band(value, label, tally.ages.get((value, False), 0), tally.ages.get((value, True), 0))
        for value, label in words.items()
    ]
    held_by = [Held(each, tally.held[each.value], _named(each, tally)) for each in WaitsFor if each.value in tally.held]
    return Open(sum(tally.ages.values()), bands, sorted(held_by, key=lambda each: -each.n))


def _named(waits_for: WaitsFor, tally: _Tally) -> list[Named]:
    dimension = _NAMED.get(waits_for)
    if dimension is None or dimension not in tally.named:
        return []
    counts = tally.named[dimension]
    words = labels.words(dimension, counts)
    found = [Named(dimension, value, words[value], n) for value, n in counts.items()]
    return sorted(found, key=lambda each: (-each.n, each.label))
