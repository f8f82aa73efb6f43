"""What comes after handled: asked, asked again, said, written down, agreed to in public; silence is never a yes."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from cases import errors
from cases.commands import action, confirmation, delivery, dialogue, handling
from cases.commands import case as cases
from cases.jobs import promise as jobs
from cases.models import Case, Confirmation, Delivery, Event, Message, Note, Notification, Promise, PublicReply, Thread
from cases.queries import api_confirmation as reads
from cases.queries import case as lists
from cases.queries import people, verification
from cases.queries import promise as due
from cases.vocabulary import SYSTEM, Actor, EventKind, Inbox, Order, Outcome, Satisfaction, Status, Told
from cases.web import compose, gatelines
from tests.desk import ready, signed_in, taken
from tests.people import AT, Stage, actor, set_stage

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def stage() -> Stage:
    made = set_stage()
    made.refund.ask_again_days = 21
    made.refund.save()
    return made


class Done:
    """Tom's case, handled: the refund is paid, and the answer went to his address."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.agent = stage, actor(stage.agent)
        self.case = taken(stage)
        cases.describe_complainant(
            case_id=self.case.pk, name="Tom", email="tom@example.org", phone="", language="", at=AT, actor=self.agent
        )
        dialogue.send_message(case_id=self.case.pk, text="We pay.", at=AT, actor=self.agent)
        self.thread = Thread.objects.get()
        self.tom = Actor.complainant(self.case.complainant_id)
        handling.decide(case_id=self.case.pk, outcome=Outcome.UPHELD, reason="Ours.", at=AT, actor=self.agent)
        action.complete_action(
            action_id=self.case.actions.get().pk,
            outcome="Paid",
            reference="RF-1",
            amount=Decimal(60),
            at=AT,
            actor=self.agent,
        )
        self.handle(AT)

    def handle(self, at: Any) -> None:
        handling.send_final_answer(case_id=self.case.pk, text="You were right.", at=at, actor=self.agent)
        mail = Delivery.objects.filter(purpose="message").latest("pk")
        delivery.claim(delivery_id=mail.pk, at=at, actor=SYSTEM)
        delivery.mark_sent(delivery_id=mail.pk, claimed_at=at, at=at, actor=SYSTEM)
        self.case = handling.handle(case_id=self.case.pk, at=at, actor=self.agent)

    def says(self, answer: Satisfaction, words: str = "", *, at: Any = AT, **more: Any) -> Confirmation:
        return confirmation.confirm(thread_id=self.thread.pk, answer=answer, words=words, at=at, actor=self.tom, **more)

    @property
    def now(self) -> Case:
        return Case.objects.get(pk=self.case.pk)


@pytest.fixture
def done(stage: Stage) -> Done:
    return Done(stage)


class TestAsking:
    def test_asks_at_once_and_names_the_day_of_the_second_time(self, done: Done) -> None:
        assert Delivery.objects.get(purpose="ask").recipient == "tom@example.org"
        asked = Event.objects.get(kind=EventKind.CONFIRMATION_ASKED)
        assert asked.payload == {"by_mail": True, "again": False}
        assert done.now.ask_again_at == AT + 21 * DAY

    def test_asks_again_once_also_after_a_yes(self, done: Done) -> None:
        done.says(Satisfaction.SETTLED)
        later = AT + 21 * DAY
        assert due.to_ask_again(later - timedelta(seconds=1), 10) == []
        assert due.to_ask_again(later, 10) == [done.case.pk]
        asked = [confirmation.ask_again(case_id=done.case.pk, at=later, actor=SYSTEM) for _ in range(2)]
        assert asked == [True, False]
        assert Delivery.objects.filter(purpose="ask").count() == 2
        assert (done.now.satisfaction, done.now.ask_again_at) == ("", None)
        assert Confirmation.objects.get().answer == "settled"

    def test_a_no_to_the_second_question_takes_the_place_of_the_yes(self, done: Done) -> None:
        done.says(Satisfaction.SETTLED)
        confirmation.ask_again(case_id=done.case.pk, at=AT + 21 * DAY, actor=SYSTEM)
        done.says(Satisfaction.NO, "It broke again.", at=AT + 22 * DAY)
        assert [one.answer for one in Confirmation.objects.order_by("pk")] == ["settled", "no"]
        assert (done.now.status, done.now.owner_id, done.now.reopened) == (Status.OPEN, done.stage.agent.pk, 1)
        assert Message.objects.latest("pk").text == "It broke again."

    def test_opened_again_nobody_is_asked_the_second_time(self, done: Done) -> None:
        confirmation.reopen(case_id=done.case.pk, reason="She called.", at=AT, actor=done.agent)
        assert done.now.ask_again_at is None
        assert not confirmation.ask_again(case_id=done.case.pk, at=AT + 30 * DAY, actor=SYSTEM)

    def test_the_job_asks_whom_it_is_time_to_ask(self, done: Done) -> None:
        jobs.ask_again()
        assert Delivery.objects.filter(purpose="ask").count() == 2

    def test_whoever_has_no_address_is_asked_on_their_page(self, stage: Stage) -> None:
        case = taken(stage)
        ready(stage, case)
        handling.handle(case_id=case.pk, at=AT + DAY, actor=actor(stage.agent))
        assert Event.objects.get(kind=EventKind.CONFIRMATION_ASKED).payload["by_mail"] is False
        assert not Delivery.objects.filter(purpose="ask").exists()


class TestSilence:
    def test_a_mail_that_came_back_is_no_yes(self, done: Done) -> None:
        mail = Delivery.objects.get(purpose="ask")
        delivery.claim(delivery_id=mail.pk, at=AT, actor=SYSTEM)
        delivery.mark_failed(
            delivery_id=mail.pk, claimed_at=AT, error="550 no such user", is_final=True, at=AT, actor=SYSTEM
        )
        seer = people.seer_of(done.stage.agent.pk)
        row = lists.inbox(seer, lists.Wanted(Inbox.HANDLED, Order.NEWEST)).rows[0]
        assert done.now.satisfaction == ""
        assert gatelines.row(row).words in {str(gatelines.SILENT[1]), str(gatelines.ASKED[1])}
        assert not Confirmation.objects.exists()


class TestSaying:
    def test_no_twice_opens_once_and_loses_no_words(self, done: Done) -> None:
        for words in ("Still no sofa.", "Still no sofa.", "And nobody calls."):
            done.says(Satisfaction.NO, words)
        assert done.now.reopened == 1
        assert Confirmation.objects.count() == 1
        assert [one.text for one in Message.objects.filter(author=None).order_by("pk")] == [
            "Still no sofa.",
            "And nobody calls.",
        ]

    @pytest.mark.parametrize("answer", [Satisfaction.NO, Satisfaction.PARTLY])
    def test_anything_but_a_yes_needs_words(self, done: Done, answer: Satisfaction) -> None:
        with pytest.raises(errors.Invalid):
            done.says(answer, " ")
        assert done.now.status == Status.HANDLED

    def test_the_case_goes_to_somebody_else_when_its_owner_has_left(self, done: Done) -> None:
        done.stage.agent.is_active = False
        done.stage.agent.save()
        done.says(Satisfaction.NO, "Still no sofa.")
        assert done.now.owner_id == done.stage.manager.pk

    def test_of_a_promise_is_kept_with_it_and_told_to_the_owner(self, done: Done) -> None:
        promise = Promise.objects.get()
        for said in (Satisfaction.NO, Satisfaction.NO, Satisfaction.PARTLY):
            confirmation.say_of_promise(
                thread_id=done.thread.pk, promise_id=promise.pk, said=said, at=AT, actor=done.tom
            )
        promise.refresh_from_db()
        assert (promise.said, promise.said_at) == ("partly", AT)
        assert Event.objects.filter(kind=EventKind.CONFIRMATION_GIVEN).count() == 2
        assert Notification.objects.filter(kind="said_not_kept", person=done.stage.agent).count() == 2
        assert done.now.status == Status.HANDLED

    def test_of_a_promise_only_when_asked(self, done: Done) -> None:
        confirmation.reopen(case_id=done.case.pk, reason="She called.", at=AT, actor=done.agent)
        with pytest.raises(errors.ChangedMeanwhile):
            confirmation.say_of_promise(
                thread_id=done.thread.pk,
                promise_id=Promise.objects.get().pk,
                said=Satisfaction.NO,
                at=AT,
                actor=done.tom,
            )


class TestRecording:
    def test_says_who_wrote_it_down_and_how_it_was_told(self, done: Done) -> None:
        for _ in range(2):
            confirmation.record_confirmation(
                case_id=done.case.pk,
                answer=Satisfaction.SETTLED,
                words="Fine now, thanks.",
                told=Told.PHONE,
                at=AT,
                actor=done.agent,
            )
        assert Confirmation.objects.get().words == "Fine now, thanks."
        shown: Any = reads.after(people.seer_of(done.stage.agent.pk), done.case.pk)
        (line,) = shown.confirmations_line
        assert (line["told"], line["recorded_by"], line["answer"]) == ("phone", "agent", "settled")

    def test_what_they_said_themselves_names_nobody_else(self, done: Done) -> None:
        done.says(Satisfaction.SETTLED)
        shown: Any = reads.after(people.seer_of(done.stage.agent.pk), done.case.pk)
        (line,) = shown.confirmations_line
        assert (line["told"], line["recorded_by"]) == ("page", None)

    def test_a_no_by_telephone_opens_the_case_with_their_words(self, done: Done) -> None:
        confirmation.record_confirmation(
            case_id=done.case.pk,
            answer=Satisfaction.NO,
            words="Nothing came.",
            told=Told.PHONE,
            at=AT,
            actor=done.agent,
        )
        assert (done.now.status, Confirmation.objects.get().words) == (Status.OPEN, "Nothing came.")

    @pytest.mark.parametrize(
        ("words", "told"), [(" ", Told.PHONE), ("They said so.", Told.PAGE)], ids=["no words", "as if on the page"]
    )
    def test_needs_words_and_never_stands_in_for_the_page(self, done: Done, words: str, told: Told) -> None:
        with pytest.raises(errors.Invalid):
            confirmation.record_confirmation(
                case_id=done.case.pk, answer=Satisfaction.SETTLED, words=words, told=told, at=AT, actor=done.agent
            )
        assert not Confirmation.objects.exists()

    @pytest.mark.parametrize("role", ["auditor", "admin"])
    def test_is_for_those_who_answer(self, done: Done, role: str) -> None:
        with pytest.raises(errors.NotAllowed):
            confirmation.record_confirmation(
                case_id=done.case.pk,
                answer=Satisfaction.SETTLED,
                words="So they say.",
                told=Told.PHONE,
                at=AT,
                actor=actor(getattr(done.stage, role)),
            )


class TestClosing:
    def test_is_agreed_with_the_yes_or_after_it_and_once(self, done: Done) -> None:
        done.says(Satisfaction.SETTLED)
        assert not Confirmation.objects.get().may_say_publicly
        for _ in range(2):
            confirmation.agree_to_closing(thread_id=done.thread.pk, at=AT, actor=done.tom)
        assert Confirmation.objects.get().may_say_publicly
        assert Event.objects.filter(kind=EventKind.CLOSING_AGREED).count() == 1

    def test_nobody_agrees_to_say_that_a_no_is_settled(self, done: Done) -> None:
        done.says(Satisfaction.NO, "Nothing came.", may_say_publicly=True)
        assert not Confirmation.objects.get().may_say_publicly
        with pytest.raises(errors.ChangedMeanwhile):
            confirmation.agree_to_closing(thread_id=done.thread.pk, at=AT, actor=done.tom)

    def test_is_offered_and_prepared_only_with_the_consent(self, done: Done) -> None:
        browser = signed_in(done.stage.agent)
        url = f"/cases/{done.case.reference}/"
        done.says(Satisfaction.SETTLED)
        assert "closing=1" not in browser.get(url).content.decode()
        assert "This is settled." not in browser.get(url + "?to=public&closing=1").content.decode()
        confirmation.agree_to_closing(thread_id=done.thread.pk, at=AT, actor=done.tom)
        assert "closing=1" in browser.get(url).content.decode()
        assert "This is settled." in browser.get(url + "?to=public&closing=1").content.decode()

    @pytest.mark.parametrize("language", ["en", "fr"])
    def test_tells_nothing_that_the_guard_would_stop(self, done: Done, language: str) -> None:
        done.says(Satisfaction.SETTLED, "Thanks, 60 euros are there.", may_say_publicly=True)
        post = done.case.links.get().post
        text = compose.closing(language)
        dialogue.reply_in_public(post_id=post.pk, text=text, url="https://s.example/9", at=AT + DAY, actor=done.agent)
        assert PublicReply.objects.get().text == text
        assert "closing=1" not in signed_in(done.stage.agent).get(f"/cases/{done.case.reference}/").content.decode()


def test_every_word_of_theirs_is_named_by_an_event(done: Done) -> None:
    done.says(Satisfaction.SETTLED, may_say_publicly=True)
    confirmation.say_of_promise(
        thread_id=done.thread.pk,
        promise_id=Promise.objects.get().pk,
        said=Satisfaction.SETTLED,
        at=AT,
        actor=done.tom,
    )
    assert not Note.objects.exists()
    assert list(verification.unnamed(None)) == []
