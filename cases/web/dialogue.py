"""What is said: three forms with three targets; who is who in the private threads; what arrived, as it came."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django import forms as fields
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cases import errors
from cases.commands import dialogue as commands
from cases.commands import invitation
from cases.models import Message, Post, PublicReply, Seer, Thread
from cases.queries import case as cases
from cases.rules.leak import Leak
from cases.vocabulary import Audience, Permission
from cases.web import compose, desk, forms, triage
from cases.web.desk import Slot

_REFUSED = (errors.Invalid, errors.Unreachable, errors.FileRefused)


class Words(fields.Form):
    """What is written in the composer; the words themselves are judged by the command."""

    text = fields.CharField(required=False, strip=False)
    once = fields.UUIDField(required=False)
    thread = fields.IntegerField(required=False)
    post = fields.IntegerField(required=False)
    url = fields.CharField(required=False, max_length=2000)
    invite = fields.BooleanField(required=False)


def _words(request: HttpRequest) -> dict[str, Any]:
    form = Words(request.POST)
    if not form.is_valid():
        raise errors.Invalid(
            _("The form is not as we sent it. Load the page again; what you wrote is kept as a draft.")
        )
    return form.cleaned_data


def _wrote(request: HttpRequest, case: Any, said: str, to: Audience) -> HttpResponse:
    messages.success(request, said)
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(desk.case_url(request, case))
    # The draft of what was sent is gone, those of the other audiences are as they were.
    case.kept = [draft for draft in case.kept if draft["audience"] != to]
    facts = desk.frame(request, case) | compose.facts(request, case)
    facts["composer"]["to"] = to
    return desk.refreshed(render(request, "case/composer.html", facts | {"is_answer": True}), case)


def _again(request: HttpRequest, case: Any, to: Audience, **given: Any) -> HttpResponse:
    """The composer once more, with what was typed and what is wrong."""
    case.kept = [draft for draft in case.kept if draft["audience"] != to]
    facts = compose.facts(request, case)["composer"]
    facts["text"][to.value] = request.POST.get("text", "")
    facts |= {"to": to, "refused": to, "once": request.POST.get("once") or uuid.uuid4()} | given
    if request.headers.get("HX-Request"):
        shown = desk.frame(request, case) | {"composer": facts, "is_answer": True}
        return render(request, "case/composer.html", shown, status=422)
    return desk.page(request, case, composer=facts, status=422)


@require_POST
@desk.of_case
def send_message(request: HttpRequest, case: Any) -> HttpResponse:
    """Write to the complainant in private."""
    try:
        words = _words(request)
        commands.send_message(
            case_id=case.pk,
            text=words["text"],
            thread_id=words["thread"],
            uploads=desk.uploads(request),
            once=words["once"],
            at=timezone.now(),
            actor=desk.actor_of(request),
        )
    except _REFUSED as refused:
        return _again(request, case, Audience.PRIVATE, error=refused.message)
    return _wrote(request, case, _("Sent in private."), Audience.PRIVATE)


@require_POST
@desk.of_case
def write_note(request: HttpRequest, case: Any) -> HttpResponse:
    """Tell colleagues something."""
    try:
        words = _words(request)
        commands.write_note(
            case_id=case.pk,
            text=words["text"],
            uploads=desk.uploads(request),
            once=words["once"],
            at=timezone.now(),
            actor=desk.actor_of(request),
        )
    except _REFUSED as refused:
        return _again(request, case, Audience.INTERNAL, error=refused.message)
    return _wrote(request, case, _("The note is kept."), Audience.INTERNAL)


@require_POST
@desk.of_case
def reply(request: HttpRequest, case: Any) -> HttpResponse:
    """Say something under a post of the case, for everyone."""
    try:
        words = _words(request)
        posts = Post.objects.filter(links__case=case, links__left_at__isnull=True).order_by("-posted_at", "-pk")
        post = (posts.filter(pk=words["post"]) if words["post"] else posts).first()
        if post is None:
            raise errors.NotFound
        written = _reply(request, post, words)
    except errors.Leaks as refused:
        marked = mark_leaks(request.POST.get("text", ""), refused.leaks)
        return _again(
            request, case, Audience.PUBLIC, error=refused.message, marked=marked, leaks=excerpts(refused.leaks)
        )
    except _REFUSED as refused:
        field = getattr(refused, "field", None)
        return _again(request, case, Audience.PUBLIC, error=refused.message, field=field)
    said = _("Kept: it stands in public.") if written.reply.url else _("Kept. Post it now, then say where it stands.")
    return _wrote(request, case, said, Audience.PUBLIC)


def _reply(request: HttpRequest, post: Post, words: dict[str, Any]) -> commands.Written:
    return commands.reply_in_public(
        post_id=post.pk,
        text=words["text"],
        url=words["url"].strip(),
        is_inviting=words["invite"],
        may_be_public=request.POST.getlist("may_be_public"),
        once=words["once"],
        at=timezone.now(),
        actor=desk.actor_of(request),
    )


@require_POST
@login_required
def reply_to_post(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Answer praise or a question in public."""
    post = _post(desk.seer_of(request), public_id)
    target = f"{reverse('inbox')}?view=triage&post={post.public_id}"
    try:
        _reply(request, post, _words(request))
        messages.success(request, _("Kept. Post it now, then say where it stands."))
    except (*_REFUSED, errors.Leaks) as refused:
        wrote = {
            "error": refused.message,
            "words": request.POST.get("text", ""),
            "address": request.POST.get("url", ""),
            "leaks": excerpts(refused.leaks) if isinstance(refused, errors.Leaks) else [],
        }
        return triage.page(request, refused=wrote, asked=str(public_id))
    return HttpResponseRedirect(target)


def excerpts(leaks: list[Leak]) -> list[str]:
    """The words that leak, each once."""
    return list(dict.fromkeys(leak.excerpt for leak in leaks))


def mark_leaks(text: str, leaks: list[Leak]) -> list[tuple[bool, str]]:
    """The text in pieces: whether each is a leak, and its words."""
    pieces, place = [], 0
    # The command judges the words without the blanks around them.
    text = text.replace("\r\n", "\n").strip()
    for leak in sorted(leaks, key=lambda leak: leak.start):
        if leak.start >= place:
            pieces += [(False, text[place : leak.start]), (True, text[leak.start : leak.end])]
            place = leak.end
    return [piece for piece in [*pieces, (False, text[place:])] if piece[1]]


@require_POST
@desk.of_case
def keep_draft(request: HttpRequest, case: Any, audience: str) -> HttpResponse:
    """Keep what somebody has begun to write."""
    commands.keep_draft(
        case_id=case.pk,
        audience=desk.audience(audience),
        text=request.POST.get("text", ""),
        at=timezone.now(),
        actor=desk.actor_of(request),
    )
    return HttpResponse(status=204)


@require_POST
@login_required
def mark_posted(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """A reply stands in public now."""
    seer = desk.seer_of(request)
    reply = PublicReply.objects.select_related("case", "post").filter(public_id=public_id).first()
    if reply is None or not Post.objects.filter(pk=reply.post_id).visible_to(seer).exists():
        raise errors.NotFound
    url = request.POST.get("url", "").strip()
    try:
        commands.mark_posted(reply_id=reply.pk, url=url, at=timezone.now(), actor=desk.actor_of(request))
        messages.success(request, _("Kept: it stands in public."))
    except errors.Invalid as refused:
        messages.error(request, refused.message)
    if reply.case is None:
        return HttpResponseRedirect(f"{reverse('inbox')}?view=triage&post={reply.post.public_id}")
    return desk.done(request, reply.case, "")


# ---- threads ----


def of_thread(view: Callable[[HttpRequest, Any, Any], HttpResponse]) -> Callable[..., HttpResponse]:
    """A view of one private thread and its case: signed in, and theirs to see."""

    @wraps(view)
    def found(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
        seer = desk.seer_of(request)
        thread = Thread.objects.filter(seer.cases("case__"), public_id=public_id).select_related("case").first()
        if thread is None:
            raise errors.NotFound
        return view(request, cases.of_reference(seer, thread.case.reference, request.user.pk), thread)

    return login_required(found)


@require_POST
@of_thread
def confirm_thread(request: HttpRequest, case: Any, thread: Any) -> HttpResponse:
    """We know that this is the complainant."""
    invitation.confirm(thread_id=thread.pk, at=timezone.now(), actor=desk.actor_of(request))
    return desk.done(request, case, _("Confirmed: their page shows them the case now."))


@require_POST
@of_thread
def refuse_thread(request: HttpRequest, case: Any, thread: Any) -> HttpResponse:
    """This is somebody else."""
    invitation.refuse(thread_id=thread.pk, at=timezone.now(), actor=desk.actor_of(request))
    return desk.done(request, case, _("Refused: their links have ended, and they learned nothing."))


@require_POST
@of_thread
def make_code(request: HttpRequest, case: Any, thread: Any) -> HttpResponse:
    """A code to send to the public account; it is shown once."""
    code = invitation.make_code(thread_id=thread.pk, at=timezone.now(), actor=desk.actor_of(request))
    hint = _("Send it as a direct message to their public account. Whoever types it in is confirmed; it ends in 48 h.")
    return _once(request, case, _("The code"), "key", code, hint)


@require_POST
@of_thread
def send_link(request: HttpRequest, case: Any, thread: Any) -> HttpResponse:
    """A fresh private link; it is shown once."""
    link = invitation.send_link(thread_id=thread.pk, at=timezone.now(), actor=desk.actor_of(request))
    hint = _("It was mailed where we know an address. You can also hand it over; whoever has it reads the page.")
    return _once(request, case, _("The private link"), "link", link, hint)


def _once(request: HttpRequest, case: Any, title: str, icon: str, once: str, hint: str) -> HttpResponse:
    slot = Slot(title, icon, forms.Nothing(), "", "", hint=hint, once=once)
    response = desk.show(request, case, slot)
    response["Cache-Control"] = "no-store"
    return desk.refreshed(response, case)


@require_POST
@of_thread
def revoke_links(request: HttpRequest, case: Any, thread: Any) -> HttpResponse:
    """End every link to this thread."""
    invitation.revoke_links(thread_id=thread.pk, at=timezone.now(), actor=desk.actor_of(request))
    return desk.done(request, case, _("Their links have ended. Send a new one when they need it."))


@login_required
def report_misdirected(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """A message went to the wrong person."""
    seer = desk.seer_of(request)
    message = Message.objects.filter(seer.cases("case__"), public_id=public_id).select_related("case").first()
    if message is None:
        raise errors.NotFound
    case = cases.of_reference(seer, message.case.reference, request.user.pk)
    desk.require(request, case, Permission.REPORT_MISDIRECTED)
    slot = Slot(
        _("It went to the wrong person"),
        "mail-forward",
        forms.Reason(desk.given(request)),
        reverse("dialogue-misdirected", args=[public_id]),
        _("Report it"),
        hint=_("The links to the thread end at once, the managers are told, and it is journalled."),
        css="btn-late",
    )
    return desk.ask(
        request,
        case,
        slot,
        lambda words: commands.report_misdirected(
            message_id=message.pk, reason=words["reason"], at=timezone.now(), actor=desk.actor_of(request)
        ),
        _("Reported. The managers are told."),
    )


# ---- what arrived, as it came ----


def _post(seer: Seer, public_id: uuid.UUID) -> Post:
    post = Post.objects.visible_to(seer).select_related("channel", "raw").filter(public_id=public_id).first()
    if post is None:
        raise errors.NotFound
    return post


@require_safe
@login_required
def original(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """A post byte for byte as it arrived, as a text file."""
    post = _post(desk.seer_of(request), public_id)
    response = HttpResponse(bytes(post.raw.body or b""), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="post-{post.public_id}.txt"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
