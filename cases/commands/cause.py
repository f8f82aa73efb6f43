"""Root causes: the tree a brand keeps, and the cause of one case with what would have prevented it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cases import errors
from cases.commands import moves
from cases.models import Brand, Case, Cause
from cases.rules import causes
from cases.vocabulary import IN_HAND, Actor, EventKind, Permission, Status


@transaction.atomic(durable=True)
def create_cause(*, brand_id: int, code: str, label: Mapping[str, str], parent_id: int | None, actor: Actor) -> Cause:
    """Another cause in the brand's tree; its code never changes."""
    brand = moves.lock_brand(brand_id, actor)
    cause = Cause(
        brand=brand,
        code=moves.free(moves.checked_code(code), "code", brand.causes.all()),
        label=moves.checked_texts(label, field="label", default=brand.language),
        parent_id=_checked_parent(brand, None, parent_id),
    )
    cause.save()
    moves.record_row(cause, EventKind.CAUSE_CHANGED, actor, brand_id=brand.pk, fields=["created"])
    return cause


@transaction.atomic(durable=True)
def change_cause(
    *, cause_id: int, label: Mapping[str, str], parent_id: int | None, is_active: bool, actor: Actor
) -> Cause:
    """Change a cause; off, it is no longer offered, and cases that have it keep it."""
    cause, brand = moves.lock_row(Cause.objects.all(), cause_id, actor)
    if cause.is_active and not is_active:
        below = brand.causes.filter(parent=cause, is_active=True)
        moves.refuse_needed(list(below.order_by("code").values_list("code", flat=True)))
    wanted = {
        "label": moves.checked_texts(label, field="label", default=brand.language),
        "parent_id": _checked_parent(brand, cause, parent_id),
        "is_active": is_active,
    }
    if is_active and not cause.is_active and parent_id == cause.parent_id:
        moves.of_brand(brand.causes.all(), parent_id, "parent")
    moves.change_row(cause, wanted, EventKind.CAUSE_CHANGED, actor, brand_id=brand.pk)
    return cause


@transaction.atomic(durable=True)
def name_cause(*, case_id: int, cause_id: int | None, prevention: str = "", at: datetime, actor: Actor) -> Case:
    """Say why the complaint came about and what would have prevented it; both may be changed later, or taken back."""
    case = moves.lock(case_id)
    moves.require(actor, Permission.HANDLE, case)
    if case.status not in {*IN_HAND, Status.HANDLED}:
        raise errors.IllegalMove(status=Status(case.status).label)
    moves.keep_cause(case, cause_id, prevention, at=at, actor=actor)
    return case


def _checked_parent(brand: Brand, cause: Cause | None, parent_id: int | None) -> int | None:
    moves.of_brand(brand.causes.all(), parent_id, "parent", now=cause.parent_id if cause else None)
    parents = dict(brand.causes.values_list("pk", "parent_id"))
    if cause and parent_id is not None and causes.is_below(parents, parent_id, cause.pk):
        raise errors.Invalid(_("A cause cannot stand below itself."), "parent")
    levels = causes.height(parents, cause.pk) if cause else 1
    if causes.depth(parents, parent_id) + levels - 1 > causes.DEEPEST:
        said = _("A tree of causes has at most %(levels)d levels.") % {"levels": causes.DEEPEST}
        raise errors.Invalid(said, "parent")
    return parent_id
