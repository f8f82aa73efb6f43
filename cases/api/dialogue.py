"""What is said: public replies, private messages and notes, each at an address of its own."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from cases import errors
from cases.api.endpoint import CaseEndpoint, Endpoint, Paged, found
from cases.api.fields import Bytes, Line, Words
from cases.api.parsing import Json
from cases.api.schema import changes, reads
from cases.api.shapes import MessageShape, NoteShape, ReplyShape, ThreadShape
from cases.commands import dialogue, invitation
from cases.queries import api as queries

MOST_TEXT = 60_000
MOST_FILES = 20


class FileIn(serializers.Serializer[Any]):
    """A file inside a JSON body."""

    name = Line(max_length=160)
    content = Bytes()


class ReplyIn(serializers.Serializer[Any]):
    """What is said for everyone to read."""

    text = Words(max_length=MOST_TEXT)
    url = Line(max_length=2000, required=False, allow_blank=True, help_text="where it stands, if it does already")
    may_be_public = serializers.ListField(
        child=Words(max_length=2000), required=False, max_length=100, help_text="excerpts that look private and are not"
    )


class CaseReplyIn(ReplyIn):
    """The same, with or without an invitation, under the case's newest public post or another of its posts."""

    invite = serializers.BooleanField(default=False, help_text="invite to the private thread")
    post = serializers.UUIDField(required=False, allow_null=True)


class PostedIn(serializers.Serializer[Any]):
    """Where a reply stands now."""

    url = Line(max_length=2000)


class TextIn(serializers.Serializer[Any]):
    """What is written."""

    text = Words(max_length=MOST_TEXT)
    files = FileIn(many=True, required=False, max_length=MOST_FILES)  # type: ignore[call-arg]  # the list takes it


class TextForm(serializers.Serializer[Any]):
    """The same as a form with files."""

    text = Words(max_length=MOST_TEXT)
    files = serializers.ListField(child=serializers.FileField(), required=False, max_length=MOST_FILES)


class MessageIn(TextIn):
    """A private message, to the newest confirmed thread unless another is named."""

    thread = serializers.UUIDField(required=False, allow_null=True)


class MessageForm(TextForm):
    """The same as a form with files."""

    thread = serializers.UUIDField(required=False, allow_null=True)


class MessagePage(serializers.Serializer[Any]):
    """A page of private messages, oldest first."""

    next = serializers.CharField(allow_null=True)
    results = MessageShape(many=True)


def _reply_shown(endpoint: Endpoint, key: int) -> Any:
    line = found(queries.reply(endpoint.seer, key))
    # The link is nowhere but in the public text itself: only its hash is kept.
    last = (line["text"] or "").rsplit("\n", 1)[-1]
    line["invitation"] = last if line["invitation_status"] else None
    return ReplyShape(line).data


class CaseReplies(CaseEndpoint):
    """Public replies in a case."""

    @changes(ReplyShape, "Say something in public, with or without an invitation", takes=CaseReplyIn, status=201)
    def post(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """The reply, and the link of its invitation."""
        case_id, _brand_id = self.case(reference)
        given = self.given(CaseReplyIn)
        named = given.get("post")
        post_id = queries.post_in_case(case_id, named) if named else queries.public_post_of(case_id)
        if post_id is None:
            raise errors.Invalid(_("There is no such post in this case."), "post")
        return self.run(
            dialogue.reply_in_public,
            lambda written: written.reply.pk,
            lambda key: _reply_shown(self, key),
            status=201,
            post_id=post_id,
            text=given["text"],
            url=given.get("url") or "",
            is_inviting=given["invite"],
            may_be_public=given.get("may_be_public", ()),
            at=timezone.now(),
        )


class PostReplies(Endpoint):
    """Public replies under a post that is in no case: praise and questions are answered too."""

    @changes(ReplyShape, "Answer a post in public", takes=ReplyIn, status=201)
    def post(self, request: Request, post: UUID) -> Response:  # noqa: ARG002
        """The reply."""
        post_id, _brand_id = found(queries.post_row(self.seer, post))
        given = self.given(ReplyIn)
        return self.run(
            dialogue.reply_in_public,
            lambda written: written.reply.pk,
            lambda key: _reply_shown(self, key),
            status=201,
            post_id=post_id,
            text=given["text"],
            url=given.get("url") or "",
            may_be_public=given.get("may_be_public", ()),
            at=timezone.now(),
        )


class Posted(Endpoint):
    """A reply that was posted by hand."""

    @changes(ReplyShape, "A public reply stands now: keep where", takes=PostedIn)
    def post(self, request: Request, reply: UUID) -> Response:  # noqa: ARG002
        """The reply."""
        reply_id = found(queries.reply_id(self.seer, reply))
        return self.run(
            dialogue.mark_posted,
            lambda _reply: reply_id,
            lambda key: _reply_shown(self, key),
            reply_id=reply_id,
            url=self.given(PostedIn)["url"],
            at=timezone.now(),
        )


class Messages(CaseEndpoint):
    """The private messages of a case."""

    parser_classes = (Json, MultiPartParser)

    @reads(
        MessagePage,
        "The private messages of a case, oldest first",
        operation_id="messages_list",
        takes=[Paged],
        refuses=[404, 422],
    )
    def get(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """One page of messages."""
        case_id, _brand_id = self.case(reference)
        asked = self.asked(Paged)
        lines = queries.messages(case_id, asked.get("cursor", 0), asked["limit"] + 1)
        return self.page(lines, MessageShape, asked, key=lambda line: int(line["key"]))

    @changes(
        MessageShape,
        "Write to the complainant in private",
        takes={"application/json": MessageIn, "multipart/form-data": MessageForm},
        status=201,
    )
    def post(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """The message."""
        case_id, _brand_id = self.case(reference)
        given = self.given(MessageForm if self.is_form else MessageIn)
        thread_id = None
        if given.get("thread"):
            thread_id = queries.thread_id(self.seer, given["thread"])
            if thread_id is None:
                raise errors.Invalid(_("There is no such thread in this case."), "thread")
        return self.run(
            dialogue.send_message,
            lambda message: message.pk,
            lambda key: MessageShape(found(queries.message(self.seer, key))).data,
            status=201,
            case_id=case_id,
            thread_id=thread_id,
            text=given["text"],
            uploads=self.uploads(given),
            at=timezone.now(),
        )


class Notes(CaseEndpoint):
    """What colleagues tell each other."""

    parser_classes = (Json, MultiPartParser)

    @changes(
        NoteShape,
        "Tell colleagues something; @username notifies",
        takes={"application/json": TextIn, "multipart/form-data": TextForm},
        status=201,
    )
    def post(self, request: Request, reference: str) -> Response:  # noqa: ARG002
        """The note."""
        case_id, _brand_id = self.case(reference)
        given = self.given(TextForm if self.is_form else TextIn)
        return self.run(
            dialogue.write_note,
            lambda note: note.pk,
            lambda key: NoteShape(found(queries.note(self.seer, key))).data,
            status=201,
            case_id=case_id,
            text=given["text"],
            uploads=self.uploads(given),
            at=timezone.now(),
        )


class _ThreadMove(Endpoint):
    def answer(self, command: Any, thread: UUID) -> Response:
        """Run one command on the thread, and show it."""
        thread_id = found(queries.thread_id(self.seer, thread))
        return self.run(
            command,
            lambda _thread: thread_id,
            lambda key: ThreadShape(found(queries.threads(self.seer).filter(pk=key).first())).data,
            thread_id=thread_id,
            at=timezone.now(),
        )


class ConfirmThread(_ThreadMove):
    """Whoever claimed the invitation is the complainant."""

    @changes(ThreadShape, "Whoever is at the other end is the complainant: the case opens to them")
    def post(self, request: Request, thread: UUID) -> Response:  # noqa: ARG002
        """The thread."""
        return self.answer(invitation.confirm, thread)


class RefuseThread(_ThreadMove):
    """Whoever claimed the invitation is somebody else."""

    @changes(ThreadShape, "Whoever is at the other end is somebody else: their links end")
    def post(self, request: Request, thread: UUID) -> Response:  # noqa: ARG002
        """The thread."""
        return self.answer(invitation.refuse, thread)
