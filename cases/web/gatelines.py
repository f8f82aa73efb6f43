"""What blocks a case, in words: one line in the list, one line for each thing the gate asks for beside the case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from cases.models import Action
from cases.queries.case import Row
from cases.queries.target import is_sent
from cases.rules import gate as gates
from cases.rules import promise as promise_rules
from cases.vocabulary import (
    NEVER,
    ActionStatus,
    AnswerRoute,
    AnswerStatus,
    ChannelKind,
    Missing,
    Outcome,
    Proof,
    Satisfaction,
    Status,
    SystemStatus,
)
from cases.web import tags
from cases.web.tags import catalogue_text

CHANNEL_ICONS = {
    ChannelKind.WEB_FORM: "forms",
    ChannelKind.MAILBOX: "mail",
    ChannelKind.MASTODON: "brand-mastodon",
    ChannelKind.BLUESKY: "brand-bluesky",
    ChannelKind.META: "brand-meta",
    ChannelKind.REVIEWS: "star",
    ChannelKind.WEBHOOK: "message-2",
    ChannelKind.IMPORT: "message-2",
}
KIND_ICONS = {
    "refund": "cash",
    "replacement": "replace",
    "repair": "tool",
    "voucher": "gift",
    "call-back": "phone-call",
    "correction": "edit",
    "explanation": "message-2",
    "apology": "heart",
    "investigation": "zoom-question",
    "redelivery": "truck-delivery",
}
# What stands in the list: an icon and a sentence for each thing that can be missing.
GAPS: dict[Missing, tuple[str, str | Promise]] = {
    Missing.OWNER: ("user-question", gettext_lazy("No owner yet")),
    Missing.DECISION: ("gavel", gettext_lazy("Decision not recorded")),
    Missing.ACTION_OPEN: ("checklist", gettext_lazy("Proof missing: %(kind)s")),
    Missing.NO_REQUIRED_ACTION: ("checklist", gettext_lazy("Nothing promised yet")),
    Missing.NOTHING_DONE: ("checklist", gettext_lazy("Nothing done yet")),
    Missing.FINAL_ANSWER: ("send", gettext_lazy("Final answer not sent")),
    Missing.ANSWER_ON_ITS_WAY: ("hourglass", gettext_lazy("Final answer on its way")),
    Missing.ANSWER_BOUNCED: ("mail-off", gettext_lazy("Final answer came back")),
}
SAID = {
    Satisfaction.SETTLED: ("circle-check", gettext_lazy("Confirmed: settled")),
    Satisfaction.PARTLY: ("circle-half-2", gettext_lazy("In part")),
    Satisfaction.NO: ("arrow-back-up", gettext_lazy("Said no")),
}
SAID_OF = {
    Satisfaction.SETTLED: gettext_lazy("they say it was kept"),
    Satisfaction.PARTLY: gettext_lazy("they say it was kept in part"),
    Satisfaction.NO: gettext_lazy("they say it was not kept"),
}
ASKED = ("hourglass", gettext_lazy("Asked, no answer yet"))
SILENT = ("zzz", gettext_lazy("Silent, not counted as a yes"))
PROOFS = {
    Proof.OUTCOME: gettext_lazy("the outcome in words"),
    Proof.REFERENCE: gettext_lazy("a reference"),
    Proof.AMOUNT: gettext_lazy("reference and amount"),
    Proof.FILE: gettext_lazy("a file"),
    Proof.DATE: gettext_lazy("the day it took place"),
}

# So long after it is handled, a complainant who says nothing is only not yet heard.
PATIENCE = timedelta(days=1)

# What may be finished or be found not to work.
BEGUN = frozenset({ActionStatus.APPROVED, ActionStatus.IN_PROGRESS})
# What was decided stands once the case is handled.
DECIDABLE = frozenset({Status.NEW, Status.OPEN, Status.WAITING})


@dataclass(frozen=True, slots=True)
class ListRow:
    """A case as the list shows it."""

    reference: str
    name: str
    headline: str
    language: str
    status: str
    icon: str
    words: str
    since: datetime | None
    span: str
    ended: datetime | None
    is_due: bool
    due_at: datetime | None
    is_paused: bool
    severity: int
    channel_icon: str
    channel: str
    is_unread: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One thing the gate asks for: missing, waiting for somebody, or done with its proof."""

    state: str
    do: str
    small: str = ""
    href: str = ""
    right: str = ""
    at: datetime | date | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """The gate of a case as a person reads it."""

    lines: list[Line]
    total: int
    done: int
    is_open: bool
    sum: str
    span: str = ""
    proven: str = ""
    silence: tuple[str, str | Promise] = SILENT


_ARTICLES = frozenset({"the", "le", "la", "les"})


def name_of(case: Any) -> str:
    """What the complainant is called on the page."""
    return case.complainant.name or getattr(case, "handle", "") or _("Anonymous")


def first_name(name: str) -> str:
    """How a button calls them; a business is called by its whole name."""
    words = name.split()
    return words[0] if words and words[0].lower() not in _ARTICLES else name


def row(found: Row) -> ListRow:
    """A line of the list, with what blocks the case."""
    case = found.case
    icon, words = _blocks(found)
    return ListRow(
        reference=case.reference,
        name=name_of(case),
        headline=case.headline,
        language=case.language,
        status=case.status,
        icon=icon,
        words=str(words),
        since=case.unanswered_since,
        span=tags.span(timezone.now() - case.unanswered_since) if case.unanswered_since else "",
        ended=case.handled_at,
        is_due=case.due_goal != "",
        due_at=None if case.due_at == NEVER else case.due_at,
        is_paused=case.is_paused,
        severity=case.severity,
        channel_icon=CHANNEL_ICONS[ChannelKind(case.channel.kind)],
        channel=case.channel.name,
        is_unread=case.unanswered_since is not None,
    )


def silence(case: Any) -> tuple[str, str | Promise]:
    """What no answer means: nothing on the first day, then no yes."""
    is_new = case.handled_at is not None and timezone.now() - case.handled_at < PATIENCE
    return ASKED if is_new else SILENT


def _blocks(found: Row) -> tuple[str, str | Promise]:
    case = found.case
    if case.status == Status.HANDLED:
        return SAID[Satisfaction(case.satisfaction)] if case.satisfaction else silence(case)
    if case.status == Status.WAITING:
        first = first_name(name_of(case))
        return "st-waiting", _("Waiting for %(name)s · %(what)s") % {"name": first, "what": case.waiting_for}
    gap = found.gap
    if gap is None:
        return "barrier-block-off", _("Gate open: mark it handled")
    icon, words = GAPS[gap.code]
    kind = catalogue_text(found.kinds.get(gap.action_id or 0)).lower()
    return icon, str(words) % {"kind": kind} if gap.action_id else words


# ---- the gate ----


def gate(case: Any, actions: Sequence[Action], may: Mapping[str, bool]) -> Gate:
    """Every line of the gate: what is missing first, then what waits, then what is done."""
    required = [action for action in actions if action.is_required]
    lines = [_owner(case, may), _decision(case, may), *(_action(action, may) for action in required)]
    lines += [*_none_done(case, required, may), _answer(case, may)]
    lines = sorted(lines, key=lambda line: ("open", "waiting", "done").index(line.state))
    facts = gates.Facts(
        has_owner=case.owner_id is not None,
        has_decision=case.decision is not None,
        required=[gates.Step(action.pk, ActionStatus(action.status)) for action in required],
        answer=AnswerStatus(case.answer.status) if case.answer else None,
    )
    left = len([line for line in lines if line.state != "done"])
    return Gate(
        lines=lines,
        total=len(lines),
        done=len(lines) - left,
        is_open=not gates.missing(facts) and case.status in {Status.OPEN, Status.WAITING},
        sum=ngettext("%(n)d thing left before handled", "%(n)d things left before handled", left) % {"n": left},
        span=_span(case),
        proven=_proven(required),
        silence=silence(case),
    )


def _owner(case: Any, may: Mapping[str, bool]) -> Line:
    if case.owner is None:
        href = reverse("case-assign", args=[case.reference]) if may["assign"] else ""
        return Line("open", _("An owner"), _("nobody answers for it yet"), href)
    return Line("done", _("Owner: %(name)s") % {"name": case.owner.name})


def _decision(case: Any, may: Mapping[str, bool]) -> Line:
    href = reverse("handling-decide", args=[case.reference]) if may["decide"] and case.status in DECIDABLE else ""
    if case.decision is None:
        return Line("open", _("Decision"), _("not recorded"), href)
    outcome = Outcome(case.decision.outcome).label
    return Line("done", _("Decision: %(outcome)s") % {"outcome": outcome.lower()}, "", href, at=case.decision.at)


def title_of(action: Action) -> str:
    """What an action is called: its own words, else its kind."""
    return action.wording or catalogue_text(action.kind.label)


def dressed(action: Any) -> Any:
    """An action with what the page calls it, its icon, and what would prove it."""
    action.title = title_of(action)
    action.is_out = is_sent(action)
    action.icon = KIND_ICONS.get(action.kind.code.replace("_", "-"), "checklist")
    action.demand = PROOFS[Proof(action.kind.proof)]
    told = action.told_lines
    stands = action.standing
    # What nobody has decided begins with who decides it: whoever may, or nobody yet.
    action.may_begin = action.status in BEGUN or (
        action.status == ActionStatus.PROPOSED and bool(stands.decided_by or stands.is_able or _needs_amount(action))
    )
    action.told = _told(told[-1], moved=len(told) - 1) if told else None
    return action


def _needs_amount(action: Action) -> bool:
    return action.kind.has_amount and action.amount is None


def _told(promise: Any, *, moved: int) -> dict[str, Any]:
    """How the promise that the complainant reads stands, whether they know it slipped, and what they say of it."""
    facts = promise_rules.Facts(
        promise.due_at, promise.broken_at, promise.kept_at, promise.moved_at, promise.dropped_at
    )
    return {
        "state": promise_rules.state(facts, timezone.now()),
        "due_at": promise.due_at,
        "kept_at": promise.kept_at,
        "moved": moved,
        "is_untold": promise.broken_at is not None and promise.kept_at is None and promise.told_at is None,
        "said": SAID_OF[Satisfaction(promise.said)] if promise.said else "",
    }


def _action(action: Any, may: Mapping[str, bool]) -> Line:
    href = reverse("action-complete", args=[action.public_id]) if may["act"] else f"#action-{action.pk}"
    title = title_of(action)
    if action.status == ActionStatus.DONE:
        return Line(
            "done", title, "", f"#action-{action.pk}", action.proof_reference, action.proof_on or action.done_at
        )
    if action.status == ActionStatus.WAIVED:
        who = action.waived_by.name if action.waived_by else ""
        return Line("done", title, _("waived by %(name)s") % {"name": who}, f"#action-{action.pk}", at=action.waived_at)
    if action.status == ActionStatus.FAILED:
        return Line("open", title, _("did not work: try again"), f"#action-{action.pk}", at=action.due_at)
    if action.status == ActionStatus.REFUSED:
        return Line("open", title, _("refused: propose it another way"), f"#action-{action.pk}", at=action.due_at)
    if action.status == ActionStatus.AWAITING_APPROVAL:
        who = action.standing.asked
        small = _("waits for %(name)s") % {"name": first_name(who)} if who else _("waits for somebody who can decide")
        return Line("waiting", title, small, f"#action-{action.pk}", at=action.standing.answer_by)
    if is_sent(action) and action.target:
        if getattr(action, "is_unsure", False):
            unsure = _("nobody knows what %(system)s did") % {"system": action.target.name}
            return Line("open", title, unsure, f"#action-{action.pk}", at=action.due_at)
        is_taken = action.system_status == SystemStatus.ACCEPTED
        told = _("%(system)s has it, not done yet") if is_taken else _("sent to %(system)s, no answer yet")
        return Line("waiting", title, told % {"system": action.target.name}, f"#action-{action.pk}", at=action.due_at)
    demand = PROOFS[Proof(action.kind.proof)]
    return Line("open", title, _("no proof yet: %(demand)s") % {"demand": demand}, href, at=action.due_at)


def _none_done(case: Any, required: Sequence[Action], may: Mapping[str, bool]) -> Iterator[Line]:
    href = reverse("action-add", args=[case.reference]) if may["act"] else ""
    if not required:
        yield Line("open", _("A required action"), _("words do not resolve anything"), href)
    elif all(action.status == ActionStatus.WAIVED for action in required):
        yield Line("open", _("Something done"), _("everything promised was waived"), href)


def _answer(case: Any, may: Mapping[str, bool]) -> Line:
    href = reverse("handling-answer", args=[case.reference]) if may["answer"] else ""
    to = _("Final answer to %(name)s") % {"name": first_name(name_of(case))}
    answer = case.answer
    if answer is None:
        return Line("open", to, _("not sent"), href)
    if answer.status == AnswerStatus.UNREACHABLE:
        return Line("done", _("Nobody to tell"), _("cannot be reached"), at=answer.at)
    if answer.status == AnswerStatus.BOUNCED:
        return Line("open", to, _("it came back: send it another way"), href)
    if answer.status == AnswerStatus.SENDING:
        is_public = answer.route == AnswerRoute.PUBLIC
        small = _("to be posted by hand") if is_public else _("on its way, not accepted yet")
        return Line("waiting", to, small, "#public" if is_public else "#private")
    read = answer.route == AnswerRoute.PUBLIC
    return Line("done", _("Final answer posted") if read else _("Final answer sent"), at=answer.reached_at)


def _span(case: Any) -> str:
    if case.handled_at is None:
        return ""
    minutes = int((case.handled_at - case.posted_at).total_seconds() // 60)
    days, hours = minutes // 1440, minutes % 1440 // 60
    if days:
        span = _("%(days)d d %(hours)d h") % {"days": days, "hours": hours}
    else:
        span = _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes % 60}
    return _("%(span)s from post to handled.") % {"span": span}


def _proven(required: Sequence[Action]) -> str:
    done = len([action for action in required if action.status == ActionStatus.DONE])
    waived = len(required) - done
    if waived:
        return ngettext(
            "%(done)d of %(all)d promises proven, %(waived)d waived.",
            "%(done)d of %(all)d promises proven, %(waived)d waived.",
            waived,
        ) % {"done": done, "all": len(required), "waived": waived}
    return _("%(done)d of %(all)d promises proven, none waived.") % {"done": done, "all": len(required)}
