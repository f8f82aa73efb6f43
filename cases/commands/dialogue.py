"""What is said: public replies, private messages and notes, each by a command of its own (I6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from cases import errors
from cases.commands import moves
from cases.models import Answer, Case, CasePost, Draft, Invitation, Message, Note, Post, PublicReply, Thread, Triage
from cases.queries import dialogue as reads
from cases.rules import leak
from cases.rules import text as texts
from cases.vocabulary import (
    Actor,
    AnswerStatus,
    Audience,
    EventKind,
    Hours,
    Permission,
    ReplyStatus,
    Status,
)

MAX_TEXT = 50_000


@dataclass(frozen=True, slots=True)
class Written:
    """A public reply, and the invitation's address when it carries one."""

    reply: PublicReply
    invitation: str = ""


@transaction.atomic(durable=True)
def reply_in_public(
    *,
    post_id: int,
    text: str,
    url: str = "",
    is_inviting: bool = False,
    may_be_public: Sequence[str] = (),
    once: UUID | None = None,
    at: datetime,
    actor: Actor,
) -> Written:
    """Say something under a post, for everyone; with its address it stands there already, without it is to be posted.

    Raises Leaks when the text tells something private, except for words that ``may_be_public`` repeats exactly. The
    same ``once`` again is the same reply.
    """
    post, case = _lock_post(post_id, Permission.REPLY_IN_PUBLIC, actor)
    repeated = PublicReply.objects.filter(public_id=once, post=post).first() if once else None
    if repeated:
        return Written(repeated)
    if not post.channel.is_public:
        raise errors.Invalid(gettext("Nobody reads this channel but us. Write in private instead."), "text")
    text = _words(text)
    _guard(text, case, post, may_be_public)
    invitation = ""
    secret = ""
    if is_inviting:
        if case is None or case.private_declined_at is not None:
            raise errors.Invalid(
                gettext("An invitation needs a case whose complainant has not declined one."), "invite"
            )
        secret = moves.new_secret()
        invitation = f"{settings.SITE_URL}/i/{secret}/"
        text = f"{text}\n{invitation}"
    reply = moves.write_reply(post, case, text, url=url, once=once, at=at, actor=actor)
    if case is not None and is_inviting:
        row = Invitation.objects.create(
            case=case,
            reply=reply,
            digest=moves.digest_of(secret),
            sent_at=at,
            expires_at=at + timedelta(hours=Hours.INVITATION),
        )
        moves.record_case(case, EventKind.INVITATION_SENT, actor, at=at, invitation=row.pk)
    _drop_draft(case, Audience.PUBLIC, actor)
    return Written(reply, invitation)


@transaction.atomic(durable=True)
def mark_posted(*, reply_id: int, url: str, at: datetime, actor: Actor) -> PublicReply:
    """A reply stands in public now: keep where."""
    reply = PublicReply.objects.select_related("post").filter(pk=reply_id).first()
    if reply is None:
        raise errors.NotFound
    _post, case = _lock_post(reply.post_id, Permission.REPLY_IN_PUBLIC, actor)
    reply = PublicReply.objects.select_for_update(no_key=True, of=("self",)).select_related("case").get(pk=reply_id)
    if reply.status == ReplyStatus.POSTED:
        return reply
    if case is not None and reply.case is not None and reply.case.status == Status.MERGED:
        # Its post goes on in another case, and so does what is said under it from now on.
        PublicReply.objects.filter(pk=reply.pk).update(case=case)
        reply.case = case
    return moves.mark_reply_posted(reply, url, at=at, actor=actor)


@transaction.atomic(durable=True)
def send_message(
    *,
    case_id: int,
    text: str,
    thread_id: int | None = None,
    uploads: Sequence[moves.Upload] = (),
    once: UUID | None = None,
    at: datetime,
    actor: Actor,
) -> Message:
    """Write to the complainant in private: on their page, and by mail where an address is known."""
    case = moves.lock(case_id)
    moves.require(actor, Permission.WRITE_PRIVATELY, case)
    repeated = Message.objects.filter(once=once, case=case).first() if once else None
    if repeated:
        return repeated
    if case.status == Status.MERGED:
        # What is said there would be read by nobody: the thread goes on in the other case.
        raise errors.IllegalMove(status=Status(case.status).label)
    message = moves.write_message(
        moves.thread_of(case, thread_id), _words(text), uploads=uploads, once=once, at=at, actor=actor
    )
    moves.answered(case, at=at)
    _drop_draft(case, Audience.PRIVATE, actor)
    return message


@transaction.atomic(durable=True)
def receive_message(
    *,
    thread_id: int,
    text: str,
    uploads: Sequence[moves.Upload] = (),
    once: UUID | None = None,
    at: datetime,
    actor: Actor,
) -> Message:
    """The complainant writes on their private page."""
    thread = _lock_thread(thread_id)
    if thread.refused_at is not None:
        raise errors.LinkDead
    repeated = Message.objects.filter(once=once, thread=thread).first() if once else None
    if repeated:
        return repeated
    return moves.hear(thread, _words(text), uploads=uploads, once=once, at=at, actor=actor)


@transaction.atomic(durable=True)
def read_messages(*, thread_id: int, at: datetime, actor: Actor) -> int:
    """The complainant has our messages before them; a final answer among them has reached them."""
    thread = _lock_thread(thread_id)
    unread = Message.objects.filter(thread=thread, author__isnull=False, read_at__isnull=True)
    ids = list(unread.values_list("pk", flat=True))
    if not ids:
        return 0
    Message.objects.filter(pk__in=ids).update(read_at=at)
    Thread.objects.filter(pk=thread.pk).update(seen_at=at)
    moves.record_case(thread.case, EventKind.MESSAGES_READ, actor, at=at, messages=ids)
    reached = Answer.objects.filter(
        message_id__in=ids, status__in=[AnswerStatus.SENDING, AnswerStatus.BOUNCED], superseded_at__isnull=True
    ).update(status=AnswerStatus.REACHED, reached_at=at)
    if reached:
        moves.record_case(thread.case, EventKind.ANSWER_REACHED, actor, at=at)
    return len(ids)


@transaction.atomic(durable=True)
def write_note(
    *,
    case_id: int,
    text: str,
    uploads: Sequence[moves.Upload] = (),
    once: UUID | None = None,
    at: datetime,
    actor: Actor,
) -> Note:
    """Tell colleagues something; a colleague named with @username is notified. The same ``once`` is the same note."""
    case = moves.lock(case_id)
    moves.require(actor, Permission.NOTE, case)
    repeated = Note.objects.filter(public_id=once, case=case).first() if once else None
    if repeated:
        return repeated
    note = Note.objects.create(
        public_id=once or uuid4(), case=case, author_id=moves.person_of(actor), text=_words(text), written_at=at
    )
    moves.keep_files(case.brand_id, uploads, note=note)
    moves.record_case(case, EventKind.NOTE_WRITTEN, actor, at=at, note=note.pk)
    moves.notify(reads.named_in(note.text or "", case), "named", by_id=actor.person_id, case=case, at=at)
    _drop_draft(case, Audience.INTERNAL, actor)
    return note


@transaction.atomic(durable=True)
def report_misdirected(*, message_id: int, reason: str, at: datetime, actor: Actor) -> Message:
    """A message went to the wrong person: it is marked, the thread's links are revoked, the managers are told."""
    message = Message.objects.filter(pk=message_id).first()
    if message is None:
        raise errors.NotFound
    case = moves.lock(message.case_id)
    moves.require(actor, Permission.REPORT_MISDIRECTED, case)
    if message.author_id is None:
        raise errors.Invalid(gettext("Only what we sent can have gone to the wrong person."), "message")
    if not reason.strip():
        raise errors.Invalid(gettext("Say what happened; the managers read it."), "reason")
    if message.misdirected_at is None:
        Message.objects.filter(pk=message.pk).update(misdirected_at=at)
        revoked = message.thread.private_links.filter(revoked_at__isnull=True).update(revoked_at=at)
        moves.record_case(case, EventKind.MESSAGE_MISDIRECTED, actor, at=at, message=message.pk, links=revoked)
        moves.write_down(case, _words(reason), at=at, actor=actor)
        moves.notify(reads.managers_of(case.brand_id), "misdirected", by_id=actor.person_id, case=case, at=at)
    message.refresh_from_db()
    return message


@transaction.atomic(durable=True)
def keep_draft(*, case_id: int, audience: Audience, text: str, at: datetime, actor: Actor) -> None:
    """Keep what a person has begun to write, for this audience only; an empty text drops it."""
    case = Case.objects.filter(pk=case_id).first()
    if case is None:
        raise errors.NotFound
    moves.require(actor, Permission.READ, case)
    if not text.strip():
        _drop_draft(case, audience, actor)
        return
    Draft.objects.update_or_create(
        person_id=moves.person_of(actor),
        case=case,
        audience=audience,
        defaults={"text": texts.clean(text)[:MAX_TEXT], "kept_at": at},
    )


def _lock_post(post_id: int, permission: Permission, actor: Actor) -> tuple[Post, Case | None]:
    post = Post.objects.select_related("channel", "handle", "brand").filter(pk=post_id).first()
    if post is None:
        raise errors.NotFound
    live = CasePost.objects.filter(post=post, left_at__isnull=True).first()
    if live is not None:
        case = moves.lock(live.case_id)
        moves.require(actor, permission, case)
        # It may have gone on in another case between the look and the lock.
        if not CasePost.objects.filter(pk=live.pk, left_at__isnull=True).exists():
            raise errors.ChangedMeanwhile
        return post, case
    moves.require_in_brand(actor, permission, post.brand_id)
    Triage.objects.select_for_update(no_key=True).get(post=post)
    return post, None


def _lock_thread(thread_id: int) -> Thread:
    thread = Thread.objects.filter(pk=thread_id).first()
    if thread is None:
        raise errors.NotFound
    moves.lock_case_of(thread)
    return thread


def _words(text: str) -> str:
    text = texts.clean(text).strip()
    if texts.is_blank(text):
        raise errors.Invalid(gettext("Write something first; nothing was sent."), "text")
    if len(text) > MAX_TEXT:
        raise errors.Invalid(
            gettext("The text has %(length)s characters; %(most)s is the most. Nothing was sent; shorten it.")
            % {"length": len(text), "most": MAX_TEXT},
            "text",
        )
    return text


def _guard(text: str, case: Case | None, post: Post, may_be_public: Sequence[str]) -> None:
    found = leak.leaks(text, reads.private_facts(case, post), public=reads.public_facts(post))
    left = [one for one in found if one.excerpt not in may_be_public]
    if left:
        raise errors.Leaks(left)


def _drop_draft(case: Case | None, audience: Audience, actor: Actor) -> None:
    if case is not None:
        Draft.objects.filter(Q(person_id=actor.person_id), case=case, audience=audience).delete()
