"""I5 against whoever writes past the application: nobody decides above their authority, nobody approves their own."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from cases.commands import action, approval
from cases.models import Absence, Action, Approval, Asked, Authorisation, Grant, Membership, PlaybookVersion, Rate
from cases.rules import transitions
from cases.vocabulary import ActionStatus, ApprovalStatus, Role
from tests.authority import limited, refund, taken
from tests.models.test_invariants import refused, sql
from tests.people import AT, Stage, actor, set_stage

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def stage() -> Stage:
    """The usual stage, where agents decide up to 100 and managers anything."""
    given = set_stage()
    limited(given)
    return given


def planned(stage: Stage, amount: object = 80) -> Action:
    """A refund that nobody has decided: written past the application."""
    of = taken(stage)
    return Action.objects.create(
        case=of, kind=stage.refund, amount=Decimal(str(amount)), currency="EUR", is_required=False, created_at=AT
    )


def decided(step: Action, grant: Grant, **other: Any) -> Authorisation:
    """The row that says so, as an attacker would write it."""
    of = step.case
    fields = {
        "brand_id": of.brand_id,
        "case": of,
        "complainant_id": of.complainant_id,
        "action": step,
        "grant": grant,
        "kind": step.kind,
        "amount": step.amount,
        "currency": step.currency,
        "wording": step.wording,
        "at": AT,
    }
    row = Authorisation.objects.create(**{**fields, **other})
    row.refresh_from_db()
    return row


def theirs(stage: Stage) -> Grant:
    """The agents' grant in force."""
    return Grant.objects.get(brand=stage.brand, role=Role.AGENT, ended_at__isnull=True)


class TestBeginning:
    """Nothing begins that nobody with the authority has decided as it stands."""

    @pytest.mark.parametrize("status", ["in_progress", "done"])
    def test_refuses_what_nobody_decided(self, stage: Stage, status: str) -> None:
        step = planned(stage)
        proof = {"proof_outcome": "Paid", "proof_reference": "R", "proof_amount": 80, "done_at": AT}
        Action.objects.filter(pk=step.pk).update(proof_reference="")
        done = {**proof, "done_by": stage.agent} if status == "done" else {}
        code = "illegal_action_move" if status == "done" else "above_authority"
        refused(code, lambda: Action.objects.filter(pk=step.pk).update(status=status, **done))

    def test_lets_what_was_decided_begin(self, stage: Stage) -> None:
        step = planned(stage)
        decided(step, theirs(stage), person=stage.agent, holder=stage.agent)
        assert Action.objects.filter(pk=step.pk).update(status="in_progress") == 1

    @pytest.mark.parametrize(
        "change", [{"amount": Decimal(81)}, {"currency": "USD"}, {"wording": "Two of them"}], ids=str
    )
    def test_a_change_voids_what_was_decided(self, stage: Stage, change: dict[str, Any]) -> None:
        step = planned(stage)
        decided(step, theirs(stage), person=stage.agent, holder=stage.agent)
        Action.objects.filter(pk=step.pk).update(status="in_progress")
        Action.objects.filter(pk=step.pk).update(**change)
        step.refresh_from_db()
        assert step.status == ActionStatus.PROPOSED
        assert not step.authorisations.filter(released_at__isnull=True).exists()

    def test_nothing_more_is_paid_than_was_decided(self, stage: Stage) -> None:
        step = planned(stage)
        decided(step, theirs(stage), person=stage.agent, holder=stage.agent)
        Action.objects.filter(pk=step.pk).update(status="in_progress")
        proof = {"proof_outcome": "Paid", "proof_reference": "R", "done_at": AT, "done_by": stage.agent}
        rows = Action.objects.filter(pk=step.pk)
        refused("above_authority", lambda: rows.update(status="done", **proof, proof_amount=Decimal("80.01")))
        assert rows.update(status="done", **proof, proof_amount=Decimal(80)) == 1

    def test_a_move_is_legal_here_and_there(self) -> None:
        with connection.cursor() as cursor:
            for old in ActionStatus:
                for new in ActionStatus:
                    cursor.execute("SELECT casedesk_action_moves(%s, %s)", [old.value, new.value])
                    assert cursor.fetchone() == (transitions.action_may(old, new),), (old, new)


class TestDeciding:
    """The row that says somebody decided it, is refused unless they may."""

    def test_above_the_limit(self, stage: Stage) -> None:
        step = planned(stage, "100.01")
        refused("above_authority", lambda: decided(step, theirs(stage), person=stage.agent, holder=stage.agent))

    def test_for_somebody_elses_grant(self, stage: Stage) -> None:
        step, boss = planned(stage, 500), Grant.objects.get(brand=stage.brand, role=Role.MANAGER)
        refused("above_authority", lambda: decided(step, boss, person=stage.agent, holder=stage.agent))
        refused("above_authority", lambda: decided(step, boss, person=stage.agent, holder=stage.manager))
        refused("above_authority", lambda: decided(step, boss, person=stage.auditor, holder=stage.auditor))
        assert decided(step, boss, person=stage.manager, holder=stage.manager).charged == 500

    def test_for_another_brands_grant(self, stage: Stage) -> None:
        step = planned(stage)
        foreign = Grant.objects.get(brand=stage.other_brand, role=Role.MANAGER)
        refused("above_authority", lambda: decided(step, foreign, person=stage.outsider, holder=stage.outsider))

    @pytest.mark.parametrize(
        "other", [{"amount": Decimal(1)}, {"currency": "USD"}, {"wording": "else"}, {"released_at": AT}], ids=str
    )
    def test_for_something_else(self, stage: Stage, other: dict[str, Any]) -> None:
        step = planned(stage)
        refused(
            "above_authority", lambda: decided(step, theirs(stage), person=stage.agent, holder=stage.agent, **other)
        )

    def test_outside_its_days_its_kinds_and_its_category(self, stage: Stage) -> None:
        step = planned(stage)
        for limits in (
            {"starts_on": AT.date() + timedelta(days=1)},
            {"ends_on": AT.date() - timedelta(days=1)},
            {"kind_ids": [stage.apology.pk]},
            {"category": stage.brand.categories.create(code="other", label={"en": "Other"})},
        ):
            other = Grant.objects.create(brand=stage.brand, role=Role.AGENT, currency="EUR", **limits)
            refused("above_authority", lambda g=other: decided(step, g, person=stage.agent, holder=stage.agent))

    def test_in_a_currency_without_a_rate_and_with_one(self, stage: Stage) -> None:
        step = planned(stage)
        Action.objects.filter(pk=step.pk).update(currency="USD")
        step.refresh_from_db()
        refused("above_authority", lambda: decided(step, theirs(stage), person=stage.agent, holder=stage.agent))
        for rate, day in (("2", AT.date() + timedelta(days=1)), ("0.9", AT.date()), ("3", date(2020, 1, 1))):
            Rate.objects.create(brand=stage.brand, currency="USD", into="EUR", rate=Decimal(rate), starts_on=day)
        row = decided(step, theirs(stage), person=stage.agent, holder=stage.agent)
        assert row.charged == Decimal("72.0000")

    def test_about_themselves(self, stage: Stage) -> None:
        step = planned(stage)
        step.case.__class__.objects.filter(pk=step.case_id).update(about=stage.colleague)
        refused("above_authority", lambda: decided(step, theirs(stage), person=stage.colleague, holder=stage.colleague))

    def test_a_deputy_has_what_the_absent_has_and_not_what_they_stand_in_for(self, stage: Stage) -> None:
        step, boss = planned(stage, 500), Grant.objects.get(brand=stage.brand, role=Role.MANAGER)
        days = {"brand": stage.brand, "starts_on": AT.date(), "ends_on": AT.date()}
        Absence.objects.create(person=stage.colleague, deputy=stage.agent, **days)
        refused("above_authority", lambda: decided(step, boss, person=stage.agent, holder=stage.manager))
        Absence.objects.create(person=stage.manager, deputy=stage.colleague, **days)
        # The agent stands in for the colleague, who stands in for the manager: no further than one step.
        refused("above_authority", lambda: decided(step, boss, person=stage.agent, holder=stage.manager))
        refused("above_authority", lambda: decided(step, boss, person=stage.agent, holder=stage.colleague))
        assert decided(step, boss, person=stage.colleague, holder=stage.manager).charged == 500

    def test_stays_as_it_was(self, stage: Stage) -> None:
        step = planned(stage)
        row = decided(step, theirs(stage), person=stage.agent, holder=stage.agent)
        rows = Authorisation.objects.filter(pk=row.pk)
        refused("authorisation_never_changes", lambda: rows.update(charged=Decimal(0)))
        refused("authorisation_never_changes", lambda: rows.update(person=stage.manager))
        refused("never", rows.delete)
        Action.objects.filter(pk=step.pk).update(status="in_progress")
        refused("authorisation_never_changes", lambda: rows.update(released_at=AT))
        with pytest.raises(IntegrityError), transaction.atomic():
            decided(step, theirs(stage), person=stage.agent, holder=stage.agent)


class TestBudgets:
    """What is used up is used up, to the cent and by the calendar of the brand."""

    def test_each_and_shared(self, stage: Stage) -> None:
        grant = limited(stage, budget_each=Decimal(150), budget_shared=Decimal(200), window="day")
        of = taken(stage)
        assert refund(stage, of, 90).status == ActionStatus.PROPOSED
        step = planned_in(stage, of, "60.01")
        refused("budget_exhausted", lambda: decided(step, grant, person=stage.agent, holder=stage.agent))
        other = planned_in(stage, of, "100")
        decided(other, grant, person=stage.colleague, holder=stage.colleague)
        last = planned_in(stage, of, "10.01")
        refused("budget_exhausted", lambda: decided(last, grant, person=stage.agent, holder=stage.agent))
        exact = planned_in(stage, of, "10")
        decided(exact, grant, person=stage.agent, holder=stage.agent)

    @pytest.mark.parametrize(
        ("window", "later"),
        [("day", timedelta(hours=11)), ("week", timedelta(days=5, hours=11)), ("month", timedelta(days=22, hours=11))],
    )
    def test_begins_anew_by_the_calendar(self, stage: Stage, window: str, later: timedelta) -> None:
        # AT is Tuesday 8 September 2026, 14:00 in Paris.
        grant = limited(stage, budget_each=Decimal(100), window=window)
        of = taken(stage)
        refund(stage, of, 100)
        step = planned_in(stage, of, 100)
        early = later - timedelta(hours=2)
        refused("budget_exhausted", lambda: decided(step, grant, person=stage.agent, holder=stage.agent, at=AT + early))
        decided(step, grant, person=stage.agent, holder=stage.agent, at=AT + later)

    def test_what_fails_gives_it_back(self, stage: Stage) -> None:
        grant = limited(stage, budget_each=Decimal(100), window="day")
        of = taken(stage)
        step = refund(stage, of, 100)
        again = planned_in(stage, of, 100)
        refused("budget_exhausted", lambda: decided(again, grant, person=stage.agent, holder=stage.agent))
        action.fail_action(action_id=step.pk, reason="Card expired", at=AT, actor=actor(stage.agent))
        decided(again, grant, person=stage.agent, holder=stage.agent)

    def test_is_not_filled_up_by_replacing_the_grant(self, stage: Stage) -> None:
        old = limited(stage, budget_each=Decimal(100), window="day")
        of = taken(stage)
        refund(stage, of, 90)
        Grant.objects.filter(pk=old.pk).update(ended_at=AT)
        new = Grant.objects.create(
            brand=stage.brand, role=Role.AGENT, currency="EUR", budget_each=Decimal(100), window="day", replaces=old
        )
        step = planned_in(stage, of, 11)
        refused("budget_exhausted", lambda: decided(step, new, person=stage.agent, holder=stage.agent))
        decided(planned_in(stage, of, 10), new, person=stage.agent, holder=stage.agent)

    def test_per_complainant_over_all_grants(self, stage: Stage) -> None:
        grant = limited(stage, per_complainant=Decimal(120), complainant_days=30)
        of = taken(stage)
        refund(stage, of, 100)
        step = planned_in(stage, of, 21)
        refused("budget_exhausted", lambda: decided(step, grant, person=stage.colleague, holder=stage.colleague))
        later = AT + timedelta(days=30)
        decided(step, grant, person=stage.colleague, holder=stage.colleague, at=later)
        elsewhere = planned_in(stage, taken(stage, "p-2"), 100)
        decided(elsewhere, grant, person=stage.agent, holder=stage.agent)


def planned_in(stage: Stage, of: Any, amount: object) -> Action:
    """Another refund in the same case that nobody has decided."""
    return Action.objects.create(
        case=of, kind=stage.refund, amount=Decimal(str(amount)), currency="EUR", is_required=False, created_at=AT
    )


class TestApprovals:
    """An approval holds for what it was asked for, and nobody gives it to themselves."""

    def asked(self, stage: Stage) -> Approval:
        step = refund(stage, taken(stage), 150)
        assert step.status == ActionStatus.AWAITING_APPROVAL
        return step.approvals.get()

    def test_not_by_who_asked(self, stage: Stage) -> None:
        request = self.asked(stage)
        with pytest.raises(IntegrityError), transaction.atomic():
            Approval.objects.filter(pk=request.pk).update(status="granted", decided_by=stage.agent, decided_at=AT)
        row = request.asked.get()
        refused("asked_never_changes", lambda: Asked.objects.filter(pk=row.pk).update(person=stage.colleague))
        Asked.objects.filter(pk=row.pk).update(passed="gone", passed_at=AT)
        own = {"approval": request, "person": stage.agent, "grant": row.grant, "holder": stage.agent, "answer_by": AT}
        refused("self_approval", lambda: Asked.objects.create(**own))

    def test_says_nothing_without_authority(self, stage: Stage) -> None:
        request = self.asked(stage)
        Approval.objects.filter(pk=request.pk).update(status="granted", decided_by=stage.colleague, decided_at=AT)
        rows = Action.objects.filter(pk=request.action_id)
        refused("above_authority", lambda: rows.update(status="approved"))
        step = rows.get()
        refused(
            "above_authority",
            lambda: decided(step, theirs(stage), approval=request, person=stage.colleague, holder=stage.colleague),
        )

    def test_is_void_when_what_it_was_for_changes(self, stage: Stage) -> None:
        request = self.asked(stage)
        Action.objects.filter(pk=request.action_id).update(amount=Decimal(140))
        request.refresh_from_db()
        assert request.status == ApprovalStatus.VOID
        assert Action.objects.get(pk=request.action_id).status == ActionStatus.PROPOSED

    def test_stays_what_it_was(self, stage: Stage) -> None:
        request = self.asked(stage)
        rows = Approval.objects.filter(pk=request.pk)
        for change in ({"amount": Decimal(1)}, {"wording": "x"}, {"reason": "x"}, {"requested_by": stage.manager}):
            refused("approval_never_changes", lambda c=change: rows.update(**c))
        approval.approve(approval_id=request.pk, at=AT, actor=actor(stage.manager))
        refused("approval_never_changes", lambda: rows.update(status="waiting"))
        refused("never", sql("DELETE FROM cases_approval WHERE id = %s", request.pk))

    def test_two_people_above_an_amount(self, stage: Stage) -> None:
        stage.refund.__class__.objects.filter(pk=stage.refund.pk).update(two_people_above=Decimal(50))
        step = planned(stage, 60)
        boss = Grant.objects.get(brand=stage.brand, role=Role.MANAGER)
        refused("above_authority", lambda: decided(step, boss, person=stage.manager, holder=stage.manager))


class TestWaivers:
    """I3: waived by somebody with that grant, with a reason."""

    def test_asks_the_grant_and_not_the_role(self, stage: Stage) -> None:
        step = taken(stage).actions.get()
        rows = Action.objects.filter(pk=step.pk)
        waived = {"status": "waived", "waived_at": AT, "waiver": "They moved away."}
        refused("waiver_needs_authority", lambda: rows.update(**waived, waived_by=stage.agent))
        Grant.objects.create(brand=stage.brand, person=stage.agent, currency="EUR", may_waive=True)
        rows.update(**waived, waived_by=stage.agent)
        Grant.objects.filter(role=Role.MANAGER).update(ended_at=AT)
        Membership.objects.filter(person=stage.manager).update(role=Role.MANAGER)
        other = taken(stage, "p-2").actions.get()
        refused(
            "waiver_needs_authority",
            lambda: Action.objects.filter(pk=other.pk).update(**waived, waived_by=stage.manager),
        )


class TestVersions:
    """A version of a playbook that was live once stays as it was."""

    def test_refuses_every_change(self, stage: Stage) -> None:
        version = PlaybookVersion.objects.get(playbook__category=stage.category)
        rows = PlaybookVersion.objects.filter(pk=version.pk)
        refused("version_never_changes", lambda: rows.update(severity=4))
        refused("version_never_changes", lambda: rows.update(status="draft"))
        refused("version_never_changes", lambda: version.actions.update(is_required=False))
        refused("version_never_changes", lambda: version.actions.all().delete())
        refused("version_never_changes", lambda: version.actions.create(kind=stage.apology))
