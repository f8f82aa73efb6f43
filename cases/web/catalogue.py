"""The set-up pages of the work: categories, kinds of action, and playbooks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cases.commands import catalogue
from cases.models import Category, Kind
from cases.queries import setup as queries
from cases.vocabulary import Proof
from cases.web import settings_forms as forms
from cases.web.desk import actor_of
from cases.web.forms import amount_text
from cases.web.setup import set_up_of, show
from cases.web.tags import catalogue_text


@require_safe
@login_required
def categories(request: HttpRequest, slug: str) -> HttpResponse:
    """What complaints of the brand are about, and what each brings."""
    seer, brand = set_up_of(request, slug)
    facts = {"page": queries.categories(brand, request.GET.get("after", "")), "part": "categories"}
    return show(request, "setup/categories.html", {"seer": seer, "brand": brand, **facts})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def category_edit(request: HttpRequest, slug: str, code: str = "") -> HttpResponse:
    """A new category, or one that is there."""
    seer, brand = set_up_of(request, slug)
    category = _category(brand.categories.filter(code=code)) if code else None
    initial: dict[str, Any] = {}
    if category:
        initial = {"team": category.team_id, "is_active": category.is_active}
        initial |= forms.texts_of("label", category.label)
    form = forms.CategoryForm(request.POST or None, brand=brand, category=category, initial=initial)
    if form.is_valid():
        who = {"actor": actor_of(request)}
        if category:
            when = {"at": timezone.now()}
            saved = forms.accept(
                form, catalogue.change_category, category_id=category.pk, **form.given(), **when, **who
            )
        else:
            saved = forms.accept(form, catalogue.create_category, brand_id=brand.pk, **form.given(), **who)
        if saved:
            messages.success(request, _("“%(name)s” is kept.") % {"name": catalogue_text(saved.label)})
            if category is None:
                return redirect(reverse("settings-playbook-new", args=[slug]) + f"?category={saved.code}")
            return redirect("settings-categories", slug)
    former = [(each["label"], datetime.fromisoformat(each["until"])) for each in category.former] if category else []
    facts = {"seer": seer, "brand": brand, "category": category, "former": former, "part": "categories"}
    return show(request, "setup/category.html", facts, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def category_merge(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """What merging a category into another one would do, and the button that does it."""
    seer, brand = set_up_of(request, slug)
    category = _category(brand.categories.filter(code=code, merged_into__isnull=True))
    form = forms.MergeForm(request.POST or None, brand=brand, category=category)
    if form.is_valid():
        merged = forms.accept(
            form,
            catalogue.merge_category,
            category_id=category.pk,
            into_id=form.cleaned_data["into"].pk,
            at=timezone.now(),
            actor=actor_of(request),
        )
        if merged:
            words = {"name": catalogue_text(merged.label), "into": catalogue_text(form.cleaned_data["into"].label)}
            messages.success(request, _("Reports now count “%(name)s” with “%(into)s”.") % words)
            return redirect("settings-categories", slug)
    facts = {"seer": seer, "brand": brand, "category": category, "part": "categories"}
    return show(request, "setup/category_merge.html", facts, form=form)


@require_safe
@login_required
def kinds(request: HttpRequest, slug: str) -> HttpResponse:
    """The catalogue of actions."""
    seer, brand = set_up_of(request, slug)
    page = queries.kinds(brand, request.GET.get("after", ""))
    return show(request, "setup/kinds.html", {"seer": seer, "brand": brand, "page": page, "part": "kinds"})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def kind_edit(request: HttpRequest, slug: str, code: str = "") -> HttpResponse:
    """A new kind of action, or one that is there."""
    seer, brand = set_up_of(request, slug)
    kind = _kind(brand.kinds.filter(code=code)) if code else None
    initial: dict[str, Any] = {"proof": Proof.OUTCOME, "days": 5, "is_shown": True}
    if kind:
        initial = {name: getattr(kind, name) for name in forms.KIND_FIELDS}
        initial |= {"two_people_above": amount_text(kind.two_people_above), "target": kind.target_id}
        initial |= forms.texts_of("label", kind.label) | forms.texts_of("promise", kind.promise)
    form = forms.KindForm(request.POST or None, brand=brand, kind=kind, initial=initial)
    if form.is_valid():
        who = {"actor": actor_of(request)}
        if kind:
            saved = forms.accept(form, catalogue.change_kind, kind_id=kind.pk, **form.given(), **who)
        else:
            saved = forms.accept(form, catalogue.create_kind, brand_id=brand.pk, **form.given(), **who)
        if saved:
            messages.success(request, _("“%(name)s” is kept.") % {"name": catalogue_text(saved.label)})
            return redirect("settings-kinds", slug)
    facts = {"seer": seer, "brand": brand, "kind": kind, "part": "kinds"}
    return show(request, "setup/kind.html", facts, form=form)


def _category(rows: Any) -> Category:
    row = rows.first()
    if row is None:
        raise Http404
    return row  # type: ignore[no-any-return]


def _kind(rows: Any) -> Kind:
    row = rows.first()
    if row is None:
        raise Http404
    return row  # type: ignore[no-any-return]
