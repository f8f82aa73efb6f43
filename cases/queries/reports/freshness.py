"""How reports stand: when everything was last computed again, what differed, and what waits to be made anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models.functions import TruncMonth

from cases.models import FiguresCheck, Heartbeat, Stale

# Refreshing comes every few seconds; silent for longer while something waits is an alarm.
SILENT = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Freshness:
    """Of which months something waits, how long refreshing has been silent, and what the last check found."""

    stale_months: int
    silent: timedelta | None
    checked_at: datetime | None
    differed: int

    @property
    def is_alarming(self) -> bool:
        """Whether figures differ from the journals, or nobody makes anew what changed; they stay true, but slow."""
        return self.differed > 0 or (self.stale_months > 0 and (self.silent is None or self.silent > SILENT))


def freshness(now: datetime) -> Freshness:
    """How reports stand now, in three small queries."""
    months = Stale.objects.annotate(month=TruncMonth("day")).values("population", "brand_id", "month").distinct()
    beat = Heartbeat.objects.filter(part="figures").values_list("at", flat=True).first()
    check = FiguresCheck.objects.order_by("-pk").first()
    return Freshness(
        months.count(),
        now - beat if beat else None,
        check.at if check else None,
        check.differed if check else 0,
    )
