"""The set-up pages of playbooks: listed, drafted, compared, tried, made live."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from cases.models import Case, Grant, Playbook, PlaybookVersion, User
from cases.vocabulary import VersionStatus
from tests.people import Stage, set_stage

pytestmark = pytest.mark.django_db
BASE = "/settings/brands/brindlewick/playbooks/"


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def rows(stage: Stage, **more: Any) -> dict[str, Any]:
    """A draft that brings an apology, and a refund as an offer."""
    return {
        "severity": "3",
        "line-TOTAL_FORMS": "3",
        "line-INITIAL_FORMS": "0",
        "line-0-kind": stage.apology.pk,
        "line-0-is_required": "on",
        "line-0-condition": "phone_known",
        "line-0-doer": "on_duty",
        "line-0-team": stage.team.pk,
        "line-0-days": "2",
        "line-0-day_unit": "working",
        "line-0-wording_en": "We apologise by telephone.",
        "line-1-kind": stage.refund.pk,
        "line-1-amount": "1 180,50",
        "line-2-kind": "",
        **more,
    }


def one(stage: Stage) -> str:
    return f"{BASE}{Playbook.objects.get(category=stage.category).pk}/"


class TestPlaybooks:
    def test_are_listed_with_what_they_bring(self, stage: Stage) -> None:
        shown = signed_in(stage.admin).get(BASE).content.decode()
        assert "Delivery" in shown
        assert "Refund" in shown
        assert "No playbook yet" in signed_in(stage.admin).get(f"{BASE}?category=none").content.decode()

    @pytest.mark.parametrize("after", ["x", "-1", "9" * 30, "²"])
    def test_a_key_that_is_none_shows_the_beginning(self, stage: Stage, after: str) -> None:
        assert "Refund" in signed_in(stage.admin).get(BASE, {"after": after}).content.decode()

    def test_a_new_one_leads_to_its_draft_and_stands_once(self, stage: Stage) -> None:
        client, match = (
            signed_in(stage.admin),
            {"category": stage.category.pk, "severities": ["3", "4"], "wish": "money"},
        )
        answer = client.post(f"{BASE}+/", match)
        made = Playbook.objects.get(wish="money")
        assert answer.headers["Location"] == f"{BASE}{made.pk}/draft/"
        assert client.post(f"{BASE}+/", match).status_code == 422
        assert client.post(f"{BASE}+/", {"severities": ["9"]}).status_code == 422

    @pytest.mark.parametrize(("who", "status"), [("manager", 403), ("agent", 403), ("outsider", 404)])
    def test_are_for_who_sets_the_brand_up(self, stage: Stage, who: str, status: int) -> None:
        client, playbook = signed_in(getattr(stage, who)), one(stage)
        for path in (BASE, playbook, f"{playbook}draft/", f"{playbook}trial/"):
            assert client.get(path).status_code == status
        assert client.post(f"{playbook}retire/").status_code == status
        assert PlaybookVersion.objects.get().status == VersionStatus.LIVE


class TestADraft:
    def test_is_compared_in_sentences_and_shows_which_cases_would_change(self, stage: Stage) -> None:
        opened, client = stage.case(), signed_in(stage.admin)
        assert client.post(f"{one(stage)}draft/", rows(stage)).headers["Location"] == one(stage)
        shown = client.get(one(stage)).content.decode()
        for words in (
            "Adds “Apology”, required · 2 working days · whoever is on duty in Delivery · only if a telephone number",
            "“Refund” becomes optional.",
            "“Refund”: 1,180.50",
            "instead of no amount suggested.",
        ):
            assert words in shown
        assert "The actions come in another order." not in shown
        assert opened.reference not in shown
        Case.objects.filter(pk=opened.pk).update(playbook_version=None)
        opened.complainant.phone = "0612345678"
        opened.complainant.save()
        assert opened.reference in client.get(one(stage)).content.decode()

    def test_keeps_what_was_written_when_a_row_is_wrong(self, stage: Stage) -> None:
        answer = signed_in(stage.admin).post(
            f"{one(stage)}draft/", rows(stage, **{"line-1-amount": "-5", "line-0-days": "-1"})
        )
        assert answer.status_code == 422
        assert "We apologise by telephone." in answer.content.decode()
        assert not PlaybookVersion.objects.filter(status=VersionStatus.DRAFT).exists()

    def test_goes_live_and_the_old_one_is_retired(self, stage: Stage) -> None:
        client = signed_in(stage.admin)
        client.post(f"{one(stage)}draft/", rows(stage))
        assert client.post(f"{one(stage)}live/", follow=True).status_code == 200
        assert dict(PlaybookVersion.objects.values_list("number", "status")) == {1: "retired", 2: "live"}
        assert "There is no draft." in client.post(f"{one(stage)}live/", follow=True).content.decode()

    def test_names_the_gap_and_does_not_go_live(self, stage: Stage) -> None:
        client = signed_in(stage.admin)
        client.post(f"{one(stage)}draft/", rows(stage))
        Grant.objects.update(ended_at="2026-01-01T00:00:00Z")
        assert "Nobody at the brand may decide:" in client.get(one(stage)).content.decode()
        shown = client.post(f"{one(stage)}live/", follow=True).content.decode()
        assert "Nobody at the brand may decide this: Apology." in shown
        assert PlaybookVersion.objects.get(status=VersionStatus.LIVE).number == 1

    def test_is_set_aside_and_a_playbook_switched_off(self, stage: Stage) -> None:
        client = signed_in(stage.admin)
        client.post(f"{one(stage)}draft/", rows(stage))
        for move in ("set-aside", "off", "retire"):
            assert client.post(f"{one(stage)}{move}/").status_code == 302
        assert set(PlaybookVersion.objects.values_list("status", flat=True)) == {"retired"}
        assert not Playbook.objects.get().is_active
        assert "not in use" in client.get(one(stage)).content.decode()
        assert client.post(f"{one(stage)}explode/").status_code == 404


class TestTheTrial:
    def test_sets_past_cases_beside_the_draft(self, stage: Stage) -> None:
        opened, client = stage.case(), signed_in(stage.admin)
        client.post(f"{one(stage)}draft/", rows(stage, **{"line-0-condition": ""}))
        answer = client.get(f"{one(stage)}trial/", {"days": "700"})
        assert opened.reference in answer.content.decode()
        trial = answer.context["trial"]
        assert (trial.cases, trial.brought, trial.lacking, str(trial.suggested)) == (1, 2, 1, "1180.5000")

    @pytest.mark.parametrize("days", ["0", "-3", "9999", "many"])
    def test_refuses_days_that_are_none(self, stage: Stage, days: str) -> None:
        assert signed_in(stage.admin).get(f"{one(stage)}trial/", {"days": days}).status_code == 422

    def test_without_any_version_there_is_nothing_to_try(self, stage: Stage) -> None:
        client = signed_in(stage.admin)
        client.post(f"{one(stage)}retire/")
        assert "Nothing to try" in client.get(f"{one(stage)}trial/").content.decode()
