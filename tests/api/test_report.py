"""Reports by the REST API: the numbers of the engine, each with as many rows behind it, for whoever may see them."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from cases.commands import case as cases
from cases.jobs import report_run as jobs
from cases.models import Membership, ReportRun
from cases.queries import people
from cases.queries.reports import answer as answers
from cases.queries.reports import definitions, engine
from cases.queries.reports.asked import Asked
from cases.queries.reports.catalogue import REPORTS
from cases.queries.reports.question import total
from cases.vocabulary import Population, Role
from tests.api.calls import Program
from tests.desk import signed_in
from tests.guards.asking import statements
from tests.guards.world import World, build
from tests.people import AT, Stage, actor, set_stage
from tests.returned import Life

pytestmark = pytest.mark.django_db
YEAR = {"from": "2026-01-01", "to": "2026-12-31", "zone": "Europe/Paris"}


@pytest.fixture
def stage() -> Stage:
    stage = set_stage()
    for number in range(3):
        stage.case(f"p-{number}", author=f"tom-{number}")
    return stage


@pytest.fixture
def manager(stage: Stage) -> Program:
    return Program(stage.manager)


@pytest.fixture(scope="module")
def everywhere() -> dict[str, str]:
    return {"period": "everything", "zone": "Europe/Paris", "compare": "year"}


def path_of(link: str) -> tuple[str, dict[str, list[str]]]:
    """The path and the question of a link of the API."""
    parts = urlsplit(link)
    return parts.path.removeprefix("/api/v1/"), parse_qs(parts.query, keep_blank_values=True)


def numbers(section: dict[str, Any]) -> Iterator[tuple[str, int, dict[str, str]]]:
    """Every number of a table with the rows behind it."""
    for group in (section["total"], *section["rows"]):
        for name, link in group["behind"].items():
            if name in group["figures"]:
                yield name, group["figures"][name], link


def refused(answer: Any) -> tuple[int, str]:
    """How a call was refused."""
    return answer.status_code, answer.json()["code"]


class TestReports:
    def test_tell_every_figure_with_its_definition(self, manager: Program) -> None:
        found = manager.get("reports/").json()
        assert [each["name"] for each in found["results"]] == list(REPORTS)
        assert found["version"] == definitions.VERSION
        named = {figure["name"] for each in found["results"] for part in each["sections"] for figure in part["figures"]}
        assert named <= {*definitions.FIGURES, *definitions.MONEY, *definitions.DURATIONS}
        assert all(
            figure["definition"] for each in found["results"] for part in each["sections"] for figure in part["figures"]
        )

    def test_offer_no_split_by_person_to_whom_it_is_not_for(self, stage: Stage) -> None:
        def offered(program: Program) -> set[str]:
            found = program.get("reports/").json()["results"]
            parts = [part for each in found for part in each["sections"]]
            return {one["name"] for part in parts for one in (*part["splits"], *part["filters"])}

        assert "owner" in offered(Program(stage.manager))
        assert not {"owner", "person", "approver"} & offered(Program(stage.auditor))

    def test_are_for_readers_of_reports(self, stage: Stage) -> None:
        for path in ("", "front/", "speed/", "speed/behind/?figure=received", "speed/exports/"):
            assert refused(Program(stage.agent).get(f"reports/{path}")) == (403, "not_allowed"), path


class TestAnswer:
    def test_every_number_is_as_many_rows_behind_it(self, everywhere: dict[str, str]) -> None:
        world: World = build(1)
        program, checked = Program(world.stage.manager), 0
        for name in REPORTS:
            found = program.get(f"reports/{name}/", **everywhere).json()
            for section in found["sections"]:
                units = {each["name"]: each["unit"] for each in section["figures"]}
                for figure, n, link in numbers(section):
                    if n and units[figure] == "count":
                        path, asked = path_of(link["rows"])
                        page = program.get(path, **asked).json()
                        assert page["count"] == n == len(page["results"]), (name, figure, link)
                        assert world.client("manager").get(link["page"]).status_code == 200
                        checked += 1
        assert checked > 100

    @pytest.mark.parametrize("name", REPORTS)
    def test_is_what_the_engine_counts(self, stage: Stage, manager: Program, name: str) -> None:
        now, seer = timezone.now(), people.seer_of(stage.manager.pk)
        given = {key: [value] for key, value in (YEAR | {"compare": "before"}).items()}
        wanted = answers.answer(Asked.of(name, given, now=now, zone="UTC"), seer, now=now)
        found = manager.get(f"reports/{name}/", **YEAR, compare="before").json()
        for mine, theirs in zip(found["sections"], wanted.tables, strict=True):
            question = theirs.narrowed(None).question(theirs.section.population, splits=())
            counted = total(engine.count(question, seer, now=now)).counts
            names = [each.name for each in theirs.figures if not each.is_sum]
            assert {each: mine["total"]["figures"][each] for each in names} == {
                each: counted.get(each, 0) for each in names
            }
            assert [(tuple(row["keys"]), tuple(row["labels"])) for row in mine["rows"]] == [
                (row.keys, row.labels) for row in theirs.rows
            ]
            assert mine["population"]["count"] == counted.get(definitions.of(theirs.section.population)[0].name, 0)
            assert mine["total"]["before"] is not None

    def test_says_what_a_complaint_costs_as_the_page_does(self, stage: Stage, manager: Program) -> None:
        september = {"from": "2026-09-01", "to": "2026-09-30", "zone": "Europe/Paris"}
        assert manager.get("reports/actions/", **september).json()["beside"] == []
        Life.begins(stage, "ada", "2026-09-08T10:00").paid("2026-09-09T10:00", "30")
        Life.begins(stage, "bob", "2026-09-08T10:00").paid("2026-09-09T10:00", "12.50")
        *others, cost = manager.get("reports/actions/", **september).json()["beside"]
        assert {each["name"] for each in others} <= {"budgeted_each", "granted_each"}
        received = 2 + 3
        assert (cost["name"], cost["population"]["name"], cost["population"]["count"]) == (
            "paid_each",
            "cases",
            received,
        )
        assert (cost["sums"], cost["money"]) == ({"EUR": "42.5000"}, {"EUR": "8.5000"})
        assert cost["definition"].startswith("What the actions of the period paid")
        page = unescape(signed_in(stage.manager).get("/reports/actions/", september).content.decode())
        assert "8.50\N{NO-BREAK SPACE}€ for each of the " in page
        for name, count in (("received", received), ("paid", 2)):
            path, asked = path_of(cost["behind"][name]["rows"])
            assert manager.get(path, **asked).json()["count"] == count
        assert manager.get("reports/actions/", **september, kind=[str(stage.refund.pk)]).json()["beside"] == []
        assert manager.get("reports/speed/", **september).json()["beside"] == []
        *_others, told = next(each for each in manager.get("reports/").json()["results"] if each["name"] == "actions")[
            "beside"
        ]
        assert told["definition"] == cost["definition"]

    def test_says_period_zone_time_and_definitions(self, manager: Program) -> None:
        found = manager.get("reports/speed/", **YEAR, compare="before").json()
        assert found["period"] == {
            "from": "2026-01-01",
            "to": "2026-12-31",
            "starts": "2025-12-31T23:00:00Z",
            "ends": "2026-12-31T23:00:00Z",
            "zone": "Europe/Paris",
            "preset": "",
            "words": "2026",
        }
        assert (found["compared"]["from"], found["compared"]["to"]) == ("2025-01-01", "2025-12-31")
        assert found["version"] == definitions.VERSION
        speed = found["sections"][0]
        assert speed["population"]["name"] == Population.CASES
        assert speed["total"]["figures"]["received"] == 3
        assert speed["total"]["shares"] == {"answered": 0.0, "decided": 0.0, "handled": 0.0, "open": 1.0}
        waits = speed["total"]["durations"]["to_handled"]
        assert (waits["median"], waits["population"], waits["still_waiting"]) == (None, 3, 3)
        assert speed["total"]["differences"]["handled"]["is_noise"] is True

    def test_a_link_shows_the_same_tomorrow(self, manager: Program) -> None:
        found = manager.get("reports/speed/", period="last-90-days", zone="UTC").json()
        path, asked = path_of(found["url"])
        assert "period" not in asked
        assert manager.get(path, **asked).json()["sections"] == found["sections"]

    def test_two_splits_and_filters_by_slug_and_key(self, stage: Stage, manager: Program) -> None:
        split = manager.get("reports/causes/", **YEAR, split=["category", "channel"]).json()["sections"][0]
        assert [each["name"] for each in split["splits"]] == ["category", "channel"]
        [row] = split["rows"]
        assert row["keys"] == [str(stage.category.pk), str(stage.channel.pk)]
        assert row["figures"]["received"] == 3
        for brand in (stage.brand.slug, str(stage.brand.pk)):
            found = manager.get("reports/causes/", **YEAR, brand=brand, category=str(stage.category.pk)).json()
            assert found["sections"][0]["total"]["figures"]["received"] == 3

    @pytest.mark.parametrize(
        ("asked", "words"),
        [
            ({"compare": "never"}, "“never” is nothing that a period can be compared with"),
            ({"chanel": "3"}, "“chanel” is nothing that a report can be asked"),
            ({"category": "nothing"}, "Category: there is no “nothing”"),
            ({"category": "9" * 30}, "Category: there is no “999"),
            ({"severity": "9"}, "Severity: there is no “9”"),
            ({"language": "xyz"}, "Language: there is no “xyz”"),
            ({"week": "2026-09-08"}, "Week: there is no “2026-09-08”"),
            ({"hour": "24"}, "Hour of the day: there is no “24”"),
            ({"brand": "orvelle"}, "Brand: there is no “orvelle”"),
            ({"show": "nonsense"}, "no figure “nonsense”"),
        ],
    )
    def test_refuses_what_it_does_not_understand(self, manager: Program, asked: dict[str, str], words: str) -> None:
        answer = manager.get("reports/causes/", **asked)
        assert refused(answer) == (400, "bad_question")
        assert words in answer.json()["detail"]

    def test_knows_no_brand_of_strangers(self, stage: Stage, manager: Program) -> None:
        known, unknown = (
            manager.get("reports/causes/", brand=key).json()["detail"].replace(key, "")
            for key in (str(stage.other_brand.pk), "123456")
        )
        assert known == unknown
        assert manager.get("reports/causes/", **YEAR, compare="none", category="", language="de").status_code == 200

    @pytest.mark.parametrize(
        ("asked", "code"),
        [
            ({"from": "2026-03-02", "to": "2026-03-01"}, "period_ends_before_it_begins"),
            ({"from": "0000", "to": "2026-03-01"}, "not_a_date"),
            ({"from": "2026-02-30"}, "not_a_date"),
            ({"from": "1900-01-01", "to": "2199-01-01"}, "period_too_long"),
            ({"period": "next-century"}, "unknown_period"),
            ({"zone": "../../etc/passwd"}, "unknown_zone"),
            ({"zone": "Europe/Nowhere"}, "unknown_zone"),
            ({"split": "password"}, "no_such_split"),
            ({"split": ["team", "channel", "severity"]}, "too_many_splits"),
            ({"kind": "1"}, "no_such_split"),
            ({"team": "\x00"}, "invalid"),
            ({"zone": "Z" * 300}, "invalid"),
        ],
    )
    def test_refuses_with_a_code(self, manager: Program, asked: dict[str, Any], code: str) -> None:
        answer = manager.get("reports/speed/", **asked)
        assert refused(answer) == (422, code)
        assert answer["Content-Type"] == "application/problem+json"

    def test_the_same_split_twice_is_one(self, manager: Program) -> None:
        found = manager.get("reports/speed/", **YEAR, split=["team", "team"]).json()
        assert [each["name"] for each in found["sections"][0]["splits"]] == ["team"]

    def test_figures_of_people_are_for_managers(self, stage: Stage) -> None:
        auditor = Program(stage.auditor)
        assert refused(auditor.get("reports/speed/", **YEAR, split="owner")) == (403, "split_not_allowed")
        assert refused(auditor.get("reports/speed/", **YEAR, owner="1")) == (403, "split_not_allowed")
        assert auditor.get("reports/people/", **YEAR).json()["sections"][0]["splits"][0]["name"] == "team"

    def test_each_sees_what_they_may_open(self, stage: Stage, manager: Program) -> None:
        hidden = stage.case("p-9", author="ann")
        cases.restrict(case_id=hidden.pk, is_restricted=True, at=AT, actor=actor(stage.manager))
        Membership.objects.create(person=stage.auditor, brand=stage.other_brand, role=Role.AGENT)

        def seen(program: Program) -> tuple[int, int]:
            table = program.get("reports/speed/", **YEAR).json()["sections"][0]["total"]
            page = program.get("reports/speed/behind/", **YEAR, figure="received").json()
            assert hidden.reference not in str(page) or page["count"] == 4
            return table["figures"]["received"], page["count"]

        assert seen(manager) == (4, 4)
        assert seen(Program(stage.auditor)) == (3, 3)
        assert seen(Program(stage.outsider)) == (0, 0)

    @pytest.mark.parametrize("name", [*REPORTS, "front"])
    def test_takes_few_queries_and_a_comparison_one_more_a_table(self, manager: Program, name: str) -> None:
        def queries(**more: str) -> int:
            with statements() as seen:
                assert manager.get(f"reports/{name}/", **YEAR, **more).status_code == 200
            return len(seen)

        tables = len(REPORTS[name].sections) if name in REPORTS else 0
        # What is split differently, or by names that only the other period has, is looked up once more.
        assert queries() <= 8
        assert queries(compare="before") <= 8 + 2 * tables

    def test_there_is_no_other_report(self, manager: Program) -> None:
        assert refused(manager.get("reports/nothing/")) == (404, "not_found")
        assert refused(manager.get("reports/nothing/behind/", figure="received")) == (404, "not_found")


class TestBehind:
    def test_pages_by_key(self, manager: Program, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("cases.queries.reports.behind.PAGE", 2)
        page = manager.get("reports/speed/behind/", **YEAR, figure="received").json()
        assert (page["count"], len(page["results"])) == (3, 2)
        path, asked = path_of(page["next"])
        rest = manager.get(path, **asked).json()
        assert (rest["count"], rest["next"]) == (3, None)
        references = {each["case"] for each in (*page["results"], *rest["results"])}
        assert references == set(stage.brand.cases.values_list("reference", flat=True))

    @pytest.mark.parametrize(
        "cursor", ["x", "~", "0001-01-01T00:00:00+23:59~1", "2026-01-01~1", f"2026-01-01T00:00:00Z~{'9' * 90}"]
    )
    def test_a_cursor_of_ones_own_making_breaks_nothing(self, manager: Program, cursor: str) -> None:
        answer = manager.get("reports/speed/behind/", **YEAR, figure="received", cursor=cursor)
        assert answer.status_code in {200, 422}

    def test_there_is_no_other_figure(self, manager: Program) -> None:
        assert refused(manager.get("reports/speed/behind/", **YEAR, figure="secrets")) == (422, "invalid")
        no_cursor = manager.get("reports/speed/behind/", **YEAR, figure="received", cursor="zzz")
        assert "This is not a cursor" in no_cursor.content.decode()
        assert refused(manager.get("reports/speed/behind/", **YEAR)) == (422, "invalid")


class TestFront:
    def test_is_not_split(self, manager: Program) -> None:
        answer = manager.get("reports/front/", **YEAR, split="team")
        assert refused(answer) == (400, "bad_question")
        assert "not split" in answer.json()["detail"]

    def test_says_what_is_handled_and_what_is_open(self, stage: Stage, manager: Program) -> None:
        found = manager.get("reports/front/", **YEAR, compare="before").json()
        assert found["this"]["figures"]["received"] == 3
        assert found["before"]["figures"]["received"] == 0
        assert found["open"]["count"] == 3
        assert sum(each["ours"] + each["theirs"] for each in found["open"]["ages"]) == 3
        assert found["balance"] == {"at_start": 0, "came": 3, "went": 0, "at_end": 3, "holds": True}
        assert [(each["label"], each["count"]) for each in found["causes"]] == [("Delivery", 3)]
        links = [found["behind"]["received"], found["open"]["behind"]["open"], found["causes"][0]["behind"]]
        for link in links:
            path, asked = path_of(link["rows"])
            assert manager.get(path, **asked).json()["count"] == 3
            assert link["page"].startswith("http://testserver/reports/behind/?figure=")

    def test_refuses_what_it_cannot_filter(self, manager: Program) -> None:
        assert refused(manager.get("reports/front/", zone="Nowhere/At-all")) == (422, "unknown_zone")


class TestRuns:
    @pytest.fixture(autouse=True)
    def long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Any split that is not kept takes too long."""
        monkeypatch.setattr(answers, "SLOW_ROWS", 0)
        monkeypatch.setattr(engine, "is_quick", lambda _question: False)

    def test_a_long_report_is_counted_in_the_background(self, manager: Program) -> None:
        asked = YEAR | {"split": ["hour", "severity"]}
        assert refused(manager.get("reports/speed/", **asked)) == (409, "takes_too_long")
        assert ReportRun.objects.count() == 0
        started = manager.post("reports/speed/runs/", asked, Idempotency_Key="r-1")
        assert started.status_code == 202
        run = started.json()
        assert (run["status"], run["answer"]) == ("waiting", None)
        assert manager.post("reports/speed/runs/", asked, Idempotency_Key="r-1").json()["id"] == run["id"]
        waiting = manager.get("reports/speed/", **asked)
        assert (waiting.status_code, waiting.json()["id"]) == (202, run["id"])
        jobs.run_report(run_id=ReportRun.objects.get().pk)
        done = manager.get(path_of(run["url"])[0]).json()
        assert (done["status"], done["percent"], done["error"]) == ("done", 100, "")
        assert done["answer"]["sections"][0]["total"]["figures"]["received"] == 3
        assert manager.get("reports/speed/", **asked).json()["sections"] == done["answer"]["sections"]

    def test_is_there_for_whoever_started_it_and_called_off_by_them(self, stage: Stage, manager: Program) -> None:
        run = manager.post("reports/speed/runs/", YEAR).json()
        path = path_of(run["url"])[0]
        assert refused(Program(stage.auditor).get(path)) == (404, "not_found")
        assert refused(manager.get(path.replace("speed", "flow"))) == (404, "not_found")
        assert refused(Program(stage.auditor).post(f"{path}cancel/")) == (404, "not_found")
        assert manager.post(f"{path}cancel/").json()["status"] == "cancelled"
        assert manager.get(path).json()["status"] == "cancelled"

    def test_refuses_what_a_call_refuses(self, stage: Stage, manager: Program) -> None:
        assert refused(manager.post("reports/speed/runs/", {"zone": "x"})) == (422, "unknown_zone")
        assert refused(manager.post("reports/speed/runs/", {"splits": ["team"]})) == (400, "bad_question")
        assert refused(manager.post("reports/speed/runs/", {"split": "team"})) == (422, "invalid")
        auditor = Program(stage.auditor)
        assert refused(auditor.post("reports/speed/runs/", {"split": ["owner"]})) == (403, "split_not_allowed")
