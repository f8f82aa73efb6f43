"""Calendars and deadline policies by the REST API, and exact answers to whoever wants to check."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from cases.models import Calendar, CalendarDay, Case, Deadline, Policy
from cases.vocabulary import Goal, Needs, Unit
from tests.api.calls import Program
from tests.people import Stage, set_stage
from tests.times import policy, working_hours

pytestmark = pytest.mark.django_db
NEW: dict[str, Any] = {
    "brand": "brindlewick",
    "name": "Paris",
    "zone": "Europe/Paris",
    "week": {"mon": [["09:00", "12:00"], ["14:00", "18:00"]], "fri": [["22:00", "24:00"]]},
    "country": "FR",
}


@pytest.fixture
def stage() -> Stage:
    return set_stage()


class TestCalendars:
    def test_are_made_read_and_changed(self, stage: Stage) -> None:
        program = Program(stage.admin)
        made = program.post("calendars/", NEW)
        assert (made.status_code, made.json()["is_default"], made.json()["revision"]) == (201, True, 1)
        path = f"calendars/{made.json()['id']}/"
        assert Program(stage.agent).get(path).json() == made.json()
        changed = program.patch(path, {"revision": 1, "name": "Head office"}).json()
        assert (changed["name"], changed["week"], changed["revision"], changed["moves"]) == (
            "Head office",
            NEW["week"],
            2,
            None,
        )
        refused = program.patch(path, {"revision": 1, "name": "Too late"})
        assert (refused.status_code, refused.json()["code"]) == (409, "changed_meanwhile")
        assert [each["name"] for each in program.get("calendars/").json()["results"]] == ["Head office"]
        assert Program(stage.outsider).get("calendars/").json()["results"] == []

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"week": {}}, "week"),
            ({"week": {"mon": [["09:00", "24:01"]]}}, "mon"),
            ({"week": {"mon": [["24:00", "24:00"]]}}, "mon"),
            ({"week": {"mon": [["17:00", "09:00"]]}}, "mon"),
            ({"week": {"mon": [["09:00", "17:00"], ["16:00", "18:00"]]}}, "mon"),
            ({"week": {"funday": [["09:00", "17:00"]]}}, "funday"),
            ({"zone": "Europe/Atlantis"}, "zone"),
            ({"country": "XX"}, "country"),
            ({"region": "Nowhere"}, "region"),
        ],
    )
    def test_what_cannot_be_is_refused_with_its_place(self, stage: Stage, change: dict[str, Any], field: str) -> None:
        refused = Program(stage.admin).post("calendars/", NEW | change)
        assert (refused.status_code, list(refused.json()["errors"])) == (422, [field])
        assert not Calendar.objects.exists()

    def test_single_days_are_put_and_taken_back(self, stage: Stage) -> None:
        row, program = working_hours(stage.brand), Program(stage.admin)
        path = f"calendars/{row.public_id}/days/"
        days = [{"day": "2026-12-24", "hours": [["09:00", "12:00"]]}, {"day": "2026-12-31", "is_closed": True}]
        kept = program.post(path, {"revision": 1, "days": days}).json()
        assert [(each["day"], each["is_closed"]) for each in kept["days"]] == [
            ("2026-12-24", False),
            ("2026-12-31", True),
        ]
        left = program.post(f"{path}remove/", {"revision": 2, "days": ["2026-12-24"]}).json()
        assert [each["day"] for each in left["days"]] == ["2026-12-31"]
        assert Program(stage.auditor).get(path).json()["days"] == left["days"]

    def test_one_can_be_the_brands_own_and_be_switched_off(self, stage: Stage) -> None:
        usual, night = working_hours(stage.brand), working_hours(stage.brand, name="Night", is_default=False)
        program = Program(stage.admin)
        assert program.post(f"calendars/{night.public_id}/default/", {"revision": 1}).json()["is_default"]
        assert not program.post(f"calendars/{usual.public_id}/retire/", {"revision": 1}).json()["is_active"]
        assert program.post(f"calendars/{usual.public_id}/restore/", {"revision": 2}).json()["is_active"]
        teams = program.post(f"calendars/{usual.public_id}/teams/", {"team": stage.team.pk})
        assert teams.json()["teams"] == [stage.team.pk]
        assert program.post(f"calendars/{usual.public_id}/teams/", {"team": 99_999_999}).status_code == 422
        gone = program.post(f"calendars/{usual.public_id}/teams/", {"team": stage.team.pk, "works_by_it": False})
        assert gone.json()["teams"] == []


class TestPreview:
    @pytest.fixture
    def calendar(self, stage: Stage) -> Calendar:
        """A calendar that an open deadline counts on, in a case that only managers open."""
        row = working_hours(stage.brand)
        policy(stage.brand, Goal.FINAL_ANSWER, amount=4000, unit=Unit.OPEN_HOUR)
        case = stage.case()
        Case.objects.filter(pk=case.pk).update(is_restricted=True)
        return row

    def test_says_what_moves_and_changes_nothing(self, stage: Stage, calendar: Calendar) -> None:
        due = Deadline.objects.get().due_at
        week = {"mon": [["09:00", "12:00"]]}
        asked = Program(stage.admin).patch(
            f"calendars/{calendar.public_id}/?preview=true", {"revision": 1, "week": week}
        )
        assert asked.status_code == 200
        moves = asked.json()["moves"]
        # Whoever may not open the case learns the number alone.
        assert (moves["count"], moves["first"], asked.json()["week"]) == (1, [], week)
        calendar.refresh_from_db()
        assert (calendar.revision, Deadline.objects.get().due_at) == (1, due)

    def test_of_days_and_teams(self, stage: Stage, calendar: Calendar) -> None:
        Case.objects.update(is_restricted=False)
        program, path = Program(stage.admin), f"calendars/{calendar.public_id}/"
        soon = (timezone.now() + timedelta(days=30)).date()
        days = [{"day": (soon + timedelta(days=n)).isoformat(), "is_closed": True} for n in range(7)]
        moves = program.post(f"{path}days/?preview=true", {"revision": 1, "days": days}).json()["moves"]
        assert (moves["count"], len(moves["first"]), moves["is_all"]) == (1, 1, True)
        assert moves["first"][0]["becomes"] > moves["first"][0]["was"]
        assert not CalendarDay.objects.exists()
        team = program.post(f"{path}teams/?preview=true", {"team": stage.team.pk})
        assert team.json()["moves"]["count"] == 0
        late = program.post(f"{path}days/?preview=true", {"revision": 7, "days": days})
        assert late.json()["code"] == "changed_meanwhile"


class TestAnswers:
    def ask(self, stage: Stage, question: str, row: Calendar | None = None, **asked: Any) -> Any:
        row = row or Calendar.objects.filter(brand=stage.brand).first() or working_hours(stage.brand)
        return Program(stage.agent).get(f"calendars/{row.public_id}/{question}/", **asked)

    def test_so_much_working_time_on(self, stage: Stage) -> None:
        asked = {"start": "2026-03-06T16:00:00+01:00", "amount": 4, "unit": "open_hour"}
        found = self.ask(stage, "add", **asked).json()
        assert (found["end"], found["local"]) == ("2026-03-09T10:00:00Z", "2026-03-09T11:00:00+01:00")
        assert [(day["day"], day["so_far"]) for day in found["counted"]] == [
            ("2026-03-06", 7200),
            ("2026-03-09", 14400),
        ]
        assert found["counted"][0]["open"] == [{"start": "2026-03-06T15:00:00Z", "end": "2026-03-06T17:00:00Z"}]

    def test_a_time_without_a_zone_is_that_of_the_calendar(self, stage: Stage) -> None:
        asked = {"amount": 4, "unit": "open_hour"}
        local = self.ask(stage, "add", start="2026-03-06T16:00", **asked).json()
        unescaped = self.ask(stage, "add", start="2026-03-06T16:00:00 01:00", **asked).json()
        assert local["end"] == unescaped["end"] == "2026-03-09T10:00:00Z"

    def test_working_days_say_which_days_do_not_count(self, stage: Stage) -> None:
        row = working_hours(stage.brand, country="FR")
        asked = {"start": "2026-05-07T10:00", "amount": 1, "unit": "working_day", "end_of_day": "true"}
        found = self.ask(stage, "add", row, **asked).json()
        assert found["local"] == "2026-05-11T18:00:00+02:00"
        said = {day["day"]: (day["counts"], day["why_not"]) for day in found["counted"]}
        assert said["2026-05-07"] == (False, "first_day")
        assert said["2026-05-09"] == (False, "closed")
        assert said["2026-05-11"] == (True, "")
        assert not said["2026-05-08"][0]
        assert said["2026-05-08"][1] not in {"", "closed"}

    def test_by_the_clock_there_is_nothing_to_tell(self, stage: Stage) -> None:
        found = self.ask(stage, "add", start="2026-12-31T10:00", amount=2, unit="month").json()
        assert (found["local"], found["counted"]) == ("2027-02-28T10:00:00+01:00", [])

    def test_back_and_very_far(self, stage: Stage) -> None:
        back = self.ask(stage, "add", start="2026-03-09T11:00", amount=-4, unit="open_hour").json()
        assert back["end"] == "2026-03-06T15:00:00Z"
        far = self.ask(stage, "add", start="2026-03-09T11:00", amount=5000, unit="working_day").json()
        assert (far["end"][:4], far["counted"]) == ("2045", None)

    def test_both_changes_of_the_clocks(self, stage: Stage) -> None:
        row = working_hours(stage.brand, week={"sun": [["00:00", "24:00"]]})
        short = self.ask(stage, "between", row, start="2026-03-29T00:00", end="2026-03-30T00:00").json()
        long = self.ask(stage, "between", row, start="2026-10-25T00:00", end="2026-10-26T00:00").json()
        assert (short["open_seconds"], long["open_seconds"]) == (23 * 3600, 25 * 3600)

    def test_the_time_between(self, stage: Stage) -> None:
        found = self.ask(stage, "between", start="2026-03-06T16:00", end="2026-03-09T11:00").json()
        assert (found["open_seconds"], found["working_days"], found["elapsed_seconds"]) == (14400, 2, 67 * 3600)
        assert [day["so_far"] for day in found["counted"]] == [7200, 14400]

    @pytest.mark.parametrize(
        ("question", "asked", "field"),
        [
            ("add", {}, "start"),
            ("add", {"start": "tomorrow", "amount": 1, "unit": "hour"}, "start"),
            ("add", {"start": "0001-01-01T00:00:00+14:00", "amount": 1, "unit": "hour"}, "start"),
            ("add", {"start": "2026-02-29T10:00", "amount": 1, "unit": "hour"}, "start"),
            ("add", {"start": "2026-03-09", "amount": "1.5", "unit": "hour"}, "amount"),
            ("add", {"start": "2026-03-09", "amount": 100_001, "unit": "hour"}, "amount"),
            ("add", {"start": "2026-03-09", "amount": 1, "unit": "fortnight"}, "unit"),
            ("add", {"start": "2026-03-09", "amount": 100_000, "unit": "month"}, "amount"),
            ("add", {"start": "2026-03-09", "amount": 100_000, "unit": "working_day"}, "amount"),
            ("between", {"start": "2026-03-09"}, "end"),
            ("between", {"start": "2026-03-09", "end": "2026-03-08"}, "end"),
            ("between", {"start": "2026-03-09", "end": "2056-03-08"}, "end"),
        ],
    )
    def test_a_bad_question_is_refused_clearly(
        self, stage: Stage, question: str, asked: dict[str, Any], field: str
    ) -> None:
        refused = self.ask(stage, question, **asked)
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_question")
        assert list(refused.json()["errors"]) == [field]

    def test_a_calendar_that_is_never_open_says_so(self, stage: Stage) -> None:
        row = working_hours(stage.brand, week={})
        asked = {"start": "2026-03-09", "amount": 1, "unit": "working_day"}
        refused = self.ask(stage, "add", row, **asked)
        assert (refused.status_code, refused.json()["detail"]) == (
            400,
            "This calendar is not open for years from then on.",
        )
        assert self.ask(stage, "between", row, start="2026-03-09", end="2026-03-10").json()["open_seconds"] == 0

    def test_strangers_find_nothing(self, stage: Stage) -> None:
        row = working_hours(stage.brand)
        path = f"calendars/{row.public_id}/add/"
        asked = {"start": "2026-03-09", "amount": 1, "unit": "hour"}
        assert Program(stage.outsider).get(path, **asked).status_code == 404


class TestPolicies:
    TERMS: dict[str, Any] = {
        "brand": "brindlewick",
        "name": {"en": "Final answer", "fr": "Réponse définitive"},
        "goal": "final_answer",
        "start": "received",
        "amount": 8,
        "unit": "week",
        "categories": ["delivery"],
        "severities": [3, 4],
        "extends": "notice",
        "extend_amount": 2,
        "extend_unit": "week",
    }

    def test_are_made_replaced_and_ended(self, stage: Stage) -> None:
        row, program = working_hours(stage.brand), Program(stage.admin)
        made = program.post("deadline-policies/", self.TERMS | {"calendar": str(row.public_id)})
        assert made.status_code == 201
        first = made.json()
        assert (first["categories"], first["severities"], first["calendar"]) == (
            ["delivery"],
            [3, 4],
            str(row.public_id),
        )
        second = program.post(f"deadline-policies/{first['id']}/replace/", {"amount": 6}).json()
        assert (second["amount"], second["categories"], second["replaces"]) == (6, ["delivery"], first["id"])
        assert program.get(f"deadline-policies/{first['id']}/").json()["replaced_by"] == second["id"]
        again = program.post(f"deadline-policies/{first['id']}/replace/", {"amount": 5})
        assert again.json()["code"] == "changed_meanwhile"
        assert program.post(f"deadline-policies/{second['id']}/end/").json()["ended_at"]
        assert program.get("deadline-policies/").json()["results"] == []
        assert len(program.get("deadline-policies/", ended="true").json()["results"]) == 2

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"categories": ["nothing"]}, "categories"),
            ({"calendar": str(UUID(int=1))}, "calendar"),
            ({"goal": "promise"}, "goal"),
            ({"goal": "reply"}, "start"),
            ({"amount": 0}, "amount"),
            ({"extend_amount": 0}, "extend_amount"),
            ({"name": {"fr": "Sans anglais"}}, "name"),
        ],
    )
    def test_nonsense_is_refused(self, stage: Stage, change: dict[str, Any], field: str) -> None:
        refused = Program(stage.admin).post("deadline-policies/", self.TERMS | change)
        assert (refused.status_code, list(refused.json()["errors"])) == (422, [field])
        assert not Policy.objects.exists()

    def test_packs_are_read_and_adopted_once(self, stage: Stage) -> None:
        program = Program(stage.admin)
        packs = {pack["code"]: pack for pack in program.get("deadline-policies/packs/").json()}
        assert packs["casedesk"]["policies"]
        adopted = program.post("deadline-policies/packs/casedesk/adopt/", {"brand": "brindlewick"})
        assert (adopted.status_code, len(adopted.json())) == (201, len(packs["casedesk"]["policies"]))
        again = program.post("deadline-policies/packs/casedesk/adopt/", {"brand": "brindlewick"})
        assert (again.status_code, list(again.json()["errors"])) == (422, ["pack"])
        assert program.post("deadline-policies/packs/none/adopt/", {"brand": "brindlewick"}).status_code == 404
        assert {each["extends"] for each in adopted.json()} <= set(Needs.values)

    def test_the_same_key_makes_one(self, stage: Stage) -> None:
        program = Program(stage.admin)
        first, second = (program.post("deadline-policies/", self.TERMS, Idempotency_Key="k") for _ in range(2))
        assert first.json() == second.json()
        assert Policy.objects.count() == 1
