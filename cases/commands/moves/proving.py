"""The day that proves an action: it has come, and lies after what the case is about."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext

from cases import errors
from cases.models import Case

# A post's clock may be another zone's; nothing was done about it longer than this before it was written.
SLACK = timedelta(days=1)


def check_done_on(case: Case, done_on: date | None, *, at: datetime) -> None:
    """Raise Invalid for a day that has not come yet in the brand's zone, or that lies before the complaint."""
    if done_on is None:
        return
    zone = ZoneInfo(case.brand.zone)
    if done_on > at.astimezone(zone).date():
        raise errors.Invalid(gettext("This day has not come yet; say it is done once it took place."), "done_on")
    if done_on < case.posted_at.astimezone(zone).date() - SLACK:
        raise errors.Invalid(gettext("This day lies before the complaint; what was done for it came later."), "done_on")
