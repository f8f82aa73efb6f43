"""Bring back what a backup holds, into an empty database."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command

from casedesk import archive


class Command(BaseCommand):
    """Database and files out of one tar, verified before and after."""

    help = "Restore FILE into an empty database and files folder, then bring it up to date."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where from."""
        parser.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Restore, verify, grant, say what came back."""
        try:
            manifest = archive.restore(options["file"].resolve(), url=settings.DATABASE_OWNER_URL, files=settings.FILES)
        except (archive.ArchiveError, psycopg.Error, OSError) as error:
            raise CommandError(f"Not restored: {error}") from None
        # A backup of an older version is brought up to date; the grants are this set-up's own.
        call_command("migrate", verbosity=0)
        rows, kept = sum(manifest["rows"].values()), len(manifest["sha256"]) - 1
        self.stdout.write(f"Restored {rows} rows and {kept} files of {manifest['made_at']}, verified.")
