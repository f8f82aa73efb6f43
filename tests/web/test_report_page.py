"""Named reports as their readers open them: every figure opens as many rows as it says, and nobody else's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cases.commands import case as cases
from cases.commands import catalogue, intake, triage
from cases.jobs import report_run as jobs
from cases.models import Case, Category, Export, Membership, ReportRun, User
from cases.queries.reports import answer
from cases.queries.reports.catalogue import REPORTS
from cases.rules.arrival import Arrival
from cases.vocabulary import SYSTEM, PostKind, Role, RunStatus
from tests.desk import HTMX, signed_in
from tests.guards.asking import statements
from tests.guards.world import World, build
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db

LINK = re.compile(r'<td[^>]*><a href="(/reports/behind/[^"]+)">([^<]*)</a>')
COUNT = re.compile(r'<b class="num">([\d,]+) rows?</b>')
ROWS = re.compile(r'<th scope="row"><a href="/(?:cases|posts)/')
MONTH = {"from": "2026-09-01", "to": "2026-09-30", "zone": "Europe/Paris"}
PAGE_QUERIES, LIST_QUERIES = 16, 12


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def links(page: str) -> Iterator[tuple[str, str]]:
    """What each figure of a page opens, and what it says."""
    for href, text in LINK.findall(page):
        yield unescape(href), text.replace(",", "")


def page_of(person: User, report: str, **asked: Any) -> str:
    answered = signed_in(person).get(f"/reports/{report}/", {**MONTH, **asked})
    assert answered.status_code == 200, answered.content.decode()[:2000]
    return answered.content.decode()


def rows_behind(client: Client, href: str) -> int:
    """The count at the head of a list; the first page lists as many, up to its size."""
    answered = client.get(href)
    assert answered.status_code == 200, href
    page = answered.content.decode()
    found = COUNT.search(page)
    assert found, href
    count = int(found[1].replace(",", ""))
    assert page.count("<tr>") - 1 == min(count, 50), href
    return count


def checked(client: Client, page: str) -> int:
    """How many counts of a page were found to open as many rows as they say."""
    n = 0
    for href, text in links(page):
        if text.isdigit():
            assert rows_behind(client, href) == int(text), (href, text)
            n += 1
    return n


class TestEveryFigure:
    def test_opens_as_many_rows_as_it_says(self) -> None:
        world: World = build(1)
        client = world.client("manager")
        asked = {"period": "everything", "zone": "Europe/Paris", "more": "1"}
        found = 0
        for name in REPORTS:
            answered = client.get(f"/reports/{name}/", asked)
            assert answered.status_code == 200, name
            found += checked(client, answered.content.decode())
        for name, splits in (("flow", ["weekday", "hour"]), ("causes", ["category", "owner"]), ("actions", ["kind"])):
            answered = client.get(f"/reports/{name}/", {**asked, "split": splits})
            found += checked(client, answered.content.decode())
        assert found > 180

    @pytest.mark.parametrize("role", ["manager", "admin", "auditor"])
    def test_counts_only_what_its_reader_may_open(self, stage: Stage, role: str) -> None:
        secret, known = stage.case("p-1"), stage.case("p-2", author="amy")
        cases.restrict(case_id=secret.pk, is_restricted=True, at=AT, actor=actor(stage.manager))
        reader = getattr(stage, role)
        page = page_of(reader, "causes", split="brand")
        n = 2 if role == "manager" else 1
        assert f">{n}</a>" in page
        href = next(href for href, text in links(page) if text == str(n))
        client = signed_in(reader)
        assert rows_behind(client, href) == n
        listed = client.get(href).content.decode()
        assert (secret.reference in listed, known.reference in listed) == (role == "manager", True)

    def test_an_auditor_of_one_brand_reads_that_brand(self, stage: Stage) -> None:
        case = stage.case()
        assert (
            case.reference
            in signed_in(stage.auditor).get("/reports/behind/", MONTH | {"figure": "received"}).content.decode()
        )
        page = signed_in(stage.outsider).get("/reports/behind/", MONTH | {"figure": "received"}).content.decode()
        assert '<b class="num">0 rows</b>' in page
        assert case.reference not in page
        assert "Nothing was counted" in page_of(stage.outsider, "causes")


class TestPeople:
    def test_by_name_with_the_reason_why_nobody_is_ranked(self, stage: Stage) -> None:
        for number, owner in enumerate((stage.colleague, stage.agent, stage.agent)):
            made = stage.case(f"p-{number}", author=f"tom-{number}")
            cases.take(case_id=made.pk, at=AT, actor=actor(owner))
        page = page_of(stage.manager, "people")
        assert "Nobody is ranked" in page
        assert page.index('<th scope="row">Agent</th>') < page.index('<th scope="row">Colleague</th>')

    def test_an_owner_who_left_is_said_to_have_left(self, stage: Stage) -> None:
        made = stage.case()
        cases.take(case_id=made.pk, at=AT, actor=actor(stage.colleague))
        cases.dismiss(case_id=made.pk, reason="Praise.", at=AT, actor=actor(stage.colleague))
        User.objects.filter(pk=stage.colleague.pk).update(is_active=False)
        assert "Colleague (left)" in page_of(stage.manager, "people")

    def test_an_auditor_reads_teams_instead(self, stage: Stage) -> None:
        made = stage.case()
        cases.take(case_id=made.pk, at=AT, actor=actor(stage.agent))
        page = page_of(stage.auditor, "people")
        assert "Nobody is ranked" not in page
        assert '<th scope="row">Agent</th>' not in page

    def test_sums_of_somebody_who_manages_one_of_two_brands_open_what_they_count(self, stage: Stage) -> None:
        Membership.objects.create(person=stage.manager, brand=stage.other_brand, role=Role.AUDITOR)
        stage.case()
        client = signed_in(stage.manager)
        page = page_of(stage.manager, "people")
        assert checked(client, page) > 0
        assert all(f"brand={stage.brand.pk}" in href for href, text in links(page))


class TestRefused:
    @pytest.mark.parametrize(
        ("query", "status", "words"),
        [
            ("from=2026-09-08&to=2026-09-01", 422, "ends before it begins"),
            ("zone=Mars/Olympus", 422, "no time zone called"),
            ("split=shoe", 422, "can be filtered or split by"),
            ("split=brand&split=channel&split=team", 422, "two things at most"),
            ("kind=1", 422, "can be filtered or split by"),
            ("period=everything&split=day&split=hour&from=1926-01-01&to=2025-12-31", 422, "steps"),
        ],
    )
    def test_says_why_and_keeps_the_bar(self, stage: Stage, query: str, status: int, words: str) -> None:
        answered = signed_in(stage.manager).get(f"/reports/causes/?{query}")
        page = answered.content.decode()
        assert (answered.status_code, words in page) == (status, True), page[:3000]
        assert 'action="/reports/causes/"' in page

    def test_a_split_by_owner_is_the_managers(self, stage: Stage) -> None:
        for path in ("/reports/quality/?split=owner", f"/reports/behind/?figure=received&owner={stage.agent.pk}"):
            answered = signed_in(stage.auditor).get(path)
            assert answered.status_code == 403
            assert "for the managers of a brand" in answered.content.decode()

    def test_there_is_no_report_and_no_figure_of_another_name(self, stage: Stage) -> None:
        client = signed_in(stage.manager)
        for path in (
            "/reports/nothing/",
            "/reports/behind/?figure=nothing",
            "/reports/nothing/run/",
        ):
            answered = client.post(path) if path.endswith("run/") else client.get(path)
            assert answered.status_code == 404, path

    def test_an_agent_is_told_whom_reports_are_for(self, stage: Stage) -> None:
        client = signed_in(stage.agent)
        assert client.get("/reports/flow/").status_code == 403
        assert client.get("/reports/behind/?figure=received").status_code == 403
        assert client.post("/reports/flow/run/").status_code == 403


class TestShown:
    def test_a_matrix_has_the_figure_that_is_asked_for_with_sums(self, stage: Stage) -> None:
        made = stage.case()
        cases.take(case_id=made.pk, at=AT, actor=actor(stage.agent))
        stage.case("p-2", author="amy")
        page = page_of(stage.manager, "causes", split=["category", "severity"], show="handled")
        assert '<option value="handled" selected>' in page
        assert "is-matrix" in page
        assert checked(signed_in(stage.manager), page_of(stage.manager, "causes", split=["category", "severity"])) == 5

    def test_the_hour_is_that_of_the_zone(self, stage: Stage) -> None:
        stage.case()
        rows = {}
        for zone in ("Europe/Paris", "Asia/Tokyo"):
            page = page_of(stage.manager, "flow", split="hour", zone=zone)
            rows[zone] = next(href for href, text in links(page) if "hour=" in href and text == "1")
        assert "hour=14" in rows["Europe/Paris"]
        assert "hour=21" in rows["Asia/Tokyo"]

    def test_a_day_on_which_the_clocks_change_has_its_rows_once(self, stage: Stage) -> None:
        # Half past two, twice: before the clocks are turned back, and an hour later.
        for number, hour in enumerate((0, 1)):
            at = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
            arrival = Arrival(external_id=f"n-{number}", text="Night", author=f"n-{number}", posted_at=at)
            post = intake.receive(channel_id=stage.channel.pk, arrival=arrival, at=at, actor=SYSTEM).post
            assert post is not None
            given: dict[str, Any] = {"kind": PostKind.COMPLAINT, "category_id": stage.category.pk, "severity": 2}
            triage.triage(post_id=post.pk, **given, at=at, actor=actor(stage.agent))
        day = {"from": "2026-10-25", "to": "2026-10-25"}
        page = page_of(stage.manager, "flow", split="hour", **day)
        assert checked(signed_in(stage.manager), page) > 0
        assert {text for href, text in links(page) if "figure=received" in href and "hour=02" in href} == {"2"}
        before = page_of(stage.manager, "flow", split="day", **{"from": "2026-10-24", "to": "2026-10-24"})
        assert "Nothing was counted" in before

    def test_a_renamed_and_a_merged_category_say_so_in_both_views(self, stage: Stage) -> None:
        by = actor(stage.admin)
        lost = catalogue.create_category(
            brand_id=stage.brand.pk, code="lost", label={"en": "Lost"}, team_id=None, actor=by
        )
        stage.case()
        post = stage.post("p-2", author="amy")
        given: dict[str, Any] = {"kind": PostKind.COMPLAINT, "category_id": lost.pk, "severity": 2}
        triage.triage(post_id=post.pk, **given, at=AT, actor=actor(stage.agent))
        change: dict[str, Any] = {"label": {"en": "Parcels"}, "team_id": None, "is_active": True}
        catalogue.change_category(category_id=stage.category.pk, **change, at=AT, actor=by)
        catalogue.merge_category(category_id=lost.pk, into_id=stage.category.pk, at=AT, actor=by)
        now, then = (page_of(stage.manager, "causes", split=split) for split in ("category", "category_then"))
        assert "called “Delivery” until 8 Sep 2026; with “Lost”, merged into it" in now
        assert "Lost, now with Parcels" in then
        assert "Delivery (now Parcels)" in then
        # Of a period that begins later it is what it is called by then.
        later = page_of(stage.manager, "causes", split="category_then", **{"from": "2026-09-08T14:00+02:00"})
        assert "Delivery (now Parcels)" not in later
        assert ">Parcels<" in later
        client = signed_in(stage.manager)
        assert checked(client, now) > 0
        assert checked(client, then) > 0

    def test_differences_by_chance_are_called_noise(self, stage: Stage) -> None:
        stage.case()
        page = page_of(stage.manager, "quality", compare="before")
        assert "within noise" in page

    def test_money_stands_per_currency_and_its_list_sums_up_to_it(self, stage: Stage) -> None:
        stage.case().actions.update(amount="12.50", currency="EUR")
        stage.case("p-2", author="amy").actions.update(amount="3.50", currency="EUR")
        stage.case("p-3", author="ann").actions.update(amount="7", currency="GBP")
        year = {"from": "2026-01-01", "to": "2026-12-31"}
        page = page_of(stage.manager, "actions", **year)
        href = next(href for href, text in links(page) if text == "16.00")
        assert "Budgeted, £" in page
        listed = signed_in(stage.manager).get(href).content.decode()
        assert "3 rows" in listed
        assert '<b class="num">16.00\N{NO-BREAK SPACE}€</b>, <b class="num">7.00\N{NO-BREAK SPACE}£</b>' in listed

    def test_parts_that_come_later_are_a_fragment(self, stage: Stage) -> None:
        stage.case()
        client = signed_in(stage.manager)
        for name in ("causes", "channels", "authority"):
            page = page_of(stage.manager, name)
            assert 'hx-trigger="load"' in page
            with statements() as seen:
                part = client.get(f"/reports/{name}/", MONTH | {"more": "1"}, headers=HTMX)
            assert part.status_code == 200
            assert "<html" not in part.content.decode()
            assert len(seen) <= 8, (name, seen)

    def test_a_page_of_rows_goes_on_by_its_key(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("cases.queries.reports.behind.PAGE", 2)
        found = [stage.case(f"p-{number}", author=f"tom-{number}").reference for number in range(3)]
        client = signed_in(stage.manager)
        first = client.get("/reports/behind/", MONTH | {"figure": "received", "report": "causes"}).content.decode()
        href = re.search(r'<a class="btn btn-sm" href="([^"]*after=[^"]*)"', first)
        assert href
        second = client.get(unescape(href[1])).content.decode()
        assert sorted(each for each in found if each in first) + [each for each in found if each in second] != found[:1]
        assert {each for each in found if each in first} | {each for each in found if each in second} == set(found)
        assert "3 rows" in second


class TestLong:
    @pytest.fixture(autouse=True)
    def slow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(answer, "SLOW_ROWS", 0)

    def test_is_counted_behind_the_page_and_come_back_to(self, stage: Stage) -> None:
        stage.case()
        client = signed_in(stage.manager)
        asked = MONTH | {"split": ["channel", "severity"]}
        page = client.get("/reports/causes/", asked).content.decode()
        assert "This one takes a while" in page
        post = re.search(r'hx-post="([^"]+)" hx-trigger="load"', page)
        assert post
        assert not ReportRun.objects.exists()
        watching = client.post(unescape(post[1]), headers=HTMX).content.decode()
        run = ReportRun.objects.get()
        assert f'hx-get="/reports/runs/{run.public_id}/"' in watching
        assert "Cancel" in client.get("/reports/causes/", asked).content.decode()
        jobs.run_report(run_id=run.pk)
        ended = client.get(f"/reports/runs/{run.public_id}/", headers=HTMX)
        assert ended.headers["HX-Refresh"] == "true"
        done = client.get("/reports/causes/", asked).content.decode()
        assert "This one takes a while" not in done
        assert checked(client, done) == 5

    def test_is_called_off(self, stage: Stage) -> None:
        stage.case()
        client = signed_in(stage.manager)
        client.post(
            "/reports/causes/run/?split=channel&split=severity&" + "&".join(f"{k}={v}" for k, v in MONTH.items())
        )
        run = ReportRun.objects.get()
        answered = client.post(f"/reports/runs/{run.public_id}/cancel/", headers=HTMX)
        assert "It was called off" in answered.content.decode()
        assert ReportRun.objects.get().status == RunStatus.CANCELLED
        page = client.get("/reports/causes/", MONTH | {"split": ["channel", "severity"]}).content.decode()
        assert "Count it again" in page
        assert 'hx-trigger="load"' not in page

    def test_is_nobody_elses(self, stage: Stage) -> None:
        stage.case()
        signed_in(stage.manager).post("/reports/causes/run/")
        run = ReportRun.objects.get()
        other = signed_in(stage.admin)
        assert other.get(f"/reports/runs/{run.public_id}/").status_code == 404
        assert other.post(f"/reports/runs/{run.public_id}/cancel/").status_code == 404


@pytest.mark.parametrize("compare", ["", "before"])
def test_a_page_takes_as_many_queries_with_twenty_rows_as_with_one(stage: Stage, compare: str) -> None:
    def spent() -> dict[str, int]:
        found = {}
        for name in REPORTS:
            with statements() as seen:
                assert client.get(f"/reports/{name}/", MONTH | {"compare": compare}).status_code == 200
            found[name] = len(seen)
        with statements() as seen:
            client.get("/reports/behind/", MONTH | {"figure": "received", "report": "causes"})
        return found | {"behind": len(seen)}

    client = signed_in(stage.manager)
    stage.case()
    few = spent()
    for number in range(2, 21):
        category = Category.objects.create(brand=stage.brand, code=f"c-{number}", label={"en": f"Thing {number}"})
        made = stage.case(f"p-{number}", author=f"tom-{number}")
        Case.objects.filter(pk=made.pk).update(category=category)
    many = spent()
    assert {name: (few[name], n) for name, n in many.items() if n > few[name]} == {}
    assert {name: n for name, n in many.items() if n > PAGE_QUERIES} == {}
    assert many["behind"] <= LIST_QUERIES


def test_a_day_that_is_still_to_come_is_empty(stage: Stage) -> None:
    later = timezone.now() + timedelta(days=1)
    page = page_of(stage.manager, "flow", **{"from": later.date().isoformat(), "to": later.date().isoformat()})
    assert "Nothing was counted" in page


@pytest.mark.parametrize(
    ("path", "query"),
    [("causes/", {}), ("behind/", {"figure": "received", "report": "causes"}), ("behind/", {"figure": "paid"})],
)
def test_what_is_shown_can_be_exported(stage: Stage, path: str, query: dict[str, str]) -> None:
    stage.case()
    client = signed_in(stage.manager)
    page = client.get(f"/reports/{path}", MONTH | query).content.decode()
    form = page[page.index('action="/reports/export/"') :]
    hidden = re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">', form[: form.index("</form>")])
    given = {name: unescape(value) for name, value in hidden if name != "csrfmiddlewaretoken"}
    assert client.post("/reports/export/", given | {"format": "csv"}).status_code == 302
    export = Export.objects.get()
    assert (export.asked["from"], export.status) == (["2026-09-01"], RunStatus.WAITING)


@pytest.mark.parametrize("report", ["channels", "public", "praise"])
def test_a_post_without_a_severity_stands_in_a_split_by_it(stage: Stage, report: str) -> None:
    stage.case("p-1")
    arrival = Arrival(external_id="kind", text="Well done.", author="glad", posted_at=AT)
    intake.receive(channel_id=stage.channel.pk, arrival=arrival, at=AT, actor=actor(stage.agent))
    assert ">none<" in page_of(stage.manager, report, split="severity").replace("\n", "")
