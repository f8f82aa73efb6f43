"""A period is frozen: its figures are kept as they stand, and a manager signs them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.formats import date_format

from cases import errors
from cases.commands import moves
from cases.models import Brand, FrozenPeriod
from cases.queries.reports import definitions
from cases.queries.reports import frozen as queries
from cases.queries.reports.frozen import Subject
from cases.rules import return_periods
from cases.rules import text as texts
from cases.vocabulary import Actor, EventKind, Permission, Stream
from cases.vocabulary.returns import ReturnName

LONGEST_REMARK = 500


class PeriodNotOver(errors.Refused):
    """The period is not over yet: it ends on %(day)s. What is frozen has to be whole; freeze it after that day."""

    code = "period_not_over"


class SignedAlready(errors.Refused):
    """This period is signed already, and a signature stays. Freeze the period again and sign the new figures."""

    code = "signed_already"


class FrozenDamaged(errors.Refused):
    """The frozen figures are no longer those that were frozen, so nobody can sign them. Freeze the period again."""

    code = "frozen_damaged"


@transaction.atomic(durable=True)
def freeze(*, brand_id: int, period: str, regulator: str = "", at: datetime, actor: Actor) -> FrozenPeriod:
    """Keep the figures of a brand's month, quarter or half-year as they are now, or those of a regulator's return.

    They count every case of the brand but those about whoever freezes them. The same period may be frozen again; the
    earlier one stays. Raises UnknownPeriod, PeriodNotOver, ReturnTooLong.
    """
    moves.require_in_brand(actor, Permission.SIGN_REPORTS, brand_id)
    person_id = moves.person_of(actor)
    brand = Brand.objects.filter(pk=brand_id).first()
    if brand is None or regulator not in {"", *ReturnName}:
        raise errors.NotFound
    span = return_periods.of_name(period, brand.zone)
    if not span.is_over(at):
        raise PeriodNotOver(day=date_format(span.last, "j F Y"))
    figures = queries.figures(Subject(brand, span, ReturnName(regulator) if regulator else None, person_id), at)
    frozen = FrozenPeriod.objects.create(
        brand=brand,
        regulator=regulator,
        starts_on=span.first,
        ends_on=span.last,
        zone=span.zone,
        definitions=definitions.VERSION,
        figures=figures,
        digest=queries.digest(figures),
        frozen_at=at,
        frozen_by_id=person_id,
    )
    named = {"frozen": frozen.pk, "period": span.name, "regulator": regulator, "digest": frozen.digest.hex()}
    moves.record(Stream.BRAND, brand_id, EventKind.PERIOD_FROZEN, actor, at=at, **named)
    return frozen


@transaction.atomic(durable=True)
def sign(*, frozen_id: int, remark: str = "", at: datetime, actor: Actor) -> FrozenPeriod:
    """Sign for the figures of a frozen period, with a remark where there is something to say of them.

    Raises SignedAlready, and FrozenDamaged where they are no longer those that were frozen.
    """
    frozen = FrozenPeriod.objects.select_for_update(of=("self",)).filter(pk=frozen_id).first()
    if frozen is None:
        raise errors.NotFound
    moves.require_in_brand(actor, Permission.SIGN_REPORTS, frozen.brand_id)
    person_id = moves.person_of(actor)
    if frozen.signed_at is not None:
        raise SignedAlready
    if not queries.is_intact(frozen, queries.recorded(frozen)):
        raise FrozenDamaged
    frozen.signed_at, frozen.signed_by_id = at, person_id
    frozen.remark = texts.clean(remark).strip()[:LONGEST_REMARK]
    frozen.save(update_fields=["signed_at", "signed_by", "remark"])
    named = {"frozen": frozen.pk, "digest": bytes(frozen.digest).hex()}
    moves.record(Stream.BRAND, frozen.brand_id, EventKind.PERIOD_SIGNED, actor, at=at, **named)
    return frozen
