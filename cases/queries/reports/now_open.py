"""What is open now, for how long, whose move it is; and what stands still, on whom or what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cases.models import Seer
from cases.queries.reports import definitions, labels
from cases.queries.reports.batch import Batch, Rows
from cases.queries.reports.question import Question
from cases.queries.reports.sources import AGES, ASKED, ELSEWHERE, NEEDED, OF_CASE, held_by
from cases.rules import permission
from cases.vocabulary import Dimension, Permission, WaitsFor

D = Dimension
# Whose name stands beside what waits for it.
_NAMED = {WaitsFor.APPROVAL: D.APPROVER, WaitsFor.TEAM: D.OTHER_TEAM}
# Of each case the first other team it needs, and the first who is asked: found at once, not case by case.
_FIRSTS = (
    "WITH needed AS MATERIALIZED (SELECT n.case_id, n.id, n.team_id FROM cases_action n"  # noqa: S608
    f" WHERE {NEEDED}), elsewhere AS MATERIALIZED (SELECT DISTINCT ON (n.case_id) n.case_id, n.team_id FROM needed n"
    f" JOIN cases_casefigures f ON f.case_id = n.case_id WHERE {ELSEWHERE} AND f.is_running"
    " AND f.brand_id = ANY (%(brands)s::bigint[]) ORDER BY n.case_id, n.id),"
    " waiting AS MATERIALIZED (SELECT DISTINCT ON (q.case_id) q.case_id, k.person_id FROM cases_asked k"
    f" JOIN cases_approval q ON q.id = k.approval_id WHERE {ASKED} AND q.brand_id = ANY (%(brands)s::bigint[])"
    " ORDER BY q.case_id, k.id)"
)


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
    held = f"CASE WHEN {definitions.FIGURES['stuck'].sql} THEN {held_by('o.team_id IS NOT NULL')} ELSE '' END"
    # Who is asked for approvals is for whoever may read figures of people.
    whom = (
        "CASE h.held WHEN 'team' THEN o.team_id::text WHEN 'approval' THEN CASE WHEN"
        " f.brand_id = ANY (%(peopled)s::bigint[]) THEN coalesce(w.person_id::text, '') ELSE '' END ELSE '' END"
    )
    columns = f"{OF_CASE[D.AGE]} AS age, f.holder = 'complainant' AS is_theirs, h.held, {whom} AS whom"
    tables = (
        f"{where.source.tables} LEFT JOIN elsewhere o ON o.case_id = f.case_id LEFT JOIN waiting w ON"
        f" w.case_id = f.case_id CROSS JOIN LATERAL (SELECT {held} AS held OFFSET 0) h"
    )
    rows_of = (f"{where.guarded} AND f.is_running", where.among("f.is_running"))
    parts = " UNION ALL ".join(f"SELECT {columns} FROM {tables} WHERE {each}" for each in rows_of)  # noqa: S608
    sql = f"{_FIRSTS} SELECT age, is_theirs, held, whom, count(*) FROM ({parts}) AS x GROUP BY 1, 2, 3, 4"  # noqa: S608
    people = [brand for brand, role in seer.roles.items() if permission.may(role, Permission.SEE_PEOPLE)]
    rows = batch.rows(sql, where.parameters | {"peopled": people}, width=5)
    return lambda: _open(rows())


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
