"""Parts that fail while people work: a killed worker, a Redis that is gone or frozen, a PostgreSQL that restarts."""

from __future__ import annotations

import http.cookiejar
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings as project
from django.utils import timezone

from casedesk import embedded
from cases import queue
from cases.commands import case as cases
from cases.commands import delivery, dialogue
from cases.jobs import delivery as jobs
from cases.models import Delivery
from cases.vocabulary import SYSTEM, DeliveryStatus, Job
from tests import databases
from tests.conftest import RedisServer
from tests.faults.parts import answers, running, wait, worker
from tests.faults.smtp import Post, _free_port, smtp_server
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.slow


@pytest.fixture
def stage(own_database: str, redis_server: RedisServer) -> Stage:
    return set_stage()


@pytest.fixture
def post() -> Iterator[tuple[Post, str]]:
    """A mail server and its URL."""
    server = Post()
    with smtp_server(server) as port:
        yield server, f"smtp://127.0.0.1:{port}"


def mail() -> Delivery:
    return delivery.queue_account_mail(recipient="tom@example.org", subject="Subject", body="Text", actor=SYSTEM)


def status(row: Delivery) -> str:
    return Delivery.objects.values_list("status", flat=True).get(pk=row.pk)


class TestWorkerKilled:
    def test_in_the_middle_of_sending_leaves_the_mail_to_a_person(
        self, stage: Stage, redis_server: RedisServer, post: tuple[Post, str], tmp_path: Path
    ) -> None:
        server, url = post
        server.pause = 60.0
        with worker(redis_server.url, tmp_path / "worker.log", EMAIL_URL=url) as process:
            row = mail()
            assert server.reached.wait(20), (tmp_path / "worker.log").read_text()
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        assert status(row) == DeliveryStatus.SENDING

        server.pause = 0.0
        server.reached.clear()
        with worker(redis_server.url, tmp_path / "second.log", EMAIL_URL=url):
            # The nudge comes again, and so does the sweep: within the lease nobody touches the mail.
            jobs.send_delivery.apply_async(kwargs={"delivery_id": row.pk})
            jobs.sweep_deliveries.apply_async()
            other = mail()
            wait(lambda: status(other) == DeliveryStatus.SENT, tmp_path / "second.log")
            assert status(row) == DeliveryStatus.SENDING
            with time_machine.travel(timezone.now() + delivery.LEASE + timedelta(seconds=1)):
                jobs.sweep_deliveries()
            assert status(row) == DeliveryStatus.UNKNOWN
            jobs.sweep_deliveries.apply_async()
            last = mail()
            wait(lambda: status(last) == DeliveryStatus.SENT, tmp_path / "second.log")
        assert status(row) == DeliveryStatus.UNKNOWN
        sent = [message["Message-ID"] for message in server.mails]
        assert not any(str(row.public_id) in name for name in sent)
        assert len(sent) == len(set(sent)) == 2

    def test_a_worker_sends_each_of_many_once(
        self, stage: Stage, redis_server: RedisServer, post: tuple[Post, str], tmp_path: Path
    ) -> None:
        server, url = post
        rows = [mail() for _ in range(30)]
        with (
            worker(redis_server.url, tmp_path / "one.log", EMAIL_URL=url),
            worker(redis_server.url, tmp_path / "two.log", EMAIL_URL=url),
        ):
            for _ in range(3):
                jobs.sweep_deliveries.apply_async()
            wait(lambda: all(status(row) == DeliveryStatus.SENT for row in rows), tmp_path / "one.log")
        assert len(server.mails) == len({message["Message-ID"] for message in server.mails}) == 30


class Counting(queue.Breaker):
    """How often Redis was asked."""

    asked = 0

    def allows(self) -> bool:
        is_allowed = super().allows()
        self.asked += is_allowed
        return is_allowed


class TestRedisGone:
    @pytest.mark.parametrize("how", ["stopped", "frozen"])
    def test_costs_people_a_moment_once_and_nothing_else(
        self, stage: Stage, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch, how: str
    ) -> None:
        # However slow this machine is just now, the three are over before Redis is asked again.
        monkeypatch.setattr(queue, "_OPEN_SECONDS", 60.0)
        monkeypatch.setattr(queue, "_breaker", breaker := Counting())
        opened = stage.case()
        cases.take(case_id=opened.pk, at=AT, actor=actor(stage.agent))
        mail()
        assert redis_server.process is not None
        if how == "stopped":
            redis_server.stop()
        else:
            redis_server.process.send_signal(signal.SIGSTOP)
        try:
            firsts = []
            for _ in range(2):
                # The first one finds out, also with no connection left from before; then nobody asks for a while.
                breaker.closed_until, breaker.asked = 0.0, 0
                spans = []
                for _ in range(3):
                    started = time.monotonic()
                    row = mail()
                    dialogue.write_note(case_id=opened.pk, text="Called.", at=AT, actor=actor(stage.agent))
                    spans.append(time.monotonic() - started)
                assert breaker.asked == 1
                firsts.append(spans[0])
            assert min(firsts) < 0.9
            assert status(row) == DeliveryStatus.QUEUED
        finally:
            if how == "frozen":
                redis_server.process.send_signal(signal.SIGCONT)
        assert opened.notes.count() == 6

    def test_the_sweep_sends_what_was_not_nudged(
        self, stage: Stage, redis_server: RedisServer, post: tuple[Post, str], tmp_path: Path
    ) -> None:
        server, url = post
        with worker(redis_server.url, tmp_path / "worker.log", EMAIL_URL=url):
            redis_server.stop()
            row = mail()
            redis_server.start()
            time.sleep(0.5)
            assert status(row) == DeliveryStatus.QUEUED
            # The timetable asks every ten seconds; the worker has to find its way back to Redis by itself.
            jobs.sweep_deliveries.apply_async()
            wait(lambda: status(row) == DeliveryStatus.SENT, tmp_path / "worker.log")
        assert len(server.mails) == 1

    def test_a_nudge_goes_out_again_as_soon_as_the_breaker_closes(
        self, stage: Stage, redis_server: RedisServer
    ) -> None:
        redis_server.stop()
        mail()
        assert not queue._breaker.allows()
        redis_server.start()
        queue._breaker.closed_until = 0.0
        mail()
        assert queue.client().llen("celery") == 1
        assert Job.SEND_DELIVERY.value.encode() in queue.client().lindex("celery", 0)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A whole system of its own, migrated, with its first admin."""
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    databases.furnish(folder)
    yield folder
    assert databases.let_go(folder)
    if os.geteuid() == 0:
        shutil.rmtree(embedded.data_folder(folder).parent, ignore_errors=True)


def test_a_form_that_was_open_while_postgresql_restarted_can_be_sent(home: Path, tmp_path: Path) -> None:
    foreign = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "SITE_URL", "SECRET_KEY")
    env = {name: value for name, value in os.environ.items() if name not in foreign}
    env |= {"CASEDESK_HOME": str(home), "LOG_LEVEL": "WARNING", "DJANGO_SETTINGS_MODULE": "casedesk.settings"}

    def manage(*arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=project.BASE_DIR, env=env, capture_output=True, text=True, check=True)
        return done.stdout

    manage("migrate", "--verbosity", "0")
    password = manage("create_first_admin").split()[-1]
    port = _free_port()
    arguments = ["casedesk.asgi:application", "--port", str(port), "--lifespan", "off", "--log-level", "warning"]
    with running("uvicorn", arguments, env, tmp_path / "web.log"):
        wait(lambda: answers(port), tmp_path / "web.log")
        jar = http.cookiejar.CookieJar()
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        address = f"http://127.0.0.1:{port}/accounts/login/"
        page = browser.open(address, timeout=20).read().decode()
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert found
        _restart_postgres(home)
        form = {"csrfmiddlewaretoken": found[1], "login": "admin", "password": password, "next": "/help/"}
        request = urllib.request.Request(address, urllib.parse.urlencode(form).encode(), {"Referer": address})
        assert browser.open(request, timeout=20).status == 200, (tmp_path / "web.log").read_text()
        assert "sessionid" in {cookie.name for cookie in jar}


def _restart_postgres(home: Path) -> None:
    ready = home / "locks" / "postgres.ready"
    before = ready.read_text()
    os.kill(int(before), signal.SIGINT)
    wait(lambda: ready.exists() and ready.read_text() not in {"", before})
