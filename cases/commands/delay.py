"""A date that comes near and that the complainant knows: the owner is told, and finds a message prepared."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from cases import errors
from cases.commands import moves
from cases.models import Case, Deadline, Notification
from cases.queries import deadline as deadlines
from cases.queries import delay as queries
from cases.vocabulary import UNHANDLED, Actor, EventKind, Goal, Permission


@transaction.atomic(durable=True)
def prepare(*, deadline_id: int, at: datetime, actor: Actor) -> bool:
    """Tell the owner, once, that the date comes near, with a message that could tell of a delay; whether it was now.

    Nothing goes out by itself: a person sends it, with a later date where the policy allows one.
    """
    case, deadline = _lock(deadline_id, actor)
    if case.owner_id is None or case.status not in UNHANDLED or not queries.is_near(deadline, at):
        return False
    if Notification.objects.filter(case=case, kind=queries.KIND, created_at__gte=queries.near_from(deadline)).exists():
        return False
    until = deadlines.extended_until(deadline)
    language = moves.language_of(case)
    moves.prepare_delay(case, Goal(deadline.goal), deadline.due_at, until, language, at=at)
    goal = {"deadline": deadline.pk, "goal": deadline.goal}
    moves.record_case(case, EventKind.DEADLINE_NEAR, actor, at=at, **goal)
    moves.notify([case.owner_id], queries.KIND, by_id=actor.person_id, case=case, at=at)
    return True


def _lock(deadline_id: int, actor: Actor) -> tuple[Case, Deadline]:
    found = Deadline.objects.filter(pk=deadline_id).values_list("case_id", flat=True).first()
    if found is None:
        raise errors.NotFound
    case = moves.lock(found)
    moves.require(actor, Permission.ACT, case)
    return case, Deadline.objects.select_related("case", "policy").get(pk=deadline_id)
