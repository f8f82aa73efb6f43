"""What became, or would become, of arrivals on a channel, without writing anything."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cases.models import Post, Raw
from cases.rules import arrival as arrivals
from cases.rules.arrival import Arrival


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Whether the post is there already, and why it cannot become one."""

    is_known: bool
    reason: str = ""


def foreseen(channel_id: int, batch: Sequence[Arrival], at: datetime) -> list[Foreseen]:
    """For each arrival, in order, what intake would answer as things are now."""
    external_ids = {arrival.external_id for arrival in batch}
    on_channel = {"channel_id": channel_id, "external_id__in": external_ids}
    posts = set(Post.objects.filter(**on_channel).values_list("external_id", flat=True))
    raws = {
        (external_id, bytes(digest)): reason
        for external_id, digest, reason in Raw.objects.filter(**on_channel).values_list(
            "external_id", "digest", "reason"
        )
    }
    return [_outcome(arrival, posts, raws, at) for arrival in batch]


def _outcome(arrival: Arrival, posts: set[str], raws: dict[tuple[str, bytes], str], at: datetime) -> Foreseen:
    is_known = arrival.external_id in posts
    key = arrival.external_id, hashlib.sha256(arrival.body()).digest()
    if key in raws:
        return Foreseen(is_known, "" if is_known else raws[key])
    reason = arrivals.problem(arrival, at)
    return Foreseen(is_known and not reason, reason or "")
