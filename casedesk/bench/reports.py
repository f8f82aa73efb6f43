"""How fast reports are while agents work: pages over HTTP, the slowest named split, any split, exports."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

from django.core.files.storage import default_storage
from django.db import OperationalError, connection, connections

from casedesk.bench import reporting
from cases import errors
from cases.commands import action, case, figures, intake
from cases.commands import export as exporting
from cases.jobs import export as jobs
from cases.models import Action, Case, Export, Seer
from cases.queries.reports import answer
from cases.queries.reports.asked import Asked
from cases.queries.reports.catalogue import REPORTS
from cases.rules.arrival import Arrival
from cases.vocabulary import SYSTEM, Actor, Format, RunStatus

ZONE = "Europe/Paris"
# Forty people, each of whom does something every ten seconds.
COMMANDS_PER_SECOND, REFRESH_SECONDS = 4, 5
# Milliseconds that the page of a named split may take.
SPLIT_BUDGET = 300.0
ANY, ANY_SPLITS, REPEATS = "causes", ("category", "team"), 5


def prepare(cases: int) -> tuple[Seer, float]:
    """The manager of so many cases, and the seconds in which all cells were made where they were not yet."""
    seer = reporting.set_up(cases)
    began = time.perf_counter()
    while figures.refresh(at=datetime.now(UTC), actor=SYSTEM):
        pass
    return seer, time.perf_counter() - began


def two_years() -> dict[str, str]:
    """The words of an address for all of it."""
    today = datetime.now(UTC).date()
    return {
        "from": (today - timedelta(days=reporting.DAYS - 1)).isoformat(),
        "to": today.isoformat(),
        "zone": ZONE,
    }


def pages() -> list[str]:
    """The address of every named split of every report, over two years."""
    return [
        f"/reports/{report.name}/?{urlencode({**two_years(), 'split': split.value})}"
        for report in REPORTS.values()
        for split in report.splits
    ]


def any_split(seer: Seer) -> list[float]:
    """Milliseconds of a matrix over two years, counted month by month as the background does it."""
    given = {key: [value] for key, value in two_years().items()} | {"split": list(ANY_SPLITS)}
    took = []
    for _ in range(REPEATS):
        now = datetime.now(UTC)
        asked = Asked.of(ANY, given, now=now, zone=ZONE)
        began = time.perf_counter()
        answer.answer_slowly(asked, seer, now=now, progress=lambda *_: None)
        took.append((time.perf_counter() - began) * 1000)
    return took


# ---------------------------------------------------------------- agents


@contextmanager
def agents(seer: Seer) -> Iterator[None]:
    """Forty agents work meanwhile on the same brands, and the cells are made anew every few seconds."""
    _leave()
    forked = get_context("fork")
    workers = [forked.Process(target=run, args=(seer,), daemon=True) for run in (_work, _refresh)]
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        for worker in workers:
            worker.terminate()
            worker.join()


def _leave() -> None:
    # Connections are not shared with children.
    for alias in ("default", "owner"):
        connections[alias].close()
    if connection.settings_dict["OPTIONS"].get("pool"):
        connection.close_pool()  # type: ignore[attr-defined]


def _work(seer: Seer) -> None:
    """A complaint comes in, a case is dismissed, an action is given up: one after the other, over all brands."""
    open_cases = list(
        Case.objects.filter(brand_id__in=seer.brand_ids, status="open")
        .order_by("?")
        .values_list("pk", flat=True)[:4000]
    )
    agent = Actor.person(seer.person_id or 0)
    deeds: list[Callable[[int, int], object]] = [
        lambda n, _: _take_in(seer.brand_ids[n % len(seer.brand_ids)] * 100),
        lambda _, key: case.dismiss(case_id=key, reason="Not about us", at=datetime.now(UTC), actor=agent),
        lambda _, key: _give_up(key, agent),
    ]
    for number, key in enumerate(open_cases):
        began = time.monotonic()
        with suppress(errors.Refused):
            deeds[number % len(deeds)](number, key)
        time.sleep(max(0.0, began + 1 / COMMANDS_PER_SECOND - time.monotonic()))


def _take_in(channel_id: int) -> None:
    now = datetime.now(UTC)
    batch = [Arrival(external_id=uuid4().hex, text="It came late.", author=uuid4().hex[:12], posted_at=now)]
    intake.receive_many(channel_id=channel_id, batch=batch, at=now, actor=SYSTEM)


def _give_up(case_id: int, agent: Actor) -> None:
    wanted = Action.objects.filter(case_id=case_id, status="proposed").first()
    if wanted is not None:
        action.waive_action(action_id=wanted.pk, reason="Not wanted", at=datetime.now(UTC), actor=agent)


def _refresh(_seer: Seer) -> None:
    while True:
        with suppress(OperationalError):
            figures.refresh(at=datetime.now(UTC), actor=SYSTEM)
        time.sleep(REFRESH_SECONDS)


# ---------------------------------------------------------------- exports


def export(seer: Seer, written_as: Format) -> tuple[float, int, float, int]:
    """Seconds of writing every case into a file, its rows, the most memory it took in megabytes, and its size."""
    asked = Asked.of("speed", {key: [value] for key, value in two_years().items()}, now=datetime.now(UTC), zone=ZONE)
    made = exporting.start_export(
        asked=asked,
        of="cases",
        written_as=written_as,
        language="en",
        at=datetime.now(UTC),
        actor=Actor.person(seer.person_id or 0),
    )
    began = time.perf_counter()
    _leave()
    process = get_context("fork").Process(target=jobs.run_export, args=(made.pk,))
    process.start()
    most = 0.0
    while process.is_alive():
        with suppress(OSError, StopIteration):
            status = Path(f"/proc/{process.pid}/status").read_text().splitlines()
            most = max(most, int(next(line for line in status if line.startswith("VmHWM")).split()[1]) / 1024)
        process.join(0.5)
    took = time.perf_counter() - began
    done = Export.objects.get(pk=made.pk)
    if done.status != RunStatus.DONE:
        message = f"The export is {done.status}: {done.error}"
        raise RuntimeError(message)
    default_storage.delete(done.key)
    return took, done.rows, most, done.size
