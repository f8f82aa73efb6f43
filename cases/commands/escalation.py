"""Rules at work: what has become due is found, held against the rules, acted on a step at a time, and people called.

Every instant here is the database's (``queries/clock.py``); the rows are the queue, and each is taken once (I10).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import connection, transaction

from cases import queue
from cases.commands import moves
from cases.models import Cue, EscalationStep, Heartbeat
from cases.queries import escalation as queries
from cases.queries import sweeping
from cases.vocabulary import Actor, Job, StepStatus

# A step that fails of itself, not by a refusal, is tried so often.
MOST_ATTEMPTS = 6
# Of so many matches in one go each case is nudged by itself; above, whoever is free takes what is due.
NUDGED = 10

_CLAIM = """
UPDATE cases_ruleversion v SET swept_to = n.upto FROM unnest(%s::bigint[], %s::timestamptz[]) AS n(id, upto)
 WHERE v.id = n.id AND v.swept_to < n.upto
"""


@transaction.atomic(durable=True)
def claim(*, at: datetime, actor: Actor) -> None:  # noqa: ARG001 - every command says who acts
    """Claim to have looked at everything up to now: from here on, what is written behind that becomes a cue."""
    found = [watch for watch in sweeping.watches(at) if watch.retired_at is None]
    reached = sweeping.thresholds(found, at)
    # Where a version begins to look is kept before the claim hides it.
    new = [watch for watch in found if watch.looked is None]
    first = sweeping.marks(new, {watch.version_id: watch.claimed for watch in new})
    Heartbeat.objects.bulk_create(first, ignore_conflicts=True)
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [list(reached), list(reached.values())])
    _keep([Heartbeat(part=sweeping.EVALUATOR, at=at)])


@transaction.atomic(durable=True)
def sweep(*, is_settled: bool, at: datetime, actor: Actor) -> bool:  # noqa: ARG001 - every command says who acts
    """Look at what was claimed, and write a cue for everything that has become due; whether there is more.

    While somebody still writes who began before the claim, it is looked at again in the next sweep.
    """
    found = sweeping.watches(at)
    gone = [watch for watch in found if watch.retired_at is not None]
    upto = {watch.version_id: watch.claimed for watch in found}
    for watch in gone:
        reached = sweeping.thresholds([watch], watch.retired_at or at)[watch.version_id]
        upto[watch.version_id] = max(watch.claimed, reached)
    behind = [watch for watch in found if watch.looked is None or watch.looked < upto[watch.version_id]]
    seen = sweeping.look(behind, upto)
    if is_settled:
        _keep(sweeping.marks(behind, seen.looked))
    if seen.count:
        queue.after_commit(Job.HEAR_CUES)
    return seen.is_full and is_settled


def _keep(rows: Collection[Heartbeat]) -> None:
    Heartbeat.objects.bulk_create(rows, update_conflicts=True, unique_fields=["part"], update_fields=["at"])


@transaction.atomic(durable=True)
def hear_cues(*, cue_ids: Collection[int], at: datetime, actor: Actor) -> int:  # noqa: ARG001 - who acts is the rule
    """Hold these cues against the rules that wait for them, once each; how many rules matched."""
    rows = Cue.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk__in=cue_ids, try_at__lte=at)
    cues = list(rows.select_related("version__rule", "event", "deadline").order_by("pk"))
    if not cues:
        return 0
    cases = moves.lock_many([cue.case_id for cue in cues])
    made = moves.match(cues, cases, at=at)
    Cue.objects.filter(pk__in=[cue.pk for cue in cues]).delete()
    due = moves.due_now(made, at)
    if len(due) > NUDGED:
        queue.after_commit(Job.TAKE_STEPS)
    else:
        for case_id in due:
            queue.after_commit(Job.TAKE_STEPS, case_id=case_id)
    return len(made)


@transaction.atomic(durable=True)
def put_off_cue(*, cue_id: int, error: str, at: datetime, actor: Actor) -> None:  # noqa: ARG001
    """It could not be held against its rule: again later, and it holds up no other."""
    row = Cue.objects.select_for_update(skip_locked=True).filter(pk=cue_id).first()
    if row is not None:
        Cue.objects.filter(pk=cue_id).update(
            attempts=min(row.attempts + 1, 1000), error=error[:500], try_at=at + moves.backoff(row.attempts + 1)
        )


@transaction.atomic(durable=True)
def take_steps(*, step_ids: Collection[int], at: datetime, actor: Actor) -> int:  # noqa: ARG001 - the rules act
    """Take these steps if their time has come, those of a ladder in their order; how many were taken.

    Left out are steps that somebody else has in hand, or that have to wait for one before them.
    """
    cases = moves.lock_many(
        EscalationStep.objects.filter(pk__in=step_ids, status=StepStatus.PENDING).values_list(
            "escalation__case_id", flat=True
        )
    )
    rows = _pending(step_ids, at)
    first = queries.lowest_pending([row.escalation_id for row in rows])
    taken = 0
    for row in rows:
        if first.get(row.escalation_id, [])[:1] == [row.number]:
            over = moves.climb(cases[row.escalation.case_id], row, at=at)
            first[row.escalation_id] = [] if over else first[row.escalation_id][1:]
            taken += 1
    return taken


def _pending(step_ids: Collection[int], at: datetime) -> list[EscalationStep]:
    rows = EscalationStep.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    found = rows.filter(pk__in=step_ids, status=StepStatus.PENDING, due_at__lte=at).order_by("escalation_id", "number")
    return list(
        found.select_related("escalation__version", "escalation__rule", "escalation__deadline", "escalation__event")
    )


@transaction.atomic(durable=True)
def put_off_step(*, step_id: int, error: str, at: datetime, actor: Actor) -> None:  # noqa: ARG001
    """It failed of itself: tried again later, and given up after some attempts."""
    case_id = EscalationStep.objects.filter(pk=step_id).values_list("escalation__case_id", flat=True).first()
    if case_id is None:
        return
    case = moves.lock(case_id)
    row = next(iter(_pending([step_id], at)), None)
    if row is None:
        return
    if row.attempts + 1 < MOST_ATTEMPTS:
        later = at + moves.backoff(row.attempts + 1)
        EscalationStep.objects.filter(pk=step_id).update(attempts=row.attempts + 1, due_at=later)
        return
    moves.give_up(case, row, error, at=at)


@transaction.atomic(durable=True)
def make_calls(*, person_id: int, at: datetime, actor: Actor) -> int:  # noqa: ARG001 - who calls is the rule
    """Make the calls to a person that are due, bundled where too many would come in an hour; how many were made."""
    return moves.make(person_id, at=at)
