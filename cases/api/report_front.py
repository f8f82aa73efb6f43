"""The front page of reports for programs: what came of the complaints, what is open now, and why people complain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.errors import BadQuestion
from cases.api.fields import Instant
from cases.api.report_answer import Links, Some, defined, difference, instant, period, share, span
from cases.api.report_asked import FRONT, AskedIn, ReportEndpoint
from cases.api.report_shapes import (
    DifferenceShape,
    DurationShape,
    FigureShape,
    LinkShape,
    PeriodShape,
)
from cases.api.schema import reads
from cases.queries.reports import definitions, front
from cases.queries.reports.asked import Asked
from cases.queries.reports.front import Cause, Front, Side
from cases.queries.reports.now_open import Band, Held, Named
from cases.rules import periods, significance
from cases.rules.periods import Preset
from cases.vocabulary import Dimension, Population, WaitsFor

# What the page compares as shares of what was received.
_SHARES = ("answered", "private", "handled", "confirmed", "reopened")


class SideShape(serializers.Serializer[Any]):
    """The figures of one period."""

    figures = serializers.DictField(child=serializers.IntegerField())
    shares = serializers.DictField(child=serializers.FloatField(allow_null=True), help_text="of what was received")
    durations = serializers.DictField(child=DurationShape())
    promises = serializers.DictField(child=serializers.IntegerField())


class OpenBandShape(serializers.Serializer[Any]):
    """Open cases of one band of ages."""

    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF takes fields out of the class
    ours = serializers.IntegerField(help_text="it is our move")
    theirs = serializers.IntegerField(help_text="they wait for the complainant")
    behind = LinkShape()


class WaitsNamedShape(serializers.Serializer[Any]):
    """A person or a team that cases wait for."""

    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF takes fields out of the class
    count = serializers.IntegerField()
    behind = LinkShape()


class HeldShape(serializers.Serializer[Any]):
    """What stands still, on whom or what."""

    waits_for = serializers.ChoiceField(choices=WaitsFor.choices)
    label = serializers.CharField()  # type: ignore[assignment]  # DRF takes fields out of the class
    count = serializers.IntegerField()
    named = WaitsNamedShape(many=True)
    behind = LinkShape()


class FrontOpenShape(serializers.Serializer[Any]):
    """What is open now, whatever the period."""

    count = serializers.IntegerField()
    stuck = serializers.IntegerField()
    behind = serializers.DictField(child=LinkShape())
    ages = OpenBandShape(many=True)
    held = HeldShape(many=True)


class FrontBalanceShape(serializers.Serializer[Any]):
    """Open at the start, and what came, is what went and is open at the end."""

    at_start = serializers.IntegerField()
    came = serializers.IntegerField()
    went = serializers.IntegerField()
    at_end = serializers.IntegerField()
    holds = serializers.BooleanField()


class FrontCauseShape(serializers.Serializer[Any]):
    """A category with its complaints of the period, or the rest of them in one."""

    categories = serializers.ListField(child=serializers.CharField(allow_blank=True))
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]  # DRF takes fields out of the class
    count = serializers.IntegerField()
    share = serializers.FloatField()
    share_so_far = serializers.FloatField()
    direction = serializers.CharField(help_text="rising, falling or steady, over the last weeks")
    behind = LinkShape()


@extend_schema_serializer(component_name="ReportFront")
class FrontShape(serializers.Serializer[Any]):
    """The front page of reports as it stood at one instant."""

    version = serializers.IntegerField(help_text="of the definitions")
    period = PeriodShape()
    compared = PeriodShape(allow_null=True)
    computed_at = Instant()
    page = serializers.CharField(help_text="exactly this, for people")
    definitions = FigureShape(many=True)
    this = SideShape()
    before = SideShape(allow_null=True)
    differences = serializers.DictField(child=DifferenceShape(), help_text="of the shares, from the period before")
    behind = serializers.DictField(child=LinkShape())
    open = FrontOpenShape()
    balance = FrontBalanceShape(allow_null=True, help_text="null where a filter depends on the clock")
    due_today = serializers.DictField(child=serializers.IntegerField())
    causes = FrontCauseShape(many=True)


class FrontPage(ReportEndpoint):
    """The front page."""

    @reads(
        FrontShape,
        "How many complaints are really handled, how fast, what is stuck, and why people complain",
        operation_id="report_front",
        takes=[AskedIn],
        refuses=[400, 403, 422],
    )
    def get(self, request: Request) -> Response:
        """Its figures."""
        asked = self.question(FRONT, self.asked(AskedIn))
        if asked.splits:
            raise BadQuestion(_("The front page is not split. Ask one of the reports."), "split")
        found = front.front(asked, self.reading, now=self.now, every=True)
        return Response(_Told(found, Links(request, FRONT)).everything)


class _Told:
    """The front page in words of JSON."""

    def __init__(self, found: Front, links: Links) -> None:
        self.front, self.links = found, links
        self.asked = replace(found.asked, compare="").fixed
        ever = periods.preset(Preset.EVERYTHING, found.now, found.asked.period.zone)
        self.ever = replace(self.asked, period=ever)

    @property
    def everything(self) -> dict[str, Any]:
        """All of it."""
        found, links = self.front, self.links
        asked = found.asked
        counted: list[Some] = [*definitions.of(Population.CASES), *definitions.of(Population.PROMISES)]
        spans = [definitions.DURATIONS[name] for name in front.SPANS]
        return {
            "version": definitions.VERSION,
            "period": period(asked.period, asked.preset),
            "compared": period(asked.compared) if asked.compared else None,
            "computed_at": instant(found.now),
            "page": links.page("report-front", query=asked.fixed.query),
            "definitions": [defined(each, "received" if each.name in _SHARES else "") for each in (*counted, *spans)],
            "this": _side(found.this),
            "before": _side(found.before) if found.before else None,
            "differences": self._differences(),
            "behind": links.all_behind([each.name for each in (*counted, *spans)], self.asked),
            "open": self._open(),
            "balance": self._balance(),
            "due_today": _counts(found.due_today.counts, Population.PROMISES),
            "causes": [self._cause(each) for each in found.causes],
        }

    def _differences(self) -> dict[str, Any]:
        if self.front.before is None:
            return {}
        now, was = self.front.this.counted.counts, self.front.before.counted.counts
        whole = (now.get("received", 0), was.get("received", 0))
        return {
            name: difference(significance.shares(now.get(name, 0), whole[0], was.get(name, 0), whole[1]))
            for name in _SHARES
        }

    def _now(self, figure: str, filters: Mapping[Dimension, str] | None = None) -> dict[str, str]:
        """The rows behind a figure of what is so now."""
        asked = self.ever
        for dimension, value in (filters or {}).items():
            asked = asked.with_filter(dimension, value)
        return self.links.behind(figure, asked.query)

    def _open(self) -> dict[str, Any]:
        found = self.front.open
        return {
            "count": found.n,
            "stuck": found.stuck,
            "behind": {name: self._now(name) for name in ("open", "stuck")},
            "ages": [self._band(each) for each in found.bands],
            "held": [self._held(each) for each in found.held],
        }

    def _band(self, band: Band) -> dict[str, Any]:
        return {
            "value": band.value,
            "label": str(band.label),
            "ours": band.ours,
            "theirs": band.theirs,
            "behind": self._now("open", {Dimension.AGE: band.value}),
        }

    def _held(self, held: Held) -> dict[str, Any]:
        on = {Dimension.HELD_BY: held.waits_for.value}
        return {
            "waits_for": held.waits_for.value,
            "label": str(held.waits_for.label),
            "count": held.n,
            "named": [self._named(each, on) for each in held.named],
            "behind": self._now("stuck", on),
        }

    def _named(self, each: Named, on: Mapping[Dimension, str]) -> dict[str, Any]:
        behind = self._now("stuck", {**on, each.dimension: each.value})
        return {"value": each.value, "label": str(each.label), "count": each.n, "behind": behind}

    def _balance(self) -> dict[str, Any] | None:
        found = self.front.balance
        if found is None:
            return None
        moved = found.moved.counts
        came, went = moved.get("flow_in", 0), moved.get("flow_out", 0)
        return {
            "at_start": found.at_start,
            "came": came,
            "went": went,
            "at_end": found.at_end,
            "holds": found.holds,
        }

    def _cause(self, cause: Cause) -> dict[str, Any]:
        asked: Asked = replace(self.asked, filters={**self.asked.filters, Dimension.CATEGORY: cause.row.keys})
        return {
            "categories": list(cause.row.keys),
            "label": str(cause.label),
            "count": cause.row.count,
            "share": round(cause.row.share, 6),
            "share_so_far": round(cause.row.so_far, 6),
            "direction": cause.direction.value,
            "behind": self.links.behind("received", asked.query),
        }


def _counts(counts: Mapping[str, int], population: Population) -> dict[str, int]:
    return {each.name: counts.get(each.name, 0) for each in definitions.of(population)}


def _side(side: Side) -> dict[str, Any]:
    counts = side.counted.counts
    return {
        "figures": _counts(counts, Population.CASES),
        "shares": {name: share(counts, name, "received") for name in _SHARES},
        "durations": {name: span(drawn) for name, drawn in side.curves.items()},
        "promises": _counts(side.promises.counts, Population.PROMISES),
    }
