"""Deliveries: claimed once, marked by whoever claimed them, settled by people with that right."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases import errors
from cases.commands import case as cases
from cases.commands import delivery, dialogue
from cases.models import Delivery, Event, Notification
from cases.vocabulary import SYSTEM, DeliveryStatus, EventKind, Job, Status
from tests.people import AT, Stage, actor, set_stage

pytestmark = [pytest.mark.django_db, pytest.mark.database]
LATER = AT + timedelta(minutes=1)
Nudges = list[tuple[str, dict[str, int | str]]]


@pytest.fixture
def stage() -> Stage:
    return set_stage()


def account_mail() -> Delivery:
    row = delivery.queue_account_mail(recipient="new@example.org", subject="Welcome", body="Hello", actor=SYSTEM)
    Delivery.objects.filter(pk=row.pk).update(due_at=AT)
    return Delivery.objects.get(pk=row.pk)


def message_mail(stage: Stage) -> Delivery:
    """A mail that carries a colleague's message."""
    opened = stage.case()
    cases.take(case_id=opened.pk, at=AT, actor=actor(stage.agent))
    opened.complainant.email = "tom@example.org"
    opened.complainant.save()
    dialogue.send_message(case_id=opened.pk, text="Which day suits you?", at=AT, actor=actor(stage.agent))
    row = Delivery.objects.get(message__isnull=False)
    Delivery.objects.filter(pk=row.pk).update(due_at=AT)
    return Delivery.objects.get(pk=row.pk)


def claim(row: Delivery) -> delivery.Mail:
    mail = delivery.claim(delivery_id=row.pk, at=AT, actor=SYSTEM)
    assert mail is not None
    return mail


def status(row: Delivery) -> str:
    return Delivery.objects.values_list("status", flat=True).get(pk=row.pk)


def kinds(row: Delivery) -> list[str]:
    return list(Event.objects.filter(payload__delivery=row.pk).order_by("pk").values_list("kind", flat=True))


def mark(row: Delivery, mail: delivery.Mail, *, is_final: bool = False) -> None:
    delivery.mark_failed(
        delivery_id=row.pk, claimed_at=mail.claimed_at, error="451 later", is_final=is_final, at=LATER, actor=SYSTEM
    )


def unknown(row: Delivery) -> delivery.Mail:
    mail = claim(row)
    delivery.mark_unknown(delivery_id=row.pk, claimed_at=mail.claimed_at, error="lost", at=LATER, actor=SYSTEM)
    return mail


class TestClaim:
    def test_takes_a_due_delivery_once(self) -> None:
        row = account_mail()
        mail = claim(row)
        assert (mail.recipient, mail.subject, mail.body, mail.is_automatic) == (
            "new@example.org",
            "Welcome",
            "Hello",
            True,
        )
        assert delivery.claim(delivery_id=row.pk, at=AT, actor=SYSTEM) is None
        assert kinds(row) == [EventKind.DELIVERY_QUEUED, EventKind.DELIVERY_CLAIMED]

    def test_leaves_what_is_not_due_and_what_is_not_there(self) -> None:
        row = account_mail()
        assert delivery.claim(delivery_id=row.pk, at=AT - timedelta(seconds=1), actor=SYSTEM) is None
        assert delivery.claim(delivery_id=999_999, at=AT, actor=SYSTEM) is None
        assert status(row) == DeliveryStatus.QUEUED

    def test_knows_a_colleague_s_words_from_a_machine_s(self, stage: Stage) -> None:
        mail = claim(message_mail(stage))
        assert (mail.is_automatic, mail.sender) == (False, stage.brand.name)


class TestMarkFailed:
    def test_waits_longer_each_time_and_gives_up_in_the_end(self) -> None:
        row = account_mail()
        waits = []
        at = AT
        for _ in range(delivery.MAX_ATTEMPTS):
            mail = delivery.claim(delivery_id=row.pk, at=at, actor=SYSTEM)
            assert mail is not None
            mark(row, mail)
            due = Delivery.objects.values_list("due_at", flat=True).get(pk=row.pk)
            waits.append(due - LATER)
            at = max(due, at + timedelta(seconds=1))
        assert status(row) == DeliveryStatus.FAILED
        assert timedelta(seconds=30) <= waits[0] <= timedelta(seconds=45)
        assert waits[7] >= timedelta(seconds=30 * 2**7)

    def test_gives_up_at_once_where_trying_again_is_pointless(self, stage: Stage) -> None:
        row = message_mail(stage)
        mark(row, claim(row), is_final=True)
        assert status(row) == DeliveryStatus.FAILED
        told = Notification.objects.get(kind="undelivered")
        assert told.person_id == stage.agent.pk

    def test_changes_nothing_for_a_sender_who_has_lost_the_claim(self) -> None:
        row = account_mail()
        late = unknown(row)
        delivery.settle(delivery_id=row.pk, choice="again", at=AT + timedelta(seconds=5), actor=SYSTEM)
        second = delivery.claim(delivery_id=row.pk, at=AT + timedelta(seconds=6), actor=SYSTEM)
        assert second is not None
        mark(row, late, is_final=True)
        assert status(row) == DeliveryStatus.SENDING


class TestMarkSent:
    def test_notes_it_once(self) -> None:
        row = account_mail()
        mail = claim(row)
        for _ in range(2):
            delivery.mark_sent(delivery_id=row.pk, claimed_at=mail.claimed_at, at=LATER, actor=SYSTEM)
        assert status(row) == DeliveryStatus.SENT
        assert kinds(row).count(EventKind.DELIVERY_SENT) == 1

    def test_believes_a_sender_who_was_taken_for_dead(self) -> None:
        row = account_mail()
        mail = claim(row)
        delivery.end_lease(delivery_id=row.pk, at=AT + delivery.LEASE, actor=SYSTEM)
        assert status(row) == DeliveryStatus.UNKNOWN
        delivery.mark_sent(delivery_id=row.pk, claimed_at=mail.claimed_at, at=LATER, actor=SYSTEM)
        assert status(row) == DeliveryStatus.SENT

    def test_spares_the_second_mail_when_the_first_arrived_after_all(self) -> None:
        row = account_mail()
        mail = unknown(row)
        delivery.settle(delivery_id=row.pk, choice="again", at=LATER, actor=SYSTEM)
        delivery.mark_sent(delivery_id=row.pk, claimed_at=mail.claimed_at, at=LATER, actor=SYSTEM)
        assert status(row) == DeliveryStatus.SENT
        assert delivery.claim(delivery_id=row.pk, at=LATER, actor=SYSTEM) is None

    def test_tells_the_journal_even_when_somebody_has_cancelled_it(self) -> None:
        row = account_mail()
        mail = unknown(row)
        delivery.settle(delivery_id=row.pk, choice="cancel", at=LATER, actor=SYSTEM)
        delivery.mark_sent(delivery_id=row.pk, claimed_at=mail.claimed_at, at=LATER, actor=SYSTEM)
        assert status(row) == DeliveryStatus.CANCELLED
        assert kinds(row)[-1] == EventKind.DELIVERY_SENT


def test_a_lease_ends_only_when_it_is_over() -> None:
    row = account_mail()
    claim(row)
    delivery.end_lease(delivery_id=row.pk, at=AT + delivery.LEASE - timedelta(seconds=1), actor=SYSTEM)
    assert status(row) == DeliveryStatus.SENDING


class TestSettle:
    def test_queues_it_again_and_nudges(
        self, stage: Stage, nudges: Nudges, django_capture_on_commit_callbacks: object
    ) -> None:
        row = message_mail(stage)
        unknown(row)
        nudges.clear()
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            delivery.settle(delivery_id=row.pk, choice="again", at=LATER, actor=actor(stage.manager))
        assert (status(row), nudges) == (
            DeliveryStatus.QUEUED,
            [(Job.SEND_DELIVERY.value, {"delivery_id": row.pk})],
        )
        assert delivery.claim(delivery_id=row.pk, at=LATER, actor=SYSTEM) is not None

    def test_notes_that_it_arrived(self, stage: Stage) -> None:
        row = message_mail(stage)
        unknown(row)
        settled = delivery.settle(delivery_id=row.pk, choice="arrived", at=LATER, actor=actor(stage.manager))
        assert (settled.status, settled.sent_at) == (DeliveryStatus.SENT, LATER)

    def test_refuses_that_a_refused_mail_arrived(self, stage: Stage) -> None:
        row = message_mail(stage)
        mark(row, claim(row), is_final=True)
        with pytest.raises(errors.Invalid):
            delivery.settle(delivery_id=row.pk, choice="arrived", at=LATER, actor=actor(stage.manager))

    @pytest.mark.parametrize("choice", ["again", "cancel"])
    def test_refuses_what_nobody_has_to_decide(self, stage: Stage, choice: str) -> None:
        row = message_mail(stage)
        with pytest.raises(errors.ChangedMeanwhile):
            delivery.settle(delivery_id=row.pk, choice=choice, at=LATER, actor=actor(stage.manager))
        assert status(row) == DeliveryStatus.QUEUED

    def test_refuses_people_without_the_right(self, stage: Stage) -> None:
        row = message_mail(stage)
        unknown(row)
        for person, refusal in (
            (stage.agent, errors.NotAllowed),
            (stage.auditor, errors.NotAllowed),
            (stage.outsider, errors.NotFound),
        ):
            with pytest.raises(refusal):
                delivery.settle(delivery_id=row.pk, choice="cancel", at=LATER, actor=actor(person))
        assert status(row) == DeliveryStatus.UNKNOWN

    def test_leaves_account_mails_to_the_organisation(self, stage: Stage) -> None:
        row = account_mail()
        unknown(row)
        with pytest.raises(errors.NotAllowed):
            delivery.settle(delivery_id=row.pk, choice="cancel", at=LATER, actor=actor(stage.manager))
        assert status(row) == DeliveryStatus.UNKNOWN


class TestFinalAnswer:
    """What a delivery means for the answer it carries."""

    @pytest.fixture
    def answer(self, stage: Stage) -> Delivery:
        row = message_mail(stage)
        assert row.case is not None
        row.case.answers.create(
            route="private", status="sending", text="So.", message=row.message, by=stage.agent, at=AT
        )
        return row

    def test_reaches_with_its_mail(self, answer: Delivery) -> None:
        mail = claim(answer)
        delivery.mark_sent(delivery_id=answer.pk, claimed_at=mail.claimed_at, at=LATER, actor=SYSTEM)
        assert answer.case.answers.get().status == "reached"  # type: ignore[union-attr]

    def test_comes_back_with_its_mail(self, answer: Delivery) -> None:
        mail = claim(answer)
        delivery.mark_sent(delivery_id=answer.pk, claimed_at=mail.claimed_at, at=LATER, actor=SYSTEM)
        delivery.record_bounce(delivery_id=answer.pk, error="550 nobody", at=LATER, actor=SYSTEM)
        assert (status(answer), answer.case.answers.get().status) == (  # type: ignore[union-attr]
            DeliveryStatus.FAILED,
            "bounced",
        )

    def test_counts_as_come_back_when_its_mail_is_cancelled(self, answer: Delivery, stage: Stage) -> None:
        unknown(answer)
        delivery.settle(delivery_id=answer.pk, choice="cancel", at=LATER, actor=actor(stage.manager))
        assert answer.case.answers.get().status == "bounced"  # type: ignore[union-attr]
        assert answer.case.status != Status.HANDLED  # type: ignore[union-attr]
