"""Single figures of a report in words: numbers, shares, spans, money, and how they differ from the period before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from html import escape
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.queries.reports import answer, labels, shares
from cases.queries.reports.answer import Row, Table
from cases.queries.reports.figure import Duration, Figure
from cases.queries.reports.question import Counted
from cases.rules import periods, significance
from cases.rules.survival import Curve
from cases.vocabulary import Dimension

MINUTE = 60
NONE = "–"
NO_BREAK = "\N{NO-BREAK SPACE}"
FEW_STEPS = 3


@dataclass(frozen=True, slots=True)
class Delta:
    """How a figure differs from the period before, in a few quiet words; the title says what it was."""

    text: str
    title: str = ""
    css: str = ""
    is_real: bool = True

    @property
    def small(self) -> SafeString:
        """The words as they stand in a cell."""
        title = f' title="{html(self.title)}"' if self.title else ""
        said = f'<span class="{html(self.css)}">{html(self.text)}</span>' if self.css else html(self.text)
        return SafeString(f'<small class="delta"{title}>{said}</small>')


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure: its words and number, the rows behind it, its share, what stands below it, and how it changed."""

    text: str
    value: float | int | None = None
    href: str = ""
    share: str | None = None
    below: tuple[SafeString | str, ...] = ()
    delta: Delta | None = None
    title: str = ""
    heat: int | None = None

    @property
    def td(self) -> SafeString:
        """The cell of a table; a page has thousands, of which each would take a template ten times as long."""
        text = html(self.text)
        shown = f'<a href="{html(self.href)}">{text}</a>' if self.href else f'<span class="faint">{text}</span>'
        share = f' <span class="share">{html(self.share)}</span>' if self.share is not None else ""
        below = "".join(f"<small>{html(words)}</small>" for words in self.below)
        heat = "" if self.heat is None else f" heat-{self.heat}"
        delta = self.delta.small if self.delta else ""
        return SafeString(f'<td class="text-end num{heat}">{shown}{share}{below}{delta}</td>')


def html(text: object) -> str:
    """A text as it may stand in a page, written several times as fast as Django does."""
    return text if isinstance(text, SafeString) else escape(str(text))


def number(n: float | Decimal) -> str:
    """A whole number as its reader writes it."""
    return number_format(round(n), decimal_pos=0, use_l10n=True, force_grouping=True)


def percent(share: float) -> str:
    """A share of a hundred; what is there at all is never none, and what is missing never all."""
    n = round(share * 100)
    if share and not n:
        said = _("under 1 %%") % {}
    elif share < 1 and n == 100:
        said = _("over 99 %%") % {}
    else:
        said = _("%(n)s %%") % {"n": n}
    return together(said)


def together(words: str) -> str:
    """Words of which the last stands on the line of the one before."""
    return NO_BREAK.join(words.rsplit(" ", 1))


def behind_url(table: Table, figure: str, row: Row | None = None) -> str:
    """Where exactly the rows behind a figure are listed."""
    return f"{_behind()}?{table.behind_query(figure, row)}"


def behind_of(pairs: list[tuple[str, str]]) -> str:
    """The list of rows that these words ask for."""
    return f"{_behind()}?{urlencode(pairs)}"


@cache
def _behind() -> str:
    return reverse("report-behind")


def cut_steps(table: Table) -> set[str]:
    """The steps of time that the period holds only in part, by their keys."""
    unit = next((answer.UNITS[each] for each in table.splits if each in answer.UNITS), None)
    if unit is None:
        return set()
    return {each.day.isoformat() for each in periods.buckets(table.asked.period, unit) if not each.is_whole}


def begun(table: Table, most: int) -> Sequence[Row]:
    """The rows; of more steps of time than that, those from the first on in which there is anything."""
    rows = table.rows
    if len(rows) <= most or len(table.splits) != 1 or table.splits[0] not in answer.UNITS:
        return rows
    first = next((place for place, row in enumerate(rows) if any(row.counted.counts.values())), 0)
    return rows[min(first, len(rows) - FEW_STEPS) :]


def short(dimension: Dimension, key: str, label: str) -> str:
    """A step of time as an axis says it."""
    if dimension in (Dimension.DAY, Dimension.WEEK):
        return date_format(date.fromisoformat(key), _("j M"))
    if dimension == Dimension.MONTH:
        return date_format(date.fromisoformat(key), _("M Y"))
    return label


def link(text: str, href: str) -> SafeString | str:
    """A figure in a sentence; where there is nothing behind it, only the figure."""
    return format_html('<a href="{}">{}</a>', href, text) if href else text


def count_cell(table: Table, figure: Figure, counted: Counted, row: Row | None, before: Counted | None) -> Cell:
    """A counted figure, with its share where it is a part of another."""
    n = counted.counts.get(figure.name, 0)
    if figure.is_sum:
        return _sum_cell(table, figure, counted, row)
    of = shares.whole_of(table, figure)
    share = percent(n / counted.counts[of]) if of and n and counted.counts.get(of) else ""
    return Cell(
        number(n),
        n,
        behind_url(table, figure.name, row) if n else "",
        share if of else None,
        delta=_worth_saying(delta(table, figure, counted, before), row),
    )


def _worth_saying(found: Delta | None, row: Row | None) -> Delta | None:
    """In a row only what chance does not explain is said; of all together, also that it is explained by chance."""
    return found if row is None or (found and found.is_real) else None


def _sum_cell(table: Table, figure: Figure, counted: Counted, row: Row | None) -> Cell:
    """Time that went by, for each complaint, and what part of all the time it is."""
    each = shares.each(figure, counted.counts)
    if each is None:
        return Cell(NONE)
    whole = sum(counted.counts.get(one.name, 0) for one in table.figures if one.is_sum)
    return Cell(
        labels.span(round(each / MINUTE)),
        round(each / MINUTE, 2),
        behind_url(table, figure.name, row),
        percent(counted.counts.get(figure.name, 0) / whole) if whole else "",
    )


def money_cell(table: Table, name: str, currency: str, counted: Counted, row: Row | None) -> Cell:
    """A sum of money; the rows behind it are those that add to it in any currency."""
    amount = counted.money.get(currency, {}).get(name, Decimal(0))
    whole = number_format(amount, decimal_pos=2, use_l10n=True, force_grouping=True)
    return Cell(whole if amount else NONE, float(amount), behind_url(table, name, row) if amount else "")


def span_cell(table: Table, duration: Duration, counted: Counted, row: Row | None, before: Counted | None) -> Cell:
    """Half in so long, nine of ten in so long, for how many, and how many have not got there."""
    curve = answer.curve(counted, duration.name)
    if not curve.population:
        return Cell(NONE)
    half, most = curve.median, curve.percentile(0.9)
    below: list[SafeString | str] = [
        _("9 of 10 in %(span)s") % {"span": labels.known(most)} if most is not None else _("9 of 10 not yet")
    ]
    if half is None:
        below = []
    below.append(population_of(curve, behind_url(table, f"{duration.name}_open", row)))
    return Cell(
        labels.known(half) if half is not None else _("half not yet"),
        half,
        behind_url(table, duration.name, row) if curve.happened else "",
        below=tuple(below),
        delta=_worth_saying(_span_delta(curve, answer.curve(before, duration.name)), row) if before else None,
    )


def population_of(curve: Curve, waiting: str) -> SafeString | str:
    """For how many it happened, and for how many not yet, who are a list of their own."""
    if not curve.still_open:
        return _("%(all)s of %(all)s") % {"all": number(curve.population)}
    return format_html(
        _("{n} of {all}, {open} wait"),
        n=number(curve.happened),
        all=number(curve.population),
        open=link(number(curve.still_open), waiting),
    )


def delta(table: Table, figure: Figure, counted: Counted, before: Counted | None) -> Delta | None:
    """How a counted figure changed: in points where it is a share, else in percent; only said where it may be real."""
    found = shares.difference(table, figure, counted, before)
    if found is None or before is None:
        return None
    was, n = before.counts.get(figure.name, 0), counted.counts.get(figure.name, 0)
    title = _("before: %(n)s") % {"n": number(was)}
    whole = shares.whole_of(table, figure)
    if found.difference is None:
        return None
    if whole:
        title += f" · {percent(was / before.counts[whole])}" if before.counts.get(whole) else ""
        points = round(found.difference * 100)
        text = ngettext("%(n)+d point", "%(n)+d points", abs(points)) % {"n": points}
        is_same = not points
        # Of a young period less is done, and more still open.
        is_so_far = found.difference > 0 if figure.name == "open" else found.difference < 0
        if table.is_young and is_so_far and not found.is_noise:
            return Delta(_("so far"), f"{text.replace('-', '−')}, {title}. {_less_time()}")
    else:
        change = round((n / was - 1) * 100) if was else 0
        text = together(_("%(n)+d %%") % {"n": change}) if was else _("from 0")
        is_same = n == was or (bool(was) and not change)
    return _said(text.replace("-", "−"), title, found.is_noise, is_same, found.difference * figure.good)


def _said(text: str, title: str, is_noise: bool, is_same: bool, good: float) -> Delta:
    if is_same:
        return Delta(_("as before"), title, is_real=False)
    if is_noise:
        return Delta(_("within noise"), f"{text}, {title}. {_hint()}", is_real=False)
    return Delta(text, title, "is-good" if good > 0 else "is-bad" if good < 0 else "")


def _less_time() -> str:
    return _("Complaints of this period have had less time than those before.")


def _hint() -> str:
    return _("A difference of this size comes about by chance alone.")


def _span_delta(now: Curve, before: Curve) -> Delta | None:
    if now.median is None or before.median is None:
        return None
    found = significance.medians(now, before)
    text = _("before: %(span)s") % {"span": labels.known(before.median)}
    gap = now.median - before.median
    if not gap:
        return Delta(_("as before"), text, is_real=False)
    if found.is_noise:
        return Delta(_("within noise"), f"{text}. {_hint()}", is_real=False)
    return Delta(text, "", "is-good" if gap < 0 else "is-bad")
