"""What a connected system is asked, out of our facts and by an admin's names for them, and how its answers are read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn

from cases.rules import money
from cases.rules import text as texts
from cases.vocabulary import Ask, SystemStatus

# What can go into a request, and what each is; a name or an address only when an admin asks for it.
FACTS = {
    "order": "the order’s id, the same at every sending; answers repeat it",
    "kind": "the code of the kind of action",
    "amount": "the amount, as a string",
    "currency": "the currency’s ISO code",
    "reference": "the case’s reference",
    "case": "the case’s public id",
    "brand": "the brand’s short name",
    "wording": "what was promised, in words",
    "due": "until when, in UTC",
    "callback": "where to tell us how it went",
    "name": "the complainant’s name",
    "mail": "the complainant’s mail address",
}
DEFAULT = {name: name for name in ("order", "kind", "amount", "currency", "reference", "callback")}
MOST_NAMES = 30
LARGEST_ANSWER = 64 * 1024
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,59}", re.ASCII)
_AMOUNT = re.compile(r"\d{1,15}(?:\.\d{1,4})?", re.ASCII)
_REFERENCE, _REASON = 120, 500
# It was not taken now; with the same key it can be sent again without harm.
_LATER = frozenset({408, 409, 423, 425, 429})


class MappingError(ValueError):
    """A mapping that cannot be used, with the reason."""


class AnswerError(ValueError):
    """An answer that cannot be relied on, with the reason."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a connected system says of an order."""

    status: SystemStatus
    reference: str = ""
    amount: Decimal | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What a connected system says by itself: an answer, and which order it is about."""

    order: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class RefusedNow:
    """It was not taken; sent again with the same key it may be."""

    reason: str


@dataclass(frozen=True, slots=True)
class RefusedForGood:
    """It was refused, and would be again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It was handed over, and nothing that can be read came back: it may have happened."""

    reason: str


Verdict = Answer | RefusedNow | RefusedForGood | Unknown


def checked_mapping(mapping: Mapping[str, str]) -> dict[str, str]:
    """The mapping, when every name can be one in JSON and every fact is one of ours; raises MappingError."""
    if not mapping:
        raise MappingError("Name at least one fact: an empty request asks for nothing.")
    if len(mapping) > MOST_NAMES:
        raise MappingError(f"At most {MOST_NAMES} names fit into a request.")
    for name, fact in mapping.items():
        if not _NAME.fullmatch(name):
            raise MappingError(f"“{name}” is no name: letters, digits, dots, dashes; a letter first.")
        if fact not in FACTS:
            raise MappingError(f"“{fact}” is no fact of ours.")
    if "order" not in mapping.values():
        raise MappingError("The order’s id has to be in it: answers repeat it.")
    return dict(mapping)


def body(mapping: Mapping[str, str], facts: Mapping[str, Any]) -> str:
    """The request as JSON, by the system's own names; a fact that is not known is null."""
    named = {name: facts.get(fact) for name, fact in (mapping or DEFAULT).items()}
    return json.dumps(named, ensure_ascii=False, sort_keys=True)


def amount_text(amount: Decimal | None, currency: str) -> str | None:
    """An amount as a request says it: exactly the decimals of its currency, or more where it has more."""
    if amount is None:
        return None
    units = money.minor_units(currency)
    exact = amount.quantize(Decimal(1).scaleb(-units))
    return str(exact if exact == amount else amount.normalize())


def judge(ask: Ask, code: int, content: bytes) -> Verdict:
    """What an HTTP answer means for what was asked; what cannot be read is never guessed."""
    if 200 <= code <= 299:
        try:
            return read_answer(content)
        except AnswerError as error:
            return Unknown(f"It answered {code}, and that cannot be relied on: {error}")
    if code >= 500 or code in _LATER:
        return RefusedNow(f"It answered {code}. {_excerpt(content)}".strip())
    if 400 <= code <= 499:
        return _refusal(ask, code, content)
    return Unknown(f"It answered {code}; redirections are not followed.")


def _refusal(ask: Ask, code: int, content: bytes) -> Verdict:
    try:
        answer = read_answer(content)
    except AnswerError:
        return RefusedForGood(f"It answered {code}. {_excerpt(content)}".strip())
    if answer.status == SystemStatus.FAILED:
        return RefusedForGood(answer.reason or f"It answered {code}.")
    if ask != Ask.DO and answer.status == SystemStatus.UNKNOWN:
        return answer
    return Unknown(f"It answered {code} and says “{answer.status}”: that does not fit together.")


def read_answer(content: bytes) -> Answer:
    """What it says; raises AnswerError unless the status is one of ours and what belongs to it can be kept."""
    return _answer(_document(content))


def read_callback(content: bytes) -> Told:
    """What it tells by itself; raises AnswerError, also when it does not say of which order."""
    document = _document(content)
    order = document.get("order")
    if not isinstance(order, str) or not 0 < len(order) <= 60:
        raise AnswerError("“order” has to be the id of the order, as the request gave it.")
    return Told(order, _answer(document))


def _answer(document: Mapping[str, Any]) -> Answer:
    status = document.get("status")
    if status not in SystemStatus.values:
        raise AnswerError(f"“status” has to be one of {', '.join(SystemStatus.values)}.")
    reference = _line(document, "reference", _REFERENCE)
    if status == SystemStatus.DONE and not reference:
        raise AnswerError("“done” needs a “reference” that proves it.")
    return Answer(SystemStatus(status), reference, _amount(document), _line(document, "reason", _REASON))


def _document(content: bytes) -> dict[str, Any]:
    if len(content) > LARGEST_ANSWER:
        raise AnswerError(f"It is larger than {LARGEST_ANSWER} bytes.")
    try:
        document = json.loads(content.decode("utf-8-sig"), parse_constant=_refuse, object_pairs_hook=_once)
    except AnswerError:
        raise
    except (ValueError, RecursionError):
        raise AnswerError("It is not JSON.") from None
    if not isinstance(document, dict):
        raise AnswerError("It is not a JSON object.")
    return document


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise AnswerError("It says the same thing twice.")
    return document


def _line(document: Mapping[str, Any], name: str, longest: int) -> str:
    given = document.get(name)
    if given is None:
        return ""
    if not isinstance(given, str):
        raise AnswerError(f"“{name}” has to be a string.")
    line = " ".join(texts.clean(given).split())
    if len(line) > longest:
        raise AnswerError(f"“{name}” has more than {longest} characters.")
    return line


def _amount(document: Mapping[str, Any]) -> Decimal | None:
    given = document.get("amount")
    if given is None:
        return None
    if not isinstance(given, str) or not _AMOUNT.fullmatch(given):
        raise AnswerError("“amount” has to be a string like 1249.90.")
    amount = Decimal(given)
    if amount <= 0:
        raise AnswerError("“amount” has to be above zero.")
    return amount


def _excerpt(content: bytes) -> str:
    return " ".join(texts.clean(content[:400].decode(errors="replace")).split())[:200]
