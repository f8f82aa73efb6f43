"""Actions from beside the case: planned, proven, failed, waived."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from cases.models import Action, Kind
from cases.vocabulary import ActionStatus, Proof
from tests import approvals
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

    def test_asks_for_the_day_only_where_it_is_the_proof(self, stage: Stage, action: Action) -> None:
        client = signed_in(stage.agent)
        page = f"/actions/{action.public_id}/complete/"
        assert 'name="done_on"' not in text(client.get(page, headers=HTMX))
        Kind.objects.filter(pk=stage.refund.pk).update(proof=Proof.DATE)
        form = text(client.get(page, headers=HTMX))
        assert 'type="date"' in form
        assert "the day it took place" in text(client.get("/cases/BW-1/"))
        done = {"outcome": "The technician came", "amount": "60,00"}
        assert client.post(page, done).status_code == 422
        future = client.post(page, done | {"done_on": "2999-01-01"}, headers=HTMX)
        assert (future.status_code, "This day has not come yet" in text(future)) == (422, True)
        assert client.post(page, done | {"done_on": "2026-09-09"}).status_code == 302
        action.refresh_from_db()
        assert (action.status, action.proof_on) == (ActionStatus.DONE, date(2026, 9, 9))
        assert "took place" in text(client.get("/cases/BW-1/"))

    def test_shows_the_form_beside_the_whole_case_without_a_script(self, stage: Stage, action: Action) -> None:
        page = text(signed_in(stage.agent).get(f"/actions/{action.public_id}/complete/"))
        assert 'class="desk"' in page
        assert "It is done" in page


class TestMoves:
    def test_starts_fails_and_is_proposed_again(self, stage: Stage, action: Action) -> None:
        client = signed_in(stage.agent)
        Action.objects.update(amount=Decimal(60), currency="EUR")
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


class TestAuthority:
    @pytest.fixture(autouse=True)
    def limits(self, stage: Stage) -> None:
        approvals.limit(stage)

    def test_says_before_somebody_tries_who_decides(self, stage: Stage, action: Action) -> None:
        client = signed_in(stage.agent)
        assert "nothing to decide before the amount is said" in text(client.get("/cases/BW-1/"))
        Action.objects.update(amount=Decimal(80), currency="EUR")
        page = text(client.get("/cases/BW-1/"))
        assert "within your authority" in page
        assert "Decide it" in page
        Action.objects.update(amount=Decimal(180))
        page = text(client.get("/cases/BW-1/"))
        assert "needs Manager (limit 1,000\xa0€)" in page
        assert "Ask Manager …" in page
        assert f"/actions/{action.public_id}/start/" not in page

    def test_decides_or_asks_with_the_reason(self, stage: Stage, action: Action) -> None:
        client, url = signed_in(stage.agent), f"/actions/{action.public_id}/decide/"
        Action.objects.update(amount=Decimal(80), currency="EUR")
        assert "Decided." in text(client.post(url, follow=True))
        assert "decided by you" in text(client.get("/cases/BW-1/"))
        other = approvals.planned(stage, "180")
        page = text(client.get("/cases/BW-1/"))
        assert "waits for Manager" in page
        assert "todo-wait" in page
        signed_in(stage.manager).post(
            f"/approvals/{approvals.waiting(other).public_id}/refuse/", {"reason": "Twice already."}
        )
        page = text(client.get("/cases/BW-1/"))
        assert "refused by Manager:" in page
        assert "Twice already." in page
        assert "Propose again another way" in page
        client.post(f"/actions/{other.public_id}/again/")
        answer = client.post(f"/actions/{other.public_id}/decide/", {"reason": "Please"}, follow=True)
        assert "Manager is asked to approve it." in text(answer)
        assert approvals.waiting(other).reason == "Please"

    def test_planning_above_it_asks_at_once(self, stage: Stage, action: Action) -> None:
        client = signed_in(stage.agent)
        planned = {"kind": stage.refund.pk, "amount": "180", "reason": "Nine days late", "once": ONCE}
        assert "Manager is asked to approve it." in text(client.post("/cases/BW-1/actions/", planned, follow=True))
        nobody = planned | {"amount": "5000", "once": "6b1c1c1e-0000-4000-8000-000000000002"}
        answer = client.post("/cases/BW-1/actions/", nobody, headers=HTMX)
        assert answer.status_code == 422
        assert "Nobody at the brand may decide this" in text(answer)

    def test_says_while_typing_what_becomes_of_it(self, stage: Stage, action: Action) -> None:
        client, url = signed_in(stage.agent), f"/cases/BW-1/power/?kind={stage.refund.pk}&amount="
        assert "within your authority (limit 100\xa0€)" in text(client.get(url + "80"))
        assert "needs Manager (limit 1,000\xa0€), who is asked at once" in text(client.get(url + "180"))
        assert "nobody at the brand may decide this" in text(client.get(url + "5000"))
        for odd in ("", "0", "-1", "abc", "1e30", "0.001"):
            assert client.get(url + odd).status_code == 200
        assert client.get("/cases/BW-1/power/?kind=x").status_code == 200
        assert signed_in(stage.outsider).get(url).status_code == 404
        assert signed_in(stage.auditor).get(url).status_code == 403

    def test_asks_anew_when_the_amount_changes(self, stage: Stage, action: Action) -> None:
        made = approvals.planned(stage, "180")
        client, page = signed_in(stage.agent), f"/actions/{made.public_id}/change/"
        made.case.refresh_from_db()
        words = {"wording": "Goodwill refund", "amount": "190", "revision": made.case.revision, "reason": "More"}
        assert "Manager is asked to approve it." in text(client.post(page, words, follow=True))
        assert approvals.waiting(made).amount == Decimal(190)
