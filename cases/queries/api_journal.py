"""The journal of a case as the REST API shows it, with the names that outsiders know its rows by."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import CharField, F, Model, Value
from django.db.models.functions import Cast

from cases.models import Action, Case, Event, Message, Note, Post, PublicReply, Seer, Thread, User
from cases.vocabulary import Stream


def events(case_id: int, after: int, limit: int) -> list[Event]:
    """The journal of a case, from one line on."""
    rows = Event.objects.filter(stream=Stream.CASE, stream_id=case_id, seq__gt=after).order_by("seq")
    return list(rows[:limit])


# What an event names by its key, and how that is named outside.
NAMED: dict[str, tuple[type[Model], str]] = {
    "action": (Action, "public_id"),
    "message": (Message, "public_id"),
    "messages": (Message, "public_id"),
    "note": (Note, "public_id"),
    "post": (Post, "public_id"),
    "reply": (PublicReply, "public_id"),
    "thread": (Thread, "public_id"),
    "person": (User, "username"),
    "owner": (User, "username"),
    "before": (User, "username"),
    "heir": (User, "username"),
    "about": (User, "username"),
    "case": (Case, "reference"),
    "threads": (Thread, "public_id"),
}


def outside_names(lines: Iterable[Event], seer: Seer) -> dict[tuple[str, int], str]:
    """What outsiders call the rows that these events name, in one query; keys are (model, key).

    Another case is named to whoever may open it.
    """
    wanted: dict[tuple[type[Model], str], set[int]] = {}
    for line in lines:
        if line.person_id is not None:
            wanted.setdefault((User, "username"), set()).add(line.person_id)
        for word, value in line.payload.items():
            if word in NAMED and value is not None:
                keys = value if isinstance(value, list) else [value]
                wanted.setdefault(NAMED[word], set()).update(keys)
    parts = [
        (Case.objects.visible_to(seer) if model is Case else model._default_manager)  # noqa: SLF001
        .filter(pk__in=keys)
        .annotate(sort=Value(model.__name__), outside=Cast(F(field), CharField()))
        .order_by()
        .values_list("sort", "pk", "outside")
        for (model, field), keys in wanted.items()
    ]
    if not parts:
        return {}
    rows = parts[0].union(*parts[1:], all=True)
    return {(sort, key): outside for sort, key, outside in rows}
