"""Say what is wrong with a set-up and how to mend it."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management import BaseCommand

from casedesk import inspection


class Command(BaseCommand):
    """Exit status 1 when something is broken, 0 when nothing is or only weakened."""

    help = "Check settings, folders, mail, Redis, database, roles, triggers, clocks and worker; say how to mend each."
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        """One line for each finding, one for how to mend it."""
        found = sorted(inspection.findings(), key=lambda finding: not finding.error)
        for finding in found:
            self.stdout.write(f"{'error' if finding.error else 'warning'}: {finding.what}")
            self.stdout.write(f"    {finding.mend}")
        errors = sum(finding.error for finding in found)
        self.stdout.write(f"{errors} errors, {len(found) - errors} warnings.")
        if errors:
            sys.exit(1)
