"""Many decisions at the same moment on one budget, on real connections: what is used up is never used twice."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import psycopg
import pytest
from django.db import connection, transaction

from cases import errors
from cases.commands import action, approval
from cases.models import Action, Approval, Authorisation, Case, Grant
from cases.vocabulary import ActionStatus, ApprovalStatus, Role
from tests.authority import limited, refund, taken
from tests.faults.test_races import together
from tests.people import AT, actor, set_stage

pytestmark = [pytest.mark.usefixtures("own_database"), pytest.mark.database]
Connect = Callable[[], psycopg.Connection]
CROWD = 8


def charged(grant: Grant) -> Decimal:
    """What stands as used of the grant."""
    return sum((row.charged for row in Authorisation.objects.filter(grant=grant, released_at__isnull=True)), Decimal(0))


def test_a_crowd_on_one_shared_budget() -> None:
    stage = set_stage()
    Grant.objects.filter(role=Role.MANAGER).update(ended_at=AT)
    grant = limited(stage, budget_shared=Decimal(300), window="day")
    cases = [taken(stage, f"p-{number}") for number in range(CROWD)]
    results = together(*[lambda c=case: refund(stage, c, 100) for case in cases])
    won = [result for result in results if isinstance(result, Action)]
    # Nobody else has anything left either, so the others are refused and nothing of them stays.
    assert len(won) == 3, results
    assert all(isinstance(result, errors.NobodyMayDecide) for result in results if result not in won), results
    assert charged(grant) == 300
    assert Action.objects.filter(kind=stage.refund, amount=100).count() == 3


def test_two_approvals_race_for_the_last_hundred() -> None:
    stage = set_stage()
    limited(stage, per_action=Decimal(50))
    Grant.objects.filter(role=Role.MANAGER).update(ended_at=AT)
    boss = Grant.objects.create(
        brand=stage.brand, person=stage.manager, currency="EUR", budget_each=Decimal(100), window="month"
    )
    requests = [refund(stage, taken(stage, f"p-{number}"), 100).approvals.get() for number in range(2)]
    results = together(
        *[
            lambda r=request: approval.approve(approval_id=r.pk, at=AT, actor=actor(stage.manager))
            for request in requests
        ]
    )
    assert sorted(type(result).__name__ for result in results) == ["Approval", "BudgetExhausted"]
    assert charged(boss) == 100
    assert sorted(Approval.objects.values_list("status", flat=True)) == [
        ApprovalStatus.GRANTED,
        ApprovalStatus.WAITING,
    ]


def test_one_complainant_twice_through_two_grants() -> None:
    stage = set_stage()
    limited(stage, per_complainant=Decimal(100), complainant_days=30)
    Grant.objects.filter(role=Role.MANAGER).update(ended_at=AT)
    Grant.objects.create(
        brand=stage.brand, person=stage.colleague, currency="EUR", per_complainant=Decimal(100), complainant_days=30
    )
    mine = taken(stage)
    other = taken(stage, "p-2")
    Case.objects.filter(pk=other.pk).update(complainant=mine.complainant)
    results = together(
        lambda: refund(stage, mine, 80),
        lambda: refund(stage, Case.objects.get(pk=other.pk), 80, actor=actor(stage.colleague)),
    )
    assert len([result for result in results if isinstance(result, Action)]) == 1, results


@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_holds_at_every_isolation_level(level: str, raw: Connect) -> None:
    stage = set_stage()
    grant = limited(stage, budget_each=Decimal(100), window="day")
    steps = [
        Action.objects.create(
            case=taken(stage, f"p-{number}"),
            kind=stage.refund,
            amount=Decimal(100),
            currency="EUR",
            is_required=False,
            created_at=AT,
        )
        for number in range(2)
    ]
    one, other = raw(), raw()
    for link in (one, other):
        link.execute(f"BEGIN ISOLATION LEVEL {level}")
        link.execute("SELECT count(*) FROM cases_authorisation")
    decide = (
        "INSERT INTO cases_authorisation (brand_id, case_id, complainant_id, action_id, grant_id, person_id, holder_id,"
        " kind_id, amount, currency, wording, charged, at) SELECT c.brand_id, c.id, c.complainant_id, a.id, %s, %s, %s,"
        " a.kind_id, a.amount, a.currency, a.wording, 0, %s FROM cases_action a JOIN cases_case c ON c.id = a.case_id"
        " WHERE a.id = %s"
    )
    one.execute(decide, [grant.pk, stage.agent.pk, stage.agent.pk, AT, steps[0].pk])
    other.execute("SET LOCAL lock_timeout = '300ms'")
    with pytest.raises(psycopg.errors.LockNotAvailable):
        other.execute(decide, [grant.pk, stage.agent.pk, stage.agent.pk, AT, steps[1].pk])
    other.execute("ROLLBACK")
    one.execute("COMMIT")
    with pytest.raises(psycopg.DatabaseError) as caught:
        other.execute(decide, [grant.pk, stage.agent.pk, stage.agent.pk, AT, steps[1].pk])
    assert caught.value.diag.message_hint == "budget_exhausted"
    assert charged(grant) == 100


def test_an_approval_and_a_change_of_the_amount_cannot_both_win() -> None:
    stage = set_stage()
    limited(stage)
    request = refund(stage, taken(stage), 150).approvals.get()
    step = request.action
    results = together(
        lambda: approval.approve(approval_id=request.pk, at=AT, actor=actor(stage.manager)),
        lambda: action.change_action(
            action_id=step.pk,
            wording="",
            is_required=False,
            amount=Decimal(900),
            owner_id=None,
            team_id=None,
            due_at=None,
            at=AT,
            actor=actor(stage.agent),
        ),
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM cases_action a WHERE a.id = %s AND a.status IN ('approved','in_progress','done')"
            " AND NOT casedesk_authorised(a)",
            [step.pk],
        )
        assert cursor.fetchone() == (0,)
    step.refresh_from_db()
    # Whoever came first: 900 was asked for anew, and nobody has approved that.
    assert (step.amount, step.status) == (Decimal(900), ActionStatus.AWAITING_APPROVAL), results
