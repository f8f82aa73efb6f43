"""What comes after handled: the complainant says whether it is settled, and a case is opened again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from cases import errors
from cases.commands import moves
from cases.models import Answer, Case, Confirmation, Membership, Post, Thread
from cases.rules import permission as permissions
from cases.rules import text as texts
from cases.vocabulary import Actor, EventKind, Permission, Role, Satisfaction, Status


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
