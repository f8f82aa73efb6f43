"""Write everything casedesk keeps into one file, and read it again."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import BaseCommand, CommandError

from casedesk import archive


class Command(BaseCommand):
    """Database and files in one tar, verified after writing."""

    help = "Back up the database and the uploaded files into FILE; may run while casedesk is up."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to."""
        parser.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write, verify, say what is in it."""
        target = options["file"].resolve()
        if target.exists():
            raise CommandError(f"{target} exists: choose another name, a backup is never overwritten.")
        try:
            manifest = archive.write(
                target, url=settings.DATABASE_OWNER_URL, files=settings.FILES, version=settings.VERSION
            )
        except (archive.ArchiveError, psycopg.Error, OSError) as error:
            raise CommandError(f"No backup was written: {error}") from None
        rows, kept = sum(manifest["rows"].values()), len(manifest["sha256"]) - 1
        self.stdout.write(f"{target}: {rows} rows, {kept} files, {target.stat().st_size} bytes, verified.")
