"""The power to decide, for programs: grants, limits, absences, rates, waivers; and what each refusal says."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from cases.commands import action
from cases.models import Action, Grant
from tests.api.calls import Program
from tests.desk import taken
from tests.people import Stage, actor, set_stage

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def _grant(**changes: object) -> dict[str, object]:
    first = {"brand": "brindlewick", "person": "agent", "kinds": ["refund"], "per_action": "80", "budget_each": "400"}
    return {**first, "window": "day", **changes}


def _send(program: Program, path: str, body: dict[str, Any], status: int) -> Any:
    answer = program.send("POST", path, body)
    assert answer.status_code == status, answer.content
    return answer.json()


class TestGrants:
    def test_is_given_read_replaced_and_ended(self, stage: Stage) -> None:
        admin = Program(stage.admin)
        given = _send(admin, "grants/", _grant(reason="Strike"), 201)
        assert (given["person"], given["kinds"], given["per_action"]) == ("agent", ["refund"], "80.0000")
        assert (given["used"], given["given_by"], given["ended_at"]) == ("0.0000", "admin", None)
        assert admin.get(f"grants/{given['id']}/").json() == given
        new = _send(admin, f"grants/{given['id']}/replace/", {"per_action": "150"}, 201)
        assert (new["replaces"], new["per_action"], new["budget_each"]) == (given["id"], "150.0000", "400.0000")
        assert _send(admin, f"grants/{new['id']}/end/", {}, 200)["ended_at"]
        assert {each["id"] for each in admin.get("grants/?ended=true").json()["results"]} == {given["id"], new["id"]}
        assert not {given["id"], new["id"]} & {each["id"] for each in admin.get("grants/").json()["results"]}

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("per_action", "-1"),
            ("per_action", "0"),
            ("per_action", "0.001"),
            ("per_action", "1e30"),
            ("budget_each", "1e30"),
            ("currency", "EUX"),
            ("kinds", ["nothing"]),
            ("category", "nothing"),
            ("person", "outsider"),
            ("window", "year"),
            ("ends_on", "2020-01-01"),
        ],
    )
    def test_nonsense_is_refused_by_its_field(self, stage: Stage, field: str, value: object) -> None:
        before = Grant.objects.count()
        refusal = _send(Program(stage.admin), "grants/", _grant(**{field: value}), 422)
        assert field in refusal["errors"]
        assert Grant.objects.count() == before

    def test_says_why_a_manager_cannot_give_it(self, stage: Stage) -> None:
        Grant.objects.filter(brand=stage.brand).update(ended_at=timezone.now())
        Grant.objects.create(brand=stage.brand, role="manager", currency="EUR", per_action=500)
        manager = Program(stage.manager)
        assert _send(manager, "grants/", _grant(per_action="501", budget_each=None), 403)["code"] == "above_authority"
        assert _send(manager, "grants/", _grant(person="manager"), 403)["code"] == "self_grant"

    def test_a_repeat_gives_it_once(self, stage: Stage) -> None:
        admin = Program(stage.admin)
        first, again = (admin.post("grants/", _grant(), Idempotency_Key="g-1") for _twice in range(2))
        assert (first.status_code, again.json()) == (201, first.json())
        assert Grant.objects.filter(person=stage.agent).count() == 1


class TestLimits:
    def test_says_what_somebody_may_decide_and_what_is_left(self, stage: Stage) -> None:
        Grant.objects.filter(brand=stage.brand, role="agent").update(ended_at=timezone.now())
        _send(Program(stage.admin), "grants/", _grant(), 201)
        case = taken(stage)
        action.add_action(
            case_id=case.pk, kind_id=stage.refund.pk, amount=Decimal(30), at=timezone.now(), actor=actor(stage.agent)
        )
        mine = Program(stage.agent).get("authority/").json()
        [limit] = mine["limits"]
        assert (mine["user"], limit["holder"], limit["used_by_holder"], limit["left"]) == (
            "agent",
            "agent",
            "30.0000",
            "370.0000",
        )
        assert Program(stage.manager).get("authority/?user=agent").json() == mine
        assert Program(stage.agent).get("authority/?user=manager").status_code == 403
        assert Program(stage.outsider).get("authority/?user=agent").status_code == 404

    def test_a_deputy_has_the_absent_persons_too(self, stage: Stage) -> None:
        day = TODAY().isoformat()
        mine = {"brand": "brindlewick", "deputy": "colleague", "starts_on": day, "ends_on": day}
        noted = _send(Program(stage.agent), "absences/", mine, 201)
        assert (noted["person"], noted["deputy"], noted["noted_by"]) == ("agent", "colleague", "agent")
        holders = {limit["holder"] for limit in Program(stage.colleague).get("authority/").json()["limits"]}
        assert holders == {"agent", "colleague"}
        assert Program(stage.manager).get("absences/").json()["results"] == [noted]
        assert _send(Program(stage.agent), f"absences/{noted['id']}/end/", {}, 200)["ended_at"]
        assert _send(Program(stage.agent), "absences/", {**mine, "deputy": "agent"}, 422)["errors"]["deputy"]
        wrong = {**mine, "ends_on": (TODAY() - timedelta(days=1)).isoformat()}
        assert _send(Program(stage.agent), "absences/", wrong, 422)["errors"]["ends_on"]


class TestLedger:
    def test_rates_are_set_by_admins(self, stage: Stage) -> None:
        sent = {"brand": "brindlewick", "currency": "USD", "into": "EUR", "rate": "0.92", "starts_on": "2026-01-01"}
        assert _send(Program(stage.admin), "rates/", sent, 201)["rate"] == "0.92000000"
        assert _send(Program(stage.manager), "rates/", sent, 403)["code"] == "not_allowed"
        for rate in ("0", "-1", "1e30"):
            assert _send(Program(stage.admin), "rates/", {**sent, "rate": rate}, 422)["errors"]["rate"]
        assert len(Program(stage.auditor).get("rates/").json()["results"]) == 1

    def test_every_waiver_is_told_to_who_sees_its_case(self, stage: Stage) -> None:
        case = taken(stage)
        first = Action.objects.filter(case=case).earliest("pk")
        action.waive_action(action_id=first.pk, reason="They want none.", at=timezone.now(), actor=actor(stage.manager))
        [line] = Program(stage.auditor).get("waivers/").json()["results"]
        assert (line["case"], line["kind"], line["by"], line["reason"]) == (
            case.reference,
            "refund",
            "manager",
            "They want none.",
        )
        assert Program(stage.outsider).get("waivers/").json()["results"] == []
