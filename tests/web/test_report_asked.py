"""What an address asks of reports: what is not understood is said, and what a matrix shows is kept with it."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.utils import timezone

from cases.commands import case as cases
from cases.commands import triage
from cases.models import Case, Export, ReportRun, SavedReport, User
from cases.queries import people
from cases.queries.reports import answer, front, mail_figures, mailed, period_words, tabled
from cases.queries.reports import saved as saved_queries
from cases.queries.reports.asked import Asked
from cases.queries.reports.catalogue import REPORTS
from cases.queries.reports.question import Counted
from cases.rules import periods
from cases.vocabulary import Dimension, PostKind
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


def page_of(person: User, path: str, /, beside: dict[str, str] | None = None, **asked: Any) -> str:
    answered = signed_in(person).get(f"/reports/{path}", {**asked, **(beside or {})})
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
        assert "Received, by hour of the day and day of the week." in page

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


def test_weeks_of_the_period_can_be_chosen_and_find_their_rows(lived: Stage) -> None:
    choose = page_of(lived.manager, "filters/", {"report": "causes"}, **MONTH)
    weeks = re.findall(r'name="week" value="([\d-]+)"', choose)
    assert weeks == ["2026-09-28", "2026-09-21", "2026-09-14", "2026-09-07", "2026-08-31"]
    page = page_of(lived.manager, "causes/", **MONTH, week="2026-09-07")
    assert "Take the filter away: Week, week of 7 Sep 2026" in page
    assert ">2</a>" in page
    other = page_of(lived.manager, "causes/", **MONTH, week="2026-09-14")
    assert "Nothing was counted" in other


@pytest.mark.parametrize("name", ["", *(f"{each}/" for each in REPORTS)])
@pytest.mark.parametrize(
    "asked",
    [
        {"from": "2020-01-01", "to": "2020-01-31"},
        {"from": "2026-09-08T10:00:00", "to": "2026-09-08T10:00:01", "compare": "before"},
        {"from": "1926-11-24", "to": "2026-11-23", "compare": "year"},
        {"from": "2026-10-25", "to": "2026-10-25", "zone": "Europe/Paris", "compare": "before"},
        {"from": "2026-09-27", "to": "2026-09-27", "zone": "Pacific/Auckland", "split": "hour"},
        {"period": "last-7-days", "zone": "Asia/Kathmandu", "compare": "year"},
    ],
)
def test_any_period_of_any_zone_has_its_page(lived: Stage, name: str, asked: dict[str, str]) -> None:
    page_of(lived.manager, name, **asked)


class TestPeriods:
    @pytest.mark.parametrize(
        ("asked", "words", "against"),
        [
            (("2026-09-08T10:00:00", "2026-09-08T10:00:01"), "8 Sep 2026, 10:00:00 – 10:00:01", "just as long before"),
            (("2026-09-08T10:00:00", "2026-09-09T10:00:00"), "8 Sep 2026, 10:00 – 9 Sep 2026, 10:00", "the day before"),
            (("1926-11-24", "2026-11-23"), "24 Nov 1926 – 23 Nov 2026", "the 100 years before"),
            (("2025-03-10", "2026-03-09"), "10 Mar 2025 – 9 Mar 2026", "the 365 days before"),
        ],
    )
    def test_are_said_as_people_say_them(self, asked: tuple[str, str], words: str, against: str) -> None:
        period = periods.parse(*asked, "Europe/Paris")
        assert period_words.said(period) == words
        assert period_words.compared(period, periods.before(period)) == against

    def test_of_a_hundred_years_begin_with_the_first_complaint(self, lived: Stage) -> None:
        page = page_of(lived.manager, "flow/", **{"from": "1926-11-24", "to": "2026-11-23", "zone": "Europe/Paris"})
        assert "Nothing before Q2 2026: the empty steps of the period are left out." in page
        assert "Q1 1927" not in page
        assert '<th scope="row">Q3 2026</th>' in page

    def test_of_an_odd_zone_have_their_backlog(self, lived: Stage) -> None:
        page = page_of(lived.manager, "flow/", **{**MONTH, "zone": "Asia/Kathmandu"})
        assert 'data-name="flow-backlog"' in page

    def test_that_cannot_be_read_keep_the_words_of_filters(self, lived: Stage) -> None:
        client = signed_in(lived.manager)
        page = client.get("/reports/speed/", {"from": "2026-09-08", "to": "2026-09-01", "severity": "3"})
        assert "Severity</span> High" in page.content.decode()
        hidden = signed_in(lived.auditor).get("/reports/speed/", {"owner": str(lived.agent.pk)}).content.decode()
        assert f"Owner</span> {lived.agent.pk}" in hidden


def test_the_front_page_counts_the_promises_of_its_parts(lived: Stage) -> None:
    found = front.front(
        Asked.of("front", _lists({"period": "everything"}), now=AT, zone="UTC"),
        people.seer_of(lived.manager.pk),
        now=AT,
    )
    counts = found.this.promises.counts
    assert "promises" in counts or not counts


class TestMatrix:
    def test_says_at_its_sums_how_they_changed(self, lived: Stage) -> None:
        with_before, without = (
            page_of(lived.manager, "causes/", **MATRIX, compare=compare)
            .partition("<tfoot>")[2]
            .partition("</tfoot>")[0]
            for compare in ("before", "none")
        )
        assert "before: 0" in with_before
        assert "before: 0" not in without

    def test_of_where_the_time_goes_shows_time(self, lived: Stage) -> None:
        page = page_of(lived.manager, "speed/", **{**MONTH, "split": ["channel", "severity"]})
        stages = page[page.index('id="stages-h"') :]
        assert '<option value="in_queue" selected>' in stages
        assert re.search(r'class="text-end num heat-9"><a href="[^"]*figure=in_queue[^"]*">\d+ \w+', stages)
        shown = page_of(lived.manager, "speed/", **{**MONTH, "split": ["channel", "severity"]}, show="with_owner")
        assert '<option value="with_owner" selected>' in shown
        assert "alert-line" not in shown

    def test_keeps_spans_and_money_below(self, lived: Stage) -> None:
        page = page_of(lived.manager, "speed/", **{**MONTH, "split": ["channel", "severity"]})
        below = page[page.index("is-matrix") :]
        assert "All figures, 1 row" in below
        assert "half not yet" in below
        Case.objects.first().actions.update(amount="12.50", currency="EUR")
        assert "Budgeted, €" in page_of(lived.manager, "actions/", **MONTH, split=["kind", "severity"])

    def test_has_amounts_in_their_order(self, lived: Stage) -> None:
        asked = Asked.of("actions", {"split": ["band", "kind"]}, now=AT, zone="UTC")
        bands = ["", "6", "2", "0"]
        rows = [answer.Row((band, "1"), (f"band {band}", "Refund"), Counted({"actions": 1})) for band in bands]
        table = answer.Table(REPORTS["actions"].sections[0], asked, (Dimension.BAND, Dimension.KIND), rows)
        shown = report_table.shown(table, {})
        assert [line.labels[0].text for line in shown.lines] == ["band 0", "band 2", "band 6", "band "]


def test_the_sentence_of_causes_names_the_greatest_whatever_the_order(lived: Stage) -> None:
    post = lived.post("p-3", author="ann")
    given: dict[str, Any] = {"kind": PostKind.COMPLAINT, "category_id": lived.category.pk, "severity": 4}
    triage.triage(post_id=post.pk, **given, at=AT, actor=actor(lived.agent))
    page = page_of(lived.manager, "causes/", **MONTH, split="severity")
    assert re.search(r"“<a [^>]*>Critical</a>” is behind", page) is None
    assert re.search(r"“<a [^>]*>[A-Z][a-z]+</a>” is behind 67", page)
