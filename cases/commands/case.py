"""A case and the one person who answers for it: take, assign, wait, dismiss, merge, split, restrict, classify."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from cases import errors
from cases.commands import moves
from cases.models import Case, Category, Complainant, Membership, Post
from cases.rules import permission as permissions
from cases.rules import text as texts
from cases.vocabulary import UNHANDLED, Actor, EventKind, Permission, Severity, Status, Wish


@transaction.atomic(durable=True)
def take(*, case_id: int, at: datetime, actor: Actor) -> Case:
    """Become the owner of a case that nobody owns; raises AlreadyTaken when a colleague was faster."""
    case = moves.lock(case_id)
    moves.require(actor, Permission.ASSIGN, case)
    if case.owner_id == actor.person_id and case.owner_id is not None:
        return case
    if case.owner_id is not None:
        raise errors.AlreadyTaken(owner=case.owner.name if case.owner else "")
    return moves.give(case, actor.person_id or 0, at=at, actor=actor)


@transaction.atomic(durable=True)
def assign(*, case_id: int, owner_id: int, at: datetime, actor: Actor) -> Case:
    """Make somebody the owner; agents give away what is theirs or nobody's, managers and leads anything."""
    case = moves.lock(case_id)
    moves.require(actor, Permission.ASSIGN, case)
    if case.owner_id == owner_id:
        return case
    sees = moves.seer(actor)
    is_in_charge = permissions.may(sees.roles.get(case.brand_id), Permission.REASSIGN_ALL) or (
        case.team_id in sees.led_team_ids
    )
    if actor.person_id is not None and case.owner_id not in {None, actor.person_id} and not is_in_charge:
        raise errors.NotAllowed
    moves.give(case, owner_id, at=at, actor=actor)
    moves.notify([owner_id], "assigned", by_id=actor.person_id, case=case, at=at)
    return case


@transaction.atomic(durable=True)
def wait(*, case_id: int, waiting_for: str, at: datetime, actor: Actor) -> Case:
    """The next move is the complainant's: say what they are asked for."""
    case = moves.lock(case_id)
    moves.require(actor, Permission.WRITE_PRIVATELY, case)
    if not waiting_for.strip():
        raise errors.Invalid(gettext("Say what the complainant is asked for."), "waiting_for")
    moves.set_status(case, Status.WAITING, at=at, waiting_for=texts.clean(waiting_for).strip()[:200])
    moves.record_case(case, EventKind.CASE_WAITING, actor, at=at)
    return case


@transaction.atomic(durable=True)
def resume(*, case_id: int, at: datetime, actor: Actor) -> Case:
    """The next move is ours again."""
    case = moves.lock(case_id)
    moves.require(actor, Permission.WRITE_PRIVATELY, case)
    if case.status != Status.WAITING:
        raise errors.IllegalMove(status=Status(case.status).label)
    moves.set_status(case, Status.OPEN, at=at, waiting_for="")
    moves.record_case(case, EventKind.CASE_RESUMED, actor, at=at)
    return case


@transaction.atomic(durable=True)
def dismiss(*, case_id: int, reason: str, at: datetime, actor: Actor) -> Case:
    """Not a complaint after all: the post and this reason stay; refused once something is decided or promised."""
    case = moves.lock(case_id)
    moves.require(actor, Permission.DISMISS, case)
    if not reason.strip():
        raise errors.Invalid(gettext("Say why this is not a complaint. The post stays, with your reason."), "reason")
    _refuse_committed(case, "reason")
    moves.void_requests(case, at=at, actor=actor)
    moves.set_status(case, Status.DISMISSED, at=at, dismissal=texts.clean(reason).strip()[:500], unanswered_since=None)
    moves.record_case(case, EventKind.CASE_DISMISSED, actor, at=at)
    return case


@transaction.atomic(durable=True)
def merge(*, case_id: int, into_id: int, reason: str = "", at: datetime, actor: Actor) -> Case:
    """A duplicate goes on in another unhandled case of the same complainant: its posts and private page move there.

    Refused once something is decided, promised or said in private; the reason is kept as a note.
    """
    _let_nobody_join(case_id)
    both = moves.lock_many([case_id, into_id])
    case = both[case_id]
    moves.require(actor, Permission.DISMISS, case)
    into = _other(both.get(into_id), actor)
    _refuse_apart(case, into)
    _refuse_committed(case, "into")
    if case.messages.exists():
        raise errors.Invalid(
            gettext("Something was said in private in this case, and stays there. Merge the other case into this one."),
            "into",
        )
    moves.void_requests(case, at=at, actor=actor)
    if reason.strip():
        moves.write_down(case, reason.strip()[:500], at=at, actor=actor)
    moves.go_on_in(case, into, at=at, actor=actor)
    return case


@transaction.atomic(durable=True)
def split(*, case_id: int, post_id: int, at: datetime, actor: Actor) -> Case:
    """A post that is about something else becomes a case of its own of the same complainant, which is what you get.

    Not the only post of a case, and none that was answered in public: the answer stays where it was given.
    """
    _let_nobody_join(case_id)
    case = moves.lock(case_id)
    moves.require(actor, Permission.TRIAGE, case)
    if case.status not in UNHANDLED:
        raise errors.IllegalMove(status=Status(case.status).label)
    here = Post.objects.filter(links__case=case, links__left_at__isnull=True)
    post = here.select_related("channel__brand", "triage__category").filter(pk=post_id).first()
    if post is None:
        raise errors.Invalid(gettext("The case has no such post."), "post")
    if not here.exclude(pk=post_id).exists():
        raise errors.Invalid(gettext("It is the only post of this case; no other would be left in it."), "post")
    if post.replies.exists():
        raise errors.Invalid(
            gettext("We answered under this post, so it stays here. Split off posts that are about something else."),
            "post",
        )
    return moves.part(case, post, at=at, actor=actor)


@transaction.atomic(durable=True)
def restrict(*, case_id: int, is_restricted: bool, at: datetime, actor: Actor) -> Case:
    """Close a case to all but its owner, the team's lead and managers, or open it to the brand again."""
    case = moves.lock(case_id)
    moves.require(actor, Permission.RESTRICT, case)
    if case.is_restricted != is_restricted:
        moves.update(case, is_restricted=is_restricted)
        kind = EventKind.CASE_RESTRICTED if is_restricted else EventKind.CASE_UNRESTRICTED
        moves.record_case(case, kind, actor, at=at)
    return case


@transaction.atomic(durable=True)
def classify(
    *,
    case_id: int,
    category_id: int | None,
    severity: int,
    wish: str | None = None,
    revision: int | None = None,
    at: datetime,
    actor: Actor,
) -> Case:
    """Say again what the case is about, how bad it is and what is wished; a first category brings its playbook.

    With the ``revision`` that was looked at, raises ChangedMeanwhile when the case is another one by now.
    """
    case = moves.lock(case_id)
    moves.require(actor, Permission.TRIAGE, case)
    moves.require_revision(case, revision)
    if case.status == Status.HANDLED:
        raise errors.Frozen
    if severity not in Severity.values:
        raise errors.Invalid(gettext("Severity is 1, 2, 3 or 4."), "severity")
    if category_id is not None and not Category.objects.filter(pk=category_id, brand_id=case.brand_id).exists():
        raise errors.Invalid(gettext("This category is not one of the brand's."), "category")
    if wish not in {None, "", *Wish.values}:
        raise errors.Invalid(gettext("Choose what the complainant wants, or leave it open."), "wish")
    moves.put_class(case, category_id=category_id, severity=severity, wish=wish, at=at, actor=actor)
    return case


@transaction.atomic(durable=True)
def set_subject(*, case_id: int, person_id: int | None, at: datetime, actor: Actor) -> Case:
    """The complaint is about a colleague, who then can neither own nor see it; None takes that back."""
    case = moves.lock(case_id)
    moves.require(actor, Permission.RESTRICT, case)
    if person_id is not None and person_id == case.owner_id:
        raise errors.Invalid(gettext("They own the case. Assign it to somebody else first."), "person")
    if person_id is not None and not Membership.objects.filter(person_id=person_id, brand_id=case.brand_id).exists():
        raise errors.Invalid(gettext("This person does not work for the brand."), "person")
    moves.update(case, about_id=person_id)
    moves.record_case(case, EventKind.COMPLAINANT_CHANGED, actor, at=at, about=person_id)
    return case


@transaction.atomic(durable=True)
def describe_complainant(
    *, case_id: int, name: str, email: str, phone: str, language: str, at: datetime, actor: Actor
) -> Complainant:
    """Correct what is known of the complainant and how they can be reached."""
    case = moves.lock(case_id)
    moves.require(actor, Permission.CONFIRM_PERSON, case)
    name = texts.clean(name).strip()[:200]
    Complainant.objects.filter(pk=case.complainant_id).update(
        name=name,
        folded_name=texts.fold(name)[:200],
        email=email.strip(),
        phone=phone.strip()[:40],
        language=language[:8],
        is_anonymous=not name,
    )
    case.complainant.refresh_from_db()
    if case.status in UNHANDLED:
        moves.judge_again(case, at=at, actor=actor)
    moves.record_case(case, EventKind.COMPLAINANT_CHANGED, actor, at=at, complainant=case.complainant_id)
    return case.complainant


@transaction.atomic(durable=True)
def decline_private(*, case_id: int, at: datetime, actor: Actor) -> Case:
    """The complainant said that they do not want a private thread: the final answer may then be a public reply."""
    case = moves.lock(case_id)
    moves.require(actor, Permission.WRITE_PRIVATELY, case)
    if case.private_declined_at is None:
        moves.update(case, private_declined_at=at)
        case.invitations.filter(status="sent").update(status="declined", answered_at=at)
        moves.record_case(case, EventKind.PRIVATE_DECLINED, actor, at=at)
    return case


@transaction.atomic(durable=True)
def withdraw(*, case_id: int, at: datetime, actor: Actor) -> Case:
    """The complainant takes the complaint back: an end of its own, never counted as handled."""
    case = moves.lock(case_id)
    if actor.person_id is not None:
        moves.require(actor, Permission.HANDLE, case)
    elif actor.id != case.complainant_id:
        raise errors.NotFound
    moves.void_requests(case, at=at, actor=actor)
    moves.set_status(case, Status.WITHDRAWN, at=at, unanswered_since=None)
    moves.drop_promises(case, at=at, actor=actor)
    moves.record_case(case, EventKind.CASE_WITHDRAWN, actor, at=at)
    return case


def _let_nobody_join(case_id: int) -> None:
    """Keep posts from joining the brand's cases until this is over; first of all, as whoever takes posts in does."""
    brand_id = Case.objects.filter(pk=case_id).values_list("brand_id", flat=True).first()
    if brand_id is None:
        raise errors.NotFound
    moves.lock_opening(brand_id)


def _other(into: Case | None, actor: Actor) -> Case:
    """The case that another one goes on in; what the actor may not open is not there."""
    try:
        if into is not None:
            moves.require(actor, Permission.TRIAGE, into)
            return into
    except errors.NotFound:
        pass
    raise errors.Invalid(gettext("There is no such case. Choose one of the complainant’s other open ones."), "into")


def _refuse_committed(case: Case, field: str) -> None:
    committed = case.actions.filter(status__in=["approved", "in_progress", "done"]).exists()
    promised = case.promises.filter(dropped_at__isnull=True).exists()
    if committed or promised or case.decisions.filter(superseded_at__isnull=True).exists():
        raise errors.Invalid(
            gettext("Something is decided or promised already. Carry it out, and handle the case."), field
        )


def _refuse_apart(case: Case, into: Case) -> None:
    """Raise IllegalMove or Invalid where the one cannot go on in the other."""
    for each in (case, into):
        if each.status not in UNHANDLED:
            raise errors.IllegalMove(status=Status(each.status).label)
    if case.pk == into.pk:
        raise errors.Invalid(gettext("A case cannot go on in itself. Choose the other one."), "into")
    if case.brand_id != into.brand_id or case.complainant_id != into.complainant_id:
        raise errors.Invalid(gettext("A case goes on in another one of the same complainant and brand only."), "into")
    is_closer = (case.is_restricted and not into.is_restricted) or case.about_id not in {None, into.about_id}
    if is_closer:
        raise errors.Invalid(
            gettext("This case is closed to some colleagues. Close the other one to them as well, then merge."), "into"
        )
