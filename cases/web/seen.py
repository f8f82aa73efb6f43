"""What was seen of a post, as a person reads it: its reach, how its words changed, whether it still stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from cases.models import Observation
from cases.rules import text as texts
from cases.rules.text import Op
from cases.vocabulary import ObservationKind, Precision, ReplyStatus
from cases.web import tags

WIDTH, HEIGHT = 64.0, 16.0


@dataclass(frozen=True, slots=True)
class Edit:
    """How the words of a post changed, once."""

    observation: Observation
    pieces: list[tuple[Op, str]]


@dataclass(frozen=True, slots=True)
class Seen:
    """A post with everything that was seen of it and said under it."""

    post: Any
    views: int | None
    shares: int | None
    spark: str
    edits: list[Edit] = field(default_factory=list)
    gone: Observation | None = None
    hidden: Observation | None = None
    replies: list[Any] = field(default_factory=list)
    reach: list[Observation] = field(default_factory=list)


def of(post: Any) -> Seen:
    """What the page shows of a post that was read with its dialogue."""
    observations: Sequence[Observation] = list(post.observations.all())
    reach = [each for each in observations if each.kind == ObservationKind.REACH]
    views = [each.views for each in reach if each.views is not None]
    shares = [each.shares for each in reach if each.shares is not None]
    replies = list(post.replies.all())
    for reply in replies:
        reply.span = tags.span(after) if (after := _after(post, reply)) is not None else ""
    return Seen(
        post=post,
        views=views[-1] if views else None,
        shares=shares[-1] if shares else None,
        spark=spark([each for each in reach if each.views is not None]),
        edits=_edits(post, observations),
        gone=_standing(observations, ObservationKind.GONE),
        hidden=_standing(observations, ObservationKind.HIDDEN_BY_US),
        replies=replies,
        reach=reach,
    )


def _edits(post: Any, observations: Sequence[Observation]) -> list[Edit]:
    edits, words = [], post.text or ""
    for each in observations:
        if each.kind == ObservationKind.EDITED and each.text is not None:
            edits.append(Edit(each, texts.difference(words, each.text)))
            words = each.text
    return edits


def _standing(observations: Sequence[Observation], kind: ObservationKind) -> Observation | None:
    """The last observation of this kind, unless the post was seen to be back since."""
    last = None
    for each in observations:
        if each.kind == kind:
            last = each
        elif each.kind == ObservationKind.BACK:
            last = None
    return last


def spark(reach: Sequence[Observation]) -> str:
    """The views over time as the path of a small drawing; nothing while there is no line to draw."""
    points = [(each.at.timestamp(), each.views or 0) for each in reach]
    if len(points) < 2 or points[0][0] == points[-1][0]:
        return ""
    begin, span = points[0][0], points[-1][0] - points[0][0]
    most = max(views for _, views in points) or 1
    drawn = [
        f"{1 + (WIDTH - 2) * (at - begin) / span:.1f} {HEIGHT - 1 - (HEIGHT - 2) * views / most:.1f}"
        for at, views in points
    ]
    return "M" + "L".join(drawn)


def _after(post: Any, reply: Any) -> timedelta | None:
    """How long after the post the reply stood, where the time of the post is known that exactly."""
    if post.precision != Precision.INSTANT or reply.status != ReplyStatus.POSTED or reply.posted_at is None:
        return None
    gap = reply.posted_at - post.posted_at
    return gap if timedelta(0) <= gap < timedelta(days=2) else None
