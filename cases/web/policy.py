"""The pages of policies: which deadlines the cases of a brand have, in sentences; made, replaced, ended, adopted."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases import errors
from cases.commands import policy as commands
from cases.models import Brand, Calendar, Policy, Seer
from cases.queries import deadline as deadlines
from cases.queries import policy as queries
from cases.rules.policies import PACKS, Pack
from cases.vocabulary import Goal
from cases.web import calendar_words, settings_forms
from cases.web import policy_forms as forms
from cases.web import policy_words as words
from cases.web.desk import actor_of
from cases.web.setup import read_of, set_up_of, show
from cases.web.tags import catalogue_text

_TWICE = lazy("Every case has two deadlines now for: %(goals)s. End the older one here if you do not need it.")


@dataclass(frozen=True, slots=True)
class Said:
    """A policy in words, and how many open cases have it."""

    row: Policy
    sentence: str
    scope: str
    name: str
    cases: int = 0
    is_more: bool = False


@require_safe
@login_required
def policies(request: HttpRequest, slug: str) -> HttpResponse:
    """The deadlines that the brand's cases have, what is ready-made, what ended, and the last nightly check."""
    seer, brand = read_of(request, slug)
    categories = _categories(brand)
    usual = _usual(brand)
    found = [_said(row, categories, cases, usual) for row, cases in queries.with_counts(seer, queries.standing(brand))]
    groups = [(Goal(goal).label, list(rows)) for goal, rows in groupby(found, key=lambda said: said.row.goal)]
    for_all = _for_every_case([said.row for said in found])
    adopted = {said.row.pack for said in found}
    facts = {
        "groups": groups,
        "most": queries.MOST,
        "packs": [_pack(pack, pack.code in adopted, for_all, usual) for pack in PACKS.values()],
        "ended": [_said(row, categories, usual=usual) for row in queries.ended(brand)],
        "part": "policies",
        **_check(seer, brand),
    }
    return show(request, "policy/list.html", {"seer": seer, "brand": brand, **facts})


def _check(seer: Seer, brand: Brand) -> dict[str, Any]:
    """The last nightly check; its numbers are those of every brand, so only an organisation's admin reads them."""
    return {"check": deadlines.last_check(), "differing": queries.checked_differences(seer, brand)}


def _categories(brand: Brand) -> dict[int, str]:
    return {each.pk: catalogue_text(each.label) for each in brand.categories.all()}


def _usual(brand: Brand) -> Calendar | None:
    """The calendar of the brand."""
    return brand.calendars.filter(is_default=True).first()


def _holidays(calendar: Calendar | None) -> str:
    return calendar_words.place(calendar.country, calendar.region) if calendar else ""


def _for_every_case(rows: Iterable[Policy]) -> set[str]:
    """What must have happened in every case already."""
    return {row.goal for row in rows if not (row.category_ids or row.severities or row.sorts)}


def _said(row: Policy, categories: dict[int, str], cases: int = 0, usual: Calendar | None = None) -> Said:
    sentence = words.sentence(row, row.calendar.name if row.calendar else "", _holidays(row.calendar or usual))
    scope = words.scope(words.names_of(row.category_ids, categories), row.severities, row.sorts)
    # Most are called what they ask for, which their group says already.
    name = catalogue_text(row.name)
    name = "" if name == str(Goal(row.goal).label) else name
    return Said(row, sentence, scope, name, min(cases, queries.MOST), cases > queries.MOST)


def _pack(pack: Pack, is_adopted: bool, for_all: Collection[str], usual: Calendar | None) -> dict[str, Any]:
    holidays = _holidays(usual)
    lines = [
        {"code": one.code, "name": one.name, "sentence": words.sentence(one, holidays=holidays)}
        for one in pack.policies
    ]
    named = {"code": pack.code, "name": pack.name, "source": pack.source}
    return {**named, "lines": lines, "is_adopted": is_adopted, "doubled": ", ".join(_doubled(pack, for_all).values())}


def _doubled(pack: Pack, for_all: Collection[str]) -> dict[str, str]:
    """Which goals of a pack every case has a deadline for already, and what they are called."""
    return {one.goal.value: str(one.goal.label) for one in pack.policies if one.goal in for_all}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def policy_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Another deadline, from nothing or from one that is ready-made."""
    seer, brand = set_up_of(request, slug)
    ready = forms.ready(request.GET.get("ready", ""))
    initial = forms.initial_of(ready) if ready else forms.FIRST
    form = forms.PolicyForm(request.POST or None, brand=brand, initial=initial)
    if form.is_valid():
        given = {"brand_id": brand.pk, "terms": form.terms(), "at": timezone.now(), "actor": actor_of(request)}
        if settings_forms.accept(form, commands.add_policy, **given):
            messages.success(request, _("Cases that come in from now on have this deadline."))
            return redirect("settings-policies", slug)
    facts = {"seer": seer, "brand": brand, "part": "policies", "sentence": _sentence(form)}
    return show(request, "policy/edit.html", facts, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def policy_edit(request: HttpRequest, slug: str, policy_id: int) -> HttpResponse:
    """Another deadline in the place of one; open cases keep theirs."""
    seer, brand = set_up_of(request, slug)
    row = _one(brand, policy_id)
    form = forms.PolicyForm(request.POST or None, brand=brand, policy=row, initial=forms.initial_of(row))
    if form.is_valid():
        given = {"policy_id": row.pk, "terms": form.terms(), "at": timezone.now(), "actor": actor_of(request)}
        if settings_forms.accept(form, commands.replace_policy, **given):
            messages.success(request, _("Kept for cases that come in from now on. Open cases keep theirs."))
            return redirect("settings-policies", slug)
    said = queries.with_counts(seer, queries.standing(brand).filter(pk=row.pk))
    facts = {"policy": row, "cases": said[0][1] if said else 0, "part": "policies", "sentence": _sentence(form)}
    return show(request, "policy/edit.html", {"seer": seer, "brand": brand, **facts}, form=form)


@require_POST
@login_required
def policy_sentence(request: HttpRequest, slug: str) -> HttpResponse:
    """What the form says, as a sentence; nothing is kept."""
    _seer, brand = set_up_of(request, slug)
    form = forms.PolicyForm(request.POST, brand=brand)
    return render(request, "policy/sentence.html", {"sentence": _sentence(form)})


def _sentence(form: forms.PolicyForm) -> str:
    """What the form says so far; nothing while that makes no sentence."""
    if not form.is_bound:
        start = {**{name: field.initial for name, field in form.fields.items()}, **form.initial}
        form = forms.PolicyForm({k: v for k, v in start.items() if v not in (None, False)}, brand=form.brand)
    if not form.is_valid():
        return ""
    terms = form.terms()
    if terms.extends and not (terms.extend_amount and terms.extend_unit):
        return ""
    chosen = dict(form.fields["calendar"].choices).get(str(terms.calendar_id), "")  # type: ignore[attr-defined]
    names = dict(form.fields["category_ids"].choices)  # type: ignore[attr-defined]
    scope = words.scope(words.names_of(terms.category_ids, names), terms.severities, terms.sorts)
    own = form.brand.calendars.filter(pk=terms.calendar_id).first() if terms.calendar_id else _usual(form.brand)
    said = words.sentence(terms, str(chosen), _holidays(own))
    return f"{said} {_('For %(cases)s.') % {'cases': scope}}"


@require_POST
@login_required
def policy_end(request: HttpRequest, slug: str, policy_id: int) -> HttpResponse:
    """No deadline begins under it any more; open cases keep theirs."""
    _seer, brand = set_up_of(request, slug)
    row = _one(brand, policy_id)
    try:
        commands.end_policy(policy_id=row.pk, at=timezone.now(), actor=actor_of(request))
    except errors.ChangedMeanwhile as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("No case gets it any more. Open cases keep theirs."))
    return redirect("settings-policies", slug)


@require_POST
@login_required
def policy_adopt(request: HttpRequest, slug: str) -> HttpResponse:
    """Every deadline of a ready-made pack, beside those that are there."""
    _seer, brand = set_up_of(request, slug)
    pack = PACKS.get(request.POST.get("pack", ""))
    if pack is None:
        raise Http404
    doubled = _doubled(pack, _for_every_case(queries.standing(brand)))
    try:
        commands.adopt_pack(brand_id=brand.pk, pack=pack.code, at=timezone.now(), actor=actor_of(request))
    except errors.Invalid as refused:
        messages.error(request, refused.message)
    else:
        said = _("Cases that come in from now on have the deadlines of “%(pack)s”.")
        messages.success(request, said % {"pack": catalogue_text(pack.name)})
        if doubled:
            messages.warning(request, _TWICE % {"goals": ", ".join(doubled.values())})
            return redirect(reverse("settings-policies", args=[slug]) + f"#goal-{next(iter(doubled))}")
    return redirect("settings-policies", slug)


def _one(brand: Brand, policy_id: int) -> Policy:
    row = brand.policies.select_related("calendar").filter(pk=policy_id).first()
    if row is None:
        raise Http404
    return row
