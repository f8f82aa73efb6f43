"""The link in a mail that asks for an approval: it shows the request, and answers it once for the one asked."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases import errors
from cases.commands import approval as commands
from cases.commands import moves
from cases.queries import approval as approvals
from cases.queries import authority
from cases.vocabulary import UNHANDLED, Actor, ApprovalStatus, Gap, Passed
from cases.web import throttle
from cases.web.approval import STATES, RefuseForm, ReturnForm
from cases.web.private import sealed

MOST = 60
ANSWERS = ("approve", "refuse", "return")


@sealed
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, secret: str) -> HttpResponse:
    """Show what is asked, in the language of the one who is asked; only a sent form answers it."""
    try:
        asked = approvals.by_link(moves.digest_of(secret))
    except errors.LinkDead:
        return render(request, "approval/dead.html", status=404)
    with translation.override(asked.person.language):
        if request.user.is_authenticated and request.user.pk != asked.person_id:
            return render(request, "approval/not_yours.html", {"asked": asked}, status=403)
        if request.method == "POST":
            return _answer(request, secret, asked)
        return _page(request, secret, asked)


def _page(request: HttpRequest, secret: str, asked: Any, status: int = 200, **more: Any) -> HttpResponse:
    row, at = asked.approval, timezone.now()
    facts = {
        "asked": asked,
        "row": row,
        "secret": secret,
        "lines": authority.five_lines(row.case, row, authority.given_to(row.case.complainant_id)),
        "state_icon": STATES[ApprovalStatus(row.status)],
        "refuse_form": RefuseForm(auto_id="refuse-%s"),
        "return_form": ReturnForm(approval=row, auto_id="return-%s"),
    }
    facts["over"] = _over(asked, at)
    return render(request, "approval/mail.html", facts | more, status=status)


def _over(asked: Any, at: Any) -> str:
    """Why this link answers nothing any more, and what stands now; nothing while it does."""
    row = asked.approval
    if asked.reply:
        return _("Your answer stands: %(reply)s. The link works once.") % {
            "reply": str(asked.get_reply_display()).lower()
        }
    if row.status == ApprovalStatus.VOID:
        return _(
            "What was asked has changed since. This request is void and nothing was decided; if it still needs you, you"
            " get another mail."
        )
    if row.status == ApprovalStatus.WITHDRAWN:
        return _("Whoever asked has taken this back. Nothing was decided, and there is nothing for you to do.")
    if row.status != ApprovalStatus.WAITING:
        who = row.decided_by.name if row.decided_by else ""
        return _("%(who)s has answered this meanwhile. There is nothing for you to do.") % {"who": who}
    if asked.passed:
        why = Passed(asked.passed).label
        return _("This went on to somebody else (%(why)s). If you can still decide it, sign in and take it on.") % {
            "why": why
        }
    if row.case.status not in UNHANDLED:
        return _("The case is over. There is nothing to decide any more.")
    if approvals.is_link_over(asked, at):
        return _("Links in mails answer for three days. This request still waits for you: sign in to answer it.")
    found = authority.may_decide(
        asked.person_id, row.case, kind_id=row.kind_id, amount=row.amount, currency=row.currency, at=at
    )
    if isinstance(found, Gap):
        return _("You can no longer decide this: %(why)s. It goes on to the next who can.") % {"why": moves.why(found)}
    return ""


def _answer(request: HttpRequest, secret: str, asked: Any) -> HttpResponse:
    answer, row = str(request.POST.get("answer", "")), asked.approval
    if throttle.is_over(request, "approve", MOST):
        problem = _("Those were many answers in an hour. Nothing was decided; wait a while, please.")
        return _page(request, secret, asked, 429, problem=problem)
    common = {"approval_id": row.pk, "secret": secret, "at": timezone.now(), "actor": Actor.person(asked.person_id)}
    refuse_form = RefuseForm(request.POST if answer == "refuse" else None, auto_id="refuse-%s")
    return_form = ReturnForm(request.POST if answer == "return" else None, approval=row, auto_id="return-%s")
    forms = {"refuse_form": refuse_form, "return_form": return_form, "opened": answer}
    try:
        if answer == "approve":
            commands.approve(**common)
        elif answer == "refuse" and refuse_form.is_valid():
            commands.refuse(**common, reason=refuse_form.cleaned_data["reason"])
        elif answer == "return" and return_form.is_valid():
            given = return_form.cleaned_data
            commands.give_back(**common, reason=given["reason"], amount=given.get("amount"), wording=given["wording"])
        else:
            return _page(request, secret, asked, 422, **forms)
    except errors.Invalid as refused:
        return_form.add_error(refused.field if refused.field in return_form.fields else None, refused.message)
        return _page(request, secret, asked, 422, **forms)
    except errors.Refused as refused:
        again = approvals.by_link(moves.digest_of(secret))
        return _page(request, secret, again, refused.status, problem=refused.message)
    return HttpResponseRedirect(reverse("approve", args=[secret]))
