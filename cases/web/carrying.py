"""Actions that a connected system has: cancelled, asked about, and settled by a person who knows more."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from cases import errors
from cases.commands import callback
from cases.commands import carrying as commands
from cases.queries import action as actions
from cases.queries import target as targets
from cases.rules import permission as permissions
from cases.vocabulary import Permission, Proof, SystemStatus
from cases.web import desk, gatelines
from cases.web.action import of_action
from cases.web.forms import AmountField, amount_text, day_it_took_place


class DoneForm(forms.Form):
    """What a person knows of an action that was done."""

    words = forms.CharField(
        label=gettext_lazy("How you know it"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 2})
    )
    reference = forms.CharField(label=gettext_lazy("The system’s reference"), max_length=120)
    amount = AmountField(label=gettext_lazy("What was paid"), required=False)


class NotDoneForm(forms.Form):
    """What a person knows of an action that was not done."""

    words = forms.CharField(
        label=gettext_lazy("How you know it"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 2})
    )


@require_POST
@of_action
def cancel(request: HttpRequest, case: Any, action: Any) -> HttpResponse:
    """Ask the system not to do it."""
    commands.cancel_sent(action_id=action.pk, at=timezone.now(), actor=desk.actor_of(request))
    return desk.done(request, case, _("The system is asked to cancel it. What it answers will stand here."))


@require_POST
@of_action
def ask(request: HttpRequest, case: Any, action: Any) -> HttpResponse:
    """Ask the system how it stands."""
    commands.ask_again(action_id=action.pk, at=timezone.now(), actor=desk.actor_of(request))
    return desk.done(request, case, _("Asked. The answer will stand here."))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def settle(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """What is known of an action that a system has, and what a person can do about it."""
    seer = desk.seer_of(request)
    action = actions.by_id(seer, public_id)
    if not permissions.may(seer.roles.get(action.case.brand_id), Permission.SETTLE_DELIVERY):
        raise errors.NotAllowed
    choice = request.POST.get("choice", "")
    done = DoneForm(
        request.POST if choice == "done" else None, initial={"amount": amount_text(action.amount)}, auto_id="done-%s"
    )
    not_done = NotDoneForm(request.POST if choice == "not_done" else None, auto_id="not-%s")
    if not action.kind.has_amount:
        done.fields.pop("amount")
    if action.kind.proof == Proof.DATE:
        done.fields["done_on"] = day_it_took_place()
    given: dict[str, Any] = {"action_id": action.pk, "at": timezone.now(), "actor": desk.actor_of(request)}
    said = ""
    if choice == "ask":
        commands.ask_again(**given)
        said = _("Asked. The answer will stand in the case.")
    elif choice == "again":
        commands.send_again(**given)
        said = _("It is sent again, with the same key.")
    elif done.is_bound and done.is_valid() and desk.attempt(done, lambda: _done(given, done.cleaned_data)):
        said = _("Noted: it was done.")
    elif (
        not_done.is_bound
        and not_done.is_valid()
        and desk.attempt(not_done, lambda: commands.settle_not_done(**given, words=not_done.cleaned_data["words"]))
    ):
        said = _("Noted: it did not happen. Propose it again, or waive it.")
    if said:
        messages.success(request, said)
        return redirect("tray")
    facts = {
        "action": action,
        "title": gatelines.title_of(action),
        "calls": targets.calls_of(action),
        "may_send_again": action.system_status == SystemStatus.UNKNOWN,
        "is_sent": targets.is_sent(action),
        "done": done,
        "not_done": not_done,
    }
    return render(request, "tray/action.html", facts, status=422 if done.is_bound or not_done.is_bound else 200)


def _done(given: dict[str, Any], words: dict[str, Any]) -> object:
    proof = {"reference": words["reference"], "amount": words.get("amount"), "done_on": words.get("done_on")}
    return commands.settle_done(**given, words=words["words"], **proof)


@require_POST
@login_required
def seen(request: HttpRequest, callback_id: int) -> HttpResponse:
    """A person has looked at what a system told, and done what was to be done."""
    callback.note_callback(callback_id=callback_id, at=timezone.now(), actor=desk.actor_of(request))
    messages.success(request, _("Noted. What it said is kept."))
    return redirect("tray")
