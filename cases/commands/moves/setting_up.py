"""What the commands of the set-up share: lock the brand, require the right, change a row, record what changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from cases import errors
from cases.commands.moves.base import require_in_brand
from cases.commands.moves.recording import record
from cases.models import Brand, Case
from cases.vocabulary import UNHANDLED, Actor, EventKind, Permission, Stream

M = TypeVar("M", bound=Model)


def lock_organisation() -> None:
    """One transaction at a time changes what brands there are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('casedesk:organisation'))")


def lock_brand(brand_id: int, actor: Actor) -> Brand:
    """The brand, locked for a change of its set-up by somebody who may make it."""
    require_in_brand(actor, Permission.SET_UP, brand_id)
    brand = Brand.objects.select_for_update(no_key=True).filter(pk=brand_id).first()
    if brand is None:
        raise errors.NotFound
    return brand


def lock_row(rows: QuerySet[M], row_id: int, actor: Actor) -> tuple[M, Brand]:
    """A row of a brand's set-up and its brand, the brand locked; raises NotFound and NotAllowed."""
    brand_id = rows.filter(pk=row_id).values_list("brand_id", flat=True).first()
    if brand_id is None:
        raise errors.NotFound
    brand = lock_brand(brand_id, actor)
    return rows.get(pk=row_id), brand


def change_row(row: Model, wanted: Mapping[str, Any], kind: EventKind, actor: Actor, *, brand_id: int) -> None:
    """Write what differs and record which fields did; nothing when nothing does."""
    fields = sorted(field for field, value in wanted.items() if getattr(row, field) != value)
    if not fields:
        return
    for field in fields:
        setattr(row, field, wanted[field])
    row.save(update_fields=fields)
    record_row(row, kind, actor, brand_id=brand_id, fields=fields)


def record_row(row: Model, kind: EventKind, actor: Actor, *, brand_id: int, fields: list[str], **payload: Any) -> None:
    """One line in the brand's journal: which row, and which of its fields."""
    record(Stream.BRAND, brand_id, kind, actor, **{type(row).__name__.lower(): row.pk}, fields=fields, **payload)


def free(value: str, field: str, rows: QuerySet[Any]) -> str:
    """The value, when no other row has it; raises Invalid."""
    if rows.filter(**{f"{field}__iexact": value}).exists():
        raise errors.Invalid(_("“%(value)s” is taken already. Choose another.") % {"value": value}, field)
    return value


def of_brand(rows: QuerySet[Any], row_id: int | None, field: str, *, now: int | None = None) -> int | None:
    """The id, when it is nothing or a row in use among these; what stands already may stay. Raises Invalid."""
    if row_id is None or row_id == now or rows.filter(pk=row_id, is_active=True).exists():
        return row_id
    raise errors.Invalid(_("This is not one of the brand’s, or it is switched off."), field)


def refuse_in_use(cases: QuerySet[Case]) -> None:
    """Refuse while cases that still need work depend on it; raises InUse."""
    count = cases.filter(status__in=UNHANDLED).count()
    if count:
        raise errors.InUse(count=count)


def refuse_needed(names: list[str]) -> None:
    """Refuse while other parts of the set-up send work to it; raises Invalid with their names."""
    if names:
        raise errors.Invalid(
            _("Still used by: %(names)s. Change that first.") % {"names": ", ".join(names)},
            "is_active",
        )
