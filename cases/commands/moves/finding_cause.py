"""Naming why a case came about, for the command of that name and for whoever marks it handled."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from cases import errors
from cases.commands.moves.base import record_case, update
from cases.commands.moves.setting_up import of_brand
from cases.models import Case, Cause
from cases.rules import text as texts
from cases.vocabulary import Actor, EventKind

LONGEST = 2000


def keep_cause(case: Case, cause_id: int | None, prevention: str, *, at: datetime, actor: Actor) -> None:
    """Keep the cause of a locked case and what would have prevented it; nothing happens when nothing changes."""
    of_brand(Cause.objects.filter(brand_id=case.brand_id), cause_id, "cause", now=case.cause_id)
    words = texts.clean(prevention).strip()
    if len(words) > LONGEST:
        raise errors.Invalid(_("Use at most %(limit)d characters.") % {"limit": LONGEST}, "prevention")
    if (cause_id, words) == (case.cause_id, case.prevention or ""):
        return
    update(case, cause_id=cause_id, prevention=words or None)
    record_case(case, EventKind.CAUSE_NAMED, actor, at=at, cause=cause_id, has_prevention=bool(words))
