"""Words for the values of dimensions: names of people, brands and channels, texts of catalogues, days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.formats import date_format, number_format
from django.utils.translation import get_language_info, gettext, ngettext, pgettext

from cases.models import Brand, Category, Cause, Channel, Kind, Policy, Rule, Team, User
from cases.queries.authority import text_of
from cases.queries.reports.conditions import is_key
from cases.queries.reports.figure import Duration
from cases.queries.reports.sources import AGES, BANDS
from cases.rules import lanes
from cases.vocabulary import Dimension, Goal, Outcome, Severity, WaitsFor

Words = dict[str, str]
D = Dimension

_PEOPLE = (D.OWNER, D.PERSON, D.APPROVER)


def words(dimension: Dimension, values: Collection[str], at: datetime | None = None) -> Words:
    """What to call each of these values in the reader's language, in at most one query; ``at`` is where then is."""
    said = _of(dimension, [value for value in values if value], at)
    return {value: _nothing(dimension) for value in values if not value} | said


def words_of(dimension: Dimension, rows: QuerySet[Any], at: datetime | None = None) -> Words:
    """What to call each of these rows, which a dimension stands for, by their keys; in one query."""
    model, fields, say = ROWS[dimension]
    if dimension == D.CATEGORY_THEN:
        say = partial(say, at=at)
    brand = ("brand__name",) if model not in (Brand, User) else ()
    told = list(rows.values_list("pk", *fields, *brand))
    found = {str(row[0]): say(*row[1 : len(fields) + 1]) for row in told}
    if brand:
        # Each brand has names of its own: where two have the same one, the brand is said too.
        several = {name for name, n in Counter(found.values()).items() if n > 1}
        found |= {key: f"{found[key]} · {row[-1]}" for row in told if found[key := str(row[0])] in several}
    return found


def rows_of(dimension: Dimension, values: Collection[str]) -> QuerySet[Any]:
    """The rows that these values are the keys of."""
    rows: QuerySet[Any] = ROWS[dimension][0].objects.all()  # type: ignore[attr-defined]
    return rows.filter(pk__in=[int(value) for value in values if is_key(value)])


def _of(dimension: Dimension, values: Collection[str], at: datetime | None) -> Words:
    if dimension in ROWS:
        found = words_of(dimension, rows_of(dimension, values), at) if any(is_key(each) for each in values) else {}
        return {value: found.get(value, value) for value in values}
    say = _SAID.get(dimension, str)
    return {value: _said(say, value) for value in values}


def _said(say: Callable[[str], str], value: str) -> str:
    """Its words; what is no value of the dimension stays what was written."""
    try:
        return say(value)
    except (KeyError, ValueError):
        return value


def _person(name: str, is_active: bool) -> str:
    return name if is_active else gettext("%(name)s (left)") % {"name": name}


def _category_then(
    label: Mapping[str, str],
    former: Sequence[Mapping[str, Any]],
    into: Mapping[str, str] | None,
    *,
    at: datetime | None = None,
) -> str:
    """What it was called then and is called now, or all it was called; and where the other view counts it."""
    said = text_of(label, default="en")
    before = dict.fromkeys(text_of(each["label"], default="en") for each in former)
    before.pop(said, None)
    if at:
        later = [each["label"] for each in former if datetime.fromisoformat(each["until"]) > at]
        then = text_of(later[0], default="en") if later else said
        if then != said:
            said = gettext("%(then)s (now %(name)s)") % {"then": then, "name": said}
    elif before:
        said = gettext("%(name)s (before: %(names)s)") % {"name": said, "names": ", ".join(before)}
    if into:
        said = gettext("%(name)s, now with %(into)s") % {"name": said, "into": text_of(into, default="en")}
    return said


def _text(text: Mapping[str, str]) -> str:
    return text_of(text, default="en")


ROWS: dict[Dimension, tuple[type[Model], tuple[str, ...], Callable[..., str]]] = {
    D.BRAND: (Brand, ("name",), str),
    D.CHANNEL: (Channel, ("name",), str),
    D.TEAM: (Team, ("name",), str),
    D.OTHER_TEAM: (Team, ("name",), str),
    D.OWNER: (User, ("name", "is_active"), _person),
    D.PERSON: (User, ("name", "is_active"), _person),
    D.APPROVER: (User, ("name", "is_active"), _person),
    D.CATEGORY: (Category, ("label",), _text),
    D.CATEGORY_THEN: (Category, ("label", "former", "merged_into__label"), _category_then),
    D.CAUSE: (Cause, ("label",), _text),
    D.KIND: (Kind, ("label",), _text),
    D.POLICY: (Policy, ("name",), _text),
    D.RULE: (Rule, ("name",), str),
}


def _nothing(dimension: Dimension) -> str:
    if dimension in _PEOPLE:
        return gettext("nobody")
    if dimension == D.BAND:
        return gettext("no amount")
    if dimension in (D.AGE, D.HELD_BY):
        return gettext("not open")
    if dimension == D.POLICY:
        return pgettext("a report", "Promises")
    return gettext("none")


def _band(value: str) -> str:
    place = int(value)
    if place >= len(BANDS):
        return gettext("above %(amount)s") % {"amount": _amount(BANDS[-1])}
    return gettext("up to %(amount)s") % {"amount": _amount(BANDS[place])}


def _amount(value: int) -> str:
    return number_format(value, use_l10n=True, force_grouping=True)


def _age(value: str) -> str:
    place = int(value)
    if place >= len(AGES):
        return gettext("over %(days)s d") % {"days": AGES[-1]}
    if not place:
        return gettext("to %(days)s d") % {"days": AGES[0]}
    return gettext("%(first)s–%(last)s d") % {"first": AGES[place - 1] + 1, "last": AGES[place]}


def _language(value: str) -> str:
    try:
        return str(get_language_info(value)["name_translated"])
    except KeyError:
        return value


def _timely(value: str) -> str:
    return gettext("in time") if value == "true" else gettext("late")


def _severity(value: str) -> str:
    return str(Severity(int(value)).label)


def _hour(value: str) -> str:
    return f"{value}:00"


def _weekday(value: str) -> str:
    # 1 January 2024 was a Monday.
    return date_format(date(2024, 1, int(value)), "l")


def _day(value: str) -> str:
    return date_format(date.fromisoformat(value), gettext("j M Y"))


def _week(value: str) -> str:
    return gettext("week of %(day)s") % {"day": _day(value)}


def _month(value: str) -> str:
    return date_format(date.fromisoformat(value), "F Y")


def _quarter(value: str) -> str:
    day = date.fromisoformat(value)
    return gettext("Q%(number)s %(year)s") % {"number": (day.month + 2) // 3, "year": day.year}


_SAID: dict[Dimension, Callable[[str], str]] = {
    D.SEVERITY: _severity,
    D.LANGUAGE: _language,
    D.OUTCOME: lambda value: str(Outcome(value).label),
    D.GOAL: lambda value: str(Goal(value).label),
    D.BAND: _band,
    D.TIMELY: _timely,
    D.AGE: _age,
    D.HELD_BY: lambda value: str(WaitsFor(value).label),
    D.HOUR: _hour,
    D.WEEKDAY: _weekday,
    D.DAY: _day,
    D.WEEK: _week,
    D.MONTH: _month,
    D.QUARTER: _quarter,
}


def span(minutes: int | None) -> str:
    """A duration in the two units that matter, as people say it; unknown is a dash."""
    if minutes is None:
        return "–"
    if minutes < 60:
        return ngettext("%(n)s min", "%(n)s min", minutes) % {"n": minutes}
    hours, rest = divmod(minutes, 60)
    if hours < 24:
        return _two(gettext("%(n)s h") % {"n": hours}, rest, gettext("%(n)s min"))
    days, rest = divmod(hours, 24)
    return _two(ngettext("%(n)s d", "%(n)s d", days) % {"n": days}, rest if days < 10 else 0, gettext("%(n)s h"))


def after(span: Duration) -> str:
    """A span as a column is called: there are counts of the same name."""
    return gettext("%(what)s after") % {"what": span.label}


def known(minutes: int | None) -> str:
    """The same of a percentile, rounded to what is known of it: under 32 minutes exactly."""
    return span(minutes if minutes is None else lanes.rounded(minutes))


def _two(first: str, rest: int, unit: str) -> str:
    return f"{first} {unit % {'n': rest}}" if rest else first
