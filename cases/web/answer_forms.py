"""The forms at the end of the path: the decision point by point, the final answer part by part, the cause."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.commands.handling import MOST_POINTS
from cases.models import Case
from cases.queries.answer import Prepared
from cases.queries.cause import Branch
from cases.rules.answer import Gap
from cases.vocabulary import NOT_PUBLIC, AnswerPart, AnswerRoute, Outcome
from cases.web.forms import area, number
from cases.web.tags import catalogue_text

ROWS = 3
UNDECIDED = ("", "—")
ON_PAGE = {
    AnswerPart.DECISION: gettext_lazy("Decision"),
    AnswerPart.REASONS: gettext_lazy("Reasons, for every point raised"),
    AnswerPart.REMEDY: gettext_lazy("What they get"),
    AnswerPart.OUTSTANDING: gettext_lazy("What is still to be done, and by when"),
    AnswerPart.RECOURSE: gettext_lazy("Where they can turn next"),
}


class Row(NamedTuple):
    """The fields of one point."""

    number: int
    raised: BoundField
    outcome: BoundField
    reason: BoundField


class Decide(forms.Form):
    """Whether the complaint is right as a whole and in each point, and why; as many points as there are rows."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("The complaint is"), choices=Outcome.choices, widget=forms.RadioSelect
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        widget=area(3),
        help_text=gettext_lazy("For colleagues. The final answer tells the complainant."),
    )
    rows = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, points: Sequence[Any] = (), **kwargs: Any) -> None:
        count, is_growing = _count(data, len(points)), data is not None and "more" in data
        if is_growing:
            # One more row was asked for: what is written is shown again, nothing is judged.
            data, kwargs["initial"] = None, data.dict()
        super().__init__(data, **kwargs)
        self.count = self.initial["rows"] = count
        for at in range(count):
            self._add(at, points[at] if at < len(points) else None)
        if is_growing:
            self.fields[f"raised_{count - 1}"].widget.attrs["data-focus"] = ""

    def _add(self, at: int, point: Any) -> None:
        self.fields[f"raised_{at}"] = forms.CharField(
            label=_("What they raised"),
            required=False,
            max_length=2000,
            widget=area(2),
            initial=point.raised if point else "",
        )
        self.fields[f"outcome_{at}"] = forms.ChoiceField(
            label=_("This point is"),
            required=False,
            choices=[UNDECIDED, *Outcome.choices],
            initial=point.outcome if point else "",
        )
        self.fields[f"reason_{at}"] = forms.CharField(
            label=_("Why, in words for them"),
            required=False,
            max_length=10_000,
            widget=area(2),
            initial=point.reason if point else "",
        )

    def point_rows(self) -> list[Row]:
        """The rows of the page."""
        return [
            Row(at + 1, self[f"raised_{at}"], self[f"outcome_{at}"], self[f"reason_{at}"]) for at in range(self.count)
        ]

    def has_points(self) -> bool:
        """Whether something stands in a row, so that they are shown open."""
        return any(bound.value() for row in self.point_rows() for bound in row[1:])

    def clean(self) -> dict[str, Any]:
        """A row that is begun is finished."""
        given = dict(super().clean() or self.cleaned_data)
        for at in range(self.count):
            names = [f"{name}_{at}" for name in ("raised", "outcome", "reason")]
            if any(given.get(name) for name in names):
                for name in names:
                    if not given.get(name) and name not in self.errors:
                        self.add_error(name, _("Every point needs this."))
        return given

    def points(self) -> list[tuple[str, Outcome, str]]:
        """The points that were given."""
        given = self.cleaned_data
        return [
            (given[f"raised_{at}"], Outcome(given[f"outcome_{at}"]), given[f"reason_{at}"])
            for at in range(self.count)
            if given.get(f"raised_{at}")
        ]


def _count(data: Any, standing: int) -> int:
    if data is None:
        return max(ROWS, standing + 1) if standing else ROWS
    sent = data.get("rows", "")
    count = int(sent) if sent.isdecimal() and len(sent) < 4 else ROWS
    return min(count + bool(data.get("more")), MOST_POINTS)


class Answer(forms.Form):
    """How it ends, told to the complainant: in one text, or in the parts that the brand's regime demands."""

    route = forms.ChoiceField(label=gettext_lazy("How"), widget=forms.RadioSelect)
    text = forms.CharField(label=gettext_lazy("Final answer"), widget=area(8))
    url = forms.URLField(
        label=gettext_lazy("It stands here already"),
        required=False,
        assume_scheme="https",
        help_text=gettext_lazy("Public replies only."),
    )
    once = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, case: Case, prepared: Prepared | None = None, **kwargs: Any) -> None:
        if data is not None and "preview" in data:
            # Only looked at: what is written is shown again, nothing is judged.
            data, kwargs["initial"] = None, data.dict()
        super().__init__(data, **kwargs)
        self.prepared = prepared
        routes: list[tuple[str, Any]] = [(AnswerRoute.PRIVATE, _("Privately: on their page, and by mail where we can"))]
        if case.private_declined_at and case.channel.kind not in NOT_PUBLIC:
            routes.append((AnswerRoute.PUBLIC, _("As a public reply: they declined a private thread")))
        else:
            del self.fields["url"]
        routes.append((AnswerRoute.UNREACHABLE, _("Nobody can be told: say why below")))
        self.fields["route"].choices = routes  # type: ignore[attr-defined]
        self.fields["route"].initial = routes[1][0] if len(routes) == 3 else AnswerRoute.PRIVATE
        if prepared:
            self._add_parts(prepared)

    def _add_parts(self, prepared: Prepared) -> None:
        self.fields["text"].required = False
        self.fields["text"].label = _("Why nobody can be told")
        self.fields["text"].widget.attrs["rows"] = 3
        for part in prepared.wanted:
            text = prepared.parts[part.value]
            lines = sum(1 + len(line) // 44 for line in text.split("\n"))
            self.fields[_name(part)] = forms.CharField(
                label=ON_PAGE[part], required=False, widget=area(min(max(lines, 2), 9)), initial=text
            )

    @property
    def part_fields(self) -> list[BoundField]:
        """The fields of the parts, in their order."""
        return [self[_name(part)] for part in (self.prepared.wanted if self.prepared else [])]

    def parts(self) -> dict[str, str]:
        """What stands in the parts, as they were sent or as they begin."""
        wanted = self.prepared.wanted if self.prepared else []
        return {part.value: str(self[_name(part)].value() or "") for part in wanted}

    def gaps(self) -> list[str]:
        """Everything that keeps the answer from going, in words."""
        if self.prepared is None:
            return []
        first = [_("First: %(action)s") % {"action": title} for title in self.prepared.first]
        return first + [_words(gap) for gap in self.prepared.missing(self.parts())]


def _name(part: AnswerPart) -> str:
    return f"part_{part.value}"


def _words(gap: Gap) -> str:
    label = str(ON_PAGE[gap.part])
    if gap.mark:
        return _("%(part)s: fill in “%(mark)s”") % {"part": label, "mark": gap.mark}
    return _("%(part)s: nothing yet") % {"part": label}


class NameCause(forms.Form):
    """Why the complaint came about, and what would have prevented it."""

    cause = forms.TypedChoiceField(
        label=gettext_lazy("Why did it happen?"), required=False, coerce=number, empty_value=None
    )
    prevention = forms.CharField(
        label=gettext_lazy("What would have prevented it?"),
        required=False,
        max_length=2000,
        widget=area(3),
        help_text=gettext_lazy("For colleagues. Reports gather it."),
    )

    def __init__(self, *args: Any, found: Iterable[Branch], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cause"].choices = [("", _("Nobody knows yet")), *cause_choices(found)]  # type: ignore[attr-defined]


def cause_choices(found: Iterable[Branch]) -> list[tuple[int, str]]:
    """Causes to choose from, each with the way to it."""
    return [(branch.cause.pk, " › ".join(map(catalogue_text, branch.labels))) for branch in found]
