"""Pages of returns: every figure opens as many cases as it says, for whoever may read them, and comes as a file."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from html import unescape
from typing import Any

import pytest
from django.test import Client

from cases.commands import case as cases
from cases.models import Membership, Original, User
from cases.queries.reports import complaints
from cases.rules.returns_tables import Balance
from cases.vocabulary import Outcome, Role
from cases.vocabulary.returns import PublicField, ReturnName
from tests.desk import signed_in
from tests.people import Stage, actor, set_stage
from tests.returned import Life, on

pytestmark = pytest.mark.django_db
HALF = "?brand=brindlewick&period=2026-H1"


@pytest.fixture
def stage() -> Stage:
    return set_stage()


@pytest.fixture
def lived(stage: Stage) -> Stage:
    """Five complaints, of each sort of end one."""
    Life.begins(stage, "soon", "2026-03-02T10:00").closed("2026-03-05")
    Life.begins(stage, "late", "2026-03-02T10:00").closed("2026-03-06", Outcome.REJECTED)
    Life.begins(stage, "open", "2026-06-01T10:00")
    Life.begins(stage, "gone", "2026-03-02T10:00").dismissed("2026-03-03T10:00")
    Life.begins(stage, "sent", "2026-03-02T10:00").did("2026-03-03T10:00", complaints.FORWARDED)
    return stage


def _get(person: User | Client, name: str, query: str = HALF) -> Any:
    client = person if isinstance(person, Client) else signed_in(person)
    return client.get(f"/reports/returns/{name}{query}")


def _text(page: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.content.decode())).split())


@pytest.mark.parametrize("name", list(ReturnName))
def test_every_figure_opens_as_many_cases_as_it_says(lived: Stage, name: ReturnName) -> None:
    client = signed_in(lived.manager)
    page = _get(client, f"{name}/")
    assert page.status_code == 200
    links = re.findall(rf'href="(/reports/returns/{name}/behind/[^"]+)">([\d,]+)<', page.content.decode())
    assert links
    for href, count in links:
        listed = client.get(unescape(href))
        assert listed.status_code == 200
        assert f"{count} case" in _text(listed)
        assert len(re.findall(r'<th scope="row"><a href="/cases/', listed.content.decode())) == int(count)


def test_the_balance_stands_on_the_page_and_holds(lived: Stage) -> None:
    said = _text(_get(lived.manager, "disp/"))
    assert "Outstanding at the start 0 Received + 3 Reopened + 0 Closed = 2 Outstanding at the end + 1" in said
    assert "It balances" in said
    assert "No summary has to be published by 31 August 2026: fewer than 500" in said
    assert "counted nowhere else. 1" in said


def test_a_balance_that_does_not_hold_is_said_aloud(lived: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Balance, "holds", property(lambda _: False))
    assert "Do not send this return" in _text(_get(lived.manager, "disp/"))


def test_nothing_is_a_nil_return(stage: Stage) -> None:
    assert "A nil return" in _text(_get(stage.manager, "acpr/"))


def test_a_period_that_goes_on_says_so(stage: Stage) -> None:
    assert "The figures are those so far" in _text(_get(stage.manager, "disp/", "?period=2199-H1"))
    assert "so far" not in _text(_get(stage.manager, "disp/"))


def test_the_list_names_each_return(stage: Stage) -> None:
    said = _text(signed_in(stage.auditor).get("/reports/returns/"))
    for words in ("FCA", "CFPB", "ACPR"):
        assert words in said


class TestWhoReads:
    @pytest.mark.parametrize("page", ["", "disp/", "disp/behind/", "disp/csv/"])
    def test_agents_and_strangers_do_not(self, lived: Stage, page: str) -> None:
        assert _get(lived.agent, page).status_code == 403
        assert _get(Client(), page).status_code == 302

    @pytest.mark.parametrize("role", ["manager", "auditor", "admin"])
    def test_whoever_reads_reports_does(self, lived: Stage, role: str) -> None:
        assert "Received + 3" in _text(_get(getattr(lived, role), "disp/"))

    def test_an_auditor_of_one_brand_reads_no_other(self, lived: Stage) -> None:
        assert _get(lived.auditor, "disp/", "?brand=orvelle").status_code == 404
        assert _get(lived.outsider, "disp/").status_code == 404
        assert "Received + 0" in _text(_get(lived.outsider, "disp/", "?brand=orvelle&period=2026-H1"))

    def test_a_restricted_case_is_in_no_figure_list_or_file_of_an_auditor(self, lived: Stage) -> None:
        life = Life.begins(lived, "secret", "2026-03-02T10:00")
        at = on("2026-03-03T10:00")
        cases.restrict(case_id=life.case.pk, is_restricted=True, at=at, actor=actor(lived.manager))
        assert "Received + 4" in _text(_get(lived.manager, "disp/"))
        assert "Received + 3" in _text(_get(lived.auditor, "disp/"))
        behind = f"disp/behind/{HALF}&table=balance&figure=received"
        assert life.reference in _text(_get(lived.manager, behind, ""))
        assert life.reference not in _text(_get(lived.auditor, behind, ""))
        assert _json(_get(lived.auditor, "disp/json/"))["balance"]["received"] == 3

    def test_freezing_is_offered_to_managers(self, lived: Stage) -> None:
        assert "/reports/frozen/?" in _get(lived.manager, "disp/").content.decode()
        for person in (lived.auditor, lived.admin):
            assert "/reports/frozen/?" not in _get(person, "disp/").content.decode()


class TestBadInput:
    @pytest.mark.parametrize(
        ("page", "status"),
        [
            ("nonsense/", 404),
            ("disp/?period=2026-H3", 422),
            ("disp/?period=%00", 422),
            ("disp/?brand=nobody", 404),
            ("disp/behind/?table=total&figure=nonsense", 404),
            ("disp/behind/?table=nonsense&figure=received", 404),
            ("disp/behind/?table=total&figure=received&line=99", 404),
            ("disp/behind/?table=total&figure=received&line=-1&after=x", 200),
            ("disp/pdf/", 404),
            ("disp/public/", 404),
        ],
    )
    def test_is_refused_or_means_nothing(self, stage: Stage, page: str, status: int) -> None:
        assert _get(stage.manager, page, "").status_code == status

    def test_too_many_cases_for_a_page_are_refused_with_a_sentence(
        self, lived: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(complaints, "MOST", 2)
        for path in ("disp/csv/", "cfpb/public/"):
            page = _get(lived.manager, path)
            assert page.status_code == 409
            assert "More than 2 cases of the brand touch this period" in _text(page)


def _bytes(page: Any) -> bytes:
    assert page.status_code == 200
    return b"".join(page.streaming_content)


def _json(page: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_bytes(page))
    return found


class TestFiles:
    def test_csv_has_a_line_for_every_figure(self, lived: Stage) -> None:
        rows = list(csv.reader(io.StringIO(_bytes(_get(lived.manager, "disp/csv/")).decode("utf-8-sig"))))
        assert rows[0][:5] == ["Table", "Line", "Second line", "Figure", "Value"]
        assert ["All complaints", "", "", "Upheld", "1"] in [row[:5] for row in rows]
        assert ["By category", "Delivery", "", "Closed", "2"] in [row[:5] for row in rows]
        assert rows[-1][0] == "# SHA-256"

    def test_a_workbook_opens(self, lived: Stage) -> None:
        page = _get(lived.manager, "disp/xlsx/")
        assert page.headers["Content-Disposition"] == 'attachment; filename="disp-brindlewick-2026-H1.xlsx"'
        with zipfile.ZipFile(io.BytesIO(_bytes(page))) as book:
            assert book.testzip() is None

    def test_json_says_the_balance_and_what_each_figure_means(self, lived: Stage) -> None:
        said = _json(_get(lived.manager, "acpr/json/"))
        assert said["balance"]["holds"] is True
        assert (said["period"], said["brand"], said["zone"]) == ("2026-H1", "brindlewick", "Europe/Paris")
        assert said["words"]["received"][0] == "Received"

    def test_the_public_file_has_the_eighteen_fields_and_no_formula(self, lived: Stage) -> None:
        life = Life.begins(lived, "4711", "2026-03-02T10:00")
        Original.objects.create(
            case=life.case, source="cfpb", product="=2+3", consent="Consent not provided", response="In progress"
        )
        rows = list(csv.reader(io.StringIO(_bytes(_get(lived.manager, "cfpb/public/")).decode())))
        assert rows[0] == [each.value for each in PublicField]
        mine = next(dict(zip(rows[0], row, strict=True)) for row in rows if row[-1] == "4711")
        assert (mine["Product"], mine["Consumer complaint narrative"]) == ("'=2+3", "")
        assert len(rows) == 1 + 4


def test_an_admin_of_two_brands_chooses_between_them(stage: Stage) -> None:
    Membership.objects.create(person=stage.auditor, brand=stage.other_brand, role=Role.AUDITOR)
    page = _get(stage.auditor, "disp/", "?brand=orvelle").content.decode()
    assert 'aria-current="true">Orvelle' in page
    assert "brand=brindlewick" in page


def test_a_page_costs_the_same_for_more_cases(stage: Stage, django_assert_max_num_queries: Any) -> None:
    for n in range(4):
        Life.begins(stage, f"c{n}", "2026-03-02T10:00")
    client = signed_in(stage.manager)
    with django_assert_max_num_queries(16):
        assert _get(client, "disp/").status_code == 200
