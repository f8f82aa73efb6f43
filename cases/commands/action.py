"""Resolution actions: added, started, done with proof, failed, proposed again, changed, waived with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext

from cases import errors
from cases.commands import moves
from cases.models import Action, Case, Kind, Membership, Team
from cases.rules import money, transitions
from cases.rules import text as texts
from cases.vocabulary import ActionStatus, Actor, EventKind, Permission, Proof, Status


@transaction.atomic(durable=True)
def add_action(
    *,
    case_id: int,
    kind_id: int,
    wording: str = "",
    is_required: bool = True,
    amount: Decimal | None = None,
    currency: str = "",
    owner_id: int | None = None,
    team_id: int | None = None,
    due_at: datetime | None = None,
    once: UUID | None = None,
    at: datetime,
    actor: Actor,
) -> Action:
    """Add what is to be done for the complainant; without a date it is due after the days its kind names.

    The same ``once`` again is the same action.
    """
    case = moves.lock(case_id)
    moves.require(actor, Permission.ACT, case)
    _refuse_frozen(case)
    repeated = Action.objects.filter(public_id=once, case=case).first() if once else None
    if repeated:
        return repeated
    kind = Kind.objects.filter(pk=kind_id, brand_id=case.brand_id, is_active=True).first()
    if kind is None:
        raise errors.Invalid(gettext("This kind of action is not in the brand's catalogue."), "kind")
    _check_people(case, owner_id, team_id)
    amount, currency = _check_amount(kind, amount, currency or case.brand.currency)
    action = Action.objects.create(
        public_id=once or uuid4(),
        case=case,
        kind=kind,
        wording=texts.clean(wording).strip()[:300],
        is_required=is_required,
        amount=amount,
        currency=currency,
        owner_id=owner_id,
        team_id=team_id,
        due_at=due_at or at + timedelta(days=kind.days),
        created_at=at,
        created_by_id=actor.person_id,
    )
    moves.record_case(
        case,
        EventKind.ACTION_ADDED,
        actor,
        at=at,
        action=action.pk,
        kind=kind.pk,
        required=is_required,
        amount=str(amount) if amount is not None else None,
        currency=currency,
    )
    if owner_id:
        moves.notify([owner_id], "action", by_id=actor.person_id, case=case, at=at)
    return action


@transaction.atomic(durable=True)
def start_action(*, action_id: int, at: datetime, actor: Actor) -> Action:
    """Somebody is at it."""
    case, action = _lock(action_id, Permission.ACT, actor)
    _move(action, ActionStatus.IN_PROGRESS, owner_id=action.owner_id or actor.person_id)
    moves.record_case(case, EventKind.ACTION_STARTED, actor, at=at, action=action.pk)
    return action


@transaction.atomic(durable=True)
def complete_action(
    *,
    action_id: int,
    outcome: str,
    reference: str = "",
    amount: Decimal | None = None,
    uploads: Sequence[moves.Upload] = (),
    at: datetime,
    actor: Actor,
) -> Action:
    """It is done, and here is the proof that its kind demands; raises ProofMissing without it."""
    case, action = _lock(action_id, Permission.ACT, actor)
    if action.status == ActionStatus.DONE:
        return action
    outcome, reference = texts.clean(outcome).strip(), texts.clean(reference).strip()[:120]
    _check_proof(action, outcome, reference, amount, has_file=bool(uploads))
    if action.status in {ActionStatus.PROPOSED, ActionStatus.APPROVED}:
        _move(action, ActionStatus.IN_PROGRESS)
        moves.record_case(case, EventKind.ACTION_STARTED, actor, at=at, action=action.pk)
    moves.keep_files(case.brand_id, uploads, action=action)
    _move(
        action,
        ActionStatus.DONE,
        proof_outcome=outcome,
        proof_reference=reference,
        proof_amount=amount,
        currency=action.currency or (case.brand.currency if amount is not None else ""),
        done_at=at,
        done_by_id=moves.person_of(actor),
    )
    moves.record_case(
        case,
        EventKind.ACTION_COMPLETED,
        actor,
        at=at,
        action=action.pk,
        kind=action.kind_id,
        amount=str(amount) if amount is not None else None,
        currency=action.currency,
        files=len(uploads),
    )
    return action


@transaction.atomic(durable=True)
def fail_action(*, action_id: int, reason: str, at: datetime, actor: Actor) -> Action:
    """It was tried and did not work, for this reason."""
    case, action = _lock(action_id, Permission.ACT, actor)
    if not reason.strip():
        raise errors.Invalid(gettext("Say why it did not work."), "reason")
    if action.status == ActionStatus.PROPOSED:
        _move(action, ActionStatus.IN_PROGRESS)
    _move(action, ActionStatus.FAILED, failure=texts.clean(reason).strip())
    moves.record_case(case, EventKind.ACTION_FAILED, actor, at=at, action=action.pk)
    return action


@transaction.atomic(durable=True)
def propose_again(*, action_id: int, at: datetime, actor: Actor) -> Action:
    """What failed is tried again."""
    case, action = _lock(action_id, Permission.ACT, actor)
    _move(action, ActionStatus.PROPOSED)
    moves.record_case(case, EventKind.ACTION_PROPOSED_AGAIN, actor, at=at, action=action.pk)
    return action


@transaction.atomic(durable=True)
def waive_action(*, action_id: int, reason: str, at: datetime, actor: Actor) -> Action:
    """A manager takes it upon them that this is not done, and says why."""
    case, action = _lock(action_id, Permission.WAIVE, actor)
    if action.status == ActionStatus.WAIVED:
        return action
    if not reason.strip():
        raise errors.Invalid(gettext("Say why this is waived. Your name and the reason stay with the case."), "reason")
    _move(
        action,
        ActionStatus.WAIVED,
        waiver=texts.clean(reason).strip(),
        waived_at=at,
        waived_by_id=moves.person_of(actor),
    )
    moves.record_case(case, EventKind.ACTION_WAIVED, actor, at=at, action=action.pk)
    return action


@transaction.atomic(durable=True)
def change_action(
    *,
    action_id: int,
    wording: str,
    is_required: bool,
    amount: Decimal | None,
    owner_id: int | None,
    team_id: int | None,
    due_at: datetime | None,
    revision: int | None = None,
    at: datetime,
    actor: Actor,
) -> Action:
    """Change what is planned, while nothing is done yet; raises ChangedMeanwhile for an old ``revision``."""
    case, action = _lock(action_id, Permission.ACT, actor)
    moves.require_revision(case, revision)
    if action.status not in {ActionStatus.PROPOSED, ActionStatus.IN_PROGRESS}:
        raise errors.IllegalActionMove(status=ActionStatus(action.status).label)
    if action.is_required and not is_required and actor.person_id is not None:
        # Whoever could make an action optional could open the gate without proof; that is what a waiver is for.
        raise errors.Invalid(gettext("A required action stays required. A manager can waive it, with a reason."))
    _check_people(case, owner_id, team_id)
    amount, currency = _check_amount(action.kind, amount, action.currency or case.brand.currency)
    fields = {
        "wording": texts.clean(wording).strip()[:300],
        "is_required": is_required,
        "amount": amount,
        "currency": currency,
        "owner_id": owner_id,
        "team_id": team_id,
        "due_at": due_at,
    }
    Action.objects.filter(pk=action.pk).update(**fields)
    moves.record_case(
        case,
        EventKind.ACTION_CHANGED,
        actor,
        at=at,
        action=action.pk,
        amount=str(amount) if amount is not None else None,
        owner=owner_id,
        due=due_at.isoformat() if due_at else None,
    )
    action.refresh_from_db()
    return action


def _lock(action_id: int, permission: Permission, actor: Actor) -> tuple[Case, Action]:
    found = Action.objects.filter(pk=action_id).values_list("case_id", flat=True).first()
    if found is None:
        raise errors.NotFound
    case = moves.lock(found)
    moves.require(actor, permission, case)
    _refuse_frozen(case)
    return case, Action.objects.select_related("kind").get(pk=action_id)


def _refuse_frozen(case: Case) -> None:
    if case.status == Status.HANDLED:
        raise errors.Frozen
    if case.status in {Status.MERGED, Status.DISMISSED, Status.WITHDRAWN}:
        raise errors.IllegalMove(status=Status(case.status).label)


def _move(action: Action, status: ActionStatus, **fields: object) -> None:
    old = ActionStatus(action.status)
    if not transitions.action_may(old, status):
        raise errors.IllegalActionMove(status=old.label)
    for name, value in {"status": status, **fields}.items():
        setattr(action, name, value)
    Action.objects.filter(pk=action.pk).update(status=status, **fields)


def _check_people(case: Case, owner_id: int | None, team_id: int | None) -> None:
    if owner_id is not None and (
        owner_id == case.about_id
        or not Membership.objects.filter(person_id=owner_id, brand_id=case.brand_id, person__is_active=True).exists()
    ):
        raise errors.Invalid(gettext("This person does not work for the brand."), "owner")
    if team_id is not None and not Team.objects.filter(pk=team_id, brand_id=case.brand_id).exists():
        raise errors.Invalid(gettext("This team is not one of the brand's."), "team")


def _check_amount(kind: Kind, amount: Decimal | None, currency: str) -> tuple[Decimal | None, str]:
    if amount is None:
        return None, ""
    if not kind.has_amount:
        raise errors.Invalid(gettext("An action of this kind has no amount."), "amount")
    try:
        return money.valid_amount(amount, currency), currency
    except money.AmountError as error:
        raise errors.Invalid(error.message, "amount") from error


def _check_proof(action: Action, outcome: str, reference: str, amount: Decimal | None, *, has_file: bool) -> None:
    demand = Proof(action.kind.proof)
    is_lacking = (
        not outcome
        or (demand in {Proof.REFERENCE, Proof.AMOUNT} and not reference)
        or (demand == Proof.AMOUNT and amount is None)
        or (demand == Proof.FILE and not has_file and not action.attachments.exists())
    )
    if is_lacking:
        raise errors.ProofMissing(demand=demand.label)
    if amount is not None:
        _check_amount(action.kind, amount, action.currency or action.case.brand.currency)
