"""What monitoring asks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from cases.commands import escalation, figures, upkeep
from cases.models import Stale
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


def test_says_when_figures_are_stale_or_differ(client: Client) -> None:
    assert client.get("/healthz/figures").json() == {
        "agree": True,
        "differed": 0,
        "last_check": None,
        "stale_months": 0,
        "silent_seconds": None,
    }
    set_stage().post()
    answer = client.get("/healthz/figures")
    assert (answer.status_code, answer.json()["stale_months"]) == (503, 1)
    upkeep.beat(part="figures", at=clock.now(), actor=SYSTEM)
    assert client.get("/healthz/figures").status_code == 200
    upkeep.beat(part="figures", at=clock.now() - timedelta(minutes=3), actor=SYSTEM)
    assert client.get("/healthz/figures").status_code == 503
    Stale.objects.all().delete()
    assert client.get("/healthz/figures").status_code == 200
    figures.check(at=clock.now(), actor=SYSTEM)
    found = client.get("/healthz/figures")
    # What was never made is missing, and the note of it is gone.
    assert (found.status_code, found.json()["agree"], found.json()["differed"]) == (503, False, 1)


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
