"""Complaints out of a register become cases as they stand there: with their days, their category and their decision."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from cases import queue
from cases.commands.moves.base import person_of, require_in_brand
from cases.commands.moves.following import follow_many
from cases.commands.moves.opening import nobodies_known, take_references
from cases.commands.moves.recording import record_many
from cases.models import Case, CasePost, Category, Channel, Complainant, Decision, Original, Post
from cases.queries.importing import categories_by_name
from cases.rules import import_registers
from cases.rules import text as texts
from cases.rules.arrival import Arrival, Registered
from cases.vocabulary import Actor, EventKind, Job, Outcome, Permission, Status, Stream


class _Entry(NamedTuple):
    """A row of a register on its way into a case."""

    post: Post
    complainant: Complainant
    category: Category | None
    said: Registered
    outcome: Outcome | None


def open_registered(
    channel: Channel, posts: Sequence[tuple[Post, Arrival]], *, at: datetime, actor: Actor
) -> list[Case]:
    """Open a case for each of these posts, with the same few statements for one and for many; raises NotAllowed.

    Where the company's answer decides the complaint, whoever imports records that decision and owns the case. Nothing
    was done here with proof, so no case begins as handled, and no playbook demands today what was due back then.
    """
    if not posts:
        return []
    require_in_brand(actor, Permission.DECIDE, channel.brand_id)
    person_id = person_of(actor)
    entries = _entries(channel, posts)
    cases = _store(channel, entries, person_id)
    pairs = list(zip(cases, entries, strict=True))
    Original.objects.bulk_create([_original(case, entry.said) for case, entry in pairs])
    record_many(
        EventKind.CASE_OPENED,
        actor,
        [
            (Stream.CASE, c.pk, c.opened_at, {"post": e.post.pk, "category": c.category_id, "severity": c.severity})
            for c, e in pairs
        ],
    )
    _decide(channel, [pair for pair in pairs if pair[1].outcome], person_id, actor)
    # After the decisions: a deadline that one of them met was not missed.
    follow_many(cases, at=at)
    queue.after_commit(Job.HEAR_CUES)
    return cases


def _entries(channel: Channel, posts: Sequence[tuple[Post, Arrival]]) -> list[_Entry]:
    categories = categories_by_name(channel.brand_id)
    nobodies = iter(nobodies_known(channel.brand_id, [arrival.language for post, arrival in posts if not post.handle]))
    return [
        _Entry(
            post,
            post.handle.complainant if post.handle else next(nobodies),
            categories.get(texts.fold(import_registers.label_of(arrival.category)), channel.default_category),
            arrival.registered,
            import_registers.outcome_of(arrival.registered.response),
        )
        for post, arrival in posts
        if arrival.registered
    ]


def _store(channel: Channel, entries: Sequence[_Entry], person_id: int) -> list[Case]:
    first = take_references(channel.brand_id, len(entries))
    cases = [
        Case(
            brand=channel.brand,
            reference=f"{channel.brand.prefix}-{first + place}",
            complainant=entry.complainant,
            channel=channel,
            category=entry.category,
            team_id=(entry.category.team_id if entry.category else None) or channel.default_team_id,
            language=entry.post.language or channel.brand.language,
            headline=texts.excerpt(entry.post.text or "", 160),
            opened_at=entry.said.received_at,
            posted_at=entry.post.posted_at,
            **_standing(entry, person_id),
        )
        for place, entry in enumerate(entries)
    ]
    Case.objects.bulk_create(cases)
    CasePost.objects.bulk_create(
        [CasePost(case=c, post=e.post, joined_at=e.said.received_at) for c, e in zip(cases, entries, strict=True)]
    )
    return cases


def _standing(entry: _Entry, person_id: int) -> dict[str, object]:
    """How the case stands: decided ones belong to whoever took the decision over, the others wait for somebody."""
    if entry.outcome:
        return {"status": Status.OPEN, "owner_id": person_id, "status_since": entry.said.decided_at}
    return {"status_since": entry.said.received_at, "unanswered_since": entry.post.posted_at}


def _original(case: Case, said: Registered) -> Original:
    fields = {name: getattr(said, name) for name in said.__slots__ if name not in {"received_at", "decided_at"}}
    return Original(case=case, **fields)


def _decide(channel: Channel, pairs: Sequence[tuple[Case, _Entry]], person_id: int, actor: Actor) -> None:
    """The decisions, on the day that stands in for theirs, and from that day on an owner for each."""
    decisions = Decision.objects.bulk_create(
        [
            Decision(
                case=case,
                outcome=str(entry.outcome),
                reason=import_registers.reason_of(entry.said, channel.brand.language),
                by_id=person_id,
                at=entry.said.decided_at,
            )
            for case, entry in pairs
        ]
    )
    record_many(
        EventKind.CASE_ASSIGNED,
        actor,
        [(Stream.CASE, c.pk, e.said.decided_at, {"owner": person_id, "before": None}) for c, e in pairs],
    )
    record_many(
        EventKind.DECISION_RECORDED,
        actor,
        [
            (Stream.CASE, c.pk, e.said.decided_at, {"decision": d.pk, "outcome": e.outcome, "points": 0})
            for (c, e), d in zip(pairs, decisions, strict=True)
        ],
    )
