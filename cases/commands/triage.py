"""What a post is: complaint, praise, question or other; what is seen of it later; praise passed on."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from cases import errors, queue
from cases.commands import moves
from cases.models import Case, CasePost, Category, Complainant, Membership, Observation, Post, Triage
from cases.rules import text as texts
from cases.vocabulary import (
    UNHANDLED,
    Actor,
    EventKind,
    Job,
    ObservationKind,
    Permission,
    PostKind,
    Severity,
    Stream,
    Wish,
)


@transaction.atomic(durable=True)
def triage(
    *,
    post_id: int,
    kind: PostKind,
    category_id: int | None = None,
    severity: int | None = None,
    wish: str = "",
    is_separate: bool = False,
    at: datetime,
    actor: Actor,
) -> Case | None:
    """Say what a post is; a complaint joins its author's unhandled case, or opens one, which is what you get.

    ``is_separate`` opens a case of its own even when the author has one. A post that is in a case already keeps it:
    category and severity are then the case's to change.
    """
    post, row = _lock_post(post_id, Permission.TRIAGE, actor)
    category = _category(post, category_id)
    if severity is not None and severity not in Severity.values:
        raise errors.Invalid(gettext("Severity is 1, 2, 3 or 4."), "severity")
    if wish not in {"", *Wish.values}:
        raise errors.Invalid(gettext("Choose what the complainant wants, or leave it open."), "wish")
    live = CasePost.objects.select_related("case").filter(post=post, left_at__isnull=True).first()
    if live:
        if kind != PostKind.COMPLAINT:
            raise errors.Invalid(gettext("This post is in a case. Dismiss the case if it is not a complaint."), "kind")
        return live.case
    Triage.objects.filter(pk=row.pk).update(
        kind=kind, category=category, severity=severity, triaged_at=at, by_id=actor.person_id, suggested_case=None
    )
    moves.record(
        Stream.POST, post.pk, EventKind.POST_TRIAGED, actor, at=at, kind=kind, category=category_id, severity=severity
    )
    if kind != PostKind.COMPLAINT:
        queue.announce(brand_id=post.brand_id, case=None, revision=post.pk)
        return None
    found = moves.Opening(post, _person(post), post.channel, category, severity, wish=wish)
    return _case_for(found, is_separate=is_separate, at=at, actor=actor)


@transaction.atomic(durable=True)
def observe(
    *,
    post_id: int,
    kind: ObservationKind,
    seen_at: datetime,
    views: int | None = None,
    shares: int | None = None,
    text: str | None = None,
    reason: str = "",
    at: datetime,
    actor: Actor,
) -> Observation:
    """Add what was seen of a post: its reach, that it was edited, is gone or back, or was hidden by our side."""
    post, _ = _lock_post(post_id, Permission.OBSERVE, actor)
    if seen_at > at:
        raise errors.Invalid(gettext("This time is in the future."), "at")
    if kind == ObservationKind.REACH and views is None and shares is None:
        raise errors.Invalid(gettext("Say how many views or shares were seen."), "views")
    if kind == ObservationKind.EDITED and (text is None or texts.is_blank(text)):
        raise errors.Invalid(gettext("Give the full new text of the post."), "text")
    if kind == ObservationKind.HIDDEN_BY_US and not reason.strip():
        raise errors.Invalid(gettext("Say why our side hid the post; this shows in the reports."), "reason")
    seen = Observation.objects.create(
        post=post,
        brand_id=post.brand_id,
        kind=kind,
        at=seen_at,
        views=views,
        shares=shares,
        text=texts.clean(text) if kind == ObservationKind.EDITED and text else None,
        reason=reason.strip()[:300],
        by_id=actor.person_id,
    )
    moves.record(
        Stream.POST, post.pk, EventKind.POST_OBSERVED, actor, at=seen_at, observation=seen.pk, kind=kind, views=views
    )
    live = CasePost.objects.select_related("case").filter(post=post, left_at__isnull=True).first()
    if live is not None:
        queue.after_commit(Job.HEAR_CUES, case_id=live.case_id)
    queue.announce(
        brand_id=post.brand_id, case=live.case.reference if live else None, revision=live.case.revision if live else 0
    )
    return seen


@transaction.atomic(durable=True)
def pass_on(*, post_id: int, person_id: int, at: datetime, actor: Actor) -> None:
    """Pass praise on to the colleague whom it is for."""
    post, row = _lock_post(post_id, Permission.TRIAGE, actor)
    if row.kind != PostKind.PRAISE:
        raise errors.Invalid(gettext("Only praise is passed on. Triage the post as praise first."), "kind")
    if not Membership.objects.filter(person_id=person_id, brand_id=post.brand_id, person__is_active=True).exists():
        raise errors.Invalid(gettext("This person does not work for the brand."), "person")
    Triage.objects.filter(pk=row.pk).update(passed_to_id=person_id)
    moves.notify([person_id], "praise", by_id=actor.person_id, at=at, post=post)
    moves.record(Stream.POST, post.pk, EventKind.PRAISE_PASSED_ON, actor, at=at, person=person_id)


def _lock_post(post_id: int, permission: Permission, actor: Actor) -> tuple[Post, Triage]:
    """The post and its triage row, locked; strangers learn nothing (NotFound)."""
    post = Post.objects.select_related("channel", "handle__complainant", "brand").filter(pk=post_id).first()
    if post is None:
        raise errors.NotFound
    if actor.person_id is not None and not Post.objects.filter(pk=post_id).visible_to(moves.seer(actor)).exists():
        raise errors.NotFound
    moves.require_in_brand(actor, permission, post.brand_id)
    moves.lock_opening(post.brand_id)
    return post, Triage.objects.select_for_update(no_key=True).get(post_id=post_id)


def _category(post: Post, category_id: int | None) -> Category | None:
    if category_id is None:
        return None
    category = Category.objects.filter(pk=category_id, brand_id=post.brand_id, is_active=True).first()
    if category is None:
        raise errors.Invalid(gettext("This category is not one of the brand's."), "category")
    return category


def _person(post: Post) -> Complainant:
    return post.handle.complainant if post.handle else moves.nobody_known(post.brand_id, post.language)


def _case_for(opening: moves.Opening, *, is_separate: bool, at: datetime, actor: Actor) -> Case:
    post, person = opening.post, opening.complainant
    mine = Case.objects.filter(complainant=person, brand_id=post.brand_id, status__in=UNHANDLED).order_by("-id").first()
    if mine and not is_separate:
        case = moves.lock(mine.pk)
        # It may have been handled between the look and the lock; then the post gets a case of its own.
        if case.status in UNHANDLED:
            moves.join(case, post, at=at, actor=actor)
            return case
    case = moves.open_cases([opening], at=at, actor=actor)[0]
    Triage.objects.filter(post=post).update(category=opening.category, severity=case.severity)
    queue.announce(brand_id=case.brand_id, case=case.reference, revision=case.revision)
    return case
