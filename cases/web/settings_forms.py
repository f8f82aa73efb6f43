"""The forms of the set-up, with what each choice brings about; a command's refusal lands on its field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from cases import errors
from cases.commands.catalogue import LONGEST
from cases.models import Brand, Category, Channel, Kind, Team
from cases.queries import people
from cases.rules import currencies
from cases.vocabulary import ChannelKind, DayUnit, Proof
from cases.web.forms import AmountField
from cases.web.tags import catalogue_text

T = TypeVar("T")

REGIONS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
PROOFS = {
    Proof.OUTCOME: _("In words: whoever does it writes what came of it. For calls, explanations, apologies."),
    Proof.REFERENCE: _("In words, and a reference somebody else can look up: a parcel, an order, a repair number."),
    Proof.AMOUNT: _("In words, a reference, and the amount that was really paid. For refunds and vouchers."),
    Proof.FILE: _("In words, and a file: a report, a photo, a signed letter."),
    Proof.DATE: _("In words, and the day on which it really took place: a visit, a delivery, a call."),
}


def accept(form: forms.Form, command: Callable[..., T], **arguments: Any) -> T | None:
    """What the command gives, or None when it refused: then the form says why, at the field when there is one."""
    try:
        return command(**arguments)
    except (errors.NotFound, errors.NotAllowed):
        raise
    except errors.Refused as refused:
        field = getattr(refused, "field", None)
        named = next(
            (name for name in (field, f"{field}_id", f"{field}_{settings.LANGUAGE_CODE}") if name in form.fields), None
        )
        form.add_error(named, refused.message)
        return None


class Named(forms.ModelChoiceField[Any]):
    """A choice among rows, called by their name or their label in the reader's language."""

    def label_from_instance(self, obj: Model) -> str:
        """What the row is called."""
        return catalogue_text(getattr(obj, "label", None)) or str(getattr(obj, "name", obj))


def _one_of(rows: QuerySet[Any], label: Any, *, help_text: Any = "", empty: Any = None) -> Named:
    return Named(rows, required=False, label=label, help_text=help_text, empty_label=empty or _("None"))


def _in_use(rows: QuerySet[Any], now: int | None) -> QuerySet[Any]:
    return rows.filter(Q(is_active=True) | Q(pk=now))


def _id(value: Any) -> int | None:
    return value.pk if value else None


class BrandForm(forms.Form):
    """What may change of a brand."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("As customers know it. It heads every mail and page.")
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=settings.LANGUAGES,
        help_text=_("For complainants whose own language nobody knows; catalogue texts must exist in it."),
    )
    zone = forms.ChoiceField(label=_("Time zone"), help_text=_("Dates in mails and on private pages are given in it."))
    currency = forms.ChoiceField(
        label=_("Currency"),
        choices=[(code, code) for code in sorted(currencies.CODES)],
        help_text=_("For refunds and vouchers."),
    )

    def __init__(self, *args: Any, brand: Brand | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = sorted(zone for zone in available_timezones() if zone.split("/")[0] in REGIONS)
        if brand and brand.zone not in zones:
            zones.append(brand.zone)
        self.fields["zone"].choices = [("UTC", "UTC"), *((zone, zone.replace("_", " ")) for zone in zones)]  # type: ignore[attr-defined]


class NewBrandForm(BrandForm):
    """A new brand, with what never changes afterwards."""

    slug = forms.CharField(
        label=_("Address"),
        max_length=40,
        help_text=_("Ends the address of the complaint form, /complain/…/. It never changes: it will stand in print."),
    )
    prefix = forms.CharField(  # type: ignore[assignment]  # a field, taken out of the class before it is one
        label=_("Prefix"),
        max_length=4,
        help_text=_("Two to four capital letters that begin every reference, such as BW-2417. It never changes."),
    )
    field_order = ("name", "slug", "prefix", "language", "zone", "currency")


class ActiveBrandForm(BrandForm):
    """A brand that an organisation admin may switch off."""

    is_active = forms.BooleanField(
        label=_("In use"),
        required=False,
        help_text=_("Off, nothing is taken in and its people no longer see it. Possible once no case needs work."),
    )


class ChannelForm(forms.Form):
    """A place where the public speaks to the brand."""

    name = forms.CharField(label=_("Name"), max_length=80)
    slug = forms.CharField(
        label=_("Short name"),
        max_length=40,
        help_text=_("Names the channel in imports and in the API. It never changes."),
    )
    kind = forms.ChoiceField(
        label=_("Where"),
        choices=ChannelKind.choices,
        help_text=_("Web forms and mailboxes have no audience: there, nobody replies in public."),
    )
    platform = forms.CharField(
        label=_("Platform"),
        max_length=40,
        help_text=_("Such as twitter or trustpilot. The same name on two channels means the same people write there."),
    )
    is_complaints_only = forms.BooleanField(
        label=_("Everything here is a complaint"),
        required=False,
        help_text=_("A case opens at once, without triage. Off, every post waits in “To triage”."),
    )
    is_active = forms.BooleanField(
        label=_("In use"),
        required=False,
        help_text=_("Off, nothing new is taken in. Posts and cases that are here stay."),
    )

    def __init__(self, *args: Any, brand: Brand, channel: Channel | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        category_id, team_id = (channel.default_category_id, channel.default_team_id) if channel else (None, None)
        self.fields["default_category"] = _one_of(
            _in_use(brand.categories.order_by("code"), category_id),
            _("First category"),
            help_text=_("What a case is about until somebody says otherwise; it brings its playbook’s actions."),
        )
        self.fields["default_team"] = _one_of(
            _in_use(brand.teams.order_by("name"), team_id),
            _("First team"),
            help_text=_("Who sees the case when its category names no team."),
        )
        self.order_fields(
            ["name", "slug", "kind", "platform", "is_complaints_only", "default_category", "default_team"]
        )
        self.fields.pop("slug" if channel else "is_active")

    def given(self) -> dict[str, Any]:
        """What the commands take."""
        data = dict(self.cleaned_data)
        for name in ("default_category", "default_team"):
            data[f"{name}_id"] = _id(data.pop(name))
        return data


class TeamForm(forms.Form):
    """People who share work."""

    name = forms.CharField(label=_("Name"), max_length=80)
    is_active = forms.BooleanField(
        label=_("In use"),
        required=False,
        help_text=_("Off, no work can be sent to it. Possible once it has no open case."),
    )

    def __init__(self, *args: Any, brand: Brand, team: Team | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["lead"] = _one_of(
            people.owners(brand.pk),
            _("Lead"),
            help_text=_("Assigns the team’s cases, and sees its restricted ones."),
            empty=_("Nobody"),
        )
        self.fields["on_duty"] = _one_of(
            people.owners(brand.pk),
            _("On duty"),
            help_text=_(
                "Gets what a playbook gives to whoever is on duty. While nobody is, or they are away: the lead."
            ),
            empty=_("Nobody"),
        )
        self.order_fields(["name", "lead", "on_duty", "is_active"])
        if team is None:
            self.fields.pop("is_active")

    def given(self) -> dict[str, Any]:
        """What the commands take."""
        data = dict(self.cleaned_data)
        lead, on_duty = data.pop("lead"), data.pop("on_duty")
        return {**data, "lead_id": _id(lead), "on_duty_id": _id(on_duty)}


class Labelled(forms.Form):
    """Something of the catalogue, said in each language of casedesk."""

    def add_texts(
        self, name: str, label: Any, brand: Brand, *, is_required: bool, help_text: Any = "", limit: int = 120
    ) -> None:
        """One field per language; the brand's own is the one that must be there."""
        for code, language in settings.LANGUAGES:
            self.fields[f"{name}_{code}"] = forms.CharField(
                label=f"{label} · {language}",
                max_length=limit,
                required=is_required and code == brand.language,
                help_text=help_text if code == settings.LANGUAGES[0][0] else "",
            )

    def texts(self, name: str, standing: Mapping[str, str] | None) -> dict[str, str]:
        """The texts by language; those in languages that the form does not show stay."""
        return {**(standing or {}), **{code: self.cleaned_data[f"{name}_{code}"] for code, _name in settings.LANGUAGES}}


def texts_of(name: str, texts: Mapping[str, str]) -> dict[str, str]:
    """Initial values of the fields that ``add_texts`` made."""
    return {f"{name}_{code}": texts.get(code, "") for code, _name in settings.LANGUAGES}


CODE = _("For imports and programs, such as late-delivery. It never changes.")


class CategoryForm(Labelled):
    """What complaints are about."""

    code = forms.CharField(label=_("Code"), max_length=40, help_text=CODE)
    is_active = forms.BooleanField(
        label=_("In use"), required=False, help_text=_("Off, it is no longer offered; cases that have it keep it.")
    )

    def __init__(self, *args: Any, brand: Brand, category: Category | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.category = category
        self.add_texts("label", _("Name"), brand, is_required=True)
        self.fields["team"] = _one_of(
            _in_use(brand.teams.order_by("name"), category.team_id if category else None),
            _("Team"),
            help_text=_("New cases of this category go to this team."),
        )
        self.order_fields(["code", "label_en", "label_fr", "team", "is_active"])
        self.fields.pop("code" if category else "is_active")

    def given(self) -> dict[str, Any]:
        """What the commands take."""
        data: dict[str, Any] = {n: self.cleaned_data[n] for n in ("code", "is_active") if n in self.fields}
        label = self.texts("label", self.category.label if self.category else None)
        return {**data, "label": label, "team_id": _id(self.cleaned_data["team"])}


class MergeForm(forms.Form):
    """Into which category another one goes."""

    def __init__(self, *args: Any, brand: Brand, category: Category, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = brand.categories.filter(is_active=True).exclude(pk=category.pk).order_by("code")
        self.fields["into"] = Named(rows, label=_("Count it with"), empty_label="—")


KIND_FIELDS = (
    "code",
    "proof",
    "has_amount",
    "has_goods",
    "two_people_above",
    "days",
    "day_unit",
    "ask_again_days",
    "is_shown",
    "is_active",
)


class KindForm(Labelled):
    """A sort of action, and what proves that it was done."""

    code = forms.CharField(label=_("Code"), max_length=40, help_text=CODE)
    proof = forms.ChoiceField(
        label=_("What proves that it is done"),
        choices=[(proof.value, words) for proof, words in PROOFS.items()],
        widget=forms.RadioSelect,
        help_text=_("Another demand holds for every action that is not done yet. What is done stays done."),
    )
    has_amount = forms.BooleanField(
        label=_("Has an amount"),
        required=False,
        help_text=_("Whoever adds the action says how much, in the brand’s currency."),
    )
    has_goods = forms.BooleanField(
        label=_("Goods change hands"),
        required=False,
        help_text=_("Something is sent, collected or given back."),
    )
    two_people_above = AmountField(
        label=_("Two people above"),
        required=False,
        help_text=_("Above this amount two people must approve. Left empty, one always suffices."),
    )
    days = forms.IntegerField(
        label=_("Days to do it"),
        min_value=0,
        max_value=LONGEST,
        help_text=_("From the day it is added, unless the playbook says otherwise."),
    )
    day_unit = forms.ChoiceField(label=_("Counted in"), choices=DayUnit.choices)
    ask_again_days = forms.IntegerField(
        label=_("Ask again after"),
        min_value=1,
        max_value=LONGEST,
        required=False,
        help_text=_("Days after the case is handled. For what can fail later, such as a repair. Empty: not again."),
    )
    is_shown = forms.BooleanField(
        label=_("The complainant sees it"),
        required=False,
        help_text=_(
            "On their private page: as a promise with its date, later as done. Off, it stays among colleagues."
        ),
    )
    is_active = forms.BooleanField(
        label=_("In use"), required=False, help_text=_("Off, it can no longer be added. Actions that are there go on.")
    )

    def __init__(self, *args: Any, brand: Brand, kind: Kind | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.add_texts("label", _("Name"), brand, is_required=True)
        self.add_texts(
            "promise",
            _("Promise"),
            brand,
            is_required=False,
            limit=300,
            help_text=_("What the complainant reads, such as “We refund you.” Left empty, they read the name."),
        )
        self.fields["target"] = _one_of(
            _in_use(brand.targets.order_by("name"), kind.target_id if kind else None),
            _("Carried out by"),
            help_text=_("A connected system does it as soon as it is decided, and says when it is done."),
            empty=_("People, by hand"),
        )
        self.fields["two_people_above"].label = _("Two people above (%(currency)s)") % {"currency": brand.currency}
        self.fields.pop("code" if kind else "is_active")

    def given(self) -> dict[str, Any]:
        """What the commands take."""
        data = {name: self.cleaned_data[name] for name in KIND_FIELDS if name in self.fields}
        data["target_id"] = _id(self.cleaned_data["target"])
        label = self.texts("label", self.kind.label if self.kind else None)
        return {**data, "label": label, "promise": self.texts("promise", self.kind.promise if self.kind else None)}
