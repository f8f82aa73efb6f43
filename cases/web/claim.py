"""The page that an invitation's link opens: empty of everything about the case, it only takes words and a contact."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_http_methods

from cases import errors
from cases.commands import invitation
from cases.models import Brand
from cases.queries import private
from cases.vocabulary import Actor, ActorKind
from cases.web import throttle
from cases.web.complain_forms import ClaimForm
from cases.web.private import sealed

MOST_AN_HOUR = 20
SOMEBODY = Actor(ActorKind.COMPLAINANT)


@sealed
@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: HttpRequest, secret: str) -> HttpResponse:
    """Whoever opens it learns which brand wrote the invitation; what they write becomes a thread of their own."""
    brand = private.invited_by(secret, timezone.now())
    if request.method != "POST":
        return _shown(request, brand, ClaimForm())
    form = ClaimForm(request.POST, request.FILES)
    if not form.is_valid():
        return _shown(request, brand, form, 422)
    if throttle.is_over(request, "claim", MOST_AN_HOUR):
        form.add_error(None, gettext("Many messages came from your connection in the last hour. Wait a while, please."))
        return _shown(request, brand, form, 429)
    uploads = form.store()
    if uploads is None:
        return _shown(request, brand, form, 422)
    given = form.cleaned_data
    try:
        claimed = invitation.claim(
            secret=secret,
            name=given["name"],
            contact=given["contact"],
            text=given["text"],
            language=(get_language() or "en")[:2],
            uploads=uploads,
            once=given["once"],
            at=timezone.now(),
            actor=SOMEBODY,
        )
    except errors.Invalid as refused:
        form.add_error("text", refused.message)
        return _shown(request, brand, form, 422)
    return HttpResponseRedirect(reverse("private", args=[claimed.link.rstrip("/").rpartition("/")[2]]))


def _shown(request: HttpRequest, brand: Brand, form: ClaimForm, status: int = 200) -> HttpResponse:
    return render(request, "private/claim.html", {"brand": brand, "form": form}, status=status)
