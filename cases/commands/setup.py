"""What an admin sets up of a brand: its name, its channels and its teams; switched off, never deleted."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import available_timezones

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cases import errors
from cases.commands import moves
from cases.models import Brand, Case, Category, Cause, Channel, Grant, Kind, Membership, PlaybookAction, Post, Team
from cases.rules import catalogue, causes, currencies
from cases.rules.permission import OWNERS
from cases.rules.policies import PACKS
from cases.vocabulary import Actor, ChannelKind, EventKind, VersionStatus

_PREFIX = re.compile(r"[A-Z]{2,4}", re.ASCII)


@transaction.atomic(durable=True)
def create_brand(
    *,
    name: str,
    slug: str,
    prefix: str,
    language: str,
    zone: str,
    currency: str,
    at: datetime | None = None,
    actor: Actor,
) -> Brand:
    """A brand with a catalogue, working hours and deadlines to start from, and a complaint form; its prefix and its
    slug never change.

    The authority and the deadlines it starts with hold from ``at`` on, else from now.
    """
    at = at or timezone.now()
    moves.require_organisation(actor)
    moves.lock_organisation()
    if not _PREFIX.fullmatch(prefix):
        raise errors.Invalid(_("Use two to four capital letters, for example BW."), "prefix")
    brand = Brand(
        slug=moves.free(moves.checked_code(slug, field="slug"), "slug", Brand.objects.all()),
        prefix=moves.free(prefix, "prefix", Brand.objects.all()),
        **_checked_brand(name, language, zone, currency),
    )
    brand.save()
    Kind.objects.bulk_create([Kind(brand=brand, **vars(starter)) for starter in catalogue.KINDS])
    grants = [
        Grant.objects.create(brand=brand, currency=currency, given_by_id=actor.person_id, given_at=at, **vars(starter))
        for starter in catalogue.GRANTS
    ]
    _plant_causes(brand)
    with translation.override(language):
        channel = Channel.objects.create(
            brand=brand,
            name=_("Web form"),
            slug="web-form",
            kind=ChannelKind.WEB_FORM,
            platform="web",
            is_complaints_only=True,
        )
    moves.record_row(brand, EventKind.BRAND_CHANGED, actor, brand_id=brand.pk, fields=["created"], prefix=prefix, at=at)
    moves.record_row(channel, EventKind.CHANNEL_CHANGED, actor, brand_id=brand.pk, fields=["created"], at=at)
    moves.plant_calendar(brand, at=at, actor=actor)
    moves.plant_pack(brand, PACKS["casedesk"], at=at, actor=actor)
    for grant in grants:
        moves.record_row(grant, EventKind.GRANT_GIVEN, actor, brand_id=brand.pk, fields=["created"], at=at)
    return brand


def _plant_causes(brand: Brand) -> None:
    """The causes that every brand starts with, each below its own parent."""
    planted: dict[str, Cause] = {}
    for starter in causes.CAUSES:
        planted[starter.code] = Cause.objects.create(
            brand=brand, code=starter.code, label=starter.label, parent=planted.get(starter.parent)
        )


@transaction.atomic(durable=True)
def change_brand(
    *, brand_id: int, name: str, language: str, zone: str, currency: str, is_active: bool, actor: Actor
) -> Brand:
    """Change what may change of a brand; an organisation admin switches it off once no case of it needs work."""
    brand = moves.lock_brand(brand_id, actor)
    if is_active != brand.is_active:
        moves.require_organisation(actor)
    if brand.is_active and not is_active:
        # Cases are opened under this lock: none can appear between the count and the switch.
        moves.lock_opening(brand.pk)
        moves.refuse_in_use(Case.objects.filter(brand=brand))
    wanted = {**_checked_brand(name, language, zone, currency), "is_active": is_active}
    moves.change_row(brand, wanted, EventKind.BRAND_CHANGED, actor, brand_id=brand.pk)
    return brand


@transaction.atomic(durable=True)
def create_channel(
    *,
    brand_id: int,
    name: str,
    slug: str,
    kind: str,
    platform: str,
    is_complaints_only: bool,
    default_category_id: int | None,
    default_team_id: int | None,
    actor: Actor,
) -> Channel:
    """Another place where the public speaks to the brand; the slug names it in imports and never changes."""
    brand = moves.lock_brand(brand_id, actor)
    channel = Channel(
        brand=brand,
        name=moves.checked_name(name),
        slug=moves.free(moves.checked_code(slug, field="slug"), "slug", brand.channels.all()),
        kind=_checked_kind(kind),
        platform=moves.checked_code(platform, field="platform"),
        is_complaints_only=is_complaints_only,
        default_category_id=moves.of_brand(brand.categories.all(), default_category_id, "default_category"),
        default_team_id=moves.of_brand(brand.teams.all(), default_team_id, "default_team"),
    )
    channel.save()
    moves.record_row(channel, EventKind.CHANNEL_CHANGED, actor, brand_id=brand.pk, fields=["created"])
    return channel


@transaction.atomic(durable=True)
def change_channel(
    *,
    channel_id: int,
    name: str,
    kind: str,
    platform: str,
    is_complaints_only: bool,
    default_category_id: int | None,
    default_team_id: int | None,
    is_active: bool,
    actor: Actor,
) -> Channel:
    """Change a channel; its kind and platform only while nothing has arrived on it. Off, it takes nothing in."""
    channel, brand = moves.lock_row(Channel.objects.all(), channel_id, actor)
    wanted = {
        "name": moves.checked_name(name),
        "kind": _checked_kind(kind),
        "platform": moves.checked_code(platform, field="platform"),
        "is_complaints_only": is_complaints_only,
        "default_category_id": moves.of_brand(
            brand.categories.all(), default_category_id, "default_category", now=channel.default_category_id
        ),
        "default_team_id": moves.of_brand(
            brand.teams.all(), default_team_id, "default_team", now=channel.default_team_id
        ),
        "is_active": is_active,
    }
    is_moved = (wanted["kind"], wanted["platform"]) != (channel.kind, channel.platform)
    if is_moved and Post.objects.filter(channel=channel).exists():
        # Handles belong to a platform, and whether a post was public depends on the kind.
        raise errors.Invalid(_("Posts have arrived here already, so this stays. Make another channel instead."), "kind")
    moves.change_row(channel, wanted, EventKind.CHANNEL_CHANGED, actor, brand_id=brand.pk)
    return channel


@transaction.atomic(durable=True)
def create_team(*, brand_id: int, name: str, lead_id: int | None, on_duty_id: int | None = None, actor: Actor) -> Team:
    """People of a brand who share work, the one who leads them, and who is on duty."""
    brand = moves.lock_brand(brand_id, actor)
    team = Team(
        brand=brand,
        name=moves.free(moves.checked_name(name), "name", brand.teams.all()),
        lead_id=_checked_lead(lead_id, brand),
        on_duty_id=_checked_duty(on_duty_id, brand),
    )
    team.save()
    moves.record_row(team, EventKind.TEAM_CHANGED, actor, brand_id=brand.pk, fields=["created"])
    return team


@transaction.atomic(durable=True)
def change_team(
    *, team_id: int, name: str, lead_id: int | None, on_duty_id: int | None = None, is_active: bool, actor: Actor
) -> Team:
    """Change a team; it is switched off once no open case is with it and nothing sends work to it."""
    team, brand = moves.lock_row(Team.objects.all(), team_id, actor)
    if team.is_active and not is_active:
        moves.lock_opening(brand.pk)
        moves.refuse_in_use(Case.objects.filter(team=team))
        moves.refuse_needed(_sending_to(team))
    wanted = {
        "name": moves.free(moves.checked_name(name), "name", brand.teams.exclude(pk=team.pk)),
        "lead_id": lead_id if lead_id == team.lead_id else _checked_lead(lead_id, brand),
        "on_duty_id": on_duty_id if on_duty_id == team.on_duty_id else _checked_duty(on_duty_id, brand),
        "is_active": is_active,
    }
    moves.change_row(team, wanted, EventKind.TEAM_CHANGED, actor, brand_id=brand.pk)
    return team


def _sending_to(team: Team) -> list[str]:
    """The codes of what brings work to this team."""
    categories = Category.objects.filter(team=team, is_active=True).values_list("code", flat=True)
    channels = Channel.objects.filter(default_team=team, is_active=True).values_list("slug", flat=True)
    lines = PlaybookAction.objects.filter(
        team=team, version__playbook__is_active=True, version__status__in=[VersionStatus.DRAFT, VersionStatus.LIVE]
    )
    named = {name or "*" for name in lines.values_list("version__playbook__category__code", flat=True)}
    return sorted({*categories, *channels, *named})


def _checked_brand(name: str, language: str, zone: str, currency: str) -> dict[str, str]:
    if language not in dict(settings.LANGUAGES):
        raise errors.Invalid(_("Choose one of the languages of casedesk."), "language")
    if zone not in available_timezones():
        raise errors.Invalid(_("This is not a time zone; they look like Europe/Paris."), "zone")
    if currency not in currencies.CODES:
        raise errors.Invalid(_("This is not a currency; they look like EUR."), "currency")
    return {"name": moves.checked_name(name), "language": language, "zone": zone, "currency": currency}


def _checked_kind(kind: str) -> str:
    if kind not in ChannelKind.values:
        raise errors.Invalid(_("Choose where it is that the public speaks."), "kind")
    return kind


def _checked_lead(lead_id: int | None, brand: Brand) -> int | None:
    if lead_id is not None and not _may_own(lead_id, brand):
        raise errors.Invalid(_("A team is led by an active agent or manager of the brand."), "lead")
    return lead_id


def _checked_duty(person_id: int | None, brand: Brand) -> int | None:
    if person_id is not None and not _may_own(person_id, brand):
        raise errors.Invalid(_("Only an active agent or manager of the brand can be on duty."), "on_duty")
    return person_id


def _may_own(person_id: int, brand: Brand) -> bool:
    rows = Membership.objects.filter(person_id=person_id, brand=brand, person__is_active=True, role__in=OWNERS)
    return rows.exists()
