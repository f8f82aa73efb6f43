"""Steps of time by the clocks of a zone are the same from kept hours and days of UTC as from the rows themselves."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from cases.commands import figures
from cases.models import CaseFigures
from cases.queries import people
from cases.queries.reports import definitions, engine
from cases.queries.reports.question import Question
from cases.queries.reports.single import tally
from cases.rules import periods
from cases.vocabulary import SYSTEM, Dimension, Population
from tests.conftest import Connect
from tests.people import AT, set_stage

pytestmark = [pytest.mark.usefixtures("own_database"), pytest.mark.database]
D = Dimension
STEPS = (
    (D.DAY,),
    (D.WEEK,),
    (D.MONTH,),
    (D.HOUR,),
    (D.WEEKDAY,),
    (D.WEEKDAY, D.HOUR),
    (D.HOUR, D.BRAND),
    (D.DAY, D.HOUR),
)
CASES = 60


PERIODS = (
    ("Europe/Paris", "2026-01-20", "2026-11-03"),
    ("America/St_Johns", "2026-02-10", "2026-05-03"),
    # Half an hour of summer time, which ends within four weeks of the end.
    ("Australia/Lord_Howe", "2026-03-01", "2026-04-18"),
    # A day that never was.
    ("Pacific/Apia", "2011-10-08", "2012-03-03"),
    # Clocks that are turned back for Ramadan alone.
    ("Africa/Casablanca", "2026-01-20", "2026-04-30"),
    ("Pacific/Kiritimati", "2026-03-01", "2026-05-18"),
    ("America/Los_Angeles", "2026-01-31", "2026-04-01"),
)


def test_kept_hours_say_what_the_rows_say(raw: Connect) -> None:
    stage = set_stage()
    for n in range(CASES):
        stage.case(f"p-{n}", author=f"a-{n}")
    seer = people.seer_of(stage.manager.pk)
    for zone, first, last in PERIODS:
        period = periods.parse(first, last, zone)
        _received(raw(), period)
        for splits in STEPS:
            question = Question(Population.CASES, period, splits=splits)
            kept = {keys: each.counts["received"] for keys, each in engine.count(question, seer, now=AT).items()}
            assert kept == tally(question, definitions.FIGURES["received"], seer, now=AT), (zone, splits)
            assert sum(kept.values()) == CASES


def _received(by: psycopg.Connection, period: periods.Period) -> None:
    """Half of the cases come all over the period, the others every half an hour before its end; all are counted."""
    keys = list(CaseFigures.objects.order_by("pk").values_list("pk", flat=True))
    instants = [period.start + period.length * (n + 0.5) / CASES for n in range(CASES)]
    instants[::2] = [period.end - timedelta(hours=0.25 + n / 2) for n in range(CASES // 2)]
    for key, at in zip(keys, instants, strict=True):
        by.execute("UPDATE cases_casefigures SET received_at = %s WHERE case_id = %s", [at, key])
    while figures.refresh(at=AT, actor=SYSTEM):
        pass
