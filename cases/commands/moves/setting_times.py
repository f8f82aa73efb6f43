"""What a brand's time is set up with: its first calendar, and the deadlines of a ready-made pack."""

from __future__ import annotations

from datetime import datetime

from cases.commands.moves.setting_up import record_row
from cases.models import Brand, Calendar, Policy
from cases.queries.calendar import WEEK
from cases.rules.policies import Pack, Ready
from cases.vocabulary import Actor, EventKind


def plant_calendar(brand: Brand, *, at: datetime, actor: Actor) -> Calendar:
    """The working hours that a new brand starts with; its admin makes them its own."""
    calendar = Calendar.objects.create(brand=brand, name=brand.name, zone=brand.zone, week=WEEK, is_default=True)
    record_row(calendar, EventKind.CALENDAR_CHANGED, actor, brand_id=brand.pk, fields=["created"], at=at)
    return calendar


def plant_pack(brand: Brand, pack: Pack, *, at: datetime, actor: Actor) -> list[Policy]:
    """The deadlines of a pack, for every case that comes in from now on."""
    policies = Policy.objects.bulk_create([_policy(brand, pack, ready, at, actor) for ready in pack.policies])
    for policy in policies:
        record_row(policy, EventKind.POLICY_CHANGED, actor, brand_id=brand.pk, fields=["created"], at=at)
    return policies


def _policy(brand: Brand, pack: Pack, ready: Ready, at: datetime, actor: Actor) -> Policy:
    return Policy(
        brand=brand,
        name=dict(ready.name),
        pack=pack.code,
        source=pack.source,
        goal=ready.goal,
        start=ready.start,
        amount=ready.amount,
        unit=ready.unit,
        end_of_day=ready.end_of_day,
        next_day_counts=ready.next_day_counts,
        pauses=ready.pauses,
        again=ready.again,
        superseded_by_answer=ready.superseded_by_answer,
        extends=ready.extends,
        extend_amount=ready.extend_amount,
        extend_unit=ready.extend_unit or "",
        made_by_id=actor.person_id,
        made_at=at,
    )
