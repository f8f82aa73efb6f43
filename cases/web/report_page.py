"""A named report: its sentence, its pictures and its tables, every figure a link to the rows behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cases import errors
from cases.queries.reports import answer, kept, period_words, runs
from cases.queries.reports.answer import Answer
from cases.queries.reports.catalogue import REPORTS, Report
from cases.queries.reports.reading import OF_PEOPLE
from cases.queries.reports.sources import SOURCES
from cases.vocabulary import OF_TIME, Dimension
from cases.web import report_extras, report_more, report_pictures, report_run, report_sentences, report_table
from cases.web.report_frame import Frame, for_readers, show

# A period that ended this long ago has had its time; of a younger one less is done, because less time has passed.
RIPE = timedelta(days=28)


@require_safe
@for_readers
def report(request: HttpRequest, report: str) -> HttpResponse:
    """The page of a report; a part of it that comes later, where that is asked for."""
    found = REPORTS.get(report)
    if found is None:
        raise errors.NotFound
    frame = Frame(request, found.name, found.title, dimensions=dimensions_of(found), splits=splits_of(found))
    if request.headers.get("HX-Request") and "more" in request.GET:
        return render(request, "report/more.html", {"frame": frame, "extras": _more(frame)})
    context: dict[str, Any] = {"report": found}
    if frame.asked:
        try:
            context |= _page(request, frame, answer.answer(frame.asked, frame.seer, now=frame.now))
        except errors.Refused as refused:
            frame.refuse(refused)
    return show(request, "report/page.html", frame, context)


def dimensions_of(found: Report) -> list[Dimension]:
    """By what a report can be filtered: whatever one of its tables has, and the time."""
    has = {each for section in found.sections for each in SOURCES[section.population].dimensions}
    return [each for each in Dimension if each in has or each in OF_TIME]


def splits_of(found: Report) -> list[Dimension]:
    """By what a report can be split: its named splits first, then everything else it has."""
    return list(dict.fromkeys([*found.splits, *dimensions_of(found)]))


def _page(request: HttpRequest, frame: Frame, found: Answer) -> dict[str, Any]:
    if found.is_pending:
        run = runs.latest(found.asked, frame.seer.person_id, now=frame.now)
        if run is None or run.result is None or not kept.is_still_true(run.result, frame.seer):
            return {
                "pending": True,
                "run": run,
                "percent": report_run.percent_of(run) if run else 0,
                "again": report_run.again_url(found.report.name, found.asked.pairs),
            }
        found = kept.of_result(found.asked, run.result)
        # What was counted a moment ago says so.
        frame.now = found.now
    context = shown(found)
    wants_more = report_more.has_more(found.report.name)
    is_more_here = wants_more and "more" in request.GET
    extras = report_extras.beside(found, frame)
    if not _shows_hours(found, extras):
        context["parts"] = [each for each in context["parts"] if each[0].table.section.name != "hours"]
    return context | {
        "sentence": report_sentences.sentence(found),
        "extras": extras + (_more(frame) if is_more_here else []),
        "more": frame.href(more="1") if wants_more and not is_more_here else "",
        "is_young": found.asked.compare and _is_young(found),
        "nothing_before": _nothing_before(found),
        "is_by_team": found.report.name == "people" and not context["is_of_people"] and not found.asked.splits,
    }


def _shows_hours(found: Answer, extras: Sequence[report_extras.Extra]) -> bool:
    """Whether when people complain is a table of its own: not where hours of the week, or another table, say it."""
    splits = found.asked.splits
    return splits[0] in (Dimension.HOUR, Dimension.WEEKDAY) if len(splits) == 1 else not (splits or _heat_of(extras))


def _heat_of(extras: Sequence[report_extras.Extra]) -> bool:
    return any(each.heat for each in extras)


def _more(frame: Frame) -> list[report_extras.Extra]:
    try:
        return report_more.more(frame)
    except errors.Refused as refused:
        return [report_extras.Extra("refused", _("Not counted"), said=[refused.message])]


def _is_young(found: Answer) -> bool:
    return found.asked.period.end > found.now - RIPE


def _nothing_before(found: Answer) -> str:
    """The period that nothing can be compared with, because nothing was counted in it."""
    before = [table.before for table in found.tables]
    if not found.asked.compared or any(each is None or any(each.counts.values()) for each in before):
        return ""
    return period_words.said(found.asked.compared)


def shown(found: Answer) -> dict[str, Any]:
    """The tables of an answer as pages, mails and runs show them."""
    former = report_table.former_names(found.tables)
    tables = [report_table.shown(replace(table, is_young=_is_young(found)), former) for table in found.tables]
    return {
        "answer": found,
        "parts": [(each, report_pictures.picture(each.table)) for each in tables],
        "left_out": [
            each.title for each in found.report.sections if each not in {part.table.section for part in tables}
        ],
        "is_empty": _is_empty(found),
        "is_of_people": any(each in OF_PEOPLE for table in found.tables for each in table.splits),
        "population": _("; ").join(dict.fromkeys(str(table.section.population.label) for table in found.tables)),
        "definitions": list({head.label: head for each in tables for head in _defined(each)}.values()),
    }


def _is_empty(found: Answer) -> bool:
    """Whether there is nothing to show: nothing counted, or nothing that came from a register."""
    if found.report.name == "imported" and not found.asked.splits:
        return not any(any(row.keys) for table in found.tables for row in table.rows)
    return not any(any(table.total.counts.values()) for table in found.tables)


def _defined(each: report_table.Shown) -> list[report_table.Head]:
    if each.everything:
        return each.everything.definitions
    if each.is_matrix:
        return [report_table.Head(one.label, one.definition) for one in each.table.figures if one.name == each.figure]
    return each.definitions
