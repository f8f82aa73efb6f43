"""Three audiences, three tables (I6): public replies, private messages, notes; and the way from public to private."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from cases.vocabulary import InvitationStatus, ReplyStatus


class PublicReply(models.Model):
    """What we say under a post, for everyone to read, and where it stands."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    post = models.ForeignKey("cases.Post", on_delete=models.PROTECT, related_name="replies")
    case = models.ForeignKey("cases.Case", null=True, blank=True, on_delete=models.PROTECT, related_name="replies")
    author = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="+")
    text = models.TextField(null=True)
    url = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=ReplyStatus.choices, default=ReplyStatus.TO_POST)
    is_final = models.BooleanField(default=False)
    written_at = models.DateTimeField(default=timezone.now)
    posted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=ReplyStatus.values), name="reply_status_known"),
            models.CheckConstraint(
                condition=Q(status=ReplyStatus.TO_POST) | (~Q(url="") & Q(posted_at__isnull=False)),
                name="reply_posted_says_where",
            ),
        ]


class Thread(models.Model):
    """A private conversation of a case; each claimant has their own, unverified until confirmed."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="threads")
    complainant = models.ForeignKey(
        "cases.Complainant", null=True, blank=True, on_delete=models.PROTECT, related_name="threads"
    )
    claimed_name = models.CharField(max_length=200, blank=True)
    contact = models.CharField(max_length=254, blank=True)
    language = models.CharField(max_length=8, blank=True)
    opened_at = models.DateTimeField(default=timezone.now)
    verified_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.ForeignKey("cases.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    refused_at = models.DateTimeField(null=True, blank=True)
    code_digest = models.BinaryField(max_length=32, null=True, blank=True)
    code_expires_at = models.DateTimeField(null=True, blank=True)
    code_tries = models.PositiveSmallIntegerField(default=0)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(verified_at__isnull=True) | Q(complainant__isnull=False),
                name="thread_verified_is_somebodys",
            ),
        ]


class PrivateLink(models.Model):
    """An unguessable link to one thread; only its hash is kept."""

    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, related_name="private_links")
    digest = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)


class Invitation(models.Model):
    """The tracked hand-over from public to private; its link opens an empty claim page."""

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="invitations")
    reply = models.OneToOneField(
        PublicReply, null=True, blank=True, on_delete=models.PROTECT, related_name="invitation"
    )
    thread = models.ForeignKey(Thread, null=True, blank=True, on_delete=models.PROTECT, related_name="invitations")
    digest = models.BinaryField(max_length=32, unique=True)
    status = models.CharField(max_length=10, choices=InvitationStatus.choices, default=InvitationStatus.SENT)
    sent_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=InvitationStatus.values), name="invitation_status_known")
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(status=InvitationStatus.SENT), name="invitation_open")
        ]


class Message(models.Model):
    """One entry of a private thread: from a colleague, or from the complainant."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, related_name="messages")
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="messages")
    author = models.ForeignKey("cases.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(null=True)
    sent_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)
    misdirected_at = models.DateTimeField(null=True, blank=True)
    once = models.UUIDField(null=True, blank=True, unique=True)

    class Meta:
        indexes = [models.Index(fields=["case", "id"], name="message_of_case")]

    @property
    def is_ours(self) -> bool:
        """Whether a colleague wrote it."""
        return self.author_id is not None


class Note(models.Model):
    """What colleagues tell each other; no complainant and no audience ever reads it."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey("cases.User", on_delete=models.PROTECT, related_name="+")
    text = models.TextField(null=True)
    written_at = models.DateTimeField(default=timezone.now)


class Attachment(models.Model):
    """A file of exactly one post, message, note or action; stored under a random key, never shared."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    brand = models.ForeignKey("cases.Brand", on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey("cases.Post", null=True, blank=True, on_delete=models.PROTECT, related_name="attachments")
    message = models.ForeignKey(Message, null=True, blank=True, on_delete=models.PROTECT, related_name="attachments")
    note = models.ForeignKey(Note, null=True, blank=True, on_delete=models.PROTECT, related_name="attachments")
    action = models.ForeignKey(
        "cases.Action", null=True, blank=True, on_delete=models.PROTECT, related_name="attachments"
    )
    key = models.CharField(max_length=80, unique=True)
    name = models.CharField(max_length=160)
    media_type = models.CharField(max_length=80)
    size = models.PositiveIntegerField()
    digest = models.BinaryField(max_length=32)
    is_image = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(post__isnull=False, message__isnull=True, note__isnull=True, action__isnull=True)
                    | Q(post__isnull=True, message__isnull=False, note__isnull=True, action__isnull=True)
                    | Q(post__isnull=True, message__isnull=True, note__isnull=False, action__isnull=True)
                    | Q(post__isnull=True, message__isnull=True, note__isnull=True, action__isnull=False)
                ),
                name="attachment_of_one_thing",
            )
        ]
