"""The composer: three forms for three audiences, what is kept in each, and what the page says about a thread."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext as _

from cases.queries import dialogue
from cases.vocabulary import Audience, DeliveryStatus, Status

OPEN_MESSAGES = 5


@dataclass(frozen=True, slots=True)
class ShownThread:
    """A private conversation: whose it is, whether we know that, and its messages, the older ones folded."""

    thread: Any
    name: str
    is_known: bool
    earlier: list[Any]
    messages: list[Any]
    unread: int


def thread(found: Any) -> ShownThread:
    """A thread as the page shows it."""
    messages = list(found.messages.all())
    # What came in since we last wrote is new to us.
    unread = 0
    for message in reversed(messages):
        if message.author_id is not None:
            break
        unread += 1
    for place, message in enumerate(messages):
        message.is_new = place >= len(messages) - unread
        message.final = getattr(message, "answer", None)
        message.state = mail_state(message)
    cut = max(len(messages) - max(OPEN_MESSAGES, unread), 0)
    # One folded message would take the room it saves.
    cut = 0 if cut == 1 else cut
    return ShownThread(found, thread_name(found), found.verified_at is not None, messages[:cut], messages[cut:], unread)


def thread_name(found: Any) -> str:
    """Who is at the other end, as far as we know."""
    known = found.complainant.name if found.complainant else ""
    return known or found.claimed_name or _("Somebody without a name")


def mail_state(message: Any) -> tuple[str, str] | None:
    """How far a message of ours got, as an icon and words."""
    if message.author_id is None:
        return None
    if message.read_at:
        return "checks", _("read")
    return {
        DeliveryStatus.QUEUED: ("clock", _("queued")),
        DeliveryStatus.SENDING: ("clock", _("being sent")),
        DeliveryStatus.SENT: ("check", _("sent")),
        DeliveryStatus.UNKNOWN: ("question-mark", _("outcome unknown")),
        DeliveryStatus.FAILED: ("mail-off", _("came back")),
        DeliveryStatus.CANCELLED: ("x", _("cancelled")),
        None: ("world", _("on their page")),
    }[message.mailed]


def facts(
    request: HttpRequest,
    case: Any,
    posts: list[Any] | None = None,
    threads: list[Any] | None = None,
    given: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """What the composer shows: for each audience the words kept or just refused, and who would read them."""
    if posts is None:
        posts = dialogue.repliable(case)
    if threads is None:
        threads = dialogue.recipients(case)
    people = sorted(
        (each for each in threads if each.refused_at is None), key=lambda each: (each.verified_at is None, -each.pk)
    )
    posts = sorted((post for post in posts if post.channel.is_public), key=lambda post: post.posted_at, reverse=True)
    kept = {draft["audience"]: draft for draft in case.kept}
    texts = {name: kept[name]["text"] if name in kept else "" for name in Audience.values}
    if request.GET.get("closing") and posts and any(said["may_close"] for said in case.said):
        texts[Audience.PUBLIC] = texts[Audience.PUBLIC] or closing(posts[0].language or case.brand.language)
    return {
        "composer": {
            "people": [(each, thread_name(each)) for each in people],
            "posts": posts,
            "can_write": bool(people) or bool(case.complainant.email),
            "is_public": bool(posts),
            "to": _first_tab(request, case, people, posts),
            "once": uuid.uuid4(),
            "text": texts,
            "kept": {name: datetime.fromisoformat(draft["kept_at"]) for name, draft in kept.items()},
        }
        | (given or {})
    }


def closing(language: str) -> str:
    """What could be said under a post once its author agrees: that it is settled, and nothing of how."""
    with translation.override(language):
        return _(
            "This is settled. We found the solution together with the person who wrote here, who agrees that we "
            "say so. Thank you for telling us openly."
        )


def _first_tab(request: HttpRequest, case: Any, people: list[Any], posts: list[Any]) -> str:
    asked = request.GET.get("to", "")
    if asked in Audience.values:
        return asked
    if case.status == Status.HANDLED:
        return ""
    if posts and case.answered_at is None:
        return Audience.PUBLIC
    if any(each.verified_at for each in people) or case.complainant.email:
        return Audience.PRIVATE
    return Audience.PUBLIC if posts else Audience.PRIVATE
