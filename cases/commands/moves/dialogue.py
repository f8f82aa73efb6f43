"""Threads, their links, files and notifications, as several steps need them."""

from __future__ import annotations

import hashlib
import io
import secrets
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import Model
from django.utils import timezone, translation
from django.utils.translation import gettext
from PIL import Image, UnidentifiedImageError

from cases import errors
from cases.commands.moves.base import lock, person_of, record_case, update
from cases.commands.moves.opening import heard_from_complainant
from cases.commands.moves.promising import note_told
from cases.commands.moves.recording import record
from cases.commands.moves.sending import post_mail
from cases.models import (
    Answer,
    Attachment,
    Case,
    Complainant,
    Message,
    Note,
    Notification,
    Post,
    PrivateLink,
    PublicReply,
    Thread,
    Triage,
)
from cases.rules import files as file_rules
from cases.rules import text as texts
from cases.vocabulary import UNHANDLED, Actor, AnswerStatus, EventKind, Hours, ReplyStatus, Status, Stream


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody sent, already judged and stored."""

    key: str
    name: str
    media_type: str
    size: int
    digest: bytes
    is_image: bool


def store(*, name: str, content: bytes) -> Upload:
    """Judge a file and store it under a random key, before any row names it; raises FileRefused.

    Called outside the transaction: a file without a row is swept, a row without a file would be a loss.
    """
    verdict = file_rules.judge(
        name=name, head=content[: file_rules.HEAD_BYTES], size=len(content), limit=settings.FILE_MAX_BYTES
    )
    if verdict.type is None or not verdict.is_allowed:
        raise errors.FileRefused(name=verdict.name, reason=_why_refused(verdict))
    if verdict.type.is_image and not _is_picture(content):
        reason = gettext("it is no picture that can be opened, or one that is far too large")
        raise errors.FileRefused(name=verdict.name, reason=reason)
    key = default_storage.save(f"{secrets.token_hex(2)}/{secrets.token_urlsafe(32)}", ContentFile(content))
    return Upload(
        key=key,
        name=verdict.name,
        media_type=verdict.type.media_type,
        size=len(content),
        digest=hashlib.sha256(content).digest(),
        is_image=verdict.type.is_image,
    )


def _why_refused(verdict: file_rules.Verdict) -> str:
    """The reason in the reader's language."""
    megabytes = settings.FILE_MAX_BYTES // (1024 * 1024)
    reasons = {
        file_rules.Refusal.EMPTY: gettext("it is empty"),
        file_rules.Refusal.TOO_LARGE: gettext("it is too large; at most %(most)d MB can be taken")
        % {"most": megabytes},
        file_rules.Refusal.PROGRAM: gettext("it is a program or a script, whatever its name says"),
        file_rules.Refusal.MARKUP: gettext("it is a web page or a drawing that can hold a script; send a photo of it"),
        file_rules.Refusal.ARCHIVE: gettext("it is an archive; send the files in it one by one"),
        file_rules.Refusal.MISMATCH: gettext("what is in it is not what its name says"),
    }
    unknown = gettext("its type is not taken; photos, PDF, text, Word, Excel, sound and video are")
    return reasons.get(verdict.refusal or file_rules.Refusal.UNKNOWN, unknown)


def _is_picture(content: bytes) -> bool:
    """Whether these bytes open as an image of a sane size; formats that are not drawn are taken at their word."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content)) as image:
                image.verify()
    except UnidentifiedImageError:
        return content[4:8] == b"ftyp"
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, OSError, ValueError, SyntaxError):
        return False
    return True


def keep_files(brand_id: int, uploads: Sequence[Upload], **of: Model) -> None:
    """Attach stored files to exactly one post, message, note or action."""
    Attachment.objects.bulk_create(
        [
            Attachment(
                brand_id=brand_id,
                key=upload.key,
                name=upload.name,
                media_type=upload.media_type,
                size=upload.size,
                digest=upload.digest,
                is_image=upload.is_image,
                **of,
            )
            for upload in uploads
        ]
    )


def digest_of(token: str) -> bytes:
    """What is kept of a secret link or code: its SHA-256."""
    return hashlib.sha256(token.encode()).digest()


def new_secret() -> str:
    """An unguessable word for a link: 256 random bits."""
    return secrets.token_urlsafe(32)


def open_thread(
    case: Case,
    *,
    at: datetime,
    complainant: Complainant | None = None,
    claimed_name: str = "",
    contact: str = "",
    language: str = "",
) -> Thread:
    """A new private conversation; verified from the start when the complainant is known."""
    return Thread.objects.create(
        case=case,
        complainant=complainant,
        claimed_name=claimed_name,
        contact=contact,
        language=language,
        opened_at=at,
        verified_at=at if complainant else None,
    )


def make_link(thread: Thread, *, at: datetime) -> str:
    """The full address of a new private link to the thread."""
    secret = new_secret()
    PrivateLink.objects.create(
        thread=thread, digest=digest_of(secret), created_at=at, expires_at=at + timedelta(hours=Hours.PRIVATE_LINK)
    )
    return f"{settings.SITE_URL}/p/{secret}/"


def notify(
    person_ids: Sequence[int],
    kind: str,
    *,
    by_id: int | None,
    case: Case | None = None,
    at: datetime | None = None,
    **of: Model,
) -> None:
    """Leave a notification for each person, except for whoever caused it."""
    Notification.objects.bulk_create(
        [
            Notification(person_id=person_id, kind=kind, case=case, by_id=by_id, created_at=at or timezone.now(), **of)
            for person_id in dict.fromkeys(person_ids)
            if person_id != by_id
        ]
    )


def thread_of(case: Case, thread_id: int | None = None) -> Thread:
    """The named thread of the case, else its newest verified one; raises Unreachable when there is none."""
    threads = Thread.objects.filter(case=case, refused_at__isnull=True)
    if thread_id is not None:
        thread = threads.filter(pk=thread_id).first()
        if thread is None:
            raise errors.NotFound
    else:
        thread = threads.filter(verified_at__isnull=False).order_by("-id").first()
    person = case.complainant
    if thread is None:
        if not person.email:
            raise errors.Unreachable
        return open_thread(case, at=timezone.now(), complainant=person, contact=person.email, language=case.language)
    # What is at hand is not read again.
    thread.case = case
    if thread.complainant_id == person.pk:
        thread.complainant = person
    return thread


def lock_case_of(thread: Thread) -> Case:
    """The thread's case, locked; a thread that went on in another case meanwhile is in that one."""
    case = lock(thread.case_id)
    while case.status == Status.MERGED:
        thread.refresh_from_db()
        case = lock(thread.case_id)
    thread.case = case
    return case


def write_message(
    thread: Thread, text: str, *, uploads: Sequence[Upload], once: UUID | None = None, at: datetime, actor: Actor
) -> Message:
    """A private message of ours: written, recorded, and mailed where an address is known."""
    author_id = person_of(actor)
    case = thread.case
    message = Message.objects.create(thread=thread, case=case, author_id=author_id, text=text, sent_at=at, once=once)
    keep_files(case.brand_id, uploads, message=message)
    record_case(case, EventKind.MESSAGE_SENT, actor, at=at, message=message.pk, thread=thread.pk)
    note_told(case, at=at)
    address = address_of(thread)
    if address:
        with translation.override(thread.language or case.language or case.brand.language):
            post_mail(
                purpose="message",
                recipient=address,
                subject=gettext("%(brand)s wrote to you: %(reference)s")
                % {"brand": case.brand.name, "reference": case.reference},
                body=gettext(
                    "%(author)s of %(brand)s wrote:\n\n%(text)s\n\n"
                    "Answer, attach files and see what is promised on your private page:\n%(link)s"
                )
                % {
                    "author": message.author.name if message.author else "",
                    "brand": case.brand.name,
                    "text": text,
                    "link": make_link(thread, at=at),
                },
                case=case,
                message=message,
                at=at,
            )
    return message


def hear(
    thread: Thread, text: str, *, uploads: Sequence[Upload], once: UUID | None = None, at: datetime, actor: Actor
) -> Message:
    """A private message of the complainant: written and recorded; the owner is told."""
    case = thread.case
    message = Message.objects.create(thread=thread, case=case, text=text, sent_at=at, once=once)
    keep_files(case.brand_id, uploads, message=message)
    if case.status in UNHANDLED:
        heard_from_complainant(case, at=at)
    record_case(case, EventKind.MESSAGE_RECEIVED, actor, at=at, message=message.pk, thread=thread.pk)
    if case.owner_id:
        notify([case.owner_id], "wrote", by_id=None, case=case, at=at)
    return message


def address_of(thread: Thread) -> str:
    """The mail address of whoever is at the other end of the thread, or nothing."""
    known = thread.complainant.email if thread.complainant else ""
    return known or (thread.contact if "@" in thread.contact else "")


def write_reply(
    post: Post,
    case: Case | None,
    text: str,
    *,
    url: str = "",
    is_final: bool = False,
    once: UUID | None = None,
    at: datetime,
    actor: Actor,
) -> PublicReply:
    """A public reply of ours: written and recorded; posted already when its address is known."""
    author_id = person_of(actor)
    reply = PublicReply.objects.create(
        public_id=once or uuid4(),
        post=post,
        case=case,
        author_id=author_id,
        text=text,
        is_final=is_final,
        written_at=at,
    )
    _record_reply(reply, EventKind.REPLY_WRITTEN, at, actor)
    return mark_reply_posted(reply, url, at=at, actor=actor) if url else reply


def mark_reply_posted(reply: PublicReply, url: str, *, at: datetime, actor: Actor) -> PublicReply:
    """The reply stands where everyone can read it; if it is the final answer, that has reached the complainant."""
    if not url.startswith(("https://", "http://")):
        raise errors.Invalid(gettext("Give the address where the reply stands, beginning with https://."), "url")
    reply.status, reply.url, reply.posted_at = ReplyStatus.POSTED, url, at
    PublicReply.objects.filter(pk=reply.pk).update(status=reply.status, url=url, posted_at=at)
    Triage.objects.filter(post_id=reply.post_id, answered_at__isnull=True).update(answered_at=at)
    _record_reply(reply, EventKind.REPLY_POSTED, at, actor)
    if reply.case is not None:
        reached = Answer.objects.filter(reply=reply, status=AnswerStatus.SENDING, superseded_at__isnull=True)
        if reached.update(status=AnswerStatus.REACHED, reached_at=at):
            record_case(reply.case, EventKind.ANSWER_REACHED, actor, at=at, reply=reply.pk)
        answered(reply.case, at=at)
    return reply


def _record_reply(reply: PublicReply, kind: EventKind, at: datetime, actor: Actor) -> None:
    if reply.case is not None:
        record_case(reply.case, kind, actor, at=at, reply=reply.pk, post=reply.post_id)
    else:
        record(Stream.POST, reply.post_id, kind, actor, at=at, reply=reply.pk)


def write_down(case: Case, text: str, *, at: datetime, actor: Actor) -> Note | None:
    """Keep a reason as a note of the case; nobody's note is written when no person acts."""
    if actor.person_id is None:
        return None
    note = Note.objects.create(case=case, author_id=actor.person_id, text=texts.clean(text).strip(), written_at=at)
    record_case(case, EventKind.NOTE_WRITTEN, actor, at=at, note=note.pk)
    return note


def answered(case: Case, *, at: datetime) -> None:
    """Somebody of ours has said something to the complainant: nothing is unanswered now."""
    update(case, unanswered_since=None, **({} if case.answered_at else {"answered_at": at}))
