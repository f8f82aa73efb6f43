"""What a brand's final answers must hold, and the ready-made regimes to begin with."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.endpoint import Endpoint, found
from cases.api.fields import Code, Line
from cases.api.schema import changes, reads
from cases.api.setup_shapes import PackShape, RegimeShape
from cases.commands import regime as commands
from cases.models import Brand, Regime
from cases.queries import answer as answers
from cases.queries import api_setup as queries
from cases.rules import regimes
from cases.vocabulary import AnswerPart


class LongTexts(serializers.DictField):
    """A text of several lines by language."""

    child = serializers.CharField(max_length=commands.LONGEST, allow_blank=True)


class RegimeChange(serializers.Serializer[Any]):
    """What may change of a regime; what is left out stays. With a pack, that is where it begins."""

    pack = Code(required=False, help_text="the code of a ready-made regime to begin with")
    name = Line(max_length=80, required=False)
    source = Line(required=False, allow_blank=True, help_text="the rule and its paragraph")  # type: ignore[assignment]  # DRF takes fields out
    demands = serializers.MultipleChoiceField(choices=AnswerPart.choices, required=False)
    recourse = LongTexts(required=False, help_text="where the complainant can turn next; no [[marks]] left in it")
    opening = LongTexts(required=False, help_text="the first sentence; [[marks]] are filled in for each answer")
    recourse_always = serializers.BooleanField(required=False, help_text="also when fully upheld")
    answers_first = serializers.BooleanField(required=False, help_text="before the required actions are done")


class Packs(Endpoint):
    """Ready-made regimes."""

    @reads(PackShape(many=True), "Ready-made regimes, with [[marks]] to fill in", operation_id="regimes_list")
    def get(self, request: Request) -> Response:  # noqa: ARG002
        """All of them."""
        return Response(PackShape(regimes.PACKS, many=True).data)


class OfBrand(Endpoint):
    """The regime of one brand."""

    def brand(self, slug: str) -> Brand:
        """One of the person's brands; raises NotFound."""
        return found(queries.brands(self.seer).filter(slug=slug).first())

    def shown(self, brand_id: int) -> Any:
        """The regime of the brand; without one, nothing is demanded."""
        return RegimeShape(answers.regime_of(brand_id) or Regime(brand_id=brand_id)).data


class OneRegime(OfBrand):
    """What a brand's final answers must hold."""

    @reads(RegimeShape, "What final answers must hold", refuses=[404])
    def get(self, request: Request, slug: str) -> Response:  # noqa: ARG002
        """The regime."""
        return Response(self.shown(self.brand(slug).pk))

    @changes(RegimeShape, "Set or change what final answers must hold", takes=RegimeChange)
    def patch(self, request: Request, slug: str) -> Response:  # noqa: ARG002
        """The regime."""
        brand = self.brand(slug)
        given = self.given(RegimeChange)
        standing = answers.regime_of(brand.pk) or Regime(brand=brand)
        beginning: Any = regimes.pack(given.pop("pack", "")) or standing
        names = ("name", "source", "demands", "recourse", "recourse_always", "answers_first")
        now = {name: getattr(beginning, name) for name in names}
        now["opening"] = getattr(beginning, "opening", None) or standing.template.get("opening", {})
        return self.run(
            commands.set_regime,
            lambda regime: regime.pk,
            self.shown,
            brand_id=brand.pk,
            **(now | given),
        )


class RemoveRegime(OfBrand):
    """Final answers are one text again."""

    @changes(RegimeShape, "Demand nothing any more: final answers are one text")
    def post(self, request: Request, slug: str) -> Response:  # noqa: ARG002
        """The regime, which demands nothing now."""
        return self.run(commands.remove_regime, lambda brand: brand.pk, self.shown, brand_id=self.brand(slug).pk)
