"""What of the past nobody can know any more, or can only take for what it is today: with numbers, for a replay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection

from cases.queries.replay_past import Reading
from cases.rules.escalation import Ladder
from cases.rules.facts import Past, replayable
from cases.vocabulary import Fact, StepKind, When, Whom

_OF_TODAY = frozenset({Whom.OWNER_OR_DUTY, Whom.LEAD, Whom.DUTY, Whom.TEAM, Whom.MANAGERS})

_UNSEEN = """
SELECT count(*) FROM cases_post p JOIN cases_casepost l ON l.post_id = p.id JOIN cases_case c ON c.id = l.case_id
WHERE c.brand_id = %(brand)s AND p.received_at BETWEEN %(since)s AND %(until)s AND 24 > (
  SELECT count(DISTINCT date_trunc('hour', o.at)) FROM cases_observation o
  WHERE o.post_id = p.id AND o.kind = 'reach' AND o.at < p.received_at + interval '24 hours')
"""
_ERASED = """
SELECT count(*) FROM cases_post p JOIN cases_casepost l ON l.post_id = p.id JOIN cases_case c ON c.id = l.case_id
WHERE c.brand_id = %(brand)s AND c.opened_at < %(until)s AND p.text IS NULL
  AND (c.status = ANY(%(unhandled)s) OR c.status_since >= %(since)s)
"""
_UNOWNED = """
SELECT count(*) FROM cases_case c
WHERE c.brand_id = %(brand)s AND c.opened_at < %(until)s AND c.owner_id IS NOT NULL
  AND (c.status = ANY(%(unhandled)s) OR c.status_since >= %(since)s)
  AND NOT EXISTS (SELECT 1 FROM cases_event e WHERE e.stream = 'case' AND e.stream_id = c.id
    AND e.kind IN ('case_assigned', 'case_reopened'))
"""
_PAUSED = """
SELECT count(*) FROM cases_deadline d
WHERE d.brand_id = %(brand)s AND d.started_at < %(until)s AND d.due_at >= %(since)s AND d.paused_seconds > 0
"""
_ACTED = """
SELECT count(*) FROM cases_escalation x
WHERE x.brand_id = %(brand)s AND x.noticed_at >= %(since)s AND x.noticed_at < %(until)s
"""


def what_cannot(reading: Reading, ladders: Sequence[Ladder]) -> list[dict[str, Any]]:
    """Everything that a replay of these rules does not know for sure, each by a code.

    ``answered``: whether a call would have been answered. ``past_stays``: what rules really did, so often, is part of
    the past. ``unseen``: so many posts whose reach was not looked at hourly. ``erased``: so many posts without their
    words. ``unowned``: so many cases whose owner from before the journal is taken from today. ``paused``: so many
    deadlines whose dates between their pauses were not kept. ``today``: teams, leads, duties, managers and calendars
    are those of today. ``as_today``: these facts are. ``authority``: what would have had to be
    decided, and who would have sufficed, was not looked up.
    """
    known = replayable(reading.facts)
    steps = [step for ladder in ladders for step in ladder.steps]
    found: list[dict[str, Any]] = [{"code": "answered"}]
    with connection.cursor() as cursor:

        def count(code: str, query: str) -> None:
            cursor.execute(query, reading.bounds)
            number = int(cursor.fetchone()[0])
            if number:
                found.append({"code": code, "count": number})

        count("past_stays", _ACTED)
        if reading.needs({Fact.VIEWS, Fact.SHARES}, {When.REACH}):
            count("unseen", _UNSEEN)
        if Past.UNLESS_ERASED in known.values():
            count("erased", _ERASED)
        if reading.needs({Fact.OWNER, Fact.STATUS}, {When.LASTED}) or any(step.whom in _OWNERS for step in steps):
            count("unowned", _UNOWNED)
        if reading.needs((), {When.DEADLINE}):
            count("paused", _PAUSED)
    if any(step.whom in _OF_TODAY for step in steps):
        found.append({"code": "today"})
    as_today = sorted(fact.value for fact, past in known.items() if past == Past.AS_TODAY)
    if as_today:
        found.append({"code": "as_today", "facts": as_today})
    if any(step.kind in {StepKind.AUTHORITY, StepKind.APPROVAL} for step in steps):
        found.append({"code": "authority"})
    return found


_OWNERS = frozenset({Whom.OWNER, Whom.OWNER_OR_DUTY})
