"""The words of the power to decide: grants, approvals, connected systems, promises, and how playbooks choose."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Window(TextChoices):
    """The span a budget lasts, by the calendar of the brand's time zone; a week begins on Monday."""

    DAY = "day", _("a day")
    WEEK = "week", _("a week")
    MONTH = "month", _("a month")


class Gap(StrEnum):
    """Why a grant does not let somebody decide an action; the database's function names them (0005)."""

    NOT_IN_FORCE = "not_in_force"
    NOT_HELD = "not_held"
    KIND = "kind"
    CATEGORY = "category"
    NO_AMOUNT = "no_amount"
    NO_RATE = "no_rate"
    PER_ACTION = "per_action"
    PER_COMPLAINANT = "per_complainant"
    BUDGET = "budget"
    SECOND_PERSON = "second_person"
    ABOUT_THEM = "about_them"
    NO_GRANT = "no_grant"


# What is used up now but would have been enough on another day, or for somebody else.
USED_UP = frozenset({Gap.PER_COMPLAINANT, Gap.BUDGET})


class ApprovalStatus(TextChoices):
    """Where a request for approval stands."""

    WAITING = "waiting", _("Waiting")
    GRANTED = "granted", pgettext_lazy("an approval", "Approved")
    REFUSED = "refused", pgettext_lazy("an approval", "Refused")
    RETURNED = "returned", _("Changed and returned")
    WITHDRAWN = "withdrawn", pgettext_lazy("an approval", "Taken back")
    VOID = "void", _("Void: what it was given for has changed")


class Reply(TextChoices):
    """What somebody who was asked answered; blank while they have not."""

    APPROVED = "approved", pgettext_lazy("an approval", "Approved")
    REFUSED = "refused", pgettext_lazy("an approval", "Refused")
    RETURNED = "returned", _("Changed and returned")


class Passed(TextChoices):
    """Why a request went on to somebody else; blank while it has not."""

    TOO_LATE = "too_late", _("not answered in time")
    NO_LONGER_ABLE = "no_longer_able", _("could no longer decide it")
    GONE = "gone", _("left or is away")
    BY_HAND = "by_hand", _("passed on by hand")
    ENDED = "ended", _("the request ended")


class Condition(TextChoices):
    """When a line of a playbook applies."""

    ALWAYS = "", _("always")
    PHONE_KNOWN = "phone_known", _("only if a telephone number is known")
    MAIL_KNOWN = "mail_known", _("only if a mail address is known")
    SEVERE = "severe", _("only if the severity is high or critical")
    REPEATED = "repeated", _("only if they complained before in the last 90 days")
    PUBLIC = "public", _("only if the complaint was made in public")


class Doer(TextChoices):
    """Who does an action that a playbook brings."""

    CASE_OWNER = "case_owner", _("whoever owns the case")
    TEAM = "team", _("the team")
    ON_DUTY = "on_duty", _("the person on duty in the team")


class DayUnit(TextChoices):
    """What a number of days counts."""

    CALENDAR = "calendar", _("calendar days")
    WORKING = "working", _("working days")


class Wish(TextChoices):
    """What the complainant wants most; blank while nobody knows."""

    MONEY = "money", _("Money back")
    REPLACEMENT = "replacement", _("Another one")
    REPAIR = "repair", _("A repair")
    CORRECTION = "correction", _("That it is put right")
    EXPLANATION = "explanation", _("An explanation")
    APOLOGY = "apology", _("An apology")


class VersionStatus(TextChoices):
    """Where a version of a playbook stands."""

    DRAFT = "draft", _("Draft")
    LIVE = "live", _("Live")
    RETIRED = "retired", _("Retired")


class AnswerPart(TextChoices):
    """What a regime may demand of a final answer (DISP 1.6.2, ACPR 2024-R-02, Housing Ombudsman Code 6)."""

    DECISION = "decision", _("The decision")
    REASONS = "reasons", _("The reasons, for every point raised")
    REMEDY = "remedy", _("What they get")
    OUTSTANDING = "outstanding", _("What is still to be done, and by when")
    RECOURSE = "recourse", _("Where they can turn next")


class Ask(TextChoices):
    """What a connected system is asked."""

    DO = "do", _("carry it out")
    CANCEL = "cancel", _("cancel it")
    STATE = "state", _("how it stands")


class SystemStatus(TextChoices):
    """What a connected system says of an action."""

    ACCEPTED = "accepted", _("accepted, not done yet")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", pgettext_lazy("an action in a connected system", "cancelled")
    UNKNOWN = "unknown", _("not known there")


class AuthorityHours(IntEnum):
    """Spans of approvals and promises that are ours to choose, in hours."""

    ANSWER = 4
    MAIL_LINK = 72
    WARNING = 24
