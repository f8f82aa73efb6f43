"""What rules would have done: every ladder walked through the recorded past of a case, an occasion at a time.

What a replayed rule would have done does not change the past: the next occasion is judged on what really happened.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from heapq import heappop, heappush
from typing import Any

from cases.rules import condition as conditions
from cases.rules import escalation, occasion, spread
from cases.rules.condition import Verdict
from cases.rules.escalation import Ladder, Step, Trigger
from cases.rules.history import PEOPLE, Due, History, Line
from cases.rules.past import MOVING, Past, by, reading
from cases.rules.permission import may_own
from cases.rules.replay_clock import Clock
from cases.vocabulary import (
    ENDED,
    HEARS,
    ActorKind,
    EventKind,
    Goal,
    ObservationKind,
    Passed,
    Reason,
    Role,
    RuleLimits,
    Severity,
    Standing,
    StepKind,
    Stop,
    When,
    Whom,
)

Period = tuple[datetime, datetime]

# Whoever only reads has not reacted.
_LOOKS = frozenset({EventKind.MESSAGES_READ})


@dataclass(frozen=True, slots=True)
class Crew:
    """A team as it is today."""

    lead: int | None = None
    duty: int | None = None
    members: tuple[int, ...] = ()


_NOBODY = Crew()


@dataclass(slots=True)
class Context:
    """Who is there to be called, and the calendar by which rules count."""

    clock: Clock
    crews: Mapping[int, Crew] = field(default_factory=dict)
    managers: tuple[int, ...] = ()
    people: Mapping[int, Role] = field(default_factory=dict)
    away: Mapping[int, Sequence[Period]] = field(default_factory=dict)

    def is_there(self, person: int, at: datetime) -> bool:
        """Whether somebody works here, and was not absent."""
        return person in self.people and not any(since <= at < until for since, until in self.away.get(person, ()))


@dataclass(slots=True)
class Act:
    """A step that would have been taken, or why it would not; whom it would have called, and when people reacted."""

    key: str
    case: int
    step: int
    kind: StepKind
    matched_at: datetime
    at: datetime
    called: tuple[int, ...] = ()
    reason: Reason | None = None
    reacted_at: datetime | None = None
    saw: tuple[dict[str, Any], ...] = ()


@dataclass(slots=True)
class _Run:
    """A ladder on one occasion: what set it off, and what its condition saw then."""

    key: str
    ladder: Ladder
    matched_at: datetime
    due: Due | None = None
    due_until: datetime | None = None
    since: datetime | None = None
    line: Line | None = None
    saw: tuple[dict[str, Any], ...] = ()
    is_over: bool = False


def replay(history: History, ladders: Sequence[tuple[str, Ladder]], context: Context, period: Period) -> list[Act]:
    """What these ladders would have done in a case within a period, its end not included."""
    return Walk(ladders, context, period, explained=frozenset(key for key, _ in ladders)).through(history)


class Walk:
    """Ladders, laid out by what they listen to, that are taken through one case after the other."""

    def __init__(
        self, ladders: Sequence[tuple[str, Ladder]], context: Context, period: Period, *, explained: frozenset[str]
    ) -> None:
        self.context, self.period, self.explained = context, period, explained
        self.wanted = reading({fact for _, ladder in ladders for fact in escalation.facts_needed(ladder)})
        self.heard: dict[str, list[tuple[str, Ladder]]] = {}
        self.goals: dict[Goal | None, list[tuple[str, Ladder]]] = {}
        self.standings: dict[Standing, list[tuple[str, Ladder]]] = {}
        # A later step within the period can come from an occasion before it.
        self.since = {
            key: period[0] - timedelta(minutes=max((step.after_minutes for step in ladder.steps), default=0))
            for key, ladder in ladders
        }
        self.earliest = min(self.since.values(), default=period[0])
        for key, ladder in ladders:
            trigger = ladder.trigger
            if trigger.when == When.DEADLINE:
                self.goals.setdefault(trigger.goal, []).append((key, ladder))
            elif trigger.when == When.LASTED and trigger.standing is not None:
                self.standings.setdefault(trigger.standing, []).append((key, ladder))
            elif trigger.when in HEARS:
                self.heard.setdefault(HEARS[trigger.when].value, []).append((key, ladder))

    def through(self, history: History) -> list[Act]:
        """What they would have done in this case."""
        return _Walked(self, history).acts


class _Walked:
    """One case, walked through in the order of time."""

    def __init__(self, walk: Walk, history: History) -> None:
        self.walk, self.history, self.context = walk, history, walk.context
        self.past = Past(history)
        self.acts: list[Act] = []
        self.queue: list[tuple[datetime, int, int, _Run, Step | None]] = []
        self.count = 0
        self.stood: dict[Standing, datetime | None] = {}
        self.reacted = [line.at for line in history.lines if line.actor in PEOPLE and line.kind not in _LOOKS]
        for due in history.deadlines:
            self._watch(due)
        self._stand(history.opened_at)
        self._go()

    def _go(self) -> None:
        lines, place, end, count = self.history.lines, 0, self.walk.period[1], len(self.history.lines)
        while place < count or self.queue:
            at = lines[place].at if place < count else self.queue[0][0]
            if self.queue and self.queue[0][0] < at:
                at = self.queue[0][0]
            if at >= end:
                return
            first = place
            while place < count and lines[place].at == at:
                self.past.hear(lines[place])
                place += 1
            if place > first:
                if any(line.kind in MOVING for line in lines[first:place]):
                    self._stand(at)
                if at >= self.walk.earliest:
                    for line in lines[first:place]:
                        self._happened(line)
            while self.queue and self.queue[0][0] == at:
                _, _, _, run, step = heappop(self.queue)
                if step is None:
                    self._came(run, at)
                elif not run.is_over:
                    self._step(run, step, at)

    def _push(self, at: datetime, run: _Run, step: Step | None) -> None:
        if at < self.walk.period[1]:
            self.count += 1
            heappush(self.queue, (at, 0 if step is None else 1, self.count, run, step))

    # ---- occasions

    def _watch(self, due: Due) -> None:
        """Whatever looks at this deadline looks at each date it had, before or after it."""
        clock, settled = self.context.clock, due.settled_at
        for key, ladder in (*self.walk.goals.get(due.goal, ()), *self.walk.goals.get(None, ())):
            trigger = ladder.trigger
            if trigger.offset_unit is None:
                continue
            count = clock.subtract if trigger.before else clock.add
            for since, until, date in due.dates:
                if settled is not None and settled <= since:
                    continue
                at = count(date, trigger.offset_amount, trigger.offset_unit) if trigger.offset_amount else date
                at = max(at, since)
                if at >= self.walk.since[key] and (settled is None or at < settled) and (until is None or at < until):
                    self._push(at, _Run(key, ladder, at, due=due, due_until=until), None)

    def _stand(self, now: datetime) -> None:
        """Where the case has come to stand, rules that wait for it to have stood there begin to count."""
        for standing, ladders in self.walk.standings.items():
            since = self.past.standing_since(standing)
            if since == self.stood.get(standing):
                continue
            self.stood[standing] = since
            if since is None:
                continue
            for key, ladder in ladders:
                trigger = ladder.trigger
                if trigger.offset_unit is not None:
                    at = max(self.context.clock.add(since, trigger.offset_amount, trigger.offset_unit), now)
                    if at >= self.walk.since[key]:
                        self._push(at, _Run(key, ladder, at, since=since), None)

    def _came(self, run: _Run, at: datetime) -> None:
        """A date or the end of a standing has come; what is over by now is no occasion."""
        standing = run.ladder.trigger.standing
        if standing is None or self.past.standing_since(standing) == run.since:
            self._judge(run, at)

    def _happened(self, line: Line) -> None:
        for key, ladder in self.walk.heard.get(line.kind, ()):
            if line.at >= self.walk.since[key] and self._is_meant(ladder.trigger, line):
                self._judge(_Run(key, ladder, line.at, line=line), line.at)

    def _is_meant(self, trigger: Trigger, line: Line) -> bool:
        if trigger.when == When.HIDDEN:
            return bool(line.said.get("kind") == ObservationKind.HIDDEN_BY_US)
        if trigger.when == When.UNANSWERED:
            return bool(line.said.get("why") == Passed.TOO_LATE)
        if trigger.when == When.REACH and trigger.reach is not None:
            seen = self.past.counts(line.said.get("post", 0), trigger.reach.value, line.at)
            return line.said.get("kind") == ObservationKind.REACH and spread.has_crossed(trigger, seen)
        return True

    def _judge(self, run: _Run, at: datetime) -> None:
        """Whether the rule would have matched; then its ladder begins. A case that has ended is left alone."""
        if self.past.status in ENDED:
            return
        facts = self.past.facts(at, self.walk.wanted)
        if not conditions.holds(run.ladder.condition, facts):
            return
        if self._depth(run) > RuleLimits.CHAIN:
            self._keep(run, run.ladder.steps[0], at, Reason.LOOP)
            return
        if run.key in self.walk.explained:
            run.saw = seen_by(conditions.explain(run.ladder.condition, facts))
        for step in run.ladder.steps:
            if step.after_minutes:
                self._push(at + timedelta(minutes=step.after_minutes), run, step)
            elif not run.is_over:
                self._step(run, step, at)

    def _depth(self, run: _Run) -> int:
        """How many rules had set each other off before, as far as they really had."""
        line = run.line
        if line is None or line.actor != ActorKind.RULE:
            return 0
        # A step and what it did happen at the same instant.
        known = [depth for at, rule, depth in self.history.depths if rule == line.actor_id and at == line.at]
        return 1 + max(known, default=0)

    # ---- steps

    def _step(self, run: _Run, step: Step, at: datetime) -> None:
        """Take a step, unless what ends the ladder has happened."""
        if not occasion.still_so(run.ladder, self._now(run, at), self.past.facts(at, self.walk.wanted)):
            run.is_over = True
            self._keep(run, step, at, Reason.STOPPED)
            return
        called = self.whom(step, at) if step.whom is not None else ()
        if self._is_so_already(step, called, at):
            self._keep(run, step, at, Reason.NOTHING)
            return
        self._keep(run, step, at, Reason.NOBODY if step.whom is not None and not called else None, called)

    def _now(self, run: _Run, at: datetime) -> occasion.Now:
        past, ladder, due = self.past, run.ladder, run.due
        if ladder.stop == Stop.REPLIED:
            return occasion.Now(past.status, has_replied=_after(past.replied_at, run.matched_at))
        if ladder.stop == Stop.OWNER_ACTED:
            return occasion.Now(past.status, owner_has_acted=_after(past.acted_by.get(past.owner), run.matched_at))
        if ladder.stop != Stop.CAUSE_GONE:
            return occasion.Now(past.status)
        reach, standing = ladder.trigger.reach, ladder.trigger.standing
        seen = past.spread(at, reach.value) if reach is not None else {}
        return occasion.Now(
            past.status,
            deadline_stands=due is None or not (by(due.settled_at, at) or by(run.due_until, at)),
            still_stands=standing is None or past.standing_since(standing) == run.since,
            reach=seen.get(run.line.said.get("post", 0)) if run.line is not None else None,
            is_unanswered=past.unanswered_since is not None,
        )

    def _is_so_already(self, step: Step, called: tuple[int, ...], at: datetime) -> bool:
        past = self.past
        if step.kind == StepKind.SEVERITY:
            return past.severity >= max(Severity.values)
        if step.kind == StepKind.ASSIGN:
            return called == (past.owner,)
        if step.kind == StepKind.ACTION:
            return past.has_action(step.kind_id or 0, at)
        return step.kind == StepKind.TAG and step.tag in past.tags

    def whom(self, step: Step, at: datetime) -> tuple[int, ...]:
        """Whom a step would have called: today's teams and roles, the owner and the absences of then."""
        whom = step.whom
        asked = dict.fromkeys(self._meant(step))
        able = (one for one in asked if one is not None and self._is_able(step, one, at))
        if whom in {Whom.TEAM, Whom.MANAGERS}:
            return tuple(able)
        first = next(able, None)
        return () if first is None else (first,)

    def _meant(self, step: Step) -> Sequence[int | None]:
        whom, context, owner = step.whom, self.context, self.past.owner
        if whom in {Whom.OWNER, Whom.PERSON}:
            return (owner if whom == Whom.OWNER else step.person,)
        if whom == Whom.MANAGERS:
            return context.managers
        crew = context.crews.get(step.team or self.history.team, _NOBODY)
        if whom in {Whom.TEAM, Whom.LEAD}:
            return crew.members if whom == Whom.TEAM else (crew.lead,)
        on_duty = (crew.duty, crew.lead, *context.managers)
        return on_duty if whom == Whom.DUTY else (owner, *on_duty)

    def _is_able(self, step: Step, person: int, at: datetime) -> bool:
        """Whether this person was there, and may see the case, or own it where it would be given to them."""
        context, history = self.context, self.history
        role = context.people.get(person)
        if role is None or person == history.about or not context.is_there(person, at):
            return False
        if step.kind == StepKind.ASSIGN:
            return may_own(role)
        is_lead = context.crews.get(history.team, _NOBODY).lead == person
        return not self.past.is_restricted or person == self.past.owner or role == Role.MANAGER or is_lead

    def _keep(self, run: _Run, step: Step, at: datetime, reason: Reason | None, called: tuple[int, ...] = ()) -> None:
        if self.walk.period[0] <= at < self.walk.period[1]:
            self.acts.append(
                Act(run.key, self.history.case, step.number, step.kind, run.matched_at, at, called, reason,
                    self._reaction(run), run.saw)
            )  # fmt: skip

    def _reaction(self, run: _Run) -> datetime | None:
        """When people really did what the rule wanted of them: met the deadline, or did anything after the occasion."""
        if run.due is not None:
            return run.due.met_at
        place = bisect_right(self.reacted, run.matched_at)
        return self.reacted[place] if place < len(self.reacted) else None


def _after(then: datetime | None, at: datetime) -> bool:
    return then is not None and then > at


def seen_by(verdict: Verdict) -> tuple[dict[str, Any], ...]:
    """The questions that decided it, each with what it saw, as small JSON."""
    found = []
    for one in verdict.why():
        leaf = one.condition
        if isinstance(leaf, conditions.Leaf):
            found.append({**conditions.dump(leaf), "saw": _plain(one.saw), "holds": one.holds})
    return tuple(found)


def _plain(saw: object) -> object:
    if isinstance(saw, frozenset):
        return sorted(saw)
    return f"{saw:f}" if isinstance(saw, Decimal) else saw
