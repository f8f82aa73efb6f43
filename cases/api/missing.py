"""Where authority is missing: the same figures as the page, and what another limit would have decided at once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases import errors
from cases.api.endpoint import Endpoint
from cases.api.fields import BIGGEST, Amount, Code
from cases.api.schema import reads
from cases.models import Brand
from cases.queries import grants, missing, what_if
from cases.queries.missing import Figures, Question
from cases.rules import missing as rules

MOST_BOUNDS = 12


class MissingAsked(serializers.Serializer[Any]):
    """Which decisions and requests, and which change to try."""

    brand = Code(required=False, help_text="a slug; the first of your brands by name, unless said")
    first = serializers.DateField(required=False, help_text="the first day, in the brand's zone; 90 days back")
    last = serializers.DateField(required=False, help_text="the last day, included; today")
    team = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST)
    kind = Code(required=False, help_text="the code of a kind of action")
    bounds = serializers.CharField(required=False, max_length=200, help_text="of the bands of amounts: 40,80,150")
    grant = serializers.IntegerField(required=False, min_value=1, max_value=BIGGEST, help_text="whose limit to change")
    limit = Amount(required=False, help_text="what to change it to")

    def validate_bounds(self, value: str) -> list[Decimal]:
        """The bounds as numbers."""
        try:
            found = sorted({Decimal(each) for each in value.split(",") if each.strip()})
        except ArithmeticError as error:
            raise serializers.ValidationError(_("Write amounts with commas between them: 40,80,150.")) from error
        if len(found) > MOST_BOUNDS or not all(each.is_finite() and 0 < each < BIGGEST for each in found):
            raise serializers.ValidationError(_("Write amounts with commas between them: 40,80,150."))
        return found


class FiguresShape(serializers.Serializer[Any]):
    """What was decided alone and what was asked for; spans in seconds."""

    alone = serializers.IntegerField()
    asked = serializers.IntegerField()
    share_alone = serializers.IntegerField(source="share", allow_null=True, help_text="percent")
    cases = serializers.IntegerField()
    granted = serializers.IntegerField()
    refused_or_changed = serializers.IntegerField(source="refused")
    waiting = serializers.IntegerField()
    given_up = serializers.IntegerField()
    waited_median = serializers.SerializerMethodField()
    waited_p90 = serializers.SerializerMethodField()
    reasons = serializers.DictField(child=serializers.IntegerField(), help_text="why they had to ask")

    def get_waited_median(self, figures: Figures) -> float | None:
        """Half waited this long or longer."""
        return _seconds(figures.half)

    def get_waited_p90(self, figures: Figures) -> float | None:
        """One in ten waited longer."""
        return _seconds(figures.nine_tenths)


class BandShape(serializers.Serializer[Any]):
    """Amounts above one bound and up to another; both null and `without_amount` for actions of no money."""

    over = Amount(allow_null=True)
    upto = Amount(allow_null=True)
    without_amount = serializers.BooleanField(source="is_none")
    figures = FiguresShape()


class KindFiguresShape(serializers.Serializer[Any]):
    """One kind of action."""

    kind = serializers.CharField()
    figures = FiguresShape()


class ProposalShape(serializers.Serializer[Any]):
    """A grant whose limit made people ask."""

    grant = serializers.IntegerField(source="grant.pk")
    per_action = Amount(source="grant.per_action")
    currency = serializers.CharField(source="grant.currency")
    asked = serializers.IntegerField()
    granted = serializers.IntegerField()
    proposed = Amount(source="limit", allow_null=True)
    decided_at_once = serializers.IntegerField(source="saved")


class SavedShape(serializers.Serializer[Any]):
    """What the change would have decided at once; `worst` in the grant's currency."""

    decided_at_once = serializers.IntegerField(source="count")
    granted = serializers.IntegerField()
    refused_or_changed = serializers.IntegerField(source="refused")
    waiting = serializers.IntegerField()
    waited_median = serializers.SerializerMethodField()
    worst = Amount()

    def get_waited_median(self, saved: what_if.Saved) -> float | None:
        """Half of them waited this long or longer."""
        return _seconds(saved.half)


class MissingShape(serializers.Serializer[Any]):
    """The figures of some days, counted over the cases you may open."""

    brand = serializers.CharField()
    zone = serializers.CharField()
    first = serializers.DateField()
    last = serializers.DateField()
    now = FiguresShape()
    before = FiguresShape(help_text="as many days before")
    bands = BandShape(many=True)
    kinds = KindFiguresShape(many=True)
    proposals = ProposalShape(many=True)
    what_if = SavedShape(allow_null=True)


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else round(span.total_seconds(), 3)


class AuthorityMissing(Endpoint):
    """Where authority is missing."""

    @reads(MissingShape, "Where authority is missing", takes=[MissingAsked], refuses=[403, 404, 422])
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """The figures."""
        asked = self.asked(MissingAsked)
        brand = self._brand(asked.get("brand"))
        kinds = missing.kinds(brand)
        question = self._question(asked, brand, {kind.code: kind.pk for kind in kinds})
        found = missing.figures(question, asked.get("bounds", []), kinds, None)
        shown = {
            "brand": brand.slug,
            "zone": brand.zone,
            "first": question.period.first,
            "last": question.period.last,
            "now": found.now,
            "before": found.before,
            "bands": found.bands,
            "kinds": [{"kind": kind.code, "figures": figures} for kind, figures in found.kinds],
            "proposals": what_if.proposals(question),
            "what_if": self._tried(question, asked),
        }
        return Response(MissingShape(shown).data)

    def _brand(self, slug: str | None) -> Brand:
        brands = grants.brands(self.seer)
        if not brands:
            raise errors.NotAllowed
        found = next((brand for brand in brands if slug in {None, brand.slug}), None)
        if found is None:
            raise errors.NotFound
        return found

    def _question(self, asked: dict[str, Any], brand: Brand, kinds: dict[str, int]) -> Question:
        at = timezone.now()
        if "kind" in asked and asked["kind"] not in kinds:
            raise errors.Invalid(_("The brand has no kind of action of this code."), "kind")
        today = missing.today(brand, at)
        period = rules.period("", asked.get("first"), asked.get("last"), today=today, zone=brand.zone)
        kind_id = kinds[asked["kind"]] if "kind" in asked else None
        return Question(self.seer, brand, period, at, asked.get("team"), kind_id)

    def _tried(self, question: Question, asked: dict[str, Any]) -> what_if.Saved | None:
        if "grant" not in asked or "limit" not in asked:
            return None
        grant = what_if.grant(question.brand, asked["grant"], missing.today(question.brand, question.at))
        return what_if.saved(question, what_if.Change(grant, asked["limit"]))
