"""Connected systems for people: set up by admins, followed in the case, settled from the tray."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from cases.commands import action as actions
from cases.commands import callback, carrying, delivery
from cases.commands import target as targets
from cases.models import Action, Callback, Delivery, Kind, Target
from cases.queries import verification
from cases.rules import signature
from cases.rules.request import Answer
from cases.vocabulary import SYSTEM, ActionStatus, Ask, DeliveryStatus, Proof, SystemStatus
from tests.api.calls import Program
from tests.desk import HTMX, signed_in, taken
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db
LIST = "/settings/brands/brindlewick/systems/"
FACTS = {
    "fact-TOTAL_FORMS": "3",
    "fact-INITIAL_FORMS": "0",
    "fact-0-name": "id",
    "fact-0-fact": "order",
    "fact-1-name": "sum",
    "fact-1-fact": "amount",
    "fact-2-name": "",
    "fact-2-fact": "",
}
FORM = {"name": "Billing", "url": "https://billing.example/orders", "timeout": "5", "poll_minutes": "15", **FACTS}


@pytest.fixture
def stage() -> Stage:
    return set_stage()


@pytest.fixture
def system(stage: Stage) -> Target:
    made = targets.create_target(
        brand_id=stage.brand.pk,
        name="Billing",
        url="https://billing.example/orders",
        mapping={},
        timeout=5,
        poll_minutes=15,
        actor=actor(stage.admin),
    )
    stage.refund.target = made.target
    stage.refund.save()
    return made.target


@pytest.fixture
def sent(stage: Stage, system: Target) -> Action:
    """A refund on its way to the system."""
    by = actor(stage.agent)
    row = actions.add_action(case_id=taken(stage).pk, kind_id=stage.refund.pk, amount=Decimal("50.00"), at=AT, actor=by)
    return actions.start_action(action_id=row.pk, at=AT, actor=by)


@pytest.fixture
def lost(sent: Action) -> Action:
    """The same after its answer was lost."""
    call = claim(sent)
    carrying.mark_lost(delivery_id=call.delivery_id, claimed_at=call.claimed_at, error="It broke.", at=AT, actor=SYSTEM)
    return sent


def claim(row: Action, ask: Ask = Ask.DO) -> delivery.Call:
    waiting = Delivery.objects.filter(action=row, ask=ask, status=DeliveryStatus.QUEUED).get()
    Delivery.objects.filter(pk=waiting.pk).update(due_at=AT)
    call = delivery.claim(delivery_id=waiting.pk, at=AT, actor=SYSTEM)
    assert isinstance(call, delivery.Call)
    return call


def answer(row: Action, status: SystemStatus, ask: Ask = Ask.DO, **more: Any) -> None:
    call = claim(row, ask)
    carrying.mark_answered(
        delivery_id=call.delivery_id,
        claimed_at=call.claimed_at,
        answer=Answer(status, **more),
        at=AT,
        actor=SYSTEM,
    )


def text(response: Any) -> str:
    return str(response.content.decode())


class TestSettings:
    def test_connects_a_system_and_shows_its_secret_once(self, stage: Stage) -> None:
        client = signed_in(stage.admin)
        assert "No system is connected" in text(client.get(LIST))
        assert client.get(f"{LIST}+/").status_code == 200
        page = text(client.post(f"{LIST}+/", FORM))
        row = Target.objects.get()
        assert row.secret in page
        assert row.mapping == {"id": "order", "sum": "amount"}
        assert f"/api/v1/callbacks/{row.public_id}/" in page
        assert row.secret not in text(client.get(LIST)) + text(client.get(f"{LIST}{row.pk}/"))

    @pytest.mark.parametrize(
        "wrong",
        [
            {"url": "nowhere"},
            {"timeout": "0"},
            {"fact-1-name": "id"},
            {"fact-1-fact": ""},
            {"fact-0-fact": "kind"},
            {"fact-0-name": "a b"},
        ],
    )
    def test_keeps_what_was_typed_when_it_refuses(self, stage: Stage, wrong: dict[str, str]) -> None:
        answered = signed_in(stage.admin).post(f"{LIST}+/", FORM | wrong)
        assert (answered.status_code, Target.objects.count()) == (422, 0)
        assert "Billing" in text(answered)

    def test_changes_it_and_renews_its_secret(self, stage: Stage, system: Target) -> None:
        client = signed_in(stage.admin)
        form = FORM | {"name": "Payments", "is_active": "on"}
        assert client.post(f"{LIST}{system.pk}/", form).status_code == 302
        assert Target.objects.get().name == "Payments"
        assert client.post(f"{LIST}{system.pk}/", FORM).status_code == 422
        page = text(client.post(f"{LIST}{system.pk}/secret/"))
        assert Target.objects.get().secret in page
        assert Target.objects.get().secret != system.secret

    def test_is_for_admins(self, stage: Stage, system: Target) -> None:
        for person, code in ((stage.manager, 403), (stage.outsider, 404)):
            assert signed_in(person).get(LIST).status_code == code
            assert signed_in(person).post(f"{LIST}{system.pk}/secret/").status_code == code


class TestCase:
    def test_says_where_it_is(self, stage: Stage, sent: Action) -> None:
        page = text(signed_in(stage.agent).get("/cases/BW-1/"))
        assert "sent to Billing, no answer yet" in page
        assert f"/actions/{sent.public_id}/complete/" not in page
        answer(sent, SystemStatus.ACCEPTED)
        assert "Billing has it, not done yet" in text(signed_in(stage.agent).get("/cases/BW-1/"))

    def test_says_that_nobody_knows_and_lets_one_ask(self, stage: Stage, lost: Action) -> None:
        client = signed_in(stage.agent)
        assert "sent to Billing, nobody knows what happened" in text(client.get("/cases/BW-1/"))
        assert client.post(f"/actions/{lost.public_id}/ask/", headers=HTMX).status_code == 200
        answer(lost, SystemStatus.DONE, Ask.STATE, reference="R-1")
        page = text(client.get("/cases/BW-1/"))
        assert "R-1" in page
        assert "nobody knows" not in page
        journal = text(client.get("/cases/BW-1/?tab=journal"))
        assert "Billing has it done, with proof: Refund" in journal
        assert "Nobody knows what Billing did: Refund" in journal

    def test_asks_to_cancel(self, stage: Stage, lost: Action) -> None:
        client = signed_in(stage.agent)
        client.post(f"/actions/{lost.public_id}/cancel/")
        answer(lost, SystemStatus.ACCEPTED, Ask.CANCEL)
        assert "Billing is asked to cancel it" in text(client.get("/cases/BW-1/"))

    def test_a_refused_cancellation_can_be_asked_for_again(self, stage: Stage, lost: Action) -> None:
        carrying.cancel_sent(action_id=lost.pk, at=AT, actor=actor(stage.agent))
        call = claim(lost, Ask.CANCEL)
        carrying.mark_refused(
            delivery_id=call.delivery_id, claimed_at=call.claimed_at, reason="No", at=AT, actor=SYSTEM
        )
        assert Action.objects.get(pk=lost.pk).cancel_asked_at is None
        assert "A connected system refuses to cancel" in text(signed_in(stage.agent).get("/notifications/"))


class TestTray:
    def test_shows_the_request_and_asks_again(self, stage: Stage, lost: Action) -> None:
        client = signed_in(stage.manager)
        page = text(client.get("/tray/"))
        assert "It broke." in page
        assert "Send again, same key" not in page
        url = f"/tray/actions/{lost.public_id}/"
        assert client.get(url).status_code == 200
        client.post(url, {"choice": "ask"})
        answer(lost, SystemStatus.UNKNOWN, Ask.STATE)
        assert "Send again, same key" in text(client.get("/tray/"))
        client.post(url, {"choice": "again"})
        assert claim(lost).key == str(lost.public_id)

    def test_takes_a_person_s_word_with_a_reference(self, stage: Stage, lost: Action) -> None:
        client = signed_in(stage.manager)
        url = f"/tray/actions/{lost.public_id}/"
        said = {"choice": "done", "words": "Seen in Billing.", "reference": "", "amount": "50"}
        assert client.post(url, said).status_code == 422
        assert client.post(url, said | {"reference": "R-7", "amount": "51"}).status_code == 422
        assert client.post(url, said | {"reference": "R-7"}).status_code == 302
        row = Action.objects.get(pk=lost.pk)
        assert (row.status, row.proof_reference, row.done_by_id) == (ActionStatus.DONE, "R-7", stage.manager.pk)
        assert not Delivery.objects.exclude(status=DeliveryStatus.SENT).filter(action=row).exists()

    def test_takes_the_day_from_a_person_where_the_system_cannot_prove_it(self, stage: Stage, lost: Action) -> None:
        Kind.objects.filter(pk=stage.refund.pk).update(proof=Proof.DATE)
        url = f"/tray/actions/{lost.public_id}/"
        carrying.ask_again(action_id=lost.pk, at=AT, actor=actor(stage.agent))
        answer(lost, SystemStatus.DONE, Ask.STATE, reference="R-7")
        assert Action.objects.get(pk=lost.pk).status == ActionStatus.IN_PROGRESS
        client = signed_in(stage.manager)
        said = {"choice": "done", "words": "Seen in Billing.", "reference": "R-7", "amount": "50"}
        assert client.post(url, said).status_code == 422
        assert client.post(url, said | {"done_on": "2026-09-01"}).status_code == 422
        assert client.post(url, said | {"done_on": "2026-09-08"}).status_code == 302
        row = Action.objects.get(pk=lost.pk)
        assert (row.status, row.proof_on) == (ActionStatus.DONE, date(2026, 9, 8))

    def test_takes_a_person_s_word_that_it_did_not_happen(self, stage: Stage, lost: Action) -> None:
        client = signed_in(stage.manager)
        url = f"/tray/actions/{lost.public_id}/"
        assert client.post(url, {"choice": "not_done", "words": " "}).status_code == 422
        assert client.post(url, {"choice": "not_done", "words": "Billing never had it."}).status_code == 302
        assert Action.objects.get(pk=lost.pk).status == ActionStatus.FAILED
        # In case they are wrong, the next order is the same one.
        by = actor(stage.agent)
        actions.propose_again(action_id=lost.pk, at=AT, actor=by)
        actions.start_action(action_id=lost.pk, at=AT, actor=by)
        assert claim(lost).key == str(lost.public_id)

    def test_is_for_those_who_may_settle(self, stage: Stage, lost: Action) -> None:
        url = f"/tray/actions/{lost.public_id}/"
        for person, code in ((stage.agent, 403), (stage.auditor, 403), (stage.outsider, 404)):
            assert signed_in(person).post(url, {"choice": "not_done", "words": "x"}).status_code == code
        assert Action.objects.get(pk=lost.pk).status == ActionStatus.IN_PROGRESS

    def test_a_mail_s_choices_are_not_for_it(self, stage: Stage, lost: Action) -> None:
        row = Delivery.objects.get(action=lost)
        signed_in(stage.manager).post(f"/tray/delivery/{row.pk}/settle/", {"choice": "cancel"})
        assert Delivery.objects.get(pk=row.pk).status == DeliveryStatus.UNKNOWN

    def test_shows_what_does_not_fit_until_somebody_has_seen_to_it(
        self, stage: Stage, system: Target, sent: Action
    ) -> None:
        answer(sent, SystemStatus.FAILED, reason="no funds")
        body = json.dumps({"order": str(sent.public_id), "status": "done", "reference": "R-9"}).encode()
        signed = signature.sign(system.secret, body, at=int(AT.timestamp()))
        kept = callback.keep_callback(target_id=system.public_id, body=body, signed=signed, at=AT, actor=SYSTEM)
        assert callback.hear_callback(callback_id=kept.callback_id, at=AT, actor=SYSTEM).outcome == "unexpected"
        client = signed_in(stage.manager)
        page = text(client.get("/tray/"))
        assert "Does not fit how the action stands" in page
        assert "R-9" in page
        url = f"/tray/callback/{kept.callback_id}/seen/"
        assert signed_in(stage.outsider).post(url).status_code == 404
        assert client.post(url).status_code == 302
        assert "R-9" not in text(client.get("/tray/"))
        assert Callback.objects.get().outcome == "seen"
        assert [finding for step in verification.walk(None) for finding in step.findings] == []


class TestApi:
    def test_sets_a_system_up(self, stage: Stage) -> None:
        program = Program(stage.admin)
        given = {"brand": "brindlewick", "name": "Billing", "url": "https://billing.example/", "timeout": 3}
        made = program.post("targets/", given, Idempotency_Key="k")
        assert made.status_code == 201
        secret = made.json()["secret"]
        assert Target.objects.get().secret == secret
        again = program.post("targets/", given, Idempotency_Key="k").json()
        assert (again["id"], again["secret"]) == (made.json()["id"], None)
        path = f"targets/{again['id']}/"
        assert "secret" not in program.get(path).json()
        assert program.patch(path, {"timeout": 9}).json()["timeout"] == 9
        assert program.patch(path, {"mapping": {"x": "nothing"}}).status_code == 422
        renewed = program.post(f"{path}secret/").json()["secret"]
        assert renewed not in {secret, None}
        assert secret not in text(program.get("targets/"))

    def test_follows_and_settles_an_action(self, stage: Stage, lost: Action) -> None:
        program = Program(stage.manager)
        path = f"actions/{lost.public_id}/"
        shown = program.get(path).json()["system"]
        assert (shown["name"], shown["status"]) == ("Billing", "")
        assert program.post(f"{path}ask/").status_code == 200
        assert program.post(f"{path}send-again/").json()["code"] == "invalid"
        assert program.post(f"{path}waive/", {"reason": "x"}).json()["code"] == "sent_already"
        done = program.post(f"{path}settle/", {"done": True, "words": "Seen.", "reference": "R-1"}).json()
        assert (done["status"], done["proof"]["reference"], done["proof"]["done_by"]) == ("done", "R-1", "manager")

    def test_cancels(self, stage: Stage, sent: Action) -> None:
        program = Program(stage.agent)
        cancelled = program.post(f"actions/{sent.public_id}/cancel/").json()
        assert (cancelled["status"], cancelled["failure"]) == ("failed", "Cancelled before it was sent to Billing.")
        assert program.post(f"actions/{sent.public_id}/cancel/").json()["code"] == "illegal_action_move"
