"""What the tests of the desk share: somebody signed in, and a case in the middle of its life."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client

from cases.commands import action, dialogue, handling, invitation
from cases.commands import case as commands
from cases.models import Case, Thread, User
from cases.vocabulary import Actor, ActorKind, AnswerRoute, Outcome
from tests.people import AT, Stage, actor

SOMEBODY = Actor(ActorKind.COMPLAINANT)
HTMX = {"HX-Request": "true"}


def signed_in(person: User) -> Client:
    """The browser of a person."""
    client = Client()
    client.force_login(person)
    return client


def taken(stage: Stage, external_id: str = "p-1", **fields: object) -> Case:
    """A case that the agent owns."""
    case = stage.case(external_id, **fields)
    return commands.take(case_id=case.pk, at=AT, actor=actor(stage.agent))


def claimed(stage: Stage, case: Case, name: str = "Tom", words: str = "It is me.") -> Thread:
    """A thread of somebody who followed an invitation and is not confirmed yet."""
    post = case.links.get().post
    written = dialogue.reply_in_public(
        post_id=post.pk,
        text="We are on it.",
        url="https://social.example/1",
        is_inviting=True,
        at=AT,
        actor=actor(stage.agent),
    )
    secret = written.invitation.rstrip("/").split("/")[-1]
    found = invitation.claim(secret=secret, name=name, contact="", text=words, at=AT, actor=SOMEBODY)
    return found.thread


def ready(stage: Stage, case: Case) -> None:
    """Everything the gate asks for is done."""
    at = AT + timedelta(hours=1)
    handling.decide(case_id=case.pk, outcome=Outcome.UPHELD, reason="Ours", at=at, actor=actor(stage.agent))
    for each in case.actions.all():
        action.waive_action(action_id=each.pk, reason="Other way", at=at, actor=actor(stage.manager))
    done = action.add_action(case_id=case.pk, kind_id=stage.apology.pk, at=at, actor=actor(stage.agent))
    action.complete_action(action_id=done.pk, outcome="Said sorry.", at=at, actor=actor(stage.agent))
    handling.send_final_answer(
        case_id=case.pk, text="Nobody answers there.", route=AnswerRoute.UNREACHABLE, at=at, actor=actor(stage.agent)
    )
