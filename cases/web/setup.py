"""The set-up pages: the overview, brands, channels and teams."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cases.commands import setup
from cases.models import Brand, Channel, Seer
from cases.queries import people
from cases.queries import setup as queries
from cases.web import settings_forms as forms
from cases.web.desk import actor_of, seer_of


def set_up_of(request: HttpRequest, slug: str) -> tuple[Seer, Brand]:
    """Who asks, and the brand they may set up; refuses everybody else."""
    seer = seer_of(request)
    return seer, queries.brand_to_set_up(seer, slug)


def read_of(request: HttpRequest, slug: str) -> tuple[Seer, Brand]:
    """Who asks, and the brand whose set-up they may at least see; refuses everybody else."""
    seer = seer_of(request)
    return seer, queries.brand_to_read(seer, slug)


def show(
    request: HttpRequest, template: str, facts: dict[str, Any], *, section: str = "overview", form: Any = None
) -> HttpResponse:
    """A page of the settings inside their frame, with status 422 when it brings a form back."""
    seer = facts.get("seer") or seer_of(request)
    wanted = {
        "overview": ("settings", _("Overview"), True),
        "people": ("settings-people", _("People"), bool(people.administered(seer))),
        "hand-over": ("settings-hand-over", _("Take over"), bool(people.managed_brand_ids(seer))),
        "me": ("settings-me", _("My account"), True),
    }
    # The parts of a brand are marked below its name.
    current = "" if "part" in facts else section
    tabs = [(reverse(name), label, key == current) for key, (name, label, shown) in wanted.items() if shown]
    status = 422 if form is not None and form.is_bound else 200
    may_set_up = "brand" in facts and queries.may_set_up(seer, facts["brand"].pk)
    shown = {"seer": seer, "tabs": tabs, "form": form, "may_set_up": may_set_up, **facts}
    return render(request, template, shown, status=status)


@require_safe
@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """Everything that this person can set up."""
    seer = seer_of(request)
    return show(
        request,
        "setup/overview.html",
        {"seer": seer, "brands": queries.brands(seer), "readable": queries.read_only_brands(seer)},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def brand_new(request: HttpRequest) -> HttpResponse:
    """A new brand, by an organisation admin."""
    seer = seer_of(request)
    people.require_organisation_admin(seer)
    form = forms.NewBrandForm(request.POST or None, initial={"zone": "Europe/Paris", "currency": "EUR"})
    if form.is_valid():
        brand = forms.accept(form, setup.create_brand, **form.cleaned_data, actor=actor_of(request))
        if brand:
            messages.success(request, _("%(brand)s is set up. Give it people next.") % {"brand": brand.name})
            return redirect("settings-brand", brand.slug)
    return show(request, "setup/brand_new.html", {"seer": seer}, form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def brand(request: HttpRequest, slug: str) -> HttpResponse:
    """A brand: what may change of it."""
    seer, found = set_up_of(request, slug)
    names = ("name", "language", "zone", "currency", "is_active")
    kind = forms.ActiveBrandForm if seer.is_organisation_admin else forms.BrandForm
    form = kind(request.POST or None, brand=found, initial={name: getattr(found, name) for name in names})
    if form.is_valid():
        wanted = {"is_active": found.is_active, **form.cleaned_data}
        if forms.accept(form, setup.change_brand, brand_id=found.pk, **wanted, actor=actor_of(request)):
            messages.success(request, _("Kept."))
            return redirect("settings-brand", found.slug)
    return show(request, "setup/brand.html", {"seer": seer, "brand": found, "part": "brand"}, form=form)


@require_safe
@login_required
def channels(request: HttpRequest, slug: str) -> HttpResponse:
    """A brand's channels."""
    seer, found = set_up_of(request, slug)
    facts = {"page": queries.channels(found, request.GET.get("after", "")), "part": "channels"}
    return show(request, "setup/channels.html", {"seer": seer, "brand": found, **facts})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def channel_edit(request: HttpRequest, slug: str, channel_slug: str = "") -> HttpResponse:
    """A new channel, or one that is there."""
    seer, found = set_up_of(request, slug)
    channel = _one(found.channels.filter(slug=channel_slug)) if channel_slug else None
    form = forms.ChannelForm(request.POST or None, brand=found, channel=channel, initial=_initial(channel))
    if form.is_valid():
        who = {"actor": actor_of(request)}
        saved = (
            forms.accept(form, setup.change_channel, channel_id=channel.pk, **form.given(), **who)
            if channel
            else forms.accept(form, setup.create_channel, brand_id=found.pk, **form.given(), **who)
        )
        if saved:
            messages.success(request, _("“%(name)s” is kept.") % {"name": saved.name})
            return redirect("settings-channels", slug)
    facts = {"seer": seer, "brand": found, "channel": channel, "part": "channels"}
    return show(request, "setup/channel.html", facts, form=form)


@require_safe
@login_required
def teams(request: HttpRequest, slug: str) -> HttpResponse:
    """A brand's teams."""
    seer, found = set_up_of(request, slug)
    facts = {"page": queries.teams(found, request.GET.get("after", "")), "part": "teams"}
    return show(request, "setup/teams.html", {"seer": seer, "brand": found, **facts})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def team_edit(request: HttpRequest, slug: str, team_id: int | None = None) -> HttpResponse:
    """A new team, or one that is there."""
    seer, found = set_up_of(request, slug)
    team = _one(found.teams.filter(pk=team_id)) if team_id else None
    initial = (
        {"name": team.name, "lead": team.lead_id, "on_duty": team.on_duty_id, "is_active": team.is_active}
        if team
        else None
    )
    form = forms.TeamForm(request.POST or None, brand=found, team=team, initial=initial)
    if form.is_valid():
        who = {"actor": actor_of(request)}
        saved = (
            forms.accept(form, setup.change_team, team_id=team.pk, **form.given(), **who)
            if team
            else forms.accept(form, setup.create_team, brand_id=found.pk, **form.given(), **who)
        )
        if saved:
            messages.success(request, _("“%(name)s” is kept.") % {"name": saved.name})
            return redirect("settings-teams", slug)
    members = people.members(team) if team else []
    facts = {"seer": seer, "brand": found, "team": team, "members": members, "part": "teams"}
    return show(request, "setup/team.html", facts, form=form)


def _initial(channel: Channel | None) -> dict[str, Any] | None:
    if channel is None:
        return {"kind": "webhook"}
    names = ("name", "kind", "platform", "is_complaints_only", "default_category", "default_team", "is_active")
    return {name: getattr(channel, name) for name in names}


def _one(rows: Any) -> Any:
    row = rows.first()
    if row is None:
        raise Http404
    return row
