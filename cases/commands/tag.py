"""Tags: a brand's own words for its cases; added, renamed, retired, put on a case and taken off."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cases import errors
from cases.commands import moves
from cases.models import Case, Tag
from cases.vocabulary import Actor, EventKind, Permission

LONGEST = 40


@transaction.atomic(durable=True)
def add_tag(*, brand_id: int, name: str, actor: Actor) -> Tag:
    """Another tag of a brand; raises Invalid when one is called so already."""
    brand = moves.lock_brand(brand_id, actor)
    tag = Tag.objects.create(
        brand=brand, name=moves.free(moves.checked_name(name, limit=LONGEST), "name", brand.tags.all())
    )
    moves.record_row(tag, EventKind.TAG_CHANGED, actor, brand_id=brand.pk, fields=["created"])
    return tag


@transaction.atomic(durable=True)
def rename_tag(*, tag_id: int, name: str, actor: Actor) -> Tag:
    """Call a tag otherwise, on every case that has it."""
    tag, brand = moves.lock_row(Tag.objects.all(), tag_id, actor)
    others = brand.tags.exclude(pk=tag.pk)
    wanted = {"name": moves.free(moves.checked_name(name, limit=LONGEST), "name", others)}
    moves.change_row(tag, wanted, EventKind.TAG_CHANGED, actor, brand_id=brand.pk)
    return tag


@transaction.atomic(durable=True)
def retire_tag(*, tag_id: int, actor: Actor) -> Tag:
    """Offer a tag no more; cases that have it keep it, and a rule that would put it on one says that it is gone."""
    tag, brand = moves.lock_row(Tag.objects.all(), tag_id, actor)
    moves.change_row(tag, {"is_active": False}, EventKind.TAG_CHANGED, actor, brand_id=brand.pk)
    return tag


@transaction.atomic(durable=True)
def bring_back_tag(*, tag_id: int, actor: Actor) -> Tag:
    """Offer a retired tag again."""
    tag, brand = moves.lock_row(Tag.objects.all(), tag_id, actor)
    moves.change_row(tag, {"is_active": True}, EventKind.TAG_CHANGED, actor, brand_id=brand.pk)
    return tag


@transaction.atomic(durable=True)
def tag_case(*, case_id: int, tag_id: int | None = None, name: str = "", at: datetime, actor: Actor) -> Tag:
    """Put a tag on a case: one of the brand's, or one that is called so from now on."""
    case = moves.lock(case_id)
    moves.require(actor, Permission.ACT, case)
    tag = _chosen(case, tag_id) if tag_id is not None else _named(case, name, actor)
    moves.put_tag(case, tag, at=at, actor=actor)
    return tag


@transaction.atomic(durable=True)
def untag_case(*, case_id: int, tag_id: int, at: datetime, actor: Actor) -> None:
    """Take a tag off a case; nothing when it has none such."""
    case = moves.lock(case_id)
    moves.require(actor, Permission.ACT, case)
    moves.take_tag(case, tag_id, at=at, actor=actor)


def _chosen(case: Case, tag_id: int) -> Tag:
    tag = case.brand.tags.filter(pk=tag_id, is_active=True).first()
    if tag is None:
        raise errors.Invalid(_("This is not one of the brand’s, or it is switched off."), "tag")
    return tag


def _named(case: Case, name: str, actor: Actor) -> Tag:
    wanted = moves.checked_name(name, field="tag", limit=LONGEST)
    # Two who type the same new word at the same moment get the same tag.
    tag, is_new = case.brand.tags.get_or_create(name__iexact=wanted, defaults={"name": wanted})
    if is_new:
        moves.record_row(tag, EventKind.TAG_CHANGED, actor, brand_id=case.brand_id, fields=["created"])
    if not tag.is_active:
        raise errors.Invalid(_("The tag “%(name)s” was retired. Choose another.") % {"name": tag.name}, "tag")
    return tag
