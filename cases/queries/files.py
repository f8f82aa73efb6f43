"""Attachments, found by whoever may see what they belong to."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from cases import errors
from cases.models import Attachment, Post, Seer


def visible(seer: Seer, public_id: UUID) -> Attachment:
    """One attachment of a post or a case the person may open; raises NotFound."""
    posts = Post.objects.visible_to(seer).filter(pk=OuterRef("post_id"))
    theirs = (
        Q(Exists(posts)) | seer.cases("message__case__") | seer.cases("note__case__") | seer.cases("action__case__")
    )
    found = Attachment.objects.filter(theirs, public_id=public_id).first()
    if found is None:
        raise errors.NotFound
    return found
