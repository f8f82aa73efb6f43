"""What the journal of one case tells, line by line, in plain Python."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cases.models import Seer
from cases.vocabulary import Dimension, Role

SECOND = timedelta(seconds=1)
# Lines of a journal that can say something to the figures of a case; the clock of a case goes by them.
_HEARD = """case_opened case_assigned case_waiting case_resumed case_dismissed case_withdrawn case_merged case_handled
    case_reopened case_restricted case_unrestricted case_classified complainant_changed private_declined reply_posted
    invitation_accepted thread_confirmed message_sent message_received post_joined post_left decision_recorded
    action_added action_started action_completed action_failed action_waived action_proposed_again action_changed
    action_sent approval_requested approval_granted approval_refused approval_returned approval_withdrawn
    approval_voided answer_sent answer_reached unreachable_recorded confirmation_asked confirmation_given cause_named
    note_written"""
HEARD = frozenset(_HEARD.split())
Values = dict[str, Any]


@dataclass
class Story:
    """What the journal of one case tells."""

    status: str = ""
    at: datetime | None = None
    is_open: bool = False
    is_owned: bool = False
    is_waiting: bool = False
    asked: int = 0
    sent: set[int] = field(default_factory=set)
    lasted: dict[str, timedelta] = field(default_factory=lambda: defaultdict(timedelta))
    first: dict[str, datetime] = field(default_factory=dict)
    ended_at: datetime | None = None
    said_no: int = 0
    reopened: int = 0
    category: int | None = None
    moved_on_at: datetime | None = None

    @property
    def holder(self) -> str:
        """On whom or what the case stands."""
        if not self.is_open:
            return ""
        if not self.is_owned:
            return "queue"
        if self.is_waiting:
            return "complainant"
        return "approval" if self.asked else "system" if self.sent else "owner"

    def hear(self, line: Values) -> None:
        """One more line."""
        at, kind, said = line["occurred_at"], line["kind"], line["payload"]
        if kind not in HEARD:
            return
        if self.at is not None:
            # What was told later of an earlier instant does not turn the clock back.
            self.lasted[self.holder] += max(at - self.at, timedelta())
        self.at = max(at, self.at or at)
        self._stand(kind, said, at)
        self._note(kind, at, is_person=line["person_id"] is not None)
        if kind in {"case_opened", "case_classified"} and self.category is None:
            self.category = said.get("category")
        if kind == "confirmation_given" and "confirmation" in said:
            self.said_no += said["answer"] == "no"
        if line["actor_kind"] in {"person", "token", "complainant"} or kind == "case_opened":
            self.moved_on_at = max(self.at, self.moved_on_at or self.at)

    def _stand(self, kind: str, said: Values, at: datetime) -> None:
        if kind == "case_opened":
            self.status, self.is_open = "new", True
        elif kind == "case_assigned":
            self.status, self.is_owned = "open" if self.status == "new" else self.status, True
        elif kind == "case_waiting":
            self.status, self.is_waiting = "waiting", True
        elif kind in {"case_resumed", "message_received", "post_joined"}:
            self.status, self.is_waiting = "open" if self.status == "waiting" else self.status, False
        elif kind in {"case_handled", "case_dismissed", "case_withdrawn", "case_merged"}:
            self.status, self.is_open, self.ended_at = kind.removeprefix("case_"), False, at
        elif kind == "case_reopened":
            self.status, self.is_open, self.is_owned, self.is_waiting = "open", True, True, False
            self.reopened += 1
        elif kind == "approval_requested":
            self.asked += 1
        elif kind.startswith("approval_"):
            self.asked -= 1
        elif kind == "action_sent":
            self.sent.add(said["action"])
        elif kind in {"action_completed", "action_failed", "action_waived", "action_proposed_again"}:
            self.sent.discard(said["action"])

    def _note(self, kind: str, at: datetime, *, is_person: bool) -> None:
        marks = {
            "replied": is_person and kind in {"reply_posted", "message_sent", "answer_sent"},
            "public": kind == "reply_posted",
            "private": kind in {"invitation_accepted", "thread_confirmed", "message_received"},
            "declined": kind == "private_declined",
            "decided": kind == "decision_recorded",
        }
        for name, is_marked in marks.items():
            if is_marked:
                self.first[name] = min(at, self.first.get(name, at))


@dataclass
class Facts:
    """One case: its row, and what its journal tells."""

    row: Values
    story: Story
    received_at: datetime
    outcome: str
    is_repeat: bool
    later: list[datetime]
    original: Values
    approver: str
    other_team: int | None

    @property
    def is_running(self) -> bool:
        """Whether it still needs work."""
        return self.story.status in {"new", "open", "waiting"}

    @property
    def handled_at(self) -> datetime | None:
        """When it came to stand as handled."""
        return self.story.ended_at if self.story.status == "handled" else None

    @property
    def back_at(self) -> datetime | None:
        """When the same person complained next."""
        handled_at = self.handled_at
        return min((at for at in self.later if handled_at and at >= handled_at), default=None)

    def opens_to(self, seer: Seer) -> bool:
        """Whether a person may open it."""
        row, role = self.row, seer.roles.get(self.row["brand_id"])
        if role is None or (row["about_id"] is not None and row["about_id"] == seer.person_id):
            return False
        is_mine = row["owner_id"] is not None and row["owner_id"] == seer.person_id
        return not row["is_restricted"] or is_mine or role == Role.MANAGER or row["team_id"] in seer.led_team_ids

    def lasted(self, holder: str, now: datetime) -> int:
        """For how many seconds it stood on somebody."""
        settled = self.story.lasted[holder] // SECOND
        if not self.is_running or self.story.holder != holder or self.story.at is None:
            return settled
        return settled + max(now - self.story.at, timedelta()) // SECOND


# What an instant is by the clocks of a zone.
OF_TIME: dict[Dimension, Callable[[datetime], str]] = {
    Dimension.HOUR: lambda at: f"{at.hour:02}",
    Dimension.WEEKDAY: lambda at: str(at.isoweekday()),
    Dimension.DAY: lambda at: at.date().isoformat(),
    Dimension.WEEK: lambda at: (at.date() - at.weekday() * timedelta(days=1)).isoformat(),
    Dimension.MONTH: lambda at: at.date().replace(day=1).isoformat(),
    Dimension.QUARTER: lambda at: at.date().replace(day=1, month=(at.month - 1) // 3 * 3 + 1).isoformat(),
}
