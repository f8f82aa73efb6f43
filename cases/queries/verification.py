"""Whether the journal is whole: every event recomputed and linked to the one before, every row named by its event."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from cases.models import Brand, Case, Event, Post
from cases.queries.verification_named import NAMED, Named
from cases.vocabulary import Stream

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
        for named in NAMED:
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


def _unnamed_sql(named: Named, *, is_one_case: bool) -> str | None:
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
