"""The live stream with a real Redis and several browsers: who hears what, and what happens without Redis."""

from __future__ import annotations

import json
import queue as queues
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.contrib.sessions.models import Session

from cases import queue
from cases.commands import case as cases
from cases.commands import dialogue
from cases.models import Case, User
from tests.conftest import RedisServer
from tests.faults.parts import session_of, wait, web
from tests.faults.smtp import _free_port
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.slow


class Browser:
    """One open stream; what it says is collected by a thread."""

    def __init__(self, port: int, session: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        request = f"GET /live/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: sessionid={session}\r\n\r\n"
        self._socket.sendall(request.encode())
        self.lines: queues.Queue[str] = queues.Queue()
        self.is_over = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            with self._socket.makefile("rb") as stream:
                for line in stream:
                    self.lines.put(line.decode().strip())
        except OSError:
            pass
        self.is_over.set()

    def hear(self, start: str, patience: float = 10.0) -> str:
        """The next line that begins like this."""
        end = time.monotonic() + patience
        while (left := end - time.monotonic()) > 0:
            try:
                line = self.lines.get(timeout=left)
            except queues.Empty:
                break
            if line.startswith(start):
                return line
        raise AssertionError(f"nothing like {start!r} was heard")

    def changed(self) -> dict[str, Any]:
        """The next change."""
        told: dict[str, Any] = json.loads(self.hear("data: {").removeprefix("data: "))
        return told if told else self.changed()

    def silent(self, seconds: float = 0.8) -> bool:
        """Whether no change comes for a while."""
        try:
            self.hear('data: {"', seconds)
        except AssertionError:
            return True
        return False

    def close(self) -> None:
        """Leave."""
        self._socket.close()


@pytest.fixture
def stage(own_database: str, redis_server: RedisServer) -> Stage:
    return set_stage()


@pytest.fixture
def port(stage: Stage, redis_server: RedisServer, tmp_path: Path) -> Iterator[int]:
    with web(redis_server.url, tmp_path / "web.log", _free_port()) as number:
        yield number


@pytest.fixture
def browse(port: int) -> Iterator[Any]:
    opened: list[Browser] = []

    def open_one(person: User, session: str = "") -> Browser:
        browser = Browser(port, session or session_of(person))
        opened.append(browser)
        browser.hear("retry:")
        return browser

    yield open_one
    for browser in opened:
        browser.close()


def listening(server: RedisServer) -> int:
    """How many processes have subscribed."""
    return int(dict(queue.client().pubsub_numsub(queue.LIVE)).get(queue.LIVE.encode(), 0))


def test_tells_colleagues_of_the_brand_and_nobody_else(stage: Stage, browse: Any, redis_server: RedisServer) -> None:
    opened = stage.case()
    cases.take(case_id=opened.pk, at=AT, actor=actor(stage.agent))
    colleague, manager, outsider = browse(stage.colleague), browse(stage.manager), browse(stage.outsider)
    # One subscription a process, however many streams there are.
    wait(lambda: listening(redis_server) == 1)
    spans = []
    for _ in range(3):
        started = time.monotonic()
        dialogue.write_note(case_id=opened.pk, text="Secret words", at=AT, actor=actor(stage.agent))
        heard = [colleague.changed(), manager.changed()]
        spans.append(time.monotonic() - started)
        assert heard[0] == heard[1]
    # At once, though a machine with much to do may be late now and then.
    assert min(spans) < 0.5
    assert heard[0] == {
        "brand": stage.brand.pk,
        "case": opened.reference,
        "revision": Case.objects.get(pk=opened.pk).revision,
    }
    assert outsider.silent()


def test_tells_of_a_restricted_case_only_those_who_see_it(stage: Stage, browse: Any, redis_server: RedisServer) -> None:
    opened = stage.case()
    cases.take(case_id=opened.pk, at=AT, actor=actor(stage.agent))
    cases.restrict(case_id=opened.pk, is_restricted=True, at=AT, actor=actor(stage.manager))
    owner, colleague, manager = browse(stage.agent), browse(stage.colleague), browse(stage.manager)
    wait(lambda: listening(redis_server) == 1)
    dialogue.write_note(case_id=opened.pk, text="Secret words", at=AT, actor=actor(stage.agent))
    assert owner.changed()["case"] == manager.changed()["case"] == opened.reference
    assert colleague.silent()


def test_says_when_it_has_lost_redis_and_when_it_is_back(stage: Stage, browse: Any, redis_server: RedisServer) -> None:
    opened = stage.case()
    cases.take(case_id=opened.pk, at=AT, actor=actor(stage.agent))
    early = browse(stage.colleague)
    wait(lambda: listening(redis_server) == 1)
    redis_server.stop()
    early.hear("event: lost")
    late = browse(stage.manager)
    late.hear("event: lost")
    redis_server.start()
    early.hear("event: back")
    late.hear("event: back")
    queue._breaker.closed_until = 0.0
    dialogue.write_note(case_id=opened.pk, text="Words", at=AT, actor=actor(stage.agent))
    assert early.changed() == late.changed()


def test_ends_with_the_session_and_with_the_person(stage: Stage, browse: Any, redis_server: RedisServer) -> None:
    session = session_of(stage.colleague)
    signed_out, deactivated, other = browse(stage.colleague, session), browse(stage.auditor), browse(stage.manager)
    wait(lambda: listening(redis_server) == 1)
    Session.objects.get(pk=session).delete()
    User.objects.filter(pk=stage.auditor.pk).update(is_active=False)
    for person in (stage.colleague, stage.auditor, stage.manager):
        queue.announce_rights(person_id=person.pk)
    assert signed_out.is_over.wait(10)
    assert deactivated.is_over.wait(10)
    assert not other.is_over.is_set()


def test_a_membership_taken_away_silences_the_stream(stage: Stage, browse: Any, redis_server: RedisServer) -> None:
    opened = stage.case()
    cases.take(case_id=opened.pk, at=AT, actor=actor(stage.agent))
    colleague = browse(stage.colleague)
    wait(lambda: listening(redis_server) == 1)
    stage.colleague.memberships.all().delete()
    queue.announce_rights(person_id=stage.colleague.pk)
    dialogue.write_note(case_id=opened.pk, text="Words", at=AT, actor=actor(stage.agent))
    assert colleague.silent()


def test_holds_no_database_connection_while_it_streams(
    stage: Stage, browse: Any, redis_server: RedisServer, raw_owner: Any
) -> None:
    opened = [browse(stage.colleague) for _ in range(40)]
    owner: psycopg.Connection = raw_owner()
    held = owner.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename <> current_user"
    ).fetchone()
    assert held is not None
    # What the pool keeps is shared by all; without giving back it would be one a stream.
    assert held[0] <= 30
    case = stage.case()
    cases.take(case_id=case.pk, at=AT, actor=actor(stage.agent))
    assert all(browser.changed()["brand"] == stage.brand.pk for browser in opened)


def test_lets_no_stranger_listen(port: int) -> None:
    stranger = Browser(port, "nobody")
    assert " 302 " in stranger.hear("HTTP/1.1")
    stranger.close()
