"""A case is given to the one person who answers for it, and said to be worse than it was: by a person or by a rule."""

from __future__ import annotations

from datetime import datetime

from cases import errors
from cases.commands.moves.base import record_case, set_status, update
from cases.commands.moves.playbook import bring_playbook, judge_again
from cases.models import Case, Membership, User
from cases.rules import permission as permissions
from cases.vocabulary import Actor, EventKind, Role, Status


def give(case: Case, owner_id: int, *, at: datetime, actor: Actor) -> Case:
    """Make somebody the owner of a locked case, whoever tells them; raises IllegalMove, NotOwnable."""
    if case.status not in {Status.NEW, Status.OPEN, Status.WAITING}:
        raise errors.IllegalMove(status=Status(case.status).label)
    membership = (
        Membership.objects.select_related("person")
        .filter(person_id=owner_id, brand_id=case.brand_id, person__is_active=True)
        .first()
    )
    if membership is None or not permissions.may_own(Role(membership.role)) or case.about_id == owner_id:
        person = User.objects.filter(pk=owner_id).first()
        raise errors.NotOwnable(person=person.name if person else "?")
    before = case.owner_id
    fields = {"owner_id": owner_id} | ({} if case.team_id else {"team_id": membership.team_id})
    if case.status == Status.NEW:
        set_status(case, Status.OPEN, at=at, **fields)
    else:
        update(case, **fields)
    case.refresh_from_db()
    record_case(case, EventKind.CASE_ASSIGNED, actor, at=at, owner=owner_id, before=before)
    return case


def put_class(
    case: Case, *, category_id: int | None, severity: int, wish: str | None = None, at: datetime, actor: Actor
) -> None:
    """Say of a locked case what it is about, how bad it is and what is wished; a first category brings its playbook."""
    before = (case.category_id, case.severity)
    update(case, category_id=category_id, severity=severity, wish=case.wish if wish is None else wish)
    if before[0] is None or not case.actions.exists():
        bring_playbook(case, at=at)
    else:
        judge_again(case, at=at, actor=actor)
    record_case(
        case,
        EventKind.CASE_CLASSIFIED,
        actor,
        at=at,
        category=category_id,
        severity=severity,
        wish=case.wish,
        category_before=before[0],
        severity_before=before[1],
    )
