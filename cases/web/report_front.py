"""The front page of reports in words, links and small drawings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cases.queries.reports import definitions, labels, period_words
from cases.queries.reports.front import SPANS, STEPS, Cause, Side
from cases.rules import periods, significance
from cases.rules.significance import Difference
from cases.rules.survival import Curve
from cases.rules.trends import Direction
from cases.vocabulary import Dimension, WaitsFor
from cases.web import report_drawing as drawing
from cases.web import report_front_pictures
from cases.web.report_drawing import Axis, Reach
from cases.web.report_figures import Delta, number, percent, together
from cases.web.report_now import OURS, Figure, NowWords

DAY = timedelta(days=1)
# A period that ended this long ago has had its time; of a younger one less is handled, because less time has passed.
RIPE = timedelta(days=28)
# As much of a period's name as there is room for beside a number.
SHORT = 9
# The icon and the colour of each step.
LOOKS = {
    "received": ("inbox", ""),
    "answered": ("message-reply", "is-public"),
    "private": ("lock", "is-private"),
    "handled": ("st-handled", "is-green"),
    "confirmed": ("user-check", "is-green"),
    "reopened": ("arrow-back-up", "is-back"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step from received to confirmed."""

    label: str | Promise
    title: str | Promise
    icon: str
    css: str
    figure: Figure
    share: str
    delta: Delta | None
    shape: str


@dataclass(frozen=True, slots=True)
class Speed:
    """How long something takes: its words, its place on the axis, and the same of the period before."""

    label: str | Promise
    title: str | Promise
    half: str
    most: str
    waiting: str
    href: str
    waiting_href: str
    line: Reach | None
    before: Reach | None
    said: str


@dataclass(frozen=True, slots=True)
class CauseRow:
    """One cause with its bar, and the line of the share so far."""

    label: str
    figure: Figure
    so_far: str
    css: str
    width: str
    place: str
    place_before: str
    icon: str
    tone: str
    direction: str


class Words(NowWords):
    """The front page as its template shows it."""

    @property
    def context(self) -> dict[str, Any]:
        """Everything the template asks for."""
        front = self.front
        return {
            "front": front,
            "steps": self.steps(),
            "speeds": self.speeds(),
            "ticks": self.axis.ticks,
            "stuck": self.stuck(),
            "ages": self.ages(),
            "causes": self.causes(),
            "figures": self.figures(),
            "balance": front.balance,
            "ends": period_words.ends(front.asked.period, front.now),
            "begins": period_words.begins(front.asked.period),
            "is_going_on": front.asked.period.end > front.now,
            "kept": self.kept(),
            "lead": self.lead(),
            "pictures": report_front_pictures.pictures(front),
        }

    def outstanding(self, at: datetime, n: int) -> Figure:
        """What was open at an instant, and the cases."""
        return self.figure("outstanding", n, self.front.asked.until(at))

    def figures(self) -> dict[str, Figure]:
        """The single figures of the page by their names."""
        front = self.front
        counts, promises, today = front.this.counted.counts, front.this.promises.counts, front.due_today.counts
        theirs = sum(band.theirs for band in front.open.bands)
        balance, period = front.balance, front.asked.period
        moved = balance.moved.counts if balance else {}
        found = {name: self.figure(name, n) for name, n in {**counts, **promises, **moved}.items()}
        found |= {
            "open_now": self.now("open", front.open.n),
            "stuck": self.now("stuck", front.open.stuck),
            "ours": self.now("open", front.open.n - theirs, held_by=OURS),
            "theirs": self.now("open", theirs, held_by=(WaitsFor.COMPLAINANT.value,)),
            "due_today": self.today("to_keep", today.get("to_keep", 0)),
            "not_begun": self.today("not_begun", today.get("not_begun", 0)),
        }
        if balance:
            found["at_start"] = self.outstanding(period.start, balance.at_start)
            found["at_end"] = self.outstanding(period.end, balance.at_end)
        return found

    @property
    def is_young(self) -> bool:
        """Whether the complaints of the period have had less time than those it is compared with."""
        return self.front.asked.period.end > self.front.now - RIPE

    # ---- from received to confirmed ----

    def steps(self) -> list[Step]:
        """The steps with their shares of what was received, and how they differ from the period before."""
        received = self.front.this.counted.counts.get("received", 0)
        counts = [self.front.this.counted.counts.get(name, 0) for name in STEPS]
        shapes = drawing.funnel([n / received if received else 0.0 for n in counts[:-1]])
        shapes += drawing.funnel([counts[-1] / received if received else 0.0])
        return [
            self._step(name, *LOOKS[name], n, received, shape)
            for name, n, shape in zip(STEPS, counts, shapes, strict=True)
        ]

    def _step(self, name: str, icon: str, css: str, n: int, received: int, shape: str) -> Step:
        figure = definitions.FIGURES[name]
        is_part = name != "received"
        return Step(
            figure.label,
            figure.definition,
            icon,
            css,
            self.figure(name, n),
            percent(n / received) if is_part and received else "",
            self._difference(name, figure.good, is_part=is_part),
            shape,
        )

    def _difference(self, name: str, good: int, *, is_part: bool) -> Delta | None:
        this, before = self.front.this, self.front.before
        if before is None:
            return None
        n, was = this.counted.counts.get(name, 0), before.counted.counts.get(name, 0)
        if is_part:
            return self._points(n, this.counted.counts.get("received", 0), was, before, good)
        span, span_before = _elapsed(this.period, self.front.now), _elapsed(before.period, self.front.now)
        found = significance.rates(n, span, was, span_before)
        if not was or found.difference is None:
            return None
        change = round((n / was - 1) * 100)
        text = together(_("%(n)+d %%") % {"n": change})
        if len(self.frame.compare_words) <= SHORT:
            text = _("%(change)s on %(before)s") % {"change": text, "before": self.frame.compare_words}
        title = _("%(now)s a day, before %(was)s") % {"now": _tenths(n / span), "was": _tenths(was / span_before)}
        return _delta(text, title, found, is_same=not change, good=0)

    def _points(self, n: int, of: int, was: int, before: Side, good: int) -> Delta | None:
        of_before = before.counted.counts.get("received", 0)
        found = significance.shares(n, of, was, of_before)
        if found.difference is None:
            return None
        points = round(found.difference * 100)
        text = ngettext("%(n)+d point", "%(n)+d points", abs(points)) % {"n": points}
        title = _("before: %(n)s, %(share)s") % {"n": number(was), "share": percent(was / of_before)}
        if self.is_young and found.difference < 0 and not found.is_noise:
            hint = _("Complaints of this period have had less time than those before.")
            return Delta(_("so far"), f"{_signed(text)}, {title}. {hint}")
        return _delta(text, title, found, is_same=not points, good=good)

    # ---- how fast ----

    @property
    def axis(self) -> Axis:
        """The axis on which both periods have their places."""
        sides = [self.front.this, *([self.front.before] if self.front.before else [])]
        return Axis.of(side.curves[name] for side in sides for name in SPANS)

    def speeds(self) -> list[Speed]:
        """Half in so long, nine of ten in so long, those still waiting counted in."""
        return [self._speed(name, self.axis) for name in SPANS]

    def _speed(self, name: str, axis: Axis) -> Speed:
        curve, duration = self.front.this.curves[name], definitions.DURATIONS[name]
        before = self.front.before.curves[name] if self.front.before else None
        half, most = curve.median, curve.percentile(0.9)
        waiting = ngettext("%(n)s still waiting", "%(n)s still waiting", curve.still_open)
        return Speed(
            duration.label,
            duration.definition,
            labels.known(half) if half is not None else "",
            labels.known(most) if most is not None else "",
            waiting % {"n": number(curve.still_open)} if curve.still_open else "",
            self.figure(name, curve.happened).href,
            self.figure(f"{name}_open", curve.still_open).href,
            axis.reach(curve),
            axis.reach(before) if before else None,
            _against(curve, before) if before and before.population else "",
        )

    # ---- promises ----

    def kept(self) -> dict[str, Any]:
        """Of the promises that were due, the share kept, late and broken, as on their own page."""
        counts = self.front.this.promises.counts
        names = ("kept", "kept_late", "broken")
        parts = [counts.get(name, 0) for name in names]
        whole = counts.get("promises", 0)
        if not any(parts):
            return {"whole": 0, "to_keep": counts.get("to_keep", 0)}
        widths = [n / whole * 100 for n in parts]
        edges = [sum(widths[:place]) for place in range(len(widths))]
        return {
            "whole": whole,
            "share": percent(parts[0] / whole),
            "bars": [
                (drawing.percent(x), drawing.percent(max(w - 0.6, 0.4) if w else 0))
                for x, w in zip(edges, widths, strict=True)
            ],
            "delta": self._kept_before(parts[0], whole),
            "to_keep": counts.get("to_keep", 0),
        }

    def _kept_before(self, kept: int, whole: int) -> Delta | None:
        if self.front.before is None:
            return None
        counts = self.front.before.promises.counts
        was = counts.get("promises", 0)
        found = significance.shares(kept, whole, counts.get("kept", 0), was)
        if found.difference is None:
            return None
        points = round(found.difference * 100)
        text = ngettext("%(n)+d point", "%(n)+d points", abs(points)) % {"n": points}
        title = _("before: %(n)s, %(share)s") % {
            "n": number(counts.get("kept", 0)),
            "share": percent(counts.get("kept", 0) / was),
        }
        return _delta(text, title, found, is_same=not points, good=1)

    # ---- why people complain ----

    def causes(self) -> list[CauseRow]:
        """The causes that make most of it, the rest in one."""
        most = max((each.row.count for each in self.front.causes if not each.row.is_rest), default=1)
        widest = max((each.row.count for each in self.front.causes), default=1)
        found, before = [], ""
        for each in self.front.causes:
            place = drawing.percent(each.row.so_far * 100)
            found.append(self._cause(each, max(most, widest), place, before))
            before = place
        return found

    def _cause(self, cause: Cause, most: int, place: str, before: str) -> CauseRow:
        row = cause.row
        rest = ngettext("%(n)s other cause", "%(n)s other causes", len(row.keys)) % {"n": number(len(row.keys))}
        asked = replace(self.front.asked, filters={**self.front.asked.filters, Dimension.CATEGORY: row.keys})
        icon, tone, direction = {
            Direction.RISING: ("trending-up", "is-late-text", _("rising")),
            Direction.FALLING: ("trending-down", "is-done-text", _("falling")),
            Direction.STEADY: ("", "", ""),
        }[cause.direction]
        return CauseRow(
            rest if row.is_rest else cause.label or _("Without a category"),
            self.figure("received", row.count, asked),
            percent(row.so_far),
            "f-low" if row.is_rest else "f-ink",
            drawing.percent(row.count / most * 54),
            place,
            before,
            icon,
            tone,
            direction,
        )

    # ---- the sentence ----

    def lead(self) -> dict[str, Any]:
        """The figures of the sentence that opens the page."""
        counts, curve = self.front.this.counted.counts, self.front.this.curves["to_handled"]
        approvers = [
            named for held in self.front.open.held for named in held.named if named.dimension == Dimension.APPROVER
        ]
        held = {each.waits_for: each for each in self.front.open.held}
        top = approvers[0] if approvers else None
        most = self.front.open.held[0] if self.front.open.held else None
        return {
            "received": counts.get("received", 0),
            "handled": self.figure("handled", counts.get("handled", 0)),
            "half": self.figure("to_handled", curve.happened, text=labels.known(curve.median))
            if curve.median is not None
            else None,
            "stuck": self.front.open.stuck,
            "approver": self.whom(held[WaitsFor.APPROVAL], top) if top else None,
            "n_handled": counts.get("handled", 0),
            "n_approver": top.n if top else 0,
            "most": self.now("stuck", most.n, held_by=(most.waits_for.value,)) if most else None,
            "waits_for": most.waits_for.value if most else "",
            "broken": self.figure("broken", self.front.this.promises.counts.get("broken", 0)),
        }


def _elapsed(period: periods.Period, now: datetime) -> float:
    """How many days of a period have passed."""
    return max((min(period.end, now) - period.start) / DAY, 1 / 24)


def _delta(text: str, title: str, found: Difference, *, is_same: bool, good: int) -> Delta:
    if is_same:
        return Delta(_("as before"), title)
    if found.is_noise:
        hint = _("A difference of this size comes about by chance alone.")
        return Delta(_("within noise"), f"{_signed(text)}, {title}. {hint}")
    better = (found.difference or 0) * good
    return Delta(_signed(text), title, "is-good" if better > 0 else "is-bad" if better < 0 else "")


def _tenths(n: float) -> str:
    """A number with one decimal, as its reader writes it."""
    return number_format(n, decimal_pos=1, use_l10n=True)


def _signed(text: str) -> str:
    """A real minus, not a hyphen."""
    return text.replace("-", "−")


def _against(curve: Curve, before: Curve) -> str:
    """The period before in words, and whether the two differ."""
    half = labels.known(before.median) if before.median is not None else _("not yet")
    most = before.percentile(0.9)
    said = _("Before: half in %(half)s, 9 of 10 in %(most)s.") % {
        "half": half,
        "most": labels.known(most) if most is not None else _("not yet"),
    }
    found = significance.medians(curve, before)
    if found.is_noise:
        return f"{said} {_('The difference is within noise.')}"
    return said
