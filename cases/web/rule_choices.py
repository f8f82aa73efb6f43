"""What the pickers of a rule's sentence offer: words of ours, rows of the brand, and what is picked though gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import get_language_info, gettext_lazy, ngettext, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

from cases.queries.rule_rows import Row
from cases.rules.facts import FACTS, Choice
from cases.vocabulary import (
    By,
    Fact,
    Goal,
    HoursFor,
    Missed,
    Outcome,
    Reach,
    Sense,
    Severity,
    Sort,
    Standing,
    Status,
    StepKind,
    Stop,
    Unit,
    When,
    Whom,
    Wish,
)
from cases.web.rule_forms import NONE, OTHER, Group, Leaf, Rung, Written
from cases.web.tags import catalogue_text

Rows = Mapping[str, Sequence[Row]]

# How what a rule looks at begins the sentence; the others are said as the vocabulary has them.
WHEN = {
    When.DEADLINE: gettext_lazy("a deadline is near or past:"),
    When.LASTED: gettext_lazy("the case has been"),
    When.REACH: gettext_lazy("a post gains more than"),
}
GROUPS: tuple[tuple[Any, tuple[Fact, ...]], ...] = (
    (
        gettext_lazy("The case"),
        (
            Fact.STATUS,
            Fact.CATEGORY,
            Fact.SEVERITY,
            Fact.TEAM,
            Fact.OWNER,
            Fact.TAG,
            Fact.RESTRICTED,
            Fact.REOPENED,
            Fact.LATE,
        ),
    ),
    (gettext_lazy("The complainant"), (Fact.SORT, Fact.COMPLAINTS, Fact.WISH, Fact.LANGUAGE)),
    (gettext_lazy("What was said"), (Fact.CHANNEL, Fact.WORDS, Fact.POSTS, Fact.VIEWS, Fact.SHARES, Fact.HIDDEN)),
    (
        gettext_lazy("What we did"),
        (
            Fact.PUBLIC_REPLY,
            Fact.PRIVATE_REPLY,
            Fact.DECIDED,
            Fact.OUTCOME,
            Fact.ANSWERED,
            Fact.ACTIONS_OPEN,
            Fact.ACTIONS_FAILED,
            Fact.AMOUNT,
            Fact.APPROVAL_WAITS,
        ),
    ),
)
MODES = (
    ("all", pgettext_lazy("conditions", "all of these:")),
    ("any", pgettext_lazy("conditions", "one of these:")),
    ("none", pgettext_lazy("conditions", "none of these:")),
)
SPANS = (10, 30, 60, 180, 360, 720, 1440, 2880)
DELAYS = (0, 5, 10, 15, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720, 1440, 2880, 4320, 7200, 10080)
LANGUAGES = ("en", "fr", "de", "es", "it", "nl", "pt", "pl", "ro", "ar", "tr", "uk")
_CODES: dict[Choice, Any] = {
    Choice.STATUS: Status,
    Choice.WISH: Wish,
    Choice.OUTCOME: Outcome,
    Choice.SORT: Sort,
}
_OF_A_TEAM = frozenset({Whom.OWNER_OR_DUTY, Whom.LEAD, Whom.DUTY, Whom.TEAM})
_ASSIGNABLE = (Whom.LEAD, Whom.DUTY, Whom.PERSON)


@dataclass(frozen=True, slots=True)
class Option:
    """One line of a picker."""

    value: str
    label: Any
    is_picked: bool = False


Pairs = Iterable[tuple[Any, Any]]


def _options(pairs: Pairs, picked: str | Iterable[str]) -> list[Option]:
    chosen = {picked} if isinstance(picked, str) else set(picked)
    return [Option(str(value), label, str(value) in chosen) for value, label in pairs]


def _kept(pairs: Pairs, picked: Iterable[str]) -> list[tuple[str, Any]]:
    """The choices and, at the end, what is picked and is none of them any more."""
    offered = [(str(value), label) for value, label in pairs]
    known = {value for value, _label in offered}
    gone = [(each, _("no longer there")) for each in dict.fromkeys(picked) if each and each not in known]
    return offered + gone


def _named(rows: Sequence[Row], picked: Iterable[str]) -> list[tuple[str, Any]]:
    chosen = set(picked)
    offered = [(str(row.id), catalogue_text(row.label)) for row in rows if row.is_active]
    offered.sort(key=lambda pair: pair[1].casefold())
    ended = [row for row in rows if not row.is_active and str(row.id) in chosen]
    named = [(str(row.id), _("%(name)s (no longer there)") % {"name": catalogue_text(row.label)}) for row in ended]
    return _kept(offered + named, picked)


def fill(written: Written, rows: Rows) -> Written:
    """The sentence with everything that each of its pickers offers."""
    written.pickers = _trigger(written.trigger) | {
        "stop": _options([("", _("it has climbed to its last step")), *Stop.choices], written.stop),
        "missed": _options(Missed.choices, written.missed),
        "kept_modes": MODES,
    }
    _fill_group(written.condition, rows)
    for rung in written.steps:
        _fill_rung(rung, rows)
    return written


# ---- when ----


def _trigger(picked: Mapping[str, str]) -> dict[str, Any]:
    units = [unit for unit in Unit if picked["when"] == When.DEADLINE or unit != Unit.OUVRABLE]
    spans = [(str(each), _("within %(span)s") % {"span": minutes_words(each)}) for each in SPANS]
    return {
        "when": _options([(each.value, WHEN.get(each, each.label)) for each in When], picked["when"]),
        "goal": _options([("", _("any deadline")), *Goal.choices], picked["goal"]),
        "offset_unit": _options([(unit.value, unit.label) for unit in units], picked["offset_unit"]),
        "before": _options([("before", _("before it is due")), ("after", _("after it was due"))], picked["before"]),
        "standing": _options(Standing.choices, picked["standing"]),
        "reach": _options(Reach.choices, picked["reach"]),
        "within_minutes": _options(
            [("", _("in all")), *_spanned(spans, picked["within_minutes"])], picked["within_minutes"]
        ),
    }


def _spanned(spans: list[tuple[str, str]], picked: str) -> list[tuple[str, str]]:
    known = {value for value, _label in spans}
    if picked and picked not in known and picked.isdecimal():
        return [*spans, (picked, _("within %(span)s") % {"span": minutes_words(int(picked))})]
    return spans


def minutes_words(minutes: int) -> str:
    """How long a delay is, in the largest unit that tells it exactly: 45 min, 2 h, 3 days."""
    if minutes and minutes % 1440 == 0:
        return ngettext("%(n)d day", "%(n)d days", minutes // 1440) % {"n": minutes // 1440}
    if minutes and minutes % 60 == 0:
        return pgettext("how long", "%(n)d h") % {"n": minutes // 60}
    if minutes > 60:
        return pgettext("how long", "%(h)d h %(min)02d") % {"h": minutes // 60, "min": minutes % 60}
    return pgettext("how long", "%(n)d min") % {"n": minutes}


# ---- if ----


def _fill_group(group: Group, rows: Rows) -> None:
    for part in group.parts:
        if isinstance(part, Group):
            _fill_group(part, rows)
        else:
            _fill_leaf(part, rows)


def _fill_leaf(leaf: Leaf, rows: Rows) -> None:
    typed = FACTS[Fact(leaf.fact)]
    leaf.pickers = {
        "facts": [(name, _options([(each.value, each.label) for each in facts], leaf.fact)) for name, facts in GROUPS],
        "ops": _options([(op.value, op.label) for op in typed.ops], leaf.op),
    }
    if leaf.fact == Fact.SEVERITY:
        leaf.values = leaf.values or [str(Severity.HIGH.value)]
        leaf.pickers["answers"] = _options(Severity.choices, leaf.value)
    elif typed.sense == Sense.CHOICE and typed.choice:
        pairs = _answers(typed.choice, rows, leaf.values)
        if typed.may_be_none:
            pairs = [(NONE, pgettext("a condition", "none at all")), *(pair for pair in pairs if pair[0] != NONE)]
        if not leaf.values and not leaf.is_many:
            leaf.values = [value for value, _label in pairs if value != NONE][:1]
        leaf.pickers["answers"] = _options(pairs, leaf.values)
        names = [option.label for option in leaf.pickers["answers"] if option.is_picked]
        leaf.pickers["said"] = _(" or ").join(map(str, names)) or _("choose …")
    elif typed.sense == Sense.NUMBER and leaf.value.isdecimal() and len(leaf.value) < 16:
        leaf.values = [str(number_format(int(leaf.value), use_l10n=True, force_grouping=True))]


def _answers(choice: Choice, rows: Rows, picked: list[str]) -> list[tuple[str, Any]]:
    picked = [each for each in picked if each != NONE]
    if choice in _CODES:
        return _kept(_CODES[choice].choices, picked)
    if choice == Choice.LANGUAGE:
        return _kept([(code, get_language_info(code)["name_translated"]) for code in LANGUAGES], picked)
    return _named(rows.get(choice.value, ()), picked)


# ---- then ----


def _fill_rung(rung: Rung, rows: Rows) -> None:
    picked = rung.picked
    # What a browser shows first is picked, also before it was asked.
    picked["levels"] = picked["levels"] or "1"
    picked["whom"] = picked["whom"] or Whom.OWNER_OR_DUTY.value
    is_given = picked["kind"] == StepKind.ASSIGN
    whom = [(each.value, each.label) for each in (_ASSIGNABLE if is_given else Whom)]
    if is_given and picked["whom"] not in _ASSIGNABLE:
        picked["whom"] = Whom.LEAD.value
    rung.pickers = {
        "delay": _delays(picked["after"]),
        "kind": _options(StepKind.choices, picked["kind"]),
        "whom": _options(whom, picked["whom"] or Whom.OWNER_OR_DUTY.value),
        "person": _options(
            [("", _("choose somebody …")), *_named(rows["person"], [picked["person"]])], picked["person"]
        ),
        "by": _options(By.choices, picked["by"]),
        "hours": _options(HoursFor.choices, picked["hours"]),
        "levels": _options([(n, n) for n in (1, 2, 3)], picked["levels"]),
        "tag": _options(_asked(_("choose a tag …"), rows, "tag", picked), picked["tag"]),
        "target": _options(_asked(_("choose a system …"), rows, "target", picked), picked["target"]),
    }
    nothing = _("choose an action …") if picked["kind"] == StepKind.ACTION else _("whatever of it needs one")
    kinds = _named(rows.get("kind", ()), [picked["kind_id"]])
    rung.pickers["kind_id"] = _options([("", nothing), *kinds], picked["kind_id"])
    rung.pickers["has_amount"] = picked["kind_id"] in {str(row.id) for row in rows.get("amount", ())}
    if (picked["whom"] or Whom.OWNER_OR_DUTY) in _OF_A_TEAM:
        teams = [("", _("of its team")), *_of_teams(rows, picked["team"])]
        rung.pickers["team"] = _options(teams, picked["team"])


def _asked(words: str, rows: Rows, what: str, picked: Mapping[str, str]) -> list[tuple[str, Any]]:
    return [("", words), *_named(rows.get(what, ()), [picked[what]])]


def _of_teams(rows: Rows, picked: str) -> list[tuple[str, str]]:
    return [(key, _("of %(team)s") % {"team": name}) for key, name in _named(rows.get("team", ()), [picked])]


def _delays(picked: str) -> list[Option]:
    delays = sorted({*DELAYS, *([int(picked)] if picked.isdecimal() and len(picked) < 8 else [])})
    named = [(str(each), f"+ {minutes_words(each)}" if each else _("at once")) for each in delays]
    return _options([*named, (OTHER, _("later …"))], picked)
