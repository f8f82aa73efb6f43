"""Opening cases and joining posts to them, one or many at a time with the same few statements."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from cases import queue
from cases.commands.moves.base import record_many, set_status, update
from cases.models import Action, Case, CasePost, Category, Channel, Complainant, Playbook, Post, Triage
from cases.rules import text as texts
from cases.vocabulary import Actor, EventKind, PostKind, Severity, Status, Stream


@dataclass(frozen=True, slots=True)
class Opening:
    """What a new case begins with."""

    post: Post
    complainant: Complainant
    channel: Channel
    category: Category | None
    severity: int | None
    about_id: int | None = None


def open_cases(openings: Sequence[Opening], *, at: datetime, actor: Actor) -> list[Case]:
    """Open one case per opening, all of one brand, with their playbooks' actions; the brand's counter is taken last."""
    if not openings:
        return []
    playbooks = _playbooks({opening.category.pk for opening in openings if opening.category})
    brand = openings[0].channel.brand
    first = _take_references(brand.pk, len(openings))
    cases = [
        Case(
            brand=brand,
            reference=f"{brand.prefix}-{first + place}",
            complainant=opening.complainant,
            channel=opening.channel,
            category=opening.category,
            severity=opening.severity or _severity(playbooks.get(opening.category.pk if opening.category else 0)),
            team_id=(opening.category.team_id if opening.category else None) or opening.channel.default_team_id,
            language=opening.post.language or opening.complainant.language or brand.language,
            headline=texts.excerpt(opening.post.text or "", 160),
            about_id=opening.about_id,
            opened_at=at,
            posted_at=opening.post.posted_at,
            unanswered_since=opening.post.posted_at,
        )
        for place, opening in enumerate(openings)
    ]
    Case.objects.bulk_create(cases)
    CasePost.objects.bulk_create(
        [CasePost(case=c, post=o.post, joined_at=at) for c, o in zip(cases, openings, strict=True)]
    )
    Action.objects.bulk_create(
        [action for case in cases for action in _first_actions(case, playbooks.get(case.category_id or 0), at)]
    )
    record_many(
        EventKind.CASE_OPENED,
        actor,
        [
            (Stream.CASE, c.pk, at, {"post": o.post.pk, "category": c.category_id, "severity": c.severity})
            for c, o in zip(cases, openings, strict=True)
        ],
    )
    return cases


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
    record_many(EventKind.POST_JOINED, actor, [(Stream.CASE, case.pk, at, {"post": post.pk}) for case, post in pairs])
    cases = {case.pk: case for case, _ in pairs}
    waited = [case for case in cases.values() if case.status == Status.WAITING]
    if waited:
        Case.objects.filter(pk__in=[case.pk for case in waited]).update(status=Status.OPEN, waiting_for="")
    for case in waited:
        case.status, case.waiting_for = Status.OPEN, ""
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
        set_status(case, Status.OPEN, waiting_for="")
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


def bring_playbook(case: Case, *, at: datetime) -> None:
    """Add the actions that the case's category brings."""
    playbook = _playbooks({case.category_id}).get(case.category_id) if case.category_id else None
    Action.objects.bulk_create(_first_actions(case, playbook, at))


def _take_references(brand_id: int, count: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cases_counter (brand_id, next_number) VALUES (%s, %s) "
            "ON CONFLICT (brand_id) DO UPDATE SET next_number = cases_counter.next_number + %s "
            "RETURNING next_number - %s",
            [brand_id, 1 + count, count, count],
        )
        return int(cursor.fetchone()[0])


def _playbooks(category_ids: set[int]) -> dict[int, Playbook]:
    if not category_ids:
        return {}
    found = Playbook.objects.filter(category_id__in=category_ids, is_active=True).prefetch_related("actions__kind")
    return {playbook.category_id: playbook for playbook in found}


def _severity(playbook: Playbook | None) -> int:
    return playbook.severity if playbook else int(Severity.MEDIUM)


def _first_actions(case: Case, playbook: Playbook | None, at: datetime) -> list[Action]:
    if playbook is None:
        return []
    by_place: dict[int, list[Action]] = defaultdict(list)
    for line in playbook.actions.all():
        if not line.kind.is_active:
            continue
        days = line.days if line.days is not None else line.kind.days
        by_place[line.position].append(
            Action(
                case=case,
                kind=line.kind,
                is_required=line.is_required,
                team_id=line.team_id,
                due_at=at + timedelta(days=days),
                created_at=at,
            )
        )
    return [action for place in sorted(by_place) for action in by_place[place]]
