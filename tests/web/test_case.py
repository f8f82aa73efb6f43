"""The inbox and the case page: what they show, to whom, at what price, and what can be done from them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from cases.commands import case as commands
from cases.commands import confirmation, dialogue, handling, intake, invitation
from cases.commands import triage as triages
from cases.models import Case
from cases.vocabulary import SYSTEM, Actor, Audience, ObservationKind, Satisfaction, Status
from tests.desk import HTMX, claimed, ready, signed_in, taken
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def text(answer: Any) -> str:
    return str(answer.content.decode())


class TestInbox:
    def test_says_what_blocks_each_case(self, stage: Stage) -> None:
        taken(stage)
        page = text(signed_in(stage.agent).get("/?view=mine"))
        assert "Decision not recorded" in page
        assert 'href="/cases/BW-1/?view=mine"' in page
        assert "My sofa never came." in page

    @pytest.mark.parametrize("view", ["new", "mine", "team", "waiting", "handled", "all", "triage"])
    def test_says_why_a_view_is_empty(self, stage: Stage, view: str) -> None:
        answer = signed_in(stage.agent).get(f"/?view={view}")
        assert answer.status_code == 200
        assert 'class="blank"' in text(answer)

    @pytest.mark.parametrize("asked", ["view=nonsense&order=x&brand=y&severity=99999999999999999999", "brand=-1"])
    def test_takes_no_notice_of_filters_that_are_none(self, stage: Stage, asked: str) -> None:
        taken(stage)
        assert "BW-1" in text(signed_in(stage.agent).get(f"/?{asked}"))

    @pytest.mark.parametrize("count", [1, 20])
    def test_costs_the_same_for_one_row_and_for_twenty(
        self, stage: Stage, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for n in range(count):
            stage.case(f"p-{n}", author=f"a-{n}")
        client = signed_in(stage.agent)
        with django_assert_max_num_queries(8):
            client.get("/?view=new")
        with django_assert_max_num_queries(4):
            client.get("/?view=new&part=rows", headers=HTMX)

    def test_offers_filters_without_a_script(self, stage: Stage) -> None:
        client = signed_in(stage.agent)
        assert 'id="filter-channel"' in text(client.get("/?view=all&filters=1"))
        assert 'id="filter-channel"' in text(client.get("/?view=all&part=filters", headers=HTMX))

    def test_goes_to_the_most_urgent_case(self, stage: Stage) -> None:
        client = signed_in(stage.agent)
        assert client.get("/next/")["Location"] == "/"
        stage.case()
        assert client.get("/next/")["Location"].startswith("/cases/BW-1/")

    def test_sends_strangers_to_sign_in(self) -> None:
        from django.test import Client

        assert Client().get("/")["Location"].startswith("/accounts/login/")


def full(stage: Stage, count: int) -> Case:
    """A case with this many posts, replies, messages, notes and observations."""
    case = taken(stage)
    thread = claimed(stage, case)
    invitation.confirm(thread_id=thread.pk, at=AT, actor=actor(stage.agent))
    post = case.links.get().post
    complainant = Actor.complainant(case.complainant_id)
    for n in range(count):
        at = AT + timedelta(minutes=n)
        triages.observe(
            post_id=post.pk,
            kind=ObservationKind.REACH,
            seen_at=at,
            views=n + 1,
            at=AT + timedelta(days=1),
            actor=SYSTEM,
        )
        dialogue.send_message(case_id=case.pk, text=f"Ours {n}", at=at, actor=actor(stage.agent))
        dialogue.receive_message(thread_id=thread.pk, text=f"Theirs {n}", at=at, actor=complainant)
        dialogue.write_note(case_id=case.pk, text=f"Note {n}", at=at, actor=actor(stage.colleague))
        dialogue.reply_in_public(
            post_id=post.pk, text=f"Hello number {n}", url="https://s.example/", at=at, actor=actor(stage.agent)
        )
    return case


class TestCase:
    @pytest.mark.parametrize("count", [1, 20])
    def test_costs_at_most_sixteen_queries_whatever_was_said(
        self, stage: Stage, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        full(stage, count)
        client = signed_in(stage.agent)
        with django_assert_max_num_queries(16):
            assert client.get("/cases/BW-1/").status_code == 200
        for part in ("head", "public", "private", "notes", "side", "journal"):
            with django_assert_max_num_queries(8):
                assert client.get(f"/cases/BW-1/?part={part}", headers=HTMX).status_code == 200

    def test_costs_the_same_for_two_messages_and_for_forty(self, stage: Stage) -> None:
        full(stage, 1)
        client = signed_in(stage.agent)
        with CaptureQueriesContext(
            connection,
        ) as few:
            client.get("/cases/BW-1/")
        stage_case = Case.objects.get()
        for n in range(20):
            dialogue.write_note(case_id=stage_case.pk, text=f"More {n}", at=AT, actor=actor(stage.agent))
            dialogue.send_message(case_id=stage_case.pk, text=f"More {n}", at=AT, actor=actor(stage.agent))
        with CaptureQueriesContext(connection) as many:
            client.get("/cases/BW-1/")
        assert len(many) == len(few)

    def test_shows_the_three_audiences_apart(self, stage: Stage) -> None:
        full(stage, 1)
        page = text(signed_in(stage.agent).get("/cases/BW-1/"))
        public, private, notes = (page.index(f'id="{name}"') for name in ("public", "private", "internal"))
        assert public < page.index("Hello number 0") < private < page.index("Ours 0") < notes < page.index("Note 0")

    def test_shows_words_as_words(self, stage: Stage) -> None:
        taken(stage, text='<script>alert(1)</script> {{ 7|add:"7" }} <img src=x onerror=alert(1)>')
        page = text(signed_in(stage.agent).get("/cases/BW-1/"))
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page

    def test_is_nothing_to_strangers(self, stage: Stage) -> None:
        case = taken(stage)
        commands.restrict(case_id=case.pk, is_restricted=True, at=AT, actor=actor(stage.manager))
        for person in (stage.outsider, stage.colleague):
            client = signed_in(person)
            for path in ("", "?part=private", "decision/", "assign/", "?tab=journal"):
                assert client.get(f"/cases/BW-1/{path}").status_code == 404
            for path in ("take/", "handle/", "messages/", "notes/", "public-replies/", "drafts/private/", "restrict/"):
                assert client.post(f"/cases/BW-1/{path}", {"text": "x"}).status_code == 404
        assert signed_in(stage.agent).get("/cases/BW-1/").status_code == 200

    def test_lets_an_auditor_read_and_nothing_else(self, stage: Stage) -> None:
        taken(stage)
        client = signed_in(stage.auditor)
        page = text(client.get("/cases/BW-1/"))
        assert "<textarea" not in page
        assert "Take it" not in page
        assert 'class="gate-line is-open"' in page
        assert "/decision/" not in page
        for path in ("decision/", "final-answer/", "actions/", "assign/", "dismiss/"):
            assert client.get(f"/cases/BW-1/{path}").status_code == 403
        assert client.post("/cases/BW-1/notes/", {"text": "x"}).status_code == 403

    def test_shows_how_a_post_was_edited_hidden_and_gone(self, stage: Stage) -> None:
        case = taken(stage)
        post = case.links.get().post
        for kind, words in (
            (ObservationKind.EDITED, {"text": "My sofa never arrived."}),
            (ObservationKind.HIDDEN_BY_US, {"reason": "Named a neighbour"}),
        ):
            triages.observe(post_id=post.pk, kind=kind, seen_at=AT, at=AT, actor=actor(stage.agent), **words)  # type: ignore[arg-type]
        page = text(signed_in(stage.agent).get("/cases/BW-1/"))
        assert "<del>came</del><ins>arrived</ins>" in page
        assert "Named a neighbour" in page
        assert "noted by Agent" in page

    def test_shows_a_letter_as_private_and_offers_no_public_reply(self, stage: Stage) -> None:
        complaint = intake.Complaint(
            text="Broken leg", email="amy@example.org", name="Amy", once="k-1", wish="A new one"
        )
        intake.file_complaint(channel_id=stage.form.pk, complaint=complaint, uploads=(), at=AT, actor=SYSTEM)
        page = text(signed_in(stage.agent).get("/cases/BW-1/"))
        assert "nobody else reads it" in page
        assert 'id="write-public"' not in page
        assert 'id="public"' not in page
        assert "A new one" in page

    def test_keeps_drafts_for_each_audience(self, stage: Stage) -> None:
        case = taken(stage)
        invitation.confirm(thread_id=claimed(stage, case).pk, at=AT, actor=actor(stage.agent))
        client = signed_in(stage.agent)
        assert client.post("/cases/BW-1/drafts/private/", {"text": "Dear Tom, half"}).status_code == 204
        assert client.post("/cases/BW-1/drafts/nobody/", {"text": "x"}).status_code == 404
        assert "Dear Tom, half" in text(client.get("/cases/BW-1/"))
        assert "Dear Tom, half" not in text(signed_in(stage.colleague).get("/cases/BW-1/"))
        client.post("/cases/BW-1/messages/", {"text": "Dear Tom, whole"})
        assert "Dear Tom, half" not in text(client.get("/cases/BW-1/"))
        assert Audience.PRIVATE.value == "private"

    def test_tells_the_journal_in_sentences(self, stage: Stage) -> None:
        taken(stage)
        page = text(signed_in(stage.manager).get("/cases/BW-1/?tab=journal"))
        assert "Agent took the case" in page

    def test_shows_the_seal_and_what_the_complainant_said(self, stage: Stage) -> None:
        case = taken(stage)
        thread = claimed(stage, case)
        invitation.confirm(thread_id=thread.pk, at=AT, actor=actor(stage.agent))
        ready(stage, case)
        handling.handle(case_id=case.pk, at=AT + timedelta(hours=2), actor=actor(stage.agent))
        client = signed_in(stage.agent)
        assert "Silent, not counted as a yes" in text(client.get("/cases/BW-1/"))
        Case.objects.filter(pk=case.pk).update(handled_at=timezone.now() - timedelta(hours=23))
        for address in ("/cases/BW-1/", "/?view=handled"):
            page = text(client.get(address))
            assert "Asked, no answer yet" in page
            assert "Silent, not counted as a yes" not in page
        confirmation.confirm(
            thread_id=thread.pk,
            answer=Satisfaction.SETTLED,
            words="You kept your word.",
            at=AT + timedelta(hours=3),
            actor=Actor.complainant(case.complainant_id),
        )
        page = text(client.get("/cases/BW-1/"))
        assert "“You kept your word.”" in page
        assert "Confirmed: settled" in text(client.get("/?view=handled"))


class TestMoves:
    def test_takes_once_and_says_who_was_faster(self, stage: Stage) -> None:
        stage.case()
        assert signed_in(stage.agent).post("/cases/BW-1/take/").status_code == 302
        late = signed_in(stage.colleague).post("/cases/BW-1/take/", headers=HTMX)
        assert late.status_code == 409
        assert "Agent has just taken this case" in text(late)
        assert Case.objects.get().owner == stage.agent

    def test_tells_the_open_page_to_ask_for_what_changed(self, stage: Stage) -> None:
        stage.case()
        answer = signed_in(stage.agent).post("/cases/BW-1/take/", headers=HTMX)
        assert "casedesk:case-BW-1" in answer["HX-Trigger"]
        assert "The case is yours." in text(answer)

    def test_assigns_to_a_colleague_and_to_nobody_else(self, stage: Stage) -> None:
        taken(stage)
        client = signed_in(stage.agent)
        assert "Colleague" in text(client.get("/cases/BW-1/assign/", headers=HTMX))
        assert client.post("/cases/BW-1/assign/", {"owner": stage.outsider.pk}).status_code == 422
        assert client.post("/cases/BW-1/assign/", {"owner": stage.colleague.pk}).status_code == 302
        assert Case.objects.get().owner == stage.colleague

    def test_waits_and_goes_on(self, stage: Stage) -> None:
        taken(stage)
        client = signed_in(stage.agent)
        assert client.post("/cases/BW-1/wait/", {"waiting_for": ""}).status_code == 422
        client.post("/cases/BW-1/wait/", {"waiting_for": "photos"})
        assert "photos" in text(client.get("/?view=waiting"))
        client.post("/cases/BW-1/resume/")
        assert Case.objects.get().status == Status.OPEN

    def test_dismisses_with_a_reason_and_keeps_the_form_without(self, stage: Stage) -> None:
        taken(stage)
        client = signed_in(stage.agent)
        refused = client.post("/cases/BW-1/dismiss/", {"reason": "  "}, headers=HTMX)
        assert refused.status_code == 422
        assert 'aria-invalid="true"' in text(refused)
        client.post("/cases/BW-1/dismiss/", {"reason": "Spam about another shop"})
        assert Case.objects.get().dismissal == "Spam about another shop"
        assert "Spam about another shop" in text(client.get("/cases/BW-1/"))

    def test_refuses_to_overwrite_what_a_colleague_changed(self, stage: Stage) -> None:
        case = taken(stage)
        seen = {"category": stage.category.pk, "severity": 4, "revision": case.revision}
        commands.classify(
            case_id=case.pk, category_id=stage.category.pk, severity=1, at=AT, actor=actor(stage.colleague)
        )
        answer = signed_in(stage.agent).post("/cases/BW-1/classify/", seen)
        assert answer.status_code == 422
        assert "Somebody changed this while you were looking at it" in text(answer)
        assert Case.objects.get().severity == 1
        again = seen | {"revision": Case.objects.get().revision}
        assert signed_in(stage.agent).post("/cases/BW-1/classify/", again).status_code == 302
        assert Case.objects.get().severity == 4

    def test_restricts_for_managers_only(self, stage: Stage) -> None:
        taken(stage)
        assert signed_in(stage.agent).post("/cases/BW-1/restrict/", {"is_restricted": "1"}).status_code == 403
        assert signed_in(stage.manager).post("/cases/BW-1/restrict/", {"is_restricted": "1"}).status_code == 302
        assert Case.objects.get().is_restricted

    def test_changes_nothing_on_a_get(self, stage: Stage) -> None:
        stage.case()
        client = signed_in(stage.manager)
        for path in ("take/", "handle/", "restrict/", "resume/"):
            assert client.get(f"/cases/BW-1/{path}").status_code == 405
        assert Case.objects.get().status == Status.NEW
