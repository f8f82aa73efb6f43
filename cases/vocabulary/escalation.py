"""The words of escalation: when a rule looks, what it asks, what its steps do and what became of them."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.vocabulary.journal import EventKind


class When(TextChoices):
    """What makes a rule look at a case."""

    DEADLINE = "deadline", _("a deadline is near or past")
    LASTED = "lasted", _("the case has stood somewhere for so long")
    WROTE = "wrote", _("the complainant wrote")
    OPENED = "opened", _("a case was opened")
    REOPENED = "reopened", _("the case was reopened")
    ASSIGNED = "assigned", _("the case was given to somebody")
    CLASSIFIED = "classified", _("the category or severity changed")
    ACTION_ADDED = "action_added", _("an action was added")
    ACTION_FAILED = "action_failed", _("an action failed")
    PROMISE_BROKEN = "promise_broken", _("a promise was broken")
    UNANSWERED = "unanswered", _("an approval was not answered in time")
    REACH = "reach", _("a post has reached many people, or spreads fast")
    HIDDEN = "hidden", _("a post was hidden by us")
    TAGGED = "tagged", _("a tag was put on the case")


# What each of these waits for in the journal; the others look at the clock.
HEARS: dict[When, EventKind] = {
    When.WROTE: EventKind.MESSAGE_RECEIVED,
    When.OPENED: EventKind.CASE_OPENED,
    When.REOPENED: EventKind.CASE_REOPENED,
    When.ASSIGNED: EventKind.CASE_ASSIGNED,
    When.CLASSIFIED: EventKind.CASE_CLASSIFIED,
    When.ACTION_ADDED: EventKind.ACTION_ADDED,
    When.ACTION_FAILED: EventKind.ACTION_FAILED,
    When.PROMISE_BROKEN: EventKind.PROMISE_BROKEN,
    When.UNANSWERED: EventKind.APPROVAL_PASSED_ON,
    When.REACH: EventKind.POST_OBSERVED,
    When.HIDDEN: EventKind.POST_OBSERVED,
    When.TAGGED: EventKind.CASE_TAGGED,
}


class Standing(TextChoices):
    """Where a case can stand for long."""

    NEW = "new", _("without an owner")
    OPEN = "open", _("open")
    WAITING = "waiting", _("waiting for the complainant")
    UNANSWERED = "unanswered", _("without an answer from us")


class Reach(TextChoices):
    """What of the spread of a post is measured."""

    VIEWS = "views", _("views")
    SHARES = "shares", _("shares")


class Fact(TextChoices):
    """What a condition can look at; its type and its two readings stand in ``rules`` and ``queries/condition.py``."""

    STATUS = "status", _("the status")
    CATEGORY = "category", _("the category")
    SEVERITY = "severity", _("the severity")
    WISH = "wish", _("what they want")
    CHANNEL = "channel", _("the channel")
    LANGUAGE = "language", _("the language")
    TEAM = "team", _("the team")
    OWNER = "owner", _("the owner")
    TAG = "tag", _("a tag")
    RESTRICTED = "restricted", _("being restricted")
    REOPENED = "reopened", _("how often it was reopened")
    PUBLIC_REPLY = "public_reply", _("a public reply of ours")
    PRIVATE_REPLY = "private_reply", _("a private message of ours")
    DECIDED = "decided", _("a decision")
    OUTCOME = "outcome", _("the decision's outcome")
    ANSWERED = "answered", _("a final answer")
    ACTIONS_OPEN = "actions_open", _("required actions that are not done")
    ACTIONS_FAILED = "actions_failed", _("actions that failed")
    AMOUNT = "amount", _("the sum of all actions")
    APPROVAL_WAITS = "approval_waits", _("an approval that waits")
    LATE = "late", _("deadlines that were missed")
    SORT = "sort", _("who the complainant is")
    COMPLAINTS = "complaints", _("complaints of this person in 90 days")
    POSTS = "posts", _("posts in the case")
    VIEWS = "views", _("views of its posts")
    SHARES = "shares", _("shares of its posts")
    HIDDEN = "hidden", _("a post that was hidden by us")
    WORDS = "words", _("the words of its posts")


class Sense(StrEnum):
    """How a fact is typed: a yes or no, a whole number, an amount, one of a list, or words."""

    YES_NO = "yes_no"
    NUMBER = "number"
    AMOUNT = "amount"
    CHOICE = "choice"
    WORDS = "words"


class Op(TextChoices):
    """How a fact is compared."""

    IS = "is", pgettext_lazy("a condition", "is")
    IS_NOT = "is_not", pgettext_lazy("a condition", "is not")
    ANY_OF = "any_of", _("is one of")
    NONE_OF = "none_of", _("is none of")
    AT_LEAST = "at_least", _("is at least")
    AT_MOST = "at_most", _("is at most")
    HAS_ALL = "has_all", _("contain all of")
    HAS_ANY = "has_any", _("contain one of")
    YES = "yes", _("there is")
    NO = "no", _("there is not")


class StepKind(TextChoices):
    """What a step of a rule does."""

    TELL = "tell", _("tell")
    ASSIGN = "assign", _("give the case to")
    AUTHORITY = "authority", _("hand it to somebody whose authority suffices")
    SEVERITY = "severity", _("raise the severity")
    ACTION = "action", _("add a required action")
    APPROVAL = "approval", _("ask for an approval")
    TAG = "tag", _("put a tag on it")
    HOOK = "hook", _("tell a connected system")


class Whom(TextChoices):
    """Who is told, or given the case."""

    OWNER = "owner", _("the owner")
    OWNER_OR_DUTY = "owner_or_duty", _("the owner, else who is on duty")
    LEAD = "lead", _("the lead of the team")
    DUTY = "duty", _("the person on duty in the team")
    TEAM = "team", _("everybody in the team")
    MANAGERS = "managers", _("the managers of the brand")
    PERSON = "person", _("somebody by name")


class By(TextChoices):
    """How somebody is told."""

    PAGE_ONLY = "page_only", _("in casedesk")
    MAIL = "mail", _("in casedesk and by mail")


class HoursFor(TextChoices):
    """Whether somebody is told outside the hours of their team."""

    WORKING = "working", _("in working hours")
    ALWAYS = "always", _("also outside hours")


class Stop(TextChoices):
    """What ends a ladder before its next step."""

    CAUSE_GONE = "cause_gone", _("what it looked for is no longer so")
    REPLIED = "replied", _("a person has replied, in public or in private")
    OWNER_ACTED = "owner_acted", _("the owner has done something in the case")
    HANDLED = "handled", _("the case is handled or has ended")


class Missed(TextChoices):
    """What becomes of a step that was missed in an outage."""

    LATE = "late", _("done late, and says so")
    SKIP = "skip", _("skipped")


class EscalationStatus(TextChoices):
    """Where a rule that matched a case stands."""

    RUNNING = "running", pgettext_lazy("an escalation", "Running")
    DONE = "done", pgettext_lazy("an escalation", "Done")
    STOPPED = "stopped", pgettext_lazy("an escalation", "Stopped: its cause is gone")
    SUPPRESSED = "suppressed", pgettext_lazy("an escalation", "Held back")


class StepStatus(TextChoices):
    """What became of a step."""

    PENDING = "pending", pgettext_lazy("a step", "To come")
    DONE = "done", pgettext_lazy("a step", "Done")
    SKIPPED = "skipped", pgettext_lazy("a step", "Skipped")
    FAILED = "failed", pgettext_lazy("a step", "Could not be done")


class Reason(TextChoices):
    """Why a rule or a step did not act, or not fully; blank where it did."""

    STOPPED = "stopped", _("its cause was gone")
    PAUSED = "paused", _("the rule was paused")
    RETIRED = "retired", _("the rule was retired")
    LOOP = "loop", _("rules had set each other off too often")
    MISSED = "missed", _("its time had passed in an outage")
    NOBODY = "nobody", _("there is nobody to tell or to give it to")
    NOTHING = "nothing", _("there was nothing to do: it is so already")
    GONE = "gone", _("the team, person, tag, kind or system it names is no longer there")
    REFUSED = "refused", _("the case did not allow it")


class CallStatus(TextChoices):
    """Where a call to a person by a rule stands."""

    WAITING = "waiting", _("waits for their hours")
    HELD = "held", _("held back, to be bundled")
    MADE = "made", pgettext_lazy("a call to a person", "Made")
    DROPPED = "dropped", _("no longer needed")


class ReplayStatus(TextChoices):
    """Where a replay stands."""

    QUEUED = "queued", _("Waiting to begin")
    RUNNING = "running", pgettext_lazy("a replay", "Running")
    DONE = "done", pgettext_lazy("a replay", "Done")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", pgettext_lazy("a replay", "Failed")


class RuleLimits(IntEnum):
    """Bounds that are ours to choose."""

    CALLS_AN_HOUR = 6
    CHAIN = 4
    STEPS = 12
    CONDITIONS = 30
    DEPTH = 5
    LATE_MINUTES = 5
    SWEEP_BATCH = 500
    HEARTBEAT_SECONDS = 60
    ASK_ABOVE = 100
