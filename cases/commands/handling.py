"""The end of the path: decision, final answer, handled; and what comes after: confirmed, or reopened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext

from cases import errors
from cases.commands import moves
from cases.models import Answer, Case, Confirmation, Decision, Membership, Post, PublicReply, Thread
from cases.queries import handling as gates
from cases.rules import permission as permissions
from cases.rules import text as texts
from cases.vocabulary import (
    Actor,
    AnswerRoute,
    AnswerStatus,
    EventKind,
    Outcome,
    Permission,
    ReplyStatus,
    Role,
    Satisfaction,
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
    _ask(case, at)
    return case


def _ask(case: Case, at: datetime) -> None:
    """Ask the complainant whether it is settled for them."""
    thread = (
        Thread.objects.filter(case=case, verified_at__isnull=False, refused_at__isnull=True).order_by("-id").first()
    )
    address = moves.address_of(thread) if thread else ""
    if thread is None or not address:
        return
    with translation.override(thread.language or case.language or case.brand.language):
        moves.post_mail(
            purpose="ask",
            recipient=address,
            subject=gettext("Is it settled for you? %(reference)s") % {"reference": case.reference},
            body=gettext(
                "%(brand)s has done what was promised, as far as we know. Is it settled for you?\n\n"
                "Say yes, or no and why, on your private page:\n%(link)s\n\n"
                "A no opens your case again. Without an answer we do not count a yes."
            )
            % {"brand": case.brand.name, "link": moves.make_link(thread, at=at)},
            case=case,
            at=at,
        )


@transaction.atomic(durable=True)
def reopen(*, case_id: int, reason: str, post_id: int | None = None, at: datetime, actor: Actor) -> Case:
    """Open a handled or dismissed case again, with the reason, and with the post that says why if there is one."""
    case = moves.lock(case_id)
    moves.require(actor, Permission.REOPEN, case)
    if not reason.strip():
        raise errors.Invalid(gettext("Say why the case is opened again."), "reason")
    _reopen(case, at, actor)
    moves.write_down(case, reason, at=at, actor=actor)
    if post_id is not None:
        post = Post.objects.filter(pk=post_id, brand_id=case.brand_id, handle__complainant=case.complainant_id).first()
        if post is None or post.links.filter(left_at__isnull=True).exists():
            raise errors.ChangedMeanwhile
        moves.join(case, post, at=at, actor=actor)
    return case


def _reopen(case: Case, at: datetime, actor: Actor, **payload: object) -> None:
    owner_id = _owner_again(case, actor)
    moves.set_status(case, Status.OPEN, handled_at=None, owner_id=owner_id, dismissal="", reopened=case.reopened + 1)
    # What was answered then does not answer what is asked now.
    Answer.objects.filter(case=case, superseded_at__isnull=True).update(superseded_at=at)
    moves.record_case(case, EventKind.CASE_REOPENED, actor, at=at, owner=owner_id, **payload)
    moves.notify([owner_id], "reopened", by_id=actor.person_id, case=case, at=at)


def _owner_again(case: Case, actor: Actor) -> int:
    """The owner if they may still own it, else whoever reopens it, else a manager, else any agent of the brand."""
    able = {
        person_id: Role(role)
        for person_id, role in Membership.objects.filter(brand_id=case.brand_id, person__is_active=True)
        .order_by("person_id")
        .values_list("person_id", "role")
        if permissions.may_own(Role(role)) and person_id != case.about_id
    }
    managers = [person_id for person_id, role in able.items() if role == Role.MANAGER]
    for person_id in [case.owner_id, actor.person_id, *managers, *able]:
        if person_id in able:
            return person_id
    raise errors.NotOwnable(person=case.owner.name if case.owner else "?")


@transaction.atomic(durable=True)
def confirm(*, thread_id: int, answer: Satisfaction, words: str = "", at: datetime, actor: Actor) -> Confirmation:
    """The complainant says whether it is settled; anything but a yes opens the case again, with their words.

    A second answer to a case that is open already is kept as a message and opens nothing twice; a second yes is one.
    """
    thread = Thread.objects.filter(pk=thread_id, verified_at__isnull=False, refused_at__isnull=True).first()
    if thread is None or thread.complainant is None:
        raise errors.NotFound
    thread.case = case = moves.lock(thread.case_id)
    words = texts.clean(words).strip()[:20_000]
    if answer != Satisfaction.SETTLED and texts.is_blank(words):
        raise errors.Invalid(gettext("Tell us in a few words what is missing, so that we can put it right."), "words")
    if case.status != Status.HANDLED or case.satisfaction == answer:
        last = Confirmation.objects.filter(case=case).order_by("-id").first()
        if last is None:
            raise errors.ChangedMeanwhile
        if words and words != last.words:
            moves.hear(thread, words, uploads=(), at=at, actor=actor)
        return last
    confirmation = Confirmation.objects.create(
        case=case, complainant=thread.complainant, answer=answer, words=words or None, at=at
    )
    moves.update(case, satisfaction=answer)
    moves.record_case(case, EventKind.CONFIRMATION_GIVEN, actor, at=at, confirmation=confirmation.pk, answer=answer)
    if answer != Satisfaction.SETTLED:
        _reopen(case, at, actor, answer=answer)
    if words:
        moves.hear(thread, words, uploads=(), at=at, actor=actor)
    return confirmation


def _require_open(case: Case) -> None:
    if case.status == Status.HANDLED:
        raise errors.Frozen
    if case.status not in {Status.OPEN, Status.WAITING}:
        raise errors.IllegalMove(status=Status(case.status).label)
