"""The set-up pages of connected systems: the list, one of them, and its secret, which is shown once."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.commands import target as commands
from cases.models import Brand, Target
from cases.queries import target as queries
from cases.rules import request as requests
from cases.web import settings_forms, target_forms
from cases.web.desk import actor_of
from cases.web.setup import set_up_of, show


@require_safe
@login_required
def targets(request: HttpRequest, slug: str) -> HttpResponse:
    """A brand's connected systems."""
    seer, brand = set_up_of(request, slug)
    page = queries.targets(brand, request.GET.get("after", ""))
    return show(request, "setup/targets.html", {"seer": seer, "brand": brand, "page": page, "part": "targets"})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def target_edit(request: HttpRequest, slug: str, target_id: int | None = None) -> HttpResponse:
    """A new connected system, or one that is there."""
    seer, brand = set_up_of(request, slug)
    target = _one(brand, target_id) if target_id else None
    names = ("name", "url", "timeout", "poll_minutes", "is_active")
    initial = {name: getattr(target, name) for name in names} if target else None
    form = target_forms.TargetForm(request.POST or None, is_new=target is None, initial=initial)
    rows = target_forms.fact_rows(request.POST or None, target.mapping if target else requests.DEFAULT)
    if form.is_valid() and rows.is_valid():
        given = {**form.cleaned_data, "mapping": rows.mapping, "actor": actor_of(request)}
        if target is None:
            made = settings_forms.accept(form, commands.create_target, brand_id=brand.pk, **given)
            if made:
                return _secret(request, brand, made)
        elif settings_forms.accept(form, commands.change_target, target_id=target.pk, **given):
            messages.success(request, _("“%(name)s” is kept.") % {"name": given["name"]})
            return redirect("settings-targets", slug)
    facts = {"seer": seer, "brand": brand, "target": target, "rows": rows, "part": "targets"}
    return show(request, "setup/target.html", facts | _where(target), form=form)


@require_POST
@login_required
def renew_secret(request: HttpRequest, slug: str, target_id: int) -> HttpResponse:
    """Another secret; the old one ends at once."""
    _seer, brand = set_up_of(request, slug)
    target = _one(brand, target_id)
    return _secret(request, brand, commands.renew_secret(target_id=target.pk, actor=actor_of(request)))


def _secret(request: HttpRequest, brand: Brand, made: commands.NewSecret) -> HttpResponse:
    facts = {"brand": brand, "target": made.target, "secret": made.secret, "part": "targets"}
    return show(request, "setup/target_secret.html", facts | _where(made.target))


def _where(target: Target | None) -> dict[str, Any]:
    return {"callback_url": f"{settings.SITE_URL}/api/v1/callbacks/{target.public_id}/"} if target else {}


def _one(brand: Brand, target_id: int) -> Target:
    row = Target.objects.filter(brand=brand, pk=target_id).first()
    if row is None:
        raise Http404
    return row
