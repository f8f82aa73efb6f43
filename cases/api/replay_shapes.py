"""What the calls about replays take and answer."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from cases.api.escalation_shapes import QuestionShape
from cases.api.fields import BIGGEST, Instant
from cases.vocabulary import ReplayStatus


@extend_schema_serializer(
    examples=[OpenApiExample("A quarter", {"starts_on": "2026-01-01", "ends_on": "2026-03-31"}, request_only=True)]
)
class ReplayIn(serializers.Serializer[Any]):
    """Which days, both included, and which version."""

    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    version = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=BIGGEST, help_text="a number; else the draft, else live"
    )


class LoadShape(serializers.Serializer[Any]):
    """How often somebody would have been called."""

    person = serializers.CharField()
    calls = serializers.IntegerField()
    peak = serializers.IntegerField(help_text="on the day with the most")
    peak_on = serializers.DateField()


class WouldHaveShape(serializers.Serializer[Any]):
    """What a rule, or several, would have done."""

    acted = serializers.IntegerField(help_text="steps")
    cases = serializers.IntegerField()
    calls = serializers.IntegerField()
    days = serializers.DictField(child=serializers.IntegerField(), help_text="steps by day")
    hours = serializers.ListField(child=serializers.IntegerField(), help_text="calls by the hour, from midnight on")
    night = serializers.IntegerField(help_text="calls at night")
    outside = serializers.IntegerField(help_text="calls outside the hours of those who were called")
    people = LoadShape(many=True)
    reacted = serializers.IntegerField(help_text="steps after which people really reacted")
    earlier = serializers.IntegerField(
        allow_null=True, help_text="seconds by which it came before people, in the median; less than nothing: after"
    )
    held = serializers.IntegerField(help_text="calls that would have been held back and bundled")
    stopped = serializers.IntegerField()
    nothing = serializers.IntegerField(help_text="steps with nothing to do")
    nobody = serializers.IntegerField(help_text="steps with nobody to call")
    loops = serializers.IntegerField()


class CannotShape(serializers.Serializer[Any]):
    """Something that a replay does not know for sure."""

    code = serializers.CharField()
    count = serializers.IntegerField(allow_null=True)
    facts = serializers.ListField(child=serializers.CharField())


class ResultShape(serializers.Serializer[Any]):
    """What came out, beside what is live."""

    draft = WouldHaveShape(help_text="the version that was replayed")
    live = WouldHaveShape(allow_null=True, help_text="the rule as it is live")
    every = WouldHaveShape(help_text="all live rules together")
    every_count = serializers.IntegerField(help_text="how many live rules")
    days = serializers.ListField(child=serializers.DateField())
    zone = serializers.CharField()
    calls_an_hour = serializers.IntegerField(help_text="more calls to one person are held back")
    cannot = CannotShape(many=True, help_text="what cannot be replayed")
    listed = serializers.DictField(child=serializers.IntegerField(), help_text="how many acts are kept, by side")
    hidden = serializers.DictField(child=serializers.IntegerField(), help_text="those in cases you may not open")


class ReplayShape(serializers.Serializer[Any]):
    """A version of a rule, run through the past."""

    id = serializers.UUIDField()
    rule = serializers.UUIDField()
    version = serializers.IntegerField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    status = serializers.ChoiceField(choices=ReplayStatus.choices)
    done = serializers.IntegerField(help_text="cases")
    total = serializers.IntegerField(help_text="cases")
    percent = serializers.IntegerField()
    took_seconds = serializers.FloatField(allow_null=True)
    left_seconds = serializers.FloatField(allow_null=True, help_text="a guess")
    error = serializers.CharField(allow_blank=True)
    asked_by = serializers.CharField(allow_null=True)
    asked_at = Instant()
    started_at = Instant(allow_null=True)
    finished_at = Instant(allow_null=True)
    result = ResultShape(allow_null=True, help_text="once it is done")


class ReplayPage(serializers.Serializer[Any]):
    """A page of replays, the latest first."""

    next = serializers.CharField(allow_null=True)
    results = ReplayShape(many=True)


class ActShape(serializers.Serializer[Any]):
    """One step that would have been taken, and how people really reacted."""

    case = serializers.CharField()
    version = serializers.IntegerField()
    step = serializers.IntegerField()
    kind = serializers.CharField()
    at = Instant()
    matched_at = Instant(allow_null=True)
    called = serializers.ListField(child=serializers.CharField(), help_text="user names")
    is_nobody = serializers.BooleanField(help_text="there would have been nobody")
    reacted_at = Instant(allow_null=True)
    saw = QuestionShape(many=True)


class ActPage(serializers.Serializer[Any]):
    """A page of acts, in the order of time."""

    next = serializers.CharField(allow_null=True)
    results = ActShape(many=True)
