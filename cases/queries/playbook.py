"""What playbooks bring: their versions and lines, and who may decide what they require."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection

from cases.models import Brand, Kind, Playbook, PlaybookAction, PlaybookVersion
from cases.vocabulary import VersionStatus


@dataclass(frozen=True, slots=True)
class Brings:
    """A version with its lines, in their order."""

    version: PlaybookVersion
    lines: Sequence[PlaybookAction]


def live(playbook: Playbook) -> Brings | None:
    """What new cases begin with."""
    return _brings(playbook, [VersionStatus.LIVE])


def draft(playbook: Playbook) -> Brings | None:
    """What is being prepared."""
    return _brings(playbook, [VersionStatus.DRAFT])


def latest(playbook: Playbook) -> Brings | None:
    """The draft, or what is live when there is none."""
    return draft(playbook) or live(playbook)


def _brings(playbook: Playbook, statuses: Sequence[str]) -> Brings | None:
    version = playbook.versions.filter(status__in=statuses).first()
    if version is None:
        return None
    return Brings(version, lines_of(version))


def lines_of(version: PlaybookVersion) -> list[PlaybookAction]:
    """What a version brings, in its order."""
    return list(version.actions.select_related("kind", "team").order_by("position", "pk"))


_UNDECIDABLE = """
SELECT DISTINCT l.kind_id FROM cases_playbookaction l
 WHERE l.version_id = %(version)s AND l.is_required AND NOT EXISTS (
   SELECT 1 FROM cases_grant g
    WHERE g.brand_id = %(brand)s AND casedesk_in_force(g, %(day)s) AND casedesk_covers(g, l.kind_id, %(category)s)
      AND (l.amount IS NULL OR g.per_action IS NULL
           OR casedesk_convert(l.amount, %(currency)s, g.currency, g.brand_id, %(day)s) <= g.per_action)
      AND EXISTS (SELECT 1 FROM cases_membership m WHERE m.brand_id = g.brand_id AND casedesk_holds(m.person_id, g)))
"""


def undecidable(version: PlaybookVersion, brand: Brand, at: datetime) -> list[Kind]:
    """The kinds that a version requires and that nobody of the brand may decide, as the database judges it."""
    facts = {
        "version": version.pk,
        "brand": brand.pk,
        "category": version.playbook.category_id,
        "currency": brand.currency,
        "day": at.astimezone(ZoneInfo(brand.zone)).date(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_UNDECIDABLE, facts)
        keys = [key for (key,) in cursor.fetchall()]
    return list(Kind.objects.filter(pk__in=keys).order_by("code"))


def bringing(kind: Kind) -> list[str]:
    """The categories whose playbooks in use bring this kind, live or in a draft; a star stands for any."""
    lines = PlaybookAction.objects.filter(
        kind=kind, version__playbook__is_active=True, version__status__in=[VersionStatus.DRAFT, VersionStatus.LIVE]
    )
    return sorted({code or "*" for code in lines.values_list("version__playbook__category__code", flat=True)})
