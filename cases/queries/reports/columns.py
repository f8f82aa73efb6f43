"""Which columns the rows of each population have in an export, and the SQL of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from django.db.models import TextChoices
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.queries.reports import definitions
from cases.queries.reports.figure import Words
from cases.queries.reports.reading import OF_PEOPLE
from cases.queries.reports.sources import SOURCES, value_of
from cases.vocabulary import (
    ActionStatus,
    Dimension,
    EscalationStatus,
    Goal,
    Holder,
    Movement,
    Outcome,
    Population,
    PostKind,
    Satisfaction,
    Status,
)

D, P = Dimension, Population


class Sort(Enum):
    """How the value of a column is written."""

    CODE = "code"  # a key or a number of ours
    WORDS = "words"  # what somebody wrote
    NUMBER = "number"
    AMOUNT = "amount"
    INSTANT = "instant"
    FLAG = "flag"
    NAMED = "named"  # the key of a row that has a name
    CHOICE = "choice"  # a word of the vocabulary, or the name of a figure


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name for programs, what it is called, its SQL, and how its value is written."""

    name: str
    label: Words
    sql: str
    sort: Sort
    dimension: Dimension | None = None
    choices: type[TextChoices] | None = None
    figures: tuple[str, ...] = ()

    @property
    def is_of_people(self) -> bool:
        """Whether it says whose work it was: for those who may read figures by person."""
        return self.dimension in OF_PEOPLE

    def said(self) -> dict[str, str]:
        """The words of a choice, for people."""
        if self.choices is not None:
            return {str(each): str(each.label) for each in self.choices}
        return {name: str(definitions.FIGURES[name].label) for name in self.figures}


# The case of a row and whose complaint it is, beside the tables of its population.
_JOINED = (
    " LEFT JOIN cases_case c ON c.id = f.case_id LEFT JOIN cases_complainant w ON w.id = {complainant}"
    " LEFT JOIN LATERAL (SELECT q.name FROM cases_handle q WHERE q.complainant_id = w.id AND w.name = ''"
    " ORDER BY q.id DESC LIMIT 1) n ON true"
)
_OF_POST = "coalesce(c.complainant_id, (SELECT o.complainant_id FROM cases_handle o WHERE o.id = p.handle_id))"


def tables_of(population: Population) -> str:
    """The tables of a population with what its columns need beside them."""
    who = _OF_POST if population == P.POSTS else "c.complainant_id"
    return SOURCES[population].tables + _JOINED.format(complainant=who)


def _named(population: Population, dimension: Dimension) -> Column:
    sql = value_of(SOURCES[population], dimension)
    return Column(dimension.value, dimension.label, sql, Sort.NAMED, dimension)


def _code(name: str, label: Words, sql: str) -> Column:
    return Column(name, label, sql, Sort.CODE)


def _words(name: str, label: Words, sql: str) -> Column:
    return Column(name, label, sql, Sort.WORDS)


def _number(name: str, label: Words, sql: str) -> Column:
    return Column(name, label, sql, Sort.NUMBER)


def _flag(name: str, label: Words, sql: str) -> Column:
    return Column(name, label, sql, Sort.FLAG)


def _at(name: str, label: Words, sql: str) -> Column:
    return Column(name, label, sql, Sort.INSTANT)


def _choice(name: str, label: Words, sql: str, choices: type[TextChoices]) -> Column:
    return Column(name, label, sql, Sort.CHOICE, choices=choices)


def _state(name: str, label: Words, *figures: str) -> Column:
    """The first of these figures that counts the row."""
    whens = " ".join(f"WHEN ({definitions.FIGURES[each].sql}) THEN '{each}'" for each in figures)
    return Column(name, label, f"CASE {whens} END", Sort.CHOICE, figures=figures)


def _case(population: Population) -> tuple[Column, ...]:
    """What every row says of its case; the brand, the channel and the language are the row's own where it has some."""
    by = [D.BRAND, D.CHANNEL, D.TEAM, D.OWNER, D.CATEGORY, D.CATEGORY_THEN, D.CAUSE]
    return (
        _code("reference", pgettext_lazy("a column", "Case"), "c.reference"),
        *(_named(population, each) for each in by),
        _number("severity", D.SEVERITY.label, "f.severity"),
        # Whoever sends a post says its language, in words of their own.
        _words("language", D.LANGUAGE.label, f"nullif({value_of(SOURCES[population], D.LANGUAGE)}, '')"),
        _choice("status", pgettext_lazy("a column", "Status"), "f.status", Status),
        _choice("outcome", D.OUTCOME.label, "f.outcome", Outcome),
        _flag("restricted", _("Restricted"), "f.is_restricted"),
        _words("headline", _("Headline"), "c.headline"),
        _words("complainant", _("Complainant"), "coalesce(nullif(w.name, ''), n.name)"),
    )


def _minutes(name: str) -> Column:
    span = definitions.DURATIONS[name]
    passed = f"floor(greatest(extract(epoch FROM {span.happened} - f.posted_at), 0) / 60)::bigint"
    sql = f"CASE WHEN {span.happened} IS NOT NULL THEN {passed} END"
    return _number(name, format_lazy("{label} ({unit})", label=span.label, unit=_("minutes")), sql)


def _seconds(name: str) -> Column:
    span = definitions.FIGURES[name]
    return _number(name, format_lazy("{label} ({unit})", label=span.label, unit=_("seconds")), f"({span.sql})")


_CASES = (
    _choice("satisfaction", _("What they said"), "f.satisfaction", Satisfaction),
    _flag("public", _("Complained in public"), "f.is_public"),
    _flag("repeat", definitions.FIGURES["repeat"].label, "f.is_repeat"),
    _number("reopened", _("Times reopened"), "f.reopened"),
    _number("said_no", _("Times said no"), "f.said_no"),
    _at("posted_at", _("Posted at"), "f.posted_at"),
    _at("received_at", _("Received at"), "f.received_at"),
    _at("replied_at", _("First answered at"), "f.replied_at"),
    _at("answered_in_public_at", _("Answered in public at"), "f.public_at"),
    _at("private_at", _("Moved to private at"), "f.private_at"),
    _at("private_declined_at", _("Private declined at"), "f.declined_at"),
    _at("decided_at", _("Decided at"), "f.decided_at"),
    _at("handled_at", _("Handled at"), "f.handled_at"),
    _at("ended_at", _("Ended at"), "f.ended_at"),
    _at("confirmed_at", _("Confirmed at"), "f.confirmed_at"),
    _at("back_at", _("Complained again at"), "f.back_at"),
    *(_minutes(name) for name in ("to_reply", "to_decision", "to_handled")),
    *(_seconds(name) for name in ("in_queue", "with_owner", "in_approval", "with_complainant", "with_system")),
    _choice("holder", _("Now with"), "CASE WHEN f.is_running THEN f.holder END", Holder),
)
_ACTIONS = (
    _code("action", pgettext_lazy("a column", "Action"), "a.public_id"),
    _named(P.ACTIONS, D.KIND),
    _choice("action_status", _("Where the action stands"), "a.status", ActionStatus),
    _flag("required", definitions.FIGURES["required"].label, "a.is_required"),
    _named(P.ACTIONS, D.PERSON),
    _at("added_at", _("Added at"), "a.created_at"),
    _at("due_at", _("Due at"), "a.due_at"),
    _at("done_at", _("Done at"), "a.done_at"),
    _at("waived_at", _("Waived at"), "a.waived_at"),
    _flag("promised", definitions.FIGURES["promised"].label, definitions.FIGURES["promised"].sql),
    _flag("proven", definitions.FIGURES["proven"].label, definitions.FIGURES["proven"].sql),
    *(
        Column(name, definitions.MONEY[name].label, f"({definitions.MONEY[name].sql})", Sort.AMOUNT)
        for name in ("budgeted", "granted", "paid")
    ),
    _code("currency", _("Currency"), "a.currency"),
)
_PROMISES = (
    _code("promise", pgettext_lazy("a column", "Promise"), "p.public_id"),
    _code("action", pgettext_lazy("a column", "Action"), "a.public_id"),
    _named(P.PROMISES, D.KIND),
    _state("state", pgettext_lazy("a column", "State"), "kept", "kept_late", "broken", "to_keep", "dropped", "moved"),
    _at("made_at", _("Promised at"), "p.made_at"),
    _at("due_at", _("Due at"), "p.due_at"),
    _at("kept_at", _("Kept at"), "p.kept_at"),
    _at("broken_at", _("Broken at"), "p.broken_at"),
    _at("moved_at", _("Moved at"), "p.moved_at"),
    _at("dropped_at", _("Dropped at"), "p.dropped_at"),
    _choice("said", _("What they said"), "p.said", Satisfaction),
    _at("said_at", _("Said at"), "p.said_at"),
)
_DEADLINES = (
    _number("deadline", pgettext_lazy("a column", "Deadline"), "d.id"),
    _named(P.DEADLINES, D.POLICY),
    _choice("goal", D.GOAL.label, "d.goal", Goal),
    _state("state", pgettext_lazy("a column", "State"), "met", "met_late", "missed", "to_meet", "ended"),
    _at("started_at", _("Started at"), "d.started_at"),
    _at("first_due_at", _("First due at"), "d.first_due_at"),
    _at("due_at", _("Due at"), "d.due_at"),
    _at("met_at", _("Met at"), "d.met_at"),
    _at("missed_at", _("Missed at"), "d.missed_at"),
    _at("ended_at", _("Ended at"), "d.ended_at"),
    _at("paused_at", _("Paused at"), "d.paused_at"),
    _number("paused", _("Paused before (seconds)"), "d.paused_seconds"),
)
_POSTS = (
    _code("post", pgettext_lazy("a column", "Post"), "p.public_id"),
    _choice("kind", _("What it is"), "t.kind", PostKind),
    _words("url", _("Address"), "p.url"),
    _at("posted_at", _("Posted at"), "p.posted_at"),
    _at("received_at", _("Received at"), "p.received_at"),
    _at("triaged_at", _("Triaged at"), "t.triaged_at"),
    *(
        _flag(name, definitions.FIGURES[name].label, definitions.FIGURES[name].sql)
        for name in ("public_posts", "replied_public", "hidden", "gone", "edited")
    ),
)
_MOVEMENTS = (
    _choice("movement", pgettext_lazy("a column", "What happened"), "m.kind", Movement),
    _at("at", pgettext_lazy("a column", "When"), "m.at"),
)
_ESCALATIONS = (
    _code("escalation", pgettext_lazy("a column", "Escalation"), "x.public_id"),
    _named(P.ESCALATIONS, D.RULE),
    _choice("escalation_status", _("Where the escalation stands"), "x.status", EscalationStatus),
    _at("matched_at", _("Matched at"), "x.matched_at"),
    _at("noticed_at", _("Noticed at"), "x.noticed_at"),
    _at("ended_at", _("Ended at"), "x.ended_at"),
    _flag("useful", definitions.FIGURES["useful"].label, "x.was_useful"),
)

COLUMNS: Final[dict[Population, tuple[Column, ...]]] = {
    population: (*_case(population), *own)
    for population, own in {
        P.CASES: (_code("case", pgettext_lazy("a column", "Key"), "c.public_id"), *_CASES),
        P.MOVEMENTS: _MOVEMENTS,
        P.ACTIONS: _ACTIONS,
        P.PROMISES: _PROMISES,
        P.DEADLINES: _DEADLINES,
        P.POSTS: _POSTS,
        P.ESCALATIONS: _ESCALATIONS,
    }.items()
}
