"""Programs decide, ask for approval and answer requests."""

from __future__ import annotations

from typing import Any

import pytest

from cases.models import Action, Approval, Case, Kind
from tests.api.calls import Program
from tests.approvals import limit, planned, taken, waiting
from tests.people import Stage, set_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    stage = set_stage()
    limit(stage)
    taken(stage)
    return stage


def plan(stage: Stage, amount: str, **more: Any) -> Any:
    body = {"kind": "refund", "amount": amount, "reason": "Nine days late", **more}
    return Program(stage.agent).post("cases/BW-1/actions/", body)


def test_what_is_within_ones_authority_is_decided_at_once(stage: Stage) -> None:
    answer = plan(stage, "80")
    assert answer.status_code == 201
    made = answer.json()
    assert (made["status"], made["decided_by"], made["approval"]) == ("proposed", "agent", None)


def test_what_is_above_it_is_asked_at_once(stage: Stage) -> None:
    answer = plan(stage, "180")
    assert answer.status_code == 202
    made = answer.json()
    request = Approval.objects.get()
    assert (made["status"], made["decided_by"], made["approval"]) == ("awaiting_approval", None, str(request.public_id))
    told = Program(stage.manager).get(f"approvals/{request.public_id}/").json()
    assert (float(told["amount"]), told["reason"], told["requested_by"]) == (180, "Nine days late", "agent")
    assert [one["person"] for one in told["asked"]] == ["manager"]
    assert len(told["summary"]) == 5


def test_the_same_key_again_gives_the_same_answer(stage: Stage) -> None:
    body = {"kind": "refund", "amount": "180"}
    program = Program(stage.agent)
    first, again = (program.post("cases/BW-1/actions/", body, Idempotency_Key="k1") for _ in range(2))
    assert (first.status_code, again.status_code, first.json()) == (202, 202, again.json())
    assert Approval.objects.count() == 1


def test_nobody_who_may_decide_is_refused(stage: Stage) -> None:
    answer = plan(stage, "5000")
    assert (answer.status_code, answer.json()["code"]) == (422, "nobody_may_decide")
    assert "5,000.00\N{NO-BREAK SPACE}€" in answer.json()["detail"]
    answer = plan(stage, "5", currency="USD")
    assert (answer.status_code, answer.json()["code"]) == (422, "no_rate")
    Kind.objects.filter(code="refund").update(two_people_above=500)
    answer = plan(stage, "5", currency="USD")
    assert (answer.status_code, answer.json()["code"]) == (422, "no_rate")
    assert Action.objects.count() == 1


def test_lists_by_whom_they_concern(stage: Stage) -> None:
    planned(stage)
    for person, view, count in (
        (stage.manager, "me", 1),
        (stage.agent, "asked", 1),
        (stage.agent, "me", 0),
        (stage.colleague, "others", 0),
        (stage.colleague, "answered", 0),
    ):
        assert len(Program(person).get("approvals/", view=view).json()["results"]) == count
    assert len(Program(stage.auditor).get("approvals/").json()["results"]) == 1
    assert Program(stage.outsider).get("approvals/").json()["results"] == []
    assert Program(stage.agent).get("approvals/", view="odd").status_code == 422


def test_pages_newest_first(stage: Stage) -> None:
    for amount in ("150", "160", "170"):
        planned(stage, amount)
    first = Program(stage.manager).get("approvals/", limit=2).json()
    assert [float(one["amount"]) for one in first["results"]] == [170, 160]
    cursor = first["next"].split("cursor=")[1].split("&")[0]
    rest = Program(stage.manager).get("approvals/", limit=2, cursor=cursor).json()
    assert ([float(one["amount"]) for one in rest["results"]], rest["next"]) == ([150], None)


def test_is_approved_refused_returned_and_withdrawn(stage: Stage) -> None:
    manager, agent = Program(stage.manager), Program(stage.agent)
    answers = [
        (manager, "approve/", {"words": "Do it"}, "granted"),
        (manager, "refuse/", {"reason": "No"}, "refused"),
        (manager, "return/", {"reason": "Less", "amount": "90"}, "returned"),
        (agent, "withdraw/", None, "withdrawn"),
    ]
    for program, path, body, status in answers:
        request = waiting(planned(stage))
        answer = program.post(f"approvals/{request.public_id}/{path}", body)
        assert (answer.status_code, answer.json()["status"]) == (200, status)
        void = manager.post(f"approvals/{request.public_id}/approve/")
        assert (void.status_code, void.json()["code"]) == (409, "approval_void")


def test_refusals_say_why(stage: Stage) -> None:
    request = waiting(planned(stage))
    mine = Program(stage.agent).post(f"approvals/{request.public_id}/approve/")
    assert (mine.status_code, mine.json()["code"]) == (403, "self_approval")
    above = Program(stage.colleague).post(f"approvals/{request.public_id}/approve/")
    assert (above.status_code, above.json()["code"]) == (403, "above_authority")
    assert Program(stage.manager).post(f"approvals/{request.public_id}/pass-on/").status_code == 422
    assert Program(stage.manager).post(f"approvals/{request.public_id}/refuse/", {}).status_code == 422


def test_what_a_playbook_brought_is_decided_or_asked_for(stage: Stage) -> None:
    brought = Case.objects.get().actions.get()
    program, path = Program(stage.agent), f"actions/{brought.public_id}/"
    assert program.post(f"{path}request/").status_code == 422
    Action.objects.update(amount=80, currency="EUR")
    assert program.post(f"{path}request/").json()["decided_by"] == "agent"
    answer = program.patch(path, {"amount": "180", "reason": "More"})
    assert (answer.status_code, answer.json()["status"]) == (202, "awaiting_approval")
    start = program.post(f"{path}start/")
    assert (start.status_code, start.json()["code"]) == (403, "above_authority")
