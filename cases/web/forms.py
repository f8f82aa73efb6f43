"""The forms of the desk: what is asked, in words; whether it may be is for the commands to say."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from cases.models import Action, Case, Category, Kind, Team, User
from cases.rules import money
from cases.vocabulary import ObservationKind, Proof, Severity, Wish
from cases.web.tags import catalogue_text

NOBODY = ("", "—")


class ManyFiles(forms.ClearableFileInput):
    """A field that takes several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files; they are judged when they are stored."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> list[Any]:  # noqa: ARG002 - Django's signature
        """The files as they came."""
        return [one for one in (data if isinstance(data, list | tuple) else [data]) if one]


class AmountField(forms.CharField):
    """An amount as its writer writes it: 1,180.00 or 1 180,00."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def clean(self, value: Any) -> Any:
        """The amount, or nothing."""
        text = super().clean(value).strip()
        if not text:
            return None
        try:
            return money.parse_amount(text)
        except money.AmountError as error:
            raise forms.ValidationError(error.message) from error


def day_it_took_place() -> forms.DateField:
    """The day on which something was really done, for an action that is proven by it."""
    return forms.DateField(
        label=_("The day it took place"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


def area(rows: int = 3, **attrs: Any) -> forms.Textarea:
    """Room for some lines."""
    return forms.Textarea(attrs={"rows": rows, **attrs})


def people(found: Iterable[User], *, nobody: str | None = None) -> list[tuple[Any, str]]:
    """People to choose from."""
    chosen: list[tuple[Any, str]] = [("", nobody)] if nobody is not None else []
    return chosen + [(person.pk, person.name) for person in found]


def categories(found: Iterable[Category]) -> list[tuple[Any, str]]:
    """Categories to choose from, by name."""
    named = sorted(((each.pk, catalogue_text(each.label)) for each in found), key=lambda pair: pair[1].lower())
    return [NOBODY, *named]


def number(value: Any) -> int | None:
    """The id somebody chose, or nothing."""
    return int(value) if value else None


class Nothing(forms.Form):
    """A question that needs no more than yes."""


class Assign(forms.Form):
    """Who answers for the case."""

    owner = forms.TypedChoiceField(label=_("Owner"), coerce=int)

    def __init__(self, *args: Any, able: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].choices = people(able)  # type: ignore[attr-defined]


class Wait(forms.Form):
    """What the complainant is asked for."""

    waiting_for = forms.CharField(
        label=_("Waiting for"),
        max_length=200,
        help_text=_("Two or three words: “photos”, “bank details”. The list shows them."),
    )


class Reason(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Reason"), widget=area(3), max_length=500)


class Merge(forms.Form):
    """In which other case of the complainant this one goes on, and why if it is not plain."""

    into = forms.TypedChoiceField(label=_("It goes on in"), coerce=int)
    reason = forms.CharField(
        label=_("Reason"), widget=area(2), max_length=500, required=False, help_text=_("Kept as a note in this case.")
    )

    def __init__(self, *args: Any, others: Iterable[Case], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = [(case.pk, f"{case.reference} · {case.headline}") for case in others]
        self.fields["into"].choices = chosen  # type: ignore[attr-defined]


class Classify(forms.Form):
    """What the case is about, how bad it is and what is wished."""

    category = forms.TypedChoiceField(label=_("Category"), required=False, coerce=number, empty_value=None)
    severity = forms.TypedChoiceField(label=_("Severity"), choices=Severity.choices, coerce=int)
    wish = forms.ChoiceField(
        label=_("What they want most"), required=False, choices=[("", _("Not known")), *Wish.choices]
    )
    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, found: Iterable[Category], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = categories(found)  # type: ignore[attr-defined]


class About(forms.Form):
    """Which colleague the complaint is about."""

    person = forms.TypedChoiceField(
        label=_("The complaint is about"),
        required=False,
        coerce=number,
        empty_value=None,
        help_text=_("They can then neither own the case nor see it."),
    )

    def __init__(self, *args: Any, able: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].choices = people(able, nobody=str(_("No colleague")))  # type: ignore[attr-defined]


class Describe(forms.Form):
    """What is known of the complainant."""

    name = forms.CharField(label=_("Name"), max_length=200, required=False, help_text=_("Empty: they stay anonymous."))
    email = forms.EmailField(label=_("E-mail"), required=False)
    phone = forms.CharField(label=_("Telephone"), max_length=40, required=False)
    language = forms.ChoiceField(label=_("Language"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [("", "—"), ("en", "English"), ("fr", "Français")]
        given = self.initial.get("language", "")
        if given and given not in dict(known):
            known.append((given, given))
        self.fields["language"].choices = known  # type: ignore[attr-defined]


class Ask(forms.Form):
    """Why somebody should approve it."""

    reason = forms.CharField(
        label=_("Why"),
        widget=area(2),
        max_length=500,
        required=False,
        help_text=_("Whoever has to approve it reads this."),
    )


class Plan(forms.Form):
    """What is to be done for the complainant, and why, should somebody have to approve it."""

    kind = forms.TypedChoiceField(label=_("What"), coerce=int)
    wording = forms.CharField(
        label=_("In words"), max_length=300, required=False, help_text=_("The complainant sees this as a promise.")
    )
    amount = AmountField(label=_("Amount"), required=False)
    due_on = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    owner = forms.TypedChoiceField(label=_("Who does it"), required=False, coerce=number, empty_value=None)
    team = forms.TypedChoiceField(label=_("Team"), required=False, coerce=number, empty_value=None)
    is_required = forms.BooleanField(
        label=_("The case is not handled before this is done"), required=False, initial=True
    )
    reason = Ask.base_fields["reason"]
    once = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, kinds: Iterable[Kind], able: Iterable[User], teams: Iterable[Team], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        named = sorted(((kind.pk, catalogue_text(kind.label)) for kind in kinds), key=lambda pair: pair[1].lower())
        self.fields["kind"].choices = [("", "—"), *named]  # type: ignore[attr-defined]
        self.fields["owner"].choices = people(able, nobody="—")  # type: ignore[attr-defined]
        self.fields["team"].choices = [NOBODY, *((team.pk, team.name) for team in teams)]  # type: ignore[attr-defined]


class Change(Plan):
    """What is planned, said again."""

    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, action: Action, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("kind", "once", *(() if action.kind.has_amount else ("amount",))):
            del self.fields[name]
        if action.is_required:
            del self.fields["is_required"]


class Complete(forms.Form):
    """That it is done, and the proof its kind demands."""

    outcome = forms.CharField(label=_("What was done"), widget=area(3))
    reference = forms.CharField(label=_("Reference"), max_length=120, required=False)
    amount = AmountField(label=_("Amount"), required=False)

    def __init__(self, *args: Any, action: Action, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["files"] = FilesField(label=_("Files"), required=False)
        demand = Proof(action.kind.proof)
        self.fields["reference"].required = demand in {Proof.REFERENCE, Proof.AMOUNT}
        if not action.kind.has_amount:
            del self.fields["amount"]
        else:
            self.fields["amount"].required = demand == Proof.AMOUNT
            self.fields["amount"].help_text = action.currency
        if demand == Proof.DATE:
            self.fields["done_on"] = day_it_took_place()
            self.order_fields(["outcome", "done_on"])
        if demand == Proof.FILE:
            self.fields["files"].help_text = _("This action needs a file as its proof.")


class Observe(forms.Form):
    """What was seen of a post."""

    kind = forms.ChoiceField(label=_("What was seen"), choices=ObservationKind.choices)
    seen_at = forms.DateTimeField(
        label=_("When"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )
    views = forms.IntegerField(label=_("Views"), min_value=0, required=False)
    shares = forms.IntegerField(label=_("Shares"), min_value=0, required=False)
    text = forms.CharField(
        label=_("New text"), widget=area(4), required=False, help_text=_("In full, when its author edited it.")
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=300, required=False, help_text=_("When our side hid it. Reports show it.")
    )


def end_of(day: Any) -> datetime | None:
    """The last moment of a day that somebody chose as a date."""
    return timezone.make_aware(datetime.combine(day, time(18, 0))) if day else None


def amount_text(amount: Decimal | None) -> str:
    """An amount as a field shows it again."""
    if amount is None:
        return ""
    cents = amount.quantize(Decimal("0.01"))
    exact = f"{cents:f}" if cents == amount else f"{amount.normalize():f}"
    plain = exact if amount != amount.to_integral() else f"{amount.to_integral():f}"
    return plain.replace(".", ",") if (get_language() or "").startswith("fr") else plain
