"""The end of the path: decision, final answer, handled; and reopened."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases import errors
from cases.commands import cause as cause_commands
from cases.commands import confirmation
from cases.commands import handling as commands
from cases.queries import answer as answers
from cases.queries import cause as causes
from cases.rules import answer as rules
from cases.vocabulary import AnswerRoute, Outcome, Permission
from cases.web import answer_forms, desk, forms
from cases.web.desk import Slot


@desk.of_case
def decide(request: HttpRequest, case: Any) -> HttpResponse:
    """Whether the complaint is right, as a whole and point by point, and why."""
    desk.require(request, case, Permission.DECIDE)
    standing = case.decision
    initial = {"outcome": standing.outcome, "reason": standing.reason} if standing else {}
    form = answer_forms.Decide(desk.given(request), points=case.points, initial=initial)
    slot = Slot(
        _("Decide again") if standing else _("Decision"),
        "gavel",
        form,
        reverse("handling-decide", args=[case.reference]),
        _("Record the decision"),
        hint=_("It takes the place of the one that stands; both stay in the journal.") if standing else "",
        template="case/decide.html",
        facts={"is_full": form.count >= commands.MOST_POINTS},
    )
    if request.method == "POST" and not form.is_bound:
        return desk.show(request, case, slot)
    return desk.ask(
        request,
        case,
        slot,
        lambda words: commands.decide(
            case_id=case.pk,
            outcome=Outcome(words["outcome"]),
            reason=words["reason"],
            points=form.points(),
            at=timezone.now(),
            actor=desk.actor_of(request),
        ),
        _("The decision is recorded."),
    )


@desk.of_case
def answer(request: HttpRequest, case: Any) -> HttpResponse:
    """How it ends, told to the complainant: in one text, or in the parts that the brand's regime demands."""
    desk.require(request, case, Permission.ANSWER)
    form = _answer_form(request, case)
    slot = Slot(
        _("Final answer"),
        "send",
        form,
        reverse("handling-answer", args=[case.reference]),
        _("Send the final answer"),
        hint=_("Say what was decided, what was done, and what they can do if they disagree."),
    )
    if case.decision is None:
        slot.hint = _("Record the decision first; the final answer tells it.")
    elif form.prepared:
        slot.hint = _("%(regime)s: these parts are demanded. What the case knows is written already; read it over.") % {
            "regime": form.prepared.regime.name
        }
        slot.template, slot.facts = "case/answer.html", _state(form)
    if request.method == "POST" and not form.is_bound:
        return desk.show(request, case, slot)
    return desk.ask(
        request,
        case,
        slot,
        lambda words: commands.send_final_answer(
            case_id=case.pk,
            text=words["text"],
            parts={} if words["route"] == AnswerRoute.UNREACHABLE else form.parts(),
            route=AnswerRoute(words["route"]),
            url=words.get("url", ""),
            once=words["once"],
            at=timezone.now(),
            actor=desk.actor_of(request),
        ),
        _("The final answer is recorded."),
    )


@require_POST
@desk.of_case
def check_answer(request: HttpRequest, case: Any) -> HttpResponse:
    """What an answer still lacks, and how the complainant would read it; nothing is kept."""
    desk.require(request, case, Permission.ANSWER)
    form = _answer_form(request, case)
    return render(request, "case/answer-state.html", desk.frame(request, case) | {"slot": {"facts": _state(form)}})


def _answer_form(request: HttpRequest, case: Any) -> answer_forms.Answer:
    regime = answers.regime_of(case.brand_id) if case.decision else None
    prepared = answers.prepare(case, regime, case.decision, case.points) if regime else None
    return answer_forms.Answer(desk.given(request), case=case, prepared=prepared, initial={"once": uuid.uuid4()})


def _state(form: answer_forms.Answer) -> dict[str, Any]:
    return {"gaps": form.gaps(), "preview": rules.joined(form.parts())}


@require_POST
@desk.of_case
def handle(request: HttpRequest, case: Any) -> HttpResponse:
    """Mark the case handled, with its cause if somebody knows it."""
    form = answer_forms.NameCause(request.POST, found=causes.offered(case.brand_id))
    if not form.is_valid():
        url = reverse("handling-handle", args=[case.reference])
        return desk.show(request, case, Slot(_("Cause"), "zoom-question", form, url, _("Mark handled")), status=422)
    try:
        commands.handle(
            case_id=case.pk,
            cause_id=form.cleaned_data["cause"],
            prevention=form.cleaned_data["prevention"],
            at=timezone.now(),
            actor=desk.actor_of(request),
        )
    except errors.GateClosed as closed:
        # The page shows the gate as it is now, each missing line a link to do it.
        messages.error(request, closed.message)
        return desk.done(request, case, "")
    return desk.done(request, case, _("Handled."), is_whole=True)


@desk.of_case
def name_cause(request: HttpRequest, case: Any) -> HttpResponse:
    """Why the complaint came about, and what would have prevented it."""
    desk.require(request, case, Permission.HANDLE)
    form = answer_forms.NameCause(
        desk.given(request),
        found=causes.offered(case.brand_id, case.cause_id),
        initial={"cause": case.cause_id, "prevention": case.prevention or ""},
    )
    slot = Slot(_("Cause"), "zoom-question", form, reverse("case-cause", args=[case.reference]), _("Keep"))
    return desk.ask(
        request,
        case,
        slot,
        lambda words: cause_commands.name_cause(
            case_id=case.pk,
            cause_id=words["cause"],
            prevention=words["prevention"],
            at=timezone.now(),
            actor=desk.actor_of(request),
        ),
        _("The cause is kept."),
    )


@desk.of_case
def reopen(request: HttpRequest, case: Any) -> HttpResponse:
    """Open the case again, with the reason."""
    desk.require(request, case, Permission.REOPEN)
    slot = Slot(
        _("Open the case again"),
        "rotate",
        forms.Reason(desk.given(request)),
        reverse("case-reopen", args=[case.reference]),
        _("Reopen"),
        hint=_("What was done stays done. A new final answer will be needed. The reason is kept as a note."),
    )
    return desk.ask(
        request,
        case,
        slot,
        lambda words: confirmation.reopen(
            case_id=case.pk, reason=words["reason"], at=timezone.now(), actor=desk.actor_of(request)
        ),
        _("The case is open again."),
        is_whole=True,
    )
