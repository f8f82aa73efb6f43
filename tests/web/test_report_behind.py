"""The lists behind times: those in which it happened and those who still wait, each with how long it took."""

from __future__ import annotations

import json
import re
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.api.calls import Program
from tests.desk import signed_in
from tests.people import Stage, set_stage
from tests.returned import Life
from tests.web.test_report_page import COUNT, MONTH, rows_behind

pytestmark = pytest.mark.django_db

TABS = re.compile(r'<a class="chip" href="([^"]+)"( aria-current="true")?>([^<]+) <b class="num">(\d+)</b></a>')


@pytest.fixture
def stage() -> Stage:
    """One that was handled after eight hours, one that was withdrawn after two, and one that still waits."""
    stage = set_stage()
    Life.begins(stage, "ada", "2026-09-08T07:00").closed("2026-09-08")
    Life.begins(stage, "bob", "2026-09-08T07:00").withdrawn("2026-09-08T09:00")
    Life.begins(stage, "cyd", "2026-09-08T07:00")
    return stage


def listed(stage: Stage, figure: str, **asked: str) -> str:
    given = {**MONTH, "figure": figure, "report": "speed", **asked}
    answered = signed_in(stage.manager).get("/reports/behind/", given)
    assert answered.status_code == 200
    return unescape(answered.content.decode())


def test_those_who_still_wait_are_a_list_beside_those_in_which_it_happened(stage: Stage) -> None:
    page = listed(stage, "to_handled", owner=str(stage.agent.pk))
    assert "behind “Handled after”" in page
    assert [(is_chosen != "", label, n) for _href, is_chosen, label, n in TABS.findall(page)] == [
        (True, "It has happened", "1"),
        (False, "Still waiting", "2"),
    ]
    assert "Received</th><th" in page
    assert '<td class="text-end num nowrap">8 h</td>' in page
    href = TABS.findall(page)[1][0]
    assert rows_behind(signed_in(stage.manager), href) == 2
    waiting = listed(stage, "to_handled_open")
    assert "Waited</th>" in waiting
    assert '<td class="text-end num nowrap">2 h</td>' in waiting


def test_programs_open_both(stage: Stage) -> None:
    program = Program(stage.manager)
    told = json.loads(program.get("reports/speed/", **MONTH).content)["sections"][0]["total"]
    for figure, minutes in (("to_handled", 480), ("to_handled_open", 120)):
        link = urlsplit(told["behind"][figure]["rows"])
        rows = json.loads(program.get(link.path.removeprefix("/api/v1/"), **dict(parse_qsl(link.query))).content)
        assert rows["count"] == (1 if figure == "to_handled" else told["durations"]["to_handled"]["still_waiting"])
        assert minutes in [each["minutes"] for each in rows["results"]]


def test_the_pages_open_both(stage: Stage) -> None:
    client = signed_in(stage.manager)
    report = unescape(client.get("/reports/speed/", MONTH).content.decode())
    found = re.search(r'<small>1 of 3, <a href="([^"]+to_handled_open[^"]+)">2</a> wait</small>', report)
    assert found
    assert rows_behind(client, found[1]) == 2
    front = unescape(client.get("/reports/", MONTH).content.decode())
    waits = re.search(r'<a href="([^"]+to_handled_open[^"]+)">2 still waiting</a>', front)
    assert waits
    assert rows_behind(client, waits[1]) == 2


def test_each_case_says_how_long_it_lay_where(stage: Stage) -> None:
    page = listed(stage, "with_owner")
    assert "With the owner</th>" in page
    assert COUNT.search(page)
    assert '<td class="text-end num nowrap">8 h</td>' in page
    assert '<td class="text-end num nowrap">2 h</td>' in page
