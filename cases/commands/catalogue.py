"""What an admin sets up of the work: categories and kinds of action."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Required, TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from cases import errors
from cases.commands import moves
from cases.models import Brand, Category, Channel, Kind
from cases.queries import playbook as queries
from cases.rules import money
from cases.vocabulary import Actor, DayUnit, EventKind, Proof, Stream

LONGEST = 365
_KIND_FIELDS = (
    "label",
    "promise",
    "proof",
    "has_amount",
    "has_goods",
    "days",
    "day_unit",
    "ask_again_days",
    "two_people_above",
    "target_id",
    "is_shown",
)


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
    *, category_id: int, label: Mapping[str, str], team_id: int | None, is_active: bool, at: datetime, actor: Actor
) -> Category:
    """Change a category; off, it is no longer offered, and cases that have it keep it; what it was called is kept."""
    category, brand = moves.lock_row(Category.objects.all(), category_id, actor)
    if category.is_active and not is_active:
        _refuse_given(category)
    if is_active and category.merged_into_id is not None:
        raise errors.Invalid(_("It was merged into another category and is no longer offered."), "is_active")
    words = moves.checked_texts(label, field="label", default=brand.language)
    wanted = {
        "label": words,
        "former": _former(category, at) if words != category.label else category.former,
        "team_id": moves.of_brand(brand.teams.all(), team_id, "team", now=category.team_id),
        "is_active": is_active,
    }
    moves.change_row(category, wanted, EventKind.CATEGORY_CHANGED, actor, brand_id=brand.pk)
    return category


def _former(category: Category, at: datetime) -> list[dict[str, Any]]:
    return [*category.former, {"label": category.label, "until": at.astimezone(UTC).isoformat()}]


def _refuse_given(category: Category) -> None:
    """Refuse while a channel gives it to what comes in; raises Invalid."""
    channels = Channel.objects.filter(default_category=category, is_active=True)
    moves.refuse_needed(list(channels.order_by("slug").values_list("slug", flat=True)))


@transaction.atomic(durable=True)
def merge_category(*, category_id: int, into_id: int, at: datetime, actor: Actor) -> Category:
    """Let reports count the cases of a category with those of another one; it is no longer offered.

    Its cases and its playbooks keep it, and what was merged into it goes along. Raises Invalid.
    """
    category, brand = moves.lock_row(Category.objects.all(), category_id, actor)
    into = brand.categories.filter(pk=into_id, is_active=True, merged_into__isnull=True).first()
    if into is None:
        raise errors.Invalid(_("This is not one of the brand’s, or it is switched off."), "into")
    if into.pk == category.pk:
        raise errors.Invalid(_("Choose another category than this one."), "into")
    if category.merged_into_id is not None:
        raise errors.Invalid(_("It has been merged into another category already."), "into")
    _refuse_given(category)
    brand.categories.filter(merged_into=category).update(merged_into=into)
    category.merged_into, category.is_active = into, False
    category.save(update_fields=["merged_into", "is_active"])
    moves.record(Stream.BRAND, brand.pk, EventKind.CATEGORY_MERGED, actor, at=at, category=category.pk, into=into.pk)
    return category


class KindFields(TypedDict, total=False):
    """What may change of a kind; ``two_people_above`` is in the brand's currency."""

    label: Required[Mapping[str, str]]
    promise: Mapping[str, str]
    proof: str
    has_amount: bool
    has_goods: bool
    days: int
    day_unit: str
    ask_again_days: int | None
    two_people_above: Decimal | None
    target_id: int | None
    is_shown: bool


@transaction.atomic(durable=True)
def create_kind(*, brand_id: int, code: str, actor: Actor, **given: Unpack[KindFields]) -> Kind:
    """Another sort of action for the catalogue; its code never changes."""
    brand = moves.lock_brand(brand_id, actor)
    kind = Kind(brand=brand, code=moves.free(moves.checked_code(code), "code", brand.kinds.all()))
    for field, value in _checked_kind(brand, kind, given).items():
        setattr(kind, field, value)
    kind.save()
    moves.record_row(kind, EventKind.KIND_CHANGED, actor, brand_id=brand.pk, fields=["created"])
    return kind


@transaction.atomic(durable=True)
def change_kind(*, kind_id: int, is_active: bool, actor: Actor, **given: Unpack[KindFields]) -> Kind:
    """Change a kind, what is left out stays; another proof is demanded of actions not done yet."""
    kind, brand = moves.lock_row(Kind.objects.all(), kind_id, actor)
    if kind.is_active and not is_active:
        moves.refuse_needed(queries.bringing(kind))
    wanted = _checked_kind(brand, kind, given)
    moves.change_row(kind, {**wanted, "is_active": is_active}, EventKind.KIND_CHANGED, actor, brand_id=brand.pk)
    return kind


def _checked_kind(brand: Brand, kind: Kind, given: KindFields) -> dict[str, Any]:
    """What stands or is given, checked as a whole; raises Invalid."""
    fields: dict[str, Any] = {name: given.get(name, getattr(kind, name)) for name in _KIND_FIELDS}
    if fields["proof"] not in Proof.values:
        raise errors.Invalid(_("Choose what proves that it is done."), "proof")
    if fields["proof"] == Proof.AMOUNT and not fields["has_amount"]:
        raise errors.Invalid(_("An amount can only be the proof of an action that has an amount."), "has_amount")
    if fields["day_unit"] not in DayUnit.values:
        raise errors.Invalid(_("Choose which days are counted."), "day_unit")
    again, above = fields["ask_again_days"], fields["two_people_above"]
    if again is not None and not 1 <= again <= LONGEST:
        raise errors.Invalid(_("Give a number of days from 1 to %(longest)d.") % {"longest": LONGEST}, "ask_again_days")
    if above is not None and not fields["has_amount"]:
        raise errors.Invalid(_("Only an action with an amount can need two people above one."), "two_people_above")
    return fields | {
        "label": moves.checked_texts(fields["label"], field="label", default=brand.language),
        "promise": moves.checked_texts(
            fields["promise"], field="promise", default=brand.language, limit=300, is_required=False
        ),
        "days": _checked_days(fields["days"], "days"),
        "two_people_above": None if above is None else _checked_amount(above, brand),
        "target_id": moves.of_brand(brand.targets.all(), fields["target_id"], "target", now=kind.target_id),
    }


def _checked_amount(amount: Decimal, brand: Brand) -> Decimal:
    try:
        return money.valid_amount(amount, brand.currency)
    except money.AmountError as error:
        raise errors.Invalid(error.message, "two_people_above") from error


def _checked_days(days: int, field: str) -> int:
    if not 0 <= days <= LONGEST:
        raise errors.Invalid(_("Give a number of days from 0 to %(longest)d.") % {"longest": LONGEST}, field)
    return days
