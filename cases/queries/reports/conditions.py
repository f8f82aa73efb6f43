"""Which rows a question is about, for what one person may see (I11)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from cases.models import Category, Seer
from cases.queries.reports.question import Keys, Question
from cases.queries.reports.sources import SOURCES, value_of
from cases.vocabulary import Dimension

_GUARDED = (
    "ARRAY(SELECT g.case_id FROM cases_casefigures g WHERE g.is_guarded AND g.brand_id = ANY (%(brands)s::bigint[]))"
)


def brands_of(question: Question, seer: Seer) -> list[int]:
    """The brands of the question that this person belongs to."""
    wanted = question.filters.get(Dimension.BRAND)
    return [each for each in seer.brand_ids if wanted is None or str(each) in wanted]


class Where:
    """The conditions of a question on a population's rows, with their parameters."""

    def __init__(self, question: Question, seer: Seer, brands: Sequence[int], now: datetime) -> None:
        self.question, self.source = question, SOURCES[question.population]
        period = question.period
        self.parameters: dict[str, Any] = {
            "now": now.astimezone(UTC),
            "zone": period.zone,
            "start": period.start,
            "end": period.end,
            "brands": list(brands),
            "person": seer.person_id,
            "managed": seer.managed_brand_ids,
            "led": sorted(seer.led_team_ids),
        }
        self.filters = "".join(self._filter(dimension, values) for dimension, values in question.filters.items())

    def _filter(self, dimension: Dimension, values: Sequence[str]) -> str:
        if dimension == Dimension.BRAND:
            return ""
        name = f"of_{dimension.value}"
        if dimension == Dimension.CATEGORY:
            values = with_merged(values)
        self.parameters[name] = list(values)
        return f" AND {value_of(self.source, dimension)} = ANY (%({name})s)"

    @property
    def visible(self) -> str:
        """Which guarded cases this person may open, as ``Seer.cases`` says; a test holds the two together."""
        return (
            "(NOT f.is_restricted OR f.owner_id = %(person)s OR f.brand_id = ANY (%(managed)s::bigint[])"
            " OR f.team_id = ANY (%(led)s::bigint[])) AND f.about_id IS DISTINCT FROM %(person)s"
        )

    @property
    def period(self) -> str:
        """In the period, and of the brands."""
        source = self.source
        return (
            f"{source.at} >= %(start)s AND {source.at} < %(end)s AND {source.brand} = ANY (%(brands)s::bigint[])"
            f"{self.filters}"
        )

    @property
    def everything(self) -> str:
        """Every row of the question that this person may see."""
        return f"{self.period} AND (NOT {self.source.guarded} OR ({self.visible}))"

    @property
    def guarded(self) -> str:
        """The rows of guarded cases that this person may see: no cell holds them."""
        found = f"{self.period} AND f.is_guarded AND {self.visible}"
        # There are few of them: their rows are found by the case.
        return f"{found} AND {self.source.of_case} = ANY ({_GUARDED})" if self.source.of_case else found

    def among(self, condition: str) -> str:
        """The rows of all other cases of which something is true."""
        return f"{self.period} AND NOT {self.source.guarded} AND {condition}"


def with_merged(values: Sequence[str]) -> list[str]:
    """These categories, and those that were merged into them."""
    ids = [int(each) for each in values if is_key(each)]
    merged = Category.objects.filter(merged_into_id__in=ids).values_list("pk", flat=True)
    return [*values, *(str(each) for each in merged)]


def is_key(value: str) -> bool:
    """Whether it can be the key of a row at all."""
    return value.isascii() and value.isdigit() and len(value) <= 18


def as_now(question: Question) -> Callable[[Keys], Keys]:
    """What a group counts with: what was merged into another category counts with it; at first it was what it was."""
    if Dimension.CATEGORY not in question.splits:
        return lambda keys: keys
    place, into = question.splits.index(Dimension.CATEGORY), merged_into()
    return lambda keys: (*keys[:place], into.get(keys[place], keys[place]), *keys[place + 1 :])


def merged_into() -> dict[str, str]:
    """Into which category each one was merged, where it was."""
    merged = Category.objects.filter(merged_into__isnull=False)
    return {str(key): str(target) for key, target in merged.values_list("pk", "merged_into_id")}
