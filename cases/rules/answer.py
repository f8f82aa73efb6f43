"""The final answer under a regime: which parts it needs, what each says as far as the facts go, and what is missing."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from cases.vocabulary import AnswerPart, Outcome

LANGUAGES = ("en", "fr")
# What somebody still has to write stands between these, with its name: [[postal address]].
_MARK = re.compile(r"\[\[([^\[\]]*)\]\]")

Texts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Raised:
    """A point the complainant raised, what is decided about it, and why, in words for them."""

    raised: str
    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class Deed:
    """An action as the answer tells it; ``day`` is when it was done, or until when it will be, empty if nobody knows.

    What nobody with the authority has decided yet cannot be told as if it were.
    """

    title: str
    amount: str = ""
    reference: str = ""
    day: str = ""
    who: str = ""
    is_decided: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """What an answer can be prepared from, everything in the language of the complainant."""

    language: str
    outcome: Outcome
    points: Sequence[Raised] = ()
    done: Sequence[Deed] = ()
    outstanding: Sequence[Deed] = ()
    recourse: str = ""
    opening: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """A part that is empty, or that still holds a mark which somebody has to fill in."""

    part: AnswerPart
    mark: str = ""


_DECISION: dict[Outcome, Texts] = {
    Outcome.UPHELD: {
        "en": "We have looked into your complaint. You are right, and we uphold it.",
        "fr": "Nous avons examiné votre réclamation. Vous avez raison et nous l’acceptons.",
    },
    Outcome.PARTLY_UPHELD: {
        "en": "We have looked into your complaint. You are right in part, and we uphold it in part.",
        "fr": "Nous avons examiné votre réclamation. Vous avez raison en partie et nous l’acceptons en partie.",
    },
    Outcome.REJECTED: {
        "en": "We have looked into your complaint. We do not uphold it.",
        "fr": "Nous avons examiné votre réclamation. Nous ne pouvons pas l’accepter.",
    },
    Outcome.SETTLED: {
        "en": "We have looked into your complaint. We settle it with you, without admitting a fault.",
        "fr": "Nous avons examiné votre réclamation. Nous la réglons avec vous, sans reconnaître de faute.",
    },
}
_OF_POINT: dict[Outcome, Texts] = {
    Outcome.UPHELD: {"en": "We uphold this.", "fr": "Nous l’acceptons."},
    Outcome.PARTLY_UPHELD: {"en": "We uphold this in part.", "fr": "Nous l’acceptons en partie."},
    Outcome.REJECTED: {"en": "We do not uphold this.", "fr": "Nous ne l’acceptons pas."},
    Outcome.SETTLED: {
        "en": "We settle this without admitting a fault.",
        "fr": "Nous réglons ce point sans reconnaître de faute.",
    },
}
_SAID: dict[str, Texts] = {
    "quoted": {"en": "“%s”", "fr": "« %s »"},
    "reasons": {"en": "[[our reasons]]", "fr": "[[nos raisons]]"},
    "done": {"en": "This is what we have done for you:", "fr": "Voici ce que nous avons fait pour vous :"},
    "to come": {
        "en": "What we do for you is not done yet; it stands below.",
        "fr": "Ce que nous faisons pour vous n’est pas encore fait ; vous le trouvez ci-dessous.",
    },
    "nothing": {
        "en": "There is nothing further that we will do.",
        "fr": "Nous ne ferons rien de plus.",
    },
    "remedy": {"en": "[[what we do for you]]", "fr": "[[ce que nous faisons pour vous]]"},
    "on": {"en": "done on %s", "fr": "fait le %s"},
    "reference": {"en": "reference %s", "fr": "référence %s"},
    "open": {"en": "This is still to be done:", "fr": "Voici ce qui reste à faire :"},
    "none": {"en": "Nothing is left to be done.", "fr": "Il ne reste rien à faire."},
    "by": {"en": "by %s", "fr": "au plus tard le %s"},
    "date": {"en": "[[the date]]", "fr": "[[la date]]"},
    "undecided": {"en": "[[not decided yet: %s]]", "fr": "[[pas encore décidé : %s]]"},
    "colon": {"en": ": ", "fr": " : "},
    "recourse": {
        "en": "[[where they can turn, with address and time limit]]",
        "fr": "[[à qui s’adresser, avec adresse et délai]]",
    },
}


def language_of(*wanted: str) -> str:
    """The first of these languages that answers can be prepared in, else English."""
    short = (each.split("-")[0].lower() for each in wanted)
    return next((each for each in short if each in LANGUAGES), LANGUAGES[0])


def overall(outcomes: Sequence[Outcome]) -> frozenset[Outcome]:
    """What a decision may say as a whole when this is said of its points; a settlement is always open."""
    found = set(outcomes)
    if not found:
        return frozenset(Outcome)
    same = found.pop() if len(found) == 1 else Outcome.PARTLY_UPHELD
    return frozenset({same, Outcome.SETTLED})


def demanded(demands: Collection[str], facts: Facts, *, recourse_always: bool) -> list[AnswerPart]:
    """The parts that this answer cannot go without, in the order in which they are read.

    A remedy and what is outstanding are demanded where there is something to tell; whoever is not fully upheld is
    always told where they can turn.
    """
    has_deeds = bool(facts.done or facts.outstanding)
    applies = {
        AnswerPart.REMEDY: has_deeds or facts.outcome != Outcome.REJECTED,
        AnswerPart.OUTSTANDING: bool(facts.outstanding),
        AnswerPart.RECOURSE: recourse_always,
    }
    needed = {part for part in AnswerPart if part in demands and applies.get(part, True)}
    if facts.outcome != Outcome.UPHELD:
        needed.add(AnswerPart.RECOURSE)
    return [part for part in AnswerPart if part in needed]


def prepared(part: AnswerPart, facts: Facts) -> str:
    """What a part says as far as the facts go; what only a person can say is left as a mark."""
    return {
        AnswerPart.DECISION: _decision,
        AnswerPart.REASONS: _reasons,
        AnswerPart.REMEDY: _remedy,
        AnswerPart.OUTSTANDING: _outstanding,
        AnswerPart.RECOURSE: _recourse,
    }[part](facts)


def missing(wanted: Sequence[AnswerPart], parts: Mapping[str, str]) -> list[Gap]:
    """Everything that keeps the answer from going: parts without words, and marks nobody has filled in."""
    gaps = []
    for part in AnswerPart:
        text = parts.get(part, "")
        if text.strip():
            gaps += [Gap(part, mark) for mark in marks(text)]
        elif part in wanted:
            gaps.append(Gap(part))
    return gaps


def marks(text: str) -> list[str]:
    """The names of what still has to be filled in, each once."""
    return list(dict.fromkeys(found.strip() or "…" for found in _MARK.findall(text)))


def joined(parts: Mapping[str, str]) -> str:
    """The answer as one text: its parts in their order."""
    return "\n\n".join(text for part in AnswerPart if (text := parts.get(part, "").strip()))


def _say(name: str, facts: Facts, *words: str) -> str:
    text = _SAID[name][facts.language]
    return text % words if words else text


def unmarked(text: str) -> str:
    """Somebody's words inside a text of ours, without what would look like a mark in it."""
    return re.sub(r"([\[\]])\1+", r"\1", text)


def _decision(facts: Facts) -> str:
    return "\n\n".join(filter(None, [facts.opening, _DECISION[facts.outcome][facts.language]]))


def _reasons(facts: Facts) -> str:
    if not facts.points:
        return _say("reasons", facts)
    return "\n\n".join(
        f"{number}. {_say('quoted', facts, point.raised)}\n{_OF_POINT[point.outcome][facts.language]} {point.reason}"
        for number, point in enumerate(facts.points, 1)
    )


def _remedy(facts: Facts) -> str:
    if facts.done:
        return "\n".join([_say("done", facts), *(_done(deed, facts) for deed in facts.done)])
    if facts.outstanding:
        return _say("to come", facts)
    return _say("nothing" if facts.outcome == Outcome.REJECTED else "remedy", facts)


def _done(deed: Deed, facts: Facts) -> str:
    told = [
        deed.amount,
        _say("on", facts, deed.day) if deed.day else "",
        _say("reference", facts, deed.reference) if deed.reference else "",
    ]
    return _line(deed, told, facts)


def _outstanding(facts: Facts) -> str:
    if not facts.outstanding:
        return _say("none", facts)
    return "\n".join([_say("open", facts), *(_open(deed, facts) for deed in facts.outstanding)])


def _open(deed: Deed, facts: Facts) -> str:
    if not deed.is_decided:
        return f"- {_say('undecided', facts, deed.title)}"
    return _line(deed, [deed.amount, _say("by", facts, deed.day or _say("date", facts)), deed.who], facts)


def _line(deed: Deed, told: Sequence[str], facts: Facts) -> str:
    return f"- {deed.title}{_say('colon', facts)}{', '.join(filter(None, told))}"


def _recourse(facts: Facts) -> str:
    return facts.recourse or _say("recourse", facts)
