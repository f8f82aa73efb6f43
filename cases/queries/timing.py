"""What the deadlines of cases follow from: the policies of a brand, and what the journals of its cases say."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from cases.models import Case, Complainant, Deadline, Policy, Post
from cases.queries.calendar import Calendars, read_json
from cases.rules import deadline_journal, deadlines
from cases.rules.calendar import Calendar
from cases.rules.deadlines import Identity, Moment, Row, Subject
from cases.vocabulary import NEVER, NOT_PUBLIC, EventKind, Goal, Needs, Sort, Start, Unit

# What can change a case's deadlines: what its journal says of them, and who it is for and with.
HEARD = deadline_journal.HEARD | {EventKind.COMPLAINANT_CHANGED, EventKind.CASE_ASSIGNED}
PROMISES = deadline_journal.PROMISES

Due = tuple[datetime, str, bool]  # Case.due_at, due_goal, is_paused
NOTHING_DUE: Due = (NEVER, "", False)

_FACTS = """
SELECT c.id, c.brand_id, c.team_id, c.posted_at,
  coalesce((SELECT p.received_at FROM cases_casepost l JOIN cases_post p ON p.id = l.post_id
    WHERE l.case_id = c.id ORDER BY l.id LIMIT 1), c.opened_at),
  c.category_id, c.severity, w.on_behalf_of <> '', w.is_anonymous, h.kind, c.due_at, c.due_goal, c.is_paused,
  (SELECT json_agg(json_build_array(e.kind, e.occurred_at, e.id, e.person_id IS NOT NULL, e.payload)
     ORDER BY e.seq) FROM cases_event e
   WHERE e.stream = 'case' AND e.stream_id = c.id AND e.kind = ANY(%(kinds)s)),
  (SELECT json_agg(json_build_array(d.id, d.policy_id, d.promise_id, d.goal, d.round, d.started_at, d.first_due_at,
     d.due_at, d.paused_at, d.paused_seconds, d.met_at, d.met_by, d.missed_at, d.ended_at, d.ended))
   FROM cases_deadline d WHERE d.case_id = c.id)
FROM cases_case c JOIN cases_complainant w ON w.id = c.complainant_id JOIN cases_channel h ON h.id = c.channel_id
WHERE c.id = ANY(%(cases)s) ORDER BY c.id
"""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the deadlines of a case follow from, and how they are kept."""

    case_id: int
    brand_id: int
    team_id: int | None
    subject: Subject
    moments: Sequence[Moment] = ()
    kept: dict[Identity, Row] = field(default_factory=dict)
    ids: dict[Identity, int] = field(default_factory=dict)
    due: Due = NOTHING_DUE

    def now(self, at: datetime) -> datetime:
        """The instant, but never before what the journal knows already."""
        return max([at, *(moment.at for moment in self.moments)])


class Times:
    """The policies and calendars of a brand, read once for all the cases of a command."""

    def __init__(self, brand_id: int, calendars: Calendars | None = None) -> None:
        self.brand_id = brand_id
        self.calendars = calendars or Calendars(brand_id)
        rows = Policy.objects.filter(brand_id=brand_id).order_by("pk")
        self.policies = [policy_of(row) for row in rows]
        self._named = {row.pk: row.calendar_id for row in rows if row.calendar_id is not None}

    def calendar_for(self, policy: int, team_id: int | None) -> Calendar:
        """On what a policy counts in a case that is with this team."""
        named = self._named.get(policy)
        return self.calendars.for_case(team_id) if named is None else self.calendars.by_id(named)

    def compute(self, facts: Facts, now: datetime) -> list[Row]:
        """The deadlines of a case, out of its journal."""
        return deadline_journal.compute(
            facts.subject,
            self.policies,
            facts.moments,
            lambda policy: self.calendar_for(policy, facts.team_id),
            now=facts.now(now),
            kept=facts.kept,
        )


def policy_of(row: Policy) -> deadlines.Policy:
    """A policy as the rules take it."""
    return deadlines.Policy(
        row.pk,
        Goal(row.goal),
        Start(row.start),
        row.amount,
        Unit(row.unit),
        end_of_day=row.end_of_day,
        next_day_counts=row.next_day_counts,
        pauses=row.pauses,
        again=row.again,
        superseded_by_answer=row.superseded_by_answer,
        categories=frozenset(row.category_ids),
        severities=frozenset(row.severities),
        sorts=frozenset(Sort(each) for each in row.sorts),
        extends=Needs(row.extends),
        extend_amount=row.extend_amount,
        extend_unit=Unit(row.extend_unit) if row.extend_unit else None,
        since=row.made_at,
        until=row.ended_at,
    )


def facts_of(case_ids: Collection[int]) -> list[Facts]:
    """What the deadlines of these cases follow from, in one query."""
    wanted: dict[str, Any] = {"cases": list(case_ids), "kinds": sorted(kind.value for kind in deadline_journal.HEARD)}
    with connection.cursor() as cursor:
        cursor.execute(_FACTS, wanted)
        return [_facts(*row) for row in cursor.fetchall()]


def opening_facts(case: Case, post: Post, complainant: Complainant, *, is_public: bool) -> Facts:
    """The same of a case that begins with this post; it has no key while it is not stored."""
    sort = sort_of(complainant.on_behalf_of != "", complainant.is_anonymous)
    subject = Subject(case.posted_at, post.received_at, case.category_id, case.severity, sort, is_public)
    return Facts(case.pk or 0, case.brand_id, case.team_id, subject)


def sort_of(is_on_behalf: bool, is_anonymous: bool) -> Sort:
    """What sort of complainant somebody is to a policy."""
    return Sort.ON_BEHALF if is_on_behalf else Sort.ANONYMOUS if is_anonymous else Sort.NAMED


def due_of(rows: Iterable[Row], now: datetime) -> Due:
    """What a case keeps of its deadlines: the nearest that something has to meet."""
    row = deadlines.nearest(rows, now)
    if row is None:
        return NOTHING_DUE
    return (NEVER if row.paused_at is not None else row.due_at, row.goal.value, row.paused_at is not None)


def row_of(deadline: Deadline) -> Row:
    """A kept deadline as the rules take it."""
    return Row(
        deadline.policy_id,
        deadline.promise_id,
        Goal(deadline.goal),
        deadline.round,
        deadline.started_at,
        deadline.first_due_at,
        deadline.due_at,
        deadline.paused_at,
        deadline.paused_seconds,
        deadline.met_at,
        deadline.met_by,
        deadline.missed_at,
        deadline.ended_at,
        deadline.ended,
    )


def moments_of(case_id: int) -> list[Moment]:
    """What a case's journal says of its deadlines, in order."""
    return [moment for facts in facts_of([case_id]) for moment in facts.moments]


def _facts(
    case_id: int,
    brand_id: int,
    team_id: int | None,
    posted_at: datetime,
    received_at: datetime,
    category: int | None,
    severity: int,
    is_on_behalf: bool,
    is_anonymous: bool,
    channel: str,
    due_at: datetime,
    due_goal: str,
    is_paused: bool,
    moments: Any,
    rows: Any,
) -> Facts:
    sort = sort_of(is_on_behalf, is_anonymous)
    subject = Subject(posted_at, received_at, category, severity, sort, channel not in NOT_PUBLIC)
    heard = [
        Moment(EventKind(kind), _instant(at), event, by_person, payload)
        for kind, at, event, by_person, payload in read_json(moments) or []
    ]
    kept = {row.identity: (key, row) for key, row in map(_kept, read_json(rows) or [])}
    return Facts(
        case_id,
        brand_id,
        team_id,
        subject,
        heard,
        {identity: row for identity, (_, row) in kept.items()},
        {identity: key for identity, (key, _) in kept.items()},
        (due_at, due_goal, is_paused),
    )


def _kept(found: Sequence[Any]) -> tuple[int, Row]:
    key, policy, promise, goal, number, started, first, due, paused, seconds, met, by, missed, ended_at, ended = found
    return key, Row(
        policy,
        promise,
        Goal(goal),
        number,
        _instant(started),
        _instant(first),
        _instant(due),
        _maybe(paused),
        seconds,
        _maybe(met),
        by,
        _maybe(missed),
        _maybe(ended_at),
        ended,
    )


def _instant(said: str) -> datetime:
    return datetime.fromisoformat(said)


def _maybe(said: str | None) -> datetime | None:
    return None if said is None else datetime.fromisoformat(said)
