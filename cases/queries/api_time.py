"""What the REST API's answers need of calendars, policies, deadlines, rules and what they did."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from cases.models import (
    Brand,
    Calendar,
    Call,
    Case,
    CaseTag,
    Category,
    Deadline,
    Escalation,
    EscalationStep,
    Message,
    Policy,
    Replay,
    Rule,
    Seer,
    Tag,
    User,
)
from cases.queries import deadline as deadlines
from cases.queries import replay as replay_queries
from cases.queries.api_setup import mine

# ---------------------------------------------------------------- calendars and policies


def calendars(seer: Seer) -> QuerySet[Calendar]:
    """The calendars of the person's brands, with the teams that work by them."""
    return Calendar.objects.filter(mine(seer)).select_related("brand").prefetch_related("teams")


def calendar_id(brand_id: int, public_id: UUID) -> int | None:
    """The key of the brand's calendar of that id."""
    return Calendar.objects.filter(brand_id=brand_id, public_id=public_id).values_list("pk", flat=True).first()


def visible(seer: Seer, moved: Iterable[deadlines.Moved]) -> list[deadlines.Moved]:
    """Those of the deadlines that stand in cases this person may open."""
    found = list(moved)
    rows = Case.objects.visible_to(seer).filter(pk__in={each.case_id for each in found})
    seen = set(rows.values_list("pk", flat=True))
    return [each for each in found if each.case_id in seen]


def policies(seer: Seer) -> QuerySet[Policy]:
    """The policies of the person's brands, with what they stand in the place of and what stands in theirs."""
    rows = Policy.objects.filter(mine(seer)).select_related("brand", "calendar", "made_by", "replaces")
    return rows.prefetch_related("replaced_by")


def with_codes(rows: Iterable[Policy]) -> list[Any]:
    """Policies with the codes of their categories, in one query more."""
    found: list[Any] = list(rows)
    wanted = {key for policy in found for key in policy.category_ids}
    codes = dict(Category.objects.filter(pk__in=wanted).values_list("pk", "code")) if wanted else {}
    for policy in found:
        policy.category_codes = [codes[key] for key in policy.category_ids if key in codes]
    return found


def category_ids(brand_id: int, codes: Collection[str]) -> dict[str, int]:
    """The keys of the brand's categories of these codes."""
    rows = Category.objects.filter(brand_id=brand_id, code__in=codes)
    return dict(rows.values_list("code", "pk"))


# ---------------------------------------------------------------- deadlines of a case


def deadlines_of(seer: Seer, case_id: int, now: datetime) -> deadlines.OfCase | None:
    """The deadlines of a case that this person may open."""
    case = Case.objects.visible_to(seer).filter(pk=case_id).first()
    return deadlines.of_case(case, now) if case is not None else None


def deadline(seer: Seer, case_id: int, number: int) -> Deadline | None:
    """A deadline of a case that this person may open."""
    return Deadline.objects.visible_to(seer).filter(case_id=case_id, pk=number).first()


def message_id(case_id: int, public_id: UUID) -> int | None:
    """The key of a message in the case."""
    return Message.objects.filter(case_id=case_id, public_id=public_id).values_list("pk", flat=True).first()


# ---------------------------------------------------------------- tags


def tags(seer: Seer) -> QuerySet[Tag]:
    """The tags of the person's brands."""
    return Tag.objects.filter(mine(seer)).select_related("brand")


def tags_of(case_id: int) -> list[Tag]:
    """The tags on a case, by name."""
    on_it = CaseTag.objects.filter(case_id=case_id).select_related("tag__brand")
    return [each.tag for each in on_it.order_by("tag__name", "pk")]


# ---------------------------------------------------------------- rules and what they did


def rules(chosen: Collection[Brand]) -> QuerySet[Rule]:
    """The rules of these brands."""
    return Rule.objects.filter(brand__in=[brand.pk for brand in chosen]).select_related("brand")


def rule_ids(brand_id: int, public_ids: Collection[UUID]) -> list[int] | None:
    """The keys of the brand's rules of these ids, in the same order; None where one is not the brand's."""
    rows = Rule.objects.filter(brand_id=brand_id, public_id__in=public_ids)
    keys = dict(rows.values_list("public_id", "pk"))
    return [keys[each] for each in public_ids] if keys.keys() >= set(public_ids) else None


@dataclass(frozen=True, slots=True)
class Asked:
    """Which escalations a list shows; with ``before`` those that come after that one in the list."""

    brand: str = ""
    rule: UUID | None = None
    reference: str = ""
    status: str = ""
    before: int | None = None


def escalations(seer: Seer, asked: Asked | None = None) -> QuerySet[Escalation]:
    """What rules did in the cases this person may open, with steps and calls, the latest first."""
    calls = Call.objects.select_related("person").order_by("pk")
    steps = EscalationStep.objects.order_by("number").prefetch_related(Prefetch("calls", calls))
    rows = Escalation.objects.visible_to(seer)
    wanted = asked or Asked()
    named = {
        "brand__slug": wanted.brand,
        "rule__public_id": wanted.rule,
        "case__reference": wanted.reference,
        "status": wanted.status,
        "pk__lt": wanted.before,
    }
    rows = rows.filter(**{column: value for column, value in named.items() if value})
    found: QuerySet[Escalation] = rows.select_related("rule", "version", "case", "brand")
    return found.prefetch_related(Prefetch("steps", steps)).order_by("-pk")


def usernames(ids: Collection[int]) -> dict[int, str]:
    """The user names of these people."""
    return dict(User.objects.filter(pk__in=ids).values_list("pk", "username")) if ids else {}


def replays(seer: Seer, rule: Rule) -> QuerySet[Replay]:
    """The replays of the versions of a rule, the latest first."""
    return replay_queries.replays(seer).filter(version__rule=rule).order_by("-pk")
