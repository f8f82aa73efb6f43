"""The front page of reports: what it says, where its figures lead, and what it says of questions it cannot answer."""

from __future__ import annotations

import pytest

from tests.desk import HTMX, signed_in
from tests.people import Stage, set_stage

pytestmark = pytest.mark.django_db
PAGE = "/reports/"


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
