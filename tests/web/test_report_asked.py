"""What an address asks of reports: what is not understood is said, and what a matrix shows is kept with it."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.utils import timezone

from cases.commands import case as cases
from cases.models import Case, Export, ReportRun, SavedReport, User
from cases.queries import people
from cases.queries.reports import answer, mail_figures, mailed, tabled
from cases.queries.reports import saved as saved_queries
from cases.queries.reports.asked import Asked
from cases.queries.reports.catalogue import REPORTS
from cases.vocabulary import Dimension
from cases.web import report_table
from tests.desk import signed_in
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db

MONTH = {"from": "2026-09-01", "to": "2026-09-30", "zone": "Europe/Paris"}
MATRIX = {**MONTH, "split": ["category", "severity"]}


@pytest.fixture
def stage() -> Stage:
    return set_stage()


@pytest.fixture
def lived(stage: Stage) -> Stage:
    """One case that is answered for by somebody, and one more."""
    cases.take(case_id=stage.case().pk, at=AT, actor=actor(stage.agent))
    stage.case("p-2", author="amy")
    return stage


def page_of(person: User, report: str, **asked: Any) -> str:
    answered = signed_in(person).get(f"/reports/{report}", asked)
    assert answered.status_code == 200, answered.content.decode()[:2000]
    return unescape(answered.content.decode())


class TestMisread:
    @pytest.mark.parametrize("report", ["", "causes/"])
    @pytest.mark.parametrize(
        ("asked", "words"),
        [
            (
                {"compare": "never"},
                "“never” is nothing that a period can be compared with, so it is compared with nothing.",
            ),
            (
                {"chanel": "3"},
                "“chanel” is nothing that a report can be asked, so it was left out; all else is as asked.",
            ),
            ({"category": "999999"}, "Category: there is no “999999”, so this part of the filter finds nothing"),
            ({"severity": "9"}, "Severity: there is no “9”, so this part of the filter finds nothing"),
            ({"language": "xyz"}, "Language: there is no “xyz”, so this part of the filter finds nothing"),
            ({"hour": "24"}, "Hour of the day: there is no “24”, so this part of the filter finds nothing"),
            ({"owner": "x" * 300}, f"Owner: there is no “{'x' * 39}…”, so it was left out"),
            ({"cause": [str(n) for n in range(300, 600)]}, "Root cause: more than 200 values are too many"),
            ({"show": "nonsense"}, "This report shows no figure “nonsense”, so its usual one is shown."),
        ],
    )
    def test_is_said_in_a_sentence(self, lived: Stage, report: str, asked: dict[str, Any], words: str) -> None:
        page = page_of(lived.manager, report, **{**MONTH, **asked})
        assert page.count(words) == 1

    def test_nothing_else_is_lost(self, lived: Stage) -> None:
        page = page_of(lived.manager, "causes/", **MONTH, compare="never", split="team", severity="3")
        assert page.count("alert-line") == 1
        assert "compare=none" in page
        assert 'value="never"' not in page
        assert 'name="split" value="team"' in page
        assert "Take the filter away: Severity" in page

    @pytest.mark.parametrize(
        "asked",
        [
            {"compare": "none"},
            {"compare": ""},
            {"category": ""},
            {"language": "de"},
            {"week": "2026-09-07"},
            {"show": "handled"},
            {"more": "1"},
            {"severity": ["1", "2"]},
        ],
    )
    def test_what_is_understood_needs_no_words(self, lived: Stage, asked: dict[str, Any]) -> None:
        assert "alert-line" not in page_of(lived.manager, "causes/", **MONTH, **asked)

    def test_a_value_of_another_brand_is_none_that_there_is(self, lived: Stage) -> None:
        lived.category.brand = lived.other_brand
        lived.category.save(update_fields=["brand"])
        # Its cases came along from that brand: their rows still say it.
        assert "alert-line" not in page_of(lived.manager, "causes/", **MONTH, category=str(lived.category.pk))
        page = page_of(lived.manager, "causes/", **MONTH, brand=str(lived.other_brand.pk))
        assert f"Brand: there is no “{lived.other_brand.pk}”" in page
        assert lived.other_brand.name not in page

    def test_one_who_left_is_somebody(self, lived: Stage) -> None:
        owned = Case.objects.get(owner=lived.agent)
        cases.dismiss(case_id=owned.pk, reason="Praise.", at=AT, actor=actor(lived.agent))
        lived.agent.memberships.all().delete()
        assert "alert-line" not in page_of(lived.manager, "speed/", **MONTH, owner=str(lived.agent.pk))

    def test_a_split_that_no_table_has_is_refused_and_one_that_some_have_is_explained(self, lived: Stage) -> None:
        client = signed_in(lived.manager)
        refused = client.get("/reports/causes/", MONTH | {"split": "kind"})
        assert refused.status_code == 422
        promises = REPORTS["deadlines"].sections[1]
        asked = Asked.of("deadlines", {"split": ["policy"]}, now=AT, zone="UTC")
        assert report_table.shown(answer.Table(promises, asked, (Dimension.KIND,)), {}).lacks == "Policy"
        assert report_table.shown(answer.Table(promises, asked, (Dimension.POLICY,)), {}).lacks == ""


class TestShown:
    def test_the_chosen_figure_is_in_every_address_of_the_page(self, lived: Stage) -> None:
        page = page_of(lived.manager, "causes/", **MATRIX, show="handled")
        assert '<option value="handled" selected>' in page
        shared = re.search(r'id="share-link">([^<]+)<', page)
        assert shared
        assert shared[1].endswith("split=category&split=severity&show=handled")
        assert page.count('<input type="hidden" name="show" value="handled">') >= 2
        again = signed_in(lived.manager).get(shared[1].partition("testserver")[2]).content.decode()
        assert '<option value="handled" selected>' in again

    def test_each_table_keeps_its_own(self, lived: Stage) -> None:
        page = page_of(lived.manager, "channels/", **MONTH, split=["channel", "severity"], show=["praise", "handled"])
        assert '<option value="handled" selected>' in page
        assert '<option value="praise" selected>' in page

    def test_is_saved_and_mailed(self, lived: Stage) -> None:
        client = signed_in(lived.manager)
        made = client.post("/reports/saved/new/", {"report": "causes", **MATRIX, "show": "reopened", "name": "Back"})
        assert made.status_code == 302
        saved = SavedReport.objects.get()
        assert saved.asked["show"] == ["reopened"]
        about = client.get(made["Location"]).content.decode()
        assert "<dt>Figure</dt><dd>Reopened</dd>" in about
        assert "show=reopened" in about
        letter = mailed.letter(saved, lived.manager, now=timezone.now())
        table = answer.answer(saved_queries.asked_of(saved, AT), people.seer_of(lived.manager.pk), now=AT).tables[0]
        assert mail_figures.part(table).columns == ["Reopened"]
        assert "show=reopened" in letter.html

    def test_goes_first_in_an_export(self, lived: Stage) -> None:
        client = signed_in(lived.manager)
        given = {"report": "causes", "of": "table", "part": "causes", "format": "csv", **MATRIX, "show": "handled"}
        client.post("/reports/export/", given)
        asked = Asked.of_json(Export.objects.get().asked, now=AT)
        rows = tabled.opened(asked, "causes", people.seer_of(lived.manager.pk), now=AT, step=lambda: None)
        assert [each.name for each in rows.headings][:4] == ["category", "severity", "handled", "received"]

    def test_is_not_counted_again_for_another_figure(self, lived: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(answer, "SLOW_ROWS", 0)
        client = signed_in(lived.manager)
        for show in ("handled", "reopened"):
            client.post(
                f"/reports/causes/run/?{Asked.of('causes', _lists(MATRIX | {'show': show}), now=AT, zone='UTC').query}"
            )
        assert ReportRun.objects.count() == 1

    def test_without_two_splits_there_is_none(self, lived: Stage) -> None:
        asked = Asked.of("causes", _lists(MONTH | {"show": "handled", "split": ["category"]}), now=AT, zone="UTC")
        assert asked.shown == []
        assert asked.splits == (Dimension.CATEGORY,)


class TestHours:
    def test_of_the_week_are_drawn_once(self, lived: Stage) -> None:
        for splits in ([], ["weekday", "hour"], ["hour", "weekday"]):
            page = page_of(lived.manager, "flow/", **MONTH, split=splits)
            assert page.count('data-chart="heat"') == 1, splits
        assert "Received, by: Hour of the day, Day of the week" in page

    def test_stand_beside_a_split_by_hours_only(self, lived: Stage) -> None:
        for split, n in (("hour", 1), ("weekday", 1), ("channel", 0)):
            assert page_of(lived.manager, "flow/", **MONTH, split=split).count('id="hours-h"') == n, split


def test_what_is_not_reached_yet_is_said_alike_in_picture_and_table(lived: Stage) -> None:
    page = page_of(lived.manager, "speed/", **MONTH)
    picture = page[page.index('data-chart="range"') : page.index("</figure>", page.index('data-chart="range"'))]
    assert ">half not yet</td><td>9 of 10 not yet</td>" in picture
    assert "half not yet" in page.replace(picture, "")
    assert "–" not in picture[picture.index("<tbody>") :]


def test_a_table_that_scrolls_has_a_name_of_its_own(lived: Stage) -> None:
    page = page_of(lived.manager, "channels/", **MONTH)
    names = re.findall(r'class="scroll-x" tabindex="0" role="region" aria-label="([^"]+)"', page)
    assert len(names) == len(set(names)) == page.count('class="scroll-x"') > 3


def _lists(given: dict[str, Any]) -> dict[str, list[str]]:
    return {name: [value] if isinstance(value, str) else value for name, value in given.items()}
