"""Exports in the background: made once, called off half way, on a full disk, by a worker that is killed."""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import json
import os
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import connections
from django.utils import timezone

from cases import errors
from cases.commands import export as commands
from cases.commands import moves, upkeep
from cases.commands import people as people_commands
from cases.jobs import export as jobs
from cases.models import Category, Event, Export, Membership
from cases.queries import people
from cases.queries.reports import answer, exports, rows, whole
from cases.queries.reports.asked import Asked
from cases.queries.reports.catalogue import REPORTS
from cases.rules.export_csv import CsvRows
from cases.vocabulary import SYSTEM, EventKind, Format, Job, Role, RunStatus
from tests.desk import taken
from tests.people import Stage, actor, set_stage
from tests.rules.test_export_writers import sheets

pytestmark = pytest.mark.usefixtures("own_database")
Nudges = list[tuple[str, dict[str, int | str]]]


@pytest.fixture(autouse=True)
def files(tmp_path: Path, settings: Any) -> Path:
    """A place for files of this test alone."""
    return keep_in(tmp_path / "files", settings)


def keep_in(folder: Path, settings: Any) -> Path:
    settings.FILES = folder
    storage = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(folder)}}
    settings.STORAGES = settings.STORAGES | {"default": storage}
    return folder


@pytest.fixture
def stage() -> Stage:
    made = set_stage()
    for number in range(3):
        taken(made, f"p-{number}", author=f"a-{number}")
    return made


def asked(report: str = "flow", **given: list[str]) -> Asked:
    filled = {"from": ["2026-01-01"], "to": ["2026-12-31"], "zone": ["Europe/Paris"]} | given
    return Asked.of(report, filled, now=timezone.now(), zone="UTC")


def start(stage: Stage, written_as: Format = Format.CSV, of: str = "cases", **more: Any) -> Export:
    who = actor(more.pop("person", stage.manager))
    filled = {"asked": asked(), "at": timezone.now(), "part": ""} | more
    return commands.start_export(of=of, written_as=written_as, actor=who, **filled)


def made(export: Export) -> Export:
    jobs.run_export(export.pk)
    export.refresh_from_db()
    return export


def content(export: Export) -> bytes:
    with default_storage.open(export.key) as stored:
        return bytes(stored.read())


def stored(folder: Path) -> list[Path]:
    """Every file there is, whole or half written."""
    return [each for each in folder.rglob("*") if each.is_file()]


def journal() -> list[str]:
    kinds = Event.objects.filter(stream="setup", kind__startswith="export").order_by("seq")
    return list(kinds.values_list("kind", flat=True))


class TestWhole:
    """All that a report shows in one file."""

    def test_a_workbook_has_a_sheet_for_each_table_and_says_what_they_are(self, stage: Stage) -> None:
        question = asked("deadlines", compare=["before"])
        export = made(start(stage, Format.XLSX, exports.WHOLE, asked=question))
        assert (export.status, exports.ending(export)) == ("done", "xlsx")
        book = sheets(content(export))
        assert [*book] == ["All figures", "Deadlines", "Promises", "About"]
        counted = {name: len(book[name]) - 1 for name in book}
        assert export.rows == export.total == sum(counted.values()) - counted["About"]
        said = {row[0][1]: row[1][1] for row in book["About"]}
        assert said["Rows"] == str(export.rows)
        assert said["SHA-256"] == bytes(export.digest or b"").hex()
        assert said["Deadlines: What is counted"].startswith("deadlines")
        assert [cell[1] for cell in book["All figures"][0]] == ["Table", "Figure", "This period", "The period before"]

    def test_figures_are_those_of_the_page_of_all_rows_together(self, stage: Stage) -> None:
        question = asked("speed", split=["brand"])
        export = made(start(stage, Format.JSONL, exports.WHOLE, asked=question))
        lines = [json.loads(line) for line in content(export).decode().splitlines()]
        table = answer.table(
            question, REPORTS["speed"].sections[0], people.seer_of(stage.manager.pk), now=timezone.now()
        )
        found = {each["figure"]: each["value"] for each in lines if each.get("_table") == "figures"}
        assert {str(each.label): table.total.counts[each.name] for each in table.figures}.items() <= found.items()
        assert {each.get("_table") for each in lines} == {"figures", "speed", "stages", None}
        assert lines[-2]["_rows"] == export.rows == len(lines) - 2
        assert lines[-1]["_sha256"] == bytes(export.digest or b"").hex()

    def test_csv_is_a_file_for_each_table_with_its_own_sum(self, stage: Stage) -> None:
        export = made(start(stage, Format.CSV, exports.WHOLE, asked=asked("deadlines")))
        assert exports.media_type(export) == "application/zip"
        assert exports.file_name(export) == "casedesk-deadlines-2026-01-01-2026-12-31.zip"
        assert bytes(export.digest or b"") == hashlib.sha256(content(export)).digest()
        rows = 0
        with zipfile.ZipFile(io.BytesIO(content(export))) as archive:
            assert archive.namelist() == ["01-figures.csv", "02-deadlines.csv", "03-promises.csv"]
            for name in archive.namelist():
                written = archive.read(name)
                read = list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline="")))
                before = written[: written.rindex(b'"# SHA-256"')]
                assert read[-1] == ["# SHA-256", hashlib.sha256(before).hexdigest()]
                of_file = sum(not row[0].startswith("#") for row in read) - 1
                assert ["# Rows", str(of_file)] in read
                rows += of_file
        assert export.rows == rows

    def test_of_the_front_page_it_has_the_figures_and_the_complaints(self, stage: Stage) -> None:
        export = made(start(stage, Format.XLSX, exports.WHOLE, asked=asked("front")))
        book = sheets(content(export))
        assert [*book] == ["All figures", "Rows", "About"]
        assert [row[0][1] for row in book["Rows"][1:]] == ["BW-1", "BW-2", "BW-3"]
        named = {row[0][1] for row in book["All figures"][1:]}
        assert named == {str(each.title) for each in whole.FRONT_SECTIONS} >= {"Complaints", "Promises"}

    def test_a_word_that_a_spreadsheet_would_calculate_stays_a_word(self, stage: Stage) -> None:
        Category.objects.filter(pk=stage.category.pk).update(label={"en": "=1+1"})
        question = asked("causes", split=["category"])
        export = made(start(stage, Format.XLSX, exports.WHOLE, asked=question))
        words = {cell for rows_of in sheets(content(export)).values() for row in rows_of for _, cell in row}
        assert "'=1+1" in words
        assert "=1+1" not in words

    @pytest.mark.parametrize("written_as", list(Format))
    def test_called_off_half_way_it_leaves_nothing(
        self, stage: Stage, files: Path, monkeypatch: pytest.MonkeyPatch, written_as: Format
    ) -> None:
        export = start(stage, written_as, exports.WHOLE, asked=asked("front"))
        monkeypatch.setattr(jobs, "EVERY_ROWS", 1)
        noted = commands.keep_progress

        def progress(**given: Any) -> bool:
            if given["rows"] > 14:
                commands.cancel_export(export_id=export.pk, at=timezone.now(), actor=actor(stage.manager))
            return noted(**given)

        monkeypatch.setattr(commands, "keep_progress", progress)
        assert made(export).status == "cancelled"
        assert stored(files) == []

    def test_filtered_by_what_one_table_does_not_have_it_is_the_others(self, stage: Stage) -> None:
        question = asked("deadlines", policy=["1"])
        export = made(start(stage, Format.XLSX, exports.WHOLE, asked=question))
        assert [*sheets(content(export))] == ["All figures", "Deadlines", "About"]
        with pytest.raises(errors.NoSuchSplit):
            start(stage, Format.XLSX, exports.WHOLE, asked=asked("speed", policy=["1"]))
        with pytest.raises(errors.NotFound):
            start(stage, Format.XLSX, exports.WHOLE, asked=asked("nothing"))


class TestMaking:
    def test_a_csv_file_with_its_sum_in_the_footer_and_the_journal(self, stage: Stage, nudges: Nudges) -> None:
        export = start(stage)
        assert (Job.RUN_EXPORT.value, {"export_id": export.pk}) in nudges
        made(export)
        assert (export.status, export.rows, export.total, export.size) == ("done", 3, 3, len(content(export)))
        read = list(csv.reader(io.StringIO(content(export).decode("utf-8-sig"), newline="")))
        digest = bytes(export.digest or b"").hex()
        assert [row[0] for row in read[1:4]] == ["BW-1", "BW-2", "BW-3"]
        assert ["# Rows", "3"] in read
        assert read[-1] == ["# SHA-256", digest]
        before = content(export).removesuffix(f'"# SHA-256","{digest}"\r\n'.encode())
        assert digest == hashlib.sha256(before).hexdigest()
        assert journal() == [EventKind.EXPORT_STARTED, EventKind.EXPORT_MADE]
        assert Event.objects.get(kind=EventKind.EXPORT_MADE).payload == {
            "export": export.pk,
            "rows": 3,
            "sha256": digest,
        }

    def test_a_workbook(self, stage: Stage) -> None:
        found = sheets(content(made(start(stage, Format.XLSX))))
        assert [row[0][1] for row in found["Rows"]] == ["Case", "BW-1", "BW-2", "BW-3"]
        about = {row[0][1]: row[1][1] for row in found["About"]}
        assert (about["From"], about["To"], about["Time zone"]) == ("2026-01-01", "2026-12-31", "Europe/Paris")
        assert about["Rows"] == "3"

    def test_json_lines(self, stage: Stage) -> None:
        lines = [json.loads(line) for line in content(made(start(stage, Format.JSONL))).splitlines()]
        assert [line["status"] for line in lines[:3]] == ["open", "open", "open"]
        assert lines[3]["_rows"] == 3
        assert set(lines[4]) == {"_sha256"}

    def test_the_rows_of_one_figure(self, stage: Stage) -> None:
        assert made(start(stage, part="handled")).rows == 0
        assert made(start(stage, part="open")).rows == 3

    def test_the_table_of_a_report(self, stage: Stage) -> None:
        question = asked("flow", split=["brand"])
        export = made(start(stage, of=exports.TABLE, part="movements", asked=question))
        heading, row, *_ = csv.reader(io.StringIO(content(export).decode("utf-8-sig"), newline=""))
        assert heading[:2] == ["Brand", "Received"]
        assert row[:2] == ["Brindlewick", "3"]

    def test_in_the_language_it_was_asked_for_in(self, stage: Stage) -> None:
        export = made(start(stage, language="fr"))
        assert '"Livraison"' in content(export).decode()

    def test_nothing_at_all_is_a_file_too(self, stage: Stage) -> None:
        question = asked(severity=["4"])
        for each in Format:
            export = made(start(stage, each, asked=question))
            assert (export.status, export.rows) == ("done", 0), each

    def test_no_folder_of_what_was_made_is_left(self, stage: Stage, files: Path) -> None:
        export = made(start(stage, Format.XLSX))
        assert stored(files) == [files / export.key]


class TestWho:
    def test_an_agent_starts_none(self, stage: Stage) -> None:
        with pytest.raises(errors.NotAllowed):
            start(stage, person=stage.agent)
        assert not Export.objects.exists()
        assert journal() == []

    def test_nobody_exports_a_brand_that_is_not_theirs(self, stage: Stage) -> None:
        with pytest.raises(errors.NotAllowed):
            start(stage, person=stage.manager, asked=asked(brand=[str(stage.other_brand.pk)]))

    def test_a_filter_names_nothing_of_another_brand(self, stage: Stage) -> None:
        theirs = stage.other_brand.teams.create(name="Secret plans")
        wanted = asked(brand=[str(stage.brand.pk), str(stage.other_brand.pk)], team=[str(theirs.pk)])
        written = content(made(start(stage, asked=wanted))).decode()
        assert "Brand: Brindlewick; Team: –" in written
        assert "Secret plans" not in written

    def test_an_auditor_filters_by_no_person(self, stage: Stage) -> None:
        with pytest.raises(errors.SplitNotAllowed):
            start(stage, person=stage.auditor, asked=asked(owner=[str(stage.agent.pk)]))

    def test_what_nobody_knows_is_not_there(self, stage: Stage) -> None:
        for of, part in (("secrets", ""), ("cases", "nothing"), ("cases", "overdue"), (exports.TABLE, "nothing")):
            with pytest.raises(errors.NotFound):
                start(stage, of=of, part=part)

    def test_whoever_lost_the_right_meanwhile_gets_nothing(self, stage: Stage, files: Path) -> None:
        export = start(stage, person=stage.auditor)
        Membership.objects.filter(person=stage.auditor).update(role=Role.AGENT)
        made(export)
        assert (export.status, export.error) == ("failed", "not_allowed")
        assert stored(files) == []

    def test_whoever_left_gets_nothing(self, stage: Stage) -> None:
        export = start(stage, person=stage.auditor)
        people_commands.deactivate_person(person_id=stage.auditor.pk, at=timezone.now(), actor=actor(stage.admin))
        assert made(export).status == "failed"

    def test_a_brand_one_came_to_later_is_not_in_it(self, stage: Stage) -> None:
        export = start(stage, person=stage.outsider, asked=asked())
        Membership.objects.create(person=stage.outsider, brand=stage.brand, role=Role.AUDITOR)
        assert made(export).rows == 0

    def test_too_many_wait_for_one_person(self, stage: Stage) -> None:
        for _ in range(moves.MOST_EXPORTS):
            start(stage)
        with pytest.raises(errors.TooManyExports):
            start(stage)
        assert start(stage, person=stage.auditor)


class TestCalledOff:
    @pytest.mark.parametrize("written_as", list(Format))
    def test_half_way_nothing_is_kept(
        self, stage: Stage, files: Path, monkeypatch: pytest.MonkeyPatch, written_as: Format
    ) -> None:
        export = start(stage, written_as)
        monkeypatch.setattr(rows, "BATCH", 1)
        monkeypatch.setattr(jobs, "EVERY_ROWS", 1)
        real, seen = commands.keep_progress, []

        def cancelled(**given: Any) -> bool:
            seen.append(given["rows"])
            if given["rows"] == 1:
                commands.cancel_export(export_id=export.pk, at=timezone.now(), actor=actor(stage.manager))
            return real(**given)

        monkeypatch.setattr(commands, "keep_progress", cancelled)
        made(export)
        assert (export.status, seen) == ("cancelled", [0, 1])
        assert stored(files) == []
        assert journal() == [EventKind.EXPORT_STARTED, EventKind.EXPORT_ENDED]

    def test_in_the_last_moment_the_file_goes_again(
        self, stage: Stage, files: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        export = start(stage)
        real = commands.finish

        def late(**given: Any) -> bool:
            commands.cancel_export(export_id=export.pk, at=timezone.now(), actor=actor(stage.manager))
            return real(**given)

        monkeypatch.setattr(commands, "finish", late)
        assert made(export).status == "cancelled"
        assert stored(files) == []

    def test_before_it_began(self, stage: Stage) -> None:
        export = start(stage)
        commands.cancel_export(export_id=export.pk, at=timezone.now(), actor=actor(stage.manager))
        assert made(export).status == "cancelled"

    def test_by_its_person_alone(self, stage: Stage) -> None:
        export = start(stage)
        with pytest.raises(errors.NotFound):
            commands.cancel_export(export_id=export.pk, at=timezone.now(), actor=actor(stage.auditor))

    def test_what_is_done_stays_done(self, stage: Stage) -> None:
        export = made(start(stage))
        commands.cancel_export(export_id=export.pk, at=timezone.now(), actor=actor(stage.manager))
        assert export.status == "done"
        assert journal() == [EventKind.EXPORT_STARTED, EventKind.EXPORT_MADE]


@pytest.fixture
def small(files: Path, settings: Any) -> Iterator[Path]:
    """A disk with room for 64 kB, mounted by whoever may."""
    folder = files.parent / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small disk; the same is tried with a file that has no room")
    yield keep_in(folder, settings)
    subprocess.run(["umount", "-l", str(folder)], check=True)


class TestFullDisk:
    @pytest.mark.parametrize("written_as", list(Format))
    def test_fails_and_keeps_nothing(self, stage: Stage, small: Path, written_as: Format) -> None:
        (small / "other").write_bytes(b"x" * 65_536)
        export = made(start(stage, written_as, of="actions", asked=asked()))
        assert (export.status, export.error, export.key) == ("failed", "disk_full", "")
        assert [each.name for each in stored(small)] == ["other"]
        assert journal() == [EventKind.EXPORT_STARTED, EventKind.EXPORT_ENDED]

    def test_and_is_made_when_there_is_room_again(self, stage: Stage, small: Path) -> None:
        (small / "other").write_bytes(b"x" * 65_536)
        made(start(stage))
        (small / "other").unlink()
        assert made(start(stage)).status == "done"

    def test_a_row_that_finds_no_room(self, stage: Stage, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        # Stands for a full disk where no small one can be mounted.
        def no_room(self: object, values: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(CsvRows, "row", no_room)
        for each in (Format.CSV, Format.XLSX):
            export = made(start(stage, each))
            assert (export.status, export.error) == ("failed", "disk_full")
        assert stored(files) == []


class TestWorkers:
    def _dead(self, export: Export, at: datetime, files: Path) -> datetime:
        """A worker took it, wrote half of it, and was killed."""
        assert commands.claim(export_id=export.pk, at=at, actor=SYSTEM)
        half = files / "making" / f"{export.pk}-{at:%Y%m%d%H%M%S%f}"
        half.mkdir(parents=True)
        (half / "file").write_bytes(b"half")
        return at

    def test_one_that_is_killed_is_followed_by_another(self, stage: Stage, files: Path) -> None:
        export = start(stage, at=timezone.now() - timedelta(minutes=10))
        self._dead(export, timezone.now() - timedelta(minutes=9), files)
        jobs.run_export()
        export.refresh_from_db()
        assert export.status == "done"
        assert stored(files) == [files / export.key]
        assert journal() == [EventKind.EXPORT_STARTED, EventKind.EXPORT_MADE]

    def test_one_that_lives_is_left_alone(self, stage: Stage, files: Path) -> None:
        export = start(stage, at=timezone.now() - timedelta(minutes=10))
        self._dead(export, timezone.now() - timedelta(minutes=1), files)
        jobs.run_export()
        jobs.run_export(export.pk)
        export.refresh_from_db()
        assert export.status == "running"

    def test_one_that_was_thought_dead_finds_that_it_lost(self, stage: Stage, files: Path) -> None:
        export = start(stage, at=timezone.now() - timedelta(minutes=10))
        before = self._dead(export, timezone.now() - timedelta(minutes=9), files)
        made(export)
        given: dict[str, Any] = {"export_id": export.pk, "claimed_at": before, "at": timezone.now(), "actor": SYSTEM}
        assert not commands.keep_progress(rows=1, total=3, **given)
        assert not commands.finish(key="x", rows=1, size=1, digest=b"x", rights={}, **given)
        assert not commands.fail(error="x", **given)
        export.refresh_from_db()
        assert (export.status, export.rows) == ("done", 3)

    def test_one_that_comes_back_takes_nothing_from_who_followed(
        self, stage: Stage, files: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        export = start(stage)
        monkeypatch.setattr(rows, "BATCH", 1)
        monkeypatch.setattr(jobs, "EVERY_ROWS", 1)
        real, stalled, goes_on = commands.keep_progress, threading.Event(), threading.Event()
        first: list[datetime] = []

        def looked(**given: Any) -> bool:
            if not first:
                first.append(given["claimed_at"])
                stalled.set()
                assert goes_on.wait(20)
            elif given["claimed_at"] != first[0] and given["rows"] == 1:
                goes_on.set()
                lost.result(20)
            return real(**given)

        def work() -> None:
            jobs.run_export(export.pk)
            connections.close_all()

        monkeypatch.setattr(commands, "keep_progress", looked)
        with ThreadPoolExecutor(1) as pool:
            lost = pool.submit(work)
            assert stalled.wait(20)
            Export.objects.update(beat_at=timezone.now() - timedelta(minutes=9))
            made(export)
        assert (export.status, export.rows) == ("done", 3)
        assert stored(files) == [files / export.key]

    def test_two_at_once_make_it_once(self, stage: Stage, files: Path) -> None:
        export = start(stage)

        def work(_: int) -> None:
            try:
                jobs.run_export(export.pk)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(work, range(4)))
        assert journal() == [EventKind.EXPORT_STARTED, EventKind.EXPORT_MADE]
        assert len(stored(files)) == 1

    def test_one_of_a_person_at_a_time(self, stage: Stage, nudges: Nudges) -> None:
        first, second, other = start(stage), start(stage), start(stage, person=stage.auditor)
        assert commands.claim(export_id=first.pk, at=timezone.now(), actor=SYSTEM)
        assert commands.claim(export_id=second.pk, at=timezone.now(), actor=SYSTEM) is None
        assert commands.claim(export_id=other.pk, at=timezone.now(), actor=SYSTEM)
        nudges.clear()
        commands.cancel_export(export_id=first.pk, at=timezone.now(), actor=actor(stage.manager))
        assert nudges == [(Job.RUN_EXPORT.value, {"export_id": second.pk})]
        assert made(second).status == "done"

    def test_two_of_all_people_leave_the_workers_room(self, stage: Stage) -> None:
        Membership.objects.filter(person=stage.colleague).update(role=Role.MANAGER)
        every = [start(stage, person=each) for each in (stage.manager, stage.auditor, stage.admin, stage.colleague)]
        claimed = [commands.claim(export_id=each.pk, at=timezone.now(), actor=SYSTEM) for each in every]
        assert [each is not None for each in claimed] == [True, True, False, False]

    def test_one_that_kills_every_worker_is_given_up(self, stage: Stage) -> None:
        export = start(stage, at=timezone.now() - timedelta(days=1))
        assert made(export).error == "gave_up"

    def test_what_was_left_half_done_of_a_cancelled_one_is_swept(self, stage: Stage, files: Path) -> None:
        export = start(stage)
        self._dead(export, timezone.now(), files)
        commands.cancel_export(export_id=export.pk, at=timezone.now(), actor=actor(stage.manager))
        jobs.run_export()
        assert stored(files) == []

    def test_an_unexpected_fault_fails_it(self, stage: Stage, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(self: object, values: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(CsvRows, "row", broken)
        export = made(start(stage))
        assert (export.status, export.error) == ("failed", "ZeroDivisionError")
        assert stored(files) == []


class TestKeeping:
    def test_the_orphan_sweep_knows_them(self, stage: Stage) -> None:
        export = made(start(stage))
        assert upkeep.drop_files(keys=[export.key], at=timezone.now(), actor=SYSTEM) == 0
        assert default_storage.exists(export.key)

    def test_after_two_weeks_the_file_goes_and_the_export_stays_noted(self, stage: Stage, files: Path) -> None:
        export = made(start(stage))
        later = timezone.now() + timedelta(days=13)
        assert commands.drop_old(at=later, actor=SYSTEM) == 0
        assert commands.drop_old(at=later + timedelta(days=2), actor=SYSTEM) == 1
        export.refresh_from_db()
        assert (export.status, export.key, stored(files)) == ("done", "", [])
        assert bytes(export.digest or b"")

    def test_a_file_is_read_with_the_rights_it_was_made_with(self, stage: Stage) -> None:
        export = made(start(stage))
        assert exports.readable(people.seer_of(stage.manager.pk), export.public_id) == export
        mine = Membership.objects.filter(person=stage.manager)
        for role in (Role.AUDITOR, Role.AGENT):
            mine.update(role=role)
            with pytest.raises(errors.NotFound):
                exports.readable(people.seer_of(stage.manager.pk), export.public_id)
        mine.update(role=Role.MANAGER)
        stage.brand.teams.update(lead=None)
        with pytest.raises(errors.NotFound):
            exports.readable(people.seer_of(stage.manager.pk), export.public_id)


def test_progress_is_told(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    export = start(stage)
    monkeypatch.setattr(rows, "BATCH", 1)
    monkeypatch.setattr(jobs, "EVERY_ROWS", 1)
    real, seen = commands.keep_progress, []

    def noted(**given: Any) -> bool:
        found = real(**given)
        row = Export.objects.get(pk=export.pk)
        seen.append((row.rows, row.total, RunStatus(row.status).value))
        return found

    monkeypatch.setattr(commands, "keep_progress", noted)
    made(export)
    assert seen == [(0, 3, "running"), (1, 3, "running"), (2, 3, "running"), (3, 3, "running"), (3, 3, "running")]
