"""Deadlines of cases: noted as missed, extended, moved after a change of a calendar, and checked every night."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from cases import errors, queue
from cases.commands import moves
from cases.models import Case, Deadline, DeadlineCheck, Extension, Message, User
from cases.queries import timing as queries
from cases.rules import deadline_journal, deadlines
from cases.rules import text as texts
from cases.rules.deadlines import CannotExtend
from cases.vocabulary import Actor, EventKind, Goal, Permission, Status, Stream

# How many differences a check keeps; the number of all of them is kept as well.
KEPT_DIFFERENCES = 200
LONGEST_REASON = 2000
WHY: dict[CannotExtend, str | Promise] = {
    CannotExtend.NEVER: lazy("its policy does not allow it"),
    CannotExtend.SETTLED: lazy("it is met already, or has ended"),
    CannotExtend.TOO_LATE: lazy("its date is over"),
    CannotExtend.ALREADY: lazy("it has the latest date that its policy allows"),
    CannotExtend.REASON: lazy("it needs a reason"),
    CannotExtend.NOTICE: lazy("the complainant must be told before the date; write to them, in private"),
}


@transaction.atomic(durable=True)
def note_missed(*, deadline_ids: Collection[int], at: datetime, actor: Actor) -> int:
    """Note for ever that these deadlines came due and nothing had met them; how many were noted now.

    The cases are locked in the order of their ids. What was met, moved or paused meanwhile is left alone.
    """
    known = Deadline.objects.filter(pk__in=deadline_ids)
    cases = moves.lock_many(known.values_list("case_id", flat=True))
    for case in cases.values():
        moves.require(actor, Permission.ACT, case)
    late = known.unmet().filter(paused_at__isnull=True, missed_at__isnull=True, due_at__lte=at)
    missed = list(late.order_by("case_id", "due_at", "pk").values_list("case_id", "pk", "goal"))
    if not missed:
        return 0
    Deadline.objects.filter(pk__in=[key for _case, key, _goal in missed]).update(missed_at=F("due_at"))
    moves.record_missed(missed, at)
    _tell({case_id: cases[case_id] for case_id, _key, _goal in missed})
    return len(missed)


def _tell(cases: Mapping[int, Case]) -> None:
    """One revision more for each case, and open browsers learn of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cases_case SET revision = revision + 1 WHERE id = ANY(%s) RETURNING id, revision", [list(cases)]
        )
        revisions = dict(cursor.fetchall())
    for case in cases.values():
        queue.announce(
            brand_id=case.brand_id,
            case=case.reference,
            revision=revisions[case.pk],
            restricted=case.is_restricted or case.about_id is not None,
        )


@transaction.atomic(durable=True)
def extend(
    *, deadline_id: int, reason: str, message_id: int | None = None, text: str = "", at: datetime, actor: Actor
) -> Extension:
    """Give a deadline the later date that its policy allows; the first date stays readable.

    Where the policy wants it, the complainant has been told before the date: by the message named, or by ``text``,
    which is sent to them in the same transaction. Raises CannotBeExtended with what is missing.
    """
    found = Deadline.objects.filter(pk=deadline_id).values_list("case_id", flat=True).first()
    if found is None:
        raise errors.NotFound
    case = moves.lock(found)
    moves.require(actor, Permission.ANSWER, case)
    by_id = moves.person_of(actor)
    if case.status == Status.HANDLED:
        raise errors.Frozen
    deadline = Deadline.objects.get(pk=deadline_id)
    words, notice = texts.clean(reason).strip()[:LONGEST_REASON], texts.clean(text).strip()
    until = _until(case, deadline, words, None if notice else _sent(case, deadline, message_id), notice, at)
    if notice:
        message_id = moves.write_message(moves.thread_of(case), notice, uploads=(), at=at, actor=actor).pk
        moves.answered(case, at=at)
    _drop_prepared(case, deadline, until, by_id)
    made = Extension.objects.create(
        deadline=deadline,
        due_before=deadline.due_at,
        due_after=until,
        reason=words,
        message_id=message_id,
        by_id=by_id,
        at=at,
    )
    moves.record_case(
        case,
        EventKind.DEADLINE_EXTENDED,
        actor,
        at=at,
        deadline=deadline.pk,
        policy=deadline.policy_id,
        round=deadline.round,
        goal=deadline.goal,
        until=until.isoformat(),
        extension=made.pk,
    )
    return made


def _drop_prepared(case: Case, deadline: Deadline, until: datetime, person_id: int) -> None:
    """The message that was prepared about the old date has done its work."""
    language = moves.language_of(case)
    prepared = [moves.delay_text(case, Goal(deadline.goal), deadline.due_at, at, language) for at in (until, None)]
    moves.drop_delay(case, person_id, prepared)


def _until(
    case: Case, deadline: Deadline, reason: str, told_at: datetime | None, notice: str, at: datetime
) -> datetime:
    """The date that it gets; raises CannotBeExtended."""
    times = queries.Times(case.brand_id)
    policy = next((each for each in times.policies if each.key == deadline.policy_id), None)
    if policy is None:
        raise errors.CannotBeExtended(why=_("what is promised is moved where the action is changed"))
    row = queries.row_of(deadline)
    until = deadlines.extended_until(policy, row, times.calendar_for(policy.key, case.team_id))
    told = at if notice else told_at
    refused = deadlines.may_extend(policy, row, at, not texts.is_blank(reason), told, until=until)
    if refused is not None:
        raise errors.CannotBeExtended(why=WHY[refused])
    if notice and EventKind.MESSAGE_SENT in deadline_journal.MEETS[Goal(deadline.goal)]:
        raise errors.CannotBeExtended(why=_("writing to the complainant meets it; write to them instead"))
    return until


def _sent(case: Case, deadline: Deadline, message_id: int | None) -> datetime | None:
    """When the complainant was sent this message, if it can have told them of this deadline; raises NotFound."""
    if message_id is None:
        return None
    ours = Message.objects.filter(pk=message_id, case=case, author__isnull=False, sent_at__gte=deadline.started_at)
    sent_at = ours.values_list("sent_at", flat=True).first()
    if sent_at is None:
        raise errors.NotFound
    return sent_at


@transaction.atomic(durable=True)
def move(*, case_ids: Collection[int], at: datetime, actor: Actor) -> int:
    """Compute the deadlines of these cases of one brand again, after a calendar changed; how many cases moved.

    What was missed, met or has ended stays as it is.
    """
    cases = moves.lock_many(case_ids)
    for case in cases.values():
        moves.require(actor, Permission.ACT, case)
    before = {key: (case.due_at, case.is_paused) for key, case in cases.items()}
    moves.follow_many(cases.values(), at=at)
    moved = {key: case for key, case in cases.items() if before[key] != (case.due_at, case.is_paused)}
    if moved:
        _tell(moved)
    return len(moved)


@transaction.atomic(durable=True)
def note_check(
    *, checked: int, differed: int, differences: Sequence[dict[str, Any]], took_ms: int, at: datetime, actor: Actor
) -> DeadlineCheck:
    """Keep what a check found; where something came out differently, the organisation's admins are told."""
    moves.require_organisation(actor)
    check = DeadlineCheck.objects.create(
        at=at, checked=checked, differed=differed, differences=list(differences[:KEPT_DIFFERENCES]), took_ms=took_ms
    )
    if differed:
        moves.record(
            Stream.SETUP,
            0,
            EventKind.DEADLINES_DIFFERED,
            actor,
            at=at,
            check=check.pk,
            checked=checked,
            differed=differed,
        )
        admins = User.objects.filter(is_organisation_admin=True, is_active=True).order_by("pk")
        moves.notify(list(admins.values_list("pk", flat=True)), "deadlines_differed", by_id=None, at=at)
    return check
