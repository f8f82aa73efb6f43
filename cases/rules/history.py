"""The recorded past of a case as rows: its journal, its posts and what was seen of them, its deadlines and actions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from cases.vocabulary import ActorKind, Goal, Sort

PEOPLE = frozenset({ActorKind.PERSON.value, ActorKind.TOKEN.value})


class Line(NamedTuple):
    """One line of the journal of the case or of one of its posts, with what of its payload matters here."""

    event: int
    kind: str
    at: datetime
    actor: str
    actor_id: int | None
    person: int | None
    said: dict[str, Any]


class Sighting(NamedTuple):
    """What was seen of a post, beside the line of the journal that says so."""

    post: int
    at: datetime
    kind: str
    views: int | None
    shares: int | None


class Joined(NamedTuple):
    """A post's place in the case."""

    post: int
    joined_at: datetime
    left_at: datetime | None
    posted_at: datetime
    words: frozenset[str] | None = None


class Due(NamedTuple):
    """A stored deadline: each date it had, from when and until when, and what became of it."""

    key: int
    goal: Goal
    dates: tuple[tuple[datetime, datetime | None, datetime], ...]
    met_at: datetime | None
    missed_at: datetime | None
    ended_at: datetime | None

    @property
    def settled_at(self) -> datetime | None:
        """When nothing had to meet it any more."""
        return self.met_at or self.ended_at


class Deed(NamedTuple):
    """An action, by its dates."""

    key: int
    kind: int
    is_required: bool
    created_at: datetime
    done_at: datetime | None
    waived_at: datetime | None
    # In the brand's currency; nothing where it has none, and unknown where there is no rate.
    amount: Decimal | None = None
    is_unknown: bool = False

    @property
    def settled_at(self) -> datetime | None:
        """When nothing was left to do."""
        return self.done_at or self.waived_at


@dataclass(slots=True)
class History:
    """Everything of one case that a replay looks at; what the journal does not tell is as it is today."""

    case: int
    opened_at: datetime
    posted_at: datetime
    lines: Sequence[Line]
    channel: int = 0
    language: str = ""
    team: int = 0
    sort: str = Sort.NAMED.value
    owner: int = 0
    about: int = 0
    category: int = 0
    severity: int = 2
    wish: str = ""
    is_restricted: bool = False
    posts: Sequence[Joined] = ()
    sightings: Sequence[Sighting] = ()
    deadlines: Sequence[Due] = ()
    deeds: Sequence[Deed] = ()
    # When this person's cases were opened, this one among them.
    complaints: Sequence[datetime] = ()
    # When a step of which rule was taken, so deep in a chain.
    depths: Sequence[tuple[datetime, int, int]] = ()
