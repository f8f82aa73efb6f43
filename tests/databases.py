"""Databases of the tests' own: one migrated template, cloned for every worker and for every test that needs its own."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import itertools
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.utils import timezone
from psycopg import sql

from casedesk import archive, embedded
from tests import migrating

ALIASES = ("default", "owner")
PREFIX = "casedesk_test"
_numbers = itertools.count(1)


def connect(alias: str, name: str | None = None) -> psycopg.Connection:
    """A connection of its own, outside Django, committing each statement; to the database Django uses unless named."""
    wanted = connections.settings[alias]
    given = {key: wanted[key] for key in ("USER", "PASSWORD", "HOST", "PORT")}
    filled = {{"USER": "user"}.get(key, key.lower()): value for key, value in given.items() if value}
    return psycopg.connect(dbname=name or wanted["NAME"], autocommit=True, prepare_threshold=None, **filled)


def point(name: str) -> None:
    """Let Django use this database from now on, as the same roles as before."""
    for alias in ALIASES:
        leave(alias)
        connections.settings[alias]["NAME"] = name


def leave(alias: str) -> None:
    """Close what Django has open, its pool included."""
    connection = connections[alias]
    connection.close()
    if connection.settings_dict["OPTIONS"].get("pool"):
        connection.close_pool()


def clone() -> str:
    """A fresh copy of the migrated template."""
    home = str(connections.settings["owner"]["NAME"])
    name = f"{PREFIX}_{os.getpid()}_{next(_numbers)}"
    with _alone(), connect("owner", maintenance()) as owner:
        _copy(owner, name, _template(owner, home))
    return name


def copy(template: str) -> str:
    """A fresh copy of a database that nobody is connected to."""
    name = f"{PREFIX}_{os.getpid()}_{next(_numbers)}"
    with _alone(), connect("owner", maintenance()) as owner:
        _copy(owner, name, template)
    return name


@dataclass(frozen=True)
class Demo:
    """A database with the demo, to be copied: what was said when it was loaded, and when it was there."""

    name: str
    said: str
    at: datetime


def demo() -> Demo:
    """The demo, loaded once for all the processes of a test run; the next run sweeps it away."""
    run = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
    name, home = f"{PREFIX}_{run}_demo", str(connections.settings["default"]["NAME"])
    with (settings.HOME / "test-demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = _told(name)
        if found is None:
            draft, said = clone(), io.StringIO()
            point(draft)
            try:
                call_command("load_demo", stdout=said)
            finally:
                point(home)
            found = {"said": said.getvalue(), "at": timezone.now().isoformat()}
            with connect("owner", maintenance()) as owner:
                owner.execute(_statement("COMMENT ON DATABASE {} IS ", draft) + sql.Literal(json.dumps(found)))
                owner.execute(_statement("ALTER DATABASE {} RENAME TO {}", draft, name))
    return Demo(name, found["said"], datetime.fromisoformat(found["at"]))


def _told(name: str) -> dict[str, str] | None:
    """What its comment keeps, if there is a database of this name."""
    with connect("owner", maintenance()) as owner:
        kept = owner.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name]
        ).fetchone()
    return json.loads(kept[0]) if kept else None


def empty() -> str:
    """A database without a table."""
    name = f"{PREFIX}_{os.getpid()}_{next(_numbers)}"
    with connect("owner", maintenance()) as owner:
        owner.execute(_statement("CREATE DATABASE {} TEMPLATE template0", name))
    return name


def owner_url(name: str) -> str:
    """The owner's way into one of these databases."""
    return urlsplit(settings.DATABASE_OWNER_URL)._replace(path=f"/{name}").geturl()


def drop(name: str) -> None:
    """Gone, whoever is still connected: each role ends its own connections.

    Not WITH (FORCE): it would have to end an autovacuum worker too, which only a superuser may; without it the server
    asks that worker to go, and waits.
    """
    for alias in ALIASES:
        with connect(alias, maintenance()) as role:
            role.execute(
                "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity"
                " WHERE datname = %s AND usename = current_user",
                [name],
            )
    with connect("owner", maintenance()) as owner:
        owner.execute(_statement("DROP DATABASE IF EXISTS {}", name))


def furnish(home: Path) -> None:
    """A data folder whose embedded PostgreSQL, running now, has a migrated database, as after a first start."""
    name = clone()
    with tempfile.TemporaryDirectory() as folder:
        backup, nothing = Path(folder) / "migrated.tar", Path(folder) / "files"
        try:
            archive.write(backup, url=owner_url(name), files=nothing, version="")
        finally:
            drop(name)
        embedded.hold(home, postgres=True, redis=False)
        archive.restore(backup, url=embedded.database_url(home, owner=True), files=nothing)


def let_go(home: Path) -> bool:
    """Whether the PostgreSQL of this data folder is stopped, now that this process holds it no longer."""
    for held in [held for held in embedded._held if held[0] == home]:
        os.close(embedded._held.pop(held))
    return embedded.wait_stopped(home)


def maintenance() -> str:
    """The database to stand in while others are made and dropped."""
    return str(embedded.parse(settings.DATABASE_OWNER_URL)["NAME"])


def _copy(owner: psycopg.Connection, name: str, template: str) -> None:
    """A copy by way of the log, or of the files where the server waits for no disk: less work, were it not for that."""
    (waits,) = owner.execute("SHOW fsync").fetchone() or ("on",)
    strategy = "wal_log" if waits == "on" else "file_copy"
    owner.execute(_statement(f"CREATE DATABASE {{}} TEMPLATE {{}} STRATEGY {strategy}", name, template))


def _template(owner: psycopg.Connection, home: str) -> str:
    """The template for the migrations as they are now, made when it is not there; leftovers of others removed."""
    name = f"{PREFIX}_template_{_fingerprint()}"
    found = {row[0] for row in owner.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{PREFIX}_%"])}
    if name in found:
        return name
    for stale in found:
        if "_template_" in stale or not Path(f"/proc/{stale.split('_')[2]}").exists():
            drop(stale)
    draft = f"{PREFIX}_template_draft"
    owner.execute(_statement("CREATE DATABASE {}", draft))
    try:
        point(draft)
        with migrating.quickly():
            call_command("migrate", verbosity=0)
    finally:
        point(home)
    owner.execute(_statement("ALTER DATABASE {} RENAME TO {}", draft, name))
    return name


def _fingerprint() -> str:
    """Changes whenever a migrated database would look different."""
    content = hashlib.sha256()
    for package in ("django", "django-allauth", "djangorestframework"):
        content.update(version(package).encode())
    content.update(str(connections.settings["default"]["USER"]).encode())
    for path in sorted((settings.BASE_DIR / "cases" / "migrations").rglob("*.*")):
        if path.suffix in {".py", ".sql"}:
            content.update(path.read_bytes())
    return content.hexdigest()[:12]


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    with (settings.HOME / "test-template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _statement(text: str, *names: str) -> sql.Composed:
    return sql.SQL(text).format(*map(sql.Identifier, names))
