"""Every figure of the reports by its name, in the order in which cells keep them.

``sql`` is a condition on a row of the figure's population (see ``sources``), or with ``is_sum`` a number to add up.
What depends on the present asks ``%(now)s``, and only of rows that are still running.
"""

from __future__ import annotations

from typing import Final

from cases.queries.reports import of_cases, of_work
from cases.queries.reports.figure import Duration, Figure, Money
from cases.vocabulary import Population

# A change of what a figure means is a new number: frozen periods keep theirs.
VERSION: Final = 1

FIGURES: Final = {
    each.name: each
    for each in (
        *of_cases.CASES,
        *of_cases.MOVEMENTS,
        *of_work.ACTIONS,
        *of_work.PROMISES,
        *of_work.DEADLINES,
        *of_work.POSTS,
        *of_work.ESCALATIONS,
    )
}
# What is counted only where its rows are listed.
BALANCES: Final = {each.name: each for each in of_cases.BALANCES}
WAITING: Final = {each.name: each for each in of_cases.WAITING}
MONEY: Final = {each.name: each for each in of_work.MONEY}
DURATIONS: Final = {each.name: each for each in of_cases.DURATIONS}


def of(population: Population) -> list[Figure]:
    """The figures of one population, in the order in which cells keep them."""
    return [each for each in FIGURES.values() if each.population == population]


def money_of(population: Population) -> list[Money]:
    """The sums of money of one population, in the order in which cells keep them."""
    return [each for each in MONEY.values() if each.population == population]


def durations_of(population: Population) -> list[Duration]:
    """The spans of one population, in the order in which cells keep them."""
    return [each for each in DURATIONS.values() if each.population == population]
