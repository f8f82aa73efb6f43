"""A word to a connected system: signed, with a key, tried again while it may help, left in the tray when not."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from cases.channels import caller
from cases.jobs import delivery as jobs
from cases.models import Delivery, Escalation, Event, Target
from cases.queries import clock, people
from cases.rules import signature
from cases.vocabulary import EventKind, When
from cases.web import journal
from cases.web.journal import sentence
from tests.people import Stage, set_stage
from tests.rules_at_work import deadline, live, overdue, work

pytestmark = pytest.mark.usefixtures("own_database")


@pytest.fixture
def row(own_database: str) -> Delivery:
    stage: Stage = set_stage()
    deadline(stage.case(), clock.now() - timedelta(minutes=1))
    target = Target.objects.create(brand=stage.brand, name="Ops", url="https://ops.example/hook", secret="cds_x")
    live(stage, When.DEADLINE, {"kind": "hook", "target": target.pk, "after_minutes": 0}, **overdue())
    work()
    return Delivery.objects.get(kind="hook")


def send(row: Delivery, outcome: caller.Outcome, monkeypatch: pytest.MonkeyPatch) -> tuple[caller.Request, str]:
    made: list[caller.Request] = []
    monkeypatch.setattr(caller, "call", lambda request: made.append(request) or outcome)
    Delivery.objects.filter(pk=row.pk).update(due_at=clock.now() - timedelta(seconds=1))
    jobs.send_delivery(delivery_id=row.pk)
    row.refresh_from_db()
    return made[0], row.status


def test_is_signed_and_carries_the_same_key_at_every_sending(row: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    first, status = send(row, caller.Lost("gone"), monkeypatch)
    assert status == "queued"
    second, status = send(row, caller.Answered(204, b""), monkeypatch)
    assert status == "sent"
    key = f"{Escalation.objects.get().public_id}-1"
    assert {first.headers["Idempotency-Key"], second.headers["Idempotency-Key"]} == {key}
    assert signature.HEADER in second.headers
    assert json.loads(second.body)["case"] == "BW-1"


@pytest.mark.parametrize(("code", "status"), [(500, "queued"), (429, "queued"), (404, "failed")])
def test_is_tried_again_while_it_may_help(
    row: Delivery, monkeypatch: pytest.MonkeyPatch, code: int, status: str
) -> None:
    assert send(row, caller.Answered(code, b""), monkeypatch)[1] == status


def test_is_not_sent_to_a_system_that_was_switched_off(row: Delivery) -> None:
    Target.objects.update(is_active=False)
    Delivery.objects.filter(pk=row.pk).update(due_at=clock.now() - timedelta(seconds=1))
    jobs.send_delivery(delivery_id=row.pk)
    row.refresh_from_db()
    assert row.status == "cancelled"


def test_the_journal_says_it_as_sentences(row: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    send(row, caller.Answered(204, b""), monkeypatch)
    events = list(Event.objects.filter(stream="case", stream_id=row.case_id, actor_kind__in=["rule", "system"]))
    names = journal.journal.names(events, people.seer_of(None))
    said = {event.kind: sentence(event, names).words for event in events}
    assert said[EventKind.RULE_MATCHED] == "The rule “Wake us” began to act on the case"
    assert said[EventKind.RULE_STEPPED].startswith("The rule “Wake us” took step 1")
    assert said[EventKind.DELIVERY_SENT] == "A connected system heard what a rule told it"
