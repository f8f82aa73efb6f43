"""A report answered: its tables with every figure, their totals, and the same of the period it is compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import product
from urllib.parse import urlencode

from cases import errors
from cases.models import Seer
from cases.queries.reports import definitions, engine, ever, labels
from cases.queries.reports.asked import MOST_SPLITS, Asked
from cases.queries.reports.catalogue import REPORTS, Report, Section
from cases.queries.reports.figure import Duration, Figure, Money
from cases.queries.reports.question import Counted, Groups, Keys, Question, total
from cases.queries.reports.reading import OF_PEOPLE, may_see_people, reader
from cases.queries.reports.sources import has
from cases.rules import periods, survival
from cases.vocabulary import OF_TIME, Dimension

# More rows than this are not counted one by one while somebody waits for a page.
SLOW_ROWS = 150_000
UNITS = {
    Dimension.DAY: periods.Unit.DAY,
    Dimension.WEEK: periods.Unit.WEEK,
    Dimension.MONTH: periods.Unit.MONTH,
    Dimension.QUARTER: periods.Unit.QUARTER,
}
_READ_BY = {unit: dimension for dimension, unit in UNITS.items()} | {periods.Unit.HOUR: Dimension.DAY}


@dataclass(frozen=True, slots=True)
class Row:
    """One group of a table: its values and their words, its figures, and those of the period before."""

    keys: Keys
    labels: tuple[str, ...]
    counted: Counted
    before: Counted | None = None


@dataclass(frozen=True)
class Table:
    """One section of a report, counted; ``is_pending`` is one that is too long to count while a page is waited for.

    ``is_young`` is one of a period that has had less time than what it is compared with.
    """

    section: Section
    asked: Asked
    splits: tuple[Dimension, ...]
    rows: Sequence[Row] = ()
    total: Counted = field(default_factory=Counted)
    before: Counted | None = None
    is_pending: bool = False
    is_young: bool = False

    @cached_property
    def figures(self) -> list[Figure]:
        """The counted figures, in the order of their columns."""
        return [definitions.FIGURES[name] for name in self.section.figures]

    @cached_property
    def chosen(self) -> Figure | None:
        """The one figure that is shown where it is split by two things: that which was asked for, or the first."""
        if len(self.splits) < MOST_SPLITS:
            return None
        first, *others = self.figures
        # Where all else is time that went by, that is what the table is about.
        usual = others[0] if others and all(each.is_sum for each in others) else first
        return next((each for each in self.figures if each.name in self.asked.shows), usual)

    @cached_property
    def money(self) -> list[Money]:
        """The sums of money, in the order of their columns."""
        return [definitions.MONEY[name] for name in self.section.money]

    @cached_property
    def durations(self) -> list[Duration]:
        """The spans, in the order of their columns."""
        return [definitions.DURATIONS[name] for name in self.section.durations]

    @cached_property
    def currencies(self) -> list[str]:
        """Every currency of which there is money."""
        return sorted(self.total.money)

    def behind(self, figure: str, row: Row | None = None) -> list[tuple[str, str]]:
        """What asks for exactly the rows behind a figure, of one row or of all."""
        return [("figure", figure), *self.narrowed(row).pairs]

    def behind_query(self, figure: str, row: Row | None = None) -> str:
        """The same and the report, as a query string; what the figures of a row share is written once."""
        keys = row.keys if row else ()
        if keys not in self._written:
            self._written[keys] = self._words(row)
        return f"{urlencode([('figure', figure)])}&{self._written[keys]}"

    @cached_property
    def _written(self) -> dict[Keys, str]:
        return {}

    def _words(self, row: Row | None) -> str:
        report = ("report", self.asked.report)
        if row is None or {*self.splits} & {*self.asked.filters}:
            return urlencode([*self.narrowed(row).pairs, report])
        own = [(each.value, key) for each, key in zip(self.splits, row.keys, strict=True)]
        return f"{self._of_all}&{urlencode([*own, report])}"

    @cached_property
    def _of_all(self) -> str:
        return urlencode(self.narrowed().pairs)

    def narrowed(self, row: Row | None = None) -> Asked:
        """What was asked, of one row only, without splits."""
        asked = replace(self.asked, splits=(), shows=())
        for dimension, value in zip(self.splits, row.keys if row else (), strict=False):
            asked = asked.with_filter(dimension, value)
        return asked


@dataclass(frozen=True, slots=True)
class Answer:
    """A report as it stands now, for one person."""

    report: Report
    asked: Asked
    tables: Sequence[Table]
    now: datetime

    @property
    def is_pending(self) -> bool:
        """Whether a part of it is too long to count while a page is waited for."""
        return any(each.is_pending for each in self.tables)


def answer(asked: Asked, seer: Seer, *, now: datetime) -> Answer:
    """The report's tables for what this person may see; what would take too long is left pending.

    Raises NotAllowed, SplitNotAllowed, NoSuchSplit.
    """
    seer = _reader(asked, seer)
    asked = ever.since_first(asked, seer, now=now)
    report = REPORTS[asked.report]
    return Answer(report, asked, [table(asked, each, seer, now=now) for each in _sections(report, asked)], now)


def answer_slowly(asked: Asked, seer: Seer, *, now: datetime, progress: Callable[[int, int], None]) -> Answer:
    """The same, however long it takes: month by month, telling how many of all the months are done."""
    seer = _reader(asked, seer)
    asked = ever.since_first(asked, seer, now=now)
    report = REPORTS[asked.report]
    sections = _sections(report, asked)
    months = engine.months_of(asked.period)
    steps = len(sections) * len(months) * (2 if asked.compared else 1)
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        progress(done, steps)

    tables = [table(asked, each, seer, now=now, step=step) for each in sections]
    return Answer(report, asked, tables, now)


def table(
    asked: Asked, section: Section, seer: Seer, *, now: datetime, step: Callable[[], None] | None = None
) -> Table:
    """One section counted; without ``step`` it is left pending where that would take too long."""
    splits = splits_of(section, asked, seer)
    # The named split of a section may be one by person, which was not asked for and is not for everybody.
    seer, asked = _narrowed(asked, reader(seer), reader(seer, {*splits, *asked.filters}))
    question = replace(asked.question(section.population, splits=splits), figures=section.counted)
    if step is None and not engine.is_quick(question) and is_long(question, seer, now):
        return Table(section, asked, splits, is_pending=True)
    groups = _counted(question, section, seer, now, step)
    compared = asked.compared
    before = _counted(replace(question, period=compared), section, seer, now, step) if compared else None
    return Table(
        section,
        asked,
        splits,
        rows_of(question, section, groups, before),
        total(groups),
        total(before) if before is not None else None,
    )


def splits_of(section: Section, asked: Asked, seer: Seer) -> tuple[Dimension, ...]:
    """By what a section is split: as asked where it can be, else by its first named split that this person may read."""
    wanted = tuple(each for each in asked.splits if has(section.population, each))
    is_open = may_see_people(seer)
    named = wanted or tuple(each for each in section.splits if is_open or each not in OF_PEOPLE)[:1]
    # A section by weeks goes by the steps in which its period is read best.
    return named if wanted or named != (Dimension.WEEK,) else (_READ_BY[periods.unit_for(asked.period)],)


def _reader(asked: Asked, seer: Seer) -> Seer:
    reader(seer, asked.dimensions)
    return reader(seer)


def _narrowed(asked: Asked, before: Seer, seer: Seer) -> tuple[Seer, Asked]:
    """Who sees less by person says so by a filter: the sum of a table opens the rows of the same brands."""
    if len(seer.roles) == len(before.roles):
        return seer, asked
    wanted = asked.filters.get(Dimension.BRAND)
    brands = tuple(str(each) for each in seer.brand_ids if wanted is None or str(each) in wanted)
    return seer, replace(asked, filters={**asked.filters, Dimension.BRAND: brands})


def curve(counted: Counted, duration: str) -> survival.Curve:
    """How many are still waiting after how long, those who still wait counted in (Kaplan-Meier)."""
    return survival.curve(*counted.durations.get(duration, (0, 0)))


def _sections(report: Report, asked: Asked) -> list[Section]:
    """The sections of a report that can be filtered so, at least one; raises NoSuchSplit where none can."""
    fitting = [each for each in report.sections if all(has(each.population, by) for by in asked.filters)]
    if not fitting:
        asked.question(report.sections[0].population, splits=())
    lacking = [by for by in asked.splits if not any(has(each.population, by) for each in fitting)]
    if lacking:
        raise errors.NoSuchSplit(given=lacking[0].label)
    return fitting


def is_long(question: Question, seer: Seer, now: datetime) -> bool:
    """Whether there are too many rows to count them one by one while somebody waits for a page."""
    brands = question.filters.get(Dimension.BRAND)
    first = definitions.of(question.population)[0].name
    whole = replace(question, splits=(), filters={Dimension.BRAND: brands} if brands else {}, figures=(first,))
    counts = total(engine.count(whole, seer, now=now)).counts
    return counts.get(first, 0) > SLOW_ROWS


def _counted(
    question: Question, section: Section, seer: Seer, now: datetime, step: Callable[[], None] | None
) -> Groups:
    spans = bool(section.durations)
    if step is None:
        return engine.count(question, seer, now=now, durations=spans)
    return engine.count_slowly(question, seer, now=now, durations=spans, step=step)


def rows_of(question: Question, section: Section, groups: Groups, before: Groups | None) -> list[Row]:
    """The groups of a table in their order, with their words."""
    keys = _keys(question, groups, before)
    # Days and weeks are never those of the period before.
    is_dated = bool(UNITS.keys() & set(question.splits))
    said = [labels.words(by, {key[i] for key in keys}, question.period.start) for i, by in enumerate(question.splits)]
    rows = [
        Row(
            key,
            tuple(words[value] for words, value in zip(said, key, strict=True)),
            groups.get(key) or Counted(),
            (before.get(key) or Counted()) if before is not None and not is_dated else None,
        )
        for key in keys
    ]
    first = section.figures[0]
    return sorted(rows, key=lambda row: _place(question.splits, row, first))


def _keys(question: Question, groups: Groups, before: Groups | None) -> list[Keys]:
    """Every group there is, and every step of time though nothing fell into it."""
    if question.splits and all(each in OF_TIME for each in question.splits):
        return [*product(*(_steps(question, each) for each in question.splits))]
    later: Iterable[Keys] = before if before is not None and not OF_TIME & set(question.splits) else ()
    return [*dict.fromkeys([*groups, *later])]


def _steps(question: Question, dimension: Dimension) -> list[str]:
    if dimension == Dimension.HOUR:
        return [f"{hour:02}" for hour in range(24)]
    if dimension == Dimension.WEEKDAY:
        return [str(day) for day in range(1, 8)]
    return [each.day.isoformat() for each in periods.buckets(question.period, UNITS[dimension])]


def _place(splits: Sequence[Dimension], row: Row, first: str) -> tuple[object, ...]:
    """By time, severity and size in their order, people by their names, else the greatest first."""
    if splits and splits[0] in OF_TIME:
        return row.keys
    if splits and splits[0] == Dimension.SEVERITY:
        return (-int(row.keys[0] or 0), *row.labels)
    if splits and splits[0] in (Dimension.BAND, Dimension.AGE):
        return (not row.keys[0], int(row.keys[0] or 0), *row.labels)
    if splits and splits[0] in OF_PEOPLE:
        return (not row.keys[0], *(label.casefold() for label in row.labels))
    return (-row.counted.counts.get(first, 0), *row.labels)


def as_mapping(counted: Counted) -> Mapping[str, object]:
    """The figures of a group as JSON keeps them; histograms as text, because no number there is as long."""
    return {
        "counts": counted.counts,
        "money": {
            currency: {name: str(amount) for name, amount in sums.items()} for currency, sums in counted.money.items()
        },
        "durations": {name: [hex(one) for one in both] for name, both in counted.durations.items()},
    }
