"""What happened, or has become due, is held against the rules that wait for it: many at once, their cases locked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from cases import queue
from cases.commands.moves.calling import tell_admins
from cases.commands.moves.recording import record_many
from cases.models import Case, Cue, Escalation, EscalationStep, RuleVersion
from cases.queries import condition as facts
from cases.queries import escalation as queries
from cases.queries.calendar import Calendars
from cases.rules import condition as conditions
from cases.rules import deadlines, occasion, replay, spread
from cases.rules import escalation as rules
from cases.rules.escalation import Ladder
from cases.rules.hours import NoSuchTime
from cases.vocabulary import (
    ENDED,
    UNHANDLED,
    Actor,
    EscalationStatus,
    EventKind,
    ObservationKind,
    Passed,
    Reach,
    Reason,
    RuleLimits,
    Status,
    Stream,
    When,
)

Counts = Mapping[int, Sequence[tuple[datetime, int | None, int | None]]]
# The sweep's own cues bear this instant: what they are about was due when it says, not when it was written.
FROM_SWEEP = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Occasion:
    """A cue that is an occasion for its rule: under which key, since when, and at which depth."""

    cue: Cue
    ladder: Ladder
    key: str
    at: datetime
    depth: int


def match(cues: Sequence[Cue], cases: Mapping[int, Case], *, at: datetime) -> list[Escalation]:
    """Hold these cues against their rules; for each that matches an escalation with its steps, once an occasion."""
    found = _occasions(cues, cases, at)
    known = facts.facts_of(
        {one.cue.case_id for one in found},
        {fact for one in found for fact in conditions.facts_used(one.ladder.condition)},
        at,
    )
    rows, ladders = [], {}
    for one in found:
        verdict = conditions.explain(one.ladder.condition, known[one.cue.case_id])
        if verdict.holds:
            row = _escalation(one, cases[one.cue.case_id], {"condition": list(replay.seen_by(verdict))}, at)
            rows.append(row)
            ladders[row.public_id] = one
    made = _insert(rows)
    _add_steps([(row, ladders[row.public_id]) for row in made if row.status == EscalationStatus.RUNNING])
    _record(made, cases, at)
    return made


def _escalation(one: Occasion, case: Case, saw: dict[str, Any], at: datetime) -> Escalation:
    is_loop = one.depth > RuleLimits.CHAIN
    return Escalation(
        brand_id=case.brand_id,
        case=case,
        rule=one.cue.version.rule,
        version=one.cue.version,
        occasion=one.key,
        event=one.cue.event,
        deadline=one.cue.deadline,
        matched_at=one.at,
        noticed_at=at,
        status=EscalationStatus.SUPPRESSED if is_loop else EscalationStatus.RUNNING,
        reason=Reason.LOOP if is_loop else "",
        ended_at=at if is_loop else None,
        depth=one.depth,
        saw=saw,
    )


def _insert(rows: Sequence[Escalation]) -> list[Escalation]:
    """Store those whose occasion no rule has acted on yet, with their keys (I10)."""
    Escalation.objects.bulk_create(rows, ignore_conflicts=True)
    keys = dict(Escalation.objects.filter(public_id__in=[row.public_id for row in rows]).values_list("public_id", "pk"))
    made = [row for row in rows if row.public_id in keys]
    for row in made:
        row.pk = keys[row.public_id]
    return made


def _add_steps(made: Iterable[tuple[Escalation, Occasion]]) -> None:
    EscalationStep.objects.bulk_create(
        [
            EscalationStep(
                escalation=row,
                number=step.number,
                kind=step.kind,
                due_at=row.matched_at + timedelta(minutes=step.after_minutes),
            )
            for row, one in made
            for step in one.ladder.steps
        ]
    )


def _record(made: Sequence[Escalation], cases: Mapping[int, Case], at: datetime) -> None:
    by_rule: dict[tuple[int, bool], list[Escalation]] = defaultdict(list)
    for row in made:
        by_rule[row.rule_id, row.status == EscalationStatus.RUNNING].append(row)
    for (rule_id, is_running), rows in by_rule.items():
        kind = EventKind.RULE_MATCHED if is_running else EventKind.RULE_STOPPED
        more = {} if is_running else {"reason": Reason.LOOP.value}
        record_many(
            kind,
            Actor.rule(rule_id),
            [
                (
                    Stream.CASE,
                    row.case_id,
                    at,
                    {"rule": rule_id, "version": row.version_id, "escalation": row.pk, **more},
                )
                for row in rows
            ],
        )
        if not is_running:
            tell_admins(rows[0].rule, "rule_loop", rows[0], at=at)
    _count_up(made, cases)


def _count_up(made: Sequence[Escalation], cases: Mapping[int, Case]) -> None:
    """One revision more for each case that a rule matched, and word to the browsers that have it open."""
    keys = sorted({row.case_id for row in made})
    if not keys:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cases_case SET revision = revision + 1 WHERE id = ANY(%s) RETURNING id, revision", [keys]
        )
        for key, revision in cursor.fetchall():
            case = cases[key]
            case.revision = revision
            is_closed = case.is_restricted or case.about_id is not None
            queue.announce(brand_id=case.brand_id, case=case.reference, revision=revision, restricted=is_closed)


# ---------------------------------------------------------------- whether it is an occasion at all


def _occasions(cues: Sequence[Cue], cases: Mapping[int, Case], at: datetime) -> list[Occasion]:
    depths = queries.depths(cues)
    counts = queries.counts({cue.event.stream_id for cue in cues if cue.event and cue.version.when == When.REACH})
    ladders: dict[int, Ladder] = {}
    clocks = {cue.version.brand_id: Calendars(cue.version.brand_id) for cue in cues}
    found = []
    for cue in cues:
        version = cue.version
        if version.pk not in ladders:
            ladders[version.pk] = rules.ladder_of(version)
        ladder, case = ladders[version.pk], cases[cue.case_id]
        key = None if _is_over(version, case) else _key(cue, case, ladder, counts)
        since = _since(cue, ladder, clocks[version.brand_id], at) if key is not None else None
        if key is not None and since is not None:
            found.append(Occasion(cue, ladder, key, since, depths.get(cue.event_id or 0, 0)))
    return found


def _is_over(version: RuleVersion, case: Case) -> bool:
    """Whether nothing can come of it: the rule was retired or is paused, or the case has ended."""
    return version.rule.retired_at is not None or version.rule.paused_at is not None or case.status in ENDED


def _key(cue: Cue, case: Case, ladder: Ladder, counts: Counts) -> str | None:
    """The occasion that a cue is; None when it is none, or none any more."""
    if cue.event is not None:
        return occasion.of_event(cue.event.pk) if _is_meant(cue, ladder, counts) else None
    if cue.deadline is not None:
        due = cue.deadline
        is_open = due.met_at is None and due.ended_at is None and due.paused_at is None and due.due_at == cue.at
        return occasion.of_deadline(due.pk, due.due_at) if is_open else None
    standing = ladder.trigger.standing
    if standing is None or Status(case.status) not in UNHANDLED or queries.standing_since(case, standing) != cue.at:
        return None
    return occasion.of_standing(standing, cue.at)


def _is_meant(cue: Cue, ladder: Ladder, counts: Counts) -> bool:
    event, trigger = cue.event, ladder.trigger
    said = event.payload if event is not None else {}
    if trigger.when == When.HIDDEN:
        return bool(said.get("kind") == ObservationKind.HIDDEN_BY_US)
    if trigger.when == When.UNANSWERED:
        return bool(said.get("why") == Passed.TOO_LATE)
    if trigger.when == When.REACH and event is not None:
        place = 1 if trigger.reach == Reach.VIEWS else 2
        seen = [
            (line[0], count)
            for line in counts.get(event.stream_id, ())
            if line[0] <= event.occurred_at and isinstance(count := line[place], int)
        ]
        return bool(said.get("kind") == ObservationKind.REACH) and spread.has_crossed(trigger, seen)
    return True


def _since(cue: Cue, ladder: Ladder, calendars: Calendars, at: datetime) -> datetime | None:
    """From when the steps of the ladder count; None when the version was not the live one any more by then.

    What the sweep finds counts from when it was due, so that what an outage kept back is late; what was written when
    it was due already counts from when it was written.
    """
    version, is_swept = cue.version, cue.attempts == 0 and cue.try_at <= FROM_SWEEP
    since = cue.event.recorded_at if cue.event is not None else _due(cue, ladder, calendars, at)
    if not is_swept and cue.attempts == 0:
        since = max(since, cue.try_at)
    since = max(min(since, at), version.live_at or at)
    if version.retired_at is not None and since >= version.retired_at:
        return None if is_swept else version.retired_at - _INSTANT
    return since


def _due(cue: Cue, ladder: Ladder, calendars: Calendars, at: datetime) -> datetime:
    trigger = ladder.trigger
    if trigger.offset_unit is None:
        return cue.at
    count = deadlines.subtract if trigger.before else deadlines.add
    try:
        return count(cue.at, trigger.offset_amount, trigger.offset_unit, calendars.default)
    except NoSuchTime:
        return at


def due_now(made: Collection[Escalation], at: datetime) -> set[int]:
    """The cases of those whose ladder begins at once or has begun."""
    return {row.case_id for row in made if row.status == EscalationStatus.RUNNING and row.matched_at <= at}
