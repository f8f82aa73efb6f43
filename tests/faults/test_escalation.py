"""Rules under fire: many workers, kills in the middle, lost nudges, wrong clocks, writers in between; once each."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.utils import timezone

from cases.commands import case as cases
from cases.jobs import escalation as jobs
from cases.models import Call, Case, Cue, Escalation, EscalationStep, Event, Heartbeat, RuleVersion
from cases.queries import clock
from cases.vocabulary import EventKind, When
from tests.conftest import Connect, RedisServer
from tests.faults.parts import environment, wait, worker
from tests.people import Stage, actor, set_stage
from tests.rules_at_work import TELL_MANAGERS, acted, became, deadline, live, overdue, told, work

pytestmark = [pytest.mark.usefixtures("own_database"), pytest.mark.database]
MANY = 12
RAISES = {"kind": "severity", "levels": 1, "after_minutes": 0}


def at_once(count: int, act: Callable[[], object]) -> None:
    """So many threads do the same, beginning together, each on a connection of its own."""
    start, failed = threading.Barrier(count), []

    def run() -> None:
        start.wait()
        try:
            act()
        except Exception as error:  # noqa: BLE001 - the test looks at what it was
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


def opened(stage: Stage, count: int) -> list[Case]:
    return [stage.case(f"p-{number}", author=f"a-{number}") for number in range(count)]


def once_each(version: RuleVersion, count: int) -> None:
    """Every case was acted on once, every step taken once, every line written once."""
    assert (acted(version), EscalationStep.objects.exclude(status="done").count()) == (count, 0)
    assert Event.objects.filter(kind=EventKind.RULE_STEPPED).count() == EscalationStep.objects.count()
    assert Event.objects.filter(kind=EventKind.RULE_MATCHED).count() == count
    assert set(Case.objects.values_list("severity", flat=True)) == {4}
    assert Event.objects.filter(kind=EventKind.CASE_CLASSIFIED).count() == count
    assert Call.objects.count() == count
    assert Cue.objects.count() == 0


def test_many_workers_on_the_same_deadlines_act_once_each() -> None:
    stage = set_stage()
    version = live(stage, When.DEADLINE, RAISES, TELL_MANAGERS, **overdue())
    for each in opened(stage, MANY):
        deadline(each, clock.now() - timedelta(minutes=1))
    RuleVersion.objects.filter(pk=version.pk).update(swept_to=clock.now() - timedelta(hours=1))
    at_once(5, work)
    work()
    once_each(version, MANY)


def test_many_workers_on_the_same_events_act_once_each() -> None:
    stage = set_stage()
    version = live(stage, When.ASSIGNED, RAISES, TELL_MANAGERS)
    for each in opened(stage, MANY):
        cases.take(case_id=each.pk, at=clock.now(), actor=actor(stage.agent))
    at_once(5, work)
    work()
    once_each(version, MANY)


def test_many_workers_call_a_person_no_more_often_than_allowed() -> None:
    stage = set_stage()
    type(stage.brand).objects.filter(pk=stage.brand.pk).update(calls_an_hour=2)
    live(stage, When.DEADLINE, **overdue())
    for each in opened(stage, 6):
        deadline(each, clock.now() - timedelta(minutes=1))
        jobs.sweep_rules()
        jobs.hear_cues()
        jobs.take_steps()
        at_once(4, jobs.make_calls)
    assert len(told(stage.manager)) == 2
    assert Call.objects.filter(status="held").count() + Call.objects.filter(status="made").count() == 6


KILLED = """
import os, signal, django
django.setup()
from cases.commands.moves import {module}
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
{module}.{name} = die
from cases.jobs import escalation as jobs
jobs.sweep_rules()
jobs.hear_cues()
jobs.take_steps()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "name"), [("climbing", "record_case"), ("climbing", "_end"), ("matching", "_add_steps")]
)
def test_killed_in_the_middle_it_acts_once_afterwards(module: str, name: str) -> None:
    stage = set_stage()
    version = live(stage, When.DEADLINE, RAISES, TELL_MANAGERS, **overdue())
    case = stage.case()
    deadline(case, clock.now() - timedelta(minutes=1))
    code = KILLED.format(module=module, name=name)
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env=environment("redis://127.0.0.1:1/0"),
        capture_output=True,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()[-2000:]
    case.refresh_from_db()
    # What it had begun is taken back with it.
    assert (case.severity, Call.objects.count(), EscalationStep.objects.exclude(status="pending").count()) == (3, 0, 0)
    work()
    once_each(version, 1)


@pytest.mark.slow
def test_nudges_alone_lead_from_the_event_to_the_call(redis_server: RedisServer, tmp_path: Path) -> None:
    stage = set_stage()
    live(stage, When.ASSIGNED)
    case = stage.case()
    with worker(redis_server.url, tmp_path / "worker.log"):
        cases.take(case_id=case.pk, at=clock.now(), actor=actor(stage.agent))
        wait(lambda: told(stage.manager) == ["rule_called"], tmp_path / "worker.log")


@pytest.mark.slow
def test_what_redis_lost_the_sweep_finds_with_two_workers(redis_server: RedisServer, tmp_path: Path) -> None:
    stage = set_stage()
    version = live(stage, When.ASSIGNED, RAISES, TELL_MANAGERS)
    redis_server.stop()
    for each in opened(stage, MANY):
        cases.take(case_id=each.pk, at=clock.now(), actor=actor(stage.agent))
    redis_server.start()
    first, second = tmp_path / "a.log", tmp_path / "b.log"
    with worker(redis_server.url, first) as dying, worker(redis_server.url, second):
        for _ in range(3):
            jobs.hear_cues.apply_async()
            jobs.take_steps.apply_async()
        wait(lambda: acted(version) > 0, second)
        os.killpg(dying.pid, signal.SIGKILL)
        wait(lambda: _swept(version), second)
    once_each(version, MANY)


def _swept(version: RuleVersion) -> bool:
    jobs.hear_cues.apply_async()
    jobs.take_steps.apply_async()
    return acted(version) == MANY and not EscalationStep.objects.filter(status="pending").exists()


@pytest.mark.parametrize("minutes", [10, -10])
def test_a_worker_with_a_wrong_clock_goes_by_the_database(minutes: int) -> None:
    stage = set_stage()
    case = stage.case()
    version = live(stage, When.DEADLINE, {**RAISES, "after_minutes": 5}, **overdue())
    deadline(case, clock.now() + timedelta(minutes=5))
    deadline(case, clock.now() - timedelta(seconds=5), number=2)
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
        work()
        work()
    assert became(version) == [(1, "pending", "")]
    found = Escalation.objects.get()
    now = clock.now()
    assert now - timedelta(minutes=1) < found.matched_at <= now
    assert now - timedelta(minutes=1) < found.noticed_at <= now
    assert not Event.objects.filter(kind__startswith="rule_", occurred_at__gt=now).exists()
    assert now - timedelta(minutes=1) < Heartbeat.objects.get(part="evaluator").at <= now


def test_an_outage_of_two_hours_and_a_restart_lose_nothing() -> None:
    stage = set_stage()
    version = live(stage, When.DEADLINE, **overdue(), since=clock.now() - timedelta(days=1))
    work()
    before = clock.now() - timedelta(hours=2)
    RuleVersion.objects.filter(pk=version.pk).update(swept_to=before)
    Heartbeat.objects.filter(part=f"rule:{version.pk}").update(at=before)
    for minutes, each in enumerate(opened(stage, 3), start=1):
        deadline(each, clock.now() - timedelta(minutes=40 * minutes - 1))
    assert Cue.objects.count() == 0
    work()
    rows = EscalationStep.objects.order_by("due_at").values_list("status", "is_late")
    assert list(rows) == [("done", True)] * 3
    assert Escalation.objects.filter(matched_at__lt=clock.now() - timedelta(minutes=38)).count() == 3


WRITES = (
    "INSERT INTO cases_deadline (case_id, brand_id, policy_id, goal, round, started_at, first_due_at, due_at,"
    " paused_seconds, ended) SELECT case_id, brand_id, policy_id, goal, 77, started_at, due_at, %s, 0, ''"
    " FROM cases_deadline LIMIT 1"
)


def _writing(raw: Connect) -> tuple[Stage, RuleVersion, psycopg.Connection]:
    """A deadline is being written that falls between where the sweep stands and where it goes next."""
    stage = set_stage()
    version = live(stage, When.DEADLINE, **overdue())
    deadline(stage.case(), clock.now() + timedelta(days=1))
    jobs.sweep_rules()
    due_at = clock.now()
    writer = raw()
    writer.autocommit = False
    writer.execute(WRITES, [due_at])
    assert Cue.objects.count() == 0
    return stage, version, writer


def _sweep() -> None:
    jobs.sweep_rules()
    connection.close()


def test_what_is_being_written_while_the_sweep_passes_is_not_lost(raw: Connect) -> None:
    _, version, writer = _writing(raw)
    sweep = threading.Thread(target=_sweep)
    sweep.start()
    sweep.join(0.5)
    assert sweep.is_alive(), "it waits for whoever writes"
    writer.commit()
    sweep.join()
    work()
    assert acted(version) == 1


def test_a_sweep_that_cannot_wait_looks_again_later(raw: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    _, version, writer = _writing(raw)
    monkeypatch.setattr(jobs, "PATIENCE", 0.1)
    work()
    assert acted(version) == 0
    writer.commit()
    work()
    work()
    assert acted(version) == 1


def test_racing_for_one_occasion_past_every_command_stores_one(raw: Connect) -> None:
    stage = set_stage()
    live(stage, When.DEADLINE, **overdue())
    deadline(stage.case(), clock.now() - timedelta(minutes=1))
    work()
    sql = (
        "INSERT INTO cases_escalation (public_id, rule_id, version_id, status, reason, depth, saw, brand_id, case_id,"
        " occasion, matched_at, noticed_at) SELECT gen_random_uuid(), rule_id, version_id, status, reason, depth, saw,"
        " brand_id, case_id, 'race', matched_at, noticed_at FROM cases_escalation LIMIT 1 ON CONFLICT DO NOTHING"
    )
    assert [raw().execute(sql).rowcount for _ in range(3)] == [1, 0, 0]
