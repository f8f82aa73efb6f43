"""What is said from the case page: three forms, the leak guard, threads and who is who, files."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from cases.commands import invitation
from cases.models import Attachment, Case, Message, Note, PublicReply, Thread
from cases.vocabulary import ReplyStatus
from tests.desk import HTMX, claimed, signed_in, taken
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db
ONCE = "6b1c1c1e-0000-4000-8000-000000000001"


@pytest.fixture
def stage() -> Stage:
    return set_stage()


@pytest.fixture
def case(stage: Stage) -> Case:
    found = taken(stage)
    invitation.confirm(thread_id=claimed(stage, found).pk, at=AT, actor=actor(stage.agent))
    return found


def text(answer: Any) -> str:
    return str(answer.content.decode())


def picture(name: str = "photo.png") -> SimpleUploadedFile:
    drawn = io.BytesIO()
    Image.new("RGB", (1200, 900), "teal").save(drawn, "PNG")
    return SimpleUploadedFile(name, drawn.getvalue(), "image/png")


class TestMessage:
    def test_goes_once_however_often_the_form_is_posted(self, stage: Stage, case: Case) -> None:
        client = signed_in(stage.agent)
        before = Message.objects.count()
        for _ in range(2):
            assert client.post("/cases/BW-1/messages/", {"text": "Hello Tom", "once": ONCE}).status_code == 302
        assert Message.objects.count() == before + 1
        assert "Hello Tom" in text(client.get("/cases/BW-1/"))

    def test_keeps_the_words_when_it_is_refused(self, stage: Stage) -> None:
        taken(stage)
        client = signed_in(stage.agent)
        for headers in ({}, HTMX):
            answer = client.post("/cases/BW-1/messages/", {"text": "Hello nobody"}, headers=headers)
            assert answer.status_code == 422
            assert "There is no way to reach the complainant in private yet" in text(answer)
        assert not Message.objects.exists()

    def test_refuses_nothing_said(self, stage: Stage, case: Case) -> None:
        answer = signed_in(stage.agent).post("/cases/BW-1/messages/", {"text": " \u200b "}, headers=HTMX)
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in text(answer)

    def test_carries_files_and_keeps_the_words_when_one_is_refused(self, stage: Stage, case: Case) -> None:
        client = signed_in(stage.agent)
        bad = SimpleUploadedFile("run.png", b"MZ" + b"\0" * 100, "image/png")
        refused = client.post("/cases/BW-1/messages/", {"text": "See here", "files": [bad]})
        assert refused.status_code == 422
        assert "was not kept" in text(refused)
        assert "See here" in text(refused)
        assert client.post("/cases/BW-1/messages/", {"text": "See here", "files": [picture()]}).status_code == 302
        assert Attachment.objects.get().message.text == "See here"  # type: ignore[union-attr]

    def test_can_be_reported_as_misdirected(self, stage: Stage, case: Case) -> None:
        client = signed_in(stage.agent)
        client.post("/cases/BW-1/messages/", {"text": "Hello Tom"})
        sent = Message.objects.get(author=stage.agent)
        page = f"/messages/{sent.public_id}/misdirected/"
        assert "went to the wrong person" in text(client.get(page, headers=HTMX))
        assert client.post(page, {"reason": ""}).status_code == 422
        client.post(page, {"reason": "I meant another Tom"})
        sent.refresh_from_db()
        assert sent.misdirected_at is not None
        assert signed_in(stage.outsider).post(page, {"reason": "x"}).status_code == 404


class TestPublicReply:
    def test_marks_each_leak_and_publishes_only_what_may_be_public(self, stage: Stage, case: Case) -> None:
        client = signed_in(stage.agent)
        before = PublicReply.objects.count()
        words = {"text": "Write to amy@example.org or 0033612345678 & co", "once": ONCE}
        refused = client.post("/cases/BW-1/public-replies/", words, headers=HTMX)
        assert refused.status_code == 422
        assert "<mark>amy@example.org</mark>" in text(refused)
        assert 'name="may_be_public" value="0033612345678"' in text(refused)
        half = client.post("/cases/BW-1/public-replies/", words | {"may_be_public": ["amy@example.org"]})
        assert half.status_code == 422
        assert PublicReply.objects.count() == before
        both = words | {"may_be_public": ["amy@example.org", "0033612345678"]}
        assert client.post("/cases/BW-1/public-replies/", both).status_code == 302
        assert PublicReply.objects.count() == before + 1

    def test_waits_until_it_stands_somewhere(self, stage: Stage, case: Case) -> None:
        client = signed_in(stage.agent)
        for _ in range(2):
            client.post("/cases/BW-1/public-replies/", {"text": "We are sorry.", "once": ONCE})
        reply = PublicReply.objects.get(text="We are sorry.")
        assert "to be posted by hand" in text(client.get("/cases/BW-1/"))
        client.post(f"/public-replies/{reply.public_id}/posted/", {"url": "javascript:alert(1)"})
        reply.refresh_from_db()
        assert reply.status == ReplyStatus.TO_POST
        client.post(f"/public-replies/{reply.public_id}/posted/", {"url": "https://social.example/2"})
        reply.refresh_from_db()
        assert reply.status == ReplyStatus.POSTED

    def test_carries_an_invitation(self, stage: Stage) -> None:
        taken(stage)
        signed_in(stage.agent).post("/cases/BW-1/public-replies/", {"text": "Come in.", "invite": "on"})
        assert "/i/" in str(PublicReply.objects.get().text)
        assert "Invitation to the private thread" in text(signed_in(stage.agent).get("/cases/BW-1/"))

    def test_is_awaited_once_invited_and_not_invited_twice(self, stage: Stage) -> None:
        taken(stage)
        client = signed_in(stage.agent)
        assert "Nobody is here yet" in text(client.get("/cases/BW-1/"))
        given = {"text": "Write to us in private, please.", "invite": "on"}
        answer = client.post("/cases/BW-1/public-replies/", given, headers=HTMX)
        assert (answer.status_code, "checked" in text(answer)) == (200, False)
        page = text(client.get("/cases/BW-1/"))
        assert "Invited, nobody has come yet" in page
        assert "Nobody is here yet" not in page

    def test_shows_a_refused_address_where_it_was_typed(self, stage: Stage, case: Case) -> None:
        given = {"text": "We are on it.", "url": "social.example/2"}
        answer = signed_in(stage.agent).post("/cases/BW-1/public-replies/", given, headers=HTMX)
        assert answer.status_code == 422
        assert '<details class="stands" open>' in text(answer)
        assert 'value="social.example/2" aria-invalid="true"' in text(answer)

    def test_is_not_for_strangers(self, stage: Stage, case: Case) -> None:
        reply = PublicReply.objects.get()
        stranger = signed_in(stage.outsider)
        assert (
            stranger.post(f"/public-replies/{reply.public_id}/posted/", {"url": "https://x.example/"}).status_code
            == 404
        )


class TestNote:
    def test_is_kept_once(self, stage: Stage, case: Case) -> None:
        client = signed_in(stage.agent)
        for _ in range(2):
            answer = client.post("/cases/BW-1/notes/", {"text": "Crew 4", "once": ONCE}, headers=HTMX)
            assert answer.status_code == 200
            assert "casedesk:case-BW-1" in answer["HX-Trigger"]
        assert Note.objects.get().text == "Crew 4"
        assert 'id="text-note"' in text(answer)
        assert "Crew 4</textarea>" not in text(answer)


class TestThreads:
    def test_shows_each_claimant_apart_and_unconfirmed(self, stage: Stage) -> None:
        case = taken(stage)
        claimed(stage, case, "Tom", "It is me, Tom."), claimed(stage, case, "Tim", "No, me.")
        page = text(signed_in(stage.agent).get("/cases/BW-1/"))
        assert page.count("not confirmed yet: shows them nothing") == 2
        assert page.count("lane is-private is-unknown") == 2

    def test_confirms_refuses_and_makes_a_code(self, stage: Stage) -> None:
        case = taken(stage)
        tom, tim = claimed(stage, case, "Tom"), claimed(stage, case, "Tim")
        client = signed_in(stage.agent)
        made = client.post(f"/threads/{tom.public_id}/code/", headers=HTMX)
        assert made["Cache-Control"] == "no-store"
        assert 'class="once"' in text(made)
        client.post(f"/threads/{tom.public_id}/confirm/")
        client.post(f"/threads/{tim.public_id}/refuse/")
        tom.refresh_from_db()
        tim.refresh_from_db()
        assert tom.verified_at
        assert tim.refused_at
        page = text(client.get("/cases/BW-1/"))
        assert "Tim was refused: somebody else" in page

    def test_sends_and_ends_links(self, stage: Stage, case: Case) -> None:
        thread = Thread.objects.get()
        client = signed_in(stage.agent)
        assert "/p/" in text(client.post(f"/threads/{thread.public_id}/link/"))
        client.post(f"/threads/{thread.public_id}/revoke/")
        assert not thread.private_links.filter(revoked_at__isnull=True).exists()

    @pytest.mark.parametrize("path", ["confirm", "refuse", "code", "link", "revoke"])
    def test_is_nothing_to_strangers(self, stage: Stage, case: Case, path: str) -> None:
        thread = Thread.objects.get()
        assert signed_in(stage.outsider).post(f"/threads/{thread.public_id}/{path}/").status_code == 404
        assert signed_in(stage.auditor).post(f"/threads/{thread.public_id}/{path}/").status_code == 403


class TestOriginal:
    def test_is_what_arrived_as_a_text_file(self, stage: Stage) -> None:
        post = stage.post(text="<script>alert(1)</script>")
        answer = signed_in(stage.agent).get(f"/posts/{post.public_id}/original/")
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["Content-Type"].startswith("text/plain")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer.content == bytes(post.raw.body or b"")
        assert signed_in(stage.outsider).get(f"/posts/{post.public_id}/original/").status_code == 404


class TestFiles:
    @pytest.fixture
    def file(self, stage: Stage, case: Case) -> Attachment:
        signed_in(stage.agent).post("/cases/BW-1/notes/", {"text": "See", "files": [picture()]})
        return Attachment.objects.get()

    def test_are_downloads_that_no_browser_runs(self, stage: Stage, file: Attachment) -> None:
        answer = signed_in(stage.agent).get(f"/files/{file.public_id}/")
        assert answer["Content-Disposition"] == 'attachment; filename="photo.png"'
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer["Content-Security-Policy"]
        assert answer["Cache-Control"] == "private, no-store"
        assert answer.content[:4] == b"\x89PNG"

    def test_are_previewed_as_a_picture_drawn_anew(self, stage: Stage, file: Attachment) -> None:
        answer = signed_in(stage.agent).get(f"/files/{file.public_id}/?preview=1")
        assert answer["Content-Type"] == "image/jpeg"
        with Image.open(io.BytesIO(answer.content)) as drawn:
            assert max(drawn.size) == 640

    def test_are_not_for_strangers(self, stage: Stage, file: Attachment) -> None:
        assert signed_in(stage.outsider).get(f"/files/{file.public_id}/").status_code == 404

    def test_refuse_what_only_looks_like_a_picture(self, stage: Stage, case: Case) -> None:
        whole = picture().read()
        broken = SimpleUploadedFile("photo.png", whole[:60], "image/png")
        answer = signed_in(stage.agent).post("/cases/BW-1/notes/", {"text": "See", "files": [broken]})
        assert answer.status_code == 422
        assert not Attachment.objects.exists()
