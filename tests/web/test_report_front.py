"""The front page of reports and its neighbours: balances that open their cases, everything, empty periods, words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest
import time_machine

from cases.commands import case as commands
from cases.commands import confirmation, handling
from cases.models import Case
from cases.queries import people
from cases.queries.reports import answer, ever
from cases.queries.reports.asked import Asked
from tests.desk import ready, signed_in, taken
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db
PAGE = "/reports/"
SEPTEMBER = "from=2026-09-09&to=2026-09-30&zone=Europe/Paris"
OUTSTANDING = re.compile(r'href="(/reports/behind/\?figure=outstanding[^"]*)"[^>]*>([^<]*)</a>')


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def page_of(stage: Stage, path: str, who: str = "manager") -> str:
    answered = signed_in(getattr(stage, who)).get(path)
    assert answered.status_code == 200, answered.content.decode()[:2000]
    return unescape(answered.content.decode())


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page)).replace("\N{NO-BREAK SPACE}", " ").strip()


@pytest.fixture
def lived(stage: Stage) -> Iterator[Stage]:
    """Three cases of 8 September; one is handled two days later; 40 days on."""
    done = taken(stage, "p-ann", author="ann")
    stage.case("p-bob", author="bob")
    stage.case("p-cid", author="cid")
    ready(stage, done)
    handling.handle(case_id=done.pk, at=AT + timedelta(days=2), actor=actor(stage.agent))
    with time_machine.travel(AT + timedelta(days=40), tick=False):
        yield stage


class TestBalance:
    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            (f"{PAGE}?{SEPTEMBER}", ["2", "3"]),
            (f"{PAGE}?period=everything", []),
            (f"{PAGE}?from=2026-10-01&to=2026-10-18", ["2"]),
        ],
    )
    def test_what_was_open_at_its_start_and_end_opens_its_cases(
        self, lived: Stage, path: str, expected: list[str]
    ) -> None:
        page = page_of(lived, path)
        found = OUTSTANDING.findall(page)
        assert [n for _href, n in found] == expected
        for href, n in found:
            listed = signed_in(lived.manager).get(href)
            assert listed.context["page"].count == int(n)
            assert len({row.behind.reference for row in listed.context["rows"]}) == int(n)

    def test_the_backlog_opens_the_cases_of_each_step(self, lived: Stage) -> None:
        found = OUTSTANDING.findall(page_of(lived, f"{PAGE}flow/?from=2026-09-08&to=2026-09-12&zone=Europe/Paris"))
        assert [n for _href, n in found] == ["3", "3", "2", "2", "2"]
        for href, n in found:
            assert signed_in(lived.manager).get(href).context["page"].count == int(n)

    def test_a_case_that_was_reopened_stands_open_once(self, lived: Stage) -> None:
        [case] = Case.objects.filter(status="handled")
        confirmation.reopen(case_id=case.pk, reason="It came back", at=AT + timedelta(days=5), actor=actor(lived.agent))
        found = OUTSTANDING.findall(page_of(lived, f"{PAGE}?from=2026-10-01&to=2026-10-10"))
        assert [n for _href, n in found] == ["3", "3"]
        for href, n in found:
            assert signed_in(lived.manager).get(href).context["page"].count == int(n)

    def test_its_definition_stands_with_the_others(self, stage: Stage) -> None:
        assert 'id="figure-outstanding"' in page_of(stage, f"{PAGE}definitions/")


class TestEverything:
    def test_begins_with_the_first_complaint_that_the_reader_may_see(self, lived: Stage) -> None:
        now = AT + timedelta(days=40)
        case = Case.objects.order_by("pk")[0]
        commands.restrict(case_id=case.pk, is_restricted=True, at=now, actor=actor(lived.manager))
        asked = Asked.of("flow", {"period": ["everything"]}, now=now, zone="Europe/Paris")
        for who in (lived.manager, lived.auditor):
            found = ever.since_first(asked, people.seer_of(who.pk), now=now)
            assert found.period.written == ("2026-09-08", "2026-10-18")
            assert found.pairs == asked.pairs
            assert answer.answer(asked, people.seer_of(who.pk), now=now).asked == found

    def test_is_today_where_there_is_nothing_yet(self, stage: Stage) -> None:
        asked = Asked.of("flow", {"period": ["everything"]}, now=AT, zone="UTC")
        assert ever.since_first(asked, people.seer_of(stage.manager.pk), now=AT).period.written == (
            "2026-09-08",
            "2026-09-08",
        )

    def test_says_so_on_the_page(self, lived: Stage) -> None:
        for path in (PAGE, f"{PAGE}flow/", f"{PAGE}causes/"):
            page = words(page_of(lived, f"{path}?period=everything"))
            assert "1970" not in page
            assert "8 Sep" in page


class TestSteps:
    def test_of_a_matrix_with_too_many_the_last_are_kept(self, lived: Stage) -> None:
        page = page_of(lived, f"{PAGE}causes/?from=2025-01-01&to=2026-10-18&zone=UTC&split=day&split=weekday")
        [table] = re.findall(r'<table class="table report-table is-matrix">.*?</table>', page, re.DOTALL)
        assert "8 Sep 2026" in table
        assert "8 Jan 2025" not in table

    def test_those_that_the_period_cuts_say_so(self, lived: Stage) -> None:
        for splits in ("split=week", "split=week&split=severity", "split=severity&split=week"):
            page = words(page_of(lived, f"{PAGE}causes/?from=2026-09-08&to=2026-09-20&zone=UTC&{splits}"))
            assert "in part" in page, splits


class TestNothing:
    @pytest.mark.parametrize("query", ["from=2001-01-01&to=2001-01-31", "from=2026-10-01&to=2026-10-02&compare=before"])
    @pytest.mark.parametrize("who", ["manager", "auditor", "admin"])
    def test_a_period_without_complaints_is_a_page(self, lived: Stage, query: str, who: str) -> None:
        assert "No complaint was received in this period." in page_of(lived, f"{PAGE}?{query}", who)

    @pytest.mark.parametrize(
        "query", ["", "period=everything", "from=2001-01-01&to=2001-01-31", "severity=4", "hour=03"]
    )
    def test_and_so_is_a_brand_without_complaints(self, stage: Stage, query: str) -> None:
        page_of(stage, f"{PAGE}?{query}")

    def test_what_is_all_handled_may_be_looked_at_before_it_came(self, lived: Stage) -> None:
        agent, at = actor(lived.agent), AT + timedelta(days=40)
        for case in Case.objects.exclude(status="handled"):
            commands.take(case_id=case.pk, at=at, actor=agent)
            commands.dismiss(case_id=case.pk, reason="Twice the same", at=at, actor=agent)
        page_of(lived, f"{PAGE}?from=2001-01-01&to=2001-01-31")
        page_of(lived, f"{PAGE}?from=2026-10-01&to=2026-10-02")


class TestWords:
    @pytest.mark.parametrize(
        ("report", "expected"),
        [
            ("flow", "1 came in and 0 went out: 1 more is open than before."),
            ("people", "1 complaint: 0 handled, 1 still needs work."),
            ("channels", "1 of 1 complaint came through Social"),
            ("public", "Our answer stands under 0 of 1 public post. We hid none of them."),
            ("causes", "“Delivery” is behind 100 % of complaints; 1 of 1 makes four fifths."),
        ],
    )
    def test_of_one_complaint_are_said_of_one(self, stage: Stage, report: str, expected: str) -> None:
        stage.case()
        with time_machine.travel(AT + timedelta(hours=1), tick=False):
            assert expected in words(page_of(stage, f"{PAGE}{report}/"))

    def test_the_one_complaint_is_handled(self, stage: Stage) -> None:
        case = taken(stage, "p-ann", author="ann")
        ready(stage, case)
        handling.handle(case_id=case.pk, at=AT + timedelta(hours=2), actor=actor(stage.agent))
        with time_machine.travel(AT + timedelta(hours=3), tick=False):
            page = page_of(stage, PAGE)
        assert "The one complaint is really handled, half of all within" in words(page)

    def test_a_percent_sign_stands_with_its_number(self, lived: Stage) -> None:
        assert "33\N{NO-BREAK SPACE}%" in page_of(lived, f"{PAGE}?period=everything")
