"""Exports: which are waited for, whose they are, what they hold, and who may still read one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cases import errors
from cases.models import Export, Seer
from cases.queries.reports import choices, definitions, labels, whole
from cases.queries.reports.asked import Asked
from cases.queries.reports.behind import figure_of
from cases.queries.reports.catalogue import REPORTS, Section
from cases.queries.reports.reading import reader
from cases.queries.reports.tabled import section_of
from cases.rules.exporting import Line
from cases.rules.periods import of_zone
from cases.vocabulary import Dimension, Format, Population, Role, RunStatus

# What is exported instead of a population's rows: the table of a report, or all that a report shows.
TABLE, WHOLE = "table", "whole"
# Several tables are several CSV files.
ZIP = "zip"
# An export of which no sign of life came for so long has lost its worker; one whose nudge was lost is taken up sooner.
SILENT, UNHEARD = timedelta(minutes=3), timedelta(seconds=10)
SHOWN = 30
MEDIA_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.JSONL: "application/x-ndjson",
}


EVERY_MEDIA_TYPE = (*MEDIA_TYPES.values(), "application/zip")


def waiting(at: datetime) -> list[int]:
    """The exports that nobody is at: their nudge was lost, or their worker died; the oldest first."""
    unheard = Q(status=RunStatus.WAITING, created_at__lt=at - UNHEARD)
    found = Export.objects.filter(unheard | Q(status=RunStatus.RUNNING, beat_at__lt=at - SILENT))
    return list(found.order_by("pk").values_list("pk", flat=True)[:100])


def of_person(person_id: int) -> list[Export]:
    """A person's exports, the newest first."""
    return list(Export.objects.filter(person_id=person_id).order_by("-pk")[:SHOWN])


def export(seer: Seer, public_id: UUID | str) -> Export:
    """One of the person's own exports; anybody else's is not there (NotFound)."""
    found = Export.objects.filter(person_id=seer.person_id, public_id=public_id).first()
    if found is None:
        raise errors.NotFound
    return found


def readable(seer: Seer, public_id: UUID | str) -> Export:
    """One of the person's own exports whose file is there, while they may still see everything in it; else NotFound."""
    found = export(seer, public_id)
    if found.status != RunStatus.DONE or not found.key or not still_may(seer, found):
        raise errors.NotFound
    return found


def still_may(seer: Seer, found: Export) -> bool:
    """Whether the person has the rights that they had when the file was made: each brand's role, each team they led."""
    return _has(seer, found.asked)


def still_may_all_along(seer: Seer, found: Export) -> bool:
    """The same of the rights when it was asked for too, with which the mail was counted that it goes with."""
    return still_may(seer, found) and _has(seer, found.asked.get("began_with", {}))


def _has(seer: Seer, rights: Mapping[str, Any]) -> bool:
    had: dict[str, str] = rights.get("roles", {})
    led = {int(team) for team in rights.get("led", [])}
    is_same = all(seer.roles.get(int(brand)) in {Role(role), Role.MANAGER} for brand, role in had.items())
    return bool(had) and is_same and led <= seer.led_team_ids


def rights_of(seer: Seer) -> dict[str, Any]:
    """What of the person's rights decides what a file holds, as it is kept with it."""
    return {
        "roles": {str(brand): role.value for brand, role in seer.roles.items()},
        "led": [str(team) for team in sorted(seer.led_team_ids)],
    }


def narrowed(seer: Seer, asked: Asked, brand_ids: Collection[int]) -> Seer:
    """The person as a reader of these brands only; raises what ``reader`` does, NotAllowed when none is left."""
    seer = reader(seer, asked.dimensions)
    roles = {brand: role for brand, role in seer.roles.items() if brand in brand_ids}
    if not roles:
        raise errors.NotAllowed
    return replace(seer, roles=roles)


def asked_of(found: Export, now: datetime) -> Asked:
    """What was asked for."""
    return Asked.of_json(found.asked, now=now)


def brands_of(found: Export) -> set[int]:
    """Whose rows were asked for."""
    return {int(brand) for brand in found.asked.get("brands", [])}


def ending(found: Export) -> str:
    """What the name of its file ends with."""
    return ZIP if found.asked["of"] == WHOLE and found.format == Format.CSV else found.format


def media_type(found: Export) -> str:
    """What its file is."""
    return "application/zip" if ending(found) == ZIP else MEDIA_TYPES[Format(found.format)]


def subject(found: Export) -> str:
    """What is exported, in words: the figure whose rows they are, the population, or the table of a report."""
    of, part = found.asked.get("of", ""), found.asked.get("part", "")
    if of in (TABLE, WHOLE):
        report = REPORTS.get(found.report)
        return str(report.title) if report else _("Resolution report")
    return str(figure_of(part).label) if part else str(Population(of).label)


def known(found: Iterable[Export], seer: Seer, now: datetime) -> dict[Dimension, labels.Words]:
    """The values by which these are filtered with their words, of what the person may know; in a query for each."""
    wanted: dict[Dimension, set[str]] = {}
    for each in found:
        for dimension, values in asked_of(each, now).filters.items():
            wanted.setdefault(dimension, set()).update(values)
    return {dimension: choices.known(dimension, sorted(values), seer) for dimension, values in wanted.items()}


def split_words(found: Export, asked: Asked) -> str:
    """Which table of its report it is, and by what that is split; nothing of rows."""
    if found.asked.get("of") not in (TABLE, WHOLE):
        return ""
    table = str(section_of(asked, found.asked["part"]).title) if found.asked.get("part") else ""
    by = _(" and ").join(str(each.label) for each in asked.splits)
    return " · ".join(filter(None, [table, _("by %(dimensions)s") % {"dimensions": by} if by else ""]))


def file_name(found: Export) -> str:
    """What the file is called when it is downloaded."""
    told: dict[str, Any] = found.asked
    of = found.report if told["of"] in (TABLE, WHOLE) else told["of"]
    days = [value[:10] for key in ("from", "to") for value in told.get(key, [])]
    return f"casedesk-{slugify('-'.join(filter(None, [of, told['part'], *days])))}.{ending(found)}"


def about(
    found: Export, asked: Asked, seer: Seer, *, now: datetime, rows: int, sections: Sequence[Section] = ()
) -> list[Line]:
    """What the rows are: said after them, in its language, and of its filters what the person may know.

    Of a whole report they are those of its ``sections``.
    """
    from_, to = asked.period.written
    zone = of_zone(asked.period.zone)
    report = REPORTS.get(asked.report)
    lines = [Line("report", pgettext("of an export", "Report"), str(report.title))] if report else []
    lines += _definitions(found, asked, sections)
    return [
        *lines,
        Line("from", pgettext("of an export", "From"), from_),
        Line("to", pgettext("of an export", "To"), to),
        Line("zone", _("Time zone"), asked.period.zone),
        Line("filters", _("Filters"), "; ".join(_filters(asked, seer)) or _("none")),
        Line("computed_at", _("Computed at"), now.astimezone(zone).isoformat(timespec="seconds")),
        Line("definitions", _("Version of the definitions"), str(definitions.VERSION)),
        Line("rows", _("Rows"), str(rows)),
    ]


def _definitions(found: Export, asked: Asked, sections: Sequence[Section]) -> Iterator[Line]:
    of, part = found.asked["of"], found.asked["part"]
    if of == WHOLE:
        yield from _of_sections(sections)
        return
    if of != TABLE:
        yield Line("population", _("What is counted"), str(Population(of).label))
        if part:
            figure = figure_of(part)
            yield Line(part, str(figure.label), str(figure.definition))
        return
    section = section_of(asked, part)
    yield Line("population", _("What is counted"), str(section.population.label))
    for name in (*section.figures, *section.money, *section.durations):
        figure = figure_of(name)
        yield Line(name, str(figure.label), str(figure.definition))


def _of_sections(sections: Sequence[Section]) -> Iterator[Line]:
    """What each table counts, and what its figures mean, each figure once."""
    for section in sections:
        yield Line(
            f"population_{section.name}", f"{section.title}: {_('What is counted')}", str(section.population.label)
        )
    names = (name for each in sections for name in (*each.figures, *each.money, *each.durations))
    for name in dict.fromkeys(names):
        figure = figure_of(name)
        yield Line(name, str(figure.label), str(figure.definition))


def _filters(asked: Asked, seer: Seer) -> Iterator[str]:
    for dimension, values in asked.filters.items():
        yield f"{dimension.label}: {', '.join(choices.known(dimension, values, seer).values()) or '–'}"


def checked(asked: Asked, of: str, part: str) -> Population:
    """The population whose rights and dimensions decide; raises NotFound for what cannot be exported, NoSuchSplit."""
    if of in (TABLE, WHOLE):
        whole.refuse_other_splits(asked)
    if of == WHOLE:
        population = whole.sections_of(asked)[0].population
    elif of == TABLE:
        population = section_of(asked, part).population
    elif of in Population.values:
        population = Population(of)
        if part and figure_of(part).population != population:
            raise errors.NotFound
    else:
        raise errors.NotFound
    asked.question(population, splits=())
    return population
