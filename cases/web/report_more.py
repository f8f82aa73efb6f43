"""What a report shows a moment after its page: what rises and comes back, from where to what, who had to ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.models import Brand
from cases.queries import missing
from cases.queries.reports import answer, definitions, engine, labels, period_words, recurrence, rising, single
from cases.queries.reports.asked import Asked
from cases.queries.reports.catalogue import REPORTS
from cases.queries.reports.question import Filters, total
from cases.queries.reports.reading import reader
from cases.queries.reports.recurrence import Back
from cases.rules import periods
from cases.rules.missing import LONGEST_DAYS
from cases.rules.missing import Period as Days
from cases.rules.trends import Direction
from cases.vocabulary import Dimension, Population
from cases.web import report_figures as figures
from cases.web.report_extras import Came, Extra, Moving, Words
from cases.web.report_figures import Cell
from cases.web.report_frame import Frame
from cases.web.report_pictures import Column, Line, Picture

MOST_STREAMS = 8
_DAY = timedelta(days=1)


def has_more(report: str) -> bool:
    """Whether a report has parts that the page fetches once it stands."""
    return report in _MORE


def more(frame: Frame) -> list[Extra]:
    """What takes a moment longer, and comes after the page."""
    make = _MORE.get(frame.report)
    return make(frame, frame.asked) if make and frame.asked else []


# ---- causes: what rises and falls, what came back ----


def _causes(frame: Frame, asked: Asked) -> list[Extra]:
    split = asked.splits[0] if len(asked.splits) == 1 else Dimension.CATEGORY
    if split not in REPORTS["causes"].splits:
        split = Dimension.CATEGORY
    found = rising.rising(asked, split, frame.seer, now=frame.now)
    return [_rising(asked, split, found), _recurrence(frame, asked)]


def _rising(asked: Asked, split: Dimension, found: rising.Rising) -> Extra:
    weeks = period_words.said(found.period)
    said: list[Words] = [
        format_html(
            _("{weeks}, {n} whole weeks, by {split}. What chance alone may well have made is called steady."),
            weeks=weeks,
            n=rising.WEEKS,
            split=str(split.label).lower(),
        )
    ]
    if not found.lines:
        said.append(_("Nothing rises or falls by more than chance."))
    elif found.steady:
        said.append(ngettext("%(n)s holds steady.", "%(n)s hold steady.", found.steady) % {"n": found.steady})
    moving = [_moving(asked, split, found, line) for line in found.lines]
    return Extra("rising", _("Rising and falling"), css="c7", said=said, moving=moving)


def _moving(asked: Asked, split: Dimension, found: rising.Rising, line: rising.Line) -> Moving:
    narrowed = replace(asked, period=found.period, preset="", compare="", splits=()).with_filter(split, line.value)
    most = max(line.weeks)
    width = 100 / len(line.weeks)
    bars = [
        (f"{n * width:.2f}%", f"{24 - 24 * count / most:.2f}", f"{24 * count / most:.2f}")
        for n, count in enumerate(line.weeks)
    ]
    per_week = abs(line.trend.per_week)
    return Moving(
        line.label,
        figures.behind_of([("figure", "received"), *narrowed.pairs, ("report", "causes")]),
        figures.number(sum(line.weeks)),
        f"{per_week:.1f}" if per_week >= 0.1 else f"{per_week:.2f}",
        line.trend.direction == Direction.RISING,
        bars,
    )


def _recurrence(frame: Frame, asked: Asked) -> Extra:
    found = recurrence.recurrence(asked, frame.seer, now=frame.now)
    if not found:
        words = _("Nobody has said yet, when a case was handled, what would have prevented it.")
        return Extra("recurrence", _("After a fix was declared"), css="c5", said=[words])
    words = _("Complaints with a cause that came in after the last case which says how to prevent it was handled.")
    return Extra(
        "recurrence", _("After a fix was declared"), css="c5", said=[words], came=[_came(each) for each in found]
    )


def _came(each: Back) -> Came:
    on = date_format(each.fixed_at.astimezone(periods.of_zone(each.asked.period.zone)), _("j M Y"))
    href = figures.behind_of([("figure", "received"), *each.asked.pairs, ("report", "causes")]) if each.count else ""
    return Came(each.label, on, figures.number(each.count), href)


# ---- channels: from where to what ----


def _channels(frame: Frame, asked: Asked) -> list[Extra]:
    title = _("From channel through category to decision")
    asked = replace(asked, splits=())
    seer = reader(frame.seer, asked.dimensions)
    question = asked.question(Population.CASES, splits=())
    if total(engine.count(question, seer, now=frame.now)).counts.get("received", 0) > answer.SLOW_ROWS:
        return [Extra("streams", title, said=[_("There are too many to draw. Choose a shorter period.")])]
    splits = (Dimension.CHANNEL, Dimension.CATEGORY, Dimension.OUTCOME)
    counts = single.tally(replace(question, splits=splits), definitions.FIGURES["received"], seer, now=frame.now)
    if not counts:
        return []
    kept = [_largest(counts, place) for place in range(3)]
    words = [labels.words(split, kept[place]) for place, split in enumerate(splits)]
    words[2][""] = _("not decided yet")
    streams: dict[tuple[str | None, ...], int] = {}
    for keys, n in counts.items():
        folded = tuple(key if key in kept[place] else None for place, key in enumerate(keys))
        streams[folded] = streams.get(folded, 0) + n
    lines = [
        _stream(asked, splits, folded, words, n) for folded, n in sorted(streams.items(), key=lambda each: -each[1])
    ]
    columns = [Column(Dimension.CATEGORY.label), Column(Dimension.OUTCOME.label), Column(_("Complaints"))]
    caption = _("Each complaint from where it was said, through what it is about, to what was decided.")
    picture = Picture("flow", "channels-streams", caption, Dimension.CHANNEL.label, columns, lines)
    return [Extra("streams", title, picture=picture)]


def _stream(
    asked: Asked, splits: Sequence[Dimension], keys: Sequence[str | None], words: Sequence[labels.Words], n: int
) -> Line:
    """One stream; what was folded into others opens nothing, because no filter asks for it."""
    names = [words[place][key] if key is not None else _("others") for place, key in enumerate(keys)]
    hrefs = [
        _stream_url(asked, {split: (key,)}) if key is not None else "" for split, key in zip(splits, keys, strict=True)
    ]
    known = {split: (key,) for split, key in zip(splits, keys, strict=True) if key is not None}
    href = _stream_url(asked, known) if len(known) == len(splits) else ""
    cells = [Cell(names[1], href=hrefs[1]), Cell(names[2], href=hrefs[2]), Cell(figures.number(n), n, href)]
    return Line(names[0], cells, href=hrefs[0])


def _stream_url(asked: Asked, known: Filters) -> str:
    narrowed = replace(asked, compare="", filters={**asked.filters, **known})
    return figures.behind_of([("figure", "received"), *narrowed.pairs, ("report", "channels")])


def _largest(counts: dict[tuple[str, ...], int], place: int) -> list[str]:
    sums: dict[str, int] = {}
    for keys, n in counts.items():
        sums[keys[place]] = sums.get(keys[place], 0) + n
    return sorted(sums, key=lambda key: (-sums[key], key))[:MOST_STREAMS]


# ---- authority: who had to ask ----


def _authority(frame: Frame, asked: Asked) -> list[Extra]:
    wanted = asked.filters.get(Dimension.BRAND)
    brands = [each for each in frame.brands if wanted is None or str(each.pk) in wanted]
    if not brands:
        return []
    days = asked.period.days
    said = [_alone(frame, asked, brands[0], days)] if days else []
    links = [(brand.name, _authority_url(asked, brand)) for brand in brands]
    return [Extra("alone", _("Who had to ask"), said=said, links=links)]


def _alone(frame: Frame, asked: Asked, brand: Brand, days: tuple[date, date]) -> Words:
    last = min(days[1] - _DAY, frame.now.astimezone(periods.of_zone(brand.zone)).date())
    first = max(days[0], last - (LONGEST_DAYS - 1) * _DAY)
    question = missing.Question(frame.seer, brand, Days(first, last, brand.zone), frame.now)
    counted = missing.figures(question, [], [], None).now
    if not counted.total:
        return _("%(brand)s: nothing was decided in these days.") % {"brand": brand.name}
    return format_html(
        _(
            "{brand}: whoever had the case decided <b>{alone}</b> of {all} alone ({share}), and had to ask "
            '<a href="{href}">{asked} times</a>; {waiting} still wait.'
        ),
        brand=brand.name,
        alone=figures.number(counted.alone),
        all=figures.number(counted.total),
        share=figures.percent(counted.alone / counted.total),
        asked=figures.number(counted.asked),
        waiting=figures.number(counted.waiting),
        href=_authority_url(asked, brand, "authority-missing-requests"),
    )


def _authority_url(asked: Asked, brand: Brand, name: str = "authority-missing") -> str:
    given = {"brand": brand.slug}
    days = asked.period.days
    if days:
        given |= {"from": days[0].isoformat(), "to": (days[1] - _DAY).isoformat()}
    return f"{reverse(name)}?{urlencode(given)}"


_MORE: Final[dict[str, Callable[[Frame, Asked], list[Extra]]]] = {
    "causes": _causes,
    "channels": _channels,
    "authority": _authority,
}
