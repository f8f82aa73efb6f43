"""The end of the path: decision, final answer, handled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from cases import errors
from cases.commands import moves
from cases.models import Answer, Case, Decision, Post, PublicReply
from cases.queries import handling as gates
from cases.rules import text as texts
from cases.vocabulary import (
    Actor,
    AnswerRoute,
    AnswerStatus,
    EventKind,
    Outcome,
    Permission,
    ReplyStatus,
    Status,
)


@transaction.atomic(durable=True)
def decide(*, case_id: int, outcome: Outcome, reason: str, at: datetime, actor: Actor) -> Decision:
    """Say whether the complaint is right, and why; a later decision takes the place of this one."""
    case = moves.lock(case_id)
    moves.require(actor, Permission.DECIDE, case)
    _require_open(case)
    reason = texts.clean(reason).strip()
    if not reason:
        raise errors.Invalid(gettext("Give the reason for the decision."), "reason")
    by_id = moves.person_of(actor)
    Decision.objects.filter(case=case, superseded_at__isnull=True).update(superseded_at=at)
    decision = Decision.objects.create(case=case, outcome=outcome, reason=reason, by_id=by_id, at=at)
    moves.record_case(case, EventKind.DECISION_RECORDED, actor, at=at, decision=decision.pk, outcome=outcome)
    return decision


@transaction.atomic(durable=True)
def send_final_answer(
    *,
    case_id: int,
    text: str,
    route: AnswerRoute = AnswerRoute.PRIVATE,
    url: str = "",
    uploads: Sequence[moves.Upload] = (),
    once: UUID | None = None,
    at: datetime,
    actor: Actor,
) -> Answer:
    """Tell the complainant how it ends: in private; in public where private was declined; or record, with the reason
    as ``text``, that nobody can be told. Raises Unreachable when there is no private way. The same
    ``once`` again is the same answer.
    """
    case = moves.lock(case_id)
    moves.require(actor, Permission.ANSWER, case)
    _require_open(case)
    sent = Q(message__once=once) | Q(reply__public_id=once)
    repeated = Answer.objects.filter(sent, case=case).first() if once else None
    if repeated:
        return repeated
    text = texts.clean(text).strip()
    if texts.is_blank(text):
        raise errors.Invalid(gettext("Write the answer, or why the complainant cannot be reached."), "text")
    if not Decision.objects.filter(case=case, superseded_at__isnull=True).exists():
        raise errors.Invalid(gettext("Record the decision first; the final answer tells it."), "decision")
    by_id = moves.person_of(actor)
    Answer.objects.filter(case=case, superseded_at__isnull=True).update(superseded_at=at)
    answer = Answer(case=case, route=route, status=AnswerStatus.SENDING, text=text, by_id=by_id, at=at)
    if route == AnswerRoute.PRIVATE:
        answer.message = moves.write_message(
            moves.thread_of(case), text, uploads=uploads, once=once, at=at, actor=actor
        )
    elif route == AnswerRoute.PUBLIC:
        answer.reply = _public_answer(case, text, url, once, at, actor)
        if answer.reply.status == ReplyStatus.POSTED:
            answer.status, answer.reached_at = AnswerStatus.REACHED, at
    else:
        answer.status = AnswerStatus.UNREACHABLE
    answer.save()
    kind = EventKind.UNREACHABLE_RECORDED if route == AnswerRoute.UNREACHABLE else EventKind.ANSWER_SENT
    moves.record_case(case, kind, actor, at=at, answer=answer.pk, route=route)
    moves.answered(case, at=at)
    return answer


def _public_answer(case: Case, text: str, url: str, once: UUID | None, at: datetime, actor: Actor) -> PublicReply:
    if case.private_declined_at is None:
        raise errors.Invalid(
            gettext(
                "A final answer is public only when the complainant declined the private thread. Record that first."
            ),
            "route",
        )
    post = Post.objects.filter(links__case=case, links__left_at__isnull=True).order_by("id").first()
    if post is None:
        raise errors.Unreachable
    return moves.write_reply(post, case, text, url=url, is_final=True, once=once, at=at, actor=actor)


@transaction.atomic(durable=True)
def handle(*, case_id: int, at: datetime, actor: Actor) -> Case:
    """Mark the case handled; raises GateClosed with everything that is missing. Twice is once."""
    case = moves.lock(case_id)
    moves.require(actor, Permission.HANDLE, case)
    if case.status == Status.HANDLED:
        return case
    missing = gates.missing(case)
    if missing:
        raise errors.GateClosed(missing)
    moves.set_status(case, Status.HANDLED, handled_at=at, waiting_for="", unanswered_since=None, satisfaction="")
    moves.record_case(case, EventKind.CASE_HANDLED, actor, at=at)
    moves.ask_whether_settled(case, at=at, actor=actor)
    return case


def _require_open(case: Case) -> None:
    if case.status == Status.HANDLED:
        raise errors.Frozen
    if case.status not in {Status.OPEN, Status.WAITING}:
        raise errors.IllegalMove(status=Status(case.status).label)
