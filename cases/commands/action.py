"""Resolution actions: added, decided, started, done with proof, failed, proposed again, changed, waived."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from django.db import transaction
from django.utils.translation import gettext

from cases import errors
from cases.commands import moves
from cases.models import Action, Case, Kind, Membership, Team
from cases.queries import authority
from cases.rules import money
from cases.rules import text as texts
from cases.vocabulary import ActionStatus, Actor, ApprovalStatus, EventKind, Permission, Proof


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
    reason: str = "",
    once: UUID | None = None,
    at: datetime,
    actor: Actor,
) -> Action:
    """Add what is to be done for the complainant; without a date it is due after the days its kind names.

    Within the actor's authority it is decided at once, above it the nearest person who can is asked, with the
    ``reason``. Raises NobodyMayDecide, NoRate. The same ``once`` again is the same action.
    """
    case = moves.lock(case_id)
    moves.require(actor, Permission.ACT, case)
    moves.refuse_frozen(case)
    repeated = Action.objects.filter(public_id=once, case=case).first() if once else None
    if repeated:
        return repeated
    kind = Kind.objects.filter(pk=kind_id, brand_id=case.brand_id, is_active=True).first()
    if kind is None:
        raise errors.Invalid(gettext("This kind of action is not in the brand's catalogue."), "kind")
    _check_people(case, owner_id, team_id)
    amount, currency = _check_amount(kind, amount, currency or case.brand.currency)
    action = moves.plan(
        case,
        kind,
        is_required=is_required,
        amount=amount,
        currency=currency,
        due_at=due_at,
        public_id=once or uuid4(),
        wording=texts.clean(wording).strip()[:300],
        owner_id=owner_id,
        team_id=team_id,
        at=at,
        actor=actor,
    )
    if actor.person_id is not None and _is_complete(action):
        moves.settle_authority(case, action, texts.clean(reason).strip(), at=at, actor=actor)
    return action


@transaction.atomic(durable=True)
def start_action(*, action_id: int, at: datetime, actor: Actor) -> Action:
    """Somebody is at it, or the system that carries out its kind is asked to.

    What nobody decided yet is decided by who starts it; raises AboveAuthority, BudgetExhausted.
    """
    case, action = _lock(action_id, actor)
    _require_begun_by_hand(action)
    moves.require_authority(case, action, at=at, actor=actor)
    if action.kind.target_id is not None:
        moves.send_out(case, action, at=at, actor=actor)
        return action
    moves.move_action(action, ActionStatus.IN_PROGRESS, owner_id=action.owner_id or actor.person_id)
    moves.record_case(case, EventKind.ACTION_STARTED, actor, at=at, action=action.pk)
    return action


@transaction.atomic(durable=True)
def complete_action(
    *,
    action_id: int,
    outcome: str,
    reference: str = "",
    amount: Decimal | None = None,
    done_on: date | None = None,
    uploads: Sequence[moves.Upload] = (),
    at: datetime,
    actor: Actor,
) -> Action:
    """It is done, and here is the proof that its kind demands; raises ProofMissing without it.

    What nobody decided yet is decided by who did it, for the amount that was paid; raises AboveAuthority.
    """
    case, action = _lock(action_id, actor)
    if action.status == ActionStatus.DONE:
        return action
    _require_begun_by_hand(action)
    outcome, reference = texts.clean(outcome).strip(), texts.clean(reference).strip()[:120]
    _check_proof(action, outcome, reference, amount, done_on, has_file=bool(uploads))
    moves.check_done_on(case, done_on, at=at)
    _decide_paid(case, action, amount, at=at, actor=actor)
    if action.status != ActionStatus.IN_PROGRESS:
        moves.move_action(action, ActionStatus.IN_PROGRESS)
        moves.record_case(case, EventKind.ACTION_STARTED, actor, at=at, action=action.pk)
    moves.keep_files(case.brand_id, uploads, action=action)
    moves.move_action(
        action,
        ActionStatus.DONE,
        proof_outcome=outcome,
        proof_reference=reference,
        proof_amount=amount,
        proof_on=done_on,
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
        on=done_on.isoformat() if done_on else None,
        files=len(uploads),
    )
    moves.keep_promise(case, action, at=at, actor=actor)
    return action


@transaction.atomic(durable=True)
def fail_action(*, action_id: int, reason: str, at: datetime, actor: Actor) -> Action:
    """It was tried and did not work, for this reason."""
    case, action = _lock(action_id, actor)
    _require_begun_by_hand(action)
    if not reason.strip():
        raise errors.Invalid(gettext("Say why it did not work."), "reason")
    if action.status in {ActionStatus.PROPOSED, ActionStatus.APPROVED}:
        moves.require_authority(case, action, at=at, actor=actor)
        moves.move_action(action, ActionStatus.IN_PROGRESS)
    moves.move_action(action, ActionStatus.FAILED, failure=texts.clean(reason).strip())
    moves.record_case(case, EventKind.ACTION_FAILED, actor, at=at, action=action.pk)
    return action


@transaction.atomic(durable=True)
def propose_again(*, action_id: int, at: datetime, actor: Actor) -> Action:
    """What failed or was refused is tried again; it has to be decided again."""
    case, action = _lock(action_id, actor)
    if action.status not in {ActionStatus.FAILED, ActionStatus.REFUSED}:
        raise errors.IllegalActionMove(status=ActionStatus(action.status).label)
    # What the system said of the last order stays: it says whether the next one is another order.
    moves.move_action(action, ActionStatus.PROPOSED, target_id=None, sent_at=None)
    moves.record_case(case, EventKind.ACTION_PROPOSED_AGAIN, actor, at=at, action=action.pk)
    return action


@transaction.atomic(durable=True)
def waive_action(*, action_id: int, reason: str, at: datetime, actor: Actor) -> Action:
    """Somebody with that grant takes it upon them that this is not done, and says why; raises NotAllowed."""
    case, action = _lock(action_id, actor)
    if action.status == ActionStatus.WAIVED:
        return action
    if not authority.may_waive(moves.person_of(actor), case, action.kind_id, at):
        raise errors.NotAllowed
    _require_begun_by_hand(action)
    if not reason.strip():
        raise errors.Invalid(gettext("Say why this is waived. Your name and the reason stay with the case."), "reason")
    was_asked = _asked(action)
    moves.move_action(
        action,
        ActionStatus.WAIVED,
        waiver=texts.clean(reason).strip(),
        waived_at=at,
        waived_by_id=moves.person_of(actor),
    )
    if was_asked is not None:
        moves.record_case(case, EventKind.APPROVAL_VOIDED, actor, at=at, approval=was_asked, action=action.pk)
    moves.record_case(case, EventKind.ACTION_WAIVED, actor, at=at, action=action.pk)
    moves.drop_promise(case, action, at=at, actor=actor)
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
    reason: str = "",
    revision: int | None = None,
    at: datetime,
    actor: Actor,
) -> Action:
    """Change what is planned, while nothing is done yet; raises ChangedMeanwhile for an old ``revision``.

    Another amount or other words have to be decided again: at once within the actor's authority, else by asking.
    """
    case, action = _lock(action_id, actor)
    moves.require_revision(case, revision)
    _require_begun_by_hand(action)
    if action.status not in _OPEN:
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
    is_other = (action.amount, action.wording) != (amount, fields["wording"])
    was, was_decided, was_asked = ActionStatus(action.status), authority.is_authorised(action), _asked(action)
    # The database puts an action whose amount or words change back to proposed, and voids what was asked for.
    Action.objects.filter(pk=action.pk).update(**fields)
    action = Action.objects.select_related("kind__target", "target").get(pk=action.pk)
    _record_changed(case, action, was_asked if is_other else None, at, actor)
    if is_other and actor.person_id is not None and _is_complete(action) and (was_decided or was_asked or amount):
        decided = moves.settle_authority(case, action, texts.clean(reason).strip(), at=at, actor=actor) is None
        if decided and was == ActionStatus.IN_PROGRESS:
            moves.move_action(action, ActionStatus.IN_PROGRESS)
    moves.move_promise(case, action, at=at, actor=actor)
    return action


def _asked(action: Action) -> int | None:
    """The request for this action that waits."""
    return action.approvals.filter(status=ApprovalStatus.WAITING).values_list("pk", flat=True).first()


def _record_changed(case: Case, action: Action, voided: int | None, at: datetime, actor: Actor) -> None:
    moves.record_case(
        case,
        EventKind.ACTION_CHANGED,
        actor,
        at=at,
        action=action.pk,
        amount=str(action.amount) if action.amount is not None else None,
        owner=action.owner_id,
        due=action.due_at.isoformat() if action.due_at else None,
    )
    if voided is not None:
        moves.record_case(case, EventKind.APPROVAL_VOIDED, actor, at=at, approval=voided, action=action.pk)


# What nobody has finished or refused can still be planned another way.
_OPEN = frozenset(
    {ActionStatus.PROPOSED, ActionStatus.AWAITING_APPROVAL, ActionStatus.APPROVED, ActionStatus.IN_PROGRESS}
)


def _lock(action_id: int, actor: Actor) -> tuple[Case, Action]:
    found = Action.objects.filter(pk=action_id).values_list("case_id", flat=True).first()
    if found is None:
        raise errors.NotFound
    case = moves.lock(found)
    moves.require(actor, Permission.ACT, case)
    moves.refuse_frozen(case)
    return case, Action.objects.select_related("kind__target", "target").get(pk=action_id)


def _require_begun_by_hand(action: Action) -> None:
    """What a connected system has, only its answer or a cancellation moves."""
    if action.status == ActionStatus.IN_PROGRESS and action.sent_at is not None and action.target is not None:
        raise errors.SentAlready(target=action.target.name)


def _is_complete(action: Action) -> bool:
    """Whether there is something to decide: an action of money without its amount is only an intention."""
    return action.amount is not None or not action.kind.has_amount


def _decide_paid(case: Case, action: Action, amount: Decimal | None, *, at: datetime, actor: Actor) -> None:
    """What was paid must be what was decided, or what the actor may decide themselves."""
    if action.status == ActionStatus.AWAITING_APPROVAL:
        raise errors.IllegalActionMove(status=ActionStatus(action.status).label)
    is_decided = authority.is_authorised(action)
    if amount is not None and not is_decided and action.status == ActionStatus.PROPOSED:
        action.amount, action.currency = amount, action.currency or case.brand.currency
        Action.objects.filter(pk=action.pk).update(amount=action.amount, currency=action.currency)
    elif amount is not None and action.amount is not None and amount > action.amount:
        raise errors.AboveAuthority(
            why=gettext("%(paid)s is more than the %(decided)s that was decided")
            % {
                "paid": authority.said_amount(amount, action.currency),
                "decided": authority.said_amount(action.amount, action.currency),
            }
        )
    if not is_decided:
        moves.require_authority(case, action, at=at, actor=actor)


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


def _check_proof(
    action: Action, outcome: str, reference: str, amount: Decimal | None, done_on: date | None, *, has_file: bool
) -> None:
    demand = Proof(action.kind.proof)
    is_lacking = (
        not outcome
        or (demand in {Proof.REFERENCE, Proof.AMOUNT} and not reference)
        or (demand == Proof.AMOUNT and amount is None)
        or (demand == Proof.DATE and done_on is None)
        or (demand == Proof.FILE and not has_file and not action.attachments.exists())
    )
    if is_lacking:
        raise errors.ProofMissing(demand=demand.label)
    if amount is not None:
        _check_amount(action.kind, amount, action.currency or action.case.brand.currency)
