"""Who is away and who decides for them; and what everybody may decide themselves, with what is left of it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases import errors
from cases.commands import authority as commands
from cases.models import Brand
from cases.queries import authority, grants, ledger
from cases.rules.permission import may_own
from cases.vocabulary import Permission
from cases.web import grant_forms as forms
from cases.web import limits
from cases.web.authority import Scope, after_of, back_to, scope_of, show
from cases.web.desk import actor_of, seer_of
from cases.web.settings_forms import accept


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def absences(request: HttpRequest) -> HttpResponse:
    """Everybody who is away, and their deputies; managers and admins note more."""
    scope = scope_of(request)
    able = [brand for brand in scope.chosen if scope.may(brand, Permission.SET_UP, Permission.GRANT)]
    if request.method == "POST" and not able:
        raise errors.NotAllowed
    form = None
    if able:
        form = forms.AbsenceForm(request.POST or None, brand=able[0], today=_today(able[0]))
        if form.is_valid() and _noted(request, form, able[0], **form.given()):
            return back_to("authority-absences", request)
    is_over = request.GET.get("state") == "ended"
    page = ledger.absences(scope.chosen, at=timezone.now(), is_over=is_over, after=after_of(request))
    today = {brand.pk: _today(brand) for brand in scope.chosen}
    facts: dict[str, Any] = {"page": page, "is_over": is_over, "able": able[0] if able else None, "today": today}
    return show(request, "authority/absences.html", scope, form=form, **facts)


@require_POST
@login_required
def end(request: HttpRequest, absence_id: int) -> HttpResponse:
    """Somebody is back."""
    found = ledger.absence(seer_of(request), absence_id)
    commands.end_absence(absence_id=found.pk, at=timezone.now(), actor=actor_of(request))
    if "mine" in request.POST:
        messages.success(request, _("Noted: you are not away, and nobody decides for you."))
        return back_to("my-authority", request)
    messages.success(request, _("Noted: they are not away any more, and nobody decides for them."))
    return back_to("authority-absences", request)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def mine(request: HttpRequest) -> HttpResponse:
    """What I may decide, what is left of it, on whose authority; when I am away and who decides for me."""
    scope = _own(request)
    at, person_id = timezone.now(), request.user.pk or 0
    form = None
    if scope.brand or scope.brands:
        brand = scope.chosen[0]
        form = forms.AbsenceForm(request.POST or None, brand=brand, person_id=person_id, today=_today(brand))
        if form.is_valid() and _noted(request, form, brand, person_id=person_id, **form.given()):
            return back_to("my-authority", request)
    away = ledger.own_absences(scope.seer, at)
    found = _apart(authority.limits_of(person_id, [brand.pk for brand in scope.chosen], at), person_id)
    kinds = grants.kinds_of(limit.grant for limit in found)
    deputies = {each.person_id: each for each in away if each.deputy_id == person_id}
    facts = {
        "scope": scope,
        "form": form,
        "lines": [limits.said(limit, kinds, person_id, deputies) for limit in found],
        "absences": [each for each in away if each.person_id == person_id],
        "stands_in": list(deputies.values()),
        "today": timezone.localdate(),
    }
    status = 422 if form is not None and form.is_bound else 200
    return render(request, "authority/mine.html", facts, status=status)


def _apart(found: list[authority.Limit], person_id: int) -> list[authority.Limit]:
    """The limits without those lent by somebody that are the person's own as well, out of the same purse."""
    own = {limit.grant.pk for limit in found if limit.holder.pk == person_id}
    return [each for each in found if each.holder.pk == person_id or each.grant.pk not in own or each.grant.budget_each]


def _own(request: HttpRequest) -> Scope:
    seer = seer_of(request)
    owning = [brand_id for brand_id, role in seer.roles.items() if may_own(role)]
    brands = list(Brand.objects.filter(pk__in=owning).order_by("name", "pk"))
    slug = request.GET.get("brand", "")
    brand = next((each for each in brands if each.slug == slug), None)
    if slug and brand is None:
        raise errors.NotFound
    return Scope(seer, brands, brand or (brands[0] if len(brands) == 1 else None))


def _noted(request: HttpRequest, form: forms.AbsenceForm, brand: Brand, **given: Any) -> bool:
    noted = accept(form, commands.note_absence, brand_id=brand.pk, **given, at=timezone.now(), actor=actor_of(request))
    if noted:
        messages.success(request, _("The absence is noted."))
    return noted is not None


def _today(brand: Brand) -> date:
    return grants.day_of(brand, timezone.now())
