"""What the calls about escalation rules take and answer."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from cases.api.calendar_shapes import Revision, RevisionIn
from cases.api.endpoint import Paged
from cases.api.fields import Code, Instant, Line
from cases.rules.conflicts import Clash
from cases.rules.loops import Certainty
from cases.vocabulary import Missed, Stop, VersionStatus

Choice = serializers.ChoiceField
WHEN = {"when": "deadline", "goal": "final_answer", "offset_amount": 2, "offset_unit": "working_day", "before": True}
CONDITION = {"all": [{"fact": "severity", "op": "at_least", "value": 3}, {"fact": "decided", "op": "no"}]}
STEPS = [
    {"kind": "tell", "whom": "owner_or_duty", "by": "mail", "hours": "always", "after_minutes": 0},
    {"kind": "assign", "whom": "person", "person": "maria", "after_minutes": 240},
]
MOST_STEPS, MOST_RULES = 50, 5000


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": True,
        "description": "what makes it look: `when`; for a deadline `goal`, `offset_amount`, `offset_unit`, `before`;"
        " for what has lasted `standing`, `offset_amount`, `offset_unit`; for reach `reach`, `above`, `within_minutes`",
        "example": WHEN,
    }
)
class WhenTree(serializers.DictField):
    """What makes a rule look at a case."""

    child = serializers.JSONField()


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": True,
        "description": "groups `all`, `any`, `none` of questions (`fact`, `op`, `value`); owners by their user names,"
        " other rows by their numbers; empty: every case",
        "example": CONDITION,
    }
)
class ConditionTree(serializers.DictField):
    """What a rule asks of a case."""

    child = serializers.JSONField()


@extend_schema_field(
    {
        "type": "array",
        "items": {"type": "object", "additionalProperties": True},
        "description": "what it does: `kind`, `after_minutes`, and what the kind needs; a `person` by the user name,"
        " `team`, `tag`, `target`, `kind_id` by their numbers",
        "example": STEPS,
    }
)
class StepTrees(serializers.ListField):
    """What a rule does, step by step."""

    child = serializers.DictField(child=serializers.JSONField())


class RuleChange(serializers.Serializer[Any]):
    """What the rule shall do, in its draft; what is left out stays. A new name comes alone."""

    revision = Revision()
    name = Line(max_length=80, required=False)
    when = WhenTree(required=False)
    condition = ConditionTree(required=False)
    steps = StepTrees(required=False, max_length=MOST_STEPS)
    stop = Choice(choices=Stop.choices, required=False, allow_blank=True, help_text="empty: never before its last step")
    missed = Choice(choices=Missed.choices, required=False, help_text="what becomes of a step missed in an outage")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Two days before the final answer is due",
            {
                "brand": "brindlewick",
                "name": "Two days left",
                "when": WHEN,
                "condition": CONDITION,
                "steps": STEPS,
                "stop": "cause_gone",
            },
            request_only=True,
        )
    ]
)
class RuleIn(serializers.Serializer[Any]):
    """A new rule, as a draft."""

    brand = Code(help_text="a slug")
    name = Line(max_length=80)
    when = WhenTree()
    condition = ConditionTree(required=False)
    steps = StepTrees(max_length=MOST_STEPS)
    stop = Choice(choices=Stop.choices, required=False, allow_blank=True, help_text="empty: never before its last step")
    missed = Choice(choices=Missed.choices, default=Missed.LATE)


class PublishIn(RevisionIn):
    """Whether to act on what is due already."""

    act_on_past = serializers.BooleanField(default=False)
    expected = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, help_text="the number of cases, after matches_many has said it"
    )


class ResumeIn(RevisionIn):
    """What becomes of what came due meanwhile."""

    skip = serializers.BooleanField(default=False, help_text="act only on what comes from now on")


class OrderIn(serializers.Serializer[Any]):
    """All rules of a brand that are not retired, the first to act first."""

    brand = Code(help_text="a slug")
    rules = serializers.ListField(child=serializers.UUIDField(), max_length=MOST_RULES)


class OrderShape(serializers.Serializer[Any]):
    """The rules of a brand, the first to act first."""

    rules = serializers.ListField(child=serializers.UUIDField())


class RulesAsked(Paged):
    """Which rules."""

    brand = Code(required=False, help_text="a slug")
    retired = serializers.BooleanField(default=False, help_text="those that are retired, instead of the others")


class VersionShape(serializers.Serializer[Any]):
    """What a rule looks for and does, in one of its versions."""

    number = serializers.IntegerField()
    status = Choice(choices=VersionStatus.choices)
    sentence = serializers.CharField(allow_blank=True, help_text="in your language; empty where it cannot be read")
    when = WhenTree(allow_null=True)
    condition = ConditionTree(allow_null=True)
    steps = StepTrees(allow_null=True)
    stop = serializers.CharField(allow_blank=True)
    missed = Choice(choices=Missed.choices)
    made_by = serializers.CharField(allow_null=True)
    made_at = Instant()
    live_by = serializers.CharField(allow_null=True)
    live_at = Instant(allow_null=True)
    retired_at = Instant(allow_null=True)


class CalledShape(serializers.Serializer[Any]):
    """Who was called how often."""

    name = serializers.CharField()
    times = serializers.IntegerField()


class StatsShape(serializers.Serializer[Any]):
    """What a rule did in cases you may open; in the last 30 days, where nothing else is said."""

    last_matched = Instant(allow_null=True, help_text="ever")
    last_acted = Instant(allow_null=True, help_text="ever")
    never_matched = serializers.BooleanField(help_text="in any case, ever")
    matched = serializers.IntegerField()
    acted = serializers.IntegerField(help_text="steps that were taken")
    useful = serializers.IntegerField()
    useless = serializers.IntegerField()
    in_vain = serializers.DictField(child=serializers.IntegerField(), help_text="steps that led to nothing, by reason")
    called = CalledShape(many=True)


class ConflictShape(serializers.Serializer[Any]):
    """Another rule that acts on the same thing in the same case."""

    clash = Choice(choices=[(each.value, each.value) for each in Clash])
    rule = serializers.UUIDField()
    name = serializers.CharField()
    is_above = serializers.BooleanField(help_text="the other one acts first")
    step = serializers.IntegerField()
    step_of_it = serializers.IntegerField()


class LoopShape(serializers.Serializer[Any]):
    """Rules that set each other off in a ring, in that order."""

    certainty = Choice(choices=[(each.value, each.value) for each in Certainty])
    rules = serializers.ListField(child=serializers.UUIDField())


class GoneShape(serializers.Serializer[Any]):
    """Something the rule names that is no longer there."""

    what = serializers.CharField()
    id = serializers.IntegerField(allow_null=True, help_text="null for a person")


class RuleShape(serializers.Serializer[Any]):
    """An escalation rule with what is live, what is drafted and what it did."""

    id = serializers.UUIDField()
    brand = serializers.CharField()
    name = serializers.CharField()
    position = serializers.IntegerField(help_text="the smaller, the sooner it acts")
    revision = serializers.IntegerField()
    paused_at = Instant(allow_null=True)
    retired_at = Instant(allow_null=True)
    sentence = serializers.CharField(allow_blank=True, help_text="of what is live, else of the draft, in your language")
    live = VersionShape(allow_null=True)
    draft = VersionShape(allow_null=True)
    stats = StatsShape()
    conflicts = ConflictShape(many=True, help_text="among the live rules; of one rule alone, with its draft live")
    loops = LoopShape(many=True)
    gone = GoneShape(many=True)


class RulePage(serializers.Serializer[Any]):
    """A page of rules, oldest first."""

    next = serializers.CharField(allow_null=True)
    results = RuleShape(many=True)
