"""The forms of playbooks: which cases one is for, and the rows of actions that a draft brings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from cases.commands.playbook import LONGEST, MOST_LINES, Line
from cases.models import Brand, Category
from cases.queries.playbook import Brings
from cases.vocabulary import Condition, DayUnit, Doer, Severity, Wish
from cases.web.forms import AmountField, amount_text
from cases.web.tags import catalogue_text

Choices = list[tuple[Any, Any]]
MOST_DAYS = 730


def _number(label: Any, choices: Choices) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(label=label, choices=choices, coerce=int, empty_value=None, required=False)


class MatchForm(forms.Form):
    """Which cases a playbook is for."""

    severities = forms.TypedMultipleChoiceField(
        label=_("Severity"),
        choices=Severity.choices,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen means any."),
    )
    wish = forms.ChoiceField(label=_("They want"), required=False, choices=[("", _("Anything")), *Wish.choices])

    def __init__(self, *args: Any, categories: QuerySet[Category], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(one.pk, catalogue_text(one.label)) for one in categories]
        self.fields["category"] = _number(_("Category"), [("", _("Any")), *named])
        self.order_fields(["category", "severities", "wish"])


class DraftForm(forms.Form):
    """How bad a case is that begins with it."""

    severity = forms.TypedChoiceField(
        label=_("Severity"),
        choices=Severity.choices,
        coerce=int,
        help_text=_("What a new case begins with, until somebody says otherwise."),
    )


class DaysForm(forms.Form):
    """How far back a draft is tried."""

    days = forms.IntegerField(label=_("Cases of the last days"), min_value=1, max_value=MOST_DAYS)


class LineForm(forms.Form):
    """One action of a playbook; a row without a kind is no action."""

    is_required = forms.BooleanField(label=_("Required"), required=False, initial=True)
    doer = forms.ChoiceField(label=_("By"), choices=Doer.choices, required=False)
    days = forms.IntegerField(label=_("Days"), min_value=0, max_value=LONGEST, required=False)
    day_unit = forms.ChoiceField(label=_("Counted in"), choices=DayUnit.choices, required=False)
    condition = forms.ChoiceField(label=_("When"), choices=Condition.choices, required=False)
    amount = AmountField(label=_("Suggested amount"), required=False)

    def __init__(self, *args: Any, kinds: Choices, teams: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"] = _number(_("Action"), [("", "—"), *kinds])
        self.fields["team"] = _number(_("Team"), [("", "—"), *teams])
        for code, language in settings.LANGUAGES:
            self.fields[f"wording_{code}"] = forms.CharField(
                label=_("The complainant reads · %(language)s") % {"language": language}, max_length=300, required=False
            )

    def has_changed(self) -> bool:
        """Whether the row says anything."""
        return bool(self["kind"].value())

    @property
    def is_detailed(self) -> bool:
        """Whether something stands, or is wrong, among what is folded away."""
        names = ("condition", "amount", *(f"wording_{code}" for code, _name in settings.LANGUAGES))
        return any(self[name].value() or self.errors.get(name) for name in names)

    @property
    def words(self) -> list[forms.BoundField]:
        """What the complainant reads, language by language."""
        return [self[f"wording_{code}"] for code, _name in settings.LANGUAGES]

    def line(self) -> Line:
        """The row as the command takes it."""
        row = self.cleaned_data
        return Line(
            row["kind"],
            row["is_required"],
            row["team"],
            row["days"],
            row["condition"],
            row["doer"] or None,
            row["day_unit"] or DayUnit.CALENDAR,
            row["amount"],
            {code: row[f"wording_{code}"] for code, _name in settings.LANGUAGES},
        )


Lines = forms.formset_factory(LineForm, extra=3, can_order=True, max_num=MOST_LINES)


def given_lines(rows: forms.BaseFormSet[LineForm]) -> list[Line]:
    """The actions of a valid set of rows, by their place and then by their row."""
    chosen = [form for form in rows.forms if form.cleaned_data.get("kind")]
    chosen.sort(key=lambda form: form.cleaned_data.get("ORDER") or len(chosen) + 1)
    return [form.line() for form in chosen]


def lines_of(brand: Brand, standing: Brings | None, data: Any) -> forms.BaseFormSet[LineForm]:
    """The rows of a version; what is switched off is only offered where it stands already."""
    rows = list(standing.lines) if standing else []
    kinds = _in_use_or(brand.kinds.order_by("code"), [row.kind_id for row in rows])
    teams = _in_use_or(brand.teams.order_by("name"), [row.team_id for row in rows])
    plain = ("is_required", "doer", "days", "day_unit", "condition")
    return Lines(
        data,
        prefix="line",
        initial=[
            {
                "kind": row.kind_id,
                "team": row.team_id,
                "amount": amount_text(row.amount),
                **{name: getattr(row, name) for name in plain},
                **{f"wording_{code}": row.wording.get(code, "") for code, _name in settings.LANGUAGES},
            }
            for row in rows
        ],
        form_kwargs={
            "kinds": [(kind.pk, catalogue_text(kind.label)) for kind in kinds],
            "teams": [(team.pk, team.name) for team in teams],
        },
    )


def _in_use_or(rows: QuerySet[Any], standing: list[int | None]) -> QuerySet[Any]:
    return rows.filter(Q(is_active=True) | Q(pk__in=[key for key in standing if key]))
