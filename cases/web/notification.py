"""What a person was told, and that they looked at it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from cases.commands import notification as commands
from cases.queries import notification as told
from cases.web import desk

# An icon and a sentence for each kind; "by" is whoever caused it.
KINDS: dict[str, tuple[str, Any]] = {
    "assigned": ("user-check", _("%(by)s gave you the case")),
    "handed_over": ("arrows-right-left", _("%(by)s gave you a colleague’s cases")),
    "action": ("checklist", _("%(by)s planned something for you to do")),
    "named": ("at", _("%(by)s named you in a note")),
    "wrote": ("message-2", _("The complainant wrote to you")),
    "reopened": ("rotate", _("The case is open again")),
    "misdirected": ("mail-forward", _("%(by)s reported a message that went to the wrong person")),
    "promise_due": ("clock", _("A day that was promised comes near")),
    "promise_broken": ("due-over", _("A promised day is over and it is not done; a message is prepared")),
    "deadlines_differed": ("alert-triangle", _("The nightly check found deadlines that come out differently")),
    "said_not_kept": ("mood-empty", _("The complainant says that a promise was not kept")),
    "closing_agreed": ("speakerphone", _("The complainant lets you say in public that it is settled")),
    "approval": ("scale", _("%(by)s asks for your approval")),
    "approval_granted": ("circle-check", _("%(by)s approved what you asked for")),
    "approval_refused": ("circle-x", _("%(by)s refused what you asked for, with the reason")),
    "approval_returned": ("arrow-back-up", _("%(by)s changed what you asked for and returned it")),
    "approval_passed": ("arrow-right", _("What you were asked to approve went on to somebody else")),
    "approval_stuck": ("alert-triangle", _("Nobody can decide now what was asked for")),
    "carried_out": ("plug", _("A connected system could not carry out an action")),
    "cancel_refused": ("plug", _("A connected system refuses to cancel an action")),
    "call_unsure": ("question-mark", _("Nobody knows what a connected system did with an action")),
    "call_unexpected": ("alert-triangle", _("A connected system says something that does not fit")),
    "undelivered": ("mail-off", _("A mail did not get through")),
    "delay_near": ("clock", _("The complainant is to be answered soon; a message about a delay is prepared")),
    "rule_called": ("stairs-up", _("The rule “%(rule)s” calls you")),
    "rule_bundle": ("stairs-up", _("Rules call you about several cases, “%(rule)s” first")),
    "rule_gone": ("alert-triangle", _("The rule “%(rule)s” names something that is no longer there")),
    "rule_loop": ("alert-triangle", _("Rules set each other off again and again, and were stopped: “%(rule)s”")),
    "praise": ("heart", _("%(by)s passed praise on to you")),
}


@require_safe
@login_required
def notifications(request: HttpRequest) -> HttpResponse:
    """What happened that concerns the person."""
    asked = request.GET.get("before", "")
    rows, before = told.page(desk.seer_of(request), int(asked) if asked.isdecimal() and len(asked) < 19 else None)
    for row in rows:
        icon, words = KINDS.get(row.kind, ("bell", _("Something happened")))
        row.icon = icon
        rule = row.escalation.rule.name if row.escalation else _("unknown")
        row.words = str(words) % {"by": row.by.name if row.by else "casedesk", "rule": rule}
    facts = {"rows": rows, "before": before, "has_new": any(row.read_at is None for row in rows)}
    return render(request, "notification/page.html", facts)


@require_POST
@login_required
def read(request: HttpRequest) -> HttpResponse:
    """All of them have been looked at."""
    commands.read_notifications(at=timezone.now(), actor=desk.actor_of(request))
    return HttpResponseRedirect(reverse("notifications"))


@require_POST
@login_required
def open_one(request: HttpRequest, notification_id: int) -> HttpResponse:
    """One of them has been looked at: on to what it is about."""
    commands.read_notifications(notification_id=notification_id, at=timezone.now(), actor=desk.actor_of(request))
    row = told.of_person(desk.seer_of(request), notification_id)
    if row.kind == "approval":
        return HttpResponseRedirect(reverse("approvals"))
    if row.escalation is not None:
        return HttpResponseRedirect(_of_rule(row))
    if row.case is not None:
        return HttpResponseRedirect(reverse("case", args=[row.case.reference]))
    if row.post is not None:
        return HttpResponseRedirect(reverse("post", args=[row.post.public_id]))
    return HttpResponseRedirect(reverse("notifications"))


def _of_rule(row: Any) -> str:
    """What a rule calls about: why it acted on the case, or all that it did where there are several, or the rule."""
    if row.kind in {"rule_gone", "rule_loop"}:
        return reverse("rule", args=[row.escalation.rule.public_id])
    if row.case is not None:
        return reverse("case-rules", args=[row.case.reference]) + f"#e-{row.escalation.public_id}"
    return reverse("escalations")
