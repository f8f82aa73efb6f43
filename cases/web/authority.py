"""What the pages under /authority/ share: which brands somebody looks at, and how a page is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from cases import errors
from cases.models import Brand, Seer
from cases.queries import grants
from cases.rules import permission as permissions
from cases.vocabulary import Permission
from cases.web.desk import seer_of


@dataclass(frozen=True, slots=True)
class Scope:
    """Who looks, the brands whose authority they may read, and the one they chose; None means all of them."""

    seer: Seer
    brands: list[Brand]
    brand: Brand | None
    is_all_allowed: bool = True

    @property
    def chosen(self) -> list[Brand]:
        """The brands that the page is about."""
        return [self.brand] if self.brand else self.brands

    @property
    def may_give(self) -> list[Brand]:
        """Those of them where this person may give authority."""
        return [brand for brand in self.chosen if self.may(brand, Permission.SET_UP, Permission.GRANT)]

    @property
    def may_set_up(self) -> list[Brand]:
        """Those of them that this person sets up."""
        return [brand for brand in self.chosen if self.may(brand, Permission.SET_UP)]

    def may(self, brand: Brand, *wanted: Permission) -> bool:
        """Whether this person may do one of these at the brand."""
        if self.seer.is_organisation_admin and Permission.SET_UP in wanted:
            return True
        role = self.seer.roles.get(brand.pk)
        return any(permissions.may(role, permission) for permission in wanted)


def scope_of(request: HttpRequest, *, is_all_allowed: bool = True) -> Scope:
    """What ``?brand=`` chooses among the brands somebody may look at; raises NotAllowed and NotFound."""
    seer = seer_of(request)
    brands = grants.brands(seer)
    if not brands:
        raise errors.NotAllowed
    slug = request.GET.get("brand", "")
    brand = next((each for each in brands if each.slug == slug), None)
    if slug and brand is None:
        raise errors.NotFound
    if brand is None and (len(brands) == 1 or not is_all_allowed):
        brand = brands[0]
    return Scope(seer, brands, brand, is_all_allowed)


def show(request: HttpRequest, template: str, scope: Scope, *, form: Any = None, **facts: Any) -> HttpResponse:
    """A page about authority, with status 422 when it brings a form back."""
    status = 422 if form is not None and form.is_bound else 200
    return render(request, template, {"scope": scope, "form": form, **facts}, status=status)


def after_of(request: HttpRequest) -> int | None:
    """The key after which a page of a list goes on."""
    word = request.GET.get("after", "")
    return int(word) if word.isascii() and word.isdecimal() and len(word) < 19 else None


def back_to(name: str, request: HttpRequest) -> HttpResponse:
    """The way back to a list, for the brand that was looked at."""
    slug = request.GET.get("brand", "")
    return redirect(reverse(name) + (f"?{urlencode({'brand': slug})}" if slug else ""))
