"""What monitoring asks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from cases.commands import escalation
from cases.queries import clock
from cases.vocabulary import SYSTEM, When
from tests.people import set_stage
from tests.rules_at_work import live

pytestmark = pytest.mark.django_db


def test_says_that_it_lives_and_can_work(client: Client) -> None:
    assert client.get("/healthz").content == b"ok\n"
    assert client.get("/readyz").json() == {"ready": True}


def test_shows_metrics_to_this_machine_only(client: Client) -> None:
    assert b"django_http_requests" in client.get("/metrics").content
    assert client.get("/metrics", REMOTE_ADDR="203.0.113.9").status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404


def test_says_when_rules_are_not_looked_at(client: Client) -> None:
    assert client.get("/healthz/rules").status_code == 200
    stage = set_stage()
    live(stage, When.ASSIGNED)
    assert client.get("/healthz/rules").status_code == 503
    escalation.claim(at=clock.now() - timedelta(minutes=2), actor=SYSTEM)
    answer = client.get("/healthz/rules")
    assert (answer.status_code, answer.json()["in_time"], answer.json()["silent_seconds"] >= 120) == (503, False, True)
    escalation.claim(at=clock.now(), actor=SYSTEM)
    assert client.get("/healthz/rules").json()["in_time"]
