"""What the answers about the set-up and about people look like."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from cases.api.fields import Amount, Line, Texts
from cases.vocabulary import (
    ActionStatus,
    AnswerPart,
    ChannelKind,
    Condition,
    DayUnit,
    Doer,
    Proof,
    Role,
    Severity,
    VersionStatus,
    Wish,
)

Choice = serializers.ChoiceField


class BrandShape(serializers.Serializer[Any]):
    """Whose name is at stake."""

    slug = serializers.CharField()
    name = serializers.CharField()
    prefix = serializers.CharField()
    language = serializers.CharField()
    zone = serializers.CharField()
    currency = serializers.CharField()
    is_active = serializers.BooleanField()


class ChannelShape(serializers.Serializer[Any]):
    """Where the public speaks to one brand."""

    id = serializers.IntegerField()
    brand = serializers.CharField(source="brand.slug")
    slug = serializers.CharField()
    name = serializers.CharField()
    kind = Choice(choices=ChannelKind.choices)
    platform = serializers.CharField()
    is_complaints_only = serializers.BooleanField()
    default_category = serializers.CharField(source="default_category.code", default=None, allow_null=True)
    default_team = serializers.IntegerField(source="default_team_id", allow_null=True)
    is_active = serializers.BooleanField()


class TeamShape(serializers.Serializer[Any]):
    """People of a brand who share work."""

    id = serializers.IntegerField()
    brand = serializers.CharField(source="brand.slug")
    name = serializers.CharField()
    lead = serializers.CharField(source="lead.username", default=None, allow_null=True)
    on_duty = serializers.CharField(source="on_duty.username", default=None, allow_null=True)
    is_active = serializers.BooleanField()


class CategoryShape(serializers.Serializer[Any]):
    """What complaints are about."""

    id = serializers.IntegerField()
    brand = serializers.CharField(source="brand.slug")
    code = serializers.CharField()
    label = Texts()  # type: ignore[assignment]  # DRF takes fields out of the class
    team = serializers.IntegerField(source="team_id", allow_null=True)
    is_active = serializers.BooleanField()
    merged_into = serializers.CharField(
        source="merged_into.code", default=None, allow_null=True, help_text="where reports count it; null: by itself"
    )


class KindShape(serializers.Serializer[Any]):
    """A sort of resolution action."""

    id = serializers.IntegerField()
    brand = serializers.CharField(source="brand.slug")
    code = serializers.CharField()
    label = Texts()  # type: ignore[assignment]  # DRF takes fields out of the class
    promise = Texts()
    proof = Choice(choices=Proof.choices)
    has_amount = serializers.BooleanField()
    has_goods = serializers.BooleanField()
    days = serializers.IntegerField()
    day_unit = Choice(choices=DayUnit.choices)
    ask_again_days = serializers.IntegerField(allow_null=True)
    two_people_above = Amount(allow_null=True, help_text="in the brand's currency")
    target = serializers.CharField(source="target.name", default=None, allow_null=True, help_text="null: by hand")
    is_shown = serializers.BooleanField()
    is_active = serializers.BooleanField()


class PlaybookLineShape(serializers.Serializer[Any]):
    """One action that a version of a playbook brings."""

    kind = serializers.CharField(source="kind.code")
    required = serializers.BooleanField(source="is_required")  # type: ignore[assignment]  # DRF takes fields out of the class
    condition = Choice(choices=[("", "always"), *Condition.choices[1:]], help_text="empty: always")
    doer = Choice(choices=Doer.choices)
    team = serializers.IntegerField(source="team_id", allow_null=True)
    days = serializers.IntegerField(allow_null=True, help_text="null: those of the kind")
    day_unit = Choice(choices=DayUnit.choices)
    amount = Amount(allow_null=True, help_text="suggested, in the brand's currency")
    wording = Texts(help_text="what the complainant reads, by language")


class PlaybookVersionShape(serializers.Serializer[Any]):
    """What a playbook brings, as it stands or stood."""

    id = serializers.IntegerField()
    number = serializers.IntegerField()
    status = Choice(choices=VersionStatus.choices)
    severity = Choice(choices=Severity.choices, help_text="what a case begins with")
    actions = PlaybookLineShape(source="lines", many=True)
    made_by = serializers.CharField(source="made_by.username", default=None, allow_null=True)
    made_at = serializers.DateTimeField()
    live_at = serializers.DateTimeField(allow_null=True)
    retired_at = serializers.DateTimeField(allow_null=True)


class PlaybookShape(serializers.Serializer[Any]):
    """Which cases a playbook is for, and what it brings in each of its versions, newest first."""

    id = serializers.IntegerField()
    brand = serializers.CharField(source="brand.slug")
    category = serializers.CharField(source="category.code", default=None, allow_null=True, help_text="null: any")
    severities = serializers.ListField(child=serializers.IntegerField(), help_text="empty: any")
    wish = Choice(choices=[("", "any"), *Wish.choices])
    is_active = serializers.BooleanField()
    versions = PlaybookVersionShape(source="all", many=True)


class CauseShape(serializers.Serializer[Any]):
    """Why complaints come about."""

    id = serializers.IntegerField()
    brand = serializers.CharField(source="brand.slug")
    code = serializers.CharField()
    label = Texts()  # type: ignore[assignment]  # DRF takes fields out of the class
    parent = serializers.IntegerField(source="parent_id", allow_null=True)  # type: ignore[assignment]  # DRF takes fields out
    is_active = serializers.BooleanField()


class PackShape(serializers.Serializer[Any]):
    """A ready-made regime; what stands in [[double brackets]] is to be filled in."""

    code = serializers.CharField()
    name = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]  # DRF takes fields out of the class
    demands = serializers.ListField(child=Choice(choices=AnswerPart.choices))
    recourse = serializers.DictField(child=serializers.CharField())
    opening = serializers.DictField(child=serializers.CharField())
    recourse_always = serializers.BooleanField()
    answers_first = serializers.BooleanField()


class RegimeShape(serializers.Serializer[Any]):
    """What a brand's final answers must hold; without a name nothing is demanded."""

    name = serializers.CharField(allow_blank=True)
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment]  # DRF takes fields out of the class
    demands = serializers.ListField(child=Choice(choices=AnswerPart.choices))
    recourse = serializers.DictField(child=serializers.CharField())
    opening = serializers.DictField(child=serializers.CharField(), source="template.opening", default=dict)
    recourse_always = serializers.BooleanField()
    answers_first = serializers.BooleanField()


class TriedActionShape(serializers.Serializer[Any]):
    """An action that a case really has."""

    id = serializers.UUIDField(source="public_id")
    kind = serializers.CharField(source="kind.code")
    status = Choice(choices=ActionStatus.choices)


class TriedShape(serializers.Serializer[Any]):
    """One past case beside what the version would have brought it."""

    case = serializers.CharField(source="case.reference")
    brought = serializers.SerializerMethodField(help_text="kinds the version would have brought")
    lacking = serializers.SerializerMethodField(help_text="those of them that nobody added")
    actions = TriedActionShape(many=True)

    def get_brought(self, row: Any) -> list[str]:
        """The codes of what it brings."""
        return [line.kind.code for line in row.lines]

    def get_lacking(self, row: Any) -> list[str]:
        """The codes of what is not in the case."""
        return [line.kind.code for line in row.lacking]


class TrialShape(serializers.Serializer[Any]):
    """What a version would have brought past cases, beside what was really added and done."""

    version = serializers.IntegerField(help_text="the draft's number, or the live one's where there is no draft")
    days = serializers.IntegerField()
    cases = serializers.IntegerField(help_text="how many fit; the newest thousand at most")
    is_cut = serializers.BooleanField(help_text="whether there were more")
    brought = serializers.IntegerField(help_text="actions it would have brought")
    lacking = serializers.IntegerField(help_text="of these, how many nobody added")
    done_beyond = serializers.IntegerField(help_text="actions done that it would not have brought")
    suggested = Amount(help_text="all suggested amounts, in the brand's currency")
    done_amount = Amount(help_text="all amounts really given, in the brand's currency")
    next = serializers.CharField(allow_null=True)
    results = TriedShape(source="rows", many=True)


class MembershipShape(serializers.Serializer[Any]):
    """What a person is for one brand."""

    brand = Line()
    role = Choice(choices=Role.choices)
    team = serializers.IntegerField(allow_null=True)


class PersonShape(serializers.Serializer[Any]):
    """A colleague."""

    username = serializers.CharField()
    name = serializers.CharField()
    email = serializers.CharField(source="address", allow_null=True, help_text="null for whoever does not manage them")
    language = serializers.CharField()
    is_organisation_admin = serializers.BooleanField()
    is_active = serializers.BooleanField()
    memberships = MembershipShape(source="roles", many=True)
