"""What the calls about deadline policies take and answer."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from cases.api.fields import Code, Instant, Line, Texts
from cases.commands.policy import LONGEST
from cases.models import Policy
from cases.vocabulary import Goal, Needs, Severity, Sort, Start, Unit

Choice = serializers.ChoiceField
GOALS = [(goal, label) for goal, label in Goal.choices if goal != Goal.PROMISE]
MOST = 200


class PolicyTerms(serializers.Serializer[Any]):
    """What a policy says; what is left out stays, or is as said here."""

    name = Texts(required=False, help_text="by language")
    source = Line(required=False, allow_blank=True, help_text="the rule and its paragraph")  # type: ignore[assignment]  # DRF takes fields out
    goal = Choice(choices=GOALS, required=False, help_text="what must have happened by then")
    start = Choice(choices=Start.choices, required=False, help_text="from when the time counts")
    amount = serializers.IntegerField(min_value=1, max_value=LONGEST, required=False)
    unit = Choice(choices=Unit.choices, required=False)
    calendar = serializers.UUIDField(required=False, allow_null=True, help_text="null: the team's, else the brand's")
    end_of_day = serializers.BooleanField(required=False, help_text="the last day counts until it ends; else false")
    next_day_counts = serializers.BooleanField(
        required=False, help_text="what comes after closing time counts from the next opening; else false"
    )
    pauses = serializers.BooleanField(required=False, help_text="while we wait for the complainant; else false")
    again = serializers.BooleanField(required=False, help_text="begins again with a reopening; else false")
    superseded_by_answer = serializers.BooleanField(
        required=False, help_text="not needed once the final answer has gone; else false"
    )
    extends = Choice(choices=Needs.choices, required=False, allow_blank=True, help_text="empty: never")
    extend_amount = serializers.IntegerField(min_value=0, max_value=LONGEST, required=False)
    extend_unit = Choice(choices=Unit.choices, required=False, allow_blank=True)
    categories = serializers.ListField(child=Code(), required=False, max_length=MOST, help_text="codes; none: any")
    severities = serializers.ListField(
        child=Choice(choices=Severity.choices), required=False, max_length=4, help_text="none: any"
    )
    sorts = serializers.ListField(
        child=Choice(choices=Sort.choices), required=False, max_length=3, help_text="of complainant; none: any"
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A final answer in eight weeks",
            {
                "brand": "brindlewick",
                "name": {"en": "Final answer", "fr": "Réponse définitive"},
                "source": "Our charter, 3",
                "goal": "final_answer",
                "start": "received",
                "amount": 8,
                "unit": "week",
                "end_of_day": True,
                "extends": "notice",
                "extend_amount": 2,
                "extend_unit": "week",
            },
            request_only=True,
        )
    ]
)
class PolicyIn(PolicyTerms):
    """A new policy."""

    brand = Code(help_text="a slug")
    name = Texts(help_text="by language")
    goal = Choice(choices=GOALS, help_text="what must have happened by then")
    start = Choice(choices=Start.choices, help_text="from when the time counts")
    amount = serializers.IntegerField(min_value=1, max_value=LONGEST)
    unit = Choice(choices=Unit.choices)


class TermsShape(serializers.Serializer[Any]):
    """What a policy says, kept or ready-made."""

    name = Texts(help_text="by language")
    goal = Choice(choices=Goal.choices, help_text="what must have happened by then")
    start = Choice(choices=Start.choices, help_text="from when the time counts")
    amount = serializers.IntegerField()
    unit = Choice(choices=Unit.choices)
    end_of_day = serializers.BooleanField()
    next_day_counts = serializers.BooleanField()
    pauses = serializers.BooleanField()
    again = serializers.BooleanField()
    superseded_by_answer = serializers.BooleanField()
    extends = serializers.CharField(allow_blank=True, help_text="reason or notice; empty: never")
    extend_amount = serializers.IntegerField()
    extend_unit = serializers.CharField(allow_blank=True, allow_null=True, help_text="a unit")


class PolicyShape(TermsShape):
    """Which deadline cases of a sort have; never changed, only replaced and ended."""

    id = serializers.UUIDField(source="public_id")
    brand = serializers.CharField(source="brand.slug")
    pack = serializers.CharField(allow_blank=True, help_text="the ready-made pack it came from")
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment]  # DRF takes fields out of the class
    calendar = serializers.UUIDField(source="calendar.public_id", default=None, allow_null=True)
    categories = serializers.ListField(child=serializers.CharField(), source="category_codes", help_text="none: any")
    severities = serializers.ListField(child=serializers.IntegerField(), help_text="none: any")
    sorts = serializers.ListField(child=serializers.CharField(), help_text="none: any")
    made_by = serializers.CharField(source="made_by.username", default=None, allow_null=True)
    made_at = Instant()
    replaces = serializers.UUIDField(source="replaces.public_id", default=None, allow_null=True)
    replaced_by = serializers.SerializerMethodField()
    ended_at = Instant(allow_null=True, help_text="from then on no deadline begins under it")

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_replaced_by(self, policy: Policy) -> str | None:
        """What stands in its place."""
        return next((str(each.public_id) for each in policy.replaced_by.all()), None)


class ReadyShape(TermsShape):
    """One deadline of a pack."""

    code = serializers.CharField()


class PolicyPackShape(serializers.Serializer[Any]):
    """Ready-made deadlines, and who set them."""

    code = serializers.CharField()
    name = Texts()
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment]  # DRF takes fields out of the class
    policies = ReadyShape(many=True)


class AdoptIn(serializers.Serializer[Any]):
    """For which brand."""

    brand = Code(help_text="a slug")
