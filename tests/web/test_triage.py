"""Triage: by hand, by key, one post after another; praise and questions."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from cases.commands import handling
from cases.models import Case, Notification, Observation, PublicReply, Triage
from cases.vocabulary import Status
from tests.desk import ready, signed_in, taken
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def text(answer: Any) -> str:
    return str(answer.content.decode())


class TestPage:
    @pytest.mark.parametrize("count", [1, 20])
    def test_costs_the_same_for_one_post_and_for_twenty(
        self, stage: Stage, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for n in range(count):
            stage.post(f"p-{n}", author=f"a-{n}")
        client = signed_in(stage.agent)
        with django_assert_max_num_queries(14):
            page = text(client.get("/?view=triage"))
        assert page.count('data-key="c"') == 1
        assert page.count("case-row") == count

    def test_says_that_a_complaint_joins_the_open_case(self, stage: Stage) -> None:
        taken(stage)
        other = stage.post("p-2", text="And the chair too.", author="tom")
        page = text(signed_in(stage.agent).get(f"/?view=triage&post={other.public_id}"))
        assert "BW-1" in page

    def test_shows_strangers_nothing(self, stage: Stage) -> None:
        post = stage.post()
        client = signed_in(stage.outsider)
        assert "My sofa" not in text(client.get("/?view=triage"))
        assert client.get(f"/?view=triage&post={post.public_id}").status_code == 404
        for path in ("triage/", "pass-on/", "public-replies/", "reopen/"):
            assert client.post(f"/posts/{post.public_id}/{path}", {"kind": "other"}).status_code == 404

    @pytest.mark.parametrize("asked", ["nonsense", "0", "00000000-0000-0000-0000-000000000000"])
    def test_answers_404_for_no_post(self, stage: Stage, asked: str) -> None:
        assert signed_in(stage.agent).get(f"/?view=triage&post={asked}").status_code == 404


class TestTriage:
    def test_opens_a_case_and_goes_on(self, stage: Stage) -> None:
        post = stage.post()
        answer = signed_in(stage.agent).post(
            f"/posts/{post.public_id}/triage/",
            {"kind": "complaint", "category": stage.category.pk, "severity": "4"},
        )
        assert answer["Location"] == "/?view=triage"
        case = Case.objects.get()
        assert (case.severity, case.category) == (4, stage.category)

    def test_keeps_praise_as_a_post(self, stage: Stage) -> None:
        post = stage.post()
        signed_in(stage.agent).post(f"/posts/{post.public_id}/triage/", {"kind": "praise"})
        assert Triage.objects.get().kind == "praise"
        assert not Case.objects.exists()

    def test_refuses_a_kind_that_is_none(self, stage: Stage) -> None:
        post = stage.post()
        assert signed_in(stage.agent).post(f"/posts/{post.public_id}/triage/", {"kind": "spam"}).status_code == 422

    def test_reopens_the_handled_case_of_the_same_author(self, stage: Stage) -> None:
        case = taken(stage)
        ready(stage, case)
        handling.handle(case_id=case.pk, at=AT, actor=actor(stage.agent))
        again = stage.post("p-2", text="It broke again.", author="tom")
        client = signed_in(stage.agent)
        assert "Reopen BW-1" in text(client.get(f"/?view=triage&post={again.public_id}"))
        client.post(f"/posts/{again.public_id}/reopen/")
        assert Case.objects.get().status == Status.OPEN
        assert again.links.get().case == case
        assert client.get(f"/posts/{again.public_id}/")["Location"] == "/cases/BW-1/"


class TestAnswering:
    def test_answers_a_question_in_public_once(self, stage: Stage) -> None:
        post = stage.post(text="Do you deliver on Saturdays?")
        client = signed_in(stage.agent)
        client.post(f"/posts/{post.public_id}/triage/", {"kind": "question"})
        assert "unanswered" in text(client.get("/?view=triage"))
        words = {"text": "We do.", "once": "6b1c1c1e-0000-4000-8000-000000000001"}
        for _ in range(2):
            client.post(f"/posts/{post.public_id}/public-replies/", words)
        reply = PublicReply.objects.get()
        client.post(f"/public-replies/{reply.public_id}/posted/", {"url": "https://social.example/9"})
        assert Triage.objects.get().answered_at is not None

    def test_passes_praise_on(self, stage: Stage) -> None:
        post = stage.post(text="Karim was wonderful!")
        client = signed_in(stage.agent)
        client.post(f"/posts/{post.public_id}/triage/", {"kind": "praise"})
        client.post(f"/posts/{post.public_id}/pass-on/", {"person": stage.colleague.pk})
        assert Notification.objects.get().person == stage.colleague
        assert "Agent passed praise on to you" in text(signed_in(stage.colleague).get("/notifications/"))


class TestObserve:
    def test_adds_what_was_seen_beside_the_post(self, stage: Stage) -> None:
        post = stage.post()
        client = signed_in(stage.agent)
        seen = {"kind": "reach", "seen_at": "2026-09-08T13:00", "views": "1200", "shares": "7"}
        client.post(f"/posts/{post.public_id}/seen/", seen)
        assert Observation.objects.get().views == 1200
        assert "1,200 views" in text(client.get(f"/?view=triage&post={post.public_id}"))

    def test_says_what_is_missing(self, stage: Stage) -> None:
        post = stage.post()
        seen = {"kind": "hidden_by_us", "seen_at": "2026-09-08T13:00"}
        answer = signed_in(stage.agent).post(f"/posts/{post.public_id}/seen/", seen)
        assert answer.status_code == 422
        assert "Say why our side hid the post" in text(answer)


def test_a_refused_answer_loses_no_word(stage: Stage) -> None:
    post = stage.post("p-1", text="Thank you, you were great.")
    client = signed_in(stage.agent)
    client.post(f"/posts/{post.public_id}/triage/", {"kind": "praise"})
    words = {"text": "Write to amy@example.org, she is the one.", "url": "javascript:alert(1)"}
    refused = client.post(f"/posts/{post.public_id}/public-replies/", words)
    assert refused.status_code == 422
    page = text(refused)
    assert "she is the one.</textarea>" in page
    assert "amy@example.org”" in page
    assert not PublicReply.objects.exists()
