"""The pages about people: who is here, invite, roles, leaving, and taking over from somebody absent."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases import errors
from cases.commands import people as commands
from cases.commands import tokens
from cases.models import Brand, Team, User
from cases.queries import people as queries
from cases.queries import setup
from cases.vocabulary import Role
from cases.web import people_forms as forms
from cases.web.desk import actor_of, seer_of
from cases.web.settings_forms import accept
from cases.web.setup import show


@require_safe
@login_required
def people(request: HttpRequest) -> HttpResponse:
    """Everybody this person may place, to search and to narrow down."""
    seer = seer_of(request)
    if not queries.administered(seer):
        raise errors.NotAllowed
    q, state, after = (request.GET.get(name, "") for name in ("who", "state", "after"))
    key = int(after) if after.isascii() and after.isdecimal() and len(after) < 19 else None
    page = queries.listed(seer, q=q.strip()[:100], state=state, after=key)
    facts = {
        "seer": seer,
        "page": page,
        "shown": queries.administered(seer),
        "who": q,
        "state": state,
        "is_paged": bool(key),
    }
    return show(request, "people/list.html", facts, section="people")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def invite(request: HttpRequest) -> HttpResponse:
    """A new colleague; the invitation goes out by mail."""
    seer = seer_of(request)
    brands = setup.brands(seer).filter(is_active=True)
    if not brands and not seer.is_organisation_admin:
        raise errors.NotAllowed
    form = forms.InviteForm(
        request.POST or None,
        brands=brands,
        teams=Team.objects.filter(brand__in=brands, is_active=True)
        .select_related("brand")
        .order_by("brand__name", "name"),
        may_name_admins=seer.is_organisation_admin,
        initial={
            "brand": brands[0] if len(brands) == 1 else None,
            "role": Role.AGENT,
            "language": request.LANGUAGE_CODE[:2],
        },
    )
    if form.is_valid():
        person = accept(form, commands.invite_person, **form.given(), actor=actor_of(request))
        if person:
            said = {"name": person.name, "email": person.email}
            messages.success(request, _("%(name)s is invited. The mail goes to %(email)s.") % said)
            return redirect("settings-person", person.pk)
    return _page(request, "people/invite.html", form)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    """Who somebody is, what they may do and where, and their access."""
    seer = seer_of(request)
    found = queries.person_to_manage(seer, person_id)
    may_change = queries.manages(seer, found)
    names = ("name", "email", "language", "is_organisation_admin")
    form = forms.PersonForm(
        request.POST or None,
        may_name_admins=seer.is_organisation_admin,
        initial={name: getattr(found, name) for name in names},
    )
    if form.is_valid():
        wanted = {"is_organisation_admin": found.is_organisation_admin, **form.cleaned_data}
        if accept(form, commands.change_person, person_id=found.pk, **wanted, actor=actor_of(request)):
            messages.success(request, _("Kept."))
            return redirect("settings-person", found.pk)
        found.refresh_from_db()
    roles = queries.roles_of(found, seer)
    facts: dict[str, Any] = {
        "person": found,
        "may_change": may_change,
        "roles": roles,
        "in_hand": [hand for hand in queries.in_hand(found) if hand.brand.pk in queries.administered(seer)],
        "others": setup.brands(seer).filter(is_active=True).exclude(pk__in=[role.brand_id for role in roles]),
        "tokens": found.tokens.filter(revoked_at__isnull=True).order_by("-pk") if may_change else [],
    }
    return _page(request, "people/person.html", form, **facts)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def role(request: HttpRequest, person_id: int, slug: str) -> HttpResponse:
    """What somebody is for a brand; with open cases in hand, taking that away asks who inherits."""
    found, brand = _person_at(request, person_id, slug)
    membership = found.memberships.filter(brand=brand).first()
    first = {"role": membership.role, "team": membership.team_id} if membership else {"role": Role.AGENT}
    data = request.POST or None
    form = forms.RoleForm(data, brand=brand, membership=membership, initial=first)
    in_hand = queries.in_hand(found, brand.pk)
    heir = forms.HeirForm(data, heirs=queries.heirs(found, [brand.pk]), is_needed=False)
    if form.is_valid() and heir.is_valid():
        who = {"person_id": found.pk, "brand_id": brand.pk, "at": timezone.now(), "actor": actor_of(request)}
        who["heir_id"] = heir.cleaned_data["heir"].pk if heir.cleaned_data["heir"] else None
        said = {"name": found.name, "brand": brand.name}
        if "remove" in request.POST:
            if _removed(form, who):
                messages.success(request, _("%(name)s no longer works for %(brand)s.") % said)
                return redirect("settings-person", found.pk)
        elif accept(form, commands.set_membership, **who, **_chosen(form)):
            messages.success(request, _("The role of %(name)s at %(brand)s is kept.") % said)
            return redirect("settings-person", found.pk)
    facts: dict[str, Any] = {"person": found, "brand": brand, "membership": membership, "heir": heir}
    return _page(request, "people/role.html", form, in_hand=in_hand, **facts)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def deactivate(request: HttpRequest, person_id: int) -> HttpResponse:
    """Somebody leaves: what that ends, how much they have in hand, and who inherits it."""
    seer = seer_of(request)
    found = _manageable(seer, person_id)
    in_hand = queries.in_hand(found)
    is_inherited = any(hand.is_inherited for hand in in_hand)
    heirs = queries.heirs(found, [hand.brand.pk for hand in in_hand if hand.is_inherited])
    form = forms.HeirForm(request.POST or None, heirs=heirs, is_needed=any(hand.cases for hand in in_hand))
    if request.method == "POST" and form.is_valid():
        heir = form.cleaned_data["heir"]
        who = {"person_id": found.pk, "heir_id": heir.pk if heir else None, "at": timezone.now()}
        if accept(form, commands.deactivate_person, **who, actor=actor_of(request)):
            messages.success(request, _("%(name)s is deactivated and signed out everywhere.") % {"name": found.name})
            return redirect("settings-person", found.pk)
    facts: dict[str, Any] = {
        "person": found,
        "in_hand": in_hand,
        "heirs": heirs if is_inherited else [],
        "is_inherited": is_inherited,
        **{name: sum(getattr(hand, name) for hand in in_hand) for name in ("requests", "grants", "stands_in")},
        "led": found.leads.filter(is_active=True),
    }
    count = found.tokens.filter(revoked_at__isnull=True).count()
    return _page(request, "people/deactivate.html", form, token_count=count, **facts)


@require_POST
@login_required
def reactivate(request: HttpRequest, person_id: int) -> HttpResponse:
    """Somebody comes back, and is invited to choose a new password."""
    found = _manageable(seer_of(request), person_id)
    commands.reactivate_person(person_id=found.pk, actor=actor_of(request))
    return send_invitation(request, person_id)


@require_POST
@login_required
def send_invitation(request: HttpRequest, person_id: int) -> HttpResponse:
    """Another mail with another link."""
    found = _manageable(seer_of(request), person_id)
    commands.send_invitation(person_id=found.pk, actor=actor_of(request))
    messages.success(request, _("A link to choose a password goes to %(email)s.") % {"email": found.email})
    return redirect("settings-person", found.pk)


@require_POST
@login_required
def revoke_token(request: HttpRequest, person_id: int, token_id: int) -> HttpResponse:
    """End a token of somebody else."""
    found = _manageable(seer_of(request), person_id)
    if not found.tokens.filter(pk=token_id).exists():
        raise Http404
    tokens.revoke_token(token_id=token_id, at=timezone.now(), actor=actor_of(request))
    messages.success(request, _("The token no longer works."))
    return redirect("settings-person", found.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def hand_over(request: HttpRequest) -> HttpResponse:
    """A manager gives everything an absent colleague has in hand to another."""
    seer = seer_of(request)
    brands = queries.managed_brands(seer)
    if not brands:
        raise errors.NotAllowed
    busy = queries.busy(seer)
    form = forms.HandOverForm(
        request.POST or None, brands=brands, people=[(one.pk, f"{one.name} ({count})") for one, count in busy]
    )
    if form.is_valid():
        data = form.cleaned_data
        brand_id = data["brand"].pk if data.get("brand") else None
        who = {"from_id": data["from_id"], "to_id": data["to_id"], "brand_id": brand_id}
        count = accept(form, commands.reassign_all, **who, at=timezone.now(), actor=actor_of(request))
        if count is not None:
            said = ngettext("%(count)d case changed hands.", "%(count)d cases changed hands.", count)
            messages.success(request, said % {"count": count})
            return redirect("settings-hand-over")
    return _page(request, "people/hand_over.html", form, section="hand-over", busy=busy)


def _person_at(request: HttpRequest, person_id: int, slug: str) -> tuple[User, Brand]:
    seer = seer_of(request)
    brand = setup.brand_to_set_up(seer, slug)
    return queries.person_to_manage(seer, person_id), brand


def _manageable(seer: Any, person_id: int) -> User:
    found = queries.person_to_manage(seer, person_id)
    if not queries.manages(seer, found):
        raise errors.NotAllowed
    return found


def _chosen(form: forms.RoleForm) -> dict[str, Any]:
    team = form.cleaned_data["team"]
    return {"role": form.cleaned_data["role"], "team_id": team.pk if team else None}


def _removed(form: forms.RoleForm, who: dict[str, Any]) -> bool:
    accept(form, commands.remove_membership, **who)
    return not form.errors


def _page(request: HttpRequest, template: str, form: Any, *, section: str = "people", **facts: Any) -> HttpResponse:
    return show(request, template, facts, section=section, form=form)
