"""The private page: who sees what behind a link, what they can do there, and how links end."""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from casedesk.logging import without_secrets
from cases.commands import action, confirmation, delivery, dialogue, handling, intake, invitation, moves, triage
from cases.commands import case as cases
from cases.models import (
    Action,
    Attachment,
    Case,
    Confirmation,
    Delivery,
    Event,
    Grant,
    Kind,
    Message,
    PrivateLink,
    Promise,
    Thread,
)
from cases.queries import private
from cases.vocabulary import SYSTEM, ActionStatus, Outcome, PostKind, Status
from tests.people import Stage, actor, set_stage

pytestmark = pytest.mark.django_db
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
    "0000000b4944415478da6364f80f00010501012718e3660000000049454e44ae426082"
)


class Filed:
    """A complaint that Amy filed by the form, taken by the agent, and her link."""

    def __init__(self) -> None:
        self.stage: Stage = set_stage()
        self.agent = actor(self.stage.agent)
        complaint = intake.Complaint(text="The table leans.", name="Amy", email="amy@example.org", once="k-1")
        filed = intake.file_complaint(
            channel_id=self.stage.form.pk,
            complaint=complaint,
            uploads=[moves.store(name="table.txt", content=b"leaning")],
            at=timezone.now(),
            actor=SYSTEM,
        )
        self.case = cases.take(case_id=filed.case.pk, at=timezone.now(), actor=self.agent)
        self.thread = Thread.objects.get()
        self.url = "/p/" + filed.link.rstrip("/").rpartition("/")[2] + "/"

    def say(self, text: str = "We are on it.", **given: Any) -> Message:
        return dialogue.send_message(case_id=self.case.pk, text=text, at=timezone.now(), actor=self.agent, **given)

    def promise(self, *, days: int = 5, at: datetime | None = None, wording: str = "") -> Action:
        """The refund is decided, for 60 euros and a day."""
        at = at or timezone.now()
        return action.change_action(
            action_id=Action.objects.get().pk,
            wording=wording,
            is_required=True,
            amount=Decimal("60.00"),
            owner_id=None,
            team_id=None,
            due_at=at + timedelta(days=days),
            at=at,
            actor=self.agent,
        )

    def handle(self) -> None:
        handling.decide(
            case_id=self.case.pk, outcome=Outcome.UPHELD, reason="Secret reasons.", at=timezone.now(), actor=self.agent
        )
        action.complete_action(
            action_id=Action.objects.get().pk,
            outcome="Paid, says the bank.",
            reference="RF-77",
            amount=Decimal("60.00"),
            at=timezone.now(),
            actor=self.agent,
        )
        handling.send_final_answer(case_id=self.case.pk, text="You were right.", at=timezone.now(), actor=self.agent)
        mail = Delivery.objects.latest("pk")
        claimed_at = timezone.now()
        delivery.claim(delivery_id=mail.pk, at=claimed_at, actor=SYSTEM)
        delivery.mark_sent(delivery_id=mail.pk, claimed_at=claimed_at, at=claimed_at, actor=SYSTEM)
        handling.handle(case_id=self.case.pk, at=timezone.now(), actor=self.agent)


@pytest.fixture
def filed() -> Filed:
    return Filed()


@pytest.fixture
def visitor() -> Client:
    """Somebody without cookies, whose posts carry no token."""
    return Client(enforce_csrf_checks=True)


class TestThePage:
    def test_shows_the_exchange_and_not_what_is_internal(self, filed: Filed, visitor: Client) -> None:
        filed.say("Which day suits you?")
        dialogue.write_note(case_id=filed.case.pk, text="She is furious.", at=timezone.now(), actor=filed.agent)
        page = visitor.get(filed.url)
        said = page.content.decode()
        assert page.status_code == 200
        assert filed.case.reference in said
        assert "The table leans." in said
        assert "Which day suits you?" in said
        assert "She is furious." not in said

    def test_is_kept_nowhere_and_writes_nothing(
        self, filed: Filed, visitor: Client, django_assert_max_num_queries: Any
    ) -> None:
        filed.say()
        before = Event.objects.count()
        with django_assert_max_num_queries(16):
            page = visitor.get(filed.url)
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "no-store" in page.headers["Cache-Control"]
        assert "noindex" in page.headers["X-Robots-Tag"]
        assert Event.objects.count() == before
        assert Message.objects.latest("pk").read_at is None

    @pytest.mark.parametrize("form", ["messages", "read", "answer", "closing", "code", "withdraw", "renew", "language"])
    def test_is_where_the_address_of_a_form_leads(self, filed: Filed, visitor: Client, form: str) -> None:
        before = Event.objects.count()
        answer = visitor.get(f"{filed.url}{form}/")
        assert (answer.status_code, answer.headers["Location"]) == (302, filed.url)
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert visitor.put(f"{filed.url}{form}/").status_code == 405
        assert Event.objects.count() == before

    def test_promises_only_what_somebody_promised(self, filed: Filed, visitor: Client) -> None:
        assert "Refund" not in visitor.get(filed.url).content.decode()
        filed.promise()
        page = visitor.get(filed.url).content.decode()
        assert "Refund · 60.00" in page
        assert "promised for" in page

    def test_shows_how_a_promise_stands(self, filed: Filed, visitor: Client) -> None:
        refund = filed.promise()
        action.start_action(action_id=refund.pk, at=timezone.now(), actor=filed.agent)
        assert "being carried out" in visitor.get(filed.url).content.decode()
        filed.promise(days=9)
        moved = visitor.get(filed.url).content.decode()
        assert "promised before for" in moved
        later = timezone.now() + timedelta(days=10)
        assert private.promises_of(filed.case, later)[0].state == "late"
        action.complete_action(
            action_id=refund.pk,
            outcome="Paid.",
            reference="RF-77",
            amount=Decimal("60.00"),
            at=timezone.now(),
            actor=filed.agent,
        )
        kept = visitor.get(filed.url).content.decode()
        assert "RF-77" in kept
        assert "promised before for" not in kept

    def test_shows_the_day_on_which_it_took_place(self, filed: Filed, visitor: Client) -> None:
        refund = filed.promise()
        Kind.objects.filter(pk=refund.kind_id).update(proof="date")
        day, done = timezone.localdate(), {"outcome": "Paid.", "amount": Decimal("60.00")}
        action.complete_action(action_id=refund.pk, **done, done_on=day, at=timezone.now(), actor=filed.agent)
        page = visitor.get(filed.url).content.decode()
        assert f'took place <time class="num" datetime="{day.isoformat()}"' in page
        assert "took place" in visitor.get(filed.url + "exchange/").content.decode()

    def test_does_not_show_what_waits_for_the_brand(self, filed: Filed, visitor: Client) -> None:
        Grant.objects.filter(role="agent").update(ended_at=timezone.now())
        Grant.objects.create(brand=filed.stage.brand, role="agent", currency="EUR", per_action=Decimal("10"))
        refund = filed.promise()
        assert refund.status == ActionStatus.AWAITING_APPROVAL
        assert "Refund" not in visitor.get(filed.url).content.decode()

    def test_looks_again_only_when_something_changed(
        self, filed: Filed, visitor: Client, django_assert_max_num_queries: Any
    ) -> None:
        filed.promise()
        revision = Case.objects.get().revision
        with django_assert_max_num_queries(2):
            assert visitor.get(f"{filed.url}promises/?revision={revision}").status_code == 204
        found = visitor.get(f"{filed.url}promises/?revision={revision - 1}")
        assert "Refund" in found.content.decode()
        assert found.headers["Referrer-Policy"] == "no-referrer"

    def test_hides_a_kind_that_is_not_shown(self, filed: Filed, visitor: Client) -> None:
        filed.stage.refund.is_shown = False
        filed.stage.refund.save()
        filed.promise()
        assert not Promise.objects.exists()
        assert "Refund" not in visitor.get(filed.url).content.decode()

    def test_keeps_back_what_was_meant_for_somebody_else(self, filed: Filed, visitor: Client) -> None:
        wrong = filed.say("Dear Mrs Albright", uploads=[moves.store(name="hers.txt", content=b"hers")])
        dialogue.report_misdirected(message_id=wrong.pk, reason="Wrong window", at=timezone.now(), actor=filed.agent)
        link = invitation.send_link(thread_id=filed.thread.pk, at=timezone.now(), actor=filed.agent)
        url = "/p/" + link.rstrip("/").rpartition("/")[2] + "/"
        assert visitor.get(filed.url).status_code == 404
        assert "Albright" not in visitor.get(url).content.decode()
        assert "Albright" not in visitor.get(url + "exchange/").content.decode()
        hers = Attachment.objects.get(name="hers.txt")
        assert visitor.get(f"{url}files/{hers.public_id}/").status_code == 404

    def test_gives_the_exchange_as_a_text(self, filed: Filed, visitor: Client) -> None:
        filed.say("Which <day> suits you?")
        given = visitor.get(filed.url + "exchange/")
        assert given.headers["Content-Disposition"].startswith("attachment")
        assert given.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert "Which <day> suits you?" in given.content.decode()


class TestWriting:
    def test_keeps_words_and_files_once(self, filed: Filed, visitor: Client) -> None:
        form = {"text": "Thursday.", "once": str(uuid.uuid4())}
        for _ in range(2):
            answer = visitor.post(
                filed.url + "messages/", {**form, "attachments": SimpleUploadedFile("a.png", PNG, "image/png")}
            )
            assert answer.status_code == 302
        message = Message.objects.get()
        assert (message.text, message.attachments.count()) == ("Thursday.", 1)
        assert Event.objects.get(kind="message_received").actor_id == filed.case.complainant_id

    @pytest.mark.parametrize("text", ["", " \u200b ", "z" * 50_001])
    def test_refuses_nothing_and_too_much_kindly(self, filed: Filed, visitor: Client, text: str) -> None:
        answer = visitor.post(filed.url + "messages/", {"text": text})
        assert answer.status_code == 422
        assert text.strip() in answer.content.decode()
        assert not Message.objects.exists()

    def test_a_refused_file_keeps_the_words(self, filed: Filed, visitor: Client) -> None:
        program = SimpleUploadedFile("photo.png", b"MZ\x90\x00" + b"\x00" * 64, "image/png")
        answer = visitor.post(filed.url + "messages/", {"text": "See the photo.", "attachments": program})
        assert answer.status_code == 422
        assert "a program" in answer.content.decode()
        assert "See the photo." in answer.content.decode()

    def test_reading_is_told_by_a_post(self, filed: Filed, visitor: Client) -> None:
        filed.say()
        visitor.get(filed.url + "read/")
        assert Message.objects.get().read_at is None
        assert visitor.post(filed.url + "read/", {"quiet": "1"}).status_code == 204
        assert Message.objects.get().read_at is not None


class TestTheQuestion:
    def test_comes_first_with_what_was_done(self, filed: Filed, visitor: Client) -> None:
        filed.handle()
        page = visitor.get(filed.url).content.decode()
        assert "Is it settled for you?" in page
        assert "RF-77" in page
        assert "60.00" in page
        assert "You were right" in page
        assert "Secret reasons." not in page
        assert "says the bank" not in page

    def test_yes_settles_it_once(self, filed: Filed, visitor: Client) -> None:
        filed.handle()
        for _ in range(2):
            visitor.post(filed.url + "answer/", {"answer": "settled"})
        assert Confirmation.objects.count() == 1
        assert "Settled" in visitor.get(filed.url).content.decode()

    def test_no_needs_a_word_and_opens_the_case_again(self, filed: Filed, visitor: Client) -> None:
        filed.handle()
        refused = visitor.post(filed.url + "answer/", {"answer": "no", "words": " "})
        assert refused.status_code == 422
        assert "what is missing" in refused.content.decode()
        assert Case.objects.get().status == Status.HANDLED
        visitor.post(filed.url + "answer/", {"answer": "no", "words": "It still leans."})
        case = Case.objects.get()
        assert (case.status, case.owner_id) == (Status.OPEN, filed.stage.agent.pk)
        assert "It still leans." in visitor.get(filed.url).content.decode()

    def test_no_said_twice_opens_nothing_twice_and_loses_no_words(self, filed: Filed, visitor: Client) -> None:
        filed.handle()
        for words in ("It still leans.", "It still leans.", "And a leg is loose."):
            assert visitor.post(filed.url + "answer/", {"answer": "no", "words": words}).status_code == 302
        case = Case.objects.get()
        assert (case.status, case.reopened) == (Status.OPEN, 1)
        assert Confirmation.objects.count() == 1
        assert [one.text for one in Message.objects.filter(author=None).order_by("pk")] == [
            "It still leans.",
            "And a leg is loose.",
        ]

    def test_a_no_after_a_yes_opens_the_case(self, filed: Filed, visitor: Client) -> None:
        filed.handle()
        visitor.post(filed.url + "answer/", {"answer": "settled"})
        assert "not settled after all" in visitor.get(filed.url).content.decode()
        visitor.post(filed.url + "answer/", {"answer": "no", "words": "It leans again."})
        assert Case.objects.get().status == Status.OPEN
        assert [one.answer for one in Confirmation.objects.order_by("pk")] == ["settled", "no"]

    def test_hears_of_each_promise_whether_it_was_kept(self, filed: Filed, visitor: Client) -> None:
        filed.promise()
        filed.handle()
        assert "Was it kept?" in visitor.get(filed.url).content.decode()
        url = f"{filed.url}promises/{Promise.objects.get().public_id}/"
        assert visitor.post(url, {"said": "perhaps"}).status_code == 422
        for _ in range(2):
            assert visitor.post(url, {"said": "no"}).status_code == 302
        promise = Promise.objects.get()
        assert (promise.said, promise.said_at is not None) == ("no", True)
        assert Event.objects.filter(kind="confirmation_given").count() == 1
        assert Case.objects.get().status == Status.HANDLED
        assert "You said that a promise was not kept" in visitor.get(filed.url).content.decode()
        assert visitor.post(f"{filed.url}promises/{uuid.uuid4()}/", {"said": "no"}).status_code == 404

    def test_asks_again_whether_it_lasted(self, filed: Filed, visitor: Client) -> None:
        filed.stage.refund.ask_again_days = 21
        filed.stage.refund.save()
        filed.handle()
        visitor.post(filed.url + "answer/", {"answer": "settled"})
        later = timezone.now() + timedelta(days=22)
        assert confirmation.ask_again(case_id=filed.case.pk, at=later, actor=SYSTEM)
        assert "Did it last?" in visitor.get(filed.url).content.decode()
        visitor.post(filed.url + "answer/", {"answer": "settled"})
        assert [one.answer for one in Confirmation.objects.all()] == ["settled", "settled"]

    def test_offers_no_consent_where_nothing_was_public(self, filed: Filed, visitor: Client) -> None:
        filed.handle()
        assert "may_say_publicly" not in visitor.get(filed.url).content.decode()

    def test_makes_no_sense_of_another_answer(self, filed: Filed, visitor: Client) -> None:
        filed.handle()
        assert visitor.post(filed.url + "answer/", {"answer": "maybe"}).status_code == 422
        assert not Confirmation.objects.exists()

    def test_a_no_to_a_case_that_a_colleague_opened_meanwhile_is_a_message(self, filed: Filed, visitor: Client) -> None:
        filed.handle()
        confirmation.reopen(case_id=filed.case.pk, reason="She called.", at=timezone.now(), actor=filed.agent)
        assert visitor.post(filed.url + "answer/", {"answer": "no", "words": "Still leaning."}).status_code == 302
        assert Message.objects.latest("pk").text == "Still leaning."


class TestWithdrawing:
    def test_asks_before_it_ends_the_case(self, filed: Filed, visitor: Client) -> None:
        visitor.post(filed.url + "withdraw/")
        assert Case.objects.get().status == Status.OPEN
        visitor.post(filed.url + "withdraw/", {"sure": "yes"})
        assert Case.objects.get().status == Status.WITHDRAWN
        assert visitor.get(filed.url).status_code == 200


class TestSomebodyUnconfirmed:
    @pytest.fixture
    def claimed(self, filed: Filed) -> str:
        post = filed.stage.post("p-9", author="tom", name="Tom Ashgrove")
        case = triage.triage(post_id=post.pk, kind=PostKind.COMPLAINT, at=timezone.now(), actor=filed.agent)
        assert case is not None
        written = dialogue.reply_in_public(
            post_id=post.pk,
            text="Write here.",
            url="https://s.example/1",
            is_inviting=True,
            at=timezone.now(),
            actor=filed.agent,
        )
        secret = written.invitation.rstrip("/").rpartition("/")[2]
        taken = invitation.claim(
            secret=secret, name="Bob", contact="", text="My words.", at=timezone.now(), actor=SYSTEM
        )
        return "/p/" + taken.link.rstrip("/").rpartition("/")[2] + "/"

    def test_sees_their_own_words_only(self, filed: Filed, visitor: Client, claimed: str) -> None:
        page = visitor.get(claimed).content.decode()
        assert "My words." in page
        assert "My sofa never came." not in page
        assert "BW-2" not in page
        assert "BW-2" not in visitor.get(claimed + "exchange/").content.decode()

    def test_can_neither_withdraw_nor_confirm(self, filed: Filed, visitor: Client, claimed: str) -> None:
        assert visitor.post(claimed + "withdraw/", {"sure": "yes"}).status_code == 404
        assert visitor.post(claimed + "answer/", {"answer": "settled"}).status_code == 404
        assert visitor.post(claimed + "closing/").status_code == 404
        assert visitor.get(claimed + "promises/").status_code == 404
        assert not Case.objects.filter(status=Status.WITHDRAWN).exists()

    def test_becomes_known_by_the_code(self, filed: Filed, visitor: Client, claimed: str) -> None:
        thread = Thread.objects.latest("pk")
        code = invitation.make_code(thread_id=thread.pk, at=timezone.now(), actor=filed.agent)
        wrong = visitor.post(claimed + "code/", {"code": "AAAAAAAA"})
        assert wrong.status_code == 422
        assert "not right" in wrong.content.decode()
        assert visitor.post(claimed + "code/", {"code": f" {code[:4].lower()}-{code[4:]} "}).status_code == 302
        page = visitor.get(claimed).content.decode()
        assert "My sofa never came." in page
        assert "BW-2" in page

    def test_who_is_refused_finds_the_link_dead(self, filed: Filed, visitor: Client, claimed: str) -> None:
        invitation.refuse(thread_id=Thread.objects.latest("pk").pk, at=timezone.now(), actor=filed.agent)
        assert visitor.get(claimed).status_code == 404


class TestFiles:
    def test_of_the_page_are_downloads_that_no_browser_runs(self, filed: Filed, visitor: Client) -> None:
        mine = Attachment.objects.get()
        given = visitor.get(f"{filed.url}files/{mine.public_id}/")
        assert given.content == b"leaning"
        assert given.headers["Content-Disposition"].startswith("attachment")
        assert given.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in given.headers["Content-Security-Policy"]

    def test_of_notes_actions_and_others_stay_with_us(self, filed: Filed, visitor: Client) -> None:
        note = dialogue.write_note(
            case_id=filed.case.pk,
            text="Look",
            uploads=[moves.store(name="note.txt", content=b"internal")],
            at=timezone.now(),
            actor=filed.agent,
        )
        internal = note.attachments.get()
        other = intake.file_complaint(
            channel_id=filed.stage.form.pk,
            complaint=intake.Complaint(text="Another", once="k-2"),
            uploads=[moves.store(name="other.txt", content=b"other")],
            at=timezone.now(),
            actor=SYSTEM,
        )
        foreign = Attachment.objects.get(post__links__case=other.case)
        for found in (internal, foreign):
            refused = visitor.get(f"{filed.url}files/{found.public_id}/")
            assert refused.status_code == 404
            assert refused.headers["Referrer-Policy"] == "no-referrer"
        assert visitor.get(f"{filed.url}files/{uuid.uuid4()}/").status_code == 404


class TestADeadLink:
    @pytest.mark.parametrize("ending", ["guessed", "revoked", "expired"])
    def test_ends_kindly_everywhere(self, filed: Filed, visitor: Client, ending: str) -> None:
        url = filed.url
        if ending == "guessed":
            url = "/p/" + "x" * 43 + "/"
        elif ending == "revoked":
            invitation.revoke_links(thread_id=filed.thread.pk, at=timezone.now(), actor=filed.agent)
        else:
            PrivateLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        mine = Attachment.objects.get()
        looked = [visitor.get(url), visitor.get(url + "exchange/"), visitor.get(f"{url}files/{mine.public_id}/")]
        assert {page.status_code for page in looked} == {404}
        assert "Send me a new link" in looked[0].content.decode()
        assert looked[0].headers["Referrer-Policy"] == "no-referrer"
        wrote = visitor.post(url + "messages/", {"text": "Words not to be lost."})
        assert wrote.status_code == 404
        assert "Words not to be lost." in wrote.content.decode()
        assert visitor.post(url + "withdraw/", {"sure": "yes"}).status_code == 404
        assert Case.objects.get().status == Status.OPEN
        assert not Message.objects.exists()

    def test_is_renewed_by_mail_to_the_known_address_only(self, filed: Filed, visitor: Client) -> None:
        PrivateLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        known = visitor.post(filed.url + "renew/")
        guessed = visitor.post("/p/" + "x" * 43 + "/renew/")
        token = re.compile(r"X-CSRFToken[^}]*")
        assert token.sub("", known.content.decode()) == token.sub("", guessed.content.decode())
        assert known.status_code == 200
        mail = Delivery.objects.get(purpose="link")
        assert mail.recipient == "amy@example.org"

    def test_is_renewed_a_few_times_an_hour(self, filed: Filed, visitor: Client) -> None:
        codes = [visitor.post(filed.url + "renew/").status_code for _ in range(6)]
        assert codes == [200] * 5 + [429]


def test_a_log_line_about_a_page_does_not_open_it(filed: Filed) -> None:
    secret = filed.url.split("/")[2]
    line = without_secrets(None, "error", {"event": f"Internal Server Error: {filed.url}messages/"})
    assert secret not in line["event"]
    assert line["event"].endswith("/p/.../messages/")
