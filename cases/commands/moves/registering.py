"""Complaints out of a register become cases as they stand there: with their days, their category and their decision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from cases import queue
from cases.commands.moves.base import person_of, require_in_brand
from cases.commands.moves.following import follow_many
from cases.commands.moves.opening import nobodies_known, take_references
from cases.commands.moves.recording import record_lines
from cases.models import Case, CasePost, Category, Channel, Complainant, Decision, Original, Post
from cases.queries.importing import categories_by_name
from cases.rules import import_registers
from cases.rules import text as texts
from cases.rules.arrival import Arrival, Registered
from cases.vocabulary import Actor, EventKind, Job, Outcome, Permission, Status, Stream

_Line = tuple[EventKind, Stream, int, datetime, dict[str, Any]]


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
    decisions = _decide(channel, pairs, person_id)
    record_lines(
        actor,
        [line for case, entry in pairs for line in _lines(case, entry, decisions.get(case.pk), person_id)],
    )
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


def _decide(channel: Channel, pairs: Sequence[tuple[Case, _Entry]], person_id: int) -> dict[int, Decision]:
    """The decisions by case, on the day that stands in for theirs."""
    decisions = Decision.objects.bulk_create(
        [
            Decision(
                case=case,
                outcome=entry.outcome,
                reason=import_registers.reason_of(entry.said, channel.brand.language),
                by_id=person_id,
                at=entry.said.decided_at,
            )
            for case, entry in pairs
            if entry.outcome
        ]
    )
    return {decision.case_id: decision for decision in decisions}


def _lines(case: Case, entry: _Entry, decision: Decision | None, person_id: int) -> Iterator[_Line]:
    """What the journal says of a case: opened when it was received; owned from the day it was decided."""
    opened = {"post": entry.post.pk, "category": case.category_id, "severity": case.severity}
    yield EventKind.CASE_OPENED, Stream.CASE, case.pk, case.opened_at, opened
    if decision:
        yield EventKind.CASE_ASSIGNED, Stream.CASE, case.pk, decision.at, {"owner": person_id, "before": None}
        decided = {"decision": decision.pk, "outcome": decision.outcome, "points": 0}
        yield EventKind.DECISION_RECORDED, Stream.CASE, case.pk, decision.at, decided
