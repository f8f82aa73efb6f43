"""Merging and splitting at the desk: the form, what the pages say afterwards, and where the complainant comes out."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from cases.commands import case as commands
from cases.commands import intake
from cases.models import Case, Note
from cases.rules.arrival import Arrival
from cases.vocabulary import SYSTEM, Status
from tests.desk import HTMX, signed_in, taken
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def text(answer: Any) -> str:
    return str(answer.content.decode())


def pair(stage: Stage) -> tuple[Case, Case]:
    """A case of the agent's, BW-1, and a newer one of the same complainant, BW-2."""
    first = taken(stage)
    post = stage.post("p-2", text="Where is my sofa?")
    return first, commands.split(case_id=first.pk, post_id=post.pk, at=AT, actor=actor(stage.agent))


class TestMerging:
    def test_offers_the_other_open_cases_by_reference_and_headline(self, stage: Stage) -> None:
        pair(stage)
        stage.case("p-9", author="ida")
        client = signed_in(stage.agent)
        assert 'href="/cases/BW-2/merge/"' in text(client.get("/cases/BW-2/"))
        form = text(client.get("/cases/BW-2/merge/", headers=HTMX))
        assert "BW-1 · My sofa never came." in form
        assert "BW-3" not in form
        assert "csrfmiddlewaretoken" in form

    def test_merges_and_leads_to_where_it_goes_on(self, stage: Stage) -> None:
        first, second = pair(stage)
        client = signed_in(stage.agent)
        answer = client.post("/cases/BW-2/merge/", {"into": first.pk, "reason": "The same sofa."})
        assert answer.status_code == 302
        second.refresh_from_db()
        assert second.status == Status.MERGED
        assert Note.objects.get().text == "The same sofa."
        page = text(client.get("/cases/BW-2/"))
        assert 'Merged: it goes on in <a class="link" href="/cases/BW-1/">BW-1</a>' in page
        assert "Write there:" in page
        assert 'id="write-private"' not in page
        assert "Where is my sofa?" in text(client.get("/cases/BW-1/"))
        assert "merged another case into this one: BW-2" in text(client.get("/cases/BW-1/?part=journal"))
        journal = text(client.get("/cases/BW-2/?part=journal"))
        assert "merged the case: it goes on in BW-1" in journal
        assert "A post left the case; it goes on in BW-1" in journal

    def test_does_not_name_what_the_reader_may_not_open(self, stage: Stage) -> None:
        first, second = pair(stage)
        commands.merge(case_id=second.pk, into_id=first.pk, at=AT, actor=actor(stage.agent))
        commands.restrict(case_id=first.pk, is_restricted=True, at=AT, actor=actor(stage.manager))
        client = signed_in(stage.colleague)
        page = text(client.get("/cases/BW-2/")) + text(client.get("/cases/BW-2/?part=journal"))
        assert "Merged into another case" in page
        assert "it goes on in another case" in page
        assert "BW-1<" not in page
        assert "/cases/BW-1/" not in page

    @pytest.mark.parametrize("into", ["", "7777777", "BW-1"])
    def test_takes_nothing_that_was_not_offered(self, stage: Stage, into: str) -> None:
        _first, second = pair(stage)
        answer = signed_in(stage.agent).post("/cases/BW-2/merge/", {"into": into}, headers=HTMX)
        assert answer.status_code == 422
        second.refresh_from_db()
        assert second.status == Status.NEW

    def test_says_so_where_there_is_no_other_case(self, stage: Stage) -> None:
        taken(stage)
        client = signed_in(stage.agent)
        assert "/merge/" not in text(client.get("/cases/BW-1/"))
        for ask in (client.get, client.post):
            assert "There is no other open case of this complainant" in text(ask("/cases/BW-1/merge/", headers=HTMX))

    def test_keeps_what_was_typed_when_it_is_refused(self, stage: Stage) -> None:
        first, second = pair(stage)
        commands.take(case_id=second.pk, at=AT, actor=actor(stage.agent))
        commands.restrict(case_id=second.pk, is_restricted=True, at=AT, actor=actor(stage.manager))
        given = {"into": first.pk, "reason": "The same sofa."}
        answer = signed_in(stage.agent).post("/cases/BW-2/merge/", given, headers=HTMX)
        assert answer.status_code == 422
        assert "closed to some colleagues" in text(answer)
        assert "The same sofa." in text(answer)

    def test_is_not_for_who_only_looks(self, stage: Stage) -> None:
        first, _second = pair(stage)
        client = signed_in(stage.auditor)
        assert client.get("/cases/BW-2/merge/").status_code == 403
        assert client.post("/cases/BW-2/merge/", {"into": first.pk}).status_code == 403
        assert signed_in(stage.outsider).get("/cases/BW-2/merge/").status_code == 404

    def test_the_private_page_goes_on_without_a_break(self, stage: Stage) -> None:
        complaint = intake.Complaint(text="Broken leg", name="Amy", email="amy@example.org", once="f-1")
        filed = intake.file_complaint(channel_id=stage.form.pk, complaint=complaint, uploads=(), at=AT, actor=SYSTEM)
        arrival = Arrival(external_id="f-2", text="And the invoice", author="form:f-1", posted_at=AT)
        post = intake.receive(channel_id=stage.form.pk, arrival=arrival, at=AT, actor=SYSTEM).post
        assert post is not None
        other = commands.split(case_id=filed.case.pk, post_id=post.pk, at=AT, actor=actor(stage.agent))
        commands.merge(case_id=filed.case.pk, into_id=other.pk, at=AT, actor=actor(stage.agent))
        client, secret = Client(), filed.link.rstrip("/").split("/")[-1]
        page = text(client.get(reverse("private", args=[secret])))
        assert other.reference in page
        assert "Broken leg" in page
        assert "And the invoice" in page
        client.post(reverse("private-write", args=[secret]), {"text": "Thanks", "once": uuid4()})
        assert other.messages.get().text == "Thanks"


class TestSplitting:
    def test_a_post_gets_a_case_of_its_own_that_is_shown_then(self, stage: Stage) -> None:
        taken(stage)
        post = stage.post("p-2", text="And my lamp is blue.")
        client = signed_in(stage.agent)
        path = f"/cases/BW-1/posts/{post.public_id}/split/"
        assert path in text(client.get("/cases/BW-1/"))
        assert path in text(client.get("/cases/BW-1/?part=public"))
        assert "csrfmiddlewaretoken" in text(client.get(path, headers=HTMX))
        assert client.post(path).headers["Location"] == "/cases/BW-2/"
        assert "And my lamp is blue." in text(client.get("/cases/BW-2/"))
        assert "And my lamp is blue." not in text(client.get("/cases/BW-1/"))
        assert "split the case off from BW-1" in text(client.get("/cases/BW-2/?part=journal"))
        # Sent twice, it is one case: the post is not there any more.
        assert client.post(path).status_code == 422
        assert Case.objects.count() == 2

    def test_is_not_offered_for_the_only_post(self, stage: Stage) -> None:
        made = taken(stage)
        client = signed_in(stage.agent)
        assert "/split/" not in text(client.get("/cases/BW-1/"))
        path = f"/cases/BW-1/posts/{made.links.get().post.public_id}/split/"
        assert "the only post of this case" in text(client.post(path, headers=HTMX))
        assert client.post(f"/cases/BW-1/posts/{uuid4()}/split/").status_code == 404
