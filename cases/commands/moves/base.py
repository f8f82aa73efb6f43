"""Lock, require, set a status, record; and do something exactly once for a program."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import connection, transaction
from django.utils import timezone

from cases import errors, queue
from cases.commands.moves.following import follow
from cases.commands.moves.recording import record
from cases.models import Case, IdempotencyKey, Seer
from cases.queries import people, timing
from cases.rules import permission as permissions
from cases.rules import transitions
from cases.vocabulary import Actor, ActorKind, EventKind, Job, Permission, Status, Stream

T = TypeVar("T")


def seer(actor: Actor) -> Seer:
    """What the person behind this actor may see."""
    return people.seer_of(actor.person_id)


def lock(case_id: int) -> Case:
    """The case, locked until the end of the transaction; raises NotFound."""
    rows = Case.objects.select_for_update(no_key=True, of=("self",))
    case = rows.select_related("brand", "complainant").filter(pk=case_id).first()
    if case is None:
        raise errors.NotFound
    return case


def lock_many(case_ids: Iterable[int]) -> dict[int, Case]:
    """These cases, locked in the order of their ids, so that two commands never wait for each other."""
    rows = Case.objects.select_for_update(no_key=True, of=("self",)).select_related("brand", "complainant")
    rows = rows.filter(pk__in=set(case_ids)).order_by("pk")
    return {case.pk: case for case in rows}


def lock_opening(brand_id: int) -> None:
    """Let one transaction at a time take in posts of a brand, and open or join its cases."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('casedesk:opening'), %s)", [brand_id])


def require(actor: Actor, permission: Permission, case: Case) -> None:
    """Refuse unless the actor sees the case and may do this to it; strangers learn nothing (NotFound)."""
    if actor.kind in {ActorKind.SYSTEM, ActorKind.RULE}:
        return
    sees = seer(actor)
    if not sees.sees(case):
        raise errors.NotFound
    if not permissions.may(sees.roles.get(case.brand_id), permission):
        raise errors.NotAllowed


def person_of(actor: Actor) -> int:
    """The person who acts, by their own hand or through a program; raises NotAllowed where no person does."""
    if actor.person_id is None:
        raise errors.NotAllowed
    return actor.person_id


def require_revision(case: Case, revision: int | None) -> None:
    """Refuse to overwrite what somebody else changed since this revision was looked at."""
    if revision is not None and case.revision != revision:
        raise errors.ChangedMeanwhile


def require_in_brand(actor: Actor, permission: Permission, brand_id: int) -> None:
    """Refuse unless the actor may do this in the brand; an organisation admin may set up every brand."""
    if actor.kind in {ActorKind.SYSTEM, ActorKind.RULE}:
        return
    sees = seer(actor)
    if sees.is_organisation_admin and permission in {Permission.SET_UP, Permission.MANAGE_PEOPLE}:
        return
    role = sees.roles.get(brand_id)
    if role is None:
        raise errors.NotFound
    if not permissions.may(role, permission):
        raise errors.NotAllowed


def require_organisation(actor: Actor) -> None:
    """Refuse unless the actor is an organisation admin."""
    if actor.kind == ActorKind.SYSTEM:
        return
    if not seer(actor).is_organisation_admin:
        raise errors.NotAllowed


def set_status(case: Case, status: Status, *, at: datetime, **fields: Any) -> None:
    """Move the case, which stands there since ``at``; raises IllegalMove where the table does not allow it."""
    old = Status(case.status)
    if not transitions.case_may(old, status):
        raise errors.IllegalMove(status=old.label)
    update(case, status=status, status_since=at, **fields)


def update(case: Case, **fields: Any) -> None:
    """Write these fields of a locked case."""
    for name, value in fields.items():
        setattr(case, name, value)
    Case.objects.filter(pk=case.pk).update(**fields)


# Asked in the same statement: whether a rule waits for what has just been written.
_COUNT_UP = """
UPDATE cases_case c SET revision = c.revision + 1 WHERE c.id = %s
RETURNING c.revision, EXISTS (SELECT 1 FROM cases_cue q WHERE q.case_id = c.id AND q.attempts = 0)
"""


def record_case(case: Case, kind: EventKind, actor: Actor, /, *, at: datetime | None = None, **payload: Any) -> None:
    """Add one line to the case's journal, let its deadlines follow, count its revision up, and tell open browsers
    after the commit.
    """
    record(Stream.CASE, case.pk, kind, actor, at=at, **payload)
    if kind in timing.HEARD:
        follow(case, at=at or timezone.now(), is_promise=kind in timing.PROMISES)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_UP, [case.pk])
        case.revision, is_awaited = cursor.fetchone()
    if is_awaited:
        queue.after_commit(Job.HEAR_CUES, case_id=case.pk)
    queue.announce(
        brand_id=case.brand_id,
        case=case.reference,
        revision=case.revision,
        restricted=case.is_restricted or case.about_id is not None,
    )


@dataclass(frozen=True, slots=True)
class Once:
    """A program's Idempotency-Key, and the request it came with."""

    token_id: int
    key: str
    method: str
    path: str
    body: bytes

    @property
    def digest(self) -> bytes:
        """SHA-256 of the body."""
        return hashlib.sha256(self.body).digest()


@dataclass(frozen=True, slots=True)
class Led:
    """What a request led to: its status code, and the reference of what came out, as small JSON without words."""

    status: int
    result: Any


def exactly_once(once: Once | None, command: Callable[..., T], led: Callable[[T], Led], **arguments: Any) -> Led:
    """Run a command under the key, in one transaction with it; a repeat gives what the first one led to.

    ``led`` names what came out. Raises KeyReused when the key came with another body, method or path before.
    """
    if once is None:
        return led(command(**arguments))
    inner = getattr(command, "__wrapped__", command)
    with transaction.atomic(durable=True):
        row, is_new = _claim_key(once)
        if not is_new:
            if (bytes(row.body_digest), row.method, row.path) != (once.digest, once.method, once.path):
                raise errors.KeyReused
            return Led(row.status_code or 200, row.result)
        outcome = led(inner(**arguments))
        IdempotencyKey.objects.filter(pk=row.pk).update(status_code=outcome.status, result=outcome.result)
        return outcome


def _claim_key(once: Once) -> tuple[IdempotencyKey, bool]:
    row = IdempotencyKey(
        token_id=once.token_id, key=once.key, method=once.method, path=once.path, body_digest=once.digest
    )
    # A concurrent request with the same key waits here until the first one has committed or failed.
    IdempotencyKey.objects.bulk_create([row], ignore_conflicts=True)
    stored = IdempotencyKey.objects.select_for_update().get(token_id=once.token_id, key=once.key)
    return stored, stored.status_code is None
