"""Complaint registers, as regulators publish them: recognised by their columns, and what each row says of a case."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from cases.rules import text
from cases.rules.arrival import Registered
from cases.rules.import_fields import Plan, Rejected
from cases.rules.import_times import BadTimeError, parse_time
from cases.vocabulary import Outcome

# How the columns of the Consumer Complaint Database were called, in its exports since 2014 and in its API.
_CFPB: Mapping[str, tuple[str, ...]] = {
    "external_id": ("Complaint ID",),
    "received": ("Date received",),
    "product": ("Product",),
    "sub_product": ("Sub-product",),
    "issue": ("Issue",),
    "sub_issue": ("Sub-issue",),
    "narrative": ("Consumer complaint narrative", "Complaint what happened"),
    "public_response": ("Company public response",),
    "state": ("State",),
    "zip": ("ZIP code",),
    "tags": ("Tags",),
    "consent": ("Consumer consent provided?",),
    "via": ("Submitted via",),
    "sent": ("Date sent to company",),
    "response": ("Company response to consumer", "Company response"),
    "timely": ("Timely response?", "Timely"),
    "disputed": ("Consumer disputed?",),
}
# Without one of these a table may be about complaints, but it is no register of them.
_NEEDED = ("external_id", "received", "product", "issue", "sent", "response", "timely")
# What the company's answer says of the complaint; the help page gives the reason of each line.
OUTCOMES: Mapping[str, Outcome | None] = {
    "Closed with monetary relief": Outcome.UPHELD,
    "Closed with non-monetary relief": Outcome.UPHELD,
    "Closed with relief": Outcome.UPHELD,
    "Closed with explanation": Outcome.REJECTED,
    "Closed without relief": Outcome.REJECTED,
    "Closed": Outcome.REJECTED,
    "In progress": None,
    "Untimely response": None,
}
# What stands in for a narrative that was not published; never other words than the row's.
_LABELS = ("product", "issue", "sub_issue")
LANGUAGE = "en"
MAX_LABEL, MAX_CODE = 120, 40
_WIDTHS = {
    **dict.fromkeys(("product", "sub_product", "issue", "sub_issue", "public_response"), 200),
    "response": 60,
    "state": 8,
    "zip": 12,
    "tags": 80,
    "consent": 40,
    "via": 20,
}
_FOLDED = {text.fold(response): outcome for response, outcome in OUTCOMES.items()}
_YES_NO = {"yes": True, "true": True, "no": False, "false": False}
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?=[T ])")


@dataclass(frozen=True)
class Register:
    """A complaint register: whose it is, and which of its columns says what."""

    source: str
    name: str
    columns: Mapping[str, str]

    def maps(self) -> tuple[str, ...]:
        """The same for the fields of a post, as ``--map`` would say it; where no words came, those of the labels."""
        labels = "|".join(
            f'"{self.columns[each]}"' for each in ("product", "issue", "sub_issue") if each in self.columns
        )
        narrative = f'"{self.columns["narrative"]}",' if "narrative" in self.columns else ""
        return (
            f'external_id="{self.columns["external_id"]}"',
            f"text={narrative}{labels}",
            f'posted_at="{self.columns["received"]}"',
            f'category="{self.columns["product"]}"',
            f"lang=={LANGUAGE}",
            "author=",
            "name=",
            "url=",
        )


def recognise(columns: Sequence[str]) -> Register | None:
    """The register whose header this is, if it is one's."""
    by_key = {_key(column): column for column in reversed(columns)}
    found = {
        name: next((by_key[_key(each)] for each in spellings if _key(each) in by_key), "")
        for name, spellings in _CFPB.items()
    }
    if not all(found[name] for name in _NEEDED):
        return None
    return Register("cfpb", "CFPB", {name: column for name, column in found.items() if column})


def registered(fields: Mapping[str, str], register: Register, plan: Plan) -> Registered | Rejected:
    """What a row says of its case, its labels as they stand there, or why it cannot be taken."""
    said = {name: fields.get(column, "").strip() for name, column in register.columns.items()}
    try:
        received = _day(said["received"], plan)
    except BadTimeError as error:
        return Rejected(f"the date received: {error}")
    try:
        sent = _day(said["sent"], plan)
    except BadTimeError as error:
        return Rejected(f"the date sent to the company: {error}")
    if received is None:
        return Rejected("it has no date received")
    return Registered(
        source=register.source,
        received_at=received,
        # Nothing is decided before it came: where the two days are the wrong way round, the later one holds.
        decided_at=max(received, sent) if sent else received,
        sent_on=sent.astimezone(plan.zone).date() if sent else None,
        is_timely=_YES_NO.get(said["timely"].lower()),
        disputed=_YES_NO.get(said.get("disputed", "").lower()),
        **{name: text.clean(said.get(name, ""))[:width] for name, width in _WIDTHS.items()},
    )


def outcome_of(response: str) -> Outcome | None:
    """What the company's answer means for the complaint; None where it decides nothing, or nobody knows it."""
    return _FOLDED.get(text.fold(response.strip()))


def is_known(response: str) -> bool:
    """Whether an answer is one of those that stand in the table above."""
    return text.fold(response.strip()) in _FOLDED


def label_of(name: str) -> str:
    """The label of the category that a register means by this."""
    return " ".join(text.clean(name).split())[:MAX_LABEL]


def code_of(label: str, taken: Collection[str]) -> str:
    """A code for a category that is called so, cut between words, with a number where another one has it."""
    words = re.findall(r"[a-z0-9]+", text.fold(label).encode("ascii", "ignore").decode()) or ["category"]
    number = 1
    while True:
        end = f"-{number}" if number > 1 else ""
        code = _cut(words, MAX_CODE - len(end)) + end
        if code not in taken:
            return code
        number += 1


def reason_of(found: Registered, language: str) -> str:
    """Why a decision stands that was not made here, in the language of the brand; the day is the best that is known."""
    on = f"{found.sent_on or found.received_at.date():%Y-%m-%d}"
    name = found.source.upper()
    if language == "fr":
        return (
            f"Repris du registre {name}, où la réponse de l’entreprise est « {found.response} ». Le registre ne dit "
            f"pas quand l’entreprise a décidé ; le jour indiqué, {on}, est celui de la transmission à l’entreprise."
        )
    return (
        f"Taken over from the {name} register, where the company’s response is “{found.response}”. The register does "
        f"not say when the company decided; the day given, {on}, is the one on which the complaint was sent to it."
    )


def _cut(words: Sequence[str], most: int) -> str:
    code = words[0][:most]
    for word in words[1:]:
        if len(code) + 1 + len(word) > most:
            break
        code = f"{code}-{word}"
    return code


def _day(written: str, plan: Plan) -> datetime | None:
    """The day that is written, as its first moment in the plan's zone: the hour in recent exports is padding."""
    if not written:
        return None
    day = None if plan.time_formats else _ISO_DAY.match(written)
    moment = parse_time(day[0] if day else written, formats=plan.time_formats, zone=plan.zone, order=plan.order)
    return datetime.combine(moment.at.astimezone(plan.zone), time.min, plan.zone).astimezone(UTC)


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", "", text.fold(name))
