"""Writes exports in the background, one row after the other, and takes up again those whose worker died."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import logging
import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast

from celery import shared_task
from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import InterfaceError, OperationalError
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cases import errors
from cases.commands import export as commands
from cases.models import Export, Seer
from cases.queries import people
from cases.queries.reports import exports, rows, tabled, whole
from cases.queries.reports.asked import Asked
from cases.queries.reports.rows import Rows
from cases.rules.export_csv import CsvRows
from cases.rules.export_jsonl import JsonRows
from cases.rules.export_xlsx import XlsxRows
from cases.rules.export_zip import CsvFiles
from cases.rules.exporting import Tables, Writer
from cases.vocabulary import SYSTEM, Format, Job, Population, RunStatus

log = logging.getLogger(__name__)

# How far it is gets noted so often.
EVERY_ROWS, EVERY_SECONDS = 5000, 1.0
# A database that stays away this long after the export was asked for fails it.
PATIENCE = timedelta(hours=1)
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_DISK_FULL_THERE = "53100"


class Stopped(Exception):  # noqa: N818 - it is no error
    """It was called off, or somebody else makes it by now."""


@shared_task(name=Job.RUN_EXPORT.value)
def run_export(export_id: int | None = None, **_more: Any) -> None:
    """Make one export; without its id every one that nobody is at, and drop what is left of old ones."""
    if export_id is not None:
        _make(export_id)
        return
    for key in exports.waiting(timezone.now()):
        _make(key)
    commands.drop_old(at=timezone.now(), actor=SYSTEM)
    _clear()


def making() -> Path:
    """Where files lie while they are written, on the disk that keeps them: one folder for each claim of an export."""
    return Path(settings.FILES) / "making"


def _make(key: int) -> None:
    export = commands.claim(export_id=key, at=timezone.now(), actor=SYSTEM)
    if export is None or export.started_at is None:
        return
    # Of this claim alone: a worker that was thought dead and comes back clears away its own.
    folder = making() / f"{export.pk}-{export.started_at:%Y%m%d%H%M%S%f}"
    for left in making().glob(f"{export.pk}-*"):
        shutil.rmtree(left, ignore_errors=True)
    try:
        making().mkdir(parents=True, mode=0o700, exist_ok=True)
        folder.mkdir(mode=0o700)
        _write(export, export.started_at, folder)
    except Stopped:
        log.info("export %s was called off", key)
    except errors.Refused as refused:
        _fail(export, refused.code)
    except (OperationalError, InterfaceError) as error:
        _put_off(export, error)
    except OSError as error:
        log.exception("export %s failed", key)
        _fail(export, "disk_full" if error.errno in NO_ROOM else type(error).__name__)
    except Exception as error:
        log.exception("export %s failed", key)
        _fail(export, type(error).__name__)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fail(export: Export, code: str) -> None:
    at = timezone.now()
    commands.fail(export_id=export.pk, claimed_at=export.started_at or at, error=code, at=at, actor=SYSTEM)


def _put_off(export: Export, error: Exception) -> None:
    """The database was away: the sweep takes it up again, for a while."""
    if getattr(error.__cause__, "sqlstate", "") == _DISK_FULL_THERE:
        _fail(export, "disk_full")
    elif export.created_at < timezone.now() - PATIENCE:
        _fail(export, "database_away")
    else:
        log.warning("export %s was interrupted", export.pk, exc_info=error)


@dataclass
class _Progress:
    """Notes how far an export is, now and then, and stops it when it is no longer wanted."""

    export: Export
    claimed_at: datetime
    rows: int = 0
    total: int = 0
    noted: tuple[int, float] = field(default_factory=lambda: (0, time.monotonic()))

    def now_and_then(self) -> None:
        """Note it where enough was done or enough time went by."""
        rows, at = self.noted
        if self.rows - rows >= EVERY_ROWS or time.monotonic() - at >= EVERY_SECONDS:
            self.note()

    def note(self) -> None:
        """Note it; raises Stopped."""
        self.noted = self.rows, time.monotonic()
        is_wanted = commands.keep_progress(
            export_id=self.export.pk,
            claimed_at=self.claimed_at,
            rows=self.rows,
            total=self.total,
            at=timezone.now(),
            actor=SYSTEM,
        )
        if not is_wanted:
            raise Stopped


class _Watched(io.RawIOBase):
    """A file that looks up now and then while it is written: a workbook is packed at the end, in one go.

    A workbook that broke off tries to end its file once more when it is thrown away; closed, that goes nowhere.
    """

    def __init__(self, out: BinaryIO, look: Callable[[], None]) -> None:
        self.out, self.look = out, look

    def write(self, content: Any) -> int:
        """Write it, and look up."""
        if self.out.closed:
            return len(content)
        self.look()
        return self.out.write(content)

    def seekable(self) -> bool:
        """A workbook's parts get their sizes afterwards."""
        return True

    def seek(self, place: int, whence: int = 0) -> int:
        """Go on somewhere else."""
        return 0 if self.out.closed else self.out.seek(place, whence)

    def tell(self) -> int:
        """Where it stands."""
        return 0 if self.out.closed else self.out.tell()

    def flush(self) -> None:
        """Hand on what is written."""
        if not self.out.closed:
            self.out.flush()


class _Made(File[bytes]):
    """A finished file, to be moved to where it is kept rather than copied."""

    def temporary_file_path(self) -> str:
        """Where it lies."""
        return str(self.name)


def _write(export: Export, claimed_at: datetime, folder: Path) -> None:
    progress = _Progress(export, claimed_at)
    path = folder / "file"
    seer = people.seer_of(export.person_id)
    asked = exports.asked_of(export, claimed_at)
    seer = exports.narrowed(seer, asked, exports.brands_of(export))
    with translation.override(export.language):
        digest = _written(export, asked, seer, path, progress)
    progress.note()
    size = path.stat().st_size
    with path.open("rb") as written:
        key = default_storage.save(new_key(), _Made(written, name=str(path)))
    is_kept = commands.finish(
        export_id=export.pk,
        claimed_at=claimed_at,
        key=key,
        rows=progress.rows,
        size=size,
        digest=digest,
        rights=exports.rights_of(seer),
        at=timezone.now(),
        actor=SYSTEM,
    )
    if not is_kept:
        default_storage.delete(key)
        raise Stopped


def new_key() -> str:
    """A name that nobody guesses, like that of every stored file."""
    return f"{secrets.token_hex(2)}/{secrets.token_urlsafe(32)}"


def _written(export: Export, asked: Asked, seer: Seer, path: Path, progress: _Progress) -> bytes:
    of, part = export.asked["of"], export.asked["part"]
    with path.open("wb", buffering=1 << 20) as out:
        writer = _writer(export, _Watched(out, progress.now_and_then), path.parent)
        try:
            if of == exports.WHOLE:
                _copy_whole(export, asked, seer, cast("Tables", writer), progress)
            elif of == exports.TABLE:
                table = tabled.opened(asked, part, seer, now=progress.claimed_at, step=progress.now_and_then)
                _copy(table, writer, progress)
            else:
                is_machine = export.format == Format.JSONL
                with rows.opened(
                    asked, Population(of), seer, now=progress.claimed_at, figure=part, is_machine=is_machine
                ) as found:
                    _copy(found, writer, progress)
            about = exports.about(
                export,
                asked,
                seer,
                now=progress.claimed_at,
                rows=progress.rows,
                sections=whole.sections_of(asked) if of == exports.WHOLE else (),
            )
            digest = writer.footer(about, progress.rows)
        finally:
            writer.drop()
    return digest or _sum_of(path)


def _sum_of(path: Path) -> bytes:
    """The SHA-256 of a file that has none in itself."""
    with path.open("rb") as written:
        return hashlib.file_digest(written, "sha256").digest()


def _copy_whole(export: Export, asked: Asked, seer: Seer, writer: Tables, progress: _Progress) -> None:
    """All that the report shows, one table after the other."""
    now = progress.claimed_at
    with contextlib.closing(whole.parts(asked, seer, now=now, step=progress.now_and_then)) as parts:
        for part in parts:
            before = progress.rows
            writer.table(part.name, part.title)
            _copy(part.rows, writer, progress)
            rows_of_part = progress.rows - before
            writer.end(
                exports.about(export, asked, seer, now=now, rows=rows_of_part, sections=part.sections), rows_of_part
            )


def _copy(found: Rows, writer: Writer, progress: _Progress) -> None:
    progress.total = progress.rows + found.total
    progress.note()
    writer.header(found.headings)
    for batch in found.batches:
        for row in batch:
            writer.row(row)
        progress.rows += len(batch)
        progress.now_and_then()


def _writer(export: Export, out: Any, folder: Path) -> Writer:
    if exports.ending(export) == exports.ZIP:
        return CsvFiles(out)
    if export.format == Format.CSV:
        return CsvRows(out)
    if export.format == Format.JSONL:
        return JsonRows(out)
    return XlsxRows(
        out, folder=str(folder), rows_title=_("Rows"), about_title=pgettext("the last sheet of an export", "About")
    )


def _clear() -> None:
    """Remove what workers left that died, of exports that are no longer made."""
    if not making().is_dir():
        return
    folders = [(each.name.partition("-")[0], each) for each in making().iterdir()]
    left = [(int(key), each) for key, each in folders if key.isdigit()]
    found = Export.objects.filter(pk__in=[key for key, _ in left], status=RunStatus.RUNNING)
    running = set(found.values_list("pk", flat=True))
    for key, folder in left:
        if key not in running:
            shutil.rmtree(folder, ignore_errors=True)
