"""What is due to go out, and what waits in the tray for a person."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)

from cases.models import Action, Callback, Delivery, Raw, Seer
from cases.rules import permission as permissions
from cases.vocabulary import ActionStatus, DeliveryKind, DeliveryStatus, Permission, RawStatus, RunStatus, SystemStatus

# Counting stops here: the navigation says "99+".
COUNTED = 100
SHOWN = 25
UNSURE = (DeliveryStatus.UNKNOWN, DeliveryStatus.FAILED)
# What a system told by itself that does not fit, or that nobody could read.
ODD = ("unexpected", "unclear", "not_known_there", "unreadable", "unknown_order")


def due(at: datetime, limit: int) -> list[int]:
    """The deliveries whose time has come, longest waiting first; not those that wait for their file."""
    rows = Delivery.objects.filter(status=DeliveryStatus.QUEUED, due_at__lte=at).order_by("due_at")
    rows = rows.exclude(export__isnull=False, export__status__in=RunStatus.unfinished())
    return list(rows.values_list("pk", flat=True)[:limit])


def held_too_long(before: datetime) -> list[int]:
    """The deliveries that a sender took before this instant and never came back with."""
    rows = Delivery.objects.filter(status=DeliveryStatus.SENDING, claimed_at__lte=before).order_by("claimed_at")
    return list(rows.values_list("pk", flat=True))


def to_poll(at: datetime, limit: int) -> list[int]:
    """The actions that a connected system has accepted and was not asked about for as long as its set-up says."""
    calls = Delivery.objects.filter(action=OuterRef("pk"), kind=DeliveryKind.CALL)
    waiting = calls.filter(status__in=[DeliveryStatus.QUEUED, DeliveryStatus.SENDING, *UNSURE])
    every = ExpressionWrapper(F("target__poll_minutes") * timedelta(minutes=1), output_field=DurationField())
    rows = (
        Action.objects.filter(
            status=ActionStatus.IN_PROGRESS,
            target__isnull=False,
            system_status=SystemStatus.ACCEPTED,
            target__poll_minutes__gt=0,
        )
        .annotate(last=Subquery(calls.order_by("-pk").values("sent_at")[:1]))
        .filter(~Exists(waiting), last__lte=ExpressionWrapper(Value(at) - every, output_field=DateTimeField()))
        .order_by("last")
    )
    return list(rows.values_list("pk", flat=True)[:limit])


def unheard(before: datetime) -> list[int]:
    """The callbacks that were kept before this instant and never heard."""
    rows = Callback.objects.filter(outcome="", received_at__lte=before).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:COUNTED])


def may_look(seer: Seer) -> bool:
    """Whether there is a tray for this person at all."""
    return seer.is_organisation_admin or any(
        permissions.may(role, permission)
        for role in seer.roles.values()
        for permission in (Permission.REPLAY_INTAKE, Permission.SETTLE_DELIVERY)
    )


def failed_raws(seer: Seer) -> QuerySet[Raw]:
    """What arrived at the person's brands and could not be processed, newest first."""
    brands = _brands(seer, Permission.REPLAY_INTAKE)
    return Raw.objects.filter(status=RawStatus.FAILED, brand_id__in=brands).order_by("-pk")


def unsure(seer: Seer) -> QuerySet[Delivery]:
    """Deliveries that failed or whose outcome nobody knows, and that this person may settle, newest first."""
    theirs = Q(brand_id__in=_brands(seer, Permission.SETTLE_DELIVERY)) & (Q(case__isnull=True) | seer.cases("case__"))
    if seer.is_organisation_admin:
        theirs |= Q(brand__isnull=True)
    return Delivery.objects.filter(theirs, status__in=UNSURE).order_by("-pk")


def odd_callbacks(seer: Seer) -> QuerySet[Callback]:
    """What systems told that this person may settle, newest first."""
    theirs = Q(action__isnull=True) | seer.cases("action__case__")
    return Callback.objects.filter(
        theirs, target__brand_id__in=_brands(seer, Permission.SETTLE_DELIVERY), outcome__in=ODD
    ).order_by("-pk")


def raw_page(seer: Seer, before: int | None) -> list[Raw]:
    """One page of what could not be processed; one more row than is shown says that there is another page."""
    rows = failed_raws(seer).select_related("channel", "brand")
    return list((rows.filter(pk__lt=before) if before else rows)[: SHOWN + 1])


def delivery_page(seer: Seer, before: int | None) -> list[Delivery]:
    """One page of unsure deliveries, in the same way."""
    rows = unsure(seer).select_related("case", "brand", "target", "action__kind").defer("body", "html")
    return list((rows.filter(pk__lt=before) if before else rows)[: SHOWN + 1])


def waiting_in_tray(seer: Seer) -> list[QuerySet[Any]]:
    """What waits for this person in the tray, one set of rows for each sort; none for whoever has no tray."""
    if not may_look(seer):
        return []
    return [failed_raws(seer), unsure(seer), odd_callbacks(seer)]


def _brands(seer: Seer, permission: Permission) -> list[int]:
    return sorted(brand for brand, role in seer.roles.items() if permissions.may(role, permission))
