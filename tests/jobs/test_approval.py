"""The sweep of requests: whoever does not answer, leaves, is away or loses the authority is asked no more."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine

from cases.jobs import approval as jobs
from cases.models import Approval, Kind, Membership, User
from cases.vocabulary import Passed, Role
from tests.approvals import LATER, approve, asked, away, end_managers, give, limit, planned, waiting
from tests.people import AT, Stage, person, set_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    stage = set_stage()
    limit(stage)
    return stage


@pytest.fixture
def other(stage: Stage) -> User:
    made = person("other")
    Membership.objects.create(person=made, brand=stage.brand, role=Role.AGENT)
    give(stage, person=made, per_action=Decimal(5000))
    return made


def sweep(hours: float = 1) -> None:
    with time_machine.travel(AT + timedelta(hours=hours), tick=False):
        jobs.sweep_approvals()


def passed(request: Approval) -> str:
    return request.asked.order_by("pk")[0].passed


def now_asked(request: Approval) -> User | None:
    one = asked(request)
    return one.person if one else None


def test_leaves_alone_what_may_still_be_answered(stage: Stage, other: User) -> None:
    request = waiting(planned(stage))
    sweep(3.9)
    assert (now_asked(request), request.asked.count()) == (stage.manager, 1)


def test_moves_on_what_nobody_answered_in_time(stage: Stage, other: User) -> None:
    request = waiting(planned(stage))
    sweep(4)
    assert (now_asked(request), passed(request)) == (other, Passed.TOO_LATE)
    sweep(4)
    assert request.asked.count() == 2


def test_moves_on_from_somebody_who_left(stage: Stage, other: User) -> None:
    request = waiting(planned(stage))
    User.objects.filter(pk=stage.manager.pk).update(is_active=False)
    sweep()
    assert (now_asked(request), passed(request)) == (other, Passed.GONE)


def test_moves_on_from_somebody_who_is_away_to_their_deputy_first(stage: Stage, other: User) -> None:
    request = waiting(planned(stage))
    away(stage, stage.manager, deputy=stage.colleague)
    sweep()
    one = asked(request)
    assert one is not None
    assert (one.person, one.holder, passed(request)) == (stage.colleague, stage.manager, Passed.GONE)


def test_moves_on_when_the_grant_ended(stage: Stage, other: User) -> None:
    request = waiting(planned(stage))
    end_managers(stage)
    sweep()
    assert (now_asked(request), passed(request)) == (other, Passed.NO_LONGER_ABLE)


def test_asks_whoever_can_later_where_nobody_could(stage: Stage) -> None:
    request = waiting(planned(stage))
    end_managers(stage)
    for _ in range(3):
        sweep()
    assert (now_asked(request), request.asked.count()) == (None, 1)
    give(stage, person=stage.colleague, per_action=Decimal(500))
    sweep()
    assert now_asked(request) == stage.colleague


def test_asks_a_second_person_who_was_missing(stage: Stage, other: User) -> None:
    Kind.objects.filter(pk=stage.refund.pk).update(two_people_above=Decimal(150))
    request = waiting(planned(stage))
    User.objects.filter(pk=other.pk).update(is_active=False)
    approve(request, stage.manager, at=LATER)
    assert now_asked(request) is None
    User.objects.filter(pk=other.pk).update(is_active=True)
    sweep(2)
    assert now_asked(request) == other


def test_finds_nothing_to_do_in_one_query(stage: Stage, django_assert_num_queries: object) -> None:
    planned(stage)
    with django_assert_num_queries(1):  # type: ignore[operator]
        sweep()
