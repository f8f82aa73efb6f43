"""Deadlines as pages, programs and clocks need them: of a case, of a brand, and what a change or a check finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from cases.models import Brand, Case, Deadline, DeadlineCheck, Event, Extension, Seer
from cases.queries import timing
from cases.queries.calendar import Calendars
from cases.queries.timing import Facts, Times, row_of
from cases.rules import deadline_line, deadlines
from cases.rules.deadline_line import Line
from cases.rules.deadlines import Row
from cases.vocabulary import UNHANDLED, Due, EventKind, Goal, Stream

# How many cases a preview looks at, those due first, and how many it lists.
PREVIEWED, LISTED = 2000, 50
# The clock that notes what was missed has this long before a check calls it late.
GRACE = timedelta(minutes=5)
PAGE = 50


@dataclass(frozen=True, slots=True)
class Standing:
    """One deadline of a case as it stands: what it is from, what met it, and how it was extended."""

    deadline: Deadline
    row: Row
    how: Due
    met_by: Event | None
    extensions: Sequence[Extension]

    @property
    def late_by(self) -> timedelta | None:
        """How much too late it was met; nothing while it is not, or when it was in time."""
        if self.row.missed_at is None or self.row.met_at is None:
            return None
        return max(self.row.met_at - self.row.missed_at, timedelta(0))


@dataclass(frozen=True, slots=True)
class OfCase:
    """The deadlines of a case, the nearest of them, and their picture on one line."""

    standing: Sequence[Standing]
    nearest: Standing | None
    line: Line


def of_case(case: Case, now: datetime) -> OfCase:
    """The deadlines of a case that the person may open: what is open first, by date."""
    rows = Deadline.objects.filter(case=case).select_related("policy", "promise")
    extensions = Extension.objects.select_related("by", "message").order_by("pk")
    found = list(rows.prefetch_related(Prefetch("extensions", extensions)).order_by("due_at", "pk"))
    events = Event.objects.in_bulk([each.met_by for each in found if each.met_by is not None])
    standing = [_standing(each, events, now) for each in found]
    nearest = deadlines.nearest([each.row for each in standing], now)
    moments = timing.moments_of(case.pk)
    return OfCase(
        sorted(standing, key=lambda each: (each.row.is_settled, each.row.due_at)),
        next((each for each in standing if each.row is nearest), None),
        deadline_line.timeline([each.row for each in standing], moments, now),
    )


def _standing(deadline: Deadline, events: Mapping[int, Event], now: datetime) -> Standing:
    row = row_of(deadline)
    met_by = events.get(row.met_by) if row.met_by is not None else None
    return Standing(deadline, row, deadlines.how(row, now), met_by, list(deadline.extensions.all()))


def deadline_to_extend(seer: Seer, case: Case, deadline_id: int) -> Deadline | None:
    """A deadline of a case that the person may open, with its policy; nothing where there is none."""
    return Deadline.objects.visible_to(seer).select_related("policy").filter(pk=deadline_id, case=case).first()


def extended_until(deadline: Deadline) -> datetime | None:
    """The date that an extension of this deadline would give; nothing where its policy allows none."""
    case = deadline.case
    times = Times(deadline.brand_id)
    policy = next((each for each in times.policies if each.key == deadline.policy_id), None)
    if policy is None or policy.extend_unit is None:
        return None
    row = row_of(deadline)
    until = deadlines.extended_until(policy, row, times.calendar_for(policy.key, case.team_id))
    return until if until > row.due_at else None


def open_ones(seer: Seer, brand_id: int, goal: str = "") -> QuerySet[Deadline]:
    """The deadlines of a brand that something still has to meet, in the order of their dates, paused ones left out."""
    rows = Deadline.objects.visible_to(seer).unmet().filter(brand_id=brand_id, paused_at__isnull=True)
    rows = rows.filter(goal=goal) if goal in Goal.values else rows
    return rows.select_related("case", "policy").order_by("due_at", "pk")


def last_check() -> DeadlineCheck | None:
    """The last run of the nightly check."""
    return DeadlineCheck.objects.order_by("-pk").first()


def to_miss(at: datetime, limit: int) -> list[int]:
    """Deadlines that have come due and that nobody noted as missed yet, the oldest first."""
    late = Deadline.objects.filter(met_at__isnull=True, ended_at__isnull=True, paused_at__isnull=True)
    rows = late.filter(missed_at__isnull=True, due_at__lte=at).order_by("due_at")
    return list(rows.values_list("pk", flat=True)[:limit])


def cases_with_deadlines(brand_id: int, after: int, limit: int) -> list[int]:
    """Cases of a brand with a deadline to meet, by their ids, after this one; a handled one can wait for a reply."""
    rows = Case.objects.filter(brand_id=brand_id, pk__gt=after).exclude(due_goal="")
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


def cases_to_check(brand_id: int, after: int, limit: int) -> list[int]:
    """The same, and those that still need work: a deadline that should be there and is not would show nowhere else."""
    rows = Case.objects.filter(~Q(due_goal="") | Q(status__in=UNHANDLED), brand_id=brand_id, pk__gt=after)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


@dataclass(frozen=True, slots=True)
class Moved:
    """A deadline that a change of a calendar would move."""

    case_id: int
    reference: str
    goal: Goal
    from_: datetime
    to: datetime
    is_late_at_once: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What a change would move: how many deadlines, the first of them, and whether every case was looked at."""

    count: int
    first: Sequence[Moved]
    cases: int
    is_all: bool


def preview(brand_id: int, change: Callable[[Calendars], None], now: datetime, *, seer: Seer | None = None) -> Preview:
    """What open deadlines do when the brand's calendars change so; those of the cases due first, where there are many.

    Given who asks, only of the cases that they may open, so that no number tells them of another.
    For example ``preview(brand.pk, lambda known: known.instead(calendar.pk, content), now)``.
    """
    calendars = Calendars(brand_id)
    change(calendars)
    times = Times(brand_id, calendars)
    visible = Case.objects.all() if seer is None else Case.objects.visible_to(seer)
    cases = visible.filter(brand_id=brand_id, status__in=UNHANDLED).exclude(due_goal="").order_by("due_at", "pk")
    found = dict(cases.values_list("pk", "reference")[: PREVIEWED + 1])
    is_all = len(found) <= PREVIEWED
    looked_at = list(found)[:PREVIEWED]
    moved = [each for facts in timing.facts_of(looked_at) for each in _moved(facts, times, found, now)]
    moved.sort(key=lambda each: (each.from_, each.case_id))
    return Preview(len(moved), moved[:LISTED], len(looked_at), is_all)


def _moved(facts: Facts, times: Times, references: Mapping[int, str], now: datetime) -> list[Moved]:
    found = []
    for row in times.compute(facts, now):
        before = facts.kept.get(row.identity)
        if before is None or before.is_settled or before.missed_at is not None or before.due_at == row.due_at:
            continue
        late = row.paused_at is None and row.due_at <= now
        found.append(Moved(facts.case_id, references[facts.case_id], row.goal, before.due_at, row.due_at, late))
    return found


def differences(times: Times, case_ids: Sequence[int], now: datetime) -> list[dict[str, Any]]:
    """What comes out differently when the deadlines of these cases are computed again: ids and names of fields."""
    return [each for facts in timing.facts_of(case_ids) for each in _differences(facts, times, now)]


def _differences(facts: Facts, times: Times, now: datetime) -> list[dict[str, Any]]:
    rows = {row.identity: row for row in times.compute(facts, now)}
    found = []
    for identity, row in rows.items():
        fields = _fields(facts.kept.get(identity), row, now)
        if fields:
            policy, promise, number = identity
            found.append({"policy": policy, "promise": promise, "round": number, "fields": fields})
    # What the case keeps for its lists, against its own rows.
    if facts.due != timing.due_of(facts.kept.values(), now):
        found.append({"fields": ["case.due_at"]})
    return [{"case": facts.case_id, **each} for each in found]


def _fields(kept: Row | None, row: Row, now: datetime) -> list[str]:
    """The names of the fields in which the two differ; what came due a moment ago waits for its clock."""
    if kept is None:
        return ["missing"]
    is_fresh = kept.missed_at is None and row.missed_at is not None and row.missed_at > now - GRACE
    names = [name for name in Row.__slots__ if getattr(kept, name) != getattr(row, name)]
    return [name for name in names if not (is_fresh and name == "missed_at")]


def brands() -> list[int]:
    """Every brand, by its id."""
    return list(Brand.objects.order_by("pk").values_list("pk", flat=True))


def changed_since_last_check() -> list[int]:
    """The brands whose calendars, or whose teams' calendars, changed since the last check."""
    last = last_check()
    kinds = [EventKind.CALENDAR_CHANGED, EventKind.TEAM_CHANGED]
    rows = Event.objects.filter(stream=Stream.BRAND, kind__in=kinds)
    rows = rows.filter(recorded_at__gte=last.at) if last is not None else rows
    return list(rows.order_by("stream_id").values_list("stream_id", flat=True).distinct())
