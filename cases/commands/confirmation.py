"""What comes after handled: the complainant says whether it is settled and what was kept; a case is opened again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from cases import errors
from cases.commands import moves
from cases.models import Answer, Case, Confirmation, Membership, Post, Promise, Thread
from cases.rules import permission as permissions
from cases.rules import text as texts
from cases.vocabulary import Actor, EventKind, Permission, Role, Satisfaction, Status, Told

MAX_WORDS = 20_000


@transaction.atomic(durable=True)
def confirm(
    *,
    thread_id: int,
    answer: Satisfaction,
    words: str = "",
    may_say_publicly: bool = False,
    at: datetime,
    actor: Actor,
) -> Confirmation:
    """The complainant says whether it is settled; anything but a yes opens the case again, with their words.

    A second answer to a case that is open already is kept as a message and opens nothing twice; a second yes is one.
    """
    thread = _lock_thread(thread_id)
    case = thread.case
    words = _checked_words(answer, words)
    if case.status != Status.HANDLED or case.satisfaction == answer:
        last = Confirmation.objects.filter(case=case).order_by("-id").first()
        if last is None:
            raise errors.ChangedMeanwhile
        if may_say_publicly and case.status == Status.HANDLED:
            _agree(case, last, at, actor)
        if words and words != last.words:
            moves.hear(thread, words, uploads=(), at=at, actor=actor)
        return last
    confirmation = _keep(case, answer, words, at, actor, told=Told.PAGE)
    if may_say_publicly:
        _agree(case, confirmation, at, actor)
    if words:
        moves.hear(thread, words, uploads=(), at=at, actor=actor)
    return confirmation


@transaction.atomic(durable=True)
def record_confirmation(
    *,
    case_id: int,
    answer: Satisfaction,
    words: str,
    told: Told,
    may_say_publicly: bool = False,
    at: datetime,
    actor: Actor,
) -> Confirmation:
    """A colleague writes down what the complainant told them, in whose words and by which way; it stays told to us.

    The journal names who wrote it down, so that it never looks like an answer from the private page.
    """
    case = moves.lock(case_id)
    moves.require(actor, Permission.REOPEN, case)
    moves.person_of(actor)
    if told == Told.PAGE:
        raise errors.Invalid(gettext("What is said on the private page, only the complainant says there."), "told")
    words = texts.clean(words).strip()[:MAX_WORDS]
    if texts.is_blank(words):
        raise errors.Invalid(gettext("Write down what they said, in their words."), "words")
    if case.status != Status.HANDLED:
        raise errors.ChangedMeanwhile
    last = Confirmation.objects.filter(case=case).order_by("-id").first()
    if last is not None and case.satisfaction == answer and last.words == words:
        return last
    confirmation = _keep(case, answer, words, at, actor, told=told)
    if may_say_publicly:
        _agree(case, confirmation, at, actor)
    return confirmation


@transaction.atomic(durable=True)
def say_of_promise(*, thread_id: int, promise_id: int, said: Satisfaction, at: datetime, actor: Actor) -> Promise:
    """The complainant says of one promise whether it was kept; the owner is told when it was not."""
    thread = _lock_thread(thread_id)
    case = thread.case
    promise = Promise.objects.filter(pk=promise_id, case=case).first()
    if promise is None:
        raise errors.NotFound
    if case.status != Status.HANDLED or promise.moved_at is not None or promise.dropped_at is not None:
        raise errors.ChangedMeanwhile
    if promise.said != said:
        promise.said, promise.said_at = said, at
        Promise.objects.filter(pk=promise.pk).update(said=said, said_at=at)
        moves.record_case(
            case, EventKind.CONFIRMATION_GIVEN, actor, at=at, promise=promise.pk, answer=said, told=Told.PAGE
        )
        if said != Satisfaction.SETTLED and case.owner_id is not None:
            moves.notify([case.owner_id], "said_not_kept", by_id=None, case=case, at=at)
    return promise


@transaction.atomic(durable=True)
def agree_to_closing(*, thread_id: int, at: datetime, actor: Actor) -> Confirmation:
    """The complainant, who said yes, lets us say in public that it is settled; saying it twice is saying it once."""
    thread = _lock_thread(thread_id)
    case = thread.case
    last = Confirmation.objects.filter(case=case).order_by("-id").first()
    if last is None or case.status != Status.HANDLED or case.satisfaction != Satisfaction.SETTLED:
        raise errors.ChangedMeanwhile
    _agree(case, last, at, actor)
    return last


@transaction.atomic(durable=True)
def ask_again(*, case_id: int, at: datetime, actor: Actor) -> bool:
    """Ask whether it lasted, once, after the days its kinds name; also whoever said yes before. Whether we asked."""
    case = moves.lock(case_id)
    moves.require(actor, Permission.HANDLE, case)
    if case.status != Status.HANDLED or case.ask_again_at is None or case.ask_again_at > at:
        return False
    moves.ask_whether_settled(case, is_again=True, at=at, actor=actor)
    return True


@transaction.atomic(durable=True)
def reopen(*, case_id: int, reason: str, post_id: int | None = None, at: datetime, actor: Actor) -> Case:
    """Open a handled or dismissed case again, with the reason, and with the post that says why if there is one."""
    case = moves.lock(case_id)
    moves.require(actor, Permission.REOPEN, case)
    if not reason.strip():
        raise errors.Invalid(gettext("Say why the case is opened again."), "reason")
    if case.status not in {Status.HANDLED, Status.DISMISSED}:
        # A new one has never been open: it is given to somebody.
        raise errors.IllegalMove(status=Status(case.status).label)
    _reopen(case, at, actor)
    moves.write_down(case, reason, at=at, actor=actor)
    if post_id is not None:
        post = Post.objects.filter(pk=post_id, brand_id=case.brand_id, handle__complainant=case.complainant_id).first()
        if post is None or post.links.filter(left_at__isnull=True).exists():
            raise errors.ChangedMeanwhile
        moves.join(case, post, at=at, actor=actor)
    return case


def _lock_thread(thread_id: int) -> Thread:
    """A thread whose person we know, with its case locked; raises NotFound."""
    thread = Thread.objects.filter(pk=thread_id, verified_at__isnull=False, refused_at__isnull=True).first()
    if thread is None or thread.complainant is None:
        raise errors.NotFound
    moves.lock_case_of(thread)
    return thread


def _checked_words(answer: Satisfaction, words: str) -> str:
    words = texts.clean(words).strip()[:MAX_WORDS]
    if answer != Satisfaction.SETTLED and texts.is_blank(words):
        raise errors.Invalid(gettext("Tell us in a few words what is missing, so that we can put it right."), "words")
    return words


def _keep(case: Case, answer: Satisfaction, words: str, at: datetime, actor: Actor, *, told: Told) -> Confirmation:
    confirmation = Confirmation.objects.create(
        case=case, complainant_id=case.complainant_id, answer=answer, words=words or None, at=at
    )
    moves.update(case, satisfaction=answer)
    moves.record_case(
        case, EventKind.CONFIRMATION_GIVEN, actor, at=at, confirmation=confirmation.pk, answer=answer, told=told
    )
    if answer != Satisfaction.SETTLED:
        _reopen(case, at, actor, answer=answer)
    return confirmation


def _agree(case: Case, confirmation: Confirmation, at: datetime, actor: Actor) -> None:
    """Keep that they agree; of anything but a yes there is nothing to say in public."""
    if confirmation.answer != Satisfaction.SETTLED or confirmation.may_say_publicly:
        return
    confirmation.may_say_publicly = True
    Confirmation.objects.filter(pk=confirmation.pk).update(may_say_publicly=True)
    moves.record_case(case, EventKind.CLOSING_AGREED, actor, at=at, confirmation=confirmation.pk)
    if case.owner_id is not None:
        moves.notify([case.owner_id], "closing_agreed", by_id=actor.person_id, case=case, at=at)


def _reopen(case: Case, at: datetime, actor: Actor, **payload: object) -> None:
    owner_id = _owner_again(case, actor)
    moves.set_status(
        case,
        Status.OPEN,
        at=at,
        handled_at=None,
        ask_again_at=None,
        owner_id=owner_id,
        dismissal="",
        reopened=case.reopened + 1,
    )
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
