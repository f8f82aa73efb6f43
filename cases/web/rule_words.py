"""Rules in words for pages: the sentence, what differs between two versions, why nothing was done, what a case said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from cases.models import Brand
from cases.queries import questions as stored
from cases.queries import rule_sentences
from cases.queries.condition_words import About, whole
from cases.queries.questions import Question
from cases.queries.rule_names import Names
from cases.queries.sentences import fill, said
from cases.rules.condition import ALWAYS
from cases.rules.escalation import Ladder, Step, Trigger
from cases.rules.revising import Change, Part
from cases.vocabulary import Fact, Missed, Reason, Stop


def about(names: Names, brand: Brand) -> About:
    """What the sentences of a brand's rules are told with."""
    return About(brand.pk, brand.currency, names)


def spell(ladder: Ladder, names: Names, brand: Brand) -> rule_sentences.Sentence:
    """The rule in words, part by part; each part says which of its words can be picked anew."""
    return rule_sentences.sentence(ladder, about(names, brand))


def sentence(ladder: Ladder, names: Names, brand: Brand) -> str:
    """The whole rule as one sentence."""
    return spell(ladder, names, brand).text


# ---------------------------------------------------------------- what differs


def change(found: Change, names: Names, brand: Brand) -> str:
    """What the second version does otherwise than the first, in one of its parts."""
    told = about(names, brand)
    before, after = found.before, found.after
    if found.part == Part.STEP:
        return _step_change(before, after, told)
    if found.part == Part.CONDITION:
        return _condition_change(before, after, told)
    if found.part == Part.TRIGGER and isinstance(before, Trigger) and isinstance(after, Trigger):
        words = {"was": said(rule_sentences.trigger(before)), "now": said(rule_sentences.trigger(after))}
        return _("It looks at another time: “%(now)s”, instead of “%(was)s”.") % words
    if found.part == Part.STOP:
        was = before if isinstance(before, Stop) else None
        now = after if isinstance(after, Stop) else None
        words = {"was": said(rule_sentences.stop(was)), "now": said(rule_sentences.stop(now))}
        return _("It ends otherwise: “%(now)s”, instead of “%(was)s”.") % words
    is_skipped = after == Missed.SKIP
    return (
        _("A step missed in an outage is now skipped.")
        if is_skipped
        else _("A step missed in an outage is now done late, and says so.")
    )


def _step_change(before: Any, after: Any, told: About) -> str:
    was, now = (_step(each, told) if isinstance(each, Step) else "" for each in (before, after))
    if not was:
        return _("Another step: %(now)s.") % {"now": now}
    if not now:
        return _("A step less: %(was)s.") % {"was": was}
    return _("A step becomes: %(now)s; it was: %(was)s.") % {"was": was, "now": now}


def _step(step: Step, told: About) -> str:
    words = {"delay": rule_sentences.delay(step), "does": rule_sentences.does(step, told)}
    return said(fill(_("%(delay)s, %(does)s"), **words))


def _condition_change(before: Any, after: Any, told: About) -> str:
    was, now = (said(whole(each, told)) if each not in {None, ALWAYS} else "" for each in (before, after))
    if not was:
        return _("It now asks whether %(now)s.") % {"now": now}
    if not now:
        return _("It no longer asks whether %(was)s.") % {"was": was}
    return _("It asks whether %(now)s, instead of whether %(was)s.") % {"was": was, "now": now}


# ---------------------------------------------------------------- why nothing was done


def reason(code: str) -> str:
    """Why a rule or a step did nothing; blank where it did something."""
    return str(_REASONS[Reason(code)]) if code in Reason.values else ""


_REASONS: dict[Reason, Promise | str] = {
    Reason.STOPPED: lazy("Nothing was done: its cause was gone."),
    Reason.PAUSED: lazy("Nothing was done: the rule was paused."),
    Reason.RETIRED: lazy("Nothing was done: the rule was retired."),
    Reason.LOOP: lazy("Nothing was done: rules had set each other off too often."),
    Reason.MISSED: lazy("Nothing was done: its time had passed in an outage."),
    Reason.NOBODY: lazy("Nothing was done: there was nobody to tell or to give it to."),
    Reason.NOTHING: lazy("There was nothing to do: it was so already."),
    Reason.GONE: lazy("Nothing was done: the team, person, tag, kind or system it names is no longer there."),
    Reason.REFUSED: lazy("Nothing was done: the case did not allow it."),
}


# ---------------------------------------------------------------- what was asked, and what a case said


def questions(asked: Iterable[Mapping[str, Any]], brand: Brand) -> list[Question]:
    """Stored questions in words: each a leaf as JSON, with what it ``saw`` and whether it ``holds``."""
    return stored.questions(asked, brand)


# ---------------------------------------------------------------- what a replay cannot know


def cannot(found: Mapping[str, Any]) -> str:
    """Something that a replay does not know for sure, by its code and number, as a part of a list."""
    count = int(found.get("count") or 0)
    one = {"number": count, "n": number_format(count, use_l10n=True, force_grouping=True)}
    code = str(found.get("code"))
    if code in _COUNTED:
        return str(_COUNTED[code](count) % one)
    if code == "as_today":
        facts = ", ".join(str(Fact(each).label) for each in found.get("facts", ()) if each in Fact.values)
        return _("as they are today, since the journal does not say how they were: %(facts)s") % {"facts": facts}
    return str(_CANNOT.get(code, _("something that the journal does not say")))


_CANNOT: dict[str, Promise | str] = {
    "answered": lazy("whether a call would have been answered"),
    "today": lazy("teams, leads, duties, managers and calendars are those of today"),
    "authority": lazy("whose authority would have sufficed was not looked up"),
}
_COUNTED: dict[str, Any] = {
    "past_stays": lambda n: ngettext(
        "what rules really did, %(n)s time, is part of the past and stays in it",
        "what rules really did, %(n)s times, is part of the past and stays in it",
        n,
    ),
    "unseen": lambda n: ngettext(
        "how far %(n)s post had spread: nobody looked every hour",
        "how far %(n)s posts had spread: nobody looked every hour",
        n,
    ),
    "erased": lambda n: ngettext(
        "the words of %(n)s post, which were erased", "the words of %(n)s posts, which were erased", n
    ),
    "unowned": lambda n: ngettext(
        "who owned %(n)s case before its journal says so; today’s owner stands for them",
        "who owned %(n)s cases before their journals say so; today’s owners stand for them",
        n,
    ),
    "paused": lambda n: ngettext(
        "when %(n)s deadline was due between its pauses", "when %(n)s deadlines were due between their pauses", n
    ),
}
