"""Give authority, replace it and end it; note who is away and who decides for them; keep the rates of currencies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from cases import errors, queue
from cases.commands import moves
from cases.models import Absence, Brand, Grant, Membership, Rate, Team
from cases.queries import grants as queries
from cases.queries import people
from cases.rules import authority as rules
from cases.rules import text
from cases.rules.authority import Beyond, Terms
from cases.rules.permission import OWNERS, may
from cases.vocabulary import Actor, EventKind, Job, Permission, Stream

LONGEST_REASON = 300
LONGEST_ABSENCE = 366


@dataclass(frozen=True, slots=True)
class To:
    """Whom authority is given to: a role, a team or a person."""

    role: str = ""
    team_id: int | None = None
    person_id: int | None = None

    @classmethod
    def of(cls, grant: Grant) -> To:
        """Whom a grant is given to."""
        return cls(grant.role, grant.team_id, grant.person_id)

    @property
    def is_many(self) -> bool:
        """Whether several people hold it."""
        return self.person_id is None


@transaction.atomic(durable=True)
def give_grant(*, brand_id: int, to: To, terms: Terms, reason: str = "", at: datetime, actor: Actor) -> Grant:
    """Authority for a role, a team or a person; managers give only what is within their own, and nobody themselves.

    Raises SelfGrant, BeyondOwn, Invalid.
    """
    brand = _lock_brand(brand_id)
    own = _own_of(brand, actor, at)
    _check_to(brand, to)
    return _give(brand, to, terms, reason, own, replaces=None, at=at, actor=actor)


@transaction.atomic(durable=True)
def replace_grant(*, grant_id: int, terms: Terms, reason: str = "", at: datetime, actor: Actor) -> Grant:
    """Another grant for the same holder; the old one ends the day before it starts, or at once when it starts at once.

    Raises SelfGrant, BeyondOwn, Invalid.
    """
    old, brand = _lock_grant(grant_id)
    own = _own_of(brand, actor, at)
    today = _today(brand, at)
    _require_over(old, own, today, actor)
    if old.ended_at is not None or (old.ends_on is not None and old.ends_on < today) or old.replaced_by.exists():
        raise errors.Invalid(_("This grant has ended or was replaced already. Look again at what is in force."))
    new = _give(brand, To.of(old), terms, reason, own, replaces=old, at=at, actor=actor)
    starts_on = terms.starts_on or today
    if starts_on <= today or (old.starts_on is not None and old.starts_on >= starts_on):
        _end(old, at=at, actor=actor)
    elif old.ends_on is None or old.ends_on >= starts_on:
        old.ends_on = starts_on - timedelta(days=1)
        old.save(update_fields=["ends_on"])
        _record_end(old, at=at, actor=actor)
    return new


@transaction.atomic(durable=True)
def end_grant(*, grant_id: int, at: datetime, actor: Actor) -> Grant:
    """End authority at once; what was decided by it stays decided, and what waits for it goes on to somebody else."""
    grant, brand = _lock_grant(grant_id)
    _require_over(grant, _own_of(brand, actor, at), _today(brand, at), actor)
    if grant.ended_at is None:
        _end(grant, at=at, actor=actor)
    return grant


@transaction.atomic(durable=True)
def note_absence(
    *,
    brand_id: int,
    person_id: int,
    deputy_id: int | None,
    starts_on: date,
    ends_on: date,
    at: datetime,
    actor: Actor,
) -> Absence:
    """Somebody is away; meanwhile their deputy decides with their authority, and never hands it on.

    People note their own absence, managers and admins anybody's; nobody makes themselves a deputy. Raises SelfGrant,
    Invalid.
    """
    brand = _lock_brand(brand_id)
    _require_for(actor, brand, person_id)
    moves.lock_people(person_id, deputy_id)
    _check_span(starts_on, ends_on, _today(brand, at))
    if not people.owners(brand.pk).filter(pk=person_id).exists():
        raise errors.Invalid(_("This is not an active agent or manager of the brand."), "person")
    if queries.away(brand.pk, person_id, starts_on, ends_on).exists():
        raise errors.Invalid(_("They are noted as away on some of these days already. End that first."), "starts_on")
    if deputy_id is not None:
        _check_deputy(brand, person_id, deputy_id, starts_on, ends_on, actor)
    absence = Absence.objects.create(
        brand=brand,
        person_id=person_id,
        deputy_id=deputy_id,
        starts_on=starts_on,
        ends_on=ends_on,
        noted_by_id=actor.person_id,
        noted_at=at,
    )
    days = {"starts_on": starts_on.isoformat(), "ends_on": ends_on.isoformat()}
    named = {"absence": absence.pk, "person": person_id, "deputy": deputy_id}
    moves.record(Stream.BRAND, brand.pk, EventKind.ABSENCE_NOTED, actor, at=at, **named, **days)
    queue.after_commit(Job.SWEEP_APPROVALS)
    return absence


@transaction.atomic(durable=True)
def end_absence(*, absence_id: int, at: datetime, actor: Actor) -> Absence:
    """Somebody is back, or does not go after all; their deputy decides no more with their authority."""
    absence = Absence.objects.select_for_update(no_key=True, of=("self",)).filter(pk=absence_id).first()
    if absence is None:
        raise errors.NotFound
    _require_for(actor, absence.brand, absence.person_id)
    if absence.ended_at is None:
        absence.ended_at = at
        absence.save(update_fields=["ended_at"])
        named = {"absence": absence.pk, "person": absence.person_id, "deputy": absence.deputy_id}
        moves.record(Stream.BRAND, absence.brand_id, EventKind.ABSENCE_ENDED, actor, at=at, **named)
    return absence


@transaction.atomic(durable=True)
def set_rate(
    *, brand_id: int, currency: str, into: str, rate: Decimal, starts_on: date, at: datetime, actor: Actor
) -> Rate:
    """What one unit of a currency is worth in another from a day on; another one for the same day corrects it."""
    brand = moves.lock_brand(brand_id, actor)
    try:
        rules.checked_rate(currency, into, rate)
    except rules.TermsError as error:
        raise errors.Invalid(error.message, error.field) from error
    row = Rate.objects.create(
        brand=brand,
        currency=currency,
        into=into,
        rate=rate,
        starts_on=starts_on,
        set_by_id=actor.person_id,
        set_at=at,
    )
    said = {"rate": row.pk, "currency": currency, "into": into, "worth": str(rate), "starts_on": starts_on.isoformat()}
    moves.record(Stream.BRAND, brand.pk, EventKind.RATE_SET, actor, at=at, **said)
    return row


def _lock_brand(brand_id: int) -> Brand:
    brand = Brand.objects.select_for_update(no_key=True).filter(pk=brand_id).first()
    if brand is None:
        raise errors.NotFound
    return brand


def _lock_grant(grant_id: int) -> tuple[Grant, Brand]:
    brand_id = Grant.objects.filter(pk=grant_id).values_list("brand_id", flat=True).first()
    brand = _lock_brand(brand_id or 0)
    return Grant.objects.select_for_update(no_key=True).get(pk=grant_id), brand


def _today(brand: Brand, at: datetime) -> date:
    return at.astimezone(ZoneInfo(brand.zone)).date()


def _own_of(brand: Brand, actor: Actor, at: datetime) -> list[Terms] | None:
    """What a manager may give from; None for somebody who sets the brand up and gives anything. Raises NotAllowed."""
    try:
        moves.require_in_brand(actor, Permission.SET_UP, brand.pk)
    except errors.NotAllowed:
        moves.require_in_brand(actor, Permission.GRANT, brand.pk)
        return queries.own_terms(moves.person_of(actor), brand.pk, at)
    return None


def _require_over(grant: Grant, own: list[Terms] | None, today: date, actor: Actor) -> None:
    """Refuse to end what somebody above has given: it must be within one's own, or given by oneself."""
    _refuse_self(grant.brand_id, To.of(grant), actor)
    if own is not None and grant.given_by_id != actor.person_id:
        _require_within(queries.terms_of(grant), own, To.of(grant), today)


def _give(
    brand: Brand,
    to: To,
    terms: Terms,
    reason: str,
    own: list[Terms] | None,
    *,
    replaces: Grant | None,
    at: datetime,
    actor: Actor,
) -> Grant:
    today = _today(brand, at)
    _refuse_self(brand.pk, to, actor)
    standing = queries.terms_of(replaces) if replaces else None
    terms = replace(terms, kind_ids=frozenset(terms.kind_ids))
    try:
        rules.checked(terms, today=today)
    except rules.TermsError as error:
        raise errors.Invalid(error.message, error.field) from error
    _check_catalogue(brand, terms, standing)
    if own is not None:
        _require_within(terms, own, to, today)
    grant = Grant.objects.create(
        brand=brand,
        role=to.role,
        team_id=to.team_id,
        person_id=to.person_id,
        reason=_checked_reason(reason),
        given_by_id=actor.person_id,
        given_at=at,
        replaces=replaces,
        **queries.columns_of(terms),
    )
    said = {"grant": grant.pk, "role": to.role, "team": to.team_id, "person": to.person_id}
    said |= {"replaces": replaces.pk if replaces else None, **queries.payload_of(terms)}
    moves.record(Stream.BRAND, brand.pk, EventKind.GRANT_GIVEN, actor, at=at, **said)
    return grant


def _check_to(brand: Brand, to: To) -> None:
    if sum(bool(each) for each in (to.role, to.team_id, to.person_id)) != 1:
        raise errors.Invalid(_("Give it to a role, or to a team, or to a person."), "to")
    if to.role and to.role not in OWNERS:
        raise errors.Invalid(_("Only agents and managers decide; choose one of these roles."), "role")
    if to.team_id and not Team.objects.filter(pk=to.team_id, brand=brand, is_active=True).exists():
        raise errors.Invalid(_("This team is not one of the brand’s."), "team")
    if to.person_id and not people.owners(brand.pk).filter(pk=to.person_id).exists():
        raise errors.Invalid(_("This is not an active agent or manager of the brand."), "person")


def _check_catalogue(brand: Brand, terms: Terms, standing: Terms | None) -> None:
    kept = standing.kind_ids if standing else frozenset()
    known = set(brand.kinds.filter(pk__in=terms.kind_ids - kept, is_active=True).values_list("pk", flat=True))
    if terms.kind_ids - kept - known:
        raise errors.Invalid(_("This is not one of the brand’s, or it is switched off."), "kinds")
    now = standing.category_id if standing else None
    moves.of_brand(brand.categories.all(), terms.category_id, "category", now=now)


def _checked_reason(reason: str) -> str:
    line = " ".join(text.clean(reason).split())
    if len(line) > LONGEST_REASON:
        raise errors.Invalid(_("Use at most %(limit)d characters.") % {"limit": LONGEST_REASON}, "reason")
    return line


def _refuse_self(brand_id: int, to: To, actor: Actor) -> None:
    if actor.person_id is None:
        return
    mine = Membership.objects.filter(person_id=actor.person_id, brand_id=brand_id, role__in=OWNERS).first()
    holds = mine is not None and (
        to.person_id == mine.person_id
        or to.role == mine.role
        or (to.team_id is not None and to.team_id == mine.team_id)
        or Team.objects.filter(pk=to.team_id or 0, lead_id=mine.person_id).exists()
    )
    if holds or to.person_id == actor.person_id:
        raise errors.SelfGrant


def _require_within(terms: Terms, own: list[Terms], to: To, today: date) -> None:
    gaps = rules.nearest(terms, own, is_for_many=to.is_many, today=today)
    if gaps is None:
        raise errors.BeyondOwn(why=_("you have no authority here yourself"))
    if gaps:
        raise errors.BeyondOwn(why=", ".join(_said_beyond(gap) for gap in gaps))


def _said_beyond(gap: Beyond) -> str:
    """In what a grant goes beyond one's own, in the reader's language."""
    return {
        Beyond.KINDS: _("you may not decide all of these kinds of action"),
        Beyond.CATEGORY: _("yours is for one category only"),
        Beyond.CURRENCY: _("yours is in another currency"),
        Beyond.PER_ACTION: _("the amount per action is above yours"),
        Beyond.PER_COMPLAINANT: _("the amount per complainant, or its days, go beyond yours"),
        Beyond.BUDGET: _("yours has a budget, and this could use up more (a role or a team shares one budget)"),
        Beyond.WAIVE: _("you may not waive actions yourself"),
        Beyond.DATES: _("yours does not last that long"),
    }[gap]


def _end(grant: Grant, *, at: datetime, actor: Actor) -> None:
    grant.ended_at, grant.ended_by_id = at, actor.person_id
    grant.save(update_fields=["ended_at", "ended_by"])
    _record_end(grant, at=at, actor=actor)


def _record_end(grant: Grant, *, at: datetime, actor: Actor) -> None:
    said = {"grant": grant.pk, "role": grant.role, "team": grant.team_id, "person": grant.person_id}
    on = grant.ends_on.isoformat() if grant.ended_at is None and grant.ends_on else None
    moves.record(Stream.BRAND, grant.brand_id, EventKind.GRANT_ENDED, actor, at=at, **said, ends_on=on)
    # Requests that wait for somebody who can no longer decide them move on.
    queue.after_commit(Job.SWEEP_APPROVALS)


def _require_for(actor: Actor, brand: Brand, person_id: int) -> None:
    """Refuse unless it is about the actor themselves, or they manage or set up the brand."""
    if actor.person_id is None:
        return
    sees = moves.seer(actor)
    role = sees.roles.get(brand.pk)
    if actor.person_id == person_id and role is not None:
        return
    if not sees.is_organisation_admin and role is None:
        raise errors.NotFound
    if not sees.is_organisation_admin and not may(role, Permission.GRANT) and not may(role, Permission.SET_UP):
        raise errors.NotAllowed


def _check_span(starts_on: date, ends_on: date, today: date) -> None:
    try:
        rules.days(starts_on, ends_on, today=today)
    except rules.TermsError as error:
        raise errors.Invalid(error.message, error.field) from error
    if (ends_on - starts_on).days >= LONGEST_ABSENCE:
        raise errors.Invalid(_("An absence lasts a year at most; note another one after it."), "ends_on")


def _check_deputy(brand: Brand, person_id: int, deputy_id: int, starts_on: date, ends_on: date, actor: Actor) -> None:
    if deputy_id == person_id:
        raise errors.Invalid(_("Nobody is their own deputy. Choose somebody else."), "deputy")
    if deputy_id == actor.person_id:
        raise errors.SelfGrant
    if not people.owners(brand.pk).filter(pk=deputy_id).exists():
        raise errors.Invalid(_("A deputy is an active agent or manager of the brand."), "deputy")
    if queries.away(brand.pk, deputy_id, starts_on, ends_on).exists():
        raise errors.Invalid(_("They are away themselves on some of these days. Choose somebody else."), "deputy")
