"""A public complaint goes all the way: post, case, owner, dialogue, decision, action, answer, handled, confirmed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from cases import errors
from cases.commands import action, case, confirmation, delivery, dialogue, handling, intake, invitation
from cases.models import Case, Delivery, Event, Invitation, Thread
from cases.queries import handling as gates
from cases.vocabulary import SYSTEM, Actor, ActorKind, DeliveryStatus, Missing, Outcome, Satisfaction, Status
from tests.people import AT, actor, set_stage

SOMEBODY = Actor(ActorKind.COMPLAINANT)
pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_goes_all_the_way() -> None:
    stage = set_stage()
    agent = actor(stage.agent)
    opened = stage.case()
    assert opened.reference == "BW-1"
    assert opened.status == Status.NEW
    taken = case.take(case_id=opened.pk, at=AT, actor=agent)
    assert (taken.status, taken.owner_id) == (Status.OPEN, stage.agent.pk)

    post = taken.links.get().post
    written = dialogue.reply_in_public(
        post_id=post.pk,
        text="We are on it.",
        url="https://social.example/1",
        is_inviting=True,
        at=AT + timedelta(minutes=5),
        actor=agent,
    )
    secret = written.invitation.rstrip("/").split("/")[-1]
    claimed = invitation.claim(
        secret=secret, name="Tom", contact="tom@example.org", text="It is me.", at=AT, actor=SOMEBODY
    )
    assert claimed.thread.verified_at is None
    code = invitation.make_code(thread_id=claimed.thread.pk, at=AT, actor=agent)
    assert not invitation.enter_code(thread_id=claimed.thread.pk, code="WRONG", at=AT, actor=SOMEBODY)
    assert invitation.enter_code(thread_id=claimed.thread.pk, code=code.lower(), at=AT, actor=SOMEBODY)
    assert Invitation.objects.get().status == "accepted"

    dialogue.send_message(case_id=opened.pk, text="Which day suits you?", at=AT, actor=agent)
    codes = [gap.code for gap in gates.missing(Case.objects.get())]
    assert codes == [Missing.DECISION, Missing.ACTION_OPEN, Missing.FINAL_ANSWER]
    with pytest.raises(errors.GateClosed):
        handling.handle(case_id=opened.pk, at=AT, actor=agent)

    handling.decide(case_id=opened.pk, outcome=Outcome.UPHELD, reason="We lost it.", at=AT, actor=agent)
    refund = opened.actions.get()
    with pytest.raises(errors.ProofMissing):
        action.complete_action(action_id=refund.pk, outcome="Paid", at=AT, actor=agent)
    action.complete_action(
        action_id=refund.pk, outcome="Paid", reference="RF-1", amount=Decimal("60.00"), at=AT, actor=agent
    )
    handling.send_final_answer(case_id=opened.pk, text="You were right.", at=AT, actor=agent)
    assert [gap.code for gap in gates.missing(Case.objects.get())] == [Missing.ANSWER_ON_ITS_WAY]
    answer = Delivery.objects.order_by("-id")[0]
    assert delivery.claim(delivery_id=answer.pk, at=answer.due_at, actor=SYSTEM) is not None
    delivery.mark_sent(delivery_id=answer.pk, claimed_at=answer.due_at, at=AT, actor=SYSTEM)

    handled = handling.handle(case_id=opened.pk, at=AT, actor=agent)
    assert handled.status == Status.HANDLED
    with pytest.raises(errors.Frozen):
        action.add_action(case_id=opened.pk, kind_id=stage.apology.pk, at=AT, actor=agent)

    thread = Thread.objects.get(verified_at__isnull=False)
    tom = Actor.complainant(handled.complainant_id)
    confirmation.confirm(thread_id=thread.pk, answer=Satisfaction.NO, words="Still no sofa", at=AT, actor=tom)
    again = Case.objects.get()
    assert (again.status, again.owner_id, again.reopened) == (Status.OPEN, stage.agent.pk, 1)
    assert [gap.code for gap in gates.missing(again)] == [Missing.FINAL_ANSWER]
    kinds = list(Event.objects.filter(stream="case").order_by("seq").values_list("kind", flat=True))
    assert kinds[0] == "case_opened"
    assert kinds.count("case_handled") == 1
    assert Delivery.objects.filter(status=DeliveryStatus.SENT).count() == 1


def test_the_same_arrival_is_one_post_whatever_happens() -> None:
    stage = set_stage()
    first, again = stage.post(), stage.post()
    assert first.pk == again.pk
    edited = stage.post(text="My sofa came at last.")
    assert edited.pk == first.pk
    assert edited.text == "My sofa never came."
    assert edited.observations.get().text == "My sofa came at last."


def test_a_form_posted_twice_is_one_complaint() -> None:
    stage = set_stage()
    complaint = intake.Complaint(text="Broken leg", email="amy@example.org", name="Amy", once="k-1")
    filed = [
        intake.file_complaint(channel_id=stage.form.pk, complaint=complaint, uploads=(), at=AT, actor=SYSTEM)
        for _ in range(2)
    ]
    assert filed[0].case.pk == filed[1].case.pk
    assert Case.objects.count() == 1
    assert Delivery.objects.count() == 1
