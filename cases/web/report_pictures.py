"""What people look at rather than read: each picture as the table it is drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from cases.queries.reports import answer, definitions, labels
from cases.queries.reports.answer import Row, Table
from cases.queries.reports.question import Counted
from cases.rules import lanes, pareto
from cases.rules.survival import Curve
from cases.vocabulary import OF_TIME
from cases.web import report_figures as figures
from cases.web.report_figures import NONE, Cell, html

# More names than these are not read in a picture; the table below has them all.
MOST_BARS, MOST_NAMED = 16, 10
MOST_STEPS, MANY_STEPS = 400, 120
HUES = {
    "answered_public": "public",
    "public_posts": "public",
    "private": "private",
    "handled": "done",
    "confirmed": "done",
    "flow_out": "done",
    "done": "done",
    "kept": "done",
    "met": "done",
    "replied_public": "done",
    "praise_answered": "done",
    "useful": "done",
    "overdue": "late",
    "missed": "late",
    "broken": "late",
    "reopened": "late",
    "kept_late": "late",
    "met_late": "late",
    "with_system": "low",
}
# What is too late is hatched, what never came about is full, on every page.
PATTERNS = {
    "kept": "solid",
    "kept_late": "hatch",
    "broken": "solid",
    "met": "solid",
    "met_late": "hatch",
    "missed": "solid",
    "with_system": "solid",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a picture's table: what it is called, and how it is drawn."""

    name: str | Promise
    hue: str = ""
    role: str = ""
    pattern: str = ""
    legend: str | Promise = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a picture's table."""

    label: str
    cells: Sequence[Cell]
    value: str = ""
    hue: str = ""
    href: str = ""

    @property
    def tr(self) -> SafeString:
        """The row of the table; a picture has hundreds, of which each would take a template ten times as long."""
        hue = f' data-hue="{html(self.hue)}"' if self.hue else ""
        value = f' data-value="{html(self.value)}"' if self.value else ""
        cells = "".join(f"<td{_data(each.value)}>{_linked(each.text, each.href)}</td>" for each in self.cells)
        label = _linked(self.label, self.href)
        return SafeString(f'<tr{hue}><th scope="row"{value}>{label}</th>{cells}</tr>')


def _linked(text: str, href: str) -> str:
    return f'<a href="{html(href)}">{html(text)}</a>' if href else html(text)


def _data(value: float | None) -> str:
    return "" if value is None else f' data-value="{html(value)}"'


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: its kind, the sentence above it, and the table it is drawn from."""

    kind: str
    name: str
    caption: str
    head: str | Promise
    columns: Sequence[Column]
    lines: Sequence[Line]
    unit: str = "count"
    is_across: bool = False


def picture(table: Table) -> Picture | None:
    """The picture of a section split by one thing, None where it has none or nothing to show."""
    section = table.section
    if not section.chart or len(table.splits) != 1 or not table.rows:
        return None
    if section.chart == "range":
        return _range(table)
    if section.chart == "pareto":
        return _pareto(table)
    is_time = table.splits[0] in OF_TIME
    if section.chart == "lines" and not is_time:
        return _bars(table, "bars")
    if is_time:
        rows = _whole(table)
        return _plain(table, "lines" if len(rows) > MOST_BARS else section.chart, rows)
    return _bars(table, section.chart)


def caption(table: Table, names: Sequence[str]) -> str:
    """Which figures are shown, and by what."""
    first, *others = (str(definitions.FIGURES[name].label) for name in names)
    said = [first, *(_within(each) for each in others)]
    by = _(" and ").join(_within(str(each.label)) for each in table.splits)
    whole = (
        said[0]
        if len(said) == 1
        else _("%(several)s and %(last)s")
        % {
            "several": ", ".join(said[:-1]),
            "last": said[-1],
        }
    )
    return _("%(figures)s, by %(dimension)s.") % {"figures": whole, "dimension": by}


def _within(label: str) -> str:
    """A label as it stands within a sentence."""
    return label[:1].lower() + label[1:]


def _bars(table: Table, kind: str) -> Picture:
    # Names need room: they stand one below the other.
    drawn = replace(_plain(table, kind, table.rows[:MOST_BARS]), is_across=True)
    if len(table.rows) <= MOST_BARS:
        return drawn
    some = _("The first %(n)s of %(all)s; the table has all of them.") % {"n": MOST_BARS, "all": len(table.rows)}
    return replace(drawn, caption=f"{drawn.caption} {some}")


def _whole(table: Table) -> Sequence[Row]:
    """The steps of a picture: where there are some whole ones, those that the period cuts only look like a fall."""
    cut = figures.cut_steps(table)
    rows = figures.begun(table, MANY_STEPS)
    whole = [row for row in rows if row.keys[0] not in cut]
    return (whole if len(whole) > figures.FEW_STEPS else rows)[-MOST_STEPS:]


def _plain(table: Table, kind: str, rows: Sequence[Row]) -> Picture:
    section = table.section
    is_sum = definitions.FIGURES[section.charted[0]].is_sum
    columns = [
        Column(definitions.FIGURES[name].label, HUES.get(name, "ink"), pattern=PATTERNS.get(name, ""))
        for name in section.charted
    ]
    is_time = table.splits[0] in OF_TIME
    lines = [
        Line(
            figures.short(table.splits[0], row.keys[0], row.labels[0]),
            [_cell(table, name, row) for name in section.charted],
        )
        for row in rows
        # Steps of time without anything are a part of the picture, names without anything are not.
        if is_time or any(row.counted.counts.get(name) for name in section.charted)
    ]
    return Picture(
        kind,
        f"{table.asked.report}-{section.name}",
        caption(table, section.charted),
        table.splits[0].label,
        columns,
        lines,
        "minutes" if is_sum else "count",
    )


def _cell(table: Table, name: str, row: Row) -> Cell:
    return figures.count_cell(table, definitions.FIGURES[name], row.counted, row, None)


def _range(table: Table) -> Picture:
    """How fast, of all together: one line for each span; the period before dashed below it."""
    is_compared = table.before is not None
    columns = [Column(_("Half in"), role="median"), Column(_("9 of 10 in"), role="p90")]
    if is_compared:
        columns += [
            Column(_("Half in, before"), role="median-before"),
            Column(_("9 of 10 in, before"), role="p90-before"),
        ]
    lines = []
    for each in table.durations:
        curves = [(table.total, figures.behind_url(table, each.name))]
        if table.before is not None:
            curves.append((table.before, ""))
        cells = [cell for counted, href in curves for cell in ends(answer.curve(counted, each.name), href)]
        lines.append(Line(str(each.label), cells))
    caption = _(
        "From the public post, all together. Cases still open are counted in, so waiting ones do not flatter it."
    )
    return Picture("range", f"{table.asked.report}-{table.section.name}", caption, "", columns, lines, "minutes")


def ends(curve: Curve, href: str) -> list[Cell]:
    """After how long half and nine of ten, in the words of the table: of nothing a dash, else that it is not yet so."""
    if not curve.population:
        return [Cell(NONE), Cell(NONE)]
    ends = ((curve.median, _("half not yet")), (curve.percentile(0.9), _("9 of 10 not yet")))
    return [
        Cell(labels.known(at), lanes.rounded(at), href) if at is not None else Cell(not_yet) for at, not_yet in ends
    ]


def _pareto(table: Table) -> Picture:
    name = table.section.charted[0]
    rows = {row.keys[0]: row for row in table.rows}
    found = pareto.pareto({key: row.counted.counts.get(name, 0) for key, row in rows.items()}, MOST_NAMED)
    lines = []
    for each in found:
        share = Cell(figures.percent(each.so_far), each.so_far)
        if each.is_rest:
            label = _("%(n)s others") % {"n": len(each.keys)}
            lines.append(Line(label, [Cell(figures.number(each.count), each.count), share], hue="low"))
        else:
            row = rows[each.keys[0]]
            lines.append(Line(row.labels[0], [_cell(table, name, row), share]))
    columns = [Column(definitions.FIGURES[name].label, "ink"), Column(_("Share so far"), role="share")]
    caption = _("The few that make most of it; the line is the share of all, added up.")
    return Picture(
        "pareto", f"{table.asked.report}-{table.section.name}", caption, table.splits[0].label, columns, lines
    )


def survival(now: Counted, before: Counted, names: tuple[str, str]) -> Picture | None:
    """What share is still waiting to be handled after how long, of two periods."""
    curves = [answer.curve(counted, "to_handled") for counted in (now, before)]
    if not curves[0].points:
        return None
    shown = [(curve, name) for curve, name in zip(curves, names, strict=True) if curve.points]
    times = _times([curve for curve, _name in shown])
    columns = [Column(shown[0][1], "ink"), *(Column(name, "mid", pattern="dash") for _curve, name in shown[1:])]
    columns += [Column(_("Still watched, %(period)s") % {"period": name}, role="risk") for _curve, name in shown]
    lines = []
    for minutes in times:
        shares = [1 - curve.share_by(minutes) for curve, _name in shown]
        cells = [Cell(figures.percent(share), round(share, 4)) for share in shares]
        cells += [Cell(figures.number(curve.at_risk(minutes))) for curve, _name in shown]
        lines.append(Line(labels.span(minutes), cells, value=str(minutes)))
    caption = _(
        "The share that is not handled yet, by the time since the public post; cases still open are counted in."
    )
    return Picture("survival", "speed-handled", caption, _("After"), columns, lines, "share")


def _times(curves: Sequence[Curve]) -> list[int]:
    """The moments at which anything happens, thinned out to what an eye tells apart."""
    every = sorted({0, *(point.minutes for curve in curves for point in curve.points)})
    step = max(1, len(every) // 160)
    return sorted({*every[::step], every[-1]})
