"""A rule that was paused looks again: at what came about meanwhile, or only at what comes from now on.

While it is paused the sweep passes over it, and what it would have heard is dropped.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from cases.models import Cue, Event, Heartbeat, Rule, RuleVersion
from cases.queries.calendar import Calendars
from cases.rules import escalation, watching
from cases.vocabulary import HEARS, EventKind, Stream, When

# The journal is read from the line that says that the rule was paused.
_HEAR_AGAIN = """
INSERT INTO cases_cue (case_id, version_id, event_id, deadline_id, at, attempts, error, try_at)
SELECT c.id, %(version)s, e.id, NULL, e.occurred_at, 0, '', clock_timestamp()
FROM cases_event e JOIN cases_case c ON c.id = CASE e.stream WHEN 'case' THEN e.stream_id
  ELSE (SELECT l.case_id FROM cases_casepost l WHERE l.post_id = e.stream_id AND l.left_at IS NULL) END
WHERE e.id > %(since)s AND e.kind = %(kind)s AND e.stream IN ('case', 'post') AND c.brand_id = %(brand)s
  AND e.occurred_at >= %(live)s
  AND NOT EXISTS (SELECT 1 FROM cases_cue q WHERE q.version_id = %(version)s AND q.event_id = e.id)
"""


def look_away(version: RuleVersion, at: datetime) -> None:
    """Leave out what came about until now."""
    Cue.objects.filter(version=version, at__lte=at).delete()
    if version.swept_to is not None:
        reached = _threshold(version, at)
        version.swept_to = max(version.swept_to, reached)
        version.save(update_fields=["swept_to"])
        _looked_to(version, reached)


def look_back(rule: Rule, version: RuleVersion, paused_at: datetime) -> None:
    """Make up for what came about since the rule was paused; the occasions on which it acted stay as they are."""
    if version.swept_to is not None:
        kept = Heartbeat.objects.filter(part=_part(version)).first()
        _looked_to(version, min(_threshold(version, paused_at), kept.at if kept else version.swept_to))
        return
    lines = Event.objects.filter(stream=Stream.BRAND, stream_id=rule.brand_id, kind=EventKind.RULE_CHANGED)
    paused = lines.filter(payload__rule=rule.pk, payload__fields=["paused"]).order_by("-seq").first()
    if paused is None:
        return
    told = {
        "version": version.pk,
        "since": paused.pk,
        "kind": HEARS[When(version.when)].value,
        "brand": rule.brand_id,
        "live": version.live_at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_HEAR_AGAIN, told)


def _threshold(version: RuleVersion, at: datetime) -> datetime:
    return watching.threshold(escalation.ladder_of(version).trigger, at, Calendars(version.brand_id).default)


def _part(version: RuleVersion) -> str:
    """Under which name the sweep keeps how far a version has looked."""
    return f"rule:{version.pk}"


def _looked_to(version: RuleVersion, at: datetime) -> None:
    Heartbeat.objects.update_or_create(part=_part(version), defaults={"at": at})
