"""Rules walked through hand-made and random pasts: exactly these acts, at exactly these times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.rules import escalation
from cases.rules.calendar import build
from cases.rules.escalation import Ladder
from cases.rules.history import Due, History, Joined, Line, Sighting
from cases.rules.replay import Act, Context, Crew, Period, replay
from cases.rules.replay_clock import Clock
from cases.rules.replay_tally import Hours, Tally, held_back, load_of, summary
from cases.vocabulary import EventKind, Goal, Reason, Role, RuleLimits

# A Monday.
AT = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PERIOD = AT, AT + 14 * DAY
AGENT, OTHER, LEAD, DUTY, MANAGER = 1, 2, 3, 4, 5
CLOCK = Clock(
    build(zone="Europe/Paris", week={day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}),
    *PERIOD,
)
PEOPLE = dict.fromkeys((AGENT, OTHER, LEAD, DUTY), Role.AGENT) | {MANAGER: Role.MANAGER}
CONTEXT = Context(CLOCK, {7: Crew(LEAD, DUTY, (AGENT, OTHER))}, (MANAGER,), PEOPLE)
TELL = {"kind": "tell", "whom": "owner_or_duty", "hours": "always"}


def ladder(when: dict[str, Any], *steps: dict[str, Any], condition: Any = None, stop: str = "") -> Ladder:
    """A rule that tells whoever is there, unless its steps are given."""
    return escalation.parse(when, condition or {}, list(steps or (TELL,)), stop)


def line(hours: float, kind: EventKind, person: int | None = AGENT, *, actor: str = "", **said: Any) -> Line:
    """Something that happened so many hours in, by somebody of ours unless it says another."""
    by = actor or ("person" if person is not None else "system")
    return Line(int(hours * 1000), kind.value, AT + hours * HOUR, by, said.pop("by", person), person, said)


def history(*lines: Line, **fields: Any) -> History:
    """A case that was opened at eight."""
    opened = line(0, EventKind.CASE_OPENED, None, severity=3, category=9)
    return History(1, AT, AT - HOUR, sorted([opened, *lines], key=lambda each: each.at), team=7, **fields)


def due(at: datetime, **fields: Any) -> Due:
    """A deadline that stands since the case was opened."""
    ends = dict.fromkeys(("met_at", "missed_at", "ended_at")) | fields
    return Due(5, Goal.FIRST_REPLY, ((AT, None, at),), **ends)


def acts(past: History, *ladders: Ladder, period: Period = PERIOD, context: Context = CONTEXT) -> list[Act]:
    """What these rules, called by their place, would have done."""
    return replay(past, [(str(place), one) for place, one in enumerate(ladders)], context, period)


def told(found: Sequence[Act]) -> list[tuple[datetime, int, tuple[int, ...]]]:
    """When which step was taken, and whom it called."""
    return [(act.at, act.step, act.called) for act in found if act.reason is None]


WROTE = {"when": "wrote"}
BEFORE = {"when": "deadline", "goal": "first_reply", "offset_amount": 4, "offset_unit": "hour", "before": True}
UNANSWERED = {"when": "lasted", "standing": "unanswered", "offset_amount": 3, "offset_unit": "open_hour"}


def test_acts_when_the_complainant_wrote_and_says_when_people_reacted() -> None:
    past = history(
        line(1, EventKind.CASE_ASSIGNED, owner=AGENT),
        line(5, EventKind.MESSAGE_RECEIVED, None),
        line(7, EventKind.MESSAGE_SENT),
    )
    [act] = acts(past, ladder(WROTE))
    assert (act.at, act.called, act.reacted_at) == (AT + 5 * HOUR, (AGENT,), AT + 7 * HOUR)


def test_looks_at_what_was_so_then() -> None:
    severe = {"all": [{"fact": "severity", "op": "at_least", "value": 4}]}
    past = history(
        line(2, EventKind.MESSAGE_RECEIVED, None),
        line(3, EventKind.CASE_CLASSIFIED, severity=4, category=9, severity_before=3, category_before=9),
        line(4, EventKind.MESSAGE_RECEIVED, None),
        line(5, EventKind.CASE_CLASSIFIED, severity=1, category=9, severity_before=4, category_before=9),
        line(6, EventKind.MESSAGE_RECEIVED, None),
    )
    [act] = acts(past, ladder(WROTE, condition=severe))
    assert act.at == AT + 4 * HOUR
    assert act.saw == ({"fact": "severity", "op": "at_least", "value": 4, "saw": 4, "holds": True},)


def test_acts_before_a_deadline_that_is_not_met_by_then() -> None:
    open_one = history(deadlines=[due(AT + 10 * HOUR, met_at=AT + 9 * HOUR)])
    assert told(acts(open_one, ladder(BEFORE))) == [(AT + 6 * HOUR, 1, (DUTY,))]
    assert acts(open_one, ladder(BEFORE))[0].reacted_at == AT + 9 * HOUR
    met = history(deadlines=[due(AT + 10 * HOUR, met_at=AT + 6 * HOUR)])
    assert acts(met, ladder(BEFORE)) == []


def test_a_moved_deadline_is_another_occasion() -> None:
    moved = Due(
        5,
        Goal.FIRST_REPLY,
        ((AT, AT + 8 * HOUR, AT + 10 * HOUR), (AT + 8 * HOUR, None, AT + 30 * HOUR)),
        None,
        None,
        None,
    )
    found = acts(history(deadlines=[moved]), ladder(BEFORE))
    assert [act.at for act in found] == [AT + 6 * HOUR, AT + 26 * HOUR]


def test_a_standing_counts_working_hours_and_ends_with_an_answer() -> None:
    # Posted at nine in Paris: three working hours later it is noon there.
    assert told(acts(history(), ladder(UNANSWERED))) == [(AT + 2 * HOUR, 1, (DUTY,))]
    answered = history(line(1, EventKind.REPLY_POSTED))
    assert acts(answered, ladder(UNANSWERED)) == []
    # Friday at half past five in Paris: the clock goes on on Monday.
    wrote_late = history(line(1, EventKind.REPLY_POSTED), line(103.5, EventKind.MESSAGE_RECEIVED, None))
    assert [act.at for act in acts(wrote_late, ladder(UNANSWERED))] == [AT + 7 * DAY + 1.5 * HOUR]


def test_a_ladder_goes_on_until_what_ends_it() -> None:
    steps = (
        {"kind": "tell", "whom": "owner", "hours": "always"},
        {"kind": "tell", "whom": "lead", "hours": "always", "after_minutes": 60},
        {"kind": "tell", "whom": "managers", "hours": "always", "after_minutes": 600},
    )
    past = history(
        line(1, EventKind.CASE_ASSIGNED, owner=AGENT),
        line(2, EventKind.MESSAGE_RECEIVED, None),
        line(6, EventKind.MESSAGE_SENT),
    )
    found = acts(past, ladder(WROTE, *steps, stop="replied"))
    assert told(found) == [(AT + 2 * HOUR, 1, (AGENT,)), (AT + 3 * HOUR, 2, (LEAD,))]
    assert [(act.step, act.reason) for act in found if act.reason] == [(3, Reason.STOPPED)]
    assert len(told(acts(past, ladder(WROTE, *steps)))) == 3


def test_whoever_is_away_is_not_on_duty() -> None:
    away = Context(CLOCK, CONTEXT.crews, (MANAGER,), CONTEXT.people, {DUTY: [(AT, AT + DAY)], LEAD: [PERIOD]})
    past = history(line(1, EventKind.MESSAGE_RECEIVED, None), line(30, EventKind.MESSAGE_RECEIVED, None))
    assert [act.called for act in acts(past, ladder(WROTE), context=away)] == [(MANAGER,), (DUTY,)]
    [nobody, _] = acts(past, ladder(WROTE, {"kind": "tell", "whom": "owner"}))
    assert nobody.reason == Reason.NOBODY


def test_reach_counts_what_was_gained_within_the_time() -> None:
    seen = [Sighting(3, AT + n * HOUR, "reach", views, None) for n, views in ((1, 100), (2, 200), (3, 900))]
    said = {"post": 3, "kind": "reach"}
    lines = [line(n, EventKind.POST_OBSERVED, None)._replace(said=said) for n in (1, 2, 3)]
    past = history(*lines, posts=[Joined(3, AT, None, AT)], sightings=seen)
    high = ladder({"when": "reach", "reach": "views", "above": 150})
    fast = ladder({"when": "reach", "reach": "views", "above": 500, "within_minutes": 60})
    assert [act.at - AT for act in acts(past, high)] == [2 * HOUR]
    assert [act.at - AT for act in acts(past, fast)] == [3 * HOUR]


def test_rules_that_set_each_other_off_are_cut_where_they_really_were_so_deep() -> None:
    tagged = line(2, EventKind.CASE_TAGGED, None, actor="rule", by=8, tag=1)
    shallow = history(tagged, depths=[(tagged.at, 8, RuleLimits.CHAIN - 1)])
    deep = history(tagged, depths=[(tagged.at, 8, RuleLimits.CHAIN.value)])
    assert [act.reason for act in acts(shallow, ladder({"when": "tagged"}))] == [None]
    assert [act.reason for act in acts(deep, ladder({"when": "tagged"}))] == [Reason.LOOP]


def test_a_later_step_comes_from_an_occasion_before_the_period() -> None:
    past = history(line(2, EventKind.MESSAGE_RECEIVED, None))
    rule = ladder(WROTE, TELL, TELL | {"after_minutes": 120})
    assert told(acts(past, rule, period=(AT + 3 * HOUR, AT + 9 * HOUR))) == [(AT + 4 * HOUR, 2, (DUTY,))]


# ---- every past

KINDS = (
    EventKind.MESSAGE_RECEIVED,
    EventKind.MESSAGE_SENT,
    EventKind.CASE_WAITING,
    EventKind.CASE_RESUMED,
    EventKind.CASE_HANDLED,
    EventKind.CASE_REOPENED,
    EventKind.REPLY_POSTED,
)
RULES = (
    ladder(WROTE, TELL, TELL | {"after_minutes": 240}, stop="replied"),
    ladder(UNANSWERED, TELL, TELL | {"after_minutes": 90}, stop="cause_gone"),
    ladder(BEFORE, condition={"all": [{"fact": "status", "op": "is_not", "value": "waiting"}]}),
    ladder({"when": "lasted", "standing": "waiting", "offset_amount": 2, "offset_unit": "hour"}, stop="handled"),
    ladder({"when": "reopened"}, condition={"any": [{"fact": "private_reply", "op": "yes"}]}),
)


@st.composite
def pasts(draw: st.DrawFn) -> History:
    """A case in which anything happened."""
    lines = [
        line(draw(st.integers(1, 200)), kind, None if kind == EventKind.MESSAGE_RECEIVED else AGENT)
        for kind in draw(st.lists(st.sampled_from(KINDS), max_size=8))
    ]
    if draw(st.booleans()):
        lines.append(line(1, EventKind.CASE_ASSIGNED, owner=AGENT))
    at = AT + draw(st.integers(2, 100)) * HOUR
    met = draw(st.none() | st.integers(1, 120).map(lambda hours: AT + hours * HOUR))
    return history(*lines, deadlines=[due(at, met_at=met)])


@given(past=pasts(), cut=st.integers(0, 14 * 24))
def test_two_parts_of_a_period_make_the_whole(past: History, cut: int) -> None:
    middle = AT + cut * HOUR
    parts = acts(past, *RULES, period=(AT, middle)) + acts(past, *RULES, period=(middle, PERIOD[1]))
    assert sorted(parts, key=repr) == sorted(acts(past, *RULES), key=repr)


@given(past=pasts(), first=st.integers(0, 200), length=st.integers(1, 200))
def test_never_acts_outside_its_period(past: History, first: int, length: int) -> None:
    period = AT + first * HOUR, AT + (first + length) * HOUR
    assert all(period[0] <= act.at < period[1] for act in acts(past, *RULES, period=period))


@given(past=pasts(), rule=st.sampled_from(RULES))
def test_a_draft_that_is_as_the_live_rule_does_the_same(past: History, rule: Ladder) -> None:
    found = acts(past, rule, *RULES, rule)
    mine, theirs = ([{**_plain(act), "key": ""} for act in found if act.key == key] for key in ("0", "6"))
    assert mine == theirs


def _plain(act: Act) -> dict[str, Any]:
    return {name: getattr(act, name) for name in Act.__slots__}


# ---- what it comes to


def test_tallies_add_up_and_say_who_is_called_when() -> None:
    rule = ladder(WROTE, {"kind": "tell", "whom": "owner_or_duty"})
    # In the middle of the night the call waits for the morning.
    past = history(line(16, EventKind.MESSAGE_RECEIVED, None), line(18, EventKind.MESSAGE_SENT))
    hours, whole = Hours(CLOCK), Tally()
    for _case in range(2):
        part = Tally()
        part.add(acts(past, rule), rule, hours)
        whole.join(part.as_json())
    found = summary(whole, [], hours, limit=6)
    assert (found["acted"], found["cases"], found["calls"], found["earlier"]) == (2, 2, 2, 7200)
    assert found["days"] == {"2026-06-02": 2}
    assert found["people"] == [{"person": DUTY, "calls": 2, "peak": 2, "peak_on": "2026-06-02"}]
    assert found["hours"][9] == 2
    assert (found["night"], found["outside"]) == (0, 0)


def test_calls_out_of_hours_at_night_are_counted() -> None:
    midnight = int((AT + 14 * HOUR).timestamp())
    evening = int((AT + 10 * HOUR + HOUR / 2).timestamp())
    _, by_hour, night, outside = load_of({DUTY: [midnight, evening]}, Hours(CLOCK))
    assert (by_hour[0], by_hour[20], night, outside) == (1, 1, 1, 2)


@pytest.mark.parametrize(
    ("calls", "others", "held"),
    [([0, 10, 20], [], 1), ([0, 10, 4000], [], 0), ([20], [0, 10], 1), ([0, 10, 20, 30, 3605, 3606], [], 4)],
)
def test_more_calls_than_allowed_within_an_hour_are_held_back(calls: list[int], others: list[int], held: int) -> None:
    assert held_back(calls, others, limit=2) == held
