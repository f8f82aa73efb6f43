"""Which playbook a case begins with, which of its lines apply, and in which language their words are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from cases.vocabulary import Condition, Severity


class Matching(Protocol):
    """What says which cases a playbook is for."""

    @property
    def pk(self) -> int:
        """Its key; the smaller, the older."""

    @property
    def category_id(self) -> int | None:
        """The category, or any."""

    @property
    def severities(self) -> Sequence[int]:
        """The severities, or any."""

    @property
    def wish(self) -> str:
        """The wish, or any."""


P = TypeVar("P", bound=Matching)


def matches(playbook: Matching, category_id: int | None, severity: int | None, wish: str) -> bool:
    """Whether it is for such a case; a severity that nobody knows yet fits only a playbook for any."""
    return (
        (playbook.category_id is None or playbook.category_id == category_id)
        and (not playbook.severities or severity in playbook.severities)
        and playbook.wish in {"", wish}
    )


def chosen(playbooks: Iterable[P], category_id: int | None, severity: int | None, wish: str) -> P | None:
    """The most specific one that matches.

    One for the category goes before one for any, then one for the wish, then one for severities, the fewer the
    sooner; where two say equally much, the older one goes first.
    """
    return min((each for each in playbooks if matches(each, category_id, severity, wish)), key=_rank, default=None)


def _rank(playbook: Matching) -> tuple[bool, bool, int, int]:
    count = len(playbook.severities) or len(Severity) + 1
    return (playbook.category_id is None, not playbook.wish, count, playbook.pk)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the conditions ask of a case."""

    has_phone: bool
    has_mail: bool
    severity: int
    is_repeated: bool
    is_public: bool


def applies(condition: str, facts: Facts) -> bool:
    """Whether a line under this condition is for the case."""
    return {
        Condition.ALWAYS: True,
        Condition.PHONE_KNOWN: facts.has_phone,
        Condition.MAIL_KNOWN: facts.has_mail,
        Condition.SEVERE: facts.severity >= Severity.HIGH,
        Condition.REPEATED: facts.is_repeated,
        Condition.PUBLIC: facts.is_public,
    }[Condition(condition)]


def said_in(texts: Mapping[str, str], language: str, default: str) -> str:
    """A text in the language, else in the default one, else in whatever there is; blank when there is none."""
    return texts.get(language.split("-")[0]) or texts.get(default) or next(iter(texts.values()), "")


# A line of a version: its kind's id, and what else may differ.
L = TypeVar("L")
_FIELDS = ("is_required", "condition", "doer", "team_id", "days", "amount", "wording")


@dataclass(frozen=True, slots=True)
class Change(Generic[L]):
    """A line that stays with something else in it."""

    before: L
    after: L
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference(Generic[L]):
    """What another version brings more, no longer, or otherwise."""

    added: tuple[L, ...]
    dropped: tuple[L, ...]
    changed: tuple[Change[L], ...]
    is_reordered: bool

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.added or self.dropped or self.changed or self.is_reordered)


def difference(before: Sequence[L], after: Sequence[L]) -> Difference[L]:
    """What the second brings more, no longer, or otherwise than the first; each kind stands in a version once."""
    old, new = {_kind(line): line for line in before}, {_kind(line): line for line in after}
    staying = [(old[key], line) for key, line in new.items() if key in old]
    changes = [Change(was, line, _differing(was, line)) for was, line in staying]
    return Difference(
        added=tuple(line for key, line in new.items() if key not in old),
        dropped=tuple(line for key, line in old.items() if key not in new),
        changed=tuple(change for change in changes if change.fields),
        is_reordered=[key for key in new if key in old] != [key for key in old if key in new],
    )


def _kind(line: Any) -> int:
    return int(line.kind_id)


def _differing(was: Any, line: Any) -> tuple[str, ...]:
    fields = [field for field in _FIELDS if getattr(was, field) != getattr(line, field)]
    # Without days the kind's own hold, and then the unit says nothing.
    if "days" not in fields and line.days is not None and was.day_unit != line.day_unit:
        fields.append("days")
    return tuple(fields)
