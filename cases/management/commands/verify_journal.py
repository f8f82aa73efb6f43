"""Find every event that was changed, taken out, put in or never written."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.core.management import BaseCommand, CommandError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cases.models import Case
from cases.queries import verification


class Command(BaseCommand):
    """The journal, recomputed; exit status 1 when anything is wrong."""

    help = "Recompute the journal and name every event that was changed, removed, inserted or replaced."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One case, or everything."""
        parser.add_argument("--case", metavar="REF", help="check only this case, e.g. BW-2417")

    def handle(self, *_args: Any, **options: Any) -> None:
        """One line a finding, and a summary."""
        case = None
        if options["case"]:
            case = Case.objects.filter(reference=options["case"].upper()).first()
            if case is None:
                raise CommandError(f"There is no case {options['case']}.")
        found = read = 0
        console = Console(stderr=True)
        with _progress(console) as progress:
            task = progress.add_task("events", total=verification.size(case))
            for step in verification.walk(case):
                read += step.read
                progress.advance(task, step.read)
                found += self._tell(step.findings)
            found += self._tell(verification.unnamed(case))
        self.stdout.write(f"{read} events checked, {found} findings.")
        if found:
            sys.exit(1)

    def _tell(self, findings: Iterable[verification.Finding]) -> int:
        told = list(findings)
        names = verification.names(told) if told else {}
        for finding in told:
            where = f" seq {finding.seq}" if finding.seq is not None else ""
            self.stdout.write(f"{names[finding.stream, finding.stream_id]}{where}: {finding.what}")
        return len(told)


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )
