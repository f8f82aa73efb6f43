"""The claim page of an invitation: it tells nothing, writes nothing when looked at, and takes words."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from cases.commands import case as cases
from cases.commands import dialogue
from cases.models import Case, Event, Invitation, Message, Thread
from tests.people import Stage, actor, set_stage

pytestmark = pytest.mark.django_db


class Invited:
    """A case whose complainant was invited in public."""

    def __init__(self) -> None:
        self.stage: Stage = set_stage()
        self.case: Case = self.stage.case(author="tom.ashgrove", name="Tom Ashgrove")
        cases.take(case_id=self.case.pk, at=timezone.now(), actor=actor(self.stage.agent))
        written = dialogue.reply_in_public(
            post_id=self.case.links.get().post_id,
            text="Write to us here.",
            url="https://social.example/1",
            is_inviting=True,
            at=timezone.now(),
            actor=actor(self.stage.agent),
        )
        self.url = "/i/" + written.invitation.rstrip("/").rpartition("/")[2] + "/"


@pytest.fixture
def invited() -> Invited:
    return Invited()


class TestTheEmptyPage:
    def test_tells_a_stranger_nothing_of_the_case(self, invited: Invited, client: Client) -> None:
        page = client.get(invited.url)
        said = page.content.decode()
        assert page.status_code == 200
        assert "Brindlewick" in said
        for word in (invited.case.reference, "Tom", "Ashgrove", "sofa", "Agent", "Refund", "social.example"):
            assert word not in said

    @pytest.mark.parametrize("method", ["get", "head"])
    def test_opened_by_a_mail_scanner_changes_nothing(self, invited: Invited, client: Client, method: str) -> None:
        before = (Event.objects.count(), Thread.objects.count(), Invitation.objects.get().status)
        getattr(client, method)(invited.url, headers={"user-agent": "MailScanner/1.0"})
        assert (Event.objects.count(), Thread.objects.count(), Invitation.objects.get().status) == before

    def test_is_kept_nowhere(self, invited: Invited, client: Client) -> None:
        page = client.get(invited.url)
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "no-store" in page.headers["Cache-Control"]
        assert "noindex" in page.headers["X-Robots-Tag"]

    def test_changes_its_language_without_a_token(self, invited: Invited) -> None:
        client = Client(enforce_csrf_checks=True)
        assert client.post(invited.url + "language/", {"language": "fr"}).headers["Location"] == invited.url
        assert 'lang="fr"' in client.get(invited.url).content.decode()


class TestWriting:
    def test_makes_a_thread_that_nobody_has_confirmed(self, invited: Invited) -> None:
        client = Client(enforce_csrf_checks=True)
        answer = client.post(invited.url, {"text": "It is me.", "name": "Tom", "contact": "tom@example.org"})
        assert answer.status_code == 302
        thread = Thread.objects.get()
        assert (thread.verified_at, thread.claimed_name, thread.contact) == (None, "Tom", "tom@example.org")
        page = client.get(answer.headers["Location"]).content.decode()
        assert "It is me." in page
        for word in (invited.case.reference, "Ashgrove", "My sofa never came", "Refund"):
            assert word not in page

    def test_twice_is_one_thread(self, invited: Invited, client: Client) -> None:
        form = {"text": "It is me.", "once": str(uuid.uuid4())}
        places = [client.post(invited.url, form).headers["Location"] for _ in range(2)]
        assert (Thread.objects.count(), Message.objects.count()) == (1, 1)
        assert [client.get(place).status_code for place in places] == [200, 200]

    def test_each_claimant_has_a_thread_of_their_own(self, invited: Invited, client: Client) -> None:
        places = [client.post(invited.url, {"text": f"I am {name}."}).headers["Location"] for name in ("Tom", "Bob")]
        assert Thread.objects.count() == 2
        assert "I am Tom." not in client.get(places[1]).content.decode()

    @pytest.mark.parametrize("text", ["", " ", "\u200b"])
    def test_nothing_is_refused_and_the_name_stays(self, invited: Invited, client: Client, text: str) -> None:
        answer = client.post(invited.url, {"text": text, "name": "Tom Somebody"})
        assert answer.status_code == 422
        assert "Tom Somebody" in answer.content.decode()
        assert not Thread.objects.exists()


class TestADeadLink:
    def test_that_was_guessed_ends_kindly(self, client: Client) -> None:
        page = client.get("/i/no-such-secret/")
        assert page.status_code == 404
        assert "no longer opens anything" in page.content.decode()

    def test_that_expired_ends_kindly_and_gives_the_words_back(self, invited: Invited, client: Client) -> None:
        Invitation.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
        answer = client.post(invited.url, {"text": "All my words."})
        assert answer.status_code == 404
        assert "All my words." in answer.content.decode()
        assert not Thread.objects.exists()

    def test_whose_complainant_declined_ends_kindly(self, invited: Invited, client: Client) -> None:
        cases.decline_private(case_id=invited.case.pk, at=timezone.now(), actor=actor(invited.stage.agent))
        assert client.get(invited.url).status_code == 404
