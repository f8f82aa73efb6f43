"""Makes a long return: one complaint after the other into its tables, and beside them the files that it needs."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from typing import IO, Any

from django.core.files import File
from django.core.files.storage import default_storage
from django.utils import timezone, translation

from cases import errors
from cases.jobs.export import making, new_key
from cases.models import Brand, ReportRun, User
from cases.queries import people
from cases.queries.reports import complaints, return_files, return_runs, returned
from cases.queries.reports.complaints import Wanted
from cases.queries.reports.reading import reader
from cases.queries.reports.return_runs import Known
from cases.rules import return_periods, returns_ledger
from cases.rules.returns import Complaint
from cases.rules.returns_tables import Tally
from cases.vocabulary.returns import ReturnName

Progress = Callable[[int, int], None]


def made(run: ReportRun, progress: Progress) -> dict[str, Any]:
    """What a run comes to; ``progress`` is told how many of all complaints are counted, and may end it."""
    wanted = _wanted(run)
    language = User.objects.values_list("language", flat=True).get(pk=run.person_id)
    making().mkdir(parents=True, mode=0o700, exist_ok=True)
    with translation.override(language or translation.get_language()), ExitStack() as files:
        # They have no name: whatever happens to the worker, nothing is left of them.
        ledger = files.enter_context(tempfile.TemporaryFile(dir=making()))
        public = files.enter_context(tempfile.TemporaryFile(dir=making())) if _is_public(wanted) else None
        tally = _counted(wanted, ledger, public, progress)
        known = Known(tally.made(wanted.span.counted, wanted.now), _stored(ledger), _stored(public) if public else "")
        return return_runs.as_result(wanted, known)


def _wanted(run: ReportRun) -> Wanted:
    """Raises NotAllowed, NotFound where the person may not read reports of the brand any more."""
    seer = reader(people.seer_of(run.person_id))
    brand = Brand.objects.filter(pk=run.asked["brand"], pk__in=seer.brand_ids).first()
    if brand is None:
        raise errors.NotFound
    name = ReturnName(run.report.removeprefix(return_runs.PREFIX))
    return Wanted(name, brand, return_periods.of_name(run.asked["period"], brand.zone), seer, timezone.now())


def _is_public(wanted: Wanted) -> bool:
    return wanted.name == ReturnName.CFPB


def _counted(wanted: Wanted, ledger: IO[bytes], public: IO[bytes] | None, progress: Progress) -> Tally:
    tally = Tally(returned.counting(wanted))
    done = 0
    with complaints.streamed(wanted) as found:
        progress(0, found.total)
        ledger.write(returns_ledger.heading())
        if public is not None:
            public.write(return_files.public_heading())
        for batch in found.batches:
            ledger.write(b"".join(_lines(tally, batch)))
            if public is not None:
                public.write(return_files.public_lines(wanted, batch))
            done += len(batch)
            progress(done, found.total)
    return tally


def _lines(tally: Tally, batch: Iterable[Complaint]) -> Iterable[bytes]:
    for each in batch:
        one, numbers = tally.add(each)
        if one.marks:
            yield returns_ledger.line(each.reference, one.marks, numbers)


def _stored(file: IO[bytes]) -> str:
    """Where it is kept from now on; dropped with the run, by whatever drops files that nothing names."""
    file.seek(0)
    return default_storage.save(new_key(), File(file))
