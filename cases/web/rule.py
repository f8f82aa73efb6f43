"""The rules of a brand: listed by where they stand, in their order with what they do to each other, moved, guarded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from cases import errors
from cases.commands import rule as commands
from cases.models import Brand, Rule
from cases.queries import rule as queries
from cases.queries import rule_names, rule_rows, sweeping
from cases.queries import setup as setups
from cases.queries.rule import Shelf, Standing
from cases.rules import escalation
from cases.rules.starting_rules import STARTING_RULES
from cases.vocabulary import Reason
from cases.web import rule_alerts, rule_words
from cases.web.authority import Scope, after_of, scope_of, show
from cases.web.desk import actor_of, seer_of
from cases.web.tags import lasting

SHELVES = {
    Shelf.LIVE: ("player-play", gettext_lazy("Live rules")),
    Shelf.DRAFTS: ("pencil", gettext_lazy("Drafts of rules")),
    Shelf.PAUSED: ("player-pause", gettext_lazy("Paused rules")),
    Shelf.RETIRED: ("archive", gettext_lazy("Retired rules")),
}
# Those who were called that a line of the list names.
NAMED = 3


@dataclass(frozen=True, slots=True)
class Row:
    """A rule on a list, in words."""

    standing: Standing
    words: str
    vain: list[tuple[str, int]]
    is_first: bool
    is_last: bool

    @property
    def named(self) -> list[tuple[str, int]]:
        """Who was called most."""
        return self.standing.stats.called[:NAMED]

    @property
    def others(self) -> int:
        """How many more were called."""
        return len(self.standing.stats.called) - NAMED


class GuardForm(forms.Form):
    """How often rules may call one person."""

    calls_an_hour = forms.IntegerField(label=gettext_lazy("Calls an hour"), min_value=1, max_value=commands.MOST_CALLS)


@require_safe
@login_required
def rules(request: HttpRequest) -> HttpResponse:
    """The rules of a brand that stand on one shelf, each as its sentence with what it did."""
    scope, brand = scope_of_rules(request)
    found = queries.rules_of([brand.pk], scope.seer, timezone.now())
    shelf = _shelf(request, found)
    request.shelf = shelf  # type: ignore[attr-defined]  # the side navigation marks it
    standing = [each for each in found if shelf in each.shelves]
    facts = {
        "brand": brand,
        "here": urlencode({"brand": brand.slug, "shelf": shelf.value}),
        "late": late_words(sweeping.lateness()),
        "shelf": shelf,
        "title": SHELVES[shelf][1],
        "rows": _rows(standing, brand),
        "has_none": not found,
        "starting": [] if found else _starting(brand),
        "may_set_up": setups.may_set_up(scope.seer, brand.pk),
        "guard": GuardForm(initial={"calls_an_hour": brand.calls_an_hour}),
    }
    return show(request, "rule/rules.html", scope, **facts)


@require_safe
@login_required
def order(request: HttpRequest) -> HttpResponse:
    """The rules in the order in which they act, and what they do to each other."""
    scope, brand = scope_of_rules(request)
    found = [each for each in queries.rules_of([brand.pk], scope.seer, timezone.now()) if not each.rule.retired_at]
    met, rings = queries.conflicts_of(brand.pk)
    facts = {
        "brand": brand,
        "here": urlencode({"brand": brand.slug, "to": "order"}),
        "rows": _rows(found, brand),
        "alerts": rule_alerts.loops(rings) + rule_alerts.conflicts(met, brand),
        "may_set_up": setups.may_set_up(scope.seer, brand.pk),
    }
    return show(request, "rule/order.html", scope, **facts)


@require_safe
@login_required
def escalations(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Every time a rule matched, in cases that the person may open, the latest first."""
    seer = seer_of(request)
    found = queries.rule_to_read(seer, public_id)
    request.brand = found.brand  # type: ignore[attr-defined]  # the side navigation counts its rules
    page = rule_rows.escalations(found, seer, after_of(request))
    return render(request, "rule/escalations.html", {"rule": found, "brand": found.brand, "page": page})


def scope_of_rules(request: HttpRequest) -> tuple[Scope, Brand]:
    """Who reads the rules of which brand; raises NotAllowed and NotFound."""
    scope = scope_of(request, is_all_allowed=False)
    if scope.brand is None:
        raise errors.NotFound
    request.brand = scope.brand  # type: ignore[attr-defined]  # the side navigation counts its rules
    return scope, scope.brand


def late_words(lateness: sweeping.Lateness) -> str:
    """Why the evaluator is an alarm, or nothing while it keeps up."""
    if not lateness.is_alarming:
        return ""
    if lateness.beat_at is None:
        return _("The evaluator has never run. Start a worker and the timetable; nothing is lost meanwhile.")
    gap = lasting(timedelta(seconds=lateness.seconds))
    return _("The evaluator is %(gap)s late. See to its worker; what is due is done late, and says so.") % {"gap": gap}


def _shelf(request: HttpRequest, found: list[Standing]) -> Shelf:
    """The shelf that the address names, else the first that is not empty."""
    asked = request.GET.get("shelf", "")
    if asked in list(Shelf):
        return Shelf(asked)
    return next((shelf for shelf in Shelf if any(shelf in each.shelves for each in found)), Shelf.LIVE)


def _rows(standing: list[Standing], brand: Brand) -> list[Row]:
    names = rule_names.names_of([each.ladder for each in standing if each.ladder])
    rows = []
    for place, each in enumerate(standing):
        words = rule_words.sentence(each.ladder, names, brand) if each.ladder else ""
        vain = [(str(Reason(reason).label), times) for reason, times in each.stats.in_vain.items()]
        rows.append(Row(each, words, vain, place == 0, place == len(standing) - 1))
    return rows


def _starting(brand: Brand) -> list[dict[str, Any]]:
    found = []
    for each in STARTING_RULES:
        ladder = escalation.parse(each.when, each.condition, each.steps, each.stop, each.missed)
        words = rule_words.sentence(ladder, rule_names.Names(), brand)
        found.append({"code": each.code, "name": each.name, "words": words})
    return found


# ---- what is done to rules ----


@require_POST
@login_required
def adopt(request: HttpRequest) -> HttpResponse:
    """A ready-made rule as a draft."""
    _scope, brand = scope_of_rules(request)
    setups.require_set_up(seer_of(request), brand.pk)
    code = request.POST.get("code", "")
    made = commands.adopt_rule(brand_id=brand.pk, code=code, at=timezone.now(), actor=actor_of(request))
    said = _("“%(name)s” is a draft now. Read it, replay it, and put it live.")
    messages.success(request, said % {"name": made.name})
    return redirect("rule", made.public_id)


@require_POST
@login_required
def guard(request: HttpRequest) -> HttpResponse:
    """How often rules may call one person in an hour."""
    _scope, brand = scope_of_rules(request)
    setups.require_set_up(seer_of(request), brand.pk)
    form = GuardForm(request.POST)
    if form.is_valid():
        commands.change_calls(brand_id=brand.pk, **form.cleaned_data, actor=actor_of(request))
        messages.success(request, _("Kept."))
    else:
        said = {"most": commands.MOST_CALLS}
        messages.error(request, _("Give a number of calls from 1 to %(most)d. Nothing was changed.") % said)
    return redirect(_back(brand, request))


def _back(brand: Brand, request: HttpRequest) -> str:
    asked = {"brand": brand.slug} | ({"shelf": request.GET["shelf"]} if request.GET.get("shelf") in list(Shelf) else {})
    name = "rules-order" if request.GET.get("to") == "order" else "rules"
    return f"{reverse(name)}?{urlencode(asked)}"


@require_POST
@login_required
def move(request: HttpRequest, public_id: UUID, move: str) -> HttpResponse:
    """Earlier or later in the order, paused, resumed, retired, or its draft thrown away."""
    found = queries.rule_to_set_up(seer_of(request), public_id)
    if move in {"up", "down"}:
        return _shift(request, found, -1 if move == "up" else 1)
    said = _MOVES.get(move)
    if said is None:
        raise Http404
    word = request.POST.get("revision", "")
    given: dict[str, Any] = {
        "rule_id": found.pk,
        "revision": int(word) if word.isdecimal() and len(word) < 10 else 0,
        "actor": actor_of(request),
    }
    if move != "discard":
        given["at"] = timezone.now()
    if move == "resume":
        given["skip"] = request.POST.get("skip") == "yes"
    try:
        said[0](**given)
    except (errors.Invalid, errors.ChangedMeanwhile) as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, str(said[1]) % {"name": found.name})
    return redirect("rule", public_id)


_MOVES: dict[str, tuple[Any, Any]] = {
    "pause": (
        commands.pause,
        gettext_lazy("“%(name)s” is paused: it looks at nothing, and steps that come due are left out."),
    ),
    "resume": (commands.resume, gettext_lazy("“%(name)s” acts again.")),
    "retire": (commands.retire, gettext_lazy("“%(name)s” is retired. What it did stays in every journal.")),
    "discard": (commands.discard_draft, gettext_lazy("The draft of “%(name)s” is gone.")),
}


def _shift(request: HttpRequest, rule: Rule, by: int) -> HttpResponse:
    """One place up or down among the rules that are shown together."""
    brand = rule.brand
    standing = [each for each in queries.rules_of([brand.pk], seer_of(request), timezone.now())
                if each.rule.retired_at is None]  # fmt: skip
    asked = request.GET.get("shelf", "")
    shown = [each.rule.pk for each in standing if asked not in list(Shelf) or Shelf(asked) in each.shelves]
    ids = [each.rule.pk for each in standing]
    place = shown.index(rule.pk) + by if rule.pk in shown else -1
    if 0 <= place < len(shown):
        one, other = ids.index(rule.pk), ids.index(shown[place])
        ids.insert(other, ids.pop(one))
        try:
            commands.reorder(brand_id=brand.pk, rule_ids=ids, actor=actor_of(request))
        except errors.ChangedMeanwhile as refused:
            messages.error(request, refused.message)
    return redirect(f"{_back(brand, request)}#rule-{rule.pk}")
