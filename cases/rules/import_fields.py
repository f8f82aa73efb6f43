"""Makes a post out of a row: which column is which, what several columns say together, and why a row cannot be one."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from cases.rules import text
from cases.rules.import_lines import Format, Shape
from cases.rules.import_times import BadTimeError, DateOrder, date_order, parse_time, zone_of
from cases.vocabulary import Precision

# What a column is taken for when nobody says it; the first that exists wins, for `text` also the next ones, where the
# first is empty. "name" is last for the author: many exports call the public handle so.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "external_id": (
        "external_id",
        "tweet_id",
        "post_id",
        "status_id",
        "id",
        "id_str",
        "complaint_id",
        "unique_key",
        "row",
    ),
    "text": (
        *("text", "full_text", "consumer_complaint_narrative", "narrative", "complaint", "complaint_text", "content"),
        *("message", "body", "review", "review_text", "comment", "description", "texte", "commentaire", "issue"),
        "complaint_type",
    ),
    "author": (
        *("author.handle", "author_handle", "handle", "screen_name", "username", "user_name", "user.screen_name"),
        *("author", "user", "auteur", "name"),
    ),
    "name": ("author.name", "author_name", "display_name", "full_name", "user.name", "nom", "name"),
    "url": ("url", "link", "permalink", "tweet_url", "post_url", "lien"),
    "posted_at": (
        *("posted_at", "tweet_created", "created_at", "published_at", "date_received", "created_date", "timestamp"),
        *("created", "published", "datetime", "date", "time", "posted"),
    ),
    "lang": ("lang", "language", "langue"),
    "category": ("category", "categorie"),
}
FIELDS = tuple(ALIASES)
JOINER = " · "
MAX_EXTERNAL_ID = 255
MAX_SHORT = 200

_ROUNDED = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,4})?")
_WEB = re.compile(r"https?://\S+", re.IGNORECASE)


class WrongHeaderError(ValueError):
    """The columns of the file do not fit what was asked for."""


@dataclass(frozen=True)
class Source:
    """Where a value comes from: columns joined by a dot, or words that are the same for every row."""

    columns: tuple[str, ...] = ()
    literal: str = ""

    def value(self, fields: Mapping[str, str]) -> str:
        """The words for one row."""
        if not self.columns:
            return self.literal
        parts = [part for column in self.columns if not text.is_blank(part := fields.get(column, ""))]
        return parts[0] if len(parts) == 1 else JOINER.join(part.strip() for part in parts)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How every row of one file becomes a post."""

    sources: Mapping[str, tuple[Source, ...]]
    zone: tzinfo
    time_formats: tuple[str, ...] = ()
    order: DateOrder | None = None

    def value(self, name: str, fields: Mapping[str, str]) -> str:
        """The first alternative of a field that says something, or an empty text."""
        return next((found for source in self.sources.get(name, ()) if (found := source.value(fields))), "")


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A post as a row describes it; what is not known is empty, or None for the time."""

    external_id: str
    text: str
    author: str = ""
    name: str = ""
    url: str = ""
    posted_at: datetime | None = None
    precision: Precision = Precision.INSTANT
    lang: str = ""
    category: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rejected:
    """Why a row cannot become a post."""

    reason: str


def prepare(
    shape: Shape,
    maps: Sequence[str] = (),
    *,
    samples: Iterable[Mapping[str, str]] = (),
    time_formats: Sequence[str] = (),
    zone: str = "UTC",
) -> Plan:
    """The plan for a file, from its columns and from `--map` options, each "field=WHERE".

    WHERE is one or more alternatives with commas between them; the first that is not empty in a row counts. An
    alternative is a column, or columns with "|" between them, whose words are joined by " · ", or "=words" for the
    same words in every row. Column names are found whatever their case, accents, spaces and punctuation; one with a
    comma or a bar in it is written in double quotes. Examples: text=Narrative,Product|Issue|Sub-issue · lang==fr ·
    text="What happened, in short". A field mapped to nothing ("author=") is left out.

    `samples` are some rows: they tell whether the day or the month comes first in dates like 11/13/2014.
    """
    names = _Names(shape)
    asked = dict(_split_option(option) for option in maps)
    sources = {name: _sources(asked[name], names) for name in FIELDS if name in asked}
    for name in FIELDS:
        if name not in asked:
            sources[name] = _guessed(name, names, taken=sources)
    if not sources["text"]:
        raise WrongHeaderError(f"No column holds the words of a post. {names.listed()} Name one: --map text=COLUMN.")
    if unknown := [each for each in time_formats if "%" not in each and each not in set(DateOrder)]:
        raise WrongHeaderError(f"“{unknown[0]}” is not a time format; write one like %d/%m/%Y %H:%M, or day-first.")
    plan = Plan(sources=sources, zone=_zone(zone), time_formats=tuple(time_formats))
    order = date_order(plan.value("posted_at", row) for row in samples)
    return Plan(sources=sources, zone=plan.zone, time_formats=plan.time_formats, order=order)


def map_fields(fields: Mapping[str, str], plan: Plan) -> Candidate | Rejected:
    """The post in one row, or the reason it holds none."""
    words = plan.value("text", fields)
    if text.is_blank(words):
        return Rejected("there are no words in it")
    external_id = plan.value("external_id", fields).strip() if plan.sources["external_id"] else content_id(fields)
    if reason := _bad_id(external_id):
        return Rejected(reason)
    posted_at, precision = None, Precision.INSTANT
    if written := plan.value("posted_at", fields):
        try:
            moment = parse_time(written, formats=plan.time_formats, zone=plan.zone, order=plan.order)
        except BadTimeError as error:
            return Rejected(f"the time: {error}")
        posted_at, precision = moment.at, moment.precision
    url = plan.value("url", fields).strip()
    lang = plan.value("lang", fields).strip().lower().replace("_", "-")
    return Candidate(
        external_id=external_id,
        text=words,
        author=plan.value("author", fields).strip().removeprefix("@")[:MAX_SHORT],
        name=plan.value("name", fields).strip()[:MAX_SHORT],
        # Only what a browser may open as a page; the row itself is kept with the post as it came.
        url=url if _WEB.fullmatch(url) else "",
        posted_at=posted_at,
        precision=precision,
        lang=lang if _LANGUAGE.fullmatch(lang) else "",
        category=plan.value("category", fields).strip()[:MAX_SHORT],
        fields=fields,
    )


def content_id(fields: Mapping[str, str]) -> str:
    """An id made of what the row says, for files that give none: the same row always has the same."""
    canonical = json.dumps(dict(fields), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(canonical.encode("utf-8", "replace")).hexdigest()


def _bad_id(external_id: str) -> str | None:
    if text.is_blank(external_id):
        return "it has no id"
    if len(external_id) > MAX_EXTERNAL_ID:
        return f"its id is longer than {MAX_EXTERNAL_ID} characters"
    if _ROUNDED.fullmatch(external_id):
        return f"its id was rounded by a spreadsheet to {external_id}, and others with it"
    return None


class _Names:
    """The columns of a file, found by any spelling."""

    def __init__(self, shape: Shape) -> None:
        self.columns = shape.columns
        # The objects of a JSON file need not all have the same members.
        self._is_open = shape.format is Format.JSONL
        self._by_key: dict[str, str] = {}
        for column in shape.columns:
            self._by_key.setdefault(self.key(column), column)

    @staticmethod
    def key(name: str) -> str:
        return re.sub(r"[\W_]+", "", text.fold(name)) or name

    def find(self, name: str) -> str | None:
        return name if name in self.columns else self._by_key.get(self.key(name))

    def must_find(self, name: str) -> str:
        found = self.find(name)
        if found is None and self._is_open and name:
            return name
        if found is None:
            raise WrongHeaderError(f"There is no column “{name}”. {self.listed()}")
        return found

    def listed(self) -> str:
        shown = ", ".join(text.excerpt(column, 60) for column in self.columns[:40])
        return f"The file has: {shown}."


def _zone(name: str) -> tzinfo:
    try:
        return zone_of(name)
    except BadTimeError as error:
        raise WrongHeaderError(f"{str(error)[:1].upper()}{str(error)[1:]}.") from error


def _split_option(option: str) -> tuple[str, str]:
    name, equals, where = option.partition("=")
    if not equals or name.strip() not in FIELDS:
        raise WrongHeaderError(f"“{option}” is not field=column with a field out of: {', '.join(FIELDS)}.")
    return name.strip(), where.strip()


def _sources(where: str, names: _Names) -> tuple[Source, ...]:
    if not where:
        return ()
    if where in names.columns:
        return (Source(columns=(where,)),)
    found = []
    for alternative in _pieces(where, ","):
        if alternative.startswith("="):
            found.append(Source(literal=alternative[1:]))
        else:
            columns = (piece.strip().strip('"') for piece in _pieces(alternative, "|"))
            found.append(Source(columns=tuple(names.must_find(column) for column in columns)))
    return tuple(found)


def _pieces(where: str, separator: str) -> Iterator[str]:
    """What stands between separators that are not in double quotes."""
    start, quoted = 0, False
    for at, character in enumerate(where):
        quoted ^= character == '"'
        if character == separator and not quoted:
            yield where[start:at].strip()
            start = at + 1
    yield where[start:].strip()


def _guessed(name: str, names: _Names, *, taken: Mapping[str, tuple[Source, ...]]) -> tuple[Source, ...]:
    used = {column for source in taken.get("author", ()) for column in source.columns} if name == "name" else set()
    found = dict.fromkeys(column for alias in ALIASES[name] if (column := names.find(alias)) and column not in used)
    columns = list(found) if name == "text" else list(found)[:1]
    return tuple(Source(columns=(column,)) for column in columns)
