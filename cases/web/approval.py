"""Requests for approval: what waits for me, what I asked for, what I could decide, and what became of the others."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from cases import errors
from cases.commands import approval as commands
from cases.models import Approval
from cases.queries import approval as approvals
from cases.queries import authority
from cases.vocabulary import UNHANDLED, ApprovalStatus, Gap, Passed, Reply
from cases.web import desk
from cases.web.forms import AmountField, amount_text, area

VIEWS = {
    "me": ("scale", gettext_lazy("Waits for me")),
    "asked": ("send", gettext_lazy("I asked for")),
    "others": ("users", gettext_lazy("Waits for others, I could decide")),
    "answered": ("history", gettext_lazy("Answered")),
}
STATES = {
    ApprovalStatus.WAITING: "hourglass",
    ApprovalStatus.GRANTED: "circle-check",
    ApprovalStatus.REFUSED: "circle-x",
    ApprovalStatus.RETURNED: "arrow-back-up",
    ApprovalStatus.WITHDRAWN: "x",
    ApprovalStatus.VOID: "ban",
}


class RefuseForm(forms.Form):
    """Why it is refused."""

    reason = forms.CharField(label=gettext_lazy("Why not"), widget=area(2), max_length=2000)


class ReturnForm(forms.Form):
    """What should be different; the owner then decides it, or asks again."""

    amount = AmountField(label=gettext_lazy("Amount"), required=False)
    wording = forms.CharField(label=gettext_lazy("In words"), max_length=300, required=False)
    reason = forms.CharField(label=gettext_lazy("What should be different, and why"), widget=area(2), max_length=2000)

    def __init__(self, *args: Any, approval: Approval, **kwargs: Any) -> None:
        kwargs["initial"] = {"amount": amount_text(approval.amount), "wording": approval.wording}
        super().__init__(*args, **kwargs)
        if not approval.kind.has_amount:
            del self.fields["amount"]


def shown(row: Any, person_id: int | None, *, is_able: bool = False) -> Any:
    """A request with what the page says of it, and what this person may do with it."""
    row.lines = authority.five_lines(row.case, row, row.given)
    row.state_icon = STATES[ApprovalStatus(row.status)]
    is_open = row.status == ApprovalStatus.WAITING and row.case.status in UNHANDLED
    row.now = next((one for one in row.history if not one.reply and not one.passed), None) if is_open else None
    row.asks_me = row.now is not None and row.now.person_id == person_id
    said_yes = any(one.person_id == person_id and one.reply == Reply.APPROVED for one in row.history)
    is_mine = row.requested_by_id == person_id
    row.may_answer = is_open and not is_mine and not said_yes and (row.asks_me or is_able)
    row.may_withdraw = is_open and (is_mine or row.case.owner_id == person_id)
    row.is_stuck = is_open and row.now is None
    row.consents = sum(one.reply == Reply.APPROVED for one in row.history)
    if row.may_answer:
        row.refuse_form = RefuseForm(auto_id=f"refuse-{row.pk}-%s")
        row.return_form = ReturnForm(approval=row, auto_id=f"return-{row.pk}-%s")
    return row


@require_safe
@login_required
def approval_list(request: HttpRequest) -> HttpResponse:
    """One view of the requests, what waits for the person first."""
    view, after = request.GET.get("view", ""), request.GET.get("after", "")
    view = view if view in VIEWS else "me"
    seer = desk.seer_of(request)
    key = int(after) if after.isdecimal() and len(after) < 19 else None
    rows, following = approvals.page(seer, view, key, timezone.now())
    facts = {
        "rows": [shown(row, seer.person_id, is_able=view == "others") for row in rows],
        "view": view,
        "views": [(name, icon, label) for name, (icon, label) in VIEWS.items()],
        "title": VIEWS[view][1],
        "after": following,
        "here": request.get_full_path(),
    }
    return render(request, "approval/page.html", facts)


def _one(request: HttpRequest, public_id: uuid.UUID) -> Any:
    row = approvals.one(desk.seer_of(request), public_id)
    if row.status != ApprovalStatus.WAITING:
        return shown(row, request.user.pk)
    found = authority.may_decide(
        request.user.pk or 0,
        row.case,
        kind_id=row.kind_id,
        amount=row.amount,
        currency=row.currency,
        at=timezone.now(),
    )
    return shown(row, request.user.pk, is_able=not isinstance(found, Gap))


@require_safe
@login_required
def approval(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One request, who was asked, and what they said."""
    return _page(request, _one(request, public_id))


def _page(request: HttpRequest, row: Any, status: int = 200, opened: str = "") -> HttpResponse:
    facts = {"row": row, "opened": opened, "here": reverse("approvals")}
    return render(request, "approval/one.html", facts, status=status)


def answers(view: Callable[[HttpRequest, Any], HttpResponse]) -> Callable[..., HttpResponse]:
    """A form's target: what is refused is said on the page of the request, where it stands now."""

    @wraps(view)
    def inner(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
        row = _one(request, public_id)
        try:
            return view(request, row)
        except (errors.NotFound, errors.NotAllowed):
            raise
        except errors.Refused as refusal:
            messages.error(request, refusal.message)
            return HttpResponseRedirect(reverse("approval", args=[public_id]))

    return require_POST(login_required(inner))


def _done(request: HttpRequest, said: str) -> HttpResponse:
    messages.success(request, said)
    target = str(request.POST.get("next", ""))
    is_ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(target if is_ours else reverse("approvals"))


@answers
def approve(request: HttpRequest, row: Any) -> HttpResponse:
    """Yes, to exactly this."""
    done = commands.approve(approval_id=row.pk, at=timezone.now(), actor=desk.actor_of(request))
    if done.status == ApprovalStatus.WAITING:
        return _done(request, _("Approved. A second person is asked now."))
    return _done(request, _("Approved."))


@answers
def refuse(request: HttpRequest, row: Any) -> HttpResponse:
    """No, and why."""
    form = RefuseForm(request.POST, auto_id=f"refuse-{row.pk}-%s")
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        commands.refuse(approval_id=row.pk, reason=reason, at=timezone.now(), actor=desk.actor_of(request))
        return _done(request, _("Refused; whoever asked reads why."))
    row.refuse_form = form
    return _page(request, row, 422, "refuse")


@answers
def give_back(request: HttpRequest, row: Any) -> HttpResponse:
    """Not like this: changed, and given back to whoever plans it."""
    form = ReturnForm(request.POST, approval=row, auto_id=f"return-{row.pk}-%s")
    if form.is_valid():
        given = form.cleaned_data
        try:
            commands.give_back(
                approval_id=row.pk,
                reason=given["reason"],
                amount=given.get("amount"),
                wording=given["wording"],
                at=timezone.now(),
                actor=desk.actor_of(request),
            )
        except errors.Invalid as refused:
            form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        else:
            return _done(request, _("Changed and returned."))
    row.return_form = form
    return _page(request, row, 422, "return")


@answers
def pass_on(request: HttpRequest, row: Any) -> HttpResponse:
    """Somebody else should answer."""
    commands.pass_on(approval_id=row.pk, why=Passed.BY_HAND, at=timezone.now(), actor=desk.actor_of(request))
    return _done(request, _("Passed on to the next who can."))


@answers
def withdraw(request: HttpRequest, row: Any) -> HttpResponse:
    """It is not asked any more."""
    commands.withdraw(approval_id=row.pk, at=timezone.now(), actor=desk.actor_of(request))
    return _done(request, _("Taken back. The action is proposed again."))
