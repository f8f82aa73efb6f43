"""My account: name, language, colours and API tokens."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cases.commands import people as commands
from cases.commands import tokens
from cases.models import User
from cases.web import people_forms as forms
from cases.web.desk import actor_of
from cases.web.settings_forms import accept
from cases.web.setup import show


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def me(request: HttpRequest) -> HttpResponse:
    """My name and language, and my tokens."""
    person = _me(request)
    form = forms.MeForm(request.POST or None, initial={"name": person.name, "language": person.language})
    if form.is_valid():
        changed = accept(
            form, commands.change_own_name, person_id=person.pk, **form.cleaned_data, actor=actor_of(request)
        )
        if changed:
            with translation.override(changed.language):
                messages.success(request, _("Kept."))
            response = redirect("settings-me")
            response.set_cookie(settings.LANGUAGE_COOKIE_NAME, changed.language, samesite="Lax")
            return response
    return _page(request, person, me_form=form)


@require_POST
@login_required
def make_token(request: HttpRequest) -> HttpResponse:
    """A new token; its secret stands on this one page and nowhere else."""
    person = _me(request)
    form = forms.TokenForm(request.POST, auto_id="token_%s")
    if form.is_valid():
        made = accept(form, tokens.make_token, person_id=person.pk, **form.cleaned_data, actor=actor_of(request))
        if made:
            response = _page(request, person, made=made)
            response["Cache-Control"] = "no-store"
            return response
    return _page(request, person, token_form=form)


@require_POST
@login_required
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """End one of my tokens."""
    if not _me(request).tokens.filter(pk=token_id).exists():
        raise Http404
    tokens.revoke_token(token_id=token_id, at=timezone.now(), actor=actor_of(request))
    messages.success(request, _("The token no longer works."))
    return redirect("settings-me")


def _me(request: HttpRequest) -> User:
    return User.objects.get(pk=request.user.pk or 0)


def _page(request: HttpRequest, person: User, **given: Any) -> HttpResponse:
    first = {"name": person.name, "language": person.language}
    own: dict[str, Any] = {"me_form": forms.MeForm(initial=first), "token_form": forms.TokenForm(auto_id="token_%s")}
    facts = {"person": person, **own, **given}
    facts["tokens"] = person.tokens.filter(revoked_at__isnull=True).order_by("-pk")
    wrong = next((facts[name] for name in own if facts[name].is_bound), None)
    return show(request, "people/me.html", facts, section="me", form=wrong)
