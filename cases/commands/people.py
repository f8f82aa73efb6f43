"""People: invite them, say what they may be, hand over what they had, let them go; nothing is left behind."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import translation
from django.utils.http import int_to_base36
from django.utils.translation import gettext as _

from cases import errors, queue
from cases.commands import moves
from cases.models import ApiToken, Brand, Membership, Team, User
from cases.queries import people as queries
from cases.rules import permission as permissions
from cases.vocabulary import SYSTEM, Actor, EventKind, Permission, Role, Stream

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,59}", re.ASCII)


@transaction.atomic(durable=True)
def create_first_admin(*, username: str, password: str, actor: Actor) -> User:
    """The organisation admin of an empty casedesk, who invites everybody else; refused once anybody is there."""
    moves.require_organisation(actor)
    if User.objects.exists():
        raise errors.NotAllowed
    person = User(
        username=_checked_username(username),
        email=f"{username}@localhost",
        name=username.title(),
        is_organisation_admin=True,
    )
    person.set_password(password)
    person.save()
    moves.record(Stream.SETUP, 0, EventKind.PERSON_INVITED, actor, person=person.pk, organisation_admin=True)
    return person


@transaction.atomic(durable=True)
def invite_person(
    *,
    username: str,
    email: str,
    name: str,
    language: str,
    memberships: Sequence[tuple[int, str, int | None]],
    is_organisation_admin: bool,
    actor: Actor,
) -> User:
    """A colleague with roles as (brand, role, team), who chooses their password under a link that is mailed to them."""
    for brand_id, _role, _team in memberships:
        moves.require_in_brand(actor, Permission.MANAGE_PEOPLE, brand_id)
    if is_organisation_admin or not memberships:
        moves.require_organisation(actor)
    person = User(
        username=_checked_username(username),
        email=_checked_email(email),
        name=moves.checked_name(name, limit=120),
        language=_checked_language(language),
        is_organisation_admin=is_organisation_admin,
    )
    person.set_unusable_password()
    person.save()
    rows = [_membership(person.pk, brand_id, role, team_id) for brand_id, role, team_id in memberships]
    if len({row.brand_id for row in rows}) < len(rows):
        raise errors.Invalid(_("A person has one role in a brand."), "memberships")
    Membership.objects.bulk_create(rows)
    moves.record(
        Stream.SETUP,
        0,
        EventKind.PERSON_INVITED,
        actor,
        person=person.pk,
        organisation_admin=is_organisation_admin,
        memberships=[[row.brand_id, row.role, row.team_id] for row in rows],
    )
    _mail_invitation(person, actor)
    return person


@transaction.atomic(durable=True)
def send_invitation(*, person_id: int, actor: Actor) -> None:
    """Mail somebody another link under which they choose their password; it also ends earlier ones once used."""
    person = _lock(person_id)
    _require_over(actor, person)
    if not person.is_active:
        raise errors.Invalid(_("This person is deactivated."), "person")
    _mail_invitation(person, actor)


@transaction.atomic(durable=True)
def change_person(
    *, person_id: int, name: str, email: str, language: str, is_organisation_admin: bool, actor: Actor
) -> User:
    """Correct who somebody is; an organisation admin says who else is one. Raises LastAdmin."""
    moves.lock_people(person_id)
    person = _lock(person_id)
    _require_over(actor, person)
    if is_organisation_admin != person.is_organisation_admin:
        moves.require_organisation(actor)
        if person.is_organisation_admin:
            _keep_an_admin(person)
    wanted = {
        "name": moves.checked_name(name, limit=120),
        "email": _checked_email(email, but=person),
        "language": _checked_language(language),
        "is_organisation_admin": is_organisation_admin,
    }
    if wanted["email"] != person.email:
        # The sign-in library keeps addresses of its own; an old one must not open the account any more.
        person.emailaddress_set.all().delete()  # type: ignore[attr-defined]  # allauth is not typed
    return _change(person, wanted, actor)


@transaction.atomic(durable=True)
def change_own_name(*, person_id: int, name: str, language: str, actor: Actor) -> User:
    """What everybody may change of themselves: their name and the language of their pages and mails."""
    if actor.person_id != person_id:
        raise errors.NotAllowed
    wanted = {"name": moves.checked_name(name, limit=120), "language": _checked_language(language)}
    return _change(_lock(person_id), wanted, actor)


@transaction.atomic(durable=True)
def set_membership(
    *,
    person_id: int,
    brand_id: int,
    role: str,
    team_id: int | None,
    heir_id: int | None = None,
    at: datetime,
    actor: Actor,
) -> Membership:
    """Say what somebody is for a brand; a role that cannot own cases needs an heir for those in hand."""
    moves.require_in_brand(actor, Permission.MANAGE_PEOPLE, brand_id)
    wanted = _membership(person_id, brand_id, role, team_id)
    in_hand = moves.lock_in_hand(person_id, heir_id=heir_id, brand_ids=[brand_id])
    person = _lock(person_id)
    _require_known(actor, person)
    if not person.is_active:
        raise errors.Invalid(_("This person is deactivated."), "person")
    row = Membership.objects.select_for_update(no_key=True).filter(person=person, brand_id=brand_id).first()
    if row is not None and (row.role, row.team_id) == (role, team_id):
        return row
    if row is not None and not permissions.may_own(Role(role)):
        moves.hand_over(in_hand, heir_id, at=at, actor=actor)
        _leave_teams(person, actor, brand_id=brand_id)
    if row is None:
        row = wanted
        row.save()
    else:
        Membership.objects.filter(pk=row.pk).update(role=role, team_id=team_id)
        row.refresh_from_db()
    if not permissions.may_own(Role(role)):
        moves.leave_authority(person_id, brand_ids=[brand_id], at=at, actor=actor)
    moves.record(
        Stream.BRAND, brand_id, EventKind.MEMBERSHIP_CHANGED, actor, at=at, person=person_id, role=role, team=team_id
    )
    queue.announce_rights(person_id=person_id)
    return row


@transaction.atomic(durable=True)
def remove_membership(*, person_id: int, brand_id: int, heir_id: int | None = None, at: datetime, actor: Actor) -> None:
    """Somebody no longer works for a brand; the heir gets what they had in hand there. Raises Inherits."""
    moves.require_in_brand(actor, Permission.MANAGE_PEOPLE, brand_id)
    in_hand = moves.lock_in_hand(person_id, heir_id=heir_id, brand_ids=[brand_id])
    row = Membership.objects.select_for_update(no_key=True).filter(person_id=person_id, brand_id=brand_id).first()
    if row is None:
        raise errors.NotFound
    moves.hand_over(in_hand, heir_id, at=at, actor=actor)
    _leave_teams(row.person, actor, brand_id=brand_id)
    row.delete()
    moves.leave_authority(person_id, brand_ids=[brand_id], at=at, actor=actor)
    moves.record(Stream.BRAND, brand_id, EventKind.MEMBERSHIP_CHANGED, actor, at=at, person=person_id, role=None)
    queue.announce_rights(person_id=person_id)


@transaction.atomic(durable=True)
def deactivate_person(*, person_id: int, heir_id: int | None = None, at: datetime, actor: Actor) -> User:
    """Somebody leaves: the heir gets their open cases and unfinished actions, their tokens and sessions end.

    Requests that wait for them go to the next who can decide, grants to them end.

    Raises Inherits when cases are left and no heir is named, LastAdmin for the last organisation admin.
    """
    in_hand = moves.lock_in_hand(person_id, heir_id=heir_id)
    person = _lock(person_id)
    _require_over(actor, person)
    if not person.is_active:
        return person
    if person.is_organisation_admin:
        _keep_an_admin(person)
    moves.hand_over(in_hand, heir_id, at=at, actor=actor)
    _leave_teams(person, actor)
    ApiToken.objects.filter(person=person, revoked_at__isnull=True).update(revoked_at=at)
    # Another password hash ends every session for good, also after a reactivation.
    person.set_unusable_password()
    person.is_active, person.deactivated_at = False, at
    person.save(update_fields=["is_active", "deactivated_at", "password"])
    moves.leave_authority(person_id, at=at, actor=actor)
    moves.record(Stream.SETUP, 0, EventKind.PERSON_DEACTIVATED, actor, at=at, person=person.pk, heir=heir_id)
    queue.announce_rights(person_id=person.pk)
    return person


@transaction.atomic(durable=True)
def reactivate_person(*, person_id: int, actor: Actor) -> User:
    """Somebody comes back with the roles they had; they choose a new password by a new invitation."""
    person = _lock(person_id)
    _require_over(actor, person)
    return _change(person, {"is_active": True, "deactivated_at": None}, actor)


@transaction.atomic(durable=True)
def reassign_all(*, from_id: int, to_id: int, brand_id: int | None = None, at: datetime, actor: Actor) -> int:
    """Give everything an absent colleague has in hand to another, in one brand or in all that the actor manages.

    Gives back how many cases changed hands.
    """
    sees = moves.seer(actor)
    if brand_id is not None:
        moves.require_in_brand(actor, Permission.REASSIGN_ALL, brand_id)
        brands = [brand_id]
    else:
        brands = [brand for brand, role in sees.roles.items() if permissions.may(role, Permission.REASSIGN_ALL)]
        if actor == SYSTEM:
            brands = list(Brand.objects.values_list("pk", flat=True))
    if not brands:
        raise errors.NotAllowed
    # A complaint about the manager stays with whoever has it: they neither see nor move it.
    in_hand = moves.lock_in_hand(from_id, heir_id=to_id, brand_ids=brands, seer=None if actor == SYSTEM else sees)
    if not Membership.objects.filter(person_id=from_id, brand_id__in=brands).exists():
        raise errors.NotFound
    moves.hand_over(in_hand, to_id, at=at, actor=actor)
    return len(in_hand.cases)


def _mail_invitation(person: User, actor: Actor) -> None:
    # The page that a forgotten password leads to; the token ends with its use, a new address, or after three days.
    key = f"{int_to_base36(person.pk)}-{default_token_generator.make_token(person)}"
    link = f"{settings.SITE_URL}/accounts/password/reset/key/{key}/"
    with translation.override(person.language):
        subject = _("Your access to casedesk")
        body = _(
            "Hello %(name)s,\n\n"
            "you can work with casedesk, where complaints are answered and resolved. "
            "Choose your password here; the link works once, for three days:\n\n%(link)s\n\n"
            "Your user name is %(username)s.\n\n"
            "If you did not expect this, do nothing."
        ) % {"name": person.name, "link": link, "username": person.username}
        delivery = moves.post_mail(purpose="invitation", recipient=person.email, subject=subject, body=body)
    moves.record(Stream.SETUP, 0, EventKind.DELIVERY_QUEUED, actor, delivery=delivery.pk, person=person.pk)


def _lock(person_id: int) -> User:
    person = User.objects.select_for_update(no_key=True).filter(pk=person_id).first()
    if person is None:
        raise errors.NotFound
    return person


def _require_known(actor: Actor, person: User) -> None:
    if actor == SYSTEM or queries.known_to(moves.seer(actor)).filter(pk=person.pk).exists():
        return
    raise errors.NotFound


def _require_over(actor: Actor, person: User) -> None:
    if actor == SYSTEM:
        return
    _require_known(actor, person)
    if not queries.manages(moves.seer(actor), person):
        raise errors.NotAllowed


def _change(person: User, wanted: Mapping[str, object], actor: Actor) -> User:
    fields = sorted(field for field, value in wanted.items() if getattr(person, field) != value)
    if fields:
        for field in fields:
            setattr(person, field, wanted[field])
        person.save(update_fields=fields)
        moves.record(Stream.SETUP, 0, EventKind.PERSON_CHANGED, actor, person=person.pk, fields=fields)
    return person


def _membership(person_id: int, brand_id: int, role: str, team_id: int | None) -> Membership:
    if role not in Role.values:
        raise errors.Invalid(_("Choose a role: agent, manager, admin or auditor."), "role")
    if team_id is not None and not Team.objects.filter(pk=team_id, brand_id=brand_id, is_active=True).exists():
        raise errors.Invalid(_("This team is not one of the brand’s."), "team")
    return Membership(person_id=person_id, brand_id=brand_id, role=role, team_id=team_id)


def _leave_teams(person: User, actor: Actor, brand_id: int | None = None) -> None:
    for place in ("lead", "on_duty"):
        teams = Team.objects.filter(**{place: person})
        if brand_id is not None:
            teams = teams.filter(brand_id=brand_id)
        for team in teams.order_by("pk"):
            Team.objects.filter(pk=team.pk).update(**{place: None})
            moves.record(Stream.BRAND, team.brand_id, EventKind.TEAM_CHANGED, actor, team=team.pk, fields=[place])


def _keep_an_admin(person: User) -> None:
    if not User.objects.filter(is_organisation_admin=True, is_active=True).exclude(pk=person.pk).exists():
        raise errors.LastAdmin


def _checked_username(username: str) -> str:
    short = username.strip().lower()
    if not _USERNAME.fullmatch(short):
        raise errors.Invalid(_("Use 2 to 60 small letters, digits, dots, hyphens or underscores."), "username")
    if User.objects.filter(username__iexact=short).exists():
        raise errors.Invalid(_("Somebody has this user name already. Choose another."), "username")
    return short


def _checked_email(email: str, but: User | None = None) -> str:
    # Small letters throughout: the sign-in compares them so.
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise errors.Invalid(_("This is not a mail address."), "email") from None
    others = User.objects.filter(email__iexact=address)
    if (others.exclude(pk=but.pk) if but else others).exists():
        raise errors.Invalid(
            _("Somebody with this mail address is here already. Give them a role, or ask an organisation admin to."),
            "email",
        )
    return address


def _checked_language(language: str) -> str:
    if language not in dict(settings.LANGUAGES):
        raise errors.Invalid(_("Choose one of the languages of casedesk."), "language")
    return language
