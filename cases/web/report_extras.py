"""What a report shows beside its tables: the backlog and its forecast, hours of the week, who still waits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from cases.queries import authority
from cases.queries.reports import answer, backlog, definitions, engine, labels, period_words
from cases.queries.reports.answer import Answer
from cases.queries.reports.asked import Asked
from cases.queries.reports.catalogue import REPORTS
from cases.queries.reports.per_complaint import per_complaint
from cases.queries.reports.question import Counted, total
from cases.queries.reports.reading import reader
from cases.rules import forecast, periods
from cases.vocabulary import Dimension, Population
from cases.web import report_figures as figures
from cases.web import report_pictures as pictures
from cases.web import report_table
from cases.web.report_figures import NONE, Cell
from cases.web.report_frame import Frame
from cases.web.report_pictures import Column, Line, Picture
from cases.web.report_table import Shown

Words = SafeString | str
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Moving:
    """Something people complain about more or less each week: its weeks as bars, and the rows behind them."""

    label: str
    href: str
    count: str
    per_week: str
    is_rising: bool
    bars: Sequence[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Came:
    """A cause that came back, or did not, after a fix was declared."""

    label: str
    on: str
    count: str
    href: str


@dataclass(frozen=True, slots=True)
class Extra:
    """One part beside the tables: its title, a picture or a table, and what to say of it."""

    name: str
    title: str
    css: str = "c12"
    picture: Picture | None = None
    heat: Shown | None = None
    said: Sequence[Words] = ()
    moving: Sequence[Moving] = ()
    came: Sequence[Came] = ()
    links: Sequence[tuple[str, str]] = field(default_factory=tuple)


def beside(found: Answer, frame: Frame) -> list[Extra]:
    """What is counted with the page."""
    make = _BESIDE.get(found.report.name)
    return make(found, frame) if make and not found.is_pending else []


# ---- flow: the backlog, its forecast, and when people complain ----


def _flow(found: Answer, frame: Frame) -> list[Extra]:
    extras = [_backlog(found, frame)]
    if not found.asked.splits:
        section = REPORTS["flow"].sections[1]
        asked = replace(found.asked, splits=(Dimension.WEEKDAY, Dimension.HOUR), shows=(), compare="")
        table = answer.table(asked, section, frame.seer, now=found.now)
        if table.rows and any(table.total.counts.values()):
            said = [_("Complaints by the day and hour they were received, by the clocks of the zone.")]
            extras.append(Extra("hours", str(section.title), heat=report_table.shown(table, {}), said=said))
    return extras


def _backlog(found: Answer, frame: Frame) -> Extra:
    title = _("Backlog and forecast")
    counted = backlog.backlog(found.asked, frame.seer, now=found.now)
    if counted is None:
        words = _(
            "The backlog is not counted while you wait: with these filters, or by the clocks of this zone, it takes "
            "too long. Take the filters away, or choose another zone."
        )
        return Extra("backlog", title, said=[words])
    if not counted.steps:
        return Extra("backlog", title, said=[_("Nothing has come in yet.")])
    is_running = found.asked.period.end > found.now
    lines = [_step(found, counted.dimension, step) for step in counted.steps]
    is_ahead = is_running and counted.dimension == Dimension.WEEK and counted.forecast is not None
    if is_ahead and counted.forecast:
        last = counted.steps[-1].open
        lines[-1] = replace(lines[-1], cells=[*lines[-1].cells[:3], *_cells(last, last, last)])
        lines += [_ahead(counted, week) for week in counted.forecast.weeks]
    columns = [
        Column(pgettext("cases", "Open"), "ink"),
        Column(definitions.FIGURES["flow_in"].label),
        Column(definitions.FIGURES["flow_out"].label),
    ]
    if is_ahead:
        columns += [
            Column(_("Expected"), "mid", pattern="dash"),
            Column(_("at least"), role="low", legend=_("four times out of five")),
        ]
        columns.append(Column(_("at most"), role="high"))
    caption = _("How many cases stood open at the end of each step of time, which is called by its first day.")
    picture = Picture("lines", "flow-backlog", caption, counted.dimension.label, columns, lines)
    return Extra("backlog", title, picture=picture, said=[_expected(found, counted)] if is_running else [])


def _step(found: Answer, dimension: Dimension, step: backlog.Step) -> Line:
    key = step.bucket.day.isoformat()
    asked = replace(found.asked, splits=(), compare="").with_filter(dimension, key)
    cells = [_open_at(found, step.bucket.end, step.open)]
    for name, n in (("flow_in", step.came), ("flow_out", step.went)):
        pairs = [("figure", name), *asked.pairs, ("report", "flow")]
        cells.append(Cell(figures.number(n), n, figures.behind_of(pairs) if n else ""))
    return Line(_named(dimension, key), [*cells, Cell(NONE), Cell(NONE), Cell(NONE)])


def _open_at(found: Answer, at: datetime, n: int) -> Cell:
    """How many cases stood open at an instant, and which."""
    pairs = [("figure", "outstanding"), *found.asked.until(at).pairs, ("report", "flow")]
    return Cell(figures.number(n), n, figures.behind_of(pairs) if n else "")


def _named(dimension: Dimension, key: str) -> str:
    return figures.short(dimension, key, labels.words(dimension, [key])[key])


def _ahead(counted: backlog.Backlog, week: forecast.Week) -> Line:
    key = (counted.monday + week.ahead * 7 * _DAY).isoformat()
    return Line(
        _named(Dimension.WEEK, key), [Cell(NONE), Cell(NONE), Cell(NONE), *_cells(week.backlog, week.low, week.high)]
    )


def _cells(*counts: int) -> list[Cell]:
    return [Cell(figures.number(n), n) for n in counts]


def _expected(found: Answer, counted: backlog.Backlog) -> Words:
    """The forecast in a sentence with what it was learnt from, or why there is none."""
    expected, is_open = counted.forecast, _open_at(found, found.asked.period.end, counted.open_now)
    now = figures.link(is_open.text, is_open.href)
    if expected is None:
        return format_html(
            _("<b>{now}</b> are open now. There is no forecast yet: it is learnt from {few} whole weeks or more."),
            now=now,
            few=forecast.FEWEST_WEEKS,
        )
    last = expected.weeks[-1]
    learnt = periods.of_days(counted.monday - expected.learnt_from * 7 * _DAY, counted.monday, found.asked.period.zone)
    asked = replace(found.asked, period=learnt, preset="", compare="", splits=(), shows=())
    return format_html(
        _(
            "<b>{now}</b> are open now. In the last {learnt} whole weeks {came} came in and {went} went out. If it "
            "goes on like that, about <b>{then}</b> will be open in {ahead} weeks, four times out of five between "
            "{low} and {high}."
        ),
        now=now,
        learnt=expected.learnt_from,
        came=_moved(asked, "flow_in", expected.came),
        went=_moved(asked, "flow_out", expected.went),
        then=figures.number(last.backlog),
        ahead=last.ahead,
        low=figures.number(last.low),
        high=figures.number(last.high),
    )


def _moved(asked: Asked, figure: str, n: int) -> Words:
    pairs = [("figure", figure), *asked.pairs, ("report", "flow")]
    return figures.link(figures.number(n), figures.behind_of(pairs) if n else "")


# ---- speed: who still waits ----


def _speed(found: Answer, frame: Frame) -> list[Extra]:
    table = next((each for each in found.tables if each.section.name == "speed"), None)
    if table is None:
        return []
    compared = found.asked.compared or periods.before(found.asked.period)
    before = table.before if table.before is not None else _before(found, frame, compared)
    names = (period_words.said(found.asked.period), period_words.said(compared))
    picture = pictures.survival(table.total, before, names)
    return [Extra("survival", _("Not handled yet, after how long"), picture=picture)] if picture else []


def _before(found: Answer, frame: Frame, compared: periods.Period) -> Counted:
    seer = reader(frame.seer, found.asked.dimensions)
    question = replace(found.asked.question(Population.CASES, splits=()), period=compared)
    return total(engine.count(question, seer, now=found.now, durations=True))


# ---- actions: what a complaint costs ----


_WERE: Final = {
    "budgeted": gettext_lazy(
        "<b>{money}</b> were budgeted, {each} for each of the {received} complaints received in the period."
    ),
    "granted": gettext_lazy(
        "<b>{money}</b> were granted, {each} for each of the {received} complaints received in the period."
    ),
    "paid": gettext_lazy(
        "<b>{money}</b> were paid, {each} for each of the {received} complaints received in the period."
    ),
}


def _each(found: Answer, frame: Frame) -> list[Extra]:
    """The money of the period beside the complaints of the period; left out where these cannot be filtered so."""
    cost = per_complaint(found, frame.seer)
    if cost is None:
        return []
    pairs = [("figure", "received"), *cost.asked.pairs]
    link = figures.link(figures.number(cost.received), figures.behind_of(pairs))
    said: list[Words] = [
        format_html(
            str(_WERE[name]),
            money=figures.link(
                authority.said_amount(sums[currency], currency),
                figures.behind_of([("figure", name), *cost.asked.pairs, ("report", "actions")]),
            ),
            each=authority.said_amount(cost.each(name, currency), currency),
            received=link,
        )
        for currency in sorted({currency for sums in cost.sums.values() for currency in sums})
        for name, sums in cost.sums.items()
        if currency in sums
    ]
    return [Extra("each", _("For each complaint"), said=said)]


_BESIDE: Final[dict[str, Callable[[Answer, Frame], list[Extra]]]] = {
    "flow": _flow,
    "speed": _speed,
    "actions": _each,
}
