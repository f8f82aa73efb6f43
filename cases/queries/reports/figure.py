"""What a figure is: its words, and its SQL on a row of its population."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise

from cases.vocabulary import Population

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: what it is called, what it means, and how it is counted; ``good`` is 1 where more is better.

    Where it asks for the present, ``kept`` is the part that does not, and ``live`` the number that the present adds to
    it for each of the rows ``among``, or takes off: both together are what ``sql`` says.
    """

    name: str
    population: Population
    label: Words
    definition: Words
    sql: str
    is_sum: bool = False
    good: int = 0
    kept: str = ""
    live: str = ""
    among: str = ""

    @property
    def counted(self) -> str:
        """The SQL that counts it over many rows."""
        return self._over(self.sql)

    @property
    def counted_kept(self) -> str:
        """The SQL of the part of it that does not ask for the present."""
        return self._over(self.kept or self.sql)

    def _over(self, sql: str) -> str:
        if self.is_sum:
            return f"coalesce(sum({sql}), 0)"
        return "count(*)" if sql == "true" else f"count(*) FILTER (WHERE {sql})"


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
