"""Finding words in posts, messages, notes and names: permission inside the SQL, planned by what it would find."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

from cases import errors
from cases.models import Case, Message, Note, Post, Seer
from cases.queries import keyset
from cases.rules import finding
from cases.vocabulary import Source

ENTRIES = 40
# Up to so many hits are fetched through the words' own index and sorted; more are met soon by walking back in time,
# over so many entries at most: words that were frequent once, but not lately, are fetched through their index too.
RARE = 8_000
WINDOW = 20_000
PATIENCE_MS = 300
EXCERPTS = 3

_REFERENCE = re.compile(r"\s*([A-Za-z]{2,4})\s?-?\s?(\d{1,9})\s*")
# The stem of each word as it is written, and the stem of its folded form, in both languages: as the entries were made.
_STEMS = (
    "websearch_to_tsquery('french', %(words)s)",
    "websearch_to_tsquery('french', casedesk_fold(%(words)s))",
    "websearch_to_tsquery('english', casedesk_fold(%(words)s))",
    "websearch_to_tsquery('simple', casedesk_fold(%(words)s))",
)
_QUERY = f"({' || '.join(_STEMS)})"
_COLUMNS = "e.id, e.source, e.source_id, e.case_id, e.post_id, e.at"
_RARE = """
WITH hits AS MATERIALIZED (
  SELECT * FROM cases_searchentry WHERE document @@ {query} AND brand_id = ANY(%(brands)s)
)
SELECT {columns} FROM hits e WHERE {beyond} AND {visible} ORDER BY e.at DESC, e.id DESC LIMIT %(limit)s
"""
# The brands' entries are merged by time before the words are asked for, so that a brand in which nobody uses them is
# not read to its end.
_FREQUENT = """
SELECT {columns} FROM (SELECT id, at FROM ({walks}) walks ORDER BY at DESC, id DESC LIMIT %(window)s) walked
  JOIN cases_searchentry e ON e.id = walked.id
 WHERE e.document @@ {query} AND {visible} ORDER BY walked.at DESC, walked.id DESC LIMIT %(limit)s
"""
_VISIBLE = "(e.case_id IS NULL OR (SELECT TRUE FROM ({cases}) seen (id) WHERE seen.id = e.case_id))"
_WALK = """(SELECT e.id, e.at FROM cases_searchentry e WHERE e.brand_id = {brand:d} AND {beyond}
 ORDER BY e.at DESC, e.id DESC LIMIT %(window)s)"""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A place where the words were found: in what, when, and the words around them."""

    source: Source
    at: datetime
    is_public: bool
    pieces: list[tuple[bool, str]]


@dataclass(slots=True)
class Hit:
    """A case, or a post without one, in which the words were found."""

    case: Any = None
    post: Any = None
    at: datetime | None = None
    excerpts: list[Excerpt] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Found:
    """One page of hits, newest first, and the key after which the next one begins."""

    hits: list[Hit]
    after: str = ""


Entry = tuple[int, str, int, int | None, int | None, datetime]


def by_reference(seer: Seer, words: str) -> str:
    """The reference that the words are, if there is such a case to open."""
    match = _REFERENCE.fullmatch(words)
    if match is None:
        return ""
    reference = f"{match[1].upper()}-{int(match[2])}"
    return reference if Case.objects.visible_to(seer).filter(reference=reference).exists() else ""


def find(seer: Seer, words: str, brand_id: int | None = None, after: str = "") -> Found:
    """Everything with these words that the person may open; raises TooSlow past 300 ms."""
    brands = [b for b in seer.brand_ids if brand_id in {None, b}]
    if not brands or not finding.words_of(words):
        return Found([])
    try:
        # The limit holds for this transaction only, so PgBouncer may stand between.
        with transaction.atomic():
            entries = _entries(seer, words.replace("\x00", " ")[:400], brands, after)
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise errors.TooSlow from error
        raise
    shown = entries[:ENTRIES]
    more = keyset.key(shown[-1][5], shown[-1][0]) if len(entries) > ENTRIES else ""
    return Found(_hits(shown, finding.words_of(words)), more)


def _entries(seer: Seer, words: str, brands: Sequence[int], after: str) -> list[Entry]:
    visible, visible_values = Case.objects.visible_to(seer).order_by().values("pk").query.sql_with_params()
    named = {f"v{place}": value for place, value in enumerate(visible_values)}
    values: dict[str, Any] = {
        "words": words,
        "brands": list(brands),
        "limit": ENTRIES + 1,
        "window": WINDOW,
        **named,
    }
    beyond = "TRUE"
    if after:
        values["at"], values["last"] = keyset.opened(after, keyset.instant, int)
        beyond = "(e.at, e.id) < (%(at)s, %(last)s)"
    closed = visible % tuple(f"%({name})s" for name in named)
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {PATIENCE_MS}")
        parts = {
            "query": _QUERY,
            "columns": _COLUMNS,
            "beyond": beyond,
            "walks": " UNION ALL ".join(_WALK.format(brand=brand, beyond=beyond) for brand in brands),
            # The one visibility rule, as the models say it; a scalar, else every case is hashed to ask for a few.
            "visible": _VISIBLE.format(cases=closed),
        }
        found: list[Entry] = []
        if _estimate(cursor, values) >= RARE:
            cursor.execute(_FREQUENT.format(**parts), values)
            found = cursor.fetchall()
        if len(found) <= ENTRIES:
            cursor.execute(_RARE.format(**parts), values)
            found = cursor.fetchall()
        return found


def _estimate(cursor: Any, values: dict[str, Any]) -> float:
    """How many entries the planner expects to hold the words; it would count a stem once for each time it is asked."""
    cursor.execute(f"SELECT DISTINCT unnest(ARRAY[{', '.join(_STEMS)}])::text", values)
    stems = [row[0] for row in cursor.fetchall() if row[0]]
    if not stems:
        return 0.0
    query = " || ".join(["%s::tsquery"] * len(stems))
    cursor.execute(f"EXPLAIN (FORMAT JSON) SELECT FROM cases_searchentry WHERE document @@ ({query})", stems)
    plan = cursor.fetchone()[0]
    return float((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]["Plan Rows"])


def _hits(entries: Sequence[Entry], beginnings: Sequence[str]) -> list[Hit]:
    """The entries by case, with the words around what was found, in at most four queries."""
    cases = _rows(Case.objects.select_related("complainant", "channel"), [e[3] for e in entries])
    posts = _rows(
        Post.objects.select_related("handle", "channel", "triage"), [e[4] for e in entries if e[1] == Source.POST]
    )
    texts = {
        Source.MESSAGE: _rows(Message.objects.all(), [e[2] for e in entries if e[1] == Source.MESSAGE]),
        Source.NOTE: _rows(Note.objects.all(), [e[2] for e in entries if e[1] == Source.NOTE]),
        Source.POST: posts,
    }
    hits: dict[tuple[str, int], Hit] = {}
    for _, source, source_id, case_id, post_id, at in entries:
        key = ("case", case_id) if case_id else ("post", post_id or 0)
        hit = hits.setdefault(key, Hit(cases.get(case_id or 0), posts.get(post_id or 0), at))
        row = texts.get(Source(source), {}).get(source_id)
        if row is not None and len(hit.excerpts) < EXCERPTS:
            is_public = source == Source.POST and row.channel.is_public
            hit.excerpts.append(Excerpt(Source(source), at, is_public, finding.excerpt(row.text or "", beginnings)))
    return [hit for hit in hits.values() if hit.case or hit.post]


def _rows(rows: Any, ids: Sequence[int | None]) -> dict[int, Any]:
    wanted = {pk for pk in ids if pk}
    return {row.pk: row for row in rows.filter(pk__in=wanted)} if wanted else {}
