"""Putting the draft of a rule live: how many cases match now, what changes, and what becomes of those cases."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases import errors
from cases.commands import rule as commands
from cases.queries import rule as queries
from cases.queries import rule_count, rule_names
from cases.vocabulary import RuleLimits
from cases.web import rule_words
from cases.web.desk import actor_of
from cases.web.rule_edit import alerts_of, of_rule, spoken

_NOT_LIVE = (errors.Invalid, errors.RuleNamesGone, errors.MatchesMany, errors.RulesLoop, errors.ChangedMeanwhile)


class LiveForm(forms.Form):
    """Whether a draft acts on what is so already; the number is said again where it is large."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    past = forms.ChoiceField(choices=[("0", ""), ("1", "")], initial="0")
    expected = forms.IntegerField(required=False, min_value=0, max_value=10**9)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def rule_live(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What putting the draft live means: how many cases match now, what changes; with a yes, it is live."""
    found, standing = of_rule(request, public_id, to_change=True)
    if standing.draft is None:
        messages.error(request, _("There is no draft to put live."))
        return redirect("rule", public_id)
    form = LiveForm(request.POST or None, initial={"revision": found.revision, "past": "0"})
    fault = ""
    if form.is_valid():
        given = form.cleaned_data
        try:
            version = commands.publish(
                rule_id=found.pk,
                revision=given["revision"],
                act_on_past=given["past"] == "1",
                expected=given["expected"],
                at=timezone.now(),
                actor=actor_of(request),
            )
        except _NOT_LIVE as no:
            fault = no.message
        else:
            said = {"name": found.name, "n": version.number}
            messages.success(request, _("“%(name)s” is live, version %(n)d.") % said)
            return redirect("rule", public_id)
    elif form.is_bound:
        fault = _("Say what shall become of the cases that match already.")
    return _show_live(request, standing, form, fault)


def _show_live(request: HttpRequest, standing: queries.Standing, form: LiveForm, fault: str) -> HttpResponse:
    rule, brand = standing.rule, standing.rule.brand
    ladder = queries.readable(standing.draft) if standing.draft else None
    live = queries.readable(standing.live) if standing.live else None
    names = rule_names.names_of([each for each in (ladder, live) if each])
    count = rule_count.count_now(brand.pk, ladder, timezone.now()) if ladder else 0
    facts = {
        "rule": rule,
        "brand": brand,
        "standing": standing,
        "form": form,
        "fault": fault,
        "count": count,
        "is_many": count > RuleLimits.ASK_ABOVE,
        "spoken": spoken(ladder, names, brand),
        "against": [rule_words.change(each, names, brand) for each in queries.difference_to_live(standing)],
        "alerts": alerts_of(brand, rule.name, rule.pk, ladder, names),
    }
    return render(request, "rule/live.html", facts, status=422 if fault else 200)
