"""Why each rule acted on a case or did not: what it waits for, what its condition sees, what it did, and when next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.db.models import Max, Prefetch, Q

from cases.models import Call, Case, CasePost, Deadline, Escalation, EscalationStep, Event, RuleVersion
from cases.queries import condition, rule_names
from cases.queries import escalation as working
from cases.queries.calendar import Calendars
from cases.queries.rule import readable
from cases.queries.rule_names import Names
from cases.rules import condition as conditions
from cases.rules import occasion, watching
from cases.rules.condition import Verdict
from cases.rules.escalation import Ladder
from cases.rules.facts import Facts
from cases.vocabulary import ENDED, HEARS, NEVER, UNHANDLED, Goal, Stream, VersionStatus, When


class State(StrEnum):
    """Where a live rule stands with a case."""

    UNREADABLE = "unreadable"
    PAUSED = "paused"
    CASE_ENDED = "case_ended"
    NO_DEADLINE = "no_deadline"
    DEADLINE_PAUSED = "deadline_paused"
    NOT_STANDING = "not_standing"
    NOT_YET_HAPPENED = "not_yet_happened"
    BEFORE_LIVE = "before_live"
    TO_COME = "to_come"
    NOT_MATCHED = "not_matched"
    ACTED = "acted"

    @property
    def is_considered(self) -> bool:
        """Whether what the rule waits for has come while it was live."""
        return self in {State.NOT_MATCHED, State.ACTED}


@dataclass(frozen=True, slots=True)
class Explained:
    """A live rule and a case: ``at`` is when its time came or what it waits for happened, ``next_at`` when it can next.

    ``goal`` is the deadline that it looks at. The verdict is of now, whatever the state.
    """

    version: RuleVersion
    ladder: Ladder | None
    state: State
    at: datetime | None = None
    next_at: datetime | None = None
    goal: Goal | None = None
    verdict: Verdict | None = None
    escalations: Sequence[Escalation] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """Every live rule of the brand in their order, what other rules did here earlier, and what everything is called."""

    rules: Sequence[Explained]
    earlier: Sequence[Escalation]
    names: Names


@dataclass(frozen=True, slots=True)
class _Known:
    """What the rules are held against."""

    case: Case
    now: datetime
    facts: Facts
    deadlines: Sequence[Deadline]
    happened: Mapping[str, datetime]
    calendars: Calendars
    acted: Mapping[int, Sequence[Escalation]] = field(default_factory=dict)


def of_case(case: Case, now: datetime) -> Explanation:
    """Why each rule acted on a case that the person may open, or did not; as many queries for one rule as for many."""
    versions = _versions(case.brand_id)
    ladders = {version.pk: readable(version) for version in versions}
    known = _known(case, [each for each in ladders.values() if each], now)
    rules = [_explained(version, ladders[version.pk], known) for version in versions]
    live = {version.rule_id for version in versions}
    earlier = [one for rule_id, several in known.acted.items() if rule_id not in live for one in several]
    saw = [
        (leaf.condition.fact, leaf.saw)
        for each in rules
        if each.verdict
        for leaf in _leaves(each.verdict)
        if isinstance(leaf.condition, conditions.Leaf)
    ]
    names = rule_names.names_of([each for each in ladders.values() if each], saw=saw)
    return Explanation(rules, earlier, names)


def _versions(brand_id: int) -> list[RuleVersion]:
    rows = RuleVersion.objects.filter(brand_id=brand_id, status=VersionStatus.LIVE, rule__retired_at__isnull=True)
    return list(rows.select_related("rule").order_by("rule__position", "rule_id"))


def _leaves(verdict: Verdict) -> list[Verdict]:
    if isinstance(verdict.condition, conditions.Leaf):
        return [verdict]
    return [leaf for part in verdict.parts for leaf in _leaves(part)]


# ---------------------------------------------------------------- what is read


def _known(case: Case, ladders: Sequence[Ladder], now: datetime) -> _Known:
    needed = {fact for ladder in ladders for fact in conditions.facts_used(ladder.condition)}
    by_rule: dict[int, list[Escalation]] = defaultdict(list)
    for one in escalations_of(case):
        by_rule[one.rule_id].append(one)
    open_ones = Deadline.objects.filter(case=case, met_at__isnull=True, ended_at__isnull=True).order_by("due_at", "pk")
    return _Known(
        case,
        now,
        condition.facts_of([case.pk], needed, now)[case.pk],
        list(open_ones),
        _happened(case),
        Calendars(case.brand_id),
        by_rule,
    )


def escalations_of(case: Case) -> list[Escalation]:
    """What rules did to a case, the newest first, with their steps and whom these called; in three queries."""
    calls = Call.objects.select_related("person").order_by("pk")
    steps = EscalationStep.objects.order_by("number").prefetch_related(Prefetch("calls", calls))
    rows = Escalation.objects.filter(case=case).select_related("rule", "version", "deadline")
    return list(rows.prefetch_related(Prefetch("steps", steps)).order_by("-pk"))


def _happened(case: Case) -> dict[str, datetime]:
    """When what rules wait for happened last, by its kind."""
    kinds = {kind.value for kind in HEARS.values()}
    posts = CasePost.objects.filter(case=case, left_at__isnull=True).values("post_id")
    rows = Event.objects.filter(
        Q(stream=Stream.CASE, stream_id=case.pk) | Q(stream=Stream.POST, stream_id__in=posts), kind__in=kinds
    )
    return dict(rows.order_by().values_list("kind").annotate(Max("occurred_at")))


# ---------------------------------------------------------------- one rule


def _explained(version: RuleVersion, ladder: Ladder | None, known: _Known) -> Explained:
    if ladder is None:
        return Explained(version, None, State.UNREADABLE)
    acted = known.acted.get(version.rule_id, ())
    found = _over(version, known) or _triggered(version, ladder, known, acted)
    state, at, next_at, goal = found
    if acted and state != State.PAUSED:
        state = State.ACTED
    verdict = conditions.explain(ladder.condition, known.facts)
    return Explained(version, ladder, state, at, next_at, goal, verdict, acted)


Found = tuple[State, datetime | None, datetime | None, Goal | None]


def _over(version: RuleVersion, known: _Known) -> Found | None:
    if version.rule.paused_at is not None:
        return State.PAUSED, version.rule.paused_at, None, None
    if known.case.status in ENDED:
        return State.CASE_ENDED, None, None, None
    return None


def _triggered(version: RuleVersion, ladder: Ladder, known: _Known, acted: Sequence[Escalation]) -> Found:
    when = ladder.trigger.when
    if when == When.DEADLINE:
        return _by_deadline(version, ladder, known, acted)
    if when == When.LASTED:
        return _by_standing(version, ladder, known, acted)
    at = known.happened.get(HEARS[when].value)
    if at is None:
        return State.NOT_YET_HAPPENED, None, None, None
    is_before = version.live_at is not None and at < version.live_at
    return (State.BEFORE_LIVE if is_before else State.NOT_MATCHED), at, None, None


def _by_deadline(version: RuleVersion, ladder: Ladder, known: _Known, acted: Sequence[Escalation]) -> Found:
    goal = ladder.trigger.goal
    meant = [each for each in known.deadlines if goal in {None, each.goal} and each.due_at != NEVER]
    if not meant:
        return State.NO_DEADLINE, None, None, goal
    running = [each for each in meant if each.paused_at is None]
    if not running:
        return State.DEADLINE_PAUSED, meant[0].paused_at, None, Goal(meant[0].goal)
    seen = {one.occasion for one in acted}
    moments = [
        (at, each)
        for each in running
        if occasion.of_deadline(each.pk, each.due_at) not in seen
        and (at := watching.falls_at(ladder.trigger, each.due_at, known.calendars.default)) is not None
    ]
    ahead = min(((at, each) for at, each in moments if at > known.now), key=lambda pair: pair[0], default=None)
    over = max(((at, each) for at, each in moments if at <= known.now), key=lambda pair: pair[0], default=None)
    next_at = ahead[0] if ahead else None
    if over is not None:
        is_before = version.swept_from is not None and over[1].due_at <= version.swept_from
        state = State.BEFORE_LIVE if is_before else State.NOT_MATCHED
        return state, over[0], next_at, Goal((ahead or over)[1].goal)
    if ahead is not None:
        return State.TO_COME, None, next_at, Goal(ahead[1].goal)
    return State.NO_DEADLINE, None, None, goal


def _by_standing(version: RuleVersion, ladder: Ladder, known: _Known, acted: Sequence[Escalation]) -> Found:
    standing = ladder.trigger.standing
    since = working.standing_since(known.case, standing) if standing and known.case.status in UNHANDLED else None
    if standing is None or since is None:
        return State.NOT_STANDING, None, None, None
    at = watching.falls_at(ladder.trigger, since, known.calendars.default)
    if at is None or occasion.of_standing(standing, since) in {one.occasion for one in acted}:
        return State.NOT_STANDING, None, None, None
    if at > known.now:
        return State.TO_COME, None, at, None
    is_before = version.swept_from is not None and since <= version.swept_from
    return (State.BEFORE_LIVE if is_before else State.NOT_MATCHED), at, None, None
