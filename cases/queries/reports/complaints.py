"""The complaints of one brand that a return for a period is made from, as its rules see them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connections

from cases import errors
from cases.models import Brand, Seer
from cases.queries.authority import text_of
from cases.queries.calendar import read_json
from cases.queries.reports.conditions import Where
from cases.queries.reports.database import alias, snapshot
from cases.queries.reports.question import Question
from cases.rules import returns_lines
from cases.rules.return_periods import Span
from cases.rules.returns import Complaint, Paid, Source
from cases.rules.returns_cfpb import CONSENT
from cases.rules.returns_lines import Final, Line, Times
from cases.vocabulary import AnswerPart, ChannelKind, EventKind, Goal, Outcome, Population, Satisfaction, Status, Told
from cases.vocabulary.returns import Response, ReturnName

# Of more, which take a page longer than two seconds, a return is made in the background.
MOST = 10_000
BATCH = 2000
# An action of a kind with this code, done, says that the whole complaint was passed on to the firm it is about.
FORWARDED = "forwarded"
# What is done for a complainant without money or goods, and is yet no relief.
NO_RELIEF = frozenset({"apology", "call_back", "explanation", "investigation", FORWARDED})

_FINALLY = (Goal.FINAL_ANSWER, Goal.DECISION, Goal.HANDLED)
_IN_WRITING = frozenset({Told.PAGE, Told.MAIL})

# Whatever touches the period: received in it, open at either end, ended in it or later, or paid something in it.
_WANTED = """
f.brand_id = %(brand)s AND f.received_at < %(end)s AND (f.received_at >= %(start)s OR f.is_running
  OR coalesce(f.handled_at, f.ended_at) >= %(start)s OR f.case_id IN (SELECT a.case_id FROM cases_action a
    WHERE a.status = 'done' AND a.proof_amount IS NOT NULL AND a.done_at >= %(start)s AND a.done_at < %(end)s))
"""
_CASES = """
SELECT f.case_id, c.reference, f.status, f.received_at, f.posted_at, f.ended_at, coalesce(g.code, ''), g.label::json,
  coalesce(u.code, ''), u.label::json, h.kind, o.case_id IS NOT NULL, o.product, o.sub_product, o.issue, o.sub_issue,
  o.response, o.public_response, o.is_timely, o.disputed, o.state, o.zip, o.tags, o.consent, o.via, o.sent_on,
  p.external_id, CASE WHEN o.consent = %(consent)s THEN p.text END
FROM cases_casefigures f JOIN cases_case c ON c.id = f.case_id JOIN cases_channel h ON h.id = f.channel_id
LEFT JOIN cases_category k ON k.id = f.category_id
LEFT JOIN cases_category g ON g.id = coalesce(k.merged_into_id, k.id)
LEFT JOIN cases_cause u ON u.id = f.cause_id
LEFT JOIN cases_original o ON o.case_id = f.case_id
LEFT JOIN LATERAL (SELECT x.external_id, x.text FROM cases_casepost l JOIN cases_post x ON x.id = l.post_id
  WHERE l.case_id = f.case_id AND o.case_id IS NOT NULL ORDER BY l.id LIMIT 1) p ON true
WHERE f.case_id = ANY (%(ids)s) ORDER BY f.received_at, c.reference
"""
# What a final answer consists of is no answer before it.
_LINES = """
SELECT e.stream_id, e.kind, e.occurred_at, e.payload ->> 'answer', e.payload ->> 'told', CASE e.kind
  WHEN 'message_sent' THEN EXISTS (SELECT 1 FROM cases_answer a WHERE a.message_id = (e.payload ->> 'message')::bigint)
  WHEN 'reply_posted' THEN EXISTS (SELECT 1 FROM cases_answer a WHERE a.reply_id = (e.payload ->> 'reply')::bigint)
  ELSE false END
FROM cases_event e WHERE e.stream = 'case' AND e.stream_id = ANY (%(ids)s) AND e.kind = ANY (%(kinds)s)
  AND (e.kind <> 'confirmation_given' OR e.payload ? 'confirmation')
ORDER BY e.stream_id, e.seq
"""
# An answer in public is sent when it stands there.
_FINALS = """
SELECT a.case_id, coalesce(r.posted_at, a.at), %(recourse)s = ANY (a.parts)
FROM cases_answer a LEFT JOIN cases_publicreply r ON r.id = a.reply_id
WHERE a.case_id = ANY (%(ids)s) AND (a.message_id IS NOT NULL OR r.posted_at IS NOT NULL) ORDER BY 1, 2, a.id
"""
_DECISIONS = """
SELECT DISTINCT ON (d.case_id) d.case_id, d.outcome, d.at FROM cases_decision d
WHERE d.case_id = ANY (%(ids)s) AND d.at < %(end)s ORDER BY d.case_id, d.at DESC, d.id DESC
"""
_DONE = """
SELECT a.case_id, a.proof_amount, a.currency, a.done_at, k.code, k.has_amount
FROM cases_action a JOIN cases_kind k ON k.id = a.kind_id
WHERE a.case_id = ANY (%(ids)s) AND a.status = 'done' ORDER BY a.case_id, a.done_at, a.id
"""
_TOLD_OF_DELAY = """
SELECT d.case_id, min(m.sent_at) FROM cases_extension x JOIN cases_deadline d ON d.id = x.deadline_id
  JOIN cases_message m ON m.id = x.message_id
WHERE d.case_id = ANY (%(ids)s) AND d.goal = ANY (%(finally)s) GROUP BY d.case_id
"""


class ReturnTooLong(errors.Refused):
    """More than %(most)s cases of the brand touch this period, so its return is made in the background. Open the
    return, have it made, and come back to this when it is there.
    """

    code = "return_too_long"
    status = 409


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which return of which brand for which period, for whom; guarded cases count for whoever may open them."""

    name: ReturnName
    brand: Brand
    span: Span
    seer: Seer
    now: datetime


def references(wanted: Wanted) -> list[int]:
    """The cases that the return needs, by their keys; raises ReturnTooLong where they are too many for a page."""
    sql, parameters = _wanted(wanted)
    with connections[alias()].cursor() as cursor:
        cursor.execute(f"{sql} LIMIT {MOST + 1}", parameters)
        found = [key for (key,) in cursor.fetchall()]
    if len(found) > MOST:
        raise ReturnTooLong(most=MOST)
    return found


def _wanted(wanted: Wanted) -> tuple[str, dict[str, Any]]:
    where = Where(Question(Population.CASES, wanted.span.asked), wanted.seer, [wanted.brand.pk], wanted.now)
    sql = (
        f"SELECT f.case_id FROM cases_casefigures f WHERE {_WANTED}"  # noqa: S608
        f" AND (NOT f.is_guarded OR ({where.visible})) ORDER BY f.received_at, f.case_id"
    )
    return sql, where.parameters | {"brand": wanted.brand.pk}


def complaints(wanted: Wanted) -> Iterator[Complaint]:
    """Every complaint that the return needs, the oldest first, a batch at a time; raises ReturnTooLong."""
    keys = references(wanted)
    for low in range(0, len(keys), BATCH):
        yield from _Batch(wanted, keys[low : low + BATCH], connections[alias()]).complaints()


@dataclass(frozen=True, slots=True)
class Streamed:
    """Every complaint that a return needs, however many: how many there are, and they, a batch at a time."""

    total: int
    batches: Iterator[list[Complaint]]


@contextmanager
def streamed(wanted: Wanted) -> Iterator[Streamed]:
    """The same complaints however many they are, in constant memory, all of them as they stood at one instant."""
    sql, parameters = _wanted(wanted)
    with snapshot() as beside:
        with beside.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM ({sql}) wanted", parameters)  # noqa: S608
            total = int(cursor.fetchone()[0])
        with beside.chunked_cursor() as cursor:
            cursor.execute(sql, parameters)
            yield Streamed(total, _batches(wanted, cursor, beside))


def _batches(wanted: Wanted, cursor: Any, beside: Any) -> Iterator[list[Complaint]]:
    while rows := cursor.fetchmany(BATCH):
        yield [*_Batch(wanted, [key for (key,) in rows], beside).complaints()]


class _Row(NamedTuple):
    """A case and what the file of its source said of it, as they are read."""

    key: int
    reference: str
    status: str
    received_at: datetime
    posted_at: datetime
    ended_at: datetime | None
    category: str
    category_label: Any
    cause: str
    cause_label: Any
    channel: str
    has_source: bool
    product: str
    sub_product: str
    issue: str
    sub_issue: str
    response: str | None
    public_response: str
    is_timely: bool | None
    disputed: bool | None
    state: str
    zip_code: str
    tags: str
    consent: str
    submitted_via: str
    sent_on: date | None
    complaint_id: str | None
    narrative: str | None

    def source(self, company: str) -> Source:
        """What the file said."""
        if not self.has_source:
            return Source()
        same = ("product", "sub_product", "issue", "sub_issue", "public_response", "state", "zip_code", "tags",
                "consent", "submitted_via")  # fmt: skip
        return Source(
            company=company,
            complaint_id=self.complaint_id or "",
            response=self.response or "",
            narrative=self.narrative or "",
            disputed={True: "Yes", False: "No"}.get(self.disputed, "") if self.disputed is not None else "",
            **{name: getattr(self, name) for name in same},
        )


class _Batch:
    """Some cases with everything that is known of them, in one query for each sort of it."""

    def __init__(self, wanted: Wanted, keys: Sequence[int], database: Any) -> None:
        self.wanted, self.database = wanted, database
        self.parameters: dict[str, Any] = {
            "ids": list(keys),
            "end": wanted.span.asked.end,
            "kinds": [each.value for each in returns_lines.READ],
            "finally": [each.value for each in _FINALLY],
            "recourse": AnswerPart.RECOURSE.value,
            "consent": CONSENT,
        }
        self.lines = self._grouped(_LINES)
        self.finals = self._grouped(_FINALS)
        self.decisions = self._grouped(_DECISIONS)
        self.done = self._grouped(_DONE)
        self.told = self._grouped(_TOLD_OF_DELAY)

    def complaints(self) -> Iterator[Complaint]:
        """Each of them."""
        for row in self._rows(_CASES):
            yield self._complaint(_Row(*row))

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.database.cursor() as cursor:
            cursor.execute(sql, self.parameters)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows

    def _grouped(self, sql: str) -> dict[int, list[tuple[Any, ...]]]:
        found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        for key, *rest in self._rows(sql):
            found[key].append(tuple(rest))
        return found

    def _complaint(self, row: _Row) -> Complaint:
        outcome, decided_at = next(iter(self.decisions[row.key]), (None, None))
        finals = self._finals(row, decided_at)
        times = self._times(row.key, finals)
        done = self.done[row.key]
        paid = tuple(Paid(amount, currency, at) for amount, currency, at, _, _ in done if amount is not None)
        gone = Status(row.status) if row.status in {Status.MERGED, Status.DISMISSED} else None
        return Complaint(
            reference=row.reference,
            received_at=row.received_at,
            posted_at=row.posted_at,
            sent_on=row.sent_on,
            category=row.category,
            category_label=self._words(row.category_label),
            cause=row.cause,
            cause_label=self._words(row.cause_label),
            channel=ChannelKind(row.channel),
            acknowledged_at=times.acknowledged_at,
            first_answer_at=times.first_answer_at,
            replied_at=times.replied_at,
            told_of_delay_at=self.told[row.key][0][0] if self.told[row.key] else None,
            outcome=Outcome(outcome) if outcome else None,
            decided_at=decided_at,
            final_answer_at=finals[0].at if finals else None,
            accepted_at=times.accepted_at,
            ended_at=row.ended_at if gone else times.ended_at,
            ended_as=gone or times.ended_as,
            reopened=tuple(times.reopened),
            forwarded_in_full=any(code == FORWARDED for *_, code, _ in done),
            goodwill_without_enough_information=outcome is None and bool(paid),
            mediator_named=bool(finals) and finals[0].names_recourse,
            paid=paid,
            other_relief=any(not is_money and code not in NO_RELIEF for *_, code, is_money in done),
            is_timely=row.is_timely,
            source=row.source(self.wanted.brand.name),
        )

    def _words(self, label: Any) -> str:
        return text_of(read_json(label), default=self.wanted.brand.language) if label else ""

    def _finals(self, row: _Row, decided_at: datetime | None) -> list[Final]:
        """The final answers; in the CFPB's return what its own file says is closed was answered when it was decided."""
        found = [Final(*each) for each in self.finals[row.key]]
        is_closed_there = self.wanted.name == ReturnName.CFPB and (row.response or "").startswith(Response.CLOSED)
        return [Final(decided_at)] if is_closed_there and decided_at and not found else found

    def _times(self, key: int, finals: Sequence[Final]) -> Times:
        lines = [
            Line(EventKind(kind), at, is_final, answer == Satisfaction.SETTLED and told in _IN_WRITING)
            for kind, at, answer, told, is_final in self.lines[key]
        ]
        return returns_lines.times(lines, finals, any_words=self.wanted.name == ReturnName.CFPB)
