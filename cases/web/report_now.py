"""What is open now in words and links: what stands still and on whom, how old what is open is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from cases.queries.reports.asked import Asked
from cases.queries.reports.front import Front
from cases.queries.reports.now_open import Held, Named
from cases.rules import periods
from cases.rules.periods import Preset
from cases.vocabulary import Dimension, WaitsFor
from cases.web import report_drawing as drawing
from cases.web.report_drawing import Column
from cases.web.report_figures import number
from cases.web.report_frame import Frame

# From here on an open case is old.
OLD = 4
NAMES = 2
ICONS = {
    WaitsFor.COMPLAINANT: "st-waiting",
    WaitsFor.APPROVAL: "hourglass",
    WaitsFor.TEAM: "users",
    WaitsFor.OWNER: "user",
    WaitsFor.SYSTEM: "plug-connected",
    WaitsFor.NOBODY: "alert-triangle",
}
MARKS = {WaitsFor.COMPLAINANT: "f-hatch", WaitsFor.APPROVAL: "f-late", WaitsFor.NOBODY: "f-late"}
OURS = tuple(each.value for each in WaitsFor if each != WaitsFor.COMPLAINANT)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure in words, and the rows behind it; without any there is nothing to open."""

    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Whom:
    """One of those that cases wait for."""

    label: str
    figure: Figure


@dataclass(frozen=True, slots=True)
class Stuck:
    """What stands still on one of those a case can wait for."""

    label: str | Promise
    icon: str
    css: str
    width: str
    figure: Figure
    named: Sequence[Whom]
    more: str


@dataclass(frozen=True, slots=True)
class Age:
    """Open cases of one band of ages."""

    label: str
    figure: Figure
    theirs: str
    n_theirs: int
    bar: Column
    css: str


class NowWords:
    """What is so now, whatever the period, each figure with the rows behind it."""

    def __init__(self, front: Front, frame: Frame) -> None:
        self.front, self.frame = front, frame
        self.ever = self._for(Preset.EVERYTHING)

    def _for(self, preset: Preset) -> Asked:
        period = periods.preset(preset, self.front.now, self.frame.zone)
        return replace(self.front.asked, period=period, preset=preset.value, compare="")

    def figure(self, name: str, n: int, asked: Asked | None = None, text: str = "") -> Figure:
        """A number, and the rows behind it."""
        asked = replace(asked or self.frame.asked or self.front.asked, splits=())
        return Figure(text or number(n), self.frame.behind(name, asked) if n else "")

    def now(self, name: str, n: int, **filters: Sequence[str]) -> Figure:
        """A figure of what is so now, whatever the period."""
        more = {Dimension(key): tuple(values) for key, values in filters.items()}
        return self.figure(name, n, replace(self.ever, filters={**self.ever.filters, **more}))

    def today(self, name: str, n: int) -> Figure:
        """A figure of today."""
        return self.figure(name, n, self._for(Preset.TODAY))

    def stuck(self) -> list[Stuck]:
        """What stands still, on whom or what, the most first."""
        most = max((each.n for each in self.front.open.held), default=0)
        return [self._stuck(each, most) for each in self.front.open.held]

    def _stuck(self, held: Held, most: int) -> Stuck:
        waits = held.waits_for
        named = [Whom(each.label, self.whom(held, each)) for each in held.named[:NAMES]]
        rest = sum(each.n for each in held.named[NAMES:])
        return Stuck(
            waits.label,
            ICONS[waits],
            MARKS.get(waits, "f-ink"),
            drawing.percent(held.n / most * 100),
            self.now("stuck", held.n, held_by=(waits.value,)),
            named,
            _("%(n)s more") % {"n": number(rest)} if rest else "",
        )

    def whom(self, held: Held, named: Named) -> Figure:
        """What stands still on one person or team."""
        filters = {"held_by": (held.waits_for.value,), named.dimension.value: (named.value,)}
        return self.now("stuck", named.n, **filters)

    def ages(self) -> list[Age]:
        """What is open now, from the youngest to the oldest."""
        most = max((band.ours + band.theirs for band in self.front.open.bands), default=0) or 1
        return [
            Age(
                band.label,
                self.now("open", band.ours + band.theirs, age=(band.value,)),
                number(band.theirs) if band.theirs else "",
                band.theirs,
                drawing.column(band.ours, band.theirs, most),
                "f-late" if place >= OLD else "f-ink",
            )
            for place, band in enumerate(self.front.open.bands)
        ]
