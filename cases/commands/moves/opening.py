"""Opening cases and joining posts to them, one or many at a time with the same few statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from cases import queue
from cases.commands.moves import playbook
from cases.commands.moves.base import set_status, update
from cases.commands.moves.following import begin, follow_many, keep_begun
from cases.commands.moves.recording import record_many
from cases.models import Case, CasePost, Category, Channel, Complainant, Post, Triage
from cases.queries.timing import Facts, Times, opening_facts
from cases.rules import text as texts
from cases.vocabulary import Actor, EventKind, Job, PostKind, Status, Stream


@dataclass(frozen=True, slots=True)
class Opening:
    """What a new case begins with."""

    post: Post
    complainant: Complainant
    channel: Channel
    category: Category | None
    severity: int | None
    about_id: int | None = None
    wish: str = ""


def open_cases(openings: Sequence[Opening], *, at: datetime, actor: Actor) -> list[Case]:
    """Open one case per opening, all of one brand, with their playbooks' actions; the brand's counter is taken last."""
    if not openings:
        return []
    brand = openings[0].channel.brand
    choices = _choices(openings)
    times = Times(brand.pk)
    first = take_references(brand.pk, len(openings))
    cases = [
        Case(
            brand=brand,
            reference=f"{brand.prefix}-{first + place}",
            complainant=opening.complainant,
            channel=opening.channel,
            category=opening.category,
            severity=choice.severity,
            wish=opening.wish,
            playbook_version=choice.version,
            team_id=(opening.category.team_id if opening.category else None) or opening.channel.default_team_id,
            language=opening.post.language or opening.complainant.language or brand.language,
            headline=texts.excerpt(opening.post.text or "", 160),
            about_id=opening.about_id,
            opened_at=at,
            status_since=at,
            posted_at=opening.post.posted_at,
            unanswered_since=opening.post.posted_at,
        )
        for place, (opening, choice) in enumerate(zip(openings, choices, strict=True))
    ]
    begun = begin(cases, _facts(cases, openings), times, at=at)
    Case.objects.bulk_create(cases)
    CasePost.objects.bulk_create(
        [CasePost(case=c, post=o.post, joined_at=at) for c, o in zip(cases, openings, strict=True)]
    )
    playbook.bring(cases, calendars=times.calendars, at=at)
    record_many(
        EventKind.CASE_OPENED,
        actor,
        [
            (Stream.CASE, c.pk, at, {"post": o.post.pk, "category": c.category_id, "severity": c.severity})
            for c, o in zip(cases, openings, strict=True)
        ],
    )
    queue.after_commit(Job.HEAR_CUES)
    keep_begun(cases, begun, at=at)
    return cases


def _facts(cases: Sequence[Case], openings: Sequence[Opening]) -> list[Facts]:
    return [
        opening_facts(case, opening.post, opening.complainant, is_public=opening.channel.is_public)
        for case, opening in zip(cases, openings, strict=True)
    ]


def join(case: Case, post: Post, *, at: datetime, actor: Actor) -> None:
    """Put a triaged or untriaged post into a locked, unhandled case: it waits for an answer again."""
    join_many([(case, post)], at=at, actor=actor)
    Triage.objects.filter(post=post).update(
        kind=PostKind.COMPLAINT,
        category_id=case.category_id,
        severity=case.severity,
        triaged_at=at,
        by_id=actor.person_id,
        suggested_case=None,
    )


def join_many(pairs: Sequence[tuple[Case, Post]], *, at: datetime, actor: Actor) -> None:
    """Put posts into locked, unhandled cases, in order, with the same few statements for one and for many."""
    if not pairs:
        return
    CasePost.objects.bulk_create([CasePost(case=case, post=post, joined_at=at) for case, post in pairs])
    cases = {case.pk: case for case, _ in pairs}
    waited = [case for case in cases.values() if case.status == Status.WAITING]
    if waited:
        Case.objects.filter(pk__in=[case.pk for case in waited]).update(
            status=Status.OPEN, status_since=at, waiting_for=""
        )
    for case in waited:
        case.status, case.status_since, case.waiting_for = Status.OPEN, at, ""
    # Figures are computed with this line: everything they are made of is written before it.
    record_many(EventKind.POST_JOINED, actor, [(Stream.CASE, case.pk, at, {"post": post.pk}) for case, post in pairs])
    follow_many(waited, at=at)
    _count_up(cases, pairs)
    for case in cases.values():
        queue.announce(
            brand_id=case.brand_id,
            case=case.reference,
            revision=case.revision,
            restricted=case.is_restricted or case.about_id is not None,
        )


def _count_up(cases: Mapping[int, Case], pairs: Sequence[tuple[Case, Post]]) -> None:
    """One revision more for each post, and what waits for an answer waits since the first of them."""
    count = Counter(case.pk for case, _ in pairs)
    since: dict[int, datetime] = {}
    for case, post in pairs:
        since.setdefault(case.pk, post.posted_at)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE cases_case c SET revision = c.revision + n.count,"
            " unanswered_since = coalesce(c.unanswered_since, n.since)"
            " FROM unnest(%s::bigint[], %s::int[], %s::timestamptz[]) AS n(id, count, since)"
            " WHERE c.id = n.id RETURNING c.id, c.revision, c.unanswered_since",
            [list(count), list(count.values()), [since[key] for key in count]],
        )
        for key, revision, unanswered_since in cursor.fetchall():
            cases[key].revision, cases[key].unanswered_since = revision, unanswered_since


def heard_from_complainant(case: Case, *, at: datetime) -> None:
    """The complainant said something: the case is open again if it waited, and waits for our answer since then."""
    if case.status == Status.WAITING:
        set_status(case, Status.OPEN, at=at, waiting_for="")
    if case.unanswered_since is None:
        update(case, unanswered_since=at)


def nobody_known(brand_id: int, language: str) -> Complainant:
    """A complainant of whom nothing is known yet."""
    return nobodies_known(brand_id, [language])[0]


def nobodies_known(brand_id: int, languages: Sequence[str]) -> list[Complainant]:
    """For each language a complainant of whom nothing else is known yet."""
    return Complainant.objects.bulk_create(
        [Complainant(brand_id=brand_id, language=language[:8], is_anonymous=True) for language in languages]
    )


def take_references(brand_id: int, count: int) -> int:
    """The first of so many new numbers in the references of a brand; taken last, for others wait for it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cases_counter (brand_id, next_number) VALUES (%s, %s) "
            "ON CONFLICT (brand_id) DO UPDATE SET next_number = cases_counter.next_number + %s "
            "RETURNING next_number - %s",
            [brand_id, 1 + count, count, count],
        )
        return int(cursor.fetchone()[0])


def _choices(openings: Sequence[Opening]) -> list[playbook.Choice]:
    keys = [opening.category.pk if opening.category else None for opening in openings]
    choosing = playbook.Choosing(openings[0].channel.brand, keys)
    return [choosing.for_case(key, opening.severity, opening.wish) for key, opening in zip(keys, openings, strict=True)]
