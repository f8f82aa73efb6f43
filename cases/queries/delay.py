"""Which dates come near that a complainant knows of, before they are over."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from django.db.models import Exists, F, OuterRef, Q

from cases.models import Deadline, Message, Notification
from cases.rules import deadline_journal
from cases.rules import promise as rules
from cases.vocabulary import OWNED, EventKind, Goal, Needs

# What the notification to the owner is called.
KIND = "delay_near"
# A private message meets these: then writing is all that is needed.
_MET_BY_WRITING = [goal for goal, kinds in deadline_journal.MEETS.items() if EventKind.MESSAGE_SENT in kinds]
MOST_MESSAGES = 5


def to_prepare(at: datetime, limit: int) -> list[int]:
    """Deadlines that come near, of which the complainant is to be told in time, and nobody has been told yet."""
    told = Notification.objects.filter(
        case=OuterRef("case"), kind=KIND, created_at__gte=OuterRef("due_at") - rules.WARNING
    )
    wanted = Q(goal=Goal.FINAL_ANSWER) | Q(policy__extends=Needs.NOTICE)
    rows = (
        Deadline.objects.unmet()
        .filter(wanted, paused_at__isnull=True, missed_at__isnull=True, due_at__gt=at, due_at__lte=at + rules.WARNING)
        .filter(~Exists(told), case__owner__isnull=False, case__status__in=OWNED)
        .exclude(goal__in=_MET_BY_WRITING)
        .order_by("due_at")
        .values_list("pk", F("started_at"), F("due_at"))
    )
    near = (key for key, started, due in rows.iterator() if rules.warned_from(started, due) <= at)
    return list(islice(near, limit))


def near_from(deadline: Deadline) -> datetime:
    """From when on the date is near; what was told before that was of another one."""
    return deadline.due_at - rules.WARNING


def is_near(deadline: Deadline, at: datetime) -> bool:
    """Whether the date is near and something still has to meet it."""
    is_open = deadline.met_at is None and deadline.ended_at is None
    is_running = deadline.paused_at is None and deadline.missed_at is None
    begins = rules.warned_from(deadline.started_at, deadline.due_at)
    return is_open and is_running and begins <= at < deadline.due_at


def is_told_by_writing(goal: str) -> bool:
    """Whether a private message itself meets the goal."""
    return goal in _MET_BY_WRITING


def messages_since(deadline: Deadline) -> list[Message]:
    """What we wrote to the complainant since the deadline began, the newest first: one of them may have told them."""
    ours = Message.objects.filter(case_id=deadline.case_id, author__isnull=False, misdirected_at__isnull=True)
    return list(ours.filter(sent_at__gte=deadline.started_at).order_by("-sent_at", "-pk")[:MOST_MESSAGES])
