"""Long reports in the background: whose question is being counted, what has fallen silent, what came out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from cases import errors
from cases.models import ReportRun
from cases.queries.reports.asked import Asked
from cases.queries.reports.catalogue import REPORTS
from cases.vocabulary import RunStatus

# A result is shown again for so long; then the same question is counted anew.
FRESH = timedelta(minutes=10)
# A worker that has not been heard of for so long is gone.
SILENT = timedelta(minutes=2)
KEPT = timedelta(days=1)


def question_of(asked: Asked) -> dict[str, Any]:
    """What tells one question from another: a preset stands for its dates."""
    return asked.counted.fixed.json


def latest(asked: Asked, person_id: int | None, *, now: datetime) -> ReportRun | None:
    """The person's run of this very question: one that goes on, or the last one that ended a moment ago."""
    is_fresh = Q(status__in=RunStatus.unfinished()) | Q(ended_at__gt=now - FRESH)
    found = ReportRun.objects.filter(is_fresh, person_id=person_id, report=asked.report, asked=question_of(asked))
    return found.order_by("-pk").first()


def of_person(public_id: UUID, person_id: int | None) -> ReportRun:
    """A run of a report by its name, for whoever started it; raises NotFound."""
    rows = ReportRun.objects.defer("result").filter(public_id=public_id, person_id=person_id, report__in=REPORTS)
    found = rows.first()
    if found is None:
        raise errors.NotFound
    return found


def waiting(now: datetime) -> list[int]:
    """The runs that nobody is at, the oldest first."""
    is_silent = Q(beat_at__lt=now - SILENT) | Q(beat_at=None)
    found = ReportRun.objects.filter(Q(status=RunStatus.WAITING) | Q(status=RunStatus.RUNNING) & is_silent)
    return list(found.order_by("pk").values_list("pk", flat=True)[:50])
