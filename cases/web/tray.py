"""What waits for a person: arrivals that could not be processed, deliveries of unknown outcome, odd callbacks."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from cases.commands import delivery, intake
from cases.models import Seer
from cases.queries import delivery as deliveries
from cases.queries import target as targets
from cases.web import desk

EXCERPT_BYTES = 600
SETTLED = {
    "again": gettext_lazy("It is sent again."),
    "arrived": gettext_lazy("Noted: it arrived."),
    "cancel": gettext_lazy("Cancelled: it is not sent."),
}


class SetAsideForm(forms.Form):
    """Why an arrival is taken out of the tray."""

    reason = forms.CharField(max_length=300, label=gettext_lazy("Reason"))


@require_safe
@login_required
def tray(request: HttpRequest) -> HttpResponse:
    """Both lists on one page."""
    return _page(request, _seer(request))


@require_POST
@login_required
def replay(request: HttpRequest, raw_id: int) -> HttpResponse:
    """Process an arrival again."""
    _seer(request)
    outcome = intake.replay(raw_id=raw_id, at=timezone.now(), actor=desk.actor_of(request))
    if outcome.reason:
        messages.error(request, _("It still cannot be processed: %(reason)s") % {"reason": outcome.reason})
    else:
        messages.success(request, _("It is processed now and stands in the inbox."))
    return redirect("tray")


@require_POST
@login_required
def set_aside(request: HttpRequest, raw_id: int) -> HttpResponse:
    """Take an arrival out of the tray, with a reason."""
    seer = _seer(request)
    form = SetAsideForm(request.POST, auto_id=f"reason-{raw_id}")
    if not form.is_valid():
        return _page(request, seer, {raw_id: form})
    intake.set_aside(raw_id=raw_id, reason=form.cleaned_data["reason"], actor=desk.actor_of(request))
    messages.success(request, _("Set aside. What arrived is kept."))
    return redirect("tray")


@require_POST
@login_required
def settle(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """Decide about a delivery: send it again, note that it arrived, or cancel it."""
    _seer(request)
    choice = request.POST.get("choice", "")
    delivery.settle(delivery_id=delivery_id, choice=choice, at=timezone.now(), actor=desk.actor_of(request))
    messages.success(request, SETTLED[choice])
    return redirect("tray")


def _seer(request: HttpRequest) -> Seer:
    seer = desk.seer_of(request)
    if not deliveries.may_look(seer):
        raise Http404
    return seer


def _page(request: HttpRequest, seer: Seer, bound: dict[int, SetAsideForm] | None = None) -> HttpResponse:
    raws = deliveries.raw_page(seer, _before(request, "arrival"))
    unsure = deliveries.delivery_page(seer, _before(request, "delivery"))
    odd: list[Any] = targets.callback_page(seer, _before(request, "callback"))
    shown = deliveries.SHOWN
    for each in odd:
        each.excerpt = bytes(each.body or b"")[:EXCERPT_BYTES].decode(errors="replace")
    forms_by_raw = bound or {}
    arrivals = [
        {
            "raw": raw,
            "excerpt": bytes(raw.body or b"")[:EXCERPT_BYTES].decode(errors="replace"),
            "is_cut": len(raw.body or b"") > EXCERPT_BYTES,
            "form": forms_by_raw.get(raw.pk) or SetAsideForm(auto_id=f"reason-{raw.pk}"),
        }
        for raw in raws[:shown]
    ]
    context = {
        "arrivals": arrivals,
        "more_arrivals": raws[shown - 1].pk if len(raws) > shown else None,
        "deliveries": unsure[:shown],
        "more_deliveries": unsure[shown - 1].pk if len(unsure) > shown else None,
        "callbacks": odd[:shown],
        "more_callbacks": odd[shown - 1].pk if len(odd) > shown else None,
        "is_paged": bool(request.GET),
    }
    return render(request, "tray/index.html", context, status=422 if bound else 200)


def _before(request: HttpRequest, name: str) -> int | None:
    given = request.GET.get(name, "")
    return int(given) if given.isdecimal() and len(given) < 18 else None
