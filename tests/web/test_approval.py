"""Requests for approval as people see them: the list, one of them, and the link in a mail."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from cases.commands import approval
from cases.models import Action, Approval, Delivery, Kind, Membership, Notification, User
from cases.vocabulary import SYSTEM, ActionStatus, ApprovalStatus, Passed, Role
from tests.approvals import approve, asked, end_managers, give, limit, planned, waiting
from tests.desk import signed_in
from tests.people import AT, Stage, person, set_stage

pytestmark = pytest.mark.django_db
SOON = AT + timedelta(minutes=30)


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(SOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def stage() -> Stage:
    stage = set_stage()
    limit(stage)
    return stage


@pytest.fixture
def other(stage: Stage) -> User:
    made = person("other")
    Membership.objects.create(person=made, brand=stage.brand, role=Role.MANAGER)
    return made


def text(answer: Any) -> str:
    return str(answer.content.decode())


def status(made: Action) -> str:
    made.refresh_from_db()
    return made.status


def at(row: Approval, do: str = "") -> str:
    return f"/approvals/{row.public_id}/{do}"


class TestList:
    def test_shows_exactly_what_is_asked_and_why(self, stage: Stage) -> None:
        planned(stage)
        page = text(signed_in(stage.manager).get("/approvals/"))
        for words in ("180.00\xa0€", "Goodwill refund", "The sofa is nine days late.", "BW-1", "You are asked"):
            assert words in page
        assert "Agent" in page

    def test_says_where_it_waits(self, stage: Stage, other: User) -> None:
        planned(stage)
        mine = text(signed_in(stage.agent).get("/approvals/?view=asked"))
        assert "Manager is asked" in mine
        assert "Take back" in mine
        assert "Nothing waits for you" in text(signed_in(stage.agent).get("/approvals/"))
        assert "Take it on and approve" in text(signed_in(other).get("/approvals/?view=others"))
        assert "Nothing you could take on" in text(signed_in(stage.colleague).get("/approvals/?view=others"))

    def test_counts_in_the_navigation(self, stage: Stage) -> None:
        planned(stage)
        planned(stage, "190")
        assert '<span class="num">2</span>' in text(signed_in(stage.manager).get("/help/"))

    def test_is_where_the_notification_leads(self, stage: Stage) -> None:
        planned(stage)
        client = signed_in(stage.manager)
        assert "Agent asks for your approval" in text(client.get("/notifications/"))
        told = Notification.objects.get(kind="approval")
        assert client.post(f"/notifications/{told.pk}/").headers["Location"] == "/approvals/"

    def test_shows_what_was_answered(self, stage: Stage) -> None:
        approve(waiting(planned(stage)), stage.manager, at=SOON)
        for who in (stage.agent, stage.manager):
            assert "Approved" in text(signed_in(who).get("/approvals/?view=answered"))

    def test_is_empty_to_strangers(self, stage: Stage) -> None:
        row = waiting(planned(stage))
        stranger = signed_in(stage.outsider)
        for view in ("me", "asked", "others", "answered"):
            assert "BW-1" not in text(stranger.get(f"/approvals/?view={view}"))
        assert stranger.get(at(row)).status_code == 404
        for do in ("approve/", "refuse/", "return/", "pass-on/", "withdraw/"):
            assert stranger.post(at(row, do), {"reason": "x"}).status_code == 404

    def test_pages_by_key(self, stage: Stage) -> None:
        for number in range(21):
            planned(stage, str(200 + number))
        page = text(signed_in(stage.manager).get("/approvals/"))
        last = Approval.objects.order_by("pk")[19]
        assert f"after={last.pk}" in page
        assert "220.00" in text(signed_in(stage.manager).get(f"/approvals/?after={last.pk}"))


class TestAnswer:
    def test_approves(self, stage: Stage) -> None:
        made = planned(stage)
        answer = signed_in(stage.manager).post(at(waiting(made), "approve/"), {"next": "/approvals/"})
        assert (answer.status_code, answer.headers["Location"]) == (302, "/approvals/")
        assert status(made) == ActionStatus.APPROVED

    def test_follows_no_address_of_somebody_else(self, stage: Stage) -> None:
        row = waiting(planned(stage))
        answer = signed_in(stage.manager).post(at(row, "approve/"), {"next": "https://evil.example/"})
        assert answer.headers["Location"] == "/approvals/"

    def test_refuses_with_a_reason_only(self, stage: Stage) -> None:
        made = planned(stage)
        row, client = waiting(made), signed_in(stage.manager)
        answer = client.post(at(row, "refuse/"), {"reason": ""})
        assert answer.status_code == 422
        assert '<details class="ask" open>' in text(answer)
        client.post(at(row, "refuse/"), {"reason": "Twice already."})
        assert status(made) == ActionStatus.REFUSED
        assert "Twice already." in text(signed_in(stage.agent).get(at(row)))

    def test_changes_and_returns(self, stage: Stage) -> None:
        made = planned(stage)
        row, client = waiting(made), signed_in(stage.manager)
        words = {"amount": "0", "wording": "Half", "reason": "Half is enough"}
        assert client.post(at(row, "return/"), words).status_code == 422
        assert client.post(at(row, "return/"), words | {"amount": "90"}).status_code == 302
        assert (status(made), made.amount, made.wording) == (ActionStatus.PROPOSED, Decimal(90), "Half")

    def test_passes_on_and_takes_back(self, stage: Stage, other: User) -> None:
        made = planned(stage)
        row = waiting(made)
        signed_in(stage.manager).post(at(row, "pass-on/"))
        one = asked(row)
        assert one is not None
        assert one.person == other
        assert "passed on by hand" in text(signed_in(stage.agent).get(at(row)))
        signed_in(stage.agent).post(at(row, "withdraw/"))
        assert status(made) == ActionStatus.PROPOSED

    def test_says_on_its_page_what_was_refused(self, stage: Stage) -> None:
        row = waiting(planned(stage))
        answer = signed_in(stage.agent).post(at(row, "approve/"), follow=True)
        assert "Nobody approves what they asked for themselves." in text(answer)
        answer = signed_in(stage.colleague).post(at(row, "approve/"), follow=True)
        assert "You may not decide this" in text(answer)

    def test_a_second_person_is_asked(self, stage: Stage, other: User) -> None:
        Kind.objects.filter(pk=stage.refund.pk).update(two_people_above=Decimal(150))
        row = waiting(planned(stage))
        answer = signed_in(stage.manager).post(at(row, "approve/"), follow=True)
        assert "A second person is asked now." in text(answer)
        assert "1 of 2 said yes" in text(signed_in(other).get("/approvals/"))


class TestMail:
    @pytest.fixture
    def made(self, stage: Stage) -> Action:
        return planned(stage)

    def url(self) -> str:
        mail = Delivery.objects.filter(purpose="approval").order_by("pk")[0]
        return "/approve/" + str(mail.body).rstrip("/").split("/")[-1] + "/"

    def test_shows_before_it_acts(self, stage: Stage, made: Action) -> None:
        answer = Client().get(self.url())
        assert "180.00\xa0€" in text(answer)
        assert "Approve exactly this" in text(answer)
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "no-store" in answer.headers["Cache-Control"]
        assert status(made) == ActionStatus.AWAITING_APPROVAL

    def test_answers_once(self, stage: Stage, made: Action) -> None:
        url, client = self.url(), Client(enforce_csrf_checks=True)
        assert client.post(url, {"answer": "approve"}).status_code == 302
        row = Approval.objects.get()
        assert (row.status, row.decided_by) == (ApprovalStatus.GRANTED, stage.manager)
        assert "The link works once" in text(client.get(url))
        again = client.post(url, {"answer": "refuse", "reason": "Changed my mind"})
        assert again.status_code == 409
        assert status(made) == ActionStatus.APPROVED

    def test_refuses_and_returns(self, stage: Stage, made: Action) -> None:
        client = Client()
        assert client.post(self.url(), {"answer": "refuse", "reason": ""}).status_code == 422
        assert client.post(self.url(), {"answer": "other"}).status_code == 422
        wrong = {"answer": "return", "amount": "0", "wording": "x", "reason": "Less"}
        assert client.post(self.url(), wrong).status_code == 422
        client.post(self.url(), wrong | {"amount": "90"})
        assert (status(made), made.amount) == (ActionStatus.PROPOSED, Decimal(90))

    def test_is_void_after_the_amount_changed(self, stage: Stage, made: Action) -> None:
        Action.objects.filter(pk=made.pk).update(amount=Decimal(999))
        client = Client()
        assert "What was asked has changed since." in text(client.get(self.url()))
        assert client.post(self.url(), {"answer": "approve"}).status_code == 409

    def test_is_nobody_elses(self, stage: Stage, made: Action, other: User) -> None:
        client = signed_in(other)
        assert client.get(self.url()).status_code == 403
        assert client.post(self.url(), {"answer": "approve"}).status_code == 403
        assert status(made) == ActionStatus.AWAITING_APPROVAL
        assert "Approve exactly this" in text(signed_in(stage.manager).get(self.url()))

    def test_ends_with_the_grant(self, stage: Stage, made: Action) -> None:
        end_managers(stage)
        client = Client()
        assert "You can no longer decide this" in text(client.get(self.url()))
        assert client.post(self.url(), {"answer": "approve"}).status_code == 403
        assert status(made) == ActionStatus.AWAITING_APPROVAL

    def test_ends_when_it_went_on(self, stage: Stage, made: Action, other: User) -> None:
        approval.pass_on(approval_id=waiting(made).pk, why=Passed.TOO_LATE, at=SOON, actor=SYSTEM)
        assert "This went on to somebody else (not answered in time)." in text(Client().get(self.url()))
        assert Client().post(self.url(), {"answer": "approve"}).status_code == 409

    def test_ends_after_three_days(self, stage: Stage, made: Action, clock: Any) -> None:
        clock.move_to(AT + timedelta(hours=72))
        assert "Links in mails answer for three days." in text(Client().get(self.url()))
        assert Client().post(self.url(), {"answer": "approve"}).status_code == 409

    def test_ends_when_its_person_leaves(self, stage: Stage, made: Action) -> None:
        User.objects.filter(pk=stage.manager.pk).update(is_active=False)
        assert Client().post(self.url(), {"answer": "approve"}).status_code in {403, 404}
        assert status(made) == ActionStatus.AWAITING_APPROVAL

    def test_speaks_the_language_of_its_person(self, stage: Stage, made: Action) -> None:
        User.objects.filter(pk=stage.manager.pk).update(language="fr")
        assert '<html lang="fr"' in text(Client().get(self.url()))

    def test_a_link_that_never_was_says_what_to_do(self, stage: Stage) -> None:
        answer = Client().get("/approve/" + "x" * 43 + "/")
        assert answer.status_code == 404
        assert "Nothing was decided." in text(answer)

    def test_a_budget_that_is_used_up_is_said(self, stage: Stage) -> None:
        end_managers(stage)
        give(stage, person=stage.manager, budget_each=Decimal(200))
        first = planned(stage)
        second = planned(stage)
        approve(waiting(first), stage.manager, at=SOON)
        mail = Delivery.objects.filter(purpose="approval").order_by("-pk")[0]
        url = "/approve/" + str(mail.body).rstrip("/").split("/")[-1] + "/"
        answer = Client().post(url, {"answer": "approve"})
        assert (answer.status_code, "the budget is used up" in text(answer)) == (409, True)
        assert status(second) == ActionStatus.AWAITING_APPROVAL
