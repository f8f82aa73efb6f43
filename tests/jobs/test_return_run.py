"""Long returns in the background: the figures, cases and files of a return made at once, called off, kept, frozen."""

from __future__ import annotations

import csv
import errno
import io
import json
import re
import tempfile
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.utils import timezone

from cases import errors
from cases.commands import frozen, report_run, upkeep
from cases.commands import return_run as commands
from cases.jobs import report_run as jobs
from cases.models import Membership, Original, ReportRun
from cases.queries.reports import complaints, return_runs, returned
from cases.queries.reports.complaints import ReturnTooLong, Wanted
from cases.vocabulary import SYSTEM, Outcome, Role, RunStatus
from cases.vocabulary.returns import ReturnName
from tests.api.calls import Program
from tests.desk import signed_in
from tests.jobs.test_export import keep_in, stored
from tests.people import Stage, actor, set_stage
from tests.returned import LATER, Life, wanted

pytestmark = pytest.mark.usefixtures("own_database")
HALF = "?brand=brindlewick&period=2026-H1"
ASKED = {"brand": "brindlewick", "period": "2026-H1"}


@pytest.fixture(autouse=True)
def files(tmp_path: Path, settings: Any) -> Path:
    """A place for files of this test alone."""
    return keep_in(tmp_path / "files", settings)


@pytest.fixture
def stage() -> Stage:
    """Six complaints, of each sort of end one."""
    stage = set_stage()
    Life.begins(stage, "soon", "2026-03-02T10:00").closed("2026-03-05")
    Life.begins(stage, "late", "2026-03-02T10:00").closed("2026-03-06", Outcome.REJECTED)
    Life.begins(stage, "open", "2026-06-01T10:00")
    Life.begins(stage, "gone", "2026-03-02T10:00").dismissed("2026-03-03T10:00")
    Life.begins(stage, "back", "2026-02-02T10:00").closed("2026-02-05").reopened("2026-04-01T10:00")
    life = Life.begins(stage, "file", "2026-03-04T10:00").closed("2026-03-09")
    Original.objects.create(case=life.case, product="=1+1", issue="Closing", consent="N/A", via="Web", state="NY")
    return stage


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A threshold that the period passes, and batches that it fills more than once."""
    monkeypatch.setattr(complaints, "MOST", 2)
    monkeypatch.setattr(complaints, "BATCH", 2)


def started(stage: Stage, name: str = "disp") -> ReportRun:
    return commands.start_return(
        regulator=name, brand_id=stage.brand.pk, period="2026-H1", at=timezone.now(), actor=actor(stage.manager)
    )


def again(run: ReportRun) -> ReportRun:
    return ReportRun.objects.get(pk=run.pk)


def made(stage: Stage, name: str = "disp") -> ReportRun:
    run = started(stage, name)
    jobs.run_report(run_id=run.pk)
    assert (again(run).status, again(run).error) == (RunStatus.DONE, "")
    return again(run)


def at_once(asked: Wanted, monkeypatch: pytest.MonkeyPatch) -> Any:
    with monkeypatch.context() as patched:
        patched.setattr(complaints, "MOST", 50_000)
        return returned.make(asked)


def text(page: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.content.decode())).split())


@pytest.mark.usefixtures("long")
class TestMaking:
    @pytest.mark.parametrize("name", list(ReturnName))
    def test_comes_to_the_return_made_at_once_with_the_same_cases_behind_it(
        self, stage: Stage, name: ReturnName, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = made(stage, name)
        assert (run.done, run.total) == (6, 6)
        asked = wanted(stage, name=name)
        known, whole = return_runs.known(asked), at_once(asked, monkeypatch)
        assert known.is_kept
        assert (known.made.complaints, known.made.balance) == (whole.complaints, whole.balance)
        checked = 0
        for mine, theirs in zip(known.made.sections, whole.sections, strict=True):
            assert (mine.key, mine.columns) == (theirs.key, theirs.columns)
            for row, other in zip(mine.rows, theirs.rows, strict=True):
                assert (row.keys, row.labels) == (other.keys, other.labels)
                for figure, same in zip(row.figures, other.figures, strict=True):
                    assert (figure.key, figure.count, figure.money) == (same.key, same.count, same.money)
                    found = known.references(mine, row, figure, start=0, most=9)
                    assert tuple(found) == same.references
                    checked += figure.count
        assert checked > 20

    def test_says_how_far_it_is_and_stops_where_it_was_called_off(
        self, stage: Stage, files: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run, noted, told = started(stage, "cfpb"), report_run.note_progress, []

        def progress(**given: Any) -> bool:
            told.append((given["done"], given["total"]))
            if given["done"] == 4:
                report_run.cancel_run(run_id=run.pk, at=timezone.now(), actor=actor(stage.manager))
            return noted(**given)

        monkeypatch.setattr(report_run, "note_progress", progress)
        jobs.run_report(run_id=run.pk)
        assert told == [(0, 6), (2, 6), (4, 6)]
        assert (again(run).status, again(run).result, stored(files)) == (RunStatus.CANCELLED, None, [])

    def test_is_taken_up_again_when_its_worker_is_gone(self, stage: Stage) -> None:
        run = started(stage)
        report_run.claim_run(run_id=run.pk, at=timezone.now() - timedelta(minutes=3), actor=SYSTEM)
        jobs.run_report()
        assert again(run).status == RunStatus.DONE

    def test_says_that_the_disk_is_full_and_leaves_nothing(
        self, stage: Stage, files: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_given: Any, **_more: Any) -> None:
            raise OSError(errno.ENOSPC, "full")

        run = started(stage)
        monkeypatch.setattr(tempfile, "TemporaryFile", full)
        jobs.run_report(run_id=run.pk)
        assert (again(run).status, again(run).error, stored(files)) == (RunStatus.FAILED, "disk_full", [])
        assert "The disk is full" in text(signed_in(stage.manager).get(f"/reports/returns/disp/{HALF}"))

    def test_makes_nothing_for_somebody_who_may_not_read_reports_any_more(self, stage: Stage) -> None:
        run = started(stage)
        Membership.objects.filter(person=stage.manager).update(role=Role.AGENT)
        jobs.run_report(run_id=run.pk)
        assert (again(run).status, again(run).error) == (RunStatus.FAILED, "not_allowed")


@pytest.mark.usefixtures("long")
class TestStarting:
    def test_the_same_return_is_made_once_and_again_after_a_while(self, stage: Stage) -> None:
        run = started(stage)
        assert started(stage) == run
        jobs.run_report(run_id=run.pk)
        assert started(stage) == run
        assert started(stage, "acpr") != run
        ReportRun.objects.filter(pk=run.pk).update(ended_at=timezone.now() - timedelta(minutes=11))
        assert started(stage) != run

    def test_is_refused_to_whoever_may_not_read_it(self, stage: Stage) -> None:
        asked = {"regulator": "disp", "brand_id": stage.brand.pk, "period": "2026-H1", "at": LATER}
        with pytest.raises(errors.NotAllowed):
            commands.start_return(**asked, actor=actor(stage.agent))
        with pytest.raises(errors.NotFound):
            commands.start_return(**asked, actor=actor(stage.outsider))
        with pytest.raises(errors.NotFound):
            commands.start_return(**asked | {"regulator": "irs"}, actor=actor(stage.manager))
        with pytest.raises(errors.UnknownPeriod):
            commands.start_return(**asked | {"period": "2026-H3"}, actor=actor(stage.manager))
        assert not ReportRun.objects.exists()

    def test_so_many_at_once_and_no_more(self, stage: Stage) -> None:
        asked = {"regulator": "disp", "brand_id": stage.brand.pk, "at": LATER, "actor": actor(stage.manager)}
        for month in range(1, commands.MOST + 1):
            commands.start_return(**asked, period=f"2026-0{month}")
        with pytest.raises(commands.TooManyReturns):
            commands.start_return(**asked, period="2026-09")


@pytest.mark.usefixtures("long")
class TestPage:
    def test_says_that_it_is_being_made_and_then_shows_it(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        client = signed_in(stage.manager)
        before = client.get(f"/reports/returns/disp/{HALF}")
        assert before.status_code == 200
        assert "they are counted in the background" in text(before)
        assert not ReportRun.objects.exists()
        asked = client.post(f"/reports/returns/disp/run/{HALF}", follow=True)
        run = ReportRun.objects.get()
        assert "You can leave this page" in text(asked)
        progress = f"/reports/returns/disp/runs/{run.public_id}/"
        assert "It is about to begin" in text(client.get(progress, headers={"HX-Request": "true"}))
        assert signed_in(stage.auditor).get(progress).status_code == 404
        jobs.run_report(run_id=run.pk)
        assert client.get(progress, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
        page = client.get(f"/reports/returns/disp/{HALF}")
        assert "It was made in the background" in text(page)
        with monkeypatch.context() as patched:
            patched.setattr(complaints, "MOST", 50_000)
            direct = signed_in(stage.auditor).get(f"/reports/returns/disp/{HALF}")
        tables = [each[each.index('id="balance-h"') : each.index('<p class="note-line">')] for each in
                  (page.content.decode(), direct.content.decode())]  # fmt: skip
        assert tables[0] == tables[1]
        assert "they are counted in the background" in text(
            signed_in(stage.auditor).get(f"/reports/returns/disp/{HALF}")
        )

    def test_every_figure_opens_as_many_cases_as_it_says(self, stage: Stage) -> None:
        made(stage, "acpr")
        client = signed_in(stage.manager)
        page = client.get(f"/reports/returns/acpr/{HALF}").content.decode()
        links = re.findall(r'href="(/reports/returns/acpr/behind/[^"]+)">([\d,]+)<', page)
        assert len(links) > 10
        for href, count in links:
            listed = client.get(unescape(href)).content.decode()
            assert len(re.findall(r'<th scope="row"><a href="/cases/', listed)) == int(count)

    def test_is_called_off_and_made_again(self, stage: Stage) -> None:
        run, client = started(stage), signed_in(stage.manager)
        said = client.post(f"/reports/returns/disp/runs/{run.public_id}/cancel/", follow=True)
        assert "It was called off" in text(said)
        assert again(run).status == RunStatus.CANCELLED
        assert signed_in(stage.auditor).post(f"/reports/returns/disp/runs/{run.public_id}/cancel/").status_code == 404
        assert client.get(f"/reports/runs/{run.public_id}/").status_code == 404

    def test_stays_as_it_was_made_when_making_it_again_breaks_off(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = made(stage)
        ReportRun.objects.filter(pk=run.pk).update(ended_at=timezone.now() - timedelta(minutes=11))
        assert started(stage) != run
        client, address = signed_in(stage.manager), f"/reports/returns/disp/{HALF}"
        waiting = text(client.get(address))
        assert "It is about to begin" in waiting
        assert "It balances" in waiting
        monkeypatch.setattr(complaints, "streamed", lambda _: 1 / 0)
        jobs.run_report()
        broken = text(client.get(address))
        assert "It broke off" in broken
        assert "It balances" in broken

    def test_is_not_shown_with_other_rights_than_it_was_made_with(self, stage: Stage) -> None:
        made(stage)
        Membership.objects.filter(person=stage.manager).update(role=Role.AUDITOR)
        page = text(signed_in(stage.manager).get(f"/reports/returns/disp/{HALF}"))
        assert "your rights or the definitions have changed" in page
        assert "It balances" not in page
        assert signed_in(stage.manager).get(f"/reports/returns/disp/csv/{HALF}").status_code == 409


@pytest.mark.usefixtures("long")
class TestFiles:
    @pytest.mark.parametrize(("name", "written_as"), [("disp", "csv"), ("acpr", "json"), ("cfpb", "public")])
    def test_are_those_of_a_return_made_at_once(
        self, stage: Stage, name: str, written_as: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made(stage, name)
        client, address = signed_in(stage.manager), f"/reports/returns/{name}/{written_as}/{HALF}"
        mine = b"".join(client.get(address))
        with monkeypatch.context() as patched:
            patched.setattr(complaints, "MOST", 50_000)
            theirs = b"".join(client.get(address))
        if written_as == "json":
            mine_, theirs_ = json.loads(mine), json.loads(theirs)
            assert mine_.pop("as_of") != theirs_.pop("as_of")
            assert mine_ == theirs_
        elif written_as == "csv":
            rows = [list(csv.reader(io.StringIO(each.decode("utf-8-sig")))) for each in (mine, theirs)]
            said = [[row for row in each if not row[0].startswith(("# SHA", "# Computed"))] for each in rows]
            assert said[0] == said[1]
            assert ["# Rows", str(len(said[0]) - 6)] in said[0]
        else:
            assert mine == theirs
            assert b"'=1+1" in mine

    def test_stay_while_the_return_is_kept(self, stage: Stage, files: Path) -> None:
        run = made(stage, "cfpb")
        keys = [str(each.relative_to(files)) for each in stored(files)]
        assert sorted(keys) == sorted((run.result or {})["files"])
        now = timezone.now()
        assert upkeep.drop_files(keys=keys, at=now, actor=SYSTEM) == 0
        assert report_run.drop_runs(at=now + timedelta(days=13), actor=SYSTEM) == 0
        assert report_run.drop_runs(at=now + timedelta(days=15), actor=SYSTEM) == 1
        assert upkeep.drop_files(keys=keys, at=now, actor=SYSTEM) == 2
        assert not any(default_storage.exists(key) for key in keys)


@pytest.mark.usefixtures("long")
class TestFrozen:
    def test_is_frozen_as_it_was_made_a_moment_ago(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = {"brand_id": stage.brand.pk, "period": "2026-H1", "regulator": "disp", "actor": actor(stage.manager)}
        with pytest.raises(ReturnTooLong):
            frozen.freeze(**asked, at=timezone.now())
        run = made(stage)
        kept = frozen.freeze(**asked, at=timezone.now())
        assert kept.figures["return"] == (run.result or {})["return"]
        with monkeypatch.context() as patched:
            patched.setattr(complaints, "MOST", 50_000)
            told = Program(stage.auditor).get(f"frozen-periods/{kept.public_id}/").json()
        assert (told["is_intact"], told["corrections"]) == (True, [])
        page = f"/reports/frozen/{kept.public_id}/"
        assert "No figure is different now" in text(signed_in(stage.auditor).get(page))
        later = timezone.now() + timedelta(hours=2)
        with pytest.raises(ReturnTooLong):
            frozen.freeze(**asked, at=later)
        with time_machine.travel(later, tick=False):
            assert "not counted again while you wait" in text(signed_in(stage.auditor).get(page))
            assert Program(stage.auditor).get(f"frozen-periods/{kept.public_id}/").json()["corrections"] is None


@pytest.mark.usefixtures("long")
class TestApi:
    def test_is_started_watched_and_read_by_programs(self, stage: Stage) -> None:
        program, auditor = Program(stage.manager), Program(stage.auditor)
        refused = program.get("returns/disp/", **ASKED)
        assert (refused.status_code, refused.json()["code"]) == (409, "takes_too_long")
        assert program.get("returns/disp/file/", **ASKED, format="csv").status_code == 409
        run = program.post("returns/disp/runs/", ASKED, Idempotency_Key="r-1")
        assert (run.status_code, run.json()["status"]) == (202, "waiting")
        assert program.post("returns/disp/runs/", ASKED, Idempotency_Key="r-1").json() == run.json()
        assert program.get("returns/disp/", **ASKED).json() == run.json()
        path = f"returns/disp/runs/{run.json()['id']}/"
        assert auditor.get(path).status_code == 404
        assert program.get(path.replace("disp", "acpr")).status_code == 404
        jobs.run_report(run_id=ReportRun.objects.get().pk)
        told = program.get(path).json()
        assert (told["status"], told["done"], told["total"], told["percent"]) == ("done", 6, 6, 100)
        answer = program.get("returns/disp/", **ASKED).json()
        assert answer["balance"]["holds"] is True
        checked = 0
        for row in (row for section in answer["sections"] for row in section["rows"]):
            for figure in row["figures"]:
                asked = {"table": "", "line": "", "figure": ""} | dict(
                    pair.split("=") for pair in figure["behind"]["rows"].partition("?")[2].split("&")
                )
                page = program.get("returns/disp/behind/", **asked).json()
                assert page["count"] == figure["count"] == len(page["results"])
                checked += figure["count"]
        assert checked > 20
        file = program.get("returns/disp/file/", **ASKED, format="csv")
        assert b"Outstanding at the start" in b"".join(file.streaming_content)  # type: ignore[attr-defined]

    def test_is_called_off_by_programs(self, stage: Stage) -> None:
        program = Program(stage.manager)
        run = program.post("returns/acpr/runs/", ASKED).json()
        assert Program(stage.auditor).post(f"returns/acpr/runs/{run['id']}/cancel/").status_code == 404
        assert program.post(f"returns/acpr/runs/{run['id']}/cancel/").json()["status"] == "cancelled"
        assert Program(stage.agent).post("returns/acpr/runs/", ASKED).status_code == 403
        assert program.post("returns/acpr/runs/", ASKED | {"period": "soon"}).status_code == 422
