"""manage.py bench: how fast the whole system is, as ratios to a floor measured in the same run."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from casedesk import children, parts
from casedesk.bench import database, population, scenarios
from casedesk.bench.measure import Figure, Server


class Command(BaseCommand):
    """Measures in a database of its own, which it makes and drops."""

    help = "Measure casedesk at several sizes: p50 and p95, queries, the ratio to the floor, the growth."

    def add_arguments(self, parser: CommandParser) -> None:
        """Sizes, a choice of figures, and a file for the numbers."""
        parser.add_argument("--cases", default="10000", help="sizes, smallest first: 10000,100000,1000000")
        parser.add_argument("--only", action="append", choices=scenarios.NAMES, help="measure this alone; repeatable")
        parser.add_argument("--json", type=Path, help="write the figures here as well")

    def handle(self, *_: Any, **options: Any) -> None:
        """Fill, measure, fill more, measure again."""
        try:
            sizes = sorted({int(size) for size in options["cases"].split(",")})
        except ValueError as error:
            message = "--cases takes whole numbers with commas between them: 10000,100000"
            raise CommandError(message) from error
        if not sizes or sizes[0] < 200:
            message = "--cases: 200 is the smallest size that has something on every page."
            raise CommandError(message)
        names = options["only"] or list(scenarios.NAMES)
        figures = self._measure(sizes, names)
        self._show(figures)
        if options["json"]:
            options["json"].write_text(json.dumps([figure.as_dict() for figure in figures], indent=1) + "\n")

    def _measure(self, sizes: list[int], names: list[str]) -> list[Figure]:
        figures: list[Figure] = []
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
        console = Console(file=sys.stderr)
        with database.own() as env, Progress(*columns, console=console) as progress:
            token = population.set_up()
            filled = 0
            for size in sizes:
                filling = progress.add_task(f"{size:,} cases", total=size - filled)
                # What reports measure has cases of its own, and needs of these no more than the floor does.
                grown = size if set(names) - set(scenarios.OF_REPORTS) else min(size, sizes[0])
                population.grow(filled, grown, partial(progress.advance, filling))
                filled = grown
                measuring = progress.add_task("  measured", total=len(names))
                with serving(env) as server:
                    for figure in scenarios.Bench(server, token, size).run(iter(names)):
                        first = next((known for known in figures if known.name == figure.name), None)
                        if figure.p50_ms is not None:
                            figure.growth = figure.p50_ms / (first.p50_ms or figure.p50_ms) if first else 1.0
                        elif figure.per_second is not None:
                            figure.growth = (first.per_second or 1) / figure.per_second if first else 1.0
                        figures.append(figure)
                        progress.advance(measuring)
        return figures

    def _show(self, figures: list[Figure]) -> None:
        table = Table(
            "figure", "cases", "p50 ms", "p95 ms", "queries", "floor p50", "ratio", "growth", "per second", ""
        )
        for one in figures:
            values = (one.p50_ms, one.p95_ms, one.queries, one.floor_p50_ms, one.ratio, one.growth, one.per_second)
            shown = ["" if v is None else f"{v:,.2f}" if isinstance(v, float) else f"{v:,}" for v in values]
            table.add_row(one.name, f"{one.cases:,}", *shown, one.note)
        Console(file=sys.stdout, width=130).print(table)


@contextmanager
def serving(env: dict[str, str]) -> Iterator[Server]:
    """The web server on the bench's database, with the floor beside the real pages."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    surroundings = {
        **os.environ,
        **env,
        "DJANGO_SETTINGS_MODULE": "casedesk.settings",
        "ROOT_URLCONF": "casedesk.bench.floor",
        "LOG_LEVEL": "ERROR",
    }
    command = parts.python(
        "uvicorn", "casedesk.asgi:application", "--port", str(port), "--lifespan", "off", "--no-access-log",
        "--log-level", "error",
    )  # fmt: skip
    process = children.spawn(command, cwd=Path.cwd(), env=surroundings)
    try:
        _wait(port)
        yield Server(port)
    finally:
        children.stop(process)


def _wait(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    message = "The web server did not start."
    raise CommandError(message)
