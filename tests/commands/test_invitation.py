"""Links to a private thread: an old one may ask for a new one, an ended one may not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases.commands import intake, invitation
from cases.models import Delivery, Event
from cases.vocabulary import SYSTEM, Actor, Hours
from tests.people import AT, actor, set_stage

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def filed() -> tuple[intake.Filed, str, Actor]:
    """A complaint by the form, the secret of its link, and the agent."""
    stage = set_stage()
    complaint = intake.Complaint(text="Broken leg", email="amy@example.org", name="Amy", once="k-1")
    made = intake.file_complaint(channel_id=stage.form.pk, complaint=complaint, uploads=(), at=AT, actor=SYSTEM)
    return made, made.link.rstrip("/").split("/")[-1], actor(stage.agent)


def test_an_expired_link_brings_a_new_one_to_the_known_address() -> None:
    made, secret, _ = filed()
    later = AT + timedelta(hours=Hours.PRIVATE_LINK + 1)
    invitation.renew_link(secret=secret, at=later, actor=Actor.complainant(made.case.complainant_id))
    assert Delivery.objects.filter(purpose="link", recipient="amy@example.org").count() == 1
    assert Event.objects.filter(kind="link_asked").count() == 1


def test_a_link_that_we_ended_brings_nothing() -> None:
    made, secret, agent = filed()
    invitation.revoke_links(thread_id=made.case.threads.get().pk, at=AT, actor=agent)
    invitation.renew_link(secret=secret, at=AT, actor=Actor.complainant(made.case.complainant_id))
    assert not Delivery.objects.filter(purpose="link").exists()
