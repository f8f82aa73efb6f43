"""What became, or would become, of arrivals on a channel, without writing anything."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cases.models import CasePost, Category, Original, Post, Raw, User
from cases.rules import arrival as arrivals
from cases.rules import text as texts
from cases.rules.arrival import Arrival
from cases.rules.permission import OWNERS


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


def who_decides(brand_id: int) -> list[User]:
    """Who can take over decisions and own cases of the brand, by user name."""
    rows = User.objects.filter(is_active=True, memberships__brand_id=brand_id, memberships__role__in=OWNERS)
    return list(rows.order_by("username").distinct())


def categories_by_name(brand_id: int) -> dict[str, Category]:
    """The brand's categories by all they are or were called, switched off or not; a merged one is what it became."""
    found = list(Category.objects.filter(brand_id=brand_id).select_related("merged_into").order_by("is_active", "pk"))
    codes = {category.code: category for category in found}
    former = {name: each for each in found for one in each.former for name in one["label"].values()}
    labels = {name: each for each in found for name in each.label.values()}
    named = {**former, **codes, **labels}
    return {texts.fold(name): category.merged_into or category for name, category in named.items() if name}


def missing_categories(brand_id: int, labels: Iterable[str]) -> list[str]:
    """Those of the labels that no category of the brand is or was called, each once however it is written."""
    wanted: dict[str, str] = {}
    for label in labels:
        wanted.setdefault(texts.fold(label), label)
    known = categories_by_name(brand_id) if wanted else {}
    return [label for name, label in wanted.items() if name not in known]


def answered_otherwise(channel_id: int, batch: Sequence[Arrival]) -> int:
    """How many of these complaints out of a register came before with another response of the company."""
    said = {arrival.external_id: arrival.registered.response for arrival in batch if arrival.registered}
    if not said:
        return 0
    # One table at a time: while a file comes in, the database does not know yet how many rows there are, and a join
    # planned for none compares each with each.
    posts = dict(Post.objects.filter(channel_id=channel_id, external_id__in=said).values_list("pk", "external_id"))
    links = list(CasePost.objects.filter(post__in=list(posts)).values_list("post_id", "case_id"))
    cases = {case_id for _, case_id in links}
    responses = dict(Original.objects.filter(case__in=cases).values_list("case_id", "response"))
    found = {(posts[post_id], responses[case_id]) for post_id, case_id in links if case_id in responses}
    return sum(said[external_id] != response for external_id, response in found)


def _outcome(arrival: Arrival, posts: set[str], raws: dict[tuple[str, bytes], str], at: datetime) -> Foreseen:
    is_known = arrival.external_id in posts
    key = arrival.external_id, hashlib.sha256(arrival.body()).digest()
    if key in raws:
        return Foreseen(is_known, "" if is_known else raws[key])
    reason = arrivals.problem(arrival, at)
    return Foreseen(is_known and not reason, reason or "")
