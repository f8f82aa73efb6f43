"""The set-up pages of playbooks: which there are, one with its versions, its draft, and the trial on past cases."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases import errors
from cases.commands import playbook as commands
from cases.models import Brand, Playbook
from cases.queries import playbook as queries
from cases.vocabulary import Severity, VersionStatus
from cases.web import playbook_forms, playbook_words
from cases.web import settings_forms as forms
from cases.web.desk import actor_of
from cases.web.setup import set_up_of, show

USUAL_DAYS = 90
MOVES = ("live", "set-aside", "retire", "on", "off")


def _key(request: HttpRequest, name: str = "after") -> int:
    """The key in the address after which a list goes on; 0 for none, and for what is no key."""
    word = request.GET.get(name, "")
    return int(word) if word.isascii() and word.isdecimal() and len(word) < 19 else 0


@require_safe
@login_required
def playbooks(request: HttpRequest, slug: str) -> HttpResponse:
    """Which cases of a brand bring which actions."""
    seer, brand = set_up_of(request, slug)
    category = request.GET.get("category", "")[:40]
    page = queries.playbooks(brand, category, _key(request))
    for row in page.rows:
        _describe(row)
    facts = {"page": page, "category": category, "part": "playbooks"}
    return show(request, "setup/playbooks.html", {"seer": seer, "brand": brand, **facts})


def _describe(row: Any) -> None:
    row.words = playbook_words.match(row)
    standing = {version.status: version for version in row.standing}
    row.live, row.draft = standing.get(VersionStatus.LIVE), standing.get(VersionStatus.DRAFT)
    for line in [line for version in row.standing for line in version.lines]:
        line.words = playbook_words.condition(line)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def playbook_new(request: HttpRequest, slug: str) -> HttpResponse:
    """Another playbook: which cases it is for."""
    seer, brand = set_up_of(request, slug)
    categories = brand.categories.filter(is_active=True).order_by("code")
    wanted = next((one.pk for one in categories if one.code == request.GET.get("category")), None)
    form = playbook_forms.MatchForm(request.POST or None, categories=categories, initial={"category": wanted})
    if form.is_valid():
        given = form.cleaned_data
        made = forms.accept(
            form,
            commands.create_playbook,
            brand_id=brand.pk,
            category_id=given["category"],
            severities=given["severities"],
            wish=given["wish"],
            actor=actor_of(request),
        )
        if made:
            return redirect("settings-playbook-draft", slug, made.pk)
    return show(request, "setup/playbook_new.html", {"seer": seer, "brand": brand, "part": "playbooks"}, form=form)


@require_safe
@login_required
def playbook(request: HttpRequest, slug: str, playbook_id: int) -> HttpResponse:
    """What a playbook brings, what its draft would change and for which open cases, and its versions."""
    seer, brand = set_up_of(request, slug)
    found = queries.one(brand, playbook_id)
    live, draft = queries.live(found), queries.draft(found)
    facts: dict[str, Any] = {"live": live, "draft": draft, "versions": queries.versions(found)}
    for brings in (live, draft):
        for line in brings.lines if brings else []:
            line.words = playbook_words.how(line, brand.currency)  # type: ignore[attr-defined]  # for the template
    if draft:
        before = live.lines if live else []
        facts["differences"] = playbook_words.differences(before, draft.lines, brand.currency)
        facts["gap"] = queries.undecidable(draft.version, brand, timezone.now())
        if live and live.version.severity != draft.version.severity:
            facts["severities"] = (live.version.severity, draft.version.severity)
    standing = draft or live
    if standing:
        facts["changing"] = queries.changing(seer, standing, _key(request))
    return show(request, "setup/playbook.html", {"seer": seer, **_frame(brand, found), **facts})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def playbook_draft(request: HttpRequest, slug: str, playbook_id: int) -> HttpResponse:
    """What a playbook shall bring; three empty rows are always there to add some."""
    seer, brand = set_up_of(request, slug)
    found = queries.one(brand, playbook_id)
    standing = queries.latest(found)
    severity = standing.version.severity if standing else Severity.MEDIUM
    form = playbook_forms.DraftForm(request.POST or None, initial={"severity": severity})
    lines = playbook_forms.lines_of(brand, standing, request.POST or None)
    if form.is_valid() and lines.is_valid():
        given = {**form.cleaned_data, "lines": playbook_forms.given_lines(lines), "actor": actor_of(request)}
        if forms.accept(form, commands.save_draft, playbook_id=found.pk, **given):
            messages.success(request, _("The draft is kept. New cases begin with it once it is live."))
            return redirect("settings-playbook", slug, found.pk)
    return show(request, "setup/playbook_draft.html", {"seer": seer, **_frame(brand, found), "lines": lines}, form=form)


@require_safe
@login_required
def playbook_trial(request: HttpRequest, slug: str, playbook_id: int) -> HttpResponse:
    """What the draft, or what is live, would have brought the cases of some days, beside what was really done."""
    seer, brand = set_up_of(request, slug)
    found = queries.one(brand, playbook_id)
    standing = queries.latest(found)
    form = playbook_forms.DaysForm(request.GET if "days" in request.GET else None, initial={"days": USUAL_DAYS})
    facts: dict[str, Any] = {"seer": seer, **_frame(brand, found), "standing": standing}
    if standing and (not form.is_bound or form.is_valid()):
        days = form.cleaned_data["days"] if form.is_bound else USUAL_DAYS
        before = _key(request, "before") or None
        facts["trial"] = queries.trial(seer, standing, days=days, at=timezone.now(), before=before)
    if form.is_bound and not form.errors:
        form = playbook_forms.DaysForm(initial=form.cleaned_data)
    return show(request, "setup/playbook_trial.html", facts, form=form)


@require_POST
@login_required
def playbook_move(request: HttpRequest, slug: str, playbook_id: int, move: str) -> HttpResponse:
    """Make the draft live, set it aside, take the live version out of use, or use the playbook or not."""
    _seer, brand = set_up_of(request, slug)
    found = queries.one(brand, playbook_id)
    actor, at = actor_of(request), timezone.now()
    if move not in MOVES:
        raise Http404
    try:
        if move == "live":
            commands.make_live(playbook_id=found.pk, at=at, actor=actor)
            said = _("New cases begin with it from now on. Open cases keep what they began with.")
        elif move == "set-aside":
            commands.retire(playbook_id=found.pk, is_draft=True, at=at, actor=actor)
            said = _("The draft is set aside.")
        elif move == "retire":
            commands.retire(playbook_id=found.pk, at=at, actor=actor)
            said = _("It brings nothing to new cases any more.")
        else:
            switched = commands.switch_playbook(playbook_id=found.pk, is_active=move == "on", actor=actor)
            said = _("The playbook is in use.") if switched.is_active else _("The playbook is not in use.")
    except (errors.NobodyMayDecide, errors.Invalid) as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, said)
    return redirect("settings-playbook", slug, found.pk)


def _frame(brand: Brand, found: Playbook) -> dict[str, Any]:
    return {"brand": brand, "playbook": found, "words": playbook_words.match(found), "part": "playbooks"}
