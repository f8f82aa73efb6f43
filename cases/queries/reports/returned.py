"""A regulator's return out of the complaints of a brand: made, as JSON, as rows, and the cases behind its figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cases.models import Case
from cases.queries.calendar import Calendars
from cases.queries.reports.complaints import Wanted, complaints
from cases.rules import returns_acpr, returns_cfpb, returns_disp
from cases.rules.exporting import Heading, Value
from cases.rules.returns import working
from cases.rules.returns_disp import Publication, publication
from cases.rules.returns_tables import Counting, Figure, Return, Row, Section, made
from cases.vocabulary.returns import FIGURES, TABLES, ClosedBy, Counted, ReturnName, Table

# A column of money has no name of a regulator's own for each currency.
MONEY = frozenset({Counted.REDRESS})


def counting(wanted: Wanted) -> Counting:
    """How the return counts."""
    period = wanted.span.counted
    if wanted.name == ReturnName.CFPB:
        return returns_cfpb.counting(period, wanted.now)
    business = working(Calendars(wanted.brand.pk).default)
    counts = returns_disp.counting if wanted.name == ReturnName.DISP else returns_acpr.counting
    return counts(period, wanted.now, business)


def make(wanted: Wanted) -> Return:
    """The return as known now; raises ReturnTooLong."""
    return made(counting(wanted), wanted.span.counted, wanted.now, complaints(wanted))


def published(return_: Return) -> Publication | None:
    """Whether a summary of it has to be published, and by when; only of the UK's."""
    return publication(return_) if return_.name == ReturnName.DISP else None


def label(key: str) -> str:
    """What a figure is called."""
    return str(FIGURES[_key(key)].label)


def definition(key: str) -> str:
    """What exactly a figure counts."""
    return str(FIGURES[_key(key)].definition)


def _key(key: str) -> Counted | ClosedBy:
    return Counted(key) if key in set(Counted) else ClosedBy(key)


def titles(section: Section) -> list[str]:
    """What the splits of a table are called; nothing for a table of one line."""
    category, cause, product = _("Category"), _("Cause"), _("Product")
    subject = pgettext("of a complaint", "Subject")
    named: dict[Table, list[str]] = {
        Table.BY_CATEGORY: [category],
        Table.BY_CAUSE: [cause],
        Table.BY_CATEGORY_AND_CAUSE: [category, cause],
        Table.BY_PRODUCT: [product],
        Table.BY_SUB_PRODUCT: [product, _("Sub-product")],
        Table.BY_ISSUE: [subject],
        Table.BY_PRODUCT_AND_ISSUE: [product, subject],
        Table.BY_RESPONSE: [_("Company response")],
        Table.BY_PUBLIC_RESPONSE: [_("Public response")],
        Table.BY_SUBMITTED_VIA: [_("Submitted via")],
        Table.BY_STATE: [_("State")],
        Table.BY_TAGS: [_("Tags")],
        Table.BY_CONSENT: [_("Consent")],
    }
    return named.get(section.key, [])


def words(row: Row) -> list[str]:
    """What a line of a table is called, one word for each split."""
    return [said or _("none") for said in row.labels]


# ---- the cases behind a figure ----


@dataclass(frozen=True, slots=True)
class Listed:
    """One case behind a figure."""

    reference: str
    case: UUID
    headline: str
    status: str
    received_at: datetime
    owner: str


def figure_of(return_: Return, table: str, number: int, key: str) -> tuple[Section, Row, Figure] | None:
    """A figure by its table, the number of its line and its key; None where there is none."""
    section = next((each for each in return_.sections if each.key == table), None)
    if section is None or number >= len(section.rows):
        return None
    row = section.rows[number]
    figure = next((each for each in row.figures if each.key == key), None)
    return (section, row, figure) if figure else None


def listed(wanted: Wanted, references: Sequence[str]) -> list[Listed]:
    """These cases in this order, as far as the person may open them."""
    rows = Case.objects.visible_to(wanted.seer).filter(reference__in=references).select_related("owner", "figures")
    found = {
        case.reference: Listed(
            case.reference,
            case.public_id,
            case.headline,
            case.status,
            case.figures.received_at,
            case.owner.name if case.owner else "",
        )
        for case in rows
    }
    return [found[each] for each in references if each in found]


# ---- as files ----


def as_json(return_: Return) -> dict[str, Any]:
    """The whole return as JSON keeps it: every figure by its table, line and name, money as text."""
    balance = return_.balance
    return {
        "name": return_.name.value,
        "since": return_.period.since.isoformat(),
        "until": return_.period.until.isoformat(),
        "zone": str(return_.period.zone),
        "as_of": return_.as_of.isoformat(),
        "is_nil": return_.is_nil,
        "complaints": return_.complaints,
        "balance": {
            **{key: getattr(balance, key) for key in balance.__slots__},
            "holds": balance.holds,
        },
        "sections": {each.key.value: [_row_as_json(row) for row in each.rows] for each in return_.sections},
    }


def _row_as_json(row: Row) -> dict[str, Any]:
    return {
        "keys": list(row.keys),
        "labels": list(row.labels),
        "figures": {str(figure.key): figure.count for figure in row.figures},
        "money": {
            str(figure.key): {currency: str(amount) for currency, amount in figure.money}
            for figure in row.figures
            if figure.key in MONEY
        },
    }


HEADINGS = ("table", "line", "second", "figure", "value", "currency", "definition")


def headings() -> list[Heading]:
    """The columns of a return as one long table."""
    said = (_("Table"), _("Line"), _("Second line"), _("Figure"), _("Value"), _("Currency"), _("Definition"))
    is_words = {"line", "second", "table", "figure", "definition"}
    return [Heading(name, words, name in is_words) for name, words in zip(HEADINGS, said, strict=True)]


def rows(return_: Return) -> Iterator[list[Value]]:
    """Every figure of a return on a line of its own; money once more for each currency."""
    for section in return_.sections:
        for row in section.rows:
            said = [*words(row), "", ""][:2]
            for figure in row.figures:
                start: list[Value] = [str(TABLES[section.key]), *said, label(figure.key)]
                yield [*start, figure.count, "", definition(figure.key)]
                for currency, amount in figure.money:
                    yield [*start, amount, currency, definition(figure.key)]
