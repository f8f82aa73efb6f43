"""A saved report as the mail of one recipient: with their rights, in their language, by the clocks of its zone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cases import errors
from cases.models import Brand, SavedReport, Seer, User
from cases.queries import people
from cases.queries.reports import (
    answer,
    attached,
    conditions,
    exports,
    mail_figures,
    period_words,
    saved,
    schedule_words,
    whole,
)
from cases.queries.reports.answer import Table
from cases.queries.reports.asked import Asked
from cases.queries.reports.catalogue import Section
from cases.queries.reports.reading import reader
from cases.rules.periods import of_zone


@dataclass(frozen=True, slots=True)
class Letter:
    """The mail of one recipient, what it and its file show, and the rights with which all of it was counted."""

    person_id: int
    recipient: str
    language: str
    subject: str
    text: str
    html: str
    asked: Asked
    rights: dict[str, Any]


def letter(found: SavedReport, person: User, *, now: datetime) -> Letter:
    """The mail with all figures of now; raises what ``answer`` does where the person may not read it so."""
    seer = people.seer_of(person.pk)
    language = person.language or settings.LANGUAGE_CODE
    with translation.override(language):
        asked = saved.asked_of(found, now)
        tables = _tables(asked, seer, now)
        context = _context(found, asked, tables, seer, now)
        return Letter(
            person.pk,
            person.email,
            language,
            f"{found.name}: {period_words.said(asked.period)}",
            render_to_string("mail/report.txt", context),
            render_to_string("mail/report.html", context),
            asked,
            exports.rights_of(reader(seer, asked.dimensions)),
        )


def _tables(asked: Asked, seer: Seer, now: datetime) -> Sequence[Table]:
    """Every table counted, however long that takes; raises NotAllowed where there is no brand to count."""
    reading = reader(seer, asked.dimensions)
    fitting = whole.sections_of(asked)
    if not conditions.brands_of(asked.question(fitting[0].population, splits=()), reading):
        raise errors.NotAllowed
    return [_table(asked, each, seer, now) for each in fitting]


def _table(asked: Asked, section: Section, seer: Seer, now: datetime) -> Table:
    asked = whole.asked_for(section, asked, now)
    found = answer.table(asked, section, seer, now=now)
    return answer.table(asked, section, seer, now=now, step=lambda: None) if found.is_pending else found


def _context(found: SavedReport, asked: Asked, tables: Sequence[Table], seer: Seer, now: datetime) -> dict[str, object]:
    question = asked.question(tables[0].section.population, splits=())
    counted = conditions.brands_of(question, reader(seer, asked.dimensions))
    brands = Brand.objects.filter(pk__in=counted).order_by("name")
    before = asked.compared
    local = now.astimezone(of_zone(asked.period.zone))
    return {
        "name": found.name,
        "title": saved.title_of(found.report),
        "sentence": mail_figures.sentence(tables[0]),
        "parts": [mail_figures.part(each) for each in tables],
        "period": period_words.said(asked.period),
        "compared": period_words.compared(asked.period, before) if before else "",
        "zone": asked.period.zone,
        "brands": ", ".join(each.name for each in brands),
        "filters": saved.filter_words(asked, seer),
        "now": date_format(local, _("j M Y, H:i")),
        "href": f"{settings.SITE_URL}{saved.fixed_address(asked)}",
        "definitions": f"{settings.SITE_URL}/reports/definitions/",
        "about": f"{settings.SITE_URL}/reports/saved/{found.public_id}/",
        "owner": found.owner.name,
        "schedule": schedule_words.said(found) if found.rhythm else "",
        "place": attached.PLACE,
        "language": translation.get_language() or settings.LANGUAGE_CODE,
    }
