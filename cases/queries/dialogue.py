"""What is read about a case's dialogue: its three lanes, who is named in a note, what must not be said in public."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, Subquery

from cases.models import (
    Attachment,
    Case,
    Delivery,
    Membership,
    Message,
    Note,
    Observation,
    Post,
    PrivateLink,
    PublicReply,
    Thread,
)
from cases.rules.leak import Fact, Kind, facts_in
from cases.vocabulary import Role

_NAMED = re.compile(r"@([\w.+-]+)")


def named_in(text: str, case: Case) -> list[int]:
    """The colleagues of the brand whom a note names with @username."""
    names = {name.lower().rstrip(".") for name in _NAMED.findall(text)}
    if not names:
        return []
    colleagues = Membership.objects.filter(brand_id=case.brand_id, person__is_active=True).values_list(
        "person_id", "person__username"
    )
    return [person_id for person_id, username in colleagues if username.lower() in names]


def managers_of(brand_id: int) -> list[int]:
    """The active managers of a brand."""
    return list(
        Membership.objects.filter(brand_id=brand_id, role=Role.MANAGER, person__is_active=True).values_list(
            "person_id", flat=True
        )
    )


def private_facts(case: Case | None, post: Post) -> list[Fact]:
    """What a public reply under this post must not tell: what we know of the person and was said in private."""
    if case is None:
        return []
    person = case.complainant
    said_publicly = {post.handle.name, post.handle.platform_user} if post.handle else set()
    facts = [
        Fact(Kind.NAME, "" if person.name in said_publicly else person.name, "complainant"),
        Fact(Kind.EMAIL, person.email, "complainant"),
        Fact(Kind.PHONE, person.phone, "complainant"),
        Fact(Kind.NAME, person.on_behalf_of, "complainant"),
    ]
    facts += [
        Fact(Kind.REFERENCE, reference, "action")
        for reference in case.actions.exclude(proof_reference="").values_list("proof_reference", flat=True)
    ]
    for text in Message.objects.filter(case=case).values_list("text", flat=True):
        facts += facts_in(text or "", "message")
    for text in Note.objects.filter(case=case).values_list("text", flat=True):
        facts += facts_in(text or "", "note")
    return [fact for fact in facts if fact.text]


def public_facts(post: Post) -> list[str]:
    """What everybody knows already: the author's names there, and the words of the post."""
    names = [post.handle.name, post.handle.platform_user] if post.handle else []
    return [known for known in [*names, post.brand.name, post.text or ""] if known]


def with_dialogue(posts: Any) -> Any:
    """Posts with their channel and author, what was seen of them and what we said under them, in three queries."""
    return posts.select_related("channel", "handle").prefetch_related(
        Prefetch("observations", Observation.objects.select_related("by").order_by("at", "pk")),
        Prefetch("replies", PublicReply.objects.select_related("author", "invitation").order_by("written_at", "pk")),
    )


def public_lane(case: Case) -> list[Post]:
    """The posts of a case, oldest first, with what was seen of them and what we said under them."""
    posts = Post.objects.filter(links__case=case, links__left_at__isnull=True)
    return list(with_dialogue(posts).order_by("posted_at", "pk"))


def private_lane(case: Case, at: datetime) -> list[Thread]:
    """The threads of a case with their messages, each with how far its mail got, in two queries."""
    mailed = Delivery.objects.filter(message=OuterRef("pk")).order_by("-pk").values("status")[:1]
    messages = (
        Message.objects.select_related("author", "answer").annotate(mailed=Subquery(mailed)).order_by("sent_at", "pk")
    )
    live = PrivateLink.objects.filter(thread=OuterRef("pk"), revoked_at__isnull=True, expires_at__gt=at)
    return list(
        Thread.objects.filter(case=case)
        .select_related("complainant")
        .annotate(has_link=Exists(live))
        .prefetch_related(Prefetch("messages", messages))
        .order_by("pk")
    )


def notes(case: Case) -> list[Note]:
    """The notes of a case, oldest first."""
    return list(Note.objects.filter(case=case).select_related("author").order_by("written_at", "pk"))


def recipients(case: Case) -> list[Thread]:
    """The threads somebody can be written to in, the newest confirmed one first."""
    threads = Thread.objects.filter(case=case, refused_at__isnull=True).select_related("complainant")
    return sorted(threads, key=lambda thread: (thread.verified_at is None, -thread.pk))


def repliable(case: Case) -> list[Post]:
    """The posts of a case under which something can be said in public, the newest first."""
    posts = Post.objects.filter(links__case=case, links__left_at__isnull=True).select_related("channel", "handle")
    return [post for post in posts.order_by("-posted_at", "-pk") if post.channel.is_public]


def attach_files(**of: Sequence[Any]) -> None:
    """Give each of these posts, messages, notes and actions its ``files``, all in one query."""
    wanted = Q(pk__in=[])
    for name, rows in of.items():
        if rows:
            wanted |= Q(**{f"{name}_id__in": [row.pk for row in rows]})
    found: dict[tuple[str, int], list[Attachment]] = defaultdict(list)
    for file in Attachment.objects.filter(wanted).order_by("pk") if any(of.values()) else ():
        for name in of:
            found[name, getattr(file, f"{name}_id") or 0].append(file)
    for name, rows in of.items():
        for row in rows:
            row.files = found[name, row.pk]
