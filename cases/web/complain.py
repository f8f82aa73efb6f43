"""A complaint without an account: the form of a brand, and what its writer gets for it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cases import errors
from cases.commands import intake
from cases.models import Channel
from cases.queries import private
from cases.vocabulary import SYSTEM
from cases.web import throttle
from cases.web.complain_forms import ComplainForm

# A family behind one address may have a bad day; a machine has a thousand.
MOST_AN_HOUR = 20


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def complain(request: HttpRequest, slug: str) -> HttpResponse:
    """The form of a brand; sent, it is a complaint with a reference and a private page."""
    try:
        channel = private.form_of(slug)
    except errors.NotFound:
        return render(request, "complain/absent.html", status=404)
    categories = list(private.categories_of(channel.brand))
    if request.method != "POST":
        return _shown(request, channel, ComplainForm(categories=categories))
    form = ComplainForm(request.POST, request.FILES, categories=categories)
    if not form.is_valid():
        return _shown(request, channel, form, 422)
    if throttle.is_over(request, "complain", MOST_AN_HOUR):
        form.add_error(
            None,
            gettext("Many complaints came from your connection in the last hour. Yours is still here; wait a while."),
        )
        return _shown(request, channel, form, 429)
    filed = _file(channel, form)
    if filed is None:
        return _shown(request, channel, form, 422)
    facts = {"brand": channel.brand, "filed": filed, "email": form.cleaned_data["email"], "at": timezone.now()}
    with timezone.override(ZoneInfo(channel.brand.zone)):
        response = render(request, "complain/filed.html", facts)
    response["Referrer-Policy"] = "no-referrer"
    return response


def _shown(request: HttpRequest, channel: Channel, form: ComplainForm, status: int = 200) -> HttpResponse:
    return render(request, "complain/form.html", {"brand": channel.brand, "form": form}, status=status)


def _file(channel: Channel, form: ComplainForm) -> intake.Filed | None:
    uploads = form.store()
    if uploads is None:
        return None
    given = form.cleaned_data
    complaint = intake.Complaint(
        text=given["text"],
        wish=given["wish"],
        wanted=given["wanted"],
        name=given["name"],
        email=given["email"],
        phone=given["phone"],
        language=(get_language() or "en")[:2],
        category=given["category"],
        on_behalf_of=given["on_behalf_of"],
        mandate=given["mandate"],
        is_anonymous=given["is_anonymous"] or not given["name"],
        once=str(given["once"]),
    )
    try:
        return intake.file_complaint(
            channel_id=channel.pk, complaint=complaint, uploads=uploads, at=timezone.now(), actor=SYSTEM
        )
    except errors.Invalid as refused:
        form.add_error(refused.field if refused.field in form.fields else None, refused.message)
        return None
