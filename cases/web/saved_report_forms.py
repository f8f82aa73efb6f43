"""The forms of saved reports: their name, and when they are sent to whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.models import SavedReport, User
from cases.queries.reports import schedule_words
from cases.rules.rhythm import LAST_DAY, LAST_SURE_DAY, Beat
from cases.vocabulary import Format, Rhythm
from cases.web.settings_forms import REGIONS


class KeepForm(forms.Form):
    """What a saved report is called, and who else finds it."""

    name = forms.CharField(
        label=pgettext_lazy("of a saved report", "Name"),
        max_length=80,
        help_text=_("As in “Board, last month”. A mail has it as its subject."),
    )
    is_shared = forms.BooleanField(
        label=_("Share it with colleagues"),
        required=False,
        help_text=_("Whoever reads reports of one of your brands finds it; each sees the figures of their own brands."),
    )


class SaveForm(KeepForm):
    """The same for what was just asked, which can take the place of one that is kept already."""

    instead = forms.ChoiceField(label=_("Keep it"), required=False)

    def __init__(self, *args: Any, kept: Iterable[SavedReport] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        mine = [(str(each.public_id), _("in place of “%(name)s”") % {"name": each.name}) for each in kept]
        if mine:
            self.fields["instead"].choices = [("", _("as a new one")), *mine]  # type: ignore[attr-defined]
        else:
            del self.fields["instead"]


class People(forms.ModelMultipleChoiceField[Any]):
    """Colleagues, by their names."""

    def label_from_instance(self, obj: Any) -> str:
        """Their name."""
        return str(obj.name)


class ScheduleForm(forms.Form):
    """How often, when and to whom it is sent."""

    rhythm = forms.ChoiceField(label=_("How often"), choices=Rhythm.choices)
    weekday = forms.TypedChoiceField(label=pgettext_lazy("a day", "On"), coerce=int)
    day = forms.TypedChoiceField(label=pgettext_lazy("a day", "On"), coerce=int)
    hour = forms.TypedChoiceField(
        label=pgettext_lazy("an hour", "At"), coerce=int, choices=[(hour, f"{hour}:00") for hour in range(24)]
    )
    zone = forms.ChoiceField(label=_("Time zone"), help_text=_("The days of the report are counted in it too."))
    format = forms.ChoiceField(label=_("File that goes with it"), choices=Format.choices)
    recipients = People(
        User.objects.none(),
        label=pgettext_lazy("of a mail", "To"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Each gets the figures of what they may see themselves, in their language."),
    )

    def __init__(self, given: Any = None, *, saved: SavedReport, candidates: Any) -> None:
        self.saved = saved
        usual = candidates.filter(pk=saved.owner_id).values_list("pk", flat=True)
        initial = {
            "rhythm": saved.rhythm or Rhythm.WEEKLY.value,
            "weekday": saved.weekday,
            "day": saved.day,
            "hour": saved.hour,
            "zone": saved.zone,
            "format": saved.format,
            "recipients": [*(saved.recipients.values_list("pk", flat=True) if saved.rhythm else usual)],
        }
        super().__init__(given, initial=initial)
        zones = sorted(zone for zone in available_timezones() if zone.split("/")[0] in REGIONS)
        if saved.zone not in {*zones, "UTC"}:
            zones.append(saved.zone)
        self._offer("zone", [("UTC", "UTC"), *((zone, zone.replace("_", " ")) for zone in zones)])
        self._offer("weekday", schedule_words.weekdays())
        days = [(day, str(day)) for day in range(1, LAST_SURE_DAY + 1)]
        self._offer("day", [*days, (LAST_DAY, _("the last day"))])
        self.fields["recipients"].queryset = candidates  # type: ignore[attr-defined]

    def _offer(self, name: str, choices: list[Any]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def arguments(self) -> dict[str, Any]:
        """What the command takes."""
        said = self.cleaned_data
        beat = Beat(Rhythm(said["rhythm"]), said["hour"], said["zone"], said["weekday"], said["day"])
        ids = [each.pk for each in said["recipients"]]
        return {"beat": beat, "written_as": Format(said["format"]), "recipient_ids": ids}
