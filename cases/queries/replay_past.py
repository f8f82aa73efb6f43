"""What a replay reads: the past of many cases at a time, and who is there to be called."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db import connection
from psycopg import Cursor
from psycopg.pq import Format

from cases.models import Absence, Membership, Team
from cases.queries.calendar import Calendars
from cases.rules.escalation import Ladder, facts_needed
from cases.rules.history import Deed, Due, History, Joined, Line, Sighting
from cases.rules.lexemes import SEPARATORS
from cases.rules.past import TAKEN
from cases.rules.replay import Context, Crew
from cases.rules.replay_clock import Clock
from cases.rules.replay_tally import Hours
from cases.vocabulary import HEARS, NEVER, UNHANDLED, EventKind, Fact, Goal, Role, StepKind, When

BATCH = 2000

# Whatever has happened since, or is not over, can have been an occasion.
_TOUCHED = """
c.brand_id = %(brand)s AND c.opened_at < %(until)s AND (c.status = ANY(%(unhandled)s) OR c.status_since >= %(since)s
  OR (SELECT e.occurred_at FROM cases_event e WHERE e.stream = 'case' AND e.stream_id = c.id
      ORDER BY e.seq DESC LIMIT 1) >= %(since)s)
"""
_PLAN = f"""
SELECT min(id), max(id), count(*) FROM (
  SELECT c.id, (row_number() OVER (ORDER BY c.id) - 1) / %(batch)s AS chunk FROM cases_case c WHERE {_TOUCHED}) AS found
GROUP BY chunk ORDER BY chunk
"""  # noqa: S608 - put together from constants
_CASES = f"""
SELECT c.id, c.opened_at, c.posted_at, c.channel_id, c.language, coalesce(c.team_id, 0), coalesce(c.owner_id, 0),
  coalesce(c.about_id, 0),  coalesce(c.category_id, 0), c.severity, c.wish, c.is_restricted,
  CASE WHEN p.on_behalf_of <> '' THEN 'on_behalf' WHEN p.is_anonymous THEN 'anonymous' ELSE 'named' END
FROM cases_case c JOIN cases_complainant p ON p.id = c.complainant_id
WHERE c.id BETWEEN %(low)s AND %(high)s AND {_TOUCHED} ORDER BY c.id
"""  # noqa: S608 - put together from constants
# Only what says more than that somebody did something is read with what it says.
_LINES = """
SELECT e.stream_id, e.id, e.kind, e.occurred_at, e.actor_kind, e.actor_id, e.person_id,
  CASE WHEN e.kind = ANY(%(telling)s) THEN e.payload::text END
FROM cases_event e WHERE e.stream = 'case' AND e.stream_id = ANY(%(cases)s::bigint[]) AND e.occurred_at < %(until)s
  AND (e.kind = ANY(%(taken)s) OR e.actor_kind IN ('person', 'token'))
ORDER BY e.stream_id, e.seq
"""
_POSTS = """
SELECT l.case_id, l.post_id, l.joined_at, l.left_at, p.posted_at,
  CASE WHEN %(words)s AND p.text IS NOT NULL
    THEN casedesk_words(translate(casedesk_fold(left(p.text, 50000)), %(apart)s, %(blank)s)) END
FROM cases_casepost l JOIN cases_post p ON p.id = l.post_id WHERE l.case_id = ANY(%(cases)s::bigint[])
ORDER BY l.case_id, l.id
"""
_SIGHTINGS = """
SELECT l.case_id, o.id, o.post_id, o.at, o.kind, o.views, o.shares, l.joined_at, l.left_at
FROM cases_casepost l JOIN cases_observation o ON o.post_id = l.post_id
WHERE l.case_id = ANY(%(cases)s::bigint[]) AND o.at < %(until)s ORDER BY l.case_id, o.at, o.id
"""
_DEADLINES = """
SELECT d.case_id, d.id, d.goal, d.started_at, d.first_due_at, d.due_at, d.paused_at, d.paused_seconds, d.met_at,
  d.missed_at, d.ended_at, x.dates, x.times
FROM cases_deadline d LEFT JOIN (
  SELECT deadline_id, array_agg(due_before ORDER BY id) AS dates, array_agg(at ORDER BY id) AS times
  FROM cases_extension GROUP BY deadline_id) x ON x.deadline_id = d.id
WHERE d.case_id = ANY(%(cases)s::bigint[]) ORDER BY d.case_id, d.id
"""
_DEEDS = """
SELECT a.case_id, a.id, a.kind_id, a.is_required, a.created_at, a.done_at, a.waived_at, w.worth,
  a.amount IS NOT NULL AND w.worth IS NULL
FROM cases_action a JOIN cases_case c ON c.id = a.case_id JOIN cases_brand b ON b.id = c.brand_id
CROSS JOIN LATERAL (SELECT CASE WHEN a.currency = b.currency THEN a.amount WHEN a.amount IS NOT NULL THEN
  casedesk_convert(a.amount, a.currency, b.currency, b.id, (a.created_at AT TIME ZONE b.zone)::date) END AS worth) w
WHERE a.case_id = ANY(%(cases)s::bigint[]) ORDER BY a.case_id, a.id
"""
_COMPLAINTS = """
SELECT c.id, array_agg(o.opened_at) FROM cases_case c JOIN cases_case o ON o.complainant_id = c.complainant_id
WHERE c.id = ANY(%(cases)s::bigint[]) GROUP BY c.id
"""
_DEPTHS = """
SELECT x.case_id, s.done_at, x.rule_id, x.depth FROM cases_escalation x
JOIN cases_escalationstep s ON s.escalation_id = x.id
WHERE x.case_id = ANY(%(cases)s::bigint[]) AND s.done_at IS NOT NULL
"""
_TELLING = sorted(
    {
        EventKind.CASE_OPENED, EventKind.CASE_CLASSIFIED, EventKind.CASE_ASSIGNED, EventKind.CASE_REOPENED,
        EventKind.CASE_TAGGED, EventKind.CASE_UNTAGGED, EventKind.POST_JOINED, EventKind.DECISION_RECORDED,
    }
    | {kind for kind in EventKind if kind.startswith(("action_", "approval_")) and kind in {*TAKEN, *HEARS.values()}}
)  # fmt: skip
_GOES_ON = {EventKind.CASE_WAITING, EventKind.CASE_RESUMED, EventKind.MESSAGE_RECEIVED, EventKind.POST_JOINED,
            EventKind.CASE_REOPENED}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """Of which brand and time a replay reads, and what its rules ask for."""

    brand_id: int
    since: datetime
    until: datetime
    facts: frozenset[Fact]
    whens: frozenset[When]
    has_actions: bool = False

    @classmethod
    def of(cls, brand_id: int, ladders: Iterable[Ladder], since: datetime, until: datetime) -> Reading:
        """What these rules need of a period."""
        ladders = list(ladders)
        facts = frozenset(fact for ladder in ladders for fact in facts_needed(ladder))
        # A later step can come from an occasion before the period.
        minutes = max((step.after_minutes for ladder in ladders for step in ladder.steps), default=0)
        since -= timedelta(minutes=minutes)
        has_actions = any(step.kind == StepKind.ACTION for ladder in ladders for step in ladder.steps)
        return cls(brand_id, since, until, facts, frozenset(ladder.trigger.when for ladder in ladders), has_actions)

    @property
    def bounds(self) -> dict[str, Any]:
        """The values that every query takes."""
        return {
            "brand": self.brand_id,
            "since": self.since,
            "until": self.until,
            "unhandled": [status.value for status in UNHANDLED],
        }

    def needs(self, facts: Collection[Fact], whens: Collection[When] = ()) -> bool:
        """Whether its rules look at one of these."""
        return not self.facts.isdisjoint(facts) or not self.whens.isdisjoint(whens)


def chunks(reading: Reading) -> list[tuple[int, int, int]]:
    """The cases that can have been an occasion, in ranges of their ids, with how many each holds."""
    with connection.cursor() as cursor:
        cursor.execute(_PLAN, {**reading.bounds, "batch": BATCH})
        return [(int(low), int(high), int(count)) for low, high, count in cursor.fetchall()]


def histories(reading: Reading, low: int, high: int) -> list[History]:
    """The pasts of the cases in a range, with the same few queries for one and for two thousand."""
    connection.ensure_connection()
    # The driver's own cursor reads very many rows several times as fast as one that speaks text.
    with Cursor(connection.connection) as cursor:
        cursor.format = Format.BINARY
        cursor.execute(_CASES, {**reading.bounds, "low": low, "high": high})
        found: dict[int, History] = {}
        for (
            key,
            opened,
            posted,
            channel,
            language,
            team,
            owner,
            about,
            category,
            severity,
            wish,
            restricted,
            sort,
        ) in cursor:
            found[key] = History(
                key,
                opened,
                posted,
                [],
                channel,
                language,
                team,
                sort,
                owner,
                about,
                category,
                severity,
                wish,
                restricted,
            )
        given = {**reading.bounds, "cases": "{" + ",".join(map(str, found)) + "}"}
        _add_lines(cursor, found, given)
        _add_posts(cursor, found, given, reading)
        if reading.needs({Fact.LATE}, {When.DEADLINE}):
            _add_deadlines(cursor, found, given)
        if reading.has_actions or reading.needs({Fact.ACTIONS_OPEN, Fact.AMOUNT}):
            cursor.execute(_DEEDS, given)
            for case, deeds in _by_case(cursor.fetchall()).items():
                found[case].deeds = [Deed(*deed) for deed in deeds]
        if reading.needs({Fact.COMPLAINTS}):
            cursor.execute(_COMPLAINTS, given)
            for case, opened_at in cursor.fetchall():
                found[case].complaints = opened_at
        cursor.execute(_DEPTHS, given)
        for case, depths in _by_case(cursor.fetchall()).items():
            found[case].depths = depths
    return list(found.values())


def _by_case(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row[0]].append(row[1:])
    return found


def _add_lines(cursor: Any, found: dict[int, History], given: dict[str, Any]) -> None:
    taken = sorted({*TAKEN, *(kind.value for kind in HEARS.values())})
    cursor.execute(_LINES, {**given, "taken": taken, "telling": _TELLING})
    nothing: dict[str, Any] = {}
    lines: list[Line] = []
    last = 0
    for case, event, kind, at, actor, actor_id, person, said in cursor.fetchall():
        if case != last:
            last, lines = case, []
            found[case].lines = lines
        lines.append(Line(event, kind, at, actor, actor_id, person, json.loads(said) if said else nothing))


def _add_posts(cursor: Any, found: dict[int, History], given: dict[str, Any], reading: Reading) -> None:
    cursor.execute(
        _POSTS, {**given, "words": reading.needs({Fact.WORDS}), "apart": SEPARATORS, "blank": " " * len(SEPARATORS)}
    )
    for case, posts in _by_case(cursor.fetchall()).items():
        found[case].posts = [
            Joined(post, joined, left, posted, None if words is None else frozenset(words))
            for post, joined, left, posted, words in posts
        ]
    if reading.needs({Fact.VIEWS, Fact.SHARES, Fact.HIDDEN}, {When.REACH, When.HIDDEN}):
        cursor.execute(_SIGHTINGS, given)
        for case, seen in _by_case(cursor.fetchall()).items():
            history = found[case]
            history.sightings = [
                Sighting(post, at, kind, views, shares) for _, post, at, kind, views, shares, *_ in seen
            ]
            history.lines = [
                *history.lines,
                *(
                    Line(key, EventKind.POST_OBSERVED.value, at, "", None, None, {"post": post, "kind": kind})
                    for key, post, at, kind, _, _, joined, left in seen
                    if joined <= at and (left is None or at < left)
                ),
            ]
    for history in found.values():
        # The journal is in the order in which it was written; what happened has its own time.
        if any(one.at > other.at for one, other in pairwise(history.lines)):
            history.lines = sorted(history.lines, key=lambda line: line.at)


def _add_deadlines(cursor: Any, found: dict[int, History], given: dict[str, Any]) -> None:
    cursor.execute(_DEADLINES, given)
    for case, rows in _by_case(cursor.fetchall()).items():
        history = found[case]
        history.deadlines = [
            Due(
                key,
                Goal(goal),
                _dates(history, started, first, due, paused, seconds, before or (), moved or ()),
                met,
                missed,
                ended,
            )
            for key, goal, started, first, due, paused, seconds, met, missed, ended, before, moved in rows
        ]


def _dates(
    history: History,
    started: datetime,
    first: datetime,
    due: datetime,
    paused: datetime | None,
    seconds: int,
    before: Sequence[datetime],
    moved: Sequence[datetime],
) -> tuple[tuple[datetime, datetime | None, datetime], ...]:
    """Every date a deadline had: before and after each extension, and before and after its pauses."""
    since = max(started, history.opened_at)
    dates: list[tuple[datetime, datetime | None, datetime]] = []
    if before:
        for was, at in zip(before, moved, strict=True):
            dates.append((since, at, was))
            since = at
        dates.append((since, paused, due))
    elif seconds:
        # Of the dates between several pauses none was kept.
        pauses = _pauses(history.lines, since)
        dates.append((since, pauses[0][0] if pauses else since, first))
        dates.append((pauses[-1][1] if pauses else since, paused, due))
    else:
        dates.append((since, paused, due))
    return tuple(one for one in dates if one[2] != NEVER and (one[1] is None or one[0] < one[1]))


def _pauses(lines: Iterable[Line], since: datetime) -> list[tuple[datetime, datetime]]:
    """From when until when the case waited for the complainant, each time."""
    found, waited_at = [], None
    for line in lines:
        if line.kind == EventKind.CASE_WAITING and line.at >= since:
            waited_at = line.at
        elif waited_at is not None and line.kind in _GOES_ON:
            found.append((waited_at, line.at))
            waited_at = None
    return found


def context_of(reading: Reading) -> tuple[Context, Hours]:
    """Who works for the brand, in which teams and by which calendars, as it is today; and who was away when."""
    calendars = Calendars(reading.brand_id)
    clocks: dict[int, Clock] = {}
    span = (reading.since, reading.until)

    def clock_of(team_id: int | None) -> Clock:
        calendar = calendars.for_case(team_id)
        return clocks.setdefault(id(calendar), Clock(calendar, *span))

    brand = Clock(calendars.default, *span)
    clocks[id(calendars.default)] = brand
    people = list(
        Membership.objects.filter(brand_id=reading.brand_id, person__is_active=True)
        .order_by("person_id")
        .values_list("person_id", "role", "team_id")
    )
    members: dict[int, list[int]] = defaultdict(list)
    for person, _, team in people:
        if team is not None:
            members[team].append(person)
    crews = {
        team: Crew(lead, duty, tuple(members[team]))
        for team, lead, duty in Team.objects.filter(brand_id=reading.brand_id, is_active=True).values_list(
            "id", "lead_id", "on_duty_id"
        )
    }
    away: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for person, first, last, ended in Absence.objects.filter(brand_id=reading.brand_id).values_list(
        "person_id", "starts_on", "ends_on", "ended_at"
    ):
        begins = brand.calendar.day_begins(first)
        ends = brand.calendar.day_begins(last + timedelta(days=1))
        away[person].append((begins, ends if ended is None else min(ends, ended)))
    managers = tuple(person for person, role, _ in people if role == Role.MANAGER)
    context = Context(brand, crews, managers, {person: Role(role) for person, role, _ in people}, dict(away))
    return context, Hours(brand, {person: clock_of(team) for person, _, team in people})
