"""What somebody has in hand, and giving it to a colleague: for leaving, being away, and losing a role.

Cases and actions go to the heir who is named, requests to the next who can decide them, and grants of their own end.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import NullIf

from cases import errors, queue
from cases.commands.moves.base import lock_many
from cases.commands.moves.deciding import pass_request
from cases.commands.moves.dialogue import notify
from cases.commands.moves.recording import record, record_many
from cases.models import Action, Asked, Case, Grant, Membership, Seer, User
from cases.rules.permission import OWNERS
from cases.vocabulary import ENDED, IN_HAND, SETTLED, Actor, ApprovalStatus, EventKind, Passed, Stream


@dataclass(frozen=True, slots=True)
class InHand:
    """The open cases somebody owns and the actions they have not finished, their cases locked."""

    person_id: int
    cases: list[Case]
    actions: list[Action]


def lock_in_hand(
    person_id: int, *, heir_id: int | None, brand_ids: Collection[int] | None = None, seer: Seer | None = None
) -> InHand:
    """What this person has in hand, in these brands or in all; raises ChangedMeanwhile when it grew in this moment.

    Cases are locked first and people second, each in the order of their ids.
    """
    locked = lock_many(_case_ids(person_id, brand_ids, seer))
    lock_people(person_id, heir_id)
    if set(_case_ids(person_id, brand_ids, seer)) - locked.keys():
        raise errors.ChangedMeanwhile
    owned = [case for case in locked.values() if case.owner_id == person_id and case.status in IN_HAND]
    actions = _unfinished(person_id).filter(case_id__in=locked).select_related("case").order_by("case_id", "pk")
    return InHand(person_id, owned, list(actions))


def lock_people(*person_ids: int | None) -> None:
    """Lock these people, and every organisation admin, so that the last two cannot leave at the same time."""
    people = User.objects.select_for_update(no_key=True).order_by("pk")
    list(people.filter(Q(pk__in=[key for key in person_ids if key]) | Q(is_organisation_admin=True, is_active=True)))


def hand_over(in_hand: InHand, heir_id: int | None, *, at: datetime, actor: Actor) -> None:
    """Give the cases and actions to the heir; raises Inherits when cases are left and nobody is named.

    Without an heir, which only works when no case is left, an action goes to whoever owns its case.
    """
    if in_hand.cases and heir_id is None:
        raise errors.Inherits(count=len(in_hand.cases))
    if heir_id is not None:
        _require_heir(in_hand, heir_id)
    _give_actions(in_hand, heir_id)
    owned = [case.pk for case in in_hand.cases]
    Case.objects.filter(pk__in=owned).update(owner_id=heir_id)
    touched = {case.pk: case for case in in_hand.cases} | {action.case_id: action.case for action in in_hand.actions}
    Case.objects.filter(pk__in=touched).update(revision=F("revision") + 1)
    _record(in_hand, heir_id, at, actor)
    for case in Case.objects.filter(pk__in=touched):
        is_for_few = case.is_restricted or case.about_id is not None
        queue.announce(brand_id=case.brand_id, case=case.reference, revision=case.revision, restricted=is_for_few)
    if heir_id is not None and touched:
        notify([heir_id], "handed_over", by_id=actor.person_id, at=at)


def _case_ids(person_id: int, brand_ids: Collection[int] | None, seer: Seer | None) -> list[int]:
    cases = Case.objects.filter(
        Q(owner_id=person_id, status__in=IN_HAND)
        | Q(pk__in=_unfinished(person_id).values("case_id"))
        | Q(pk__in=_asked(person_id).values("approval__case_id"))
    )
    if brand_ids is not None:
        cases = cases.filter(brand_id__in=brand_ids)
    if seer is not None:
        cases = cases.filter(seer.cases())
    return list(cases.order_by("pk").values_list("pk", flat=True))


def _unfinished(person_id: int) -> QuerySet[Action]:
    return Action.objects.filter(owner_id=person_id).exclude(status__in=SETTLED).exclude(case__status__in=ENDED)


def _asked(person_id: int) -> QuerySet[Asked]:
    return Asked.objects.filter(person_id=person_id, reply="", passed="", approval__status=ApprovalStatus.WAITING)


def leave_authority(person_id: int, *, brand_ids: Collection[int] | None = None, at: datetime, actor: Actor) -> None:
    """End what was granted to somebody who decides no more, and pass on what waits for them.

    Call it once their role or their access is gone, with their cases locked.
    """
    grants = Grant.objects.filter(person_id=person_id, ended_at__isnull=True)
    asked = _asked(person_id)
    if brand_ids is not None:
        grants = grants.filter(brand_id__in=brand_ids)
        asked = asked.filter(approval__brand_id__in=brand_ids)
    for grant in grants.order_by("pk"):
        Grant.objects.filter(pk=grant.pk).update(ended_at=at, ended_by_id=actor.person_id)
        said = {"grant": grant.pk, "person": person_id, "left": True}
        record(Stream.BRAND, grant.brand_id, EventKind.GRANT_ENDED, actor, at=at, **said)
    for one in asked.select_related("approval__case__brand", "approval__case__complainant", "approval__action__kind"):
        approval = one.approval
        pass_request(approval.case, approval.action, approval, one, why=Passed.GONE, at=at, actor=actor)


def _require_heir(in_hand: InHand, heir_id: int) -> None:
    heir = User.objects.filter(pk=heir_id).first()
    if heir is None or not heir.is_active or heir.pk == in_hand.person_id:
        raise errors.NotOwnable(person=heir.name if heir else "?")
    cases = [*in_hand.cases, *(action.case for action in in_hand.actions)]
    brands = {case.brand_id for case in cases}
    may = Membership.objects.filter(person=heir, brand_id__in=brands, role__in=OWNERS)
    if brands - set(may.values_list("brand_id", flat=True)) or any(case.about_id == heir.pk for case in cases):
        raise errors.NotOwnable(person=heir.name)


def _give_actions(in_hand: InHand, heir_id: int | None) -> None:
    actions = Action.objects.filter(pk__in=[action.pk for action in in_hand.actions])
    if heir_id is not None:
        actions.update(owner_id=heir_id)
    else:
        owner = Subquery(Case.objects.filter(pk=OuterRef("case_id")).values("owner_id"))
        # A handled case keeps its owner, who may be the one who leaves.
        actions.update(owner_id=NullIf(owner, Value(in_hand.person_id)))


def _record(in_hand: InHand, heir_id: int | None, at: datetime, actor: Actor) -> None:
    lines = [
        (Stream.CASE, case.pk, at, {"owner": heir_id, "before": in_hand.person_id, "handed_over": True})
        for case in in_hand.cases
    ]
    record_many(EventKind.CASE_ASSIGNED, actor, lines)
    changed = [
        (Stream.CASE, action.case_id, at, {"action": action.pk, "owner": heir_id, "before": in_hand.person_id})
        for action in in_hand.actions
    ]
    record_many(EventKind.ACTION_CHANGED, actor, changed)
    counts: dict[int, int] = {}
    for case in in_hand.cases:
        counts[case.brand_id] = counts.get(case.brand_id, 0) + 1
    for brand_id, count in sorted(counts.items()):
        record(
            Stream.BRAND,
            brand_id,
            EventKind.CASES_HANDED_OVER,
            actor,
            at=at,
            person=in_hand.person_id,
            heir=heir_id,
            cases=count,
        )
