"""How many cases a rule that waits for the clock would act on at once, if it acted on the past."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from cases.models import Case, Deadline
from cases.queries.calendar import Calendars
from cases.rules import watching
from cases.rules.escalation import Ladder, Trigger
from cases.vocabulary import UNHANDLED, Standing, When


def count_now(brand_id: int, ladder: Ladder, at: datetime) -> int:
    """The number of cases in which it is so now; none for a rule that waits for what happens."""
    if ladder.trigger.when not in watching.BY_CLOCK:
        return 0
    until = watching.threshold(ladder.trigger, at, Calendars(brand_id).default)
    return _candidates(brand_id, ladder.trigger, until).count()


def _candidates(brand_id: int, trigger: Trigger, until: datetime) -> QuerySet[Case]:
    cases = Case.objects.filter(brand_id=brand_id, status__in=UNHANDLED)
    if trigger.when == When.LASTED:
        if trigger.standing == Standing.UNANSWERED:
            return cases.filter(unanswered_since__lte=until)
        return cases.filter(status=trigger.standing, status_since__lte=until)
    due = Deadline.objects.filter(case=OuterRef("pk"), due_at__lte=until, met_at=None, ended_at=None, paused_at=None)
    return cases.filter(Exists(due.filter(goal=trigger.goal) if trigger.goal else due))
