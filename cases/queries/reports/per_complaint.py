"""What a complaint costs: the money of a report beside the complaints received in the same period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from cases.models import Seer
from cases.queries.reports import engine
from cases.queries.reports.answer import Answer
from cases.queries.reports.asked import Asked
from cases.queries.reports.figure import Words
from cases.queries.reports.question import total
from cases.queries.reports.reading import reader
from cases.queries.reports.sources import has
from cases.vocabulary import Population

REPORT = "actions"
NAME = "paid_each"
LABEL: Words = _("Paid for each complaint")
DEFINITION: Words = _(
    "What the actions of the period paid, divided by the complaints received in the period: those without any action"
    " are counted too."
)


@dataclass(frozen=True, slots=True)
class PerComplaint:
    """What was paid in each currency, the complaints that it is divided by, and what asks for the rows of both."""

    received: int
    paid: Mapping[str, Decimal]
    asked: Asked

    def each(self, currency: str) -> Decimal:
        """What one complaint cost."""
        return self.paid[currency] / self.received


def per_complaint(found: Answer, seer: Seer) -> PerComplaint | None:
    """The same for an answered report; None for any other one, and where nothing was paid or received.

    Complaints have no kind of action: filtered by what complaints do not have, there is nothing to divide by. The
    brands are those that the money was counted of.
    """
    table = found.tables[0]
    if (
        found.report.name != REPORT
        or found.is_pending
        or not all(has(Population.CASES, by) for by in table.asked.filters)
    ):
        return None
    paid = {currency: sums["paid"] for currency, sums in sorted(table.total.money.items()) if sums.get("paid")}
    question = table.asked.question(Population.CASES, splits=())
    if not paid or not engine.is_quick(question):
        return None
    counted = engine.count(question, reader(seer, {*table.splits, *table.asked.filters}), now=found.now)
    received = total(counted).counts.get("received", 0)
    return PerComplaint(received, paid, replace(table.asked, splits=(), compare="")) if received else None
