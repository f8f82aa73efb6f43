"""Compute the figures of all cases and every kept cell again, and name what comes out differently."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management import BaseCommand
from django.utils import timezone

from cases.commands import figures
from cases.models import Case
from cases.vocabulary import SYSTEM


class Command(BaseCommand):
    """The figures of reports, computed again; exit status 1 when anything differs."""

    help = "Compute all figures of reports again and name what differs; nothing is mended. rebuild_figures mends it."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """One line a difference, and a summary."""
        check = figures.check(at=timezone.now(), actor=SYSTEM)
        references = dict(Case.objects.filter(pk__in=_cases(check.differences)).values_list("pk", "reference"))
        for each in check.differences:
            key = each["key"] if each["what"] == "cells" else references.get(int(each["key"]), each["key"])
            self.stdout.write(f"{each['what']} {key}: {', '.join(each['fields'])}")
        self.stdout.write(f"{check.cases} cases and {check.cells} months checked, {check.differed} differ.")
        if check.differed:
            sys.exit(1)


def _cases(differences: list[dict[str, Any]]) -> list[int]:
    return [int(each["key"]) for each in differences if each["what"] != "cells"]
