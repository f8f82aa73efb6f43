"""The end of the path: decision, final answer, handled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from cases import errors
from cases.commands import moves
from cases.models import Answer, Case, Decision, Point, Post, PublicReply
from cases.queries import answer as answers
from cases.queries import handling as gates
from cases.rules import answer as rules
from cases.rules import text as texts
from cases.vocabulary import (
    Actor,
    AnswerPart,
    AnswerRoute,
    AnswerStatus,
    EventKind,
    Outcome,
    Permission,
    ReplyStatus,
    Status,
)

MOST_POINTS = 50


class Raised(NamedTuple):
    """A point the complainant raised, what is decided about it, and why, in words for them."""

    raised: str
    outcome: Outcome
    reason: str


@transaction.atomic(durable=True)
def decide(
    *,
    case_id: int,
    outcome: Outcome,
    reason: str,
    points: Sequence[tuple[str, Outcome, str]] = (),
    at: datetime,
    actor: Actor,
) -> Decision:
    """Say whether the complaint is right, as a whole and in each point raised, and why; a later decision takes the
    place of this one.
    """
    case = moves.lock(case_id)
    moves.require(actor, Permission.DECIDE, case)
    _require_open(case)
    reason = texts.clean(reason).strip()
    if not reason:
        raise errors.Invalid(gettext("Give the reason for the decision."), "reason")
    raised = _checked_points(points, outcome)
    by_id = moves.person_of(actor)
    Decision.objects.filter(case=case, superseded_at__isnull=True).update(superseded_at=at)
    decision = Decision.objects.create(case=case, outcome=outcome, reason=reason, by_id=by_id, at=at)
    Point.objects.bulk_create(
        [Point(decision=decision, position=place, **point._asdict()) for place, point in enumerate(raised)]
    )
    moves.record_case(
        case, EventKind.DECISION_RECORDED, actor, at=at, decision=decision.pk, outcome=outcome, points=len(raised)
    )
    return decision


def _checked_points(points: Sequence[tuple[str, Outcome, str]], outcome: Outcome) -> list[Raised]:
    if len(points) > MOST_POINTS:
        raise errors.Invalid(gettext("At most %(most)d points.") % {"most": MOST_POINTS}, "points")
    found = []
    for number, (raised, of_point, reason) in enumerate(points, 1):
        point = Raised(texts.clean(raised).strip(), of_point, texts.clean(reason).strip())
        if texts.is_blank(point.raised) or texts.is_blank(point.reason):
            said = gettext("Point %(number)d needs what was raised and the reason for what is decided.")
            raise errors.Invalid(said % {"number": number}, "points")
        found.append(point)
    fitting = rules.overall([point.outcome for point in found])
    if outcome not in fitting:
        labels = ", ".join(str(each.label).lower() for each in Outcome if each in fitting)
        said = gettext("This does not fit the points below. With them the complaint can be: %(outcomes)s.")
        raise errors.Invalid(said % {"outcomes": labels}, "outcome")
    return found


@transaction.atomic(durable=True)
def send_final_answer(
    *,
    case_id: int,
    text: str = "",
    parts: Mapping[str, str] | None = None,
    route: AnswerRoute = AnswerRoute.PRIVATE,
    url: str = "",
    uploads: Sequence[moves.Upload] = (),
    once: UUID | None = None,
    at: datetime,
    actor: Actor,
) -> Answer:
    """Tell the complainant how it ends: in private; in public where private was declined; or record, with the reason
    as ``text``, that nobody can be told. Where the brand has a regime it is given in ``parts``. Raises Unreachable
    when there is no private way, AnswerIncomplete with what is missing. The same ``once`` again is the same answer.
    """
    case = moves.lock(case_id)
    moves.require(actor, Permission.ANSWER, case)
    _require_open(case)
    sent = Q(message__once=once) | Q(reply__public_id=once)
    repeated = Answer.objects.filter(sent, case=case).first() if once else None
    if repeated:
        return repeated
    told = _told(case, text, parts or {}, route)
    by_id = moves.person_of(actor)
    Answer.objects.filter(case=case, superseded_at__isnull=True).update(superseded_at=at)
    answer = Answer(case=case, route=route, status=AnswerStatus.SENDING, by_id=by_id, at=at, **told._asdict())
    if route == AnswerRoute.PRIVATE:
        answer.message = moves.write_message(
            moves.thread_of(case), told.text, uploads=uploads, once=once, at=at, actor=actor
        )
    elif route == AnswerRoute.PUBLIC:
        answer.reply = _public_answer(case, told.text, url, once, at, actor)
        if answer.reply.status == ReplyStatus.POSTED:
            answer.status, answer.reached_at = AnswerStatus.REACHED, at
    else:
        answer.status = AnswerStatus.UNREACHABLE
    answer.save()
    kind = EventKind.UNREACHABLE_RECORDED if route == AnswerRoute.UNREACHABLE else EventKind.ANSWER_SENT
    moves.record_case(case, kind, actor, at=at, answer=answer.pk, route=route)
    moves.answered(case, at=at)
    return answer


class _Told(NamedTuple):
    text: str
    parts: list[str]
    regime: str


def _told(case: Case, text: str, parts: Mapping[str, str], route: AnswerRoute) -> _Told:
    """What the complainant is told, held against what the brand's regime demands."""
    if not set(parts) <= set(AnswerPart.values):
        known = ", ".join(AnswerPart.values)
        raise errors.Invalid(gettext("The parts of an answer are: %(known)s.") % {"known": known}, "parts")
    given = {
        part.value: texts.clean(parts[part]).strip() for part in AnswerPart if not texts.is_blank(parts.get(part, ""))
    }
    if route == AnswerRoute.UNREACHABLE:
        # Why nobody can be told is no answer; no part of one stands in for it.
        given = {}
    text = texts.clean(text).strip() or rules.joined(given)
    regime = None if route == AnswerRoute.UNREACHABLE else answers.regime_of(case.brand_id)
    if regime is None and texts.is_blank(text):
        raise errors.Invalid(gettext("Write the answer, or why the complainant cannot be reached."), "text")
    decision = Decision.objects.filter(case=case, superseded_at__isnull=True).first()
    if decision is None:
        raise errors.Invalid(gettext("Record the decision first; the final answer tells it."), "decision")
    if regime is None:
        return _Told(text, list(given), "")
    prepared = answers.prepare(case, regime, decision)
    gaps = prepared.missing(given)
    if gaps or prepared.first:
        raise _incomplete(prepared, gaps)
    return _Told(rules.joined(given), list(given), regime.name)


def _incomplete(prepared: answers.Prepared, gaps: Sequence[rules.Gap]) -> errors.AnswerIncomplete:
    """The refusal of an answer, with everything that is missing in words."""
    first = [gettext("“%(action)s” done first") % {"action": title} for title in prepared.first]
    words = [f"{gap.part.label}: {gap.mark}" if gap.mark else str(gap.part.label) for gap in gaps]
    codes = list(dict.fromkeys(gap.part.value for gap in gaps))
    return errors.AnswerIncomplete(regime=prepared.regime.name, missing="; ".join([*first, *words]), parts=codes)


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
def handle(*, case_id: int, cause_id: int | None = None, prevention: str = "", at: datetime, actor: Actor) -> Case:
    """Mark the case handled, and say why it came about if anybody knows; raises GateClosed with everything that is
    missing. Twice is once.
    """
    case = moves.lock(case_id)
    moves.require(actor, Permission.HANDLE, case)
    if case.status == Status.HANDLED:
        return case
    missing = gates.missing(case)
    if missing:
        raise errors.GateClosed(missing)
    moves.set_status(case, Status.HANDLED, at=at, handled_at=at, waiting_for="", unanswered_since=None, satisfaction="")
    moves.record_case(case, EventKind.CASE_HANDLED, actor, at=at)
    if cause_id is not None or prevention.strip():
        moves.keep_cause(case, cause_id, prevention, at=at, actor=actor)
    moves.ask_whether_settled(case, at=at, actor=actor)
    return case


def _require_open(case: Case) -> None:
    if case.status == Status.HANDLED:
        raise errors.Frozen
    if case.status not in {Status.OPEN, Status.WAITING}:
        raise errors.IllegalMove(status=Status(case.status).label)
