"""What the pages of reports say beside their figures: forecasts, averages, what is so far and what is about."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.utils import timezone

from cases.commands import intake, triage
from cases.models import User
from cases.queries import people
from cases.queries.reports import answer, tabled
from cases.queries.reports.answer import Table
from cases.queries.reports.asked import Asked
from cases.queries.reports.catalogue import REPORTS
from cases.queries.reports.definitions import FIGURES
from cases.queries.reports.question import Counted
from cases.rules.arrival import Arrival
from cases.vocabulary import SYSTEM, PostKind
from cases.web import report_figures
from tests.api.calls import Program
from tests.desk import signed_in
from tests.people import Stage, actor, set_stage
from tests.returned import Life
from tests.web.test_report_page import MONTH, rows_behind

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def page_of(person: User, report: str, **asked: Any) -> str:
    answered = signed_in(person).get(f"/reports/{report}/", asked)
    assert answered.status_code == 200, answered.content.decode()[:2000]
    return unescape(answered.content.decode())


def came_in(stage: Stage, *days_ago: int) -> None:
    """A complaint of each of these days."""
    for n, days in enumerate(days_ago):
        at = timezone.now() - days * DAY
        arrival = Arrival(external_id=f"w-{n}", text="It broke again.", author=f"ada-{n}", posted_at=at)
        post = intake.receive(channel_id=stage.channel.pk, arrival=arrival, at=at, actor=SYSTEM).post
        assert post is not None
        given: dict[str, Any] = {"kind": PostKind.COMPLAINT, "category_id": stage.category.pk, "severity": 2}
        triage.triage(post_id=post.pk, **given, at=at, actor=actor(stage.agent))


def test_a_forecast_says_what_it_was_learnt_from_and_opens_it(stage: Stage) -> None:
    came_in(stage, *range(7, 92, 7), 7, 8)
    page = page_of(stage.manager, "flow")
    found = re.search(r'In the last 13 whole weeks <a href="([^"]+)">15</a> came in and 0 went out.', page)
    assert found, page[-6000:]
    assert "about <b>20</b> will be open in 4 weeks" in page
    assert rows_behind(signed_in(stage.manager), found[1]) == 15


def test_where_the_time_went_is_an_average_wherever_it_is_read(stage: Stage) -> None:
    """Two complaints were with their owner for eight hours, and for two."""
    Life.begins(stage, "ada", "2026-09-08T07:00").closed("2026-09-08")
    Life.begins(stage, "bob", "2026-09-08T07:00").withdrawn("2026-09-08T09:00")
    page = page_of(stage.manager, "speed", **MONTH)
    assert "Where the time goes, on average per complaint" in page
    assert re.search(r'figure=with_owner[^"]*">5 h</a> <span class="share">100.%', page)
    told = json.loads(Program(stage.manager).get("reports/speed/", **MONTH).content)["sections"][1]
    named = next(each for each in told["figures"] if each["name"] == "with_owner")
    assert (named["unit"], named["definition"][-25:]) == ("seconds", "on average per complaint.")
    asked = Asked.of("speed", {key: [value] for key, value in MONTH.items()}, now=timezone.now(), zone="UTC")
    table = answer.table(asked, REPORTS["speed"].sections[1], people.seer_of(stage.manager.pk), now=timezone.now())
    named_in_files = {each.name: each.label for each in tabled.of_table(table).headings}
    assert named_in_files["with_owner"] == "With the owner (seconds, of all complaints together)"
    assert (told["total"]["figures"]["with_owner"], told["total"]["averages"]["with_owner"]) == (36_000, 18_000)


def test_less_of_a_young_period_is_so_far() -> None:
    asked = Asked.of("quality", {"compare": ["before"]}, now=timezone.now(), zone="UTC")
    now, was = Counted({"received": 400, "handled": 40}), Counted({"received": 400, "handled": 300})
    ripe = Table(REPORTS["quality"].sections[0], asked, (), total=now, before=was)
    for table, words, css in ((ripe, "−65 points", "is-bad"), (replace(ripe, is_young=True), "so far", "")):
        found = report_figures.delta(table, FIGURES["handled"], now, was)
        assert found is not None
        assert (found.text, found.css) == (words, css)
    more, less = Counted({"received": 400, "open": 300}), Counted({"received": 400, "open": 40})
    speed = Table(REPORTS["speed"].sections[0], asked, (), total=more, before=less, is_young=True)
    still = report_figures.delta(speed, FIGURES["open"], more, less)
    assert still is not None
    assert still.text == "so far"


def test_what_there_is_nothing_to_compare_with_says_so(stage: Stage) -> None:
    Life.begins(stage, "ada", "2026-09-08T07:00")
    asked = {**MONTH, "compare": "year"}
    words = "Nothing was counted in September 2025, so there is nothing to compare with."
    for report in ("", "speed"):
        answered = signed_in(stage.manager).get(f"/reports/{report}/" if report else "/reports/", asked)
        assert words in unescape(answered.content.decode()), report
    assert words not in page_of(stage.manager, "speed", **MONTH)


def test_the_population_says_its_filters_and_what_is_left_out(stage: Stage) -> None:
    Life.begins(stage, "ada", "2026-09-08T07:00")
    left_out = "Restricted cases that you may not open are left out."
    assert left_out not in page_of(stage.manager, "causes", **MONTH)
    page = page_of(stage.auditor, "causes", **MONTH, severity="2")
    assert left_out in page
    assert re.search(r"Europe/Paris\. Only: Severity \w+\.", page)


def test_who_may_not_read_by_person_is_told_why_it_is_by_team(stage: Stage) -> None:
    Life.begins(stage, "ada", "2026-09-08T07:00")
    assert "figures by person are for the managers" in page_of(stage.auditor, "people", **MONTH)
    page = page_of(stage.manager, "people", **MONTH)
    assert "figures by person are for the managers" not in page
    assert "An owner is whoever the case belongs to now, or belonged to last." in page


def test_what_was_paid_is_said_for_each_complaint(stage: Stage) -> None:
    Life.begins(stage, "ada", "2026-09-08").paid("2026-09-09", "30")
    Life.begins(stage, "bob", "2026-09-08").paid("2026-09-09", "12.50")
    page = page_of(stage.manager, "actions", **MONTH)
    assert "42.50\N{NO-BREAK SPACE}€</a></b> were paid, 21.25\N{NO-BREAK SPACE}€ for each of the " in page
    assert re.search(r"</a></b> were budgeted, [\d.]+.€ for each of the ", page)
    assert "were paid" not in page_of(stage.manager, "actions", **MONTH, kind="0")
