"""The forms of authority: what a grant allows, who is away, what a currency is worth."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.commands.authority import To
from cases.models import Brand, Grant
from cases.queries import people
from cases.rules import currencies
from cases.rules.authority import Terms
from cases.vocabulary import Role, Window
from cases.web.forms import AmountField
from cases.web.settings_forms import Named
from cases.web.tags import catalogue_text

_CODES = [(code, code) for code in sorted(currencies.CODES)]


def _day(**options: Any) -> forms.DateField:
    return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options)


class GrantForm(forms.Form):
    """What a grant allows; for a new one also whom it is given to."""

    kinds = forms.MultipleChoiceField(
        label=_("Kinds of action"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None marked means every kind."),
    )
    per_action = AmountField(
        label=_("Per action, at most"), required=False, help_text=_("Empty means any amount; as in 80 or 1,250.00.")
    )
    currency = forms.ChoiceField(label=_("Currency"), choices=_CODES)
    per_complainant = AmountField(label=_("Per complainant, at most"), required=False)
    complainant_days = forms.IntegerField(label=_("in so many days"), min_value=1, max_value=3660, initial=30)
    budget_each = AmountField(
        label=_("Budget of each holder"), required=False, help_text=_("Empty means no budget of their own.")
    )
    budget_shared = AmountField(
        label=_("Budget of all holders together"), required=False, help_text=_("For roles and teams.")
    )
    window = forms.ChoiceField(label=_("Budgets last"), choices=Window.choices, initial=Window.MONTH)
    may_waive = forms.BooleanField(
        label=_("May waive actions, with a reason"),
        required=False,
        help_text=_("Every waiver stands in the ledger."),
    )
    starts_on = _day(label=_("From"), required=False, help_text=_("Empty means at once."))
    ends_on = _day(label=_("To, included"), required=False, help_text=_("Empty means until somebody ends it."))
    reason = forms.CharField(
        label=_("Why"), required=False, max_length=300, help_text=_("As in “late parcels of the strike”.")
    )

    def __init__(self, *args: Any, brand: Brand, grant: Grant | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        now = set(grant.kind_ids) if grant else set()
        kinds = [kind for kind in brand.kinds.order_by("code") if kind.is_active or kind.pk in now]
        self.fields["kinds"].choices = [(str(kind.pk), catalogue_text(kind.label)) for kind in kinds]  # type: ignore[attr-defined]
        categories = brand.categories.filter(is_active=True)
        if grant and grant.category_id:
            categories |= brand.categories.filter(pk=grant.category_id)
        self.fields["category"] = Named(
            categories.order_by("code"), label=_("Category"), required=False, empty_label=_("Any")
        )
        if grant is None:
            self.fields["to"] = forms.ChoiceField(label=_("To"), choices=_recipients(brand))
        self.order_fields(["to", "kinds", "category"])

    @property
    def to(self) -> To:
        """Whom it is given to."""
        what, _colon, key = self.cleaned_data["to"].partition(":")
        if what == "role":
            return To(role=key)
        return To(team_id=int(key)) if what == "team" else To(person_id=int(key))

    @property
    def terms(self) -> Terms:
        """What it allows."""
        data = self.cleaned_data
        names = ("currency", "per_action", "per_complainant", "complainant_days", "budget_each", "budget_shared")
        return Terms(
            kind_ids=frozenset(int(pk) for pk in data["kinds"]),
            category_id=data["category"].pk if data["category"] else None,
            **{name: data[name] for name in (*names, "window", "may_waive", "starts_on", "ends_on")},
        )


def _recipients(brand: Brand) -> list[Any]:
    teams = [(f"team:{team.pk}", team.name) for team in brand.teams.filter(is_active=True).order_by("name")]
    persons = [(f"person:{person.pk}", person.name) for person in people.owners(brand.pk)]
    roles = [(f"role:{Role.AGENT}", _("All agents")), (f"role:{Role.MANAGER}", _("All managers"))]
    groups = [(_("A person"), persons), (_("A team"), teams), (_("A role"), roles)]
    return [("", _("Choose")), *((name, rows) for name, rows in groups if rows)]


def first_of(grant: Grant) -> dict[str, Any]:
    """The form's first values for a grant that is replaced."""
    names = ("complainant_days", "window", "may_waive", "currency", "ends_on", "reason", "category")
    amounts = ("per_action", "per_complainant", "budget_each", "budget_shared")
    said = {name: f"{value.normalize():f}" for name in amounts if (value := getattr(grant, name)) is not None}
    return {**{name: getattr(grant, name) for name in names}, **said, "kinds": [str(pk) for pk in grant.kind_ids]}


class AbsenceForm(forms.Form):
    """Who is away, from when to when, and who decides for them."""

    starts_on = _day(label=_("First day away"))
    ends_on = _day(label=_("Last day away"))

    def __init__(self, *args: Any, brand: Brand, person_id: int | None = None, today: date, **kwargs: Any) -> None:
        kwargs["initial"] = {"starts_on": today}
        super().__init__(*args, **kwargs)
        able = people.owners(brand.pk)
        if person_id is None:
            self.fields["person"] = Named(able, label=_("Who is away"), empty_label=_("Choose"))
        self.fields["deputy"] = Named(
            able.exclude(pk=person_id or 0),
            label=_("Deputy"),
            required=False,
            empty_label=_("Nobody"),
            help_text=_("Decides with their authority meanwhile, and cannot hand it on."),
        )
        self.order_fields(["person", "deputy", "starts_on", "ends_on"])

    def given(self) -> dict[str, Any]:
        """What the command takes."""
        data = dict(self.cleaned_data)
        deputy, person = data.pop("deputy"), data.pop("person", None)
        return {**data, "deputy_id": deputy.pk if deputy else None, **({"person_id": person.pk} if person else {})}


class RateForm(forms.Form):
    """What one unit of a currency is worth, from a day on."""

    currency = forms.ChoiceField(label=_("One"), choices=[("", _("Choose")), *_CODES])
    rate = forms.DecimalField(
        label=_("is worth"), max_digits=40, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    into = forms.ChoiceField(label=_("in"), choices=_CODES)
    starts_on = _day(label=_("From"))

    def __init__(self, *args: Any, brand: Brand, today: date, **kwargs: Any) -> None:
        kwargs["initial"] = {"into": brand.currency, "starts_on": today}
        super().__init__(*args, **kwargs)
