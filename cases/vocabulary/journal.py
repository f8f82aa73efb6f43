"""The words of the journal: who acts, what happens, and the names of what runs in the background."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


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


class EventKind(StrEnum):
    """Every kind of line in a journal; the sentence for each stands in ``web/journal.py``."""

    POST_RECEIVED = "post_received"
    POST_TRIAGED = "post_triaged"
    POST_OBSERVED = "post_observed"
    POST_JOINED = "post_joined"
    POST_LEFT = "post_left"
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
    CASE_MERGED = "case_merged"
    CASE_JOINED = "case_joined"
    CASE_SPLIT_OFF = "case_split_off"
    CASE_WITHDRAWN = "case_withdrawn"
    CASE_HANDLED = "case_handled"
    CASE_REOPENED = "case_reopened"
    CASE_RESTRICTED = "case_restricted"
    CASE_UNRESTRICTED = "case_unrestricted"
    CASE_CLASSIFIED = "case_classified"
    CASE_TAGGED = "case_tagged"
    CASE_UNTAGGED = "case_untagged"
    DEADLINE_NEAR = "deadline_near"
    DEADLINE_MISSED = "deadline_missed"
    DEADLINE_EXTENDED = "deadline_extended"
    DEADLINES_DIFFERED = "deadlines_differed"
    RULE_MATCHED = "rule_matched"
    RULE_STEPPED = "rule_stepped"
    RULE_STOPPED = "rule_stopped"
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
    ACTION_AUTHORISED = "action_authorised"
    ACTION_SENT = "action_sent"
    ACTION_CANCEL_ASKED = "action_cancel_asked"
    CALLBACK_RECEIVED = "callback_received"
    APPROVAL_REQUESTED = "approval_requested"
    APPROVAL_PASSED_ON = "approval_passed_on"
    APPROVAL_CONSENTED = "approval_consented"
    APPROVAL_GRANTED = "approval_granted"
    APPROVAL_REFUSED = "approval_refused"
    APPROVAL_RETURNED = "approval_returned"
    APPROVAL_WITHDRAWN = "approval_withdrawn"
    APPROVAL_VOIDED = "approval_voided"
    PROMISE_MADE = "promise_made"
    PROMISE_MOVED = "promise_moved"
    PROMISE_WARNED = "promise_warned"
    PROMISE_BROKEN = "promise_broken"
    PROMISE_KEPT = "promise_kept"
    PROMISE_DROPPED = "promise_dropped"
    ANSWER_SENT = "answer_sent"
    ANSWER_REACHED = "answer_reached"
    ANSWER_BOUNCED = "answer_bounced"
    UNREACHABLE_RECORDED = "unreachable_recorded"
    CONFIRMATION_ASKED = "confirmation_asked"
    CONFIRMATION_GIVEN = "confirmation_given"
    CLOSING_AGREED = "closing_agreed"
    CAUSE_NAMED = "cause_named"
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
    CAUSE_CHANGED = "cause_changed"
    REGIME_CHANGED = "regime_changed"
    TARGET_CHANGED = "target_changed"
    CALENDAR_CHANGED = "calendar_changed"
    POLICY_CHANGED = "policy_changed"
    TAG_CHANGED = "tag_changed"
    RULE_CHANGED = "rule_changed"
    RULE_REPLAYED = "rule_replayed"
    CATEGORY_MERGED = "category_merged"
    EXPORT_STARTED = "export_started"
    EXPORT_MADE = "export_made"
    EXPORT_ENDED = "export_ended"
    REPORT_SAVED = "report_saved"
    REPORT_MAILED = "report_mailed"
    REPORT_COMPUTED = "report_computed"
    PERIOD_FROZEN = "period_frozen"
    PERIOD_SIGNED = "period_signed"
    FIGURES_DIFFERED = "figures_differed"
    FIGURES_REBUILT = "figures_rebuilt"
    GRANT_GIVEN = "grant_given"
    GRANT_ENDED = "grant_ended"
    ABSENCE_NOTED = "absence_noted"
    ABSENCE_ENDED = "absence_ended"
    RATE_SET = "rate_set"
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
    SWEEP_APPROVALS = "cases.sweep_approvals"
    WATCH_PROMISES = "cases.watch_promises"
    ASK_AGAIN = "cases.ask_again"
    POLL_TARGETS = "cases.poll_targets"
    WATCH_DEADLINES = "cases.watch_deadlines"
    CHECK_DEADLINES = "cases.check_deadlines"
    MOVE_DEADLINES = "cases.move_deadlines"
    WATCH_DELAYS = "cases.watch_delays"
    HEAR_CUES = "cases.hear_cues"
    SWEEP_RULES = "cases.sweep_rules"
    TAKE_STEPS = "cases.take_steps"
    MAKE_CALLS = "cases.make_calls"
    RUN_REPLAY = "cases.run_replay"
    RUN_EXPORT = "cases.run_export"
    RUN_REPORT = "cases.run_report"
    REFRESH_CELLS = "cases.refresh_cells"
    CHECK_FIGURES = "cases.check_figures"
    MAIL_REPORTS = "cases.mail_reports"


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

    @classmethod
    def rule(cls, rule_id: int) -> Actor:
        """An escalation rule, with nobody's rights but its own."""
        return cls(ActorKind.RULE, rule_id)


SYSTEM = Actor(ActorKind.SYSTEM)
