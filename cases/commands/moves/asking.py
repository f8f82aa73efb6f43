"""Asking the complainant whether it is settled for them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Max
from django.utils import translation
from django.utils.translation import gettext

from cases.commands.moves.base import record_case, update
from cases.commands.moves.dialogue import address_of, make_link
from cases.commands.moves.sending import post_mail
from cases.models import Action, Case, Thread
from cases.vocabulary import ActionStatus, Actor, EventKind


def ask_whether_settled(case: Case, *, is_again: bool = False, at: datetime, actor: Actor) -> None:
    """Ask by mail whether it is settled for them; whom we have no address of is asked on their private page alone.

    The first asking also names the day of the second one, where the kind of something that was done asks for it.
    """
    # What they said to an earlier question is kept where it was said; it is no answer to this one.
    update(case, satisfaction="", ask_again_at=None if is_again else _second_time(case, at))
    thread = (
        Thread.objects.filter(case=case, verified_at__isnull=False, refused_at__isnull=True).order_by("-id").first()
    )
    address = address_of(thread) if thread else ""
    if thread is not None and address:
        with translation.override(thread.language or case.language or case.brand.language):
            post_mail(
                purpose="ask",
                recipient=address,
                subject=_subject(is_again) % {"reference": case.reference},
                body=_body(is_again) % {"brand": case.brand.name, "link": make_link(thread, at=at)},
                case=case,
                at=at,
            )
    record_case(case, EventKind.CONFIRMATION_ASKED, actor, at=at, by_mail=bool(address), again=is_again)


def _second_time(case: Case, at: datetime) -> datetime | None:
    done = Action.objects.filter(case=case, status=ActionStatus.DONE)
    days = done.aggregate(days=Max("kind__ask_again_days"))["days"]
    return at + timedelta(days=days) if days else None


def _subject(is_again: bool) -> str:
    if is_again:
        return gettext("Did it last? %(reference)s")
    return gettext("Is it settled for you? %(reference)s")


def _body(is_again: bool) -> str:
    if is_again:
        return gettext(
            "Some time ago %(brand)s settled your complaint, as far as we know. Did it last, and is it settled for "
            "you?\n\nSay yes, or no and why, on your private page:\n%(link)s\n\n"
            "A no opens your case again, whatever you said before. Without an answer we do not count a yes."
        )
    return gettext(
        "%(brand)s has done what was promised, as far as we know. Is it settled for you?\n\n"
        "Say yes, or no and why, on your private page:\n%(link)s\n\n"
        "A no opens your case again. Without an answer we do not count a yes."
    )
