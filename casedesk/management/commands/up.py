"""Start everything from nothing, and stop all of it on Ctrl-C."""

from __future__ import annotations

import fcntl
import io
import os
import signal
import socket
import sys
import threading
import time
import urllib.request
from argparse import ArgumentParser
from collections.abc import Callable
from typing import IO, Any

import psycopg
import redis
from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connections
from psycopg import sql

from casedesk import embedded, parts
from cases import queue
from cases.models import User

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class Command(BaseCommand):
    """PostgreSQL, Redis, the web server, a worker and the timetable, from one command."""

    help = "Start casedesk: embedded services, migrations, the demo on the first start, web server, worker, timetable."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to listen, and what to start with."""
        parser.add_argument("--empty", action="store_true", help="start without the demo; creates the first admin")
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on (default %(default)s)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run until Ctrl-C or SIGTERM."""
        say = parts.saying(sys.stdout)
        stopped = parts.Stop()
        _on_signal(lambda *_: sys.exit(1))
        lock = _only_one()
        listener = _listen(options["host"], options["port"])
        address = _address(options["host"], options["port"])
        try:
            _announce_address(address, options["host"])
            self._prepare(say, empty=options["empty"], stopped=stopped)
            _on_signal(lambda *_: stopped.set())
            self._run(say, listener, address, stopped)
        finally:
            _on_signal(lambda *_: None)
            stopped.set()
            _leave_database()
            listener.close()
            embedded.release()
            gone = embedded.wait_stopped(settings.HOME)
            lock.close()
        say("up", "everything is stopped" if gone else "another command still uses the embedded servers")

    def _prepare(self, say: parts.Say, *, empty: bool, stopped: parts.Stop) -> None:
        wanted = {"postgres": settings.EMBEDDED_POSTGRES, "redis": settings.EMBEDDED_REDIS}
        if any(wanted.values()):
            say("up", f"starting embedded {' and '.join(name for name in wanted if wanted[name])} in {settings.HOME}")
        embedded.hold(settings.HOME, **wanted)
        _require_database()
        _require_redis()
        for name in [name for name in wanted if wanted[name]]:
            parts.follow(name, settings.HOME / "log" / f"{name}.log", say, stopped)
        said = _Said(say)
        loading = settings.HOME / "demo-loading"
        if loading.exists():
            say("up", "the demo was interrupted while it was loaded: starting over")
            _empty_database()
        say("up", "bringing the database up to date")
        call_command("migrate", verbosity=0)
        if not User.objects.exists():
            if empty:
                call_command("create_first_admin", stdout=said)
            else:
                say("up", "first start: loading the demo")
                loading.touch()
                call_command("load_demo", stdout=said)
        loading.unlink(missing_ok=True)

    def _run(self, say: parts.Say, listener: socket.socket, address: str, stopped: parts.Stop) -> None:
        running = _parts(listener)
        _leave_database()
        threading.Thread(target=_welcome, args=(say, address, stopped), daemon=True).start()
        parts.run(running, say, stopped)


class _Said(io.TextIOBase):
    """What another command writes, said under our name."""

    def __init__(self, say: parts.Say) -> None:
        self._say = say

    def write(self, text: str) -> int:
        """One line at a time, as commands write."""
        if text.strip():
            self._say("up", text.rstrip())
        return len(text)


def _leave_database() -> None:
    """Give every connection of this process back; the parts have their own."""
    for connection in connections.all(initialized_only=True):
        connection.close()
        if connection.settings_dict["OPTIONS"].get("pool"):
            connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's wrapper has it


def _on_signal(act: Callable[..., object]) -> None:
    """What happens on Ctrl-C, and when somebody or a closing terminal ends this process."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, act)


def _empty_database() -> None:
    """A new embedded database; only called when the old one holds half a demo that nobody ever saw."""
    if not settings.EMBEDDED_POSTGRES:
        raise CommandError("DATABASE_URL holds half a demo: empty that database, or name another.")
    url, name = embedded.database_url(settings.HOME, owner=True, name="postgres"), sql.Identifier(embedded.DATABASE)
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        owner.execute(sql.SQL("CREATE DATABASE {}").format(name))


def _parts(listener: socket.socket) -> list[parts.Part]:
    """In the order they stop: nothing new is planned, nothing new comes in, what was begun is finished."""
    env = {**os.environ, "PYTHONUNBUFFERED": "1", "DJANGO_SETTINGS_MODULE": "casedesk.settings"}
    env.setdefault("LOG_READABLE", "1")
    # Celery advises against root and says so in nine lines; whoever starts everything as root has decided.
    env["PYTHONWARNINGS"] = "ignore:You're running the worker with superuser privileges"
    celery = ("-A", "casedesk.celery:app", "--quiet")
    schedule = str(settings.HOME / "timetable")
    web = ("casedesk.asgi:application", "--fd", str(listener.fileno()), "--lifespan", "off", "--ws", "none")
    quiet = ("--no-access-log", "--no-server-header", "--log-level", "warning", "--timeout-graceful-shutdown", "3")
    alone = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING")
    return [
        parts.Part("beat", parts.python("celery", *celery, "beat", "--schedule", schedule, "--pidfile", ""), env),
        parts.Part("web", parts.python("uvicorn", *web, *quiet), env, pass_fds=(listener.fileno(),)),
        parts.Part("worker", parts.python("celery", *celery, "worker", "--pool", "threads", "-c", "4", *alone), env),
    ]


def _only_one() -> IO[str]:
    try:
        settings.HOME.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (settings.HOME / "up.lock").open("a+")
    except OSError as error:
        raise CommandError(f"Cannot use the data folder {settings.HOME}: {error.strerror}.") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CommandError(
            f"casedesk is already up on {settings.HOME}: stop it first, or name another folder in CASEDESK_HOME."
        ) from None
    return lock


def _listen(host: str, port: int) -> socket.socket:
    """The socket the web server inherits, so that a restart of it loses no request."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except (OSError, OverflowError) as error:
        listener.close()
        raise CommandError(
            f"Cannot listen on {host}:{port} ({error}): choose another with --host and --port."
        ) from None
    return listener


def _address(host: str, port: int) -> str:
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 -- compared, not bound
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"


def _announce_address(address: str, host: str) -> None:
    """Tell this process and the parts where they are reached and where mail goes, unless the environment says so."""
    if "SITE_URL" not in os.environ:
        os.environ["SITE_URL"] = settings.SITE_URL = address
    if "ALLOWED_HOSTS" not in os.environ and host not in LOOPBACK:
        names = {host, socket.gethostname(), socket.getfqdn(), *_own_addresses()} - {"0.0.0.0", "::"}  # noqa: S104
        os.environ["ALLOWED_HOSTS"] = ",".join([*settings.ALLOWED_HOSTS, *sorted(names)])
    if not settings.EMAIL_URL:
        os.environ["CASEDESK_DEV_MAILBOX"] = "1"
        settings.DEV_MAILBOX = True


def _own_addresses() -> set[str]:
    try:
        return {str(entry[4][0]) for entry in socket.getaddrinfo(socket.gethostname(), None)}
    except OSError:
        return set()


def _require_database() -> None:
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        try:
            with psycopg.connect(getattr(settings, name), connect_timeout=5) as connection:
                version = connection.info.server_version
        except psycopg.Error as error:
            reason = str(error).strip().splitlines()[0]
            raise CommandError(f"The database does not answer ({reason}): check {name}.") from None
        if version < 150000:
            raise CommandError(f"casedesk needs PostgreSQL 15 or later; this is {version // 10000}.")


def _require_redis() -> None:
    try:
        queue.client().ping()
    except (redis.RedisError, OSError) as error:
        raise CommandError(f"Redis does not answer ({str(error).splitlines()[0]}): check REDIS_URL.") from None


def _welcome(say: parts.Say, address: str, stopped: parts.Stop) -> None:
    """Say where casedesk is and how to sign in, as soon as it answers."""
    while not stopped.wait(0.05):
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=5):  # noqa: S310 -- our own address
                break
        except OSError:
            time.sleep(0.05)
    if not stopped.is_set():
        for line in _sign_ins():
            say("up", line)
        say("up", f"casedesk is at {address}/ (Ctrl-C stops it)")


def _sign_ins() -> list[str]:
    from cases.management.commands import load_demo

    people = User.objects.filter(username__in=load_demo.SIGN_INS, is_active=True)
    known = [person.username for person in people if person.check_password(load_demo.PASSWORD)]
    _leave_database()
    return [f"sign in as {name} with password {load_demo.PASSWORD}" for name in known]
