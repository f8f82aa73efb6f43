"""Messages to the complainant that are prepared for a person: they read them, change them, and send them or not."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext_lazy

from cases.models import Case, Draft, Promise
from cases.vocabulary import Audience, Goal

_ANSWER = pgettext_lazy("You were to have …", "our answer")
# What a complainant waits for, in the middle of a sentence.
_TOLD = {
    Goal.DECISION: pgettext_lazy("You were to have …", "our decision"),
    Goal.FINAL_ANSWER: pgettext_lazy("You were to have …", "our final answer"),
}


def prepare_late(case: Case, promise: Promise, language: str, *, at: datetime) -> None:
    """What the owner could tell the complainant: that a promise was not kept, and that there is no new date yet."""
    _prepare(case, _late(case, promise, language), instead_of=(), at=at)


def prepare_moved(case: Case, before: Promise, after: Promise, language: str, *, at: datetime) -> None:
    """What the owner could tell the complainant: that a day cannot be kept or is over, and what the new one is.

    It takes the place of what was prepared about the old day, as long as nobody has changed a word of that.
    """
    with translation.override(language):
        facts = {"promise": before.text or "", "day": _day(case, before.due_at), "new": _day(case, after.due_at)}
        is_over = before.broken_at is not None or before.due_at <= at
        template = (
            gettext(
                "We promised you for %(day)s: %(promise)s\n\nThat day is over, and it is not done. We are sorry. "
                "The new date is %(new)s."
            )
            if is_over
            else gettext(
                "We promised you for %(day)s: %(promise)s\n\nWe cannot keep that day. We are sorry. "
                "The new date is %(new)s."
            )
        )
    _prepare(case, template % facts, instead_of=(_late(case, before, language),), at=at)


def prepare_delay(
    case: Case, goal: Goal, due_at: datetime, until: datetime | None, language: str, *, at: datetime
) -> None:
    """What the owner could tell the complainant before a date that cannot be kept: the new one, where there is one."""
    _prepare(case, delay_text(case, goal, due_at, until, language), instead_of=(), at=at)


def drop_delay(case: Case, person_id: int | None, words: Collection[str]) -> None:
    """What was prepared has been said now; what the person wrote themselves stays."""
    theirs = Draft.objects.filter(person_id=person_id, case=case, audience=Audience.PRIVATE)
    theirs.filter(text__in=words).delete()


def delay_text(case: Case, goal: Goal, due_at: datetime, until: datetime | None, language: str) -> str:
    """The message that a date cannot be kept, in the complainant's language; why is for a person to say at its end."""
    with translation.override(language):
        facts = {"what": str(_TOLD.get(goal, _ANSWER)), "day": _day(case, due_at)}
        if until is None:
            template = gettext(
                "You were to have %(what)s by %(day)s. We do not manage it by then, and we are sorry. "
                "We do not have a new date yet; you get it from us as soon as we do. What still takes time: …"
            )
            return template % facts
        template = gettext(
            "You were to have %(what)s by %(day)s. We do not manage it by then, and we are sorry. "
            "You have it by %(new)s at the latest. What still takes time: …"
        )
        return template % (facts | {"new": _day(case, until)})


def _late(case: Case, promise: Promise, language: str) -> str:
    with translation.override(language):
        return gettext(
            "We promised you for %(day)s: %(promise)s\n\nThat day is over, and it is not done. We are sorry. "
            "We do not have a new date yet; you get it from us as soon as we do."
        ) % {"promise": promise.text or "", "day": _day(case, promise.due_at)}


def _day(case: Case, at: datetime) -> str:
    return date_format(at.astimezone(ZoneInfo(case.brand.zone)), "j F Y")


def _prepare(case: Case, text: str, *, instead_of: tuple[str, ...], at: datetime) -> None:
    if case.owner_id is None:
        return
    theirs = Draft.objects.filter(person_id=case.owner_id, case=case, audience=Audience.PRIVATE)
    if theirs.filter(text__in=instead_of).update(text=text, kept_at=at) or theirs.exists():
        # What somebody has begun to write themselves is never written over.
        return
    Draft.objects.create(person_id=case.owner_id, case=case, audience=Audience.PRIVATE, text=text, kept_at=at)
