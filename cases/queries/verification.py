"""Whether the journal is whole: every event recomputed and linked to the one before, every row named by its event."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from cases.models import Brand, Case, Event, Post
from cases.vocabulary import EventKind, Stream

PAGE = 2000
# Of rows that no event names, so many of a sort are told one by one; the rest is said to exist.
TOLD = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong in one stream."""

    stream: str
    stream_id: int
    seq: int | None
    what: str


@dataclass(frozen=True, slots=True)
class Step:
    """How far the walk has come: the events read in this step, and what was wrong among them."""

    read: int
    findings: list[Finding]


@dataclass(frozen=True, slots=True)
class _Link:
    stream: str
    stream_id: int
    seq: int
    is_intact: bool
    previous: bytes
    hash: bytes


# One statement a page, by key: nothing is kept on the server between two pages, and no more than a page here.
_PAGE_SQL = """
SELECT stream, stream_id, seq,
       hash = casedesk_event_hash(previous, stream, stream_id, seq, kind, version, actor_kind, actor_id, person_id,
                                  payload, occurred_at, recorded_at),
       previous, hash
  FROM cases_event
 WHERE (stream, stream_id, seq) > (%(stream)s, %(stream_id)s, %(seq)s) {only}
 ORDER BY stream, stream_id, seq LIMIT %(page)s
"""


def size(case: Case | None) -> int:
    """How many events a walk will read."""
    events = Event.objects.all()
    return (events.filter(stream=Stream.CASE, stream_id=case.pk) if case else events).count()


def walk(case: Case | None) -> Iterator[Step]:
    """Every stream, or one case's, page by page in constant memory."""
    only = "AND stream = %(only)s AND stream_id = %(only_id)s" if case else ""
    key: dict[str, str | int] = {"stream": "", "stream_id": 0, "seq": 0, "page": PAGE}
    if case:
        key |= {"only": Stream.CASE.value, "only_id": case.pk}
    chain = _Chain()
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_PAGE_SQL.format(only=only), key)
            rows = cursor.fetchall()
        if not rows:
            return
        links = [_Link(*row) for row in rows]
        yield Step(len(links), [finding for link in links for finding in chain.judge(link)])
        key |= {"stream": links[-1].stream, "stream_id": links[-1].stream_id, "seq": links[-1].seq}


class _Chain:
    """Holds one link against the two before it."""

    def __init__(self) -> None:
        self._last: _Link | None = None
        self._before: bytes | None = None

    def judge(self, link: _Link) -> Iterator[Finding]:
        """What is wrong with this link."""
        last = self._last
        if last is None or (last.stream, last.stream_id) != (link.stream, link.stream_id):
            last, self._before = None, None
        for what in self._wrongs(link, last):
            yield Finding(link.stream, link.stream_id, link.seq, what)
        self._before = last.hash if last else b""
        self._last = link

    def _wrongs(self, link: _Link, last: _Link | None) -> Iterator[str]:
        seq, expected = (last.seq if last else 0), (last.hash if last else b"")
        if not link.is_intact:
            yield "changed: what it says does not match its hash"
        if link.seq != seq + 1:
            missing = f"event {seq + 1} is" if link.seq == seq + 2 else f"events {seq + 1} to {link.seq - 1} are"
            yield f"gap: {missing} missing before it"
        elif link.previous != expected:
            if last is not None and link.previous == self._before:
                yield f"insertion: event {last.seq} was put in before it; it follows the one before that"
            else:
                yield "wrong link: it does not follow the event before it, one of the two was replaced"


@dataclass(frozen=True, slots=True)
class _Named:
    """Rows that an event must name: its stream, its kinds and the key of its payload (none: once a stream)."""

    what: str
    table: str
    stream: str
    stream_id: str
    kinds: Sequence[EventKind]
    key: str = ""
    where: str = "TRUE"
    row_id: str = "x.id"


_OF_CASE = {"stream": "'case'", "stream_id": "x.case_id"}
_K = EventKind
_NAMED = (
    _Named("the case", "cases_case", "'case'", "x.id", [_K.CASE_OPENED]),
    _Named("the post", "cases_post", "'post'", "x.id", [_K.POST_RECEIVED]),
    _Named("observation", "cases_observation", "'post'", "x.post_id", [_K.POST_OBSERVED], "observation"),
    _Named(
        "post", "cases_casepost", **_OF_CASE, kinds=[_K.CASE_OPENED, _K.POST_JOINED], key="post", row_id="x.post_id"
    ),
    _Named("message", "cases_message", **_OF_CASE, kinds=[_K.MESSAGE_SENT, _K.MESSAGE_RECEIVED], key="message"),
    _Named("note", "cases_note", **_OF_CASE, kinds=[_K.NOTE_WRITTEN], key="note"),
    _Named("invitation", "cases_invitation", **_OF_CASE, kinds=[_K.INVITATION_SENT], key="invitation"),
    _Named(
        "public reply",
        "cases_publicreply",
        "CASE WHEN x.case_id IS NULL THEN 'post' ELSE 'case' END",
        "coalesce(x.case_id, x.post_id)",
        [_K.REPLY_WRITTEN, _K.REPLY_POSTED],
        "reply",
    ),
    _Named("decision", "cases_decision", **_OF_CASE, kinds=[_K.DECISION_RECORDED], key="decision"),
    _Named(
        "a decision on so many points:",
        "cases_decision",
        **_OF_CASE,
        kinds=[_K.DECISION_RECORDED],
        key="points",
        where="EXISTS (SELECT 1 FROM cases_point p WHERE p.decision_id = x.id)",
        row_id="(SELECT count(*) FROM cases_point p WHERE p.decision_id = x.id)",
    ),
    _Named(
        "cause",
        "cases_case",
        "'case'",
        "x.id",
        [_K.CAUSE_NAMED],
        "cause",
        where="x.cause_id IS NOT NULL",
        row_id="x.cause_id",
    ),
    _Named(
        "action",
        "cases_action",
        **_OF_CASE,
        kinds=[_K.ACTION_ADDED],
        key="action",
        # What a playbook brings is part of the opening.
        where="x.created_by_id IS NOT NULL",
    ),
    _Named(
        "the proof of action",
        "cases_action",
        **_OF_CASE,
        kinds=[_K.ACTION_COMPLETED],
        key="action",
        where="x.status = 'done'",
    ),
    _Named(
        "the waiver of action",
        "cases_action",
        **_OF_CASE,
        kinds=[_K.ACTION_WAIVED],
        key="action",
        where="x.status = 'waived'",
    ),
    _Named("request for approval", "cases_approval", **_OF_CASE, kinds=[_K.APPROVAL_REQUESTED], key="approval"),
    _Named(
        "the answer to request",
        "cases_approval",
        **_OF_CASE,
        kinds=[_K.APPROVAL_GRANTED, _K.APPROVAL_REFUSED, _K.APPROVAL_RETURNED],
        key="approval",
        where="x.status IN ('granted', 'refused', 'returned')",
    ),
    _Named("final answer", "cases_answer", **_OF_CASE, kinds=[_K.ANSWER_SENT, _K.UNREACHABLE_RECORDED], key="answer"),
    _Named("confirmation", "cases_confirmation", **_OF_CASE, kinds=[_K.CONFIRMATION_GIVEN], key="confirmation"),
    _Named(
        "the consent to a public closing of confirmation",
        "cases_confirmation",
        **_OF_CASE,
        kinds=[_K.CLOSING_AGREED],
        key="confirmation",
        where="x.may_say_publicly",
    ),
    _Named("promise", "cases_promise", **_OF_CASE, kinds=[_K.PROMISE_MADE, _K.PROMISE_MOVED], key="promise"),
    _Named(
        "the keeping of promise",
        "cases_promise",
        **_OF_CASE,
        kinds=[_K.PROMISE_KEPT],
        key="promise",
        where="x.kept_at IS NOT NULL",
    ),
    _Named(
        "the dropping of promise",
        "cases_promise",
        **_OF_CASE,
        kinds=[_K.PROMISE_DROPPED],
        key="promise",
        where="x.dropped_at IS NOT NULL",
    ),
    _Named(
        "the missing of deadline",
        "cases_deadline",
        **_OF_CASE,
        kinds=[_K.DEADLINE_MISSED],
        key="deadline",
        where="x.missed_at IS NOT NULL",
    ),
    _Named(
        "extension",
        "cases_extension",
        "'case'",
        "(SELECT d.case_id FROM cases_deadline d WHERE d.id = x.deadline_id)",
        [_K.DEADLINE_EXTENDED],
        "extension",
    ),
    _Named("escalation", "cases_escalation", **_OF_CASE, kinds=[_K.RULE_MATCHED, _K.RULE_STOPPED], key="escalation"),
    _Named(
        "the taking of a step of escalation",
        "cases_escalationstep",
        "'case'",
        "(SELECT o.case_id FROM cases_escalation o WHERE o.id = x.escalation_id)",
        [_K.RULE_STEPPED, _K.RULE_STOPPED],
        "escalation",
        where="x.status <> 'pending'",
        row_id="x.escalation_id",
    ),
    _Named("tag", "cases_casetag", **_OF_CASE, kinds=[_K.CASE_TAGGED], key="tag", row_id="x.tag_id"),
    _Named(
        "what the complainant said of promise",
        "cases_promise",
        **_OF_CASE,
        kinds=[_K.CONFIRMATION_GIVEN],
        key="promise",
        where="x.said <> ''",
    ),
    _Named(
        "the sending of delivery",
        "cases_delivery",
        "CASE WHEN x.case_id IS NULL THEN 'setup' ELSE 'case' END",
        "coalesce(x.case_id, 0)",
        [_K.DELIVERY_SENT, _K.DELIVERY_SETTLED],
        "delivery",
        where="x.status = 'sent'",
    ),
    _Named("connected system", "cases_target", "'brand'", "x.brand_id", [_K.TARGET_CHANGED], "target"),
    _Named(
        "order",
        "cases_delivery",
        **_OF_CASE,
        kinds=[_K.ACTION_SENT, _K.DELIVERY_QUEUED],
        key="delivery",
        where="x.ask = 'do'",
    ),
    _Named(
        "callback",
        "cases_callback",
        "'case'",
        "(SELECT a.case_id FROM cases_action a WHERE a.id = x.action_id)",
        [_K.CALLBACK_RECEIVED],
        "callback",
        where="x.action_id IS NOT NULL",
    ),
    _Named(
        "the failure of arrival", "cases_raw", "'brand'", "x.brand_id", [_K.RAW_FAILED], "raw", "x.status = 'failed'"
    ),
)

_OF_BRAND = {"stream": "'brand'", "stream_id": "x.brand_id"}
_AUTHORITY = (
    # What a migration gave stands in no journal.
    _Named("grant", "cases_grant", **_OF_BRAND, kinds=[_K.GRANT_GIVEN], key="grant", where="x.given_by_id IS NOT NULL"),
    _Named(
        "the end of grant",
        "cases_grant",
        **_OF_BRAND,
        kinds=[_K.GRANT_ENDED],
        key="grant",
        where="x.ended_at IS NOT NULL",
    ),
    # What a migration set up stands in no journal either.
    _Named(
        "the change of calendar",
        "cases_calendar",
        **_OF_BRAND,
        kinds=[_K.CALENDAR_CHANGED],
        key="calendar",
        where="x.revision > 1",
    ),
    _Named(
        "policy", "cases_policy", **_OF_BRAND, kinds=[_K.POLICY_CHANGED], key="policy", where="x.made_by_id IS NOT NULL"
    ),
    _Named(
        "the differences of check",
        "cases_deadlinecheck",
        "'setup'",
        "0",
        [_K.DEADLINES_DIFFERED],
        "check",
        where="x.differed > 0",
    ),
    _Named("absence", "cases_absence", **_OF_BRAND, kinds=[_K.ABSENCE_NOTED], key="absence"),
    _Named("rate", "cases_rate", **_OF_BRAND, kinds=[_K.RATE_SET], key="rate"),
)

_HANDLED_SQL = """
SELECT x.id FROM cases_case x WHERE x.status = 'handled' {only} AND coalesce((
       SELECT e.kind FROM cases_event e WHERE e.stream = 'case' AND e.stream_id = x.id
          AND e.kind IN ('case_handled', 'case_reopened') ORDER BY e.seq DESC LIMIT 1), '') <> 'case_handled'
 LIMIT %(told)s
"""
_ORPHANS_SQL = """
SELECT e.stream_id FROM cases_event e
 WHERE e.stream = %(stream)s AND e.seq = 1 AND NOT EXISTS (SELECT 1 FROM {table} x WHERE x.id = e.stream_id)
 LIMIT %(told)s
"""


def unnamed(case: Case | None) -> Iterator[Finding]:
    """Rows that no event names, and streams of what does not exist: a journal cut short, or rows put in past it."""
    with transaction.atomic(), connection.cursor() as cursor:
        if case is None:
            # All rows against all events: one pass over each, whatever the planner hopes of the first few.
            cursor.execute("SET LOCAL enable_nestloop = off")
        for named in (*_NAMED, *_AUTHORITY):
            sql = _unnamed_sql(named, is_one_case=case is not None)
            if sql is None:
                continue
            kinds = [kind.value for kind in named.kinds]
            cursor.execute(sql, {"kinds": kinds, "case": case.pk if case else None, "told": TOLD, "key": named.key})
            for stream, stream_id, row_id in cursor.fetchall():
                which = f"{named.what} {row_id}" if named.key else named.what
                yield Finding(stream, stream_id, None, f"cut short or bypassed: no event names {which}")
        cursor.execute(
            _HANDLED_SQL.format(only="AND x.id = %(case)s" if case else ""),
            {"case": case.pk if case else None, "told": TOLD},
        )
        for (case_id,) in cursor.fetchall():
            yield Finding(
                Stream.CASE, case_id, None, "cut short or bypassed: the case is handled, and no event says so"
            )
        for stream, table in () if case else ((Stream.CASE, "cases_case"), (Stream.POST, "cases_post")):
            cursor.execute(_ORPHANS_SQL.format(table=table), {"stream": stream.value, "told": TOLD})
            for (stream_id,) in cursor.fetchall():
                yield Finding(stream, stream_id, 1, f"invented: there is no such {stream.value}")


def _unnamed_sql(named: _Named, *, is_one_case: bool) -> str | None:
    """The rows of one sort without their event; table and column names are this module's own words."""
    only = ""
    if is_one_case:
        if "'case'" not in named.stream:
            return None
        only = f"AND {named.stream} = 'case' AND {named.stream_id} = %(case)s"
    names_it = f"AND e.payload ->> %(key)s = {named.row_id}::text" if named.key else ""
    return (
        f"SELECT {named.stream}, {named.stream_id}, {named.row_id} FROM {named.table} x"  # noqa: S608 - our own words
        f" WHERE {named.where} {only} AND NOT EXISTS (SELECT 1 FROM cases_event e WHERE e.stream = {named.stream}"
        f" AND e.stream_id = {named.stream_id} AND e.kind = ANY(%(kinds)s) {names_it}) LIMIT %(told)s"
    )


def names(findings: Sequence[Finding]) -> dict[tuple[str, int], str]:
    """How people call the streams of these findings: a case by its reference."""
    ids: dict[str, set[int]] = defaultdict(set)
    for finding in findings:
        ids[finding.stream].add(finding.stream_id)
    known: dict[tuple[str, int], str] = {
        (Stream.CASE.value, pk): reference
        for pk, reference in Case.objects.filter(pk__in=ids[Stream.CASE]).values_list("pk", "reference")
    }
    for pk, public_id in Post.objects.filter(pk__in=ids[Stream.POST]).values_list("pk", "public_id"):
        known[Stream.POST.value, pk] = f"post {public_id}"
    for pk, slug in Brand.objects.filter(pk__in=ids[Stream.BRAND]).values_list("pk", "slug"):
        known[Stream.BRAND.value, pk] = f"brand {slug}"
    for stream, wanted in ids.items():
        for stream_id in wanted:
            fallback = "set-up" if stream == Stream.SETUP else f"{stream} {stream_id}"
            known.setdefault((stream, stream_id), fallback)
    return known
