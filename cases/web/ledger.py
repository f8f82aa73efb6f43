"""The ledger of waivers, and the rates of currencies."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cases import errors
from cases.commands import authority as commands
from cases.queries import grants, ledger
from cases.web import grant_forms as forms
from cases.web.authority import back_to, scope_of, show
from cases.web.desk import actor_of
from cases.web.settings_forms import accept


@require_safe
@login_required
def waivers(request: HttpRequest) -> HttpResponse:
    """Every action that somebody took upon them not to have done."""
    scope = scope_of(request)
    page = ledger.waivers(scope.seer, scope.chosen, request.GET.get("after", ""))
    return show(request, "authority/waivers.html", scope, page=page)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def rates(request: HttpRequest) -> HttpResponse:
    """What currencies are worth, from which day on; an admin adds more."""
    scope = scope_of(request)
    brand = next(iter(scope.may_set_up), None)
    if request.method == "POST" and brand is None:
        raise errors.NotAllowed
    form = None
    if brand is not None:
        at = timezone.now()
        form = forms.RateForm(request.POST or None, brand=brand, today=grants.day_of(brand, at))
        if form.is_valid():
            given = form.cleaned_data
            if accept(form, commands.set_rate, brand_id=brand.pk, **given, at=at, actor=actor_of(request)):
                messages.success(request, _("The rate is kept, and stands in the journal."))
                return back_to("authority-rates", request)
    page = ledger.rates(scope.chosen, request.GET.get("after", ""))
    return show(request, "authority/rates.html", scope, form=form, page=page, brand=brand)
