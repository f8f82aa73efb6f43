"""Where authority is missing: how much the first owner decides alone, who had to ask, why, and what waiting cost.

Everything is counted over the cases that the viewer may open (I11), so every figure opens into as many rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import (
    BooleanField,
    Case,
    DateField,
    DateTimeField,
    DecimalField,
    DurationField,
    Expression,
    ExpressionWrapper,
    F,
    Func,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, TruncDate

from cases.models import Approval, Authorisation, Brand, Event, Kind, Seer, Team
from cases.rules.missing import Period
from cases.vocabulary import ApprovalStatus, EventKind, Gap, Stream

M = TypeVar("M", bound=Model)
Amount = DecimalField(max_digits=19, decimal_places=4)
ANSWERED = (ApprovalStatus.GRANTED, ApprovalStatus.REFUSED, ApprovalStatus.RETURNED)
NO = (ApprovalStatus.REFUSED, ApprovalStatus.RETURNED)
# Nobody answered these: whoever asked took them back, or changed what they asked for.
GIVEN_UP = (ApprovalStatus.WITHDRAWN, ApprovalStatus.VOID)


class Reason(StrEnum):
    """Why somebody had to ask."""

    LIMIT = "limit"
    USED_UP = "used_up"
    TWO_PEOPLE = "two_people"
    NO_GRANT = "no_grant"


_GAPS: dict[Reason, tuple[Gap, ...]] = {
    Reason.LIMIT: (Gap.PER_ACTION,),
    Reason.USED_UP: (Gap.BUDGET, Gap.PER_COMPLAINANT),
    Reason.TWO_PEOPLE: (Gap.SECOND_PERSON,),
}


@dataclass(frozen=True, slots=True)
class Question:
    """Who asks, about which brand and days; and, where wanted, one team of those who decide, and one kind."""

    seer: Seer
    brand: Brand
    period: Period
    at: datetime
    team_id: int | None = None
    kind_id: int | None = None

    @property
    def is_member(self) -> bool:
        """Whether there are cases of the brand that this person may open at all."""
        return self.brand.pk in self.seer.roles


@dataclass(slots=True)
class Figures:
    """What was decided alone, what was asked for, and how that went; times are waits for an answer."""

    alone: int = 0
    asked: int = 0
    cases: int = 0
    granted: int = 0
    refused: int = 0
    refused_under: int = 0
    least_refused: Decimal | None = None
    waiting: int = 0
    given_up: int = 0
    half: timedelta | None = None
    nine_tenths: timedelta | None = None
    reasons: dict[Reason, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """All that had to be decided."""
        return self.alone + self.asked

    @property
    def share(self) -> int | None:
        """Of a hundred, how many were decided alone; None where there was nothing to decide."""
        return _percent(self.alone, self.total)

    @property
    def refused_share(self) -> int | None:
        """Of a hundred requests, how many were refused or changed."""
        return _percent(self.refused, self.asked)

    @property
    def reason(self) -> Reason | None:
        """Why most of them had to ask."""
        return max(self.reasons, key=lambda each: self.reasons[each]) if any(self.reasons.values()) else None


@dataclass(slots=True)
class Band:
    """Amounts above one bound, up to and with another, in the brand's currency; ``is_none`` has no amount."""

    over: Decimal | None
    upto: Decimal | None
    figures: Figures
    is_none: bool = False


@dataclass(slots=True)
class Missing:
    """Everything the page counts."""

    now: Figures
    before: Figures
    kinds: list[tuple[Kind, Figures]]
    bands: list[Band]

    @property
    def points(self) -> int | None:
        """By how many points the share rose or fell against the days before."""
        was = _percent(self.before.alone, self.before.total)
        return None if was is None or self.now.share is None else self.now.share - was


def _percent(part: int, whole: int) -> int | None:
    return round(100 * part / whole) if whole else None


def today(brand: Brand, at: datetime) -> date:
    """The day it is where the brand is."""
    return at.astimezone(ZoneInfo(brand.zone)).date()


def teams(brand: Brand) -> list[Team]:
    """The brand's teams."""
    return list(Team.objects.filter(brand=brand, is_active=True).order_by("name"))


def kinds(brand: Brand) -> list[Kind]:
    """The brand's kinds of action, also those that are no longer used."""
    return list(Kind.objects.filter(brand=brand).order_by("-is_active", "code"))


# ---- the rows behind every figure ----


def asked(question: Question, *, since: datetime | None = None) -> QuerySet[Approval]:
    """The requests of the period, or ``since`` an earlier instant, each with its worth, its wait and its gap."""
    rows = Approval.objects.filter(question.seer.cases("case__"), brand=question.brand)
    rows = _within(rows, question, "requested_at", "requested_by", since)
    told = Event.objects.filter(
        stream=Stream.CASE, stream_id=OuterRef("case_id"), kind=EventKind.APPROVAL_REQUESTED
    ).annotate(about=KeyTextTransform("approval", "payload"))
    gap = told.filter(about=Cast(OuterRef("pk"), TextField())).values(why=KeyTextTransform("gap", "payload"))[:1]
    return rows.annotate(
        is_now=_is_now(question, "requested_at"),
        on_day=TruncDate("requested_at", tzinfo=ZoneInfo(question.brand.zone)),
        worth=_worth(question.brand, F("on_day")),
        waited=Case(
            When(status__in=ANSWERED, then=_span(F("decided_at"))),
            When(status=ApprovalStatus.WAITING, then=_span(Value(question.at, DateTimeField()))),
            output_field=DurationField(),
        ),
        gap=Case(When(requested_at__gte=question.period.starts_at, then=Subquery(gap)), output_field=TextField()),
    )


def alone(question: Question, *, since: datetime | None = None) -> QuerySet[Authorisation]:
    """What was decided in the period without asking anybody, each with its worth."""
    rows = Authorisation.objects.filter(question.seer.cases("case__"), brand=question.brand, approval__isnull=True)
    return _within(rows, question, "at", "person", since).annotate(
        is_now=_is_now(question, "at"),
        on_day=TruncDate("at", tzinfo=ZoneInfo(question.brand.zone)),
        worth=_worth(question.brand, F("on_day")),
    )


def _within(rows: QuerySet[M], question: Question, at: str, person: str, since: datetime | None) -> QuerySet[M]:
    span = {f"{at}__gte": since or question.period.starts_at, f"{at}__lt": question.period.ends_at}
    rows = rows.filter(**span)
    if question.kind_id is not None:
        rows = rows.filter(kind=question.kind_id)
    if question.team_id is not None:
        members = {f"{person}__memberships__brand": question.brand, f"{person}__memberships__team": question.team_id}
        rows = rows.filter(**members)
    return rows


def _is_now(question: Question, at: str) -> Expression:
    return ExpressionWrapper(Q(**{f"{at}__gte": question.period.starts_at}), BooleanField())


def _span(until: Expression | F) -> Expression:
    return ExpressionWrapper(until - F("requested_at"), DurationField())


def _worth(brand: Brand, day: F) -> Expression:
    """The amount in the brand's currency, by the rate of its day; NULL without an amount or a rate."""
    converted = Func(
        F("amount"),
        F("currency"),
        Value(brand.currency),
        Value(brand.pk),
        ExpressionWrapper(day, DateField()),
        function="casedesk_convert",
        output_field=Amount,
    )
    return Case(
        When(amount__isnull=True, then=Value(None)),
        When(currency=brand.currency, then=F("amount")),
        default=converted,
        output_field=Amount,
    )


def why(reason: Reason) -> Q:
    """The condition on a request that it was asked for this reason."""
    if reason in _GAPS:
        return Q(gap__in=_GAPS[reason])
    return Q(gap__isnull=True) | ~Q(gap__in=[gap for gaps in _GAPS.values() for gap in gaps])


def sql_of(rows: QuerySet[Any, Any], *columns: str) -> tuple[str, list[Any]]:
    """The statement of some rows with these columns in this order, to be counted by another."""
    statement, values = rows.order_by().values_list(*columns).query.sql_with_params()
    return statement, list(values)


# ---- the figures ----

_BAND = "CASE WHEN worth IS NULL THEN -1 ELSE %s - width_bucket(-worth, %s::numeric[]) END"
_GROUPS = "GROUP BY GROUPING SETS ((is_now), (is_now, kind_id), (is_now, band))"
_ASKED = f"""
WITH asked (is_now, kind_id, case_id, status, worth, waited, gap) AS ({{asked}}),
placed AS (SELECT asked.*, {_BAND} AS band FROM asked)
SELECT is_now, CASE WHEN grouping(kind_id) = 0 THEN kind_id END, CASE WHEN grouping(band) = 0 THEN band END,
  count(*), count(DISTINCT case_id), count(*) FILTER (WHERE status = 'granted'),
  count(*) FILTER (WHERE status IN ('refused','returned')),
  count(*) FILTER (WHERE status IN ('refused','returned') AND worth <= %s),
  min(worth) FILTER (WHERE status IN ('refused','returned')),
  count(*) FILTER (WHERE status = 'waiting'), count(*) FILTER (WHERE status IN ('withdrawn','void')),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY waited), percentile_cont(0.9) WITHIN GROUP (ORDER BY waited),
  count(*) FILTER (WHERE gap = 'per_action'), count(*) FILTER (WHERE gap IN ('budget','per_complainant')),
  count(*) FILTER (WHERE gap = 'second_person')
  FROM placed {_GROUPS}
"""  # noqa: S608 - only constants
_ALONE = f"""
WITH alone (is_now, kind_id, worth) AS ({{alone}}), placed AS (SELECT alone.*, {_BAND} AS band FROM alone)
SELECT is_now, CASE WHEN grouping(kind_id) = 0 THEN kind_id END, CASE WHEN grouping(band) = 0 THEN band END, count(*)
  FROM placed {_GROUPS}
"""  # noqa: S608 - only constants
_LARGEST = "WITH asked (worth) AS ({asked}), alone (worth) AS ({alone}) SELECT greatest((SELECT max(worth) FROM asked), (SELECT max(worth) FROM alone))"  # noqa: E501


def largest(question: Question) -> Decimal | None:
    """The largest amount of the period in the brand's currency, in one query."""
    if not question.is_member:
        return None
    by_asking, values = sql_of(asked(question), "worth")
    by_oneself, more = sql_of(alone(question), "worth")
    with connection.cursor() as cursor:
        cursor.execute(_LARGEST.format(asked=by_asking, alone=by_oneself), values + more)
        found: Decimal | None = cursor.fetchone()[0]
    return found


def figures(question: Question, bounds: Sequence[Decimal], catalogue: Sequence[Kind], under: Decimal | None) -> Missing:
    """All the page counts, with the days before, in two queries; refusals up to ``under`` are told apart."""
    counted: dict[tuple[bool, int | None, int | None], Figures] = {}
    if question.is_member:
        _count_asked(counted, question, bounds, under)
        _count_alone(counted, question, bounds)
    edges: list[Decimal | None] = [None, *bounds, None]
    pairs = pairwise(edges)
    bands = [Band(over, upto, counted.get((True, None, n), Figures())) for n, (over, upto) in enumerate(pairs)]
    if (True, None, -1) in counted:
        bands.append(Band(None, None, counted[True, None, -1], is_none=True))
    by_kind = [(kind, counted[True, kind.pk, None]) for kind in catalogue if (True, kind.pk, None) in counted]
    return Missing(
        now=counted.get((True, None, None), Figures()),
        before=counted.get((False, None, None), Figures()),
        kinds=sorted(by_kind, key=lambda pair: -pair[1].asked),
        bands=bands,
    )


def _placing(bounds: Sequence[Decimal]) -> list[Any]:
    # Turned round, because a bound belongs to the band below it and width_bucket would put it into the one above.
    return [len(bounds), [-bound for bound in reversed(bounds)]]


def _count_asked(
    counted: dict[tuple[bool, int | None, int | None], Figures],
    question: Question,
    bounds: Sequence[Decimal],
    under: Decimal | None,
) -> None:
    rows = asked(question, since=question.period.before.starts_at)
    statement, values = sql_of(rows, "is_now", "kind_id", "case_id", "status", "worth", "waited", "gap")
    with connection.cursor() as cursor:
        cursor.execute(_ASKED.format(asked=statement), [*values, *_placing(bounds), under])
        for is_now, kind, band, total, cases, granted, refused, refused_under, least, *rest in cursor.fetchall():
            waiting, given_up, half, nine_tenths, limit, used_up, two = rest
            counted[is_now, kind, band] = Figures(
                asked=total,
                cases=cases,
                granted=granted,
                refused=refused,
                refused_under=refused_under,
                least_refused=least,
                waiting=waiting,
                given_up=given_up,
                half=half,
                nine_tenths=nine_tenths,
                reasons={
                    Reason.LIMIT: limit,
                    Reason.USED_UP: used_up,
                    Reason.TWO_PEOPLE: two,
                    Reason.NO_GRANT: total - limit - used_up - two,
                },
            )


def _count_alone(
    counted: dict[tuple[bool, int | None, int | None], Figures], question: Question, bounds: Sequence[Decimal]
) -> None:
    rows = alone(question, since=question.period.before.starts_at)
    statement, values = sql_of(rows, "is_now", "kind_id", "worth")
    with connection.cursor() as cursor:
        cursor.execute(_ALONE.format(alone=statement), [*values, *_placing(bounds)])
        for is_now, kind, band, count in cursor.fetchall():
            counted.setdefault((is_now, kind, band), Figures()).alone = count
