"""What arrives from outside: its form, what is wrong with it, and how it becomes bytes that can be compared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from cases.rules import text as texts

MAX_TEXT = 200_000
# A clock elsewhere may be a little ahead of ours.
TOLERANCE = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What a regulator's register says of a complaint beside its words: its labels as received, and its two days.

    ``decided_at`` is the first moment of the day that stands in for that of the company's answer.
    """

    source: str
    received_at: datetime
    decided_at: datetime
    sent_on: date | None = None
    product: str = ""
    sub_product: str = ""
    issue: str = ""
    sub_issue: str = ""
    response: str = ""
    public_response: str = ""
    is_timely: bool | None = None
    disputed: bool | None = None
    state: str = ""
    zip: str = ""
    tags: str = ""
    consent: str = ""
    via: str = ""

    def fields(self) -> dict[str, Any]:
        """The same, as JSON takes it."""
        return {name: each.isoformat() if isinstance(each, date) else each for name, each in asdict(self).items()}

    @classmethod
    def of_fields(cls, fields: Mapping[str, Any]) -> Registered:
        """What made these fields."""
        days = {name: datetime.fromisoformat(fields[name]) for name in ("received_at", "decided_at")}
        sent_on = date.fromisoformat(fields["sent_on"]) if fields["sent_on"] else None
        return cls(**{**fields, **days, "sent_on": sent_on})


@dataclass(frozen=True, slots=True)
class Arrival:
    """One public statement as a channel delivered it."""

    external_id: str
    text: str
    posted_at: datetime
    precision: str = "instant"
    author: str = ""
    name: str = ""
    url: str = ""
    language: str = ""
    wish: str = ""
    wanted: str = ""
    category: str = ""
    raw: bytes = b""
    registered: Registered | None = None

    def body(self) -> bytes:
        """The bytes as they came, or a canonical form where the channel has none."""
        return self.raw or canonical(self.fields())

    def fields(self) -> dict[str, str]:
        """What the canonical form says."""
        return {
            "external_id": self.external_id,
            "text": self.text,
            "posted_at": self.posted_at.isoformat(),
            "precision": self.precision,
            "author": self.author,
            "name": self.name,
            "url": self.url,
            "lang": self.language,
            "wish": self.wish,
            "category": self.category,
            # Left out where nobody chose, as bodies were made before there was a choice.
            **({"wanted": self.wanted} if self.wanted else {}),
        }

    @classmethod
    def from_body(cls, body: bytes, *, undated: datetime) -> Arrival:
        """The arrival that made these canonical bytes, ``undated`` where they give no time; ValueError for others."""
        fields = json.loads(body)
        return cls(
            external_id=fields["external_id"],
            text=fields["text"],
            posted_at=datetime.fromisoformat(fields["posted_at"]) if fields["posted_at"] else undated,
            precision=fields["precision"],
            author=fields["author"],
            name=fields["name"],
            url=fields["url"],
            language=fields["lang"],
            wish=fields["wish"],
            category=fields["category"],
            wanted=fields.get("wanted", ""),
            raw=body,
            registered=Registered.of_fields(fields["registered"]) if "registered" in fields else None,
        )


def canonical(fields: Mapping[str, object]) -> bytes:
    """The same fields are always the same bytes."""
    return json.dumps(fields, sort_keys=True, ensure_ascii=True).encode()


def problem(arrival: Arrival, at: datetime) -> str | None:
    """Why this cannot become a post, or None."""
    if texts.is_blank(arrival.text):
        return "The post has no words."
    if len(arrival.text) > MAX_TEXT:
        return f"The post has {len(arrival.text)} characters; {MAX_TEXT} is the most that is taken."
    if arrival.posted_at > at + TOLERANCE:
        return f"The post says it was written on {arrival.posted_at.isoformat()}, which is in the future."
    if arrival.registered and arrival.registered.decided_at > at + TOLERANCE:
        return f"It was sent to the company on {arrival.registered.sent_on}, which is in the future."
    return None
