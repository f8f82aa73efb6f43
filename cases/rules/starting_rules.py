"""Ready-made rules for a brand to begin with: offered as drafts, to be read, changed and put live by an admin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class StartingRule:
    """A rule that every brand can adopt: its name by language, and its parts as ``rules/escalation.py`` reads them."""

    code: str
    name: dict[str, str]
    when: dict[str, Any]
    steps: list[dict[str, Any]]
    condition: dict[str, Any]
    stop: str = ""
    missed: str = "late"


def _tell(after: int, whom: str, *, by: str = "mail", hours: str = "working") -> dict[str, Any]:
    return {"after_minutes": after, "kind": "tell", "whom": whom, "by": by, "hours": hours}


_NO_REPLY = {"all": [{"fact": "public_reply", "op": "no"}]}

STARTING_RULES = (
    StartingRule(
        "nobody-answers",
        {"en": "Nobody answers in public", "fr": "Personne ne répond en public"},
        {"when": "deadline", "goal": "acknowledge", "offset_amount": 15, "offset_unit": "minute", "before": True},
        [
            _tell(0, "owner_or_duty", by="page_only"),
            _tell(15, "lead"),
            {"after_minutes": 75, "kind": "authority", "by": "mail", "hours": "working"},
        ],
        {},
        "cause_gone",
    ),
    StartingRule(
        "fast-post",
        {"en": "Fast public post", "fr": "Publication qui se propage vite"},
        {"when": "reach", "reach": "views", "above": 5000, "within_minutes": 60},
        [
            _tell(0, "owner_or_duty", hours="always"),
            {"after_minutes": 0, "kind": "severity", "levels": 1},
            {"after_minutes": 30, "kind": "authority", "by": "mail", "hours": "always"},
            _tell(120, "managers", hours="always"),
        ],
        _NO_REPLY,
        "replied",
    ),
    StartingRule(
        "promise-broken",
        {"en": "Promise broken", "fr": "Promesse non tenue"},
        {"when": "promise_broken"},
        [_tell(0, "owner_or_duty"), _tell(240, "lead")],
        {},
        "owner_acted",
    ),
    StartingRule(
        "approval-unanswered",
        {"en": "Approval not answered", "fr": "Accord sans réponse"},
        {"when": "unanswered"},
        [_tell(0, "lead"), _tell(120, "managers")],
        {},
        "cause_gone",
    ),
    StartingRule(
        "third-complaint",
        {"en": "Third complaint in 90 days", "fr": "Troisième réclamation en 90 jours"},
        {"when": "opened"},
        [{"after_minutes": 0, "kind": "severity", "levels": 1}, _tell(0, "lead")],
        {"all": [{"fact": "complaints", "op": "at_least", "value": 3}]},
        "handled",
    ),
    StartingRule(
        "no-owner",
        {"en": "No owner for 2 working hours", "fr": "Sans responsable depuis 2 heures ouvrées"},
        {"when": "lasted", "standing": "new", "offset_amount": 2, "offset_unit": "open_hour"},
        [_tell(0, "duty"), _tell(60, "lead")],
        {},
        "cause_gone",
    ),
)
