"""Threads, their links, files and notifications, as several steps need them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import Model

from cases import errors
from cases.models import Attachment, Case, Complainant, Notification, PrivateLink, Thread
from cases.rules import files as file_rules
from cases.vocabulary import Hours


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
    verdict = file_rules.judge(name=name, head=content[:8192], size=len(content), limit=settings.FILE_MAX_BYTES)
    if not verdict.is_allowed:
        raise errors.FileRefused(name=verdict.name, reason=verdict.reason)
    key = default_storage.save(f"{secrets.token_hex(2)}/{secrets.token_urlsafe(32)}", ContentFile(content))
    return Upload(
        key=key,
        name=verdict.name,
        media_type=verdict.media_type,
        size=len(content),
        digest=hashlib.sha256(content).digest(),
        is_image=verdict.is_image,
    )


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


def notify(person_ids: Sequence[int], kind: str, *, by_id: int | None, case: Case | None = None, **of: Model) -> None:
    """Leave a notification for each person, except for whoever caused it."""
    Notification.objects.bulk_create(
        [
            Notification(person_id=person_id, kind=kind, case=case, by_id=by_id, **of)
            for person_id in dict.fromkeys(person_ids)
            if person_id != by_id
        ]
    )
