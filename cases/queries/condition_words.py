"""Conditions in words: each question to each fact as a clause, groups of them, and what a case answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import get_language, get_language_info, ngettext_lazy, pgettext
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from cases.queries.authority import said_amount
from cases.queries.rule_names import Label, Names
from cases.queries.sentences import Part, Words, between, fill, listed, pick
from cases.rules.condition import All, AnyOf, Condition, Leaf
from cases.rules.facts import FACTS, Choice, Seen
from cases.rules.playbook import said_in
from cases.vocabulary import Fact, Op, Outcome, Sense, Severity, Sort, Status, Wish


@dataclass(frozen=True, slots=True)
class About:
    """What the sentences of a brand's rules are told with: what rows are called, and in which money it counts."""

    brand_id: int
    currency: str
    names: Names

    def name(self, what: str, row_id: int, slot: str) -> Words:
        """What a row is called, and whether it is still there."""
        said = in_words(self.names.label(what, row_id)) or _("something that is no longer there")
        return pick(slot, said, is_gone=not self.names.is_there(what, row_id, self.brand_id))


def in_words(label: Label | None) -> str:
    """A name, or a text in the reader's language."""
    return said_in(label, get_language() or "en", "en") if isinstance(label, dict) else label or ""


# ---------------------------------------------------------------- clauses

_YES_NO: dict[Fact, dict[Op, str | Promise]] = {
    Fact.RESTRICTED: {Op.YES: lazy("the case is restricted"), Op.NO: lazy("the case is not restricted")},
    Fact.PUBLIC_REPLY: {
        Op.YES: lazy("there is a public reply of ours"),
        Op.NO: lazy("there is no public reply of ours yet"),
    },
    Fact.PRIVATE_REPLY: {
        Op.YES: lazy("there is a private message of ours"),
        Op.NO: lazy("there is no private message of ours yet"),
    },
    Fact.DECIDED: {Op.YES: lazy("there is a decision"), Op.NO: lazy("there is no decision yet")},
    Fact.ANSWERED: {Op.YES: lazy("there is a final answer"), Op.NO: lazy("there is no final answer yet")},
    Fact.APPROVAL_WAITS: {Op.YES: lazy("an approval waits"), Op.NO: lazy("no approval waits")},
    Fact.HIDDEN: {Op.YES: lazy("a post was hidden by us"), Op.NO: lazy("no post was hidden by us")},
}
_CHOICES: dict[Fact, dict[Op, str | Promise]] = {
    Fact.STATUS: {
        Op.IS: lazy("the status is %(value)s"),
        Op.IS_NOT: lazy("the status is not %(value)s"),
        Op.ANY_OF: lazy("the status is one of %(value)s"),
        Op.NONE_OF: lazy("the status is none of %(value)s"),
    },
    Fact.CATEGORY: {
        Op.IS: lazy("the category is %(value)s"),
        Op.IS_NOT: lazy("the category is not %(value)s"),
        Op.ANY_OF: lazy("the category is one of %(value)s"),
        Op.NONE_OF: lazy("the category is none of %(value)s"),
    },
    Fact.WISH: {
        Op.IS: lazy("what they want is %(value)s"),
        Op.IS_NOT: lazy("what they want is not %(value)s"),
        Op.ANY_OF: lazy("what they want is one of %(value)s"),
        Op.NONE_OF: lazy("what they want is none of %(value)s"),
    },
    Fact.CHANNEL: {
        Op.IS: lazy("the channel is %(value)s"),
        Op.IS_NOT: lazy("the channel is not %(value)s"),
        Op.ANY_OF: lazy("the channel is one of %(value)s"),
        Op.NONE_OF: lazy("the channel is none of %(value)s"),
    },
    Fact.LANGUAGE: {
        Op.IS: lazy("the language is %(value)s"),
        Op.IS_NOT: lazy("the language is not %(value)s"),
        Op.ANY_OF: lazy("the language is one of %(value)s"),
        Op.NONE_OF: lazy("the language is none of %(value)s"),
    },
    Fact.TEAM: {
        Op.IS: lazy("the team is %(value)s"),
        Op.IS_NOT: lazy("the team is not %(value)s"),
        Op.ANY_OF: lazy("the team is one of %(value)s"),
        Op.NONE_OF: lazy("the team is none of %(value)s"),
    },
    Fact.OWNER: {
        Op.IS: lazy("the owner is %(value)s"),
        Op.IS_NOT: lazy("the owner is not %(value)s"),
        Op.ANY_OF: lazy("the owner is one of %(value)s"),
        Op.NONE_OF: lazy("the owner is none of %(value)s"),
    },
    Fact.TAG: {
        Op.IS: lazy("the case has the tag %(value)s"),
        Op.IS_NOT: lazy("the case does not have the tag %(value)s"),
        Op.ANY_OF: lazy("the case has one of the tags %(value)s"),
        Op.NONE_OF: lazy("the case has none of the tags %(value)s"),
    },
    Fact.OUTCOME: {
        Op.IS: lazy("the decision is %(value)s"),
        Op.IS_NOT: lazy("the decision is not %(value)s"),
        Op.ANY_OF: lazy("the decision is one of %(value)s"),
        Op.NONE_OF: lazy("the decision is none of %(value)s"),
    },
    Fact.SORT: {
        Op.IS: lazy("the complainant is %(value)s"),
        Op.IS_NOT: lazy("the complainant is not %(value)s"),
        Op.ANY_OF: lazy("the complainant is one of these: %(value)s"),
        Op.NONE_OF: lazy("the complainant is none of these: %(value)s"),
    },
}
# The answer "none", in whole sentences: whether it is, and whether it is not.
_NONE: dict[Fact, dict[Op, str | Promise]] = {
    Fact.CATEGORY: {Op.IS: lazy("the case has no category"), Op.IS_NOT: lazy("the case has a category")},
    Fact.WISH: {Op.IS: lazy("they did not say what they want"), Op.IS_NOT: lazy("they said what they want")},
    Fact.LANGUAGE: {Op.IS: lazy("the language is not known"), Op.IS_NOT: lazy("the language is known")},
    Fact.TEAM: {Op.IS: lazy("the case is with no team"), Op.IS_NOT: lazy("the case is with a team")},
    Fact.OWNER: {Op.IS: lazy("the case has no owner"), Op.IS_NOT: lazy("the case has an owner")},
    Fact.OUTCOME: {Op.IS: lazy("nothing is decided yet"), Op.IS_NOT: lazy("something is decided")},
}
_SEVERITY: dict[Op, str | Promise] = {
    Op.AT_LEAST: lazy("the severity is at least %(value)s"),
    Op.AT_MOST: lazy("the severity is at most %(value)s"),
    Op.IS: lazy("the severity is %(value)s"),
}
_AMOUNT: dict[Op, str | Promise] = {
    Op.AT_LEAST: lazy("all actions together come to at least %(value)s"),
    Op.AT_MOST: lazy("all actions together come to at most %(value)s"),
}
_WORDS: dict[Op, str | Promise] = {
    Op.HAS_ALL: lazy("its posts contain %(value)s"),
    Op.HAS_ANY: lazy("its posts contain one of %(value)s"),
}
# What is counted, and how many there must be.
_COUNTED: dict[Fact, Any] = {
    Fact.REOPENED: ngettext_lazy("%(value)s reopening", "%(value)s reopenings", "number"),
    Fact.ACTIONS_OPEN: ngettext_lazy(
        "%(value)s required action that is not done", "%(value)s required actions that are not done", "number"
    ),
    Fact.ACTIONS_FAILED: ngettext_lazy("%(value)s action that failed", "%(value)s actions that failed", "number"),
    Fact.LATE: ngettext_lazy("%(value)s deadline that was missed", "%(value)s deadlines that were missed", "number"),
    Fact.COMPLAINTS: ngettext_lazy(
        "%(value)s complaint of this person in 90 days", "%(value)s complaints of this person in 90 days", "number"
    ),
    Fact.POSTS: ngettext_lazy("%(value)s post in the case", "%(value)s posts in the case", "number"),
    Fact.VIEWS: ngettext_lazy("%(value)s view of its posts", "%(value)s views of its posts", "number"),
    Fact.SHARES: ngettext_lazy("%(value)s share of its posts", "%(value)s shares of its posts", "number"),
}
_MANY: dict[Op, Any] = {
    Op.AT_LEAST: ngettext_lazy("there is at least %(counted)s", "there are at least %(counted)s", "number"),
    Op.AT_MOST: ngettext_lazy("there is at most %(counted)s", "there are at most %(counted)s", "number"),
    Op.IS: ngettext_lazy("there is exactly %(counted)s", "there are exactly %(counted)s", "number"),
}


def clause(leaf: Leaf, about: About, slot: str = "") -> Words:
    """One question as a clause; its words stand in the slot, its value in one below."""
    sense = FACTS[leaf.fact].sense
    words = _CLAUSES[sense](leaf, about, f"{slot}.value" if slot else "")
    return tuple(part if part.slot or not slot else replace(part, slot=slot) for part in words)


def _yes_no(leaf: Leaf, _about: About, _slot: str) -> Words:
    return fill(_YES_NO[leaf.fact][leaf.op])


def _number(leaf: Leaf, _about: About, slot: str) -> Words:
    number = leaf.value if isinstance(leaf.value, int) else 0
    if leaf.fact == Fact.SEVERITY:
        return fill(_SEVERITY[leaf.op], value=pick(slot, _severity(number)))
    # The form is chosen by the number; the number itself stands there as people write it.
    one = {"number": number, "value": "%(value)s", "counted": "%(counted)s"}
    counted = fill(
        _COUNTED[leaf.fact] % one, value=pick(slot, number_format(number, use_l10n=True, force_grouping=True))
    )
    return fill(_MANY[leaf.op] % one, counted=counted)


def _amount(leaf: Leaf, about: About, slot: str) -> Words:
    amount = leaf.value if isinstance(leaf.value, Decimal) else None
    return fill(_AMOUNT[leaf.op], value=pick(slot, said_amount(amount, about.currency)))


def _choice(leaf: Leaf, about: About, slot: str) -> Words:
    if leaf.value in {0, ""} and leaf.fact in _NONE and leaf.op in _NONE[leaf.fact]:
        return fill(_NONE[leaf.fact][leaf.op])
    values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    words = [answer(leaf.fact, one, about, slot) for one in values]
    return fill(_CHOICES[leaf.fact][leaf.op], value=listed(words, _("or")))


def _phrases(leaf: Leaf, _about: About, slot: str) -> Words:
    phrases = leaf.value if isinstance(leaf.value, tuple) else ()
    quoted = [pick(slot, _("“%(words)s”") % {"words": phrase}) for phrase in phrases]
    return fill(_WORDS[leaf.op], value=listed(quoted, _("and") if leaf.op == Op.HAS_ALL else _("or")))


_CLAUSES: dict[Sense, Callable[[Leaf, About, str], Words]] = {
    Sense.YES_NO: _yes_no,
    Sense.NUMBER: _number,
    Sense.AMOUNT: _amount,
    Sense.CHOICE: _choice,
    Sense.WORDS: _phrases,
}


def _severity(number: int) -> str:
    return str(Severity(number).label).lower() if number in Severity.values else str(number)


_LABELS: dict[Choice, Any] = {Choice.STATUS: Status, Choice.WISH: Wish, Choice.OUTCOME: Outcome, Choice.SORT: Sort}


def answer(fact: Fact, value: int | str | Decimal | None, about: About, slot: str = "") -> Words:
    """One answer to a choice, by its name; "none" where it is nothing."""
    choice = FACTS[fact].choice
    if choice is None or value in {0, "", None}:
        return pick(slot, pgettext("an answer to a condition", "none"))
    if FACTS[fact].has_ids:
        return about.name("person" if choice == Choice.OWNER else choice.value, int(value), slot)
    if choice == Choice.LANGUAGE:
        return pick(slot, _language(str(value)))
    label = _LABELS[choice](value).label if value in _LABELS[choice].values else value
    return pick(slot, str(label).lower())


def _language(code: str) -> str:
    try:
        return str(get_language_info(code)["name_translated"]).lower()
    except KeyError:
        return code


# ---------------------------------------------------------------- groups


def whole(condition: Condition, about: About, slot: str = "if") -> Words:
    """A condition as clauses; nothing where it asks nothing."""
    if isinstance(condition, Leaf):
        return clause(condition, about, slot)
    parts = [_inner(part, about, f"{slot}.{number}") for number, part in enumerate(condition.parts)]
    if isinstance(condition, All):
        return between(parts, f" {_('and')} ")
    if isinstance(condition, AnyOf):
        return between(parts, f" {_('or')} ")
    return fill(_("none of this is so: %(parts)s"), parts=between(parts, ", "))


def _inner(part: Condition, about: About, slot: str) -> Words:
    words = whole(part, about, slot)
    needs_brackets = not isinstance(part, Leaf) and len(part.parts) > 1
    return (Part("("), *words, Part(")")) if needs_brackets else words


# ---------------------------------------------------------------- what a case answered


def seen(fact: Fact, value: Seen | list[Any], about: About) -> str:
    """What a case said when it was asked, also as it is kept in JSON."""
    if value is None:
        return _("not known")
    sense = FACTS[fact].sense
    if sense == Sense.YES_NO:
        return _("yes") if value else _("no")
    if sense == Sense.AMOUNT:
        return said_amount(Decimal(str(value)), about.currency)
    if sense == Sense.NUMBER:
        number = int(str(value))
        return (
            _severity(number)
            if fact == Fact.SEVERITY
            else str(number_format(number, use_l10n=True, force_grouping=True))
        )
    many: Sequence[Any] = sorted(value) if isinstance(value, frozenset | list) else [value]
    if sense == Sense.WORDS:
        return ", ".join(_("“%(words)s”") % {"words": word} for word in many) or _("none of them")
    words = [answer(fact, one, about) for one in many] or [answer(fact, None, about)]
    return "".join(part.text for part in listed(words, _("and")))
