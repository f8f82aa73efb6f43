"""What a replay comes to: how often each rule would have acted and called whom, when, and what would be held back."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from cases.rules.escalation import Ladder
from cases.rules.replay import Act
from cases.rules.replay_clock import Clock
from cases.vocabulary import HoursFor, Reason

NIGHT_FROM, NIGHT_TO = 22, 6
_HOUR = 3600


@dataclass(slots=True)
class Hours:
    """By which calendar each person works; whoever has none of their own works by the brand's."""

    brand: Clock
    of_person: Mapping[int, Clock] = field(default_factory=dict)

    def of(self, person: int) -> Clock:
        """The calendar of somebody's team."""
        return self.of_person.get(person, self.brand)


@dataclass(slots=True)
class Tally:
    """What one rule would have done in some cases; what two tallies say adds up."""

    acted: int = 0
    cases: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    days: Counter[str] = field(default_factory=Counter)
    # Seconds by which a step came before people reacted; less than nothing where it came after.
    earlier: list[int] = field(default_factory=list)
    # When each person would have been called, in seconds since 1970.
    calls: dict[int, list[int]] = field(default_factory=dict)

    def add(self, acts: Iterable[Act], ladder: Ladder, hours: Hours) -> None:
        """Count what it would have done in one case."""
        zone, has_acted = hours.brand.calendar.zone, False
        for act in acts:
            if act.reason is not None:
                self.reasons[act.reason.value] += 1
            if act.reason not in {None, Reason.NOBODY}:
                continue
            self.acted, has_acted = self.acted + 1, True
            self.days[act.at.astimezone(zone).date().isoformat()] += 1
            # What reaches nobody comes before nobody.
            if act.reacted_at is not None and act.reason is None:
                self.earlier.append(round((act.reacted_at - act.at).total_seconds()))
            for person in act.called:
                is_at_once = ladder.steps[act.step - 1].hours == HoursFor.ALWAYS
                call_at = act.at if is_at_once else hours.of(person).next_open(act.at)
                self.calls.setdefault(person, []).append(int(call_at.timestamp()))
        self.cases += has_acted

    def as_json(self) -> dict[str, Any]:
        """The tally as small JSON."""
        return {
            "acted": self.acted,
            "cases": self.cases,
            "reasons": dict(self.reasons),
            "days": dict(self.days),
            "earlier": self.earlier,
            "calls": {str(person): sorted(calls) for person, calls in self.calls.items()},
        }

    def join(self, part: Mapping[str, Any]) -> None:
        """Add what another tally says in JSON."""
        self.acted += part["acted"]
        self.cases += part["cases"]
        self.reasons.update(part["reasons"])
        self.days.update(part["days"])
        self.earlier += part["earlier"]
        for person, calls in part["calls"].items():
            self.calls.setdefault(int(person), []).extend(calls)


def summary(tally: Tally, others: Sequence[Tally], hours: Hours, limit: int) -> dict[str, Any]:
    """The figures of one rule; ``others`` call the same people at the same time, and count for the rate guard."""
    loads, by_hour, night, outside = load_of(tally.calls, hours)
    return {
        "acted": tally.acted,
        "cases": tally.cases,
        "calls": sum(one["calls"] for one in loads),
        "days": dict(sorted(tally.days.items())),
        "hours": by_hour,
        "night": night,
        "outside": outside,
        "people": loads,
        "reacted": len(tally.earlier),
        "earlier": round(median(tally.earlier)) if tally.earlier else None,
        "held": sum(
            held_back(calls, [at for one in others for at in one.calls.get(person, ())], limit)
            for person, calls in tally.calls.items()
        ),
        "stopped": tally.reasons[Reason.STOPPED.value],
        "nothing": tally.reasons[Reason.NOTHING.value],
        "nobody": tally.reasons[Reason.NOBODY.value],
        "loops": tally.reasons[Reason.LOOP.value],
    }


def load_of(calls: Mapping[int, Sequence[int]], hours: Hours) -> tuple[list[dict[str, Any]], list[int], int, int]:
    """Per person how many calls, and how many on the day with the most; calls by the hour, at night, out of hours."""
    loads, by_hour, night, outside = [], [0] * 24, 0, 0
    for person, seconds in calls.items():
        clock, days = hours.of(person), Counter[str]()
        for second in seconds:
            at = datetime.fromtimestamp(second, UTC)
            local = at.astimezone(clock.calendar.zone)
            by_hour[local.hour] += 1
            days[local.date().isoformat()] += 1
            if not clock.is_open(at):
                outside += 1
                night += local.hour >= NIGHT_FROM or local.hour < NIGHT_TO
        peak_on, peak = min(days.items(), key=lambda one: (-one[1], one[0]))
        loads.append({"person": person, "calls": len(seconds), "peak": peak, "peak_on": peak_on})
    return sorted(loads, key=lambda one: (-one["calls"], one["person"])), by_hour, night, outside


def held_back(calls: Iterable[int], others: Iterable[int], limit: int) -> int:
    """How many of the calls to one person would wait to be bundled: more than so many were made within an hour."""
    made: deque[int] = deque()
    held, bundle_at = 0, None
    for second, is_mine in sorted([*((at, True) for at in calls), *((at, False) for at in others)]):
        if bundle_at is not None and second >= bundle_at:
            # What was held back goes out as one.
            made.append(bundle_at)
            bundle_at = None
        while made and made[0] <= second - _HOUR:
            made.popleft()
        if bundle_at is None and made and made[-1] == second:
            # What is due at the same time goes out as one, too.
            continue
        if bundle_at is None and len(made) < limit:
            made.append(second)
            continue
        bundle_at = bundle_at or made[0] + _HOUR
        held += is_mine
    return held


def local_days(starts: datetime, ends: datetime, clock: Clock) -> list[str]:
    """Every day of a period by the brand's clocks, so that a chart has the empty ones too."""
    day, last = clock.calendar.local_day(starts), clock.calendar.local_day(ends - timedelta(microseconds=1))
    return [(day + timedelta(days=n)).isoformat() for n in range((last - day).days + 1)]
