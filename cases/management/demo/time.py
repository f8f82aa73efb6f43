"""When the brands of the demo work, and what they want done by when: calendars, and deadlines out of packs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cases.commands import calendar, policy
from cases.commands.calendar import Day
from cases.commands.policy import Terms
from cases.management.demo.people import Stage
from cases.management.demo.screenplay import Clock
from cases.models import Brand, Calendar, Category, Policy
from cases.vocabulary import Actor, Goal, Unit

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
Windows = list[list[str]]
# The mornings on which it was set up, in days before today: before anybody complained.
CALENDARS, PACKS, TERMS = 99, 98, 97


@dataclass(frozen=True, slots=True)
class Hours:
    """A usual day, Saturday, and the region whose public holidays are kept."""

    weekday: Windows
    saturday: Windows
    region: str = ""

    @property
    def week(self) -> dict[str, Windows]:
        """The week as a calendar keeps it."""
        week = dict.fromkeys(WEEKDAYS, self.weekday)
        return {**week, "sat": self.saturday} if self.saturday else week


HOURS = {
    "BW": Hours([["09:00", "12:30"], ["13:15", "18:30"]], [["09:30", "12:30"]]),
    # In Strasbourg Good Friday and St Stephen's Day are holidays too.
    "OR": Hours([["09:00", "12:30"], ["13:30", "18:00"]], [], "6AE"),
    "KM": Hours([["08:00", "20:00"]], [["09:00", "17:00"]]),
}
LATE_SHIFT = Hours([["11:00", "20:00"]], [["10:00", "14:00"]])
# What the brands want instead of what casedesk proposes: goal, how much, of what.
OWN_TERMS: dict[str, tuple[tuple[Goal, int, Unit], ...]] = {
    "BW": ((Goal.ACKNOWLEDGE, 3, Unit.OPEN_HOUR), (Goal.FIRST_REPLY, 5, Unit.WORKING_DAY)),
    "OR": ((Goal.ACKNOWLEDGE, 4, Unit.OPEN_HOUR), (Goal.FIRST_REPLY, 5, Unit.WORKING_DAY)),
    "KM": ((Goal.ACKNOWLEDGE, 6, Unit.OPEN_HOUR), (Goal.FIRST_REPLY, 5, Unit.WORKING_DAY)),
}
FOR_ALL: tuple[tuple[Goal, int, Unit], ...] = (
    (Goal.REPLY, 4, Unit.WORKING_DAY),
    (Goal.UPDATE, 8, Unit.WORKING_DAY),
    (Goal.DECISION, 8, Unit.WORKING_DAY),
    (Goal.FINAL_ANSWER, 15, Unit.WORKING_DAY),
)
# Who stands under a supervisor: the pack, and the category it is for. What has to be handled within three days was
# tried, and ended.
REGULATED = (("BW", "fca", "billing"), ("OR", "signalconso", ""), ("KM", "acpr", "billing"))
ENDED = 61


def set_time(stage: Stage, clock: Clock) -> None:
    """Calendars with their single days, a team that works late, and every brand's deadlines."""
    admin = Actor.person(stage.crew["admin"].pk)
    for prefix, brand in stage.brands.items():
        _set_hours(brand, HOURS[prefix], clock, admin)
    _set_days(stage.brands["BW"], clock, admin)
    _let_work_late(stage, clock, admin)
    for prefix, pack, category in REGULATED:
        _regulate(stage.brands[prefix], pack, category, clock, admin)
    for prefix, brand in stage.brands.items():
        for goal, amount, unit in (*OWN_TERMS[prefix], *FOR_ALL):
            _replace(brand, goal, amount, unit, clock, admin)


def _set_hours(brand: Brand, hours: Hours, clock: Clock, admin: Actor) -> None:
    found = Calendar.objects.get(brand=brand, is_default=True)
    calendar.change_calendar(
        calendar_id=found.pk,
        name=found.name,
        zone=found.zone,
        week=hours.week,
        country="FR",
        region=hours.region,
        revision=found.revision,
        at=clock.ago(CALENDARS),
        actor=admin,
    )


def _set_days(brand: Brand, clock: Clock, admin: Actor) -> None:
    """One day with hours of its own, one with a break."""
    found = Calendar.objects.get(brand=brand, is_default=True)
    days = [
        Day(clock.friday + timedelta(days=14), hours=[["13:00", "19:00"]], label="Stocktaking in the morning"),
        Day(clock.friday + timedelta(days=6), breaks=[["16:00", "17:00"]], label="Everybody meets"),
    ]
    calendar.put_days(calendar_id=found.pk, days=days, revision=found.revision, at=clock.ago(CALENDARS), actor=admin)


def _let_work_late(stage: Stage, clock: Clock, admin: Actor) -> None:
    """Whoever looks after deliveries begins late and ends when the last van is back."""
    late = calendar.add_calendar(
        brand_id=stage.brands["BW"].pk,
        name="Late shift",
        zone="Europe/Paris",
        week=LATE_SHIFT.week,
        country="FR",
        at=clock.ago(CALENDARS),
        actor=admin,
    )
    calendar.set_team_calendar(
        team_id=stage.teams["BW", "Delivery"].pk, calendar_id=late.pk, at=clock.ago(CALENDARS), actor=admin
    )


def _regulate(brand: Brand, pack: str, category: str, clock: Clock, admin: Actor) -> None:
    """The deadlines of a supervisor's pack, for one category where the others are none of its business."""
    for row in policy.adopt_pack(brand_id=brand.pk, pack=pack, at=clock.ago(PACKS), actor=admin):
        if category:
            found = Category.objects.get(brand=brand, code=category)
            terms = _terms(row, category_ids=(found.pk,))
            row = policy.replace_policy(policy_id=row.pk, terms=terms, at=clock.ago(TERMS), actor=admin)
        if row.goal == Goal.HANDLED:
            policy.end_policy(policy_id=row.pk, at=clock.ago(ENDED), actor=admin)


def _replace(brand: Brand, goal: Goal, amount: int, unit: Unit, clock: Clock, admin: Actor) -> None:
    row = Policy.objects.get(brand=brand, pack="casedesk", goal=goal, ended_at=None)
    wanted: dict[str, Any] = {"amount": amount, "unit": unit, "end_of_day": unit == Unit.WORKING_DAY}
    if goal == Goal.UPDATE:
        wanted["name"] = {"en": "Tell them how it stands", "fr": "Dire où on en est"}
    policy.replace_policy(policy_id=row.pk, terms=_terms(row, **wanted), at=clock.ago(TERMS), actor=admin)


def _terms(row: Policy, **changes: Any) -> Terms:
    """What a policy says, with some of it changed."""
    kept = {name: getattr(row, name) for name in Terms.__dataclass_fields__}
    return Terms(**{**kept, **changes})
