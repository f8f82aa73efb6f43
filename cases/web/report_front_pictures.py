"""The pictures of the front page as files: the tables that they are drawn from."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from cases.queries.reports import definitions
from cases.queries.reports.front import SPANS, STEPS, Front
from cases.rules.survival import Curve
from cases.web import report_pictures
from cases.web.report_figures import Cell, number, percent
from cases.web.report_pictures import Column, Line, Picture

PROMISES = ("kept", "kept_late", "broken", "to_keep")


def pictures(front: Front) -> Mapping[str, Picture]:
    """Each picture of the page that there is something to show in, by its name."""
    found = (_steps(front), _speed(front), _stuck(front), _promises(front), _causes(front), _ages(front))
    return {each.name.removeprefix("front-"): each for each in found if each.lines}


def _cell(n: int) -> Cell:
    return Cell(number(n), n)


def _steps(front: Front) -> Picture:
    sides = [front.this, *([front.before] if front.before else [])]
    lines = [
        Line(str(definitions.FIGURES[name].label), [_cell(each.counted.counts.get(name, 0)) for each in sides])
        for name in STEPS
    ]
    columns = [Column(_("This period"), "ink"), Column(_("The period before"), "mid", pattern="dash")][: len(sides)]
    return Picture("bars", "front-steps", _("From received to confirmed."), "", columns, lines, is_across=True)


def _speed(front: Front) -> Picture:
    columns = [Column(_("Half in"), role="median"), Column(_("9 of 10 in"), role="p90")]
    if front.before:
        columns += [
            Column(_("Half in, before"), role="median-before"),
            Column(_("9 of 10 in, before"), role="p90-before"),
        ]
    curves: list[Mapping[str, Curve]] = [front.this.curves, *([front.before.curves] if front.before else [])]
    lines = [
        Line(
            str(definitions.DURATIONS[name].label),
            [cell for each in curves for cell in report_pictures.ends(each[name], "")],
        )
        for name in SPANS
    ]
    caption = _("How fast, from the public post. Cases still open are counted in.")
    return Picture("range", "front-speed", caption, "", columns, lines, "minutes")


def _stuck(front: Front) -> Picture:
    lines = [Line(str(each.waits_for.label), [_cell(each.n)]) for each in front.open.held]
    columns = [Column(definitions.FIGURES["stuck"].label, "ink")]
    return Picture("bars", "front-stuck", _("What is stuck now, and on whom."), "", columns, lines, is_across=True)


def _promises(front: Front) -> Picture:
    counts = front.this.promises.counts
    columns = [
        Column(
            definitions.FIGURES[name].label,
            report_pictures.HUES.get(name, "low"),
            pattern=report_pictures.PATTERNS.get(name, "solid"),
        )
        for name in PROMISES
    ]
    whole = Line(str(definitions.FIGURES["promises"].label), [_cell(counts.get(name, 0)) for name in PROMISES])
    lines = [whole] if any(counts.get(name) for name in PROMISES) else []
    return Picture("stacked", "front-promises", _("Promises due."), "", columns, lines, is_across=True)


def _causes(front: Front) -> Picture:
    lines = []
    for each in front.causes:
        name = _("%(n)s others") % {"n": number(len(each.row.keys))} if each.row.is_rest else each.label
        cells = [_cell(each.row.count), Cell(percent(each.row.so_far), each.row.so_far)]
        lines.append(Line(name or _("Without a category"), cells, hue="low" if each.row.is_rest else ""))
    columns = [Column(definitions.FIGURES["received"].label, "ink"), Column(_("Share so far"), role="share")]
    caption = _("Why people complain. The line is the share of all, added up.")
    return Picture("pareto", "front-causes", caption, "", columns, lines if front.causes else [])


def _ages(front: Front) -> Picture:
    lines = [Line(each.label, [_cell(each.ours), _cell(each.theirs)]) for each in front.open.bands if front.open.n]
    columns = [Column(_("our move"), "ink", pattern="solid"), Column(_("complainant’s"), "ink", pattern="hatch")]
    return Picture("stacked", "front-ages", _("Open now, by age."), "", columns, lines)
