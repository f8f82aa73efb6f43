"""Refunds through a real server that fails in every way: each is booked exactly once, and none is guessed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from cases import errors
from cases.commands import action as actions
from cases.commands import carrying, delivery
from cases.jobs import carrying as polling
from cases.jobs import delivery as jobs
from cases.models import Action, Authorisation, Callback, Delivery, Event, Notification, Target
from cases.vocabulary import SYSTEM, ActionStatus, Ask, DeliveryStatus, EventKind, SystemStatus
from tests.faults.refunds import Refunds, connect, refund, refund_server, sign
from tests.people import Stage, actor, set_stage

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
S, D = ActionStatus, DeliveryStatus


@pytest.fixture
def refunds(settings: Any) -> Iterator[Refunds]:
    settings.ALLOW_PRIVATE_TARGETS = True
    with refund_server() as server:
        yield server


def send(row: Action, ask: Ask = Ask.DO) -> Delivery:
    """Let a worker send what is due."""
    delivery_id = Delivery.objects.filter(action=row, ask=ask).latest("pk").pk
    Delivery.objects.filter(pk=delivery_id, status=D.QUEUED).update(due_at=timezone.now() - timedelta(seconds=1))
    jobs.send_delivery(delivery_id=delivery_id)
    return Delivery.objects.get(pk=delivery_id)


def ask(row: Action, stage: Stage) -> Delivery:
    carrying.ask_again(action_id=row.pk, at=timezone.now(), actor=actor(stage.agent))
    return send(row, Ask.STATE)


def now(row: Action) -> Action:
    return Action.objects.get(pk=row.pk)


def tell(refunds: Refunds, row: Target, body: dict[str, Any], signed: str = "") -> Any:
    """A callback, by hand."""
    content = json.dumps(body).encode()
    header = {"casedesk-signature": signed or sign(refunds.secret, content)}
    return Client().post(f"/api/v1/callbacks/{row.public_id}/", content, "application/json", headers=header)


class TestInOneProcess:
    @pytest.fixture
    def stage(self) -> Stage:
        return set_stage()

    @pytest.fixture
    def system(self, stage: Stage, refunds: Refunds) -> Target:
        return connect(stage, refunds)

    def test_is_done_with_the_system_s_proof(self, stage: Stage, refunds: Refunds, system: Target) -> None:
        row = refund(stage)
        assert (row.status, row.target_id, Delivery.objects.get(action=row).status) == (
            S.IN_PROGRESS,
            system.pk,
            D.QUEUED,
        )
        sent = send(row)
        done = now(row)
        assert (done.status, done.proof_reference, done.proof_amount) == (S.DONE, "R-1", Decimal("50.00"))
        assert (done.proof_outcome, done.done_by_id, sent.status) == ("Billing says it is done.", None, D.SENT)
        assert refunds.paid == {str(row.public_id): 1}
        assert Authorisation.objects.get(action=row).released_at is None

    def test_books_once_when_the_system_fails_first(self, stage: Stage, refunds: Refunds, system: Target) -> None:
        refunds.errors_before, refunds.errors_after = 2, 1
        row = refund(stage)
        for _ in range(3):
            waiting = send(row)
            assert (waiting.status, now(row).status) == (D.QUEUED, S.IN_PROGRESS)
            assert waiting.due_at > timezone.now() + timedelta(seconds=20)
        assert send(row).status == D.SENT
        assert now(row).status == S.DONE
        assert refunds.paid == {str(row.public_id): 1}
        assert {key for _method, _path, key in refunds.heard} == {str(row.public_id)}

    def test_gives_up_unsure_and_never_guesses(self, stage: Stage, refunds: Refunds, system: Target) -> None:
        refunds.errors_before = 99
        row = refund(stage)
        for _ in range(carrying.MAX_ATTEMPTS):
            sent = send(row)
        assert (sent.status, now(row).status) == (D.UNKNOWN, S.IN_PROGRESS)
        assert Notification.objects.filter(kind="call_unsure", person=stage.agent).exists()

    @pytest.mark.parametrize("fault", ["breaks_after", "garbles"])
    def test_a_lost_answer_waits_and_asking_again_finds_it(
        self, stage: Stage, refunds: Refunds, system: Target, fault: str
    ) -> None:
        setattr(refunds, fault, 1)
        row = refund(stage)
        assert send(row).status == D.UNKNOWN
        assert now(row).status == S.IN_PROGRESS
        with pytest.raises(errors.Invalid):
            carrying.send_again(action_id=row.pk, at=timezone.now(), actor=actor(stage.manager))
        ask(row, stage)
        assert now(row).status == S.DONE
        assert not Delivery.objects.filter(action=row).exclude(status=D.SENT).exists()
        assert refunds.paid == {str(row.public_id): 1}

    def test_what_is_not_known_there_is_sent_again_with_the_same_key(
        self, stage: Stage, refunds: Refunds, system: Target
    ) -> None:
        refunds.breaks_before = 1
        row = refund(stage)
        assert send(row).status == D.UNKNOWN
        ask(row, stage)
        assert (now(row).status, now(row).system_status) == (S.IN_PROGRESS, SystemStatus.UNKNOWN)
        waiting = Delivery.objects.get(action=row, status=D.UNKNOWN)
        assert (waiting.ask, waiting.error) == (Ask.DO, "The system says that it does not know this order.")
        carrying.send_again(action_id=row.pk, at=timezone.now(), actor=actor(stage.manager))
        send(row)
        assert now(row).status == S.DONE
        assert refunds.paid == {str(row.public_id): 1}

    def test_what_was_accepted_and_forgotten_is_ordered_again_as_the_same(
        self, stage: Stage, refunds: Refunds, system: Target
    ) -> None:
        refunds.accepts_only = True
        row = refund(stage)
        send(row)
        refunds.books.clear()
        assert ask(row, stage).status == D.UNKNOWN
        refunds.accepts_only = False
        carrying.send_again(action_id=row.pk, at=timezone.now(), actor=actor(stage.manager))
        send(row)
        assert now(row).status == S.DONE
        assert refunds.paid == {str(row.public_id): 1}

    def test_a_slow_system_is_not_waited_for(self, stage: Stage, refunds: Refunds) -> None:
        connect(stage, refunds, timeout=1)
        refunds.pause = 3.0
        row = refund(stage)
        assert send(row).status == D.UNKNOWN
        refunds.pause = 0.0
        ask(row, stage)
        assert now(row).status == S.DONE
        assert refunds.paid == {str(row.public_id): 1}

    def test_a_refusal_ends_it_and_gives_the_budget_back(self, stage: Stage, refunds: Refunds, system: Target) -> None:
        refunds.refuses = "account closed"
        row = refund(stage)
        assert send(row).status == D.SENT
        failed = now(row)
        assert (failed.status, failed.failure) == (S.FAILED, "Billing could not do it: account closed")
        assert Authorisation.objects.get(action=row).released_at is not None
        # Another attempt is another order: this one has ended there.
        refunds.refuses = ""
        by, at = actor(stage.agent), timezone.now()
        actions.propose_again(action_id=row.pk, at=at, actor=by)
        actions.start_action(action_id=row.pk, at=at, actor=by)
        send(row)
        assert now(row).status == S.DONE
        assert refunds.paid == {f"{row.public_id}-2": 1}

    def test_a_refusal_after_a_lost_answer_proves_nothing(self, stage: Stage, refunds: Refunds, system: Target) -> None:
        refunds.errors_after = 1
        row = refund(stage)
        send(row)
        refunds.refuses = "this key was used"
        assert send(row).status == D.UNKNOWN
        assert now(row).status == S.IN_PROGRESS
        refunds.refuses = ""
        ask(row, stage)
        assert now(row).status == S.DONE
        assert refunds.paid == {str(row.public_id): 1}

    def test_an_accepted_order_is_asked_about_when_its_time_comes(
        self, stage: Stage, refunds: Refunds, system: Target
    ) -> None:
        refunds.accepts_only = True
        row = refund(stage)
        send(row)
        assert now(row).system_status == SystemStatus.ACCEPTED
        polling.poll_targets()
        assert not Delivery.objects.filter(action=row, ask=Ask.STATE).exists()
        refunds.finish(str(row.public_id))
        with time_machine.travel(timezone.now() + timedelta(minutes=16)):
            for _ in range(2):
                polling.poll_targets()
            assert Delivery.objects.filter(action=row, ask=Ask.STATE).count() == 1
        send(row, Ask.STATE)
        assert (now(row).status, refunds.paid) == (S.DONE, {str(row.public_id): 1})

    def test_paying_more_than_was_decided_waits_for_a_person(
        self, stage: Stage, refunds: Refunds, system: Target
    ) -> None:
        refunds.pays = "500.00"
        row = refund(stage)
        assert send(row).status == D.UNKNOWN
        assert now(row).status == S.IN_PROGRESS


class TestCancelling:
    @pytest.fixture
    def stage(self) -> Stage:
        return set_stage()

    @pytest.fixture
    def system(self, stage: Stage, refunds: Refunds) -> Target:
        return connect(stage, refunds)

    def cancel(self, row: Action, stage: Stage) -> Action:
        return carrying.cancel_sent(action_id=row.pk, at=timezone.now(), actor=actor(stage.agent))

    def test_takes_back_at_once_what_never_went_out(self, stage: Stage, refunds: Refunds, system: Target) -> None:
        row = refund(stage)
        self.cancel(row, stage)
        assert now(row).failure == "Cancelled before it was sent to Billing."
        send(row)
        assert (now(row).status, refunds.heard) == (S.FAILED, [])

    def test_is_a_request_that_the_system_answers(self, stage: Stage, refunds: Refunds, system: Target) -> None:
        refunds.accepts_only = True
        row = refund(stage)
        send(row)
        for _ in range(2):
            self.cancel(row, stage)
        assert now(row).status == S.IN_PROGRESS
        send(row, Ask.CANCEL)
        assert (now(row).status, now(row).system_status) == (S.FAILED, SystemStatus.CANCELLED)
        assert refunds.heard[-1] == ("POST", f"/orders/{row.public_id}/cancel", f"{row.public_id}-cancel")
        assert Authorisation.objects.get(action=row).released_at is not None
        assert not refunds.paid

    def test_too_late_is_done(self, stage: Stage, refunds: Refunds, system: Target) -> None:
        refunds.breaks_after = 1
        row = refund(stage)
        send(row)
        self.cancel(row, stage)
        send(row, Ask.CANCEL)
        assert (now(row).status, refunds.paid) == (S.DONE, {str(row.public_id): 1})

    def test_stops_sending_again_before_it_asks(self, stage: Stage, refunds: Refunds, system: Target) -> None:
        refunds.errors_before = 1
        row = refund(stage)
        send(row)
        self.cancel(row, stage)
        assert send(row).status == D.CANCELLED
        assert send(row, Ask.CANCEL).status == D.UNKNOWN
        assert (now(row).status, now(row).system_status) == (S.IN_PROGRESS, SystemStatus.UNKNOWN)
        carrying.settle_not_done(
            action_id=row.pk, words="They never had it.", at=timezone.now(), actor=actor(stage.manager)
        )
        assert (now(row).status, dict(refunds.paid)) == (S.FAILED, {})

    def test_what_a_system_has_is_neither_waived_nor_changed_nor_done_by_hand(
        self, stage: Stage, refunds: Refunds, system: Target
    ) -> None:
        row = refund(stage)
        by, at = actor(stage.manager), timezone.now()
        with pytest.raises(errors.SentAlready):
            actions.waive_action(action_id=row.pk, reason="No", at=at, actor=by)
        with pytest.raises(errors.SentAlready):
            actions.complete_action(
                action_id=row.pk, outcome="Paid", reference="X", amount=Decimal(50), at=at, actor=by
            )
        with pytest.raises(errors.SentAlready):
            actions.change_action(
                action_id=row.pk,
                wording="",
                is_required=True,
                amount=Decimal(60),
                owner_id=None,
                team_id=None,
                due_at=None,
                at=at,
                actor=by,
            )
        assert now(row).status == S.IN_PROGRESS


class TestCallbacks:
    @pytest.fixture
    def stage(self) -> Stage:
        return set_stage()

    @pytest.fixture
    def system(self, stage: Stage, refunds: Refunds) -> Target:
        refunds.accepts_only = True
        return connect(stage, refunds)

    def test_a_duplicate_changes_nothing(self, stage: Stage, refunds: Refunds, system: Target) -> None:
        row = refund(stage)
        send(row)
        said = {"order": str(row.public_id), "status": "done", "reference": "R-1", "amount": "50.00"}
        outcomes = [tell(refunds, system, said).json()["outcome"] for _ in range(3)]
        assert outcomes == ["moved"] * 3
        assert now(row).status == S.DONE
        assert Callback.objects.get().times == 3
        assert Event.objects.filter(kind=EventKind.ACTION_COMPLETED).count() == 1
        assert Event.objects.filter(kind=EventKind.CALLBACK_RECEIVED).count() == 1

    def test_may_come_before_the_answer_is_read(self, stage: Stage, refunds: Refunds, system: Target) -> None:
        row = refund(stage)
        call = delivery.claim(delivery_id=Delivery.objects.get(action=row).pk, at=timezone.now(), actor=SYSTEM)
        assert isinstance(call, delivery.Call)
        tell(refunds, system, {"order": call.order, "status": "done", "reference": "R-1"})
        polling.make(call)
        assert (now(row).status, now(row).proof_reference) == (S.DONE, "R-1")
        assert Delivery.objects.get(action=row).status == D.SENT

    @pytest.mark.parametrize("secret", ["", "cds_wrong"])
    def test_a_forged_one_is_refused_and_not_kept(
        self, stage: Stage, refunds: Refunds, system: Target, secret: str
    ) -> None:
        row = refund(stage)
        send(row)
        said = {"order": str(row.public_id), "status": "done", "reference": "R-1"}
        signed = sign(secret, json.dumps(said).encode()) if secret else "nonsense"
        answer = tell(refunds, system, said, signed)
        assert (answer.status_code, answer.json()["code"]) == (401, "bad_signature")
        late = sign(refunds.secret, json.dumps(said).encode(), int(timezone.now().timestamp()) - 400)
        assert tell(refunds, system, said, late).status_code == 401
        assert (now(row).status, Callback.objects.count()) == (S.IN_PROGRESS, 0)

    def test_done_after_it_was_cancelled_is_never_lost(self, stage: Stage, refunds: Refunds, system: Target) -> None:
        row = refund(stage)
        send(row)
        carrying.cancel_sent(action_id=row.pk, at=timezone.now(), actor=actor(stage.agent))
        send(row, Ask.CANCEL)
        said = {"order": str(row.public_id), "status": "done", "reference": "R-9"}
        assert tell(refunds, system, said).json() == {"outcome": "unexpected"}
        assert now(row).status == S.FAILED
        assert Notification.objects.filter(kind="call_unexpected", person=stage.agent).exists()
        assert Event.objects.get(kind=EventKind.CALLBACK_RECEIVED).payload["heard"] == "unexpected"

    def test_done_of_an_order_that_had_ended_does_not_prove_the_next(
        self, stage: Stage, refunds: Refunds, system: Target
    ) -> None:
        row = refund(stage)
        send(row)
        tell(refunds, system, {"order": str(row.public_id), "status": "failed", "reason": "no funds"})
        by, at = actor(stage.agent), timezone.now()
        actions.propose_again(action_id=row.pk, at=at, actor=by)
        actions.start_action(action_id=row.pk, at=at, actor=by)
        send(row)
        said = {"order": str(row.public_id), "status": "done", "reference": "R-1"}
        assert tell(refunds, system, said).json() == {"outcome": "unexpected"}
        assert now(row).status == S.IN_PROGRESS

    def test_what_the_database_refuses_waits_for_a_person(
        self, stage: Stage, refunds: Refunds, system: Target, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row = refund(stage)
        send(row)
        monkeypatch.setattr("cases.commands.moves.carrying._is_unclear", lambda _action, _answer: False)
        said = {"order": str(row.public_id), "status": "done", "reference": "R-1", "amount": "999.00"}
        assert tell(refunds, system, said).json() == {"outcome": "unclear"}
        assert now(row).status == S.IN_PROGRESS

    def test_about_nothing_of_ours_is_not_found_and_kept(self, stage: Stage, refunds: Refunds, system: Target) -> None:
        row = refund(stage)
        for order in ("nonsense", str(system.public_id), f"{row.public_id}-2"):
            assert tell(refunds, system, {"order": order, "status": "accepted"}).status_code == 404
        answer = tell(refunds, system, {"status": "done"})
        assert (answer.status_code, answer.json()["code"]) == (422, "unreadable")
        assert Callback.objects.count() == 4
        assert tell(refunds, Target(), {"order": "x"}).status_code == 404

    def test_one_that_nobody_heard_is_heard_by_the_next_round(
        self, stage: Stage, refunds: Refunds, system: Target, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row = refund(stage)
        send(row)
        with monkeypatch.context() as patch:
            patch.setattr("cases.commands.callback.hear_callback", lambda **_facts: 1 / 0)
            content = json.dumps({"order": str(row.public_id), "status": "done", "reference": "R-1"}).encode()
            browser = Client(raise_request_exception=False)
            header = {"casedesk-signature": sign(refunds.secret, content)}
            browser.post(f"/api/v1/callbacks/{system.public_id}/", content, "application/json", headers=header)
        assert now(row).status == S.IN_PROGRESS
        with time_machine.travel(timezone.now() + timedelta(minutes=2)):
            polling.poll_targets()
        assert now(row).status == S.DONE
