"""A policy as a sentence in the reader's language, whether it is kept, ready-made or only written in a form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from django.utils.text import get_text_list
from django.utils.translation import gettext, ngettext

from cases.vocabulary import ON_A_CALENDAR, Goal, Needs, Severity, Sort, Start, Unit


class Terms(Protocol):
    """What a policy says, wherever it stands."""

    @property
    def goal(self) -> str: ...
    @property
    def start(self) -> str: ...
    @property
    def amount(self) -> int: ...
    @property
    def unit(self) -> str: ...
    @property
    def end_of_day(self) -> bool: ...
    @property
    def next_day_counts(self) -> bool: ...
    @property
    def pauses(self) -> bool: ...
    @property
    def again(self) -> bool: ...
    @property
    def superseded_by_answer(self) -> bool: ...
    @property
    def extends(self) -> str: ...
    @property
    def extend_amount(self) -> int: ...
    @property
    def extend_unit(self) -> str | None: ...


_AMOUNTS: dict[str, Callable[[int], str]] = {
    Unit.MINUTE: lambda n: ngettext("%(n)d minute", "%(n)d minutes", n),
    Unit.HOUR: lambda n: ngettext("%(n)d hour", "%(n)d hours", n),
    Unit.OPEN_MINUTE: lambda n: ngettext("%(n)d working minute", "%(n)d working minutes", n),
    Unit.OPEN_HOUR: lambda n: ngettext("%(n)d working hour", "%(n)d working hours", n),
    Unit.WORKING_DAY: lambda n: ngettext("%(n)d working day", "%(n)d working days", n),
    Unit.OUVRABLE: lambda n: ngettext(
        "%(n)d day (Monday to Saturday, without holidays)", "%(n)d days (Monday to Saturday, without holidays)", n
    ),
    Unit.DAY: lambda n: ngettext("%(n)d day", "%(n)d days", n),
    Unit.WEEK: lambda n: ngettext("%(n)d week", "%(n)d weeks", n),
    Unit.MONTH: lambda n: ngettext("%(n)d month", "%(n)d months", n),
}


# What counts only where it is open.
_WORKING = ON_A_CALENDAR - {Unit.OUVRABLE}


def amount(number: int, unit: str) -> str:
    """So much time: 4 working hours, 2 months."""
    return _AMOUNTS[unit](number) % {"n": number}


def sentence(terms: Terms, calendar: str = "", holidays: str = "") -> str:
    """All that a policy says of its deadline; with the name of its calendar where it has one of its own.

    Where only the holidays of a calendar count, it says which.
    """
    parts = [_within(terms)]
    units = {terms.unit, terms.extend_unit}
    if units & _WORKING or terms.next_day_counts or terms.start == Start.NEXT_DAY:
        hours = gettext(", on the hours of “%(calendar)s”") % {"calendar": calendar}
        parts[0] += hours if calendar else gettext(", on our working hours")
    elif Unit.OUVRABLE in units and holidays:
        parts.append(holidays)
    if terms.end_of_day:
        parts.append(gettext("the last day counts until it ends"))
    if terms.next_day_counts:
        parts.append(gettext("what comes after closing time counts from the next opening"))
    if terms.pauses:
        parts.append(gettext("pauses while we wait for them"))
    if terms.goal in {Goal.UPDATE, Goal.REPLY}:
        parts.append(gettext("each time anew"))
    if terms.again:
        parts.append(gettext("begins again when the case is reopened"))
    if terms.superseded_by_answer:
        parts.append(gettext("not needed once the final answer has gone"))
    parts += filter(None, [_extension(terms)])
    return f"{'; '.join(parts)}."


def _within(terms: Terms) -> str:
    """What is asked for, by when: each start is a sentence of its own, so that every language can say it well."""
    said = {
        Start.POSTED: gettext("%(goal)s within %(amount)s of when they posted or sent it"),
        Start.RECEIVED: gettext("%(goal)s within %(amount)s of when we received it"),
        Start.NEXT_DAY: gettext("%(goal)s within %(amount)s of the working day after we received it"),
        Start.ACKNOWLEDGED: gettext("%(goal)s within %(amount)s of our first answer"),
        Start.WROTE: gettext("%(goal)s within %(amount)s of when they wrote last"),
        Start.TOLD: gettext("%(goal)s within %(amount)s of what they were told last"),
    }
    how_much = amount(terms.amount, terms.unit)
    return said[Start(terms.start)] % {"goal": Goal(terms.goal).label, "amount": how_much}


def _extension(terms: Terms) -> str:
    if terms.extends == Needs.NEVER or not terms.extend_unit:
        return ""
    by = {"amount": amount(terms.extend_amount, terms.extend_unit)}
    if terms.extends == Needs.NOTICE:
        said = gettext("may be extended once by %(amount)s, with a reason that they are told before the date")
        return said % by
    return gettext("may be extended once by %(amount)s with a reason") % by


def scope(category_names: Sequence[str], severities: Sequence[int], sorts: Sequence[str]) -> str:
    """Which cases it is for: "Delivery or Billing · severity high or critical · somebody without a name"."""
    parts = [get_text_list(list(category_names), gettext("or"))] if category_names else []
    if severities:
        names = get_text_list([str(Severity(each).label).lower() for each in severities], gettext("or"))
        parts.append(gettext("severity %(names)s") % {"names": names})
    if sorts:
        parts.append(get_text_list([str(Sort(each).label) for each in sorts], gettext("or")))
    return " · ".join(parts) or gettext("every case")


def names_of(ids: Sequence[int], known: Mapping[int, str]) -> list[str]:
    """What the categories of a policy are called."""
    return [known[each] for each in ids if each in known]
