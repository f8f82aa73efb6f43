"""A database that the bench makes for itself, and drops again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from psycopg import sql


@contextmanager
def own() -> Iterator[dict[str, str]]:
    """Django stands in a fresh migrated database; the environment that leads another process there too."""
    name = f"casedesk_bench_{os.getpid()}"
    home = {alias: str(connections.settings[alias]["NAME"]) for alias in ("default", "owner")}
    _maintain("CREATE DATABASE {}", name)
    try:
        for alias in home:
            _point(alias, name)
        call_command("migrate", verbosity=0)
        yield {
            "DATABASE_URL": urlsplit(settings.DATABASE_URL)._replace(path=f"/{name}").geturl(),
            "DATABASE_OWNER_URL": urlsplit(settings.DATABASE_OWNER_URL)._replace(path=f"/{name}").geturl(),
        }
    finally:
        for alias, before in home.items():
            _point(alias, before)
        # Not WITH (FORCE): it would have to end an autovacuum worker, which only a superuser may; without it the
        # server asks that worker to go, and waits for connections that are just closing.
        _maintain("DROP DATABASE IF EXISTS {}", name)


def _point(alias: str, name: str) -> None:
    connection = connections[alias]
    connection.close()
    if connection.settings_dict["OPTIONS"].get("pool"):
        connection.close_pool()  # type: ignore[attr-defined]
    connections.settings[alias]["NAME"] = name


def _maintain(statement: str, name: str) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(sql.Identifier(name)))
