"""What every test stands on: a migrated database as the application's role, captured nudges, connections of its own."""

from __future__ import annotations

import gc
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import psycopg
import pytest
from django.conf import settings as project
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from whitenoise.middleware import WhiteNoiseMiddleware

from casedesk import children, embedded
from cases import queue
from tests import databases

Connect = Callable[[], psycopg.Connection]
REAL_NUDGE, REAL_PUBLISH = queue._nudge, queue._publish


def pytest_configure(config: pytest.Config) -> None:
    """Start the embedded PostgreSQL when no URL names a server; it stops with the last test process."""
    if not config.option.help and not config.option.version:
        embedded.hold(project.HOME, postgres=project.EMBEDDED_POSTGRES, redis=False)
        if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
            # The tree stays clean, yet not every process that the tests start compiles everything again.
            os.environ["PYTHONPYCACHEPREFIX"] = str(project.HOME / "bytecode")


# Tests that take long though no mark says so: processes, hundreds of pages.
LONG = ("tests/faults/", "tests/guards/test_addresses.py", "tests/guards/test_costs.py")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests first, so that no process ends on one while the others wait: those in a browser in the first share.

    xdist gives each process one share of the list, in order; whoever is through steals from the end of another's.
    """
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if processes == 1:
        return
    browser, long, short = _by_length(items)
    shares = [browser, *(long[place :: processes - 1] for place in range(processes - 1))]
    size = len(items) // processes
    rest = [one for share in shares for one in share[size:]] + short
    ordered: list[pytest.Item] = []
    for share in shares:
        room = max(0, size - len(share))
        ordered += share[:size] + rest[:room]
        del rest[:room]
    items[:] = ordered + rest


def _by_length(items: list[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item], list[pytest.Item]]:
    """Those in a browser, other long ones, and the rest."""
    found: tuple[list[pytest.Item], list[pytest.Item], list[pytest.Item]] = ([], [], [])
    for one in items:
        if one.get_closest_marker("browser"):
            found[0].append(one)
        else:
            is_long = one.get_closest_marker("slow") is not None or one.nodeid.startswith(LONG)
            found[1 if is_long else 2].append(one)
    return found


def pytest_collection_finish() -> None:
    """Whatever is there now stays: the garbage collector need not look at it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def static_files() -> Iterator[None]:
    """The static files are looked for once, not by the middleware of every test client."""
    look, known = WhiteNoiseMiddleware.add_files_from_finders, {}

    def add_files(middleware: WhiteNoiseMiddleware) -> None:
        if not known:
            look(middleware)
            known.update(middleware.files)
        middleware.files.update(known)

    with mock.patch.object(WhiteNoiseMiddleware, "add_files_from_finders", add_files):
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """A password of this process is hashed a thousand times, not a million."""
    with mock.patch.object(PBKDF2PasswordHasher, "iterations", 1_000):
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """Each worker's own clone of one migrated database, used as the role that owns no table."""
    with django_db_blocker.unblock():
        home = str(project.DATABASES["owner"]["NAME"])
        name = databases.clone()
        databases.point(name)
    yield
    with django_db_blocker.unblock():
        databases.point(home)
        databases.drop(name)


@pytest.fixture
def own_database(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """A database for this test alone, with real commits; without the django_db mark."""
    with django_db_blocker.unblock():
        before = str(project.DATABASES["default"]["NAME"])
        name = databases.clone()
        databases.point(name)
        try:
            yield name
        finally:
            databases.point(before)
            databases.drop(name)


def _connections(alias: str) -> Iterator[Connect]:
    opened: list[psycopg.Connection] = []

    def connect() -> psycopg.Connection:
        opened.append(databases.connect(alias))
        return opened[-1]

    yield connect
    for connection in opened:
        connection.close()


@pytest.fixture
def raw() -> Iterator[Connect]:
    """Call it for a psycopg connection as the application's role, past Django; it commits each statement."""
    yield from _connections("default")


@pytest.fixture
def raw_owner() -> Iterator[Connect]:
    """Call it for a psycopg connection as the role that owns the tables; it commits each statement."""
    yield from _connections("owner")


@pytest.fixture(autouse=True)
def nudges(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, int | str]]]:
    """The jobs asked for after a commit, as (name, ids), instead of a message to Redis."""
    asked: list[tuple[str, dict[str, int | str]]] = []
    monkeypatch.setattr(queue, "_nudge", lambda job, ids: asked.append((str(job.value), ids)))
    return asked


@pytest.fixture(autouse=True)
def announcements(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The live messages sent after a commit, instead of a message to Redis."""
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(queue, "_publish", told.append)
    return told


class RedisServer:
    """A Redis of a test's own, to be stopped, frozen and started again."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "redis.sock"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"unix://{self.socket}?db=0"

    def start(self) -> None:
        """Run it until stop; ready when this returns."""
        command = [str(embedded.redis_program()), "--port", "0", "--unixsocket", str(self.socket), "--save", ""]
        self.process = children.spawn(command, cwd=self.socket.parent, output=subprocess.DEVNULL)
        until = time.monotonic() + 10
        while not self.socket.exists() and time.monotonic() < until:
            time.sleep(0.01)

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            children.stop(self.process)
        self.socket.unlink(missing_ok=True)


@pytest.fixture
def redis_server(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch, nudges: object, announcements: object
) -> Iterator[RedisServer]:
    """A running Redis for this test alone; nudges and live messages really go there."""
    from casedesk.celery import app

    server = RedisServer(tmp_path)
    server.start()
    settings.REDIS_URL = server.url
    broker = server.url.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
    monkeypatch.setattr(queue, "_nudge", REAL_NUDGE)
    monkeypatch.setattr(queue, "_publish", REAL_PUBLISH)
    monkeypatch.setattr(queue, "_client", None)
    monkeypatch.setattr(queue, "_breaker", queue.Breaker())
    before = app.conf.broker_url
    app.conf.broker_url = broker
    # The app keeps the connections of the broker it had before.
    app._after_fork()
    yield server
    if queue._client is not None:
        queue._client.close()
    app.pool.force_close_all()
    app.conf.broker_url = before
    app._after_fork()
    server.stop()
