"""The deadlines of a case in words and on a line, and what rules did, as the right pane of its page shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext, pgettext_lazy

from cases.queries import case_time
from cases.queries.case_time import Standing, Watched
from cases.rules import calendar as calendars
from cases.rules.deadline_line import Line, Mark
from cases.vocabulary import (
    NEVER,
    UNHANDLED,
    CallStatus,
    Due,
    Ended,
    EscalationStatus,
    EventKind,
    Goal,
    Needs,
    Reason,
    StepKind,
    StepStatus,
)
from cases.web import calendar_words, tags

# What an event is called as that which met a deadline.
MET_BY: dict[str, str | Promise] = {
    EventKind.REPLY_POSTED: lazy("the public reply"),
    EventKind.MESSAGE_SENT: lazy("a private message"),
    EventKind.ANSWER_SENT: lazy("the final answer"),
    EventKind.UNREACHABLE_RECORDED: lazy("the record that nobody can be reached"),
    EventKind.DECISION_RECORDED: lazy("the decision"),
    EventKind.CASE_HANDLED: lazy("the case being handled"),
    EventKind.PROMISE_KEPT: lazy("what was promised being done"),
}
# The line leaves this much free at both ends for the marks on it, of a hundred.
EDGE = 2.5
# Words under the line are this far apart at least, of a hundred.
APART = 30


@dataclass(frozen=True, slots=True)
class Spot:
    """A mark on the line: where from the left, and what it is."""

    x: str
    css: str
    title: str


@dataclass(frozen=True, slots=True)
class Axis:
    """The line of deadlines in percent, with its words and its text alternative."""

    said: str
    past: str
    now: str
    pauses: Sequence[tuple[str, str]]
    spots: Sequence[Spot]
    begins: str
    today: str
    ends: str
    anchor: str


@dataclass(frozen=True, slots=True)
class DeadlineLine:
    """One deadline as the page lists it."""

    title: str
    mark: SafeString
    small: str
    source: str
    css: str
    href: str = ""
    extend: str = ""
    later: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class ActedLine:
    """A rule that matched the case, in a line."""

    name: str
    icon: str
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Block:
    """The deadlines of a case as its page shows them: what is open first, the nearest at the top."""

    axis: Axis
    open: Sequence[DeadlineLine]
    settled: Sequence[DeadlineLine]
    pauses: Sequence[str]
    hours: str
    zone: str


def facts(case: Any, may: Mapping[str, bool]) -> dict[str, Any]:
    """What the right pane shows of deadlines and rules, in one query."""
    now = timezone.now()
    watched = case_time.of_case(case, now)
    return {
        "deadlines": block(case, watched, may, now) if watched.standing else None,
        "watched": watched,
        "acted": [_acted(one) for one in watched.acted],
    }


def block(case: Any, watched: Watched, may: Mapping[str, bool], now: datetime) -> Block:
    """The deadlines of a case in words and percent."""
    may_extend = may["answer"] and case.status in UNHANDLED
    open_ones = [each for each in watched.standing if not each.row.is_settled]
    open_ones.sort(key=lambda each: (each is not watched.nearest, each.row.due_at))
    settled = [each for each in watched.standing if each.row.is_settled]
    hours, zone = _hours(watched.calendar)
    return Block(
        _axis(watched, now),
        [_open_line(case, each, may_extend) for each in open_ones],
        [_settled_line(case, each) for each in sorted(settled, key=_settled_at, reverse=True)],
        [_pause(since, until, now) for since, until in _pauses(watched.line)],
        hours,
        zone,
    )


def title_of(each: Standing) -> str:
    """What a deadline is called: what was promised, else its policy's name, with its round from the second on."""
    if each.row.goal == Goal.PROMISE:
        return _("Promised: %(what)s") % {"what": each.promised} if each.promised else _("What was promised")
    name = tags.catalogue_text(each.name) or str(each.row.goal.label)
    return _("%(name)s (no. %(n)d)") % {"name": name, "n": each.row.round} if each.row.round > 1 else name


def _open_line(case: Any, each: Standing, may_extend: bool) -> DeadlineLine:
    row = each.row
    is_late = each.how == Due.LATE
    small = ""
    if row.due_at == NEVER:
        small = _("no date: its calendar never opens")
    elif each.how == Due.PAUSED and row.paused_at:
        small = _("paused since %(when)s; it was for %(due)s") % {
            "when": exact(row.paused_at),
            "due": exact(row.due_at),
        }
    elif row.paused_seconds:
        small = _("moved by %(span)s of waiting") % {"span": tags.lasting(timedelta(seconds=row.paused_seconds))}
    extend = reverse("deadline-extend", args=[case.reference, each.key])
    return DeadlineLine(
        title_of(each),
        tags.due(None if row.due_at == NEVER else row.due_at, is_paused=each.how == Due.PAUSED, is_exact=True),
        small,
        each.source,
        "is-late" if is_late else "",
        extend=extend if may_extend and each.extends != Needs.NEVER else "",
        later=[_later(one) for one in each.later],
    )


def _later(one: case_time.Later) -> str:
    words = {"from": exact(one.due_before), "to": exact(one.due_after), "by": one.by, "reason": one.reason}
    if one.is_told:
        return _("from %(from)s to %(to)s by %(by)s, the complainant was told: %(reason)s") % words
    return _("from %(from)s to %(to)s by %(by)s: %(reason)s") % words


def _settled_line(case: Any, each: Standing) -> DeadlineLine:
    row = each.row
    if row.met_at is None:
        reason = Ended(row.ended).label if row.ended in Ended.values else ""
        return DeadlineLine(
            title_of(each),
            SafeString(""),
            _("ended: %(why)s") % {"why": reason},
            each.source,
            "is-ended",
            later=[_later(one) for one in each.later],
        )
    by = MET_BY.get(each.met_kind, _("an event"))
    spans = {"span": tags.lasting(row.met_at - row.started_at), "of": tags.lasting(row.first_due_at - row.started_at)}
    small = _("met by %(by)s, %(span)s of %(of)s") % {"by": by, **spans}
    if row.missed_at is not None:
        late = tags.lasting(row.met_at - row.missed_at)
        small = _("met by %(by)s, %(late)s late") % {"by": by, "late": late}
    href = ""
    if each.met_seq is not None:
        address = reverse("case", args=[case.reference])
        href = f"{address}?tab=journal&before={each.met_seq + 1}#line-{each.met_seq}"
    css = "is-met-late" if row.missed_at is not None else "is-met"
    return DeadlineLine(
        title_of(each), tags.when(row.met_at, "day"), small, each.source, css, href,
        later=[_later(one) for one in each.later],
    )  # fmt: skip


def _settled_at(each: Standing) -> datetime:
    return each.row.met_at or each.row.ended_at or each.row.due_at


def exact(at: datetime) -> str:
    """An instant in a sentence: Tue 8 Sep, 14:00."""
    local = timezone.localtime(at)
    return _("%(day)s, %(time)s") % {"day": tags.day_words(local.date()), "time": f"{local:%H:%M}"}


def _hours(calendar: Mapping[str, Any] | None) -> tuple[str, str]:
    """The name of the calendar with its week in words, and its zone."""
    if calendar is None:
        return "", ""
    week = ", ".join(calendar_words.week(calendars.parse_week(calendar["week"])))
    words = _("%(name)s: %(week)s") % {"name": calendar["name"], "week": week or _("never open")}
    return words, calendar_words.zone(calendar["zone"])


# ---- rules that acted ----

# What a step did, in a word.
DID: dict[StepKind, str | Promise] = {
    StepKind.TELL: pgettext_lazy("what a step of a rule did", "told"),
    StepKind.ASSIGN: pgettext_lazy("what a step of a rule did", "gave the case to somebody"),
    StepKind.AUTHORITY: pgettext_lazy("what a step of a rule did", "handed it to somebody whose authority suffices"),
    StepKind.SEVERITY: pgettext_lazy("what a step of a rule did", "raised the severity"),
    StepKind.ACTION: pgettext_lazy("what a step of a rule did", "added a required action"),
    StepKind.APPROVAL: pgettext_lazy("what a step of a rule did", "asked for an approval"),
    StepKind.TAG: pgettext_lazy("what a step of a rule did", "put a tag on it"),
    StepKind.HOOK: pgettext_lazy("what a step of a rule did", "told a connected system"),
}


def step_words(kind: str, status: str, called: Sequence[str]) -> str:
    """What a step did and whom it called; or what it does, when its time comes."""
    if status != StepStatus.DONE:
        return str(StepKind(kind).label)
    words = str(DID[StepKind(kind)])
    if not called:
        return words
    return _("%(did)s: %(names)s") % {"did": words, "names": ", ".join(called)}


def _did(step: case_time.StepDone) -> str:
    """What a step did; a call that is still to be made has told nobody."""
    if step.kind == StepKind.TELL and step.waits and not step.called:
        return _("%(did)s: %(names)s") % {"did": StepKind.TELL.label, "names": CallStatus.WAITING.label}
    return step_words(step.kind, StepStatus.DONE, step.called)


def _acted(one: case_time.Acted) -> ActedLine:
    """What a rule did, in a line: its steps so far, or why it did nothing."""
    done = [step for step in one.steps if step.status == StepStatus.DONE]
    to_come = next((step for step in one.steps if step.status == StepStatus.PENDING), None)
    parts = [_did(step) for step in done]
    if any(step.is_late for step in done):
        parts.append(_("late"))
    if one.status in {EscalationStatus.STOPPED, EscalationStatus.SUPPRESSED}:
        parts.append(str(EscalationStatus(one.status).label).lower())
        parts += [str(Reason(one.reason).label)] if one.reason else []
    elif to_come is not None:
        parts.append(_("next step %(when)s") % {"when": exact(to_come.due_at)})
    elif not done:
        parts += [str(Reason(step.reason).label) for step in one.steps if step.reason][:1]
    icon = {EscalationStatus.STOPPED: "circle-minus", EscalationStatus.SUPPRESSED: "hand-stop"}.get(
        EscalationStatus(one.status), "stairs-up"
    )
    words = _("version %(n)d") % {"n": one.version}
    return ActedLine(one.name, icon, " · ".join([*parts, words]), one.matched_at)


# ---- the line ----


def _axis(watched: Watched, now: datetime) -> Axis:
    line = watched.line
    nearest = watched.nearest.row if watched.nearest else None
    titles = {each.row.identity: title_of(each) for each in watched.standing}
    spots = [
        spot for mark in line.marks if (spot := _spot(mark, mark.row is nearest, titles[mark.row.identity])) is not None
    ]
    begins, ends = timezone.localtime(line.begins_at), timezone.localtime(line.ends_at)
    is_apart = APART < line.now < 100 - APART
    return Axis(
        said=_said(watched),
        past=_x(line.now),
        now=_x(line.now),
        pauses=[(_x(since), _width(since, until)) for since, until in line.pauses],
        spots=spots,
        begins=tags.day_words(begins.date()),
        today=tags.day_words(timezone.localdate(now)) if is_apart else "",
        ends=tags.day_words(ends.date()),
        # The word over the line stays on it.
        anchor="start" if line.now < 5 else "end" if line.now > 95 else "middle",
    )


def _spot(mark: Mark, is_nearest: bool, title: str) -> Spot | None:
    if mark.how == Due.ENDED:
        return None
    if mark.met is not None:
        return Spot(_x(mark.met), "met-late" if mark.how == Due.MET_LATE else "met", title)
    if mark.due is None:
        return None
    if mark.how == Due.LATE:
        return Spot(_x(mark.due), "missed", title)
    return Spot(_x(mark.due), "next" if is_nearest else "later", title)


def _x(place: float) -> str:
    return f"{EDGE + place * (100 - 2 * EDGE) / 100:.2f}%"


def _width(since: float, until: float) -> str:
    return f"{max((until - since) * (100 - 2 * EDGE) / 100, 0.8):.2f}%"


def _said(watched: Watched) -> str:
    """The line for those who do not see it."""
    hows = [each.how for each in watched.standing]
    met, late = hows.count(Due.MET), hows.count(Due.MET_LATE) + hows.count(Due.LATE)
    ahead, pauses = hows.count(Due.OPEN) + hows.count(Due.PAUSED), len(watched.line.pauses)
    parts = [
        ngettext("%(n)d met in time", "%(n)d met in time", met) % {"n": met} if met else "",
        ngettext("%(n)d missed", "%(n)d missed", late) % {"n": late} if late else "",
        ngettext("%(n)d pause", "%(n)d pauses", pauses) % {"n": pauses} if pauses else "",
        ngettext("%(n)d ahead", "%(n)d ahead", ahead) % {"n": ahead} if ahead else "",
    ]
    days = {
        "from": tags.day_words(timezone.localtime(watched.line.begins_at).date()),
        "to": tags.day_words(timezone.localtime(watched.line.ends_at).date()),
        "what": ", ".join(part for part in parts if part) or _("nothing to come"),
    }
    return _("Deadlines from %(from)s to %(to)s: %(what)s") % days


def _pauses(line: Line) -> list[tuple[datetime, datetime]]:
    whole = line.ends_at - line.begins_at
    return [
        (line.begins_at + whole * (since / 100), line.begins_at + whole * (until / 100)) for since, until in line.pauses
    ]


def _pause(since: datetime, until: datetime, now: datetime) -> str:
    words = {"span": tags.lasting(until - since), "from": tags.day_words(timezone.localtime(since).date())}
    if abs((now - until).total_seconds()) < 120:
        return _("Waiting for the complainant since %(from)s (%(span)s)") % words
    return _("Waited %(span)s for the complainant, from %(from)s") % words
