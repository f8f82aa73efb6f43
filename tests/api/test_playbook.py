"""Kinds, teams and playbooks by the REST API."""

from __future__ import annotations

from typing import Any

import pytest

from cases.commands.playbook import LONGEST
from cases.models import Playbook, PlaybookVersion
from tests.api.calls import Program
from tests.people import Stage, set_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def number(stage: Stage) -> int:
    return Playbook.objects.get(category=stage.category).pk


class TestPlaybooks:
    NEW: dict[str, Any] = {
        "brand": "brindlewick",
        "category": "delivery",
        "severities": [4, 3],
        "wish": "money",
        "severity": 4,
        "actions": [
            {"kind": "refund", "amount": "25.00", "days": 2, "day_unit": "working"},
            {"kind": "apology", "required": False, "condition": "phone_known", "wording": {"en": "We call."}},
        ],
    }

    def test_is_drafted_made_live_and_retired(self, stage: Stage) -> None:
        program = Program(stage.admin)
        made = program.post("playbooks/", self.NEW)
        assert (made.status_code, made.json()["severities"], made.json()["wish"]) == (201, [3, 4], "money")
        draft = made.json()["versions"][0]
        assert (draft["status"], draft["severity"], draft["actions"][0]["amount"]) == ("draft", 4, "25.0000")
        assert draft["actions"][1]["condition"] == "phone_known"
        path = f"playbooks/{made.json()['id']}/"
        assert program.post(f"{path}live/", {}).json()["versions"][0]["status"] == "live"
        again = program.post(f"{path}draft/", {"actions": [{"kind": "apology"}]}).json()["versions"]
        assert [(each["number"], each["status"]) for each in again] == [(2, "draft"), (1, "live")]
        assert program.post(f"{path}retire/", {"draft": True}).json()["versions"][0]["status"] == "retired"
        assert program.post(f"{path}live/", {}).status_code == 422
        assert program.post("playbooks/", self.NEW).status_code == 422

    def test_a_gap_in_authority_is_named(self, stage: Stage) -> None:
        stage.brand.grants.update(ended_at="2026-01-01T00:00:00Z")
        program, path = Program(stage.admin), f"playbooks/{number(stage)}/"
        program.post(f"{path}draft/", {"actions": [{"kind": "refund"}]})
        refused = program.post(f"{path}live/", {})
        assert (refused.status_code, refused.json()["code"]) == (422, "nobody_may_decide")
        assert "Refund" in refused.content.decode()
        assert PlaybookVersion.objects.get(status="live").number == 1

    @pytest.mark.parametrize(
        "line",
        [
            {"kind": "nothing"},
            {"kind": "refund", "amount": "-1"},
            {"kind": "refund", "amount": "0"},
            {"kind": "refund", "amount": "0.001"},
            {"kind": "refund", "amount": "1e30"},
            {"kind": "refund", "days": LONGEST + 1},
            {"kind": "refund", "condition": "full_moon"},
            {"kind": "refund", "doer": "on_duty"},
            {"kind": "refund", "team": 999999},
        ],
    )
    def test_refuses_nonsense(self, stage: Stage, line: dict[str, Any]) -> None:
        answer = Program(stage.admin).post(f"playbooks/{number(stage)}/draft/", {"actions": [line]})
        assert answer.status_code == 422
        assert not PlaybookVersion.objects.filter(status="draft").exists()

    def test_is_tried_on_past_cases(self, stage: Stage) -> None:
        cases = [stage.case("p-1"), stage.case("p-2", author="ann")]
        program, path = Program(stage.admin), f"playbooks/{number(stage)}/"
        program.post(f"{path}draft/", {"actions": [{"kind": "apology"}, {"kind": "refund", "amount": "20"}]})
        first = program.get(f"{path}trial/?days=700&limit=1").json()
        assert (first["version"], first["cases"], first["brought"], first["lacking"]) == (2, 2, 4, 2)
        assert first["suggested"] == "40.0000"
        assert first["results"][0]["case"] == cases[1].reference
        assert (first["results"][0]["brought"], first["results"][0]["lacking"]) == (["apology", "refund"], ["apology"])
        second = program.get(first["next"].split("/api/v1/")[1]).json()
        assert [row["case"] for row in second["results"]] == [cases[0].reference]
        assert second["next"] is None
        assert Program(stage.agent).get(f"{path}trial/").status_code == 403


class TestKindsAndTeams:
    def test_a_kind_says_what_it_moves(self, stage: Stage) -> None:
        program = Program(stage.admin)
        given = {
            "brand": "brindlewick",
            "code": "gift",
            "label": {"en": "Gift"},
            "has_amount": True,
            "has_goods": True,
            "day_unit": "working",
            "ask_again_days": 21,
            "two_people_above": "500.00",
        }
        made = program.post("kinds/", given)
        assert made.status_code == 201
        assert (made.json()["day_unit"], made.json()["two_people_above"], made.json()["target"]) == (
            "working",
            "500.0000",
            None,
        )
        changed = program.patch(f"kinds/{made.json()['id']}/", {"ask_again_days": None}).json()
        assert (changed["ask_again_days"], changed["has_goods"], changed["label"]) == (None, True, {"en": "Gift"})
        assert program.patch(f"kinds/{made.json()['id']}/", {"target": "Nowhere"}).status_code == 422

    def test_a_team_says_who_is_on_duty(self, stage: Stage) -> None:
        program, path = Program(stage.admin), f"teams/{stage.team.pk}/"
        assert program.patch(path, {"on_duty": "colleague"}).json()["on_duty"] == "colleague"
        assert program.patch(path, {"name": "Vans"}).json()["on_duty"] == "colleague"
        assert program.patch(path, {"on_duty": "auditor"}).status_code == 422
        assert program.patch(path, {"on_duty": None}).json()["on_duty"] is None


class TestTheWish:
    def test_is_said_at_triage_and_changed_later(self, stage: Stage) -> None:
        program, post = Program(stage.agent), stage.post("p-9")
        told = program.post(f"posts/{post.public_id}/triage/", {"kind": "complaint", "wish": "money"})
        assert told.status_code == 200
        path = f"cases/{told.json()['case']}/"
        assert program.get(path).json()["wish"] == "money"
        assert program.patch(path, {"wish": "apology"}).status_code == 200
        assert program.get(path).json()["wish"] == "apology"
        assert program.patch(path, {"severity": 4}).status_code == 200
        assert program.get(path).json()["wish"] == "apology"
        assert program.patch(path, {"wish": "gold"}).status_code == 422
