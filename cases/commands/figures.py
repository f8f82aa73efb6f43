"""The figures of reports are kept up: cells made anew where something settled changed, everything again on demand."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date, datetime

from django.db import connection, transaction

from cases.commands import moves
from cases.models import Cell, FiguresCheck, Stale
from cases.queries.reports import cells
from cases.queries.reports.cells import Made
from cases.queries.reports.checking import Difference, all_cases, differing_cases, differing_cells, differing_movements
from cases.vocabulary import Actor, EventKind, Population, Stream

BATCH = 2000
# One case or cell that comes out differently is a defect; a hundred are the same one.
MOST_TOLD = 100


@transaction.atomic(durable=True)
def refresh(*, at: datetime, actor: Actor) -> int:  # noqa: ARG001 - every command says when and who acts
    """Make the cells anew of every day of which something settled changed, and of its month; how many notes of it.

    Again until nothing is left. Raises OperationalError when somebody else has just made the same cells anew, and
    IntegrityError where there were none before.
    """
    with connection.cursor() as cursor:
        # One look at everything: what is noted after it stays noted.
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('casedesk:cells'))")
        if not cursor.fetchone()[0]:
            return 0
    noted = cells.stale()
    days: dict[tuple[Population, int, date], set[date]] = {}
    for _, population, brand, day in noted:
        days.setdefault((population, brand, day.replace(day=1)), set()).add(day)
    for (population, brand, month), changed in days.items():
        held = Cell.objects.filter(population=population, brand_id=brand)
        held.filter(is_month=False, starts_on__in=changed).delete()
        _keep(population, brand, cells.made(population, brand, sorted(changed)))
        held.filter(is_month=True, starts_on=month).delete()
        _keep(population, brand, cells.month(population, brand, month))
    Stale.objects.filter(pk__in=[key for key, *_ in noted]).delete()
    return len(noted)


@transaction.atomic(durable=True)
def recount(*, case_ids: Sequence[int], at: datetime, actor: Actor) -> int:  # noqa: ARG001 - every command says who
    """Compute the figures of these cases again from their journals; how many came out differently.

    Of a few at a time: whatever happens to one of them meanwhile waits for the end of it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT casedesk_count(%s::bigint[])", [list(case_ids)])
        return int(cursor.fetchone()[0])


@transaction.atomic(durable=True)
def forget_cells(*, recounted: int, at: datetime, actor: Actor) -> None:
    """Let every cell be made anew, now that all cases are recounted; so many of those came out differently."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM cases_cell")
        for chunk in all_cases(BATCH):
            cursor.execute("SELECT casedesk_stale_all(%s::bigint[])", [chunk])
        cursor.execute(
            "INSERT INTO cases_stale (population, brand_id, day) SELECT DISTINCT 'cases', f.brand_id,"
            " casedesk_day(f.received_at) FROM cases_casefigures f UNION SELECT DISTINCT 'posts', p.brand_id,"
            " casedesk_day(p.received_at) FROM cases_post p"
        )
    moves.record(Stream.SETUP, 0, EventKind.FIGURES_REBUILT, actor, at=at, changed=recounted)


@transaction.atomic(durable=True)
def check(*, at: datetime, actor: Actor) -> FiguresCheck:
    """Compute everything again beside what is kept, and keep what came out differently; nothing is mended by it."""
    started = time.monotonic()
    with connection.cursor() as cursor:
        # Nobody makes cells meanwhile, so whatever changes leaves its note.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('casedesk:cells'))")
    found: list[Difference] = []
    cases = 0
    for chunk in all_cases(BATCH):
        cases += len(chunk)
        found += differing_cases(chunk) + differing_movements(chunk)
    months, differing = differing_cells()
    found += differing
    kept = FiguresCheck.objects.create(
        at=at,
        cases=cases,
        cells=months,
        differed=len(found),
        differences=[each.told for each in found[:MOST_TOLD]],
        took_ms=round((time.monotonic() - started) * 1000),
    )
    if found:
        moves.record(Stream.SETUP, 0, EventKind.FIGURES_DIFFERED, actor, at=at, check=kept.pk, differed=len(found))
    return kept


def _keep(population: Population, brand_id: int, made: list[Made]) -> None:
    Cell.objects.bulk_create(
        [
            Cell(
                population=population,
                brand_id=brand_id,
                is_month=each.is_month,
                starts_on=each.starts_on,
                dimension=each.dimension,
                value=each.value,
                currency=each.currency,
                counts=each.counts,
                amounts=each.amounts,
                lanes=each.lanes,
            )
            for each in made
        ],
        batch_size=2000,
    )
