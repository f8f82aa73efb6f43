"""How each action of a case stands with authority, for whoever looks at it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cases.commands import approval
from cases.models import Action, Case, Kind, Membership, User
from cases.queries import standing
from cases.vocabulary import Gap, Passed, Role, Window
from tests.approvals import LATER, approve, away, give, limit, planned, taken, waiting
from tests.people import Stage, actor, person, set_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    stage = set_stage()
    limit(stage, budget_each=Decimal(250), window=Window.DAY)
    taken(stage)
    return stage


def brought(amount: str | None) -> Action:
    """What a playbook brought: nobody has decided it."""
    made = Action.objects.order_by("pk")[0]
    Action.objects.filter(pk=made.pk).update(
        amount=Decimal(amount) if amount else None, currency="EUR" if amount else ""
    )
    return made


def of(made: Action, who: User, *, is_able: bool = True) -> standing.Standing:
    return standing.of_case(Case.objects.get(), who.pk, LATER, is_able=is_able)[made.pk]


def test_says_what_is_within_ones_authority_and_what_is_left(stage: Stage) -> None:
    found = of(brought("80"), stage.agent)
    assert (found.is_able, found.gap, found.nearest) == (True, None, "")
    assert found.left == standing.Left(Decimal(250), "EUR", "day")
    planned(stage, "60", at=LATER)
    left = of(brought("80"), stage.agent).left
    assert left is not None
    assert left.amount == Decimal(190)


def test_says_who_could_decide_what_is_above_it(stage: Stage) -> None:
    found = of(brought("180"), stage.agent)
    assert (found.is_able, found.gap) == (False, Gap.PER_ACTION)
    assert (found.nearest, found.limit, found.limit_currency) == ("Manager", Decimal(1000), "EUR")
    assert of(brought("5000"), stage.agent).nearest == ""


def test_nothing_is_decided_before_the_amount_is_said(stage: Stage) -> None:
    found = of(brought(None), stage.agent)
    assert (found.is_able, found.gap, found.nearest) == (False, Gap.NO_AMOUNT, "")


def test_two_people_are_said_to_be_needed(stage: Stage) -> None:
    Kind.objects.filter(pk=stage.refund.pk).update(two_people_above=Decimal(50))
    found = of(brought("80"), stage.agent)
    assert (found.is_able, found.needs_two, found.gap, found.nearest) == (
        False,
        True,
        Gap.SECOND_PERSON,
        "Manager",
    )


def test_says_who_is_asked_and_from_whom_it_went_on(stage: Stage) -> None:
    other = person("other")
    Membership.objects.create(person=other, brand=stage.brand, role=Role.MANAGER)
    made = planned(stage)
    found = of(made, stage.agent)
    assert (found.asked, found.asked_id, found.requested_by) == ("Manager", stage.manager.pk, "Agent")
    approval.pass_on(approval_id=waiting(made).pk, why=Passed.BY_HAND, at=LATER, actor=actor(stage.manager))
    found = of(made, stage.agent)
    assert (found.asked, found.before) == ("Other", "Manager")


def test_says_who_decided_and_for_whom(stage: Stage) -> None:
    away(stage, stage.manager, deputy=stage.colleague)
    made = planned(stage)
    assert of(made, stage.agent).asked_for == "Manager"
    approve(waiting(made), stage.colleague)
    found = of(made, stage.agent)
    assert (found.decided_by, found.decided_for) == ("Colleague", "Manager")


def test_only_who_may_waive_is_offered_it(stage: Stage) -> None:
    made = brought("80")
    assert (of(made, stage.agent).may_waive, of(made, stage.manager).may_waive) == (False, True)


def test_whoever_cannot_act_is_told_no_limits(stage: Stage) -> None:
    found = of(brought("180"), stage.auditor, is_able=False)
    assert (found.nearest, found.left) == ("", None)


def test_takes_one_query_however_many_actions(stage: Stage, django_assert_num_queries: Any) -> None:
    for number in range(3):
        planned(stage, str(150 + number))
    case = Case.objects.get()
    with django_assert_num_queries(1):
        standing.of_case(case, stage.agent.pk, LATER, is_able=True)


class TestOutlook:
    def outlook(self, stage: Stage, amount: str, kind: Kind | None = None) -> standing.Outlook:
        return standing.outlook(stage.agent.pk, Case.objects.get(), kind or stage.refund, Decimal(amount), LATER)

    def test_says_what_will_become_of_it(self, stage: Stage) -> None:
        within = self.outlook(stage, "80")
        assert (within.state, within.limit) == ("may", Decimal(100))
        above = self.outlook(stage, "180")
        assert (above.state, above.name, above.limit) == ("needs", "Manager", Decimal(1000))
        assert self.outlook(stage, "5000").state == "nobody"
        assert standing.outlook(stage.agent.pk, Case.objects.get(), stage.refund, None, LATER).state == ""
        assert standing.outlook(stage.agent.pk, Case.objects.get(), stage.apology, None, LATER).state == "may"

    def test_says_that_two_people_have_to(self, stage: Stage) -> None:
        Kind.objects.filter(pk=stage.refund.pk).update(two_people_above=Decimal(50))
        stage.refund.refresh_from_db()
        found = self.outlook(stage, "80")
        assert (found.state, found.is_two) == ("needs", True)

    def test_one_who_can_approve_it_is_not_two(self, stage: Stage) -> None:
        Kind.objects.filter(pk=stage.refund.pk).update(two_people_above=Decimal(50))
        stage.refund.refresh_from_db()
        alone = self.outlook(stage, "180")
        assert (alone.state, alone.is_two) == ("nobody", True)
        other = person("second")
        Membership.objects.create(person=other, brand=stage.brand, role=Role.AGENT)
        give(stage, person=other, per_action=Decimal(300))
        found = self.outlook(stage, "180")
        assert (found.state, found.is_two) == ("needs", True)

    def test_a_deputy_is_told_for_whom(self, stage: Stage) -> None:
        away(stage, stage.manager, deputy=stage.agent)
        found = self.outlook(stage, "180")
        assert (found.state, found.holder) == ("may", "Manager")
        give(stage, person=stage.agent, per_action=Decimal(500))
        assert self.outlook(stage, "180").holder == ""
