"""Where authority is missing: every figure against counting by hand, whatever happened."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pytest_django import DjangoAssertNumQueries

from cases import errors
from cases.commands import action, approval, authority
from cases.commands import case as commands
from cases.models import Action, Approval, Authorisation, Case, Event, Grant, Rate
from cases.queries import grants, missing, people, what_if
from cases.queries.missing import Question, Reason
from cases.rules import missing as rules
from cases.rules.missing import Period
from cases.vocabulary import Role
from tests.desk import taken
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db
NOW = AT + timedelta(days=40)
DAYS = Period(date(2026, 9, 9), date(2026, 9, 30), "Europe/Paris")
AMOUNTS = ["12", "40", "79.99", "80", "80.01", "95", "120", "150", "150.01", "240", "480"]


@pytest.fixture
def stage() -> Stage:
    """Agents decide 80 an action and 400 a week each, the manager 500; dollars are worth half."""
    stage = set_stage()
    Grant.objects.filter(brand=stage.brand).update(ended_at=AT)
    Grant.objects.create(
        brand=stage.brand,
        role=Role.AGENT,
        currency="EUR",
        per_action=80,
        budget_each=400,
        window="week",
        given_at=AT,
    )
    Grant.objects.create(brand=stage.brand, role=Role.MANAGER, currency="EUR", per_action=500, may_waive=True)
    Rate.objects.create(brand=stage.brand, currency="USD", into="EUR", rate=Decimal("0.5"), starts_on=date(2026, 1, 1))
    return stage


def question(stage: Stage, person: Any = None, period: Period = DAYS, **fields: Any) -> Question:
    seer = people.seer_of((person or stage.manager).pk)
    return Question(seer, stage.brand, period, NOW, **fields)


def ask(
    stage: Stage, case: Case, amount: str, at: datetime, by: Any = None, currency: str = "EUR"
) -> tuple[Action, Approval | None]:
    """A refund that the agent decides, or asks for."""
    made = action.add_action(
        case_id=case.pk,
        kind_id=stage.refund.pk,
        amount=Decimal(amount),
        currency=currency,
        reason="Broken",
        at=at,
        actor=actor(by or stage.agent),
    )
    return made, made.approvals.first()


def answer(stage: Stage, waiting: Approval, how: str, at: datetime) -> None:
    """What becomes of a request."""
    by = actor(stage.manager)
    given: dict[str, Any] = {"approval_id": waiting.pk, "at": at, "actor": by}
    if how == "approve":
        approval.approve(**given)
    elif how == "refuse":
        approval.refuse(reason="No", **given)
    elif how == "return":
        approval.give_back(reason="Less", amount=Decimal(5), **given)
    elif how == "withdraw":
        approval.withdraw(approval_id=waiting.pk, at=at, actor=actor(stage.agent))
    elif how == "change":
        asked = waiting.action
        action.change_action(
            action_id=asked.pk,
            wording="Other",
            is_required=True,
            amount=Decimal(7),
            owner_id=None,
            team_id=None,
            due_at=None,
            at=at,
            actor=actor(stage.agent),
        )


def happen(stage: Stage, seed: int, count: int = 60) -> None:
    """Weeks of deciding and asking, by chance; one case is restricted, one is about the manager."""
    chance = random.Random(seed)
    cases = [taken(stage, f"p-{n}", author=f"a-{n}") for n in range(5)]
    commands.restrict(case_id=cases[0].pk, is_restricted=True, at=AT, actor=actor(stage.manager))
    for _ in range(count):
        at = AT + timedelta(minutes=chance.randrange(28 * 24 * 60))
        by = chance.choice([stage.agent, stage.agent, stage.colleague])
        case = chance.choice(cases if by == stage.agent else cases[1:])
        currency = chance.choice(["EUR", "EUR", "EUR", "USD"])
        if chance.random() < 0.15:
            action.add_action(case_id=case.pk, kind_id=stage.apology.pk, at=at, actor=actor(by))
            continue
        _, waiting = ask(stage, case, chance.choice(AMOUNTS), at, by, currency)
        how = chance.choice(["approve"] * 4 + ["refuse", "return", "withdraw", "change", "nothing"])
        if waiting is not None:
            try:
                answer(stage, waiting, how, at + timedelta(minutes=chance.randrange(1, 3000)))
            except (errors.NotAllowed, errors.NotFound):
                continue


def worth(row: Any) -> Any:
    return row.amount if row.amount is None or row.currency == "EUR" else row.amount / 2


def by_hand(stage: Stage, asked: Question, first: date, last: date) -> tuple[list[Authorisation], list[Approval]]:
    """The same rows without SQL."""
    zone = ZoneInfo(stage.brand.zone)

    def is_theirs(case: Case, at: datetime) -> bool:
        return asked.seer.sees(case) and first <= at.astimezone(zone).date() <= last

    decided = Authorisation.objects.select_related("case").filter(approval=None, brand=stage.brand)
    waiting = Approval.objects.select_related("case").filter(brand=stage.brand)
    return (
        [row for row in decided if is_theirs(row.case, row.at)],
        [row for row in waiting if is_theirs(row.case, row.requested_at)],
    )


def percentile(values: list[timedelta], share: float) -> timedelta:
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def gap(row: Approval) -> str:
    event = Event.objects.get(kind="approval_requested", payload__approval=row.pk)
    return str(event.payload["gap"])


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("who", ["manager", "auditor"])
def test_counts_what_counting_by_hand_counts(stage: Stage, seed: int, who: str) -> None:
    happen(stage, seed)
    asked = question(stage, getattr(stage, who))
    bounds = [Decimal(40), Decimal(80), Decimal(150)]
    found = missing.figures(asked, bounds, missing.kinds(stage.brand), Decimal(150))
    alone, requests = by_hand(stage, asked, DAYS.first, DAYS.last)
    now = found.now
    assert (now.alone, now.asked, now.cases) == (len(alone), len(requests), len({row.case_id for row in requests}))
    assert now.share == round(100 * len(alone) / (len(alone) + len(requests)))
    no = [row for row in requests if row.status in {"refused", "returned"}]
    assert (now.refused, now.refused_under) == (len(no), len([row for row in no if worth(row) <= 150]))
    assert now.least_refused == min((worth(row) for row in no), default=None)
    waits = [(row.decided_at or NOW) - row.requested_at for row in requests if row.status not in {"withdrawn", "void"}]
    assert abs(now.half - percentile(waits, 0.5)) < timedelta(milliseconds=1)
    assert abs(now.nine_tenths - percentile(waits, 0.9)) < timedelta(milliseconds=1)
    gaps = [gap(row) for row in requests]
    assert now.reasons[Reason.LIMIT] == gaps.count("per_action")
    assert now.reasons[Reason.USED_UP] == gaps.count("budget") + gaps.count("per_complainant")
    for band in found.bands:
        if band.is_none:
            inside = [row for row in [*alone, *requests] if row.amount is None]
        else:
            rows = [row for row in [*alone, *requests] if row.amount is not None]
            inside = [r for r in rows if (band.over or 0) < worth(r) <= (band.upto or Decimal("Infinity"))]
        assert band.figures.alone == len([row for row in inside if isinstance(row, Authorisation)])
        assert band.figures.asked == len([row for row in inside if isinstance(row, Approval)])
    for kind, figures in found.kinds:
        assert figures.alone == len([row for row in alone if row.kind_id == kind.pk])
        assert figures.asked == len([row for row in requests if row.kind_id == kind.pk])
    was_alone, was_requests = by_hand(stage, asked, DAYS.before.first, DAYS.before.last)
    assert (found.before.alone, found.before.asked) == (len(was_alone), len(was_requests))


@pytest.mark.parametrize("seed", [4, 5])
@pytest.mark.parametrize("budget", [None, "400"])
def test_another_limit_decides_what_counting_by_hand_decides(stage: Stage, seed: int, budget: str | None) -> None:
    happen(stage, seed)
    grant = Grant.objects.get(brand=stage.brand, role=Role.AGENT, ended_at=None)
    if budget is None:
        grant = authority.replace_grant(
            grant_id=grant.pk, terms=_without_budget(grant), at=NOW, actor=actor(stage.admin)
        )
    asked = question(stage)
    change = what_if.Change(grant, Decimal(150))
    saved = what_if.saved(asked, change)
    _, requests = by_hand(stage, asked, DAYS.first, DAYS.last)
    open_ = [r for r in requests if gap(r) == "per_action" and r.status not in {"withdrawn", "void"}]
    able = [row for row in open_ if 80 < worth(row) <= 150]
    if budget:
        able = _within_budget(grant, able)
    assert saved.count == len(able) > 0
    assert {row.pk for row in what_if.saved_rows(asked, change)} == {row.pk for row in able}
    assert saved.granted == len([row for row in able if row.status == "granted"])
    assert saved.worst == sum((worth(row) for row in able if row.status != "granted"), Decimal(0))
    waits = [(row.decided_at or NOW) - row.requested_at for row in able]
    assert abs(saved.half - percentile(waits, 0.5)) < timedelta(milliseconds=1)


def _without_budget(grant: Grant) -> Any:
    return replace(grants.terms_of(grant), budget_each=None)


def _within_budget(grant: Grant, rows: list[Approval]) -> list[Approval]:
    """Those whose week has room for what was used of the grant in it, and for all asked for before them."""
    zone = ZoneInfo("Europe/Paris")
    kept = []
    for row in rows:
        week = row.requested_at.astimezone(zone).isocalendar()[:2]

        def is_theirs(person_id: int, at: datetime, week: Any = week, row: Approval = row) -> bool:
            return person_id == row.requested_by_id and at.astimezone(zone).isocalendar()[:2] == week

        live = grant.authorisations.filter(released_at=None)
        used = sum((each.charged for each in live if is_theirs(each.holder_id, each.at)), Decimal(0))
        earlier = [
            each
            for each in rows
            if is_theirs(each.requested_by_id, each.requested_at)
            and (each.requested_at, each.pk) <= (row.requested_at, row.pk)
        ]
        if used + sum((worth(each) for each in earlier), Decimal(0)) <= 400:
            kept.append(row)
    return kept


class TestProposals:
    def test_the_smallest_round_limit_that_decides_two_in_three(self, stage: Stage) -> None:
        case = taken(stage)
        for n, amount in enumerate(["90", "95", "110", "130", "145", "300"]):
            _, waiting = ask(stage, case, amount, AT + timedelta(days=2, hours=n))
            assert waiting is not None
            answer(stage, waiting, "approve", AT + timedelta(days=2, hours=n + 4))
        [found] = what_if.proposals(question(stage))
        assert (found.asked, found.granted, found.limit) == (6, 6, Decimal(150))
        assert (found.saved, found.saved_granted, found.half) == (5, 5, timedelta(hours=4))

    def test_is_none_for_too_few(self, stage: Stage) -> None:
        case = taken(stage)
        for n in range(4):
            _, waiting = ask(stage, case, "90", AT + timedelta(days=2, hours=n))
            assert waiting is not None
            answer(stage, waiting, "approve", AT + timedelta(days=3))
        [found] = what_if.proposals(question(stage))
        assert (found.asked, found.limit) == (4, None)

    def test_leaves_out_who_does_not_hold_the_grant(self, stage: Stage) -> None:
        ask(stage, taken(stage), "90", AT + timedelta(days=2))
        other = Grant.objects.create(brand=stage.brand, person=stage.colleague, currency="EUR", per_action=85)
        assert [each.grant.pk for each in what_if.proposals(question(stage))] != [other.pk]
        assert what_if.saved(question(stage), what_if.Change(other, Decimal(500))).count == 0


class TestPeriod:
    @pytest.mark.parametrize(
        ("moment", "is_in"),
        [
            (datetime(2026, 9, 8, 21, 59, 59, tzinfo=UTC), False),
            (datetime(2026, 9, 8, 22, 0, tzinfo=UTC), True),
            (datetime(2026, 9, 30, 21, 59, 59, tzinfo=UTC), True),
            (datetime(2026, 9, 30, 22, 0, tzinfo=UTC), False),
        ],
    )
    def test_begins_and_ends_at_the_brands_midnight(self, stage: Stage, moment: datetime, is_in: bool) -> None:
        ask(stage, taken(stage), "90", moment)
        ask(stage, taken(stage, "p-2", author="b"), "10", moment)
        now = missing.figures(question(stage), [], [], None).now
        assert (now.asked, now.alone) == ((1, 1) if is_in else (0, 0))


class TestVisibility:
    def test_counts_only_cases_the_viewer_may_open(self, stage: Stage) -> None:
        case = taken(stage)
        ask(stage, case, "90", AT + timedelta(days=2))
        commands.restrict(case_id=case.pk, is_restricted=True, at=AT, actor=actor(stage.manager))
        assert missing.figures(question(stage), [], [], None).now.asked == 1
        assert missing.figures(question(stage, stage.auditor), [], [], None).now.asked == 0
        assert what_if.proposals(question(stage, stage.auditor)) == []

    def test_shows_strangers_nothing(self, stage: Stage) -> None:
        ask(stage, taken(stage), "90", AT + timedelta(days=2))
        asked = question(stage, stage.outsider)
        assert missing.figures(asked, [], [], None).now.total == 0
        assert missing.largest(asked) is None

    def test_a_team_is_the_team_of_who_asks(self, stage: Stage) -> None:
        ask(stage, taken(stage), "90", AT + timedelta(days=2))
        assert missing.figures(question(stage, team_id=stage.team.pk), [], [], None).now.asked == 1
        assert missing.figures(question(stage, team_id=stage.team.pk + 1), [], [], None).now.asked == 0


@pytest.mark.parametrize("count", [1, 20])
def test_takes_as_many_queries_however_many_rows(
    stage: Stage, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    case = taken(stage)
    for n in range(count):
        ask(stage, case, "90", AT + timedelta(days=2, minutes=n))
    asked = question(stage)
    with django_assert_num_queries(5):
        largest = missing.largest(asked)
        missing.figures(asked, rules.bounds([Decimal(80)], [], largest), [], None)
        [found] = what_if.proposals(asked)
        assert found.grant.role == Role.AGENT
    with django_assert_num_queries(1):
        assert what_if.saved(asked, what_if.Change(found.grant, Decimal(90))).count == min(count, 4)
