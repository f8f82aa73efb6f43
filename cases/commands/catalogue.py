"""What an admin sets up of the work: categories and kinds of action."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from cases import errors
from cases.commands import moves
from cases.models import Brand, Category, Channel, Kind
from cases.queries import playbook as queries
from cases.vocabulary import Actor, EventKind, Proof

LONGEST = 365


@transaction.atomic(durable=True)
def create_category(
    *, brand_id: int, code: str, label: Mapping[str, str], team_id: int | None, actor: Actor
) -> Category:
    """Something that complaints of the brand are about; its code never changes."""
    brand = moves.lock_brand(brand_id, actor)
    category = Category(
        brand=brand,
        code=moves.free(moves.checked_code(code), "code", brand.categories.all()),
        label=moves.checked_texts(label, field="label", default=brand.language),
        team_id=moves.of_brand(brand.teams.all(), team_id, "team"),
    )
    category.save()
    moves.record_row(category, EventKind.CATEGORY_CHANGED, actor, brand_id=brand.pk, fields=["created"])
    return category


@transaction.atomic(durable=True)
def change_category(
    *, category_id: int, label: Mapping[str, str], team_id: int | None, is_active: bool, actor: Actor
) -> Category:
    """Change a category; off, it is no longer offered, and cases that have it keep it."""
    category, brand = moves.lock_row(Category.objects.all(), category_id, actor)
    if category.is_active and not is_active:
        channels = Channel.objects.filter(default_category=category, is_active=True)
        moves.refuse_needed(list(channels.order_by("slug").values_list("slug", flat=True)))
    wanted = {
        "label": moves.checked_texts(label, field="label", default=brand.language),
        "team_id": moves.of_brand(brand.teams.all(), team_id, "team", now=category.team_id),
        "is_active": is_active,
    }
    moves.change_row(category, wanted, EventKind.CATEGORY_CHANGED, actor, brand_id=brand.pk)
    return category


@transaction.atomic(durable=True)
def create_kind(
    *,
    brand_id: int,
    code: str,
    label: Mapping[str, str],
    promise: Mapping[str, str],
    proof: str,
    has_amount: bool,
    days: int,
    is_shown: bool,
    actor: Actor,
) -> Kind:
    """Another sort of action for the catalogue; its code never changes."""
    brand = moves.lock_brand(brand_id, actor)
    kind = Kind(
        brand=brand,
        code=moves.free(moves.checked_code(code), "code", brand.kinds.all()),
        **_checked_kind(brand, label, promise, proof, has_amount, days, is_shown),
    )
    kind.save()
    moves.record_row(kind, EventKind.KIND_CHANGED, actor, brand_id=brand.pk, fields=["created"])
    return kind


@transaction.atomic(durable=True)
def change_kind(
    *,
    kind_id: int,
    label: Mapping[str, str],
    promise: Mapping[str, str],
    proof: str,
    has_amount: bool,
    days: int,
    is_shown: bool,
    is_active: bool,
    actor: Actor,
) -> Kind:
    """Change a kind; another proof is demanded of actions not done yet, what is done stays done."""
    kind, brand = moves.lock_row(Kind.objects.all(), kind_id, actor)
    if kind.is_active and not is_active:
        moves.refuse_needed(queries.bringing(kind))
    wanted = _checked_kind(brand, label, promise, proof, has_amount, days, is_shown)
    moves.change_row(kind, {**wanted, "is_active": is_active}, EventKind.KIND_CHANGED, actor, brand_id=brand.pk)
    return kind


def _checked_kind(
    brand: Brand,
    label: Mapping[str, str],
    promise: Mapping[str, str],
    proof: str,
    has_amount: bool,
    days: int,
    is_shown: bool,
) -> dict[str, object]:
    if proof not in Proof.values:
        raise errors.Invalid(_("Choose what proves that it is done."), "proof")
    if proof == Proof.AMOUNT and not has_amount:
        raise errors.Invalid(_("An amount can only be the proof of an action that has an amount."), "has_amount")
    return {
        "label": moves.checked_texts(label, field="label", default=brand.language),
        "promise": moves.checked_texts(promise, field="promise", default=brand.language, limit=300, is_required=False),
        "proof": proof,
        "has_amount": has_amount,
        "days": _checked_days(days, "days"),
        "is_shown": is_shown,
    }


def _checked_days(days: int, field: str) -> int:
    if not 0 <= days <= LONGEST:
        raise errors.Invalid(_("Give a number of days from 0 to %(longest)d.") % {"longest": LONGEST}, field)
    return days
