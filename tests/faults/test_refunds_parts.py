"""Refunds with real parts: a worker that is killed in the middle, a web server that hears callbacks, two workers."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from cases.commands import carrying, delivery
from cases.jobs import delivery as jobs
from cases.models import Action, Callback, Delivery, Event
from cases.vocabulary import ActionStatus, Ask, DeliveryStatus, EventKind
from tests.conftest import RedisServer
from tests.faults.parts import wait, web, worker
from tests.faults.refunds import Refunds, connect, refund, refund_server
from tests.faults.smtp import _free_port
from tests.people import Stage, actor, set_stage

pytestmark = pytest.mark.slow
INSIDE = {"CASEDESK_ALLOW_PRIVATE_TARGETS": "1"}
S, D = ActionStatus, DeliveryStatus


@pytest.fixture
def stage(own_database: str, redis_server: RedisServer) -> Stage:
    return set_stage()


@pytest.fixture
def refunds(settings: Any) -> Iterator[Refunds]:
    settings.ALLOW_PRIVATE_TARGETS = True
    with refund_server() as server:
        yield server


def status(row: Action) -> str:
    return Action.objects.values_list("status", flat=True).get(pk=row.pk)


def sent(row: Action, ask: Ask = Ask.DO) -> str:
    return Delivery.objects.filter(action=row, ask=ask).latest("pk").status


def test_a_worker_killed_between_sending_and_marking_books_once(
    stage: Stage, refunds: Refunds, redis_server: RedisServer, tmp_path: Path
) -> None:
    connect(stage, refunds, timeout=60)
    refunds.pause = 60.0
    with worker(redis_server.url, tmp_path / "first.log", **INSIDE) as process:
        row = refund(stage)
        assert refunds.reached.wait(20), (tmp_path / "first.log").read_text()
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert (sent(row), status(row)) == (D.SENDING, S.IN_PROGRESS)

    refunds.pause = 0.0
    log = tmp_path / "second.log"
    with worker(redis_server.url, log, **INSIDE):
        # The nudge comes again, and so does the sweep: within the lease nobody touches it, and others go on.
        jobs.send_delivery.apply_async(kwargs={"delivery_id": Delivery.objects.get(action=row).pk})
        jobs.sweep_deliveries.apply_async()
        other = refund(stage, external_id="p-2")
        wait(lambda: status(other) == S.DONE, log)
        assert (sent(row), status(row)) == (D.SENDING, S.IN_PROGRESS)
        with time_machine.travel(timezone.now() + delivery.LEASE + timedelta(seconds=1)):
            jobs.sweep_deliveries()
        assert (sent(row), status(row)) == (D.UNKNOWN, S.IN_PROGRESS)
        carrying.ask_again(action_id=row.pk, at=timezone.now(), actor=actor(stage.agent))
        wait(lambda: status(row) == S.DONE, log)
    assert refunds.paid == {str(row.public_id): 1, str(other.public_id): 1}
    assert Delivery.objects.exclude(status=D.SENT).count() == 0


def test_a_worker_killed_before_sending_leaves_it_to_the_next(
    stage: Stage, refunds: Refunds, redis_server: RedisServer, tmp_path: Path
) -> None:
    connect(stage, refunds)
    row = refund(stage)
    redis_server.stop()
    redis_server.start()
    with worker(redis_server.url, tmp_path / "worker.log", **INSIDE):
        # The nudge is gone with Redis: the sweep finds the row.
        jobs.sweep_deliveries.apply_async()
        wait(lambda: status(row) == S.DONE, tmp_path / "worker.log")
    assert refunds.paid == {str(row.public_id): 1}


def test_two_workers_and_many_nudges_send_once(
    stage: Stage, refunds: Refunds, redis_server: RedisServer, tmp_path: Path
) -> None:
    connect(stage, refunds)
    refunds.pause = 0.2
    with worker(redis_server.url, tmp_path / "a.log", **INSIDE), worker(redis_server.url, tmp_path / "b.log", **INSIDE):
        rows = [refund(stage, external_id=f"p-{number}") for number in range(6)]
        for row in rows:
            for _ in range(4):
                jobs.send_delivery.apply_async(kwargs={"delivery_id": Delivery.objects.get(action=row).pk})
        wait(lambda: all(status(row) == S.DONE for row in rows), tmp_path / "a.log")
    assert sorted(refunds.heard) == sorted(("POST", "/orders", str(row.public_id)) for row in rows)


def test_duplicate_and_forged_callbacks_reach_the_web_server(
    stage: Stage, refunds: Refunds, redis_server: RedisServer, tmp_path: Path, settings: Any
) -> None:
    refunds.accepts_only = True
    port = _free_port()
    settings.SITE_URL = f"http://127.0.0.1:{port}"
    connect(stage, refunds)
    with worker(redis_server.url, tmp_path / "worker.log", **INSIDE), web(redis_server.url, tmp_path / "web.log", port):
        row = refund(stage)
        wait(lambda: sent(row) == D.SENT, tmp_path / "worker.log")
        key = str(row.public_id)
        refunds.finish(key)
        assert refunds.call_back(key, secret="cds_wrong") == [401]
        assert refunds.call_back(key, at=int(timezone.now().timestamp()) - 600) == [401]
        assert (status(row), Callback.objects.count()) == (S.IN_PROGRESS, 0)
        assert refunds.call_back(key, times=3) == [200, 200, 200]
    assert (status(row), Callback.objects.get().times) == (S.DONE, 3)
    assert Event.objects.filter(kind=EventKind.ACTION_COMPLETED).count() == 1
