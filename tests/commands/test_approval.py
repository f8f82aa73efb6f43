"""Deciding within one's authority, and asking the nearest person who may decide what is above it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from cases import errors
from cases.commands import action, approval, case
from cases.models import (
    Action,
    Approval,
    Asked,
    Authorisation,
    Case,
    Delivery,
    Event,
    Kind,
    Membership,
    Notification,
    User,
)
from cases.vocabulary import SYSTEM, ActionStatus, ApprovalStatus, EventKind, Passed, Reply, Role
from tests.approvals import LATER, approve, asked, away, end_managers, give, limit, planned, taken, waiting
from tests.people import AT, Stage, actor, person, set_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    stage = set_stage()
    limit(stage)
    return stage


def colleague(stage: Stage, name: str, role: Role = Role.MANAGER) -> User:
    made = person(name)
    Membership.objects.create(person=made, brand=stage.brand, role=role)
    return made


def now(made: Action) -> Action:
    made.refresh_from_db()
    return made


def link_of(request: Approval) -> str:
    mail = Delivery.objects.filter(purpose="approval").order_by("-pk")[0]
    return str(mail.body).rstrip("/").split("/")[-1]


class TestAtOnce:
    def test_decides_what_is_within_ones_authority(self, stage: Stage) -> None:
        made = planned(stage, "100")
        assert made.status == ActionStatus.PROPOSED
        row = made.authorisations.get()
        assert (row.person, row.holder, row.charged) == (stage.agent, stage.agent, Decimal(100))
        assert not Approval.objects.exists()
        assert Event.objects.filter(kind=EventKind.ACTION_AUTHORISED).count() == 1

    def test_asks_for_what_is_above_it(self, stage: Stage) -> None:
        made = planned(stage, "100.01")
        request = waiting(made)
        assert made.status == ActionStatus.AWAITING_APPROVAL
        assert (request.amount, request.currency, request.wording) == (Decimal("100.01"), "EUR", "Goodwill refund")
        one = asked(request)
        assert one is not None
        assert (one.person, one.holder, one.answer_by) == (stage.manager, stage.manager, AT + timedelta(hours=4))
        assert Notification.objects.get(kind="approval").person == stage.manager
        mail = Delivery.objects.get(purpose="approval")
        assert mail.recipient == stage.manager.email
        assert "The sofa is nine days late." in str(mail.body)
        assert not made.authorisations.exists()

    def test_nobody_who_can_is_refused_and_nothing_changed(self, stage: Stage) -> None:
        taken(stage)
        before = Event.objects.count()
        with pytest.raises(errors.NobodyMayDecide):
            planned(stage, "1000.01")
        assert (Action.objects.count(), Approval.objects.count(), Event.objects.count()) == (1, 0, before)

    @pytest.mark.parametrize("amount", ["-1", "0", "0.001", "1e30"])
    def test_an_amount_that_is_none_is_refused(self, stage: Stage, amount: str) -> None:
        with pytest.raises(errors.Invalid):
            planned(stage, amount)

    def test_a_currency_without_a_rate_is_refused(self, stage: Stage) -> None:
        with pytest.raises(errors.NoRate):
            planned(stage, "5", currency="USD")

    def test_what_a_playbook_brought_waits_for_somebody_to_decide_it(self, stage: Stage) -> None:
        taken(stage)
        brought = Action.objects.get()
        Action.objects.filter(pk=brought.pk).update(amount=Decimal(80), currency="EUR")
        approval.request(action_id=brought.pk, reason="", at=LATER, actor=actor(stage.agent))
        assert now(brought).authorisations.get().person == stage.agent
        other = taken_without_amount(stage)
        with pytest.raises(errors.Invalid):
            approval.request(action_id=other.pk, reason="", at=LATER, actor=actor(stage.agent))

    def test_starting_what_is_above_it_is_refused(self, stage: Stage) -> None:
        taken(stage)
        brought = Action.objects.get()
        Action.objects.filter(pk=brought.pk).update(amount=Decimal(180), currency="EUR")
        with pytest.raises(errors.AboveAuthority):
            action.start_action(action_id=brought.pk, at=LATER, actor=actor(stage.agent))
        assert now(brought).status == ActionStatus.PROPOSED


def taken_without_amount(stage: Stage) -> Action:
    return action.add_action(case_id=Case.objects.get().pk, kind_id=stage.refund.pk, at=AT, actor=actor(stage.agent))


class TestNearest:
    def test_the_owners_lead_first(self, stage: Stage) -> None:
        colleague(stage, "amy")
        lead = colleague(stage, "lead", Role.AGENT)
        give(stage, person=lead, per_action=Decimal(500))
        stage.team.lead = lead
        stage.team.save()
        one = asked(waiting(planned(stage)))
        assert one is not None
        assert one.person == lead

    def test_then_managers_by_the_smallest_limit_that_suffices(self, stage: Stage) -> None:
        stage.team.lead = None
        stage.team.save()
        small, middle = colleague(stage, "small"), colleague(stage, "middle")
        end_managers(stage)
        give(stage, person=stage.manager, per_action=Decimal(1000))
        give(stage, person=small, per_action=Decimal(150))
        give(stage, person=middle, per_action=Decimal(500))
        one = asked(waiting(planned(stage)))
        assert one is not None
        assert one.person == middle

    def test_then_anybody_on_duty_with_the_grant(self, stage: Stage) -> None:
        give(stage, person=stage.colleague, per_action=Decimal(500))
        away(stage, stage.manager)
        one = asked(waiting(planned(stage)))
        assert one is not None
        assert one.person == stage.colleague

    def test_a_deputy_answers_for_the_absent_on_their_authority(self, stage: Stage) -> None:
        away(stage, stage.manager, deputy=stage.colleague)
        made = planned(stage)
        request = waiting(made)
        one = asked(request)
        assert one is not None
        assert (one.person, one.holder) == (stage.colleague, stage.manager)
        approve(request, stage.colleague)
        row = now(made).authorisations.get()
        assert (row.person, row.holder, made.status) == (stage.colleague, stage.manager, ActionStatus.APPROVED)

    def test_a_deputy_has_no_deputy(self, stage: Stage) -> None:
        third = colleague(stage, "third", Role.AGENT)
        away(stage, stage.manager, deputy=stage.colleague)
        away(stage, stage.colleague, deputy=third)
        with pytest.raises(errors.NobodyMayDecide):
            planned(stage)

    def test_never_somebody_who_may_not_open_the_case(self, stage: Stage) -> None:
        give(stage, person=stage.colleague, per_action=Decimal(500))
        away(stage, stage.manager)
        owned = taken(stage)
        case.restrict(case_id=owned.pk, is_restricted=True, at=AT, actor=actor(stage.manager))
        with pytest.raises(errors.NobodyMayDecide):
            planned(stage)

    def test_never_the_person_it_is_about_nor_their_deputy_for_them(self, stage: Stage) -> None:
        owned = taken(stage)
        away(stage, stage.manager, deputy=stage.colleague)
        Case.objects.filter(pk=owned.pk).update(about=stage.manager)
        with pytest.raises(errors.NobodyMayDecide):
            planned(stage)


class TestAnswer:
    def test_yes_lets_the_action_begin(self, stage: Stage) -> None:
        made = planned(stage)
        approve(waiting(made), stage.manager, words="Do it.")
        request = Approval.objects.get()
        assert (request.status, request.decided_by, request.words) == ("granted", stage.manager, "Do it.")
        assert (now(made).status, made.authorisations.get().approval) == (ActionStatus.APPROVED, request)
        assert Notification.objects.get(kind="approval_granted").person == stage.agent
        action.start_action(action_id=made.pk, at=LATER, actor=actor(stage.agent))
        assert now(made).status == ActionStatus.IN_PROGRESS

    def test_no_needs_a_reason(self, stage: Stage) -> None:
        made = planned(stage)
        request = waiting(made)
        with pytest.raises(errors.Invalid):
            approval.refuse(approval_id=request.pk, reason=" ", at=LATER, actor=actor(stage.manager))
        approval.refuse(approval_id=request.pk, reason="Twice already.", at=LATER, actor=actor(stage.manager))
        assert now(made).status == ActionStatus.REFUSED
        request.refresh_from_db()
        assert (request.status, request.words) == (ApprovalStatus.REFUSED, "Twice already.")
        action.propose_again(action_id=made.pk, at=LATER, actor=actor(stage.agent))
        assert now(made).status == ActionStatus.PROPOSED

    def test_changed_and_returned_is_its_owners_to_decide(self, stage: Stage) -> None:
        made = planned(stage)
        request = waiting(made)
        approval.give_back(
            approval_id=request.pk,
            reason="Half is enough.",
            amount=Decimal(90),
            wording="Goodwill",
            at=LATER,
            actor=actor(stage.manager),
        )
        assert (now(made).status, made.amount, made.wording) == (ActionStatus.PROPOSED, Decimal(90), "Goodwill")
        request.refresh_from_db()
        assert (request.status, request.amount) == (ApprovalStatus.RETURNED, Decimal(180))
        approval.request(action_id=made.pk, reason="", at=LATER, actor=actor(stage.agent))
        assert made.authorisations.get().person == stage.agent

    def test_returned_with_an_impossible_amount_is_refused(self, stage: Stage) -> None:
        request = waiting(planned(stage))
        for amount in (Decimal(0), Decimal("0.001"), Decimal(-5)):
            with pytest.raises(errors.Invalid):
                approval.give_back(
                    approval_id=request.pk, reason="No", amount=amount, at=LATER, actor=actor(stage.manager)
                )

    def test_is_withdrawn_by_whoever_asked_and_by_the_owner_only(self, stage: Stage) -> None:
        made = planned(stage, by=stage.colleague)
        request = waiting(made)
        with pytest.raises(errors.NotAllowed):
            approval.withdraw(approval_id=request.pk, at=LATER, actor=actor(stage.manager))
        approval.withdraw(approval_id=request.pk, at=LATER, actor=actor(stage.agent))
        assert now(made).status == ActionStatus.PROPOSED
        assert asked(request) is None
        with pytest.raises(errors.ApprovalVoid):
            approve(request, stage.manager)

    def test_nobody_approves_what_they_asked_for(self, stage: Stage) -> None:
        request = waiting(planned(stage))
        give(stage, person=stage.agent, per_action=Decimal(500))
        with pytest.raises(errors.SelfApproval):
            approve(request, stage.agent)

    def test_nobody_approves_above_their_authority(self, stage: Stage) -> None:
        request = waiting(planned(stage))
        with pytest.raises(errors.AboveAuthority):
            approve(request, stage.colleague)
        assert asked(request) is not None

    def test_is_taken_on_by_somebody_else_with_the_authority(self, stage: Stage) -> None:
        other = colleague(stage, "other")
        request = waiting(planned(stage))
        approve(request, other)
        first, second = request.asked.order_by("pk")
        assert (first.passed, second.reply, second.person) == (Passed.BY_HAND, Reply.APPROVED, other)
        assert Notification.objects.get(kind="approval_passed").person == stage.manager

    def test_strangers_find_nothing(self, stage: Stage) -> None:
        request = waiting(planned(stage))
        with pytest.raises(errors.NotFound):
            approve(request, stage.outsider)

    def test_what_is_answered_is_answered(self, stage: Stage) -> None:
        request = waiting(planned(stage))
        approve(request, stage.manager)
        with pytest.raises(errors.ApprovalVoid):
            approval.refuse(approval_id=request.pk, reason="No", at=LATER, actor=actor(stage.manager))

    def test_a_case_that_is_over_gives_nothing(self, stage: Stage) -> None:
        made = planned(stage)
        request = waiting(made)
        case.withdraw(case_id=made.case_id, at=AT, actor=actor(stage.agent))
        with pytest.raises(errors.ApprovalVoid):
            approve(request, stage.manager)


class TestBound:
    @pytest.mark.parametrize("change", [{"amount": Decimal(190)}, {"wording": "Other words"}])
    def test_another_amount_or_other_words_void_it(self, stage: Stage, change: dict[str, object]) -> None:
        made = planned(stage)
        first = waiting(made)
        same = {"amount": made.amount, "wording": made.wording} | change
        action.change_action(
            action_id=made.pk,
            is_required=True,
            owner_id=None,
            team_id=None,
            due_at=made.due_at,
            at=LATER,
            actor=actor(stage.agent),
            **same,  # type: ignore[arg-type]
        )
        first.refresh_from_db()
        assert first.status == ApprovalStatus.VOID
        assert asked(first) is None
        assert waiting(made).amount == same["amount"]
        assert Event.objects.filter(kind=EventKind.APPROVAL_VOIDED).count() == 1

    def test_another_currency_voids_it(self, stage: Stage) -> None:
        made = planned(stage)
        request = waiting(made)
        Action.objects.filter(pk=made.pk).update(currency="USD")
        request.refresh_from_db()
        assert (request.status, now(made).status) == (ApprovalStatus.VOID, ActionStatus.PROPOSED)

    def test_what_was_approved_is_void_too_once_it_changes(self, stage: Stage) -> None:
        made = planned(stage)
        approve(waiting(made), stage.manager)
        Action.objects.filter(pk=made.pk).update(amount=Decimal(999))
        assert now(made).status == ActionStatus.PROPOSED
        assert not made.authorisations.filter(released_at__isnull=True).exists()


class TestTwoPeople:
    @pytest.fixture
    def second(self, stage: Stage) -> User:
        Kind.objects.filter(pk=stage.refund.pk).update(two_people_above=Decimal(150))
        return colleague(stage, "second")

    def test_the_second_is_asked_after_the_first_yes(self, stage: Stage, second: User) -> None:
        made = planned(stage)
        request = waiting(made)
        assert request.needed == 2
        approve(request, stage.manager)
        one = asked(request)
        assert one is not None
        assert (one.person, now(made).status) == (second, ActionStatus.AWAITING_APPROVAL)
        with pytest.raises(errors.SelfApproval):
            approve(request, stage.manager)
        approve(request, second)
        assert now(made).status == ActionStatus.APPROVED
        assert request.asked.filter(reply=Reply.APPROVED).count() == 2

    def test_not_even_a_manager_decides_alone(self, stage: Stage, second: User) -> None:
        third = colleague(stage, "third")
        request = waiting(planned(stage, by=stage.manager))
        approve(request, third)
        approve(request, second)
        assert not request.asked.filter(person=stage.manager).exists()

    def test_is_refused_where_there_is_no_second(self, stage: Stage, second: User) -> None:
        User.objects.filter(pk=second.pk).update(is_active=False)
        with pytest.raises(errors.NobodyMayDecide):
            planned(stage)


class TestLink:
    def test_works_once(self, stage: Stage) -> None:
        request = waiting(planned(stage))
        secret = link_of(request)
        approve(request, stage.manager, secret=secret)
        assert request.asked.get().link_used_at == LATER
        with pytest.raises(errors.ApprovalVoid):
            approve(request, stage.manager, secret=secret)

    def test_only_its_own(self, stage: Stage) -> None:
        request = waiting(planned(stage))
        with pytest.raises(errors.ApprovalVoid):
            approve(request, stage.manager, secret="x" * 43)
        other = colleague(stage, "other")
        with pytest.raises(errors.ApprovalVoid):
            approve(request, other, secret=link_of(request))

    def test_not_after_it_went_on_to_somebody_else(self, stage: Stage) -> None:
        colleague(stage, "other")
        request = waiting(planned(stage))
        secret = link_of(request)
        approval.pass_on(approval_id=request.pk, why=Passed.TOO_LATE, at=LATER, actor=SYSTEM)
        with pytest.raises(errors.ApprovalVoid):
            approve(request, stage.manager, secret=secret)

    def test_not_after_three_days(self, stage: Stage) -> None:
        request = waiting(planned(stage))
        with pytest.raises(errors.ApprovalVoid):
            approve(request, stage.manager, at=AT + timedelta(hours=72), secret=link_of(request))

    def test_not_after_the_grant_ended(self, stage: Stage) -> None:
        made = planned(stage)
        request = waiting(made)
        end_managers(stage)
        with pytest.raises(errors.AboveAuthority):
            approve(request, stage.manager, secret=link_of(request))
        assert now(made).status == ActionStatus.AWAITING_APPROVAL

    def test_not_after_the_amount_changed(self, stage: Stage) -> None:
        made = planned(stage)
        request = waiting(made)
        Action.objects.filter(pk=made.pk).update(amount=Decimal(999))
        with pytest.raises(errors.ApprovalVoid):
            approve(request, stage.manager, secret=link_of(request))


class TestPassedOn:
    def test_not_answered_in_time_it_goes_to_the_next_and_both_know(self, stage: Stage) -> None:
        other = colleague(stage, "other")
        request = waiting(planned(stage))
        approval.pass_on(approval_id=request.pk, why=Passed.TOO_LATE, at=AT + timedelta(hours=4), actor=SYSTEM)
        one = asked(request)
        assert one is not None
        assert one.person == other
        assert Notification.objects.get(kind="approval_passed").person == stage.manager
        assert Notification.objects.filter(kind="approval", person=other).exists()

    def test_with_nobody_else_the_same_person_is_asked_again(self, stage: Stage) -> None:
        request = waiting(planned(stage))
        approval.pass_on(approval_id=request.pk, why=Passed.TOO_LATE, at=AT + timedelta(hours=4), actor=SYSTEM)
        one = asked(request)
        assert one is not None
        assert (one.person, request.asked.count()) == (stage.manager, 2)

    def test_by_hand_only_by_who_is_asked_and_only_to_somebody_else(self, stage: Stage) -> None:
        request = waiting(planned(stage))
        hand = {"approval_id": request.pk, "why": Passed.BY_HAND, "at": LATER}
        with pytest.raises(errors.NotAllowed):
            approval.pass_on(**hand, actor=actor(stage.agent))  # type: ignore[arg-type]
        with pytest.raises(errors.Invalid):
            approval.pass_on(**hand, actor=actor(stage.manager))  # type: ignore[arg-type]
        other = colleague(stage, "other")
        approval.pass_on(**hand, actor=actor(stage.manager))  # type: ignore[arg-type]
        one = asked(request)
        assert one is not None
        assert one.person == other

    def test_where_nobody_can_it_says_so_once_and_waits(self, stage: Stage) -> None:
        request = waiting(planned(stage))
        end_managers(stage)
        for _ in range(3):
            approval.pass_on(approval_id=request.pk, why=Passed.NO_LONGER_ABLE, at=LATER, actor=SYSTEM)
        assert asked(request) is None
        assert Notification.objects.filter(kind="approval_stuck").count() == 1
        assert Event.objects.filter(kind=EventKind.APPROVAL_PASSED_ON).count() == 1
        give(stage, role=Role.MANAGER, per_action=Decimal(1000))
        approval.pass_on(approval_id=request.pk, why=Passed.NO_LONGER_ABLE, at=LATER, actor=SYSTEM)
        assert asked(request) is not None


class TestBudget:
    def test_used_up_meanwhile_it_is_said_and_can_be_passed_on(self, stage: Stage) -> None:
        other = colleague(stage, "other")
        end_managers(stage)
        give(stage, person=stage.manager, budget_each=Decimal(200))
        give(stage, person=other, per_action=Decimal(5000))
        first, second = planned(stage), planned(stage)
        approve(waiting(first), stage.manager)
        request = waiting(second)
        with pytest.raises(errors.BudgetExhausted):
            approve(request, stage.manager)
        assert now(second).status == ActionStatus.AWAITING_APPROVAL
        approval.pass_on(approval_id=request.pk, why=Passed.BY_HAND, at=LATER, actor=actor(stage.manager))
        approve(request, other)
        assert now(second).status == ActionStatus.APPROVED

    def test_to_say_no_it_does_not_matter_what_is_left(self, stage: Stage) -> None:
        end_managers(stage)
        give(stage, person=stage.manager, budget_each=Decimal(200))
        first, second = planned(stage), planned(stage)
        approve(waiting(first), stage.manager)
        approval.refuse(approval_id=waiting(second).pk, reason="No.", at=LATER, actor=actor(stage.manager))
        assert now(second).status == ActionStatus.REFUSED

    def test_failing_gives_it_back(self, stage: Stage) -> None:
        made = planned(stage, "80")
        action.start_action(action_id=made.pk, at=LATER, actor=actor(stage.agent))
        action.fail_action(action_id=made.pk, reason="Card expired", at=LATER, actor=actor(stage.agent))
        assert Authorisation.objects.get().released_at is not None
        assert Asked.objects.count() == 0
