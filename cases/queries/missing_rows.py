"""The requests and decisions behind a figure of “Where authority is missing”, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db.models import Q, QuerySet

from cases.queries import missing, what_if
from cases.queries.missing import ANSWERED, NO, Question, Reason
from cases.vocabulary import ApprovalStatus

PAGE = 50


class Show(StrEnum):
    """Which rows a figure opens into."""

    ASKED = "asked"
    ALONE = "alone"
    GRANTED = "granted"
    REFUSED = "refused"
    WAITED = "waited"
    SAVED = "saved"
    SAVED_GRANTED = "saved-granted"


_STATUSES: dict[Show, tuple[ApprovalStatus, ...]] = {
    Show.GRANTED: (ApprovalStatus.GRANTED,),
    Show.SAVED_GRANTED: (ApprovalStatus.GRANTED,),
    Show.REFUSED: NO,
    Show.WAITED: (*ANSWERED, ApprovalStatus.WAITING),
}


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which of them: above one bound and up to another, or without an amount; one reason; what a change would save."""

    show: Show = Show.ASKED
    over: Decimal | None = None
    upto: Decimal | None = None
    is_none: bool = False
    reason: Reason | None = None
    change: what_if.Change | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, the newest first, how many there are in all, and the key after which the next begin."""

    rows: Sequence[Any]
    count: int
    after: int | None


def page(question: Question, narrowed: Narrowed, after: int | None = None) -> Page:
    """One page of the rows of a figure, in two queries."""
    if not question.is_member:
        return Page([], 0, None)
    rows = _amounts(_rows(question, narrowed), narrowed)
    count = rows.count()
    if after is not None:
        rows = rows.filter(pk__lt=after)
    people = ("person", "holder") if narrowed.show == Show.ALONE else ("requested_by", "decided_by")
    found = list(rows.select_related("case", "kind", *people).order_by("-pk")[: PAGE + 1])
    return Page(found[:PAGE], count, found[PAGE - 1].pk if len(found) > PAGE else None)


def _rows(question: Question, narrowed: Narrowed) -> QuerySet[Any]:
    if narrowed.show == Show.ALONE:
        return missing.alone(question)
    is_saved = narrowed.show in {Show.SAVED, Show.SAVED_GRANTED} and narrowed.change is not None
    rows = what_if.saved_rows(question, narrowed.change) if is_saved and narrowed.change else missing.asked(question)
    if narrowed.show in _STATUSES:
        rows = rows.filter(status__in=_STATUSES[narrowed.show])
    return rows.filter(missing.why(narrowed.reason)) if narrowed.reason else rows


def _amounts(rows: QuerySet[Any], narrowed: Narrowed) -> QuerySet[Any]:
    wanted = Q(worth__isnull=True) if narrowed.is_none else Q()
    if narrowed.over is not None:
        wanted &= Q(worth__gt=narrowed.over)
    if narrowed.upto is not None:
        wanted &= Q(worth__lte=narrowed.upto)
    return rows.filter(wanted)
