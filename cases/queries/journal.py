"""Pages of a journal, newest first, and the names behind the ids in it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, TextField, Value
from django.db.models.functions import Cast, Coalesce, NullIf

from cases.models import Action, Case, Category, Cause, Event, Rule, Seer, Tag, Target, User
from cases.vocabulary import ActorKind, Stream

PAGE = 50
# What in a payload is the id of a person, of an action, of a category, of a cause.
PEOPLE = ("owner", "before", "after", "person", "about", "heir", "deputy")
ACTIONS = ("action",)
CATEGORIES = ("category", "category_before", "into")
CAUSES = ("cause",)
TARGETS = ("target",)
TAGS = ("tag",)
RULES = ("rule",)
CASES = ("case",)
NAMED = (
    ("person", PEOPLE),
    ("action", ACTIONS),
    ("category", CATEGORIES),
    ("cause", CAUSES),
    ("target", TARGETS),
    ("tag", TAGS),
    ("rule", RULES),
    ("case", CASES),
)


@dataclass(frozen=True, slots=True)
class JournalPage:
    """Some lines of a journal, the number before which the next ones are, and names by what and id."""

    events: list[Event]
    before: int | None
    names: dict[tuple[str, int], str | dict[str, str]]


def page(stream: Stream, stream_id: int, before: int | None = None, *, seer: Seer) -> JournalPage:
    """One page of a journal with the names in it, in two queries; other cases only where this person may open them."""
    events = Event.objects.filter(stream=stream, stream_id=stream_id).order_by("-seq")
    found = list((events.filter(seq__lt=before) if before else events)[: PAGE + 1])
    shown = found[:PAGE]
    return JournalPage(shown, shown[-1].seq if len(found) > PAGE else None, names(shown, seer))


def names(events: Iterable[Event], seer: Seer) -> dict[tuple[str, int], str | dict[str, str]]:
    """The names of everybody and everything in these events, in one query."""
    ids: dict[str, set[int]] = {what: set() for what, _keys in NAMED}
    for event in events:
        ids["person"] |= {event.person_id} if event.person_id else set()
        ids["rule"] |= {event.actor_id} if event.actor_kind == ActorKind.RULE and event.actor_id else set()
        for what, keys in NAMED:
            ids[what] |= {event.payload[key] for key in keys if isinstance(event.payload.get(key), int)}
    rows = (
        _named("person", User.objects.filter(pk__in=ids["person"]), "name")
        .union(
            _named("action", Action.objects.filter(pk__in=ids["action"]), NullIf("wording", Value("")), "kind__label"),
            _named("category", Category.objects.filter(pk__in=ids["category"]), "label"),
            _named("target", Target.objects.filter(pk__in=ids["target"]), "name"),
            _named("tag", Tag.objects.filter(pk__in=ids["tag"]), "name"),
            _named("rule", Rule.objects.filter(pk__in=ids["rule"]), "name"),
            _named("case", Case.objects.visible_to(seer).filter(pk__in=ids["case"]), "reference"),
            _named("cause", Cause.objects.filter(pk__in=ids["cause"]), "label"),
            all=True,
        )
        .order_by()
    )
    return {(what, pk): json.loads(text) if text.startswith("{") else text for what, pk, text in rows}


def _named(what: str, rows: Any, *texts: Any) -> Any:
    words = [Cast(text, TextField()) for text in texts]
    said = Coalesce(*words) if len(words) > 1 else words[0]
    return rows.order_by().values_list(Value(what, output_field=CharField()), "pk", said)
