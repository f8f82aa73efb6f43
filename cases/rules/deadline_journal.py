"""The deadlines of a case out of its journal: what began, what moved it, what met it, what was missed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from cases.rules import deadlines
from cases.rules.calendar import Calendar, NoSuchTime
from cases.rules.deadlines import Identity, Moment, Policy, Row, Subject
from cases.vocabulary import Ended, EventKind, Goal, Start

FINAL = frozenset({EventKind.ANSWER_SENT, EventKind.UNREACHABLE_RECORDED})
# What we say to the complainant; only what a person says counts.
TELLS = frozenset({EventKind.REPLY_POSTED, EventKind.MESSAGE_SENT, EventKind.ANSWER_SENT})
MEETS: dict[Goal, frozenset[EventKind]] = {
    Goal.ACKNOWLEDGE: frozenset({EventKind.REPLY_POSTED, EventKind.ANSWER_SENT}),
    Goal.FIRST_REPLY: frozenset({EventKind.MESSAGE_SENT, EventKind.ANSWER_SENT}),
    Goal.REPLY: TELLS,
    Goal.UPDATE: TELLS - FINAL,
    Goal.DECISION: frozenset({EventKind.DECISION_RECORDED}),
    Goal.FINAL_ANSWER: FINAL,
    Goal.HANDLED: frozenset({EventKind.CASE_HANDLED}),
    Goal.PROMISE: frozenset({EventKind.PROMISE_KEPT}),
}
RESUMES = frozenset(
    {EventKind.CASE_RESUMED, EventKind.MESSAGE_RECEIVED, EventKind.POST_JOINED, EventKind.CASE_REOPENED}
)
ENDS = frozenset({EventKind.CASE_DISMISSED, EventKind.CASE_WITHDRAWN, EventKind.CASE_MERGED})
PROMISES = frozenset(
    {EventKind.PROMISE_MADE, EventKind.PROMISE_MOVED, EventKind.PROMISE_KEPT, EventKind.PROMISE_DROPPED}
)
# Everything else in a journal moves no deadline and need not be loaded.
HEARD = frozenset(
    {EventKind.CASE_WAITING, EventKind.CASE_CLASSIFIED, EventKind.CASE_HANDLED, EventKind.DEADLINE_EXTENDED}
    | {EventKind.DECISION_RECORDED}
    | TELLS
    | FINAL
    | RESUMES
    | ENDS
    | PROMISES
)

_AT_ONCE = frozenset({Start.POSTED, Start.RECEIVED, Start.NEXT_DAY})


def compute(
    subject: Subject,
    policies: Iterable[Policy],
    moments: Sequence[Moment],
    calendar_of: Callable[[int], Calendar],
    *,
    now: datetime,
    kept: Mapping[Identity, Row],
) -> list[Row]:
    """Every deadline the case has had until now; what was missed, met or ended before stays what it was kept as."""
    heard = [one for one in moments if one.kind in HEARD and one.at <= now]
    category, severity = _at_first(subject, heard)
    is_steady = all(one.kind != EventKind.CASE_CLASSIFIED for one in heard)
    tracks = []
    for policy in policies:
        applies = policy.fits(category, severity, subject.sort)
        # Under these nothing can have begun.
        if (is_steady and not applies) or (policy.until and policy.until <= subject.received_at):
            continue
        track = _Track(policy, calendar_of(policy.key), subject, applies)
        for moment in heard:
            track.hear(moment)
        track.look(now)
        tracks.append(track)
    rows = [row for one in tracks for row in _kept_first(one, kept)]
    rows += [_frozen(row, kept.get(row.identity)) for row in _promised(heard, now)]
    known = {row.identity for row in rows}
    rows += [_orphaned(row, now) for identity, row in kept.items() if identity not in known]
    return sorted(rows, key=order)


def order(row: Row) -> tuple[datetime, int, int, int]:
    """By date, and always the same way where dates are the same."""
    return row.due_at, row.policy or 0, row.promise or 0, row.round


@dataclass(slots=True)
class _Round:
    """A deadline while the journal is read; a shadow is one that the case did not stand under yet."""

    started_at: datetime
    first_due_at: datetime
    base: datetime
    due_at: datetime
    is_shadow: bool
    paused_at: datetime | None = None
    paused: float = 0.0
    paused_before: float = 0.0
    met_at: datetime | None = None
    met_by: int | None = None
    missed_at: datetime | None = None
    ended_at: datetime | None = None
    ended: Ended | str = ""


class _Track:
    """One policy, followed through the journal of one case."""

    def __init__(self, policy: Policy, calendar: Calendar, subject: Subject, applies: bool) -> None:
        self.policy, self.calendar, self.subject, self.applies = policy, calendar, subject, applies
        self.rounds: list[_Round] = []
        self.open: _Round | None = None
        self.met_unseen: _Round | None = None
        self.is_waiting = self.is_over = self.is_answered = self.has_begun = False
        self.is_chain = policy.goal in (Goal.REPLY, Goal.UPDATE)
        self.is_superseded = policy.goal == Goal.UPDATE or (
            policy.superseded_by_answer and policy.goal != Goal.FINAL_ANSWER
        )
        self.meets = MEETS[policy.goal]
        if policy.goal == Goal.ACKNOWLEDGE and not subject.is_public:
            self.meets |= {EventKind.MESSAGE_SENT}
        if policy.goal != Goal.REPLY and policy.start in _AT_ONCE:
            at = subject.posted_at if policy.start == Start.POSTED else subject.received_at
            self._begin(at, known_at=subject.received_at)

    def hear(self, moment: Moment) -> None:
        """Take one line of the journal."""
        kind, at = moment.kind, moment.at
        self.look(at)
        if kind == EventKind.CASE_WAITING:
            self._wait(at)
        elif kind in RESUMES:
            self._resume(at)
        if kind == EventKind.CASE_CLASSIFIED:
            self._classify(moment)
        elif kind == EventKind.DEADLINE_EXTENDED:
            self._extend(moment)
        elif kind in ENDS:
            self._end(at, Ended.CASE_ENDED)
            self.is_over = True
        elif kind == EventKind.CASE_REOPENED:
            self._reopen(at)
        else:
            self._speak(moment)

    def look(self, at: datetime) -> None:
        """Note what has come due by then without being met."""
        one = self.open
        if one is not None and one.paused_at is None and one.missed_at is None and one.due_at <= at:
            one.missed_at = one.due_at

    def _speak(self, moment: Moment) -> None:
        """Something was said, decided or handled: it may begin a deadline, meet one, or make one needless."""
        kind, at = moment.kind, moment.at
        if kind in TELLS and not moment.by_person:
            return
        if not self.is_chain and self._starts(kind) and not self.has_begun:
            self._begin(at)
        if self.open is not None:
            self._meet_or_end(moment)
        if kind in FINAL:
            self.is_answered = True
        if kind == EventKind.CASE_HANDLED:
            self._end(at, Ended.CASE_ENDED)
            self.is_over = self.policy.goal != Goal.REPLY
        if self.policy.goal == Goal.REPLY:
            begins = kind == EventKind.MESSAGE_RECEIVED
        else:
            begins = self.policy.goal == Goal.UPDATE and kind in TELLS and not self.is_answered
        if begins and self.open is None:
            self._begin(at)

    def _meet_or_end(self, moment: Moment) -> None:
        one, kind = self.open, moment.kind
        is_needless = kind in FINAL and (
            self.policy.goal == Goal.UPDATE
            or (self.policy.superseded_by_answer and self.policy.goal != Goal.FINAL_ANSWER)
        )
        if one is not None and kind in self.meets and not (is_needless and one.missed_at is None):
            self._resume(moment.at, stays=True)
            self.look(moment.at)
            one.met_at, one.met_by = moment.at, moment.event
            self._settle(one)
        elif is_needless:
            self._end(moment.at, Ended.SUPERSEDED)

    def _starts(self, kind: EventKind) -> bool:
        if self.policy.start in (Start.ACKNOWLEDGED, Start.TOLD):
            return kind in TELLS
        return self.policy.start == Start.WROTE and kind == EventKind.MESSAGE_RECEIVED

    def _begin(self, at: datetime, *, known_at: datetime | None = None) -> None:
        policy, known_at = self.policy, known_at or at
        if self.is_over or (policy.since and known_at < policy.since) or (policy.until and known_at >= policy.until):
            return
        started_at = self._counted(at)
        due_at = deadlines.due(policy, started_at, self.calendar)
        self.has_begun = True
        self._follow(_Round(started_at, due_at, due_at, due_at, is_shadow=not self.applies))
        if self.is_waiting:
            self._wait(at)

    def _counted(self, at: datetime) -> datetime:
        try:
            return deadlines.begins(self.policy, at, self.calendar)
        except NoSuchTime:
            return at.astimezone(UTC)

    def _follow(self, one: _Round) -> None:
        self.open = one
        if not one.is_shadow:
            self.rounds.append(one)

    def _settle(self, one: _Round) -> None:
        self.open = None
        if one.is_shadow and not self.is_chain:
            self.met_unseen = one

    def _end(self, at: datetime, why: Ended) -> None:
        if (one := self.open) is not None:
            self._resume(at, stays=True)
            self.look(at)
            one.ended_at, one.ended = at, why
            self.open = None

    def _wait(self, at: datetime) -> None:
        self.is_waiting = True
        one = self.open
        if self.policy.pauses and one is not None and one.missed_at is None and one.paused_at is None:
            one.paused_at = max(at, one.started_at)

    def _resume(self, at: datetime, *, stays: bool = False) -> None:
        """The clock goes on, and the date is later by what the policy counts of the pause."""
        self.is_waiting = self.is_waiting and stays
        one = self.open
        if one is None or one.paused_at is None:
            return
        one.paused += deadlines.pause_between(self.policy, one.paused_at, at, self.calendar)
        one.paused_at = None
        one.due_at = deadlines.moved_by_pauses(self.policy, one.base, one.paused - one.paused_before, self.calendar)

    def _extend(self, moment: Moment) -> None:
        one = self.open
        if one is None or one.missed_at is not None or moment.data.get("policy") != self.policy.key:
            return
        until = datetime.fromisoformat(moment.data["until"])
        if until > one.due_at:
            one.base = one.due_at = until.astimezone(UTC)
            one.paused_before = one.paused

    def _classify(self, moment: Moment) -> None:
        data = moment.data
        applied, self.applies = self.applies, self.policy.fits(data["category"], data["severity"], self.subject.sort)
        if applied == self.applies:
            return
        one = self.open
        if self.applies:
            self._appear(one or self.met_unseen)
        elif one is not None and one.missed_at is None:
            # It goes on unseen, in case the policy comes to be for the case again.
            unseen = replace(one, is_shadow=True)
            one.ended_at, one.ended = moment.at, Ended.NOT_FOR_IT
            one.paused_at = None
            self.open = unseen

    def _appear(self, one: _Round | None) -> None:
        if one is not None and one.is_shadow:
            one.is_shadow = False
            self.rounds.append(one)
        self.met_unseen = None

    def _reopen(self, at: datetime) -> None:
        self.is_over = self.is_answered = False
        if self.policy.again and self.open is None and self.policy.goal != Goal.REPLY:
            self._begin(at)


def _at_first(subject: Subject, moments: Iterable[Moment]) -> tuple[int | None, int | None]:
    """The category and severity that the case was opened with."""
    for one in moments:
        if one.kind == EventKind.CASE_CLASSIFIED:
            data = one.data
            return data.get("category_before", subject.category), data.get("severity_before", subject.severity)
    return subject.category, subject.severity


def _row(policy: Policy, number: int, one: _Round) -> Row:
    return Row(policy.key, None, policy.goal, number, one.started_at, one.first_due_at, one.due_at, one.paused_at,
               int(one.paused), one.met_at, one.met_by, one.missed_at, one.ended_at, one.ended)  # fmt: skip


def _kept_first(track: _Track, kept: Mapping[Identity, Row]) -> list[Row]:
    """The rounds of a policy under the numbers they were kept with; one that ended because the policy was not for the
    case, and would not today, keeps its number, and what is computed goes on behind it.
    """
    rows: list[Row] = []
    for one in track.rounds:
        before = kept.get((track.policy.key, None, len(rows) + 1))
        while before is not None and before.ended == Ended.NOT_FOR_IT != one.ended:
            rows.append(before)
            before = kept.get((track.policy.key, None, len(rows) + 1))
        rows.append(_frozen(_row(track.policy, len(rows) + 1, one), before))
    return rows


def _frozen(row: Row, before: Row | None) -> Row:
    """What is computed now, but for what has become history; what was missed can only still be met or end."""
    if before is None:
        return row
    if before.is_settled:
        return before
    if before.missed_at is not None:
        return replace(before, met_at=row.met_at, met_by=row.met_by, ended_at=row.ended_at, ended=row.ended)
    return replace(row, started_at=before.started_at)


def _orphaned(row: Row, now: datetime) -> Row:
    if row.is_settled:
        return row
    if row.missed_at is None and row.paused_at is None and row.due_at <= now:
        row = replace(row, missed_at=row.due_at)
    return replace(row, paused_at=None, ended_at=now, ended=Ended.NOT_FOR_IT)


def _promised(moments: Iterable[Moment], now: datetime) -> list[Row]:
    """The deadlines of what was promised: a date that moves in time moves it, one that moves too late is another."""
    chains: dict[int, list[Row]] = {}
    for one in moments:
        if one.kind in ENDS:
            for chain in chains.values():
                chain[:] = [_ended(_looked(row, one.at), one.at, Ended.CASE_ENDED) for row in chain]
        elif one.kind in PROMISES:
            _promise(chains, one)
    rows = {row.identity: row for chain in chains.values() for row in chain}
    return [_looked(row, now) for row in rows.values()]


def _promise(chains: dict[int, list[Row]], moment: Moment) -> None:
    number, at = int(moment.data["promise"]), moment.at
    if moment.kind == EventKind.PROMISE_MADE:
        chains[number] = [_begun(number, at, moment)]
        return
    chain = chains.get(int(moment.data.get("replaces", number)))
    if chain is None:
        return
    chain[:] = [_looked(row, at) for row in chain]
    if moment.kind == EventKind.PROMISE_MOVED:
        chains[number] = chain
        last, due_at = chain[-1], datetime.fromisoformat(moment.data["due"]).astimezone(UTC)
        if not last.is_settled and last.missed_at is None:
            chain[-1] = replace(last, due_at=due_at)
        elif due_at > at:
            chain.append(_begun(number, at, moment))
    elif moment.kind == EventKind.PROMISE_KEPT:
        chain[:] = [row if row.is_settled else replace(row, met_at=at, met_by=moment.event) for row in chain]
    else:
        chain[:] = [_ended(row, at, Ended.DROPPED) for row in chain]


def _begun(number: int, at: datetime, moment: Moment) -> Row:
    due_at = datetime.fromisoformat(moment.data["due"]).astimezone(UTC)
    return Row(None, number, Goal.PROMISE, 1, at, due_at, due_at)


def _looked(row: Row, at: datetime) -> Row:
    if row.is_settled or row.missed_at is not None or row.due_at > at:
        return row
    return replace(row, missed_at=row.due_at)


def _ended(row: Row, at: datetime, why: Ended) -> Row:
    return row if row.is_settled else replace(row, ended_at=at, ended=why)
