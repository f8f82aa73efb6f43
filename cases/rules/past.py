"""A case as it was at any instant of the past: its journal and dated rows, folded into what rules look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from cases.rules.facts import Facts, Seen
from cases.rules.history import History, Line
from cases.vocabulary import UNHANDLED, EventKind, Fact, ObservationKind, Standing, Status

WINDOW = timedelta(days=90)
_HIDDEN = ObservationKind.HIDDEN_BY_US.value


Wanted: TypeAlias = "tuple[tuple[str, Callable[[Past, datetime], Seen]], ...]"


class Past:
    """The case at the instant up to which its lines were heard."""

    __slots__ = (
        "_cached", "_history", "acted_by", "asked", "category", "failed", "has_private", "has_public", "is_answered",
        "is_restricted", "outcome", "owner", "reopens", "replied_at", "severity", "since", "status", "tags",
        "unanswered_since", "wish",
    )  # fmt: skip

    def __init__(self, history: History) -> None:
        self._history = history
        self.status = Status.NEW
        self.since = history.opened_at
        self.unanswered_since: datetime | None = history.posted_at
        self.owner = 0
        self.category, self.severity, self.wish = history.category, history.severity, history.wish
        self.is_restricted = history.is_restricted
        self.replied_at: datetime | None = None
        self.acted_by: dict[int, datetime] = {}
        self.tags: set[int] = set()
        self.failed: set[int] = set()
        self.asked: set[int] = set()
        self.reopens = 0
        self.has_public = self.has_private = self.is_answered = False
        self.outcome: str | None = None
        self._cached: tuple[datetime, Facts] | None = None
        self._begin()

    def _begin(self) -> None:
        """What the case began with, where the first lines that change it say what was before."""
        history = self._history
        found: set[str] = set()
        for line in history.lines:
            if line.kind == EventKind.CASE_OPENED and "severity" in line.said:
                self.category, self.severity = line.said.get("category") or 0, line.said["severity"]
                found.add("class")
            elif line.kind == EventKind.CASE_CLASSIFIED and "class" not in found:
                self.category = line.said.get("category_before") or 0
                self.severity = line.said.get("severity_before") or self.severity
                found.add("class")
            elif line.kind == EventKind.CASE_ASSIGNED:
                found.add("owner")
            elif line.kind in _RESTRICTS and "restricted" not in found:
                self.is_restricted = line.kind == EventKind.CASE_UNRESTRICTED
                found.add("restricted")
        if "owner" not in found and history.owner:
            # From before there was a journal: nobody else is known to have owned it.
            self.owner, self.status = history.owner, Status.OPEN

    def hear(self, line: Line) -> None:
        """Take one line of the journal."""
        take = _TAKES.get(line.kind)
        if take is not None:
            take(self, line)
        if line.person is not None:
            self.acted_by[line.person] = line.at
        self._cached = None

    @property
    def is_open(self) -> bool:
        """Whether it still needs work."""
        return self.status in UNHANDLED

    def standing_since(self, standing: Standing) -> datetime | None:
        """Since when the case stands there without a break; nothing where it does not."""
        if standing == Standing.UNANSWERED:
            return self.unanswered_since if self.is_open else None
        return self.since if str.__eq__(self.status, standing) else None

    def facts(self, at: datetime, wanted: Wanted) -> Facts:
        """What is known at an instant, of the facts that are wanted; the others are not known."""
        if self._cached is None or self._cached[0] != at:
            told: dict[str, Any] = {name: read(self, at) for name, read in wanted}
            self._cached = at, Facts(**told)
        return self._cached[1]

    # ---- what a line does

    def _move(self, status: Status, at: datetime) -> None:
        if self.status != status:
            self.status, self.since = status, at

    def assigned(self, line: Line) -> None:
        """It has another owner, and is open."""
        self.owner = line.said.get("owner") or 0
        if self.status == Status.NEW:
            self._move(Status.OPEN, line.at)

    def reopened(self, line: Line) -> None:
        """It is open again; what was answered then does not answer what is asked now."""
        self.owner = line.said.get("owner") or self.owner
        self._move(Status.OPEN, line.at)
        self.reopens += 1
        self.is_answered = False

    def ended(self, line: Line) -> None:
        """It is handled, or has ended another way."""
        self._move(_ENDS[line.kind], line.at)
        if line.kind != EventKind.CASE_DISMISSED:
            self.unanswered_since = None

    def heard(self, line: Line) -> None:
        """The complainant wrote, or posted again."""
        if not self.is_open:
            return
        if self.status == Status.WAITING:
            self._move(Status.OPEN, line.at)
        if self.unanswered_since is None:
            posted = {one.post: one.posted_at for one in self._history.posts}
            self.unanswered_since = posted.get(line.said.get("post", 0), line.at)

    def told(self, line: Line) -> None:
        """A person of ours said something, in public, in private, or at the end."""
        self.unanswered_since = None
        if line.kind != EventKind.UNREACHABLE_RECORDED and line.person is not None:
            self.replied_at = line.at
        self.has_public = self.has_public or line.kind == EventKind.REPLY_POSTED
        self.has_private = self.has_private or line.kind == EventKind.MESSAGE_SENT
        self.is_answered = self.is_answered or line.kind in _ANSWERS

    def waits(self, line: Line) -> None:
        """The next move is the complainant's."""
        self._move(Status.WAITING, line.at)

    def resumed(self, line: Line) -> None:
        """The next move is ours again."""
        self._move(Status.OPEN, line.at)

    def classified(self, line: Line) -> None:
        """It is about something else, or worse than was thought."""
        said = line.said
        self.category, self.severity = said.get("category") or 0, said.get("severity", self.severity)
        self.wish = said.get("wish", self.wish) or ""

    def restricted(self, line: Line) -> None:
        """It is for few, or for everybody of the brand again."""
        self.is_restricted = line.kind == EventKind.CASE_RESTRICTED

    def tagged(self, line: Line) -> None:
        """A tag was put on it, or taken off."""
        if line.kind == EventKind.CASE_TAGGED:
            self.tags.add(line.said.get("tag", 0))
        else:
            self.tags.discard(line.said.get("tag", 0))

    def decided(self, line: Line) -> None:
        """There is a decision."""
        self.outcome = line.said.get("outcome", "")

    def action_moved(self, line: Line) -> None:
        """An action failed, or what had failed is tried again or settled."""
        if line.kind == EventKind.ACTION_FAILED:
            self.failed.add(line.said.get("action", 0))
        else:
            self.failed.discard(line.said.get("action", 0))

    def approval_moved(self, line: Line) -> None:
        """Somebody was asked for an approval, or it no longer waits."""
        if line.kind == EventKind.APPROVAL_REQUESTED:
            self.asked.add(line.said.get("approval", 0))
        else:
            self.asked.discard(line.said.get("approval", 0))

    # ---- what rows with dates say

    def has_action(self, kind: int, at: datetime) -> bool:
        """Whether a required action of this kind stands in the case."""
        return any(
            one.kind == kind
            and one.is_required
            and one.created_at <= at
            and not by(one.waived_at, at)
            and one.key not in self.failed
            for one in self._history.deeds
        )

    def counts(self, post: int, name: str, at: datetime) -> list[tuple[datetime, int]]:
        """Every count of a post's views or shares by an instant, in the order of time."""
        seen = [(one.at, getattr(one, name)) for one in self._history.sightings if one.post == post and one.at <= at]
        return [one for one in seen if one[1] is not None]

    def spread(self, at: datetime, name: str) -> dict[int, int]:
        """What was seen last of each post's views or shares."""
        there = self.there(at)
        found: dict[int, int] = {}
        for one in self._history.sightings:
            count: int | None = getattr(one, name)
            if count is not None and one.at <= at and one.post in there:
                found[one.post] = count
        return found

    def there(self, at: datetime) -> set[int]:
        """The posts that are in the case."""
        return {one.post for one in self._history.posts if one.joined_at <= at and not by(one.left_at, at)}

    def read(self, fact: Fact, at: datetime) -> Seen:
        """A fact that rows with their dates tell."""
        history = self._history
        if fact == Fact.ACTIONS_OPEN:
            return sum(one.is_required and one.created_at <= at and not by(one.settled_at, at) for one in history.deeds)
        if fact == Fact.AMOUNT:
            there = [one for one in history.deeds if one.created_at <= at and not by(one.waived_at, at)]
            if any(one.is_unknown for one in there):
                return None
            return sum((one.amount for one in there if one.amount is not None), start=Decimal(0))
        if fact == Fact.LATE:
            return sum(by(one.missed_at, at) for one in history.deadlines)
        if fact == Fact.COMPLAINTS:
            return sum(at - WINDOW < opened <= at for opened in history.complaints)
        if fact == Fact.HIDDEN:
            hidden = {one.post for one in history.sightings if one.kind == _HIDDEN and one.at <= at}
            return not hidden.isdisjoint(self.there(at))
        if fact == Fact.WORDS:
            there_now = self.there(at)
            known = [one.words for one in history.posts if one.post in there_now and one.words is not None]
            return frozenset().union(*known)
        return len(self.there(at))

    @property
    def history(self) -> History:
        """The case whose past this is."""
        return self._history

    def told_fact(self, fact: Fact) -> Seen:
        """A fact that the journal tells."""
        return _TOLD[fact](self)


def by(then: datetime | None, at: datetime) -> bool:
    """Whether something had happened by an instant."""
    return then is not None and then <= at


_ANSWERS = frozenset({EventKind.ANSWER_SENT, EventKind.UNREACHABLE_RECORDED})
_RESTRICTS = frozenset({EventKind.CASE_RESTRICTED, EventKind.CASE_UNRESTRICTED})
_ENDS = {
    EventKind.CASE_HANDLED.value: Status.HANDLED,
    EventKind.CASE_DISMISSED.value: Status.DISMISSED,
    EventKind.CASE_WITHDRAWN.value: Status.WITHDRAWN,
    EventKind.CASE_MERGED.value: Status.MERGED,
}
_TAKES: dict[str, Callable[[Past, Line], None]] = {
    EventKind.CASE_ASSIGNED: Past.assigned,
    EventKind.CASE_REOPENED: Past.reopened,
    **dict.fromkeys(_ENDS, Past.ended),
    EventKind.MESSAGE_RECEIVED: Past.heard,
    EventKind.POST_JOINED: Past.heard,
    EventKind.REPLY_POSTED: Past.told,
    EventKind.MESSAGE_SENT: Past.told,
    EventKind.ANSWER_SENT: Past.told,
    EventKind.UNREACHABLE_RECORDED: Past.told,
    EventKind.CASE_WAITING: Past.waits,
    EventKind.CASE_RESUMED: Past.resumed,
    EventKind.CASE_CLASSIFIED: Past.classified,
    EventKind.CASE_RESTRICTED: Past.restricted,
    EventKind.CASE_UNRESTRICTED: Past.restricted,
    EventKind.CASE_TAGGED: Past.tagged,
    EventKind.CASE_UNTAGGED: Past.tagged,
    EventKind.DECISION_RECORDED: Past.decided,
    EventKind.ACTION_FAILED: Past.action_moved,
    EventKind.ACTION_PROPOSED_AGAIN: Past.action_moved,
    EventKind.ACTION_COMPLETED: Past.action_moved,
    EventKind.ACTION_WAIVED: Past.action_moved,
    EventKind.APPROVAL_REQUESTED: Past.approval_moved,
    EventKind.APPROVAL_GRANTED: Past.approval_moved,
    EventKind.APPROVAL_REFUSED: Past.approval_moved,
    EventKind.APPROVAL_RETURNED: Past.approval_moved,
    EventKind.APPROVAL_WITHDRAWN: Past.approval_moved,
    EventKind.APPROVAL_VOIDED: Past.approval_moved,
}
# These need no more of the journal than that somebody did something.
TAKEN = frozenset(_TAKES)
# These can bring the case to stand elsewhere, or begin or end its waiting for an answer.
MOVING = frozenset(
    kind
    for kind, take in _TAKES.items()
    if take in {Past.assigned, Past.reopened, Past.ended, Past.heard, Past.told, Past.waits, Past.resumed}
)

_TOLD: dict[Fact, Callable[[Past], Seen]] = {
    Fact.STATUS: lambda past: past.status.value,
    Fact.CATEGORY: lambda past: past.category,
    Fact.SEVERITY: lambda past: past.severity,
    Fact.WISH: lambda past: past.wish,
    Fact.CHANNEL: lambda past: past.history.channel,
    Fact.LANGUAGE: lambda past: past.history.language.split("-")[0].lower(),
    Fact.TEAM: lambda past: past.history.team,
    Fact.OWNER: lambda past: past.owner,
    Fact.TAG: lambda past: frozenset(past.tags),
    Fact.RESTRICTED: lambda past: past.is_restricted,
    Fact.REOPENED: lambda past: past.reopens,
    Fact.PUBLIC_REPLY: lambda past: past.has_public,
    Fact.PRIVATE_REPLY: lambda past: past.has_private,
    Fact.DECIDED: lambda past: past.outcome is not None,
    Fact.OUTCOME: lambda past: past.outcome or "",
    Fact.ANSWERED: lambda past: past.is_answered,
    Fact.ACTIONS_FAILED: lambda past: len(past.failed),
    Fact.APPROVAL_WAITS: lambda past: bool(past.asked),
    Fact.SORT: lambda past: past.history.sort,
}


def _reader(fact: Fact) -> Callable[[Past, datetime], Seen]:
    told = _TOLD.get(fact)
    if told is not None:
        return lambda past, _: told(past)
    if fact in {Fact.VIEWS, Fact.SHARES}:
        return lambda past, at: sum(past.spread(at, fact.value).values())
    return lambda past, at: past.read(fact, at)


def reading(facts: Iterable[Fact]) -> Wanted:
    """How these facts are read, to be asked for of very many cases."""
    return tuple((fact.value, _reader(fact)) for fact in facts)
