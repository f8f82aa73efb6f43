"""The words of a case: every enumeration of what it is, where it stands and who reads it."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Role(TextChoices):
    """What a person may be for one brand."""

    AGENT = "agent", _("Agent")
    MANAGER = "manager", _("Manager")
    ADMIN = "admin", _("Admin")
    AUDITOR = "auditor", _("Auditor")


class Permission(StrEnum):
    """What somebody may do to a case, a post or a brand."""

    READ = "read"
    TRIAGE = "triage"
    OBSERVE = "observe"
    REPLY_IN_PUBLIC = "reply_in_public"
    WRITE_PRIVATELY = "write_privately"
    NOTE = "note"
    ASSIGN = "assign"
    DECIDE = "decide"
    ACT = "act"
    ANSWER = "answer"
    HANDLE = "handle"
    REOPEN = "reopen"
    DISMISS = "dismiss"
    CONFIRM_PERSON = "confirm_person"
    REPORT_MISDIRECTED = "report_misdirected"
    RESTRICT = "restrict"
    REASSIGN_ALL = "reassign_all"
    READ_JOURNAL = "read_journal"
    REPLAY_INTAKE = "replay_intake"
    SETTLE_DELIVERY = "settle_delivery"
    INTAKE = "intake"
    SET_UP = "set_up"
    GRANT = "grant"
    SEE_AUTHORITY = "see_authority"
    SEE_REPORTS = "see_reports"
    SEE_PEOPLE = "see_people"
    SIGN_REPORTS = "sign_reports"
    MANAGE_PEOPLE = "manage_people"


class ChannelKind(TextChoices):
    """Where the public speaks and where we answer."""

    WEB_FORM = "web_form", _("Web form")
    MAILBOX = "mailbox", _("Mailbox")
    MASTODON = "mastodon", _("Mastodon")
    BLUESKY = "bluesky", _("Bluesky")
    META = "meta", _("Facebook and Instagram")
    REVIEWS = "reviews", _("Review site")
    WEBHOOK = "webhook", _("Webhook")
    IMPORT = "import", _("Import")


# What arrives here was addressed to the brand alone; there is no audience and nothing to reply to in public.
NOT_PUBLIC = frozenset({ChannelKind.WEB_FORM, ChannelKind.MAILBOX})


class PostKind(TextChoices):
    """What triage says a post is."""

    COMPLAINT = "complaint", _("Complaint")
    PRAISE = "praise", _("Praise")
    QUESTION = "question", _("Question")
    OTHER = "other", _("Other")


class Severity(IntegerChoices):
    """How bad it is for the complainant, 1 to 4."""

    LOW = 1, _("Low")
    MEDIUM = 2, _("Medium")
    HIGH = 3, _("High")
    CRITICAL = 4, _("Critical")


class Precision(TextChoices):
    """How exactly the time of a post is known."""

    INSTANT = "instant", _("to the second")
    DAY = "day", _("to the day")


class ObservationKind(TextChoices):
    """What was seen of a post after it arrived."""

    REACH = "reach", _("Reach")
    EDITED = "edited", _("Edited by its author")
    GONE = "gone", _("Gone")
    BACK = "back", _("Back")
    HIDDEN_BY_US = "hidden_by_us", _("Hidden by us")


class Status(TextChoices):
    """Where a case stands."""

    NEW = "new", _("New")
    OPEN = "open", _("Open")
    WAITING = "waiting", _("Waiting")
    HANDLED = "handled", _("Handled")
    MERGED = "merged", _("Merged")
    DISMISSED = "dismissed", _("Dismissed")
    WITHDRAWN = "withdrawn", _("Withdrawn")


# A case in one of these still needs work; posts of the same author join it.
UNHANDLED = (Status.NEW, Status.OPEN, Status.WAITING)
# From open on a case has exactly one owner (I4).
OWNED = (Status.OPEN, Status.WAITING, Status.HANDLED)

# Whoever owns a case in one of these has it in hand: they cannot leave without an heir.
IN_HAND = (Status.OPEN, Status.WAITING)
# Nothing more happens in these.
ENDED = (Status.MERGED, Status.DISMISSED, Status.WITHDRAWN)


class Outcome(TextChoices):
    """What a decision says about the complaint."""

    UPHELD = "upheld", _("Upheld")
    PARTLY_UPHELD = "partly_upheld", _("Partly upheld")
    REJECTED = "rejected", _("Rejected")
    SETTLED = "settled", _("Settled without admission")


class ActionStatus(TextChoices):
    """Where a resolution action stands."""

    PROPOSED = "proposed", _("Proposed")
    AWAITING_APPROVAL = "awaiting_approval", _("Awaiting approval")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")
    IN_PROGRESS = "in_progress", _("In progress")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    WAIVED = "waived", _("Waived")


# What is left of an action in one of these is its history.
SETTLED = (ActionStatus.DONE, ActionStatus.WAIVED)


class Proof(TextChoices):
    """What must be shown, beside an outcome in words, before an action of a kind counts as done."""

    OUTCOME = "outcome", _("The outcome in words")
    REFERENCE = "reference", _("A reference")
    AMOUNT = "amount", _("A reference and the amount")
    FILE = "file", _("A file")
    DATE = "date", _("The day it took place")


class InvitationStatus(TextChoices):
    """Where the hand-over from public to private stands."""

    SENT = "sent", _("Sent")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    EXPIRED = "expired", _("Expired")


class ReplyStatus(TextChoices):
    """Whether a public reply stands where everyone can read it."""

    TO_POST = "to_post", _("To be posted by hand")
    POSTED = "posted", _("Posted")


class AnswerStatus(TextChoices):
    """How far the final answer got."""

    SENDING = "sending", _("On its way")
    REACHED = "reached", _("Reached the complainant")
    BOUNCED = "bounced", _("Came back")
    UNREACHABLE = "unreachable", _("The complainant cannot be reached")


class AnswerRoute(TextChoices):
    """The way a final answer takes."""

    PRIVATE = "private", _("Private thread")
    PUBLIC = "public", _("Public reply")
    UNREACHABLE = "unreachable", _("Nobody to tell")


class Satisfaction(TextChoices):
    """What the complainant says afterwards."""

    SETTLED = "settled", _("Yes, settled")
    PARTLY = "partly", _("In part")
    NO = "no", _("No")


class Told(TextChoices):
    """The way by which the complainant told us what they say afterwards."""

    PAGE = "page", _("on their private page")
    PHONE = "phone", _("by telephone")
    MAIL = "mail", _("by mail")
    IN_PERSON = "in_person", _("in person")
    OTHER = "other", _("another way")


class DeliveryKind(TextChoices):
    """What sort of thing goes out."""

    MAIL = "mail", _("Mail")
    CALL = "call", _("Request to a connected system")
    HOOK = "hook", _("Word to a connected system")


class DeliveryStatus(TextChoices):
    """Where a delivery stands; ``unknown`` and ``failed`` wait for a person in the tray."""

    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    UNKNOWN = "unknown", _("Outcome unknown")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


class RawStatus(TextChoices):
    """What became of a raw arrival."""

    STORED = "stored", _("Stored")
    PROCESSED = "processed", _("Processed")
    FAILED = "failed", _("Could not be processed")
    SET_ASIDE = "set_aside", _("Set aside")


class Audience(TextChoices):
    """Who reads it: three tables, three forms, three permissions (I6)."""

    PUBLIC = "public", _("Public")
    PRIVATE = "private", _("Private")
    INTERNAL = "internal", _("Note")


class Source(TextChoices):
    """What a search entry was made from."""

    CASE = "case", _("Case")
    POST = "post", _("Post")
    MESSAGE = "message", _("Private message")
    NOTE = "note", _("Note")


class Inbox(TextChoices):
    """The views of the desk that everybody has."""

    TRIAGE = "triage", _("To triage")
    NEW = "new", _("New, no owner")
    MINE = "mine", _("Mine")
    TEAM = "team", _("My team's")
    WAITING = "waiting", _("Waiting")
    HANDLED = "handled", pgettext_lazy("several cases", "Handled")
    ALL = "all", _("All open")


class Order(TextChoices):
    """How a list of cases is sorted."""

    URGENT = "urgent", _("Most urgent")
    NEWEST = "newest", _("Newest")
    OLDEST = "oldest", _("Oldest")
    DUE = "due", _("Nearest deadline")


class Missing(StrEnum):
    """What can still stand between a case and ``handled``."""

    OWNER = "owner"
    DECISION = "decision"
    NO_REQUIRED_ACTION = "no_required_action"
    ACTION_OPEN = "action_open"
    NOTHING_DONE = "nothing_done"
    FINAL_ANSWER = "final_answer"
    ANSWER_ON_ITS_WAY = "answer_on_its_way"
    ANSWER_BOUNCED = "answer_bounced"


class Hours(IntEnum):
    """Spans that are ours to choose, in hours."""

    INVITATION = 21 * 24
    PRIVATE_LINK = 180 * 24
    CONFIRMATION_CODE = 48
