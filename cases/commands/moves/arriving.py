"""How arrivals become posts, for one or for many: stored raw, made posts, joined to cases or opening them (I8)."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import DataError, IntegrityError, transaction

from cases import errors, queue
from cases.commands.moves.base import lock_many, lock_opening, record, record_many, require_in_brand
from cases.commands.moves.opening import Opening, join, nobody_known, open_cases
from cases.models import Case, Category, Channel, Complainant, Handle, Observation, Post, Raw, Triage
from cases.rules import arrival as arrivals
from cases.rules import text as texts
from cases.rules.arrival import Arrival
from cases.vocabulary import (
    UNHANDLED,
    Actor,
    EventKind,
    ObservationKind,
    Permission,
    PostKind,
    RawStatus,
    Status,
    Stream,
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Received:
    """What became of an arrival: the post it is, whether it is new, or why it waits in the tray."""

    post: Post | None
    is_new: bool
    reason: str = ""
    raw_id: int | None = None


Pending = tuple[Raw, Arrival]


def receive_batch(channel_id: int, batch: Sequence[Arrival], at: datetime, actor: Actor) -> list[Received]:
    """What became of each arrival, in order; raises NotFound, NotAllowed, or Invalid (channel switched off)."""
    channel = Channel.objects.select_related("brand", "default_category").filter(pk=channel_id).first()
    if channel is None:
        raise errors.NotFound
    require_in_brand(actor, Permission.INTAKE, channel.brand_id)
    if not (channel.is_active and channel.brand.is_active):
        raise errors.Invalid("This channel is switched off. Nothing was stored; switch it on first.", "channel")
    # One intake at a time for a brand: what follows may look first and write afterwards.
    lock_opening(channel.brand_id)
    keyed = [(arrival, hashlib.sha256(arrival.body()).digest()) for arrival in batch]
    fresh = _store(channel, keyed, at)
    outcomes = dict(zip((raw.pk for raw, _ in fresh), process_safely(channel, fresh, at, actor), strict=True))
    by_key = {(raw.external_id, bytes(raw.digest)): outcomes[raw.pk] for raw, _ in fresh}
    posts = {
        p.external_id: p for p in Post.objects.filter(channel=channel, external_id__in=[a.external_id for a in batch])
    }
    # The first arrival of a key is answered by its own outcome, every repeat by the post it already is.
    return [
        by_key.pop((arrival.external_id, digest), Received(posts.get(arrival.external_id), is_new=False))
        for arrival, digest in keyed
    ]


def _store(channel: Channel, keyed: Sequence[tuple[Arrival, bytes]], at: datetime) -> list[Pending]:
    """Keep what has not been seen before, byte for byte."""
    wanted = {(arrival.external_id, digest): arrival for arrival, digest in reversed(keyed)}
    known = {
        (external_id, bytes(digest))
        for external_id, digest in Raw.objects.filter(
            channel=channel, external_id__in={external_id for external_id, _ in wanted}
        ).values_list("external_id", "digest")
    }
    order = [key for key in dict.fromkeys((a.external_id, d) for a, d in keyed) if key not in known]
    rows = Raw.objects.bulk_create(
        [
            Raw(
                channel=channel,
                brand_id=channel.brand_id,
                external_id=external_id,
                digest=digest,
                body=wanted[external_id, digest].body(),
                received_at=at,
            )
            for external_id, digest in order
        ]
    )
    return [(row, wanted[key]) for row, key in zip(rows, order, strict=True)]


def process_safely(channel: Channel, fresh: Sequence[Pending], at: datetime, actor: Actor) -> list[Received]:
    """What became of what was stored; when the database refuses something in a batch, only that one waits."""
    try:
        with transaction.atomic():
            return _process(channel, fresh, at, actor)
    except (DataError, IntegrityError, ValueError) as error:
        if len(fresh) == 1:
            return [_fail(fresh[0][0], f"{type(error).__name__}: {error}", actor)]
        log.warning("a batch of %s on channel %s is processed one by one: %s", len(fresh), channel.pk, error)
        return [process_safely(channel, [one], at, actor)[0] for one in fresh]


def _fail(raw: Raw, reason: str, actor: Actor) -> Received:
    Raw.objects.filter(pk=raw.pk).update(status=RawStatus.FAILED, reason=reason, attempts=raw.attempts + 1)
    record(Stream.BRAND, raw.brand_id, EventKind.RAW_FAILED, actor, raw=raw.pk)
    return Received(None, is_new=False, reason=reason, raw_id=raw.pk)


def _process(channel: Channel, fresh: Sequence[Pending], at: datetime, actor: Actor) -> list[Received]:
    outcomes: dict[int, Received] = {}
    sound: list[Pending] = []
    for raw, arrival in fresh:
        reason = arrivals.problem(arrival, at)
        if reason:
            outcomes[raw.pk] = _fail(raw, reason, actor)
        else:
            sound.append((raw, arrival))
    posts = {
        post.external_id: post
        for post in Post.objects.filter(channel=channel, external_id__in=[raw.external_id for raw, _ in sound])
    }
    first: list[Pending] = []
    again: list[Pending] = []
    seen = set(posts)
    for raw, arrival in sound:
        (again if raw.external_id in seen else first).append((raw, arrival))
        seen.add(raw.external_id)
    for post in _make_posts(channel, first, at, actor):
        posts[post.external_id] = post
        outcomes[post.raw_id] = Received(post, is_new=True)
    for raw, arrival in again:
        _observe_edit(posts[raw.external_id], arrival, at, actor)
        outcomes[raw.pk] = Received(posts[raw.external_id], is_new=False)
    Raw.objects.filter(pk__in=[raw.pk for raw, _ in sound]).update(status=RawStatus.PROCESSED, reason="")
    return [outcomes[raw.pk] for raw, _ in fresh]


def _observe_edit(post: Post, arrival: Arrival, at: datetime, actor: Actor) -> None:
    text = texts.clean(arrival.text)
    last = Observation.objects.filter(post=post, kind=ObservationKind.EDITED).order_by("-id").first()
    if text == (last.text if last else post.text):
        return
    seen = Observation.objects.create(
        post=post, brand_id=post.brand_id, kind=ObservationKind.EDITED, at=at, text=text, by_id=actor.person_id
    )
    record(Stream.POST, post.pk, EventKind.POST_OBSERVED, actor, at=at, observation=seen.pk, kind=seen.kind)


def _make_posts(channel: Channel, first: Sequence[Pending], at: datetime, actor: Actor) -> list[Post]:
    if not first:
        return []
    handles = _handles(channel, first)
    posts = Post.objects.bulk_create(
        [_post(channel, raw, arrival, handles.get(arrival.author), at) for raw, arrival in first]
    )
    Triage.objects.bulk_create([Triage(post=post, brand_id=post.brand_id) for post in posts])
    record_many(EventKind.POST_RECEIVED, actor, [(Stream.POST, post.pk, at, {"channel": channel.pk}) for post in posts])
    _place(channel, list(zip(posts, (arrival for _, arrival in first), strict=True)), at, actor)
    queue.announce(brand_id=channel.brand_id, case=None, revision=posts[-1].pk)
    return posts


def _post(channel: Channel, raw: Raw, arrival: Arrival, handle: Handle | None, at: datetime) -> Post:
    text = texts.clean(arrival.text)
    salt = secrets.token_bytes(16)
    return Post(
        brand_id=channel.brand_id,
        channel=channel,
        handle=handle,
        external_id=arrival.external_id,
        raw=raw,
        text=text,
        text_rule=texts.RULE_VERSION,
        salt=salt,
        digest=hashlib.sha256(salt + text.encode()).digest(),
        wish=texts.clean(arrival.wish) or None,
        language=arrival.language[:8],
        url=arrival.url,
        posted_at=arrival.posted_at,
        precision=arrival.precision,
        received_at=at,
    )


def _handles(channel: Channel, first: Sequence[Pending]) -> dict[str, Handle]:
    """The authors' handles by what the platform calls them; new ones bring a new complainant each."""
    authors = {arrival.author: arrival for _, arrival in first if arrival.author}
    found = {
        handle.platform_user: handle
        for handle in Handle.objects.select_related("complainant").filter(
            brand_id=channel.brand_id, platform=channel.platform, platform_user__in=authors
        )
    }
    unknown = [arrival for author, arrival in authors.items() if author not in found]
    people = Complainant.objects.bulk_create(
        [
            Complainant(
                brand_id=channel.brand_id,
                name=(name := texts.clean(arrival.name or arrival.author)[:200]),
                folded_name=texts.fold(name)[:200],
                language=arrival.language[:8],
            )
            for arrival in unknown
        ]
    )
    new = Handle.objects.bulk_create(
        [
            Handle(
                complainant=person,
                brand_id=channel.brand_id,
                platform=channel.platform,
                platform_user=arrival.author[:200],
                name=texts.clean(arrival.name)[:200],
            )
            for person, arrival in zip(people, unknown, strict=True)
        ]
    )
    return found | {handle.platform_user: handle for handle in new}


def _place(channel: Channel, posts: Sequence[tuple[Post, Arrival]], at: datetime, actor: Actor) -> None:
    """Join each post to its author's unhandled case; open one where the channel says so; else leave it to triage."""
    people = {post.handle.complainant_id for post, _ in posts if post.handle}
    cases = _cases_of(people)
    openings: list[Opening] = []
    joining: list[tuple[int | Opening, Post]] = []
    pending: dict[int, Opening] = {}
    for post, arrival in posts:
        person = post.handle.complainant_id if post.handle else None
        case = cases.get(person or 0)
        if case and case.status in UNHANDLED:
            joining.append((case.pk, post))
        elif person in pending:
            joining.append((pending[person], post))
        elif channel.is_complaints_only:
            opening = _opening(channel, post, arrival)
            openings.append(opening)
            if person:
                pending[person] = opening
        elif case and case.status == Status.HANDLED:
            Triage.objects.filter(post=post).update(suggested_case=case)
    opened = dict(zip(map(id, openings), open_cases(openings, at=at, actor=actor), strict=True))
    _mark_triaged(openings, list(opened.values()), at)
    locked = lock_many([target for target, _ in joining if isinstance(target, int)])
    for target, post in joining:
        case = locked[target] if isinstance(target, int) else opened[id(target)]
        join(case, post, at=at, actor=actor)


def _cases_of(people: set[int]) -> dict[int, Case]:
    """For each complainant the case that a new post of theirs belongs to: an unhandled one, else the last handled."""
    rows = Case.objects.filter(complainant_id__in=people, status__in=[*UNHANDLED, Status.HANDLED]).order_by("id")
    best: dict[int, Case] = {}
    for case in rows:
        kept = best.get(case.complainant_id)
        if kept is None or case.status in UNHANDLED or kept.status == Status.HANDLED:
            best[case.complainant_id] = case
    return best


def _opening(channel: Channel, post: Post, arrival: Arrival) -> Opening:
    category = channel.default_category
    if arrival.category:
        category = Category.objects.filter(brand_id=channel.brand_id, code=arrival.category).first() or category
    complainant = post.handle.complainant if post.handle else nobody_known(channel.brand_id, arrival.language)
    return Opening(post, complainant, channel, category, None)


def _mark_triaged(openings: Sequence[Opening], cases: Sequence[Case], at: datetime) -> None:
    rows = [
        Triage(
            post=opening.post,
            brand_id=case.brand_id,
            kind=PostKind.COMPLAINT,
            category_id=case.category_id,
            severity=case.severity,
            triaged_at=at,
        )
        for opening, case in zip(openings, cases, strict=True)
    ]
    Triage.objects.bulk_update(rows, ["kind", "category", "severity", "triaged_at"])
