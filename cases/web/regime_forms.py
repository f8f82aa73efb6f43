"""The forms of what final answers must hold, and of the tree of causes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.commands.regime import LONGEST
from cases.models import Brand, Cause, Regime
from cases.queries.cause import Branch
from cases.rules.causes import DEEPEST
from cases.rules.regimes import Pack
from cases.vocabulary import AnswerPart
from cases.web.answer_forms import ON_PAGE, cause_choices
from cases.web.forms import area, number
from cases.web.settings_forms import CODE, Labelled


class RegimeForm(forms.Form):
    """What a brand's final answers must hold."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, help_text=gettext_lazy("Stands with every answer that was sent.")
    )
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("The rule and its paragraph, so that anybody can look it up."),
    )
    demands = forms.MultipleChoiceField(
        label=gettext_lazy("A final answer must hold"),
        choices=[(part.value, ON_PAGE[part]) for part in AnswerPart],
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "A remedy and what is still to be done only where there is something to tell. Whoever is not fully upheld "
            "is always told where they can turn."
        ),
    )
    recourse_always = forms.BooleanField(
        label=gettext_lazy("Say where they can turn in every answer, also when fully upheld"), required=False
    )
    answers_first = forms.BooleanField(
        label=gettext_lazy("The answer may go before the actions are finished"),
        required=False,
        help_text=gettext_lazy(
            "It then names them with their dates, and the case stays open until they are done. Off, the answer waits "
            "for every required action."
        ),
    )

    def __init__(self, *args: Any, brand: Brand, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code, language in settings.LANGUAGES:
            self.fields[f"recourse_{code}"] = forms.CharField(
                label=_("Where they can turn next · %(language)s") % {"language": language},
                max_length=LONGEST,
                required=code == brand.language,
                widget=area(8),
            )
            self.fields[f"opening_{code}"] = forms.CharField(
                label=_("First sentence · %(language)s") % {"language": language},
                max_length=LONGEST,
                required=False,
                widget=area(2),
            )

    def given(self) -> dict[str, Any]:
        """What the command takes."""
        data = self.cleaned_data
        plain = ("name", "source", "demands", "recourse_always", "answers_first")
        return {name: data[name] for name in plain} | {
            name: {code: data[f"{name}_{code}"] for code, _language in settings.LANGUAGES}
            for name in ("recourse", "opening")
        }


def of_pack(pack: Pack) -> dict[str, Any]:
    """The initial values of a form that begins with a ready-made regime."""
    return _initial(pack.name, pack.source, pack.demands, pack.recourse, pack.opening) | {
        "recourse_always": pack.recourse_always,
        "answers_first": pack.answers_first,
    }


def of_regime(regime: Regime) -> dict[str, Any]:
    """The initial values of a form about a regime that stands."""
    opening = regime.template.get("opening", {})
    return _initial(regime.name, regime.source, regime.demands, regime.recourse, opening) | {
        "recourse_always": regime.recourse_always,
        "answers_first": regime.answers_first,
    }


def _initial(
    name: str, source: str, demands: Iterable[str], recourse: dict[str, str], opening: dict[str, str]
) -> dict[str, Any]:
    texts = {f"recourse_{code}": text for code, text in recourse.items()}
    texts |= {f"opening_{code}": text for code, text in opening.items()}
    return {"name": name, "source": source, "demands": [str(each) for each in demands], **texts}


class CauseForm(Labelled):
    """Why complaints come about."""

    code = forms.CharField(label=gettext_lazy("Code"), max_length=40, help_text=CODE)
    parent = forms.TypedChoiceField(label=gettext_lazy("Below"), required=False, coerce=number, empty_value=None)
    is_active = forms.BooleanField(
        label=gettext_lazy("In use"),
        required=False,
        help_text=gettext_lazy("Off, it is no longer offered; cases that have it keep it."),
    )

    def __init__(
        self, *args: Any, brand: Brand, found: Iterable[Branch], cause: Cause | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.cause = cause
        self.add_texts("label", _("Name"), brand, is_required=True)
        above = [
            branch
            for branch in found
            if branch.level < DEEPEST
            and (branch.cause.is_active or (cause and branch.cause.pk == cause.parent_id))
            and not (cause and branch.cause.pk == cause.pk)
        ]
        self.fields["parent"].choices = [("", _("Nothing: it stands at the top")), *cause_choices(above)]  # type: ignore[attr-defined]
        self.order_fields(["code", "label_en", "label_fr", "parent", "is_active"])
        self.fields.pop("code" if cause else "is_active")

    def given(self) -> dict[str, Any]:
        """What the commands take."""
        data: dict[str, Any] = {n: self.cleaned_data[n] for n in ("code", "is_active") if n in self.fields}
        label = self.texts("label", self.cause.label if self.cause else None)
        return {**data, "label": label, "parent_id": self.cleaned_data["parent"]}
