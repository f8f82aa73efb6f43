"""Points, parts, regimes and causes through the API."""

from __future__ import annotations

from typing import Any

import pytest

from cases.commands import invitation
from cases.models import Answer, Cause, Regime
from cases.rules import regimes
from tests.api.calls import Program
from tests.desk import claimed, ready, taken
from tests.people import AT, Stage, actor, set_stage

RECOURSE = {"en": "Write to the ombudsman, 1 High Street."}
REGIME = "brands/brindlewick/regime/"


@pytest.fixture
def stage(db: None) -> Stage:
    return set_stage()


def reachable(stage: Stage) -> None:
    invitation.confirm(thread_id=claimed(stage, taken(stage)).pk, at=AT, actor=actor(stage.agent))


def body(answer: Any) -> Any:
    return answer.json()


class TestDecision:
    def test_keeps_points_and_shows_them(self, stage: Stage) -> None:
        taken(stage)
        program = Program(stage.agent)
        points = [
            {"raised": "Too late", "outcome": "upheld", "reason": "The van"},
            {"raised": "Rude", "outcome": "rejected", "reason": "The call"},
        ]
        given = {"outcome": "partly_upheld", "reason": "Half", "points": points}
        first = program.post("cases/BW-1/decision/", given, Idempotency_Key="d-1")
        assert first.status_code == 201
        assert body(first)["points"] == points
        assert body(program.post("cases/BW-1/decision/", given, Idempotency_Key="d-1")) == body(first)
        assert body(program.get("cases/BW-1/"))["decision"]["points"] == points

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"outcome": "upheld", "points": [{"raised": "x", "outcome": "rejected", "reason": "y"}]}, "outcome"),
            ({"outcome": "upheld", "points": [{"raised": "x", "outcome": "upheld", "reason": ""}]}, "points"),
            ({"outcome": "upheld", "points": [{"raised": "x", "outcome": "perhaps", "reason": "y"}]}, "points"),
            ({"outcome": "upheld", "points": [{"raised": "x", "outcome": "upheld", "reason": "y"}] * 51}, "points"),
            ({"outcome": "upheld", "points": "x"}, "points"),
        ],
    )
    def test_refuses_points_that_do_not_fit(self, stage: Stage, given: Any, field: str) -> None:
        taken(stage)
        answer = Program(stage.agent).post("cases/BW-1/decision/", {"reason": "Ours", **given})
        assert answer.status_code == 422
        assert field in body(answer)["errors"]


class TestRegime:
    def test_is_read_set_changed_and_removed(self, stage: Stage) -> None:
        program, agent = Program(stage.admin), Program(stage.agent)
        assert body(agent.get(REGIME))["demands"] == []
        first = program.patch(REGIME, {"pack": "fr-acpr", "recourse": RECOURSE})
        assert first.status_code == 200
        assert body(first)["demands"] == ["decision", "reasons", "remedy", "recourse"]
        changed = body(program.patch(REGIME, {"name": "Ours", "opening": {"en": "Stage [[1 or 2]]."}}))
        assert (changed["name"], changed["recourse"], changed["opening"]) == (
            "Ours",
            RECOURSE,
            {"en": "Stage [[1 or 2]]."},
        )
        assert body(program.post(f"{REGIME}remove/"))["name"] == ""
        assert not Regime.objects.exists()

    @pytest.mark.parametrize("pack", [pack.code for pack in regimes.PACKS])
    def test_is_refused_with_what_is_to_be_filled_in(self, stage: Stage, pack: str) -> None:
        answer = Program(stage.admin).patch(REGIME, {"pack": pack})
        assert answer.status_code == 422
        assert "address" in body(answer)["errors"]["recourse"][0]

    def test_refuses_a_beginning_from_nothing(self, stage: Stage) -> None:
        assert Program(stage.admin).patch(REGIME, {}).status_code == 422
        assert Program(stage.admin).patch(REGIME, {"demands": ["apology"]}).status_code == 422

    def test_has_packs_to_begin_with(self, stage: Stage) -> None:
        assert [each["code"] for each in body(Program(stage.agent).get("regimes/"))] == [p.code for p in regimes.PACKS]


class TestFinalAnswer:
    def test_is_refused_with_the_parts_that_are_missing_and_then_goes(self, stage: Stage) -> None:
        reachable(stage)
        Program(stage.admin).patch(REGIME, {"name": "Ours", "demands": ["decision", "reasons"], "recourse": RECOURSE})
        program = Program(stage.agent)
        program.post("cases/BW-1/decision/", {"outcome": "rejected", "reason": "On time"})
        refused = program.post("cases/BW-1/final-answer/", {"text": "No."})
        assert (refused.status_code, body(refused)["code"]) == (422, "answer_incomplete")
        assert set(body(refused)["errors"]) == {"parts.decision", "parts.reasons", "parts.recourse"}
        assert not Answer.objects.exists()
        parts = {"decision": "No.", "reasons": "It was on time.", "recourse": "The ombudsman."}
        sent = program.post("cases/BW-1/final-answer/", {"parts": parts}, Idempotency_Key="a-1")
        assert sent.status_code == 201
        assert body(sent)["parts"] == list(parts)
        assert body(sent)["regime"] == "Ours"
        assert body(sent)["text"] == "No.\n\nIt was on time.\n\nThe ombudsman."
        again = program.post("cases/BW-1/final-answer/", {"parts": parts}, Idempotency_Key="a-1")
        assert body(again) == body(sent)

    def test_is_one_text_without_a_regime(self, stage: Stage) -> None:
        reachable(stage)
        program = Program(stage.agent)
        program.post("cases/BW-1/decision/", {"outcome": "upheld", "reason": "Ours"})
        assert program.post("cases/BW-1/final-answer/", {}).status_code == 422
        sent = program.post("cases/BW-1/final-answer/", {"text": "You were right."})
        assert (sent.status_code, body(sent)["parts"]) == (201, [])

    def test_refuses_parts_that_are_none(self, stage: Stage) -> None:
        reachable(stage)
        program = Program(stage.agent)
        program.post("cases/BW-1/decision/", {"outcome": "upheld", "reason": "Ours"})
        for parts in ({"apology": "Sorry"}, "Sorry", {"decision": ["x"]}):
            assert program.post("cases/BW-1/final-answer/", {"parts": parts}).status_code == 422


class TestCauses:
    def test_are_added_changed_and_listed(self, stage: Stage) -> None:
        program = Program(stage.admin)
        top = body(program.post("causes/", {"brand": "brindlewick", "code": "delivery", "label": {"en": "Delivery"}}))
        low = program.post(
            "causes/", {"brand": "brindlewick", "code": "late", "label": {"en": "Late"}, "parent": top["id"]}
        )
        assert low.status_code == 201
        found = body(program.get("causes/"))["results"]
        assert [(each["code"], each["parent"]) for each in found] == [("delivery", None), ("late", top["id"])]
        circle = program.patch(f"causes/{top['id']}/", {"parent": body(low)["id"]})
        assert (circle.status_code, list(body(circle)["errors"])) == (422, ["parent"])
        assert body(program.patch(f"causes/{body(low)['id']}/", {"parent": None, "is_active": False}))["parent"] is None

    def test_are_named_with_handled_and_changed_afterwards(self, stage: Stage) -> None:
        case = taken(stage)
        for code in ("late", "lost"):
            Cause.objects.create(brand=stage.brand, code=code, label={"en": code})
        ready(stage, case)
        program = Program(stage.agent)
        assert program.post("cases/BW-1/handle/", {"cause": "nothing"}).status_code == 422
        handled = body(program.post("cases/BW-1/handle/", {"cause": "late", "prevention": "A second van"}))
        assert (handled["status"], handled["cause"], handled["prevention"]) == ("handled", "late", "A second van")
        changed = program.post("cases/BW-1/cause/", {"cause": "lost"})
        assert body(changed) == {"cause": "lost", "label": {"en": "lost"}, "prevention": None}
        assert body(program.get("cases/BW-1/cause/")) == body(changed)
        assert body(program.post("cases/BW-1/cause/", {}))["cause"] is None
        assert Program(stage.auditor).post("cases/BW-1/cause/", {"cause": "late"}).status_code == 403
        assert Program(stage.outsider).get("cases/BW-1/cause/").status_code == 404
