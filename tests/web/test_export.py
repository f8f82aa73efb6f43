"""Exports on pages: a button that starts one, a list that waits for it, a file for its person alone."""

from __future__ import annotations

import csv
import io
import re
from html import unescape
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from asgiref.sync import async_to_sync
from django.apps import apps
from django.db import connection
from django.template.loader import render_to_string
from django.test import AsyncClient, Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cases.jobs import export as jobs
from cases.models import Export, Membership
from cases.queries.reports.asked import Asked
from cases.vocabulary import Role
from tests.desk import HTMX, signed_in, taken
from tests.people import Stage, person, set_stage

pytestmark = pytest.mark.usefixtures("own_database")
ASKED = {"report": "flow", "of": "cases", "part": "", "format": "csv", "from": "2026-01-01", "to": "2026-12-31"}


@pytest.fixture(autouse=True)
def files(tmp_path: Path, settings: Any) -> Path:
    settings.FILES = tmp_path / "files"
    storage = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(settings.FILES)}}
    settings.STORAGES = settings.STORAGES | {"default": storage}
    return tmp_path / "files"


@pytest.fixture
def stage() -> Stage:
    made = set_stage()
    taken(made)
    return made


def start(client: Client, **fields: Any) -> Any:
    return client.post("/reports/export/", {**ASKED, "zone": "Europe/Paris", **fields})


def done(client: Client, **fields: Any) -> Export:
    start(client, **fields)
    jobs.run_export()
    export = Export.objects.latest("pk")
    jobs.run_export(export.pk)
    export.refresh_from_db()
    assert export.status == "done"
    return export


def url(export: Export, more: str = "") -> str:
    return f"/reports/exports/{export.public_id}/{more}"


def test_starts_one_and_leads_to_where_it_can_be_watched(stage: Stage) -> None:
    client = signed_in(stage.manager)
    answer = start(client)
    export = Export.objects.get()
    assert answer["Location"] == f"/reports/exports/#export-{export.public_id}"
    page = client.get("/reports/exports/").content.decode()
    assert f'hx-get="{url(export)}"' in page
    assert "It waits for its turn" in page


def test_the_button_asks_for_what_the_page_shows(stage: Stage) -> None:
    question = Asked.of(
        "flow",
        {"from": ["2026-09-01"], "to": ["2026-09-30"], "severity": ["3", "4"], "split": ["brand"]},
        now=timezone.now(),
        zone="Asia/Kolkata",
    )
    facts = {"asked": question, "of": "cases", "part": "open"}
    form = render_to_string("report/export_form.html", facts, RequestFactory().get("/"))
    hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
    fields: dict[str, list[str]] = {"format": ["jsonl"]}
    for name, value in hidden:
        fields.setdefault(name, []).append(unescape(value))
    answer = signed_in(stage.manager).post("/reports/export/", fields)
    assert answer.status_code == 302
    kept = Export.objects.get()
    assert Asked.of_json(kept.asked, now=timezone.now()) == question
    assert kept.format == "jsonl"


def test_shows_how_far_it_is(stage: Stage) -> None:
    client = signed_in(stage.manager)
    start(client)
    export = Export.objects.get()
    Export.objects.update(status="running", rows=1500, total=6000, started_at=timezone.now(), beat_at=timezone.now())
    part = client.get(url(export), headers=HTMX).content.decode()
    assert "1,500 of 6,000 rows" in part
    assert 'width="25%"' in part


def test_without_script_the_fragment_leads_to_the_list(stage: Stage) -> None:
    client = signed_in(stage.manager)
    start(client)
    export = Export.objects.get()
    assert client.get(url(export))["Location"].endswith(f"#export-{export.public_id}")


def test_twenty_cost_no_more_queries_than_one(stage: Stage) -> None:
    client = signed_in(stage.manager)
    done(client, part="open", team=str(stage.team.pk))

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/reports/exports/")
        return len(captured)

    queries()
    one = queries()
    made = Export.objects.get()
    Export.objects.bulk_create(
        [
            Export(person=made.person, report=made.report, asked=made.asked, format="csv", status="done", key=f"k{n}")
            for n in range(19)
        ]
    )
    assert queries() == one


def test_one_that_failed_says_what_it_was_and_is_started_again(stage: Stage) -> None:
    client = signed_in(stage.manager)
    start(client, of="table", part="stages", report="speed", split="team", severity="2")
    Export.objects.update(status="failed", error="disk_full")
    page = unescape(client.get("/reports/exports/").content.decode())
    assert "Where the time goes, on average per complaint · by Team" in page
    assert re.search(r"Severity \w+; ", page)
    form = page[page.index('action="/reports/export/"') :]
    asked = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">', form[: form.index("</form>")]))
    assert client.post("/reports/export/", asked | {"format": "csv"}).status_code == 302
    again, first = Export.objects.order_by("-pk")
    assert (again.asked, again.report, again.status) == (first.asked, first.report, "waiting")


def test_is_cancelled(stage: Stage) -> None:
    client = signed_in(stage.manager)
    start(client)
    client.post(url(Export.objects.get(), "cancel/"))
    assert "nothing of it was kept" in client.get("/reports/exports/").content.decode()


@pytest.mark.parametrize(
    ("error", "words"), [("disk_full", "The disk is full"), ("not_allowed", "no longer see"), ("x", "went wrong")]
)
def test_says_why_it_failed(stage: Stage, error: str, words: str) -> None:
    client = signed_in(stage.manager)
    start(client)
    Export.objects.update(status="failed", error=error)
    assert words in client.get("/reports/exports/").content.decode()


class TestFile:
    def test_is_downloaded_under_its_name(self, stage: Stage) -> None:
        client = signed_in(stage.manager)
        export = done(client)
        answer = client.get(url(export, "file/"))
        read = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"), newline="")))
        assert read[1][0] == "BW-1"
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert answer["Content-Disposition"] == 'attachment; filename="casedesk-cases-2026-01-01-2026-12-31.csv"'
        assert answer["Content-Length"] == str(export.size)
        assert answer["Cache-Control"] == "private, no-store"

    async def _streamed(self, stage: Stage, address: str) -> bytes:
        client = AsyncClient()
        await client.aforce_login(stage.manager)
        answer = await client.get(address)
        assert answer.is_async
        return b"".join([piece async for piece in answer.streaming_content])

    def test_is_streamed_where_requests_are_asynchronous(self, stage: Stage) -> None:
        export = done(signed_in(stage.manager))
        assert len(async_to_sync(self._streamed)(stage, url(export, "file/"))) == export.size
        made = "/reports/returns/disp/csv/?brand=brindlewick&period=2026-H1"
        assert b"# SHA-256" in async_to_sync(self._streamed)(stage, made)

    def test_is_nobody_elses(self, stage: Stage) -> None:
        export = done(signed_in(stage.manager))
        for other in (stage.auditor, stage.admin, stage.agent, stage.outsider):
            client = signed_in(other)
            for more in ("", "file/"):
                assert client.get(url(export, more)).status_code == 404
            assert client.post(url(export, "cancel/")).status_code == 404
        stranger = Client().get(url(export, "file/"))
        assert stranger.status_code == 302

    def test_is_not_there_before_it_is_done(self, stage: Stage) -> None:
        client = signed_in(stage.manager)
        start(client)
        assert client.get(url(Export.objects.get(), "file/")).status_code == 404

    def test_is_gone_with_the_rights(self, stage: Stage) -> None:
        client = signed_in(stage.manager)
        export = done(client)
        Membership.objects.filter(person=stage.manager).update(role=Role.AUDITOR)
        assert client.get(url(export, "file/")).status_code == 404
        assert "Your rights have changed" in client.get("/reports/exports/").content.decode()

    def test_is_gone_after_two_weeks(self, stage: Stage) -> None:
        client = signed_in(stage.manager)
        export = done(client)
        Export.objects.update(key="")
        assert client.get(url(export, "file/")).status_code == 404
        assert "Files are kept for two weeks" in client.get("/reports/exports/").content.decode()

    def test_that_nobody_ever_made_is_not_there(self, stage: Stage) -> None:
        assert signed_in(stage.manager).get(f"/reports/exports/{UUID(int=1)}/file/").status_code == 404


class TestRefused:
    @pytest.mark.parametrize(
        ("fields", "status"),
        [
            ({"format": "exe"}, 404),
            ({"of": "secrets"}, 404),
            ({"report": "nothing", "of": "table"}, 404),
            ({"from": "2026-12-31", "to": "2026-01-01"}, 422),
            ({"from": "1700-01-01"}, 422),
            ({"zone": "Mars/Olympus"}, 422),
            ({"split": "shoe size"}, 422),
        ],
    )
    def test_nonsense(self, stage: Stage, fields: dict[str, str], status: int) -> None:
        assert start(signed_in(stage.manager), **fields).status_code == status
        assert not Export.objects.exists()

    def test_whoever_reads_no_reports(self, stage: Stage) -> None:
        client = signed_in(stage.agent)
        assert start(client).status_code == 403
        assert client.get("/reports/exports/").status_code == 403

    def test_an_empty_list_says_how_to_begin(self, stage: Stage) -> None:
        assert "No exports yet" in signed_in(stage.auditor).get("/reports/exports/").content.decode()


class TestDataBrowser:
    @pytest.mark.parametrize("model", ["export", "casefigures", "casemovement", "cell", "stale"])
    def test_shows_an_admin_of_everything_no_figures_of_brands_that_are_not_theirs(
        self, stage: Stage, model: str
    ) -> None:
        start(signed_in(stage.manager))
        boss = person("boss", is_organisation_admin=True)
        assert signed_in(boss).get(f"/data/cases/{model}/").context["cl"].result_count == 0
        assert apps.get_model("cases", model).objects.exists() or model == "cell"
