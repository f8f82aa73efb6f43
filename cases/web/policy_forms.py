"""The form of a policy: what must have happened by when, for which cases, and what a later date demands."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from cases.commands.policy import LONGEST, Terms
from cases.models import Brand, Policy
from cases.rules.policies import PACKS, Ready
from cases.vocabulary import Goal, Needs, Severity, Sort, Start, Unit
from cases.web.settings_forms import Labelled, texts_of
from cases.web.tags import catalogue_text

GOALS = [(goal.value, goal.label) for goal in Goal if goal != Goal.PROMISE]
PLAIN = ("goal", "start", "amount", "unit", "source", "extends", "severities", "sorts")
SWITCHES = ("end_of_day", "next_day_counts", "pauses", "again", "superseded_by_answer")


# What a new one begins with.
FIRST = {"goal": GOALS[0][0], "start": "received", "unit": "open_hour", "amount": 4}


class PolicyForm(Labelled):
    """What must have happened in a case by when."""

    goal = forms.ChoiceField(label=_("What must have happened"), choices=GOALS)
    amount = forms.IntegerField(label=_("Within"), min_value=1, max_value=LONGEST)
    unit = forms.ChoiceField(label=_("Counted in"), choices=Unit.choices)
    start = forms.ChoiceField(label=_("From"), choices=Start.choices)
    end_of_day = forms.BooleanField(
        label=_("The last day counts until it ends"),
        required=False,
        help_text=_("The close of business for working days, midnight for the others. Nothing to minutes and hours."),
    )
    next_day_counts = forms.BooleanField(
        label=_("What comes after closing time counts from the next opening"), required=False
    )
    pauses = forms.BooleanField(
        label=_("Pauses while we wait for them"),
        required=False,
        help_text=_("Only where whoever set the deadline lets it: most supervisors do not."),
    )
    again = forms.BooleanField(label=_("Begins again when the case is reopened"), required=False)
    superseded_by_answer = forms.BooleanField(label=_("Not needed once the final answer has gone"), required=False)
    extends = forms.ChoiceField(
        label=_("To extend it, there must be"), choices=Needs.choices, required=False, widget=forms.RadioSelect
    )
    extend_amount = forms.IntegerField(
        label=_("By"),
        min_value=1,
        max_value=LONGEST,
        required=False,
        help_text=_("Added to the date it first had, once."),
    )
    extend_unit = forms.ChoiceField(label=_("Counted in"), choices=Unit.choices, required=False)
    severities = forms.TypedMultipleChoiceField(
        label=_("Severity"),
        choices=Severity.choices,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen means any."),
    )
    sorts = forms.MultipleChoiceField(
        label=_("Complaints by"), choices=Sort.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    source = forms.CharField(
        label=_("Source"),
        max_length=200,
        required=False,
        help_text=_("Where it says so: a law, a contract, a promise."),
    )

    def __init__(self, *args: Any, brand: Brand, policy: Policy | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.brand, self.policy = brand, policy
        self.add_texts("name", _("Name"), brand, is_required=False, help_text=_("Left empty, it is what must happen."))
        calendars = brand.calendars.filter(Q(is_active=True) | Q(pk=policy.calendar_id if policy else None))
        named = [(str(each.pk), each.name) for each in calendars.order_by("name")]
        self.fields["calendar"] = forms.TypedChoiceField(
            label=_("On the hours of"),
            choices=[("", _("The case’s team, else the brand")), *named],
            coerce=int,
            empty_value=None,
            required=False,
        )
        categories = brand.categories.filter(
            Q(is_active=True) | Q(pk__in=policy.category_ids if policy else [])
        ).order_by("code")
        self.fields["category_ids"] = forms.TypedMultipleChoiceField(
            label=_("Categories"),
            choices=[(each.pk, catalogue_text(each.label)) for each in categories],
            coerce=int,
            required=False,
            widget=forms.CheckboxSelectMultiple,
            help_text=_("None chosen means any."),
        )

    def terms(self) -> Terms:
        """What the commands take; a name nobody gave is what must have happened."""
        given = self.cleaned_data
        is_extended = given["extends"] != Needs.NEVER
        return Terms(
            name=self._names(given),
            **{name: given[name] for name in (*PLAIN, *SWITCHES, "category_ids")},
            calendar_id=given["calendar"],
            extend_amount=(given["extend_amount"] or 0) if is_extended else 0,
            extend_unit=given["extend_unit"] if is_extended else "",
        )

    def _names(self, given: dict[str, Any]) -> dict[str, str]:
        names = self.texts("name", self.policy.name if self.policy else None)
        for code, _language in settings.LANGUAGES:
            if not names.get(code):
                with translation.override(code):
                    names[code] = str(Goal(given["goal"]).label)
        return names


def initial_of(policy: Policy | Ready) -> dict[str, Any]:
    """What the form begins with: a policy that stands, or one that is ready-made."""
    initial = {name: getattr(policy, name) for name in (*PLAIN, *SWITCHES) if hasattr(policy, name)}
    initial |= texts_of("name", policy.name)
    if isinstance(policy, Policy):
        initial |= {"category_ids": policy.category_ids, "calendar": policy.calendar_id}
    else:
        initial["source"] = next(pack.source for pack in PACKS.values() if policy in pack.policies)
    if policy.extends != Needs.NEVER:
        initial |= {"extend_amount": policy.extend_amount, "extend_unit": policy.extend_unit}
    return initial


def ready(code: str) -> Ready | None:
    """The ready-made policy of that code."""
    return next((one for pack in PACKS.values() for one in pack.policies if one.code == code), None)
