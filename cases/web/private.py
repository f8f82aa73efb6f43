"""The private page of a complainant: no account, only a link that nobody can guess."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from cases import errors
from cases.commands import case, confirmation, dialogue, invitation
from cases.models import Thread
from cases.queries import private
from cases.rules import text as texts
from cases.vocabulary import Actor, ActorKind, Satisfaction
from cases.web import files, throttle
from cases.web.complain_forms import MessageForm

View = Callable[..., HttpResponseBase]
MOST_MESSAGES, MOST_CODES, MOST_LINKS = 60, 20, 5


def sealed(view: View) -> View:
    """A page behind a secret link: kept nowhere, indexed nowhere, its address told to nobody; dead links end kindly.

    The link is the only key, no cookie is: so there is nothing that another site could abuse, and the forms work in
    browsers that keep no cookies. Without a referrer browsers send no origin either, so Django's check could not pass.
    """

    @wraps(view)
    def inner(request: HttpRequest, secret: str, **given: Any) -> HttpResponseBase:
        try:
            response = view(request, secret, **given)
        except errors.LinkDead as dead:
            words = str(request.POST.get("text") or request.POST.get("words") or "")
            facts = {"refusal": dead, "secret": secret, "words": words, "is_invitation": _is_invitation(request)}
            response = render(request, "private/dead.html", facts, status=dead.status)
        except errors.Refused as refusal:
            response = render(request, "errors/refused.html", {"refusal": refusal}, status=refusal.status)
        response["Referrer-Policy"] = "no-referrer"
        response["Cache-Control"] = "private, no-store"
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return response

    return csrf_exempt(inner)


def asked(view: View) -> View:
    """A form's target: whoever loads its address again, as after an error, comes back to the page it is on."""

    @wraps(view)
    def inner(request: HttpRequest, secret: str, **given: Any) -> HttpResponseBase:
        if request.method in {"GET", "HEAD"}:
            return HttpResponseRedirect(_page_of(request, secret))
        return view(request, secret, **given)

    return require_http_methods(["GET", "HEAD", "POST"])(inner)


def _page_of(request: HttpRequest, secret: str) -> str:
    return reverse("claim" if _is_claim(request) else "private", args=[secret])


def _is_invitation(request: HttpRequest) -> bool:
    return bool(request.resolver_match and request.resolver_match.url_name == "claim")


@sealed
@require_safe
def page(request: HttpRequest, secret: str) -> HttpResponse:
    """The question first, then what was promised, then what was said."""
    return _shown(request, secret, _thread(secret))


@sealed
@asked
def write(request: HttpRequest, secret: str) -> HttpResponse:
    """Write to us, with files; the same form sent twice is one message."""
    thread = _thread(secret)
    form = MessageForm(request.POST, request.FILES)
    if not form.is_valid():
        return _shown(request, secret, thread, form=form, status=422)
    if throttle.is_over(request, "write", MOST_MESSAGES):
        form.add_error(None, gettext("Those were many messages in an hour. Yours is still here; wait a while, please."))
        return _shown(request, secret, thread, form=form, status=429)
    uploads = form.store()
    if uploads is None:
        return _shown(request, secret, thread, form=form, status=422)
    given = form.cleaned_data
    try:
        dialogue.receive_message(
            thread_id=thread.pk,
            text=given["text"],
            uploads=uploads,
            once=given["once"],
            at=timezone.now(),
            actor=_writer(thread),
        )
    except errors.Invalid as refused:
        form.add_error("text", refused.message)
        return _shown(request, secret, thread, form=form, status=422)
    messages.success(request, gettext("Your message is with us."))
    return _back(secret, "#last")


@sealed
@asked
def read(request: HttpRequest, secret: str) -> HttpResponse:
    """Our messages are before them now; the page says so by itself, or they say it with a button."""
    thread = _thread(secret)
    dialogue.read_messages(thread_id=thread.pk, at=timezone.now(), actor=_writer(thread))
    return HttpResponse(status=204) if request.POST.get("quiet") else _back(secret)


@sealed
@asked
def say_whether(request: HttpRequest, secret: str) -> HttpResponse:
    """Yes, in part, or no and why."""
    thread = _known(secret)
    answer, words = str(request.POST.get("answer", "")), str(request.POST.get("words", ""))
    if answer not in Satisfaction.values:
        raise errors.Invalid(gettext("Choose yes, in part or no."), "answer")
    try:
        confirmation.confirm(
            thread_id=thread.pk,
            answer=Satisfaction(answer),
            words=words,
            may_say_publicly=bool(request.POST.get("may_say_publicly")),
            at=timezone.now(),
            actor=_writer(thread),
        )
    except errors.Invalid as refused:
        said = {"answer": answer, "words": words, "error": refused.message}
        return _shown(request, secret, thread, said=said, status=422)
    except errors.ChangedMeanwhile:
        # A colleague opened the case again meanwhile: then this is a message like any other.
        if not texts.is_blank(words):
            dialogue.receive_message(thread_id=thread.pk, text=words, at=timezone.now(), actor=_writer(thread))
        messages.success(request, gettext("Your case is open again already. What you wrote is with us."))
    return _back(secret)


@sealed
@require_safe
def promises(request: HttpRequest, secret: str) -> HttpResponse:
    """How the promises stand now, for a page that looks again by itself; nothing while nothing has changed."""
    thread = _known(secret)
    if request.GET.get("revision") == str(thread.case.revision):
        return HttpResponse(status=204)
    page = private.page_of(thread, timezone.now())
    with timezone.override(ZoneInfo(thread.case.brand.zone)):
        return render(request, "private/promises.html", {"page": page, "secret": secret})


@sealed
@asked
def say_of_promise(request: HttpRequest, secret: str, public_id: UUID) -> HttpResponse:
    """Whether one promise was kept."""
    thread = _known(secret)
    said = str(request.POST.get("said", ""))
    if said not in Satisfaction.values:
        raise errors.Invalid(gettext("Choose yes, in part or no."), "said")
    found = private.promise_of(thread, public_id)
    confirmation.say_of_promise(
        thread_id=thread.pk, promise_id=found.pk, said=Satisfaction(said), at=timezone.now(), actor=_writer(thread)
    )
    return _back(secret, "#ask-h")


@sealed
@asked
def agree_to_closing(request: HttpRequest, secret: str) -> HttpResponse:
    """They let us say in public that it is settled."""
    thread = _known(secret)
    confirmation.agree_to_closing(thread_id=thread.pk, at=timezone.now(), actor=_writer(thread))
    messages.success(request, gettext("Thank you. We may say in public that it is settled, and nothing more."))
    return _back(secret)


@sealed
@asked
def enter_code(request: HttpRequest, secret: str) -> HttpResponse:
    """The code that came to their public account: from then on the page shows the case."""
    thread = _thread(secret)
    if thread.verified_at is not None:
        return _back(secret)
    code = str(request.POST.get("code", ""))[:40]
    if throttle.is_over(request, "code", MOST_CODES):
        wrong = gettext("Those were many codes in an hour. Wait a while, please.")
        return _shown(request, secret, thread, wrong=wrong, status=429)
    if not code.strip():
        return _shown(request, secret, thread, wrong=gettext("Type the code first."), status=422)
    if not invitation.enter_code(thread_id=thread.pk, code=code, at=timezone.now(), actor=_writer(thread)):
        return _shown(request, secret, thread, wrong=errors.CodeWrong().message, status=422)
    messages.success(request, gettext("Thank you. Now we know that it is you."))
    return _back(secret)


@sealed
@asked
def withdraw(request: HttpRequest, secret: str) -> HttpResponse:
    """They take the complaint back, after saying that they mean it."""
    thread = _known(secret)
    if request.POST.get("sure") != "yes":
        return _back(secret, "#withdraw")
    case.withdraw(case_id=thread.case_id, at=timezone.now(), actor=_writer(thread))
    messages.success(request, gettext("Your complaint is withdrawn. What was written stays on this page."))
    return _back(secret)


@sealed
@asked
def renew(request: HttpRequest, secret: str) -> HttpResponse:
    """A new link, by mail to the address we know; the answer is the same whether we know one or not."""
    if throttle.is_over(request, "renew", MOST_LINKS):
        return render(request, "429.html", status=429)
    invitation.renew_link(secret=secret, at=timezone.now(), actor=Actor(ActorKind.COMPLAINANT))
    return render(request, "private/renewed.html")


@sealed
@require_safe
def exchange(request: HttpRequest, secret: str) -> HttpResponse:
    """Everything on the page as a text to keep."""
    shown = private.page_of(_thread(secret), timezone.now())
    with timezone.override(ZoneInfo(shown.brand.zone)):
        response = render(request, "private/exchange.txt", {"page": shown, "now": timezone.now()})
    name = shown.case.reference if shown.is_known else shown.brand.slug
    response["Content-Type"] = "text/plain; charset=utf-8"
    response["Content-Disposition"] = f'attachment; filename="{name}.txt"'
    return response


@sealed
@require_safe
def file(request: HttpRequest, secret: str, public_id: UUID) -> HttpResponseBase:
    """A file that stands on the page."""
    found = private.file_of(_thread(secret), public_id)
    return files.sent(found, is_preview=bool(request.GET.get("preview")))


@sealed
@asked
def choose_language(request: HttpRequest, secret: str) -> HttpResponse:
    """English or French, kept in a cookie."""
    response = HttpResponseRedirect(_page_of(request, secret))
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, samesite="Lax", secure=request.is_secure())
    return response


def _is_claim(request: HttpRequest) -> bool:
    return bool(request.resolver_match and request.resolver_match.url_name == "claim-language")


def _thread(secret: str) -> Thread:
    return private.thread_of(secret, timezone.now())


def _known(secret: str) -> Thread:
    thread = _thread(secret)
    if thread.verified_at is None:
        raise errors.NotFound
    return thread


def _writer(thread: Thread) -> Actor:
    if thread.verified_at is None or thread.complainant_id is None:
        return Actor(ActorKind.COMPLAINANT)
    return Actor.complainant(thread.complainant_id)


def _back(secret: str, fragment: str = "") -> HttpResponse:
    return HttpResponseRedirect(reverse("private", args=[secret]) + fragment)


def _shown(
    request: HttpRequest,
    secret: str,
    thread: Thread,
    *,
    form: MessageForm | None = None,
    status: int = 200,
    **said: Any,
) -> HttpResponse:
    facts = {"page": private.page_of(thread, timezone.now()), "secret": secret, "form": form or MessageForm(), **said}
    with timezone.override(ZoneInfo(thread.case.brand.zone)):
        return render(request, "private/page.html", facts, status=status)
