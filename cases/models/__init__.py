"""Tables, constraints and chainable filters."""

from cases.models.authority import Absence, Approval, Asked, Authorisation, Grant, Rate
from cases.models.brand import Brand, Channel, Counter, Team
from cases.models.case import Case, Confirmation
from cases.models.catalogue import Category, Cause, Kind, Playbook, PlaybookAction, PlaybookVersion, Regime
from cases.models.complainant import Complainant, Handle
from cases.models.deadline import Calendar, CalendarDay, Deadline, DeadlineCheck, Extension, Policy
from cases.models.dialogue import Attachment, Invitation, Message, Note, PrivateLink, PublicReply, Thread
from cases.models.escalation import (
    Call,
    CaseTag,
    Cue,
    Escalation,
    EscalationStep,
    Replay,
    ReplayAct,
    Rule,
    RuleVersion,
    Tag,
)
from cases.models.journal import Delivery, Event, Heartbeat, IdempotencyKey, ImportRun
from cases.models.people import ApiToken, Draft, Membership, Notification, User
from cases.models.post import CasePost, Erasure, Observation, Post, Raw, Triage
from cases.models.resolution import Action, Answer, Decision, Point, Promise
from cases.models.search import SearchEntry
from cases.models.target import Callback, Target
from cases.models.visibility import NOBODY, Seer

__all__ = [
    "NOBODY",
    "Absence",
    "Action",
    "Answer",
    "ApiToken",
    "Approval",
    "Asked",
    "Attachment",
    "Authorisation",
    "Brand",
    "Calendar",
    "CalendarDay",
    "Call",
    "Callback",
    "Case",
    "CasePost",
    "CaseTag",
    "Category",
    "Cause",
    "Channel",
    "Complainant",
    "Confirmation",
    "Counter",
    "Cue",
    "Deadline",
    "DeadlineCheck",
    "Decision",
    "Delivery",
    "Draft",
    "Erasure",
    "Escalation",
    "EscalationStep",
    "Event",
    "Extension",
    "Grant",
    "Handle",
    "Heartbeat",
    "IdempotencyKey",
    "ImportRun",
    "Invitation",
    "Kind",
    "Membership",
    "Message",
    "Note",
    "Notification",
    "Observation",
    "Playbook",
    "PlaybookAction",
    "PlaybookVersion",
    "Point",
    "Policy",
    "Post",
    "PrivateLink",
    "Promise",
    "PublicReply",
    "Rate",
    "Raw",
    "Regime",
    "Replay",
    "ReplayAct",
    "Rule",
    "RuleVersion",
    "SearchEntry",
    "Seer",
    "Tag",
    "Target",
    "Team",
    "Thread",
    "Triage",
    "User",
]
