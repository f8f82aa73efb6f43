"""Tokens with which a program acts for a person, with that person's rights."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from cases import errors
from cases.commands import moves
from cases.models import ApiToken, User
from cases.queries import people
from cases.vocabulary import SYSTEM, Actor, ActorKind, EventKind, Stream


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made, and its secret, which is shown once and kept nowhere."""

    token: ApiToken
    secret: str


@transaction.atomic(durable=True)
def make_token(*, person_id: int, label: str, actor: Actor) -> NewToken:
    """A new token of one's own; a program cannot make itself another one."""
    if actor != SYSTEM and (actor.kind != ActorKind.PERSON or actor.person_id != person_id):
        raise errors.NotAllowed
    person = User.objects.select_for_update(no_key=True).filter(pk=person_id, is_active=True).first()
    if person is None:
        raise errors.NotFound
    # The prefix lets a scanner of published code recognise a token that got out.
    secret = f"cdk_{moves.new_secret()}"
    token = ApiToken.objects.create(person=person, label=moves.checked_name(label), digest=moves.digest_of(secret))
    moves.record(Stream.SETUP, 0, EventKind.TOKEN_MADE, actor, person=person_id, token=token.pk)
    return NewToken(token, secret)


@transaction.atomic(durable=True)
def revoke_token(*, token_id: int, at: datetime, actor: Actor) -> ApiToken:
    """End a token, one's own or that of somebody whose access the actor manages; at once and for good."""
    token = (
        ApiToken.objects.select_for_update(no_key=True, of=("self",))
        .select_related("person")
        .filter(pk=token_id)
        .first()
    )
    if token is None:
        raise errors.NotFound
    if actor != SYSTEM and actor.person_id != token.person_id:
        sees = moves.seer(actor)
        if not people.known_to(sees).filter(pk=token.person_id).exists():
            raise errors.NotFound
        if not people.manages(sees, token.person):
            raise errors.NotAllowed
    if token.revoked_at is None:
        token.revoked_at = at
        token.save(update_fields=["revoked_at"])
        moves.record(Stream.SETUP, 0, EventKind.TOKEN_REVOKED, actor, at=at, person=token.person_id, token=token.pk)
    return token
