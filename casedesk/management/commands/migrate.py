"""Migrate as the role that owns the tables, then grant the application's role what it may do."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import CommandParser, call_command
from django.core.management.commands import migrate
from django.db import DEFAULT_DB_ALIAS, connections
from psycopg import sql


class Command(migrate.Command):
    """Django's migrate on the owner's connection, followed by the application's grants and its cache table."""

    def add_arguments(self, parser: CommandParser) -> None:
        """The database is the owner's unless another is named."""
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, then grant."""
        super().handle(*args, **options)
        alias = options["database"]
        if options["plan"] or options["check_unapplied"] or alias == DEFAULT_DB_ALIAS:
            return
        call_command("createcachetable", database=alias, verbosity=0)
        grant(alias, str(settings.DATABASES[DEFAULT_DB_ALIAS]["USER"]))


def grant(alias: str, role: str) -> None:
    """Reading and writing rows for the application's role, in every table now and later; never TRUNCATE."""
    connection = connections[alias]
    if role in ("", connection.settings_dict["USER"]):
        return
    statements = (
        "GRANT USAGE ON SCHEMA public TO {role}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}",
    )
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(sql.SQL(statement).format(role=sql.Identifier(role)))
