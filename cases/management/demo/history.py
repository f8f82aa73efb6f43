"""How the smaller cases of three months went: decided at once or asked for, paid, told, handled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cases.management.demo.screenplay import Step, Story
from cases.management.demo.screenplay import step as s
from cases.vocabulary import Outcome, Satisfaction


@dataclass(frozen=True, slots=True)
class Past:
    """A complaint by the form and the money it came to; without ``by_whom`` its owner decided it alone.

    ``after`` is the working days and the time until somebody answered; ``fate`` is how. A link in a mail is answered on the
    same day: over a weekend it would run out.
    """

    brand: str
    day: int
    owner: str
    name: str
    category: str
    amount: str
    text: str
    wording: str
    reason: str = ""
    by_whom: str = ""
    after: str = "0 15:40"
    fate: str = "approved"
    words: str = ""
    less: str = ""
    currency: str = ""
    kind: str = "refund"
    cause: str = "billing"
    answer: str = ""
    settled: bool = False

    @property
    def language(self) -> str:
        """In which language they complained."""
        return "fr" if self.brand == "OR" else "en"


def story(past: Past) -> Story:
    """How such a case goes, from the form to its end."""
    slug = past.name.lower().replace(" ", ".").replace("’", "")
    form = s(
        f"{past.day} 8:30", "form", text=past.text, email=f"{slug}@letters.example", category=past.category, wish=""
    )
    steps = (form, s(f"{past.day} 9:10", "take"), *_greeted(past), *_decided(past), *_asked(past), *_ended(past))
    return Story(past.brand, "web-form", f"form-{slug}", past.name, past.owner, steps, past.language)


def _greeted(past: Past) -> Iterator[Step]:
    """Most are told at once that somebody is at it; of four, one is not."""
    if len(past.text) % 4:
        french, english = "Je m’en occupe et vous réponds ici.", "I have it, and will answer you here."
        yield s(f"{past.day} 9:16", "say", text=french if past.language == "fr" else english)


def _decided(past: Past) -> Iterator[Step]:
    yield s(f"{past.day} 9:20", "decide", outcome=Outcome.UPHELD, reason=past.reason or past.wording)
    money = {"currency": past.currency} if past.currency else {}
    verb = "add" if past.currency else "plan"
    if past.currency:
        # What the playbook brought is in the brand's currency; they paid in theirs.
        yield s(
            f"{past.day} 9:24", "waive", by="manager", kind=past.kind, reason="Paid in another currency, see below."
        )
    yield s(
        f"{past.day} 9:25",
        verb,
        kind=past.kind,
        wording=past.wording,
        amount=past.amount,
        reason=past.reason,
        **money,
    )


def _asked(past: Past) -> Iterator[Step]:
    if not past.by_whom:
        return
    days, time = past.after.split()
    answered = f"{past.day - int(days)} {time}"
    if past.fate == "late":
        yield s(f"{past.day} 13:26", "nobody_answers")
    if past.fate == "refused":
        yield s(answered, "turn_down", by=past.by_whom, reason=past.words)
        yield s(f"{past.day - int(days)} 17:05", "again", kind=past.kind)
        yield s(f"{past.day - int(days)} 17:10", "plan", kind=past.kind, wording=past.wording, amount=past.less)
    elif past.fate == "returned":
        yield s(answered, "give_back", by=past.by_whom, reason=past.words, amount=past.less)
        yield s(f"{past.day - int(days)} 17:10", "ask", kind=past.kind)
    else:
        yield s(answered, "approve", by=past.by_whom, words=past.words, by_mail=past.fate == "mail")


def _ended(past: Past) -> Iterator[Step]:
    day = past.day - int(past.after.split()[0] if past.by_whom else 0)
    paid = past.less or past.amount
    number = f"{past.brand}-{past.day:02}{len(past.text):03}"
    outcome = "Remboursé." if past.language == "fr" else "Paid back."
    yield s(f"{day} 17:20", "done", kind=past.kind, outcome=outcome, reference=number, amount=paid)
    yield s(f"{day} 17:30", "answer", text=past.answer or _closing(past, paid))
    yield s(f"{day} 17:40", "handle", cause=past.cause)
    if past.settled:
        yield s(f"{day} 19:30", "say_whether", answer=Satisfaction.SETTLED)


def _closing(past: Past, paid: str) -> str:
    if past.language == "fr":
        return f"{past.wording} : {paid.replace('.', ',')} € sont en route. Pardon pour l’attente."
    return f"{past.wording}: {paid} {past.currency or '€'} are on their way. I am sorry for the trouble."
