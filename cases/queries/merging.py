"""Where a merged case goes on, and which cases another one can go on in."""

from __future__ import annotations

from uuid import UUID

from django.db.models import BigIntegerField, OuterRef, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from cases.models import Case, CasePost, Event, Seer
from cases.vocabulary import UNHANDLED, EventKind, Stream

# More open cases of one complainant than anybody chooses from.
MOST = 100


def goes_on_in(seer: Seer) -> Subquery:
    """For a query of cases: the reference of the one that each was merged into, if this person may open it."""
    told = Event.objects.filter(stream=Stream.CASE, stream_id=OuterRef(OuterRef("pk")), kind=EventKind.CASE_MERGED)
    into = told.order_by("-seq").values(into=Cast(KT("payload__case"), BigIntegerField()))[:1]
    return Subquery(Case.objects.visible_to(seer).filter(pk=Subquery(into)).values("reference"))


def others(seer: Seer, case: Case) -> QuerySet[Case]:
    """The complainant's other unhandled cases that this person may open, the oldest first."""
    theirs = Case.objects.visible_to(seer).filter(complainant=case.complainant_id, brand=case.brand_id)
    return theirs.filter(status__in=UNHANDLED).exclude(pk=case.pk).order_by("pk")[:MOST]


def post_of(case_id: int, public_id: UUID) -> int | None:
    """The key of a post that is in the case, or was."""
    links = CasePost.objects.filter(case_id=case_id, post__public_id=public_id)
    return links.values_list("post_id", flat=True).first()
