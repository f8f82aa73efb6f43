"""Saved reports: whose they are, who else may read them, to whom they may be sent, and which are due."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext

from cases import errors
from cases.models import Membership, SavedReport, Seer, User
from cases.queries import people
from cases.queries.reports import choices, period_words
from cases.queries.reports.asked import Asked
from cases.queries.reports.catalogue import REPORTS
from cases.queries.reports.reading import OF_PEOPLE, may_read, may_see_people, reader
from cases.rules import permission
from cases.rules.periods import Preset
from cases.vocabulary import Dimension, Permission, Role

FRONT = "front"
SIDE = 8
_READERS = [role for role in Role if permission.may(role, Permission.SEE_REPORTS)]
# Those who may also read figures by person.
_OF_PEOPLE = [role for role in _READERS if permission.may(role, Permission.SEE_PEOPLE)]


@dataclass(frozen=True, slots=True)
class Standing:
    """One recipient, and what keeps the mail from them where something does."""

    person: User
    why: str

    @property
    def gets_it(self) -> bool:
        """Whether the next mail goes to them."""
        return not self.why


def known(report: str) -> bool:
    """Whether there is a report of that name."""
    return report == FRONT or report in REPORTS


def address_of(report: str) -> str:
    """Where a report is shown, on our site."""
    return f"/reports/{report}/" if report in REPORTS else "/reports/"


def title_of(report: str) -> str:
    """What a report is called; one that there is no longer by its code."""
    if report == FRONT:
        return gettext("Resolution report")
    return str(REPORTS[report].title) if report in REPORTS else report


def asked_of(saved: SavedReport, now: datetime) -> Asked:
    """What it asks today, by the clocks of its zone; raises what ``Asked.of`` does."""
    return Asked.of_json({**saved.asked, "report": saved.report, "zone": saved.zone}, now=now)


def kept(asked: Asked, brand_ids: Collection[int]) -> dict[str, object]:
    """What is asked as a saved report keeps it, with the brands whose readers it can be shared with."""
    return asked.json | {"brands": [str(brand) for brand in brand_ids]}


def visible(seer: Seer) -> QuerySet[SavedReport]:
    """One's own saved reports, those one gets by mail, and those that readers of one's brands share."""
    brands = [str(brand) for brand in reader(seer).brand_ids]
    mine = Q(owner_id=seer.person_id) | Exists(_sent_to(seer.person_id))
    shared = Q(is_shared=True, asked__brands__has_any_keys=brands)
    return SavedReport.objects.filter(mine | shared, is_active=True).select_related("owner")


def listed(seer: Seer) -> list[SavedReport]:
    """All that the person sees, by name."""
    return list(visible(seer).order_by(Lower("name"), "pk")[:200])


def one(seer: Seer, public_id: UUID | str) -> SavedReport:
    """One that the person sees; raises NotFound."""
    found = visible(seer).filter(public_id=public_id).first()
    if found is None:
        raise errors.NotFound
    return found


def sent(seer: Seer) -> list[SavedReport]:
    """Those that the person sends or gets, by name, as many as fit beside a page."""
    mine = Q(owner_id=seer.person_id) | Exists(_sent_to(seer.person_id))
    rows = SavedReport.objects.filter(mine, is_active=True, next_at__isnull=False)
    return list(rows.order_by(Lower("name"), "pk")[:SIDE])


def due(now: datetime, limit: int) -> list[int]:
    """Those whose time has come, the longest waiting first."""
    rows = SavedReport.objects.filter(is_active=True, next_at__lte=now).order_by("next_at", "pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def senders(owner_ids: Collection[int]) -> set[int]:
    """Which of these are still here and may still read reports: nothing is sent in the name of the others."""
    rows = Membership.objects.filter(
        person__in=owner_ids, person__is_active=True, brand__is_active=True, role__in=_READERS
    )
    return {*rows.values_list("person_id", flat=True)}


def candidates(seer: Seer, asked: Asked) -> QuerySet[User]:
    """To whom a report may be sent: active colleagues who may read of it in a brand of the sender, by name."""
    brands = reader(seer, asked.dimensions).brand_ids
    wanted = asked.filters.get(Dimension.BRAND)
    roles = _OF_PEOPLE if OF_PEOPLE & asked.dimensions else _READERS
    theirs = Membership.objects.filter(
        person=OuterRef("pk"),
        role__in=roles,
        brand__is_active=True,
        brand_id__in=[each for each in brands if wanted is None or str(each) in wanted],
    )
    return User.objects.filter(Exists(theirs), is_active=True).order_by(Lower("name"), "pk")


def recipients(saved: SavedReport, asked: Asked | None) -> list[Standing]:
    """To whom it goes, by name, with the code of what keeps the mail from some."""
    found = list(saved.recipients.order_by(Lower("name"), "pk"))
    seers = people.seers_of([each.pk for each in found])
    return [Standing(each, _hindrance(seers.get(each.pk), asked)) for each in found]


def _hindrance(seer: Seer | None, asked: Asked | None) -> str:
    if seer is None:
        return "left"
    if not may_read(seer):
        return "no_reports"
    if asked is None:
        return ""
    if OF_PEOPLE & asked.dimensions and not may_see_people(seer):
        return "no_people"
    wanted = asked.filters.get(Dimension.BRAND)
    brands = reader(seer, asked.dimensions).brand_ids
    return "" if wanted is None or {str(each) for each in brands} & {*wanted} else "no_brand"


def filter_words(asked: Asked, seer: Seer) -> list[tuple[str, str]]:
    """What it is filtered by, each dimension with its values; of each only those that the reader may know of."""
    return [
        (str(dimension.label), ", ".join(choices.known(dimension, values, seer).values()) or "–")
        for dimension, values in asked.filters.items()
    ]


def period_said(asked: Asked) -> str:
    """Its period: the name of a preset, which moves with the days, else its dates."""
    if asked.preset:
        return str(period_words.PRESETS[Preset(asked.preset)])
    return period_words.said(asked.period)


def fixed_address(asked: Asked) -> str:
    """Where exactly this is shown again, whenever it is opened."""
    return f"{address_of(asked.report)}?{replace(asked, preset='').query}"


def _sent_to(person_id: int | None) -> QuerySet[Any]:
    rows = SavedReport.recipients.through.objects.all()
    return rows.filter(savedreport_id=OuterRef("pk"), user_id=person_id or 0)
