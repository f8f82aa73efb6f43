"""Why each rule acted on a case or did not, in words: what its condition sees, its steps, when it can next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_POST, require_safe

from cases.commands import rule as commands
from cases.models import Call, Escalation, EscalationStep
from cases.queries import escalation_list, explanation
from cases.queries.condition_words import About, clause, seen
from cases.queries.explanation import Explained, State
from cases.queries.sentences import said
from cases.rules.condition import ALWAYS, All, AnyOf, Leaf, Verdict
from cases.vocabulary import HEARS, CallStatus, EscalationStatus, Goal, Reason, StepKind, StepStatus, When
from cases.web import desk, rule_words
from cases.web.deadline_words import exact, step_words

# How a rule stands with a case, in a word with its icon.
PILLS: dict[State, tuple[str, str | Promise]] = {
    State.UNREADABLE: ("alert-triangle", lazy("cannot be read")),
    State.PAUSED: ("player-pause", lazy("paused")),
    State.CASE_ENDED: ("circle-minus", lazy("not considered")),
    State.NO_DEADLINE: ("circle-minus", lazy("not considered")),
    State.DEADLINE_PAUSED: ("player-pause", lazy("not considered now")),
    State.NOT_STANDING: ("circle-minus", lazy("not considered")),
    State.NOT_YET_HAPPENED: ("circle-minus", lazy("not considered yet")),
    State.BEFORE_LIVE: ("circle-minus", lazy("not considered")),
    State.TO_COME: ("clock", lazy("to come")),
    State.NOT_MATCHED: ("circle-x", lazy("considered, did not match")),
    State.ACTED: ("stairs-up", lazy("acted")),
}
MODES: dict[type, str | Promise] = {
    All: lazy("all of these"),
    AnyOf: lazy("at least one of these"),
}
NONE_OF = lazy("none of these")
# A call that is made so soon after its step was made with it.
A_MOMENT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a condition: a question with what the case said, or several together."""

    words: str
    saw: str
    holds: bool
    parts: Sequence[Node] = ()


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step of a ladder on one occasion."""

    icon: str
    css: str
    words: str
    at: datetime
    small: str


@dataclass(frozen=True, slots=True)
class Occasion:
    """One time that a rule matched: when, which version, where it stands, and its steps."""

    public_id: UUID
    name: str
    icon: str
    words: str
    at: datetime
    version: int
    steps: Sequence[StepLine]
    was_useful: bool | None


@dataclass(frozen=True, slots=True)
class RuleCard:
    """One live rule as the page explains it."""

    name: str
    public_id: UUID
    version: int
    sentence: str
    icon: str
    pill: str
    why: str
    next: str
    root: Node | None
    occasions: Sequence[Occasion]
    is_quiet: bool


@require_safe
@desk.of_case
def rules(request: HttpRequest, case: Any) -> HttpResponse:
    """Every live rule of the brand and this case."""
    found = explanation.of_case(case, timezone.now())
    told = rule_words.about(found.names, case.brand)
    cards = [_card(each, told, case) for each in found.rules]
    facts = {
        "case": case,
        "cards": sorted(cards, key=lambda card: card.is_quiet),
        "earlier": [occasion(each) for each in found.earlier],
        "may_read": desk.rights(request, case)["see_authority"],
    }
    return render(request, "explanation/page.html", facts)


@require_POST
@login_required
def useful(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Whether it helped that a rule acted, or that taken back."""
    found = escalation_list.by_id(desk.seer_of(request), public_id)
    answer = {"yes": True, "no": False}.get(str(request.POST.get("useful", "")))
    commands.mark_useful(escalation_id=found.pk, was_useful=answer, actor=desk.actor_of(request))
    messages.success(request, _("Thank you. It counts on the rule’s page."))
    return HttpResponseRedirect(reverse("case-rules", args=[found.case.reference]) + f"#e-{found.public_id}")


# ---- one rule ----


def _card(each: Explained, told: About, case: Any) -> RuleCard:
    rule = each.version.rule
    icon, pill = PILLS[each.state]
    ladder = each.ladder
    has_condition = each.verdict is not None and ladder is not None and ladder.condition != ALWAYS
    return RuleCard(
        rule.name,
        rule.public_id,
        each.version.number,
        rule_words.sentence(ladder, told.names, case.brand) if ladder else "",
        icon,
        str(pill),
        _why(each),
        _next(each),
        _node(each.verdict, told) if has_condition and each.verdict else None,
        [occasion(one) for one in each.escalations],
        each.state not in {State.ACTED, State.NOT_MATCHED, State.TO_COME},
    )


def _node(verdict: Verdict, told: About) -> Node:
    asked = verdict.condition
    if isinstance(asked, Leaf):
        return Node(said(clause(asked, told)), seen(asked.fact, verdict.saw, told), verdict.holds)
    words = str(MODES.get(type(asked), NONE_OF))
    return Node(words, "", verdict.holds, [_node(part, told) for part in verdict.parts])


def _why(each: Explained) -> str:
    """Where the rule stands with the case, and why."""
    words = {"when": _moment(each.at), "goal": str(Goal(each.goal).label) if each.goal else _("any deadline")}
    sentences: dict[State, str | Promise] = {
        State.UNREADABLE: lazy("What this version says cannot be read any more; it acts on nothing."),
        State.PAUSED: lazy("The rule is paused since %(when)s: it acts on nothing."),
        State.CASE_ENDED: lazy("The case has ended: no rule acts on it."),
        State.NO_DEADLINE: lazy("The case has no open deadline of this kind now: %(goal)s."),
        State.DEADLINE_PAUSED: lazy("The deadline “%(goal)s” is paused while the complainant is waited for."),
        State.NOT_STANDING: lazy("The case does not stand where the rule looks."),
        State.NOT_YET_HAPPENED: lazy("What it waits for has not happened in this case."),
        State.BEFORE_LIVE: lazy("Its moment was %(when)s, before this version went live; it does not act on the past."),
        State.TO_COME: lazy("Its moment has not come yet."),
        State.ACTED: "",
    }
    if each.state == State.NOT_MATCHED:
        return _not_matched(each)
    return str(sentences[each.state]) % words


def _not_matched(each: Explained) -> str:
    words = {"when": _moment(each.at)}
    is_by_event = each.ladder is not None and each.ladder.trigger.when in HEARS
    if is_by_event and each.verdict is not None:
        if each.verdict.holds:
            return _("It happened %(when)s, but its condition did not fit then; today it would.") % words
        return _("It happened %(when)s, but its condition does not fit: see what it saw.") % words
    if each.verdict is not None and each.verdict.holds:
        # What is asked now would fit; then something else kept it, or it did not fit at the time.
        return _("Its moment was %(when)s. Its condition did not fit then, or it has yet to be looked at.") % words
    return _("Its moment was %(when)s, and its condition does not fit: see what it saw.") % words


def _next(each: Explained) -> str:
    """The next moment at which the rule can act."""
    if each.state in {State.UNREADABLE, State.PAUSED, State.CASE_ENDED} or each.ladder is None:
        return ""
    if each.next_at is not None:
        return _("%(when)s, if nothing happens") % {"when": _moment(each.next_at)}
    when = each.ladder.trigger.when
    if when == When.DEADLINE:
        return _("when such a deadline is open and its moment comes")
    if when == When.LASTED:
        return _("when the case stands there again for that long")
    return _("as soon as this happens: %(what)s") % {"what": str(when.label)}


def _moment(at: datetime | None) -> str:
    return exact(at) if at is not None else ""


# ---- one time that it matched ----


def occasion(each: Escalation) -> Occasion:
    """What a rule did on one occasion, in words."""
    status = EscalationStatus(each.status)
    words = str(status.label)
    waits = any(call.status in _TO_MAKE for step in each.steps.all() for call in step.calls.all())
    if status == EscalationStatus.DONE and waits:
        words = f"{words}: {CallStatus.WAITING.label}"
    if each.reason in Reason.values:
        words = f"{words}: {Reason(each.reason).label}"
    icon = {EscalationStatus.STOPPED: "circle-minus", EscalationStatus.SUPPRESSED: "hand-stop"}.get(status, "stairs-up")
    return Occasion(
        each.public_id,
        each.rule.name,
        icon,
        words,
        each.matched_at,
        each.version.number,
        [step_line(step) for step in each.steps.all()],
        each.was_useful,
    )


_STEP_ICONS = {
    StepStatus.DONE: ("check", "is-done-text"),
    StepStatus.PENDING: ("clock", ""),
    StepStatus.SKIPPED: ("circle-minus", ""),
    StepStatus.FAILED: ("circle-x", "is-late-text"),
}


_TO_MAKE = (CallStatus.WAITING, CallStatus.HELD)


def step_line(step: EscalationStep) -> StepLine:
    """A step: what it does, whether it was done, whom it called and when, where that was later."""
    parts = [] if step.status == StepStatus.DONE else [str(StepStatus(step.status).label).lower()]
    if step.reason in Reason.values:
        parts.append(str(Reason(step.reason).label))
    if step.is_late:
        parts.append(_("late"))
    calls = list(step.calls.all())
    at = _told_at(step, calls)
    with_it = [call for call in calls if call.made_at is not None and abs(call.made_at - at) < A_MOMENT]
    parts += [_call(call) for call in calls if call not in with_it]
    is_told = step.kind != StepKind.TELL or bool(with_it) or all(call.status not in _TO_MAKE for call in calls)
    status = step.status if is_told else StepStatus.PENDING
    icon, css = _STEP_ICONS[StepStatus(status)]
    words = step_words(step.kind, status, [call.person.name for call in with_it])
    return StepLine(icon, css, words, at, " · ".join(parts))


def _told_at(step: EscalationStep, calls: Sequence[Call]) -> datetime:
    """When a step was done; where it only calls people, and all at a later time, that time."""
    at = step.done_at or step.due_at
    made = [call.made_at for call in calls if call.made_at is not None]
    return min(made) if step.kind == StepKind.TELL and made and len(made) == len(calls) else at


def _call(call: Call) -> str:
    named = {"name": call.person.name}
    if call.status == CallStatus.WAITING:
        return _("%(name)s: will be called %(when)s") % {**named, "when": exact(call.call_at)}
    if call.made_at is not None:
        return _("%(name)s: called %(when)s") % {**named, "when": exact(call.made_at)}
    return _("%(name)s: %(why)s") % {**named, "why": CallStatus(call.status).label}
