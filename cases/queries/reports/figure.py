"""What a figure is: its words, and its SQL on a row of its population."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise

from cases.vocabulary import Population

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: what it is called, what it means, and how it is counted; ``good`` is 1 where more is better.

    ``is_live`` is one that only counts rows that are running, and asks for the present.
    """

    name: str
    population: Population
    label: Words
    definition: Words
    sql: str
    is_sum: bool = False
    good: int = 0
    is_live: bool = False

    @property
    def counted(self) -> str:
        """The SQL that counts it over many rows."""
        if self.is_sum:
            return f"coalesce(sum({self.sql}), 0)"
        return "count(*)" if self.sql == "true" else f"count(*) FILTER (WHERE {self.sql})"


@dataclass(frozen=True, slots=True)
class Money:
    """A sum of money, for each currency apart."""

    name: str
    population: Population
    label: Words
    definition: Words
    sql: str


@dataclass(frozen=True, slots=True)
class Duration:
    """A span in whole minutes from the public post; what has not happened yet is censored at ``until``."""

    name: str
    population: Population
    label: Words
    definition: Words
    happened: str
    until: str
