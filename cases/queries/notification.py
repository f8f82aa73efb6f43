"""What a person was told."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q

from cases import errors
from cases.models import Case, Notification, Post, Seer

PAGE = 40


def page(seer: Seer, before: int | None = None) -> tuple[list[Any], int | None]:
    """One page of a person's notifications, newest first, and the key before which the next are, in one query.

    What they may not open any more they are not told about any more.
    """
    cases = Case.objects.visible_to(seer).filter(pk=OuterRef("case_id"))
    posts = Post.objects.visible_to(seer).filter(pk=OuterRef("post_id"))
    theirs = Notification.objects.filter(
        Q(case__isnull=True) | Q(Exists(cases)), Q(post__isnull=True) | Q(Exists(posts)), person_id=seer.person_id
    )
    rows = theirs.select_related("case__complainant", "post__handle", "by", "escalation__rule").order_by("-pk")
    found = list((rows.filter(pk__lt=before) if before else rows)[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None


def of_person(seer: Seer, notification_id: int) -> Any:
    """One notification of the person with what it is about; raises NotFound."""
    row = (
        Notification.objects.filter(person_id=seer.person_id, pk=notification_id)
        .select_related("case", "post", "escalation__rule")
        .first()
    )
    if row is None:
        raise errors.NotFound
    return row
