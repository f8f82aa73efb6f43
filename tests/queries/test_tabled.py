"""The tables of reports as rows of an export: a value for each heading, and what the page shows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from cases import errors
from cases.models import Seer
from cases.queries import people
from cases.queries.reports import answer, engine, tabled
from cases.queries.reports.asked import Asked
from cases.queries.reports.catalogue import REPORTS
from cases.queries.reports.reading import reader
from cases.queries.reports.rows import Rows
from cases.vocabulary import Population
from tests.guards import world as worlds

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def asked(report: str, **given: list[str]) -> Asked:
    filled = {"from": ["2026-01-01"], "to": ["2026-12-31"], "zone": ["Europe/Paris"]} | given
    return Asked.of(report, filled, now=NOW, zone="UTC")


def opened(question: Asked, section: str, seer: Seer) -> tuple[Rows, list[dict[str, Any]]]:
    found = tabled.opened(question, section, seer, now=NOW, step=lambda: None)
    names = [each.name for each in found.headings]
    assert len(set(names)) == len(names)
    return found, [dict(zip(names, row, strict=True)) for batch in found.batches for row in batch]


@pytest.fixture
def seer() -> Seer:
    return people.seer_of(worlds.build().stage.manager.pk)


def test_every_table_of_every_report_says_what_its_page_says(seer: Seer) -> None:
    for name, report in REPORTS.items():
        for section in report.sections:
            question = asked(name, compare=["before"])
            found, lines = opened(question, section.name, seer)
            table = answer.table(question, section, seer, now=NOW, step=lambda: None)
            assert found.total == len(lines) == len(table.rows), section.name
            for line, row in zip(lines, table.rows, strict=True):
                assert [line[each] for each in section.figures] == [
                    row.counted.counts.get(n, 0) for n in section.figures
                ]
                assert all(f"before_{each}" in line for each in section.figures)


def test_money_is_told_by_currency_and_spans_in_minutes(seer: Seer) -> None:
    _, lines = opened(asked("actions", split=["brand"]), "actions", seer)
    assert lines[0]["brand"] == "Brindlewick"
    assert isinstance(lines[0]["budgeted_EUR"], Decimal)
    _, lines = opened(asked("speed", split=["brand"]), "speed", seer)
    [(_, counted)] = engine.count(
        asked("speed", split=["brand"]).question(Population.CASES), reader(seer), now=NOW, durations=True
    ).items()
    for span in ("to_reply", "to_decision", "to_handled"):
        curve = answer.curve(counted, span)
        told = [lines[0][f"{span}_{part}"] for part in ("median", "p90", "open")]
        assert told == [curve.percentile(0.5), curve.percentile(0.9), curve.still_open]


def test_two_splits_are_two_columns(seer: Seer) -> None:
    found, lines = opened(asked("quality", split=["brand", "severity"]), "quality", seer)
    assert [each.name for each in found.headings][:2] == ["brand", "severity"]
    assert {line["severity"] for line in lines} >= {"High"}


def test_a_report_or_a_section_that_is_none_is_not_there(seer: Seer) -> None:
    for report, section in (("nothing", ""), ("flow", "nothing")):
        with pytest.raises(errors.NotFound):
            tabled.section_of(asked(report), section)
