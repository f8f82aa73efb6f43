"""The forms about people: invite, roles, who inherits; and about oneself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from cases.models import Brand, Membership, User
from cases.vocabulary import Role
from cases.web.settings_forms import Named

ROLES = {
    Role.AGENT: _("Agent: answers complaints, decides and carries out actions"),
    Role.MANAGER: _("Manager: as an agent, and waives actions, restricts and reassigns cases"),
    Role.ADMIN: _("Admin: sets the brand up and says who works for it; owns no case"),
    Role.AUDITOR: _("Auditor: reads cases and their journals; changes nothing"),
}
ORGANISATION_ADMIN = _("Sets up every brand, invites anybody, names other organisation admins. Opens no case by it.")


class Teams(Named):
    """A choice of team, with its brand where there are several."""

    def label_from_instance(self, obj: Any) -> str:
        """What the team is called."""
        return f"{obj.name} · {obj.brand.name}"


class PersonForm(forms.Form):
    """Who somebody is."""

    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("Complainants read it: they are answered by a person with a name.")
    )
    email = forms.EmailField(
        label=_("Mail address"), help_text=_("For the invitation and a forgotten password. They can sign in with it.")
    )
    language = forms.ChoiceField(
        label=_("Language"), choices=settings.LANGUAGES, help_text=_("Of the mails they get from casedesk.")
    )
    is_organisation_admin = forms.BooleanField(
        label=_("Organisation admin"), required=False, help_text=ORGANISATION_ADMIN
    )

    def __init__(self, *args: Any, may_name_admins: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_name_admins:
            self.fields.pop("is_organisation_admin")


class InviteForm(PersonForm):
    """A new colleague with a first role."""

    username = forms.CharField(
        label=_("User name"),
        max_length=60,
        help_text=_("Small letters, digits, dots and hyphens, such as lea.marchetti. It never changes."),
    )
    brand = Named(Brand.objects.none(), label=_("Brand"), help_text=_("You can add roles at other brands afterwards."))
    role = forms.ChoiceField(label=_("Role"), choices=[(r.value, text) for r, text in ROLES.items()], required=False)
    field_order = ("name", "email", "username", "language", "brand", "role", "team", "is_organisation_admin")

    def __init__(self, *args: Any, brands: QuerySet[Brand], teams: QuerySet[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["brand"].queryset = brands  # type: ignore[attr-defined]
        self.fields["brand"].required = not kwargs["may_name_admins"]
        self.fields["brand"].empty_label = _("None yet")  # type: ignore[attr-defined]
        self.fields["team"] = Teams(teams, label=_("Team"), required=False, empty_label=_("None"))
        self.order_fields(self.field_order)

    def given(self) -> dict[str, Any]:
        """What the command takes."""
        data = self.cleaned_data
        plain = {name: data[name] for name in ("username", "email", "name", "language")}
        brand, team = data["brand"], data["team"]
        roles = [(brand.pk, data["role"], team.pk if team else None)] if brand else []
        return {**plain, "memberships": roles, "is_organisation_admin": data.get("is_organisation_admin", False)}


class RoleForm(forms.Form):
    """What somebody is for a brand."""

    role = forms.ChoiceField(
        label=_("Role"), choices=[(role.value, text) for role, text in ROLES.items()], widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, brand: Brand, membership: Membership | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = brand.teams.filter(is_active=True)
        if membership and membership.team_id:
            teams |= brand.teams.filter(pk=membership.team_id)
        self.fields["team"] = Named(teams.order_by("name"), label=_("Team"), required=False, empty_label=_("None"))


class HeirForm(forms.Form):
    """Who gets what somebody leaves behind."""

    def __init__(self, *args: Any, heirs: QuerySet[User], is_needed: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["heir"] = Named(
            heirs,
            label=_("Who inherits"),
            required=is_needed,
            empty_label=_("Choose a colleague"),
            error_messages={"required": _("Say who inherits: open cases are never left without an owner.")},
        )


class HandOverForm(forms.Form):
    """Everything of an absent colleague, to another."""

    def __init__(self, *args: Any, brands: QuerySet[Brand], people: Iterable[tuple[int, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("Choose a colleague")), *people]
        self.fields["from_id"] = forms.TypedChoiceField(
            label=_("Who is away"), choices=choices, coerce=int, help_text=_("With the open cases they own now.")
        )
        self.fields["to_id"] = forms.TypedChoiceField(label=_("Who takes over"), choices=choices, coerce=int)
        self.fields["brand"] = Named(
            brands,
            label=_("Brand"),
            required=False,
            empty_label=_("All that I manage"),
            help_text=_("Choose one to leave the cases of the others where they are."),
        )
        if len(brands) < 2:
            self.fields.pop("brand")


class MeForm(forms.Form):
    """What everybody may change of themselves."""

    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("Complainants read it under what you write."))
    language = forms.ChoiceField(
        label=_("Language"), choices=settings.LANGUAGES, help_text=_("Of these pages and of the mails you get.")
    )


class TokenForm(forms.Form):
    """What a token is for."""

    label = forms.CharField(
        label=_("What is it for?"),
        max_length=80,
        help_text=_("Such as “order system”. One token per program, so that each can be ended alone."),
    )
