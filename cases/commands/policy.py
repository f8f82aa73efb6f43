"""Which deadlines the cases of a brand have: made, replaced, ended, or taken from a ready-made pack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cases import errors
from cases.commands import moves
from cases.models import Brand, Policy
from cases.queries.calendar import Calendars
from cases.rules import deadlines
from cases.rules.calendar import NoSuchTime
from cases.rules.policies import PACKS
from cases.vocabulary import Actor, EventKind, Goal, Needs, Severity, Sort, Start, Unit

MOST, LONGEST = 100, 100_000


@dataclass(frozen=True, slots=True)
class Terms:
    """What a policy says; no categories, severities or sorts means any."""

    name: Mapping[str, str]
    goal: str
    start: str
    amount: int
    unit: str
    source: str = ""
    calendar_id: int | None = None
    end_of_day: bool = False
    next_day_counts: bool = False
    pauses: bool = False
    again: bool = False
    superseded_by_answer: bool = False
    extends: str = Needs.NEVER
    extend_amount: int = 0
    extend_unit: str = ""
    category_ids: Sequence[int] = field(default_factory=tuple)
    severities: Sequence[int] = field(default_factory=tuple)
    sorts: Sequence[str] = field(default_factory=tuple)


@transaction.atomic(durable=True)
def add_policy(*, brand_id: int, terms: Terms, at: datetime, actor: Actor) -> Policy:
    """A deadline for every case that comes in from now on and that it is for; raises Invalid."""
    brand = moves.lock_brand(brand_id, actor)
    policy = Policy(brand=brand, made_by_id=actor.person_id, made_at=at, **_checked(brand, terms, at))
    return _keep(policy, at, actor)


@transaction.atomic(durable=True)
def replace_policy(*, policy_id: int, terms: Terms, at: datetime, actor: Actor) -> Policy:
    """Another deadline in the place of this one; what has begun under this one goes on as it began.

    Raises ChangedMeanwhile when it was replaced or ended already.
    """
    old, brand = _lock(policy_id, actor)
    checked = _checked(brand, terms, at, was=old)
    if all(getattr(old, name) == value for name, value in checked.items()):
        return old
    _end(old, at)
    policy = Policy(brand=brand, pack=old.pack, replaces=old, made_by_id=actor.person_id, made_at=at, **checked)
    return _keep(policy, at, actor, replaces=old.pk)


@transaction.atomic(durable=True)
def end_policy(*, policy_id: int, at: datetime, actor: Actor) -> Policy:
    """No deadline begins under it any more; what has begun goes on. Raises ChangedMeanwhile when it ended already."""
    policy, brand = _lock(policy_id, actor)
    _end(policy, at)
    moves.record_row(policy, EventKind.POLICY_CHANGED, actor, brand_id=brand.pk, fields=["ended"], at=at)
    return policy


@transaction.atomic(durable=True)
def adopt_pack(*, brand_id: int, pack: str, at: datetime, actor: Actor) -> list[Policy]:
    """The deadlines of a ready-made pack, beside those the brand has; each can be replaced afterwards."""
    brand = moves.lock_brand(brand_id, actor)
    ready = PACKS.get(pack)
    if ready is None:
        raise errors.NotFound
    standing = brand.policies.filter(ended_at__isnull=True)
    if standing.filter(pack=pack).exists():
        raise errors.Invalid(_("The brand has deadlines of this pack already. Change or end those first."), "pack")
    if standing.count() + len(ready.policies) > MOST:
        raise errors.Invalid(_("A brand has at most %(limit)d deadlines.") % {"limit": MOST}, "pack")
    return moves.plant_pack(brand, ready, at=at, actor=actor)


def _lock(policy_id: int, actor: Actor) -> tuple[Policy, Brand]:
    policy, brand = moves.lock_row(Policy.objects.all(), policy_id, actor)
    if policy.ended_at is not None:
        raise errors.ChangedMeanwhile
    return policy, brand


def _end(policy: Policy, at: datetime) -> None:
    # Never before it began, whatever the clock of whoever ends it says.
    policy.ended_at = max(at, policy.made_at)
    Policy.objects.filter(pk=policy.pk).update(ended_at=policy.ended_at)


def _keep(policy: Policy, at: datetime, actor: Actor, **named: int) -> Policy:
    if Policy.objects.filter(brand_id=policy.brand_id, ended_at__isnull=True).count() >= MOST:
        raise errors.Invalid(_("A brand has at most %(limit)d deadlines.") % {"limit": MOST}, "goal")
    policy.save()
    moves.record_row(
        policy, EventKind.POLICY_CHANGED, actor, brand_id=policy.brand_id, fields=["created"], at=at, **named
    )
    return policy


def _checked(brand: Brand, terms: Terms, at: datetime, was: Policy | None = None) -> dict[str, Any]:
    unit = _unit(terms.unit, "unit")
    calendar_id = moves.of_brand(
        brand.calendars.all(), terms.calendar_id, "calendar", now=was.calendar_id if was else None
    )
    checked: dict[str, Any] = {
        "name": moves.checked_texts(terms.name, field="name", default=brand.language),
        "source": moves.checked_name(terms.source, field="source", limit=200) if terms.source.strip() else "",
        "calendar_id": calendar_id,
        "amount": _amount(terms.amount, unit, brand, calendar_id, at, "amount"),
        "unit": unit,
        "end_of_day": terms.end_of_day,
        "next_day_counts": terms.next_day_counts,
        "pauses": terms.pauses,
        "again": terms.again,
        "superseded_by_answer": terms.superseded_by_answer,
    }
    return checked | _aim(terms) | _extension(terms, brand, calendar_id, at) | _for_whom(brand, terms)


def _aim(terms: Terms) -> dict[str, Any]:
    """What is asked for, and from when; raises Invalid where the two do not go together."""
    if terms.goal not in Goal.values or terms.goal == Goal.PROMISE:
        raise errors.Invalid(_("Choose what must have happened by then."), "goal")
    if terms.start not in Start.values:
        raise errors.Invalid(_("Choose from when the time counts."), "start")
    if terms.goal == Goal.REPLY and terms.start != Start.WROTE:
        raise errors.Invalid(_("A reply to what they wrote counts from when they wrote."), "start")
    if terms.goal == Goal.UPDATE and terms.start != Start.TOLD:
        raise errors.Invalid(_("Telling them how it stands counts from what they were told last."), "start")
    if terms.goal == Goal.ACKNOWLEDGE and terms.start in {Start.ACKNOWLEDGED, Start.TOLD}:
        raise errors.Invalid(_("The first answer cannot count from the first answer."), "start")
    return {"goal": Goal(terms.goal), "start": Start(terms.start)}


def _extension(terms: Terms, brand: Brand, calendar_id: int | None, at: datetime) -> dict[str, Any]:
    if terms.extends not in Needs.values:
        raise errors.Invalid(_("Choose what extending it demands."), "extends")
    if terms.extends == Needs.NEVER:
        return {"extends": Needs.NEVER, "extend_amount": 0, "extend_unit": ""}
    unit = _unit(terms.extend_unit, "extend_unit")
    amount = _amount(terms.extend_amount, unit, brand, calendar_id, at, "extend_amount")
    return {"extends": Needs(terms.extends), "extend_amount": amount, "extend_unit": unit}


def _unit(unit: str, where: str) -> Unit:
    if unit not in Unit.values:
        raise errors.Invalid(_("Choose what the time is counted in."), where)
    return Unit(unit)


def _amount(amount: int, unit: Unit, brand: Brand, calendar_id: int | None, at: datetime, where: str) -> int:
    if not 1 <= amount <= LONGEST:
        raise errors.Invalid(_("Use a whole number from 1 to %(limit)d.") % {"limit": LONGEST}, where)
    known = Calendars(brand.pk)
    clock = known.default if calendar_id is None else known.by_id(calendar_id)
    try:
        deadlines.add(at, amount, unit, clock)
    except NoSuchTime as refused:
        said = _("On this calendar there is no such time. Use a smaller number, or open more hours.")
        raise errors.Invalid(said, where) from refused
    return amount


def _for_whom(brand: Brand, terms: Terms) -> dict[str, Any]:
    """Which cases it is for; raises Invalid for what is not the brand's or not known."""
    categories = sorted(set(terms.category_ids))
    if brand.categories.filter(pk__in=categories).count() != len(categories):
        raise errors.Invalid(_("One of these categories is not the brand’s."), "category_ids")
    severities, sorts = sorted(set(terms.severities)), sorted({str(each) for each in terms.sorts})
    if not set(severities) <= set(Severity.values):
        raise errors.Invalid(_("Severity is 1, 2, 3 or 4."), "severities")
    if not set(sorts) <= set(Sort.values):
        raise errors.Invalid(_("Choose which sort of complainant it is for."), "sorts")
    return {"category_ids": categories, "severities": severities, "sorts": sorts}
