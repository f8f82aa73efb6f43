"""What an admin sets up of a brand: its name, its channels and its teams; switched off, never deleted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from zoneinfo import available_timezones

from django.conf import settings
from django.db import models, transaction
from django.utils.translation import gettext as _

from cases import errors
from cases.commands import moves
from cases.models import Brand, Case, Category, Channel, Kind, Membership, PlaybookAction, Post, Team
from cases.rules import catalogue as starters
from cases.rules import currencies
from cases.vocabulary import UNHANDLED, Actor, ChannelKind, EventKind, Permission, Stream

_PREFIX = re.compile(r"[A-Z]{2,4}", re.ASCII)


@transaction.atomic(durable=True)
def create_brand(
    *, name: str, slug: str, prefix: str, language: str, zone: str, currency: str, actor: Actor
) -> Brand:
    """A brand with a catalogue to start from and a complaint form; its prefix and its slug never change."""
    moves.require_organisation(actor)
    moves.lock_set_up()
    brand = Brand(
        slug=_free(moves.checked_code(slug, field="slug"), "slug", Brand.objects.all()),
        prefix=_free(_checked_prefix(prefix), "prefix", Brand.objects.all()),
        **_checked_brand(name=name, language=language, zone=zone, currency=currency),
    )
    brand.save()
    Kind.objects.bulk_create([Kind(brand=brand, **vars(starter)) for starter in starters.KINDS])
    channel = Channel.objects.create(
        brand=brand,
        name=_("Web form"),
        slug="web-form",
        kind=ChannelKind.WEB_FORM,
        platform="web",
        is_complaints_only=True,
    )
    moves.record(
        Stream.BRAND, brand.pk, EventKind.BRAND_CHANGED, actor, fields=["created"], prefix=brand.prefix, slug=brand.slug
    )
    moves.record(Stream.BRAND, brand.pk, EventKind.CHANNEL_CHANGED, actor, channel=channel.pk, fields=["created"])
    return brand


@transaction.atomic(durable=True)
def change_brand(
    *, brand_id: int, name: str, language: str, zone: str, currency: str, is_active: bool, actor: Actor
) -> Brand:
    """Change what may change of a brand; an organisation admin switches it off once no case of it needs work."""
    moves.require_in_brand(actor, Permission.SET_UP, brand_id)
    brand = moves.lock_brand(brand_id)
    if is_active != brand.is_active:
        moves.require_organisation(actor)
    if brand.is_active and not is_active:
        _refuse_in_use(Case.objects.filter(brand=brand))
    wanted = _checked_brand(name=name, language=language, zone=zone, currency=currency)
    _change(brand, brand, {**wanted, "is_active": is_active}, EventKind.BRAND_CHANGED, actor)
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
    moves.require_in_brand(actor, Permission.SET_UP, brand_id)
    brand = moves.lock_brand(brand_id)
    channel = Channel(
        brand=brand,
        name=moves.checked_name(name),
        slug=_free(moves.checked_code(slug, field="slug"), "slug", brand.channels.all()),
        kind=_checked_kind(kind),
        platform=moves.checked_code(platform, field="platform"),
        is_complaints_only=is_complaints_only,
        default_category_id=_of_brand(Category, default_category_id, brand, "default_category"),
        default_team_id=_of_brand(Team, default_team_id, brand, "default_team"),
    )
    channel.save()
    moves.record(Stream.BRAND, brand.pk, EventKind.CHANNEL_CHANGED, actor, channel=channel.pk, fields=["created"])
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
    channel, brand = _locked(Channel, channel_id, actor)
    wanted = {
        "name": moves.checked_name(name),
        "kind": _checked_kind(kind),
        "platform": moves.checked_code(platform, field="platform"),
        "is_complaints_only": is_complaints_only,
        "default_category_id": _of_brand(Category, default_category_id, brand, "default_category"),
        "default_team_id": _of_brand(Team, default_team_id, brand, "default_team"),
        "is_active": is_active,
    }
    is_moved = (wanted["kind"], wanted["platform"]) != (channel.kind, channel.platform)
    if is_moved and Post.objects.filter(channel=channel).exists():
        # Handles belong to a platform, and whether a post was public depends on the kind.
        raise errors.Invalid(_("Posts have arrived here already, so this stays. Make another channel instead."), "kind")
    _change(channel, brand, wanted, EventKind.CHANNEL_CHANGED, actor)
    return channel


@transaction.atomic(durable=True)
def create_team(*, brand_id: int, name: str, lead_id: int | None, actor: Actor) -> Team:
    """People of a brand who share work, and the one who leads them."""
    moves.require_in_brand(actor, Permission.SET_UP, brand_id)
    brand = moves.lock_brand(brand_id)
    team = Team(brand=brand, name=_checked_team_name(name, brand), lead_id=_checked_lead(lead_id, brand))
    team.save()
    moves.record(Stream.BRAND, brand.pk, EventKind.TEAM_CHANGED, actor, team=team.pk, fields=["created"])
    return team


@transaction.atomic(durable=True)
def change_team(*, team_id: int, name: str, lead_id: int | None, is_active: bool, actor: Actor) -> Team:
    """Change a team; it is switched off once no open case is with it and nothing sends work to it."""
    team, brand = _locked(Team, team_id, actor)
    if team.is_active and not is_active:
        _refuse_in_use(Case.objects.filter(team=team))
        _refuse_routed(team)
    wanted = {
        "name": _checked_team_name(name, brand, but=team),
        "lead_id": _checked_lead(lead_id, brand, now=team.lead_id),
        "is_active": is_active,
    }
    _change(team, brand, wanted, EventKind.TEAM_CHANGED, actor)
    return team


def _locked[T](*_args: T) -> T: ...
