"""A report with the figures that stand beside its tables: what it cost for each complaint."""

from __future__ import annotations

from typing import Any

from cases.api import report_answer
from cases.api.report_answer import Links, amount, named
from cases.models import Seer
from cases.queries.reports import per_complaint
from cases.queries.reports.answer import Answer
from cases.queries.reports.per_complaint import Each, PerComplaint
from cases.vocabulary import Population


def answer(found: Answer, seer: Seer, links: Links) -> dict[str, Any]:
    """A whole report, for whom it was counted."""
    cost = per_complaint.per_complaint(found, seer)
    beside = [_each(cost, name, links) for name in cost.sums] if cost else []
    return {**report_answer.answer(found, links), "beside": beside}


def _each(cost: PerComplaint, name: str, links: Links) -> dict[str, Any]:
    told = _told(per_complaint.EACH[name])
    sums = cost.sums[name]
    return {
        **told,
        "population": {**told["population"], "count": cost.received},
        "money": {currency: amount(cost.each(name, currency)) for currency in sums},
        "sums": {currency: amount(each) for currency, each in sums.items()},
        "behind": links.all_behind([name, "received"], cost.asked),
    }


def defined() -> list[dict[str, Any]]:
    """What the figures are."""
    return [_told(each) for each in per_complaint.EACH.values()]


def _told(each: Each) -> dict[str, Any]:
    return {
        **named(each.name, each.label),
        "definition": str(each.definition),
        "unit": "money",
        "share_of": "",
        "population": named(Population.CASES.value, Population.CASES.label),
    }
