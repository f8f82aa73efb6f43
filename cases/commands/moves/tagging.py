"""A tag is put on a case or taken off, by a person or by a rule."""

from __future__ import annotations

from datetime import datetime

from cases.commands.moves.base import record_case
from cases.models import Case, CaseTag, Tag
from cases.vocabulary import Actor, EventKind


def put_tag(case: Case, tag: Tag, *, at: datetime, actor: Actor) -> bool:
    """Put a tag on a locked case; whether it was not there before."""
    _row, is_new = CaseTag.objects.get_or_create(case=case, tag=tag, defaults={"at": at})
    if is_new:
        record_case(case, EventKind.CASE_TAGGED, actor, at=at, tag=tag.pk)
    return is_new


def take_tag(case: Case, tag_id: int, *, at: datetime, actor: Actor) -> bool:
    """Take a tag off a locked case; whether it was there."""
    gone, _rows = CaseTag.objects.filter(case=case, tag_id=tag_id).delete()
    if gone:
        record_case(case, EventKind.CASE_UNTAGGED, actor, at=at, tag=tag_id)
    return bool(gone)
