"""Actions from beside the case: planned, proven, failed, waived."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from cases.models import Action
from cases.vocabulary import ActionStatus
from tests.desk import HTMX, signed_in, taken
from tests.people import Stage, set_stage

pytestmark = pytest.mark.django_db
ONCE = "6b1c1c1e-0000-4000-8000-000000000001"


@pytest.fixture
def stage() -> Stage:
    return set_stage()


@pytest.fixture
def action(stage: Stage) -> Action:
    taken(stage)
    return Action.objects.get()


def text(answer: Any) -> str:
    return str(answer.content.decode())


class TestAdd:
    def test_plans_once_however_often_the_form_is_posted(self, stage: Stage, action: Action) -> None:
        client = signed_in(stage.agent)
        planned = {
            "kind": stage.refund.pk,
            "wording": "Goodwill",
            "amount": "1,180.00",
            "due_on": "2026-12-24",
            "owner": stage.colleague.pk,
            "is_required": "on",
            "once": ONCE,
        }
        for _ in range(2):
            assert client.post("/cases/BW-1/actions/", planned).status_code == 302
        made = Action.objects.exclude(pk=action.pk).get()
        assert (made.amount, made.owner, made.is_required) == (Decimal("1180"), stage.colleague, True)
        assert "Goodwill" in text(client.get("/cases/BW-1/"))

    def test_says_what_is_wrong_beside_the_field(self, stage: Stage, action: Action) -> None:
        client = signed_in(stage.agent)
        wrong = {"kind": stage.apology.pk, "amount": "12", "once": ONCE}
        answer = client.post("/cases/BW-1/actions/", wrong, headers=HTMX)
        assert answer.status_code == 422
        assert "An action of this kind has no amount." in text(answer)
        assert 'value="12"' in text(answer)
        assert client.post("/cases/BW-1/actions/", wrong | {"amount": "minus"}).status_code == 422


class TestComplete:
    def test_asks_for_the_proof_its_kind_demands(self, stage: Stage, action: Action) -> None:
        client = signed_in(stage.agent)
        page = f"/actions/{action.public_id}/complete/"
        form = text(client.get(page, headers=HTMX))
        assert 'name="amount"' in form
        assert 'name="reference"' in form
        assert client.post(page, {"outcome": "Paid"}).status_code == 422
        done = {"outcome": "Paid", "reference": "RF-1", "amount": "60,00"}
        assert client.post(page, done).status_code == 302
        action.refresh_from_db()
        assert (action.status, action.proof_amount) == (ActionStatus.DONE, Decimal("60"))
        assert "RF-1" in text(client.get("/cases/BW-1/"))

    def test_shows_the_form_beside_the_whole_case_without_a_script(self, stage: Stage, action: Action) -> None:
        page = text(signed_in(stage.agent).get(f"/actions/{action.public_id}/complete/"))
        assert 'class="desk"' in page
        assert "It is done" in page


class TestMoves:
    def test_starts_fails_and_is_proposed_again(self, stage: Stage, action: Action) -> None:
        client = signed_in(stage.agent)
        client.post(f"/actions/{action.public_id}/start/")
        assert client.post(f"/actions/{action.public_id}/fail/", {"reason": ""}).status_code == 422
        client.post(f"/actions/{action.public_id}/fail/", {"reason": "Card expired"})
        assert "Card expired" in text(client.get("/cases/BW-1/"))
        client.post(f"/actions/{action.public_id}/again/")
        action.refresh_from_db()
        assert action.status == ActionStatus.PROPOSED

    def test_changes_what_is_planned_and_not_what_a_colleague_changed(self, stage: Stage, action: Action) -> None:
        client = signed_in(stage.agent)
        page = f"/actions/{action.public_id}/change/"
        words = {"wording": "Refund the delivery", "amount": "20", "due_on": "", "owner": "", "team": ""}
        revision = action.case.revision
        assert client.post(page, words | {"revision": revision}).status_code == 302
        stale = client.post(page, words | {"revision": revision, "wording": "Mine"})
        assert stale.status_code == 422
        action.refresh_from_db()
        assert action.wording == "Refund the delivery"

    def test_is_waived_by_managers_only(self, stage: Stage, action: Action) -> None:
        page = f"/actions/{action.public_id}/waive/"
        agent = signed_in(stage.agent)
        assert agent.get(page).status_code == 403
        assert agent.post(page, {"reason": "No need"}).status_code == 403
        assert page not in text(agent.get("/cases/BW-1/"))
        manager = signed_in(stage.manager)
        assert manager.post(page, {"reason": ""}).status_code == 422
        assert manager.post(page, {"reason": "They kept the sofa"}).status_code == 302
        assert "They kept the sofa" in text(manager.get("/cases/BW-1/"))

    @pytest.mark.parametrize("path", ["start", "complete", "change", "fail", "again", "waive"])
    def test_is_nothing_to_strangers(self, stage: Stage, action: Action, path: str) -> None:
        words = {"reason": "x", "outcome": "x"}
        assert signed_in(stage.outsider).post(f"/actions/{action.public_id}/{path}/", words).status_code == 404
        action.refresh_from_db()
        assert action.status == ActionStatus.PROPOSED
