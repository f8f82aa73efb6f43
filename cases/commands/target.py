"""Connected systems: set up, changed, given a new secret, switched off once no kind of action needs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext as _

from cases import errors
from cases.commands import moves
from cases.models import Kind, Target
from cases.rules import request
from cases.vocabulary import Actor, EventKind

LONGEST_WAIT = 60
LONGEST_POLL = 7 * 24 * 60


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A connected system, and the secret just made for it, which is shown once."""

    target: Target
    secret: str


@transaction.atomic(durable=True)
def create_target(
    *, brand_id: int, name: str, url: str, mapping: Mapping[str, str], timeout: int, poll_minutes: int, actor: Actor
) -> NewSecret:
    """A system that can carry out actions of the brand; its secret signs what both sides send."""
    brand = moves.lock_brand(brand_id, actor)
    secret = _secret()
    target = Target(
        brand=brand,
        name=moves.free(moves.checked_name(name), "name", brand.targets.all()),
        secret=secret,
        **_checked(url, mapping, timeout, poll_minutes),
    )
    target.save()
    moves.record_row(target, EventKind.TARGET_CHANGED, actor, brand_id=brand.pk, fields=["created"])
    return NewSecret(target, secret)


@transaction.atomic(durable=True)
def change_target(
    *,
    target_id: int,
    name: str,
    url: str,
    mapping: Mapping[str, str],
    timeout: int,
    poll_minutes: int,
    is_active: bool,
    actor: Actor,
) -> Target:
    """Change a connected system; it is switched off once no kind of action in use is carried out by it.

    What it has already is still asked about, and its answers are still heard.
    """
    target, brand = moves.lock_row(Target.objects.all(), target_id, actor)
    if target.is_active and not is_active:
        kinds = Kind.objects.filter(target=target, is_active=True)
        moves.refuse_needed(sorted(kinds.values_list("code", flat=True)))
    wanted = {
        "name": moves.free(moves.checked_name(name), "name", brand.targets.exclude(pk=target.pk)),
        "is_active": is_active,
        **_checked(url, mapping, timeout, poll_minutes),
    }
    moves.change_row(target, wanted, EventKind.TARGET_CHANGED, actor, brand_id=brand.pk)
    return target


@transaction.atomic(durable=True)
def renew_secret(*, target_id: int, actor: Actor) -> NewSecret:
    """Another secret for a connected system; from now on nothing signed with the old one is heard."""
    target, brand = moves.lock_row(Target.objects.all(), target_id, actor)
    target.secret = _secret()
    target.save(update_fields=["secret"])
    moves.record_row(target, EventKind.TARGET_CHANGED, actor, brand_id=brand.pk, fields=["secret"])
    return NewSecret(target, target.secret)


def _secret() -> str:
    # The prefix lets a scanner of published code recognise a secret that got out.
    return f"cds_{moves.new_secret()}"


def _checked(url: str, mapping: Mapping[str, str], timeout: int, poll_minutes: int) -> dict[str, Any]:
    try:
        checked = request.checked_mapping(mapping or request.DEFAULT)
    except request.MappingError as error:
        raise errors.Invalid(str(error), "mapping") from error
    if not 1 <= timeout <= LONGEST_WAIT:
        raise errors.Invalid(_("Wait 1 to 60 seconds for an answer."), "timeout")
    if not 0 <= poll_minutes <= LONGEST_POLL:
        raise errors.Invalid(_("Ask again after at most a week; 0 never asks."), "poll_minutes")
    return {"url": _checked_url(url), "mapping": checked, "timeout": timeout, "poll_minutes": poll_minutes}


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        is_whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole or len(url.strip()) > 500 or not url.strip().isascii() or set(url.strip()) & set(' <>"\\\x7f'):
        raise errors.Invalid(_("Give a whole address, like https://billing.example/orders."), "url")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise errors.Invalid(_("Leave passwords, questions and marks out of the address: requests are signed."), "url")
    return url.strip()
