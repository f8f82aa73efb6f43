"""Tables, constraints and chainable filters."""

from cases.models.brand import Brand, Category, Channel, Counter, Kind, Playbook, PlaybookAction, Team
from cases.models.case import Case, Confirmation
from cases.models.complainant import Complainant, Handle
from cases.models.dialogue import Attachment, Invitation, Message, Note, PrivateLink, PublicReply, Thread
from cases.models.journal import Delivery, Event, Heartbeat, IdempotencyKey, ImportRun
from cases.models.people import ApiToken, Draft, Membership, Notification, User
from cases.models.post import CasePost, Erasure, Observation, Post, Raw, Triage
from cases.models.resolution import Action, Answer, Decision
from cases.models.search import SearchEntry
from cases.models.visibility import NOBODY, Seer

__all__ = [
    "NOBODY",
    "Action",
    "Answer",
    "ApiToken",
    "Attachment",
    "Brand",
    "Case",
    "CasePost",
    "Category",
    "Channel",
    "Complainant",
    "Confirmation",
    "Counter",
    "Decision",
    "Delivery",
    "Draft",
    "Erasure",
    "Event",
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
    "Post",
    "PrivateLink",
    "PublicReply",
    "Raw",
    "SearchEntry",
    "Seer",
    "Team",
    "Thread",
    "Triage",
    "User",
]
