"""Triage: one post after another, by keyboard; praise and questions answered and passed on."""

from __future__ import annotations

import uuid
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
from cases.commands import confirmation
from cases.commands import triage as commands
from cases.queries import dialogue, people
from cases.queries import triage as triages
from cases.rules import permission as permissions
from cases.vocabulary import UNHANDLED, ChannelKind, ObservationKind, Permission, PostKind, Severity, Status, Wish
from cases.web import desk, forms, gatelines, seen

KEYS = {PostKind.COMPLAINT: "c", PostKind.PRAISE: "p", PostKind.QUESTION: "q", PostKind.OTHER: "o"}
ICONS = {
    PostKind.COMPLAINT: "message-report",
    PostKind.PRAISE: "heart",
    PostKind.QUESTION: "help",
    PostKind.OTHER: "message-off",
}


class Verdict(fields.Form):
    """What a post is; several buttons send the same form."""

    kind = fields.ChoiceField(choices=PostKind.choices)
    category = fields.IntegerField(required=False)
    severity = fields.TypedChoiceField(
        required=False, choices=Severity.choices, coerce=int, empty_value=None, widget=fields.RadioSelect
    )
    wish = fields.ChoiceField(required=False, choices=Wish.choices)
    is_separate = fields.BooleanField(required=False)


def page(request: HttpRequest, *, refused: dict[str, Any] | None = None, asked: str = "") -> HttpResponse:
    """The posts that wait, one of them open; after a refusal with what was written and why it was not taken."""
    seer = desk.seer_of(request)
    brand_id = desk.wanted(request).brand_id
    after = request.GET.get("after", "")
    todo = triages.untriaged(seer, brand_id, int(after) if after.isdecimal() and len(after) < 19 else None)
    facts: dict[str, Any] = {
        "todo": [_row(row) for row in todo.rows],
        "after": todo.after,
        "unanswered": [_row(row) for row in triages.unanswered(seer, brand_id).rows],
        "list_query": desk.list_query(request),
    }
    if request.GET.get("part") == "rows":
        return render(request, "triage/rows.html", facts)
    asked = asked or request.GET.get("post", "") or (str(todo.rows[0].post.public_id) if todo.rows else "")
    if asked:
        facts |= _card(request, _id(asked))
        ids = [str(row.post.public_id) for row in todo.rows]
        following = ids[ids.index(asked) + 1 :] if asked in ids else ids
        facts["skip"] = following[0] if following else ""
    return render(request, "triage/page.html", facts | (refused or {}), status=422 if refused else 200)


def _id(word: str) -> uuid.UUID:
    try:
        return uuid.UUID(word)
    except ValueError as error:
        raise errors.NotFound from error


def _row(triage: Any) -> Any:
    triage.channel_icon = gatelines.CHANNEL_ICONS[ChannelKind(triage.post.channel.kind)]
    triage.icon = ICONS[PostKind(triage.kind)] if triage.kind else "message-question"
    return triage


def _card(request: HttpRequest, public_id: uuid.UUID) -> dict[str, Any]:
    seer = desk.seer_of(request)
    post = triages.card(seer, public_id)
    dialogue.attach_files(post=[post])
    found = triages.author_cases(seer, post)
    role = seer.roles.get(post.brand_id)
    may = {permission.value: permissions.may(role, permission) for permission in Permission}
    is_praise = post.triage.kind == PostKind.PRAISE
    suggested = next((each for each in found if each.pk == post.triage.suggested_case_id), None)
    return {
        "current": seen.of(post),
        "triage": post.triage,
        "triaged_icon": ICONS[PostKind(post.triage.kind)] if post.triage.kind else "",
        "in_case": triages.case_of(post) if post.triage.kind in {PostKind.COMPLAINT} else "",
        "is_answerable": triages.is_answerable(post),
        "joins": next((each for each in found if each.status in UNHANDLED), None),
        "suggested": suggested if suggested and suggested.status in {Status.HANDLED, Status.DISMISSED} else None,
        "author_cases": found,
        "may": may,
        "categories": forms.categories(triages.categories(post.brand_id)),
        "severities": Severity.choices,
        "wishes": Wish.choices,
        "kinds": [(kind, KEYS[kind], ICONS[kind]) for kind in PostKind],
        "colleagues": list(people.colleagues(seer, post.brand_id)) if is_praise else [],
        "once": uuid.uuid4(),
    }


@require_safe
@login_required
def post(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Where a post is worked on: in its case, else in triage."""
    found = triages.card(desk.seer_of(request), public_id)
    reference = triages.case_of(found)
    target = reverse("case", args=[reference]) if reference else f"{reverse('inbox')}?view=triage&post={public_id}"
    return HttpResponseRedirect(target)


@require_POST
@login_required
def triage(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Say what a post is, and go on to the next one."""
    found = triages.card(desk.seer_of(request), public_id)
    form = Verdict(request.POST)
    if not form.is_valid():
        raise errors.Invalid(_("Say whether this is a complaint, praise, a question or something else."), "kind")
    words = form.cleaned_data
    case = commands.triage(
        post_id=found.pk,
        kind=PostKind(words["kind"]),
        category_id=words["category"],
        severity=words["severity"],
        wish=words["wish"],
        is_separate=words["is_separate"],
        at=timezone.now(),
        actor=desk.actor_of(request),
    )
    if case is not None:
        messages.success(request, _("Complaint: %(reference)s.") % {"reference": case.reference})
    else:
        messages.success(request, _("Kept: %(kind)s.") % {"kind": str(PostKind(words["kind"]).label).lower()})
    return _onward(request)


@require_POST
@login_required
def reopen(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The author's handled case is open again, with this post as the reason."""
    found = triages.card(desk.seer_of(request), public_id)
    suggested = found.triage.suggested_case
    if suggested is None or suggested not in triages.author_cases(desk.seer_of(request), found):
        raise errors.ChangedMeanwhile
    confirmation.reopen(
        case_id=suggested.pk,
        reason=_("Its author wrote again in public."),
        post_id=found.pk,
        at=timezone.now(),
        actor=desk.actor_of(request),
    )
    messages.success(request, _("%(reference)s is open again.") % {"reference": suggested.reference})
    return _onward(request)


@require_POST
@login_required
def pass_on(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Pass praise on to the colleague whom it is for."""
    found = triages.card(desk.seer_of(request), public_id)
    person = request.POST.get("person", "")
    if not person.isdecimal():
        raise errors.Invalid(_("Choose the colleague whom the praise is for."), "person")
    commands.pass_on(post_id=found.pk, person_id=int(person), at=timezone.now(), actor=desk.actor_of(request))
    messages.success(request, _("Passed on. They see it in their notifications."))
    return HttpResponseRedirect(f"{reverse('inbox')}?view=triage&post={public_id}")


def _onward(request: HttpRequest) -> HttpResponse:
    query = desk.list_query(request, view="triage")
    return HttpResponseRedirect(f"{reverse('inbox')}?{query}")


@login_required
def observe(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Add what was seen of a post."""
    found = triages.card(desk.seer_of(request), public_id)
    reference = triages.case_of(found)
    back = reverse("case", args=[reference]) if reference else f"{reverse('inbox')}?view=triage&post={public_id}"
    form = forms.Observe(desk.given(request), initial={"seen_at": timezone.localtime(), "kind": ObservationKind.REACH})
    if request.method == "POST" and form.is_valid():
        words = form.cleaned_data
        if desk.attempt(
            form,
            lambda: commands.observe(
                post_id=found.pk,
                kind=ObservationKind(words["kind"]),
                seen_at=words["seen_at"],
                views=words["views"],
                shares=words["shares"],
                text=words["text"] or None,
                reason=words["reason"],
                at=timezone.now(),
                actor=desk.actor_of(request),
            ),
        ):
            messages.success(request, _("Kept, beside the post."))
            return HttpResponseRedirect(back)
    status = 422 if form.is_bound else 200
    return render(
        request, "triage/observe.html", {"form": form, "current": seen.of(found), "back": back}, status=status
    )
