"""What is known of a case when rules look at it: every fact, how it is typed, and how well it is known of the past."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from cases.vocabulary import Fact, Op, Outcome, Sense, Severity, Sort, Status, Wish

# What a case says: ids are 0 and codes are blank where there is none; ``None`` where it is not known.
Seen: TypeAlias = "bool | int | str | Decimal | frozenset[int] | frozenset[str] | None"

LARGEST_NUMBER = 10**12


class Choice(StrEnum):
    """What a choice is made among."""

    STATUS = "status"
    CATEGORY = "category"
    WISH = "wish"
    CHANNEL = "channel"
    LANGUAGE = "language"
    TEAM = "team"
    OWNER = "owner"
    TAG = "tag"
    OUTCOME = "outcome"
    SORT = "sort"


@dataclass(frozen=True, slots=True)
class FactType:
    """How a fact is typed: what it can be asked, and what answers there are."""

    sense: Sense
    ops: tuple[Op, ...]
    choice: Choice | None = None
    # Every code there is, where these are words of ours; ids and languages are the brand's.
    codes: tuple[str, ...] = ()
    may_be_none: bool = False
    is_many: bool = False
    lowest: int = 0
    highest: int = LARGEST_NUMBER

    @property
    def has_ids(self) -> bool:
        """Whether the answers are ids of rows."""
        return self.choice in _BY_ID


_BY_ID = frozenset({Choice.CATEGORY, Choice.CHANNEL, Choice.TEAM, Choice.OWNER, Choice.TAG})
_CHOOSE = (Op.IS, Op.IS_NOT, Op.ANY_OF, Op.NONE_OF)
_YES_NO = FactType(Sense.YES_NO, (Op.YES, Op.NO))
_COUNT = FactType(Sense.NUMBER, (Op.AT_LEAST, Op.AT_MOST, Op.IS))


def _choice(choice: Choice, codes: Sequence[str] = (), *, none: bool = False, many: bool = False) -> FactType:
    return FactType(Sense.CHOICE, _CHOOSE, choice, tuple(codes), may_be_none=none, is_many=many)


FACTS: dict[Fact, FactType] = {
    Fact.STATUS: _choice(Choice.STATUS, Status.values),
    Fact.CATEGORY: _choice(Choice.CATEGORY, none=True),
    Fact.SEVERITY: FactType(Sense.NUMBER, (Op.AT_LEAST, Op.AT_MOST, Op.IS), lowest=1, highest=max(Severity.values)),
    Fact.WISH: _choice(Choice.WISH, Wish.values, none=True),
    Fact.CHANNEL: _choice(Choice.CHANNEL),
    Fact.LANGUAGE: _choice(Choice.LANGUAGE, none=True),
    Fact.TEAM: _choice(Choice.TEAM, none=True),
    Fact.OWNER: _choice(Choice.OWNER, none=True),
    Fact.TAG: _choice(Choice.TAG, many=True),
    Fact.RESTRICTED: _YES_NO,
    Fact.REOPENED: _COUNT,
    Fact.PUBLIC_REPLY: _YES_NO,
    Fact.PRIVATE_REPLY: _YES_NO,
    Fact.DECIDED: _YES_NO,
    Fact.OUTCOME: _choice(Choice.OUTCOME, Outcome.values, none=True),
    Fact.ANSWERED: _YES_NO,
    Fact.ACTIONS_OPEN: _COUNT,
    Fact.ACTIONS_FAILED: _COUNT,
    Fact.AMOUNT: FactType(Sense.AMOUNT, (Op.AT_LEAST, Op.AT_MOST)),
    Fact.APPROVAL_WAITS: _YES_NO,
    Fact.LATE: _COUNT,
    Fact.SORT: _choice(Choice.SORT, Sort.values),
    Fact.COMPLAINTS: _COUNT,
    Fact.POSTS: _COUNT,
    Fact.VIEWS: _COUNT,
    Fact.SHARES: _COUNT,
    Fact.HIDDEN: _YES_NO,
    Fact.WORDS: FactType(Sense.WORDS, (Op.HAS_ANY, Op.HAS_ALL)),
}


class Past(StrEnum):
    """How a fact is known for a time that is over, where the journal does not tell it exactly."""

    OBSERVED = "observed"
    AS_TODAY = "as_today"
    UNLESS_ERASED = "unless_erased"


# Everything else is told exactly, by the journal or by rows with their dates.
PAST: dict[Fact, Past] = {
    Fact.LANGUAGE: Past.AS_TODAY,
    Fact.TEAM: Past.AS_TODAY,
    Fact.AMOUNT: Past.AS_TODAY,
    Fact.SORT: Past.AS_TODAY,
    Fact.VIEWS: Past.OBSERVED,
    Fact.SHARES: Past.OBSERVED,
    Fact.HIDDEN: Past.OBSERVED,
    Fact.WORDS: Past.UNLESS_ERASED,
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a case at an instant, an attribute for each ``Fact``; ``None`` where it is not known."""

    status: str | None = None
    category: int | None = None
    severity: int | None = None
    wish: str | None = None
    channel: int | None = None
    language: str | None = None
    team: int | None = None
    owner: int | None = None
    tag: frozenset[int] | None = None
    restricted: bool | None = None
    reopened: int | None = None
    public_reply: bool | None = None
    private_reply: bool | None = None
    decided: bool | None = None
    outcome: str | None = None
    answered: bool | None = None
    actions_open: int | None = None
    actions_failed: int | None = None
    amount: Decimal | None = None
    approval_waits: bool | None = None
    late: int | None = None
    sort: str | None = None
    complaints: int | None = None
    posts: int | None = None
    views: int | None = None
    shares: int | None = None
    hidden: bool | None = None
    words: frozenset[str] | None = None

    def of(self, fact: Fact) -> Seen:
        """What the case says of one fact."""
        seen: Seen = getattr(self, fact.value)
        return seen


def replayable(facts: Iterable[Fact]) -> dict[Fact, Past]:
    """Those of the facts that a replay does not know exactly for a time that is over, and how it knows them."""
    return {fact: PAST[fact] for fact in Fact if fact in set(facts) & PAST.keys()}
