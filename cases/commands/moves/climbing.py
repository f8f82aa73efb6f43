"""A ladder goes up a step, ends, or stops, and its case's journal says so."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from cases import errors
from cases.commands.moves.base import record_case
from cases.commands.moves.calling import drop_calls, tell_admins
from cases.commands.moves.escalating import Outcome, Rung, act
from cases.models import Case, Escalation, EscalationStep
from cases.queries import escalation as queries
from cases.rules import escalation as rules
from cases.vocabulary import (
    Actor,
    EscalationStatus,
    EventKind,
    Missed,
    Reason,
    RuleLimits,
    StepStatus,
)

LATE = timedelta(minutes=RuleLimits.LATE_MINUTES)


def climb(case: Case, row: EscalationStep, *, at: datetime) -> bool:
    """Take the lowest step of a ladder in a locked case, unless the ladder ends before; whether it is over."""
    found = row.escalation
    ladder = rules.ladder_of(found.version)
    if found.rule.retired_at is not None:
        stop(case, found, Reason.RETIRED, at=at)
        return True
    if not queries.goes_on(case, found, ladder, at):
        stop(case, found, Reason.STOPPED, at=at)
        return True
    rung = Rung(case, found, row, ladder.steps[row.number - 1], at)
    is_late = at - row.due_at > LATE
    if found.rule.paused_at is not None:
        outcome = Outcome(StepStatus.SKIPPED, Reason.PAUSED)
    elif is_late and ladder.missed == Missed.SKIP:
        outcome = Outcome(StepStatus.SKIPPED, Reason.MISSED)
    else:
        outcome = _tried(rung)
    _mark(rung, outcome, is_late=is_late)
    if outcome.reason == Reason.GONE:
        tell_admins(found.rule, "rule_gone", found, at=at)
    return _end(rung)


def give_up(case: Case, row: EscalationStep, error: str, *, at: datetime) -> None:
    """A step that failed of itself again and again is not tried any more; the ladder goes on without it."""
    step = rules.ladder_of(row.escalation.version).steps[row.number - 1]
    rung = Rung(case, row.escalation, row, step, at)
    _mark(rung, Outcome(StepStatus.FAILED, Reason.REFUSED, {"refused": error}), is_late=True)
    _end(rung)


def _end(rung: Rung) -> bool:
    """Steps are taken in their order: after the last of them the ladder is done."""
    is_last = rung.row.number == len(rung.escalation.version.steps)
    if is_last:
        Escalation.objects.filter(pk=rung.escalation.pk).update(status=EscalationStatus.DONE, ended_at=rung.at)
    return is_last


def _tried(rung: Rung) -> Outcome:
    try:
        # What a refusal has begun is taken back; that it was refused stays.
        with transaction.atomic():
            return act(rung)
    except errors.NobodyMayDecide:
        return Outcome(StepStatus.FAILED, Reason.NOBODY)
    except errors.Refused as refusal:
        return Outcome(StepStatus.FAILED, Reason.REFUSED, {"refused": refusal.code})


def _mark(rung: Rung, outcome: Outcome, *, is_late: bool) -> None:
    found, row = rung.escalation, rung.row
    EscalationStep.objects.filter(pk=row.pk).update(
        status=outcome.status,
        reason=outcome.reason or "",
        done_at=rung.at,
        is_late=is_late,
        attempts=row.attempts + 1,
        did=outcome.did,
    )
    record_case(
        rung.case,
        EventKind.RULE_STEPPED,
        rung.actor,
        at=rung.at,
        **{
            **outcome.did,
            "rule": found.rule_id,
            "version": found.version_id,
            "escalation": found.pk,
            "step": row.number,
            "kind": row.kind,
            "became": outcome.status.value,
            "reason": outcome.reason.value if outcome.reason else None,
            "late": is_late,
        },
    )


def stop(case: Case, found: Escalation, reason: Reason, *, at: datetime) -> None:
    """End a ladder before its next step: what it looked for is over, or the rule is."""
    pending = EscalationStep.objects.filter(escalation=found, status=StepStatus.PENDING)
    pending.update(status=StepStatus.SKIPPED, reason=reason, done_at=at)
    Escalation.objects.filter(pk=found.pk).update(status=EscalationStatus.STOPPED, reason=reason, ended_at=at)
    drop_calls(found)
    record_case(
        case,
        EventKind.RULE_STOPPED,
        Actor.rule(found.rule_id),
        at=at,
        rule=found.rule_id,
        version=found.version_id,
        escalation=found.pk,
        reason=reason.value,
    )
