"""A case goes on in another one, or a post of it in a case of its own; the journals of both tell which."""

from __future__ import annotations

from datetime import datetime

from cases.commands.moves.base import record_case, set_status, update
from cases.commands.moves.opening import Opening, join_many, open_cases
from cases.commands.moves.owning import give
from cases.commands.moves.recording import record_many
from cases.models import Case, CasePost, Post, Thread, Triage
from cases.vocabulary import Actor, EventKind, Status, Stream


def go_on_in(case: Case, into: Case, *, at: datetime, actor: Actor) -> None:
    """End a locked case as merged: its posts join the other locked one, and its private pages are pages of that one."""
    posts = list(Post.objects.filter(links__case=case, links__left_at__isnull=True).order_by("links__pk"))
    threads = list(Thread.objects.filter(case=case).order_by("pk").values_list("pk", flat=True))
    CasePost.objects.filter(case=case, left_at__isnull=True).update(left_at=at)
    Thread.objects.filter(pk__in=threads).update(case=into)
    # What proposes to join the one proposes to join the other.
    Triage.objects.filter(suggested_case=case).update(suggested_case=into)
    left = {"case": into.pk}
    record_many(EventKind.POST_LEFT, actor, [(Stream.CASE, case.pk, at, {"post": post.pk, **left}) for post in posts])
    set_status(case, Status.MERGED, at=at, waiting_for="", unanswered_since=None)
    record_case(case, EventKind.CASE_MERGED, actor, at=at, **left)
    join_many([(into, post) for post in posts], at=at, actor=actor)
    record_case(into, EventKind.CASE_JOINED, actor, at=at, case=case.pk, threads=threads)


def part(case: Case, post: Post, *, at: datetime, actor: Actor) -> Case:
    """The new case of a post that leaves a locked one: of the same complainant, and as closed to others as that."""
    triage = post.triage
    category = triage.category if triage.category and triage.category.is_active else None
    CasePost.objects.filter(post=post, left_at__isnull=True).update(left_at=at)
    opening = Opening(post, case.complainant, post.channel, category, triage.severity, about_id=case.about_id)
    opened = open_cases([opening], at=at, actor=actor)[0]
    Triage.objects.filter(post=post).update(category=category, severity=opened.severity)
    if case.is_restricted:
        update(opened, is_restricted=True)
        record_case(opened, EventKind.CASE_RESTRICTED, actor, at=at)
        if case.owner_id is not None:
            # Nobody's case is closed to all agents: whoever answers for the one would lose sight of the other.
            give(opened, case.owner_id, at=at, actor=actor)
    record_case(opened, EventKind.CASE_SPLIT_OFF, actor, at=at, case=case.pk)
    record_case(case, EventKind.POST_LEFT, actor, at=at, post=post.pk, case=opened.pk)
    return opened
