"""The gate beside the case, the decision, the final answer, handled and reopened; the journal as sentences."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings

from cases.commands import case as commands
from cases.commands import invitation
from cases.models import Answer, Case, Event
from cases.vocabulary import AnswerStatus, EventKind, Missing, Status
from cases.web import gatelines, journal, notification, triage
from tests.desk import HTMX, claimed, ready, signed_in, taken
from tests.people import AT, Stage, actor, set_stage

ONCE = "6b1c1c1e-0000-4000-8000-000000000001"
SPRITE = (settings.BASE_DIR / "casedesk" / "static" / "sprite.svg").read_text()


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.mark.django_db
class TestGate:
    def test_links_every_missing_line_to_the_form_that_does_it(self, stage: Stage) -> None:
        stage.case()
        client = signed_in(stage.agent)
        page = text(client.get("/cases/BW-1/"))
        for path in ("assign/", "decision/", "final-answer/"):
            assert f'<a href="/cases/BW-1/{path}"' in page
            assert client.get(f"/cases/BW-1/{path}", headers=HTMX).status_code == 200
        assert 'aria-disabled="true"' in page
        assert "4 things left before handled" in page

    def test_refuses_and_shows_what_is_missing(self, stage: Stage) -> None:
        taken(stage)
        client = signed_in(stage.agent)
        answer = client.post("/cases/BW-1/handle/", follow=True)
        assert "some things are still missing" in text(answer)
        assert Case.objects.get().status == Status.OPEN

    def test_opens_and_is_passed_once_by_a_double_click(self, stage: Stage) -> None:
        case = taken(stage)
        ready(stage, case)
        client = signed_in(stage.agent)
        assert "Mark handled" in text(client.get("/cases/BW-1/"))
        for _ in range(2):
            assert client.post("/cases/BW-1/handle/", headers=HTMX)["HX-Redirect"] == "/cases/BW-1/"
        assert Event.objects.filter(kind=EventKind.CASE_HANDLED).count() == 1
        page = text(client.get("/cases/BW-1/"))
        assert 'class="seal"' in page
        assert "Reopen …" in page

    def test_has_words_for_everything_that_can_be_missing(self) -> None:
        assert set(gatelines.GAPS) == set(Missing)


@pytest.mark.django_db
class TestDecision:
    def test_is_recorded_and_can_be_replaced(self, stage: Stage) -> None:
        taken(stage)
        client = signed_in(stage.agent)
        assert client.post("/cases/BW-1/decision/", {"reason": "Ours"}).status_code == 422
        client.post("/cases/BW-1/decision/", {"outcome": "upheld", "reason": "Ours"})
        again = text(client.get("/cases/BW-1/decision/", headers=HTMX))
        assert "Ours</textarea>" in again
        client.post("/cases/BW-1/decision/", {"outcome": "rejected", "reason": "Not ours"})
        assert "Decision: rejected" in text(client.get("/cases/BW-1/"))

    def test_needs_an_owner_first(self, stage: Stage) -> None:
        stage.case()
        answer = signed_in(stage.agent).post("/cases/BW-1/decision/", {"outcome": "upheld", "reason": "Ours"})
        assert answer.status_code == 422
        assert "not possible while the case is New" in text(answer)
        assert "Ours</textarea>" in text(answer)


@pytest.mark.django_db
class TestFinalAnswer:
    def test_goes_once_and_waits_on_the_way(self, stage: Stage) -> None:
        case = taken(stage)
        invitation.confirm(thread_id=claimed(stage, case).pk, at=AT, actor=actor(stage.agent))
        client = signed_in(stage.agent)
        client.post("/cases/BW-1/decision/", {"outcome": "upheld", "reason": "Ours"})
        words = {"route": "private", "text": "You were right.", "once": ONCE}
        for _ in range(2):
            assert client.post("/cases/BW-1/final-answer/", words).status_code == 302
        assert Answer.objects.get().status == AnswerStatus.SENDING
        assert "on its way, not accepted yet" in text(client.get("/cases/BW-1/"))

    def test_keeps_the_words_when_nobody_can_be_reached(self, stage: Stage) -> None:
        taken(stage)
        client = signed_in(stage.agent)
        client.post("/cases/BW-1/decision/", {"outcome": "upheld", "reason": "Ours"})
        answer = client.post("/cases/BW-1/final-answer/", {"route": "private", "text": "You were right.", "once": ONCE})
        assert answer.status_code == 422
        assert "You were right.</textarea>" in text(answer)

    def test_is_public_only_after_they_declined_a_private_thread(self, stage: Stage) -> None:
        case = taken(stage)
        client = signed_in(stage.agent)
        assert 'value="public"' not in text(client.get("/cases/BW-1/final-answer/", headers=HTMX))
        commands.decline_private(case_id=case.pk, at=AT, actor=actor(stage.agent))
        assert 'value="public"' in text(client.get("/cases/BW-1/final-answer/", headers=HTMX))


@pytest.mark.django_db
class TestReopen:
    def test_needs_a_reason(self, stage: Stage) -> None:
        case = taken(stage)
        ready(stage, case)
        client = signed_in(stage.agent)
        client.post("/cases/BW-1/handle/")
        assert client.post("/cases/BW-1/reopen/", {"reason": ""}).status_code == 422
        client.post("/cases/BW-1/reopen/", {"reason": "It broke again"})
        assert Case.objects.get().status == Status.OPEN
        assert "It broke again" in text(client.get("/cases/BW-1/"))


class TestJournal:
    @pytest.mark.parametrize("kind", list(EventKind))
    def test_has_a_sentence_and_an_icon_for_every_kind(self, kind: EventKind) -> None:
        icon, words = journal.SENTENCES[kind]
        assert f'id="{icon}"' in SPRITE
        event = Event(kind=kind, actor_kind="system", payload={}, occurred_at=AT, seq=1)
        assert "%" not in journal.sentence(event, {}).words
        assert str(words)

    def test_shows_a_kind_it_does_not_know_yet(self) -> None:
        event = Event(kind="case_frobnicated", actor_kind="system", payload={}, occurred_at=AT, seq=1)
        assert journal.sentence(event, {}).words == "case frobnicated"


def test_every_icon_of_the_desk_is_in_the_sprite() -> None:
    used = {icon for icon, _ in gatelines.GAPS.values()} | {icon for icon, _ in gatelines.SAID.values()}
    used |= set(gatelines.CHANNEL_ICONS.values()) | set(gatelines.KIND_ICONS.values()) | {gatelines.SILENT[0]}
    used |= set(triage.ICONS.values()) | {icon for icon, _ in notification.KINDS.values()}
    assert not [icon for icon in used if f'id="{icon}"' not in SPRITE]
