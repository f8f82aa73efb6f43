"""What the calls about reports answer."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from cases.api.fields import Instant


class NamedShape(serializers.Serializer[Any]):
    """A word of ours, and what people call it."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF takes fields out of the class


class FigureShape(NamedShape):
    """A figure: what it is called, what exactly it counts, in which unit, and of which one it is a share."""

    definition = serializers.CharField()
    unit = serializers.CharField(help_text="count, seconds, money (an amount for each currency) or minutes")
    share_of = serializers.CharField(allow_blank=True, help_text="the figure that it is a part of")


class PopulationShape(NamedShape):
    """What is counted, and by which instant it belongs to a period."""

    count = serializers.IntegerField(required=False, help_text="how many there are")


class PeriodShape(serializers.Serializer[Any]):
    """A period by the clocks of its zone, and its two instants: the second is no longer part of it."""

    starts = Instant()
    ends = Instant()
    zone = serializers.CharField()
    preset = serializers.CharField(allow_blank=True, help_text="by which it was asked for")
    words = serializers.CharField()

    def get_fields(self) -> dict[str, Any]:
        """With the days that it was asked by: `from` is a word of Python's."""
        written = "a day, or an instant where it is no whole days"
        return {
            "from": serializers.CharField(help_text=written),
            "to": serializers.CharField(help_text=written),
            **super().get_fields(),
        }


class SectionDefinedShape(serializers.Serializer[Any]):
    """One table of a report: its figures, and by what it is split and filtered."""

    name = serializers.CharField()
    title = serializers.CharField()
    population = NamedShape()
    figures = FigureShape(many=True)
    splits = NamedShape(many=True, help_text="at once, however many rows; the first where no split is asked")
    filters = NamedShape(many=True, help_text="any dimension it can be filtered by, or split")


class BesideDefinedShape(FigureShape):
    """A figure that a report shows beside its tables, over another population than theirs."""

    population = NamedShape(help_text="what it is divided by")


class ReportDefinedShape(serializers.Serializer[Any]):
    """A named report: the question it answers, and its tables."""

    name = serializers.CharField()
    title = serializers.CharField()
    question = serializers.CharField()
    url = serializers.CharField(help_text="its answer")
    page = serializers.CharField(help_text="the same for people")
    sections = SectionDefinedShape(many=True)
    beside = BesideDefinedShape(many=True, help_text="figures beside the tables")


class ReportsShape(serializers.Serializer[Any]):
    """Every report, and what can be asked of it."""

    version = serializers.IntegerField(help_text="of the definitions: a change of what a figure means is a new number")
    duration_error = serializers.FloatField(help_text="by what part of itself a percentile is off at most")
    periods = NamedShape(many=True)
    comparisons = serializers.ListField(child=serializers.CharField())
    front = serializers.CharField(help_text="the figures of the front page")
    results = ReportDefinedShape(many=True)


class DurationShape(serializers.Serializer[Any]):
    """How long something takes, those who still wait counted in (Kaplan-Meier)."""

    median = serializers.IntegerField(allow_null=True, help_text="minutes; null: it has not happened in so many yet")
    p90 = serializers.IntegerField(allow_null=True, help_text="minutes")
    population = serializers.IntegerField()
    still_waiting = serializers.IntegerField()
    error = serializers.FloatField(help_text="by what part of itself a percentile is off at most")


class GroupShape(serializers.Serializer[Any]):
    """The figures of one group."""

    figures = serializers.DictField(
        child=serializers.IntegerField(), help_text="counts; of figures in seconds those of all complaints together"
    )
    averages = serializers.DictField(
        child=serializers.FloatField(allow_null=True),
        help_text="of each figure in seconds those per complaint, as people are shown it; null: of none",
    )
    shares = serializers.DictField(
        child=serializers.FloatField(allow_null=True), help_text="of the figure that each is a part of; null: of none"
    )
    money = serializers.DictField(
        child=serializers.DictField(child=serializers.CharField()), help_text="by currency, then by name"
    )
    durations = serializers.DictField(child=DurationShape())


class LinkShape(serializers.Serializer[Any]):
    """Where exactly the rows behind a figure are: as many as it says, for whoever may see them."""

    page = serializers.CharField(help_text="for people")
    rows = serializers.CharField(help_text="for programs")


class LinkedShape(GroupShape):
    """The figures of one group, each with the rows behind it, and those of the period it is compared with."""

    behind = serializers.DictField(
        child=LinkShape(), help_text="by the name of the figure; of a time also `…_open`, those who still wait"
    )
    before = GroupShape(allow_null=True)


class RowShape(LinkedShape):
    """One row of a table: its keys filter by the same values, its labels are for people."""

    keys = serializers.ListField(child=serializers.CharField(allow_blank=True))
    labels = serializers.ListField(child=serializers.CharField(allow_blank=True))


class DifferenceShape(serializers.Serializer[Any]):
    """By how much a share, or a count a day, differs from the period before, and whether by more than chance."""

    difference = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True, help_text="it lies above this with 95 % certainty")
    high = serializers.FloatField(allow_null=True)
    is_noise = serializers.BooleanField(help_text="chance alone may well have made it")


class TotalShape(LinkedShape):
    """All rows together."""

    differences = serializers.DictField(child=DifferenceShape(), help_text="from the period it is compared with")


class SectionShape(serializers.Serializer[Any]):
    """One table of a report, counted."""

    name = serializers.CharField()
    title = serializers.CharField()
    population = PopulationShape()
    splits = NamedShape(many=True)
    figures = FigureShape(many=True)
    total = TotalShape()
    rows = RowShape(many=True)


class BesideShape(FigureShape):
    """A figure beside the tables: the money of the report for each of the rows of another population."""

    population = PopulationShape(help_text="what it is divided by, and how many there are")
    money = serializers.DictField(child=serializers.CharField(), help_text="for each one, by currency")
    sums = serializers.DictField(child=serializers.CharField(), help_text="what was divided, by currency")
    behind = serializers.DictField(child=LinkShape(), help_text="the rows of both")


class ReportAnswerShape(serializers.Serializer[Any]):
    """A report as it stood at one instant, for what the token's person may see."""

    report = serializers.CharField()
    title = serializers.CharField()
    question = serializers.CharField()
    version = serializers.IntegerField(help_text="of the definitions")
    period = PeriodShape()
    compared = PeriodShape(allow_null=True, help_text="the period it is compared with")
    computed_at = Instant()
    filters = serializers.DictField(child=serializers.ListField(child=serializers.CharField(allow_blank=True)))
    page = serializers.CharField(help_text="exactly this, for people")
    url = serializers.CharField(help_text="exactly this, for programs: of these dates, whenever it is asked")
    sections = SectionShape(many=True)
    beside = BesideShape(
        many=True, help_text="none where nothing was paid or received, or complaints cannot be filtered so"
    )


class BehindShape(serializers.Serializer[Any]):
    """One row behind a figure."""

    at = Instant(help_text="the instant that puts it into the period")
    case = serializers.CharField(allow_blank=True, help_text="a reference")
    post = serializers.UUIDField(allow_null=True)
    page = serializers.CharField(allow_blank=True)
    headline = serializers.CharField(allow_blank=True)
    status = serializers.CharField(allow_blank=True, help_text="of the case")
    owner = serializers.CharField(allow_blank=True, help_text="their name")
    brand = serializers.CharField()
    what = serializers.CharField(allow_blank=True, help_text="what it is beside its case")
    minutes = serializers.IntegerField(allow_null=True, help_text="that a time took, or has been waited for so far")
    amount = serializers.CharField(allow_null=True)
    currency = serializers.CharField(allow_blank=True)


class BehindPage(serializers.Serializer[Any]):
    """The rows behind a figure, the latest first."""

    figure = FigureShape()
    population = NamedShape()
    period = PeriodShape()
    computed_at = Instant()
    page = serializers.CharField(help_text="the same for people")
    count = serializers.IntegerField(help_text="how many there are in all")
    next = serializers.CharField(allow_null=True)
    results = BehindShape(many=True)


class RunShape(serializers.Serializer[Any]):
    """A report that is counted in the background: how far it is."""

    id = serializers.UUIDField()
    report = serializers.CharField()
    status = serializers.CharField(help_text="waiting, running, done, cancelled or failed")
    done = serializers.IntegerField(help_text="steps")
    total = serializers.IntegerField(help_text="steps")
    percent = serializers.IntegerField()
    error = serializers.CharField(allow_blank=True)
    started_at = Instant()
    ended_at = Instant(allow_null=True)
    url = serializers.CharField(help_text="where to look again")
    answer = ReportAnswerShape(
        allow_null=True,
        help_text="once it is done; null again when your rights or the definitions have changed since",
    )
