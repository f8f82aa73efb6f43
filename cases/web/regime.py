"""The set-up pages of how cases end: what a final answer must hold, and the tree of causes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases.commands import cause as cause_commands
from cases.commands import regime as commands
from cases.models import Brand
from cases.queries import answer as answers
from cases.queries import cause as causes
from cases.rules import answer, regimes
from cases.vocabulary import Outcome
from cases.web import regime_forms as forms
from cases.web import settings_forms
from cases.web.desk import actor_of
from cases.web.setup import set_up_of, show
from cases.web.tags import catalogue_text


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def regime(request: HttpRequest, slug: str) -> HttpResponse:
    """What the brand's final answers must hold, from a ready-made regime or in its own words."""
    seer, brand = set_up_of(request, slug)
    standing = answers.regime_of(brand.pk)
    pack = regimes.pack(request.GET.get("pack", ""))
    initial = forms.of_pack(pack) if pack else forms.of_regime(standing) if standing else {}
    is_looked_at = "preview" in request.POST
    if is_looked_at:
        # Only looked at: what is written is shown again, nothing is judged.
        initial = _written(request)
    form = forms.RegimeForm(None if is_looked_at else request.POST or None, brand=brand, initial=initial)
    if form.is_valid():
        given = {**form.given(), "brand_id": brand.pk, "actor": actor_of(request)}
        if settings_forms.accept(form, commands.set_regime, **given):
            messages.success(request, _("From now on final answers hold these parts."))
            return redirect("settings-regime", slug)
    facts = {
        "seer": seer,
        "brand": brand,
        "part": "regime",
        "packs": regimes.PACKS,
        "pack": pack,
        "standing": standing,
        "is_open": bool(standing or pack or request.POST or "own" in request.GET),
        "previews": _previews(brand, _written(request) if request.method == "POST" else initial),
    }
    return show(request, "setup/regime.html", facts, form=form)


@require_POST
@login_required
def preview(request: HttpRequest, slug: str) -> HttpResponse:
    """How an answer would read in each language; nothing is kept."""
    _seer, brand = set_up_of(request, slug)
    return render(request, "setup/regime-preview.html", {"previews": _previews(brand, _written(request))})


@require_POST
@login_required
def remove(request: HttpRequest, slug: str) -> HttpResponse:
    """Final answers are one text again."""
    _seer, brand = set_up_of(request, slug)
    commands.remove_regime(brand_id=brand.pk, actor=actor_of(request))
    messages.success(request, _("From now on a final answer is one text. Answers that went stay as they are."))
    return redirect("settings-regime", slug)


def _written(request: HttpRequest) -> dict[str, Any]:
    boxes = ("recourse_always", "answers_first")
    plain = {name: value for name, value in request.POST.items() if name not in boxes}
    return plain | {"demands": request.POST.getlist("demands")} | {name: name in request.POST for name in boxes}


def _previews(brand: Brand, written: dict[str, Any]) -> list[tuple[str, str, str]]:
    """An example of an answer in each language: a complaint that is upheld in part, with something still to do."""
    found = []
    for code, language in settings.LANGUAGES:
        facts = _example(brand, code, written)
        wanted = answer.demanded(written.get("demands", []), facts, recourse_always=True)
        text = answer.joined({part: answer.prepared(part, facts) for part in wanted})
        found.append((code, language, text))
    return found


def _example(brand: Brand, code: str, written: dict[str, Any]) -> answer.Facts:
    today = timezone.localdate()
    with translation.override(code):
        return answer.Facts(
            language=code,
            outcome=Outcome.PARTLY_UPHELD,
            points=[
                answer.Raised(
                    _("It came two weeks late."), Outcome.UPHELD, _("Our van broke down and nobody told you.")
                ),
                answer.Raised(_("Nobody answered."), Outcome.REJECTED, _("We wrote to you the same day.")),
            ],
            done=[answer.Deed(_("Refund of the delivery"), _money(brand), "R-1042", date_format(today))],
            outstanding=[
                answer.Deed(_("A second delivery"), day=date_format(today + timedelta(days=5)), who=brand.name)
            ],
            recourse=str(written.get(f"recourse_{code}", "")),
            opening=str(written.get(f"opening_{code}", "")),
        )


def _money(brand: Brand) -> str:
    return f"{number_format(49, decimal_pos=2)}\N{NO-BREAK SPACE}{brand.currency}"


@require_safe
@login_required
def cause_list(request: HttpRequest, slug: str) -> HttpResponse:
    """The brand's tree of causes."""
    seer, brand = set_up_of(request, slug)
    facts = {"tree": causes.tree(brand), "part": "causes"}
    return show(request, "setup/causes.html", {"seer": seer, "brand": brand, **facts})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def cause_edit(request: HttpRequest, slug: str, code: str = "") -> HttpResponse:
    """A new cause, or one that is there."""
    seer, brand = set_up_of(request, slug)
    cause = brand.causes.filter(code=code).first() if code else None
    if code and cause is None:
        raise Http404
    initial: dict[str, Any] = {"parent": request.GET.get("below", "")}
    if cause:
        initial = {"parent": cause.parent_id, "is_active": cause.is_active}
        initial |= settings_forms.texts_of("label", cause.label)
    form = forms.CauseForm(request.POST or None, brand=brand, found=causes.tree(brand), cause=cause, initial=initial)
    if form.is_valid():
        who = {"actor": actor_of(request)}
        if cause:
            saved = settings_forms.accept(form, cause_commands.change_cause, cause_id=cause.pk, **form.given(), **who)
        else:
            saved = settings_forms.accept(form, cause_commands.create_cause, brand_id=brand.pk, **form.given(), **who)
        if saved:
            messages.success(request, _("“%(name)s” is kept.") % {"name": catalogue_text(saved.label)})
            return redirect("settings-causes", slug)
    facts = {"seer": seer, "brand": brand, "cause": cause, "part": "causes"}
    return show(request, "setup/cause.html", facts, form=form)
