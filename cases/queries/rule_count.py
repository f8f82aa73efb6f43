"""How many cases a rule would act on at once, if it acted on what is due already."""

from __future__ import annotations

from datetime import datetime

from cases.queries import condition
from cases.queries.calendar import Calendars
from cases.rules import watching
from cases.rules.escalation import Ladder

# There are fewer cases than that anywhere.
_ALL = 10**9


def count_now(brand_id: int, ladder: Ladder, at: datetime) -> int:
    """The number of cases in which it is so now; none for a rule that waits for what happens."""
    if ladder.trigger.when not in watching.BY_CLOCK:
        return 0
    until = watching.threshold(ladder.trigger, at, Calendars(brand_id).default)
    return condition.count_matching(ladder.condition, ladder.trigger, brand_id, at, until, _ALL)
