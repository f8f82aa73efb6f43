"""What rules did to the cases of a brand, as a list: the newest first, only what the person may open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from cases import errors
from cases.models import Call, Escalation, EscalationStep, Rule, Seer

PAGE = 40


@dataclass(frozen=True, slots=True)
class Asked:
    """Which escalations a list shows: of which brands, of which rule, in which status; before which one."""

    brand_ids: Sequence[int]
    rule_id: int | None = None
    status: str = ""
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some escalations with their steps, and the key before which the next ones are."""

    rows: Sequence[Escalation]
    before: int | None


def page(seer: Seer, asked: Asked) -> Page:
    """One page of what rules did, in three queries."""
    rows = Escalation.objects.visible_to(seer).filter(brand_id__in=asked.brand_ids)
    if asked.rule_id is not None:
        rows = rows.filter(rule_id=asked.rule_id)
    if asked.status:
        rows = rows.filter(status=asked.status)
    if asked.before is not None:
        rows = rows.filter(pk__lt=asked.before)
    calls = Prefetch("calls", Call.objects.select_related("person").order_by("pk"))
    steps = Prefetch("steps", EscalationStep.objects.order_by("number").prefetch_related(calls))
    rows = rows.select_related("rule", "version", "case__complainant").prefetch_related(steps)
    found = list(rows.order_by("-pk")[: PAGE + 1])
    return Page(found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None)


def by_id(seer: Seer, public_id: UUID) -> Escalation:
    """One escalation of a case that the person may open; raises NotFound."""
    rows: QuerySet[Escalation] = Escalation.objects.visible_to(seer)
    found = rows.select_related("case").filter(public_id=public_id).first()
    if found is None:
        raise errors.NotFound
    return found


def rules(brand_ids: Sequence[int]) -> list[Rule]:
    """The rules of these brands that were ever live, for a filter."""
    rows = Rule.objects.filter(brand_id__in=brand_ids, versions__live_at__isnull=False).distinct()
    return list(rows.select_related("brand").order_by("brand__name", "position", "pk"))
