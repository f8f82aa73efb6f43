"""The complaint form: filed once, with everything that is typed kept, whatever is typed and whatever is attached."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cases.models import Attachment, Case, Delivery, Event, Post, PrivateLink
from tests.people import Stage, set_stage

pytestmark = pytest.mark.django_db
URL = "/complain/brindlewick/"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
    "0000000b4944415478da6364f80f00010501012718e3660000000049454e44ae426082"
)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def send(client: Client, text: str = "The table leans.", **fields: Any) -> Any:
    return client.post(URL, {"text": text, "once": str(uuid.uuid4()), **fields})


def file(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="image/png")


class TestFiling:
    def test_gives_a_reference_and_the_private_link_once(self, stage: Stage, client: Client) -> None:
        answer = send(
            client, wish="A straight one.", name="Amy", email="amy@example.org", category="delivery", phone="0123"
        )
        assert answer.status_code == 200
        case = Case.objects.get()
        page = answer.content.decode()
        assert case.reference in page
        link = re.search(r'id="link">([^<]+)<', page)
        assert link is not None
        secret = link[1].rstrip("/").rpartition("/")[2]
        assert client.get(f"/p/{secret}/").status_code == 200
        assert answer.headers["Cache-Control"].count("no-store") == 1
        assert case.links.get().post.wish == "A straight one."
        assert (case.complainant.name, case.complainant.email) == ("Amy", "amy@example.org")
        copy = Delivery.objects.get()
        assert copy.recipient == "amy@example.org"
        assert "The table leans." in (copy.body or "")

    def test_looking_writes_nothing(self, stage: Stage, client: Client) -> None:
        before = Event.objects.count()
        assert client.get(URL).status_code == 200
        assert (Post.objects.count(), Event.objects.count()) == (0, before)

    def test_the_same_form_twice_is_one_complaint(self, stage: Stage, client: Client) -> None:
        once = str(uuid.uuid4())
        answers = [send(client, once=once, email="amy@example.org") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert (Case.objects.count(), Post.objects.count(), Delivery.objects.count()) == (1, 1, 1)
        assert PrivateLink.objects.count() == 2

    def test_whoever_stays_anonymous_leaves_no_trace(self, stage: Stage, client: Client) -> None:
        send(client, is_anonymous="on", name="Amy", email="amy@example.org", phone="0123")
        person = Case.objects.get().complainant
        assert (person.is_anonymous, person.name, person.email, person.phone) == (True, "", "", "")
        assert not Delivery.objects.exists()

    def test_whoever_speaks_for_somebody_says_why_they_may(self, stage: Stage, client: Client) -> None:
        refused = send(client, is_for_other="on", on_behalf_of="Edith")
        assert refused.status_code == 422
        assert not Case.objects.exists()
        send(client, is_for_other="on", on_behalf_of="Edith", mandate="Her daughter")
        assert Case.objects.get().complainant.mandate == "Her daughter"

    def test_speaks_french(self, stage: Stage, client: Client) -> None:
        answer = client.post(
            URL, {"text": "Bonjour", "once": str(uuid.uuid4())}, headers={"accept-language": "fr-FR,fr;q=0.9"}
        )
        assert 'lang="fr"' in answer.content.decode()
        assert Case.objects.get().language == "fr"
        assert "Livraison" in client.get(URL, headers={"accept-language": "fr"}).content.decode()

    @pytest.mark.parametrize("slug", ["nobody", "Brindlewick%20"])
    def test_an_unknown_brand_is_a_kind_page(self, stage: Stage, client: Client, slug: str) -> None:
        assert client.get(f"/complain/{slug}/").status_code == 404

    def test_a_brand_that_is_switched_off_is_one_too(self, stage: Stage, client: Client) -> None:
        stage.brand.is_active = False
        stage.brand.save()
        answer = send(client)
        assert answer.status_code == 404
        assert "private link still works" in answer.content.decode()
        assert not Case.objects.exists()


class TestWords:
    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("broken\x00table", id="NUL"),
            pytest.param("הטבלה שבורה \u202eabc", id="right to left"),
            pytest.param("ta\u200bble \u200d\ufeff", id="zero width"),
            pytest.param("x" * 100_000, id="100,000 characters"),
            pytest.param("😡😡😡", id="only emoji"),
            pytest.param("<script>alert(1)</script>", id="markup"),
            pytest.param("\ud83d half a pair", id="a lone surrogate"),
        ],
    )
    def test_are_taken_as_they_are(self, stage: Stage, client: Client, text: str) -> None:
        given = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        answer = send(client, text=given)
        assert answer.status_code == 200
        kept = Post.objects.get().text or ""
        assert kept.replace("\ufffd", "") == given.strip().replace("\x00", "").replace("\ufffd", "")
        secret = re.search(r"/p/([\w-]+)/", answer.content.decode())
        assert secret is not None
        page = client.get(f"/p/{secret[1]}/")
        assert page.status_code == 200
        assert "<script>alert" not in page.content.decode()

    @pytest.mark.parametrize("text", ["", "   ", "\u200b\u200b", "\x00"])
    def test_that_are_none_are_refused(self, stage: Stage, client: Client, text: str) -> None:
        answer = send(client, text=text, name="Amy")
        assert answer.status_code in {200, 422}
        if text != "\x00":
            assert answer.status_code == 422
            assert "Tell us in a few words" in answer.content.decode()
            assert 'value="Amy"' in answer.content.decode()
            assert not Post.objects.exists()

    def test_that_are_too_many_are_kept_in_the_form(self, stage: Stage, client: Client) -> None:
        answer = send(client, text="y" * 200_001)
        assert answer.status_code == 422
        assert "y" * 200_001 in answer.content.decode()


class TestFiles:
    def test_several_are_kept(self, stage: Stage, client: Client) -> None:
        send(client, attachments=[file("a.png", PNG), file("b.txt", b"hello")])
        assert sorted(Attachment.objects.values_list("name", flat=True)) == ["a.png", "b.txt"]

    @pytest.mark.parametrize(
        ("name", "content", "why"),
        [
            pytest.param("film.png", PNG + b"\x00" * (20 * 1024 * 1024), "too large", id="20 MB"),
            pytest.param("photo.png", b"MZ\x90\x00" + b"\x00" * 64, "a program", id="an exe named png"),
            pytest.param("drawing.svg", SVG, "can hold a script", id="an SVG with script"),
            pytest.param("nothing.png", b"", "empty", id="empty"),
        ],
    )
    def test_a_refused_one_says_why_and_the_words_stay(
        self, stage: Stage, client: Client, name: str, content: bytes, why: str
    ) -> None:
        answer = send(client, text="Look at this.", name="Amy", attachments=[file(name, content)])
        page = answer.content.decode()
        assert answer.status_code == 422
        assert why in page
        assert name in page
        assert "Look at this." in page
        assert 'value="Amy"' in page
        assert (Case.objects.count(), Attachment.objects.count()) == (0, 0)

    def test_nine_are_too_many(self, stage: Stage, client: Client) -> None:
        answer = send(client, attachments=[file(f"{n}.png", PNG) for n in range(9)])
        assert answer.status_code == 422
        assert "at most 8 files" in answer.content.decode()


class TestMachines:
    def test_who_fill_in_the_hidden_field_are_told(self, stage: Stage, client: Client) -> None:
        answer = send(client, subject_line="cheap watches")
        assert answer.status_code == 422
        assert "stays empty" in answer.content.decode()
        assert not Case.objects.exists()

    def test_are_slowed_down_and_the_words_stay(self, stage: Stage, client: Client) -> None:
        answers = [send(client, text=f"Complaint {n}") for n in range(21)]
        assert [answer.status_code for answer in answers[-2:]] == [200, 429]
        assert "Complaint 20" in answers[-1].content.decode()
        assert Case.objects.count() == 20
