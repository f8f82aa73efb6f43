"""The deadlines of cases follow their journals: computed again, and what came out differently is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import connection

from cases.commands.moves.recording import record_many
from cases.models import Case
from cases.queries import timing
from cases.queries.timing import Due, Facts, Times
from cases.rules.deadlines import Identity, Row
from cases.vocabulary import SYSTEM, EventKind, Stream

_COLUMNS = {
    "case_id": "bigint",
    "brand_id": "bigint",
    "policy_id": "bigint",
    "promise_id": "bigint",
    "goal": "text",
    "round": "smallint",
    "started_at": "timestamptz",
    "first_due_at": "timestamptz",
    "due_at": "timestamptz",
    "paused_at": "timestamptz",
    "paused_seconds": "int",
    "met_at": "timestamptz",
    "met_by": "bigint",
    "missed_at": "timestamptz",
    "ended_at": "timestamptz",
    "ended": "text",
}
_MOVES = ("first_due_at", "due_at", "paused_at", "paused_seconds", "met_at", "met_by", "missed_at", "ended_at", "ended")
# The names are the lines above: nothing from outside comes in here.
_KEEP = (
    f"INSERT INTO cases_deadline ({', '.join(_COLUMNS)})"  # noqa: S608
    f" SELECT * FROM unnest({', '.join(f'%s::{kind}[]' for kind in _COLUMNS.values())})"
    " ON CONFLICT (case_id, policy_id, promise_id, round) DO UPDATE SET"
    f" {', '.join(f'{name} = excluded.{name}' for name in _MOVES)}"
    " RETURNING case_id, policy_id, promise_id, round, id"
)
_DUE = (
    "UPDATE cases_case c SET due_at = n.due_at, due_goal = n.goal, is_paused = n.is_paused"
    " FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::boolean[]) AS n(id, due_at, goal, is_paused)"
    " WHERE c.id = n.id"
)

Computed = tuple[Facts, Sequence[Row]]


def follow(case: Case, *, at: datetime, is_promise: bool = False) -> None:
    """The deadlines of a locked case, after its journal said something of them; nothing where none can be."""
    times = Times(case.brand_id)
    if times.policies or is_promise or case.due_goal:
        _follow({case.pk: case}, times, at)


def follow_many(cases: Iterable[Case], *, at: datetime) -> None:
    """The deadlines of locked cases of one brand, with the same few statements for one and for many."""
    found = {case.pk: case for case in cases}
    if not found:
        return
    times = Times(next(iter(found.values())).brand_id)
    if times.policies or any(case.due_goal for case in found.values()):
        _follow(found, times, at)


def begin(cases: Sequence[Case], facts: Sequence[Facts], times: Times, *, at: datetime) -> list[Computed]:
    """What new cases begin with, noted on them before they are stored; ``keep_begun`` stores the rest."""
    if not times.policies:
        return []
    computed: list[Computed] = [(each, times.compute(each, at)) for each in facts]
    for case, (each, rows) in zip(cases, computed, strict=True):
        case.due_at, case.due_goal, case.is_paused = timing.due_of(rows, each.now(at))
    return computed


def keep_begun(cases: Sequence[Case], begun: Sequence[Computed], *, at: datetime) -> None:
    """Store the deadlines that these cases begin with, now that they have keys."""
    if begun:
        due = [(case.pk, (case.due_at, case.due_goal, case.is_paused)) for case in cases]
        pairs = zip(due, begun, strict=True)
        _keep({}, [(replace(facts, case_id=key, due=kept), rows) for (key, kept), (facts, rows) in pairs], at)


def _follow(cases: Mapping[int, Case], times: Times, at: datetime) -> None:
    _keep(cases, [(facts, times.compute(facts, at)) for facts in timing.facts_of(cases.keys())], at)


def _keep(cases: Mapping[int, Case], computed: Sequence[Computed], at: datetime) -> None:
    changed = [(facts, row) for facts, rows in computed for row in rows if facts.kept.get(row.identity) != row]
    ids = _write(changed)
    missed = [
        (facts, row, ids[facts.case_id, row.identity])
        for facts, row in changed
        if row.missed_at is not None and _missed_before(facts, row) is None
    ]
    if missed:
        record_missed([(facts.case_id, key, row.goal) for facts, row, key in missed], at)
    _note_due(cases, [(facts, timing.due_of(rows, facts.now(at))) for facts, rows in computed])


def record_missed(missed: Iterable[tuple[int, int, str]], at: datetime) -> None:
    """Write into the journals of these cases that these deadlines were missed."""
    lines: list[tuple[Stream, int, datetime | None, dict[str, Any]]] = [
        (Stream.CASE, case_id, at, {"deadline": key, "goal": str(goal)}) for case_id, key, goal in missed
    ]
    record_many(EventKind.DEADLINE_MISSED, SYSTEM, lines)


def _missed_before(facts: Facts, row: Row) -> datetime | None:
    before = facts.kept.get(row.identity)
    return None if before is None else before.missed_at


def _write(changed: Sequence[tuple[Facts, Row]]) -> dict[tuple[int, Identity], int]:
    """Store these rows; by case and identity, the keys that they have."""
    if not changed:
        return {}
    values = [list(column) for column in zip(*(_values(*each) for each in changed), strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, values)
        return {(case, (policy, promise, number)): key for case, policy, promise, number, key in cursor.fetchall()}


def _values(facts: Facts, row: Row) -> tuple[Any, ...]:
    return (
        facts.case_id,
        facts.brand_id,
        row.policy,
        row.promise,
        str(row.goal),
        row.round,
        row.started_at,
        row.first_due_at,
        row.due_at,
        row.paused_at,
        row.paused_seconds,
        row.met_at,
        row.met_by,
        row.missed_at,
        row.ended_at,
        str(row.ended),
    )


def _note_due(cases: Mapping[int, Case], dues: Iterable[tuple[Facts, Due]]) -> None:
    moved = [(facts.case_id, due) for facts, due in dues if facts.due != due]
    for case_id, due in moved:
        case = cases[case_id]
        case.due_at, case.due_goal, case.is_paused = due
    if moved:
        with connection.cursor() as cursor:
            cursor.execute(
                _DUE,
                [
                    [case_id for case_id, _ in moved],
                    [due[0] for _, due in moved],
                    [due[1] for _, due in moved],
                    [due[2] for _, due in moved],
                ],
            )
