"""What the calls about authority take and answer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from rest_framework import serializers

from cases.api.fields import BIGGEST, Amount, Code, Instant, Line
from cases.rules.authority import LONGEST_DAYS
from cases.vocabulary import Role, Window


class Free(serializers.DecimalField):
    """An amount that the command judges: one that cannot be kept is refused with its reason."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=60, decimal_places=20, required=False, allow_null=True, **options)

    def to_internal_value(self, given: Any) -> Decimal:
        """The amount; raises ValidationError for what is no number."""
        value: Decimal = super().to_internal_value(given)
        return value.normalize()


class GrantTerms(serializers.Serializer[Any]):
    """What a grant allows; what is left out stays, or is without a limit."""

    PLAIN: ClassVar[tuple[str, ...]] = (
        "currency",
        "per_action",
        "per_complainant",
        "complainant_days",
        "budget_each",
        "budget_shared",
        "window",
        "may_waive",
        "starts_on",
        "ends_on",
    )

    kinds = serializers.ListField(
        child=Code(), required=False, max_length=200, help_text="codes of kinds of action; none means all"
    )
    category = Code(required=False, allow_null=True, help_text="a code")
    currency = Code(max_length=3, required=False, help_text="the brand's unless said")
    per_action = Free(help_text="null means any amount")
    per_complainant = Free()
    complainant_days = serializers.IntegerField(required=False, min_value=1, max_value=LONGEST_DAYS)
    budget_each = Free(help_text="of each holder, in each window")
    budget_shared = Free(help_text="of all holders together, in each window")
    window = serializers.ChoiceField(choices=Window.choices, required=False)
    may_waive = serializers.BooleanField(required=False)
    starts_on = serializers.DateField(required=False, allow_null=True, help_text="at once unless said")
    ends_on = serializers.DateField(required=False, allow_null=True, help_text="the last day, included")
    reason = Line(max_length=300, required=False, allow_blank=True)


class GrantIn(GrantTerms):
    """New authority for a role, a team or a person."""

    brand = Code()
    role = serializers.ChoiceField(choices=Role.choices, required=False, help_text="agent or manager")
    team = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST)
    person = Code(required=False, help_text="a user name")


class GrantShape(serializers.Serializer[Any]):
    """Authority that was given."""

    id = serializers.IntegerField()
    brand = serializers.CharField(source="brand.slug")
    role = serializers.CharField(allow_blank=True)
    team = serializers.IntegerField(source="team_id", allow_null=True)
    person = serializers.CharField(source="person.username", default=None, allow_null=True)
    kinds = serializers.ListField(child=serializers.CharField(), source="kind_codes", help_text="none means all")
    category = serializers.CharField(source="category.code", default=None, allow_null=True)
    currency = serializers.CharField()
    per_action = Amount(allow_null=True)
    per_complainant = Amount(allow_null=True)
    complainant_days = serializers.IntegerField()
    budget_each = Amount(allow_null=True)
    budget_shared = Amount(allow_null=True)
    window = serializers.ChoiceField(choices=Window.choices)
    used = Amount(source="used_now", help_text="by all holders together, in the window that runs now")
    may_waive = serializers.BooleanField()
    starts_on = serializers.DateField(allow_null=True)
    ends_on = serializers.DateField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    given_by = serializers.CharField(source="given_by.username", default=None, allow_null=True)
    given_at = Instant()
    replaces = serializers.IntegerField(source="replaces_id", allow_null=True)
    ended_at = Instant(allow_null=True)


class LimitShape(serializers.Serializer[Any]):
    """One grant that somebody may use now, and what is left of it."""

    grant = GrantShape()
    holder = serializers.CharField(source="holder.username", help_text="whose authority it is: theirs, or as a deputy")
    used_by_holder = Amount()
    used_by_all = Amount()
    left = Amount(allow_null=True, help_text="null without a budget")


class AuthorityShape(serializers.Serializer[Any]):
    """What somebody may decide."""

    user = serializers.CharField()
    limits = LimitShape(many=True)


class AbsenceIn(serializers.Serializer[Any]):
    """Somebody is away."""

    brand = Code()
    person = Code(required=False, help_text="a user name; you, unless said")
    deputy = Code(required=False, allow_null=True, help_text="a user name")
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(help_text="included")


class AbsenceShape(serializers.Serializer[Any]):
    """An absence, and who decides meanwhile."""

    id = serializers.IntegerField()
    brand = serializers.CharField(source="brand.slug")
    person = serializers.CharField(source="person.username")
    deputy = serializers.CharField(source="deputy.username", default=None, allow_null=True)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    noted_by = serializers.CharField(source="noted_by.username", default=None, allow_null=True)
    ended_at = Instant(allow_null=True)


class RateIn(serializers.Serializer[Any]):
    """What one unit of a currency is worth in another, from a day on."""

    brand = Code()
    currency = Code(max_length=3)
    into = Code(max_length=3)
    rate = serializers.DecimalField(max_digits=60, decimal_places=20)
    starts_on = serializers.DateField()


class RateShape(serializers.Serializer[Any]):
    """A rate."""

    id = serializers.IntegerField()
    brand = serializers.CharField(source="brand.slug")
    currency = serializers.CharField()
    into = serializers.CharField()
    rate = serializers.DecimalField(max_digits=19, decimal_places=8)
    starts_on = serializers.DateField()
    set_by = serializers.CharField(source="set_by.username", default=None, allow_null=True)
    set_at = Instant()


class WaiverShape(serializers.Serializer[Any]):
    """An action that somebody took upon them not to have done."""

    action = serializers.UUIDField(source="public_id")
    case = serializers.CharField(source="case.reference")
    kind = serializers.CharField(source="kind.code")
    required = serializers.BooleanField(source="is_required")  # type: ignore[assignment]  # DRF takes fields out of the class
    amount = Amount(allow_null=True)
    currency = serializers.CharField(allow_blank=True)
    by = serializers.CharField(source="waived_by.username")
    at = Instant(source="waived_at")
    reason = serializers.CharField(source="waiver")


def _page(shape: type[serializers.Serializer[Any]], name: str) -> type[serializers.Serializer[Any]]:
    fields = {"next": serializers.CharField(allow_null=True), "results": shape(many=True), "__doc__": "A page."}
    return type(f"{name}Page", (serializers.Serializer,), fields)


GrantPage, AbsencePage = _page(GrantShape, "Grant"), _page(AbsenceShape, "Absence")
RatePage, WaiverPage = _page(RateShape, "Rate"), _page(WaiverShape, "Waiver")
