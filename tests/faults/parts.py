"""Real parts in processes of their own, on a test's own database and Redis: the web server and a worker."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import redis
from django.conf import settings
from django.db import connections
from django.test import Client

PATIENCE = 30.0


def url_of(alias: str) -> str:
    """Where Django's database is just now, as a URL."""
    given = connections.settings[alias]
    options = {"host": given["HOST"], **({"port": given["PORT"]} if given["PORT"] else {})}
    query = "&".join(f"{name}={quote(str(value), safe='/')}" for name, value in options.items())
    secret = f":{quote(given['PASSWORD'])}" if given["PASSWORD"] else ""
    return f"postgresql://{quote(given['USER'])}{secret}@/{given['NAME']}?{query}"


def environment(redis_url: str, **more: str) -> dict[str, str]:
    """The environment of a part."""
    return {
        **os.environ,
        "DATABASE_URL": url_of("default"),
        "DATABASE_OWNER_URL": url_of("owner"),
        "REDIS_URL": redis_url,
        "CASEDESK_HOME": str(settings.HOME),
        "SECRET_KEY": settings.SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "casedesk.settings",
        "PYTHONWARNINGS": "ignore",
        **more,
    }


@contextlib.contextmanager
def running(name: str, arguments: list[str], env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A module run as a process; it is stopped at the end, its children too."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", name, *arguments],
            cwd=settings.BASE_DIR,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextlib.contextmanager
def worker(redis_url: str, log: Path, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Celery worker as `up` runs it."""
    alone = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO"]
    arguments = ["-A", "casedesk.celery:app", "worker", "--pool", "threads", "-c", "2", *alone]
    before = _waiting(redis_url)
    with running("celery", arguments, environment(redis_url, **more), log) as process:
        wait(lambda: _waiting(redis_url) > before, log)
        yield process


def _waiting(redis_url: str) -> int:
    """How many workers wait for messages."""
    with redis.Redis.from_url(redis_url) as client:
        return sum(row["cmd"] == "brpop" for row in client.client_list())


@contextlib.contextmanager
def web(redis_url: str, log: Path, port: int, **more: str) -> Iterator[int]:
    """The web server as `up` runs it; its port."""
    arguments = ["casedesk.asgi:application", "--port", str(port), "--lifespan", "off", "--log-level", "warning"]
    with running("uvicorn", arguments, environment(redis_url, LOG_LEVEL="WARNING", **more), log):
        wait(lambda: answers(port), log)
        yield port


def answers(port: int) -> bool:
    """Whether the web server is up."""
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def wait(until: Callable[[], Any], log: Path | None = None) -> None:
    """Return as soon as it is true; fail, with the part's last words, when it never is."""
    end = time.monotonic() + PATIENCE
    while not until():
        if time.monotonic() > end:
            raise AssertionError(log.read_text(errors="replace")[-3000:] if log else "it never came true")
        time.sleep(0.05)


def session_of(person: Any) -> str:
    """The cookie of somebody signed in."""
    client = Client()
    client.force_login(person)
    return client.cookies["sessionid"].value
