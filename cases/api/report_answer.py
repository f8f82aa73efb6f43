"""A report's answer for programs: every figure with its definition, its share and the rows behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from rest_framework.request import Request

from cases import errors
from cases.api.fields import Instant
from cases.queries.reports import definitions, period_words, shares
from cases.queries.reports.answer import Answer, Row, Table, curve
from cases.queries.reports.asked import Asked
from cases.queries.reports.behind import figure_of
from cases.queries.reports.figure import Duration, Figure, Money
from cases.queries.reports.question import Counted
from cases.rules import lanes
from cases.rules.periods import Period
from cases.rules.significance import Difference
from cases.rules.survival import Curve
from cases.vocabulary import Dimension

Some = Figure | Money | Duration
_CENT = Decimal("0.0001")


class Links:
    """Absolute addresses of reports, for people and for programs."""

    def __init__(self, request: Request, report: str) -> None:
        self.request, self.report = request, report
        self._rows = self.api(f"{report}/behind/")
        self._page = request.build_absolute_uri(reverse("report-behind"))

    def api(self, path: str, query: str = "") -> str:
        """An address below the reports of the API."""
        return self.root(f"reports/{path}", query)

    def root(self, path: str, query: str = "") -> str:
        """An address of the API."""
        root = reverse("api-schema").removesuffix("schema/")
        return self.request.build_absolute_uri(f"{root}{path}{'?' if query else ''}{query}")

    def page(self, name: str, *args: Any, query: str = "") -> str:
        """A page."""
        return self.request.build_absolute_uri(f"{reverse(name, args=args)}{'?' if query else ''}{query}")

    def behind(self, figure: str, query: str) -> dict[str, str]:
        """The rows behind a figure."""
        return {
            "page": f"{self._page}?figure={figure}&report={self.report}&{query}",
            "rows": f"{self._rows}?figure={figure}&{query}",
        }

    def all_behind(self, figures: Iterable[str], asked: Asked) -> dict[str, dict[str, str]]:
        """The rows behind each of these figures; a preset is said by its dates, so that they stay these rows."""
        query = asked.fixed.query
        return {name: self.behind(name, query) for name in figures}


def instant(at: datetime) -> str:
    """As all answers write it."""
    return Instant().to_representation(at)


def named(name: str, label: str | Promise) -> dict[str, str]:
    """A word of ours with what people call it."""
    return {"name": name, "label": str(label)}


def period(of: Period, preset: str = "") -> dict[str, Any]:
    """A period with its days and its instants."""
    from_, to = of.written
    return {
        "from": from_,
        "to": to,
        "starts": instant(of.start),
        "ends": instant(of.end),
        "zone": of.zone,
        "preset": preset,
        "words": str(period_words.said(of)),
    }


def defined(each: Some, share_of: str = "") -> dict[str, Any]:
    """What a figure is."""
    return {
        **named(each.name, each.label),
        "definition": str(each.definition),
        "unit": unit(each),
        "share_of": share_of,
    }


def figure_named(name: str) -> Some:
    """The figure of that name; raises Invalid."""
    try:
        return figure_of(name)
    except errors.NotFound as refused:
        raise errors.Invalid(_("There is no figure of this name."), "figure") from refused


def unit(each: Some) -> str:
    """In what it is counted."""
    if isinstance(each, Duration):
        return "minutes"
    if isinstance(each, Money):
        return "money"
    return "seconds" if each.is_sum else "count"


def answer(found: Answer, links: Links) -> dict[str, Any]:
    """A whole report."""
    asked, fixed = found.asked, found.asked.fixed
    return {
        "report": found.report.name,
        "title": str(found.report.title),
        "question": str(found.report.question),
        "version": definitions.VERSION,
        "period": period(asked.period, asked.preset),
        "compared": period(asked.compared) if asked.compared else None,
        "computed_at": instant(found.now),
        "filters": {each.value: list(values) for each, values in asked.filters.items()},
        "page": links.page("report", found.report.name, query=fixed.query),
        "url": links.api(f"{found.report.name}/", fixed.query),
        "sections": [_section(table, links) for table in found.tables],
    }


def _section(table: Table, links: Links) -> dict[str, Any]:
    section = table.section
    whole = {each.name: shares.whole_of(table, each) for each in table.figures}
    everything: list[Some] = [*table.figures, *table.money, *table.durations]
    count = table.total.counts.get(definitions.of(section.population)[0].name, 0)
    return {
        "name": section.name,
        "title": str(section.title),
        "population": {**named(section.population.value, section.population.label), "count": count},
        "splits": [named(each.value, each.label) for each in table.splits],
        "figures": [defined(each, whole.get(each.name, "")) for each in everything],
        "total": {
            **_linked(table, table.total, table.before, links, None),
            "differences": _differences(table),
        },
        "rows": [
            {
                "keys": list(row.keys),
                "labels": [str(label) for label in row.labels],
                **_linked(table, row.counted, row.before, links, row),
            }
            for row in table.rows
        ],
    }


def _linked(table: Table, counted: Counted, before: Counted | None, links: Links, row: Row | None) -> dict[str, Any]:
    everything: list[Some] = [*table.figures, *table.money, *table.durations]
    names = [*(each.name for each in everything), *(f"{each.name}_open" for each in table.durations)]
    return {
        **_group(table, counted),
        "behind": links.all_behind(names, table.narrowed(row)),
        "before": _group(table, before) if before is not None else None,
    }


def _group(table: Table, counted: Counted) -> dict[str, Any]:
    return {
        "figures": {each.name: counted.counts.get(each.name, 0) for each in table.figures},
        "averages": {
            each.name: None if (one := shares.each(each, counted.counts)) is None else round(one, 3)
            for each in table.figures
            if each.is_sum
        },
        "shares": {
            each.name: share(counted.counts, each.name, whole)
            for each in table.figures
            if (whole := shares.whole_of(table, each))
        },
        "money": {
            currency: {each.name: amount(sums.get(each.name, Decimal(0))) for each in table.money}
            for currency, sums in sorted(counted.money.items())
            if table.money
        },
        "durations": {each.name: span(curve(counted, each.name)) for each in table.durations},
    }


def share(counts: Mapping[str, int], name: str, whole: str) -> float | None:
    """What part of another figure it is; None of nothing."""
    of = counts.get(whole, 0)
    return round(counts.get(name, 0) / of, 6) if of else None


def amount(value: Decimal) -> str:
    """Money as text, to the last unit that is kept."""
    return format(value.quantize(_CENT), "f")


def span(drawn: Curve) -> dict[str, Any]:
    """How long something takes."""
    return {
        "median": drawn.median,
        "p90": drawn.percentile(0.9),
        "population": drawn.population,
        "still_waiting": drawn.still_open,
        "error": lanes.ERROR,
    }


def _differences(table: Table) -> dict[str, Any]:
    found = {each.name: shares.difference(table, each, table.total, table.before) for each in table.figures}
    return {name: difference(each) for name, each in found.items() if each is not None}


def difference(each: Difference) -> dict[str, Any]:
    """Whether two periods differ by more than chance."""
    return {"difference": each.difference, "low": each.low, "high": each.high, "is_noise": each.is_noise}


def dimensions(of: Iterable[Dimension]) -> list[dict[str, str]]:
    """Dimensions by name."""
    return [named(each.value, each.label) for each in of]
