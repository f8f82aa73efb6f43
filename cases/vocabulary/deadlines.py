"""The words of time: what must have happened by when, from what start, counted in what, on which calendar."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Unit(TextChoices):
    """What an amount of time counts.

    Open minutes, hours and working days are counted on a calendar; ``ouvrable`` counts Monday to Saturday without its
    public holidays, whatever its hours are (French law's *jours ouvrables*).
    """

    MINUTE = "minute", pgettext_lazy("a unit of time", "minutes")
    HOUR = "hour", pgettext_lazy("a unit of time", "hours")
    OPEN_MINUTE = "open_minute", _("working minutes")
    OPEN_HOUR = "open_hour", _("working hours")
    WORKING_DAY = "working_day", _("working days")
    OUVRABLE = "ouvrable", _("days from Monday to Saturday, without holidays")
    DAY = "day", pgettext_lazy("a unit of time", "calendar days")
    WEEK = "week", pgettext_lazy("a unit of time", "weeks")
    MONTH = "month", pgettext_lazy("a unit of time", "months")


# What these count depends on a calendar.
ON_A_CALENDAR = frozenset({Unit.OPEN_MINUTE, Unit.OPEN_HOUR, Unit.WORKING_DAY, Unit.OUVRABLE})


# The instant of a deadline that never comes: later than any that does, so that lists sort it last.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class Goal(TextChoices):
    """What a deadline asks for; only the events named for it in ``rules/deadlines.py`` meet one."""

    ACKNOWLEDGE = "acknowledge", _("Answer in public")
    FIRST_REPLY = "first_reply", _("First private reply")
    REPLY = "reply", _("Reply to what they wrote")
    UPDATE = "update", _("Tell them how it stands")
    DECISION = "decision", _("Decision")
    FINAL_ANSWER = "final_answer", _("Final answer")
    HANDLED = "handled", pgettext_lazy("a deadline", "Handled")
    PROMISE = "promise", _("What was promised")


class Start(TextChoices):
    """From when a deadline counts."""

    POSTED = "posted", _("when they posted or sent it")
    RECEIVED = "received", _("when we received it")
    NEXT_DAY = "next_day", _("the working day after we received it")
    ACKNOWLEDGED = "acknowledged", _("our first answer")
    WROTE = "wrote", _("when they wrote last")
    TOLD = "told", _("what they were told last")


class Needs(TextChoices):
    """What extending a deadline demands."""

    NEVER = "", _("it cannot be extended")
    REASON = "reason", _("a reason")
    NOTICE = "notice", _("a reason, and that the complainant was told before the date")


class Sort(TextChoices):
    """What sort of complainant a policy is for."""

    NAMED = "named", _("somebody with a name")
    ANONYMOUS = "anonymous", _("somebody without a name")
    ON_BEHALF = "on_behalf", _("somebody who speaks for another")


class Ended(TextChoices):
    """Why a deadline ended without being met; blank while it has not."""

    CASE_ENDED = "case_ended", _("the case ended without it")
    NOT_FOR_IT = "not_for_it", _("the policy is no longer for this case")
    DROPPED = "dropped", _("the promise was dropped")
    SUPERSEDED = "superseded", _("the final answer came first")


class Due(StrEnum):
    """How a deadline stands at an instant."""

    OPEN = "open"
    PAUSED = "paused"
    LATE = "late"
    MET = "met"
    MET_LATE = "met_late"
    ENDED = "ended"
