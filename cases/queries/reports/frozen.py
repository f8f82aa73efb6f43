"""The figures of a period as they are frozen, those of now beside them, and what was recorded in between."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections
from django.db.models import QuerySet
from django.utils import translation

from cases import errors
from cases.models import Brand, Event, FrozenPeriod, Seer
from cases.queries.reports import definitions, engine, reading, return_runs, returned
from cases.queries.reports.answer import curve
from cases.queries.reports.complaints import Wanted
from cases.queries.reports.conditions import Where
from cases.queries.reports.database import alias
from cases.queries.reports.figure import Duration, Figure, Money
from cases.queries.reports.question import Counted, Question, total
from cases.rules import return_periods
from cases.rules.return_periods import Span
from cases.vocabulary import Dimension, EventKind, Population, Role, Stream
from cases.vocabulary.returns import FIGURES, TABLES, ReturnName

SHARES = {"median": 0.5, "p90": 0.9}
BALANCE = ("open_at_start", "came", "went", "open_at_end")
_CAME = "('received', 'reopened')"
_OPEN = f"SELECT coalesce(sum(CASE WHEN m.kind IN {_CAME} THEN 1 ELSE -1 END), 0) FROM "  # noqa: S608

# How many lines the journals got since, about cases of the brand, that speak of an instant of the period.
_LATER = """
SELECT count(*) FROM cases_event e JOIN cases_casefigures f ON f.case_id = e.stream_id
WHERE e.stream = 'case' AND e.id > %(after)s AND e.occurred_at >= %(start)s AND e.occurred_at < %(end)s
  AND f.brand_id = ANY (%(brands)s::bigint[]) AND (NOT f.is_guarded OR (
"""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is frozen: a brand's period, for a regulator or for the brand itself; counted as one manager sees it."""

    brand: Brand
    span: Span
    regulator: ReturnName | None
    person_id: int

    @property
    def seer(self) -> Seer:
        """A manager of the brand: all its cases but those about themselves."""
        return Seer(self.person_id, {self.brand.pk: Role.MANAGER})

    @classmethod
    def of(cls, frozen: FrozenPeriod) -> Subject:
        """What a row froze."""
        span = return_periods.of_days(frozen.starts_on, frozen.ends_on, frozen.zone)
        regulator = ReturnName(frozen.regulator) if frozen.regulator else None
        return cls(frozen.brand, span, regulator, frozen.frozen_by_id)


def canonical(figures: Mapping[str, Any]) -> bytes:
    """The one way to write them: keys in order, no blanks, UTF-8; there are no fractions in it, amounts are text."""
    return json.dumps(figures, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(figures: Mapping[str, Any]) -> bytes:
    """SHA-256 over them as they are written."""
    return hashlib.sha256(canonical(figures)).digest()


# ---- what is frozen ----


def figures(subject: Subject, now: datetime) -> dict[str, Any]:
    """Everything that is frozen of a period, with its definitions in words; raises ReturnTooLong."""
    with translation.override(subject.brand.language):
        counted = _return(subject, now) if subject.regulator else _usual(subject, now)
    return {"definitions": definitions.VERSION, "words": _words(subject), **counted}


def _return(subject: Subject, now: datetime) -> dict[str, Any]:
    if subject.regulator is None:
        raise errors.NotFound
    wanted = Wanted(subject.regulator, subject.brand, subject.span, subject.seer, now)
    # A long one is what was made in the background a moment ago, once the period was over.
    since = max(now - return_runs.TO_FREEZE, subject.span.asked.end)
    return {"return": returned.as_json(return_runs.known(wanted, since=since).made)}


def _usual(subject: Subject, now: datetime) -> dict[str, Any]:
    counted = {each: _counted(subject, each, now) for each in Population}
    counts = {name: n for each in counted.values() for name, n in sorted(each.counts.items())}
    return {
        "counts": {name: counts.get(name, 0) for name in definitions.FIGURES},
        "money": {currency: _amounts(sums) for currency, sums in sorted(counted[Population.ACTIONS].money.items())},
        "spans": _spans(counted[Population.CASES]),
        "balance": _balance(subject, counts, now),
    }


def _counted(subject: Subject, population: Population, now: datetime) -> Counted:
    question = Question(population, subject.span.asked, {Dimension.BRAND: (str(subject.brand.pk),)})
    return total(engine.count(question, subject.seer, now=now, durations=population == Population.CASES))


def _amounts(sums: Mapping[str, Decimal]) -> dict[str, str]:
    return {name: format(sums[name].quantize(Decimal("0.0001")), "f") for name in sorted(sums)}


def _spans(counted: Counted) -> dict[str, dict[str, int | None]]:
    """In whole minutes; a case that is not there yet is counted in (Kaplan-Meier)."""
    found: dict[str, dict[str, int | None]] = {}
    for name in definitions.DURATIONS:
        drawn = curve(counted, name)
        shares = {share: drawn.percentile(value) for share, value in SHARES.items()}
        found[name] = {**shares, "happened": drawn.happened, "open": drawn.still_open}
    return found


def _balance(subject: Subject, counts: Mapping[str, int], now: datetime) -> dict[str, Any]:
    """What was open, came and went; both ends are counted from what moved before them, by themselves."""
    start, end = _open_before(subject, now, "start"), _open_before(subject, now, "end")
    came, went = counts.get("flow_in", 0), counts.get("flow_out", 0)
    return {
        "open_at_start": start,
        "came": came,
        "went": went,
        "open_at_end": end,
        "holds": start + came == went + end,
    }


def _open_before(subject: Subject, now: datetime, edge: str) -> int:
    where = Where(Question(Population.MOVEMENTS, subject.span.asked), subject.seer, [subject.brand.pk], now)
    sql = (
        f"{_OPEN}{where.source.tables} WHERE m.brand_id = ANY (%(brands)s::bigint[]) AND m.at < %({edge})s"
        f" AND (NOT f.is_guarded OR ({where.visible}))"
    )
    with connections[alias()].cursor() as cursor:
        cursor.execute(sql, where.parameters)
        return int(cursor.fetchone()[0])


def _words(subject: Subject) -> dict[str, Any]:
    """What each figure is called and means, in every language of the interface."""
    found = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found[language] = _returned_words() if subject.regulator else _usual_words()
    return found


def _usual_words() -> dict[str, list[str]]:
    named: list[Figure | Money | Duration] = [
        *definitions.FIGURES.values(),
        *definitions.MONEY.values(),
        *definitions.DURATIONS.values(),
    ]
    return {each.name: [str(each.label), str(each.definition)] for each in named}


def _returned_words() -> dict[str, list[str]]:
    words = {key.value: [str(each.label), str(each.definition)] for key, each in FIGURES.items()}
    return words | {key.value: [str(title)] for key, title in TABLES.items()}


# ---- what is kept ----


def visible(seer: Seer) -> QuerySet[FrozenPeriod]:
    """The frozen periods of the brands whose reports the person may read, the newest period first."""
    rows = FrozenPeriod.objects.filter(brand_id__in=reading.reader(seer).brand_ids)
    return rows.select_related("brand", "frozen_by", "signed_by").order_by("-starts_on", "-ends_on", "-pk")


def to_see(seer: Seer, public_id: UUID) -> FrozenPeriod:
    """One of them; raises NotFound."""
    found = visible(seer).filter(public_id=public_id).first()
    if found is None:
        raise errors.NotFound
    return found


def recorded(frozen: FrozenPeriod) -> Event | None:
    """The line of the brand's journal that says it was frozen."""
    lines = Event.objects.filter(stream=Stream.BRAND, stream_id=frozen.brand_id, kind=EventKind.PERIOD_FROZEN)
    return lines.filter(payload__frozen=frozen.pk).order_by("seq").first()


def is_intact(frozen: FrozenPeriod, line: Event | None) -> bool:
    """Whether the figures are those that were frozen: their sum, the one kept, and the one in the journal agree."""
    found = digest(frozen.figures)
    return found == bytes(frozen.digest) and line is not None and line.payload.get("digest") == found.hex()


def later_lines(frozen: FrozenPeriod, line: Event, now: datetime) -> int:
    """How many lines the journals got since it was frozen that say something of an instant inside the period."""
    subject = Subject.of(frozen)
    where = Where(Question(Population.CASES, subject.span.asked), subject.seer, [frozen.brand_id], now)
    with connections[alias()].cursor() as cursor:
        cursor.execute(f"{_LATER}{where.visible}))", where.parameters | {"after": line.pk})
        return int(cursor.fetchone()[0])


# ---- then and now ----


@dataclass(frozen=True, slots=True)
class Compared:
    """One figure as it was frozen and as it is now; ``what`` tells counts, amounts and minutes apart."""

    table: str
    line: str
    name: str
    what: str
    then: int | Decimal | None
    now: int | Decimal | None
    currency: str = ""

    @property
    def is_corrected(self) -> bool:
        """Whether it has changed since."""
        return self.then != self.now

    @property
    def difference(self) -> int | Decimal | None:
        """By how much, where both are known."""
        return None if self.then is None or self.now is None else self.now - self.then


Key = tuple[str, str, str, str, str]
Flat = dict[Key, int | Decimal | None]


def as_known_now(frozen: FrozenPeriod, now: datetime) -> dict[str, Any]:
    """The same figures again; of the brand's own those that depend on the present by the clock of then, because time
    alone corrects nothing. A return is made as it would be today. Raises ReturnTooLong.
    """
    return figures(Subject.of(frozen), now if frozen.regulator else frozen.frozen_at)


def compared(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[Compared]:
    """Every figure of then and of now side by side, in the order of then; a new line at the end of its own."""
    before, after = dict(_flat(then)), dict(_flat(now))
    words = _line_words(then) | _line_words(now)
    return [
        Compared(key[0], words.get(key[:2], key[1]), key[2], key[3], _at(before, key), _at(after, key), key[4])
        for key in dict.fromkeys([*before, *after])
    ]


def _at(flat: Flat, key: Key) -> int | Decimal | None:
    # A line, or a currency, that is not there counts nothing; a span that nobody knows stays unknown.
    missing: int | Decimal | None = None if key[3] == "minutes" else Decimal(0) if key[3] == "money" else 0
    return flat.get(key, missing)


def _flat(figures: Mapping[str, Any]) -> Iterator[tuple[Key, int | Decimal | None]]:
    if "return" in figures:
        yield from _flat_return(figures["return"])
        return
    for name in BALANCE:
        yield ("balance", "", name, "count", ""), figures["balance"][name]
    for name in _in_order(figures["counts"], list(definitions.FIGURES)):
        figure = definitions.FIGURES.get(name)
        what = "seconds" if figure is not None and figure.is_sum else "count"
        yield (figure.population.value if figure else "", "", name, what, ""), figures["counts"][name]
    for currency, sums in figures["money"].items():
        for name in _in_order(sums, list(definitions.MONEY)):
            yield ("money", "", name, "money", currency), Decimal(sums[name])
    for name in _in_order(figures["spans"], list(definitions.DURATIONS)):
        for share in SHARES:
            yield ("spans", share, name, "minutes", ""), figures["spans"][name][share]


def _in_order(names: Mapping[str, Any], order: Sequence[str]) -> list[str]:
    # The database keeps JSON by its own order.
    return sorted(names, key=lambda name: order.index(name) if name in order else len(order))


def _flat_return(made: Mapping[str, Any]) -> Iterator[tuple[Key, int | Decimal | None]]:
    tables = _in_order(made["sections"], [each.value for each in TABLES])
    order = [each.value for each in FIGURES]
    for table in tables:
        for row in made["sections"][table]:
            line = json.dumps(row["keys"])
            for name in _in_order(row["figures"], order):
                yield (table, line, name, "count", ""), row["figures"][name]
            for name, sums in row["money"].items():
                for currency, amount in sorted(sums.items()):
                    yield (table, line, name, "money", currency), Decimal(amount)


def _line_words(figures: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for table, rows in figures.get("return", {}).get("sections", {}).items():
        for row in rows:
            found[table, json.dumps(row["keys"])] = " · ".join(filter(None, row["labels"]))
    return found
