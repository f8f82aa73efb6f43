"""What is kept of reports, by the REST API: exports, saved reports, returns and frozen periods."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from asgiref.sync import async_to_sync
from django.test import AsyncClient
from django.utils import timezone

from cases.models import Delivery, Event, Export, FrozenPeriod, Membership, SavedReport
from cases.vocabulary import Outcome, Role
from tests import exported
from tests.api.calls import Program
from tests.api.test_report import YEAR, path_of, refused
from tests.desk import signed_in
from tests.guards.asking import statements
from tests.people import Stage, set_stage
from tests.returned import Life

pytestmark = pytest.mark.django_db
HALF = {"brand": "brindlewick", "period": "2026-H1"}


@pytest.fixture
def stage() -> Stage:
    return set_stage()


@pytest.fixture
def manager(stage: Stage) -> Program:
    for number in range(3):
        stage.case(f"p-{number}", author=f"tom-{number}")
    return Program(stage.manager)


def follow(program: Program, link: str) -> Any:
    """What a program reads at a link."""
    path, asked = path_of(link)
    return program.get(path, **asked)


async def _streamed(program: Program, path: str) -> bytes:
    """A file as a server by ASGI sends it."""
    answer = await AsyncClient().get(f"/api/v1/{path}", headers=program.headers)
    assert answer.is_async  # type: ignore[attr-defined]
    return b"".join([piece async for piece in answer.streaming_content])  # type: ignore[attr-defined]


@pytest.fixture
def files(tmp_path: Path, settings: Any) -> None:
    """A place for files of this test alone."""
    storage = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.FILES, settings.STORAGES = tmp_path, settings.STORAGES | {"default": storage}


@pytest.mark.usefixtures("files")
class TestExports:
    def test_once_under_a_key_listed_and_called_off(self, manager: Program, stage: Stage) -> None:
        body = {**YEAR, "format": "csv", "figure": "received"}
        first = manager.post("reports/speed/exports/", body, Idempotency_Key="e-1")
        again = manager.post("reports/speed/exports/", body, Idempotency_Key="e-1")
        assert (first.status_code, again.status_code) == (202, 202)
        assert first.json() == again.json()
        assert Export.objects.count() == 1
        other = manager.post("reports/speed/exports/", {**body, "format": "xlsx"}, Idempotency_Key="e-1")
        assert refused(other) == (422, "key_reused")
        export = first.json()
        assert (export["status"], export["file"], export["subject"]) == ("waiting", None, "Received")
        assert export["asked"]["from"] == ["2026-01-01"]
        path = path_of(export["url"])[0]
        assert manager.get(path).json() == export
        assert [each["id"] for each in manager.get("reports/speed/exports/").json()["results"]] == [export["id"]]
        assert manager.get("reports/flow/exports/").json()["results"] == []
        for call in (Program(stage.auditor).get(path), Program(stage.auditor).post(f"{path}cancel/")):
            assert refused(call) == (404, "not_found")
        assert refused(manager.get(f"{path}file/")) == (404, "not_found")
        assert manager.post(f"{path}cancel/").json()["status"] == "cancelled"

    def test_the_whole_of_a_report(self, manager: Program) -> None:
        export = manager.post("reports/deadlines/exports/", {**YEAR, "format": "csv", "whole": True})
        assert (export.status_code, export.json()["subject"]) == (202, "Deadlines and promises")
        exported.written(Export.objects.get(), timezone.now())
        file = manager.get(f"{path_of(export.json()['url'])[0]}file/")
        assert b"".join(file.streaming_content) == exported.CONTENT  # type: ignore[attr-defined]
        assert file["Content-Type"] == "application/zip"
        assert "casedesk-deadlines-2026-01-01-2026-12-31.zip" in file["Content-Disposition"]
        assert manager.post("reports/front/exports/", {**YEAR, "format": "xlsx", "whole": True}).status_code == 202
        both = {**YEAR, "format": "csv", "whole": True, "figure": "received"}
        assert refused(manager.post("reports/speed/exports/", both)) == (422, "invalid")

    def test_lists_are_paged_by_key(self, manager: Program) -> None:
        made = [manager.post("reports/speed/exports/", {"format": "csv"}).json()["id"] for _ in range(3)]
        page = manager.get("reports/speed/exports/", limit=2).json()
        rest = follow(manager, page["next"]).json()
        assert [each["id"] for each in (*page["results"], *rest["results"])] == made[::-1]

    def test_the_file_is_for_whoever_asked_while_they_may_see_it(self, manager: Program, stage: Stage) -> None:
        export = manager.post("reports/speed/exports/", {**YEAR, "format": "csv", "population": "cases"}).json()
        exported.written(Export.objects.get(), timezone.now())
        done = manager.get(path_of(export["url"])[0]).json()
        assert (done["status"], done["size"], len(done["sha256"])) == ("done", len(exported.CONTENT), 64)
        path = path_of(done["file"])[0]
        file = manager.get(path)
        assert b"".join(file.streaming_content) == exported.CONTENT  # type: ignore[attr-defined]
        assert file["Content-Type"].startswith("text/csv")
        assert "attachment" in file["Content-Disposition"]
        assert async_to_sync(_streamed)(manager, path) == exported.CONTENT
        assert refused(Program(stage.auditor).get(path)) == (404, "not_found")
        Membership.objects.filter(person=stage.manager).update(role=Role.AUDITOR)
        assert refused(manager.get(path)) == (404, "not_found")
        assert manager.get(path_of(export["url"])[0]).json()["file"] is None

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ({"format": "parquet"}, (422, "invalid")),
            ({}, (422, "invalid")),
            ({"format": "csv", "figure": "secrets"}, (422, "invalid")),
            ({"format": "csv", "figure": "received", "population": "cases"}, (422, "invalid")),
            ({"format": "csv", "section": "nothing"}, (422, "invalid")),
            ({"format": "csv", "split": ["kind"]}, (422, "no_such_split")),
            ({"format": "csv", "from": "2026-02-02", "to": "2026-02-01"}, (422, "period_ends_before_it_begins")),
            ({"format": "csv", "zone": "../../etc/passwd"}, (422, "unknown_zone")),
            ({"format": "csv", "columns": ["all"]}, (400, "bad_question")),
            ({"format": "csv", "population": "cases", "kind": ["1"]}, (422, "no_such_split")),
        ],
    )
    def test_refusals(self, manager: Program, body: dict[str, Any], expected: tuple[int, str]) -> None:
        assert refused(manager.post("reports/speed/exports/", body)) == expected
        assert Export.objects.count() == 0

    def test_the_front_page_is_written_whole(self, manager: Program) -> None:
        assert manager.post("reports/front/exports/", {"format": "csv"}).status_code == 202
        assert Export.objects.get().asked["of"] == "whole"
        none = manager.post("reports/front/exports/", {"format": "csv", "section": "complaints"})
        assert refused(none) == (422, "invalid")

    def test_are_for_readers_of_reports_and_of_people(self, stage: Stage) -> None:
        assert refused(Program(stage.agent).post("reports/speed/exports/", {"format": "csv"})) == (403, "not_allowed")
        auditor = Program(stage.auditor)
        by_owner = {"format": "csv", "split": ["owner"]}
        assert refused(auditor.post("reports/speed/exports/", by_owner)) == (403, "split_not_allowed")


class TestSaved:
    def test_kept_changed_shared_and_put_away(self, manager: Program, stage: Stage) -> None:
        body = {"name": "Mine", "report": "speed", "period": "last-month", "team": [str(stage.team.pk)]}
        made = manager.post("saved-reports/", body, Idempotency_Key="s-1")
        assert made.status_code == 201
        saved = made.json()
        assert (saved["shared"], saved["asked"]["period"], saved["rhythm"]) == (False, ["last-month"], "")
        assert manager.post("saved-reports/", body, Idempotency_Key="s-1").json() == saved
        path, auditor = f"saved-reports/{saved['id']}/", Program(stage.auditor)
        answer = follow(manager, saved["answer"])
        assert answer.json()["filters"] == {"team": [str(stage.team.pk)]}
        assert refused(auditor.get(path)) == (404, "not_found")
        assert manager.patch(path, {"shared": True}).json()["name"] == "Mine"
        assert [each["name"] for each in auditor.get("saved-reports/").json()["results"]] == ["Mine"]
        assert refused(auditor.patch(path, {"name": "Theirs"})) == (403, "not_allowed")
        asked = manager.patch(path, {"report": "flow", "period": "last-week"}).json()
        assert (asked["report"], asked["asked"]["period"]) == ("flow", ["last-week"])
        assert "team" not in asked["asked"]
        for _ in range(2):
            assert manager.send("DELETE", path, Idempotency_Key="s-2").status_code == 204
        assert refused(manager.get(path)) == (404, "not_found")
        assert refused(Program(stage.agent).get("saved-reports/")) == (403, "not_allowed")

    def test_sent_by_mail_to_those_who_may_read_it(self, manager: Program, stage: Stage) -> None:
        saved = manager.post("saved-reports/", {"name": "Mine", "report": "front"}).json()
        path = f"saved-reports/{saved['id']}/schedule/"
        daily = {"rhythm": "daily", "hour": 7, "zone": "Europe/Paris", "recipients": ["manager", "auditor"]}
        sent = manager.post(path, daily).json()
        assert (sent["rhythm"], sent["hour"], sent["format"]) == ("daily", 7, "xlsx")
        assert sent["next_at"] is not None
        assert [(each["person"], each["gets_it"]) for each in sent["recipients"]] == [
            ("auditor", True),
            ("manager", True),
        ]
        assert refused(manager.post(path, daily | {"recipients": ["agent"]})) == (422, "invalid")
        assert refused(manager.post(path, daily | {"recipients": ["outsider"]})) == (422, "invalid")
        assert refused(manager.post(path, daily | {"zone": "../x"})) == (422, "unknown_zone")
        assert refused(manager.post(path, daily | {"hour": 24})) == (422, "invalid")
        theirs = Program(stage.auditor).get(f"saved-reports/{saved['id']}/").json()
        assert theirs["recipients"] == []
        stopped = manager.post(f"saved-reports/{saved['id']}/unschedule/").json()
        assert (stopped["rhythm"], stopped["next_at"]) == ("", None)

    def test_costs_the_same_however_many_get_it(self, manager: Program, stage: Stage) -> None:
        saved = manager.post("saved-reports/", {"name": "Mine", "report": "speed"}).json()
        path, counted = f"saved-reports/{saved['id']}/", []
        for recipients in (["manager"], ["manager", "auditor", "admin"]):
            manager.post(f"{path}schedule/", {"rhythm": "daily", "recipients": recipients})
            with statements() as seen:
                assert len(manager.get(path).json()["recipients"]) == len(recipients)
            counted.append(len(seen))
        assert counted[0] == counted[1] <= 8

    def test_sent_now_to_whoever_asks_once_under_a_key(self, manager: Program, stage: Stage) -> None:
        saved = manager.post("saved-reports/", {"name": "Mine", "report": "speed", **YEAR, "shared": True}).json()
        path, auditor = f"saved-reports/{saved['id']}/send/", Program(stage.auditor)
        sent = auditor.post(path, Idempotency_Key="n-1")
        assert (sent.status_code, sent.json()["recipient"], sent.json()["status"]) == (
            202,
            stage.auditor.email,
            "queued",
        )
        assert auditor.post(path, Idempotency_Key="n-1").json() == sent.json()
        assert Delivery.objects.filter(purpose="report").count() == 1
        file = follow(auditor, sent.json()["export"]).json()
        assert (file["format"], file["status"], file["asked"]["from"]) == ("xlsx", "waiting", ["2026-01-01"])
        assert refused(manager.get(path_of(sent.json()["export"])[0])) == (404, "not_found")
        assert refused(Program(stage.agent).post(path)) == (403, "not_allowed")
        assert refused(Program(stage.outsider).post(path)) == (404, "not_found")
        manager.patch(f"saved-reports/{saved['id']}/", {"shared": False})
        assert refused(auditor.post(path)) == (404, "not_found")
        assert Delivery.objects.filter(purpose="report").count() == 1

    def test_a_recipient_takes_leave_once(self, manager: Program, stage: Stage) -> None:
        saved = manager.post("saved-reports/", {"name": "Mine", "report": "speed"}).json()
        path, auditor = f"saved-reports/{saved['id']}/", Program(stage.auditor)
        assert refused(auditor.post(f"{path}leave/")) == (404, "not_found")
        manager.post(f"{path}schedule/", {"rhythm": "daily", "recipients": ["manager", "auditor"]})
        assert (auditor.get(path).json()["sent_to_me"], auditor.get(path).json()["recipients"]) == (True, [])
        for _ in range(2):
            assert auditor.post(f"{path}leave/", Idempotency_Key="l-1").status_code == 204
        assert refused(auditor.get(path)) == (404, "not_found")
        assert refused(auditor.post(f"{path}leave/")) == (404, "not_found")
        assert refused(Program(stage.agent).post(f"{path}leave/")) == (403, "not_allowed")
        left = manager.get(path).json()
        assert [each["person"] for each in left["recipients"]] == ["manager"]
        assert manager.post(f"{path}leave/").status_code == 204
        assert manager.get(path).json()["sent_to_me"] is False

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ({"name": "N", "report": "nothing"}, (404, "not_found")),
            ({"name": "N", "report": "speed", "zone": "Nowhere"}, (422, "unknown_zone")),
            ({"name": "N", "report": "speed", "splits": ["team"]}, (400, "bad_question")),
            ({"name": " ", "report": "speed"}, (422, "invalid")),
            ({"name": "N", "report": "speed", "split": ["kind"]}, (422, "no_such_split")),
        ],
    )
    def test_refusals(self, manager: Program, body: dict[str, Any], expected: tuple[int, str]) -> None:
        assert refused(manager.post("saved-reports/", body)) == expected
        assert SavedReport.objects.count() == 0


class TestReturns:
    @pytest.fixture
    def lived(self, stage: Stage) -> Stage:
        Life.begins(stage, "soon", "2026-03-02T10:00").closed("2026-03-05")
        Life.begins(stage, "late", "2026-03-02T10:00").closed("2026-03-06", Outcome.REJECTED)
        Life.begins(stage, "open", "2026-06-01T10:00")
        return stage

    @pytest.mark.parametrize("name", ["disp", "cfpb", "acpr"])
    def test_every_figure_is_as_many_cases(self, lived: Stage, name: str) -> None:
        auditor = Program(lived.auditor)
        made = auditor.get(f"returns/{name}/", **HALF).json()
        assert (made["period"], made["first"], made["last"]) == ("2026-H1", "2026-01-01", "2026-06-30")
        assert made["balance"]["holds"] is True
        assert made["is_nil"] is False
        checked = 0
        for section in made["sections"]:
            for figure in (figure for row in section["rows"] for figure in row["figures"]):
                if figure["count"]:
                    path, asked = path_of(figure["behind"]["rows"])
                    page = auditor.get(path, **asked).json()
                    assert page["count"] == figure["count"] == len(page["results"]), figure
                    checked += 1
        assert checked > 5
        by_days = auditor.get(f"returns/{name}/", brand="brindlewick", **{"from": "2026-01-01", "to": "2026-06-30"})
        assert by_days.json()["sections"] == made["sections"]

    @pytest.mark.parametrize(
        ("name", "written_as"),
        [("disp", "csv"), ("disp", "xlsx"), ("acpr", "json"), ("cfpb", "public"), ("cfpb", "json")],
    )
    def test_comes_as_the_files_of_the_page(self, lived: Stage, name: str, written_as: str) -> None:
        with time_machine.travel("2026-11-20T10:00:00Z", tick=False):
            file = Program(lived.auditor).get(f"returns/{name}/file/", **HALF, format=written_as)
            page = signed_in(lived.auditor).get(f"/reports/returns/{name}/{written_as}/", HALF)
            for header in ("Content-Type", "Content-Disposition"):
                assert file[header] == page[header]
            mine, theirs = (b"".join(each.streaming_content) for each in (file, page))  # type: ignore[attr-defined]
        assert int(file["Content-Length"]) == len(mine) > 100
        assert mine == theirs or written_as == "xlsx"

    def test_files_are_refused(self, lived: Stage) -> None:
        manager = Program(lived.manager)
        assert refused(manager.get("returns/disp/file/", **HALF, format="public")) == (422, "invalid")
        assert refused(manager.get("returns/disp/file/", **HALF, format="parquet")) == (422, "invalid")
        assert refused(manager.get("returns/disp/file/", **HALF)) == (422, "invalid")
        assert refused(Program(lived.agent).get("returns/disp/file/", **HALF, format="csv")) == (403, "not_allowed")
        assert refused(Program(lived.outsider).get("returns/disp/file/", **HALF, format="csv")) == (404, "not_found")

    def test_a_file_is_sent_a_piece_at_a_time_by_asgi(self, lived: Stage) -> None:
        query = "brand=brindlewick&period=2026-H1&format=csv"
        sent = async_to_sync(_streamed)(Program(lived.manager), f"returns/disp/file/?{query}")
        assert b"Outstanding at the start" in sent

    def test_nil_and_paged(self, lived: Stage) -> None:
        auditor = Program(lived.auditor)
        assert auditor.get("returns/disp/", brand="brindlewick", period="2024-H1").json()["is_nil"] is True
        asked = {**HALF, "table": "balance", "figure": "received"}
        page = auditor.get("returns/disp/behind/", **asked, limit=2).json()
        rest = follow(auditor, page["next"]).json()
        assert (len(page["results"]), len(rest["results"]), rest["next"]) == (2, 1, None)

    @pytest.mark.parametrize(
        ("asked", "expected"),
        [
            ({}, (422, "invalid")),
            ({**HALF, "colour": "red"}, (400, "bad_question")),
            ({"brand": "orvelle"}, (404, "not_found")),
            ({**HALF, "period": "2026-H3"}, (422, "unknown_period")),
            ({"brand": "brindlewick", "from": "2026-01-01"}, (422, "invalid")),
            ({"brand": "brindlewick", "from": "2026-01-02", "to": "2026-03-31"}, (422, "unknown_period")),
            ({"brand": "brindlewick", "from": "2026-03-01", "to": "2026-02-28"}, (422, "period_ends_before_it_begins")),
            ({"brand": "brindlewick", "from": "0001-01-01", "to": "9999-12-31"}, (422, "not_a_date")),
        ],
    )
    def test_refusals(self, stage: Stage, asked: dict[str, str], expected: tuple[int, str]) -> None:
        assert refused(Program(stage.manager).get("returns/acpr/", **asked)) == expected

    def test_are_for_readers_of_reports(self, stage: Stage) -> None:
        assert refused(Program(stage.agent).get("returns/disp/", **HALF)) == (403, "not_allowed")
        assert refused(Program(stage.outsider).get("returns/disp/", **HALF)) == (404, "not_found")
        assert refused(Program(stage.manager).get("returns/nothing/", **HALF)) == (404, "not_found")


class TestFrozen:
    def test_frozen_signed_and_corrected(self, stage: Stage, manager: Program) -> None:
        body = {"brand": "brindlewick", "period": "2026-09"}
        made = manager.post("frozen-periods/", body, Idempotency_Key="f-1")
        assert made.status_code == 201
        frozen = made.json()
        assert manager.post("frozen-periods/", body, Idempotency_Key="f-1").json() == frozen
        path = f"frozen-periods/{frozen['id']}/"
        read = Program(stage.auditor).get(path).json()
        assert (read["is_intact"], read["figures"]["counts"]["received"]) == (True, 3)
        # Time goes by for what is still open; nothing else has changed.
        assert {each["unit"] for each in read["corrections"]} <= {"seconds"}
        assert read["sha256"] == frozen["sha256"]
        file = Program(stage.auditor).get(f"{path}file/")
        content = b"".join(file.streaming_content)  # type: ignore[attr-defined]
        assert hashlib.sha256(content).hexdigest() == frozen["sha256"]
        assert file["Content-Disposition"] == 'attachment; filename="figures-brindlewick-2026-09.json"'
        assert refused(Program(stage.outsider).get(f"{path}file/")) == (404, "not_found")
        signed = manager.post(f"{path}sign/", {"remark": "As counted."}).json()
        assert (signed["signed_by"], signed["remark"]) == ("manager", "As counted.")
        assert refused(manager.post(f"{path}sign/"))[1] == "signed_already"
        stage.case("p-9", author="ann")
        corrections = manager.get(path).json()["corrections"]
        assert ("received", "3", "4") in [(each["name"], each["then"], each["now"]) for each in corrections]
        assert Event.objects.filter(kind="period_signed").count() == 1
        assert [each["id"] for each in manager.get("frozen-periods/").json()["results"]] == [frozen["id"]]

    def test_are_frozen_and_signed_by_managers_once_they_are_over(self, stage: Stage, manager: Program) -> None:
        body = {"brand": "brindlewick", "period": "2026-09"}
        assert refused(Program(stage.auditor).post("frozen-periods/", body)) == (403, "not_allowed")
        assert refused(Program(stage.outsider).post("frozen-periods/", body)) == (404, "not_found")
        year = (timezone.now() + timedelta(days=400)).year
        assert refused(manager.post("frozen-periods/", body | {"period": f"{year}-H1"}))[1] == "period_not_over"
        assert refused(manager.post("frozen-periods/", body | {"period": "soon"})) == (422, "unknown_period")
        assert refused(manager.post("frozen-periods/", body | {"regulator": "irs"})) == (422, "invalid")
        assert FrozenPeriod.objects.count() == 0
        made = manager.post("frozen-periods/", body | {"regulator": "acpr"}).json()
        path = f"frozen-periods/{made['id']}/"
        assert refused(Program(stage.auditor).post(f"{path}sign/")) == (403, "not_allowed")
        assert refused(Program(stage.outsider).get(path)) == (404, "not_found")
        assert Program(stage.auditor).get(path).json()["figures"]["return"]["name"] == "acpr"
