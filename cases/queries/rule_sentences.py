"""A whole rule as a sentence in the reader's language: when, if, then step by step, until."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext_lazy

from cases.queries.authority import said_amount
from cases.queries.condition_words import About, whole
from cases.queries.sentences import Words, between, fill, pick, said
from cases.rules.condition import ALWAYS
from cases.rules.escalation import Ladder, Step, Trigger
from cases.vocabulary import Missed, StepKind, Stop, Unit, When, Whom


@dataclass(frozen=True, slots=True)
class Rung:
    """One step in words: how long after, and what it does."""

    number: int
    delay: Words
    does: Words


@dataclass(frozen=True, slots=True)
class Sentence:
    """A rule in words, part by part; a condition that asks nothing is empty."""

    when: Words
    condition: Words
    rungs: tuple[Rung, ...]
    stop: Words
    missed: Words
    is_skipping: bool = False

    @property
    def words(self) -> Words:
        """The whole sentence."""
        steps = between([fill(_STEP, delay=each.delay, does=each.does) for each in self.rungs], _("; "))
        # That it is done late, and says so, goes without saying.
        end = fill(_("%(stop)s %(missed)s"), stop=self.stop, missed=self.missed) if self.is_skipping else self.stop
        pieces = {"when": self.when, "steps": steps, "stop": end}
        if self.condition:
            return fill(_("%(when)s, if %(condition)s: %(steps)s. %(stop)s"), condition=self.condition, **pieces)
        return fill(_("%(when)s: %(steps)s. %(stop)s"), **pieces)

    @property
    def text(self) -> str:
        """The whole sentence as plain text."""
        return said(self.words)


_STEP = lazy("%(delay)s, %(does)s")


def sentence(ladder: Ladder, about: About) -> Sentence:
    """The rule in words, in the language that is active."""
    return Sentence(
        trigger(ladder.trigger),
        whole(ladder.condition, about) if ladder.condition != ALWAYS else (),
        tuple(Rung(each.number, delay(each), does(each, about)) for each in ladder.steps),
        stop(ladder.stop),
        missed(ladder.missed),
        is_skipping=ladder.missed == Missed.SKIP,
    )


# ---------------------------------------------------------------- when

_UNITS: dict[Unit, Any] = {
    Unit.MINUTE: ngettext_lazy("%(n)s minute", "%(n)s minutes", "number"),
    Unit.HOUR: ngettext_lazy("%(n)s hour", "%(n)s hours", "number"),
    Unit.OPEN_MINUTE: ngettext_lazy("%(n)s working minute", "%(n)s working minutes", "number"),
    Unit.OPEN_HOUR: ngettext_lazy("%(n)s working hour", "%(n)s working hours", "number"),
    Unit.WORKING_DAY: ngettext_lazy("%(n)s working day", "%(n)s working days", "number"),
    Unit.OUVRABLE: ngettext_lazy(
        "%(n)s day from Monday to Saturday, without holidays",
        "%(n)s days from Monday to Saturday, without holidays",
        "number",
    ),
    Unit.DAY: ngettext_lazy("%(n)s day", "%(n)s days", "number"),
    Unit.WEEK: ngettext_lazy("%(n)s week", "%(n)s weeks", "number"),
    Unit.MONTH: ngettext_lazy("%(n)s month", "%(n)s months", "number"),
}


def span(amount: int, unit: Unit) -> str:
    """An amount of time: "2 working hours"."""
    return str(_UNITS[unit] % {"number": amount, "n": number_format(amount, use_l10n=True)})


def minutes(amount: int) -> str:
    """So many minutes in the largest units that say it: "1 hour 30 minutes"."""
    days, rest = divmod(amount, 24 * 60)
    hours, left = divmod(rest, 60)
    said = [(days, Unit.DAY), (hours, Unit.HOUR), (left, Unit.MINUTE)]
    return " ".join(span(each, unit) for each, unit in said if each) or span(0, Unit.MINUTE)


def trigger(looked_for: Trigger) -> Words:
    """When the rule looks at a case."""
    if looked_for.when == When.DEADLINE:
        return _deadline(looked_for)
    if looked_for.when == When.LASTED and looked_for.standing and looked_for.offset_unit:
        return fill(
            _("When the case has been %(standing)s for %(time)s"),
            standing=pick("when.standing", looked_for.standing.label),
            time=pick("when.offset_amount", span(looked_for.offset_amount, looked_for.offset_unit)),
        )
    if looked_for.when == When.REACH and looked_for.reach:
        return _reach(looked_for)
    return fill(_("When %(what)s"), what=pick("when.when", looked_for.when.label))


def _deadline(looked_for: Trigger) -> Words:
    amount, unit = looked_for.offset_amount, looked_for.offset_unit or Unit.MINUTE
    time = pick("when.offset_amount", span(amount, unit))
    goal = looked_for.goal
    if goal is None:
        template = _ANY_DEADLINE[looked_for.before if amount else None]
        return fill(template, any=pick("when.goal", _("any deadline")), time=time)
    return fill(_DEADLINE[looked_for.before if amount else None], goal=pick("when.goal", goal.label), time=time)


# Before it is due, after, and then.
_DEADLINE: dict[bool | None, Promise | str] = {
    True: lazy("When the deadline “%(goal)s” is due in %(time)s"),
    False: lazy("When the deadline “%(goal)s” has been missed by %(time)s"),
    None: lazy("When the deadline “%(goal)s” is due"),
}
_ANY_DEADLINE: dict[bool | None, Promise | str] = {
    True: lazy("When %(any)s is due in %(time)s"),
    False: lazy("When %(any)s has been missed by %(time)s"),
    None: lazy("When %(any)s is due"),
}


def _reach(looked_for: Trigger) -> Words:
    pieces = {
        "above": pick("when.above", number_format(looked_for.above, use_l10n=True, force_grouping=True)),
        "reach": pick("when.reach", looked_for.reach.label if looked_for.reach else ""),
    }
    if looked_for.within_minutes is None:
        return fill(_("When a post has more than %(above)s %(reach)s"), **pieces)
    time = pick("when.within_minutes", minutes(looked_for.within_minutes))
    return fill(_("When a post gains more than %(above)s %(reach)s within %(time)s"), time=time, **pieces)


# ---------------------------------------------------------------- then


def delay(step: Step) -> Words:
    """How long after the occasion a step is taken."""
    after = step.after_minutes
    said = _("after %(time)s") % {"time": minutes(after)} if after else _("at once")
    return pick(f"then.{step.number - 1}.after_minutes", said)


def does(step: Step, about: About) -> Words:
    """What a step does."""
    return _DOES[step.kind](step, about, f"then.{step.number - 1}")


def _told(step: Step, slot: str) -> dict[str, Words]:
    return {"by": pick(f"{slot}.by", step.by.label), "hours": pick(f"{slot}.hours", step.hours.label)}


def whom(step: Step, about: About) -> Words:
    """Who is told."""
    slot = f"then.{step.number - 1}"
    if step.whom == Whom.PERSON and step.person is not None:
        return about.name("person", step.person, f"{slot}.person")
    if step.team is not None and step.whom in _WHOM_OF:
        return fill(_WHOM_OF[step.whom], team=about.name("team", step.team, f"{slot}.team"))
    return pick(f"{slot}.whom", step.whom.label if step.whom else "")


_WHOM_OF: dict[Whom, Promise | str] = {
    Whom.OWNER_OR_DUTY: lazy("the owner, else who is on duty in the team %(team)s"),
    Whom.LEAD: lazy("the lead of the team %(team)s"),
    Whom.DUTY: lazy("the person on duty in the team %(team)s"),
    Whom.TEAM: lazy("everybody in the team %(team)s"),
}
# To whom the case is given: whole sentences, since languages join these differently.
_GIVE: dict[Whom, Promise | str] = {
    Whom.LEAD: lazy("give the case to the lead of the team (%(by)s, %(hours)s)"),
    Whom.DUTY: lazy("give the case to the person on duty in the team (%(by)s, %(hours)s)"),
    Whom.PERSON: lazy("give the case to %(who)s (%(by)s, %(hours)s)"),
}
_GIVE_OF: dict[Whom, Promise | str] = {
    Whom.LEAD: lazy("give the case to the lead of the team %(who)s (%(by)s, %(hours)s)"),
    Whom.DUTY: lazy("give the case to the person on duty in the team %(who)s (%(by)s, %(hours)s)"),
}


def _tell(step: Step, about: About, slot: str) -> Words:
    return fill(_("tell %(whom)s (%(by)s, %(hours)s)"), whom=whom(step, about), **_told(step, slot))


def _assign(step: Step, about: About, slot: str) -> Words:
    to = step.whom or Whom.LEAD
    if to == Whom.PERSON and step.person is not None:
        return fill(_GIVE[to], who=about.name("person", step.person, f"{slot}.person"), **_told(step, slot))
    if step.team is not None and to in _GIVE_OF:
        return fill(_GIVE_OF[to], who=about.name("team", step.team, f"{slot}.team"), **_told(step, slot))
    return fill(_GIVE.get(to, _GIVE[Whom.LEAD]), who="", **_told(step, slot))


def _authority(step: Step, _about: About, slot: str) -> Words:
    template = _("hand it to somebody whose authority suffices for what the case needs (%(by)s, %(hours)s)")
    return fill(template, **_told(step, slot))


_LEVELS = ngettext_lazy("raise the severity by %(levels)s level", "raise the severity by %(levels)s levels", "number")


def _severity(step: Step, _about: About, slot: str) -> Words:
    template = _LEVELS % {"number": step.levels, "levels": "%(levels)s"}
    return fill(template, levels=pick(f"{slot}.levels", str(step.levels)))


def _action(step: Step, about: About, slot: str) -> Words:
    kind = about.name("kind", step.kind_id or 0, f"{slot}.kind_id")
    if step.amount is None:
        return fill(_("add the required action “%(kind)s”"), kind=kind)
    amount = pick(f"{slot}.amount", said_amount(step.amount, about.currency))
    return fill(_("add the required action “%(kind)s”, %(amount)s"), kind=kind, amount=amount)


def _approval(step: Step, about: About, slot: str) -> Words:
    if step.kind_id is None:
        return fill(_("ask for approval of what the case needs"))
    return fill(_("ask for approval of “%(kind)s”"), kind=about.name("kind", step.kind_id, f"{slot}.kind_id"))


def _tag(step: Step, about: About, slot: str) -> Words:
    return fill(_("put the tag %(tag)s on it"), tag=about.name("tag", step.tag or 0, f"{slot}.tag"))


def _hook(step: Step, about: About, slot: str) -> Words:
    target = about.name("target", step.target or 0, f"{slot}.target")
    return fill(_("tell the connected system %(target)s"), target=target)


_DOES: dict[StepKind, Callable[[Step, About, str], Words]] = {
    StepKind.TELL: _tell,
    StepKind.ASSIGN: _assign,
    StepKind.AUTHORITY: _authority,
    StepKind.SEVERITY: _severity,
    StepKind.ACTION: _action,
    StepKind.APPROVAL: _approval,
    StepKind.TAG: _tag,
    StepKind.HOOK: _hook,
}


# ---------------------------------------------------------------- until


def stop(until: Stop | None) -> Words:
    """What ends the ladder before its next step."""
    if until is None:
        return fill(_("It goes on to its last step."))
    return fill(_("It stops when %(stop)s."), stop=pick("stop", until.label))


def missed(what: Missed) -> Words:
    """What becomes of a step that was missed in an outage."""
    return fill(_("A step missed in an outage is %(missed)s."), missed=pick("missed", what.label))
