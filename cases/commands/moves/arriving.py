"""How arrivals become posts, for one or for many: stored raw, made posts, joined to cases or opening them (I8)."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import DataError, IntegrityError, transaction
from django.utils.translation import gettext

from cases import errors, queue
from cases.commands.moves.base import lock_opening, require_in_brand
from cases.commands.moves.inserting import insert_many
from cases.commands.moves.opening import Opening, join_many, nobodies_known, open_cases
from cases.commands.moves.recording import record, record_many
from cases.commands.moves.registering import open_registered
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
    Wish,
)

log = logging.getLogger(__name__)

MAX_AUTHOR = 200


@dataclass(frozen=True, slots=True)
class Received:
    """What became of an arrival: the post it is, whether it is new, or why it waits in the tray."""

    post: Post | None
    is_new: bool
    reason: str = ""
    raw_id: int | None = None


Pending = tuple[Raw, Arrival]
# What the channel calls it, and the SHA-256 of what came.
Key = tuple[str, bytes]


def receive_batch(channel_id: int, batch: Sequence[Arrival], at: datetime, actor: Actor) -> list[Received]:
    """What became of each arrival, in order; raises NotFound, NotAllowed, or Invalid (channel switched off)."""
    channel = Channel.objects.select_related("brand", "default_category").filter(pk=channel_id).first()
    if channel is None:
        raise errors.NotFound
    require_in_brand(actor, Permission.INTAKE, channel.brand_id)
    if not (channel.is_active and channel.brand.is_active):
        raise errors.Invalid(
            gettext("This channel is switched off. Nothing was stored; switch it on first."), "channel"
        )
    # One intake at a time for a brand: what follows may look first and write afterwards.
    lock_opening(channel.brand_id)
    keyed = [(arrival, hashlib.sha256(arrival.body()).digest()) for arrival in batch]
    fresh = _store(channel, keyed, at)
    outcomes = dict(zip((raw.pk for raw, _ in fresh), process_safely(channel, fresh, at, actor), strict=True))
    by_key = {(raw.external_id, bytes(raw.digest)): outcomes[raw.pk] for raw, _ in fresh}
    # The first arrival of a key is answered by its own outcome, every repeat by what was made of it then.
    first = [by_key.pop((arrival.external_id, digest), None) for arrival, digest in keyed]
    repeated = [key for key, outcome in zip(keyed, first, strict=True) if outcome is None]
    before = _before(channel, [(arrival.external_id, digest) for arrival, digest in repeated])
    return [
        outcome or before[arrival.external_id, digest] for outcome, (arrival, digest) in zip(first, keyed, strict=True)
    ]


def _before(channel: Channel, keys: Sequence[Key]) -> dict[Key, Received]:
    """For what had been stored already: the post it is, or why it waits in the tray."""
    if not keys:
        return {}
    posts = {
        post.external_id: post
        for post in Post.objects.filter(channel=channel, external_id__in={external_id for external_id, _ in keys})
    }
    outcomes = {key: Received(posts.get(key[0]), is_new=False) for key in keys}
    lost = {external_id for external_id, _ in keys if external_id not in posts}
    if lost:
        for raw in Raw.objects.filter(channel=channel, external_id__in=lost).defer("body"):
            key = raw.external_id, bytes(raw.digest)
            if key in outcomes:
                outcomes[key] = Received(None, is_new=False, reason=raw.reason, raw_id=raw.pk)
    return outcomes


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
    rows = insert_many(
        [
            Raw(
                channel=channel,
                brand_id=channel.brand_id,
                external_id=external_id,
                digest=digest,
                body=wanted[external_id, digest].body(),
                received_at=at,
                # It is processed in the same transaction; what cannot be is marked then.
                status=RawStatus.PROCESSED,
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
    for raw, _ in again:
        outcomes[raw.pk] = Received(posts[raw.external_id], is_new=False)
    _observe_edits([(posts[raw.external_id], arrival) for raw, arrival in again], at, actor)
    waited = [raw.pk for raw, _ in sound if raw.status != RawStatus.PROCESSED]
    if waited:
        Raw.objects.filter(pk__in=waited).update(status=RawStatus.PROCESSED, reason="")
    return [outcomes[raw.pk] for raw, _ in fresh]


def _observe_edits(again: Sequence[tuple[Post, Arrival]], at: datetime, actor: Actor) -> None:
    """Keep each text that differs from the one seen last, beside its post."""
    if not again:
        return
    words = {post.pk: post.text for post, _ in again}
    last = Observation.objects.filter(post_id__in=words, kind=ObservationKind.EDITED)
    words |= dict(last.order_by("post_id", "-id").distinct("post_id").values_list("post_id", "text"))
    seen: list[Observation] = []
    for post, arrival in again:
        text = texts.clean(arrival.text)
        if text != words[post.pk]:
            words[post.pk] = text
            kind = ObservationKind.EDITED
            seen.append(
                Observation(post=post, brand_id=post.brand_id, kind=kind, at=at, text=text, by_id=actor.person_id)
            )
    record_many(
        EventKind.POST_OBSERVED,
        actor,
        [
            (Stream.POST, one.post_id, at, {"observation": one.pk, "kind": one.kind})
            for one in Observation.objects.bulk_create(seen)
        ],
    )


def _make_posts(channel: Channel, first: Sequence[Pending], at: datetime, actor: Actor) -> list[Post]:
    if not first:
        return []
    handles = _handles(channel, first)
    posts = insert_many(
        [_post(channel, raw, arrival, handles.get(arrival.author[:MAX_AUTHOR]), at) for raw, arrival in first]
    )
    record_many(
        EventKind.POST_RECEIVED,
        actor,
        [(Stream.POST, post.pk, post.received_at, {"channel": channel.pk}) for post in posts],
    )
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
        # A register says when it was received there; the raw row keeps when it came here.
        received_at=arrival.registered.received_at if arrival.registered else at,
    )


def _handles(channel: Channel, first: Sequence[Pending]) -> dict[str, Handle]:
    """The authors' handles by what the platform calls them; new ones bring a new complainant each."""
    authors = {arrival.author[:MAX_AUTHOR]: arrival for _, arrival in first if arrival.author}
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
                platform_user=arrival.author[:MAX_AUTHOR],
                name=texts.clean(arrival.name)[:200],
            )
            for person, arrival in zip(people, unknown, strict=True)
        ]
    )
    return found | {handle.platform_user: handle for handle in new}


def _place(channel: Channel, placed: Sequence[tuple[Post, Arrival]], at: datetime, actor: Actor) -> None:
    """Join each post to its author's unhandled case; open one where the channel says so; else leave it to triage.

    Each complaint out of a register is a case of its own.
    """
    registered = [pair for pair in placed if pair[1].registered]
    posts = [pair for pair in placed if not pair[1].registered]
    unhandled, handled = _cases_of({post.handle.complainant_id for post, _ in posts if post.handle})
    openings = _openings(channel, [pair for pair in posts if _person(pair[0]) not in unhandled])
    opened = dict(
        zip(
            (opening.post.pk for opening in openings),
            open_cases(openings, at=at, actor=actor),
            strict=True,
        )
    )
    known = unhandled | {_person(opening.post): opened[opening.post.pk] for opening in openings if opening.post.handle}
    joining = [(known[_person(post)], post) for post, _ in posts if post.pk not in opened and _person(post) in known]
    rows = {post.pk: Triage(post=post, brand_id=post.brand_id) for post, _ in placed}
    for post, _ in posts:
        rows[post.pk].suggested_case = handled.get(_person(post))
    for opening in openings:
        _settle(rows[opening.post.pk], opened[opening.post.pk], at)
    for case, post in joining:
        _settle(rows[post.pk], case, at, by_id=actor.person_id)
    for case, (post, _) in zip(open_registered(channel, registered, at=at, actor=actor), registered, strict=True):
        _settle(rows[post.pk], case, at, by_id=actor.person_id)
    Triage.objects.bulk_create(rows.values())
    join_many(joining, at=at, actor=actor)


def _person(post: Post) -> int:
    """The complainant behind a post; 0 when nobody is known."""
    return post.handle.complainant_id if post.handle else 0


def _cases_of(people: set[int]) -> tuple[dict[int, Case], dict[int, Case]]:
    """By complainant: the newest case that a post of theirs joins, locked; and for the others the last handled one."""
    if not people:
        return {}, {}
    # Locked while looking: what was handled a moment ago is not among them any more.
    joinable = Case.objects.select_for_update(no_key=True).filter(complainant_id__in=people, status__in=UNHANDLED)
    unhandled = {case.complainant_id: case for case in joinable.order_by("pk")}
    others = Case.objects.filter(complainant_id__in=people - unhandled.keys(), status=Status.HANDLED)
    return unhandled, {case.complainant_id: case for case in others.order_by("pk")}


def _openings(channel: Channel, posts: Sequence[tuple[Post, Arrival]]) -> list[Opening]:
    """A case to be opened for each author of these, where everything on the channel is a complaint."""
    if not channel.is_complaints_only:
        return []
    categories = _categories(channel) if any(arrival.category for _, arrival in posts) else {}
    nobodies = iter(nobodies_known(channel.brand_id, [arrival.language for post, arrival in posts if not post.handle]))
    openings: list[Opening] = []
    seen: set[int] = set()
    for post, arrival in posts:
        person = _person(post)
        if person in seen:
            continue
        if person:
            seen.add(person)
        complainant = post.handle.complainant if post.handle else next(nobodies)
        category = categories.get(texts.fold(arrival.category), channel.default_category)
        wish = arrival.wanted if arrival.wanted in Wish.values else ""
        openings.append(Opening(post, complainant, channel, category, None, wish=wish))
    return openings


def _categories(channel: Channel) -> dict[str, Category]:
    """The brand's categories by everything they are called: label in any language, or code."""
    found = list(Category.objects.filter(brand_id=channel.brand_id, is_active=True).order_by("pk"))
    labels = {texts.fold(label): category for category in found for label in category.label.values() if label}
    return labels | {texts.fold(category.code): category for category in found}


def _settle(row: Triage, case: Case, at: datetime, *, by_id: int | None = None) -> None:
    """What triage would say of a post that is in a case."""
    row.kind, row.category_id, row.severity = PostKind.COMPLAINT, case.category_id, case.severity
    row.triaged_at, row.by_id, row.suggested_case = at, by_id, None
