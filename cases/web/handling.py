"""The end of the path: decision, final answer, handled; and reopened."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases import errors
from cases.commands import confirmation
from cases.commands import handling as commands
from cases.vocabulary import AnswerRoute, Outcome, Permission
from cases.web import desk, forms
from cases.web.desk import Slot


@desk.of_case
def decide(request: HttpRequest, case: Any) -> HttpResponse:
    """Whether the complaint is right, and why."""
    desk.require(request, case, Permission.DECIDE)
    standing = case.decision
    initial = {"outcome": standing.outcome, "reason": standing.reason} if standing else None
    slot = Slot(
        _("Decide again") if standing else _("Decision"),
        "gavel",
        forms.Decide(desk.given(request), initial=initial),
        reverse("handling-decide", args=[case.reference]),
        _("Record the decision"),
        hint=_("It takes the place of the one that stands; both stay in the journal.") if standing else "",
    )
    return desk.ask(
        request,
        case,
        slot,
        lambda words: commands.decide(
            case_id=case.pk,
            outcome=Outcome(words["outcome"]),
            reason=words["reason"],
            at=timezone.now(),
            actor=desk.actor_of(request),
        ),
        _("The decision is recorded."),
    )


@desk.of_case
def answer(request: HttpRequest, case: Any) -> HttpResponse:
    """How it ends, told to the complainant."""
    desk.require(request, case, Permission.ANSWER)
    form = forms.Answer(desk.given(request), case=case, initial={"once": uuid.uuid4()})
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
    return desk.ask(
        request,
        case,
        slot,
        lambda words: commands.send_final_answer(
            case_id=case.pk,
            text=words["text"],
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
def handle(request: HttpRequest, case: Any) -> HttpResponse:
    """Mark the case handled."""
    try:
        commands.handle(case_id=case.pk, at=timezone.now(), actor=desk.actor_of(request))
    except errors.GateClosed as closed:
        # The page shows the gate as it is now, each missing line a link to do it.
        messages.error(request, closed.message)
        return desk.done(request, case, "")
    return desk.done(request, case, _("Handled."), is_whole=True)


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
