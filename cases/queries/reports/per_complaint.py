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


@dataclass(frozen=True, slots=True)
class Each:
    """What a sum of money is called where it is divided by the complaints, and what that means."""

    name: str
    label: Words
    definition: Words


EACH: Mapping[str, Each] = {
    "budgeted": Each(
        "budgeted_each",
        _("Budgeted for each complaint"),
        _(
            "The amounts of the actions of the period, divided by the complaints received in the period: those without "
            "any action are counted too."
        ),
    ),
    "granted": Each(
        "granted_each",
        _("Granted for each complaint"),
        _(
            "What was granted for the actions of the period, divided by the complaints received in the period: those "
            "without any action are counted too."
        ),
    ),
    "paid": Each(
        "paid_each",
        _("Paid for each complaint"),
        _(
            "What the actions of the period paid, divided by the complaints received in the period: those without any "
            "action are counted too."
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class PerComplaint:
    """Sums of money by name and currency, the complaints they are divided by, and what asks for the rows of both."""

    received: int
    sums: Mapping[str, Mapping[str, Decimal]]
    asked: Asked

    def each(self, name: str, currency: str) -> Decimal:
        """How much of it there was for one complaint."""
        return self.sums[name][currency] / self.received


def per_complaint(found: Answer, seer: Seer) -> PerComplaint | None:
    """The same for an answered report; None for any other one, and where there was no money or nothing received.

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
    money = sorted(table.total.money.items())
    sums = {name: {currency: each[name] for currency, each in money if each.get(name)} for name in EACH}
    question = table.asked.question(Population.CASES, splits=())
    if not any(sums.values()) or not engine.is_quick(question):
        return None
    counted = engine.count(question, reader(seer, {*table.splits, *table.asked.filters}), now=found.now)
    received = total(counted).counts.get("received", 0)
    there = {name: each for name, each in sums.items() if each}
    return PerComplaint(received, there, replace(table.asked, splits=(), compare="")) if received else None
