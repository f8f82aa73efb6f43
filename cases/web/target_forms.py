"""The forms of connected systems: where one is, what it is told under which names, how long we wait."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.commands.target import LONGEST_POLL, LONGEST_WAIT
from cases.rules import request as requests

FACTS = {
    "order": _("The order’s id: answers repeat it"),
    "kind": _("The code of the kind of action"),
    "amount": _("The amount"),
    "currency": _("The currency"),
    "reference": _("The case’s reference"),
    "case": _("The case’s id in the API"),
    "brand": _("The brand’s short name"),
    "wording": _("What was promised, in words"),
    "due": _("Until when"),
    "callback": _("Where to tell us how it went"),
    "name": _("The complainant’s name"),
    "mail": _("The complainant’s mail address"),
}
SPARE_ROWS = 2


class TargetForm(forms.Form):
    """A connected system."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("As your people know it: “sent to Billing” stands in the case.")
    )
    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        help_text=_("Orders are posted here. How one stands is asked at the same address, followed by its id."),
    )
    timeout = forms.IntegerField(
        label=_("Seconds to wait for an answer"),
        min_value=1,
        max_value=LONGEST_WAIT,
        initial=10,
        help_text=_("Without one by then nobody knows what happened: it is never guessed, a person looks."),
    )
    poll_minutes = forms.IntegerField(
        label=_("Minutes between questions"),
        min_value=0,
        max_value=LONGEST_POLL,
        initial=15,
        help_text=_("What the system has accepted is asked about this often, until it is done. 0 never asks."),
    )
    is_active = forms.BooleanField(
        label=_("In use"),
        required=False,
        help_text=_("Off, nothing new is sent to it. Possible once no kind of action is carried out by it."),
    )

    def __init__(self, *args: Any, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_new:
            self.fields.pop("is_active")


class FactForm(forms.Form):
    """One fact of a request, under the name that the system knows it by; a row without a name is none."""

    name = forms.CharField(label=_("Name there"), max_length=60, required=False)
    fact = forms.ChoiceField(label=_("What we say"), choices=[("", "—"), *FACTS.items()], required=False)

    def clean(self) -> dict[str, Any]:
        """Both or neither."""
        given = super().clean() or {}
        if bool(given.get("name")) != bool(given.get("fact")):
            raise forms.ValidationError(_("Give a name and what we say under it, or leave both empty."))
        return given


class FactRows(forms.BaseFormSet[FactForm]):
    """All facts of a request."""

    def clean(self) -> None:
        """Each name once."""
        names = [row.cleaned_data["name"] for row in self.forms if row.is_valid() and row.cleaned_data.get("name")]
        if len(names) > len(set(names)):
            raise forms.ValidationError(_("A name stands there twice. Each can say one thing only."))

    @property
    def mapping(self) -> dict[str, str]:
        """Name there -> our fact."""
        rows = [row.cleaned_data for row in self.forms]
        return {row["name"]: row["fact"] for row in rows if row.get("name")}


def fact_rows(data: Any, mapping: Mapping[str, str]) -> FactRows:
    """The rows of a request as they are, and some to add more."""
    rows = forms.formset_factory(FactForm, formset=FactRows, extra=SPARE_ROWS, max_num=requests.MOST_NAMES)
    return rows(data, initial=[{"name": name, "fact": fact} for name, fact in mapping.items()], prefix="fact")  # type: ignore[return-value]
