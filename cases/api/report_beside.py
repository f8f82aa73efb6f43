"""A report with the figures that stand beside its tables: what it cost for each complaint."""

from __future__ import annotations

from typing import Any

from cases.api import report_answer
from cases.api.report_answer import Links, amount, named
from cases.models import Seer
from cases.queries.reports import per_complaint
from cases.queries.reports.answer import Answer
from cases.vocabulary import Population


def answer(found: Answer, seer: Seer, links: Links) -> dict[str, Any]:
    """A whole report, for whom it was counted."""
    cost = per_complaint.per_complaint(found, seer)
    told = defined()
    beside = (
        {
            **told,
            "population": {**told["population"], "count": cost.received},
            "money": {currency: amount(cost.each(currency)) for currency in cost.paid},
            "sums": {currency: amount(paid) for currency, paid in cost.paid.items()},
            "behind": links.all_behind(["paid", "received"], cost.asked),
        }
        if cost
        else None
    )
    return {**report_answer.answer(found, links), "beside": [beside] if beside else []}


def defined() -> dict[str, Any]:
    """What the figure is."""
    return {
        **named(per_complaint.NAME, per_complaint.LABEL),
        "definition": str(per_complaint.DEFINITION),
        "unit": "money",
        "share_of": "",
        "population": named(Population.CASES.value, Population.CASES.label),
    }
