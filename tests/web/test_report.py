"""The front page of reports: what it says, where its figures lead, and what it says of questions it cannot answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.commands import action, handling
from cases.commands import case as commands
from cases.models import Action
from cases.vocabulary import Outcome
from tests.desk import HTMX, ready, signed_in, taken
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db
PAGE = "/reports/"
# A figure on the page: its link and what it says.
FIGURE = re.compile(r'<a[^>]*href="(/reports/behind/[^"]*)"[^>]*>(.*?)</a>', re.DOTALL)


def figures(page: str) -> dict[str, int]:
    """Every number on a page that opens rows, by its link; times and shares open rows but are no number of them."""
    found = {}
    for href, inside in FIGURE.findall(page):
        words = re.sub(r"<[^>]+>", "", unescape(inside))
        if "figure=to_" not in href and "%" not in words:
            found[unescape(href)] = int(re.findall(r"\d+", words)[0 if "of" in words else -1])
    return found


@pytest.fixture
def stage() -> Stage:
    return set_stage()


class TestAsked:
    @pytest.mark.parametrize(
        ("query", "status", "words"),
        [
            ("from=2026-09-08&to=2026-09-01", 422, "ends before it begins"),
            ("from=1900-01-01&to=2100-01-01", 422, "longer than 100 years"),
            ("from=yesterday&to=2026-09-01", 422, "is not a date"),
            ("zone=Mars/Olympus", 422, "no time zone called"),
            ("period=last-decade", 422, "no period called"),
            ("split=shoe", 422, "can be filtered or split by"),
            ("split=brand&split=channel&split=team", 422, "two things at most"),
        ],
    )
    def test_what_cannot_be_answered_is_said_and_its_fields_stay(
        self, stage: Stage, query: str, status: int, words: str
    ) -> None:
        answered = signed_in(stage.manager).get(f"{PAGE}?{query}&severity=3")
        page = answered.content.decode()
        assert answered.status_code == status
        assert words in page
        assert '<form class="form bar-form" method="get" action="/reports/"' in page
        assert '<input type="hidden" name="severity" value="3">' in page
        for value in (pair.split("=")[1] for pair in query.split("&") if pair.startswith(("from", "to", "zone"))):
            assert f'value="{value}"' in page

    def test_an_agent_is_told_whom_reports_are_for(self, stage: Stage) -> None:
        answered = signed_in(stage.agent).get(PAGE)
        assert answered.status_code == 403
        assert "Reports are for managers" in answered.content.decode()

    def test_an_auditor_may_not_filter_by_person(self, stage: Stage) -> None:
        answered = signed_in(stage.auditor).get(f"{PAGE}?owner={stage.agent.pk}")
        assert answered.status_code == 403
        assert "for the managers of a brand" in answered.content.decode()

    def test_nobody_reads_them_without_signing_in(self, stage: Stage, client: object) -> None:
        assert client.get(PAGE).status_code == 302  # type: ignore[attr-defined]

    def test_the_filters_are_a_page_and_a_part_of_the_bar(self, stage: Stage) -> None:
        browser = signed_in(stage.manager)
        address = f"/reports/filters/?report=front&period=last-month&category={stage.category.pk}"
        page, part = browser.get(address), browser.get(address, headers=HTMX)
        for answered in (page, part):
            text = answered.content.decode()
            assert f'name="category" value="{stage.category.pk}" checked' in text
            assert '<input type="hidden" name="period" value="last-month">' in text
        assert b"<html" in page.content
        assert b"<html" not in part.content

    def test_definitions_name_every_figure(self, stage: Stage) -> None:
        page = signed_in(stage.auditor).get("/reports/definitions/").content.decode()
        assert 'id="figure-handled"' in page
        assert "3.125 % off" in page
        assert "version 1" in page


@pytest.fixture
def busy(stage: Stage) -> Iterator[Stage]:
    """One case handled, one with a broken promise, one restricted, one without an owner; five days later."""
    done, promised, closed = (taken(stage, f"p-{name}", author=name) for name in ("ann", "bob", "cid"))
    stage.case("p-dan", author="dan")
    ready(stage, done)
    agent = actor(stage.agent)
    handling.handle(case_id=done.pk, at=AT + timedelta(hours=2), actor=agent)
    action.change_action(
        action_id=Action.objects.get(case=promised).pk,
        wording="",
        is_required=True,
        amount=Decimal(60),
        owner_id=None,
        team_id=None,
        due_at=AT + timedelta(days=2),
        at=AT,
        actor=agent,
    )
    handling.decide(case_id=promised.pk, outcome=Outcome.UPHELD, reason="Ours", at=AT, actor=agent)
    commands.restrict(case_id=closed.pk, is_restricted=True, at=AT, actor=actor(stage.manager))
    with time_machine.travel(AT + timedelta(days=5), tick=False):
        yield stage


class TestFrontPage:
    @pytest.mark.parametrize("query", ["", "?period=this-month&compare=year", "?period=last-7-days&severity=3"])
    @pytest.mark.parametrize("who", ["manager", "auditor", "admin"])
    def test_every_figure_opens_exactly_as_many_rows(self, busy: Stage, who: str, query: str) -> None:
        browser = signed_in(getattr(busy, who))
        page = browser.get(PAGE + query).content.decode()
        found = figures(page)
        assert len(found) > 6
        for href, n in found.items():
            listed = browser.get(href)
            assert listed.status_code == 200, href
            assert listed.context["page"].count == n, href
            assert len(listed.context["rows"]) == n, href

    def test_opens_with_one_sentence_that_answers(self, busy: Stage) -> None:
        page = signed_in(busy.manager).get(PAGE).content.decode()
        [lead] = re.findall(r'<p class="lead-line">(.*?)</p>', page, re.DOTALL)
        words = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", lead)).strip()
        assert words == (
            "1 of 4 complaints is really handled, less than half of all so far. "
            "3 of all 3 open cases are stuck now, 2 of them with their owner. 1 promise was broken."
        )

    def test_a_restricted_case_is_not_in_an_auditors_figures(self, busy: Stage) -> None:
        page = signed_in(busy.auditor).get(PAGE).content.decode()
        assert "1 of 3</a> complaints is really handled" in page

    def test_prints_population_period_zone_and_time(self, busy: Stage) -> None:
        page = signed_in(busy.manager).get(f"{PAGE}?from=2026-09-01&to=2026-09-30&zone=Europe/Paris").content.decode()
        foot = re.sub(r"<[^>]+>", "", page[page.index("Population:") :])
        assert "of the brands you may see; September 2026, Europe/Paris." in foot
        assert "13 Sep 2026, 14:00:00" in foot

    def test_shares_a_link_that_shows_the_same_days_tomorrow(self, busy: Stage) -> None:
        page = signed_in(busy.manager).get(f"{PAGE}?period=last-7-days&zone=UTC&severity=3").content.decode()
        assert "http://testserver/reports/?from=2026-09-07&amp;to=2026-09-13&amp;zone=UTC&amp;severity=3</p>" in page

    def test_warns_when_what_came_and_went_does_not_make_what_is_open(self, busy: Stage) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE cases_casefigures SET is_running = false WHERE holder = 'queue'")
        assert "This does not add up" in signed_in(busy.manager).get(PAGE).content.decode()

    def test_costs_at_most_sixteen_queries(self, busy: Stage) -> None:
        browser = signed_in(busy.manager)
        browser.get(PAGE)
        with CaptureQueriesContext(connection) as queries:
            browser.get(f"{PAGE}?period=last-30-days&compare=before&category={busy.category.pk}")
        assert len(queries) <= 16, [query["sql"][:150] for query in queries]

    def test_without_a_complaint_says_what_to_do(self, stage: Stage) -> None:
        page = signed_in(stage.manager).get(PAGE).content.decode()
        assert "No complaints yet" in page
        assert "Set up channels" in page

    def test_filters_that_nothing_matches_can_be_taken_away(self, busy: Stage) -> None:
        page = signed_in(busy.manager).get(f"{PAGE}?severity=1&period=last-30-days").content.decode()
        assert "Nothing matches these filters" in page
        assert 'href="/reports/?period=last-30-days"' in page

    def test_words_of_strangers_in_the_address_do_no_harm(self, busy: Stage) -> None:
        for value in ("<script>", "²", "9" * 40, "'; DROP TABLE", "%(now)s", "%s", "\\x00"):
            answered = signed_in(busy.manager).get(PAGE, {"category": value, "severity": value, "team": value})
            assert answered.status_code == 200
            assert "<script>" not in answered.content.decode().replace("<script src", "")
