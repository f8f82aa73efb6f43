"""What a final answer under a brand's regime begins with: the facts of the case in the complainant's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef
from django.utils import translation
from django.utils.formats import date_format

from cases.models import Action, Authorisation, Case, Decision, Regime, Thread
from cases.queries.authority import said_amount
from cases.rules import answer
from cases.vocabulary import SETTLED, ActionStatus, AnswerPart, Outcome

# What is still to be done, as the complainant is told; a refused action is no longer on offer.
_TO_COME = (
    ActionStatus.PROPOSED,
    ActionStatus.AWAITING_APPROVAL,
    ActionStatus.APPROVED,
    ActionStatus.IN_PROGRESS,
    ActionStatus.FAILED,
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A final answer before somebody sends it: what its regime demands, what each part says as far as is known, and
    the required actions that must be finished first.
    """

    regime: Regime
    facts: answer.Facts
    wanted: list[AnswerPart]
    parts: dict[str, str]
    first: list[str]

    def missing(self, parts: dict[str, str]) -> list[answer.Gap]:
        """What keeps an answer of these parts from going."""
        return answer.missing(self.wanted, parts)


def regime_of(brand_id: int) -> Regime | None:
    """What the brand's final answers must hold, if anything."""
    return Regime.objects.filter(brand_id=brand_id).first()


def prepare(case: Case, regime: Regime, decision: Decision, points: Sequence[answer.Raised] | None = None) -> Prepared:
    """The answer that this decision and these actions lead to, in three queries; in two when its points are at hand."""
    if points is None:
        points = [
            answer.Raised(point.raised or "", Outcome(point.outcome), point.reason or "")
            for point in decision.points.order_by("position")
        ]
    language = _language(case)
    required: list[str] = []
    done: list[answer.Deed] = []
    to_come: list[answer.Deed] = []
    with translation.override(language):
        for action in _actions(case):
            is_told = action.kind.is_shown
            if action.is_required and action.status not in SETTLED:
                required.append(_title(action, language))
            if is_told and action.status == ActionStatus.DONE:
                done.append(_done(action, case, language))
            elif is_told and action.status in _TO_COME and (action.is_required or action.is_decided):
                to_come.append(_to_come(action, case, language))
    facts = answer.Facts(
        language=language,
        outcome=Outcome(decision.outcome),
        points=[answer.Raised(_plain(point.raised), point.outcome, _plain(point.reason)) for point in points],
        done=done,
        outstanding=to_come,
        recourse=_in(regime.recourse, language, case.brand.language),
        opening=_in(regime.template.get("opening", {}), language, case.brand.language),
    )
    wanted = answer.demanded(regime.demands, facts, recourse_always=regime.recourse_always)
    return Prepared(
        regime=regime,
        facts=facts,
        wanted=wanted,
        parts={part.value: answer.prepared(part, facts) for part in wanted},
        first=[] if regime.answers_first else required,
    )


def _language(case: Case) -> str:
    thread = Thread.objects.filter(case=case, verified_at__isnull=False, refused_at__isnull=True).order_by("-id")
    spoken = thread.values_list("language", flat=True).first() or ""
    return answer.language_of(spoken, case.language, case.complainant.language, case.brand.language)


def _actions(case: Case) -> Any:
    standing = Authorisation.objects.filter(action=OuterRef("pk"), released_at__isnull=True)
    return (
        Action.objects.filter(case=case)
        .select_related("kind", "owner", "team")
        .annotate(is_decided=Exists(standing))
        .order_by("pk")
    )


def _done(action: Action, case: Case, language: str) -> answer.Deed:
    return answer.Deed(
        title=_title(action, language),
        amount=said_amount(action.proof_amount or action.amount, action.currency),
        reference=_plain(action.proof_reference),
        day=date_format(action.proof_on, "j F Y") if action.proof_on else _day(action.done_at, case),
    )


def _to_come(action: Any, case: Case, language: str) -> answer.Deed:
    doer = action.owner or action.team or case.brand
    return answer.Deed(
        title=_title(action, language),
        amount=said_amount(action.amount, action.currency),
        day=_day(action.due_at, case),
        who=doer.name,
        is_decided=action.is_decided,
    )


def _title(action: Action, language: str) -> str:
    return _plain(action.wording) or _in(action.kind.label, language)


def _plain(text: str | None) -> str:
    return answer.unmarked(text or "")


def _in(texts: dict[str, str], *languages: str) -> str:
    return next((texts[each] for each in languages if texts.get(each)), next(iter(texts.values()), ""))


def _day(at: datetime | None, case: Case) -> str:
    return date_format(at.astimezone(ZoneInfo(case.brand.zone)), "j F Y") if at else ""
