"""Promises: what the complainant is told that we do, and by when; made, moved, kept, dropped."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.utils import translation

from cases.commands.moves.base import record_case
from cases.commands.moves.preparing import prepare_moved
from cases.models import Action, Authorisation, Case, Promise, Thread
from cases.queries import authority
from cases.vocabulary import Actor, EventKind

STANDS = Q(moved_at__isnull=True, dropped_at__isnull=True)
OPEN = STANDS & Q(kept_at__isnull=True)


def language_of(case: Case) -> str:
    """The language that the complainant reads: of their private page, else of the case, else of the brand."""
    theirs = Thread.objects.filter(case=case, verified_at__isnull=False, refused_at__isnull=True).order_by("-id")
    return theirs.values_list("language", flat=True).first() or case.language or case.brand.language


def promise(case: Case, action: Action, *, at: datetime, actor: Actor) -> None:
    """Somebody with the authority has decided this action: from now on the complainant counts on it.

    What is not shown to complainants, has no date, or a date that is over already, promises nothing. Decided again,
    it is the same promise, or the same one moved.
    """
    if not action.kind.is_shown or action.due_at is None:
        return
    standing = _standing(action)
    if standing is not None:
        _move(case, action, standing, _text(case, action), at, actor)
    elif action.due_at > at:
        made = _make(case, action, _text(case, action), action.due_at, at)
        record_case(
            case,
            EventKind.PROMISE_MADE,
            actor,
            at=at,
            promise=made.pk,
            action=action.pk,
            due=made.due_at.isoformat(),
        )


def move_promise(case: Case, action: Action, *, at: datetime, actor: Actor) -> None:
    """The date or the words of a promised action have changed: what was told stays, and another promise follows it.

    What is not decided yet is not promised: then only the date moves, and the words stay as they were told.
    """
    standing = _standing(action)
    if standing is None:
        if _is_decided(action):
            promise(case, action, at=at, actor=actor)
        return
    text = _text(case, action) if _is_decided(action) else standing.text or ""
    _move(case, action, standing, text, at, actor)


def keep_promise(case: Case, action: Action, *, at: datetime, actor: Actor) -> None:
    """The action is done: its promise is kept, in time or too late."""
    standing = _standing(action)
    if standing is not None and standing.kept_at is None:
        Promise.objects.filter(pk=standing.pk).update(kept_at=at)
        record_case(
            case,
            EventKind.PROMISE_KEPT,
            actor,
            at=at,
            promise=standing.pk,
            action=action.pk,
            late=at > standing.due_at,
        )


def drop_promise(case: Case, action: Action, *, at: datetime, actor: Actor) -> None:
    """The action is waived or cancelled for good: we no longer do what we promised."""
    _drop(case, [standing] if (standing := _standing(action)) else [], at, actor)


def drop_promises(case: Case, *, at: datetime, actor: Actor) -> None:
    """The case has ended: nothing that was promised in it is done any more."""
    _drop(case, list(Promise.objects.filter(OPEN, case=case).order_by("pk")), at, actor)


def note_told(case: Case, *, at: datetime) -> None:
    """A private message goes out: whoever was promised a day that was not kept, or is another now, has been told."""
    changed = Q(broken_at__isnull=False) | Q(moved_at__isnull=False)
    Promise.objects.filter(changed, case=case, told_at__isnull=True).update(told_at=at)


def _standing(action: Action) -> Promise | None:
    return Promise.objects.filter(STANDS, action=action).first()


def _is_decided(action: Action) -> bool:
    return Authorisation.objects.filter(action=action, released_at__isnull=True).exists()


def _text(case: Case, action: Action) -> str:
    language = language_of(case)
    told = action.kind.promise or action.kind.label
    with translation.override(language):
        words = action.wording or told.get(language.split("-")[0]) or told.get("en") or next(iter(told.values()), "")
        amount = authority.said_amount(action.amount, action.currency)
    return f"{str(words).removesuffix('.')} · {amount}" if amount else str(words)


def _make(case: Case, action: Action, text: str, due_at: datetime, at: datetime) -> Promise:
    return Promise.objects.create(case=case, action=action, text=text, due_at=due_at, made_at=at)


def _move(case: Case, action: Action, standing: Promise, text: str, at: datetime, actor: Actor) -> None:
    due_at = action.due_at or standing.due_at
    if standing.kept_at is not None or (standing.text, standing.due_at) == (text, due_at):
        return
    # A date that has come is not moved into the past: what is late stays late.
    if due_at <= at and due_at != standing.due_at:
        due_at = standing.due_at
        if standing.text == text:
            return
    is_over = standing.due_at <= at
    Promise.objects.filter(pk=standing.pk).update(moved_at=at, **({"broken_at": standing.due_at} if is_over else {}))
    made = _make(case, action, text, due_at, at)
    if due_at > standing.due_at:
        prepare_moved(case, standing, made, language_of(case), at=at)
    record_case(
        case,
        EventKind.PROMISE_MOVED,
        actor,
        at=at,
        promise=made.pk,
        action=action.pk,
        replaces=standing.pk,
        due=due_at.isoformat(),
    )


def _drop(case: Case, promises: list[Promise], at: datetime, actor: Actor) -> None:
    for one in promises:
        if one.kept_at is not None:
            continue
        # Given up after its day is broken as well.
        is_broken = one.broken_at is None and one.due_at < at
        Promise.objects.filter(pk=one.pk).update(dropped_at=at, **({"broken_at": one.due_at} if is_broken else {}))
        record_case(case, EventKind.PROMISE_DROPPED, actor, at=at, promise=one.pk, action=one.action_id)
