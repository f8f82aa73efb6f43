"""The search page and the page of notifications."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from cases import errors
from cases.commands import dialogue
from cases.models import Notification
from cases.queries import search as searches
from tests.desk import signed_in, taken
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def text(answer: Any) -> str:
    return str(answer.content.decode())


class TestSearch:
    def test_opens_the_case_of_a_reference(self, stage: Stage) -> None:
        stage.case()
        assert signed_in(stage.agent).get("/search/?q=bw-1")["Location"] == "/cases/BW-1/"
        assert signed_in(stage.outsider).get("/search/?q=bw-1").status_code == 200

    def test_marks_the_words_and_shows_nobodys_markup(self, stage: Stage) -> None:
        stage.case(text="<b>sofa</b> & lamp")
        page = text(signed_in(stage.agent).get("/search/?q=sofa"))
        assert "&lt;b&gt;<mark>sofa</mark>&lt;/b&gt; &amp; lamp" in page

    @pytest.mark.parametrize("q", ["", "%20", "%3Cscript%3E", "a%00b", "x" * 900])
    def test_takes_anything(self, stage: Stage, q: str) -> None:
        assert signed_in(stage.agent).get(f"/search/?q={q}").status_code == 200

    def test_says_so_when_it_takes_too_long(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        def slow(*_: object, **__: object) -> None:
            raise errors.TooSlow

        monkeypatch.setattr(searches, "find", slow)
        answer = signed_in(stage.agent).get("/search/?q=sofa")
        assert answer.status_code == 503
        assert "Add a word, or choose a brand" in text(answer)

    @pytest.mark.parametrize("count", [1, 20])
    def test_costs_the_same_for_one_hit_and_for_twenty(
        self, stage: Stage, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        for n in range(count):
            case = stage.case(f"p-{n}", author=f"a-{n}")
            dialogue.write_note(case_id=case.pk, text="The sofa again", at=AT, actor=actor(stage.agent))
        client = signed_in(stage.agent)
        with django_assert_max_num_queries(16):
            assert text(client.get("/search/?q=sofa")).count('<li>\n  <a href="/cases/') == count


class TestNotifications:
    def test_are_read_by_a_post_and_lead_to_the_case(self, stage: Stage) -> None:
        case = taken(stage)
        dialogue.write_note(case_id=case.pk, text="@colleague look", at=AT, actor=actor(stage.agent))
        client = signed_in(stage.colleague)
        assert "Notifications, 1 new" in text(client.get("/"))
        assert "Agent named you in a note" in text(client.get("/notifications/"))
        told = Notification.objects.get()
        assert told.read_at is None
        assert client.post(f"/notifications/{told.pk}/")["Location"] == "/cases/BW-1/"
        assert Notification.objects.get().read_at is not None

    def test_are_nobody_elses(self, stage: Stage) -> None:
        case = taken(stage)
        dialogue.write_note(case_id=case.pk, text="@colleague look", at=AT, actor=actor(stage.agent))
        told = Notification.objects.get()
        assert signed_in(stage.manager).post(f"/notifications/{told.pk}/").status_code == 404
        assert "named you" not in text(signed_in(stage.manager).get("/notifications/"))
        signed_in(stage.manager).post("/notifications/read/")
        assert Notification.objects.get().read_at is None
