"""The form of a playbook: how bad a category usually is, and the rows of actions it brings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from cases.commands.playbook import LONGEST, Line
from cases.models import Brand
from cases.queries.playbook import Brings
from cases.vocabulary import Severity
from cases.web.tags import catalogue_text

Choices = list[tuple[Any, Any]]


class PlaybookForm(forms.Form):
    """How bad a category usually is, and whether it brings its actions."""

    severity = forms.TypedChoiceField(
        label=_("Severity"),
        choices=Severity.choices,
        coerce=int,
        help_text=_("What a new case begins with, until somebody says otherwise."),
    )
    is_active = forms.BooleanField(
        label=_("In use"), required=False, help_text=_("Off, new cases of this category begin without actions.")
    )


def _number(label: Any, choices: Choices) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(label=label, choices=choices, coerce=int, empty_value=None, required=False)


class LineForm(forms.Form):
    """One action of a playbook; a row without a kind is no action."""

    is_required = forms.BooleanField(label=_("Required"), required=False, initial=True)
    days = forms.IntegerField(label=_("Days"), min_value=0, max_value=LONGEST, required=False)

    def __init__(self, *args: Any, kinds: Choices, teams: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"] = _number(_("Action"), [("", "—"), *kinds])
        self.fields["team"] = _number(_("Team"), [("", _("The owner’s own")), *teams])

    def has_changed(self) -> bool:
        """Whether the row says anything."""
        return bool(self["kind"].value())


Lines = forms.formset_factory(LineForm, extra=3, can_order=True, max_num=40)


def given_lines(rows: forms.BaseFormSet[LineForm]) -> list[Line]:
    """The actions of a valid set of rows, by their place and then by their row."""
    chosen = [form.cleaned_data for form in rows.forms if form.cleaned_data.get("kind")]
    chosen.sort(key=lambda row: row.get("ORDER") or len(chosen) + 1)
    return [Line(row["kind"], row["is_required"], row["team"], row["days"]) for row in chosen]


def lines_of(brand: Brand, standing: Brings | None, data: Any) -> forms.BaseFormSet[LineForm]:
    """The rows of a playbook; what is switched off is only offered where it stands already."""
    rows = list(standing.lines) if standing else []
    kinds = _in_use_or(brand.kinds.order_by("code"), [row.kind_id for row in rows])
    teams = _in_use_or(brand.teams.order_by("name"), [row.team_id for row in rows])
    return Lines(
        data,
        prefix="line",
        initial=[
            {"kind": row.kind_id, "is_required": row.is_required, "team": row.team_id, "days": row.days} for row in rows
        ],
        form_kwargs={
            "kinds": [(kind.pk, catalogue_text(kind.label)) for kind in kinds],
            "teams": [(team.pk, team.name) for team in teams],
        },
    )


def _in_use_or(rows: QuerySet[Any], standing: list[int | None]) -> QuerySet[Any]:
    return rows.filter(Q(is_active=True) | Q(pk__in=[key for key in standing if key]))
