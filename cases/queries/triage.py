"""Posts that wait to be looked at, praise and questions that wait for an answer, and what is known of their authors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from cases import errors
from cases.models import Case, Category, Post, Seer, Triage
from cases.queries import dialogue
from cases.vocabulary import UNHANDLED, PostKind

PAGE = 30


@dataclass(frozen=True, slots=True)
class Waiting:
    """Some posts that wait, the longest waiting first, and the key after which the next ones begin."""

    rows: list[Any]
    after: int | None


def untriaged(seer: Seer, brand_id: int | None = None, after: int | None = None) -> Waiting:
    """One page of posts that nobody has looked at, in one query."""
    return _waiting(Triage.objects.untriaged().visible_to(seer), seer, brand_id, after)


def unanswered(seer: Seer, brand_id: int | None = None, after: int | None = None) -> Waiting:
    """One page of praise and questions that nobody has answered, in one query."""
    return _waiting(Triage.objects.unanswered().visible_to(seer), seer, brand_id, after)


def _waiting(rows: QuerySet[Triage], seer: Seer, brand_id: int | None, after: int | None) -> Waiting:
    brand_ids = [b for b in seer.brand_ids if brand_id in {None, b}]
    if not brand_ids:
        return Waiting([], None)
    if after is not None:
        rows = rows.filter(pk__gt=after)
    # Brand by brand, so that each part walks its index in order and stops.
    parts: list[QuerySet[Triage, Any]] = [
        rows.filter(brand_id=brand).order_by("pk")[: PAGE + 1].values("pk") for brand in brand_ids
    ]
    chosen = parts[0] if len(parts) == 1 else reduce(lambda one, other: one.union(other, all=True), parts)
    lean = Triage.objects.filter(pk__in=chosen).select_related("post__channel", "post__handle").order_by("pk")
    found = list(lean[: PAGE + 1])
    return Waiting(found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None)


def card(seer: Seer, public_id: UUID) -> Any:
    """One post with its dialogue, its triage and its author, in three queries; raises NotFound."""
    posts = Post.objects.visible_to(seer).filter(public_id=public_id)
    post = (
        dialogue.with_dialogue(posts)
        .select_related(
            "channel", "brand", "handle__complainant", "triage__by", "triage__passed_to", "triage__suggested_case"
        )
        .first()
    )
    if post is None:
        raise errors.NotFound
    return post


def author_cases(seer: Seer, post: Any) -> list[Case]:
    """The cases of a post's author that the person may open, the unhandled ones first, in one query."""
    if post.handle is None:
        return []
    mine = Case.objects.visible_to(seer).filter(complainant=post.handle.complainant_id).order_by("-pk")[:6]
    return sorted(mine, key=lambda case: case.status not in UNHANDLED)


def case_of(post: Any) -> str:
    """The reference of the case a post is in, or nothing."""
    return (
        Case.objects.filter(links__post=post, links__left_at__isnull=True).values_list("reference", flat=True).first()
        or ""
    )


def categories(brand_id: int) -> list[Category]:
    """What complaints of the brand are about."""
    return list(Category.objects.filter(brand_id=brand_id, is_active=True).order_by("code"))


def is_answerable(post: Any) -> bool:
    """Whether this is praise or a question: it is answered as a post, without a case."""
    return post.triage.kind in {PostKind.PRAISE, PostKind.QUESTION}
