"""Grants: which are in force and what is used of them; give one, put another in its place, end it; the budgets."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases import errors
from cases.commands import authority as commands
from cases.models import Brand
from cases.queries import authority
from cases.queries import grants as queries
from cases.vocabulary import Permission
from cases.web import grant_forms as forms
from cases.web import limits
from cases.web.authority import after_of, back_to, scope_of, show
from cases.web.desk import actor_of
from cases.web.settings_forms import accept


@require_safe
@login_required
def grants(request: HttpRequest) -> HttpResponse:
    """Who may decide what, and how much of it is used now."""
    scope = scope_of(request)
    is_over = request.GET.get("state") == "ended"
    page = queries.listed(scope.chosen, at=timezone.now(), is_over=is_over, after=after_of(request))
    return show(request, "authority/grants.html", scope, page=page, is_over=is_over)


@require_safe
@login_required
def budgets(request: HttpRequest) -> HttpResponse:
    """What each holder has used of the budgets in their windows."""
    scope = scope_of(request)
    page = queries.budgets(scope.chosen, at=timezone.now(), after=after_of(request))
    return show(request, "authority/budgets.html", scope, page=page)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def give(request: HttpRequest) -> HttpResponse:
    """New authority for a role, a team or a person."""
    scope = scope_of(request)
    if not scope.may_give:
        raise errors.NotAllowed
    brand = scope.may_give[0]
    is_setting_up = _sets_up(scope, brand)
    held = [] if is_setting_up else _held(request.user.pk or 0, brand)
    first: dict[str, Any] = {"currency": brand.currency}
    if held:
        # Fewer days than one's own would give more than one has.
        first["complainant_days"] = max(limit.grant.complainant_days for limit in held)
    form = forms.GrantForm(request.POST or None, brand=brand, initial=first)
    if form.is_valid():
        facts: dict[str, Any] = {
            "brand_id": brand.pk,
            "to": form.to,
            "terms": form.terms,
            "reason": form.cleaned_data["reason"],
        }
        if accept(form, commands.give_grant, **facts, at=timezone.now(), actor=actor_of(request)):
            messages.success(request, _("The authority is given, and stands in the journal."))
            return back_to("authority-grants", request)
    kinds = queries.kinds_of(limit.grant for limit in held)
    facts = {
        "brand": brand,
        "is_setting_up": is_setting_up,
        "own": [limits.sentence(each.grant, kinds) for each in held],
    }
    return show(request, "authority/grant_new.html", scope, form=form, **facts)


def _held(person_id: int, brand: Brand) -> list[authority.Limit]:
    """What the person may decide there by grants of their own: what they can give at most."""
    found = authority.limits_of(person_id, [brand.pk], timezone.now())
    return [limit for limit in found if limit.holder.pk == person_id]


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def grant(request: HttpRequest, grant_id: int) -> HttpResponse:
    """One grant: what it allows, since when and by whom; and, for those who may, another in its place."""
    scope = scope_of(request)
    found = queries.one(scope.seer, grant_id)
    line = queries.line_of(found, at=timezone.now())
    may_change = scope.may(found.brand, Permission.SET_UP, Permission.GRANT) and not line.is_over
    if request.method == "POST" and not may_change:
        raise errors.NotAllowed
    form = forms.GrantForm(request.POST or None, brand=found.brand, grant=found, initial=forms.first_of(found))
    if may_change and form.is_valid():
        facts: dict[str, Any] = {"terms": form.terms, "reason": form.cleaned_data["reason"]}
        new = accept(
            form, commands.replace_grant, grant_id=found.pk, **facts, at=timezone.now(), actor=actor_of(request)
        )
        if new:
            messages.success(request, _("The new grant takes the place of the old one; both stand in the journal."))
            return redirect("authority-grant", new.pk)
    return show(request, "authority/grant.html", scope, form=form, line=line, may_change=may_change)


@require_POST
@login_required
def end(request: HttpRequest, grant_id: int) -> HttpResponse:
    """End a grant at once."""
    found = queries.one(scope_of(request).seer, grant_id)
    commands.end_grant(grant_id=found.pk, at=timezone.now(), actor=actor_of(request))
    messages.success(request, _("The authority has ended. What was decided by it stays decided."))
    return back_to("authority-grants", request)


def _sets_up(scope: Any, brand: Brand) -> bool:
    return bool(scope.may(brand, Permission.SET_UP))
