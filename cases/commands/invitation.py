"""The way from public to private: the claim page, who is who, links and codes."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext

from cases import errors
from cases.commands import moves
from cases.models import Complainant, Invitation, Message, PrivateLink, Thread
from cases.rules import text as texts
from cases.vocabulary import Actor, EventKind, Hours, InvitationStatus, Permission, Status

MAX_TRIES = 5
# Without letters and digits that look alike.
_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


@dataclass(frozen=True, slots=True)
class Claimed:
    """A claim on an invitation: its thread, not confirmed yet, and the private link that is shown once."""

    thread: Thread
    link: str


@transaction.atomic(durable=True)
def claim(
    *,
    secret: str,
    name: str,
    contact: str,
    text: str,
    language: str = "",
    uploads: Sequence[moves.Upload] = (),
    once: UUID | None = None,
    at: datetime,
    actor: Actor,
) -> Claimed:
    """Somebody answers an invitation: their words are kept in a thread of their own until we know who they are.

    The same form posted twice (its ``once``) is one thread; the repeat gets a link of its own. Raises LinkDead for a
    link that is guessed, expired or declined.
    """
    found = Invitation.objects.filter(digest=moves.digest_of(secret)).first()
    if found is None:
        raise errors.LinkDead
    case = moves.lock(found.case_id)
    is_open = found.status in {InvitationStatus.SENT, InvitationStatus.ACCEPTED} and found.expires_at > at
    if not is_open or case.status in {Status.MERGED, Status.DISMISSED, Status.WITHDRAWN}:
        raise errors.LinkDead
    text = texts.clean(text).strip()
    if texts.is_blank(text):
        raise errors.Invalid(gettext("Write a few words so that we know it is you."), "text")
    repeated = Message.objects.select_related("thread").filter(once=once, case=case).first() if once else None
    if repeated:
        return Claimed(repeated.thread, moves.make_link(repeated.thread, at=at))
    thread = moves.open_thread(
        case, at=at, claimed_name=texts.clean(name)[:200], contact=contact.strip()[:254], language=language
    )
    moves.record_case(case, EventKind.THREAD_OPENED, actor, at=at, thread=thread.pk, invitation=found.pk)
    moves.hear(thread, text, uploads=uploads, once=once, at=at, actor=actor)
    return Claimed(thread, moves.make_link(thread, at=at))


@transaction.atomic(durable=True)
def confirm(*, thread_id: int, at: datetime, actor: Actor) -> Thread:
    """A colleague knows that this claimant is the complainant: the thread shows the case to them from now on."""
    thread = _lock(thread_id)
    moves.require(actor, Permission.CONFIRM_PERSON, thread.case)
    if thread.verified_at is None:
        _verify(thread, at, actor)
    return thread


@transaction.atomic(durable=True)
def refuse(*, thread_id: int, at: datetime, actor: Actor) -> Thread:
    """This claimant is somebody else: their links end, what they wrote is kept, and they learn nothing."""
    thread = _lock(thread_id)
    moves.require(actor, Permission.CONFIRM_PERSON, thread.case)
    if thread.verified_at is not None:
        raise errors.Invalid(gettext("This person is confirmed already. Revoke their links instead."), "thread")
    if thread.refused_at is None:
        Thread.objects.filter(pk=thread.pk).update(refused_at=at)
        thread.private_links.filter(revoked_at__isnull=True).update(revoked_at=at)
        moves.record_case(thread.case, EventKind.THREAD_REFUSED, actor, at=at, thread=thread.pk)
    thread.refresh_from_db()
    return thread


@transaction.atomic(durable=True)
def make_code(*, thread_id: int, at: datetime, actor: Actor) -> str:
    """A code for a colleague to send to the public handle; whoever types it into the thread's page is confirmed."""
    thread = _lock(thread_id)
    moves.require(actor, Permission.CONFIRM_PERSON, thread.case)
    code = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    Thread.objects.filter(pk=thread.pk).update(
        code_digest=moves.digest_of(code),
        code_expires_at=at + timedelta(hours=Hours.CONFIRMATION_CODE),
        code_tries=0,
    )
    moves.record_case(thread.case, EventKind.CODE_MADE, actor, at=at, thread=thread.pk)
    return code


@transaction.atomic(durable=True)
def enter_code(*, thread_id: int, code: str, at: datetime, actor: Actor) -> bool:
    """The claimant types the code they got on their public account; whether it was right. Five tries a code."""
    thread = _lock(thread_id)
    is_live = (
        thread.code_digest is not None
        and thread.code_expires_at is not None
        and thread.code_expires_at > at
        and thread.code_tries < MAX_TRIES
    )
    given = moves.digest_of(code.strip().upper().replace(" ", "").replace("-", ""))
    if is_live and secrets.compare_digest(bytes(thread.code_digest or b""), given):
        _verify(thread, at, actor)
        return True
    Thread.objects.filter(pk=thread.pk).update(code_tries=thread.code_tries + 1)
    moves.record_case(thread.case, EventKind.CODE_WRONG, actor, at=at, thread=thread.pk)
    return False


@transaction.atomic(durable=True)
def revoke_links(*, thread_id: int, at: datetime, actor: Actor) -> int:
    """End every link to this thread; how many ended."""
    thread = _lock(thread_id)
    moves.require(actor, Permission.WRITE_PRIVATELY, thread.case)
    ended = thread.private_links.filter(revoked_at__isnull=True).update(revoked_at=at)
    moves.record_case(thread.case, EventKind.LINK_REVOKED, actor, at=at, thread=thread.pk, links=ended)
    return ended


@transaction.atomic(durable=True)
def send_link(*, thread_id: int, at: datetime, actor: Actor) -> str:
    """A fresh private link: mailed where an address is known, and handed to the colleague to send otherwise."""
    thread = _lock(thread_id)
    moves.require(actor, Permission.WRITE_PRIVATELY, thread.case)
    link = moves.make_link(thread, at=at)
    _mail_link(thread, link, at)
    moves.record_case(thread.case, EventKind.LINK_SENT, actor, at=at, thread=thread.pk)
    return link


@transaction.atomic(durable=True)
def renew_link(*, secret: str, at: datetime, actor: Actor) -> None:
    """A complainant with an old link asks for a new one: it goes by mail to the address we know, to nobody else.

    A link that we revoked renews nothing: the address may be the very reason why.
    """
    found = PrivateLink.objects.filter(digest=moves.digest_of(secret), revoked_at__isnull=True).first()
    if found is None:
        return
    thread = _lock(found.thread_id)
    if thread.refused_at is None and moves.address_of(thread):
        _mail_link(thread, moves.make_link(thread, at=at), at)
        moves.record_case(thread.case, EventKind.LINK_ASKED, actor, at=at, thread=thread.pk)


@transaction.atomic(durable=True)
def expire(*, invitation_id: int, at: datetime, actor: Actor) -> bool:
    """An invitation that nobody accepted in time is over; whether it was."""
    found = Invitation.objects.filter(pk=invitation_id).first()
    if found is None:
        raise errors.NotFound
    case = moves.lock(found.case_id)
    ended = Invitation.objects.filter(pk=invitation_id, status=InvitationStatus.SENT, expires_at__lte=at).update(
        status=InvitationStatus.EXPIRED, answered_at=at
    )
    if ended:
        moves.record_case(case, EventKind.INVITATION_EXPIRED, actor, at=at, invitation=invitation_id)
    return bool(ended)


def _lock(thread_id: int) -> Thread:
    thread = Thread.objects.filter(pk=thread_id).first()
    if thread is None:
        raise errors.NotFound
    case = moves.lock_case_of(thread)
    thread.refresh_from_db()
    thread.case = case
    return thread


def _verify(thread: Thread, at: datetime, actor: Actor) -> None:
    case = thread.case
    thread.complainant, thread.verified_at, thread.refused_at = case.complainant, at, None
    Thread.objects.filter(pk=thread.pk).update(
        complainant=case.complainant,
        verified_at=at,
        verified_by_id=actor.person_id,
        refused_at=None,
        code_digest=None,
    )
    if "@" in thread.contact and not case.complainant.email:
        Complainant.objects.filter(pk=case.complainant_id).update(email=thread.contact)
    moves.record_case(case, EventKind.THREAD_CONFIRMED, actor, at=at, thread=thread.pk)
    taken = case.invitations.filter(status=InvitationStatus.SENT).update(
        status=InvitationStatus.ACCEPTED, answered_at=at, thread=thread
    )
    if taken:
        moves.record_case(case, EventKind.INVITATION_ACCEPTED, actor, at=at, thread=thread.pk)


def _mail_link(thread: Thread, link: str, at: datetime) -> None:
    address = moves.address_of(thread)
    if not address:
        return
    case = thread.case
    with translation.override(thread.language or case.language or case.brand.language):
        moves.post_mail(
            purpose="link",
            recipient=address,
            subject=gettext("Your private page at %(brand)s: %(reference)s")
            % {"brand": case.brand.name, "reference": case.reference},
            body=gettext("Here is your private page:\n%(link)s\n\nKeep this link for yourself.") % {"link": link},
            case=case,
            at=at,
        )
