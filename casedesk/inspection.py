"""What can be wrong with a set-up, and how to mend it."""

from __future__ import annotations

import re
import shutil
import smtplib
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.core.mail import get_connection
from django.db import DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from psycopg_pool import PoolTimeout

from cases.models import Heartbeat
from cases.queries.reports.database import REPLICA

SILENT_AFTER = timedelta(seconds=90)
CLOCKS_AGREE_WITHIN = timedelta(seconds=5)
LEAST_FREE = 1024**3
# A worker beats every fifteen seconds, so a replica that keeps up hears of something.
BEHIND = timedelta(minutes=1)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and how to mend it; a warning weakens, an error breaks."""

    error: bool
    what: str
    mend: str


def findings() -> Iterator[Finding]:
    """Everything that is wrong with this set-up; what needs the database is asked last, and only if it answers."""
    yield from _settings()
    yield from _folder()
    yield from _mail()
    yield from _redis()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        reason = str(error).strip().splitlines()[0]
        yield Finding(True, f"The database does not answer: {reason}", "Start it, or correct DATABASE_URL.")
        return
    yield from _server()
    waiting = _waiting_migrations()
    if waiting:
        yield Finding(True, f"{waiting} migrations are waiting.", "Run `manage.py migrate`.")
        return
    yield from _replica()
    yield from _roles()
    yield from _triggers()
    yield from _worker()


def _replica() -> Iterator[Finding]:
    """Whether the database that reports read from is there, is one, and keeps up."""
    if REPLICA not in settings.DATABASES:
        return
    try:
        with connections[REPLICA].cursor() as cursor:
            cursor.execute(
                "SELECT pg_is_in_recovery(), extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())"
            )
            is_replica, behind = cursor.fetchone()
    except (DatabaseError, PoolTimeout) as error:
        reason = str(error).strip().splitlines()[0]
        yield Finding(
            True,
            f"The replica that reports read from does not answer: {reason}",
            "Start it, or correct DATABASE_REPLICA_URL, or take it out of the environment.",
        )
        return
    if not is_replica:
        yield Finding(
            False,
            "DATABASE_REPLICA_URL names a database that is no replica.",
            "Let it name one that follows DATABASE_URL, or take it out of the environment.",
        )
    elif behind is not None and behind > BEHIND.total_seconds():
        yield Finding(
            False,
            f"The replica heard of its last change {round(behind)} s ago; reports may be as old.",
            "Look whether it follows; with nothing happening this is as it should be.",
        )


def _settings() -> Iterator[Finding]:
    if settings.DEBUG:
        yield Finding(
            True, "DEBUG is on: strangers see the inside of every error.", "Remove DEBUG from the environment."
        )
    if (settings.HOME / "secret_key").exists() and (
        settings.HOME / "secret_key"
    ).read_text().strip() == settings.SECRET_KEY:
        yield Finding(
            False,
            f"SECRET_KEY was generated and lies in {settings.HOME}.",
            "Keep that folder, or set SECRET_KEY, the same for every process on every machine.",
        )
    host = urlsplit(settings.SITE_URL).hostname or ""
    if not settings.HTTPS and not _is_this_machine(host):
        yield Finding(
            False, f"SITE_URL {settings.SITE_URL} is not https.", "Put a TLS proxy in front; see deploy/nginx.conf."
        )
    if host not in settings.ALLOWED_HOSTS and "*" not in settings.ALLOWED_HOSTS:
        yield Finding(
            True, f"{host} is not in ALLOWED_HOSTS: links in mails lead to an error.", f"Add {host} to ALLOWED_HOSTS."
        )


def _is_this_machine(host: str | None) -> bool:
    return host in {"127.0.0.1", "localhost", "::1"}


def _folder() -> Iterator[Finding]:
    for folder in {settings.HOME, settings.FILES}:
        if not folder.exists():
            continue
        free = shutil.disk_usage(folder).free
        if free < LEAST_FREE:
            yield Finding(True, f"Only {free // 1024**2} MB are free under {folder}.", "Make room, or move the folder.")
        if folder.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
            yield Finding(False, f"Every user of this machine can read {folder}.", f"Run `chmod 700 {folder}`.")


def _mail() -> Iterator[Finding]:
    if settings.DEV_MAILBOX:
        yield Finding(
            not _is_this_machine(urlsplit(settings.SITE_URL).hostname),
            "The development mailbox is on: whoever reaches /dev/mail/ reads every mail, password links included.",
            "Set EMAIL_URL and take CASEDESK_DEV_MAILBOX out of the environment.",
        )
    if not settings.EMAIL_URL:
        yield Finding(False, "No mail server: mails are only written to files.", "Set EMAIL_URL.")
        return
    try:
        server = get_connection(timeout=5)
        server.open()
        server.close()
    except (OSError, smtplib.SMTPException) as error:
        where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
        yield Finding(
            True, f"The mail server {where} does not answer: {error}", "Correct EMAIL_URL; mails wait until then."
        )


def _redis() -> Iterator[Finding]:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
    try:
        client.ping()
    except redis.RedisError as error:
        yield Finding(True, f"Redis does not answer: {error}", "Start it, or correct REDIS_URL; work waits until then.")
    finally:
        client.close()


def _server() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT clock_timestamp(), current_setting('server_encoding'), current_setting('server_version_num')::int"
        )
        at, encoding, version = cursor.fetchone()
    apart = abs(timezone.now() - at)
    if apart > CLOCKS_AGREE_WITHIN:
        yield Finding(
            True,
            f"The clocks of this machine and of the database are {apart.total_seconds():.0f} s apart.",
            "Run a time service (NTP) on both: deadlines and the journal depend on it.",
        )
    if encoding != "UTF8":
        yield Finding(
            True, f"The database's encoding is {encoding}.", "Create it anew with ENCODING 'UTF8' and restore a backup."
        )
    if version < 150000:
        yield Finding(True, f"PostgreSQL {version // 10000} is too old.", "casedesk needs 15 or later.")


def _waiting_migrations() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _roles() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public'"
            " AND pg_has_role(current_user, tableowner, 'MEMBER')),"
            " (SELECT rolsuper FROM pg_roles WHERE rolname = current_user), current_user"
        )
        owns, is_super, role = cursor.fetchone()
    if owns or is_super:
        yield Finding(
            False,
            f"The application connects as {role}, who {'is a superuser' if is_super else 'owns the tables'}"
            " and could switch the database's guarantees off.",
            "Create a second role for DATABASE_URL, name the owner in DATABASE_OWNER_URL, run `manage.py migrate`.",
        )


def _triggers() -> Iterator[Finding]:
    """The database's guarantees: those that the migrations create, against those that are there and on."""
    expected: set[str] = set()
    for path in (settings.BASE_DIR / "cases" / "migrations" / "sql").glob("*.sql"):
        expected |= set(re.findall(r"CREATE (?:CONSTRAINT )?TRIGGER ([a-z_]+)", path.read_text()))
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled IN ('O', 'A')")
        active = {row[0] for row in cursor.fetchall()}
    missing = sorted(expected - active)
    if missing:
        yield Finding(
            True,
            f"The database no longer guards: {', '.join(missing)} missing or switched off.",
            "Find out who did it, run `manage.py verify_journal`, enable them again or restore a backup.",
        )


def _worker() -> Iterator[Finding]:
    last = Heartbeat.objects.order_by("-at").values_list("at", flat=True).first()
    if last is None or timezone.now() - last > SILENT_AFTER:
        since = f"since {last:%Y-%m-%d %H:%M:%S} UTC" if last else "yet"
        yield Finding(
            True,
            f"No worker has reported {since}: mails and imports wait.",
            "Start `celery -A casedesk.celery:app worker` and `beat`, or `manage.py up`, which runs both.",
        )
