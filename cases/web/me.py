"""My account: name, language, colours, API tokens, and what I was told."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.commands import people as commands
from cases.commands import tokens
from cases.models import Notification, User
from cases.queries import people as queries
from cases.web import people_forms as forms
from cases.web.settings_forms import accept
from cases.web.setup import actor_of, show

# What each kind of notification says when one of us did it, and when none of us did.
TOLD = {
    "assigned": ("user-check", _l("%(by)s gave you this case"), _l("This case is yours now")),
    "handed_over": (
        "arrows-right-left",
        _l("%(by)s gave you a colleague’s cases"),
        _l("A colleague’s cases are yours now"),
    ),
    "action": ("checklist", _l("%(by)s gave you an action"), _l("An action is yours now")),
    "named": ("at", _l("%(by)s named you in a note"), _l("You are named in a note")),
    "praise": ("heart", _l("%(by)s passed praise on to you"), _l("Praise for you")),
    "wrote": ("message", _l("%(by)s wrote"), _l("The complainant wrote")),
    "reopened": ("rotate", _l("%(by)s reopened your case"), _l("Your case is open again")),
    "undelivered": ("mail-off", _l("A mail of your case did not arrive"), _l("A mail of your case did not arrive")),
    "misdirected": (
        "alert-triangle",
        _l("%(by)s reported a message that went to the wrong person"),
        _l("A message went to the wrong person"),
    ),
}
OTHER = ("bell", _l("%(by)s has news for you"), _l("There is news for you"))


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


@require_safe
@login_required
def notifications(request: HttpRequest) -> HttpResponse:
    """What I was told."""
    rows = [(row, *_sentence(row)) for row in queries.notifications(request.user.pk or 0)]
    facts = {"rows": rows, "has_new": any(row.read_at is None for row, _icon, _words in rows)}
    return show(request, "people/notifications.html", facts, section="notifications")


@require_POST
@login_required
def read_notifications(request: HttpRequest) -> HttpResponse:
    """I have seen them."""
    commands.read_notifications(at=timezone.now(), actor=actor_of(request))
    return redirect("settings-notifications")


def _sentence(row: Notification) -> tuple[str, str]:
    icon, by_somebody, by_nobody = TOLD.get(row.kind, OTHER)
    return icon, str(by_somebody) % {"by": row.by.name} if row.by else str(by_nobody)


def _me(request: HttpRequest) -> User:
    return User.objects.get(pk=request.user.pk or 0)


def _page(request: HttpRequest, person: User, **given: Any) -> HttpResponse:
    first = {"name": person.name, "language": person.language}
    own: dict[str, Any] = {"me_form": forms.MeForm(initial=first), "token_form": forms.TokenForm(auto_id="token_%s")}
    facts = {"person": person, **own, **given}
    facts["tokens"] = person.tokens.filter(revoked_at__isnull=True).order_by("-pk")
    wrong = next((facts[name] for name in own if facts[name].is_bound), None)
    return show(request, "people/me.html", facts, section="me", form=wrong)
