"""Compute the figures of all cases again, and make every kept cell anew."""

from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand
from django.utils import timezone

from cases.commands import figures
from cases.queries.reports.checking import all_cases
from cases.vocabulary import SYSTEM

# So many cases stand still for a moment while they are recounted.
AT_ONCE = 200


class Command(BaseCommand):
    """The figures of reports, out of the journals once more; twice is once."""

    help = "Compute the figures of all cases again from their journals, and make every kept cell anew."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """How many cases came out differently, and how many days were made anew."""
        chunks = all_cases(AT_ONCE)
        changed = sum(figures.recount(case_ids=each, at=timezone.now(), actor=SYSTEM) for each in chunks)
        figures.forget_cells(recounted=changed, at=timezone.now(), actor=SYSTEM)
        self.stdout.write(f"{changed} cases came out differently.")
        made = 0
        while found := figures.refresh(at=timezone.now(), actor=SYSTEM):
            made += found
        self.stdout.write(f"{made} notes of changed days are dealt with.")
