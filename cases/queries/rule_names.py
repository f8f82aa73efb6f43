"""What the rows that rules name are called, for many rules in one query; and which of them are gone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db import connection

from cases.rules import condition as conditions
from cases.rules import escalation
from cases.rules.condition import Condition
from cases.rules.escalation import Ladder, Named
from cases.rules.facts import FACTS, Choice
from cases.vocabulary import Fact

Label = str | dict[str, str]

# Only whoever belongs to the brand can be told, or own a case of it.
_NAMES = """
SELECT 'team', id, to_json(name)::text, is_active, brand_id FROM cases_team WHERE id = ANY(%(teams)s)
UNION ALL SELECT 'tag', id, to_json(name)::text, is_active, brand_id FROM cases_tag WHERE id = ANY(%(tags)s)
UNION ALL SELECT 'target', id, to_json(name)::text, is_active, brand_id FROM cases_target WHERE id = ANY(%(targets)s)
UNION ALL SELECT 'channel', id, to_json(name)::text, is_active, brand_id FROM cases_channel WHERE id = ANY(%(channels)s)
UNION ALL SELECT 'kind', id, label::text, is_active, brand_id FROM cases_kind WHERE id = ANY(%(kinds)s)
UNION ALL SELECT 'category', id, label::text, is_active, brand_id FROM cases_category WHERE id = ANY(%(categories)s)
UNION ALL SELECT 'person', u.id, to_json(u.name)::text, u.is_active AND m.id IS NOT NULL, m.brand_id
  FROM cases_user u LEFT JOIN cases_membership m ON m.person_id = u.id WHERE u.id = ANY(%(people)s)
"""
_SORTS = {
    "team": "teams",
    "person": "people",
    "tag": "tags",
    "kind": "kinds",
    "target": "targets",
    "category": "categories",
    "channel": "channels",
}


class Gone(NamedTuple):
    """A row that a rule names and that is no longer there, or belongs to nobody of the brand any more."""

    what: str
    id: int
    label: Label | None


@dataclass(frozen=True, slots=True)
class Names:
    """What rows are called, and in which brands they are in use; by what they are and by their id."""

    labels: dict[tuple[str, int], Label] = field(default_factory=dict)
    used: frozenset[tuple[str, int, int]] = frozenset()

    def label(self, what: str, row_id: int) -> Label | None:
        """A name, or a text by language; nothing where there never was such a row."""
        return self.labels.get((what, row_id))

    def is_there(self, what: str, row_id: int, brand_id: int) -> bool:
        """Whether a rule of the brand can still use it."""
        return (what, row_id, brand_id) in self.used

    def gone(self, ladder: Ladder, brand_id: int) -> list[Gone]:
        """What the rule of a brand names in vain."""
        return [
            Gone(what, row_id, self.label(what, row_id))
            for what, ids in named(escalation.reads(ladder)).items()
            for row_id in sorted(ids)
            if not self.is_there(what, row_id, brand_id)
        ]


def named(rows: Named) -> dict[str, frozenset[int]]:
    """The ids by what they are of, in the singular."""
    return {what: getattr(rows, plural) for what, plural in _SORTS.items()}


def names_of(
    ladders: Iterable[Ladder],
    *,
    asked: Iterable[Condition] = (),
    saw: Iterable[tuple[Fact, object]] = (),
) -> Names:
    """The names of everything that these rules name, in one query; and of what cases said when they were asked."""
    ids: dict[str, set[int]] = {plural: set() for plural in _SORTS.values()}
    for rows in [*map(escalation.reads, ladders), *map(_in_condition, asked)]:
        for plural, known in ids.items():
            known |= getattr(rows, plural)
    for fact, value in saw:
        choice = FACTS[fact].choice
        if choice in _CHOICES:
            many = value if isinstance(value, list | tuple | set | frozenset) else [value]
            ids[_CHOICES[choice]] |= {one for one in many if isinstance(one, int) and one}
    return _read(ids) if any(ids.values()) else Names()


_CHOICES: dict[Choice | None, str] = {
    Choice.CATEGORY: "categories",
    Choice.CHANNEL: "channels",
    Choice.TEAM: "teams",
    Choice.OWNER: "people",
    Choice.TAG: "tags",
}


def _in_condition(condition: Condition) -> Named:
    ids = conditions.ids_named(condition)
    return Named(**{plural: ids.get(choice, frozenset()) for choice, plural in _CHOICES.items() if choice})


def _read(ids: dict[str, set[int]]) -> Names:
    labels: dict[tuple[str, int], Label] = {}
    used = set()
    with connection.cursor() as cursor:
        cursor.execute(_NAMES, {plural: sorted(known) for plural, known in ids.items()})
        for what, row_id, label, is_active, brand_id in cursor.fetchall():
            labels[what, row_id] = json.loads(label)
            if is_active and brand_id is not None:
                used.add((what, row_id, brand_id))
    return Names(labels, frozenset(used))
