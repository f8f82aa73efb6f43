"""The leak guard: what of a case's private side, or of anybody's personal data, stands in words about to be public."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

import phonenumbers
from stdnum import iban, luhn

from cases.rules.text import fold

# So many words in a row are a quotation; fewer are chance.
QUOTED_WORDS = 6
# So many words in a row give an address away.
ADDRESS_WORDS = 3
# Where a telephone number without its country code may come from.
REGIONS = ("FR", "GB", "US")


class Kind(StrEnum):
    """What sort of private fact it is."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    REFERENCE = "reference"
    ADDRESS = "address"
    AMOUNT = "amount"
    WORDS = "words"
    CARD = "card"
    IBAN = "iban"


@dataclass(frozen=True)
class Fact:
    """Something that is known in private only, and where it is known from (shown to whoever is about to publish it)."""

    kind: Kind
    text: str
    source: str = ""


@dataclass(frozen=True)
class Leak:
    """A place in the outgoing words that gives something away; `source` is empty when it is private by nature."""

    kind: Kind
    excerpt: str
    start: int
    end: int
    source: str = ""


_EMAIL = re.compile(r"[a-z0-9][a-z0-9._%+-]{0,63}@(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}")
_WORD = re.compile(r"\w+")
_DIGITS = re.compile(r"(?<![\w.@/#-])\+?\(?\d(?:[ ./()-]{0,2}\d){6,22}(?![\w@])")
_CARD = re.compile(r"(?<![\w/.=-])\d(?:[ -]?\d){12,18}(?![\w/-])")
_CARD_ISSUERS = re.compile(r"4|5[1-5]|2[2-7]|3[04-9]|6")
_IBAN = re.compile(r"(?<!\w)[a-z]{2}\d{2}(?:[ .-]?[a-z0-9]){11,30}")
_REFERENCE = re.compile(r"(?<!\w)#?(?=[a-z0-9/_-]*\d)(?:[a-z]{1,6}[-_/]?)?\d[a-z0-9]*(?:[-_/][a-z0-9]+)*(?!\w)")
_DATE_OR_TIME = re.compile(r"\d{1,4}[-/]\d{1,2}[-/]\d{1,4}|\d{1,2}h\d{2}|\d+(?:st|nd|rd|th|e|eme|er|h|min|km|kg|mb|go)")
_CURRENCY = r"(?:€|\$|£|¥|eur\b|euros?\b|usd\b|dollars?\b|gbp\b|pounds?\b|chf\b|francs?\b|cad\b)"
_NUMBER = r"\d{1,3}(?:[ .,'’]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?"
_AMOUNT = re.compile(
    rf"(?P<before>{_CURRENCY})?\s?(?<![\w.,])(?P<number>{_NUMBER})(?![\w]|[.,]\d)\s?(?P<after>{_CURRENCY})?"
)
# "35€" and "35eur" have no boundary between number and currency.
_GLUED = re.compile(rf"(?<![\w.,])(?P<number>{_NUMBER})(?P<after>{_CURRENCY})(?P<before>)")
_STREET = re.compile(
    r"\b\d{1,5}\s?(?:bis|ter|quater|[a-d]\b)?,?\s+(?:"
    r"(?:rue|avenue|av|bd|boulevard|place|chemin|allee|impasse|quai|route|cours|square|passage|residence)\.?\s+[^\n,;.!?]{2,40}"
    r"|(?:[a-z'’-]+\s){1,3}(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|close|court|way|terrace|crescent)\b)"
)


def leaks(
    text: str, private_facts: Sequence[Fact], *, public: Sequence[str] = (), regions: Sequence[str] = REGIONS
) -> list[Leak]:
    """Every place in `text` that gives away a private fact or personal data, in order; each place once.

    `public` is what everyone can read already: the author's handle and display name, the post's words, the brand's own
    addresses and numbers. A name, reference, amount, address or quotation inside any of it is no leak. An e-mail
    address or telephone number is none only where it is an entry by itself, and a card or account number always is one.
    """
    seen = _Folded(text)
    known = [_Folded(each).text for each in public]
    found: list[Leak] = []
    for spans, leak_kind in ((_cards, Kind.CARD), (_ibans, Kind.IBAN)):
        found += [
            seen.leak(leak_kind, start, end, _source(private_facts, seen, start, end))
            for start, end in spans(seen.text)
        ]
    found += _contacts(seen, private_facts, known, regions)
    for fact in private_facts:
        for start, end in _FINDERS[fact.kind](seen, fact.text):
            excused = _is_public(seen.text[start:end], known) and fact.kind not in {Kind.EMAIL, Kind.PHONE}
            if not excused:
                found.append(seen.leak(fact.kind, start, end, fact.source))
    return _once(found)


def facts_in(text: str, source: str) -> list[Fact]:
    """What a private message or note holds that must not be public: its words, and every fact seen in them."""
    folded = _Folded(text).text
    facts = [Fact(Kind.EMAIL, match[0], source) for match in _EMAIL.finditer(folded)]
    facts += [Fact(Kind.PHONE, folded[start:end], source) for start, end in _phones(folded, REGIONS)]
    facts += [Fact(Kind.ADDRESS, match[0], source) for match in _STREET.finditer(folded)]
    facts += [
        Fact(Kind.REFERENCE, match[0], source) for match in _REFERENCE.finditer(folded) if _is_reference(match[0])
    ]
    facts += [
        Fact(Kind.AMOUNT, match["number"], source) for match in _amounts(folded) if match["before"] or match["after"]
    ]
    facts.append(Fact(Kind.WORDS, text, source))
    return list(dict.fromkeys(facts))


# --- the outgoing words, folded, with the way back -------------------------------------------------------------------


class _Folded:
    """A text without case, accents and invisible characters, that still knows where each letter stood."""

    def __init__(self, text: str) -> None:
        self.original = text
        letters: list[str] = []
        places: list[int] = []
        for place, character in enumerate(text):
            if unicodedata.category(character) == "Cf":
                continue
            folded = fold(character) if character > "\x7f" else character.lower()
            letters.append(folded)
            places.extend([place] * len(folded))
        self.text = "".join(letters)
        self._places = places

    def leak(self, kind: Kind, start: int, end: int, source: str) -> Leak:
        first, last = self._places[start], self._places[end - 1] + 1
        return Leak(kind, self.original[first:last], first, last, source)

    def starts_large(self, start: int) -> bool:
        return not self.original[self._places[start]].islower()


def _is_public(words: str, known: Sequence[str]) -> bool:
    return any(re.search(rf"(?<!\w){re.escape(words)}(?!\w)", each) for each in known)


def _source(facts: Sequence[Fact], seen: _Folded, start: int, end: int) -> str:
    """Where a number found by its form is known from, if a fact says so."""
    plain = _plain(seen.text[start:end])
    return next((fact.source for fact in facts if plain in _plain(fact.text)), "")


def _plain(words: str) -> str:
    return re.sub(r"[\W_]+", "", fold(words))


def _once(found: list[Leak]) -> list[Leak]:
    """In order, without what stands inside another leak; of two at one place the one with a source."""
    best: dict[tuple[int, int], Leak] = {}
    for leak in found:
        place = (leak.start, leak.end)
        if place not in best or (leak.source and not best[place].source):
            best[place] = leak
    kept: list[Leak] = []
    for leak in sorted(best.values(), key=lambda each: (each.start, -each.end)):
        if not kept or leak.end > kept[-1].end:
            kept.append(leak)
    return kept


# --- personal data, by its form --------------------------------------------------------------------------------------


def _contacts(seen: _Folded, facts: Sequence[Fact], known: Sequence[str], regions: Sequence[str]) -> Iterator[Leak]:
    allowed = {each.strip() for each in known}
    for match in _EMAIL.finditer(seen.text):
        if match[0] not in allowed:
            yield seen.leak(Kind.EMAIL, *match.span(), _source(facts, seen, *match.span()))
    allowed_numbers = {_significant(each) for each in allowed if sum(map(str.isdigit, each)) >= 6}
    for start, end in _phones(seen.text, regions):
        if _significant(seen.text[start:end]) not in allowed_numbers:
            yield seen.leak(Kind.PHONE, start, end, _source(facts, seen, start, end))


def _phones(folded: str, regions: Sequence[str]) -> list[tuple[int, int]]:
    spans = set()
    for region in regions:
        for match in phonenumbers.PhoneNumberMatcher(folded, region, leniency=phonenumbers.Leniency.VALID):
            # Ten bare digits are an order number far more often than a number somebody can be called at.
            if match.raw_string[0] in "+0(" or not match.raw_string.isdigit():
                spans.add((match.start, match.end))
    return sorted(spans)


def _significant(number: str) -> str:
    """The digits of a number that are the same with and without its country code."""
    digits = re.sub(r"\D", "", number)
    return digits[-9:] if len(digits) > 9 else digits.lstrip("0")


def _cards(folded: str) -> Iterator[tuple[int, int]]:
    for match in _CARD.finditer(folded):
        digits = re.sub(r"\D", "", match[0])
        if _CARD_ISSUERS.match(digits) and luhn.is_valid(digits):
            yield match.span()


def _ibans(folded: str) -> Iterator[tuple[int, int]]:
    """An account number runs on into the next word as far as its form goes, so shorter and shorter ones are tried."""
    for match in _IBAN.finditer(folded):
        for end in range(match.end(), match.start() + 14, -1):
            if folded[end - 1].isalnum() and iban.is_valid(folded[match.start() : end].replace(".", " ")):
                yield match.start(), end
                break


# --- facts of this case ----------------------------------------------------------------------------------------------


def _names(seen: _Folded, name: str) -> Iterator[tuple[int, int]]:
    """The whole name in any case, and each part of it that is written like a name."""
    parts = _WORD.findall(fold(name))
    if len(parts) > 1 or (parts and len(parts[0]) > 2):
        yield from _matches(r"[\W_]+".join(map(re.escape, parts)), seen)
    for part in parts:
        if len(part) > 2:
            yield from (span for span in _matches(re.escape(part), seen) if seen.starts_large(span[0]))


def _literally(seen: _Folded, words: str) -> Iterator[tuple[int, int]]:
    if plain := fold(words).strip():
        yield from _matches(re.escape(plain), seen)


def _matches(pattern: str, seen: _Folded) -> Iterator[tuple[int, int]]:
    for match in re.finditer(rf"(?<!\w){pattern}(?!\w)", seen.text):
        yield match.span()


def _numbers(seen: _Folded, number: str) -> Iterator[tuple[int, int]]:
    wanted = _significant(fold(number))
    if len(wanted) < 6:
        return
    for match in _DIGITS.finditer(seen.text):
        if _significant(match[0]) == wanted:
            yield match.span()


def _is_reference(token: str) -> bool:
    """Whether a word with digits in it tells something apart: long enough, and no date, time or count."""
    plain = _plain(token)
    if _DATE_OR_TIME.fullmatch(token):
        return False
    return len(plain) >= 5 and sum(map(str.isdigit, plain)) >= 3


def _references(seen: _Folded, reference: str) -> Iterator[tuple[int, int]]:
    plain = _plain(reference)
    if len(plain) >= 4:
        yield from _matches(r"[\s\-_./]*".join(plain), seen)


def _amounts(folded: str) -> Iterator[re.Match[str]]:
    yield from _AMOUNT.finditer(folded)
    yield from _GLUED.finditer(folded)


def _value(number: str) -> Decimal:
    """The value of a number that is known to be an amount: at most two digits after the last point or comma."""
    whole, _, cents = re.sub(r"[.,](?=\d{1,2}$)", "|", number).partition("|")
    return Decimal(f"{re.sub(r'[^0-9]', '', whole)}.{cents or 0}")


def _sums(seen: _Folded, amount: str) -> Iterator[tuple[int, int]]:
    """The same amount however it is written, beside a currency, or with cents that make it that one."""
    number = re.search(_NUMBER, fold(amount))
    if not number:
        return
    wanted = _value(re.sub(r"(?<=[.,]\d\d)0+$", "", number[0]) if number[0] else "0")
    for match in _amounts(seen.text):
        told = match["before"] or match["after"] or wanted != wanted.to_integral_value()
        if told and _value(match["number"]) == wanted:
            yield match.span("number")


def _runs(length: int) -> Callable[[_Folded, str], Iterator[tuple[int, int]]]:
    """A finder of stretches of at least so many words that stand in the same order in the private words."""

    def find(seen: _Folded, private: str) -> Iterator[tuple[int, int]]:
        words = _WORD.findall(_Folded(private).text)
        runs = {tuple(words[at : at + length]) for at in range(len(words) - length + 1)}
        places = list(_WORD.finditer(seen.text)) if runs else []
        start = end = -1
        for at in range(len(places) - length + 1):
            if tuple(place[0] for place in places[at : at + length]) not in runs:
                continue
            if at > end and end != -1:
                yield places[start].start(), places[end].end()
                start = -1
            start, end = (at if start == -1 else start), at + length - 1
        if end != -1:
            yield places[start].start(), places[end].end()

    return find


def _addresses(seen: _Folded, address: str) -> Iterator[tuple[int, int]]:
    """Stretches of an address that tell a place apart: with a number in them, or longer than "rue de la"."""
    for start, end in _runs(ADDRESS_WORDS)(seen, address):
        words = seen.text[start:end]
        if len(_WORD.findall(words)) > ADDRESS_WORDS or any(map(str.isdigit, words)):
            yield start, end


_FINDERS: dict[Kind, Callable[[_Folded, str], Iterator[tuple[int, int]]]] = {
    Kind.NAME: _names,
    Kind.EMAIL: _literally,
    Kind.PHONE: _numbers,
    Kind.REFERENCE: _references,
    Kind.ADDRESS: _addresses,
    Kind.AMOUNT: _sums,
    Kind.WORDS: _runs(QUOTED_WORDS),
    Kind.CARD: _references,
    Kind.IBAN: _references,
}
