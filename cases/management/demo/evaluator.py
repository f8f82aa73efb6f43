"""What keeps rules and deadlines at work in the past of the demo: looks whenever something comes due, in its order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Max

from cases.commands import deadline, delivery, escalation
from cases.models import Cue, Deadline, Delivery, RuleVersion
from cases.queries import escalation as queries
from cases.queries.calendar import Calendars
from cases.rules import deadlines
from cases.rules import escalation as rules
from cases.vocabulary import SYSTEM, DeliveryStatus

# It looks a moment after something came due, as the timetable does; and at the rules so often at least.
LAG = timedelta(seconds=2)
OFTEN = timedelta(hours=3)
MANY = 500
# What can come due; what a version waits for stands below its id.
MISSED, STEP, CALL = -1, -2, -3

_COMING = """
SELECT -1, min(due_at) FROM cases_deadline
 WHERE due_at > %(since)s AND met_at IS NULL AND ended_at IS NULL AND paused_at IS NULL AND missed_at IS NULL
UNION ALL SELECT -2, min(due_at) FROM cases_escalationstep WHERE status = 'pending' AND due_at > %(since)s
UNION ALL SELECT -3, min(call_at) FROM cases_call WHERE status IN ('waiting', 'held') AND call_at > %(since)s
UNION ALL SELECT v.id, CASE WHEN v."when" = 'deadline' THEN (
    SELECT min(d.due_at) FROM cases_deadline d WHERE d.brand_id = v.brand_id AND d.goal = v.watched
      AND d.due_at > v.swept_to AND d.met_at IS NULL AND d.ended_at IS NULL AND d.paused_at IS NULL)
  WHEN v.watched = 'unanswered' THEN (
    SELECT min(c.unanswered_since) FROM cases_case c WHERE c.brand_id = v.brand_id
      AND c.status IN ('new', 'open', 'waiting') AND c.unanswered_since > v.swept_to)
  ELSE (SELECT min(c.status_since) FROM cases_case c WHERE c.brand_id = v.brand_id AND c.status = v.watched
      AND c.status_since > v.swept_to) END
 FROM cases_ruleversion v JOIN cases_rule r ON r.id = v.rule_id
 WHERE v.status = 'live' AND v.swept_to IS NOT NULL AND r.paused_at IS NULL
"""


class Evaluator:
    """Looks at rules and deadlines between the steps of the stories; it stands still in one outage."""

    def __init__(self, start: datetime, outage: tuple[datetime, datetime]) -> None:
        self._looked = self._swept = start
        self._outage = outage
        self._triggers: dict[int, tuple[rules.Trigger, int]] = {}
        self._calendars: dict[int, Calendars] = {}
        self._instants: dict[tuple[int, datetime], datetime] = {}

    def until(self, at: datetime) -> None:
        """Look at each instant before this one at which something comes due."""
        before = None
        while (coming := self._coming()) and (due := min(coming.values())) != before:
            looks_at = self._outage[1] if self._stands_still(due) else max(due + LAG, self._looked)
            if looks_at > at:
                break
            before = due
            self._look(looks_at, {what for what, instant in coming.items() if instant <= due})
        if at - self._swept > OFTEN and not self._stands_still(at):
            self.look(at)

    def after(self, at: datetime) -> None:
        """Hear what a step of a story gave rules to look at."""
        if not self._stands_still(at) and Cue.objects.exists():
            said = Cue.objects.aggregate(said=Max("event__occurred_at"))["said"]
            self._hear(max(at, said or at, self._looked))

    def look(self, at: datetime) -> None:
        """Note what was missed, sweep, hear, take steps and call people, all at one instant."""
        self._look(at, {MISSED, STEP, CALL, 0})

    def _look(self, at: datetime, what: set[int]) -> None:
        self._looked = at
        if MISSED in what:
            late = Deadline.objects.unmet().filter(paused_at=None, missed_at=None, due_at__lte=at)
            deadline.note_missed(deadline_ids=list(late.values_list("pk", flat=True)), at=at, actor=SYSTEM)
        if any(each >= 0 for each in what):
            self._swept = at
            escalation.claim(at=at, actor=SYSTEM)
            while escalation.sweep(is_settled=True, at=at, actor=SYSTEM):
                continue
        if what != {MISSED} or Cue.objects.exists():
            self._hear(at)

    def _hear(self, at: datetime) -> None:
        """Hear every cue, also those that a step has written, and make the calls."""
        self._looked = at
        self._take(at)
        while Cue.objects.exists():
            # In the past of the demo they were there as soon as what they tell of had happened.
            Cue.objects.filter(try_at__gt=at).update(try_at=at)
            escalation.hear_cues(cue_ids=queries.due_cues(at, MANY), at=at, actor=SYSTEM)
            self._take(at)
        for person_id in queries.due_calls(at, MANY):
            escalation.make_calls(person_id=person_id, at=at, actor=SYSTEM)
        _carry(at)

    def _take(self, at: datetime) -> None:
        if steps := [step_id for ladder in queries.due_steps(at, MANY).values() for step_id in ladder]:
            escalation.take_steps(step_ids=steps, at=at, actor=SYSTEM)

    def _stands_still(self, at: datetime) -> bool:
        return self._outage[0] <= at < self._outage[1]

    def _coming(self) -> Mapping[int, datetime]:
        """The instants at which the next of each sort comes due."""
        with connection.cursor() as cursor:
            cursor.execute(_COMING, {"since": self._looked - LAG})
            rows = cursor.fetchall()
        coming = {}
        for what, first in rows:
            if first is not None and (what, first) not in self._instants:
                self._instants[what, first] = first if what < 0 else self._instant(what, first)
            if first is not None:
                coming[what] = self._instants[what, first]
        return coming

    def _instant(self, what: int, first: datetime) -> datetime:
        """When a rule that waits for the clock has something to look at."""
        if what not in self._triggers:
            version = RuleVersion.objects.get(pk=what)
            self._triggers[what] = rules.ladder_of(version).trigger, version.brand_id
        trigger, brand_id = self._triggers[what]
        if trigger.offset_unit is None:
            return first
        clock = self._calendars.setdefault(brand_id, Calendars(brand_id)).default
        count = deadlines.subtract if trigger.before else deadlines.add
        return count(first, trigger.offset_amount, trigger.offset_unit, clock)


def _carry(at: datetime) -> None:
    """The mails of rules are taken by the next hop."""
    mails = Delivery.objects.filter(purpose="rule_call", status=DeliveryStatus.QUEUED, due_at__lte=at)
    for pk in list(mails.values_list("pk", flat=True)):
        if delivery.claim(delivery_id=pk, at=at, actor=SYSTEM) is not None:
            delivery.mark_sent(delivery_id=pk, claimed_at=at, at=at, actor=SYSTEM)
