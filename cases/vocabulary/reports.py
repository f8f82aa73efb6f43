"""The words of reports: what is counted, by what it is split, where a case stands still, and what becomes of a run."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Population(TextChoices):
    """What a figure counts, and by which instant it belongs to a period."""

    CASES = "cases", _("complaints, by when they were received")
    MOVEMENTS = "movements", _("what began and ended, by when it did")
    ACTIONS = "actions", _("actions, by when they were added")
    PROMISES = "promises", _("promises, by when they were due")
    DEADLINES = "deadlines", _("deadlines, by when they were due")
    POSTS = "posts", _("posts, by when they were received")
    ESCALATIONS = "escalations", _("escalations, by when the rule matched")


class Movement(TextChoices):
    """How a case came to be worked on, or ceased to be."""

    RECEIVED = "received", pgettext_lazy("a movement", "Received")
    REOPENED = "reopened", pgettext_lazy("a movement", "Reopened")
    HANDLED = "handled", pgettext_lazy("a movement", "Handled")
    DISMISSED = "dismissed", pgettext_lazy("a movement", "Dismissed")
    WITHDRAWN = "withdrawn", pgettext_lazy("a movement", "Withdrawn")
    MERGED = "merged", pgettext_lazy("a movement", "Merged")


class Holder(TextChoices):
    """With whom the time of a case goes by."""

    QUEUE = "queue", _("nobody yet: the queue")
    OWNER = "owner", _("the owner")
    APPROVAL = "approval", _("an approval")
    COMPLAINANT = "complainant", _("the complainant")
    SYSTEM = "system", _("a connected system")


class WaitsFor(TextChoices):
    """On whom or what an open case stands still: its holder, or the other team whose action it needs."""

    COMPLAINANT = "complainant", _("Complainant’s answer")
    APPROVAL = "approval", _("Approval")
    TEAM = "team", _("Another team")
    OWNER = "owner", _("Owner’s next move")
    SYSTEM = "system", _("Connected system")
    NOBODY = "queue", _("Nobody: no owner")


class Dimension(TextChoices):
    """By what figures can be filtered and split."""

    BRAND = "brand", pgettext_lazy("a dimension", "Brand")
    CHANNEL = "channel", pgettext_lazy("a dimension", "Channel")
    TEAM = "team", pgettext_lazy("a dimension", "Team")
    OWNER = "owner", pgettext_lazy("a dimension", "Owner")
    CATEGORY = "category", pgettext_lazy("a dimension", "Category")
    CATEGORY_THEN = "category_then", _("Category at first")
    CAUSE = "cause", pgettext_lazy("a dimension", "Root cause")
    SEVERITY = "severity", pgettext_lazy("a dimension", "Severity")
    LANGUAGE = "language", pgettext_lazy("a dimension", "Language")
    OUTCOME = "outcome", pgettext_lazy("a dimension", "Decision")
    KIND = "kind", _("Kind of action")
    BAND = "band", _("Amount")
    PERSON = "person", _("Person responsible")
    POLICY = "policy", pgettext_lazy("a dimension", "Policy")
    GOAL = "goal", pgettext_lazy("a dimension", "Goal")
    RULE = "rule", pgettext_lazy("a dimension", "Rule")
    PRODUCT = "product", _("Product, as received")
    ISSUE = "issue", _("Issue, as received")
    RESPONSE = "response", _("Company response, as received")
    TIMELY = "timely", _("Timely, as received")
    AGE = "age", _("Open for")
    HELD_BY = "held_by", _("Waits for")
    APPROVER = "approver", _("Asked for approval")
    OTHER_TEAM = "other_team", _("Other team it waits for")
    HOUR = "hour", _("Hour of the day")
    WEEKDAY = "weekday", _("Day of the week")
    DAY = "day", pgettext_lazy("a dimension", "Day")
    WEEK = "week", pgettext_lazy("a dimension", "Week")
    MONTH = "month", pgettext_lazy("a dimension", "Month")
    QUARTER = "quarter", pgettext_lazy("a dimension", "Quarter")


# These only a case that is still open has.
OF_RUNNING = frozenset({Dimension.AGE, Dimension.HELD_BY, Dimension.APPROVER, Dimension.OTHER_TEAM})

# These depend on the time zone of the period.
OF_TIME = frozenset(
    {Dimension.HOUR, Dimension.WEEKDAY, Dimension.DAY, Dimension.WEEK, Dimension.MONTH, Dimension.QUARTER}
)


class Rhythm(TextChoices):
    """How often a saved report goes out; blank for never."""

    DAILY = "daily", _("every day")
    WEEKLY = "weekly", _("every week")
    MONTHLY = "monthly", _("every month")


class Format(TextChoices):
    """What an export is written as."""

    CSV = "csv", "CSV"
    XLSX = "xlsx", "XLSX"
    JSONL = "jsonl", "JSON lines"


class RunStatus(TextChoices):
    """Where an export or a long report stands."""

    WAITING = "waiting", pgettext_lazy("a run", "Waiting")
    RUNNING = "running", pgettext_lazy("a run", "Running")
    DONE = "done", pgettext_lazy("a run", "Ready")
    CANCELLED = "cancelled", pgettext_lazy("a run", "Cancelled")
    FAILED = "failed", pgettext_lazy("a run", "Failed")

    @classmethod
    def unfinished(cls) -> list[str]:
        """Those that a worker still has to do something about."""
        return [cls.WAITING.value, cls.RUNNING.value]
