"""The words of casedesk: every enumeration, the actor, and small frozen values that all layers share."""

from __future__ import annotations

from dataclasses import dataclass
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
    WAIVE = "waive"
    RESTRICT = "restrict"
    REASSIGN_ALL = "reassign_all"
    READ_JOURNAL = "read_journal"
    REPLAY_INTAKE = "replay_intake"
    SETTLE_DELIVERY = "settle_delivery"
    INTAKE = "intake"
    SET_UP = "set_up"
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


class DeliveryKind(TextChoices):
    """What sort of thing goes out."""

    MAIL = "mail", _("Mail")


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


class Stream(TextChoices):
    """Whose history an event belongs to."""

    CASE = "case", _("Case")
    POST = "post", _("Post")
    BRAND = "brand", _("Brand")
    SETUP = "setup", _("Set-up")


class ActorKind(TextChoices):
    """Who can act; somebody always does."""

    PERSON = "person", _("Person")
    TOKEN = "token", _("Program")
    COMPLAINANT = "complainant", _("Complainant")
    RULE = "rule", _("Rule")
    SYSTEM = "system", _("casedesk")


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


class EventKind(StrEnum):
    """Every kind of line in a journal; the sentence for each stands in ``web/journal.py``."""

    POST_RECEIVED = "post_received"
    POST_TRIAGED = "post_triaged"
    POST_OBSERVED = "post_observed"
    POST_JOINED = "post_joined"
    PRAISE_PASSED_ON = "praise_passed_on"
    RAW_FAILED = "raw_failed"
    RAW_REPLAYED = "raw_replayed"
    RAW_SET_ASIDE = "raw_set_aside"
    IMPORT_RUN = "import_run"
    CASE_OPENED = "case_opened"
    CASE_ASSIGNED = "case_assigned"
    CASE_WAITING = "case_waiting"
    CASE_RESUMED = "case_resumed"
    CASE_DISMISSED = "case_dismissed"
    CASE_WITHDRAWN = "case_withdrawn"
    CASE_HANDLED = "case_handled"
    CASE_REOPENED = "case_reopened"
    CASE_RESTRICTED = "case_restricted"
    CASE_UNRESTRICTED = "case_unrestricted"
    CASE_CLASSIFIED = "case_classified"
    COMPLAINANT_CHANGED = "complainant_changed"
    PRIVATE_DECLINED = "private_declined"
    REPLY_WRITTEN = "reply_written"
    REPLY_POSTED = "reply_posted"
    INVITATION_SENT = "invitation_sent"
    INVITATION_ACCEPTED = "invitation_accepted"
    INVITATION_EXPIRED = "invitation_expired"
    THREAD_OPENED = "thread_opened"
    THREAD_CONFIRMED = "thread_confirmed"
    THREAD_REFUSED = "thread_refused"
    CODE_MADE = "code_made"
    CODE_WRONG = "code_wrong"
    LINK_SENT = "link_sent"
    LINK_ASKED = "link_asked"
    LINK_REVOKED = "link_revoked"
    MESSAGE_SENT = "message_sent"
    MESSAGE_RECEIVED = "message_received"
    MESSAGES_READ = "messages_read"
    MESSAGE_MISDIRECTED = "message_misdirected"
    NOTE_WRITTEN = "note_written"
    DECISION_RECORDED = "decision_recorded"
    ACTION_ADDED = "action_added"
    ACTION_STARTED = "action_started"
    ACTION_COMPLETED = "action_completed"
    ACTION_FAILED = "action_failed"
    ACTION_PROPOSED_AGAIN = "action_proposed_again"
    ACTION_WAIVED = "action_waived"
    ACTION_CHANGED = "action_changed"
    ANSWER_SENT = "answer_sent"
    ANSWER_REACHED = "answer_reached"
    ANSWER_BOUNCED = "answer_bounced"
    UNREACHABLE_RECORDED = "unreachable_recorded"
    CONFIRMATION_GIVEN = "confirmation_given"
    DELIVERY_QUEUED = "delivery_queued"
    DELIVERY_CLAIMED = "delivery_claimed"
    DELIVERY_SENT = "delivery_sent"
    DELIVERY_FAILED = "delivery_failed"
    DELIVERY_UNKNOWN = "delivery_unknown"
    DELIVERY_SETTLED = "delivery_settled"
    FILE_DROPPED = "file_dropped"
    BRAND_CHANGED = "brand_changed"
    CHANNEL_CHANGED = "channel_changed"
    TEAM_CHANGED = "team_changed"
    CATEGORY_CHANGED = "category_changed"
    KIND_CHANGED = "kind_changed"
    PLAYBOOK_CHANGED = "playbook_changed"
    PERSON_INVITED = "person_invited"
    PERSON_CHANGED = "person_changed"
    PERSON_DEACTIVATED = "person_deactivated"
    MEMBERSHIP_CHANGED = "membership_changed"
    CASES_HANDED_OVER = "cases_handed_over"
    TOKEN_MADE = "token_made"  # noqa: S105 - the name of an event
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - the name of an event


class Job(StrEnum):
    """The names of the background jobs; every one is a registered Celery task."""

    SEND_DELIVERY = "cases.send_delivery"
    SWEEP_DELIVERIES = "cases.sweep_deliveries"
    EXPIRE_INVITATIONS = "cases.expire_invitations"
    SWEEP_FILES = "cases.sweep_files"
    HEARTBEAT = "cases.heartbeat"


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


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person, a person's token, a complainant, a rule or the system."""

    kind: ActorKind
    id: int | None = None
    person_id: int | None = None

    @classmethod
    def person(cls, person_id: int) -> Actor:
        """A colleague, signed in."""
        return cls(ActorKind.PERSON, person_id, person_id)

    @classmethod
    def token(cls, token_id: int, person_id: int) -> Actor:
        """A program that carries a person's token, with that person's rights."""
        return cls(ActorKind.TOKEN, token_id, person_id)

    @classmethod
    def complainant(cls, complainant_id: int) -> Actor:
        """The complainant, on their private page."""
        return cls(ActorKind.COMPLAINANT, complainant_id)


SYSTEM = Actor(ActorKind.SYSTEM)
