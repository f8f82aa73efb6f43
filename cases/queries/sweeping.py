"""What the clock has brought up to: the versions that wait for it, how far each has looked, and what has become due.

A version has two marks. ``swept_to`` is how far it claims to have looked: what is written behind it becomes a cue by a
trigger. The other, kept beside the heartbeats, is how far it really has. Between the two the sweep looks itself, once
everybody who began to write before the claim was to be seen has finished: so nothing falls between sweep and trigger.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from cases.models import Heartbeat
from cases.queries.calendar import Calendars, read_json
from cases.rules import escalation, watching
from cases.rules.escalation import BadRule, Trigger
from cases.vocabulary import Goal, RuleLimits, Standing, When

EVALUATOR = "evaluator"
# What a version would have acted on until it was replaced is still looked for, for so long.
_LEFT_BEHIND = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Watch:
    """A version that waits for the clock: ``looked`` is how far it has looked, ``claimed`` what it claims."""

    version_id: int
    brand_id: int
    when: When
    trigger: Trigger
    looked: datetime | None
    claimed: datetime
    retired_at: datetime | None
    is_paused: bool

    @property
    def part(self) -> str:
        """The name under which it is kept how far it has looked."""
        return f"rule:{self.version_id}"


_WATCHES = """
SELECT v.id, v.brand_id, v."when", v.trigger::text, h.at, v.swept_to, v.retired_at, r.paused_at IS NOT NULL
  FROM cases_ruleversion v
  JOIN cases_rule r ON r.id = v.rule_id AND r.retired_at IS NULL
  JOIN cases_brand b ON b.id = v.brand_id AND b.is_active
  LEFT JOIN cases_heartbeat h ON h.part = 'rule:' || v.id
 WHERE v.swept_to IS NOT NULL
   AND (v.status = 'live' OR (v.status = 'retired' AND v.retired_at > %s))
 ORDER BY v.id FOR NO KEY UPDATE OF v SKIP LOCKED
"""


def watches(at: datetime) -> list[Watch]:
    """The versions that wait for the clock, locked; those that another sweep has in hand are left out."""
    with connection.cursor() as cursor:
        cursor.execute(_WATCHES, [at - _LEFT_BEHIND])
        return [watch for row in cursor.fetchall() if (watch := _watch(*row)) is not None]


def _watch(
    version_id: int,
    brand_id: int,
    when: str,
    trigger: Any,
    looked: datetime | None,
    claimed: datetime,
    retired_at: datetime | None,
    is_paused: bool,
) -> Watch | None:
    try:
        read = escalation.parse({**read_json(trigger), "when": when}, {}, [{"kind": "authority"}]).trigger
    except BadRule:
        # What cannot be read any more is told on the page of the rule; it holds up no other.
        return None
    return Watch(version_id, brand_id, When(when), read, looked, claimed, retired_at, is_paused)


def thresholds(found: Sequence[Watch], at: datetime) -> dict[int, datetime]:
    """Up to which due date or beginning each version's time has come; one query for each brand with such rules."""
    calendars = {watch.brand_id: Calendars(watch.brand_id) for watch in found}
    known: dict[tuple[Any, ...], datetime] = {}
    reached = {}
    for watch in found:
        trigger = watch.trigger
        key = (watch.brand_id, trigger.offset_amount, trigger.offset_unit, trigger.before)
        if key not in known:
            known[key] = watching.threshold(trigger, at, calendars[watch.brand_id].default)
        reached[watch.version_id] = known[key]
    return reached


# ---------------------------------------------------------------- who still writes

_WRITERS = """
SELECT DISTINCT l.virtualtransaction FROM pg_locks l
 WHERE l.locktype = 'relation' AND l.mode = 'RowExclusiveLock' AND l.granted AND l.pid <> pg_backend_pid()
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND l.relation IN ('cases_deadline'::regclass, 'cases_case'::regclass)
"""


def writers() -> frozenset[str]:
    """The transactions that are writing deadlines or cases just now."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITERS)
        return frozenset(row[0] for row in cursor.fetchall())


# ---------------------------------------------------------------- what has become due

# For each version and goal one walk along an index, from where it has looked to where it may; of more than a batch
# only the first, with all that are due at the same instant as its last.
_DUE = """
WITH w AS (
  SELECT * FROM unnest(%(versions)s::bigint[], %(brands)s::bigint[], %(watched)s::text[], %(sorts)s::text[],
    %(lower)s::timestamptz[], %(upper)s::timestamptz[]) WITH ORDINALITY
    AS w(version, brand, watched, sort, lower, upper, place)
), found AS MATERIALIZED (
  SELECT w.place, w.version, f.case_id, f.deadline, f.at FROM w CROSS JOIN LATERAL (
    SELECT d.case_id, d.id AS deadline, d.due_at AS at FROM cases_deadline d
     WHERE d.brand_id = w.brand AND d.goal = w.watched AND d.due_at > w.lower AND d.due_at <= w.upper
       AND d.met_at IS NULL AND d.ended_at IS NULL AND d.paused_at IS NULL
     ORDER BY d.due_at FETCH FIRST (%(batch)s) ROWS WITH TIES) f
   WHERE w.sort = 'deadline'
  UNION ALL
  SELECT w.place, w.version, f.case_id, NULL, f.at FROM w CROSS JOIN LATERAL (
    SELECT c.id AS case_id, c.status_since AS at FROM cases_case c
     WHERE c.brand_id = w.brand AND c.status = w.watched AND c.status IN ('new', 'open', 'waiting')
       AND c.status_since > w.lower AND c.status_since <= w.upper
     ORDER BY c.status_since FETCH FIRST (%(batch)s) ROWS WITH TIES) f
   WHERE w.sort = 'status'
  UNION ALL
  SELECT w.place, w.version, f.case_id, NULL, f.at FROM w CROSS JOIN LATERAL (
    SELECT c.id AS case_id, c.unanswered_since AS at FROM cases_case c
     WHERE c.brand_id = w.brand AND c.status IN ('new', 'open', 'waiting') AND c.unanswered_since IS NOT NULL
       AND c.unanswered_since > w.lower AND c.unanswered_since <= w.upper
     ORDER BY c.unanswered_since FETCH FIRST (%(batch)s) ROWS WITH TIES) f
   WHERE w.sort = 'unanswered'
), put AS (
  INSERT INTO cases_cue (case_id, version_id, event_id, deadline_id, at, attempts, error, try_at)
  SELECT found.case_id, found.version, NULL, found.deadline, found.at, 0, '', 'epoch' FROM found
)
SELECT place, count(*), max(at) FROM found GROUP BY place
"""


@dataclass(frozen=True, slots=True)
class Look:
    """What a sweep found: how far each version has looked now, how many occasions, and whether there are more."""

    looked: dict[int, datetime]
    count: int
    is_full: bool


def look(found: Sequence[Watch], upto: Mapping[int, datetime]) -> Look:
    """Write a cue for everything that has become due to these versions, in one statement."""
    lines = [(watch, one) for watch in found if not watch.is_paused for one in _walks(watch)]
    looked = {watch.version_id: upto[watch.version_id] for watch in found}
    if not lines:
        return Look(looked, 0, is_full=False)
    wanted: dict[str, Any] = {
        "versions": [watch.version_id for watch, _ in lines],
        "brands": [watch.brand_id for watch, _ in lines],
        "watched": [watched for _, (watched, _) in lines],
        "sorts": [sort for _, (_, sort) in lines],
        "lower": [watch.looked or watch.claimed for watch, _ in lines],
        "upper": [upto[watch.version_id] for watch, _ in lines],
        "batch": RuleLimits.SWEEP_BATCH.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DUE, wanted)
        rows = cursor.fetchall()
    full = [(lines[place - 1][0].version_id, last) for place, count, last in rows if count >= RuleLimits.SWEEP_BATCH]
    for version_id, last in full:
        looked[version_id] = min(looked[version_id], last)
    return Look(looked, sum(count for _, count, _ in rows), is_full=bool(full))


def _walks(watch: Watch) -> list[tuple[str, str]]:
    """What is walked along for a version: a goal each, a status, or what is unanswered."""
    if watch.when == When.DEADLINE:
        return [(goal, "deadline") for goal in ([watch.trigger.goal] if watch.trigger.goal else Goal)]
    standing = watch.trigger.standing
    return [(str(standing), "unanswered" if standing == Standing.UNANSWERED else "status")]


# ---------------------------------------------------------------- is it late


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late the evaluator is: since when it has been silent, and how long the oldest thing due has waited."""

    beat_at: datetime | None
    silent: float | None
    waiting: float
    has_rules: bool

    @property
    def seconds(self) -> float:
        """The longer of the two; without a rule there is nothing to be late for."""
        if not self.has_rules:
            return 0.0
        return max(self.silent if self.silent is not None else float("inf"), self.waiting)

    @property
    def is_alarming(self) -> bool:
        """Whether somebody has to look."""
        return self.seconds > RuleLimits.HEARTBEAT_SECONDS


_LATENESS = """
SELECT h.at, extract(epoch FROM clock_timestamp() - h.at)::float,
  greatest(0, extract(epoch FROM clock_timestamp() - least(
    (SELECT q.try_at FROM cases_cue q WHERE q.try_at > 'epoch' ORDER BY q.try_at LIMIT 1),
    (SELECT s.due_at FROM cases_escalationstep s WHERE s.status = 'pending' ORDER BY s.due_at LIMIT 1))))::float,
  EXISTS (SELECT 1 FROM cases_ruleversion v WHERE v.status = 'live')
FROM (SELECT 1) one LEFT JOIN cases_heartbeat h ON h.part = 'evaluator'
"""


def lateness() -> Lateness:
    """How late the evaluator is now, by the database's clock, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(_LATENESS)
        beat_at, silent, waiting, has_rules = cursor.fetchone()
    return Lateness(beat_at, silent, waiting or 0.0, has_rules)


def marks(found: Collection[Watch], upto: Mapping[int, datetime]) -> list[Heartbeat]:
    """How far each of these versions has looked, as it is kept."""
    return [Heartbeat(part=watch.part, at=upto[watch.version_id]) for watch in found if watch.version_id in upto]
